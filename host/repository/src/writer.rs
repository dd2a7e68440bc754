//! Commits by git itself: with the user's hooks, signing, filters, encodings and identity.

use std::collections::BTreeSet;

use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::{CommitRequest, Committed, Error};

use super::args::Args;
use super::fold::Folding;
use super::git::{List, checked, noted};
use super::listed::Sorted;
use super::paths::is_file;
use super::reader::{object, plainly};
use super::repo::{Repo, converted, failed, oid};
use super::undone::Turn;

impl Repo {
    /// What git cannot commit so, known beforehand.
    pub(super) fn refuse_removed(&self, sorted: &Sorted) -> Result<(), Error> {
        let Some(path) = sorted.gone.iter().find(|path| is_file(&self.top, path)) else { return Ok(()) };
        Err(Error::new(format!("{path} is removed from the index, but the file is there"))
            .because("with hooks, signing, filters or a special index in play, git would add it again")
            .hint(format!("git commit -m {} first", session_types::shell::word(&format!("chore: untrack {path}")))))
    }

    /// Commits exactly these paths as they are in the working tree; what else is staged stays staged.
    pub(super) fn commit_by_git(
        &self,
        request: &CommitRequest,
        inside: &[String],
        folding: Option<&Folding>,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let onto = folding.map(|folding| &folding.onto);
        let listed = self.listed(onto)?;
        let mut sorted = self.sorted(&listed, inside, request.tracked)?;
        self.refuse_removed(&sorted)?;
        if onto.is_some() {
            sorted.base = onto.cloned();
        }
        let new: Vec<String> = sorted.present.iter().filter(|path| !listed.in_index(path)).cloned().collect();
        let vanished = sorted.vanished.clone();
        // A file in a folder's place, or the other way round, takes what was there along, and git knows it no more.
        let replaced: BTreeSet<String> = replaced(&sorted).into_iter().collect();
        let gone = sorted.gone.iter().filter(|path| !replaced.contains(*path));
        let mut paths: Vec<String> = sorted.present.iter().chain(gone).cloned().collect();
        let before = match onto {
            Some(onto) => Some(self.known_tree(onto.as_str())?),
            None => self.head_tree()?,
        };
        // What was asked for is kept: only so can be told what hooks made of it.
        let asked = match self.reader().filter(|repo| !converted(repo, inside)) {
            Some(_) => {
                let taken: Vec<String> = sorted.present.iter().chain(&sorted.gone).cloned().collect();
                self.tree_by_library(onto, &taken, &[], true)?
            }
            None => self.tree_by_git(&sorted, &[], true)?,
        };
        if Some(&asked) == before.as_ref() {
            if !request.allow_empty {
                return Ok(Committed { tree: asked.into(), ..Committed::default() });
            }
            paths.clear();
        }
        if let Some(folding) = folding {
            self.keep(&folding.keep, &folding.old)?;
            self.move_branch(&folding.old, &folding.onto, "session: fold")?;
        }
        let attempt = Attempt { request, paths: &paths, new: &new, vanished: &vanished, replaced: &replaced };
        if let Err(error) = self.run_commit(&attempt, hooks) {
            self.take_back(&attempt, folding);
            return Err(error);
        }
        self.outcome(before.as_ref(), &asked)
    }

