//! What a repository has been through: its commits, whether one of ours was made, and what changed since.

use std::collections::HashSet;
use std::path::Path;

use git2::{Oid, Repository};
use session_core::object_id::ObjectId;
use session_types::{Commit, CommitRequest, Committed, Error, Head, HistoryRequest, shell};

use super::args::Args;
use super::fold::Folding;
use super::library::{entry_at, parent};
use super::repo::{Repo, converted, failed, oid};
use super::revision::{OWN, RefName};

/// Commits of a history whose files are named; a session has fewer, and a whole history may have a million.
const WITH_FILES: usize = 1_000;
/// Bytes of a file whose lines a diff shows: what is longer was not written by hand, and a plugin could not hold it.
const LONGEST_TEXT: i64 = 8 << 20;

impl Repo {
    /// The commit that was asked for when the repository stood there, where it was made: the one that follows on it (or
    /// on what it folds) and has the same trailers. Hooks may have changed its tree and the rest of its message. A fold
    /// that was cut off before its commit is taken back: what is committed anew, or given up, begins where it began.
    ///
    /// # Errors
    /// Where the branch is another one, or was moved by somebody else in the middle of a fold.
    pub fn made(&self, request: &CommitRequest, from: &Head) -> Result<Option<Committed>, Error> {
        let now = self.position()?;
        // A branch that was renamed or removed is nowhere to go back to.
        if now.branch != from.branch && from.branch.as_deref().map_or(Ok(true), |branch| self.has_branch(branch))? {
            let name =
                |head: &Head| head.branch.clone().map_or("no branch".to_owned(), |name| format!("branch {name}"));
            let error = Error::new(format!("it was on {}, and now it is on {}", name(from), name(&now)));
            return Err(match &from.branch {
                Some(branch) => error.hint(format!("git switch {}, then the same command again", shell::word(branch))),
                None => error,
            });
        }
        let id = |commit: &Option<String>| commit.as_deref().and_then(ObjectId::parse);
        let (Some(head), false) = (id(&now.commit), now.commit == from.commit) else { return Ok(None) };
        let mut bases = vec![id(&from.commit)];
        if let (Some(fold), Some(old)) = (&request.fold, id(&from.commit)) {
            // A fold that names what is not here was never begun.
            let onto = self.commit_named(&fold.onto)?.filter(|onto| *onto != old);
            if let Some(onto) = onto {
                let folding = Folding { onto, old, keep: RefName::own(&fold.keep)? };
                if self.target(&folding.keep)?.as_ref() == Some(&folding.old) {
                    bases.push(Some(folding.onto.clone()));
                }
                if head == folding.onto {
                    return self.unfold(&folding).map(|()| None);
                }
            }
        }
        for base in bases {
            if let Some(commit) = self.follower(&head, base.as_ref())? {
                let same = is_same_message(&request.message, &commit.message);
                if same.map_err(|e| failed("look for the commit", &e))? {
                    let files = self.files_of(&commit)?.len();
                    let (commit, tree) = (Some(commit.commit), commit.tree);
                    return Ok(Some(Committed { commit, tree, files, ..Committed::default() }));
                }
            }
        }
        Ok(None)
    }

    /// The commit of the first line of parents that follows on `base`; the first of all where there is none.
    fn follower(&self, head: &ObjectId, base: Option<&ObjectId>) -> Result<Option<Commit>, Error> {
        let Some(repo) = self.objects() else {
            let range = Args::of(["--first-parent"]).object(head);
            let range = base.into_iter().fold(range, Args::hiding);
            let last = self.log_by_git(range, None, 0)?.pop();
            let base = base.map(ObjectId::as_str);
            return Ok(last.filter(|commit| commit.parents.first().map(String::as_str) == base));
        };
        let find = || -> Result<Option<Commit>, git2::Error> {
            let base = base.map(oid).transpose()?;
            let mut commit = repo.find_commit(oid(head)?)?;
            loop {
                let parent = commit.parent_id(0).ok();
                if parent == base {
                    return Ok(Some(described(&commit)));
                }
                let Some(parent) = parent else { return Ok(None) };
                commit = repo.find_commit(parent)?;
            }
        };
        find().map_err(|e| failed("look for the commit", &e))
    }

