//! What stood there before `init`: one that fails leaves nothing behind, so that the next one can run. A kill is something else:
//! the same command then goes on (`init.rs`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use session_engine::project::Home;
use session_system::{Limit, read_own, remove_empty_own, remove_folder_own, remove_own};

/// Files and folders that `init` may make or change.
pub(crate) struct Before {
    root: PathBuf,
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Not there before, outermost first.
    folders: Vec<PathBuf>,
    /// The state folder, where it was not there before.
    state: Option<PathBuf>,
}

impl Before {
    pub(crate) fn of(root: &Path, home: &Home) -> Self {
        let state = Some(home.folder.clone()).filter(|folder| !folder.exists());
        Self { root: root.to_owned(), files: Vec::new(), folders: Vec::new(), state }
    }

    /// Remembers a file that is about to be written, as it is now.
    pub(crate) fn keep(&mut self, path: &str) {
        self.keep_file(self.root.join(path));
    }

    /// Remembers a file that an earlier run of the same `init` has made: it was not there before.
    pub(crate) fn keep_own(&mut self, path: &str) {
        self.files.push((self.root.join(path), None));
    }

    fn keep_file(&mut self, path: PathBuf) {
        if self.files.iter().any(|(known, _)| *known == path) {
            return;
        }
        let missing = path.ancestors().skip(1).take_while(|folder| !folder.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.retain(|folder| !self.folders.contains(folder));
        missing.reverse();
        self.folders.extend(missing);
        match read_own(&path, Limit::PLUGIN_FILE) {
            Ok(content) => self.files.push((path, Some(content))),
            Err(e) if e.kind() == ErrorKind::NotFound => self.files.push((path, None)),
            // Nothing is written over what is no file, so nothing is brought back.
            Err(error) => tracing::debug!(path = %path.display(), %error, "it is left alone"),
        }
    }

    /// Brings all of it back.
    pub(crate) fn bring_back(self) {
        for (path, content) in &self.files {
            let done = match content {
                Some(bytes) if read_own(path, Limit::PLUGIN_FILE).is_ok_and(|now| now == *bytes) => Ok(()),
                Some(bytes) => session_system::replace(path, bytes),
                None => remove_own(path),
            };
            if let Err(error) = done.or_else(gone) {
                tracing::warn!(path = %path.display(), %error, "it stays as init has written it");
            }
        }
        if let Some(state) = &self.state
            && let Err(error) = remove_folder_own(state).or_else(gone)
        {
            tracing::warn!(path = %state.display(), %error, "the state folder stays");
        }
        // Only where nothing else stands in them by now.
        self.folders.iter().rev().for_each(|folder| _ = remove_empty_own(folder));
    }
}

fn gone(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
