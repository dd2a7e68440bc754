//! Which session works in a working tree: a note in the folder that git keeps for that tree, where every project, clone and
//! worktree that works in it finds it. Whether the session is still active says its journal, not the note.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use session_core::digest::hex;
use session_repository::whereabouts;
use session_system::{Limit, names_own, read_own, remove_own, replace_cached};
use session_system::{Lock, LockError};

/// A session that works in a working tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub session: String,
    /// Root of the project that it was started in.
    pub project: PathBuf,
    /// State folder of that project, with the session's journal.
    pub state: PathBuf,
    /// What of the working tree it works in; all where it is empty.
    pub below: String,
}

/// The notes of one working tree.
#[derive(Clone, Debug)]
pub struct Claims {
    folder: PathBuf,
    below: String,
}

impl Claims {
    /// Of the working tree that a folder is in; none outside git.
    pub fn of(folder: &Path) -> Option<Self> {
        let (git_dir, below) = whereabouts(folder)?;
        Some(Self { folder: git_dir.join("session"), below })
    }

    /// The lock under which notes are read and written: two starts at once cannot both be the first.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn lock(&self, holder: &str) -> Result<Lock, LockError> {
        Lock::wait(&self.folder.join("locks").join("claims.lock"), holder)
    }

    pub fn claim(&self, session: &str, project: &Path, state: &Path) -> Claim {
        let (project, state) = (project.to_owned(), state.to_owned());
        Claim { session: session.to_owned(), project, state, below: self.below.clone() }
    }

    /// Notes of other sessions about the same files.
    ///
    /// # Errors
    /// Where the folder is there and cannot be read.
    pub fn others(&self, mine: &Claim) -> std::io::Result<Vec<Claim>> {
        let mut claims = Vec::new();
        for name in names_own(&self.notes())? {
            let text = match read_own(&self.notes().join(name), Limit::OWN) {
                Ok(text) => text,
                // Its session has ended since the folder was listed.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(e),
            };
            // One that was cut off while it was written says nothing: its session has not begun.
            claims.extend(serde_json::from_slice::<Claim>(&text).ok());
        }
        claims.retain(|other| other.key() != mine.key() && overlap(&other.below, &mine.below));
        claims.sort_by(|a, b| (&a.session, &a.project).cmp(&(&b.session, &b.project)));
        Ok(claims)
    }

    /// # Errors
    /// Where the disk does not take it.
    pub fn put(&self, claim: &Claim) -> std::io::Result<()> {
        replace_cached(&self.file(claim), serde_json::to_string(claim).unwrap_or_default().as_bytes())
    }

    /// A note that is gone already is no error, and one that cannot be removed is told by the journal to be old.
    pub fn remove(&self, claim: &Claim) {
        if let Err(e) = remove_own(&self.file(claim))
            && e.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(error = %e, "a claim stays");
        }
    }

    fn notes(&self) -> PathBuf {
        self.folder.join("claims")
    }

    fn file(&self, claim: &Claim) -> PathBuf {
        self.notes().join(format!("{}.json", claim.key()))
    }
}

impl Claim {
    /// A session by its state folder: two projects may both have an A-01.
    fn key(&self) -> String {
        let name = format!("{}\0{}", self.state.display(), self.session);
        hex(&Sha256::digest(name.as_bytes())).chars().take(16).collect()
    }
}

/// Whether two folders of one working tree have files in common.
fn overlap(a: &str, b: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    within(a, b) || within(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_have_files_in_common() {
        for (a, b) in [("", ""), ("", "api"), ("api", "api"), ("api", "api/core")] {
            assert!(overlap(a, b) && overlap(b, a), "{a} {b}");
        }
        assert!(!overlap("api", "apis") && !overlap("api/a", "api/b"));
    }
}
