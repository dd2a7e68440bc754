//! One step's calls: grant, intent, effect, answer, in this order for every call.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use session_sdk::{Answer, CheckKind, Error, Event, Evidence, Kind, Request, Verdict};

use super::recorder::Recorder;
use super::watch::{Notice, Watch};
use crate::effects::{Line, World};
use crate::journal::Entry;
use crate::plugin::{Calls, Grants};
use crate::session::CheckResult;

/// What the calls of one step reach.
pub(super) struct StepCalls {
    pub(super) plugin: String,
    pub(super) grants: Grants,
    pub(super) event: Event,
    pub(super) deadline: Option<Instant>,
    pub(super) recorder: Rc<RefCell<Recorder>>,
    pub(super) world: Rc<RefCell<World>>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) next_call: u32,
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
        let span = tracing::debug_span!("call", plugin = self.plugin, call = name(&request));
        let _entered = span.enter();
        if let Err(error) = self.grants.allow(&self.plugin, &request) {
            tracing::warn!(%error, "refused");
            return Err(error);
        }
        let call = self.next_call;
        self.next_call += 1;
        if !self.recorder.borrow().keeps() {
            return self.perform(&request);
        }
        self.write(&Entry::Intent { call, request: request.clone() })?;
        if matches!(&request, Request::Spawn(run) if run.kind == Kind::Effect) {
            // It may not run twice, so that it was begun must survive the machine too.
            self.recorder.borrow().sync().map_err(|e| Error::new("cannot sync the journal").because(e.to_string()))?;
        }
        let answer = self.perform(&request);
        self.write(&Entry::Answered { call, answer: answer.clone() })?;
        tracing::debug!(ok = answer.is_ok(), "answered");
        answer
    }
}

impl StepCalls {
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
            Request::FactSet { .. } => {
                // The fold keeps it when the answer is recorded.
                self.recorder.borrow().state().as_ref().map(|_| Answer::Done).ok_or_else(no_session)
            }
            Request::Check { verdict, evidence } => self.check(*verdict, evidence),
            Request::Spawn(run) => {
                let directory = run.directory.as_deref();
                self.watch.notice(&Notice::Command { plugin: &self.plugin, argv: &run.argv, directory });
                self.effect(request)
            }
            _ => self.effect(request),
        }
    }

    fn effect(&self, request: &Request) -> Result<Answer, Error> {
        let (watch, plugin) = (Arc::clone(&self.watch), self.plugin.clone());
        let line: Line = Arc::new(move |stream, text| watch.notice(&Notice::Line { plugin: &plugin, stream, text }));
        self.world.borrow_mut().perform(&self.plugin, request, self.deadline, &line)
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
        let check = CheckResult { plugin: self.plugin.clone(), verdict, evidence: evidence.clone() };
        self.watch.notice(&Notice::Check { check: &check });
        self.write(&Entry::Checked { check })?;
        Ok(Answer::Done)
    }
}

fn no_session() -> Error {
    Error::new("facts belong to a session, and this event has none")
}

fn name(request: &Request) -> &'static str {
    match request {
        Request::Log { .. } | Request::Progress { .. } => "log",
        Request::FactGet { .. } => "fact-get",
        Request::FactSet { .. } => "fact-set",
        Request::FileRead { .. } => "file-read",
        Request::FileWrite { .. } => "file-write",
        Request::FileRemove { .. } => "file-remove",
        Request::FileList { .. } => "file-list",
        Request::Check { .. } => "check",
        Request::Spawn(_) => "spawn",
        Request::Wait { .. } => "wait",
        Request::Head => "head",
        Request::Changes => "changes",
        Request::Tree { .. } => "tree",
        Request::Commit(_) => "commit",
        Request::History { .. } => "history",
        Request::Diff { .. } => "diff",
        Request::Exclude { .. } => "exclude",
    }
}
