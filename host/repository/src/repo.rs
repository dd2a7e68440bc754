//! One repository, seen from the root of a project, and who answers for it: libgit2, or git itself.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use git2::{ErrorCode, Oid, Repository, RepositoryState};
use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::{Change, CommitRequest, Committed, Error, Head, TreeRequest};

use super::args::Args;
use super::git::Git;
use super::needed::{self, Conversions};
use super::place::{Place, is_named, opened, tidy};
use super::{locks, needed::has_foreign_config};

pub fn failed(what: &str, error: &git2::Error) -> Error {
    Error::new(format!("cannot {what}")).because(error.message().to_owned())
}

/// One repository, seen from the root of a project.
#[expect(missing_debug_implementations, reason = "libgit2 handles have none")]
pub struct Repo {
    /// None where libgit2 does not open it, or would open another one.
    library: Option<Repository>,
    /// Why git itself reads, once somebody has asked.
    by_git: OnceCell<Option<&'static str>>,
    git: Git,
    pub(super) root: PathBuf,
    pub(super) top: PathBuf,
    /// What lies below it is the project's; one repository may hold several.
    folder: PathBuf,
    pub(super) git_dir: PathBuf,
    pub(super) common: PathBuf,
    pub(super) sha256: bool,
}

impl Repo {
    /// The repository that a folder is in. What the environment names counts for that of the root only.
    pub fn open(root: &Path, folder: &Path) -> Result<Self, Error> {
        let is_root = folder == root;
        if is_root && is_named() {
            return Self::placed(root, folder, Place::of(folder, true)?);
        }
        let checked = if folder.is_dir() { super::top::checked(folder)? } else { None };
        let repo = match checked.and_then(|(_, repo)| repo).map_or_else(|| opened(folder), Ok) {
            Ok(repo) => repo,
            Err(e) => return Self::refused(root, folder, &e),
        };
        let top = repo.workdir().map(tidy).ok_or_else(|| Error::new("the repository has no working tree"))?;
        Ok(Self {
            by_git: OnceCell::new(),
            git: Git::anywhere(&top),
            root: root.to_owned(),
            top,
            folder: tidy(folder),
            git_dir: tidy(repo.path()),
            common: tidy(repo.commondir()),
            sha256: false,
            library: Some(repo),
        })
    }

    /// Where libgit2 does not open it: perhaps git does.
    fn refused(root: &Path, folder: &Path, e: &git2::Error) -> Result<Self, Error> {
        match e.code() {
            ErrorCode::NotFound if !folder.is_dir() => Err(Error::new(format!("{} is not there", folder.display()))
                .hint("clone that repository there, or correct its path in [[repository]] of plugins.toml")),
            ErrorCode::NotFound => Err(Error::new(format!("there is no git repository at {}", folder.display()))
                .hint("git init, or remove the plugin that needs one (git) from plugins.toml")),
            // Also one of somebody else's that the user has allowed in words that libgit2 does not know.
            _ => Self::placed(root, folder, Place::of(folder, false)?),
        }
    }

    pub(super) fn placed(root: &Path, folder: &Path, place: Place) -> Result<Self, Error> {
        Ok(Self {
            library: None,
            by_git: OnceCell::from(Some("a repository that libgit2 does not open")),
            git: Git::of(&place),
            root: root.to_owned(),
            top: place.top,
            folder: tidy(folder),
            git_dir: place.git_dir,
            common: place.common,
            sha256: place.sha256,
        })
    }