    /// A commit that was made and is not in the branch: somebody switched, or took it back. One that was folded since is
    /// kept, and is not lost.
    pub fn refuse_lost(&self, commit: &str, branch: Option<&str>) -> Result<(), Error> {
        let now = self.position()?;
        let known = ObjectId::parse(commit).ok_or_else(|| {
            Error::new(format!("the journal says that {commit:?} was committed, and that is the name of no commit"))
        })?;
        let held = match self.head_commit()? {
            Some(head) => self.is_ancestor(&known, &head)?,
            None => false,
        };
        if held || self.is_kept(&known)? {
            return Ok(());
        }
        let short = known.short();
        let here = now.branch.as_deref().map_or("HEAD".to_owned(), |branch| format!("branch {branch}"));
        let error = Error::new(format!("it has committed {short}, and {here} does not hold that"));
        let there = match branch.filter(|branch| Some(*branch) != now.branch.as_deref()) {
            Some(branch) if self.has_branch(branch)? => Some(branch),
            _ => None,
        };
        Err(match there {
            Some(branch) => error.hint(format!("git switch {}, then the same command again", shell::word(branch))),
            None => error.because("somebody took it back or made it anew").hint(format!(
                "session resume --retry goes on from the files as they are; git branch lost {short} keeps it"
            )),
        })
    }

