//! The repository through git2, and the commit handed to the git binary where git2 would do something else than git:
//! hooks, signing, external filters, identities from the environment.
//!
//! All paths are relative to the project's root, which may be above, below or beside the repository's top.

use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use git2::build::TreeUpdateBuilder;
use git2::{ErrorCode, Index, IndexEntry, ObjectType, Oid, Repository, Status, StatusOptions, Tree};
use session_sdk::{Change, CommitRequest, Committed, Error, Head};

use super::replace::is_temporary;
use super::world::Hooks;
use super::{git_binary, git_locks};

/// Folder that all worktrees of a repository share; none outside git.
pub fn common_dir(folder: &Path) -> Option<PathBuf> {
    match Repository::discover(folder) {
        Ok(repo) => Some(tidy(repo.commondir())),
        Err(_) => git_binary::folders(folder).map(|(common, _)| tidy(&common)),
    }
}

/// Top of the working tree that a folder is in; none outside git.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    match Repository::discover(folder) {
        Ok(repo) => repo.workdir().map(tidy),
        Err(_) => git_binary::folders(folder).map(|(_, top)| tidy(&top)),
    }
}

/// Makes a repository with an identity of its own where the user has none; for `demo`.
///
/// # Errors
/// Where git2 cannot.
pub fn init(folder: &Path) -> Result<(), Error> {
    let make = || -> Result<(), git2::Error> {
        let repo = Repository::init_opts(folder, git2::RepositoryInitOptions::new().initial_head("main"))?;
        if repo.signature().is_err() {
            let mut config = repo.config()?;
            config.set_str("user.name", "Session Demo")?;
            config.set_str("user.email", "demo@localhost")?;
        }
        Ok(())
    };
    make().map_err(|e| failed("make a repository", &e))
}

fn tidy(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}

pub(super) fn failed(what: &str, error: &git2::Error) -> Error {
    Error::new(format!("cannot {what}")).because(error.message().to_owned())
}

/// One repository, seen from the root of a project.
pub(super) struct Repo {
    pub(super) repo: Repository,
    root: PathBuf,
    top: PathBuf,
    /// What lies below it is the project's; one repository may hold several.
    folder: PathBuf,
}

impl Repo {
    /// The repository that a folder is in.
    pub(super) fn open(root: &Path, folder: &Path) -> Result<Self, Error> {
        let repo = Repository::discover(folder).map_err(|e| match e.code() {
            ErrorCode::NotFound if !folder.is_dir() => Error::new(format!("{} is not there", folder.display()))
                .hint("clone that repository there, or correct its path in [[repository]] of plugins.toml"),
            ErrorCode::NotFound => Error::new(format!("there is no git repository at {}", folder.display()))
                .hint("git init, or remove the plugin that needs one (git) from plugins.toml"),
            _ => failed(&format!("open the repository at {}", folder.display()), &e),
        })?;
        let top = repo.workdir().map(tidy).ok_or_else(|| Error::new("the repository has no working tree"))?;
        Ok(Self { repo, root: root.to_owned(), top, folder: tidy(folder) })
    }

    pub(super) fn head(&self) -> Result<Head, Error> {
        Ok(Head { author: git_binary::identity(&self.repo), ..self.position()? })
    }

    /// Removes locks that a process of ours left when it was killed in a commit.
    pub(super) fn clear_locks(&self, died: SystemTime) -> Result<(), Error> {
        git_locks::clear(&self.repo, &self.top, Some(died))
    }

