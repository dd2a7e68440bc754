//! Taking the place of commits: which ones, and that nobody else has them.

use git2::Repository;
use session_core::object_id::ObjectId;
use session_types::hash::short;
use session_types::{Error, Fold};

use super::args::Args;
use super::repo::{Repo, failed, named, oid};
use super::revision::RefName;

/// Commits that a new one takes the place of.
#[derive(Clone, Debug)]
pub(super) struct Folding {
    /// The parent of the new commit.
    pub(super) onto: ObjectId,
    /// Where the branch stood before.
    pub(super) old: ObjectId,
    /// Where that stays reachable.
    pub(super) keep: RefName,
}

impl Repo {
    /// None where there is nothing to fold.
    ///
    /// # Errors
    /// Where the commits are not one line on top of `onto`, others have them, or `keep` holds something else.
    pub(super) fn folding(&self, fold: &Fold) -> Result<Option<Folding>, Error> {
        let onto = short(&fold.onto);
        let unable =
            |why: &str| Error::new(format!("the commits since {onto} cannot be folded")).because(why.to_owned());
        let alone = "complete without folding leaves them as they are";
        let keep = RefName::own(&fold.keep)?;
        let Some(head) = self.head_commit()? else {
            return Err(unable("there is no commit yet").hint(alone));
        };
        let onto = self.commit_named(&fold.onto)?;
        let onto =
            onto.ok_or_else(|| unable("that commit is not here").hint("git fetch --all, or git reflog, may find it"))?;
        let kept = self.target(&keep)?;
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
                .hint(format!("{alone}; git log --oneline {onto}..HEAD shows them")));
        }
        if kept.as_ref().is_some_and(|kept| *kept != head) {
            return Err(unable(&format!("{} keeps another commit", fold.keep)).hint(format!(
                "git log {0} shows it; git update-ref -d {0} once nobody needs it",
                session_types::shell::word(&fold.keep)
            )));
        }
        Ok(Some(Folding { onto, old: head, keep }))
    }

    /// Keeps commits reachable that leave their branch.
    ///
    /// # Errors
    /// Where the reference cannot be made, or is about another commit meanwhile.
    pub(super) fn keep(&self, name: &RefName, commit: &ObjectId) -> Result<(), Error> {
        if self.target(name)?.is_some_and(|kept| kept == *commit) {
            return Ok(());
        }
        let why = "session: kept what is folded";
        let what = format!("keep the commits as {}", name.as_str());
        match self.objects() {
            Some(repo) => {
                let make = || repo.reference(name.as_str(), oid(commit)?, false, why).map(drop);
                make().map_err(|e| failed(&what, &e))
            }
            None => {
                let args = Args::of(["update-ref", "-m", why]).reference(name).object(commit).object(&commit.nothing());
                self.git().done(&what, args)
            }
        }
    }

    /// Puts the branch back to where it was before a fold that has moved it and made no commit.
    ///
    /// # Errors
    /// Where it was not the fold that moved it.
    pub(super) fn unfold(&self, folding: &Folding) -> Result<(), Error> {
        if self.target(&folding.keep)?.as_ref() != Some(&folding.old) {
            let (old, onto) = (folding.old.short(), folding.onto.short());
            return Err(Error::new(format!("the branch was at {old}, and somebody has moved it back to {onto}"))
                .hint(format!("git merge --ff-only {old} brings it back, then the same command again")));
        }
        self.move_branch(&folding.onto, &folding.old, "session: fold taken back")
    }

    /// Moves HEAD and its branch; the index and the files stay.
    pub(super) fn move_branch(&self, from: &ObjectId, to: &ObjectId, why: &'static str) -> Result<(), Error> {
        let what = format!("move the branch to {}", to.short());
        let Some(repo) = self.objects() else {
            return self.git().done(&what, Args::of(["update-ref", "-m", why, "HEAD"]).object(to).object(from));
        };
        let go = || repo.head()?.set_target(oid(to)?, why).map(drop);
        go().map_err(|e| failed(&what, &e))
    }

    pub(super) fn is_ancestor(&self, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool, Error> {
        let Some(repo) = self.objects() else {
            return self.git().agrees(Args::of(["merge-base", "--is-ancestor"]).object(ancestor).object(commit));
        };
        let ids = oid(ancestor).and_then(|ancestor| Ok((ancestor, oid(commit)?)));
        let look = |(ancestor, commit)| Ok(ancestor == commit || repo.graph_descendant_of(commit, ancestor)?);
        ids.and_then(look).map_err(|e| failed("look for the commit", &e))
    }

    /// The first commit above `onto`; none where there is a merge on the way.
    fn line(&self, head: &ObjectId, onto: &ObjectId) -> Result<Option<ObjectId>, Error> {
        if self.objects().is_none() {
            let text = self.git().text(Args::of(["rev-list", "--parents"]).object(head).hiding(onto).and(["--"]))?;
            let straight = text.lines().all(|line| line.split_whitespace().count() == 2);
            let first = text.lines().last().and_then(|line| line.split_whitespace().next());
            return Ok(first.filter(|_| straight).and_then(ObjectId::parse));
        }
        let repo = self.objects();
        let walk = |repo: &Repository| -> Result<Option<ObjectId>, git2::Error> {
            let (mut at, onto) = (repo.find_commit(oid(head)?)?, oid(onto)?);
            loop {
                match (at.parent_count(), at.parent_id(0)) {
                    (1, Ok(parent)) if parent == onto => return named(at.id()).map(Some),
                    (1, Ok(parent)) => at = repo.find_commit(parent)?,
                    _ => return Ok(None),
                }
            }
        };
        repo.map(walk).transpose().map(Option::flatten).map_err(|e| failed("read the history", &e))
    }

    /// A remote-tracking branch or a tag that holds a commit.
    fn holder(&self, commit: &ObjectId) -> Result<Option<String>, Error> {
        let Some(repo) = self.objects() else {
            let args = Args::of(["for-each-ref", "--count=1", "--format=%(refname:short)"]);
            return self.git().line(args.option("--contains", commit.as_str()).and(["refs/remotes", "refs/tags"]));
        };
        let find = || -> Result<Option<String>, git2::Error> {
            let commit = oid(commit)?;
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
