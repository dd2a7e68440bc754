//! Which paths the index and the last commit hold, and what a commit of some paths takes and leaves out.

use std::collections::BTreeSet;
use std::path::Path;

use git2::{Index, ObjectType, Tree};
use session_core::object_id::ObjectId;
use session_types::Error;

use super::args::Args;
use super::library::{entry_at, head_tree, is_left_alone};
use super::paths::seen_or_named;
use super::place::{common_dir, tidy, work_tree};
use super::repo::{Repo, failed, oid};

/// What is known to git under which name.
pub(super) enum Listed<'r> {
    Library {
        index: Index,
        head: Option<Tree<'r>>,
        onto: Option<Tree<'r>>,
    },
    /// Of the index also those at which git shall not look.
    Git {
        index: BTreeSet<String>,
        alone: BTreeSet<String>,
        head: BTreeSet<String>,
        onto: Option<BTreeSet<String>>,
    },
}

/// What becomes of paths in a commit.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Taken as they are in the working tree.
    pub(super) present: Vec<String>,
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

impl Listed<'_> {
    pub(super) fn in_index(&self, path: &str) -> bool {
        match self {
            Self::Library { index, .. } => index.get_path(Path::new(path), 0).is_some(),
            Self::Git { index, .. } => index.contains(path),
        }
    }

    /// The user says that git shall not look at the file.
    fn is_left_alone(&self, path: &str) -> bool {
        match self {
            Self::Library { index, .. } => index.get_path(Path::new(path), 0).as_ref().is_some_and(is_left_alone),
            Self::Git { alone, .. } => alone.contains(path),
        }
    }

    fn in_head(&self, path: &str) -> Result<bool, Error> {
        match self {
            Self::Library { head, .. } => head.as_ref().map_or(Ok(false), |head| holds(head, path)),
            Self::Git { head, .. } => Ok(head.contains(path)),
        }
    }

    /// In the commit that the new one follows on.
    fn in_base(&self, path: &str) -> Result<bool, Error> {
        match self {
            Self::Library { onto: Some(onto), .. } => holds(onto, path),
            Self::Git { onto: Some(onto), .. } => Ok(onto.contains(path)),
            _ => self.in_head(path),
        }
    }
}

fn holds(tree: &Tree<'_>, path: &str) -> Result<bool, Error> {
    let found = entry_at(tree, Path::new(path)).map_err(|e| failed(&format!("look for {path} in a commit"), &e))?;
    Ok(found.is_some_and(|entry| entry.kind() != Some(ObjectType::Tree)))
}

impl Repo {
    /// With `onto`, the commit that a new one follows on instead of HEAD.
    pub(super) fn listed(&self, onto: Option<&ObjectId>) -> Result<Listed<'_>, Error> {
        if let Some(repo) = self.reader() {
            let read = || {
                let onto = onto.map(|onto| repo.find_object(oid(onto)?, None)?.peel_to_tree()).transpose()?;
                Ok(Listed::Library { index: repo.index()?, head: head_tree(repo)?, onto })
            };
            return read().map_err(|e: git2::Error| failed("read the index", &e));
        }
        let head = self.head_commit()?;
        let tree = |commit: &ObjectId| {
            self.names(Args::of(["ls-tree", "-r", "-z", "--full-tree", "--name-only"]).object(commit))
        };
        // Lower case is assumed to be unchanged, S is not checked out.
        let tagged = self.names(["ls-files", "-v", "-z", "--full-name"])?;
        let tagged: Vec<(&str, &str)> = tagged.iter().filter_map(|line| line.split_once(' ')).collect();
        let alone = tagged.iter().filter(|(tag, _)| *tag == "S" || tag.starts_with(char::is_lowercase));
        Ok(Listed::Git {
            index: tagged.iter().map(|(_, path)| (*path).to_owned()).collect(),
            alone: alone.map(|(_, path)| (*path).to_owned()).collect(),
            head: head.as_ref().map(tree).transpose()?.unwrap_or_default().into_iter().collect(),
            onto: onto.map(|onto| Ok::<_, Error>(tree(onto)?.into_iter().collect())).transpose()?,
        })
    }

    /// All paths of the index.
    pub(super) fn index_names(&self) -> Result<Vec<String>, Error> {
        let Some(repo) = self.reader() else { return self.names(["ls-files", "-z", "--full-name"]) };
        let index = repo.index().map_err(|e| failed("read the index", &e))?;
        Ok(index.iter().filter_map(|entry| String::from_utf8(entry.path).ok()).collect())
    }

    /// The same from the root of the project.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn tracked(&self) -> Result<Vec<String>, Error> {
        Ok(self.index_names()?.iter().map(|path| self.relative_to_root(path)).collect())
    }

    fn names(&self, args: impl Into<Args>) -> Result<Vec<String>, Error> {
        Ok(self.git().text(args)?.split_terminator('\0').map(str::to_owned).collect())
    }

    /// # Errors
    /// Names a path that nobody can look at.
    pub(super) fn sorted(&self, listed: &Listed<'_>, inside: &[String], tracked: bool) -> Result<Sorted, Error> {
        let mut sorted = Sorted::default();
        for path in inside.iter().filter(|path| !listed.is_left_alone(path)) {
            let in_head = listed.in_head(path)?;
            if tracked && !in_head {
                continue;
            }
            // What is removed from the index is meant to go, though the file is still there.
            let removed = in_head && !listed.in_index(path);
            let list = if seen_or_named(&self.top, path)? && !removed {
                &mut sorted.present
            } else if listed.in_base(path)? {
                &mut sorted.gone
            } else if listed.in_index(path) {
                &mut sorted.vanished
            } else {
                continue;
            };
            list.push(path.clone());
        }
        sorted.base = self.head_commit()?;
        Ok(sorted)
    }
}
