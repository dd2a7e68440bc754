//! A name in a folder that is open: where the `door` has led. What is done here is done in that very folder.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{RawMode, Stat};

use super::folder::{Folder, Temporary, kind, refuse_special};
use super::inside::is_missing;
use super::replace::READABLE;

#[derive(Debug)]
pub struct Spot {
    pub(super) folder: Rc<Folder>,
    pub(super) name: OsString,
    /// How many led here.
    pub(super) links: usize,
}

/// New content of a file in its folder, ready to take the place of the old.
#[must_use = "nothing is written before it is placed"]
#[derive(Debug)]
pub(super) struct Prepared<'s> {
    file: Temporary<'s>,
    spot: &'s Spot,
}

impl Spot {
    /// The same once more, where what stood there has changed.
    pub(super) fn again(&self) -> Self {
        Self { folder: Rc::clone(&self.folder), name: self.name.clone(), links: self.links + 1 }
    }

    /// What is there now, where it is a regular file; a link is refused.
    pub(super) fn before(&self) -> io::Result<Option<Stat>> {
        match self.folder.stat(&self.name) {
            Ok(stat) => refuse_special(&stat).map(|()| Some(stat)),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The file itself, open for reading; none where there is none.
    pub(super) fn open(&self) -> io::Result<Option<(File, Stat)>> {
        match self.folder.open(&self.name) {
            Err(e) if is_missing(&e) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// The new content beside the old, synced, with the permissions of the old.
    pub(super) fn prepare(&self, mut content: &[u8], before: Option<Stat>) -> io::Result<Prepared<'_>> {
        let mut file = self.folder.temporary(READABLE)?;
        let mode: Option<RawMode> = before.map(|stat| stat.st_mode);
        file.fill(&mut content, mode, true)?;
        Ok(Prepared { file, spot: self })
    }

    /// Another file in the place of whatever file is there, with the permissions of a new one: what was there may have
    /// been a link, or a program. The content is read as it is written, since it may be long.
    pub fn put(&self, content: &mut dyn Read, executable: bool) -> io::Result<()> {
        let mut file = self.folder.temporary(if executable { 0o777 } else { READABLE })?;
        file.fill(content, None, true)?;
        file.place(&self.name)
    }

    /// The same for a symbolic link.
    pub fn put_link(&self, target: &Path) -> io::Result<()> {
        self.folder.temporary_link(target)?.place(&self.name)
    }

    /// Removes a folder of this name in which there are folders only; anything else stays.
    pub fn clear_empty_folder(&self) -> io::Result<()> {
        match self.folder.stat(&self.name) {
            Ok(stat) if kind(&stat).is_dir() => self.folder.remove_empty(&self.name),
            _ => Ok(()),
        }
    }

    /// Keeps what is there under another name, of a link the link itself: a second name where the file system can.
    pub fn keep(&self, to: &Path) -> io::Result<()> {
        if self.folder.hard_link(&self.name, to).is_ok() {
            return Ok(());
        }
        let (folder, name) = super::replace::place(to)?;
        let to = Self { folder: Rc::new(Folder::ambient(folder)?), name: name.to_owned(), links: 0 };
        copy(self, &to)
    }

    /// Brings back what was kept, in the place of whatever is there.
    pub fn bring_back(&self, kept: &Path) -> io::Result<()> {
        self.clear_empty_folder()?;
        let (folder, name) = super::replace::place(kept)?;
        let from = Self { folder: Rc::new(Folder::ambient(folder)?), name: name.to_owned(), links: 0 };
        from.folder.rename(&from.name, &self.folder, &self.name).or_else(|_| copy(&from, self))
    }
}

/// Another file system has no room for a name only.
fn copy(from: &Spot, to: &Spot) -> io::Result<()> {
    if let Some(target) = from.folder.link(&from.name)? {
        return to.put_link(&PathBuf::from(target));
    }
    let (mut file, stat) = from.folder.open(&from.name)?;
    let mut copy = to.folder.temporary(READABLE)?;
    copy.fill(&mut file, Some(stat.st_mode), true)?;
    copy.place(&to.name)
}

impl Prepared<'_> {
    pub(super) fn place(self) -> io::Result<()> {
        self.file.place(&self.spot.name)
    }
}
