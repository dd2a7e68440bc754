//! A commit that a person names, as the base of what came after it: its files, read from its tree and never from the
//! working tree, and the commits since that touch a path. No filter and no hook runs. How a plugin reads history is in
//! `history.rs`.

use std::path::{Path, PathBuf};

use session_core::object_id::ObjectId;
use session_types::Error;

use super::repo::Repo;

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
            let shallow = repo.site.common.join("shallow").is_file();
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
        let fork = repo.reader.fork(&head, &commit)?;
        if fork.is_none() && repo.site.common.join("shallow").is_file() {
            return Err(missing(format!("the history between {name} and HEAD is not here")));
        }
        Ok(Self { name: name.to_owned(), commit, head, fork, repo })
    }

    /// Top of the working tree.
    pub fn top(&self) -> PathBuf {
        self.repo.site.top.clone()
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
        let Some(blob) = self.repo.reader.blob_at(commit, path)? else { return Ok(None) };
        let size = self.repo.reader.blob_size(&blob)?;
        if size > LONGEST_FILE { Err(too_long(size)) } else { self.repo.reader.blob(&blob).map(Some) }
    }

    /// Each commit since the base that made one of these files another one, paths below the top. A merge counts where the
    /// file is as in none of its parents. Where the file differs and no commit here made it so, it is named alone.
    ///
    /// # Errors
    /// A repository that cannot be read.
    pub fn touched(&self, paths: &[String]) -> Result<Vec<Touched>, Error> {
        let mut found = self.repo.reader.touched(&self.commit, &self.head, paths)?;
        for path in paths {
            let named = found.iter().any(|touched| touched.path == *path);
            let before = self.fork.as_ref().unwrap_or(&self.commit);
            if !named && self.file_of(before, path)? != self.file_of(&self.head, path)? {
                found.push(Touched { path: path.clone(), commit: None });
            }
        }
        Ok(found)
    }
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
