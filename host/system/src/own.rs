//! Files of our own, by their paths: state, locks, logs, caches and settings; and files that the user names. A state folder
//! outside git comes with whatever folder it stands in, and anything may stand in its place: each file is opened without
//! waiting, and must be a regular one. Files of a project go through the `door`.

#![expect(clippy::disallowed_methods, reason = "files of our own are opened here")]

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags, RawMode};

use super::folder::{Folder, content, refuse_special};
use super::limit::Limit;
use super::replace::place;

/// The content of a file, through links: a user may keep settings elsewhere.
///
/// # Errors
/// No regular file, one above the limit, or one that cannot be read.
pub fn read_own(path: &Path, limit: Limit) -> io::Result<Vec<u8>> {
    let file = opened(path, OFlags::RDONLY, 0)?;
    let stat = rustix::fs::fstat(&file)?;
    content(file, &stat, limit)
}

/// The same as text.
///
/// # Errors
/// As [`read_own`], and where it is not UTF-8.
pub fn text_own(path: &Path, limit: Limit) -> io::Result<String> {
    let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read_own(path, limit)?).map_err(wrong)
}

/// A file of a working tree that git tracks, or its copy of one, to read: a regular one. A link is refused.
///
/// # Errors
/// No regular file, or one that cannot be opened.
pub fn open_own(path: &Path) -> io::Result<File> {
    opened(path, OFlags::RDONLY | OFlags::NOFOLLOW, 0)
}

/// A file to write behind what stands in it, which nobody else can read; made where it is missing. A link is refused.
///
/// # Errors
/// No regular file, or one that cannot be opened.
pub fn append_own(path: &Path) -> io::Result<File> {
    opened(path, OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW, 0o600)
}

/// A file that processes share, to read and write; made where it is missing. A link is refused.
///
/// # Errors
/// No regular file, or one that cannot be opened.
pub fn share_own(path: &Path) -> io::Result<File> {
    opened(path, OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW, 0o666)
}

fn opened(path: &Path, flags: OFlags, mode: RawMode) -> io::Result<File> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::from_raw_mode(mode))?;
    refuse_special(&rustix::fs::fstat(&file)?)?;
    Ok(file.into())
}

/// Names in a folder, sorted; none where there is no folder.
///
/// # Errors
/// One that cannot be read.
pub fn names_own(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = match Folder::ambient(folder).and_then(|folder| folder.entries()) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut names: Vec<OsString> = entries.into_iter().map(|entry| entry.name).collect();
    names.sort();
    Ok(names)
}

/// Makes a folder with those above it.
///
/// # Errors
/// One that cannot be made.
pub fn make_own(folder: &Path) -> io::Result<()> {
    Folder::ambient_made(folder).map(drop)
}

/// Gives a file or folder another name.
///
/// # Errors
/// Where the file system does not.
pub fn move_own(from: &Path, to: &Path) -> io::Result<()> {
    Ok(rustix::fs::rename(from, to)?)
}

/// Removes a file; of a link the link.
///
/// # Errors
/// One that is not there, or that cannot be removed.
pub fn remove_own(path: &Path) -> io::Result<()> {
    let (folder, name) = place(path)?;
    Ok(rustix::fs::unlinkat(Folder::ambient(folder)?, name, rustix::fs::AtFlags::empty())?)
}

/// Removes a folder with all that is in it; of a link the link.
///
/// # Errors
/// One that is not there, or that cannot be removed.
pub fn remove_folder_own(folder: &Path) -> io::Result<()> {
    std::fs::remove_dir_all(folder)
}

/// Removes a folder that is empty; any other stays.
///
/// # Errors
/// Where it stays.
pub fn remove_empty_own(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::rmdir(folder)?)
}
