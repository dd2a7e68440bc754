//! The history by libgit2.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use git2::{BranchType, ObjectType, Oid, Repository};
use session_core::object_id::ObjectId;
use session_types::{Commit, Elsewhere};

use super::super::base::Touched;
use super::super::elsewhere::{makes_a_commit, seconds};
use super::super::reader::{Span, WITH_FILES};
use super::super::site::Site;
use super::super::tips::{Folders, Tip};
use super::tree::{differing, entry_at, parent};
use super::{named, oid};

pub(super) fn first_above(
    repo: &Repository,
    onto: &ObjectId,
    head: &ObjectId,
) -> Result<Option<ObjectId>, git2::Error> {
    let (mut at, onto) = (repo.find_commit(oid(head)?)?, oid(onto)?);
    loop {
        match (at.parent_count(), at.parent_id(0)) {
            (1, Ok(parent)) if parent == onto => return named(at.id()).map(Some),
            (1, Ok(parent)) => at = repo.find_commit(parent)?,
            _ => return Ok(None),
        }
    }
}

pub(super) fn holder(
    repo: &Repository,
    commit: &ObjectId,
    places: &[&'static str],
) -> Result<Option<String>, git2::Error> {
    for place in places {
        for reference in repo.references_glob(&format!("{place}*"))? {
            let reference = reference?;
            // A tag may be of something that is no commit.
            let Ok(tip) = reference.peel_to_commit() else { continue };
            if is_ancestor(repo, oid(commit)?, tip.id())? {
                return Ok(Some(reference.shorthand().unwrap_or("a reference").to_owned()));
            }
        }
    }
    Ok(None)
}

pub(super) fn is_ancestor(repo: &Repository, ancestor: Oid, commit: Oid) -> Result<bool, git2::Error> {
    Ok(ancestor == commit || repo.graph_descendant_of(commit, ancestor)?)
}

pub(super) fn follower(
    repo: &Repository,
    head: &ObjectId,
    base: Option<&ObjectId>,
) -> Result<Option<Commit>, git2::Error> {
    let base = base.map(oid).transpose()?;
    let mut commit = repo.find_commit(oid(head)?)?;
    loop {
        let parent = commit.parent_id(0).ok();
        if parent == base {
            return Ok(Some(described(&commit)));
        }
        let Some(parent) = parent else { return Ok(None) };
        commit = repo.find_commit(parent)?;
    }
}

pub(super) fn history(repo: &Repository, site: &Site, span: &Span<'_>) -> Result<Vec<Commit>, git2::Error> {
    let mut walk = repo.revwalk()?;
    walk.push(oid(span.to)?)?;
    if span.merged {
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
    } else {
        // What came in through a merge was made elsewhere.
        walk.simplify_first_parent()?;
    }
    if let Some(from) = span.from {
        walk.hide(oid(from)?)?;
    }
    let (mut found, mut oldest) = (Vec::new(), i64::MAX);
    for id in walk {
        let commit = repo.find_commit(id?)?;
        if let Some(path) = span.path
            && !changes(&commit, path)?
        {
            continue;
        }
        let message = String::from_utf8_lossy(commit.message_bytes());
        if span.matching.is_some_and(|text| !message.contains(text)) {
            continue;
        }
        let files = if found.len() < WITH_FILES { files(repo, site, &commit)? } else { Vec::new() };
        oldest = oldest.min(commit.time().seconds());
        found.push(Commit { files, ..described(&commit) });
    }
    if let Some(unpushed) = unpushed(repo, span, oldest)? {
        found.iter_mut().for_each(|commit| commit.pushed = !unpushed.contains(&commit.commit));
    }
    Ok(found)
}

/// Paths that a commit changed against its parent; none for a merge, which made nothing itself.
fn files(repo: &Repository, site: &Site, commit: &git2::Commit<'_>) -> Result<Vec<String>, git2::Error> {
    if commit.parent_count() > 1 {
        return Ok(Vec::new());
    }
    let parent = parent(commit)?.map(|parent| named(parent.id())).transpose()?;
    let found = differing(repo, parent.as_ref(), &named(commit.id())?)?;
    Ok(found.iter().map(|path| site.relative_to_root(path)).collect())
}

pub(super) fn patch_id(repo: &Repository, commit: &ObjectId) -> Result<Option<String>, git2::Error> {
    let commit = repo.find_commit(oid(commit)?)?;
    if commit.parent_count() > 1 {
        return Ok(None);
    }
    let parent = parent(&commit)?.map(|parent| parent.tree()).transpose()?;
    let diff = repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
    if diff.deltas().len() == 0 { Ok(None) } else { diff.patchid(None).map(|id| Some(id.to_string())) }
}

/// Commits of a range that no branch of a remote holds; none where no such branch can hold one of them. Only branches
/// that are not older than the range are looked at, a day given to clocks: a clone may have thousands that are.
fn unpushed(repo: &Repository, span: &Span<'_>, oldest: i64) -> Result<Option<HashSet<String>>, git2::Error> {
    const DAY: i64 = 24 * 60 * 60;
    let mut heads = Vec::new();
    for branch in repo.references_glob("refs/remotes/*")? {
        // One that points nowhere, as `origin/HEAD` may, holds nothing.
        if let Ok(head) = branch?.peel_to_commit()
            && head.time().seconds().saturating_add(DAY) >= oldest
        {
            heads.push(head.id());
        }
    }
    if heads.is_empty() {
        return Ok(None);
    }
    let mut walk = repo.revwalk()?;
    walk.push(oid(span.to)?)?;
    span.from.map(|from| walk.hide(oid(from)?)).transpose()?;
    heads.into_iter().try_for_each(|head| walk.hide(head))?;
    walk.map(|id| id.map(|id| id.to_string())).collect::<Result<_, _>>().map(Some)
}

/// Whether a commit changed something at a path or below it; a merge made nothing itself.
fn changes(commit: &git2::Commit<'_>, path: &str) -> Result<bool, git2::Error> {
    let at = |commit: &git2::Commit<'_>| {
        Ok::<_, git2::Error>(entry_at(&commit.tree()?, Path::new(path))?.map(|entry| entry.id()))
    };
    let before = parent(commit)?.map(|parent| at(&parent)).transpose()?.flatten();
    Ok(commit.parent_count() < 2 && at(commit)? != before)
}

