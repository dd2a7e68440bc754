//! Trees by libgit2: what one holds, how two differ, and which one a commit would have.

use std::path::{Path, PathBuf};

use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, Index, IndexEntry, Oid, Repository, Tree};
use session_core::object_id::ObjectId;

use super::super::selection::Selection;
use super::{GITLINK, oid};

/// The tree of a commit that takes these paths from the working tree, without those below `without`. Only folders on their
/// way are looked at.
pub(super) fn made(repo: &Repository, selection: &Selection, without: &[String]) -> Result<Oid, git2::Error> {
    let base = selection.base.as_ref().map(|base| repo.find_object(oid(base)?, None)?.peel_to_tree()).transpose()?;
    let base = base.map_or_else(|| repo.find_tree(repo.treebuilder(None)?.write()?), Ok)?;
    let tree = repo.find_tree(updated(repo, &base, selection)?)?;
    let mut update = TreeUpdateBuilder::new();
    let mut is_there = false;
    for path in without {
        if entry_at(&tree, Path::new(path))?.is_some() {
            update.remove(path.as_str());
            is_there = true;
        }
    }
    if is_there { update.create_updated(repo, &tree) } else { Ok(tree.id()) }
}

fn updated(repo: &Repository, base: &Tree<'_>, selection: &Selection) -> Result<Oid, git2::Error> {
    let mut index = repo.index()?;
    let mut update = TreeUpdateBuilder::new();
    let mut changed = Vec::new();
    for name in &selection.present {
        let path = Path::new(name);
        index.add_path(path)?;
        let Some(entry) = index.get_path(path, 0) else { continue };
        let same = |before: git2::TreeEntry<'_>| before.id() == entry.id && before.filemode() as u32 == entry.mode;
        if !entry_at(base, path)?.is_some_and(same) {
            update.upsert(path, entry.id, filemode(entry.mode));
            changed.push((path.to_owned(), Some(entry)));
        }
    }
    for name in &selection.gone {
        update.remove(name.as_str());
        changed.push((PathBuf::from(name), None));
    }
    if changed.is_empty() {
        return Ok(base.id());
    }
    // It refuses where a file takes a folder's place or the other way round; the whole tree then goes the long way.
    update.create_updated(repo, base).or_else(|_| whole_tree(repo, base, &changed))
}

/// What a tree has under a path; none where it has nothing. What cannot be read is not taken for what is not there.
pub(super) fn entry_at(tree: &Tree<'_>, path: &Path) -> Result<Option<git2::TreeEntry<'static>>, git2::Error> {
    match tree.get_path(path) {
        Ok(entry) => Ok(Some(entry)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// The first parent; none of a first commit, and of the last one that a shallow clone has.
pub(super) fn parent<'r>(commit: &git2::Commit<'r>) -> Result<Option<git2::Commit<'r>>, git2::Error> {
    match commit.parent(0) {
        Ok(parent) => Ok(Some(parent)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Paths below the top that differ between two trees or commits; with none as the first, all of the second.
pub(in super::super) fn differing(
    repo: &Repository,
    before: Option<&ObjectId>,
    after: &ObjectId,
) -> Result<Vec<String>, git2::Error> {
    let tree = |id: &ObjectId| repo.find_object(oid(id)?, None)?.peel_to_tree();
    // A file that became a link is one path, as with git.
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true);
    let before = before.map(tree).transpose()?;
    let diff = repo.diff_tree_to_tree(before.as_ref(), Some(&tree(after)?), Some(&mut options))?;
    let path = |delta: git2::DiffDelta<'_>| Some(delta.new_file().path()?.to_string_lossy().into_owned());
    Ok(diff.deltas().filter_map(path).collect())
}

pub(super) fn head_tree(repo: &Repository) -> Result<Option<Tree<'_>>, git2::Error> {
    match repo.head() {
        Ok(head) => head.peel_to_tree().map(Some),
        Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The base tree with these entries, by way of an index: it knows what must go where a file and a folder collide.
fn whole_tree(
    repo: &Repository,
    base: &Tree<'_>,
    changed: &[(PathBuf, Option<IndexEntry>)],
) -> Result<Oid, git2::Error> {
    let mut index = Index::new()?;
    index.read_tree(base)?;
    for (path, _) in changed.iter().filter(|(_, entry)| entry.is_none()) {
        index.remove(path, 0)?;
    }
    for entry in changed.iter().filter_map(|(_, entry)| entry.as_ref()) {
        index.add(entry)?;
    }
    index.write_tree_to(repo)
}

fn filemode(mode: u32) -> git2::FileMode {
    match mode {
        0o100_755 => git2::FileMode::BlobExecutable,
        0o120_000 => git2::FileMode::Link,
        GITLINK => git2::FileMode::Commit,
        _ => git2::FileMode::Blob,
    }
}
