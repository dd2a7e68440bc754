//! Writing a file so that nobody ever sees a part of it, and the temporary files on the way, which a kill may leave.

use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::OnceLock;

use tempfile::NamedTempFile;

use super::process::{began, begun};

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
pub fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    sweep(folder);
    let mut file = tempfile::Builder::new().prefix(&temporary()).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn replace_with(path: &Path, content: &[u8], sync: bool) -> io::Result<()> {
    written(path, content, sync)?.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// The new content beside the old, ready to take its place.
#[must_use = "it is gone as soon as this is dropped"]
pub(super) fn written(path: &Path, content: &[u8], sync: bool) -> io::Result<NamedTempFile> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    let mode = std::fs::metadata(path).ok().map(|metadata| metadata.permissions());
    let mine = temporary();
    sweep(folder);
    let mut file = tempfile::Builder::new().prefix(&mine).permissions(readable()).tempfile_in(folder)?;
    file.write_all(content)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    if sync {
        file.as_file().sync_all()?;
    }
    Ok(file)
}

/// Another file in the place of whatever file is there, with the permissions of a new one: what was there may have been a
/// link, or a program. The content is read as it is written, since it may be long.
pub(super) fn put(path: &Path, content: &mut dyn io::Read, executable: bool) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    sweep(folder);
    let mode = if executable { std::os::unix::fs::PermissionsExt::from_mode(0o777) } else { readable() };
    let mut file = tempfile::Builder::new().prefix(&temporary()).permissions(mode).tempfile_in(folder)?;
    io::copy(content, &mut file)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// The same for a symbolic link.
pub(super) fn put_link(path: &Path, target: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    sweep(folder);
    let link = tempfile::Builder::new()
        .prefix(&temporary())
        .make_in(folder, |temporary| std::os::unix::fs::symlink(target, temporary))?;
    link.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Temporary files are named after the process that makes them, so that whoever comes after a kill knows whose they are.
const TEMPORARY: &str = ".session-tmp-";

pub(super) fn temporary() -> String {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = || {
        let me = begun(std::process::id(), &[]);
        me.map_or_else(|| TEMPORARY.to_owned(), |me| format!("{TEMPORARY}{}-{}-", me.pid, plain(&me.started)))
    };
    NAME.get_or_init(name).clone()
}

/// As in a file's name.
fn plain(started: &str) -> String {
    started.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The last part of the path has the form of such a name: nobody's work, whoever looks at the folder meanwhile.
pub(super) fn is_temporary(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    std::str::from_utf8(name).is_ok_and(|name| maker(name).is_some())
}

/// The process that made a temporary file: its number, and when it began. Nothing else has a name of just this form.
fn maker(name: &str) -> Option<(i32, &str)> {
    let mut parts = name.strip_prefix(TEMPORARY)?.splitn(3, '-');
    let (pid, started) = (parts.next()?.parse().ok()?, parts.next()?);
    let random = |rest: &&str| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    parts.next().filter(random).filter(|_| started.ends_with(|c: char| c.is_ascii_digit())).map(|_| (pid, started))
}

/// A file that other programs read for a moment; one that a kill has left goes with the next.
pub(super) fn scratch(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    sweep(folder);
    let mut file = tempfile::Builder::new().prefix(&temporary()).tempfile_in(folder)?;
    file.write_all(content)?;
    Ok(file)
}

/// A folder for such files, which goes with the value, or after a kill with the next.
///
/// # Errors
/// Where it cannot be made.
pub fn scratch_folder(folder: &Path) -> io::Result<tempfile::TempDir> {
    sweep(folder);
    tempfile::Builder::new().prefix(&temporary()).tempdir_in(folder)
}

/// Removes what killed processes have left in a folder.
pub(super) fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some((pid, started)) = name.to_str().and_then(maker) else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let remove =
            || if is_folder { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
        if began(pid).is_none_or(|began| plain(&began) != started)
            && let Err(e) = remove()
        {
            tracing::debug!(path = %entry.path().display(), error = %e, "cannot remove a temporary file");
        }
    }
}

/// What a text editor would give a new file, less the user's umask.
fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}
