//! What the files become when commits are undone: found by three-way merges of trees, in no working tree. Its objects are
//! in memory or in a folder of their own, and nothing of them stays. What a conflict means is `revert`'s to say.

use std::collections::BTreeMap;

use git2::Repository;
use session_core::object_id::ObjectId;
use session_types::{Error, RevertRequest, Undo};
use tempfile::TempDir;

use super::git::Git;
use super::library::GITLINK;
use super::paths::utf8;
use super::repo::Repo;
use super::{binary, library};

/// More pairs than these are not compared to find renames: as git's own limit.
pub(super) const RENAMES: u32 = 1_000;

/// What a tree or an index holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) mode: u32,
    pub(super) id: String,
}

/// One path that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Below the top.
    pub(super) path: String,
    pub(super) before: Option<Held>,
    pub(super) after: Option<Held>,
}

impl Turn {
    /// A submodule, before or after.
    pub(super) fn is_link(&self) -> bool {
        [&self.before, &self.after].into_iter().flatten().any(|held| held.mode == GITLINK)
    }

    /// A submodule takes the place of a file, or the other way round.
    pub(super) fn swaps_link(&self) -> bool {
        let is_file = |held: &Held| held.mode != GITLINK;
        self.is_link() && [&self.before, &self.after].into_iter().flatten().any(is_file)
    }
}

/// Where the objects of a result are as long as this lives.
pub(super) enum Objects {
    Memory(Repository),
    Folder { git: Git, _folder: TempDir },
}

impl Objects {
    /// Paths below the top that differ between two trees, of which one may be of the result.
    pub(super) fn differing(&self, before: &ObjectId, after: &ObjectId) -> Result<Vec<String>, Error> {
        match self {
            Self::Memory(repo) => {
                library::differing(repo, Some(before), after).map_err(|e| library::failed("compare two trees", &e))
            }
            Self::Folder { git, .. } => binary::differing(git, Some(before), after),
        }
    }
}

/// The tree that a commit shall have.
pub(super) struct Reversal {
    pub(super) tree: String,
    /// In the order of their paths.
    pub(super) turns: Vec<Turn>,
    pub(super) objects: Objects,
}

/// A commit whose change does not come off, and the paths where it does not.
pub(super) struct Conflict {
    pub(super) commit: ObjectId,
    pub(super) paths: Vec<String>,
}

/// A commit to undo: what it is, and what was before it; an empty tree where it was the first of all.
pub(super) struct Step {
    pub(super) commit: ObjectId,
    pub(super) before: Option<ObjectId>,
}

impl Repo {
    /// # Errors
    /// Where a commit is not here, or git is too old.
    pub(super) fn reversal(
        &self,
        request: &RevertRequest,
        head: &ObjectId,
    ) -> Result<Result<Reversal, Conflict>, Error> {
        let steps = request.commits.iter().map(|undo| self.step(undo)).collect::<Result<Vec<_>, Error>>()?;
        // What stays as it is, is in all trees what HEAD has: so it neither conflicts nor takes part in a rename.
        let without = self.site.outermost(&request.without);
        self.reader.reversal(&steps, &without, head)
    }

    fn step(&self, undo: &Undo) -> Result<Step, Error> {
        let commit = self.known(&undo.commit)?;
        let before = match &undo.to {
            Some(to) => Some(self.known(to)?),
            None => self.first_parent(&commit)?,
        };
        Ok(Step { commit, before })
    }

    /// As it is written in the commit itself: in a shallow clone the oldest commits pass for ones without parents, and
    /// undoing such a one against nothing would remove all files.
    fn first_parent(&self, commit: &ObjectId) -> Result<Option<ObjectId>, Error> {
        let raw = self.reader.commit_text(commit)?;
        let text = String::from_utf8_lossy(&raw);
        let parent = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("parent "));
        match parent {
            None => Ok(None),
            Some(parent) => self.commit_named(parent)?.map(Some).ok_or_else(|| {
                Error::new(format!("what was before {} is not in this clone", commit.short()))
                    .hint("git fetch --unshallow, then the same command again")
            }),
        }
    }
}

pub(super) fn is_within(path: &str, without: &[String]) -> bool {
    let below = |one: &String| path.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'));
    without.iter().any(|one| one == path || below(one))
}

/// Path, before, after.
pub(super) type Difference = (Vec<u8>, Option<Held>, Option<Held>);

/// A change of kind may be told as a removal and an addition.
pub(super) fn turns(found: Vec<Difference>) -> Result<Vec<Turn>, Error> {
    let mut all: BTreeMap<String, Turn> = BTreeMap::new();
    for (path, before, after) in found {
        let path = utf8(&path)?.to_owned();
        let turn = all.entry(path.clone()).or_insert(Turn { path, before: None, after: None });
        turn.before = turn.before.take().or(before);
        turn.after = turn.after.take().or(after);
    }
    Ok(all.into_values().collect())
}
