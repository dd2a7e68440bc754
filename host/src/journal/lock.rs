//! Advisory locks of the operating system: free as soon as their holder is gone. The text in the file is for messages.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Held until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is free again as soon as this is dropped"]
pub struct Lock {
    _file: File,
}

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
        match file.try_lock() {
            Ok(()) => Self::sign(file, path, holder),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                let text = text.trim();
                Err(LockError::Held { holder: if text.is_empty() { "another process" } else { text }.to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(LockError::Io { path: path.to_owned(), source }),
        }
    }

    /// Waits for the lock: for short work only.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn wait(path: &Path, holder: &str) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock().map_err(|source| LockError::Io { path: path.to_owned(), source })?;
        Self::sign(file, path, holder)
    }

    fn sign(mut file: File, path: &Path, holder: &str) -> Result<Self, LockError> {
        let io = |source| LockError::Io { path: path.to_owned(), source };
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(holder.as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

fn open(path: &Path) -> Result<File, LockError> {
    let io = |source| LockError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(io)
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
