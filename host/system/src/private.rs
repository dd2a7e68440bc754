//! A folder that only this user can write to, held open: for caches, compiled code among them, which is run as it is read.
//! What is checked is what is then read, through one handle. Who could swap the folder itself is looked for on the whole
//! way to it; programs of the same user are not kept out.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};

use super::replace::sweep;
use super::temporary::prefix;

/// Links on the way to a folder, as many as the system follows.
const LINKS: usize = 40;
/// Bits of the mode.
const OTHERS_WRITE: u32 = 0o002;
const GROUP_WRITES: u32 = 0o020;
const STICKY: u32 = 0o1000;

#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    handle: File,
}

impl PrivateFolder {
    /// Opens the folder, or makes it. None where that cannot be, or where somebody else can write to it or swap it: what
    /// it is for then does without.
    pub fn open(path: &Path) -> Option<Self> {
        let refused = |why: String| tracing::warn!(folder = %path.display(), why, "the cache is not used");
        let opened = std::path::absolute(path).map_err(|e| e.to_string()).and_then(|path| Self::checked(&path));
        opened.map_err(refused).ok()
    }

    #[expect(clippy::disallowed_methods, reason = "the user's cache, opened once")]
    fn checked(path: &Path) -> Result<Self, String> {
        only_ours_on_the_way(path)?;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        let opened = made.and_then(|()| File::open(path)).and_then(|handle| Ok((handle.metadata()?, handle)));
        let (metadata, handle) = opened.map_err(|e| e.to_string())?;
        if !metadata.is_dir() || metadata.uid() != me() {
            return Err("it belongs to somebody else".to_owned());
        }
        if metadata.mode() & (OTHERS_WRITE | GROUP_WRITES) != 0 {
            return Err("others can write to it".to_owned());
        }
        Ok(Self { path: path.to_owned(), handle })
    }

    /// A plain file of this user's that nobody else can write to.
    #[expect(clippy::disallowed_methods, reason = "the user's cache, through its handle")]
    pub fn file(&self, name: &str) -> Option<(File, Metadata)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&self.handle, name, flags, Mode::empty()).ok()?);
        let metadata = file.metadata().ok()?;
        let ours = metadata.is_file() && metadata.uid() == me() && metadata.nlink() == 1;
        if !ours || metadata.mode() & (OTHERS_WRITE | GROUP_WRITES) != 0 {
            tracing::warn!(folder = %self.path.display(), name, "a file of the cache is not only yours, so it is not used");
            return None;
        }
        Some((file, metadata))
    }

    /// Its content, where it is no longer than this.
    pub fn read(&self, name: &str, most: u64) -> Option<(Vec<u8>, Metadata)> {
        let (file, metadata) = self.file(name).filter(|(_, metadata)| metadata.len() <= most)?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some((bytes, metadata))
    }

    /// Writes a file, of which nobody sees a part. Without `sync` it may be empty or cut short after a power cut.
    ///
    /// # Errors
    /// Where the disk does not take it; the old content then stands.
    #[expect(clippy::disallowed_methods, reason = "the user's cache, through its handle")]
    pub fn replace(&self, name: &str, content: &[u8], sync: bool) -> io::Result<()> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        sweep(&self.path);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id() << 8) & 0xff_ffff;
        let new = format!("{}{number:06x}", prefix());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&self.handle, new.as_str(), flags, Mode::RUSR | Mode::WUSR)?);
        let written = file.write_all(content).and_then(|()| if sync { file.sync_all() } else { Ok(()) });
        let named = written.and_then(|()| Ok(renameat(&self.handle, new.as_str(), &self.handle, name)?));
        if named.is_err() {
            _ = unlinkat(&self.handle, new.as_str(), AtFlags::empty());
        }
        named
    }

    /// Removes the oldest of its files, but for so many.
    #[expect(clippy::disallowed_methods, reason = "the user's cache, through its handle")]
    pub fn keep_newest(&self, count: usize) {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return };
        let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
        if names.len() > count {
            // Looked up once each: other processes clear away at the same time.
            names.sort_by_cached_key(|name| self.path.join(name).metadata().and_then(|it| it.modified()).ok());
            names[..names.len() - count].iter().for_each(|old| _ = unlinkat(&self.handle, old, AtFlags::empty()));
        }
    }
}

/// Makes a folder that only the user can write to; false where it cannot be made or others can write to it. Who can swap
/// the folder itself is not asked: for what is no code.
#[expect(clippy::disallowed_methods, reason = "a folder of the user's cache")]
pub fn private_folder(path: &Path) -> bool {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    let Ok(metadata) = made.and_then(|()| std::fs::metadata(path)) else { return false };
    metadata.uid() == me() && metadata.mode() & (OTHERS_WRITE | GROUP_WRITES) == 0
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether nobody but this user and root can put something else in the place of a folder that is named on the way, links
/// included. What is not there yet is made by us in the last folder that is.
fn only_ours_on_the_way(path: &Path) -> Result<(), String> {
    let mut at = PathBuf::from("/");
    let mut rest: Vec<OsString> = parts(path);
    let mut links = 0;
    secure(&at, &at.symlink_metadata().map_err(|e| e.to_string())?)?;
    while let Some(part) = rest.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let metadata = match next.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(format!("{}: {e}", next.display())),
        };
        secure(&next, &metadata)?;
        if metadata.is_symlink() {
            links += 1;
            if links > LINKS {
                return Err(format!("{} leads through too many links", path.display()));
            }
            let target = next.read_link().map_err(|e| format!("{}: {e}", next.display()))?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            rest.extend(parts(&target));
        } else {
            at = next;
        }
    }
    Ok(())
}