fn described(commit: &git2::Commit<'_>) -> Commit {
    let author = commit.author();
    let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Commit {
        author: format!("{} <{}>", part(author.name_bytes()), part(author.email_bytes())),
        commit: commit.id().to_string(),
        message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        tree: commit.tree_id().to_string(),
        parents: commit.parent_ids().map(|id| id.to_string()).collect(),
        ..Commit::default()
    }
}

pub(super) fn elsewhere(repo: &Repository, asked: &Elsewhere) -> Result<Vec<Commit>, git2::Error> {
    let head = repo.head()?.peel_to_commit()?.id();
    let whole = |id: &String| ObjectId::parse(id).and_then(|id| oid(&id).ok());
    let named: Vec<Oid> = asked.commits.iter().filter_map(whole).collect();
    let base = asked.base.as_ref().and_then(whole);
    let base = base.filter(|base| repo.find_commit(*base).is_ok());
    let made = asked.made_since.as_ref().and_then(seconds).map_or(Ok(Vec::new()), |since| made_here(repo, since))?;
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for id in named.iter().copied().chain(made).filter(|id| seen.insert(*id)) {
        let Ok(commit) = repo.find_commit(id) else { continue };
        let behind = |base: Oid| repo.graph_descendant_of(id, base);
        if is_ancestor(repo, id, head)? || (!named.contains(&id) && !base.map_or(Ok(true), behind)?) {
            continue;
        }
        let mut branches = Vec::new();
        for branch in repo.branches(Some(BranchType::Local))? {
            let (branch, _) = branch?;
            // One without a commit points nowhere.
            let Ok(tip) = branch.get().peel_to_commit() else { continue };
            if is_ancestor(repo, id, tip.id())? {
                branches.extend(branch.name()?.map(str::to_owned));
            }
        }
        branches.sort();
        found.push(Commit { branches, ..described(&commit) });
    }
    Ok(found)
}