    /// Another handle, from the working tree: from its git dir alone libgit2 would take another tree for it.
    pub(super) fn reopened(&self) -> Result<Repository, git2::Error> {
        Repository::open(&self.top)
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    /// For commits, trees and references, which libgit2 reads as git wherever it opens the repository.
    pub(super) fn objects(&self) -> Option<&Repository> {
        self.library.as_ref()
    }

    /// For the index and the working tree; none where git must be asked.
    pub(super) fn reader(&self) -> Option<&Repository> {
        let repo = self.library.as_ref()?;
        let reason = self.by_git.get_or_init(|| {
            let reason = needed::for_reading(repo);
            tracing::debug!(reason, "who reads the repository");
            reason
        });
        reason.is_none().then_some(repo)
    }

    /// The filter that the attributes of a path below the top name, such as `lfs`.
    pub(super) fn filter(&self, path: &str) -> Option<String> {
        let Some(repo) = self.objects() else {
            let said = self.git.text(Args::of(["check-attr", "-z", "filter"]).names(path)).ok()?;
            let value = said.split('\0').nth(2)?;
            return Some(value.to_owned()).filter(|value| !matches!(&**value, "unspecified" | "unset" | ""));
        };
        needed::filter(repo, path)
    }

    /// The project's folder below the top; none where it is the top.
    pub(super) fn below(&self) -> Option<&Path> {
        self.folder.strip_prefix(&self.top).ok().filter(|below| !below.as_os_str().is_empty())
    }

    pub fn head(&self) -> Result<Head, Error> {
        Ok(Head { author: self.identity(), ..self.position()? })
    }

    /// Who a commit would name; none where neither configuration nor environment say it.
    fn identity(&self) -> Option<String> {
        let config = self.library.as_ref().and_then(|repo| repo.config().ok()?.snapshot().ok());
        let ask = config.is_none() || has_foreign_config();
        let configured = |key: &'static str| {
            let found = if ask { None } else { config.as_ref().and_then(|config| config.get_string(key).ok()) };
            let found = found.or_else(|| if ask { self.git.line(["config", key]).ok().flatten() } else { None });
            found.filter(|value| !value.trim().is_empty())
        };
        let one = |variable: &str, keys: [&'static str; 2]| {
            let given = std::env::var(variable).ok().filter(|value| !value.is_empty());
            given.or_else(|| keys.into_iter().find_map(configured))
        };
        let name = one("GIT_AUTHOR_NAME", ["author.name", "user.name"])?;
        Some(format!("{name} <{}>", one("GIT_AUTHOR_EMAIL", ["author.email", "user.email"])?))
    }

    /// Removes locks that a process of ours left when it was killed in a commit.
    pub fn clear_locks(&self, died: SystemTime) -> Result<(), Error> {
        locks::clear(&self.git_dir, &self.common, &self.top, Some(died))
    }

