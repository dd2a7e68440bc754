//! Commits that HEAD does not hold, and the branches that do: named ones, and those that were made in this working tree.
//! What the working tree has been through is in its log of HEAD, which git keeps for each one by itself.

use std::collections::BTreeSet;

use git2::{BranchType, Oid, Repository};
use session_core::object_id::ObjectId;
use session_types::{Commit, Elsewhere, Error, Timestamp};

use super::args::Args;
use super::history::described;
use super::repo::{Repo, failed, oid};

impl Repo {
    /// # Errors
    /// Where the repository cannot be read.
    pub(super) fn elsewhere(&self, asked: &Elsewhere) -> Result<Vec<Commit>, Error> {
        match self.objects() {
            Some(repo) => by_library(repo, asked).map_err(|e| failed("look for commits on other branches", &e)),
            None => self.elsewhere_by_git(asked),
        }
    }

    fn elsewhere_by_git(&self, asked: &Elsewhere) -> Result<Vec<Commit>, Error> {
        let git = self.git();
        let Some(head) = self.head_commit()? else { return Ok(Vec::new()) };
        let mut ids: Vec<ObjectId> = asked.commits.iter().filter_map(|id| ObjectId::parse(id)).collect();
        let named = ids.clone();
        let base = asked.base.as_deref().and_then(ObjectId::parse);
        if let Some(since) = asked.made_since.as_ref().and_then(seconds) {
            let log =
                git.output(["log", "--walk-reflogs", "--date=unix", "--format=%H%x01%gd%x01%gs", "HEAD", "--"])?;
            for line in String::from_utf8_lossy(&log.stdout).lines() {
                let mut parts = line.splitn(3, '\u{1}');
                let (Some(id), Some(at), Some(what)) = (parts.next(), parts.next(), parts.next()) else { continue };
                let at = at.rsplit_once("@{").and_then(|(_, at)| at.trim_end_matches('}').parse::<i64>().ok());
                if at.is_some_and(|at| at >= since) && makes_a_commit(what) {
                    ids.extend(ObjectId::parse(id));
                }
            }
        }
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for id in ids.into_iter().filter(|id| seen.insert(id.clone())) {
            let there = Args::of(["cat-file", "-e"]).peeled(&id, "^{commit}");
            if !git.agrees(there)? || self.is_ancestor(&id, &head)? {
                continue;
            }
            let behind = |base: &ObjectId| self.is_ancestor(base, &id);
            if !named.contains(&id) && !base.as_ref().map_or(Ok(true), behind)? {
                continue;
            }
            let holding = Args::of(["for-each-ref", "--format=%(refname:short)"]).option("--contains", id.as_str());
            let branches = git.text(holding.and(["refs/heads/"]))?;
            let branches: Vec<String> = branches.lines().map(str::to_owned).collect();
            let commit = self.log_by_git(Args::of(["--max-count=1"]).object(&id), None, 1)?;
            found.extend(commit.into_iter().map(|commit| Commit { branches: branches.clone(), ..commit }));
        }
        Ok(found)
    }
}

fn by_library(repo: &Repository, asked: &Elsewhere) -> Result<Vec<Commit>, git2::Error> {
    let head = repo.head()?.peel_to_commit()?.id();
    let whole = |id: &String| ObjectId::parse(id).and_then(|id| oid(&id).ok());
    let named: Vec<Oid> = asked.commits.iter().filter_map(whole).collect();
    let base = asked.base.as_ref().and_then(whole);
    let base = base.filter(|base| repo.find_commit(*base).is_ok());
    let made = asked.made_since.as_ref().and_then(seconds).map_or(Ok(Vec::new()), |since| made_here(repo, since))?;
    let holds = |tip: Oid, id: Oid| Ok::<_, git2::Error>(tip == id || repo.graph_descendant_of(tip, id)?);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for id in named.iter().copied().chain(made).filter(|id| seen.insert(*id)) {
        let Ok(commit) = repo.find_commit(id) else { continue };
        let behind = |base: Oid| repo.graph_descendant_of(id, base);
        if holds(head, id)? || (!named.contains(&id) && !base.map_or(Ok(true), behind)?) {
            continue;
        }
        let mut branches = Vec::new();
        for branch in repo.branches(Some(BranchType::Local))? {
            let (branch, _) = branch?;
            // One without a commit points nowhere.
            let Ok(tip) = branch.get().peel_to_commit() else { continue };
            if holds(tip.id(), id)? {
                branches.extend(branch.name()?.map(str::to_owned));
            }
        }
        branches.sort();
        found.push(Commit { branches, ..described(&commit) });
    }
    Ok(found)
}

/// Commits that the log of HEAD says were made here, newest first.
fn made_here(repo: &Repository, since: i64) -> Result<Vec<Oid>, git2::Error> {
    let log = repo.reflog("HEAD")?;
    let recent = log.iter().filter(|entry| entry.committer().when().seconds() >= since);
    let made = recent.filter(|entry| entry.message().ok().flatten().is_some_and(makes_a_commit));
    Ok(made.map(|entry| entry.id_new()).collect())
}

/// What git writes into the log where HEAD became a new commit, and not one that was there before.
fn makes_a_commit(what: &str) -> bool {
    let Some((verb, rest)) = what.split_once(':') else { return false };
    let moves = ["checkout ", "returning to"].iter().any(|word| rest.trim_start().starts_with(word));
    let ends = ["(start)", "(finish)", "(abort)"].iter().any(|word| verb.contains(word));
    let makes = ["commit", "cherry-pick", "revert", "am", "rebase", "pull --rebase"];
    !moves && !ends && makes.iter().any(|word| verb.starts_with(word))
}

fn seconds(at: &Timestamp) -> Option<i64> {
    at.0.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_commit() {
        for makes in [
            "commit: feat: a",
            "commit (amend): b",
            "commit (initial): c",
            "cherry-pick: d",
            "rebase (pick): e",
            "rebase (continue): f",
            "pull --rebase (pick): g",
            "revert: h",
        ] {
            assert!(makes_a_commit(makes), "{makes}");
        }
        for moves in [
            "checkout: moving from main to feature",
            "rebase (start): checkout main",
            "rebase (finish): returning to refs/heads/feature",
            "pull: Fast-forward",
            "merge feature: Fast-forward",
            "reset: moving to HEAD~1",
            "clone: from here",
            "rebase: checkout main",
            "",
        ] {
            assert!(!makes_a_commit(moves), "{moves}");
        }
    }
}
