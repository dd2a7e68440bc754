//! Where a repository is: its folders, and the variables of the environment that name one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;

use git2::{Repository, RepositoryOpenFlags};
use session_system::{Limit, text_own};
use session_system::{NAMING, make_own};
use session_types::Error;

use super::args::Args;
use super::git::Git;
use super::repo::Repo;

/// How far git looks for a repository, which is about the root's too.
pub(super) const SEARCH: [&str; 2] = ["GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"];

/// Folder that all worktrees of a repository share; none outside git.
pub fn common_dir(folder: &Path) -> Option<PathBuf> {
    if let Some(repo) = discovered(folder) {
        return Some(tidy(repo.commondir()));
    }
    Place::of(folder, true).ok().map(|place| place.common).or_else(|| {
        let git_dir = unopened(folder)?;
        let shared = text_own(&git_dir.join("commondir"), Limit::OWN).ok();
        Some(shared.map_or(git_dir.clone(), |shared| tidy(&git_dir.join(shared.trim_end()))))
    })
}

/// Top of the working tree that a folder is in; none outside git.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    if let Some(repo) = discovered(folder) {
        return repo.workdir().map(tidy);
    }
    Place::of(folder, true).ok().map(|place| place.top).or_else(|| {
        unopened(folder)?;
        folder.ancestors().find(|folder| folder.join(".git").exists()).map(tidy)
    })
}

/// Where a folder stands in a repository.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// As `common_dir` says.
    pub common: PathBuf,
    /// As `work_tree` says.
    pub top: Option<PathBuf>,
    /// As `whereabouts` says.
    pub git_dir: Option<PathBuf>,
}

impl Surroundings {
    pub(super) fn of(repo: &Repository) -> Self {
        let top = repo.workdir().map(tidy);
        let git_dir = top.is_some().then(|| tidy(repo.path()));
        Self { common: tidy(repo.commondir()), top, git_dir }
    }
}

/// All of it by one look, since each look opens the repository; none outside git.
pub fn surroundings(folder: &Path) -> Option<Surroundings> {
    if let Some(repo) = discovered(folder) {
        return Some(Surroundings::of(&repo));
    }
    let git_dir = whereabouts(folder).map(|(git_dir, _)| git_dir);
    Some(Surroundings { common: common_dir(folder)?, top: work_tree(folder), git_dir })
}

/// The folder that git keeps for the working tree of a folder, which no other working tree shares, and where the folder is
/// below the top of that tree; none outside git.
pub fn whereabouts(folder: &Path) -> Option<(PathBuf, String)> {
    let (git_dir, top) = match discovered(folder) {
        Some(repo) => (tidy(repo.path()), repo.workdir().map(tidy)?),
        None => Place::of(folder, true).map(|place| (place.git_dir, place.top)).ok()?,
    };
    let below = tidy(folder).strip_prefix(&top).ok()?.to_string_lossy().into_owned();
    Some((git_dir, below))
}

fn discovered(folder: &Path) -> Option<Repository> {
    if is_named() { None } else { opened(folder).ok() }
}

/// The repository that a folder is in, with the working tree that git gives it: `Repository::discover` forgets by which
/// `.git` file it came to a git dir, and takes the folder around that for the working tree (`git init --separate-git-dir`).
///
/// # Errors
/// There is none, or libgit2 does not open it.
pub fn opened(folder: &Path) -> Result<Repository, git2::Error> {
    let none: [&Path; 0] = [];
    Repository::open_ext(folder, RepositoryOpenFlags::CROSS_FS, none)
}

/// One that nobody opens, such as somebody else's: the state is in its folder all the same, so that what is said is why
/// it is not opened, and not that there is none.
fn unopened(folder: &Path) -> Option<PathBuf> {
    let none: [&Path; 0] = [];
    Repository::discover_path(folder, none).ok().map(|path| tidy(&path))
}

