//! One step's calls: grant, intent, effect, answer, in this order for every call.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use session_core::grants::Grants;
use session_core::journal::{Begun, Entry, brief};
use session_core::quote::quote;
use session_core::session::CheckResult;
use session_system::{Hooks, Line, stop_here_if_stopping};
use session_types::replay::{Next, Replay, divergence};
use session_types::{Answer, CheckKind, CommandKind, Error, Event, Evidence, Request, Verdict};

use super::recorder::{RecordError, Recorder};
use super::watch::{Notice, Watch};
use crate::plugin::Calls;
use crate::world::World;

/// What the calls of one step reach.
pub(super) struct StepCalls {
    pub(super) plugin: String,
    pub(super) grants: Grants,
    /// Whether it may start programs at all.
    pub(super) programs: bool,
    pub(super) event: Event,
    pub(super) deadline: Option<Instant>,
    pub(super) recorder: Rc<RefCell<Recorder>>,
    pub(super) world: Rc<RefCell<World>>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) next_call: u32,
    /// What the step was told are documents.
    pub(super) documents: BTreeSet<String>,
    /// Of the event, for programs that run in it.
    pub(super) name: String,
    /// What the step has asked for before it was cut off; over where it runs for the first time.
    pub(super) replay: Rc<RefCell<Replay>>,
}

impl Calls for StepCalls {
    fn call(&mut self, request: Request) -> Result<Answer, Error> {
        match &request {
            Request::Log { level, message } => {
                self.watch.notice(&Notice::Log { plugin: &self.plugin, level: *level, message });
                return Ok(Answer::Done);
            }
            Request::Progress { done, total, message } => {
                self.watch.notice(&Notice::Progress { plugin: &self.plugin, done: *done, total: *total, message });
                return Ok(Answer::Done);
            }
            _ => {}
        }
        let span = tracing::debug_span!("call", plugin = self.plugin, call = request.name());
        let _entered = span.enter();
        if !self.replay.borrow().is_over() {
            return self.again(&request);
        }
        if let Err(error) = self.grants.allow(&self.plugin, &request) {
            tracing::warn!(%error, "refused");
            return Err(error);
        }
        self.refuse_foreign(&request)?;
        if !self.recorder.borrow().keeps() || (self.event == Event::Settle && !is_kept(&request)) {
            return self.perform(&request);
        }
        let from = match &request {
            Request::Commit(_) | Request::Revert(_) if !self.world.borrow().dry_run() => {
                self.world.borrow_mut().position().ok()
            }
            _ => None,
        };
        self.write(&Entry::Intent { call: self.next_call, request: brief(&request), from })?;
        self.answered(|calls| calls.perform(&request))
    }
}

impl StepCalls {
    /// A commit of documents runs no hook, and a path that git does not see is in no tree that was verified: both are for
    /// documents and for nothing else.
    fn refuse_foreign(&self, request: &Request) -> Result<(), Error> {
        let settles = self.event == Event::Settle;
        let known =
            |path: &String| self.documents.contains(path) || (settles && self.world.borrow().files().has_written(path));
        let foreign = |path: &&String| !known(path);
        let (path, error) = match request {
            Request::Commit(commit) if commit.own => (
                commit.paths.iter().find(foreign),
                Error::new("a commit with `own` runs no hook, so it takes what the event calls documents")
                    .hint("leave `own` out: then git runs its hooks"),
            ),
            Request::Exclude { path } => (
                Some(path).filter(foreign),
                Error::new("what git does not see is not verified, so only documents are excluded")
                    .hint("write the file in settle, and name it in `local` of its summary"),
            ),
            _ => return Ok(()),
        };
        let Some(path) = path else { return Ok(()) };
        let what = format!("the plugin `{}` may not {} {} as a document", self.plugin, request.name(), quote(path));
        Err(Error::new(what).because(error.message).hint(error.hint.unwrap_or_default()))
    }

    /// Does what the next intent says, and writes the answer down.
    fn answered(&mut self, perform: impl FnOnce(&Self) -> Result<Answer, Error>) -> Result<Answer, Error> {
        let call = self.next_call;
        self.next_call += 1;
        let answer = perform(self);
        stop_here_if_stopping();
        self.write(&Entry::Answered { call, answer: answer.clone() })?;
        tracing::debug!(ok = answer.is_ok(), "answered");
        answer
    }

    /// A call that the step made before it was cut off, or should have made.
    fn again(&mut self, request: &Request) -> Result<Answer, Error> {
        let next = self.replay.borrow_mut().next(&brief(request));
        match next {
            Next::Answered(answer) => {
                self.next_call += 1;
                if let Ok(answer) = &answer {
                    self.world.borrow().saw(request, answer);
                }
                answer
            }
            Next::Unanswered => self.answered(|calls| calls.perform(request)),
            Next::Again { child } => {
                self.next_call += 1;
                self.spawn(request, Some(child))
            }
            Next::Assumed { child: Some(child) } => {
                self.next_call += 1;
                self.world.borrow_mut().assume(Some(child));
                Ok(Answer::Child { child })
            }
            Next::Assumed { child: None } => {
                self.answered(|calls| Ok(Answer::Child { child: calls.world.borrow_mut().assume(None) }))
            }
            Next::Diverged { expected } => Err(self.diverged(divergence(&expected, Some(request)))),
            Next::New => self.call(request.clone()),
        }
    }

