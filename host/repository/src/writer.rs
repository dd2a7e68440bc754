//! What changes a repository: the user's own git does, with its hooks, signing, filters, formats, identity and locks. What
//! a commit takes says the reader (`reader.rs`) before; files of the working tree are `checkout.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use session_core::object_id::ObjectId;
use session_system::Hooks;
use session_types::{CommitRequest, Error};

use super::args::Args;
use super::binary::{object, one_time_index, plainly};
use super::git::{Git, List, Noted, checked};
use super::locks::clear_config;
use super::reversal::{Held, Turn};
use super::revision::RefName;
use super::selection::Selection;
use super::site::Site;

/// The program's own commits run none of the user's hooks; `--no-verify` would leave two kinds of them. Nor do they tidy
/// up: the work commit beside them does.
const OWN: [&str; 4] = ["-c", "core.hooksPath=/dev/null", "-c", "maintenance.auto=false"];

/// A path of the index, and what it shall hold there.
pub(super) type Staged<'a> = (&'a str, Option<&'a Held>);

/// Writes one repository.
pub(super) struct Writer {
    git: Git,
    site: Rc<Site>,
}

/// How `git commit` is run, beyond what it takes.
pub(super) struct Manner<'a> {
    pub(super) request: &'a CommitRequest,
    /// Whether somebody may be asked for a passphrase.
    pub(super) signs: bool,
}

