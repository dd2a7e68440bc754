//! What a repository has been through: its commits, whether one of ours was made, and what changed since.

use std::collections::HashSet;

use git2::{ObjectType, Oid};
use session_sdk::{Commit, CommitRequest, Committed, Error, Head};

use super::repository::{Repo, failed};

/// Commits of a history whose files are named; a session has fewer, and a whole history may have a million.
const WITH_FILES: usize = 1_000;
/// Bytes of a file whose lines a diff shows: what is longer was not written by hand, and a plugin could not hold it.
const LONGEST_TEXT: i64 = 8 << 20;

impl Repo {
    /// The commit that was asked for when the repository stood there, where it was made: the one that follows on it and
    /// has the same trailers. Hooks may have changed its tree and the rest of its message.
    pub(super) fn made(&self, request: &CommitRequest, from: &Head) -> Result<Option<Committed>, Error> {
        let now = self.position()?;
        // A branch that was renamed or removed is nowhere to go back to.
        if now.branch != from.branch && from.branch.as_deref().is_none_or(|branch| self.has_branch(branch)) {
            let name =
                |head: &Head| head.branch.clone().map_or("no branch".to_owned(), |name| format!("branch {name}"));
            let error = Error::new(format!("it was on {}, and now it is on {}", name(from), name(&now)));
            return Err(match &from.branch {
                Some(branch) => error.hint(format!("git switch {branch}, then the same command again")),
                None => error,
            });
        }
        let find = || -> Result<Option<Committed>, git2::Error> {
            let mut walk = self.repo.revwalk()?;
            if now.commit.is_none() {
                return Ok(None);
            }
            walk.push_head()?;
            walk.simplify_first_parent()?;
            let from = from.commit.as_deref().map(Oid::from_str).transpose()?;
            for id in walk {
                let id = id?;
                if Some(id) == from {
                    break;
                }
                let commit = self.repo.find_commit(id)?;
                if commit.parent_id(0).ok() == from {
                    let same = is_same_message(&request.message, &String::from_utf8_lossy(commit.message_bytes()))?;
                    let files = if same { self.files_of(&commit)?.len() } else { 0 };
                    let tree = commit.tree_id().to_string();
                    let made = Committed { commit: Some(id.to_string()), tree, files, ..Committed::default() };
                    return Ok(same.then_some(made));
                }
            }
            Ok(None)
        };
        find().map_err(|e| failed("look for the commit", &e))
    }

    /// A commit that was made and is not in the branch: somebody switched, or took it back.
    pub(super) fn refuse_lost(&self, commit: &str, branch: Option<&str>) -> Result<(), Error> {
        let now = self.position()?;
        let held = || -> Result<bool, git2::Error> {
            let Some(head) = now.commit.as_deref().map(Oid::from_str).transpose()? else { return Ok(false) };
            let commit = Oid::from_str(commit)?;
            Ok(head == commit || self.repo.graph_descendant_of(head, commit).unwrap_or(false))
        };
        if held().map_err(|e| failed("look for the commit", &e))? {
            return Ok(());
        }
        let short = commit.get(..7).unwrap_or(commit);
        let here = now.branch.as_deref().map_or("HEAD".to_owned(), |branch| format!("branch {branch}"));
        let error = Error::new(format!("it has committed {short}, and {here} does not hold that"));
        let there = branch.filter(|branch| Some(*branch) != now.branch.as_deref() && self.has_branch(branch));
        Err(match there {
            Some(branch) => error.hint(format!("git switch {branch}, then the same command again")),
            None => error.because("somebody took it back or made it anew").hint(format!(
                "session resume --retry goes on from the files as they are; git branch lost {short} keeps it"
            )),
        })
    }

    fn has_branch(&self, name: &str) -> bool {
        self.repo.find_branch(name, git2::BranchType::Local).is_ok()
    }

    pub(super) fn history(&self, since: Option<&str>) -> Result<Vec<Commit>, Error> {
        if self.head()?.commit.is_none() {
            return Ok(Vec::new());
        }
        let (from, to) = match since.map(|since| since.split_once("..").unwrap_or((since, "HEAD"))) {
            Some((from, to)) => (Some(from), to),
            None => (None, "HEAD"),
        };
        let walk = || -> Result<Vec<Commit>, git2::Error> {
            let mut walk = self.repo.revwalk()?;
            walk.push(self.repo.revparse_single(to)?.peel(ObjectType::Commit)?.id())?;
            // What came in through a merge was made elsewhere.
            walk.simplify_first_parent()?;
            if let Some(from) = from.filter(|from| !from.is_empty()) {
                walk.hide(self.repo.revparse_single(from)?.peel(ObjectType::Commit)?.id())?;
            }
            let unpushed = self.unpushed(to)?;
            walk.enumerate()
                .map(|(at, id)| {
                    let commit = self.repo.find_commit(id?)?;
                    let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
                    let files = if at < WITH_FILES { self.files_of(&commit)? } else { Vec::new() };
                    let tree = commit.tree_id().to_string();
                    let parents = commit.parent_ids().map(|id| id.to_string()).collect();
                    let author = commit.author();
                    let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let author = format!("{} <{}>", part(author.name_bytes()), part(author.email_bytes()));
                    let pushed = unpushed.as_ref().is_some_and(|unpushed| !unpushed.contains(&commit.id()));
                    Ok(Commit { commit: commit.id().to_string(), message, files, tree, parents, author, pushed })
                })
                .collect()
        };
        walk().map_err(|e| failed("read the history", &e))
    }

