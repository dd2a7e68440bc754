//! Where the program keeps what is under way: `<git common dir>/session/`, shared by all worktrees and safe from
//! `git clean`, or `.session/` outside git. A project below the top of its repository has a folder of its own there.

use std::path::{Path, PathBuf};

use session_repository::{Surroundings, surroundings};
use session_system::{Limit, make_own, move_own, names_own, text_own};
use session_system::{Lock, LockError};

/// The state folder of a project.
#[derive(Clone, Debug)]
pub struct Home {
    pub folder: PathBuf,
    /// What the user's approval is about: the git common dir, else the root.
    pub identity: PathBuf,
    pub clone_place: ClonePlace,
}

/// The lock over what the sessions of a project share, held until it is dropped. A type of its own, so that no lock of a
/// session passes for it.
#[derive(Debug)]
#[must_use = "the lock is free again as soon as this is dropped"]
pub struct ProjectLock {
    _lock: Lock,
}

/// Where the clone of a project is, for the user's approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClonePlace {
    /// The git common dir, which all worktrees share, else the root.
    pub parent: PathBuf,
    /// Name of the folder in it that holds the token of the clone.
    pub name: &'static str,
    /// Folder of the project below the top of its working tree.
    pub folder: PathBuf,
    /// The working tree, where git's own folder does not name it: anybody can write a `.git` that leads to the repository
    /// of somebody else.
    pub loose: Option<PathBuf>,
}

impl ClonePlace {
    fn of(root: &Path, around: &Surroundings) -> Self {
        let Surroundings { common, top, git_dir } = around;
        let Some(top) = top.as_ref().filter(|_| common != root) else { return Self::outside_git(root) };
        let folder = root.strip_prefix(top).map(Path::to_owned).unwrap_or_default();
        let tied = git_dir.as_ref().is_some_and(|git_dir| is_tied(top, git_dir, common));
        Self { parent: common.clone(), name: "session", folder, loose: (!tied).then(|| top.clone()) }
    }

    pub fn outside_git(root: &Path) -> Self {
        Self { parent: root.to_owned(), name: ".session", folder: PathBuf::new(), loose: None }
    }
}

/// Whether a working tree is the one that holds its repository, or a worktree that the repository knows.
fn is_tied(top: &Path, git_dir: &Path, common: &Path) -> bool {
    let entry = top.join(".git");
    let Ok(kind) = entry.symlink_metadata() else { return false };
    if kind.is_dir() {
        return git_dir == common && entry.canonicalize().is_ok_and(|entry| entry == common);
    }
    let back = text_own(&git_dir.join("gitdir"), Limit::OWN).ok().map(|back| git_dir.join(back.trim_end()));
    let back = back.and_then(|back| back.canonicalize().ok());
    kind.is_file() && back.is_some_and(|back| entry.canonicalize().is_ok_and(|entry| entry == back))
}

impl Home {
    pub fn of(root: &Path) -> Self {
        Self::around(root, None)
    }

    /// As [`Home::of`], where somebody has looked already at what is around the root.
    pub fn around(root: &Path, seen: Option<Surroundings>) -> Self {
        match seen.or_else(|| surroundings(root)) {
            Some(around) => {
                let clone_place = ClonePlace::of(root, &around);
                let Surroundings { common, top, .. } = around;
                // Several projects in one repository: each has its own state below its own name.
                let below = top.and_then(|top| root.strip_prefix(top).ok().map(Path::to_owned));
                let name = below.map(|below| below.to_string_lossy().replace('%', "%25").replace('/', "%2F"));
                let folder = common.join("session");
                let folder = match name.filter(|name| !name.is_empty()) {
                    Some(name) => folder.join("projects").join(name),
                    None => folder,
                };
                Self { folder, identity: common, clone_place }
            }
            None => {
                let clone_place = ClonePlace::outside_git(root);
                Self { folder: root.join(".session"), identity: root.to_owned(), clone_place }
            }
        }
    }

    /// Outside git the folder stands among the user's files; a repository made later must not take it for work.
    pub fn hide(&self) {
        let ignore = self.folder.join(".gitignore");
        if !self.folder.ends_with(".session") || ignore.exists() {
            return;
        }
        if let Err(e) = session_system::replace(&ignore, b"*\n") {
            tracing::debug!(error = %e, "cannot hide the state folder");
        }
    }

    /// Takes over the state of a folder that became a repository later. Only where the user has set that folder up is
    /// it the user's own; otherwise it came with the files, and could call anything a document.
    ///
    /// # Errors
    /// Where it cannot be moved.
    pub fn take_over(&self, root: &Path) -> std::io::Result<()> {
        let before = root.join(".session");
        if self.folder == before || !before.is_dir() {
            return Ok(());
        }
        if self.folder.exists() {
            let known = before.join("init-documents");
            let missing = known.is_file() && !self.init_documents().exists();
            return if missing { move_own(&known, &self.init_documents()) } else { Ok(()) };
        }
        self.folder.parent().map_or(Ok(()), make_own)?;
        match move_own(&before, &self.folder) {
            // Another command was faster.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            moved => moved,
        }
    }

    /// Journal of a session that is under way.
    pub fn journal(&self, id: &str) -> PathBuf {
        self.folder.join("open").join(format!("{id}.jsonl"))
    }

    /// Where the journal of a finished attempt goes: apart, so that reading commands need not look at it.
    pub fn closed(&self, id: &str, attempt: u32) -> PathBuf {
        self.folder.join("closed").join(format!("{id}@{attempt}.jsonl"))
    }

    /// All journals of a session, oldest first.
    pub fn journals(&self, id: &str) -> Vec<PathBuf> {
        let closed = (1..).map(|attempt| self.closed(id, attempt)).take_while(|path| path.is_file());
        closed.chain([self.journal(id)]).collect()
    }

    pub fn session_lock(&self, id: &str) -> PathBuf {
        self.folder.join("locks").join(format!("{id}.lock"))
    }

    /// Waits for the short lock over what the sessions of the project share.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn lock_project(&self, holder: &str) -> Result<ProjectLock, LockError> {
        let path = self.folder.join("locks").join("project.lock");
        Lock::wait(&path, holder).map(|lock| ProjectLock { _lock: lock })
    }

    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Documents that a version before this one wrote in `init`, one per line. Anybody can have written that file; the
    /// list that counts stands in the user's settings.
    pub fn init_documents(&self) -> PathBuf {
        self.folder.join("init-documents")
    }

    /// IDs of sessions with a journal that is not closed, sorted.
    ///
    /// # Errors
    /// Where the folder is there and cannot be read.
    pub fn open_sessions(&self) -> std::io::Result<Vec<String>> {
        let names = names_own(&self.folder.join("open"))?;
        Ok(names.iter().filter_map(|name| name.to_string_lossy().strip_suffix(".jsonl").map(str::to_owned)).collect())
    }
}