/// Commits that the log of HEAD says were made here, newest first.
fn made_here(repo: &Repository, since: i64) -> Result<Vec<Oid>, git2::Error> {
    let log = repo.reflog("HEAD")?;
    let recent = log.iter().filter(|entry| entry.committer().when().seconds() >= since);
    let made = recent.filter(|entry| entry.message().ok().flatten().is_some_and(makes_a_commit));
    Ok(made.map(|entry| entry.id_new()).collect())
}

pub(super) fn touched(
    repo: &Repository,
    base: &ObjectId,
    head: &ObjectId,
    paths: &[String],
) -> Result<Vec<Touched>, git2::Error> {
    let mut walk = repo.revwalk()?;
    walk.push(oid(head)?)?;
    walk.hide(oid(base)?)?;
    let mut found = Vec::new();
    for id in walk {
        let commit = repo.find_commit(id?)?;
        // Of the oldest commit of a shallow clone nobody knows what it changed.
        if commit.parent_count() > 0 && parent(&commit)?.is_none() {
            continue;
        }
        for path in paths {
            let here = entry(&commit, path)?;
            let same = |parent: git2::Commit<'_>| Ok::<_, git2::Error>(entry(&parent, path)? == here);
            let mut from_parent = commit.parent_count() == 0 && here.is_none();
            for parent in commit.parents() {
                from_parent |= same(parent)?;
            }
            if !from_parent {
                found.push(Touched { path: path.clone(), commit: Some(commit.id().to_string()) });
            }
        }
    }
    Ok(found)
}

fn entry(commit: &git2::Commit<'_>, path: &str) -> Result<Option<(Oid, i32)>, git2::Error> {
    Ok(entry_at(&commit.tree()?, Path::new(path))?.map(|entry| (entry.id(), entry.filemode())))
}

pub(super) fn blob_at(repo: &Repository, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, git2::Error> {
    const LINK: i32 = 0o120_000;
    let entry = entry_at(&repo.find_commit(oid(commit)?)?.tree()?, Path::new(path))?;
    let file = entry.filter(|entry| entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK);
    file.map(|entry| named(entry.id())).transpose()
}

pub(super) fn tips(repo: &Repository) -> Result<Vec<Tip>, git2::Error> {
    let mut tips = Vec::new();
    for (prefix, remote) in [("refs/heads/", false), ("refs/remotes/", true)] {
        for reference in repo.references_glob(&format!("{prefix}*"))? {
            let reference = reference?;
            // `origin/HEAD` is another name only.
            let Some(target) = reference.target() else { continue };
            let Some(branch) = reference.name().ok().and_then(|name| name.strip_prefix(prefix)) else { continue };
            tips.push(Tip { branch: branch.to_owned(), remote, commit: target.to_string() });
        }
    }
    Ok(tips)
}

/// What a partial or broken clone lacks is left out.
pub(super) fn folders(repo: &Repository, commits: &[&str], folder: &str) -> Folders {
    let look = |commit: &str| -> Result<String, git2::Error> {
        let tree = repo.find_commit(Oid::from_str(commit)?)?.tree()?;
        let tree = entry_at(&tree, Path::new(folder))?.filter(|entry| entry.kind() == Some(ObjectType::Tree));
        Ok(tree.map(|entry| entry.id().to_string()).unwrap_or_default())
    };
    commits.iter().filter_map(|commit| Some(((*commit).to_owned(), look(commit).ok()?))).collect()
}

pub(super) fn entries(repo: &Repository, tree: &ObjectId) -> Result<Vec<(String, String)>, git2::Error> {
    let tree = repo.find_tree(oid(tree)?)?;
    let files = tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Blob));
    Ok(files.filter_map(|entry| Some((entry.name().ok()?.to_owned(), entry.id().to_string()))).collect())
}
