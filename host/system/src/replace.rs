//! Writing a file by its path so that nobody ever sees a part of it: files of our own, and those that the user names.
//! Files of the project are written through the `door`. Scratch files and folders for other programs stand here, too.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::folder::{Folder, kind};
use super::own::{names_own, remove_folder_own, remove_own};
use super::process::began;
use super::temporary;

/// What a text editor would give a new file, less the user's umask.
pub(super) const READABLE: rustix::fs::RawMode = 0o666;

/// Writes a file so that readers see the old content or the new, and so does who comes after a crash: a temporary file
/// in the same folder, synced, then renamed. The folder is not synced: after a power cut the old content may be back.
///
/// # Errors
/// Where the disk does not take it; the old content then stands.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, content, true)
}

/// The same for what can be made again: after a power cut the file may be empty or cut short.
///
/// # Errors
/// As [`replace`].
pub fn replace_cached(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, content, false)
}

/// The same for what only the user may read, in a folder that is only the user's.
///
/// # Errors
/// As [`replace`].
#[expect(clippy::disallowed_methods, reason = "the user's own settings, in a folder that only the user may enter")]
pub fn replace_private(path: &Path, mut content: &[u8]) -> io::Result<()> {
    let (folder, name) = place(path)?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let folder = Folder::ambient(folder)?;
    let mut file = folder.temporary(0o600)?;
    file.fill(&mut content, None, true)?;
    file.place(name)
}

fn replace_with(path: &Path, mut content: &[u8], sync: bool) -> io::Result<()> {
    let (folder, name) = place(path)?;
    let folder = Folder::ambient_made(folder)?;
    let mode = folder.stat(name).ok().filter(|stat| kind(stat).is_file()).map(|stat| stat.st_mode);
    let mut file = folder.temporary(READABLE)?;
    file.fill(&mut content, mode, sync)?;
    file.place(name)
}

/// The folder of a path, and the name in it.
pub(super) fn place(path: &Path) -> io::Result<(&Path, &OsStr)> {
    path.parent().zip(path.file_name()).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[expect(clippy::disallowed_methods, reason = "a new file in a folder of git's")]
/// A file that other programs read for a moment; one that a kill has left goes with the next.
pub fn scratch(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    sweep(folder);
    let mut file = tempfile::Builder::new().prefix(temporary::prefix()).tempfile_in(folder)?;
    file.write_all(content)?;
    Ok(file)
}

/// A folder for such files, which goes with the value, or after a kill with the next.
///
/// # Errors
/// Where it cannot be made.
#[expect(clippy::disallowed_methods, reason = "a new folder in one of git's, or in that for temporary files")]
pub fn scratch_folder(folder: &Path) -> io::Result<tempfile::TempDir> {
    sweep(folder);
    tempfile::Builder::new().prefix(temporary::prefix()).tempdir_in(folder)
}

/// Removes what killed processes have left in a folder of git's, folders too.
pub(super) fn sweep(folder: &Path) {
    for name in names_own(folder).unwrap_or_default() {
        let path = folder.join(&name);
        if !name.to_str().is_some_and(|name| temporary::is_left(name, began)) {
            continue;
        }
        let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        let removed = if is_folder { remove_folder_own(&path) } else { remove_own(&path) };
        if let Err(e) = removed {
            tracing::debug!(path = %path.display(), error = %e, "cannot remove a temporary file");
        }
    }
}