    fn diverged(&self, source: Error) -> Error {
        let diverged = RecordError::Diverged { plugin: self.plugin.clone(), event: self.event, source: source.clone() };
        self.recorder.borrow_mut().break_with(diverged);
        source
    }

    fn write(&self, entry: &Entry) -> Result<(), Error> {
        if self.recorder.borrow_mut().record_or_break(entry) {
            return Ok(());
        }
        Err(Error::new("the journal cannot be written, so nothing more is done"))
    }

    fn perform(&self, request: &Request) -> Result<Answer, Error> {
        match request {
            Request::FactGet { key } => {
                let recorder = self.recorder.borrow();
                let state = recorder.state().as_ref().ok_or_else(no_session)?;
                Ok(Answer::Fact { value: state.session.facts.get(key).cloned() })
            }
            Request::FactSet { key, value } => {
                if let Some(fault) = session_core::session::fact_fault(key, value) {
                    return Err(Error::new(fault).because("a record with such a fact would be damaged"));
                }
                // The fold keeps it when the answer is recorded.
                self.recorder.borrow().state().as_ref().map(|_| Answer::Done).ok_or_else(no_session)
            }
            Request::Check { verdict, evidence } => self.check(*verdict, evidence),
            Request::Spawn(_) => self.spawn(request, None),
            _ => self.hooked(true, |world, hooks| world.perform(&self.plugin, request, hooks)),
        }
    }

    /// Starts a program, under the number that it had before it was cut off or a new one.
    fn spawn(&self, request: &Request, again: Option<u32>) -> Result<Answer, Error> {
        let Request::Spawn(run) = request else { return Err(Error::new("not a program: a bug of session")) };
        if !self.programs {
            return Err(Error::new(format!("`{}` is not run", run.argv.join(" ")))
                .because("you have not approved this project yet; until then session starts no program")
                .hint("session trust"));
        }
        let directory = run.directory.as_deref();
        self.watch.notice(&Notice::Command { plugin: &self.plugin, argv: &run.argv, directory });
        if run.kind == CommandKind::Effect {
            // It may not run twice, so that it was begun must survive the machine too.
            self.recorder.borrow().sync().map_err(|e| Error::new("cannot sync the journal").because(e.to_string()))?;
        }
        // What a query prints is for the plugin to read.
        let shown = run.kind != CommandKind::Query;
        let child = self.hooked(shown, |world, hooks| world.spawn(&self.plugin, run, self.deadline, hooks, again))?;
        Ok(Answer::Child { child })
    }

    fn hooked<T>(
        &self,
        shown: bool,
        act: impl FnOnce(&mut World, &mut Hooks<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (watch, plugin) = (Arc::clone(&self.watch), self.plugin.clone());
        let line: Line = Arc::new(move |stream, text| {
            if shown {
                watch.notice(&Notice::Line { plugin: &plugin, stream, text });
            }
        });
        let keeps = self.recorder.borrow().keeps();
        let mut begun = |child: Begun| {
            // Where it cannot be written, the next entry cannot either, and that one stops the step.
            _ = keeps && self.recorder.borrow_mut().record_or_break(&Entry::Child(child));
        };
        act(&mut self.world.borrow_mut(), &mut Hooks { line, begun: &mut begun, event: &self.name })
    }

    fn check(&self, verdict: Verdict, evidence: &Evidence) -> Result<Answer, Error> {
        if self.event != Event::Verify {
            return Err(Error::new(format!("checks belong to verify, this is {}", self.event)));
        }
        let verdict = match (verdict, evidence.kind) {
            (Verdict::Passed, CheckKind::Manual) => Verdict::Attested,
            (Verdict::Skipped, CheckKind::Manual) => Verdict::Unconfirmed,
            (verdict, _) => verdict,
        };
        let mut evidence = evidence.clone();
        let known = evidence.at.is_some();
        match &evidence.at {
            None => evidence.at = Some(self.recorder.borrow().now().clone()),
            Some(at) => {
                let recorder = self.recorder.borrow();
                if !recorder.state().as_ref().is_some_and(|state| state.known().contains(&evidence)) {
                    return Err(Error::new(format!("the evidence of `{}` was not taken now", evidence.check))
                        .because(format!("it says {}, and is none that the plugin was given", at.0))
                        .hint("leave `at` out: the host says when evidence was taken"));
                }
            }
        }
        let check = CheckResult { plugin: self.plugin.clone(), verdict, evidence };
        self.watch.notice(&Notice::Check { check: &check, known });
        self.write(&Entry::Checked { check })?;
        Ok(Answer::Done)
    }
}

fn no_session() -> Error {
    Error::new("facts belong to a session, and this event has none")
}

/// Settle runs anew from its beginning, so that only what it changes must be known: documents can be long.
fn is_kept(request: &Request) -> bool {
    request.is_effect() || matches!(request, Request::FactSet { .. } | Request::Check { .. })
}