    /// Commit and branch: where it stands, whoever commits.
    pub(super) fn position(&self) -> Result<Head, Error> {
        let reference = match self.repo.head() {
            Ok(reference) => reference,
            Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                let branch = self
                    .repo
                    .find_reference("HEAD")
                    .ok()
                    .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
                let branch = branch.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
                return Ok(Head { branch, ..Head::default() });
            }
            Err(e) => return Err(failed("read HEAD", &e)),
        };
        let commit = reference.peel_to_commit().map_err(|e| failed("read HEAD", &e))?;
        let branch = if self.repo.head_detached().unwrap_or(false) {
            None
        } else {
            reference.shorthand().ok().map(str::to_owned)
        };
        let tree = Some(commit.tree_id().to_string());
        Ok(Head { commit: Some(commit.id().to_string()), branch, tree, author: None })
    }

    /// What differs from the last commit. With `refresh`, what was learnt about unchanged files is kept in the index.
    pub(super) fn changes(&self, refresh: bool) -> Result<Vec<Change>, Error> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
        if let Ok(below) = self.folder.strip_prefix(&self.top)
            && !below.as_os_str().is_empty()
        {
            options.pathspec(below).disable_pathspec_match(true);
        }
        // An index that another process holds, or that the disk does not take, is not refreshed: as with git itself.
        let refreshed = refresh.then(|| self.repo.statuses(Some(options.update_index(true)))).and_then(Result::ok);
        let statuses = match refreshed {
            Some(statuses) => Ok(statuses),
            None => self.repo.statuses(Some(options.update_index(false))),
        };
        let statuses = statuses.map_err(|e| failed("compare the working tree", &e))?;
        statuses
            .iter()
            // A repository inside this one that nobody tracks is not this one's: git would not take its files either.
            .filter(|entry| !entry.path_bytes().ends_with(b"/") && !is_temporary(entry.path_bytes()))
            .map(|entry| {
                let path = String::from_utf8(entry.path_bytes().to_owned()).map_err(|name| {
                    let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                    Error::new(format!("the name of {name} is not UTF-8"))
                        .because("plugins could not be told of it, and it would be left out in silence")
                        .hint("rename it, or add it to .gitignore")
                })?;
                let whole = self.top.join(&path);
                // What is removed from the index is meant to go, though the file is still there.
                let seen = seen(&whole).map_err(|e| {
                    Error::new(format!("cannot look at {path}"))
                        .because(e.to_string())
                        .because("what cannot be seen would be committed as deleted")
                        .hint("make it readable, then the same command again")
                })?;
                let there = seen && !entry.status().contains(Status::INDEX_DELETED);
                let status = match entry.status() {
                    status if status.contains(Status::CONFLICTED) => "conflicted",
                    _ if !there => "deleted",
                    status if status.intersects(Status::WT_NEW | Status::INDEX_NEW) => "added",
                    _ => "modified",
                };
                let blob = if there { blob(&whole) } else { None };
                let size = blob.as_ref().and_then(|_| whole.symlink_metadata().ok()).map(|metadata| metadata.len());
                let filter = blob.as_ref().and_then(|_| git_binary::filter(&self.repo, &path));
                Ok(Change { path: self.relative_to_root(&path), status: status.to_owned(), blob, size, filter })
            })
            .collect()
    }

    pub(super) fn tree(&self, paths: &[String]) -> Result<String, Error> {
        self.tree_of(paths, false)
    }

    fn tree_of(&self, paths: &[String], tracked: bool) -> Result<String, Error> {
        // Objects of this handle go to memory: asking for a tree leaves nothing behind.
        let repo = Repository::open(self.repo.path()).map_err(|e| failed("open the repository", &e))?;
        let make = || -> Result<Oid, git2::Error> {
            let odb = repo.odb()?;
            let _memory = odb.add_new_mempack_backend(1000)?;
            let mut index = repo.index()?;
            let base = head_tree(&repo)?;
            let (tree, _) = self.updated(&repo, &mut index, base.as_ref(), paths, tracked)?;
            Ok(tree)
        };
        make().map(|tree| tree.to_string()).map_err(|e| failed("read the tree", &e))
    }

    /// The base tree with these paths as they are in the working tree, and how many of them differ. Only folders on
    /// their way are looked at.
    fn updated(
        &self,
        repo: &Repository,
        index: &mut Index,
        base: Option<&Tree<'_>>,
        paths: &[String],
        tracked: bool,
    ) -> Result<(Oid, usize), git2::Error> {
        let empty = match base {
            Some(_) => None,
            None => Some(repo.find_tree(repo.treebuilder(None)?.write()?)?),
        };
        let Some(base) = base.or(empty.as_ref()) else { return Err(git2::Error::from_str("no tree to begin with")) };
        let mut update = TreeUpdateBuilder::new();
        let mut changed = Vec::new();
        for path in self.expanded(index, paths)? {
            let path = Path::new(&path);
            let before = base.get_path(path).ok().filter(|entry| entry.kind() != Some(ObjectType::Tree));
            if tracked && before.is_none() {
                continue;
            }
            let untracked = before.is_some() && index.get_path(path, 0).is_none();
            let unseen = |e: std::io::Error| git2::Error::from_str(&format!("{}: {e}", path.display()));
            if seen(&self.top.join(path)).map_err(unseen)? && !untracked {
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

    /// Paths relative to the top; one that ends in `/` becomes all files below it, on disk or tracked.
    fn expanded(&self, index: &Index, paths: &[String]) -> Result<Vec<String>, git2::Error> {
        let mut found = Vec::new();
        for path in paths {
            let Some(inside) = self.relative_to_top(path) else { continue };
            if !path.ends_with('/') {
                found.push(inside);
                continue;
            }
            let prefix = format!("{inside}/");
            found.extend(
                index
                    .iter()
                    .filter_map(|entry| String::from_utf8(entry.path).ok())
                    .filter(|path| path.starts_with(&prefix)),
            );
            for entry in ignore::WalkBuilder::new(self.top.join(&inside)).standard_filters(false).build() {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(e) if e.io_error().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) => continue,
                    // What cannot be read would be left out in silence.
                    Err(e) => return Err(git2::Error::from_str(&e.to_string())),
                };
                if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
                    found.extend(
                        entry.path().strip_prefix(&self.top).ok().map(|path| path.to_string_lossy().into_owned()),
                    );
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    pub(super) fn commit(
        &self,
        request: &CommitRequest,
        dry_run: bool,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        if git_binary::identity(&self.repo).is_none() {
            return Err(Error::new("git does not know who commits")
                .because("user.name and user.email are not set")
                .hint("git config user.name \"Your Name\" && git config user.email you@example.com"));
        }
        if self.repo.state() != git2::RepositoryState::Clean {
            return Err(Error::new(
                format!("git is in the middle of something: {:?}", self.repo.state()).to_lowercase(),
            )
            .because("a commit now would end it in a way that nobody meant")
            .hint("finish it (git status says how), then the same command again"));
        }
        let inside: Vec<String> = request.paths.iter().filter_map(|path| self.relative_to_top(path)).collect();
        let reason = git_binary::needed(&self.repo, request.own, &inside);
        if dry_run {
            // Which paths differ is what the caller found out a moment ago; hashing them again would cost a scan.
            let commit = (!request.paths.is_empty() || request.allow_empty).then(|| "0".repeat(40));
            return Ok(Committed { commit, files: request.paths.len(), ..Committed::default() });
        }
        git_locks::clear(&self.repo, &self.top, None)?;
        match reason {
            Some(reason) => {
                tracing::debug!(reason, "the commit goes to the git binary");
                self.commit_by_binary(request, hooks)
            }
            None => self.commit_by_library(request).map_err(|e| failed("commit", &e)),
        }
    }

    fn commit_by_library(&self, request: &CommitRequest) -> Result<Committed, git2::Error> {
        let repo = &self.repo;
        let mut index = repo.index()?;
        index.read(false)?;
        let base = head_tree(repo)?;
        let (tree, files) = self.updated(repo, &mut index, base.as_ref(), &request.paths, request.tracked)?;
        if files == 0 && !request.allow_empty {
            return Ok(Committed { tree: tree.to_string(), files, ..Committed::default() });
        }
        let signature = repo.signature()?;
        let parent = repo.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<_> = parent.iter().collect();
        let tree = repo.find_tree(tree)?;
        // Before the commit: an index that another process holds is then found out with nothing done, and after a
        // kill in between the work is staged, which the next attempt commits. The other way round the index would say
        // that the work is to be undone.
        index.write()?;
        let commit = repo.commit(Some("HEAD"), &signature, &signature, &request.message, &tree, &parents)?;
        let (commit, tree) = (Some(commit.to_string()), tree.id().to_string());
        Ok(Committed { commit, tree, files, ..Committed::default() })
    }

    fn commit_by_binary(&self, request: &CommitRequest, hooks: &mut Hooks<'_>) -> Result<Committed, Error> {
        let before = self.head()?;
        let index = self.repo.index().map_err(|e| failed("read the index", &e))?;
        let paths = self.expanded(&index, &request.paths).map_err(|e| failed("read what is to be committed", &e))?;
        let base = head_tree(&self.repo).map_err(|e| failed("read HEAD", &e))?;
        let in_base = |path: &Path| {
            base.as_ref().and_then(|tree| tree.get_path(path).ok()).is_some_and(|e| e.kind() != Some(ObjectType::Tree))
        };
        let known = |path: &String| is_file(&self.top.join(path)) || in_base(Path::new(path));
        let removed = |path: &&String| {
            let path = Path::new(path.as_str());
            in_base(path) && index.get_path(path, 0).is_none() && is_file(&self.top.join(path))
        };
        if let Some(path) = paths.iter().find(removed) {
            return Err(Error::new(format!("{path} is removed from the index, but the file is there"))
                .because("with hooks, signing or filters in play, git would add it again")
                .hint(format!("git commit -m \"chore: untrack {path}\" first")));
        }
        let wanted = |path: &String| known(path) && (!request.tracked || in_base(Path::new(path)));
        let paths: Vec<String> = paths.into_iter().filter(wanted).collect();
        let tree = self.tree_of(&request.paths, request.tracked)?;
        if Some(&tree) == before.tree.as_ref() && !request.allow_empty {
            return Ok(Committed { tree, ..Committed::default() });
        }
        let files = if Some(&tree) == before.tree.as_ref() { 0 } else { paths.len() };
        let paths = if files == 0 { Vec::new() } else { paths };
        let new: Vec<String> =
            paths.iter().filter(|path| index.get_path(Path::new(path), 0).is_none()).cloned().collect();
        git_binary::commit(&self.repo, &self.top, request, &paths, &new, hooks)?;
        let after = self.head()?;
        Ok(Committed { commit: after.commit, tree: after.tree.unwrap_or_default(), files, ..Committed::default() })
    }

    /// Adds the path to this clone's own exclude file, unless it is ignored already or tracked.
    pub(super) fn exclude(&self, path: &str, dry_run: bool) -> Result<(), Error> {
        let Some(inside) = self.relative_to_top(path) else { return Ok(()) };
        let tracked = self.repo.index().is_ok_and(|index| index.get_path(Path::new(&inside), 0).is_some());
        if dry_run || tracked || self.repo.is_path_ignored(&inside).unwrap_or(false) {
            return Ok(());
        }
        let file = self.repo.commondir().join("info/exclude");
        let add = || -> std::io::Result<()> {
            // Bytes, and every error but absence counts: what people excluded is theirs.
            let mut text = match std::fs::read(&file) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(e) => return Err(e),
            };
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
            text.extend_from_slice(format!("/{inside}\n").as_bytes());
            super::replace(&file, &text)
        };
        add().map_err(|e| Error::new(format!("cannot add to {}", file.display())).because(e.to_string()))
    }

    /// From a path below the top to one from the root, through `..` where it must.
    pub(super) fn relative_to_root(&self, path: &str) -> String {
        let whole = self.top.join(path);
        if let Ok(inside) = whole.strip_prefix(&self.root) {
            let slash = if path.ends_with('/') { "/" } else { "" };
            return format!("{}{slash}", inside.to_string_lossy().trim_end_matches('/'));
        }
        let shared = self.root.components().zip(whole.components()).take_while(|(a, b)| a == b).count();
        let up = self.root.components().skip(shared).map(|_| Component::ParentDir);
        let down: PathBuf = up.chain(whole.components().skip(shared)).collect();
        down.to_string_lossy().into_owned()
    }

    /// The way back; none for a path outside the repository.
    pub(super) fn relative_to_top(&self, path: &str) -> Option<String> {
        let mut whole = self.root.clone();
        for part in Path::new(path).components() {
            match part {
                Component::ParentDir => _ = whole.pop(),
                Component::Normal(name) => whole.push(name),
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        whole.strip_prefix(&self.top).ok().map(|inside| inside.to_string_lossy().into_owned())
    }
}

fn head_tree(repo: &Repository) -> Result<Option<Tree<'_>>, git2::Error> {
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

/// Something that git can hold under this very name: a file, a link, or a repository of its own.
fn is_file(path: &Path) -> bool {
    seen(path).unwrap_or(false)
}

/// The same; an error where nobody can tell, such as in a folder that may not be entered.
fn seen(path: &Path) -> std::io::Result<bool> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(!metadata.is_dir() || path.join(".git").exists()),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(false),
        Err(e) => Err(e),
    }
}

fn filemode(mode: u32) -> git2::FileMode {
    match mode {
        0o100_755 => git2::FileMode::BlobExecutable,
        0o120_000 => git2::FileMode::Link,
        0o160_000 => git2::FileMode::Commit,
        _ => git2::FileMode::Blob,
    }
}

/// Identity of a file's content, to tell whether it has changed: its blob without filters.
fn blob(path: &Path) -> Option<String> {
    let metadata = path.symlink_metadata().ok()?;
    let oid = if metadata.is_symlink() {
        let target = std::fs::read_link(path).ok()?;
        Oid::hash_object(ObjectType::Blob, target.as_os_str().as_encoded_bytes())
    } else if metadata.is_file() {
        Oid::hash_file(ObjectType::Blob, path)
    } else {
        return None;
    };
    oid.ok().map(|oid| oid.to_string())
}