    fn is_kept(&self, commit: &ObjectId) -> Result<bool, Error> {
        let Some(repo) = self.objects() else {
            let args = Args::of(["for-each-ref", "--count=1"]).option("--contains", commit.as_str()).and([OWN]);
            return Ok(self.git().line(args)?.is_some());
        };
        let look = || -> Result<bool, git2::Error> {
            let commit = oid(commit)?;
            for reference in repo.references_glob(&format!("{OWN}*"))? {
                let tip = reference?.peel_to_commit()?.id();
                if tip == commit || repo.graph_descendant_of(tip, commit)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        look().map_err(|e| failed("look for the commit", &e))
    }

    fn has_branch(&self, name: &str) -> Result<bool, Error> {
        let Some(branch) = RefName::of_branch(name) else { return Ok(false) };
        match self.objects() {
            Some(repo) => match repo.find_reference(branch.as_str()) {
                Ok(_) => Ok(true),
                Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(false),
                Err(e) => Err(failed("look for a branch", &e)),
            },
            None => self.git().agrees(Args::of(["show-ref", "--verify", "--quiet"]).reference(&branch)),
        }
    }

    pub fn history(&self, request: &HistoryRequest) -> Result<Vec<Commit>, Error> {
        if self.position()?.commit.is_none() {
            return Ok(Vec::new());
        }
        if let Some(asked) = &request.elsewhere {
            return self.elsewhere(asked);
        }
        let path = request.path.as_deref().map(|path| self.relative_to_top(path));
        // No commit of this repository changes what lies outside of it.
        if path == Some(None) {
            return Ok(Vec::new());
        }
        let path = path.flatten();
        let since = request.since.as_deref();
        let (from, to) = match since.map(|since| since.split_once("..").unwrap_or((since, "HEAD"))) {
            Some((from, to)) => (Some(from).filter(|from| !from.is_empty()), to),
            None => (None, "HEAD"),
        };
        let (from, to) = (from.map(|from| self.known(from)).transpose()?, self.known(to)?);
        let Some(repo) = self.objects() else {
            return self.history_by_git(request, path.as_deref(), from.as_ref(), &to);
        };
        let walk = || -> Result<Vec<Commit>, git2::Error> {
            let mut walk = repo.revwalk()?;
            walk.push(oid(&to)?)?;
            if request.merged {
                walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
            } else {
                // What came in through a merge was made elsewhere.
                walk.simplify_first_parent()?;
            }
            if let Some(from) = &from {
                walk.hide(oid(from)?)?;
            }
            let (mut found, mut oldest) = (Vec::new(), i64::MAX);
            for id in walk {
                let commit = repo.find_commit(id?)?;
                if let Some(path) = &path
                    && !changes(&commit, path)?
                {
                    continue;
                }
                let message = String::from_utf8_lossy(commit.message_bytes());
                if request.matching.as_deref().is_some_and(|text| !message.contains(text)) {
                    continue;
                }
                let files = if found.len() < WITH_FILES { self.files_by_library(repo, &commit)? } else { Vec::new() };
                oldest = oldest.min(commit.time().seconds());
                found.push(Commit { files, ..described(&commit) });
            }
            if let Some(unpushed) = unpushed(repo, from.as_ref(), &to, oldest)? {
                found.iter_mut().for_each(|commit| commit.pushed = !unpushed.contains(&commit.commit));
            }
            Ok(found)
        };
        walk().map_err(|e| failed("read the history", &e))
    }

    fn history_by_git(
        &self,
        request: &HistoryRequest,
        path: Option<&str>,
        from: Option<&ObjectId>,
        to: &ObjectId,
    ) -> Result<Vec<Commit>, Error> {
        let hidden = |args: Args| from.into_iter().fold(args.object(to), Args::hiding);
        let mut range = Args::of([if request.merged { "--topo-order" } else { "--first-parent" }]);
        if let Some(text) = &request.matching {
            range = range.and(["--fixed-strings"]).option("--grep", text);
        }
        if path.is_some() {
            // The other files of such a commit are named, too.
            range = range.and(["--no-merges", "--full-diff"]);
        }
        let mut commits = self.log_by_git(hidden(range), path, WITH_FILES)?;
        if self.git().line(["for-each-ref", "--count=1", "refs/remotes/"])?.is_some() {
            let left = self.git().text(hidden(Args::of(["rev-list"])).and(["--not", "--remotes", "--"]))?;
            let unpushed: HashSet<&str> = left.lines().collect();
            commits.iter_mut().for_each(|commit| commit.pushed = !unpushed.contains(commit.commit.as_str()));
        }
        Ok(commits)
    }

    /// Paths that a commit changed against its parent; none for a merge, which made nothing itself.
    fn files_of(&self, commit: &Commit) -> Result<Vec<String>, Error> {
        if commit.parents.len() > 1 {
            return Ok(Vec::new());
        }
        match self.objects() {
            Some(repo) => Oid::from_str(&commit.commit)
                .and_then(|id| self.files_by_library(repo, &repo.find_commit(id)?))
                .map_err(|e| failed("read the commit", &e)),
            None => {
                let id = |text: &String| ObjectId::parse(text);
                let Some(this) = id(&commit.commit) else { return Ok(Vec::new()) };
                self.differing_by_git(commit.parents.first().and_then(id).as_ref(), &this)
            }
        }
    }

    fn files_by_library(&self, repo: &Repository, commit: &git2::Commit<'_>) -> Result<Vec<String>, git2::Error> {
        if commit.parent_count() > 1 {
            return Ok(Vec::new());
        }
        let parent = parent(commit)?.map(|parent| parent.tree()).transpose()?;
        let diff = repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
        let path = |delta: git2::DiffDelta<'_>| Some(delta.new_file().path()?.to_string_lossy().into_owned());
        Ok(diff.deltas().filter_map(path).map(|path| self.relative_to_root(&path)).collect())
    }

    /// Identity of what a commit changed against its parent.
    pub fn patch_id(&self, commit: &str) -> Result<Option<String>, Error> {
        // Whoever prints a diff looks for attributes, which may stand in the index.
        let commit = self.known(commit)?;
        let Some(repo) = self.reader() else { return self.patch_id_by_git(&commit) };
        let find = || -> Result<Option<String>, git2::Error> {
            let commit = repo.find_commit(oid(&commit)?)?;
            if commit.parent_count() > 1 {
                return Ok(None);
            }
            let parent = parent(&commit)?.map(|parent| parent.tree()).transpose()?;
            let diff = repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree()?), None)?;
            if diff.deltas().len() == 0 { Ok(None) } else { diff.patchid(None).map(|id| Some(id.to_string())) }
        };
        find().map_err(|e| failed(&format!("read {commit}"), &e))
    }

