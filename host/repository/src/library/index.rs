//! The index and the working tree by libgit2.

use std::collections::BTreeSet;
use std::path::Path;

use git2::{Delta, Index, IndexEntry, ObjectType, Repository, Status, StatusEntry, StatusOptions, Tree};
use session_core::object_id::ObjectId;
use session_system::is_temporary;
use session_types::{Change, Error};

use super::super::occupant::Occupant;
use super::super::paths::{closed, is_special, seen_or_named, unseen, utf8};
use super::super::reversal::{Held, Turn};
use super::super::selection::PathState;
use super::super::site::Site;
use super::conversions::{Conversions, filter};
use super::tree::{entry_at, head_tree};
use super::{GITLINK, failed, oid};

/// Bits of an index entry.
const ASSUME_UNCHANGED: u16 = 0x8000;
const SKIP_WORKTREE: u16 = 0x4000;
/// Bytes of a file whose lines a diff shows: what is longer was not written by hand, and a plugin could not hold it.
const LONGEST_TEXT: i64 = 8 << 20;

/// The index as it is on disk now: the handle keeps what it has read, and git has written since.
pub(super) fn of(repo: &Repository) -> Result<Index, git2::Error> {
    let mut index = repo.index()?;
    index.read(false)?;
    Ok(index)
}

/// What differs from the last commit; none where git must be asked.
pub(super) fn changes(repo: &Repository, site: &Site) -> Result<Option<Vec<Change>>, Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
    if let Some(below) = site.below() {
        options.pathspec(below).disable_pathspec_match(true);
    }
    let folder = site.below().map_or_else(|| site.top.clone(), |below| site.top.join(below));
    let (statuses, closed) = std::thread::scope(|scope| {
        let walk = std::thread::Builder::new().spawn_scoped(scope, || closed(&folder));
        let statuses = repo.statuses(Some(options.update_index(false)));
        // Where there is no room for a thread, one after the other.
        (statuses, walk.map_or_else(|_| closed(&folder), |walk| walk.join().ok().flatten()))
    });
    if let Some(folder) = closed {
        let path = folder.strip_prefix(&site.top).unwrap_or(&folder);
        return Err(unseen(&path.to_string_lossy(), "permission denied"));
    }
    let statuses = statuses.map_err(|e| failed("compare the working tree", &e))?;
    let index = of(repo).map_err(|e| failed("read the index", &e))?;
    let conversions = Conversions::of(repo);
    let mut changes = Vec::new();
    for entry in statuses.iter() {
        // A repository inside this one that nobody tracks is not this one's: git would not take its files either.
        if entry.path_bytes().ends_with(b"/") || is_temporary(entry.path_bytes()) {
            continue;
        }
        let path = utf8(entry.path_bytes())?.to_owned();
        match meaning(site, &entry, &index, &conversions) {
            Meaning::Ours => changes.push(change(repo, site, &entry, &path)?),
            Meaning::Nothing => {}
            Meaning::AskGit => return Ok(None),
        }
    }
    Ok(Some(changes))
}

fn meaning(site: &Site, entry: &StatusEntry<'_>, index: &Index, conversions: &Conversions<'_>) -> Meaning {
    let Some(path) = entry.path().ok().map(Path::new) else { return Meaning::Ours };
    let Some(known) = index.get_path(path, 0) else {
        let special = path.to_str().is_some_and(|path| is_special(&site.top, path));
        return if special { Meaning::Nothing } else { Meaning::Ours };
    };
    if is_left_alone(&known) {
        return Meaning::AskGit;
    }
    if known.mode == GITLINK && entry.status() == Status::WT_MODIFIED {
        // What is dirty inside is the affair of whoever works there.
        return match Repository::open(site.top.join(path))
            .and_then(|inside| inside.head()?.peel_to_commit().map(|c| c.id()))
        {
            Ok(head) if head == known.id => Meaning::Nothing,
            Ok(_) => Meaning::Ours,
            Err(_) => Meaning::AskGit,
        };
    }
    let touched = entry.index_to_workdir().is_some_and(|delta| delta.status() == Delta::Modified);
    if touched && conversions.concern(path) { Meaning::AskGit } else { Meaning::Ours }
}