/// Last part first.
fn parts(path: &Path) -> Vec<OsString> {
    let named = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    named.collect::<Vec<_>>().into_iter().rev().collect()
}

/// One folder or link on the way. In a sticky folder, such as /tmp, nobody can rename what is not theirs.
fn secure(path: &Path, metadata: &Metadata) -> Result<(), String> {
    if metadata.uid() != 0 && metadata.uid() != me() {
        return Err(format!("{} belongs to somebody else", path.display()));
    }
    // Where each user has a group of their own, with the same number, folders are often open to it.
    let own_group = metadata.gid() == rustix::process::getegid().as_raw() && metadata.gid() == me();
    let writable = if own_group { OTHERS_WRITE } else { OTHERS_WRITE | GROUP_WRITES };
    if metadata.is_symlink() || metadata.mode() & STICKY != 0 || metadata.mode() & writable == 0 {
        return Ok(());
    }
    Err(format!("others can write to {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    }

    #[test]
    fn what_was_written_is_read_and_old_files_go() {
        let folder = tempfile::tempdir().expect("temp");
        let cache = PrivateFolder::open(&folder.path().join("a/b")).expect("ours");
        for name in ["one", "two"] {
            cache.replace(name, b"x", true).expect("written");
            assert_eq!(cache.read(name, 9).map(|(bytes, _)| bytes), Some(b"x".to_vec()));
        }
        assert!(cache.read("one", 0).is_none(), "too long");
        cache.keep_newest(1);
        assert_eq!(std::fs::read_dir(folder.path().join("a/b")).expect("read").count(), 1);
        assert_eq!(folder.path().join("a").metadata().expect("there").mode() & 0o777, 0o700);
    }

    #[test]
    fn a_folder_that_others_can_swap_is_not_used() {
        let folder = tempfile::tempdir().expect("temp");
        let inside = folder.path().join("open/cache");
        PrivateFolder::open(&inside).expect("ours");
        set(&folder.path().join("open"), 0o777);
        assert!(PrivateFolder::open(&inside).is_none(), "its parent");
        set(&folder.path().join("open"), 0o1777);
        PrivateFolder::open(&inside).expect("as in /tmp");
        symlink(folder.path().join("open"), folder.path().join("link")).expect("linked");
        PrivateFolder::open(&folder.path().join("link/cache")).expect("the user's own link");
        set(&folder.path().join("open"), 0o777);
        assert!(PrivateFolder::open(&folder.path().join("link/cache")).is_none(), "behind a link");
        set(&folder.path().join("open"), 0o700);
        set(&inside, 0o770);
        assert!(PrivateFolder::open(&inside).is_none(), "itself");
    }

    #[test]
    fn what_is_swapped_behind_the_check_is_not_read() {
        let folder = tempfile::tempdir().expect("temp");
        let (cache, planted) = (folder.path().join("cache"), folder.path().join("planted"));
        let checked = PrivateFolder::open(&cache).expect("ours");
        checked.replace("code", b"ours", false).expect("written");
        PrivateFolder::open(&planted).expect("made").replace("code", b"theirs", false).expect("written");
        std::fs::rename(&cache, folder.path().join("away")).expect("renamed");
        std::fs::rename(&planted, &cache).expect("renamed");
        assert_eq!(checked.read("code", 99).expect("read").0, b"ours");
        checked.replace("code", b"new", false).expect("written");
        assert_eq!(std::fs::read(cache.join("code")).expect("read"), b"theirs", "nothing is written there either");
        // The same for a file: what was opened is what is read.
        let (mut opened, _) = checked.file("code").expect("ours");
        checked.replace("code", b"newer", false).expect("written");
        let mut text = String::new();
        opened.read_to_string(&mut text).expect("read");
        assert_eq!(text, "new");
    }

    #[test]
    fn a_file_that_is_not_only_ours_is_not_read() {
        let folder = tempfile::tempdir().expect("temp");
        let cache = PrivateFolder::open(folder.path()).expect("ours");
        let path = |name: &str| folder.path().join(name);
        cache.replace("file", b"x", false).expect("written");
        symlink(path("file"), path("link")).expect("linked");
        assert!(cache.file("link").is_none(), "a link");
        std::fs::hard_link(path("file"), path("twin")).expect("linked");
        assert!(cache.file("file").is_none(), "two names");
        std::fs::remove_file(path("twin")).expect("removed");
        assert!(cache.file("file").is_some());
        set(&path("file"), 0o666);
        assert!(cache.file("file").is_none(), "open to all");
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().expect("runs").success());
        assert!(cache.file("pipe").is_none(), "and nobody waits for its writer");
    }
}
