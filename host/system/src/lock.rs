//! Advisory locks of the operating system: free as soon as their holder is gone. The text in the file is for messages.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::{Limit, make_own, share_own, text_own};

/// Held until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is free again as soon as this is dropped"]
pub struct Lock {
    file: File,
}

/// How often a holder is asked for its name that has only just taken the lock, and how long it is waited for each time.
const ASKED: usize = 20;
const MOMENT: Duration = Duration::from_millis(5);

#[derive(Debug, Error)]
pub enum LockError {
    /// Another process holds it; what it says of itself.
    #[error("{holder} is at work on it")]
    Held { holder: String },
    #[error("cannot lock {}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Lock {
    /// Takes the lock or says who has it.
    ///
    /// # Errors
    /// Held, or the file cannot be made.
    pub fn take(path: &Path, holder: &str) -> Result<Self, LockError> {
        let mut file = open(path)?;
        for _ in 0..ASKED {
            match file.try_lock() {
                Ok(()) => return Ok(Self::signed(file, holder)),
                Err(TryLockError::Error(source)) => return Err(LockError::Io { path: path.to_owned(), source }),
                Err(TryLockError::WouldBlock) => {}
            }
            let mut text = String::new();
            let _ = file.rewind().and_then(|()| (&mut file).take(Limit::LOCK.bytes).read_to_string(&mut text));
            if !text.trim().is_empty() {
                return Err(LockError::Held { holder: text.trim().to_owned() });
            }
            std::thread::sleep(MOMENT);
        }
        Err(LockError::Held { holder: "another process".to_owned() })
    }

    /// What the last holder says of itself, which may be gone; none where it gave the lock back.
    pub fn holder(path: &Path) -> Option<String> {
        text_own(path, Limit::LOCK).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Waits for the lock: for short work only.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn wait(path: &Path, holder: &str) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock().map_err(|source| LockError::Io { path: path.to_owned(), source })?;
        Ok(Self::signed(file, holder))
    }

    /// A name that the disk does not take is no reason to do nothing: the lock is held all the same.
    fn signed(mut file: File, holder: &str) -> Self {
        let signed = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        if let Err(error) = signed {
            tracing::debug!(%error, "a lock has no name in it");
        }
        Self { file }
    }
}

impl Drop for Lock {
    /// Before it is free: the next holder must not be called by this name until it has written its own.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

fn open(path: &Path) -> Result<File, LockError> {
    let io = |source| LockError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        make_own(folder).map_err(io)?;
    }
    share_own(path).map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_free_when_dropped() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("x.lock");
        let first = Lock::take(&path, "verify (pid 1)").expect("free");
        let error = Lock::take(&path, "b").expect_err("held");
        assert_eq!(error.to_string(), "verify (pid 1) is at work on it");
        drop(first);
        Lock::take(&path, "c").map(drop).expect("free again");
    }
}
