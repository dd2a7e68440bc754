//! A host in memory: the world that a handler sees and changes. How a step is journalled, killed and gone on with is
//! `step.rs`.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::repository::digest;
use super::step::{Step, parsed};
use crate::plugin::Plugin;
use crate::replay::assumed_outcome;
use crate::{Answer, Bytes, Change, CommandKind, Commit, Head, Outcome, Request, Run, Verdict};
use crate::{Context, Event, Project, Timestamp};
use crate::{Error, Result};
use crate::{Evidence, Session, Status};

/// A host in memory. Fill in the world before a run; read it and the calls afterwards.
#[derive(Debug, Default)]
pub struct Host(pub(super) Rc<RefCell<World>>);

/// What the handler sees and changes.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Those of which `changes` says nothing are committed.
    pub files: BTreeMap<String, Vec<u8>>,
    pub facts: BTreeMap<String, String>,
    pub checks: Vec<(Verdict, Evidence)>,
    /// Answers to commands by their arguments joined with spaces; a command that is not here is an error.
    pub commands: BTreeMap<String, Outcome>,
    /// Runs those that `commands` does not name, for tests with the real program. It must not be given to the assertions
    /// about kills, which run a handler many times in worlds that they compare.
    pub programs: Option<fn(&Run) -> Outcome>,
    /// The commands that were run and may not run twice, by their arguments joined with spaces.
    pub ran: Vec<String>,
    pub head: Head,
    /// Written and removed files join them.
    pub changes: Vec<Change>,
    /// Newest first.
    pub history: Vec<Commit>,
    /// What references other than the branch hold, newest first; a commit that folds others leaves one.
    pub kept: BTreeMap<String, Vec<Commit>>,
    /// Patch ids by commit, for those that shall be equal to another's; any other has one of its own.
    pub patches: BTreeMap<String, String>,
    /// Files as commits have them: `commit path`.
    pub files_at: BTreeMap<(String, String), Vec<u8>>,
    /// What a revert answers instead of being done: a conflict, or changes that are in its way.
    pub revert_fails: Option<Error>,
    /// Paths that hooks change in every commit.
    pub rewritten: Vec<String>,
    pub excluded: Vec<String>,
    /// Every call in order, answered or not.
    pub calls: Vec<Request>,
    /// The n-th call (from 0) is answered with an error: what does the plugin do then?
    pub fail_at: Option<usize>,
    pub(super) step: Step,
}

impl Host {
    /// Runs the handler that the context names, through the same JSON as the real host.
    ///
    /// # Errors
    /// What the handler answers.
    pub fn run<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(&mut self, context: &Context<D>) -> Result<S> {
        self.begin();
        parsed(self.answered::<P, D>(context)?)
    }

    pub(super) fn of(world: World) -> Self {
        Self(Rc::new(RefCell::new(world)))
    }

