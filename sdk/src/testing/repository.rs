//! The repository of the host in memory: commits, what they fold, and ranges of them. What else a handler sees is `host.rs`.

use std::collections::BTreeSet;

use super::host::World;
use crate::{
    Change, Commit, CommitRequest, Committed, Elsewhere, Fold, Head, HistoryRequest, RevertRequest, TreeRequest,
};
use crate::{Error, Result};

impl World {
    /// Commits that are newer than this one; all where it is not known.
    pub(super) fn since(&self, commit: Option<&str>) -> &[Commit] {
        let end = self.history.iter().position(|c| Some(c.commit.as_str()) == commit);
        &self.history[..end.unwrap_or(self.history.len())]
    }

    /// As [`World::since`]; for `A..B` those of B that A does not have.
    ///
    /// # Errors
    /// A range of something that is no commit.
    pub(super) fn commits(&self, since: Option<&str>) -> Result<Vec<Commit>> {
        let Some((from, to)) = since.and_then(|since| since.split_once("..")) else {
            return Ok(self.since(since).to_vec());
        };
        let known = if from.is_empty() { &[] } else { self.reached(from)? };
        let known: BTreeSet<&str> = known.iter().map(|commit| commit.commit.as_str()).collect();
        let new = |commit: &&Commit| !known.contains(commit.commit.as_str());
        Ok(self.reached(to)?.iter().filter(new).cloned().collect())
    }

    /// Those of them that the request is about; histories in memory have no merges.
    ///
    /// # Errors
    /// As [`World::commits`].
    pub(super) fn asked(&self, request: &HistoryRequest) -> Result<Vec<Commit>> {
        if let Some(elsewhere) = &request.elsewhere {
            return Ok(self.elsewhere(elsewhere));
        }
        let mut commits = self.commits(request.since.as_deref())?;
        let below = |file: &String, path: &str| file == path || (path.ends_with('/') && file.starts_with(path));
        commits.retain(|commit| request.matching.as_deref().is_none_or(|text| commit.message.contains(text)));
        commits.retain(|commit| {
            request.path.as_deref().is_none_or(|path| commit.files.iter().any(|file| below(file, path)))
        });
        Ok(commits)
    }

    /// What is kept under the name of a branch counts as made in this working tree.
    fn elsewhere(&self, asked: &Elsewhere) -> Vec<Commit> {
        let branches = self.kept.iter().filter(|(name, _)| !name.starts_with("refs/") && *name != "ORIG_HEAD");
        let commits = branches.flat_map(|(name, commits)| commits.iter().map(move |commit| (name, commit)));
        let here = |commit: &Commit| self.history.iter().any(|other| other.commit == commit.commit);
        let is_asked = |commit: &Commit| asked.made_since.is_some() || asked.commits.contains(&commit.commit);
        let found = commits.filter(|(_, commit)| is_asked(commit) && !here(commit));
        found.map(|(name, commit)| Commit { branches: vec![name.clone()], ..commit.clone() }).collect()
    }

    fn reached(&self, name: &str) -> Result<&[Commit]> {
        let at = |list: &[Commit]| list.iter().position(|commit| commit.commit == name);
        if let Some(child) = name.strip_suffix("~1") {
            return self
                .reached(child)?
                .get(1..)
                .filter(|older| !older.is_empty())
                .ok_or_else(|| Error::new(format!("{name} is no commit that the test knows")));
        }
        let lists = [&self.history].into_iter().chain(self.kept.values());
        match self.kept.get(name) {
            Some(kept) => Ok(kept),
            None if name == "HEAD" => Ok(&self.history),
            None => lists
                .filter_map(|list| list.get(at(list)?..))
                .next()
                .ok_or_else(|| Error::new(format!("{name} is no commit that the test knows"))),
        }
    }

    /// # Errors
    /// A commit that the test does not know.
    pub(super) fn patch_id(&self, name: &str) -> Result<Option<String>> {
        let commit = self.reached(name)?.first();
        Ok(commit.map(|commit| {
            let files = commit.files.iter().map(String::as_bytes);
            self.patches.get(name).cloned().unwrap_or_else(|| digest(files.chain([commit.tree.as_bytes()])))
        }))
    }

