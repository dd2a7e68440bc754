//! The token of a clone: a random word in the folder that git keeps for it, by which the user's own settings know this very
//! clone. Who copies or unpacks a `.git` has the token too, so its inode and the time when that was made are told as well: no
//! archive brings them. What is approved by it is `plugin/trust.rs`.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::UNIX_EPOCH;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use session_core::digest::hex;

/// Of one clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloneToken {
    /// 32 hexadecimal digits.
    pub word: String,
    pub inode: u64,
    /// When the inode was made, in nanoseconds since 1970: a disk gives the number of a removed file to the next one. None
    /// where the disk does not say.
    pub born: Option<u64>,
    /// The file has no second name: its inode is in this clone only.
    pub only: bool,
}

const NAME: &str = "clone";
const LENGTH: usize = 32;

/// Reads the token in the folder `name` below `parent`. No link is followed: it could lead to the token of another clone.
///
/// # Errors
/// Where the disk does not say; what is no token of this user's is none.
#[expect(clippy::disallowed_methods, reason = "a file of our own, opened without following a link")]
pub fn clone_token(parent: &Path, name: &str) -> io::Result<Option<CloneToken>> {
    let Some(folder) = folder(parent, name)? else { return Ok(None) };
    for name in [NAME.to_owned(), own_name()] {
        // A pipe in its place must not hold the command up.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&folder, &name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::LOOP | Errno::ACCESS | Errno::NXIO) => continue,
            Err(error) => return Err(error.into()),
        };
        let stat = rustix::fs::fstat(&file)?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !regular || stat.st_uid != rustix::process::geteuid().as_raw() {
            continue;
        }
        let file = File::from(file);
        let (born, mut word) = (born(&file), String::new());
        match file.take(LENGTH as u64 + 2).read_to_string(&mut word) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::InvalidData => continue,
            // A disk that fails says nothing of whose clone this is.
            Err(e) => return Err(e),
        }
        let word = word.trim_end_matches('\n');
        if word.len() == LENGTH && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            let (word, inode, only) = (word.to_owned(), stat.st_ino, stat.st_nlink == 1);
            return Ok(Some(CloneToken { word, inode, born, only }));
        }
    }
    Ok(None)
}

/// Makes a new token, in the place of one that does not hold.
///
/// # Errors
/// Where the disk does not take it.
#[expect(clippy::disallowed_methods, reason = "a file of our own, made in the folder that was opened")]
pub fn make_clone_token(parent: &Path, name: &str) -> io::Result<CloneToken> {
    let made = rustix::fs::mkdir(parent.join(name), Mode::RWXU);
    made.or_else(|error| if error == Errno::EXIST { Ok(()) } else { Err(error) })?;
    let Some(folder) = folder(parent, name)? else { return Err(io::ErrorKind::NotADirectory.into()) };
    let mut random = [0; LENGTH / 2];
    getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
    let word = hex(&random);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let owner = rustix::process::geteuid().as_raw();
    let mut file = None;
    // Of somebody else who shares the clone that file is.
    for name in [NAME.to_owned(), own_name()] {
        let there = rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW);
        if there.as_ref().is_ok_and(|stat| stat.st_uid != owner) {
            continue;
        }
        if there.is_ok() {
            rustix::fs::unlinkat(&folder, &name, AtFlags::empty())?;
        }
        file = Some(rustix::fs::openat(&folder, &name, flags, Mode::RUSR | Mode::WUSR)?);
        break;
    }
    let Some(file) = file else { return Err(io::ErrorKind::PermissionDenied.into()) };
    let inode = rustix::fs::fstat(&file)?.st_ino;
    let mut file = File::from(file);
    file.write_all(format!("{word}\n").as_bytes())?;
    file.sync_all()?;
    Ok(CloneToken { word, inode, born: born(&file), only: true })
}

fn born(file: &File) -> Option<u64> {
    let born = file.metadata().and_then(|about| about.created()).ok()?;
    u64::try_from(born.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

fn own_name() -> String {
    format!("{NAME}-{}", rustix::process::geteuid().as_raw())
}

#[expect(clippy::disallowed_methods, reason = "the folder of our own, opened without following a link")]
fn folder(parent: &Path, name: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = || {
        let parent = rustix::fs::open(parent, flags, Mode::empty())?;
        rustix::fs::openat(&parent, name, flags | OFlags::NOFOLLOW, Mode::empty())
    };
    match open() {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_and_links_are_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        [&one, &two].iter().for_each(|path| std::fs::create_dir(path).expect("made"));
        assert_eq!(clone_token(&one, "session").expect("read"), None);
        let made = make_clone_token(&one, "session").expect("made");
        assert_eq!(clone_token(&one, "session").expect("read"), Some(made.clone()));
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(one.join("session/clone")).expect("there"));
        assert_eq!(mode & 0o777, 0o600);
        std::os::unix::fs::symlink(one.join("session"), two.join("session")).expect("linked");
        assert_eq!(clone_token(&two, "session").expect("read"), None, "a linked folder");
        std::fs::remove_file(two.join("session")).expect("removed");
        std::fs::create_dir(two.join("session")).expect("made");
        std::os::unix::fs::symlink(one.join("session/clone"), two.join("session/clone")).expect("linked");
        assert_eq!(clone_token(&two, "session").expect("read"), None, "a linked file");
        let other = make_clone_token(&two, "session").expect("in its place");
        assert_ne!(other.word, made.word);
        std::fs::hard_link(one.join("session/clone"), one.join("second")).expect("linked");
        assert!(!clone_token(&one, "session").expect("read").expect("there").only);
        std::fs::remove_file(one.join("session/clone")).expect("removed");
        rustix::fs::mknodat(rustix::fs::CWD, one.join("session/clone"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .expect("a pipe");
        assert_eq!(clone_token(&one, "session").expect("read"), None, "a pipe");
    }
}
