//! The journal on disk: one file per session, JSON Lines.
//!
//! A crash before an append is complete leaves a torn last line, which is dropped: nothing was done on its account,
//! since effects follow their intent. A crash after it leaves the entry: `write` survives the process, `sync` the
//! machine. A power cut may leave blocks of zeros where lines were that nobody had synced: these are dropped with all
//! that follows. Any other bad line is corruption and is named, never skipped.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use session_types::Timestamp;
use thiserror::Error;

use session_core::journal::{Decoded, Entry, LineError, decode, encode, synced};
use session_system::{Limit, append_own, make_own, read_own};

#[derive(Debug, Error)]
pub enum JournalError {
    #[error("cannot {what} the journal {}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("line {line} of the journal {} is damaged", path.display())]
    Damaged {
        path: PathBuf,
        line: usize,
        /// What stands before it.
        before: Vec<(Timestamp, Entry)>,
        source: LineError,
    },
    /// What was written went into a file that nobody will ever read.
    #[error("the journal {} was removed while it was written", path.display())]
    Gone { path: PathBuf },
    #[error("an entry of the journal has no JSON form")]
    Json(#[from] serde_json::Error),
}

/// An open journal. Entries are appended in order.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    seq: u64,
    /// When somebody else last wrote to it.
    written: SystemTime,
    /// Lines that are on stable storage for sure.
    synced: Cell<u64>,
}

/// All entries of a journal; none where there is no file. A torn last line is dropped.
///
/// # Errors
/// Where the file cannot be read or a line is damaged.
pub fn read(path: &Path) -> Result<Vec<(Timestamp, Entry)>, JournalError> {
    read_whole(path).map(|(entries, _)| entries)
}

/// Entries, and the length of the file without a torn end.
fn read_whole(path: &Path) -> Result<(Vec<(Timestamp, Entry)>, u64), JournalError> {
    let bytes = match read_own(path, Limit::JOURNAL) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(source) => return Err(JournalError::Io { what: "read", path: path.to_owned(), source }),
    };
    let (entries, whole, wrong) = parse(&bytes);
    match wrong {
        None => Ok((entries, whole as u64)),
        Some(source) => {
            Err(JournalError::Damaged { path: path.to_owned(), line: entries.len() + 1, before: entries, source })
        }
    }
}

/// The entries up to the first line that is none, the bytes that they take, and what is wrong with that line, where
/// that is more than the end of the file.
pub fn parse(bytes: &[u8]) -> (Vec<(Timestamp, Entry)>, usize, Option<LineError>) {
    let (mut entries, mut whole) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let ended = line.ends_with(b"\n");
        let wrong = match decoded(line, entries.len() as u64 + 1) {
            Ok(read) if ended => {
                entries.push((read.at, read.entry));
                whole += line.len();
                continue;
            }
            // Only its line feed is missing: nothing was done on its account.
            Ok(_) | Err(LineError::Torn) if !ended => None,
            Ok(_) => Some(LineError::Torn),
            Err(_) if has_zeros(line) && never_written(&bytes[whole..], entries.len() as u64 + 1) => None,
            Err(wrong) => Some(wrong),
        };
        return (entries, whole, wrong);
    }
    (entries, whole, None)
}

fn decoded(line: &[u8], seq: u64) -> Result<Decoded, LineError> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|e| match e.error_len() {
        None => LineError::Torn,
        Some(_) => LineError::Shape,
    })?;
    decode(text, seq)
}

/// A block that was never written, or its beginning: not the one zero that a flipped bit makes.
fn has_zeros(line: &[u8]) -> bool {
    line.iter().position(|b| *b == 0).is_some_and(|at| line.get(at + 1).is_none_or(|next| *next == 0))
}

/// No later line says that this one was on stable storage before it: the zeros stand for blocks that a power cut kept
/// from the disk, and what follows them was never acknowledged.
fn never_written(bytes: &[u8], seq: u64) -> bool {
    bytes.split(|b| *b == b'\n').filter_map(|line| std::str::from_utf8(line).ok()).all(|line| synced(line) < seq)
}