    /// Commits these paths where there are links to commits of other repositories among them: what such a link shall be
    /// says the turn and not the working tree, in which the submodule stays where it is. What else is staged stays staged.
    /// The index comes first, as in every commit.
    pub(super) fn commit_staged(
        &self,
        message: &str,
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
        let sorted = Sorted { present: paths(true), gone: paths(false), base: Some(head.clone()), ..Sorted::default() };
        let (_folder, git) = self.one_time_index(&sorted, true)?;
        let none = head.nothing();
        let line = |turn: &&Turn| match &turn.after {
            Some(held) => format!("{:o} {}\t{}\0", held.mode, held.id, turn.path),
            None => format!("0 {none}\t{}\0", turn.path),
        };
        let lines: String = links.iter().map(line).collect();
        plainly(&git, ["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
        let asked = object(&plainly(&git, ["write-tree", "--missing-ok"], None)?)?;
        let listed = plainly(&git, ["ls-files", "--stage", "-z"], None)?;
        let names: BTreeSet<&str> = turns.iter().map(|turn| turn.path.as_str()).collect();
        let ours = |line: &&str| line.split_once('\t').is_some_and(|(_, path)| names.contains(path));
        let mut lines: String = names.iter().map(|path| format!("0 {none}\t{path}\0")).collect();
        listed.split_terminator('\0').filter(ours).for_each(|line| lines += &format!("{line}\0"));
        let staged = self.git().fed(["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
        checked("stage the files", staged)?;
        let message = noted(&self.git_dir, message)?;
        let args = Args::of(["commit", "--quiet", "--cleanup=verbatim", "--allow-empty"]);
        checked("commit", git.told(&args.option("--file", message.path()), self.signs()?, hooks)?)?;
        self.outcome(before.as_ref(), &asked)
    }

    /// What became of a commit whose tree was to be this one.
    fn outcome(&self, before: Option<&ObjectId>, asked: &ObjectId) -> Result<Committed, Error> {
        let after = self.position()?;
        let tree = object(&after.tree.unwrap_or_default())?;
        let files = self.differing(before, &tree)?.len();
        let rewritten = if tree == *asked { Vec::new() } else { self.differing(Some(asked), &tree)? };
        self.unstage(&rewritten);
        let rewritten = rewritten.iter().map(|path| self.relative_to_root(path)).collect();
        Ok(Committed { commit: after.commit, tree: tree.into(), files, rewritten, ..Committed::default() })
    }

    fn run_commit(&self, attempt: &Attempt<'_>, hooks: &mut Hooks<'_>) -> Result<(), Error> {
        let Attempt { request, paths, new, vanished, .. } = attempt;
        if let Some(list) = List::of(&self.git_dir, new)? {
            self.git().done("add new files", list.on(Args::of(["add", "--force", "--sparse"])))?;
        }
        if let Some(list) = List::of(&self.git_dir, vanished)? {
            let args = list.on(Args::of(["rm", "--quiet", "--cached", "--force", "--sparse"]));
            self.git().done("take removed files out of the index", args)?;
        }
        let message = noted(&self.git_dir, &request.message)?;
        // The program's own commits run none of the user's hooks; `--no-verify` would leave two kinds of them.
        let mut args = if request.own { Args::of(["-c", "core.hooksPath=/dev/null"]) } else { Args::default() };
        args = args.and(["commit", "--quiet", "--cleanup=verbatim", "--only"]).option("--file", message.path());
        if request.no_verify {
            args = args.and(["--no-verify"]);
        }
        let list = List::of(&self.git_dir, paths)?;
        args = match &list {
            None => args.and(["--allow-empty"]),
            Some(list) => list.on(args),
        };
        checked("commit", self.git().told(&args, self.signs()?, hooks)?).map(drop)
    }

    /// What a hook rewrote is in the commit and, since only some paths were committed, not in the index: the next commit
    /// would take it back.
    fn unstage(&self, rewritten: &[String]) {
        let reset = || -> Result<(), Error> {
            if let Some(list) = List::of(&self.git_dir, rewritten)? {
                self.git().done("bring the index up to date", list.on(Args::of(["reset", "--quiet"])))?;
            }
            Ok(())
        };
        if let Err(error) = reset() {
            tracing::warn!(%error, "the index does not hold what a hook rewrote");
        }
    }

    fn head_tree(&self) -> Result<Option<ObjectId>, Error> {
        Ok(self.position()?.tree.as_deref().and_then(ObjectId::parse))
    }

    fn signs(&self) -> Result<bool, Error> {
        // Who reads by libgit2 has no configuration that it does not see.
        if let Some(repo) = self.reader() {
            let config = repo.config().and_then(|config| config.get_bool("commit.gpgSign"));
            return Ok(config.unwrap_or(false));
        }
        let said = self.git().line(["config", "--type=bool", "--get", "commit.gpgSign"])?;
        Ok(said.is_some_and(|said| said == "true"))
    }

    /// Paths below the top that differ between two trees.
    fn differing(&self, before: Option<&ObjectId>, after: &ObjectId) -> Result<Vec<String>, Error> {
        let Some(repo) = self.objects() else { return self.differing_by_git(before, after) };
        let look = || -> Result<Vec<String>, git2::Error> {
            let tree = |id: &ObjectId| repo.find_tree(oid(id)?);
            let diff = repo.diff_tree_to_tree(before.map(tree).transpose()?.as_ref(), Some(&tree(after)?), None)?;
            let path = |delta: git2::DiffDelta<'_>| Some(delta.new_file().path()?.to_string_lossy().into_owned());
            Ok(diff.deltas().filter_map(path).collect())
        };
        look().map_err(|e| failed("compare two trees", &e))
    }

    /// The branch and the index as they were: what git did not commit is not staged either.
    fn take_back(&self, attempt: &Attempt<'_>, folding: Option<&Folding>) {
        let undo = || -> Result<(), Error> {
            if let Some(folding) = folding {
                self.move_branch(&folding.onto, &folding.old, "session: fold taken back")?;
            }
            let staged = attempt.new.iter().chain(attempt.vanished).chain(attempt.replaced);
            let staged: Vec<String> = staged.cloned().collect();
            if let Some(list) = List::of(&self.git_dir, &staged)? {
                let args = list.on(Args::of(["reset", "--quiet"]));
                self.git().done("take new files back out of the index", args)?;
            }
            Ok(())
        };
        if let Err(error) = undo() {
            tracing::warn!(%error, "not all is as it was before the commit");
        }
    }
}

/// One run of `git commit`.
struct Attempt<'a> {
    request: &'a CommitRequest,
    paths: &'a [String],
    /// Not in the index yet.
    new: &'a [String],
    /// In the index, and nowhere else.
    vanished: &'a [String],
    /// In the index until something else takes their place.
    replaced: &'a BTreeSet<String>,
}

/// What is gone because a file is where its folder was, or a folder where it was.
fn replaced(sorted: &Sorted) -> Vec<String> {
    let present: BTreeSet<&str> = sorted.present.iter().map(String::as_str).collect();
    let is_folder = |path: &String| {
        let below = format!("{path}/");
        present.range(below.as_str()..).next().is_some_and(|found| found.starts_with(&below))
    };
    let in_file = |path: &String| path.match_indices('/').any(|(at, _)| present.contains(&path[..at]));
    sorted.gone.iter().filter(|path| is_folder(path) || in_file(path)).cloned().collect()
}