    /// Unified diff of these paths from a commit to the working tree; from nothing where there is no commit. A path that
    /// ends in `/` is all below it; no path at all is everything.
    pub fn diff(&self, since: Option<&str>, paths: &[String]) -> Result<String, Error> {
        let inside: Vec<String> = paths.iter().filter_map(|path| self.relative_to_top(path)).collect();
        let since = since.filter(|since| !since.is_empty()).map(|since| self.known_tree(since)).transpose()?;
        let Some(repo) = self.reader().filter(|repo| !converted(repo, &inside)) else {
            return self.diff_by_git(since.as_ref(), &inside);
        };
        let make = || -> Result<String, git2::Error> {
            let tree = since.as_ref().map(|since| repo.find_tree(oid(since)?)).transpose()?;
            let mut options = git2::DiffOptions::new();
            options.include_untracked(true).recurse_untracked_dirs(true).show_untracked_content(true);
            options.disable_pathspec_match(true).max_size(LONGEST_TEXT);
            for path in &inside {
                options.pathspec(path);
            }
            let diff = repo.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options))?;
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

/// Commits of a range that no branch of a remote holds; none where no such branch can hold one of them. Only branches
/// that are not older than the range are looked at, a day given to clocks: a clone may have thousands that are.
fn unpushed(
    repo: &Repository,
    from: Option<&ObjectId>,
    to: &ObjectId,
    oldest: i64,
) -> Result<Option<HashSet<String>>, git2::Error> {
    const DAY: i64 = 24 * 60 * 60;
    let mut heads = Vec::new();
    for branch in repo.references_glob("refs/remotes/*")? {
        // One that points nowhere, as `origin/HEAD` may, holds nothing.
        if let Ok(head) = branch?.peel_to_commit()
            && head.time().seconds().saturating_add(DAY) >= oldest
        {
            heads.push(head.id());
        }
    }
    if heads.is_empty() {
        return Ok(None);
    }
    let mut walk = repo.revwalk()?;
    walk.push(oid(to)?)?;
    from.map(|from| walk.hide(oid(from)?)).transpose()?;
    heads.into_iter().try_for_each(|head| walk.hide(head))?;
    walk.map(|id| id.map(|id| id.to_string())).collect::<Result<_, _>>().map(Some)
}

/// Whether a commit changed something at a path or below it; a merge made nothing itself.
fn changes(commit: &git2::Commit<'_>, path: &str) -> Result<bool, git2::Error> {
    let at = |commit: &git2::Commit<'_>| {
        Ok::<_, git2::Error>(entry_at(&commit.tree()?, Path::new(path))?.map(|entry| entry.id()))
    };
    let before = parent(commit)?.map(|parent| at(&parent)).transpose()?.flatten();
    Ok(commit.parent_count() < 2 && at(commit)? != before)
}

pub(super) fn described(commit: &git2::Commit<'_>) -> Commit {
    let author = commit.author();
    let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Commit {
        author: format!("{} <{}>", part(author.name_bytes()), part(author.email_bytes())),
        commit: commit.id().to_string(),
        message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        tree: commit.tree_id().to_string(),
        parents: commit.parent_ids().map(|id| id.to_string()).collect(),
        ..Commit::default()
    }
}

/// Hooks may add to a message, and git may clean it up, but trailers stay; a message without any must be the same.
pub(super) fn is_same_message(asked: &str, found: &str) -> Result<bool, git2::Error> {
    let (wanted, there) = (git2::message_trailers_strs(asked)?, git2::message_trailers_strs(found)?);
    if wanted.iter().next().is_none() {
        return Ok(asked.trim() == found.trim());
    }
    Ok(wanted.iter().all(|trailer| there.iter().any(|other| other == trailer)))
}