impl Journal {
    /// Opens a journal for appending, and says what stands in it. The caller holds the session's lock.
    ///
    /// # Errors
    /// As [`read`], and where the file cannot be made.
    pub fn open(path: &Path) -> Result<(Self, Vec<(Timestamp, Entry)>), JournalError> {
        let io = |what| move |source| JournalError::Io { what, path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            make_own(folder).map_err(io("make the folder of"))?;
        }
        let (entries, whole) = read_whole(path)?;
        // What plugins have read stands in it, settings with passwords among it.
        let file = append_own(path).map_err(io("open"))?;
        let metadata = file.metadata().map_err(io("read"))?;
        let written = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if metadata.len() > whole {
            file.set_len(whole).map_err(io("mend"))?;
        }
        let seq = entries.len() as u64;
        Ok((Self { path: path.to_owned(), file, seq, written, synced: Cell::new(0) }, entries))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was last written to before it was opened.
    pub fn written(&self) -> SystemTime {
        self.written
    }

    /// Writes one entry. It survives the death of this process, not that of the machine.
    ///
    /// # Errors
    /// Where the disk does not take it; the entry is then torn or absent.
    pub fn append(&mut self, at: &Timestamp, entry: &Entry) -> Result<(), JournalError> {
        let line = encode(self.seq + 1, self.synced.get(), at, entry)?;
        let io = |source| JournalError::Io { what: "write", path: self.path.clone(), source };
        self.file.write_all(line.as_bytes()).map_err(io)?;
        self.seq += 1;
        Ok(())
    }

    /// Makes everything so far survive the machine, as far as its disk keeps its word.
    ///
    /// # Errors
    /// Where the disk says that it could not, and where the file is not there any more.
    pub fn sync(&self) -> Result<(), JournalError> {
        let io = |source| JournalError::Io { what: "sync", path: self.path.clone(), source };
        self.file.sync_data().map_err(io)?;
        // A check may have removed the folder: what is written to the open file then goes with this process.
        let (here, there) = (self.file.metadata().map_err(io)?, std::fs::metadata(&self.path));
        if !there.is_ok_and(|there| (there.dev(), there.ino()) == (here.dev(), here.ino())) {
            return Err(JournalError::Gone { path: self.path.clone() });
        }
        self.synced.set(self.seq);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry::Settled { complete: true }
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_overwritten() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("a/A-1.jsonl");
        let at = Timestamp("t".into());
        let (mut journal, before) = Journal::open(&path).expect("opens");
        assert!(before.is_empty());
        journal.append(&at, &entry()).expect("writes");
        journal.append(&at, &entry()).expect("writes");
        let text = std::fs::read(&path).expect("there");
        let first = text.iter().position(|b| *b == b'\n').expect("two lines") + 1;
        for cut in first..text.len() {
            std::fs::write(&path, &text[..cut]).expect("writes");
            let (mut journal, entries) = Journal::open(&path).expect("opens");
            assert_eq!(entries.len(), 1, "cut at {cut}");
            journal.append(&at, &entry()).expect("writes");
            assert_eq!(read(&path).expect("whole").len(), 2, "cut at {cut}");
        }
    }

    #[test]
    fn a_bad_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("A-1.jsonl");
        let (mut journal, _) = Journal::open(&path).expect("opens");
        for _ in 0..3 {
            journal.append(&Timestamp("t".into()), &entry()).expect("writes");
        }
        let text = std::fs::read_to_string(&path).expect("there");
        std::fs::write(&path, text.replacen("\"seq\":2", "\"seq\":3", 1)).expect("writes");
        let error = read(&path).expect_err("damaged");
        assert!(error.to_string().contains("line 2"), "{error}");
        std::fs::write(&path, text.lines().skip(1).map(|l| format!("{l}\n")).collect::<String>()).expect("writes");
        assert!(matches!(read(&path), Err(JournalError::Damaged { line: 1, source: LineError::Sequence { .. }, .. })));
    }
}
