//! Which revisions are the session's: by what the files hold, not by their paths. Who moves or renames a revision file of
//! others has made nothing that could be taken down.

use std::collections::BTreeSet;

use session_sdk::{Back, Commit, HistoryRequest, Result, facts, repository};

use crate::project::{Own, lossy};
use crate::revision::{Read, read};

/// What a rollback undoes, apart from what it removes.
#[derive(Debug, Default)]
pub struct Undone {
    /// Keys of the revisions that were there before.
    old: BTreeSet<String>,
    /// Python files that are changed, moved or removed.
    pub paths: BTreeSet<String>,
}

impl Undone {
    pub fn is_own(&self, own: &Own) -> bool {
        is_new(own, &self.old)
    }
}

/// The revision, or all of a file whose revision only Python knows.
fn key(path: &str, text: &str) -> Option<String> {
    match read(path, text) {
        Read::Revision(revision) => Some(revision.revision),
        Read::Unread => Some(format!("\0{}", text.trim())),
        Read::Other => None,
    }
}

fn is_new(own: &Own, old: &BTreeSet<String>) -> bool {
    key(&own.path, &own.text).is_none_or(|key| !old.contains(&key))
}

fn at<'a>(commit: &str, paths: impl IntoIterator<Item = &'a String>) -> Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for path in paths {
        let text = repository::file_at(commit, path)?.map(lossy);
        keys.extend(text.and_then(|text| key(path, &text)));
    }
    Ok(keys)
}

fn python(paths: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    paths.into_iter().filter(|path| path.ends_with(".py")).collect()
}

fn changes() -> Result<BTreeSet<String>> {
    Ok(python(repository::changes()?.into_iter().map(|change| change.path)))
}

/// Leaves out what the tree that the session began with has, under whatever path.
///
/// # Errors
/// Commits that cannot be read.
pub fn since(base: &str, own: &mut Vec<Own>, paths: &[String]) -> Result<()> {
    if own.is_empty() {
        return Ok(());
    }
    let request = HistoryRequest { since: Some(base.to_owned()), merged: true, ..HistoryRequest::default() };
    let commits = repository::history_of(&request)?;
    let files = commits.into_iter().flat_map(|commit| commit.files).chain(paths.iter().cloned());
    let mut paths = python(files);
    paths.extend(changes()?);
    let old = at(base, &paths)?;
    own.retain(|own| is_new(own, &old));
    Ok(())
}

/// # Errors
/// Commits that cannot be read.
pub fn undone(back: &Back) -> Result<Undone> {
    let mut undone = Undone::default();
    let mut mine = BTreeSet::new();
    for undo in back.commits.iter().rev() {
        let commit = undo.commit.as_str();
        let parent = undo.to.clone().unwrap_or_else(|| format!("{commit}~1"));
        let range = HistoryRequest { since: Some(format!("{parent}..{commit}")), merged: true, ..Default::default() };
        let (commits, before) = match repository::history_of(&range) {
            Ok(commits) => (commits, Some(parent)),
            // The session began where there was no commit, and this is the first of all.
            Err(_) if undo.to.is_none() && facts::get("git.base")?.is_none_or(|base| base.trim().is_empty()) => {
                let all = repository::history_of(&HistoryRequest::default())?;
                (all.into_iter().filter(|known| known.commit == commit).collect::<Vec<Commit>>(), None)
            }
            Err(error) => return Err(error),
        };
        let paths = python(commits.into_iter().flat_map(|commit| commit.files));
        let before = before.map_or(Ok(BTreeSet::new()), |before| at(&before, &paths))?;
        mine.extend(at(commit, &paths)?.difference(&before).filter(|key| !undone.old.contains(*key)).cloned());
        undone.old.extend(before.difference(&mine).cloned());
        undone.paths.extend(paths);
    }
    let mut open = python(back.uncommitted.iter().cloned());
    if repository::head()?.commit.is_some() {
        let all: BTreeSet<String> = open.union(&changes()?).cloned().collect();
        // A path that is not there without the session holds what is the session's.
        let before = at("HEAD", all.iter().filter(|path| !back.added.contains(path)))?;
        undone.old.extend(before.difference(&mine).cloned());
    }
    undone.paths.append(&mut open);
    Ok(undone)
}
