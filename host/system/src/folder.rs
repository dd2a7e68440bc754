//! A folder that is open. Its files are read, written and removed by their names in it, whatever becomes of the path that
//! led there: who swaps a folder for a link meanwhile changes nothing. Which folders may be opened, `door` says.

#![expect(clippy::disallowed_methods, reason = "this is what the door and our own files are opened with")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;

use super::limit::{Limit, Size};
use super::process::began;
use super::temporary;

/// Folders are opened as places only where the system can: then they need no permission to be read.
#[cfg(target_os = "linux")]
const PLACE: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PLACE: OFlags = OFlags::empty();

/// Why the door stays shut. It travels inside an [`io::Error`]; [`Refusal::of`] finds it again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{0} leads out of the project")]
    Outside(String),
    #[error("{0} leads into another repository, and you have not approved plugins.toml as it is")]
    Closed(String),
    #[error("{0} belongs to git or to session")]
    Private(String),
    #[error("it is {0}, not a regular file")]
    NotAFile(&'static str),
    #[error("it is a symbolic link")]
    Link,
    #[error("it has {}{}, and {limit}", if *.more { "more than " } else { "" }, Size(*.size))]
    Large { size: u64, more: bool, limit: Limit },
}

impl Refusal {
    /// The refusal in an error, if it is one.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Large { limit, .. } => limit.hint(),
            Self::Outside(_) => "put the file itself into the project",
            Self::Closed(_) => "session trust, if its links may be opened",
            Self::Private(_) => "name another path",
            Self::NotAFile(_) | Self::Link => "put a regular file in its place",
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Large { .. } => io::ErrorKind::FileTooLarge,
            _ => io::ErrorKind::PermissionDenied,
        };
        Self::new(kind, refusal)
    }
}

/// What a file or folder is, whatever its name.
pub(super) type Id = (u64, u64);

#[derive(Debug)]
pub(super) struct Folder {
    handle: OwnedFd,
}

/// A name in a folder.
#[derive(Debug)]
pub struct Entry {
    pub name: OsString,
    pub is_folder: bool,
    pub is_link: bool,
}

impl std::os::fd::AsFd for Folder {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl Folder {
    /// By its path, through every link: for what the user or this program itself names.
    pub(super) fn ambient(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let handle = rustix::fs::open(path, PLACE | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { handle })
    }

