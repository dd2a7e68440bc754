//! The top of the working tree that a folder is in, and whether it may be used: only where git would find the same one from
//! its own `.git`, and it is this user's. Nothing of the repository's configuration is followed to another place.

use std::path::{Path, PathBuf};

use git2::Repository;
use session_types::{Error, shell};

use super::owner::refuse_foreign;
use super::paths::endless;
use super::place::{Surroundings, is_named, opened, tidy, work_tree};

/// What is read of every folder on the way to the working tree's top,
const OF_TREE: [&str; 3] = [".gitattributes", ".gitignore", ".gitmodules"];
/// and of what git keeps, before anything else.
const OF_GIT: [&str; 11] = [
    "",
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "index",
    "info/attributes",
    "info/exclude",
    "objects/info/alternates",
    "packed-refs",
    "shallow",
];

/// # Errors
/// Names a device or a pipe, at which git itself would wait for ever.
fn refuse_endless(folder: &Path, names: &[&str]) -> Result<(), Error> {
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    match paths.iter().find_map(|path| endless(path)) {
        None => Ok(()),
        Some(path) => Err(Error::new(format!("{} is no file", path.display()))
            .because("it is, or leads to, a device or a pipe, and whoever reads it may wait for ever")
            .hint(format!("rm {}", shell::path(&path.to_string_lossy())))),
    }
}

/// The top of a working tree.
#[derive(Clone, Debug)]
pub struct Top {
    pub path: PathBuf,
    /// What the look at it found: of every folder between the top and the one that was asked about. None where nothing was
    /// opened.
    pub around: Option<Surroundings>,
}

/// None outside git. What the environment names is the user's own word, and stays.
///
/// # Errors
/// A bare repository, a working tree that the configuration puts elsewhere, or files of another user.
pub fn top(folder: &Path) -> Result<Option<Top>, Error> {
    let checked = checked(folder)?;
    Ok(checked.map(|(path, repo)| Top { path, around: repo.as_ref().map(Surroundings::of) }))
}

/// The same with the repository, where libgit2 opens it.
pub(super) fn checked(folder: &Path) -> Result<Option<(PathBuf, Option<Repository>)>, Error> {
    if is_named() {
        return Ok(work_tree(folder).map(|path| (path, None)));
    }
    let none: [&Path; 0] = [];
    let found = |folder: &Path| Repository::discover_path(folder, none).ok().map(|path| tidy(&path));
    let holder = folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
    if let Some(holder) = holder {
        let folders = folder.ancestors().take_while(|folder| folder.starts_with(holder));
        folders.into_iter().try_for_each(|folder| refuse_endless(folder, &OF_TREE))?;
        refuse_endless(&holder.join(".git"), &OF_GIT)?;
    }
    let git_dir = found(folder);
    let Some(git_dir) = git_dir else {
        return Ok(holder.map(|holder| (tidy(holder), None)));
    };
    let own = |holder: &Path| holder == folder || found(holder).as_ref() == Some(&git_dir);
    let Some(top) = holder.filter(|holder| own(holder)) else {
        return Err(Error::new(format!("{} lies in a repository that has no working tree", folder.display()))
            .because(format!("{} is not the `.git` of a folder above it", git_dir.display()))
            .hint("cd to a working tree; git clone makes one of a bare repository"));
    };
    let top = tidy(top);
    if git_dir != tidy(&top.join(".git")) {
        refuse_endless(&git_dir, &OF_GIT)?;
    }
    refuse_foreign(&top, &[top.clone(), top.join(".git"), git_dir.clone()])?;
    let repo = opened(folder).ok();
    match repo.as_ref().map_or_else(|| work_tree(folder), |repo| repo.workdir().map(tidy)) {
        // Somebody else could have it written there, so that files outside are read and written.
        Some(other) if other != top => Err(Error::new(format!(
            "the configuration of {} puts its working tree elsewhere, to {}",
            git_dir.display(),
            other.display()
        ))
        .because(format!("{} holds that repository, and `core.worktree` names another folder", top.display()))
        .hint(format!("git config --file {}/config --unset core.worktree", git_dir.display()))
        .hint("or set GIT_DIR and GIT_WORK_TREE yourself, where that is meant")),
        _ => Ok(Some((top, repo))),
    }
}