    /// Every line of these files as new: only the last commit knows what was there before.
    pub(super) fn diff(&self, paths: &[String]) -> String {
        let asked = |path: &str| paths.iter().any(|p| p == path || p.ends_with('/') && path.starts_with(p.as_str()));
        let files = self.files.iter().filter(|(path, _)| asked(path));
        let shown = files.map(|(path, content)| {
            let text = String::from_utf8_lossy(content);
            let lines: String = text.lines().map(|line| format!("+{line}\n")).collect();
            let count = text.lines().count();
            format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -0,0 +1,{count} @@\n{lines}")
        });
        shown.collect()
    }

    /// Of a commit what it was made with; of the working tree its changes.
    pub(super) fn tree(&self, request: &TreeRequest) -> String {
        let commit = self.history.iter().find(|commit| Some(&commit.commit) == request.of.as_ref());
        let base = commit.map(|commit| commit.tree.clone()).or_else(|| self.head.tree.clone());
        format!("tree {} with {}", base.unwrap_or_default(), request.paths.join(" "))
    }

    pub(super) fn commit(&mut self, request: &CommitRequest) -> Result<Committed> {
        let asked = |path: &str| request.paths.iter().any(|p| p == path || p.ends_with('/') && path.starts_with(p));
        let taken = |change: &Change| asked(&change.path) && !(request.tracked && change.status == "added");
        if self.step.dry_run {
            let files = self.changes.iter().filter(|change| taken(change)).count();
            return Ok(Committed { planned: files > 0 || request.allow_empty, files, ..Committed::default() });
        }
        if let Some(fold) = &request.fold {
            self.unfold(fold)?;
        }
        let (taken, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.changes).into_iter().partition(taken);
        self.changes = left;
        let before = self.head.tree.clone().unwrap_or_else(|| digest([]));
        if taken.is_empty() && !request.allow_empty {
            return Ok(Committed { tree: before, ..Committed::default() });
        }
        let mut parts = vec![before.as_bytes()];
        parts.extend(taken.iter().flat_map(|c| [c.path.as_bytes(), c.blob.as_deref().unwrap_or_default().as_bytes()]));
        let tree = if taken.is_empty() { before } else { digest(parts) };
        let parent = self.head.commit.as_deref().unwrap_or_default();
        let commit = digest([parent, &tree, &request.message].map(str::as_bytes));
        let files = taken.into_iter().map(|change| change.path).collect::<Vec<_>>();
        let made = Committed {
            commit: Some(commit.clone()),
            tree: tree.clone(),
            files: files.len(),
            rewritten: self.rewritten.clone(),
            ..Committed::default()
        };
        let parents = self.head.commit.clone().into_iter().collect();
        self.head = Head { commit: Some(commit.clone()), tree: Some(tree.clone()), ..self.head.clone() };
        let author = self.head.author.clone().unwrap_or_default();
        let message = request.message.clone();
        self.history.insert(0, Commit { commit, message, tree, parents, files, author, ..Commit::default() });
        Ok(made)
    }

    /// A commit of the files that the others have changed. What they hold in the end only git knows: here they hold
    /// something else than before.
    pub(super) fn revert(&mut self, request: &RevertRequest) -> Result<Committed> {
        if let Some(error) = &self.revert_fails {
            return Err(error.clone());
        }
        if let Some(last) = self.history.first().filter(|last| last.message == request.message) {
            let (commit, tree) = (Some(last.commit.clone()), last.tree.clone());
            return Ok(Committed { commit, tree, files: last.files.len(), ..Committed::default() });
        }
        let mut files = BTreeSet::new();
        for undo in &request.commits {
            let commit = self.reached(&undo.commit)?.first();
            files.extend(commit.into_iter().flat_map(|commit| commit.files.clone()));
        }
        let stays =
            |path: &str| request.without.iter().any(|p| p == path || p.ends_with('/') && path.starts_with(p.as_str()));
        files.retain(|path| !stays(path));
        let in_the_way = |change: &&Change| files.contains(&change.path) && !request.saved.contains(&change.path);
        if let Some(change) = self.changes.iter().find(in_the_way) {
            return Err(Error::new(format!("{} has changes that are not committed", change.path)));
        }
        if self.step.dry_run {
            return Ok(Committed { planned: true, files: files.len(), ..Committed::default() });
        }
        let paths: Vec<String> = files.into_iter().collect();
        let change = |path: &String| Change { path: path.clone(), status: "modified".into(), ..Change::default() };
        self.changes.extend(paths.iter().map(change));
        let message = request.message.clone();
        self.commit(&CommitRequest { message, paths, allow_empty: true, ..CommitRequest::default() })
    }