    /// Commit and branch: where it stands, whoever commits.
    pub fn position(&self) -> Result<Head, Error> {
        let Some(repo) = self.objects() else { return self.position_by_git() };
        let reference = match repo.head() {
            Ok(reference) => reference,
            Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                let branch = repo
                    .find_reference("HEAD")
                    .ok()
                    .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
                let branch = branch.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
                return Ok(Head { branch, ..Head::default() });
            }
            Err(e) => return Err(failed("read HEAD", &e)),
        };
        let commit = reference.peel_to_commit().map_err(|e| failed("read HEAD", &e))?;
        let branch =
            if repo.head_detached().unwrap_or(false) { None } else { reference.shorthand().ok().map(str::to_owned) };
        let tree = Some(commit.tree_id().to_string());
        Ok(Head { commit: Some(commit.id().to_string()), branch, tree, author: None })
    }

    /// # Errors
    /// Where HEAD cannot be read.
    pub(super) fn head_commit(&self) -> Result<Option<ObjectId>, Error> {
        Ok(self.position()?.commit.as_deref().and_then(ObjectId::parse))
    }

    /// What differs from the last commit. With `refresh`, what was learnt about unchanged files is kept in the index.
    pub fn changes(&self, refresh: bool) -> Result<Vec<Change>, Error> {
        let found = match self.reader() {
            Some(repo) => self.changes_by_library(repo, refresh)?,
            None => None,
        };
        found.map_or_else(|| self.changes_by_git(refresh), Ok)
    }

    /// How many paths the index holds; as if none where only git knows it.
    pub fn size(&self) -> u32 {
        let index = self.reader().and_then(|repo| repo.index().ok());
        index.and_then(|index| u32::try_from(index.len()).ok()).unwrap_or_default()
    }

    /// Identity of a tree, of which nothing stays.
    pub fn tree(&self, request: &TreeRequest) -> Result<String, Error> {
        let inside = self.expanded(&request.paths, || self.index_names())?;
        let without = self.outermost(&request.without);
        let of = request.of.as_deref().map(|of| self.known_tree(of)).transpose()?;
        let tree = match self.reader().filter(|repo| !converted(repo, &inside)) {
            Some(_) => self.tree_by_library(of.as_ref(), &inside, &without, false)?,
            None => {
                let listed = self.listed(of.as_ref())?;
                let mut sorted = self.sorted(&listed, &inside, false)?;
                sorted.base = of.or(sorted.base);
                self.tree_by_git(&sorted, &without, false)?
            }
        };
        Ok(tree.into())
    }

    /// Paths below the top, each once and none below another.
    pub(super) fn outermost(&self, paths: &[String]) -> Vec<String> {
        let mut inside: Vec<String> = paths.iter().filter_map(|path| self.relative_to_top(path)).collect();
        inside.sort();
        let mut kept: Vec<String> = Vec::new();
        for path in inside {
            let below = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if !kept.contains(&path) && !kept.iter().any(below) {
                kept.push(path);
            }
        }
        kept
    }

    /// # Errors
    /// Nobody to commit as, something else under way, commits that cannot be folded, or what git says.
    pub fn commit(&self, request: &CommitRequest, dry_run: bool, hooks: &mut Hooks<'_>) -> Result<Committed, Error> {
        self.refuse_unable()?;
        let folding = request.fold.as_ref().map(|fold| self.folding(fold)).transpose()?.flatten();
        if dry_run {
            let inside = self.expanded(&request.paths, || self.index_names())?;
            if self.commits(request, &inside).is_none() {
                let onto = folding.as_ref().map(|folding| &folding.onto);
                self.refuse_removed(&self.sorted(&self.listed(onto)?, &inside, request.tracked)?)?;
            }
            // Which paths differ is what the caller found out a moment ago; hashing them again would cost a scan.
            let planned = !request.paths.is_empty() || request.allow_empty;
            return Ok(Committed { planned, files: request.paths.len(), ..Committed::default() });
        }
        locks::clear(&self.git_dir, &self.common, &self.top, None)?;
        let inside = self.expanded(&request.paths, || self.index_names())?;
        let Some(repo) = self.commits(request, &inside) else {
            return self.commit_by_git(request, &inside, folding.as_ref(), hooks);
        };
        if let Some(folding) = &folding {
            self.keep(&folding.keep, &folding.old)?;
        }
        let onto = folding.as_ref().map(|folding| &folding.onto);
        self.commit_by_library(repo, request, &inside, onto).map_err(|e| failed("commit", &e))
    }

    /// # Errors
    /// Nobody to commit as, or something else under way.
    pub(super) fn refuse_unable(&self) -> Result<(), Error> {
        if self.identity().is_none() {
            return Err(Error::new("git does not know who commits")
                .because("user.name and user.email are not set")
                .hint("git config user.name \"Your Name\" && git config user.email you@example.com"));
        }
        if let Some(state) = self.under_way()? {
            return Err(Error::new(format!("git is in the middle of something: {state}"))
                .because("a commit now would end it in a way that nobody meant")
                .hint("finish it (git status says how), then the same command again"));
        }
        Ok(())
    }

    /// The library where it commits as git would.
    fn commits(&self, request: &CommitRequest, inside: &[String]) -> Option<&Repository> {
        let repo = self.reader()?;
        let filters = || converted(repo, inside).then_some("filters, encodings or line ends");
        match needed::for_commit(repo, request).or_else(filters) {
            None => Some(repo),
            Some(reason) => {
                tracing::debug!(reason, "the commit goes to the git binary");
                None
            }
        }
    }

    /// What git is in the middle of; none where it is in nothing.
    fn under_way(&self) -> Result<Option<String>, Error> {
        if let Some(repo) = self.objects() {
            let state = repo.state();
            return Ok((state != RepositoryState::Clean).then(|| format!("{state:?}").to_lowercase()));
        }
        const STATES: [(&str, &str); 9] = [
            ("rebase-merge/interactive", "rebaseinteractive"),
            ("rebase-merge", "rebasemerge"),
            ("rebase-apply/rebasing", "rebase"),
            ("rebase-apply/applying", "applymailbox"),
            ("rebase-apply", "applymailboxorrebase"),
            ("MERGE_HEAD", "merge"),
            ("REVERT_HEAD", "revert"),
            ("CHERRY_PICK_HEAD", "cherrypick"),
            ("BISECT_LOG", "bisect"),
        ];
        for (file, name) in STATES {
            // Where references are no files, neither are these.
            let is_reference = file.ends_with("_HEAD");
            if self.git_dir.join(file).exists()
                || (is_reference && self.git.agrees(["rev-parse", "--quiet", "--verify", file])?)
            {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }
}

/// # Errors
/// An object of a repository with longer names.
pub(super) fn oid(id: &ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_str(id.as_str())
}

/// # Errors
/// None of libgit2's own objects.
pub(super) fn named(id: Oid) -> Result<ObjectId, git2::Error> {
    ObjectId::parse(&id.to_string()).ok_or_else(|| git2::Error::from_str("an object without a whole name"))
}

pub(super) fn converted(repo: &Repository, inside: &[String]) -> bool {
    let conversions = Conversions::of(repo);
    inside.iter().any(|path| conversions.concern(Path::new(path)))
}
