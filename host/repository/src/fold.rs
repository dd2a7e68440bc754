//! Taking the place of commits: which ones, and that nobody else has them.

use session_core::object_id::ObjectId;
use session_types::hash::short;
use session_types::{Error, Fold};

use super::repo::Repo;
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
        let kept = self.reader.target(&keep)?;
        if head == onto {
            return Ok(None);
        }
        if !self.reader.is_ancestor(&onto, &head)? {
            return Err(unable("it is not in the history of this branch").hint(alone));
        }
        let commits = self.reader.first_above(&onto, &head)?;
        let Some(first) = commits else { return Err(unable("there is a merge among them").hint(alone)) };
        if let Some(name) = self.reader.holder(&first, &["refs/remotes/", "refs/tags/"])? {
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

    /// Takes the commits off the branch, and keeps them reachable.
    ///
    /// # Errors
    /// Where the reference cannot be made, or is about another commit meanwhile.
    pub(super) fn take_off(&self, folding: &Folding) -> Result<(), Error> {
        if self.reader.target(&folding.keep)?.as_ref() != Some(&folding.old) {
            self.writer.keep(&folding.keep, &folding.old)?;
        }
        self.writer.move_branch(&folding.old, &folding.onto, "session: fold")
    }

    /// Puts the branch back to where it was before a fold that has moved it and made no commit.
    ///
    /// # Errors
    /// Where it was not the fold that moved it.
    pub(super) fn unfold(&self, folding: &Folding) -> Result<(), Error> {
        if self.reader.target(&folding.keep)?.as_ref() != Some(&folding.old) {
            let (old, onto) = (folding.old.short(), folding.onto.short());
            return Err(Error::new(format!("the branch was at {old}, and somebody has moved it back to {onto}"))
                .hint(format!("git merge --ff-only {old} brings it back, then the same command again")));
        }
        self.writer.move_branch(&folding.onto, &folding.old, "session: fold taken back")
    }
}
