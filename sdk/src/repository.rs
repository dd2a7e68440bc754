//! The repository of the session. Grants: `repository = "read"` or `"commit"`.

use crate::{Change, Commit, CommitRequest, Committed, Head, HistoryRequest, RevertRequest, TreeRequest};
use crate::{Result, backend};

/// # Errors
/// Not granted, or no repository here.
pub fn head() -> Result<Head> {
    backend::head()
}

/// What differs from the last commit.
///
/// # Errors
/// Not granted, or not readable.
pub fn changes() -> Result<Vec<Change>> {
    backend::changes()
}

/// Identity of a tree: of a commit or of HEAD, with these paths as they are in the working tree, and without those. Equal
/// for equal files. Nothing is kept.
///
/// # Errors
/// Not granted, no such commit, or not readable.
pub fn tree(request: &TreeRequest) -> Result<String> {
    backend::tree(request)
}

/// # Errors
/// Not granted, or not possible; nothing is half done.
pub fn commit(request: &CommitRequest) -> Result<Committed> {
    backend::commit(request)
}

/// Undoes commits by a new one, and brings the working tree along.
///
/// # Errors
/// Not granted, or not possible: a conflict, a file with changes of its own. Nothing is half done.
pub fn revert(request: &RevertRequest) -> Result<Committed> {
    backend::revert(request)
}

/// A file as a commit has it, as it would stand in the working tree; none where it has no such file.
///
/// # Errors
/// Not granted, no such commit, or not readable.
pub fn file_at(commit: &str, path: &str) -> Result<Option<Vec<u8>>> {
    backend::file_at(commit, path)
}

/// Commits reachable from HEAD and not from `since`, newest first. `A..B` asks for those of B that A does not have; both
/// may be whatever git takes for a commit.
///
/// # Errors
/// Not granted, or `since` is not a commit.
pub fn history(since: Option<&str>) -> Result<Vec<Commit>> {
    history_of(&HistoryRequest { since: since.map(str::to_owned), ..HistoryRequest::default() })
}

/// The same, of more than first parents or of fewer commits.
///
/// # Errors
/// As [`history`].
pub fn history_of(request: &HistoryRequest) -> Result<Vec<Commit>> {
    backend::history(request)
}

/// What has changed since a commit up to the working tree, as a unified diff of these paths.
///
/// # Errors
/// Not granted, `since` is not a commit, or not readable.
pub fn diff(since: Option<&str>, paths: &[String]) -> Result<String> {
    backend::diff(since, paths)
}

/// Identity of what a commit changed against its parent, equal after a rebase: as `git patch-id --stable` has it. None
/// for a merge, and for a commit that changes nothing.
///
/// # Errors
/// Not granted, or no such commit.
pub fn patch_id(commit: &str) -> Result<Option<String>> {
    backend::patch_id(commit)
}

/// Keep a document out of this clone's view.
///
/// # Errors
/// Not granted, no document, or not writable.
pub fn exclude(path: &str) -> Result<()> {
    backend::exclude(path)
}
