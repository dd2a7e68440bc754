//! What can be asked of a repository, and nothing that changes one: that is `writer.rs`. There are two forms. One reads by
//! libgit2 (`library`), in this process. The other asks the git binary (`binary`), where libgit2 cannot open the repository
//! or would answer otherwise. Which one it is, is decided once, when a repository is opened (`repo.rs`).
//!
//! All paths are below the top of the working tree, but for those in what plugins are told (`Change`, `Commit`).

use std::time::Instant;

use session_core::object_id::ObjectId;
use session_types::{Change, Commit, Elsewhere, Error, Head};

use super::base::Touched;
use super::occupant::Occupant;
use super::origin::{Origin, Split};
use super::reversal::{Conflict, Objects, Reversal, Step, Turn};
use super::revision::RefName;
use super::selection::{PathState, Selection};
use super::tips::{Folders, Tip};

/// Commits of a history whose files are named; a session has fewer, and a whole history may have a million.
pub(super) const WITH_FILES: usize = 1_000;

/// Which commits are asked for.
#[derive(Debug)]
pub(super) struct Span<'a> {
    /// What this one reaches is left out.
    pub(super) from: Option<&'a ObjectId>,
    pub(super) to: &'a ObjectId,
    /// Those too that came in through a merge.
    pub(super) merged: bool,
    /// That changed this path, or one below it.
    pub(super) path: Option<&'a str>,
    /// Whose message holds this.
    pub(super) matching: Option<&'a str>,
}

/// Lines of a file whose origins are looked for.
pub(super) struct Lines<'a> {
    pub(super) head: &'a ObjectId,
    pub(super) path: &'a str,
    /// As the file is here.
    pub(super) content: &'a [u8],
    /// From 0.
    pub(super) numbers: &'a [usize],
    pub(super) split: Split,
    pub(super) until: Instant,
}

/// All functions fail where the repository cannot be read, and where they are asked for an object that is not here.
pub(super) trait Reader {
    /// Commit, branch and tree of HEAD; no author.
    fn position(&self) -> Result<Head, Error>;
    /// What git is in the middle of; none where it is in nothing.
    fn under_way(&self) -> Result<Option<String>, Error>;
    fn setting(&self, key: &str) -> Result<Option<String>, Error>;
    fn is_on(&self, key: &str) -> Result<bool, Error>;

    /// The object of this kind that a revision names; none where it is not here.
    fn object_named(&self, text: &str, kind: &'static str) -> Result<Option<ObjectId>, Error>;
    /// The commit of a reference; none where there is no such reference.
    fn target(&self, name: &RefName) -> Result<Option<ObjectId>, Error>;
    /// All branches, local ones and those of remotes.
    fn tips(&self) -> Result<Vec<Tip>, Error>;
    /// A reference below one of these that holds a commit.
    fn holder(&self, commit: &ObjectId, places: &[&'static str]) -> Result<Option<String>, Error>;

    fn is_ancestor(&self, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool, Error>;
    /// The newest commit that both hold.
    fn fork(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>, Error>;
    /// The first commit above `onto`; none where there is a merge on the way.
    fn first_above(&self, onto: &ObjectId, head: &ObjectId) -> Result<Option<ObjectId>, Error>;
    /// The commit of the first line of parents that follows on `base`; the first of all where there is none.
    fn follower(&self, head: &ObjectId, base: Option<&ObjectId>) -> Result<Option<Commit>, Error>;
    /// Newest first.
    fn history(&self, span: &Span<'_>) -> Result<Vec<Commit>, Error>;
    fn elsewhere(&self, asked: &Elsewhere) -> Result<Vec<Commit>, Error>;
    /// Each commit between the two that made one of these files another one.
    fn touched(&self, base: &ObjectId, head: &ObjectId, paths: &[String]) -> Result<Vec<Touched>, Error>;
    /// Identity of what a commit changed against its parent.
    fn patch_id(&self, commit: &ObjectId) -> Result<Option<String>, Error>;
    fn origins(&self, lines: &Lines<'_>) -> Result<Vec<Origin>, Error>;

    /// A commit as it is written.
    fn commit_text(&self, commit: &ObjectId) -> Result<Vec<u8>, Error>;
    /// Paths that differ between two trees or commits; with none as the first, all of the second.
    fn differing(&self, before: Option<&ObjectId>, after: &ObjectId) -> Result<Vec<String>, Error>;
    /// A file as it would stand in the working tree; a link is its target.
    fn file_at(&self, commit: &ObjectId, path: &str) -> Result<Option<Vec<u8>>, Error>;
    /// The blob of a regular file.
    fn blob_at(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, Error>;
    fn blob_size(&self, blob: &ObjectId) -> Result<usize, Error>;
    fn blob(&self, blob: &ObjectId) -> Result<Vec<u8>, Error>;
    /// The tree of a folder in each commit that can be read.
    fn folders(&self, commits: &[&str], folder: &str) -> Result<Folders, Error>;
    /// Names and blobs of the files right in a tree.
    fn entries(&self, tree: &ObjectId) -> Result<Vec<(String, String)>, Error>;

    /// What differs from the last commit.
    fn changes(&self) -> Result<Vec<Change>, Error>;
    /// All paths of the index.
    fn index_names(&self) -> Result<Vec<String>, Error>;
    /// How many there are; as if none where it costs to know.
    fn index_size(&self) -> u32;
    /// Of each path in turn. With `onto`, a new commit follows on that one instead of HEAD.
    fn states(&self, paths: &[String], onto: Option<&ObjectId>) -> Result<Vec<PathState>, Error>;
    /// Tracked, or ignored.
    fn is_known(&self, path: &str) -> Result<bool, Error>;
    /// What the index keeps of a path in conflict: the base, ours, theirs.
    fn stages(&self, path: &str) -> [Option<String>; 3];
    /// The tree of a commit that takes these paths, without those below `without`.
    fn tree(&self, selection: &Selection, without: &[String]) -> Result<(ObjectId, Objects), Error>;
    /// What is there of the path of each turn; `files` are those that lie in the working tree.
    fn occupants(&self, turns: &[Turn], files: &[&str]) -> Result<Vec<Occupant>, Error>;
    /// Unified diff of these paths from a tree to the working tree; of all where there are none.
    fn diff(&self, since: Option<&ObjectId>, paths: &[String]) -> Result<String, Error>;
    /// What the files become without what these steps did.
    fn reversal(
        &self,
        steps: &[Step],
        without: &[String],
        head: &ObjectId,
    ) -> Result<Result<Reversal, Conflict>, Error>;
}
