//! Where a repository lies, and where the root of a project is, seen from it: from the one all paths of plugins are told,
//! and below the top of the other all paths of git. How a repository is found is in `place.rs`.

use std::path::{Component, Path, PathBuf};

use session_types::{Change, Error};

use super::paths::{blob, unseen};

/// The folders of one repository, seen from the root of a project.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) root: PathBuf,
    pub(super) top: PathBuf,
    /// What lies below it is the project's; one repository may hold several.
    pub(super) folder: PathBuf,
    pub(super) git_dir: PathBuf,
    pub(super) common: PathBuf,
    pub(super) sha256: bool,
}

impl Site {
    /// The project's folder below the top; none where it is the top.
    pub(super) fn below(&self) -> Option<&Path> {
        self.folder.strip_prefix(&self.top).ok().filter(|below| !below.as_os_str().is_empty())
    }

    /// What git takes for no object.
    pub(super) fn nothing(&self) -> String {
        "0".repeat(if self.sha256 { 64 } else { 40 })
    }

    /// From a path below the top to one from the root, through `..` where it must.
    pub(super) fn relative_to_root(&self, path: &str) -> String {
        let whole = self.top.join(path);
        if let Ok(inside) = whole.strip_prefix(&self.root) {
            let slash = if path.ends_with('/') { "/" } else { "" };
            return format!("{}{slash}", inside.to_string_lossy().trim_end_matches('/'));
        }
        let shared = self.root.components().zip(whole.components()).take_while(|(a, b)| a == b).count();
        let up = self.root.components().skip(shared).map(|_| Component::ParentDir);
        let down: PathBuf = up.chain(whole.components().skip(shared)).collect();
        down.to_string_lossy().into_owned()
    }

    /// The way back; none for a path outside the repository, nor for what can be no path.
    pub(super) fn relative_to_top(&self, path: &str) -> Option<String> {
        if path.contains('\0') {
            return None;
        }
        let mut whole = self.root.clone();
        for part in Path::new(path).components() {
            match part {
                Component::ParentDir => _ = whole.pop(),
                Component::Normal(name) => whole.push(name),
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        whole.strip_prefix(&self.top).ok().map(|inside| inside.to_string_lossy().into_owned())
    }

    /// Paths below the top, each once and none below another.
    pub(super) fn outermost(&self, paths: &[String]) -> Vec<String> {
        let mut inside: Vec<String> = paths.iter().filter_map(|path| self.relative_to_top(path)).collect();
        inside.sort();
        let mut kept: Vec<String> = Vec::new();
        for path in inside {
            let below = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
            if !kept.contains(&path) && !kept.iter().any(below) {
                kept.push(path);
            }
        }
        kept
    }

    /// A change at a path below the top. `filter` says what the attributes of such a path name.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn described(
        &self,
        path: &str,
        status: &str,
        there: bool,
        filter: impl Fn(&str) -> Option<String>,
    ) -> Result<Change, Error> {
        let found = if there { blob(&self.top.join(path), self.sha256) } else { Ok(None) };
        let (blob, size) = found.map_err(|e| unseen(path, &e.to_string()))?.unzip();
        let filter = blob.as_ref().and_then(|_| filter(path));
        Ok(Change { path: self.relative_to_root(path), status: status.to_owned(), blob, size, filter })
    }
}