fn change(repo: &Repository, site: &Site, entry: &StatusEntry<'_>, path: &str) -> Result<Change, Error> {
    // What is removed from the index is meant to go, though the file is still there.
    let there = seen_or_named(&site.top, path)? && !entry.status().contains(Status::INDEX_DELETED);
    let status = match entry.status() {
        status if status.contains(Status::CONFLICTED) => "conflicted",
        _ if !there => "deleted",
        status if status.intersects(Status::WT_NEW | Status::INDEX_NEW) => "added",
        _ => "modified",
    };
    site.described(path, status, there, |path| filter(repo, path))
}

/// What git knows of each path.
pub(super) fn states(
    repo: &Repository,
    paths: &[String],
    onto: Option<&ObjectId>,
) -> Result<Vec<PathState>, git2::Error> {
    let onto = onto.map(|onto| repo.find_object(oid(onto)?, None)?.peel_to_tree()).transpose()?;
    let (index, head) = (of(repo)?, head_tree(repo)?);
    let holds = |tree: Option<&Tree<'_>>, path: &Path| -> Result<bool, git2::Error> {
        let entry = tree.map_or(Ok(None), |tree| entry_at(tree, path))?;
        Ok(entry.is_some_and(|entry| entry.kind() != Some(ObjectType::Tree)))
    };
    let one = |path: &String| {
        let path = Path::new(path);
        let known = index.get_path(path, 0);
        let in_head = holds(head.as_ref(), path)?;
        let in_base = onto.as_ref().map_or(Ok(in_head), |onto| holds(Some(onto), path))?;
        Ok(PathState { in_index: known.is_some(), alone: known.as_ref().is_some_and(is_left_alone), in_head, in_base })
    };
    paths.iter().map(one).collect()
}

/// What is there of the path of each turn, by a handle whose objects are in memory.
pub(super) fn occupants(repo: &Repository, turns: &[Turn], files: &[&str]) -> Result<Vec<Occupant>, git2::Error> {
    let mut index = repo.index()?;
    let held = |entry: IndexEntry| Held { mode: entry.mode, id: entry.id.to_string() };
    let mut all = Vec::new();
    for turn in turns {
        let path = Path::new(&turn.path);
        let known = index.get_path(path, 0);
        let alone = known.as_ref().is_some_and(is_left_alone);
        all.push(Occupant { staged: known.map(held), alone, ..Occupant::default() });
    }
    let files: BTreeSet<&str> = files.iter().copied().collect();
    for (turn, occupant) in turns.iter().zip(&mut all) {
        if files.contains(turn.path.as_str()) && !occupant.alone {
            index.add_path(Path::new(&turn.path))?;
            occupant.found = index.get_path(Path::new(&turn.path), 0).map(held);
        }
    }
    Ok(all)
}

/// Unified diff of these paths from a tree to the working tree; of all where there are none.
pub(super) fn diff(repo: &Repository, since: Option<&ObjectId>, paths: &[String]) -> Result<String, git2::Error> {
    let tree = since.map(|since| repo.find_tree(oid(since)?)).transpose()?;
    let mut options = git2::DiffOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).show_untracked_content(true);
    options.disable_pathspec_match(true).max_size(LONGEST_TEXT);
    for path in paths {
        options.pathspec(path);
    }
    let diff = repo.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options))?;
    let mut text = Vec::new();
    diff.print(git2::DiffFormat::Patch, |_, _, line| {
        if matches!(line.origin(), '+' | '-' | ' ') {
            text.push(line.origin() as u8);
        }
        text.extend_from_slice(line.content());
        true
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// What a path that libgit2 reports is.
enum Meaning {
    Ours,
    Nothing,
    AskGit,
}

/// The user says that git shall not look at the file.
fn is_left_alone(entry: &IndexEntry) -> bool {
    entry.flags & ASSUME_UNCHANGED != 0 || entry.flags_extended & SKIP_WORKTREE != 0
}
