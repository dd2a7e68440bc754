//! Which paths are documents: files that the program writes. They never count as dirty, no work commit holds them, and
//! they are committed without hooks and without a question. So one rule decides for all commands, and docs/formats.md tells
//! it. A path is a document where the host saw a plugin write it in settle, where the host wrote it itself (records, what
//! `init` writes), or where a record or a journal lists it in a place of documents. The list of what was seen stands in the
//! user's settings. Pure: what the disk says of a path is asked where an overview is made (`overview.rs` of the workflow).

use std::collections::BTreeSet;

use crate::grants::{Grants, path_matches};

/// Where the word of a record is enough: what the plugins that settle may write, as far as their grants name a folder or a
/// file. A grant such as `**` names none, and `src/main.rs` would be as good as any other path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentPlaces(BTreeSet<String>);

impl DocumentPlaces {
    /// By the grants of the plugins that settle.
    pub fn of<'g>(grants: impl IntoIterator<Item = &'g Grants>) -> Self {
        let patterns = grants.into_iter().flat_map(|grants| &grants.write);
        Self(patterns.filter(|pattern| names_a_place(pattern)).cloned().collect())
    }

    /// The places of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The folders that they name, without what stands behind the first pattern.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|pattern| {
            let end = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
            pattern.get(..end)?.rsplit_once('/').map(|(folder, _)| folder)
        })
    }

    /// Whether a path in plain form lies in one of them.
    pub fn hold(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| path_matches(pattern, path))
    }
}

/// Its first part is a name and no pattern.
fn names_a_place(pattern: &str) -> bool {
    let first = pattern.split('/').next().unwrap_or_default();
    !matches!(first, "" | "." | "..") && !first.contains(['*', '?', '[', '{', '\\'])
}

/// The plain form of a path that can be a document: below the root, a file and never a folder, and none of git's or of the
/// host's own. A control character would forge lines in the list of this clone.
pub fn document_path(path: &str) -> Option<String> {
    if path.starts_with('/') || path.ends_with('/') || path.chars().any(char::is_control) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let foreign = |part: &&str| *part == ".." || [".git", ".session"].iter().any(|own| part.eq_ignore_ascii_case(own));
    (!parts.is_empty() && !parts.iter().any(foreign)).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(patterns: &[&str]) -> DocumentPlaces {
        let write = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        DocumentPlaces::of([&Grants { write, ..Grants::default() }])
    }

    #[test]
    fn only_a_grant_that_names_a_place_makes_one() {
        let narrow = places(&["docs/progress/**", "PROGRESS.md", "out/*.html"]);
        for yes in ["docs/progress/A.md", "docs/progress/a/b.md", "PROGRESS.md", "out/a.html"] {
            assert!(narrow.hold(yes), "{yes}");
        }
        for no in ["docs/progress", "src/main.rs", "docs/progress/../../src/main.rs", "out/a/b.html", "PROGRESS.md/x"] {
            assert!(!narrow.hold(no), "{no}");
        }
        for wide in ["**", "*", "**/*.rs", "*/main.rs", "{src,docs}/**", "[s]rc/**", "?rc/**", "../**", "./**"] {
            assert!(!places(&[wide]).hold("src/main.rs"), "{wide}");
        }
    }

    #[test]
    fn only_a_file_below_the_root_can_be_a_document() {
        for (path, plain) in [("a", "a"), ("./docs//A.md", "docs/A.md"), ("a/./b", "a/b")] {
            assert_eq!(document_path(path).as_deref(), Some(plain));
        }
        for no in ["", ".", "./", "src/", "/etc/passwd", "..", "a/../b", ".git/config", "a/.GIT/x", "a\nsrc/main.rs"] {
            assert_eq!(document_path(no), None, "{no}");
        }
    }
}
