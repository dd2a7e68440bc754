//! What a running program writes: shown and logged line by line, kept in part.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use session_core::session::RedactedLines;
use session_types::Error;

use super::command::{Line, Stream};
use super::log_file::LogFile;

/// A line that never ends is cut here, for screen and log.
const LINE: usize = 64 << 10;

/// The thread that reads one stream, and what it has so far.
#[derive(Debug)]
pub(super) struct Follower {
    thread: JoinHandle<io::Result<()>>,
    kept: Arc<Mutex<Kept>>,
}

/// What was kept of one stream, and how much there was.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) total: u64,
}

impl Follower {
    /// What the stream held when it ended, or holds at `end`.
    pub(super) fn collect(self, end: Instant, limit: u64) -> Result<Kept, Error> {
        while !self.thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_micros(200));
        }
        if self.thread.is_finished() {
            let result = self.thread.join().map_err(|_| Error::new("the reader of a command's output broke"))?;
            result.map_err(|e| Error::new("cannot read a command's output").because(e.to_string()))?;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let surplus = kept.bytes.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        kept.bytes.drain(..surplus);
        Ok(kept)
    }
}

pub(super) fn follow(
    mut from: impl Read + Send + 'static,
    stream: Stream,
    limit: u64,
    log: Arc<Mutex<Option<LogFile>>>,
    line: Line,
) -> io::Result<Follower> {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let shared = Arc::clone(&kept);
    let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_mul(2);
    let thread = std::thread::Builder::new().spawn(move || {
        let logged = |write: &mut dyn FnMut(&mut LogFile) -> io::Result<()>| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Err(e)) = log.as_mut().map(write) {
                tracing::warn!(error = %e, "the output of a program is not logged any more");
                *log = None;
            }
        };
        let mut secrets = RedactedLines::default();
        let mut told = |bytes: &[u8]| {
            logged(&mut |log| log.line(&mut secrets, bytes));
            line(stream, String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']));
        };
        let mut partial = Vec::new();
        let mut buffer = vec![0; 16 << 10];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let bytes = &buffer[..count];
            shared.lock().unwrap_or_else(PoisonError::into_inner).add(bytes, room);
            partial.extend_from_slice(bytes);
            let end = partial.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            partial[..end].split_inclusive(|b| *b == b'\n').for_each(&mut told);
            partial.drain(..end);
            if partial.len() > LINE {
                let piece = piece(&partial);
                told(&partial[..piece]);
                partial.drain(..piece);
            }
            logged(&mut LogFile::flush);
        }
        if !partial.is_empty() {
            told(&partial);
        }
        Ok(())
    })?;
    Ok(Follower { thread, kept })
}

/// Where a line that never ends is cut: behind a blank or a quote, so that no token is cut in two and passes unseen.
fn piece(line: &[u8]) -> usize {
    let apart = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',' | b';');
    line.iter().rposition(apart).map_or(line.len(), |at| at + 1)
}

impl Kept {
    fn add(&mut self, bytes: &[u8], room: usize) {
        self.total += bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > room {
            self.bytes.drain(..self.bytes.len() - room / 2);
        }
    }
}
