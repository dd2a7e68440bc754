//! Undoing commits by a new one: what the files become is found out first, in no working tree (`reversal`); then the files
//! follow (`occupant`, `checkout`), and then the commit is made as any other. A kill in between leaves files that the same
//! call takes for its own. Paths outside of the project's folder are undone as well: a commit that somebody made by hand
//! may hold them, and half of a commit undone is a state in which the repository never was.

use std::collections::BTreeSet;

use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::hash::short;
use session_types::{CommitRequest, Committed, Error, Head, HistoryRequest, RevertRequest};

use super::history::is_same_message;
use super::library::failed;
use super::locks;
use super::occupant::Occupant;
use super::repo::Repo;
use super::reversal::{Conflict, Held, Reversal, Turn, is_within};

/// Later commits that a conflict names for one path.
const NAMED: usize = 3;

impl Repo {
    /// # Errors
    /// A conflict, or a file with changes of its own.
    pub fn revert(&self, request: &RevertRequest, dry_run: bool, hooks: &mut Hooks<'_>) -> Result<Committed, Error> {
        self.refuse_unable()?;
        let Some(head) = self.head_commit()? else {
            return Err(Error::new("there is no commit yet, so there is none to take back"));
        };
        if !dry_run {
            locks::clear(&self.site.git_dir, &self.site.common, &self.site.top, None)?;
        } else if let Some(lock) = locks::held(&self.site.git_dir, &self.site.common) {
            // Found out in the run itself, a database would be down already.
            return Err(Error::new(format!("{} is there, so nothing can be committed", lock.display()))
                .because("another git is at work here, or one was killed")
                .hint("wait for it to end, or remove that file where none runs; then the same command again"));
        }
        if let Some(made) = self.made_already(request, &head)? {
            return Ok(made);
        }
        let reversal = match self.reversal(request, &head)? {
            Ok(reversal) => reversal,
            Err(conflict) => return Err(self.told(request, &conflict)),
        };
        if dry_run {
            // What would be committed and undone before leaves nothing in the way.
            let saved: BTreeSet<String> =
                request.saved.iter().filter_map(|path| self.site.relative_to_top(path)).collect();
            let turns: Vec<Turn> = reversal.turns.iter().filter(|turn| !saved.contains(&turn.path)).cloned().collect();
            self.free(&turns)?;
            let (tree, files) = (reversal.tree, reversal.turns.len());
            return Ok(Committed { planned: true, tree, files, ..Committed::default() });
        }
        let occupants = self.free(&reversal.turns)?;
        let placed = self.place(&reversal, &occupants)?;
        let error = match self.commit_reversal(request, &reversal, &head, hooks) {
            Ok(committed) => return Ok(committed),
            Err(error) => error,
        };
        // It may be there all the same: what failed is what came behind it.
        if self.head_commit().is_ok_and(|now| now.as_ref() != Some(&head)) {
            return Err(error);
        }
        let error = placed.put_back(error);
        Err(match self.restage(&reversal.turns, &occupants) {
            Ok(()) => error,
            Err(e) => error.because(format!("the index is not as it was: {e}")),
        })
    }

    /// The commit of a revert that was asked for when the repository stood there, where it was made. Nothing is left to
    /// do behind it: the files came first.
    ///
    /// # Errors
    /// As [`Repo::made`].
    pub fn reverted(&self, request: &RevertRequest, from: &Head) -> Result<Option<Committed>, Error> {
        self.made(&CommitRequest { message: request.message.clone(), ..CommitRequest::default() }, from)
    }

