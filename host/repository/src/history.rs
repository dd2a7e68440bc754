//! What a repository has been through: its commits, whether one of ours was made, and what changed since.

use session_core::object_id::ObjectId;
use session_types::{Commit, CommitRequest, Committed, Error, Head, HistoryRequest, shell};

use super::fold::Folding;
use super::library::failed;
use super::reader::Span;
use super::repo::Repo;
use super::revision::{OWN, RefName};

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
                if self.reader.target(&folding.keep)?.as_ref() == Some(&folding.old) {
                    bases.push(Some(folding.onto.clone()));
                }
                if head == folding.onto {
                    return self.unfold(&folding).map(|()| None);
                }
            }
        }
        for base in bases {
            if let Some(commit) = self.reader.follower(&head, base.as_ref())? {
                let same = is_same_message(&request.message, &commit.message);
                if same.map_err(|e| failed("look for the commit", &e))? {
                    if let Some(Err(error)) = ObjectId::parse(&commit.commit)
                        .map(|made| self.restage_commit(&made, id(&from.commit).as_ref()))
                    {
                        tracing::warn!(%error, "the index may be the one from before the commit");
                    }
                    let files = self.files_of(&commit)?.len();
                    let (commit, tree) = (Some(commit.commit), commit.tree);
                    return Ok(Some(Committed { commit, tree, files, ..Committed::default() }));
                }
            }
        }
        Ok(None)
    }

    /// A commit that was made and is not in the branch: somebody switched, or took it back. One that was folded since is
    /// kept, and is not lost.
    pub fn refuse_lost(&self, commit: &str, branch: Option<&str>) -> Result<(), Error> {
        let now = self.position()?;
        let known = ObjectId::parse(commit).ok_or_else(|| {
            Error::new(format!("the journal says that {commit:?} was committed, and that is the name of no commit"))
        })?;
        let held = match self.head_commit()? {
            Some(head) => self.reader.is_ancestor(&known, &head)?,
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
        Ok(self.reader.holder(commit, &[OWN])?.is_some())
    }

    fn has_branch(&self, name: &str) -> Result<bool, Error> {
        RefName::of_branch(name).map_or(Ok(false), |branch| Ok(self.reader.target(&branch)?.is_some()))
    }

    pub fn history(&self, request: &HistoryRequest) -> Result<Vec<Commit>, Error> {
        if self.position()?.commit.is_none() {
            return Ok(Vec::new());
        }
        if let Some(asked) = &request.elsewhere {
            return self.reader.elsewhere(asked);
        }
        let path = request.path.as_deref().map(|path| self.site.relative_to_top(path));
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
        self.reader.history(&Span {
            from: from.as_ref(),
            to: &to,
            merged: request.merged,
            path: path.as_deref(),
            matching: request.matching.as_deref(),
        })
    }

    /// Paths that a commit changed against its parent; none for a merge, which made nothing itself.
    fn files_of(&self, commit: &Commit) -> Result<Vec<String>, Error> {
        if commit.parents.len() > 1 {
            return Ok(Vec::new());
        }
        let id = |text: &String| ObjectId::parse(text);
        let Some(this) = id(&commit.commit) else { return Ok(Vec::new()) };
        self.reader.differing(commit.parents.first().and_then(id).as_ref(), &this)
    }

    /// Identity of what a commit changed against its parent.
    pub fn patch_id(&self, commit: &str) -> Result<Option<String>, Error> {
        self.reader.patch_id(&self.known(commit)?)
    }

    /// Unified diff of these paths from a commit to the working tree; from nothing where there is no commit. A path that
    /// ends in `/` is all below it; no path at all is everything.
    pub fn diff(&self, since: Option<&str>, paths: &[String]) -> Result<String, Error> {
        let inside: Vec<String> = paths.iter().filter_map(|path| self.site.relative_to_top(path)).collect();
        let since = since.filter(|since| !since.is_empty()).map(|since| self.known_tree(since)).transpose()?;
        self.reader.diff(since.as_ref(), &inside)
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
