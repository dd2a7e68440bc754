//! Taking the place of commits: which ones, and that nobody else has them.

use git2::{ErrorCode, Oid, Repository};
use session_sdk::{Error, Fold};

use super::repo::{Repo, failed};

/// Commits that a new one takes the place of.
#[derive(Clone, Debug)]
pub(super) struct Folding {
    /// The parent of the new commit.
    pub(super) onto: String,
    /// Where the branch stood before.
    pub(super) old: String,
}

impl Repo {
    /// None where there is nothing to fold.
    ///
    /// # Errors
    /// Where the commits are not one line on top of `onto`, others have them, or `keep` holds something else.
    pub(super) fn folding(&self, fold: &Fold) -> Result<Option<Folding>, Error> {
        let short = fold.onto.get(..7).unwrap_or(&fold.onto);
        let unable =
            |why: &str| Error::new(format!("the commits since {short} cannot be folded")).because(why.to_owned());
        let alone = "complete without folding leaves them as they are";
        if !fold.keep.starts_with("refs/") {
            return Err(unable(&format!("`{}` is no whole name of a reference", fold.keep)));
        }
        let Some(head) = self.position()?.commit else {
            return Err(unable("there is no commit yet").hint(alone));
        };
        let onto = self.commit_named(&fold.onto)?;
        let onto =
            onto.ok_or_else(|| unable("that commit is not here").hint("git fetch --all, or git reflog, may find it"))?;
        let kept = self.target(&fold.keep)?;
        if head == onto {
            return Ok(None);
        }
        if !self.is_ancestor(&onto, &head)? {
            return Err(unable("it is not in the history of this branch").hint(alone));
        }
        let commits = self.line(&head, &onto)?;
        let Some(first) = commits else { return Err(unable("there is a merge among them").hint(alone)) };
        if let Some(name) = self.holder(&first)? {
            return Err(unable(&format!("{name} has them, so others may build on them"))
                .hint(format!("{alone}; git log --oneline {short}..HEAD shows them")));
        }
        if kept.as_ref().is_some_and(|kept| *kept != head) {
            return Err(unable(&format!("{} keeps another commit", fold.keep)).hint(format!(
                "git log {0} shows it; git update-ref -d {0} once nobody needs it",
                session_sdk::shell::word(&fold.keep)
            )));
        }
        Ok(Some(Folding { onto, old: head }))
    }

    /// Keeps commits reachable that leave their branch.
    ///
    /// # Errors
    /// Where the reference cannot be made, or is about another commit meanwhile.
    pub(super) fn keep(&self, name: &str, commit: &str) -> Result<(), Error> {
        if self.target(name)?.is_some_and(|kept| kept == commit) {
            return Ok(());
        }
        let why = "session: kept what is folded";
        match self.objects() {
            Some(repo) => {
                let make = || repo.reference(name, Oid::from_str(commit)?, false, why).map(drop);
                make().map_err(|e| failed(&format!("keep the commits as {name}"), &e))
            }
            None => {
                let none = "0".repeat(commit.len());
                self.git().done(&format!("keep the commits as {name}"), &["update-ref", "-m", why, name, commit, &none])
            }
        }
    }

    /// Puts the branch back to where it was before a fold that has moved it and made no commit.
    ///
    /// # Errors
    /// Where it was not the fold that moved it.
    pub(super) fn unfold(&self, fold: &Fold, old: &str) -> Result<(), Error> {
        let short = |commit: &str| commit.get(..7).unwrap_or(commit).to_owned();
        if self.target(&fold.keep)?.as_deref() != Some(old) {
            let (old, onto) = (short(old), short(&fold.onto));
            return Err(Error::new(format!("the branch was at {old}, and somebody has moved it back to {onto}"))
                .hint(format!("git merge --ff-only {old} brings it back, then the same command again")));
        }
        self.move_branch(&fold.onto, old, "session: fold taken back")
    }

    /// Moves HEAD and its branch; the index and the files stay.
    pub(super) fn move_branch(&self, from: &str, to: &str, why: &str) -> Result<(), Error> {
        let what = format!("move the branch to {}", to.get(..7).unwrap_or(to));
        let Some(repo) = self.objects() else {
            return self.git().done(&what, &["update-ref", "-m", why, "HEAD", to, from]);
        };
        let go = || repo.head()?.set_target(Oid::from_str(to)?, why).map(drop);
        go().map_err(|e| failed(&what, &e))
    }

