//! A commit that a person names, as the base of what came after it: its files, read from its tree and never from the
//! working tree, and the commits since that touch a path. No filter and no hook runs. How a plugin reads history is in
//! `history.rs`.

use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};
use session_core::object_id::ObjectId;
use session_types::Error;

use super::args::Args;
use super::library::{entry_at, parent};
use super::repo::{Repo, failed};

/// Longer than any plugins.toml or plugin.
const LONGEST_FILE: usize = 64 << 20;

/// A commit by its whole name, and where HEAD stands.
pub struct Base {
    repo: Repo,
    /// As the person wrote it.
    pub name: String,
    pub commit: ObjectId,
    head: ObjectId,
    /// The newest commit that both hold; none where this clone does not know it.
    pub fork: Option<ObjectId>,
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base").field("name", &self.name).field("commit", &self.commit).finish_non_exhaustive()
    }
}

/// A commit that touched a path; none where this clone does not hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub path: String,
    pub commit: Option<String>,
}

impl Base {
    /// The commit of this name in the repository that a folder is in.
    ///
    /// # Errors
    /// No repository, no such commit, or a shallow clone that does not reach back to it.
    pub fn open(folder: &Path, name: &str) -> Result<Self, Error> {
        let repo = Repo::open(folder, folder)?;
        let missing = |what: String| {
            let shallow = repo.common.join("shallow").is_file();
            let error = Error::new(what);
            let error =
                if shallow { error.because("this clone is shallow: it holds the newest commits only") } else { error };
            error.hint(fetch(name, shallow))
        };
        // The one place where the name becomes a hash: behind it no other text reaches git.
        let Some(commit) = repo.commit_named(name)? else {
            return Err(missing(format!("there is no commit {name:?} here")));
        };
        let head = repo.commit_named("HEAD")?.ok_or_else(|| Error::new("there is no commit here yet"))?;
        let fork = fork(&repo, &head, &commit)?;
        if fork.is_none() && repo.common.join("shallow").is_file() {
            return Err(missing(format!("the history between {name} and HEAD is not here")));
        }
        Ok(Self { name: name.to_owned(), commit, head, fork, repo })
    }

    /// Top of the working tree.
    pub fn top(&self) -> PathBuf {
        self.repo.top.clone()
    }

