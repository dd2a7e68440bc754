//! Files of a project, for plugins: through the `door`, with an overlay in a dry run, and with what was seen of each. A
//! write replaces the file at once, and never one that somebody else has changed since it was read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::Stat;
use serde::{Deserialize, Serialize};
use session_core::digest::{digest, hex};
use session_types::Error;
use sha2::{Digest as _, Sha256};

use super::door::{Beside, Door};
use super::folder::Refusal;
use super::inside::{inside, is_missing, is_private};
use super::limit::Limit;
use super::spot::Spot;

/// Access to the files of one project. In a dry run, writes go to an overlay that later reads see.
#[derive(Debug)]
pub struct Files {
    door: Door,
    /// Some in a dry run: path to content, none for a removed file.
    overlay: Option<BTreeMap<String, Option<Vec<u8>>>>,
    written: BTreeSet<String>,
    /// What settle has written, or would have in a dry run; none before it began.
    settled: Option<BTreeSet<String>>,
    /// What was read last, by path: a file that somebody else has changed since is not overwritten.
    seen: RefCell<BTreeMap<String, Seen>>,
    /// Of the files, as they were before they were read.
    stamps: RefCell<BTreeMap<String, Stamp>>,
}

/// What was there when it was looked at: SHA-256 of a file's content or of a folder's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    Nothing,
    File(String),
    Folder(String),
}

impl Seen {
    fn file(content: Option<&[u8]>) -> Self {
        content.map_or(Self::Nothing, |content| Self::File(digest(content)))
    }

    fn folder(names: &[String]) -> Self {
        Self::Folder(digest(names.join("\n").as_bytes()))
    }
}

/// A file that has the same stamp holds the same, unless it was written in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub size: u64,
    pub inode: u64,
    /// Seconds since 1970, and nanoseconds.
    pub modified: (i64, i64),
    /// The same of its metadata: what no program can set back.
    pub changed: (i64, i64),
}

struct Hashing<'d>(&'d mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that a dry run would have written; none for a file that is not there.
#[derive(Clone, Debug)]
pub struct PlannedFile {
    pub path: String,
    pub before: Option<Vec<u8>>,
    pub after: Option<Vec<u8>>,
}

impl Files {
    /// # Errors
    /// Where the root cannot be opened.
    pub fn new(root: &Path, dry_run: bool) -> Result<Self, Error> {
        let door = Door::open(root)
            .map_err(|e| Error::new(format!("cannot open {}", root.display())).because(e.to_string()))?;
        Ok(Self {
            door,
            overlay: dry_run.then(BTreeMap::new),
            written: BTreeSet::new(),
            settled: None,
            seen: RefCell::default(),
            stamps: RefCell::default(),
        })
    }

    /// Links may also lead into these repositories of the project.
    #[must_use]
    pub fn beside(self, repositories: Beside) -> Self {
        Self { door: self.door.beside(repositories), ..self }
    }

    /// Paths that were written for real.
    pub fn written(&self) -> &BTreeSet<String> {
        &self.written
    }

    pub fn begin_settle(&mut self) {
        self.settled.get_or_insert_default();
    }

    /// What was written since settle began, or would have been in a dry run.
    pub fn settled(&self) -> BTreeSet<String> {
        self.settled.clone().unwrap_or_default()
    }

    /// Whether this path was written, or would have been in a dry run.
    pub fn has_written(&self, path: &str) -> bool {
        self.written.contains(path) || self.overlay.as_ref().is_some_and(|overlay| overlay.contains_key(path))
    }

    /// What a dry run would have written.
    pub fn planned(&self) -> Vec<PlannedFile> {
        let overlay = self.overlay.iter().flatten();
        let file = |(path, after): (&String, &Option<Vec<u8>>)| PlannedFile {
            path: path.clone(),
            before: self.door.read(path, Limit::PLUGIN_FILE).ok().flatten(),
            after: after.clone(),
        };
        overlay.map(file).collect()
    }

