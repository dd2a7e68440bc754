//! Files that are converted on their way into the repository or out of it: by filters, encodings or line ends.

use std::cell::OnceCell;
use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Repository};

use super::super::paths::has_cr;

/// Attributes by which files are converted, whatever they hold.
const CONVERTING: [&str; 3] = ["filter", "working-tree-encoding", "ident"];

/// Whether files are converted on their way into the repository in a manner that libgit2 does not know, or not just as
/// git. Attributes may stand in any folder, so each path is asked for its own.
pub(in super::super) struct Conversions<'r> {
    repo: &'r Repository,
    auto: OnceCell<bool>,
}

impl<'r> Conversions<'r> {
    pub(in super::super) fn of(repo: &'r Repository) -> Self {
        Self { repo, auto: OnceCell::new() }
    }

    fn says(&self, path: &Path, name: &str) -> bool {
        let value = self.repo.get_attr_bytes(path, name, AttrCheckFlags::default()).ok().flatten();
        !matches!(AttrValue::from_bytes(value), AttrValue::Unspecified | AttrValue::False)
    }

    fn line_ends(&self, path: &Path) -> bool {
        let says = |name| self.says(path, name);
        *self.auto.get_or_init(|| converts(self.repo)) || ["text", "eol", "crlf"].into_iter().any(says)
    }

    /// Of a path below the top, on its way out of the repository: what lies there now does not matter.
    pub(in super::super) fn concern_new(&self, path: &Path) -> bool {
        CONVERTING.iter().any(|name| self.says(path, name)) || self.line_ends(path)
    }

    /// Of a path below the top.
    pub(super) fn concern(&self, path: &Path) -> bool {
        let whole = self.repo.workdir().map(|top| top.join(path));
        let is_file = |whole: &Path| whole.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        let Some(whole) = whole.filter(|whole| is_file(whole)) else { return false };
        CONVERTING.iter().any(|name| self.says(path, name)) || (self.line_ends(path) && has_cr(&whole))
    }
}

/// The filter that the attributes of a path name.
pub(super) fn filter(repo: &Repository, path: &str) -> Option<String> {
    let value = repo.get_attr(Path::new(path), "filter", AttrCheckFlags::default()).ok().flatten();
    match AttrValue::from_string(value) {
        AttrValue::String(name) => Some(name.to_owned()),
        _ => None,
    }
}

fn converts(repo: &Repository) -> bool {
    let config = repo.config().and_then(|mut config| config.snapshot());
    config.is_ok_and(|config| config.get_string("core.autocrlf").is_ok_and(|value| value != "false"))
}