    /// The content of a file of the base, by its path below the top; none where there is no such file. A link and a folder
    /// are none.
    ///
    /// # Errors
    /// One that is too long, or a repository that cannot be read.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        self.file_of(&self.commit, path)
    }

    /// The same where the two parted.
    ///
    /// # Errors
    /// As [`Base::file`].
    pub fn file_at_fork(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        self.fork.as_ref().map_or(Ok(None), |fork| self.file_of(fork, path))
    }

    fn file_of(&self, commit: &ObjectId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let too_long = |size: usize| {
            Error::new(format!("{path} of {} is too long", self.name))
                .because(format!("it has {size} bytes, and at most {LONGEST_FILE} are read"))
        };
        let Some(repo) = self.repo.objects() else {
            let Some(blob) = self.blob_by_git(commit, path)? else { return Ok(None) };
            let size =
                self.repo.git().text(Args::of(["cat-file", "-s"]).object(&blob))?.trim().parse().unwrap_or(usize::MAX);
            if size > LONGEST_FILE {
                return Err(too_long(size));
            }
            return Ok(Some(self.repo.git().output(Args::of(["cat-file", "blob"]).object(&blob))?.stdout));
        };
        let find = || -> Result<Option<Result<Vec<u8>, usize>>, git2::Error> {
            let Some(blob) = blob_at(&repo.find_commit(Oid::from_str(commit.as_str())?)?, path)? else {
                return Ok(None);
            };
            let (size, _) = repo.odb()?.read_header(blob)?;
            let content = || repo.find_blob(blob).map(|blob| blob.content().to_owned());
            if size > LONGEST_FILE { Ok(Some(Err(size))) } else { content().map(|content| Some(Ok(content))) }
        };
        let found = find().map_err(|e| failed(&format!("read {path} of {}", self.name), &e))?;
        found.transpose().map_err(too_long)
    }

    fn blob_by_git(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        let listed = self.repo.git().text(Args::of(["ls-tree", "-z", "--full-tree"]).object(commit).names(path))?;
        let Some((about, _)) = listed.split_once('\t') else { return Ok(None) };
        let parts: Vec<&str> = about.split(' ').collect();
        Ok(match parts[..] {
            [mode, "blob", blob] if mode.starts_with("100") => ObjectId::parse(blob),
            _ => None,
        })
    }

    /// Each commit since the base that made one of these files another one, paths below the top. A merge counts where the
    /// file is as in none of its parents. Where the file differs and no commit here made it so, it is named alone.
    ///
    /// # Errors
    /// A repository that cannot be read.
    pub fn touched(&self, paths: &[String]) -> Result<Vec<Touched>, Error> {
        let mut found = match self.repo.objects() {
            Some(repo) => self.touched_by_library(repo, paths).map_err(|e| failed("read the history", &e))?,
            None => self.touched_by_git(paths)?,
        };
        for path in paths {
            let named = found.iter().any(|touched| touched.path == *path);
            let before = self.fork.as_ref().unwrap_or(&self.commit);
            if !named && self.file_of(before, path)? != self.file_of(&self.head, path)? {
                found.push(Touched { path: path.clone(), commit: None });
            }
        }
        Ok(found)
    }

    fn touched_by_library(&self, repo: &Repository, paths: &[String]) -> Result<Vec<Touched>, git2::Error> {
        let mut walk = repo.revwalk()?;
        walk.push(Oid::from_str(self.head.as_str())?)?;
        walk.hide(Oid::from_str(self.commit.as_str())?)?;
        let mut found = Vec::new();
        for id in walk {
            let commit = repo.find_commit(id?)?;
            // Of the oldest commit of a shallow clone nobody knows what it changed.
            if commit.parent_count() > 0 && parent(&commit)?.is_none() {
                continue;
            }
            for path in paths {
                let here = entry(&commit, path)?;
                let same = |parent: git2::Commit<'_>| Ok::<_, git2::Error>(entry(&parent, path)? == here);
                let mut from_parent = commit.parent_count() == 0 && here.is_none();
                for parent in commit.parents() {
                    from_parent |= same(parent)?;
                }
                if !from_parent {
                    found.push(Touched { path: path.clone(), commit: Some(commit.id().to_string()) });
                }
            }
        }
        Ok(found)
    }

    fn touched_by_git(&self, paths: &[String]) -> Result<Vec<Touched>, Error> {
        let mut found = Vec::new();
        for path in paths {
            let args = Args::of(["rev-list", "--full-history"]).object(&self.head).hiding(&self.commit);
            let text = self.repo.git().text(args.files([path]))?;
            found.extend(text.lines().map(|commit| Touched { path: path.clone(), commit: Some(commit.to_owned()) }));
        }
        Ok(found)
    }
}

fn fork(repo: &Repo, head: &ObjectId, base: &ObjectId) -> Result<Option<ObjectId>, Error> {
    let Some(library) = repo.objects() else {
        let found = repo.git().line(Args::of(["merge-base"]).object(head).object(base))?;
        return Ok(found.and_then(|id| ObjectId::parse(&id)));
    };
    let find = || library.merge_base(Oid::from_str(head.as_str())?, Oid::from_str(base.as_str())?);
    match find() {
        Ok(fork) => Ok(ObjectId::parse(&fork.to_string())),
        Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(e) => Err(failed("look for the commit where the two parted", &e)),
    }
}

fn entry(commit: &git2::Commit<'_>, path: &str) -> Result<Option<(Oid, i32)>, git2::Error> {
    Ok(entry_at(&commit.tree()?, Path::new(path))?.map(|entry| (entry.id(), entry.filemode())))
}

fn blob_at(commit: &git2::Commit<'_>, path: &str) -> Result<Option<Oid>, git2::Error> {
    const LINK: i32 = 0o120_000;
    let entry = entry_at(&commit.tree()?, Path::new(path))?;
    let file = entry.filter(|entry| entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK);
    Ok(file.map(|entry| entry.id()))
}

/// What brings it here.
fn fetch(name: &str, shallow: bool) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let fetch = match name.split_once('/') {
        _ if !plain || name.starts_with('-') => "git fetch".to_owned(),
        Some(("origin", branch)) => format!("git fetch origin {branch}"),
        _ => "git fetch origin".to_owned(),
    };
    match shallow {
        true => format!("in CI: fetch-depth: 0 for the step that checks out; else git fetch --unshallow && {fetch}"),
        false => format!("{fetch}, then the same command again; git log names commits"),
    }
}