    /// The branch is back where the new commit shall stand, and what the folded ones held is in the working tree only.
    fn unfold(&mut self, fold: &Fold) -> Result<()> {
        let onto = self.history.iter().position(|commit| commit.commit == fold.onto);
        let onto = onto.ok_or_else(|| Error::new(format!("{} is not an ancestor of HEAD", fold.onto)))?;
        self.kept.insert(fold.keep.clone(), self.history.clone());
        let folded: Vec<Commit> = self.history.drain(..onto).collect();
        let files: BTreeSet<String> = folded.into_iter().flat_map(|commit| commit.files).collect();
        for path in files {
            if !self.changes.iter().any(|change| change.path == path) {
                let content = self.files.get(&path);
                let blob = content.map(|content| digest([content.as_slice()]));
                let size = content.map(|content| content.len() as u64);
                let status = "modified".to_owned();
                self.changes.push(Change { path, status, blob, size, filter: None });
            }
        }
        let tree = Some(self.history[0].tree.clone());
        self.head = Head { commit: Some(fold.onto.clone()), tree, ..self.head.clone() };
        Ok(())
    }
}

/// Forty digits as git has them, equal for equal parts (FNV-1a).
pub(super) fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.into_iter().flat_map(|part| part.iter().chain(&[0])) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{hash:016x}{hash:016x}{:08x}", hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(commit: &str, files: &[&str]) -> Commit {
        let files = files.iter().map(|path| (*path).to_owned()).collect();
        Commit { commit: commit.into(), tree: format!("tree of {commit}"), files, ..Commit::default() }
    }

    #[test]
    fn a_dry_run_plans_commits_and_makes_none() {
        let mut world = World { history: vec![commit("one", &["a"])], ..World::default() };
        world.step.dry_run = true;
        world.changes = vec![Change { path: "b".into(), status: "added".into(), ..Change::default() }];
        let request = |path: &str| CommitRequest { paths: vec![path.into()], ..CommitRequest::default() };
        let planned = |files| Committed { planned: true, files, ..Committed::default() };
        assert_eq!(world.commit(&request("b")), Ok(planned(1)));
        assert_eq!(world.commit(&request("c")), Ok(Committed::default()), "nothing has changed there");
        let commits = vec![crate::Undo { commit: "one".into(), to: None }];
        let request = RevertRequest { message: "revert: one".into(), commits, ..RevertRequest::default() };
        assert_eq!(world.revert(&request), Ok(planned(1)));
        assert_eq!((world.history.len(), world.changes.len()), (1, 1));
    }

    #[test]
    fn a_commit_that_folds_takes_its_paths_and_leaves_the_others_changed() {
        let history = vec![commit("c3", &["docs"]), commit("c2", &["a"]), commit("c1", &[])];
        let mut world = World { history: history.clone(), ..World::default() };
        world.files.insert("docs".into(), b"1".to_vec());
        let fold = Fold { onto: "c1".into(), keep: "refs/x".into() };
        let request = CommitRequest { paths: vec!["a".into()], fold: Some(fold.clone()), ..CommitRequest::default() };
        let made = world.commit(&request).expect("folds");
        assert_eq!((world.history.len(), world.history[0].parents.as_slice()), (2, &["c1".to_owned()][..]));
        assert_eq!((made.files, world.changes[0].path.as_str()), (1, "docs"), "back in the working tree");
        assert_eq!(world.commits(Some("HEAD..refs/x")).expect("known"), history[..2]);
        assert!(world.commits(Some("HEAD..refs/y")).is_err());
        let gone = CommitRequest { fold: Some(Fold { onto: "c2".into(), ..fold }), ..request };
        assert!(world.commit(&gone).is_err(), "the branch does not hold it any more");
    }
}
