//! One repository, seen from the root of a project: who reads it, and who writes it.

use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

use git2::ErrorCode;
use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::{Change, CommitRequest, Committed, Error, Head, TreeRequest};

use super::binary::BinaryReader;
use super::git::Git;
use super::library::{LibraryReader, unfit};
use super::locks;
use super::place::{Place, is_named, opened, tidy};
use super::reader::Reader;
use super::site::Site;
use super::writer::Writer;

/// One repository, seen from the root of a project.
#[expect(missing_debug_implementations, reason = "libgit2 handles have none")]
pub struct Repo {
    pub(super) site: Rc<Site>,
    pub(super) reader: Box<dyn Reader>,
    pub(super) writer: Writer,
}

impl Repo {
    /// The repository that a folder is in. What the environment names counts for that of the root only. Here is decided, for
    /// all of it, who reads it.
    pub fn open(root: &Path, folder: &Path) -> Result<Self, Error> {
        let is_root = folder == root;
        if is_root && is_named() {
            return Ok(Self::placed(root, folder, Place::of(folder, true)?));
        }
        let checked = if folder.is_dir() { super::top::checked(folder)? } else { None };
        let repo = match checked.and_then(|(_, repo)| repo).map_or_else(|| opened(folder), Ok) {
            Ok(repo) => repo,
            Err(e) => return Self::refused(root, folder, &e),
        };
        let top = repo.workdir().map(tidy).ok_or_else(|| Error::new("the repository has no working tree"))?;
        let git = Git::anywhere(&top);
        let site = Rc::new(Site {
            root: root.to_owned(),
            top,
            folder: tidy(folder),
            git_dir: tidy(repo.path()),
            common: tidy(repo.commondir()),
            sha256: false,
        });
        let reason = unfit(&repo);
        tracing::debug!(reason, "who reads the repository");
        let binary = BinaryReader::of(git.clone(), site.clone());
        let reader: Box<dyn Reader> = match reason {
            None => Box::new(LibraryReader::of(repo, site.clone(), binary)),
            Some(_) => Box::new(binary),
        };
        Ok(Self { writer: Writer::of(git, site.clone()), site, reader })
    }

    /// Where libgit2 does not open it: perhaps git does.
    fn refused(root: &Path, folder: &Path, e: &git2::Error) -> Result<Self, Error> {
        match e.code() {
            ErrorCode::NotFound if !folder.is_dir() => Err(Error::new(format!("{} is not there", folder.display()))
                .hint("clone that repository there, or correct its path in [[repository]] of plugins.toml")),
            ErrorCode::NotFound => Err(Error::new(format!("there is no git repository at {}", folder.display()))
                .hint("git init, or remove the plugin that needs one (git) from plugins.toml")),
            // Also one of somebody else's that the user has allowed in words that libgit2 does not know.
            _ => Ok(Self::placed(root, folder, Place::of(folder, false)?)),
        }
    }

    pub(super) fn placed(root: &Path, folder: &Path, place: Place) -> Self {
        let git = Git::of(&place);
        let Place { top, git_dir, common, sha256, .. } = place;
        let site = Site { root: root.to_owned(), top, folder: tidy(folder), git_dir, common, sha256 };
        let site = Rc::new(site);
        let reader = Box::new(BinaryReader::of(git.clone(), site.clone()));
        Self { writer: Writer::of(git, site.clone()), site, reader }
    }

    pub(super) fn git(&self) -> &Git {
        self.writer.git()
    }

    pub fn head(&self) -> Result<Head, Error> {
        Ok(Head { author: self.identity(), ..self.position()? })
    }

    /// Who a commit would name; none where neither configuration nor environment say it.
    fn identity(&self) -> Option<String> {
        let configured =
            |key: &'static str| self.reader.setting(key).ok().flatten().filter(|value| !value.trim().is_empty());
        let one = |variable: &str, keys: [&'static str; 2]| {
            let given = std::env::var(variable).ok().filter(|value| !value.is_empty());
            given.or_else(|| keys.into_iter().find_map(configured))
        };
        let name = one("GIT_AUTHOR_NAME", ["author.name", "user.name"])?;
        Some(format!("{name} <{}>", one("GIT_AUTHOR_EMAIL", ["author.email", "user.email"])?))
    }

    /// Removes locks that a process of ours left when it was killed in a commit.
    pub fn clear_locks(&self, died: SystemTime) -> Result<(), Error> {
        locks::clear(&self.site.git_dir, &self.site.common, &self.site.top, Some(died))
    }

    /// Commit and branch: where it stands, whoever commits.
    pub fn position(&self) -> Result<Head, Error> {
        self.reader.position()
    }

    /// # Errors
    /// Where HEAD cannot be read.
    pub(super) fn head_commit(&self) -> Result<Option<ObjectId>, Error> {
        Ok(self.position()?.commit.as_deref().and_then(ObjectId::parse))
    }

    /// What differs from the last commit.
    pub fn changes(&self) -> Result<Vec<Change>, Error> {
        self.reader.changes()
    }

    /// How many paths the index holds; as if none where only git knows it.
    pub fn size(&self) -> u32 {
        self.reader.index_size()
    }

    /// Has git keep in the index what a look at unchanged files has shown.
    pub fn refresh_index(&self) {
        self.writer.refresh_index();
    }

    /// Identity of a tree, of which nothing stays.
    pub fn tree(&self, request: &TreeRequest) -> Result<String, Error> {
        let inside = self.expanded(&request.paths)?;
        let of = request.of.as_deref().map(|of| self.known_tree(of)).transpose()?;
        let selection = self.selection(&inside, of.as_ref(), false)?;
        Ok(self.reader.tree(&selection, &self.site.outermost(&request.without))?.0.into())
    }

    /// # Errors
    /// Nobody to commit as, something else under way, commits that cannot be folded, or what git says.
    pub fn commit(&self, request: &CommitRequest, dry_run: bool, hooks: &mut Hooks<'_>) -> Result<Committed, Error> {
        self.refuse_unable()?;
        let folding = request.fold.as_ref().map(|fold| self.folding(fold)).transpose()?.flatten();
        if dry_run {
            // Which paths differ is what the caller found out a moment ago; hashing them again would cost a scan.
            let planned = !request.paths.is_empty() || request.allow_empty;
            return Ok(Committed { planned, files: request.paths.len(), ..Committed::default() });
        }
        locks::clear(&self.site.git_dir, &self.site.common, &self.site.top, None)?;
        self.commit_paths(request, folding.as_ref(), hooks)
    }

    /// # Errors
    /// Nobody to commit as, or something else under way.
    pub(super) fn refuse_unable(&self) -> Result<(), Error> {
        if self.identity().is_none() {
            return Err(Error::new("git does not know who commits")
                .because("user.name and user.email are not set")
                .hint("git config user.name \"Your Name\" && git config user.email you@example.com"));
        }
        if let Some(state) = self.reader.under_way()? {
            return Err(Error::new(format!("git is in the middle of something: {state}"))
                .because("a commit now would end it in a way that nobody meant")
                .hint("finish it (git status says how), then the same command again"));
        }
        Ok(())
    }
}