    /// # Errors
    /// A path that leads out, or a file that cannot be read.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = plain(path)?;
        if let Some(content) = self.overlay.as_ref().and_then(|overlay| overlay.get(&path)) {
            return Ok(content.clone());
        }
        let stamp = self.stamp(&path);
        let content = self.content(&path)?;
        self.stamps.borrow_mut().extend(stamp.map(|stamp| (path.clone(), stamp)));
        self.seen.borrow_mut().insert(path, Seen::file(content.as_deref()));
        Ok(content)
    }

    /// As if it had just been read, with this content.
    pub fn saw(&self, path: &str, content: Option<&[u8]>) {
        if let Ok(path) = plain(path) {
            self.seen.borrow_mut().insert(path, Seen::file(content));
        }
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.door.read(path, Limit::PLUGIN_FILE) {
            // A folder is no file, and no reason to fail: whoever asks may look into it.
            Err(e) if e.kind() == io::ErrorKind::IsADirectory => Ok(None),
            content => content.map_err(|e| failed("read", path, &e)),
        }
    }

    /// Everything that was read so far, and what was there.
    pub fn seen(&self) -> BTreeMap<String, Seen> {
        self.seen.borrow().clone()
    }

    /// Stamps of everything that was read, from before it was read.
    pub fn stamps(&self) -> BTreeMap<String, Stamp> {
        self.stamps.borrow().clone()
    }

    /// What is there now, in the way it was seen before.
    ///
    /// # Errors
    /// As [`Files::read`] and [`Files::list`].
    pub fn look(&self, path: &str, before: &Seen) -> Result<Seen, Error> {
        match before {
            Seen::Folder(_) => self.names(&plain(path)?).map(|names| Seen::folder(&names)),
            Seen::Nothing | Seen::File(_) => self.digest(&plain(path)?),
        }
    }

    fn digest(&self, path: &str) -> Result<Seen, Error> {
        match self.door.file(path).and_then(digest_of) {
            Err(e) if e.kind() == io::ErrorKind::IsADirectory => Ok(Seen::Nothing),
            seen => seen.map_err(|e| failed("read", path, &e)),
        }
    }

    /// What the disk says of a file without reading it; none where there is no file.
    pub fn stamp(&self, path: &str) -> Option<Stamp> {
        let stat = self.door.stat(path)?;
        #[expect(clippy::useless_conversion, clippy::unnecessary_cast, reason = "other systems have other types")]
        Some(Stamp {
            size: u64::try_from(stat.st_size).ok()?,
            inode: stat.st_ino.into(),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        })
    }

    /// Refuses to write over what somebody else wrote since it was read, and over what its owner protects. Looked at is the
    /// file in the folder that is open, as it will be written.
    fn may_replace(&self, path: &str, spot: &Spot) -> Result<Option<Stat>, Error> {
        let now = spot.before().map_err(|e| failed("write", path, &e))?;
        let before = self.seen.borrow().get(path).cloned();
        if let Some(before) = before.filter(|before| !matches!(before, Seen::Folder(_)))
            && spot.open().and_then(digest_of).map_err(|e| failed("write", path, &e))? != before
        {
            return Err(Error::new(format!("{path} was changed by somebody else in this very moment"))
                .because("what they wrote would be lost"));
        }
        // A rename would replace it all the same: the folder's permission counts there, not the file's.
        if now.is_some_and(|stat| stat.st_mode & 0o222 == 0) {
            return Err(Error::new(format!("{path} is read-only"))
                .because("its owner protected it from changes")
                .hint(format!("chmod u+w {}", session_types::shell::path(path))));
        }
        Ok(now)
    }

    /// # Errors
    /// A path that leads out, or a disk that does not take it.
    pub fn write(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        let path = plain(path)?;
        if let Some(overlay) = self.overlay.as_mut() {
            self.settled.iter_mut().for_each(|settled| _ = settled.insert(path.clone()));
            overlay.insert(path, Some(content.to_vec()));
            return Ok(());
        }
        let spot = self.door.spot_to_write(&path).map_err(|e| failed("write", &path, &e))?;
        let before = self.may_replace(&path, &spot)?;
        let prepared = spot.prepare(content, before).map_err(|e| failed("write", &path, &e))?;
        // Once more, now that nothing is left but the rename: writing and syncing took their time.
        self.may_replace(&path, &spot)?;
        prepared.place().map_err(|e| failed("write", &path, &e))?;
        self.seen.borrow_mut().insert(path.clone(), Seen::file(Some(content)));
        self.settled.iter_mut().for_each(|settled| _ = settled.insert(path.clone()));
        self.written.insert(path);
        Ok(())
    }

    /// # Errors
    /// A path that leads out, or a file that cannot be removed.
    pub fn remove(&mut self, path: &str) -> Result<(), Error> {
        let path = plain(path)?;
        if let Some(overlay) = self.overlay.as_mut() {
            overlay.insert(path, None);
            return Ok(());
        }
        self.door.remove(&path).map_err(|e| failed("remove", &path, &e))
    }

    /// Names in one folder, sorted; folders end in `/`.
    ///
    /// # Errors
    /// A path that leads out, or a folder that cannot be read.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Error> {
        let path = plain(path)?;
        let names = self.names(&path)?;
        let mut seen = self.seen.borrow_mut();
        if !matches!(seen.get(&path), Some(Seen::File(_))) {
            seen.insert(path, Seen::folder(&names));
        }
        Ok(names)
    }

    fn names(&self, path: &str) -> Result<Vec<String>, Error> {
        let mut names = BTreeSet::new();
        match self.door.list(path) {
            Ok(entries) => names.extend(entries.into_iter().flatten().map(|entry| {
                let name = entry.name.to_string_lossy();
                if entry.is_folder { format!("{name}/") } else { name.into_owned() }
            })),
            Err(e) if is_missing(&e) => {}
            Err(e) => return Err(failed("list", path, &e)),
        }
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        for (planned, content) in self.overlay.iter().flatten() {
            let Some(rest) = planned.strip_prefix(&prefix) else { continue };
            let name = rest.split_inclusive('/').next().unwrap_or(rest).to_owned();
            if content.is_some() { _ = names.insert(name) } else { _ = names.remove(&name) }
        }
        Ok(names.into_iter().filter(|name| !is_private(name.trim_end_matches('/').as_ref())).collect())
    }
}