impl Writer {
    pub(super) fn of(git: Git, site: Rc<Site>) -> Self {
        Self { git, site }
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    /// Commits nothing.
    ///
    /// # Errors
    /// What git and its hooks say.
    pub(super) fn commit_nothing(&self, manner: &Manner<'_>, hooks: &mut Hooks<'_>) -> Result<(), Error> {
        let args = manner.args(["--only"]).and(["--allow-empty"]);
        self.run_commit(&self.git, args, manner, hooks)
    }

    /// Commits these paths as they are in the working tree; what else is staged stays staged. One run of git where all are in
    /// the index, and one more for those that are not.
    ///
    /// # Errors
    /// What git and its hooks say; `take_back` then brings the index back.
    pub(super) fn commit(
        &self,
        manner: &Manner<'_>,
        selection: &Selection,
        hooks: &mut Hooks<'_>,
    ) -> Result<(), Error> {
        let Selection { present, new, gone, vanished, .. } = selection;
        // A file in a folder's place, or the other way round, takes what was there along, and git knows it no more.
        let replaced: BTreeSet<String> = replaced(selection).into_iter().collect();
        let left = gone.iter().chain(vanished).filter(|path| !replaced.contains(*path));
        let paths: Vec<String> = present.iter().chain(left).cloned().collect();
        let folder = &self.site.git_dir;
        if let Some(list) = List::of(folder, new)? {
            let own = if manner.request.own { Args::of(OWN) } else { Args::default() };
            self.git.done("add new files", list.on(own.and(["add", "--force", "--sparse"])))?;
        }
        let list = List::of(folder, &paths)?;
        let args = manner.args(["--only"]);
        let args = list.as_ref().map_or_else(|| args.clone().and(["--allow-empty"]), |list| list.on(args.clone()));
        self.run_commit(&self.git, args, manner, hooks)
    }

    /// What a commit that was not made has staged is staged no more. HEAD is where it was before.
    pub(super) fn take_back(&self, selection: &Selection) {
        let staged: Vec<String> = selection.new.iter().cloned().chain(replaced(selection)).collect();
        self.reset(&staged);
    }

    /// Commits an index that is made for this: what git would take otherwise from the working tree is in it as it shall be,
    /// such as a file that shall be known no more and still lies there, and links to commits of other repositories. Of such a
    /// link the turn says what it shall be: the submodule stays where it is. The repository's own index comes first, as in
    /// every commit; what else is staged in it stays staged. Returns the tree that was asked for.
    ///
    /// # Errors
    /// What git and its hooks say; the index is then as it was.
    pub(super) fn commit_staged(
        &self,
        manner: &Manner<'_>,
        selection: &Selection,
        links: &[&Turn],
        hooks: &mut Hooks<'_>,
    ) -> Result<ObjectId, Error> {
        let (_folder, git) = one_time_index(&self.git, &self.site, selection, true)?;
        let links: Vec<Staged<'_>> = links.iter().map(|turn| (turn.path.as_str(), turn.after.as_ref())).collect();
        self.stage_lines(&git, &self.lines(&links))?;
        let asked = object(&plainly(&git, ["write-tree", "--missing-ok"], None)?)?;
        let paths = selection.present.iter().chain(&selection.gone).chain(&selection.vanished).map(String::as_str);
        let names: BTreeSet<&str> = paths.chain(links.iter().map(|(path, _)| *path)).collect();
        let absent = self.lines(&names.iter().map(|path| (*path, None)).collect::<Vec<_>>());
        let held = |listed: &str| {
            let ours = |line: &&str| line.split_once('\t').is_some_and(|(_, path)| names.contains(path));
            let lines: String = listed.split_terminator('\0').filter(ours).map(|line| format!("{line}\0")).collect();
            format!("{absent}{lines}")
        };
        let list = ["ls-files", "--stage", "-z", "--full-name"];
        let before = held(&self.git.text(list)?);
        self.stage_lines(&self.git, &held(&plainly(&git, list, None)?))?;
        let args = manner.args(["--allow-empty"]);
        let made = self.run_commit(&git, args, manner, hooks).inspect_err(|_| {
            if let Err(error) = self.stage_lines(&self.git, &before) {
                tracing::warn!(%error, "the index is not as it was before the commit");
            }
        });
        made.map(|()| asked)
    }

    fn run_commit(&self, git: &Git, args: Args, manner: &Manner<'_>, hooks: &mut Hooks<'_>) -> Result<(), Error> {
        let message = Noted::of(&self.site.git_dir, &manner.request.message)?;
        let args = args.option("--file", message.path());
        checked("commit", git.told(&args, manner.signs, hooks)?).map(drop)
    }

    /// Brings the index of these paths to what HEAD has: what git did not commit is not staged either, and what a hook rewrote
    /// is in the commit and, since only some paths were committed, not in the index.
    pub(super) fn reset(&self, paths: &[String]) {
        let reset = || match List::of(&self.site.git_dir, paths)? {
            Some(list) => self.git.done("bring the index up to date", list.on(Args::of(["reset", "--quiet"]))),
            None => Ok(()),
        };
        if let Err(error) = reset() {
            tracing::warn!(%error, "the index does not hold what HEAD does");
        }
    }

    /// Puts these into the index.
    ///
    /// # Errors
    /// What git says.
    pub(super) fn stage(&self, staged: &[Staged<'_>]) -> Result<(), Error> {
        self.stage_lines(&self.git, &self.lines(staged))
    }

    fn lines(&self, staged: &[Staged<'_>]) -> String {
        let none = Held { mode: 0, id: self.site.nothing() };
        let line = |(path, held): &Staged<'_>| {
            let Held { mode, id } = held.unwrap_or(&none);
            format!("{mode:o} {id}\t{path}\0")
        };
        staged.iter().map(line).collect()
    }

    fn stage_lines(&self, git: &Git, lines: &str) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let output = git.fed(["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
        checked("stage the files", output).map(drop)
    }

    /// Has git keep what it learns about unchanged files, so that the next look need not read them. An index that another
    /// process holds, or that the disk does not take, stays as it is.
    pub(super) fn refresh_index(&self) {
        let refreshed = self.git.output(Args::of(OWN).and(["update-index", "-q", "--refresh"]));
        tracing::debug!(done = refreshed.is_ok_and(|output| output.status.success()), "the index was refreshed");
    }

    /// Keeps commits reachable that leave their branch.
    ///
    /// # Errors
    /// Where the reference is there, or cannot be made.
    pub(super) fn keep(&self, name: &RefName, commit: &ObjectId) -> Result<(), Error> {
        let args = Args::of(["update-ref", "-m", "session: kept what is folded"]).reference(name);
        let what = format!("keep the commits as {}", name.as_str());
        self.git.done(&what, args.object(commit).object(&commit.nothing()))
    }

    /// Moves HEAD and its branch; the index and the files stay.
    ///
    /// # Errors
    /// Where it is elsewhere, or git would not.
    pub(super) fn move_branch(&self, from: &ObjectId, to: &ObjectId, why: &'static str) -> Result<(), Error> {
        let args = Args::of(["update-ref", "-m", why, "HEAD"]).object(to).object(from);
        self.git.done(&format!("move the branch to {}", to.short()), args)
    }

    /// Sets these in the clone's own configuration.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn configure(&self, settings: &[(String, &str)]) -> Result<(), Error> {
        clear_config(&self.site.common, &self.site.top);
        settings.iter().try_for_each(|(key, value)| {
            self.git.done("change its configuration", Args::of(["config", "--local"]).setting(key, Some(value)))
        })
    }
}

impl Manner<'_> {
    fn args(&self, options: [&'static str; 1]) -> Args {
        let args = if self.request.own { Args::of(OWN) } else { Args::default() };
        let args = args.and(["commit", "--quiet", "--cleanup=verbatim"]).and(options);
        if self.request.no_verify { args.and(["--no-verify"]) } else { args }
    }
}

/// What is gone because a file is where its folder was, or a folder where it was.
fn replaced(selection: &Selection) -> Vec<String> {
    let present: BTreeSet<&str> = selection.present.iter().map(String::as_str).collect();
    let is_folder = |path: &String| {
        let below = format!("{path}/");
        present.range(below.as_str()..).next().is_some_and(|found| found.starts_with(&below))
    };
    let in_file = |path: &String| path.match_indices('/').any(|(at, _)| present.contains(&path[..at]));
    selection.gone.iter().filter(|path| is_folder(path) || in_file(path)).cloned().collect()
}