    /// The commit of a reference; none where there is no such reference.
    pub(super) fn target(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(repo) = self.objects() else {
            return self.git().line(&["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")]);
        };
        match repo.find_reference(name).and_then(|reference| reference.peel_to_commit()) {
            Ok(commit) => Ok(Some(commit.id().to_string())),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(failed(&format!("read {name}"), &e)),
        }
    }

    /// The whole name of a commit; none where it is not here.
    pub(super) fn commit_named(&self, commit: &str) -> Result<Option<String>, Error> {
        match self.objects() {
            Some(repo) => match repo.revparse_single(commit).and_then(|object| object.peel_to_commit()) {
                Ok(commit) => Ok(Some(commit.id().to_string())),
                Err(e) if is_no_commit(e.code()) => Ok(None),
                Err(e) => Err(failed(&format!("look for {commit}"), &e)),
            },
            None => self.git().line(&["rev-parse", "--quiet", "--verify", &format!("{commit}^{{commit}}")]),
        }
    }

    pub(super) fn is_ancestor(&self, ancestor: &str, commit: &str) -> Result<bool, Error> {
        let Some(repo) = self.objects() else {
            return self.git().agrees(&["merge-base", "--is-ancestor", ancestor, commit]);
        };
        let ids = Oid::from_str(ancestor).and_then(|ancestor| Ok((ancestor, Oid::from_str(commit)?)));
        let look = |(ancestor, commit)| Ok(ancestor == commit || repo.graph_descendant_of(commit, ancestor)?);
        ids.and_then(look).map_err(|e| failed("look for the commit", &e))
    }

    /// The first commit above `onto`; none where there is a merge on the way.
    fn line(&self, head: &str, onto: &str) -> Result<Option<String>, Error> {
        if self.objects().is_none() {
            let range = format!("{onto}..{head}");
            let text = self.git().text(&["rev-list", "--parents", &range, "--"])?;
            let straight = text.lines().all(|line| line.split_whitespace().count() == 2);
            return Ok(text
                .lines()
                .last()
                .and_then(|line| line.split_whitespace().next())
                .filter(|_| straight)
                .map(str::to_owned));
        }
        let repo = self.objects();
        let walk = |repo: &Repository| -> Result<Option<String>, git2::Error> {
            let (mut at, onto) = (repo.find_commit(Oid::from_str(head)?)?, Oid::from_str(onto)?);
            loop {
                match (at.parent_count(), at.parent_id(0)) {
                    (1, Ok(parent)) if parent == onto => return Ok(Some(at.id().to_string())),
                    (1, Ok(parent)) => at = repo.find_commit(parent)?,
                    _ => return Ok(None),
                }
            }
        };
        repo.map(walk).transpose().map(Option::flatten).map_err(|e| failed("read the history", &e))
    }

    /// A remote-tracking branch or a tag that holds a commit.
    fn holder(&self, commit: &str) -> Result<Option<String>, Error> {
        let Some(repo) = self.objects() else {
            let contains = format!("--contains={commit}");
            let args =
                ["for-each-ref", "--count=1", "--format=%(refname:short)", &contains, "refs/remotes", "refs/tags"];
            return self.git().line(&args);
        };
        let find = || -> Result<Option<String>, git2::Error> {
            let commit = Oid::from_str(commit)?;
            for glob in ["refs/remotes/*", "refs/tags/*"] {
                for reference in repo.references_glob(glob)? {
                    let reference = reference?;
                    // A tag may be of something that is no commit.
                    let Ok(tip) = reference.peel_to_commit().map(|commit| commit.id()) else { continue };
                    if tip == commit || repo.graph_descendant_of(tip, commit)? {
                        return Ok(Some(reference.shorthand().unwrap_or("a reference").to_owned()));
                    }
                }
            }
            Ok(None)
        };
        find().map_err(|e| failed("look who has the commits", &e))
    }
}

/// What was named is nothing, or no commit.
fn is_no_commit(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous | ErrorCode::Peel)
}