/// Piece by piece: a plan can be long, and only its digest is asked for.
fn digest_of(file: Option<(File, Stat)>) -> io::Result<Seen> {
    let Some((file, stat)) = file else { return Ok(Seen::Nothing) };
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > Limit::PLUGIN_FILE.bytes {
        return Err(Refusal::Large { size, more: false, limit: Limit::PLUGIN_FILE }.into());
    }
    let mut digest = Sha256::new();
    // No more than it had when it was opened: one that grows is another one by then.
    let mut file = io::Read::take(file, size + 1);
    io::copy(&mut file, &mut io::BufWriter::with_capacity(1 << 16, Hashing(&mut digest)))?;
    Ok(Seen::File(format!("sha256:{}", hex(&digest.finalize()))))
}

fn failed(what: &str, path: &str, error: &io::Error) -> Error {
    match Refusal::of(error) {
        Some(Refusal::Private(_)) => {
            Error::new(format!("{path} is not for plugins")).because("it belongs to version control or to the journal")
        }
        Some(Refusal::Outside(_)) => Error::new(format!("{path} leads out of the project")),
        Some(refusal) => Error::new(format!("cannot {what} {path}")).because(error.to_string()).hint(refusal.hint()),
        None => Error::new(format!("cannot {what} {path}")).because(error.to_string()),
    }
}

/// The path in its plain form.
fn plain(path: &str) -> Result<String, Error> {
    inside(path).map_err(|e| failed("use", path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dry_run: bool) -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join(".git")).expect("made");
        std::fs::write(root.join(".git/config"), "secret").expect("written");
        std::fs::write(folder.path().join("outside"), "secret").expect("written");
        std::os::unix::fs::symlink(folder.path(), root.join("link")).expect("linked");
        std::os::unix::fs::symlink("../outside", root.join("out.txt")).expect("linked");
        let files = Files::new(&root, dry_run).expect("opens");
        (folder, files)
    }

    #[test]
    fn no_way_out() {
        let (folder, mut files) = files(false);
        for path in [
            "../outside",
            "/etc/passwd",
            "a/../../outside",
            ".git/config",
            ".GIT/config",
            "link/outside",
            "out.txt",
            "a/.session/x",
        ] {
            assert!(files.read(path).is_err(), "{path}");
            assert!(files.write(path, b"x").is_err(), "{path}");
        }
        assert!(files.write("link/new", b"x").is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join("outside")).expect("there"), "secret");
        assert!(!folder.path().join("new").exists());
    }

    #[test]
    fn a_write_makes_folders_and_leaves_no_temporary_file() {
        let (folder, mut files) = files(false);
        files.write("./a/b.txt", b"1").expect("written");
        files.write("a/b.txt", b"2").expect("written");
        assert_eq!(files.read("a/b.txt").expect("read").as_deref(), Some(&b"2"[..]));
        assert_eq!(files.list("a").expect("listed"), ["b.txt"]);
        assert_eq!(std::fs::read_dir(folder.path().join("root/a")).expect("there").count(), 1);
        files.remove("a/b.txt").expect("removed");
        files.remove("a/b.txt").expect("gone already");
        assert_eq!(files.read("a/b.txt").expect("read"), None);
    }

    #[test]
    fn a_dry_run_sees_its_own_writes_and_does_none() {
        let (folder, mut files) = files(true);
        files.write("a/b.txt", b"1").expect("planned");
        assert_eq!(files.read("a/b.txt").expect("read").as_deref(), Some(&b"1"[..]));
        assert_eq!(files.list("a").expect("listed"), ["b.txt"]);
        assert!(!folder.path().join("root/a").exists());
        assert_eq!(files.planned().len(), 1);
    }
}
