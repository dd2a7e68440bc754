//! The index, the working tree and commits through libgit2. That it may be used is `needed`'s to say.

use std::path::{Path, PathBuf};

use git2::build::TreeUpdateBuilder;
use git2::{
    Delta, ErrorCode, Index, IndexEntry, ObjectType, Oid, Repository, Status, StatusEntry, StatusOptions, Tree,
};
use session_core::object_id::ObjectId;
use session_system::is_temporary;
use session_types::{Change, CommitRequest, Committed, Error};

use super::needed::Conversions;
use super::paths::{blob, closed, is_special, seen, seen_or_named, unseen, utf8};
use super::repo::{Repo, failed, named, oid};

/// Bits of an index entry.
const ASSUME_UNCHANGED: u16 = 0x8000;
const SKIP_WORKTREE: u16 = 0x4000;
pub(super) const GITLINK: u32 = 0o160_000;

impl Repo {
    /// What differs from the last commit; none where git must be asked. With `refresh`, what was learnt about unchanged
    /// files is kept in the index.
    pub(super) fn changes_by_library(&self, repo: &Repository, refresh: bool) -> Result<Option<Vec<Change>>, Error> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
        if let Some(below) = self.below() {
            options.pathspec(below).disable_pathspec_match(true);
        }
        let folder = self.below().map_or_else(|| self.top.clone(), |below| self.top.join(below));
        let (statuses, closed) = std::thread::scope(|scope| {
            let walk = std::thread::Builder::new().spawn_scoped(scope, || closed(&folder));
            // An index that another process holds, or that the disk does not take, is not refreshed: as with git itself.
            let refreshed = refresh.then(|| repo.statuses(Some(options.update_index(true)))).and_then(Result::ok);
            let statuses = refreshed.map_or_else(|| repo.statuses(Some(options.update_index(false))), Ok);
            // Where there is no room for a thread, one after the other.
            (statuses, walk.map_or_else(|_| closed(&folder), |walk| walk.join().ok().flatten()))
        });
        if let Some(folder) = closed {
            let path = folder.strip_prefix(&self.top).unwrap_or(&folder);
            return Err(unseen(&path.to_string_lossy(), "permission denied"));
        }
        let statuses = statuses.map_err(|e| failed("compare the working tree", &e))?;
        let index = repo.index().map_err(|e| failed("read the index", &e))?;
        let conversions = Conversions::of(repo);
        let mut changes = Vec::new();
        for entry in statuses.iter() {
            // A repository inside this one that nobody tracks is not this one's: git would not take its files either.
            if entry.path_bytes().ends_with(b"/") || is_temporary(entry.path_bytes()) {
                continue;
            }
            let path = utf8(entry.path_bytes())?.to_owned();
            match self.meaning(&entry, &index, &conversions) {
                Meaning::Ours => changes.push(self.change(&entry, &path)?),
                Meaning::Nothing => {}
                Meaning::AskGit => return Ok(None),
            }
        }
        Ok(Some(changes))
    }

    fn meaning(&self, entry: &StatusEntry<'_>, index: &Index, conversions: &Conversions<'_>) -> Meaning {
        let Some(path) = entry.path().ok().map(Path::new) else { return Meaning::Ours };
        let Some(known) = index.get_path(path, 0) else {
            let special = path.to_str().is_some_and(|path| is_special(&self.top, path));
            return if special { Meaning::Nothing } else { Meaning::Ours };
        };
        if is_left_alone(&known) {
            return Meaning::AskGit;
        }
        if known.mode == GITLINK && entry.status() == Status::WT_MODIFIED {
            // What is dirty inside is the affair of whoever works there.
            return match Repository::open(self.top.join(path))
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

    fn change(&self, entry: &StatusEntry<'_>, path: &str) -> Result<Change, Error> {
        // What is removed from the index is meant to go, though the file is still there.
        let there = seen_or_named(&self.top, path)? && !entry.status().contains(Status::INDEX_DELETED);
        let status = match entry.status() {
            status if status.contains(Status::CONFLICTED) => "conflicted",
            _ if !there => "deleted",
            status if status.intersects(Status::WT_NEW | Status::INDEX_NEW) => "added",
            _ => "modified",
        };
        self.described(path, status, there)
    }

    /// # Errors
    /// A file that cannot be read.
    pub(super) fn described(&self, path: &str, status: &str, there: bool) -> Result<Change, Error> {
        let found = if there { blob(&self.top.join(path), self.sha256) } else { Ok(None) };
        let (blob, size) = found.map_err(|e| unseen(path, &e.to_string()))?.unzip();
        let filter = blob.as_ref().and_then(|_| self.filter(path));
        Ok(Change { path: self.relative_to_root(path), status: status.to_owned(), blob, size, filter })
    }

    /// Identity of a commit's tree with these paths as they are in the working tree, and without those.
    pub(super) fn tree_by_library(
        &self,
        of: Option<&ObjectId>,
        inside: &[String],
        without: &[String],
        kept: bool,
    ) -> Result<ObjectId, Error> {
        let make = || -> Result<Oid, git2::Error> {
            let repo = self.reopened()?;
            let odb = repo.odb()?;
            // Objects of this handle go to memory: asking for a tree leaves nothing behind.
            let _memory = if kept { None } else { Some(odb.add_new_mempack_backend(1000)?) };
            let mut index = repo.index()?;
            let head = head_tree(&repo)?;
            let of = of.map(|of| repo.find_object(oid(of)?, None)?.peel_to_tree()).transpose()?;
            let base = of.as_ref().or(head.as_ref());
            let tree = self.updated(&repo, &mut index, [base, head.as_ref()], inside, false)?.0;
            let tree = repo.find_tree(tree)?;
            let mut update = TreeUpdateBuilder::new();
            let mut is_there = false;
            for path in without {
                if entry_at(&tree, Path::new(path))?.is_some() {
                    update.remove(path.as_str());
                    is_there = true;
                }
            }
            if is_there { update.create_updated(&repo, &tree) } else { Ok(tree.id()) }
        };
        make().and_then(named).map_err(|e| failed("read the tree", &e))
    }

    /// The base tree with these paths as they are in the working tree, and how many of them differ. The base is the last
    /// commit's tree but where commits are folded. Only folders on their way are looked at.
    fn updated(
        &self,
        repo: &Repository,
        index: &mut Index,
        [base, head]: [Option<&Tree<'_>>; 2],
        inside: &[String],
        tracked: bool,
    ) -> Result<(Oid, usize), git2::Error> {
        let empty = match base {
            Some(_) => None,
            None => Some(repo.find_tree(repo.treebuilder(None)?.write()?)?),
        };
        let Some(base) = base.or(empty.as_ref()) else { return Err(git2::Error::from_str("no tree to begin with")) };
        let mut update = TreeUpdateBuilder::new();
        let mut changed = Vec::new();
        for name in inside {
            let path = Path::new(name);
            let file = |entry: &git2::TreeEntry<'_>| entry.kind() != Some(ObjectType::Tree);
            let before = entry_at(base, path)?.filter(file);
            let in_head = head.map(|head| entry_at(head, path)).transpose()?.flatten().is_some_and(|it| file(&it));
            if tracked && !in_head {
                continue;
            }
            let known = index.get_path(path, 0);
            if known.as_ref().is_some_and(is_left_alone) {
                continue;
            }
            if is_special(&self.top, name) {
                continue;
            }
            let untracked = in_head && known.is_none();
            let unseen = |e: std::io::Error| git2::Error::from_str(&format!("{}: {e}", path.display()));
            if seen(&self.top, name).map_err(unseen)? && !untracked {
                index.add_path(path)?;
                let Some(entry) = index.get_path(path, 0) else { continue };
                let mode = entry.mode;
                if before.is_none_or(|before| before.id() != entry.id || before.filemode() as u32 != mode) {
                    update.upsert(path, entry.id, filemode(mode));
                    changed.push((path.to_owned(), Some(entry)));
                }
            } else {
                if index.get_path(path, 0).is_some() {
                    index.remove_path(path)?;
                }
                if before.is_some() {
                    update.remove(path);
                    changed.push((path.to_owned(), None));
                }
            }
        }
        if changed.is_empty() {
            return Ok((base.id(), 0));
        }
        // It refuses where a file takes a folder's place or the other way round; the whole tree then goes the long way.
        let tree = update.create_updated(repo, base).or_else(|_| whole_tree(repo, base, &changed))?;
        Ok((tree, changed.len()))
    }

    /// Commits these paths on HEAD, or on the commit that a fold names.
    pub(super) fn commit_by_library(
        &self,
        repo: &Repository,
        request: &CommitRequest,
        inside: &[String],
        onto: Option<&ObjectId>,
    ) -> Result<Committed, git2::Error> {
        let mut index = repo.index()?;
        index.read(false)?;
        let made = self.commit_staging(repo, &mut index, request, inside, onto);
        // Staged in memory only: the next commit through this handle, of documents say, would write it.
        made.or_else(|error| index.read(true).and(Err(error)))
    }

    fn commit_staging(
        &self,
        repo: &Repository,
        index: &mut Index,
        request: &CommitRequest,
        inside: &[String],
        onto: Option<&ObjectId>,
    ) -> Result<Committed, git2::Error> {
        let onto = onto.map(|onto| repo.find_commit(oid(onto)?)).transpose()?;
        let head = head_tree(repo)?;
        let base = onto.as_ref().map(git2::Commit::tree).transpose()?;
        let trees = [base.as_ref().or(head.as_ref()), head.as_ref()];
        let (tree, files) = self.updated(repo, index, trees, inside, request.tracked)?;
        if files == 0 && !request.allow_empty {
            return Ok(Committed { tree: tree.to_string(), files, ..Committed::default() });
        }
        let signature = repo.signature()?;
        let tree = repo.find_tree(tree)?;
        // Before the commit: an index that another process holds is then found out with nothing done, and after a
        // kill in between the work is staged, which the next attempt commits. The other way round the index would say
        // that the work is to be undone.
        index.write()?;
        let commit = match &onto {
            None => {
                let parent = match repo.head() {
                    Ok(head) => Some(head.peel_to_commit()?),
                    Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => None,
                    Err(e) => return Err(e),
                };
                let parents: Vec<_> = parent.iter().collect();
                repo.commit(Some("HEAD"), &signature, &signature, &request.message, &tree, &parents)?
            }
            Some(onto) => {
                let commit = repo.commit(None, &signature, &signature, &request.message, &tree, &[onto])?;
                let subject = request.message.lines().next().unwrap_or_default();
                // One step from the old history to the new: a kill leaves the one or the other.
                repo.head()?.set_target(commit, &format!("commit (fold): {subject}"))?;
                commit
            }
        };
        let (commit, tree) = (Some(commit.to_string()), tree.id().to_string());
        Ok(Committed { commit, tree, files, ..Committed::default() })
    }
}

/// What a path that libgit2 reports is.
enum Meaning {
    Ours,
    Nothing,
    AskGit,
}

/// The user says that git shall not look at the file.
pub(super) fn is_left_alone(entry: &IndexEntry) -> bool {
    entry.flags & ASSUME_UNCHANGED != 0 || entry.flags_extended & SKIP_WORKTREE != 0
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
