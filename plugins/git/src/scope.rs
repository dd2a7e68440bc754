//! What a session changed, and what was there before it.

use std::collections::{BTreeMap, BTreeSet};

use session_sdk::pattern::Pattern;
use session_sdk::{Change, Error, Repository, Result, Session};

use crate::words::quoted;

/// Paths that were dirty at start, with their content then: a blob, or nothing for a deleted file.
pub type Dirty = BTreeMap<String, Option<String>>;

/// True for files that the program writes; an entry that ends in `/` is a folder.
pub fn is_document(path: &str, documents: &[String]) -> bool {
    documents.iter().any(|document| path == document || (document.ends_with('/') && path.starts_with(document)))
}

/// What is dirty now, documents apart.
pub fn dirty(changes: &[Change], documents: &[String]) -> Dirty {
    changes
        .iter()
        .filter(|change| !is_document(&change.path, documents))
        .map(|change| (change.path.clone(), change.blob.clone()))
        .collect()
}

/// # Errors
/// Names the first file that a merge left in conflict, documents too.
pub fn refuse_conflicts(changes: &[Change]) -> Result<()> {
    let Some(change) = changes.iter().find(|change| change.status == "conflicted") else { return Ok(()) };
    let path = &change.path;
    Err(Error::new(format!("{path} has conflicts"))
        .hint(format!("resolve them (session progress --resolve mends documents), then git add {}", quoted(path))))
}

/// Paths that changed, by whose work they are.
#[derive(Debug, Default)]
pub struct Scope {
    pub own: Vec<String>,
    /// Dirty at start, and changed since: whose work is that?
    pub unclear: Vec<String>,
}

/// Sorts what has changed.
///
/// # Errors
/// Names a conflict.
pub fn sort(
    changes: &[Change],
    documents: &[String],
    before: &Dirty,
    include: &[String],
    leave: &BTreeSet<String>,
) -> Result<Scope> {
    let Scope { mut own, mut unclear } = Scope::default();
    for change in changes.iter().filter(|change| !is_document(&change.path, documents)) {
        let path = &change.path;
        if change.status == "conflicted" {
            return Err(Error::new(format!("{path} has conflicts"))
                .hint(format!("resolve them, then git add {}", quoted(path))));
        }
        match before.get(path) {
            _ if include.contains(path) => own.push(path.clone()),
            _ if leave.contains(path) => {}
            Some(blob) if *blob == change.blob => {}
            Some(_) => unclear.push(path.clone()),
            None => own.push(path.clone()),
        }
    }
    Ok(Scope { own, unclear })
}

/// The session's own paths, where all are clear.
///
/// # Errors
/// As [`sort`], and names the unclear ones.
pub fn own(
    changes: &[Change],
    documents: &[String],
    before: &Dirty,
    include: &[String],
    leave: &BTreeSet<String>,
) -> Result<Vec<String>> {
    let Scope { own, unclear } = sort(changes, documents, before, include, leave)?;
    if unclear.is_empty() {
        return Ok(own);
    }
    let flags =
        |flag: &str| unclear.iter().map(|path| format!("{flag} {}", quoted(path))).collect::<Vec<_>>().join(" ");
    Err(Error::new(format!("{} changed both before and during the session", unclear.join(", ")))
        .because("what was dirty at start is not the session's, and git cannot tell the two apart")
        .hint(format!("session complete {} to commit them whole, or {}", flags("--include"), flags("--leave"))))
}

/// The paths that are outside what the session means to change; none where it does not say what.
///
/// Patterns may begin at the root, at the repository, or at the folder that the session works in.
pub fn outside<'p>(
    paths: impl IntoIterator<Item = &'p str>,
    session: &Session,
    repositories: &[Repository],
) -> Vec<&'p str> {
    let patterns: Vec<Pattern> = session.metadata.files.iter().map(|text| Pattern::parse(text)).collect();
    if patterns.is_empty() {
        return Vec::new();
    }
    let named = session.metadata.repository.as_deref();
    let repository = repositories.iter().find(|repository| Some(repository.name.as_str()) == named);
    let repository = repository.map_or("", |repository| repository.path.trim_end_matches('/'));
    let folder = session.metadata.working_directory.as_deref().unwrap_or_default();
    let folder = [repository, folder.trim_matches('/')].into_iter().filter(|part| !matches!(*part, "" | "."));
    let folder = folder.collect::<Vec<_>>().join("/");
    let below = |path: &'p str, folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
    let matches = |path: &'p str| {
        let places = [Some(path), below(path, repository), below(path, &folder)];
        places.into_iter().flatten().any(|path| patterns.iter().any(|pattern| pattern.matches(path)))
    };
    let mut outside: Vec<&str> = paths.into_iter().filter(|path| !matches(path)).collect();
    outside.sort_unstable();
    outside.dedup();
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, blob: &str) -> Change {
        Change { path: path.into(), status: "modified".into(), blob: Some(blob.into()), ..Change::default() }
    }

    #[test]
    fn what_is_outside_the_files_of_the_session() {
        let mut session = Session::default();
        let paths = ["src/a.rs", "src/nib/b.rs", "Cargo.toml", "src/a.rs"];
        assert!(outside(paths, &session, &[]).is_empty(), "it names none");
        session.metadata.files = vec!["src/nib/ (new)".into(), "src/[ab].rs".into()];
        assert_eq!(outside(paths, &session, &[]), ["Cargo.toml"]);

        session.metadata.repository = Some("api".into());
        session.metadata.working_directory = Some("core".into());
        let repository = Repository { name: "api".into(), path: "../api".into(), prefix: Vec::new() };
        let paths = ["../api/src/a.rs", "../api/core/src/b.rs", "../api/lib/a.rs"];
        assert_eq!(outside(paths, &session, &[repository]), ["../api/lib/a.rs"]);
    }

    #[test]
    fn what_was_dirty_before_stays_out() {
        let documents = ["docs/records/".to_owned(), "P.md".to_owned()];
        let before = dirty(&[change("notes", "1"), change("both", "1"), change("P.md", "1")], &documents);
        let now = [change("notes", "1"), change("new", "1"), change("P.md", "2"), change("docs/records/A.json", "1")];
        let none = BTreeSet::new();
        assert_eq!(own(&now, &documents, &before, &[], &none).expect("clear"), ["new"]);
        let new = BTreeSet::from(["new".to_owned()]);
        assert!(own(&now, &documents, &before, &[], &new).expect("left").is_empty(), "though it was clean before");

        let now = [change("both", "2")];
        let error = own(&now, &documents, &before, &[], &none).expect_err("unclear");
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("--include both")), "{error}");
        let both = ["both".to_owned()];
        assert_eq!(own(&now, &documents, &before, &both, &none).expect("included"), ["both"]);
        let both = BTreeSet::from(both);
        assert!(own(&now, &documents, &before, &[], &both).expect("left").is_empty());
    }
}
