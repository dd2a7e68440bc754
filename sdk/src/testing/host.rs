//! Run a handler natively under `cargo test`, against a host that keeps everything in memory and remembers every call.
//!
//! ```
//! # use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, files};
//! # #[derive(Default)] struct Diary;
//! # #[session_sdk::plugin] impl Plugin for Diary {
//! #     fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
//! #         files::write("diary.txt", &cx.data.message)?; Ok(Summary::new("noted"))
//! #     }
//! # }
//! use session_sdk::{Event, testing::{Host, context}};
//!
//! let mut host = Host::default();
//! let data = Checkpoint { message: "half way".into(), ..Checkpoint::default() };
//! let summary: Summary = host.run::<Diary, _, _>(&context(Event::Checkpoint, data)).unwrap();
//! assert_eq!(summary.message, "noted");
//! assert_eq!(host.file("diary.txt").as_deref(), Some("half way"));
//! ```

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Answer, Bytes, Change, Commit, Committed, Head, Outcome, Request, Run, Verdict};
use crate::event::{Context, Event, Project, Timestamp};
use crate::plugin::Plugin;
use crate::session::{Evidence, Session, Status};
use crate::{Error, Result, backend, glue};

/// A host in memory. Fill in the world before a run; read it and the calls afterwards.
#[derive(Debug, Default)]
pub struct Host(Rc<RefCell<World>>);

/// What the handler sees and changes.
#[derive(Debug, Default)]
pub struct World {
    pub files: BTreeMap<String, Vec<u8>>,
    pub facts: BTreeMap<String, String>,
    pub checks: Vec<(Verdict, Evidence)>,
    /// Answers to commands by their arguments joined with spaces; a command that is not here is an error.
    pub commands: BTreeMap<String, Outcome>,
    pub head: Head,
    pub changes: Vec<Change>,
    pub history: Vec<Commit>,
    pub excluded: Vec<String>,
    /// Every call in order, answered or not.
    pub calls: Vec<Request>,
    /// The n-th call (from 0) is answered with an error: what does the plugin do then?
    pub fail_at: Option<usize>,
    running: Vec<Run>,
}

impl Host {
    /// Runs the handler that the context names, through the same JSON as the real host.
    ///
    /// # Errors
    /// What the handler answers.
    pub fn run<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(&mut self, context: &Context<D>) -> Result<S> {
        let text = serde_json::to_string(context).map_err(|e| Error::new(e.to_string()))?;
        let world = Rc::clone(&self.0);
        let answer = backend::channel::with(Box::new(move |request| world.borrow_mut().answer(request)), || {
            glue::handle::<P>(context.event, &text)
        });
        let answer = answer.map_err(|text| Error::from_text(&text))?;
        serde_json::from_str(&answer).map_err(|e| Error::new(e.to_string()))
    }

    pub fn world(&self) -> Ref<'_, World> {
        self.0.borrow()
    }

    pub fn set(&mut self, change: impl FnOnce(&mut World)) {
        change(&mut self.0.borrow_mut());
    }

    pub fn file(&self, path: &str) -> Option<String> {
        self.world().files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

impl World {
    fn answer(&mut self, request: Request) -> Result<Answer> {
        let number = self.calls.len();
        self.calls.push(request.clone());
        if self.fail_at == Some(number) {
            return Err(Error::new(format!("call {number} fails, as the test asked")));
        }
        Ok(match request {
            Request::Log { .. } | Request::Progress { .. } => Answer::Done,
            Request::FactGet { key } => Answer::Fact { value: self.facts.get(&key).cloned() },
            Request::FactSet { key, value } => {
                self.facts.insert(key, value);
                Answer::Done
            }
            Request::FileRead { path } => Answer::Content { content: self.files.get(&path).cloned().map(Bytes) },
            Request::FileWrite { path, content } => {
                self.files.insert(path, content.0);
                Answer::Done
            }
            Request::FileRemove { path } => {
                self.files.remove(&path);
                Answer::Done
            }
            Request::FileList { path } => Answer::Names { names: self.names(&path) },
            Request::Check { verdict, evidence } => {
                self.checks.push((verdict, evidence));
                Answer::Done
            }
            Request::Spawn(run) => {
                if !self.commands.contains_key(&run.argv.join(" ")) {
                    return Err(Error::new(format!("the test knows no command `{}`", run.argv.join(" "))));
                }
                self.running.push(run);
                Answer::Child { child: u32::try_from(self.running.len() - 1).unwrap_or_default() }
            }
            Request::Wait { child } => {
                let argv = self.running.get(child as usize).map(|run| run.argv.join(" ")).unwrap_or_default();
                Answer::Outcome(self.commands.get(&argv).cloned().unwrap_or_default())
            }
            Request::Head => Answer::Head(self.head.clone()),
            Request::Changes => Answer::Changes { changes: self.changes.clone() },
            Request::Tree { paths } => Answer::Tree { tree: format!("tree of {}", paths.join(" ")) },
            Request::Commit(request) => Answer::Committed(self.commit(&request)),
            Request::History { .. } => Answer::History { commits: self.history.clone() },
            Request::Diff { paths, .. } => Answer::Diff { text: format!("diff of {}", paths.join(" ")) },
            Request::Exclude { path } => {
                self.excluded.push(path);
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

    fn commit(&mut self, request: &crate::CommitRequest) -> Committed {
        let before = self.changes.len();
        self.changes.retain(|change| !request.paths.contains(&change.path));
        let files = before - self.changes.len();
        if files == 0 && !request.allow_empty {
            return Committed::default();
        }
        let commit = format!("{:040x}", self.history.len() + 1);
        self.history.insert(
            0,
            Commit { commit: commit.clone(), message: request.message.clone(), files: request.paths.clone() },
        );
        self.head.commit = Some(commit.clone());
        Committed { commit: Some(commit), tree: "0".repeat(40), files }
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