    /// The commit that is asked for, where it is there and nothing but documents came behind it: whoever asks has lost his
    /// memory since, or failed behind it and told so in the documents.
    fn made_already(&self, request: &RevertRequest, head: &ObjectId) -> Result<Option<Committed>, Error> {
        let mut at = head.clone();
        // The first commit of all undoes nothing.
        while let Some(before) = self.commit_named(&format!("{at}~1"))? {
            let since = Some(format!("{before}..{at}"));
            let last = self.history(&HistoryRequest { since, ..HistoryRequest::default() })?;
            let Some(last) = last.into_iter().next() else { break };
            let same = is_same_message(&request.message, &last.message).map_err(|e| failed("read a message", &e))?;
            // Its message can be kept while somebody changes what it holds.
            if same && self.reversal(request, &before)?.is_ok_and(|reversal| reversal.tree == last.tree) {
                let (commit, files) = (Some(last.commit), last.files.len());
                return Ok(Some(Committed { commit, tree: last.tree, files, ..Committed::default() }));
            }
            let documents = last.files.iter().all(|path| is_within(path, &request.without));
            if last.files.is_empty() || !documents {
                break;
            }
            at = before;
        }
        Ok(None)
    }

    /// A conflict in words: which commit, which files, and who changed them since.
    fn told(&self, request: &RevertRequest, conflict: &Conflict) -> Error {
        let mut error = Error::new(format!("what {} changed cannot be taken back", conflict.commit.short()));
        let undone: BTreeSet<ObjectId> =
            request.commits.iter().filter_map(|undo| self.commit_named(&undo.commit).ok().flatten()).collect();
        for path in &conflict.paths {
            let path = self.site.relative_to_root(path);
            let since = Some(conflict.commit.to_string());
            let asked = HistoryRequest { since, merged: true, path: Some(path.clone()), ..HistoryRequest::default() };
            let later = self.history(&asked).unwrap_or_default();
            let later: Vec<String> = later
                .iter()
                .filter(|commit| !undone.iter().any(|id| id.as_str() == commit.commit))
                .map(|commit| {
                    format!("{} ({})", short(&commit.commit), commit.message.lines().next().unwrap_or_default())
                })
                .collect();
            error = error.because(match (later.len(), later.get(..NAMED)) {
                (0, _) => format!("{path} does not hold any more what it left there"),
                (count, Some(first)) if count > NAMED => {
                    format!("{path} was changed later by {} and {} more", first.join(", "), count - NAMED)
                }
                _ => format!("{path} was changed later by {}", later.join(", ")),
            });
        }
        error.hint("take back what came later first, or change these places back by hand and commit that")
    }

    fn commit_reversal(
        &self,
        request: &RevertRequest,
        reversal: &Reversal,
        head: &ObjectId,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let message = request.message.clone();
        let asked = CommitRequest { message, allow_empty: true, ..CommitRequest::default() };
        if reversal.turns.iter().any(Turn::is_link) {
            return self.commit_links(&asked, &reversal.turns, head, hooks);
        }
        let paths = reversal.turns.iter().map(|turn| self.site.relative_to_root(&turn.path)).collect();
        self.commit(&CommitRequest { paths, ..asked }, false, hooks)
    }

    /// The index of these paths as it was before.
    fn restage(&self, turns: &[Turn], before: &[Occupant]) -> Result<(), Error> {
        let now = self.reader.occupants(turns, &[])?;
        let differs = |(_, before, now): &(&Turn, &Occupant, &Occupant)| before.staged != now.staged;
        let both = turns.iter().zip(before).zip(&now).map(|((turn, before), now)| (turn, before, now));
        let mut wrong: Vec<(&str, Option<&Held>)> =
            both.filter(differs).map(|(turn, before, _)| (turn.path.as_str(), before.staged.as_ref())).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        // What goes first may be a file in the place of a folder.
        wrong.sort_by_key(|(_, held)| held.is_some());
        self.writer.stage(&wrong)
    }

    /// A file as a commit has it, as it would stand in the working tree. A submodule or a folder is no file.
    ///
    /// # Errors
    /// Where there is no such commit, or it cannot be read.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let commit = self.known(commit)?;
        let inside = self.site.relative_to_top(path).filter(|inside| !inside.is_empty());
        inside.map_or(Ok(None), |inside| self.reader.file_at(&commit, &inside))
    }
}
