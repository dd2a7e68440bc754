//! What a running program writes: shown line by line, logged whole, kept in part.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use session_sdk::Error;

use super::command::{Line, Stream};

/// A line that never ends is cut here for the screen.
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
    log: Arc<Mutex<Option<File>>>,
    line: Line,
) -> io::Result<Follower> {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let shared = Arc::clone(&kept);
    let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_mul(2);
    let thread = std::thread::Builder::new().spawn(move || {
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
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Err(e)) = log.as_mut().map(|log| log.write_all(bytes)) {
                tracing::warn!(error = %e, "the output of a program is not logged any more");
                *log = None;
            }
            drop(log);
            shared.lock().unwrap_or_else(PoisonError::into_inner).add(bytes, room);
            partial.extend_from_slice(bytes);
            while let Some(end) = partial.iter().position(|b| *b == b'\n') {
                let text: Vec<u8> = partial.drain(..=end).collect();
                line(stream, String::from_utf8_lossy(&text).trim_end_matches(['\r', '\n']));
            }
            if partial.len() > LINE {
                line(stream, &String::from_utf8_lossy(&partial));
                partial.clear();
            }
        }
        if !partial.is_empty() {
            line(stream, &String::from_utf8_lossy(&partial));
        }
        Ok(())
    })?;
    Ok(Follower { thread, kept })
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