/// Makes a repository with an identity of its own where the user has none; for `demo`.
///
/// # Errors
/// Where git cannot.
pub fn init(folder: &Path) -> Result<(), Error> {
    make_own(folder).map_err(|e| Error::new(format!("cannot make {}", folder.display())).because(e.to_string()))?;
    let git = Git::anywhere(folder);
    git.done("make a repository", ["-c", "init.defaultBranch=main", "init", "--quiet"])?;
    if Repo::open(folder, folder)?.head()?.author.is_none() {
        let own = ["user.name=Session Demo", "user.email=demo@localhost"];
        for setting in own.iter().filter_map(|setting| setting.split_once('=')) {
            let args = Args::of(["config", "--local"]).setting(setting.0, Some(setting.1));
            git.done("change its configuration", args)?;
        }
    }
    Ok(())
}

/// Whether the environment names a repository, so that libgit2 would find another one than git.
pub(super) fn is_named() -> bool {
    NAMING.iter().take(7).any(|name| std::env::var_os(name).is_some())
}

pub(super) fn tidy(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}

/// A repository as git finds it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) top: PathBuf,
    pub(super) git_dir: PathBuf,
    pub(super) common: PathBuf,
    pub(super) sha256: bool,
    /// What git must be given so that it means this one.
    pub(super) variables: Vec<(&'static str, OsString)>,
}

impl Place {
    /// The repository of a folder. That of the project's root may be named by the environment.
    ///
    /// # Errors
    /// What git says where there is none, or none that it would touch.
    pub(super) fn of(folder: &Path, is_root: bool) -> Result<Self, Error> {
        if is_root
            && is_named()
            && let Some(place) = Self::named(folder)
        {
            return Ok(place);
        }
        if !folder.ancestors().any(|folder| folder.join(".git").exists()) {
            return Err(Error::new(format!("there is no git repository at {}", folder.display())));
        }
        Self::asked(folder, &Git::anywhere(folder))
    }

    /// Asked where this process stands: relative names in its environment are meant from there.
    fn named(folder: &Path) -> Option<Self> {
        let here = std::env::current_dir().ok()?;
        let git = Git::as_is(&here);
        let mut place = Self::asked(&here, &git).ok().filter(|place| folder.starts_with(&place.top))?;
        let absolute = |name: &'static str, value: OsString| match name {
            "GIT_OBJECT_DIRECTORY" => here.join(value).into_os_string(),
            _ => value,
        };
        let given = NAMING.iter().chain(&SEARCH).filter(|name| **name != "GIT_PREFIX");
        place.variables =
            given.filter_map(|name| std::env::var_os(name).map(|value| (*name, absolute(name, value)))).collect();
        let has_index = place.variables.iter().any(|(name, _)| *name == "GIT_INDEX_FILE");
        let index = if has_index {
            let args = ["rev-parse", "--path-format=absolute", "--git-path", "index"];
            git.text(args).ok().map(|path| ("GIT_INDEX_FILE", path.trim_end_matches('\n').into()))
        } else {
            None
        };
        let own = [("GIT_DIR", place.git_dir.clone()), ("GIT_WORK_TREE", place.top.clone())];
        let own: Vec<_> = own.into_iter().map(|(name, path)| (name, path.into_os_string())).chain(index).collect();
        place.variables.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        place.variables.extend(own);
        Some(place)
    }

    fn asked(folder: &Path, git: &Git) -> Result<Self, Error> {
        let output = git.output([
            "rev-parse",
            "--path-format=absolute",
            "--show-toplevel",
            "--git-dir",
            "--git-common-dir",
            "--show-object-format",
        ])?;
        let lines: Vec<PathBuf> = String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect();
        let [top, git_dir, common, format] = &lines[..] else { return Err(refused(folder, &output)) };
        let (top, git_dir, common) = (tidy(top), tidy(git_dir), tidy(common));
        Ok(Self { top, git_dir, common, sha256: format.ends_with("sha256"), variables: Vec::new() })
    }
}

fn refused(folder: &Path, output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let error = Error::new(format!("git does not open the repository at {}", folder.display()));
    let error = said.lines().next().map_or(error.clone(), |line| error.because(line.trim_start_matches("fatal: ")));
    if said.contains("dubious ownership") { unsafe_folder(error, folder) } else { error.hint("git status says more") }
}

/// A repository of somebody else's, which git refuses until its user says otherwise.
pub(super) fn unsafe_folder(error: Error, folder: &Path) -> Error {
    error.hint(format!("if you trust whoever owns it: {}", super::owner::allow(folder)))
}
