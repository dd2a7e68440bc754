//! What lies at paths of a working tree. What they are called from the project's root is in `site.rs`.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};
use session_core::digest::hex;
use session_system::open_own;
use session_types::Error;
use sha2::{Digest as _, Sha256};

use super::repo::Repo;

impl Repo {
    /// Paths relative to the top; one that ends in `/` becomes all files below it, on disk or in the index.
    pub(super) fn expanded(&self, paths: &[String]) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for path in paths {
            let Some(inside) = self.site.relative_to_top(path) else { continue };
            if !path.ends_with('/') {
                found.push(inside);
                continue;
            }
            let prefix = format!("{inside}/");
            found.extend(self.reader.index_names()?.into_iter().filter(|path| path.starts_with(&prefix)));
            #[expect(clippy::disallowed_methods, reason = "names of a working tree, which git tracks")]
            for entry in ignore::WalkBuilder::new(self.site.top.join(&inside)).standard_filters(false).build() {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(e) if e.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => continue,
                    // What cannot be read would be left out in silence.
                    Err(e) => return Err(Error::new("cannot read the tree").because(e.to_string())),
                };
                // Git holds no pipe and no device, and whoever opens one may wait for ever.
                if entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink()) {
                    found.extend(
                        entry.path().strip_prefix(&self.site.top).ok().map(|path| path.to_string_lossy().into_owned()),
                    );
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// A name that plugins can be told.
///
/// # Errors
/// Names it, and what to do about it.
pub(super) fn utf8(name: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(name).map_err(|_| {
        Error::new(format!("the name of {} is not UTF-8", String::from_utf8_lossy(name)))
            .because("plugins could not be told of it, and it would be left out in silence")
            .hint("rename it, or add it to .gitignore")
    })
}

/// # Errors
/// Where nobody can look at a path, and a commit would take it for deleted, or leave it out.
pub(super) fn seen_or_named(top: &Path, path: &str) -> Result<bool, Error> {
    seen(top, path).map_err(|e| unseen(path, &e.to_string()))
}

pub(super) fn unseen(path: &str, why: &str) -> Error {
    Error::new(format!("cannot look at {path}"))
        .because(why.to_owned())
        .because("what cannot be seen would be committed as deleted, or left out")
        .hint("make it readable, then the same command again")
}

/// A folder that nobody may open, ignored ones apart. Libgit2 takes such a one for empty where it holds nothing tracked.
pub(super) fn closed(top: &Path) -> Option<PathBuf> {
    let start = top.to_owned();
    #[expect(clippy::disallowed_methods, reason = "names of a working tree, which git tracks")]
    let walk = ignore::WalkBuilder::new(top)
        .hidden(false)
        .ignore(false)
        // What lies above a repository is not about it.
        .parents(top.join(".git").symlink_metadata().is_err())
        // What lies in another repository is not this one's.
        .filter_entry(move |entry| {
            entry.file_type().is_some_and(|kind| kind.is_dir())
                && (entry.path() == start || (entry.file_name() != ".git" && !entry.path().join(".git").exists()))
                // Git does not follow such a link, and this walk would read it for ever.
                && endless(&entry.path().join(".gitignore")).is_none()
        })
        .build();
    walk.filter_map(Result::err).find_map(|error| {
        let denied = error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied);
        if denied { named(&error) } else { None }
    })
}

/// A path that leads to something that is no file and no folder: a device, a pipe. Whoever reads it may wait for ever.
pub(super) fn endless(path: &Path) -> Option<&Path> {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()).then_some(path)
}

fn named(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => named(err),
        _ => None,
    }
}

/// A pipe, a socket or a device: git holds none, and whoever opens one may wait for ever.
pub(super) fn is_special(top: &Path, path: &str) -> bool {
    top.join(path)
        .symlink_metadata()
        .is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink())
}

/// Something that git can hold under this very name: a file, a link, or a repository of its own.
pub(super) fn is_file(top: &Path, path: &str) -> bool {
    seen(top, path).unwrap_or(false)
}

/// The same; an error where nobody can tell, such as in a folder that may not be entered. What lies behind a link is
/// there under another name.
pub(super) fn seen(top: &Path, path: &str) -> io::Result<bool> {
    let is_link = |at: usize| top.join(&path[..at]).symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    if path.match_indices('/').any(|(at, _)| is_link(at)) {
        return Ok(false);
    }
    let whole = top.join(path);
    match whole.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(whole.join(".git").exists()),
        Ok(metadata) => Ok(metadata.is_file() || metadata.is_symlink()),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Identity of a file's content, to tell whether it has changed: its blob without filters. And its size. None for what is
/// no file, such as a submodule.
///
/// # Errors
/// A file that cannot be read: it would pass for one that is gone.
pub(super) fn blob(path: &Path, sha256: bool) -> io::Result<Option<(String, u64)>> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let size = metadata.len();
    let link = if metadata.is_symlink() { Some(std::fs::read_link(path)?) } else { None };
    if link.is_none() && !metadata.is_file() {
        return Ok(None);
    }
    let text = link.as_ref().map(|link| link.as_os_str().as_encoded_bytes());
    let by_library = |id: Result<Oid, git2::Error>| id.map(|id| id.to_string()).map_err(io::Error::other);
    let id = match (text, sha256) {
        (Some(text), false) => by_library(Oid::hash_object(ObjectType::Blob, text))?,
        (None, false) => by_library(Oid::hash_file(ObjectType::Blob, path))?,
        (Some(text), true) => hashed(text, size)?,
        (None, true) => hashed(open_own(path)?, size)?,
    };
    Ok(Some((id, size)))
}

fn hashed(mut from: impl io::Read, size: u64) -> io::Result<String> {
    let mut hash = Sha256::new();
    hash.update(format!("blob {size}\0"));
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Whether a file has a carriage return, so that conversions of line ends matter to it.
pub(super) fn has_cr(path: &Path) -> bool {
    let Ok(file) = open_own(path) else { return false };
    io::BufReader::new(file).bytes().any(|byte| byte.is_ok_and(|byte| byte == b'\r'))
}

pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
