//! What a commit of some paths takes and leaves out, and which files a repository tracks.

use std::path::Path;

use session_core::object_id::ObjectId;
use session_types::Error;

use super::paths::{is_special, seen_or_named};
use super::place::{common_dir, tidy, work_tree};
use super::repo::Repo;

/// What git knows of a path.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathState {
    pub(super) in_index: bool,
    /// The user says that git shall not look at the file.
    pub(super) alone: bool,
    pub(super) in_head: bool,
    /// In the commit that a new one follows on.
    pub(super) in_base: bool,
}

/// What becomes of paths in a commit.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Taken as they are in the working tree.
    pub(super) present: Vec<String>,
    /// Those of them that are not in the index yet.
    pub(super) new: Vec<String>,
    /// In the commit before, and not in this one.
    pub(super) gone: Vec<String>,
    /// In the index, but neither in the working tree nor in the commit before.
    pub(super) vanished: Vec<String>,
    /// The commit before.
    pub(super) base: Option<ObjectId>,
}

/// Files that git tracks in the repository of a folder, from the project's root; none where there is no repository.
///
/// # Errors
/// There is one, and its index cannot be read.
pub fn tracked(root: &Path, folder: &Path) -> Result<Vec<String>, Error> {
    if common_dir(folder).is_none() {
        return Ok(Vec::new());
    }
    Repo::open(root, folder)?.tracked()
}

/// Whether a repository tracks the file: the innermost one that it lies in, such as a submodule, or one around that, up to
/// the one of the project's root.
///
/// # Errors
/// One of them cannot be read.
pub fn is_tracked(root: &Path, file: &Path) -> Result<bool, Error> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Ok(false) };
    let folder = tidy(folder);
    let mut around = Some(folder.clone());
    while let Some(here) = around {
        if tracked(&folder, &here)?.iter().any(|one| Path::new(one) == Path::new(name)) {
            return Ok(true);
        }
        let top = work_tree(&here).filter(|top| here.starts_with(top) && !root.starts_with(top));
        around = top.and_then(|top| top.parent().map(Path::to_owned));
    }
    Ok(false)
}

impl Repo {
    /// All paths of the index, from the root of the project.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn tracked(&self) -> Result<Vec<String>, Error> {
        Ok(self.reader.index_names()?.iter().map(|path| self.site.relative_to_root(path)).collect())
    }

    /// What becomes of these paths in a commit, which follows on `onto` where there is one. With `tracked`, only of those
    /// that HEAD has.
    ///
    /// # Errors
    /// Names a path that nobody can look at.
    pub(super) fn selection(
        &self,
        inside: &[String],
        onto: Option<&ObjectId>,
        tracked: bool,
    ) -> Result<Selection, Error> {
        let states = self.reader.states(inside, onto)?;
        let base = onto.cloned().map_or_else(|| self.head_commit(), |onto| Ok(Some(onto)))?;
        let states = inside.iter().zip(states).filter(|(_, state)| !tracked || state.in_head);
        Selection { base, ..Selection::default() }.with(&self.site.top, states)
    }
}

impl Selection {
    /// # Errors
    /// Names a path that nobody can look at.
    pub(super) fn with<'a>(
        mut self,
        top: &Path,
        states: impl Iterator<Item = (&'a String, PathState)>,
    ) -> Result<Self, Error> {
        for (path, state) in states.filter(|(path, state)| !state.alone && !is_special(top, path)) {
            // What is removed from the index is meant to go, though the file is still there.
            let removed = state.in_head && !state.in_index;
            if seen_or_named(top, path)? && !removed {
                self.present.push(path.clone());
                self.new.extend((!state.in_index).then(|| path.clone()));
            } else if state.in_base {
                self.gone.push(path.clone());
            } else if state.in_index {
                self.vanished.push(path.clone());
            }
        }
        Ok(self)
    }
}
