//! Commits by git itself: with the user's hooks, signing, filters, encodings and identity.

use session_sdk::{CommitRequest, Committed, Error};

use super::fold::Folding;
use super::git::{List, checked, noted};
use super::paths::is_file;
use super::repo::Repo;
use crate::effects::world::Hooks;

impl Repo {
    /// Commits exactly these paths as they are in the working tree; what else is staged stays staged.
    pub(super) fn commit_by_git(
        &self,
        request: &CommitRequest,
        inside: &[String],
        folding: Option<&Folding>,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let onto = folding.map(|folding| folding.onto.as_str());
        let listed = self.listed(onto)?;
        let mut sorted = self.sorted(&listed, inside, request.tracked)?;
        if let Some(path) = sorted.gone.iter().find(|path| is_file(&self.top.join(path))) {
            return Err(Error::new(format!("{path} is removed from the index, but the file is there"))
                .because("with hooks, signing, filters or a special index in play, git would add it again")
                .hint(format!("git commit -m \"chore: untrack {path}\" first")));
        }
        if onto.is_some() {
            sorted.base = onto.map(str::to_owned);
        }
        let new: Vec<String> = sorted.present.iter().filter(|path| !listed.in_index(path)).cloned().collect();
        let vanished = sorted.vanished.clone();
        let mut paths: Vec<String> = sorted.present.iter().chain(&sorted.gone).cloned().collect();
        let before = match onto {
            Some(onto) => self.git().line(&["rev-parse", "--verify", &format!("{onto}^{{tree}}")])?,
            None => self.position()?.tree,
        };
        let asked = self.tree_by_git(&sorted, &[], true)?;
        if Some(&asked) == before.as_ref() {
            if !request.allow_empty {
                return Ok(Committed { tree: asked, ..Committed::default() });
            }
            paths.clear();
        }
        let moved = folding.filter(|folding| !folding.begun);
        if let (Some(folding), Some(fold)) = (moved, &request.fold) {
            self.keep(&fold.keep, &folding.old)?;
            let args = ["update-ref", "-m", "session: fold", "HEAD", &folding.onto, &folding.old];
            self.git().done("go back to where the session began", &args)?;
        }
        let attempt = Attempt { request, paths: &paths, new: &new, vanished: &vanished };
        if let Err(error) = self.run_commit(&attempt, hooks) {
            self.take_back(&attempt, folding);
            return Err(error);
        }
        let after = self.position()?;
        let tree = after.tree.unwrap_or_default();
        let files = self.differing_by_git(before.as_deref(), &tree)?.len();
        let rewritten = if tree == asked { Vec::new() } else { self.differing_by_git(Some(&asked), &tree)? };
        let rewritten = rewritten.iter().map(|path| self.relative_to_root(path)).collect();
        Ok(Committed { commit: after.commit, tree, files, rewritten })
    }

    fn run_commit(&self, attempt: &Attempt<'_>, hooks: &mut Hooks<'_>) -> Result<(), Error> {
        let Attempt { request, paths, new, vanished } = attempt;
        if let Some(list) = List::of(&self.git_dir, new)? {
            let args = ["add", "--force", "--sparse", &list.option, "--pathspec-file-nul"];
            self.git().done("add new files", &args)?;
        }
        if let Some(list) = List::of(&self.git_dir, vanished)? {
            let args = ["rm", "--quiet", "--cached", "--force", "--sparse", &list.option, "--pathspec-file-nul"];
            self.git().done("take removed files out of the index", &args)?;
        }
        let message = noted(&self.git_dir, &request.message)?;
        let file = message.path().to_string_lossy().into_owned();
        // The program's own commits run none of the user's hooks; `--no-verify` would leave two kinds of them.
        let mut args = if request.own { vec!["-c", "core.hooksPath=/dev/null"] } else { Vec::new() };
        args.extend(["commit", "--quiet", "--cleanup=verbatim", "--only", "-F", &file]);
        if request.no_verify {
            args.push("--no-verify");
        }
        let list = List::of(&self.git_dir, paths)?;
        match &list {
            None => args.push("--allow-empty"),
            Some(list) => args.extend([list.option.as_str(), "--pathspec-file-nul"]),
        }
        checked("commit", self.git().told(&args, hooks)?).map(drop)
    }

    /// The branch and the index as they were: what git did not commit is not staged either.
    fn take_back(&self, attempt: &Attempt<'_>, folding: Option<&Folding>) {
        let undo = || -> Result<(), Error> {
            if let Some(folding) = folding {
                let args = ["update-ref", "-m", "session: fold taken back", "HEAD", &folding.old, &folding.onto];
                self.git().done("go back to where the branch was", &args)?;
            }
            let staged: Vec<String> = attempt.new.iter().chain(attempt.vanished).cloned().collect();
            if let Some(list) = List::of(&self.git_dir, &staged)? {
                let args = ["reset", "--quiet", &list.option, "--pathspec-file-nul"];
                self.git().done("take new files back out of the index", &args)?;
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
}
