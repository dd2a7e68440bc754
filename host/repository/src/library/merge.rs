//! What the files become when commits are undone, by libgit2: three-way merges of trees in memory.

use std::collections::BTreeSet;
use std::path::Path;

use git2::{Delta, Index, IndexEntry, MergeOptions, Oid, Repository, Tree};
use session_core::object_id::ObjectId;

use super::super::reversal::{Conflict, Difference, Held, RENAMES, Step, is_within};
use super::oid;

pub(super) fn merged(
    repo: &Repository,
    steps: &[Step],
    without: &[String],
    head: &ObjectId,
) -> Result<Result<Oid, Conflict>, git2::Error> {
    let mut options = MergeOptions::new();
    options.find_renames(true).target_limit(RENAMES);
    let head = repo.find_commit(oid(head)?)?.tree()?;
    let mut at = head.id();
    for step in steps {
        let whole = |commit: Option<&ObjectId>| -> Result<Tree<'_>, git2::Error> {
            let tree = match commit {
                Some(commit) => repo.find_commit(oid(commit)?)?.tree()?,
                None => repo.find_tree(repo.treebuilder(None)?.write()?)?,
            };
            with_heads(repo, tree, without, &head)
        };
        let (base, theirs) = (whole(Some(&step.commit))?, whole(step.before.as_ref())?);
        let mut index = repo.merge_trees(&base, &repo.find_tree(at)?, &theirs, Some(&options))?;
        if index.has_conflicts() {
            return Ok(Err(Conflict { commit: step.commit.clone(), paths: conflicts(&index)? }));
        }
        at = index.write_tree_to(repo)?;
    }
    Ok(Ok(at))
}

/// Each by the name that it has now, where it is still there.
fn conflicts(index: &Index) -> Result<Vec<String>, git2::Error> {
    let mut paths = BTreeSet::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    Ok(paths.into_iter().collect())
}

fn with_heads<'r>(
    repo: &'r Repository,
    tree: Tree<'r>,
    without: &[String],
    head: &Tree<'_>,
) -> Result<Tree<'r>, git2::Error> {
    if without.is_empty() {
        return Ok(tree);
    }
    let [mut index, mut heads] = [Index::new()?, Index::new()?];
    index.read_tree(&tree)?;
    heads.read_tree(head)?;
    let within = |entry: &IndexEntry| is_within(&String::from_utf8_lossy(&entry.path), without);
    let old: Vec<IndexEntry> = index.iter().filter(within).collect();
    for entry in old {
        index.remove(Path::new(&*String::from_utf8_lossy(&entry.path)), 0)?;
    }
    heads.iter().filter(within).try_for_each(|entry| index.add(&entry))?;
    repo.find_tree(index.write_tree_to(repo)?)
}

/// How a tree differs from a commit.
pub(super) fn differences(repo: &Repository, head: &ObjectId, tree: Oid) -> Result<Vec<Difference>, git2::Error> {
    let head = repo.find_commit(oid(head)?)?.tree()?;
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true);
    let diff = repo.diff_tree_to_tree(Some(&head), Some(&repo.find_tree(tree)?), Some(&mut options))?;
    let held = |file: git2::DiffFile<'_>| Held { mode: file.mode().into(), id: file.id().to_string() };
    let one = |delta: git2::DiffDelta<'_>| {
        let before = (delta.status() != Delta::Added).then(|| held(delta.old_file()));
        let after = (delta.status() != Delta::Deleted).then(|| held(delta.new_file()));
        (delta.new_file().path_bytes().unwrap_or_default().to_owned(), before, after)
    };
    Ok(diff.deltas().map(one).collect())
}
