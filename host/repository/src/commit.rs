//! A commit, from what is asked for to what became of it: which paths it takes, whether it takes the place of others, and
//! what hooks made of it. How git is told is in `writer.rs`.

use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::{CommitRequest, Committed, Error};

use super::binary::object;
use super::fold::Folding;
use super::paths::is_file;
use super::repo::Repo;
use super::reversal::{Step, Turn};
use super::selection::Selection;
use super::writer::{Manner, Staged};

impl Repo {
    /// Commits exactly these paths as they are in the working tree; what else is staged stays staged.
    pub(super) fn commit_paths(
        &self,
        request: &CommitRequest,
        folding: Option<&Folding>,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let inside = self.expanded(&request.paths)?;
        let onto = folding.map(|folding| &folding.onto);
        let selection = self.selection(&inside, onto, request.tracked)?;
        let before = match onto {
            Some(onto) => Some(self.known_tree(onto.as_str())?),
            None => self.head_tree()?,
        };
        // What was asked for is kept in mind: only so can be told what hooks made of it.
        let (asked, objects) = self.reader.tree(&selection, &[])?;
        let is_same = Some(&asked) == before.as_ref();
        if is_same && !request.allow_empty {
            if folding.is_none() {
                // A git that was killed behind its commit has left the index from before.
                self.writer.reset(&selection.present);
            }
            return Ok(Committed { tree: asked.into(), ..Committed::default() });
        }
        let manner = self.manner(request)?;
        folding.map_or(Ok(()), |folding| self.take_off(folding))?;
        // Named to git, a file that shall be known no more would be added again.
        let is_named = !selection.gone.iter().any(|path| is_file(&self.site.top, path));
        let made = match (is_same, is_named) {
            (true, _) => self.writer.commit_nothing(&manner, hooks),
            (false, true) => self.writer.commit(&manner, &selection, hooks),
            (false, false) => self.writer.commit_staged(&manner, &selection, &[], hooks).map(drop),
        };
        if let Err(error) = made {
            if let Some(Err(error)) = folding.map(|folding| self.unfold(folding)) {
                tracing::warn!(%error, "the branch is not as it was before the commit");
            }
            if is_named && !is_same {
                self.writer.take_back(&selection);
            }
            return Err(error);
        }
        self.outcome(before.as_ref(), &asked, |tree| objects.differing(&asked, tree))
    }

    /// Brings the index to a commit, where a git that was killed behind it has left the index from before. The next commit would
    /// take this one back. `from` is where the repository stood then. What else is staged stays so.
    pub(super) fn restage_commit(&self, commit: &ObjectId, from: Option<&ObjectId>) -> Result<(), Error> {
        let step = Step { commit: commit.clone(), before: from.cloned() };
        let Ok(back) = self.reader.reversal(&[step], &[], commit)? else { return Ok(()) };
        let occupants = self.reader.occupants(&back.turns, &[])?;
        let old = back.turns.iter().zip(&occupants).filter(|(turn, occupant)| occupant.staged == turn.after);
        let mut staged: Vec<Staged<'_>> = old.map(|(turn, _)| (turn.path.as_str(), turn.before.as_ref())).collect();
        // What goes first may be a file in the place of a folder.
        staged.sort_by_key(|(_, held)| held.is_some());
        self.writer.stage(&staged)
    }

    /// Commits these turns where there are links to commits of other repositories among them.
    pub(super) fn commit_links(
        &self,
        request: &CommitRequest,
        turns: &[Turn],
        head: &ObjectId,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let before = self.head_tree()?;
        let (links, files): (Vec<&Turn>, Vec<&Turn>) = turns.iter().partition(|turn| turn.is_link());
        let paths = |comes: bool| {
            let files = files.iter().filter(|turn| turn.after.is_some() == comes);
            files.map(|turn| turn.path.clone()).collect::<Vec<_>>()
        };
        let base = Some(head.clone());
        let selection = Selection { present: paths(true), gone: paths(false), base, ..Selection::default() };
        let asked = self.writer.commit_staged(&self.manner(request)?, &selection, &links, hooks)?;
        self.outcome(before.as_ref(), &asked, |tree| self.reader.differing(Some(&asked), tree))
    }

    fn manner<'r>(&self, request: &'r CommitRequest) -> Result<Manner<'r>, Error> {
        Ok(Manner { request, signs: self.reader.is_on("commit.gpgSign")? })
    }

    /// What became of a commit whose tree was to be this one. `rewritten` says what a tree has otherwise.
    fn outcome(
        &self,
        before: Option<&ObjectId>,
        asked: &ObjectId,
        rewritten: impl Fn(&ObjectId) -> Result<Vec<String>, Error>,
    ) -> Result<Committed, Error> {
        let after = self.position()?;
        let tree = object(&after.tree.unwrap_or_default())?;
        let files = self.reader.differing(before, &tree)?.len();
        let rewritten = if tree == *asked { Vec::new() } else { rewritten(&tree)? };
        // The next commit would take back what a hook rewrote.
        self.writer.reset(&rewritten);
        let rewritten = rewritten.iter().map(|path| self.site.relative_to_root(path)).collect();
        Ok(Committed { commit: after.commit, tree: tree.into(), files, rewritten, planned: false })
    }

    fn head_tree(&self) -> Result<Option<ObjectId>, Error> {
        Ok(self.position()?.tree.as_deref().and_then(ObjectId::parse))
    }
}