    /// The same, made where it is missing.
    pub(super) fn ambient_made(path: &Path) -> io::Result<Self> {
        match Self::ambient(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path)?;
                Self::ambient(path)
            }
            opened => opened,
        }
    }

    /// A folder in this one, `..` included. A link is none.
    pub(super) fn below(&self, name: &OsStr) -> io::Result<Self> {
        let flags = PLACE | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { handle: rustix::fs::openat(&self.handle, name, flags, Mode::empty())? })
    }

    /// Makes a folder; one that somebody else made meanwhile will do.
    pub(super) fn make(&self, name: &OsStr) -> io::Result<()> {
        match rustix::fs::mkdirat(&self.handle, name, Mode::from_raw_mode(0o777)) {
            Err(e) if e != Errno::EXIST => Err(e.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn id(&self) -> io::Result<Id> {
        rustix::fs::fstat(&self.handle).map(|stat| id(&stat)).map_err(Into::into)
    }

    /// Whether git would take it for a repository, or for the folder of a worktree.
    pub(super) fn is_git(&self) -> bool {
        let has = |name: &str| self.stat(OsStr::new(name)).is_ok();
        has("HEAD") && (has("commondir") || has("objects") && has("refs"))
    }

    /// Where a link leads; none where the name is no link.
    pub(super) fn link(&self, name: &OsStr) -> io::Result<Option<OsString>> {
        match rustix::fs::readlinkat(&self.handle, name, Vec::new()) {
            Ok(target) => Ok(Some(OsString::from_vec(target.into_bytes()))),
            Err(Errno::INVAL) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Of a link the link's own.
    pub(super) fn stat(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// A regular file, open for reading. What it is, is asked of what was opened: a pipe or a device that takes its place
    /// meanwhile is found out, and neither is waited for.
    pub(super) fn open(&self, name: &OsStr) -> io::Result<(File, Stat)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::LOOP) => return Err(Refusal::Link.into()),
            Err(Errno::NXIO) => return Err(Refusal::NotAFile("a socket or a device").into()),
            Err(e) => return Err(e.into()),
        };
        let stat = rustix::fs::fstat(&file)?;
        refuse_special(&stat)?;
        Ok((file.into(), stat))
    }

    /// Names in it, in no order.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.visit(&mut |entry| {
            entries.push(entry);
            true
        })?;
        Ok(entries)
    }

    /// Each name in it, until one is the last.
    pub(super) fn visit(&self, each: &mut dyn FnMut(Entry) -> bool) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        for entry in Dir::new(rustix::fs::openat(&self.handle, ".", flags, Mode::empty())?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => self.stat(&name).map_or(FileType::Unknown, |stat| kind(&stat)),
                kind => kind,
            };
            let (is_folder, is_link) = (kind == FileType::Directory, kind == FileType::Symlink);
            if !each(Entry { name, is_folder, is_link }) {
                break;
            }
        }
        Ok(())
    }

    /// What is gone already is no error.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()) {
            Err(e) if e != Errno::NOENT && e != Errno::NOTDIR => Err(e.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    /// A folder in which there are folders only.
    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        let folder = self.below(name)?;
        for entry in folder.entries()?.into_iter().filter(|entry| entry.is_folder) {
            folder.remove_empty(&entry.name)?;
        }
        self.remove_folder(name)
    }

    pub(super) fn rename(&self, name: &OsStr, folder: &Self, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, name, &folder.handle, to)?)
    }

    /// A second name for a file; of a link for the link itself.
    pub(super) fn hard_link(&self, name: &OsStr, to: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.handle, name, rustix::fs::CWD, to, AtFlags::empty())?)
    }

    /// A new file of nobody's name, for content that takes the place of another file at once.
    pub(super) fn temporary(&self, mode: RawMode) -> io::Result<Temporary<'_>> {
        self.sweep();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (name, file) =
            self.fresh(|name| rustix::fs::openat(&self.handle, name, flags, Mode::from_raw_mode(mode)))?;
        Ok(Temporary { folder: self, name, file: Some(file.into()) })
    }

    /// The same for a symbolic link.
    pub(super) fn temporary_link(&self, target: &Path) -> io::Result<Temporary<'_>> {
        self.sweep();
        let (name, ()) = self.fresh(|name| rustix::fs::symlinkat(target, &self.handle, name))?;
        Ok(Temporary { folder: self, name, file: None })
    }

    fn fresh<T>(&self, mut make: impl FnMut(&str) -> rustix::io::Result<T>) -> io::Result<(OsString, T)> {
        for _ in 0..64 {
            let name = temporary::name(RandomState::new().hash_one(()));
            match make(&name) {
                Err(Errno::EXIST) => {}
                made => return Ok((name.into(), made?)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes what killed processes have left in it. A folder of such a name is left to [`super::replace::sweep`].
    fn sweep(&self) {
        let swept = self.visit(&mut |entry| {
            if !entry.is_folder && entry.name.to_str().is_some_and(|name| temporary::is_left(name, began)) {
                _ = self.remove(&entry.name);
            }
            true
        });
        if let Err(error) = swept {
            tracing::debug!(%error, "cannot look for temporary files");
        }
    }
}

/// A file or link without a name of its own yet; it is gone as soon as this is dropped.
#[derive(Debug)]
#[must_use = "it is gone as soon as this is dropped"]
pub(super) struct Temporary<'f> {
    folder: &'f Folder,
    name: OsString,
    /// None for a link.
    file: Option<File>,
}

impl Temporary<'_> {
    /// The whole content. Only what is synced is there for sure after a power cut.
    pub(super) fn fill(&mut self, content: &mut dyn Read, mode: Option<RawMode>, sync: bool) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        io::copy(content, file)?;
        if let Some(mode) = mode {
            rustix::fs::fchmod(&*file, Mode::from_raw_mode(mode & 0o7777))?;
        }
        if sync {
            file.sync_all()?;
        }
        Ok(())
    }

    /// Takes the place of whatever file has this name in the same folder.
    pub(super) fn place(mut self, name: &OsStr) -> io::Result<()> {
        rustix::fs::renameat(&self.folder.handle, &self.name, &self.folder.handle, name)?;
        self.name.clear();
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            _ = self.folder.remove(&self.name);
        }
    }
}

pub(super) fn id(stat: &Stat) -> Id {
    #[expect(clippy::useless_conversion, clippy::unnecessary_cast, reason = "other systems have other types")]
    (stat.st_dev as u64, stat.st_ino.into())
}

pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Nothing comes out of a pipe until somebody writes into it, and out of a device there may come no end.
pub(super) fn refuse_special(stat: &Stat) -> io::Result<()> {
    let what = match kind(stat) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        FileType::Symlink => return Err(Refusal::Link.into()),
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    };
    Err(Refusal::NotAFile(what).into())
}

/// All of an open file. One that grows while it is read ends at the limit, too.
pub(super) fn content(file: File, stat: &Stat, limit: Limit) -> io::Result<Vec<u8>> {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > limit.bytes {
        return Err(Refusal::Large { size, more: false, limit }.into());
    }
    // One byte more: then the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit.bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit.bytes {
        return Err(Refusal::Large { size: limit.bytes, more: true, limit }.into());
    }
    Ok(bytes)
}