    /// Commits that no branch of a remote holds; none where there is no remote's branch at all.
    fn unpushed(&self, to: &str) -> Result<Option<HashSet<Oid>>, git2::Error> {
        let branches = self.repo.references_glob("refs/remotes/*")?;
        // One that points nowhere, as `origin/HEAD` may, holds nothing.
        let heads: Vec<Oid> = branches.filter_map(|branch| Some(branch.ok()?.peel_to_commit().ok()?.id())).collect();
        if heads.is_empty() {
            return Ok(None);
        }
        let mut walk = self.repo.revwalk()?;
        walk.push(self.repo.revparse_single(to)?.peel(ObjectType::Commit)?.id())?;
        heads.into_iter().try_for_each(|head| walk.hide(head))?;
        walk.collect::<Result<_, _>>().map(Some)
    }

    /// Paths that a commit changed against its parent; none for a merge, which made nothing itself.
    fn files_of(&self, commit: &git2::Commit<'_>) -> Result<Vec<String>, git2::Error> {
        if commit.parent_count() > 1 {
            return Ok(Vec::new());
        }
        let parent = commit.parent(0).ok().map(|parent| parent.tree()).transpose()?;
        let diff = self.repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
        let path = |delta: git2::DiffDelta<'_>| Some(delta.new_file().path()?.to_string_lossy().into_owned());
        Ok(diff.deltas().filter_map(path).map(|path| self.relative_to_root(&path)).collect())
    }

    /// Identity of what a commit changed against its parent.
    pub(super) fn patch_id(&self, commit: &str) -> Result<Option<String>, Error> {
        let find = || -> Result<Option<String>, git2::Error> {
            let commit = self.repo.revparse_single(commit)?.peel_to_commit()?;
            if commit.parent_count() > 1 {
                return Ok(None);
            }
            let parent = commit.parent(0).ok().map(|parent| parent.tree()).transpose()?;
            let diff = self.repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
            if diff.deltas().len() == 0 { Ok(None) } else { diff.patchid(None).map(|id| Some(id.to_string())) }
        };
        find().map_err(|e| failed(&format!("read {commit}"), &e))
    }

    /// Unified diff of these paths from a commit to the working tree; from nothing where there is no commit. A path that
    /// ends in `/` is all below it; no path at all is everything.
    pub(super) fn diff(&self, since: Option<&str>, paths: &[String]) -> Result<String, Error> {
        let make = || -> Result<String, git2::Error> {
            let tree = since
                .filter(|since| !since.is_empty())
                .map(|since| self.repo.revparse_single(since)?.peel_to_tree())
                .transpose()?;
            let mut options = git2::DiffOptions::new();
            options.include_untracked(true).recurse_untracked_dirs(true).show_untracked_content(true);
            options.disable_pathspec_match(true).max_size(LONGEST_TEXT);
            for path in paths.iter().filter_map(|path| self.relative_to_top(path)) {
                options.pathspec(path);
            }
            let diff = self.repo.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options))?;
            let mut text = Vec::new();
            diff.print(git2::DiffFormat::Patch, |_, _, line| {
                if matches!(line.origin(), '+' | '-' | ' ') {
                    text.push(line.origin() as u8);
                }
                text.extend_from_slice(line.content());
                true
            })?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        make().map_err(|e| failed("compare with an earlier commit", &e))
    }
}

/// Hooks may add to a message, and git may clean it up, but trailers stay; a message without any must be the same.
fn is_same_message(asked: &str, found: &str) -> Result<bool, git2::Error> {
    let (wanted, there) = (git2::message_trailers_strs(asked)?, git2::message_trailers_strs(found)?);
    if wanted.iter().next().is_none() {
        return Ok(asked.trim() == found.trim());
    }
    Ok(wanted.iter().all(|trailer| there.iter().any(|other| other == trailer)))
}
