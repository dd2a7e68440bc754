//! Undoing commits by a new one: what the files become is found out first, in no working tree (`undone`); then the files
//! follow (`standing`, `checkout`), and then the commit is made as any other. A kill in between leaves files that the same
//! call takes for its own. Paths outside of the project's folder are undone as well: a commit that somebody made by hand
//! may hold them, and half of a commit undone is a state in which the repository never was.

use std::collections::BTreeSet;
use std::path::Path;

use git2::{IndexEntry, IndexTime, ObjectType, Oid, Repository};
use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::hash::short;
use session_types::{CommitRequest, Committed, Error, Head, HistoryRequest, RevertRequest};

use super::args::Args;
use super::git::checked;
use super::history::is_same_message;
use super::library::entry_at;
use super::locks;
use super::needed::Conversions;
use super::reader::object;
use super::repo::{Repo, failed, oid};
use super::standing::Standing;
use super::undone::{Conflict, Held, Turn, Undone, is_within};

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
            locks::clear(&self.git_dir, &self.common, &self.top, None)?;
        } else if let Some(lock) = locks::held(&self.git_dir, &self.common) {
            // Found out in the run itself, a database would be down already.
            return Err(Error::new(format!("{} is there, so nothing can be committed", lock.display()))
                .because("another git is at work here, or one was killed")
                .hint("wait for it to end, or remove that file where none runs; then the same command again"));
        }
        if let Some(made) = self.made_already(request, &head)? {
            return Ok(made);
        }
        let undone = match self.undone(request, &head)? {
            Ok(undone) => undone,
            Err(conflict) => return Err(self.told(request, &conflict)),
        };
        if dry_run {
            // What would be committed and undone before leaves nothing in the way.
            let saved: BTreeSet<String> = request.saved.iter().filter_map(|path| self.relative_to_top(path)).collect();
            let turns: Vec<Turn> = undone.turns.iter().filter(|turn| !saved.contains(&turn.path)).cloned().collect();
            self.free(&turns)?;
            let (tree, files) = (undone.tree, undone.turns.len());
            return Ok(Committed { planned: true, tree, files, ..Committed::default() });
        }
        let standing = self.free(&undone.turns)?;
        let placed = self.place(&undone, &standing)?;
        let error = match self.commit_undone(request, &undone, &head, hooks) {
            Ok(committed) => return Ok(committed),
            Err(error) => error,
        };
        // It may be there all the same: what failed is what came behind it.
        if self.head_commit().is_ok_and(|now| now.as_ref() != Some(&head)) {
            return Err(error);
        }
        let error = placed.put_back(error);
        Err(match self.restage(&undone.turns, &standing) {
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
            if same && self.undone(request, &before)?.is_ok_and(|undone| undone.tree == last.tree) {
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
            let path = self.relative_to_root(path);
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

    fn commit_undone(
        &self,
        request: &RevertRequest,
        undone: &Undone,
        head: &ObjectId,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        if undone.turns.iter().any(Turn::is_link) {
            return self.commit_staged(&request.message, &undone.turns, head, hooks);
        }
        let paths = undone.turns.iter().map(|turn| self.relative_to_root(&turn.path)).collect();
        let message = request.message.clone();
        self.commit(&CommitRequest { message, paths, allow_empty: true, ..CommitRequest::default() }, false, hooks)
    }

    /// The index of these paths as it was before.
    fn restage(&self, turns: &[Turn], before: &[Standing]) -> Result<(), Error> {
        let now = self.standing(turns, &[])?;
        let differs = |(_, before, now): &(&Turn, &Standing, &Standing)| before.staged != now.staged;
        let both = turns.iter().zip(before).zip(&now).map(|((turn, before), now)| (turn, before, now));
        let mut wrong: Vec<(&str, Option<&Held>)> =
            both.filter(differs).map(|(turn, before, _)| (turn.path.as_str(), before.staged.as_ref())).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        // What goes first may be a file in the place of a folder.
        wrong.sort_by_key(|(_, held)| held.is_some());
        let Some(repo) = self.reader() else {
            let none = Held { mode: 0, id: "0".repeat(if self.sha256 { 64 } else { 40 }) };
            let line = |(path, held): &(&str, Option<&Held>)| {
                let Held { mode, id } = held.unwrap_or(&none);
                format!("{mode:o} {id}\t{path}\0")
            };
            let lines: String = wrong.iter().map(line).collect();
            let output = self.git().fed(["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
            return checked("put the index back", output).map(drop);
        };
        let put = || -> Result<(), git2::Error> {
            let mut index = repo.index()?;
            index.read(true)?;
            for (path, held) in &wrong {
                match held {
                    None => index.remove_path(Path::new(path))?,
                    Some(held) => index.add(&entry(path, held)?)?,
                }
            }
            index.write()
        };
        put().map_err(|e| failed("put the index back", &e))
    }

    /// A file as a commit has it, as it would stand in the working tree. A submodule or a folder is no file.
    ///
    /// # Errors
    /// Where there is no such commit, or it cannot be read.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let commit = self.known(commit)?;
        let Some(inside) = self.relative_to_top(path).filter(|inside| !inside.is_empty()) else { return Ok(None) };
        let plain = |repo: &&Repository| !Conversions::of(repo).concern_new(Path::new(&inside));
        let Some(repo) = self.reader().filter(plain) else { return self.file_by_git(&commit, &inside) };
        let read = || -> Result<Option<Vec<u8>>, git2::Error> {
            let tree = repo.find_commit(oid(&commit)?)?.tree()?;
            match entry_at(&tree, Path::new(&inside))? {
                Some(entry) if entry.kind() == Some(ObjectType::Blob) => {
                    repo.find_blob(entry.id()).map(|blob| Some(blob.content().to_owned()))
                }
                _ => Ok(None),
            }
        };
        read().map_err(|e| failed(&format!("read {path} at {}", commit.short()), &e))
    }

    fn file_by_git(&self, commit: &ObjectId, inside: &str) -> Result<Option<Vec<u8>>, Error> {
        let args = Args::of(["ls-tree", "-z", "--full-tree"]).object(commit).files([inside]);
        let listed = self.git().text(args)?;
        let about = listed.split_once('\t').map(|(about, _)| about.split(' ').collect::<Vec<_>>());
        let Some([_, "blob", blob]) = about.as_deref() else { return Ok(None) };
        let args = Args::of(["cat-file", "--filters"]).option("--path", inside).object(&object(blob)?);
        let output = self.git().output(args)?;
        Ok(Some(checked(&format!("read {inside} at {}", commit.short()), output)?.stdout))
    }
}

/// Without what the index would know of the file: whoever looks next reads it.
fn entry(path: &str, held: &Held) -> Result<IndexEntry, git2::Error> {
    let never = IndexTime::new(0, 0);
    Ok(IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: held.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: Oid::from_str(&held.id)?,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_owned(),
    })
}