    /// What there is now: files, commits, facts, and every call so far.
    pub fn world(&self) -> Ref<'_, World> {
        self.0.borrow()
    }

    /// Changes the world: fills it before a run, or plays somebody who changes it between two runs.
    ///
    /// ```
    /// use session_sdk::{Outcome, testing::Host};
    ///
    /// let mut host = Host::default();
    /// host.set(|world| {
    ///     world.files.insert("notes.txt".into(), b"by hand".to_vec());
    ///     // `cargo test` shall fail; a command that is not here cannot be run at all.
    ///     world.commands.insert("cargo test".into(), Outcome { code: Some(1), ..Outcome::default() });
    /// });
    /// assert_eq!(host.file("notes.txt").as_deref(), Some("by hand"));
    /// ```
    pub fn set(&mut self, change: impl FnOnce(&mut World)) {
        change(&mut self.0.borrow_mut());
    }

    /// The text of a file; none where it is not there.
    pub fn file(&self, path: &str) -> Option<String> {
        self.world().files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

impl World {
    /// Does what is asked, whatever was done before. A command runs under this number where it has one already.
    pub(super) fn perform(&mut self, request: Request, child: Option<u32>) -> Result<Answer> {
        Ok(match request {
            Request::Log { .. } | Request::Progress { .. } => Answer::Done,
            Request::FactGet { key } => Answer::Fact { value: self.facts.get(&key).cloned() },
            Request::FactSet { key, value } => {
                self.facts.insert(key, value);
                Answer::Done
            }
            Request::FileRead { path } => Answer::Content { content: self.files.get(&path).cloned().map(Bytes) },
            Request::FileWrite { path, content } => {
                self.replace(path, Some(content.0));
                Answer::Done
            }
            Request::FileRemove { path } => {
                self.replace(path, None);
                Answer::Done
            }
            Request::FileList { path } => Answer::Names { names: self.names(&path) },
            Request::Check { verdict, evidence } => {
                self.checks.push((verdict, evidence));
                Answer::Done
            }
            Request::Spawn(run) => {
                let argv = run.argv.join(" ");
                if !self.commands.contains_key(&argv) && self.programs.is_none() {
                    return Err(Error::new(format!("the test knows no command `{argv}`")));
                }
                if run.kind == CommandKind::Effect {
                    self.ran.push(argv);
                }
                Answer::Child { child: self.step.spawned(run, child) }
            }
            Request::Wait { child } => Answer::Outcome(match self.step.child(child) {
                Some(run) => {
                    let known = self.commands.get(&run.argv.join(" ")).cloned();
                    known.or_else(|| self.programs.map(|program| program(&run))).unwrap_or_default()
                }
                None => assumed_outcome(),
            }),
            Request::Head => Answer::Head(self.head.clone()),
            Request::Changes => Answer::Changes { changes: self.changes.clone() },
            Request::Tree(request) => Answer::Tree { tree: self.tree(&request) },
            Request::Commit(request) => Answer::Committed(self.commit(&request)?),
            Request::Revert(request) => Answer::Committed(self.revert(&request)?),
            Request::FileAt { commit, path } => {
                Answer::Content { content: self.files_at.get(&(commit, path)).cloned().map(Bytes) }
            }
            Request::History(request) => Answer::History { commits: self.asked(&request)? },
            Request::Diff { paths, .. } => Answer::Diff { text: self.diff(&paths) },
            Request::PatchId { commit } => Answer::PatchId { id: self.patch_id(&commit)? },
            Request::Exclude { path } => {
                if !self.excluded.contains(&path) {
                    self.excluded.push(path);
                }
                Answer::Done
            }
        })
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .map(|rest| rest.split_inclusive('/').next().unwrap_or(rest).to_owned())
            .collect();
        names.dedup();
        names
    }

    /// Writes or removes a file, and has the repository see it.
    fn replace(&mut self, path: String, content: Option<Vec<u8>>) {
        let before = self.files.get(&path);
        if before == content.as_ref() {
            return;
        }
        let known = self.changes.iter().position(|change| change.path == path).map(|at| self.changes.remove(at));
        // Only the last commit tells a new file from a changed one, and what it holds is known by the first change.
        let added = known.map_or(before.is_none(), |change| change.status == "added");
        let status = match (&content, added) {
            (None, true) => None,
            (None, false) => Some("deleted"),
            (Some(_), true) => Some("added"),
            (Some(_), false) => Some("modified"),
        };
        if let Some(status) = status.filter(|_| !self.excluded.contains(&path)) {
            let blob = content.as_ref().map(|content| digest([content.as_slice()]));
            let size = content.as_ref().map(|content| content.len() as u64);
            self.changes.push(Change { path: path.clone(), status: status.to_owned(), blob, size, filter: None });
        }
        match content {
            Some(content) => _ = self.files.insert(path, content),
            None => _ = self.files.remove(&path),
        }
    }
}

/// A context around `data`, with an active session `T-01`; change what the test is about.
pub fn context<D>(event: Event, data: D) -> Context<D> {
    Context {
        event,
        time: Timestamp("2026-01-02T09:00:00+01:00".into()),
        dry_run: false,
        earlier: Vec::new(),
        project: Project { name: "Test".into(), root: "/test".into(), ..Project::default() },
        session: Some(Session {
            id: "T-01".into(),
            title: "Test session".into(),
            attempt: 1,
            status: Status::Active,
            started: Some(Timestamp("2026-01-02T08:00:00+01:00".into())),
            ..Session::default()
        }),
        config: serde_json::Value::Null,
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HistoryRequest;
    use crate::{CommitRequest, Committed};

    fn perform(world: &mut World, request: Request) -> Answer {
        world.perform(request, None).expect("nothing fails here")
    }

    fn write(path: &str, content: &str) -> Request {
        Request::FileWrite { path: path.into(), content: Bytes(content.as_bytes().to_vec()) }
    }

    #[test]
    fn the_repository_sees_what_is_written_and_a_commit_takes_it() {
        let mut world = World::default();
        world.files.insert("old".into(), b"1".to_vec());
        for request in [write("old", "1"), write("old", "2"), write("d/new", "1"), write("gone", "1")] {
            perform(&mut world, request);
        }
        perform(&mut world, Request::FileRemove { path: "gone".into() });
        let changes =
            |world: &World| world.changes.iter().map(|c| (c.path.clone(), c.status.clone())).collect::<Vec<_>>();
        let expected = [("old", "modified"), ("d/new", "added")].map(|(path, status)| (path.into(), status.into()));
        assert_eq!(changes(&world), expected);

        let request =
            CommitRequest { paths: vec!["old".into(), "d/".into()], tracked: true, ..CommitRequest::default() };
        let Answer::Committed(first) = perform(&mut world, Request::Commit(request.clone())) else { panic!() };
        assert_eq!((first.files, world.head.tree.as_ref()), (1, Some(&first.tree)));
        let request = CommitRequest { tracked: false, ..request };
        let Answer::Committed(second) = perform(&mut world, Request::Commit(request.clone())) else { panic!() };
        assert_eq!(world.history[0].files, ["d/new"]);
        assert_ne!(first.tree, second.tree);
        let Answer::Committed(third) = perform(&mut world, Request::Commit(request)) else { panic!() };
        assert_eq!(third, Committed { tree: second.tree, ..Committed::default() });
        let since =
            perform(&mut world, Request::History(HistoryRequest { since: first.commit, ..HistoryRequest::default() }));
        assert!(matches!(since, Answer::History { commits } if commits.len() == 1));
    }
}
