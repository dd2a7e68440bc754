//! Runs the schedule of one event: rehearse, run, acknowledge, settle.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use session_sdk::{
    Checkpoint, Complete, Context, Error, Event, Plan, PlanDocument, Project as ProjectInfo, Settle, Snapshot,
    SnapshotRequest, Start, Status, Summary, Timestamp, Verdict, Verify,
};

use super::recorder::{RecordError, Recorder};
use super::step::StepCalls;
use super::watch::{Notice, Watch};
use crate::effects::{Planned as PlannedEffect, World};
use crate::journal::{Ending, Entry, Lock, StepEnding};
use crate::plugin::{HandlerEnd, Plugin, Runtime, Step};
use crate::project::{Project, Records};
use crate::session::{Handlers, Input, Kind, Overview, Phase, Record, Rule, SessionState, Stage, schedule, verified};


/// Everything that steps need, for one command.
pub struct Dispatcher<'a> {
    pub project: &'a Project,
    pub plugins: &'a [Plugin],
    pub runtime: &'a Runtime,
    pub watch: Arc<dyn Watch>,
    pub now: Timestamp,
    /// The same moment in milliseconds since 1970.
    pub clock: u64,
    pub info: ProjectInfo,
    /// Who runs the command.
    pub by: String,
    /// Folder for the full output of this command's programs.
    pub logs: PathBuf,
    /// Reads records and journals again: other sessions go on while this event runs.
    pub refresh: Box<dyn Fn(&Overview) -> Result<Overview, Error> + 'a>,
    /// The lock over what sessions share, taken while documents are written; none where the caller holds it.
    pub shared_lock: Option<PathBuf>,
}

impl std::fmt::Debug for Dispatcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("now", &self.now).finish_non_exhaustive()
    }
}

/// An event to run.
#[derive(Debug)]
pub struct Request<'o> {
    pub id: String,
    pub input: Input,
    /// What is known of all sessions; the event's own state is taken from its journal.
    pub overview: &'o Overview,
}

/// How an event ended.
#[derive(Debug, Default)]
pub struct Finished {
    pub state: Option<SessionState>,
    /// What stopped it; `checks` where that was a failed check.
    pub failed: Option<(Error, bool)>,
    /// Nothing was begun: the rehearsal refused it.
    pub refused: bool,
    /// The documents could not be brought up to date.
    pub unsettled: Option<Error>,
    pub planned: Planned,
    /// Files that settle wrote for `init`, where no session's state keeps them.
    pub written: Vec<String>,
}

/// What a dry run would do.
#[derive(Debug, Default)]
pub struct Planned {
    pub effects: Vec<PlannedEffect>,
    /// Path, content before, content after.
    pub files: Vec<(String, Option<Vec<u8>>, Option<Vec<u8>>)>,
}

/// Shared by the steps of one stage.
struct Stand {
    recorder: Rc<RefCell<Recorder>>,
    world: Rc<RefCell<World>>,
    dry_run: bool,
}

type Stop = (Error, bool);

impl Dispatcher<'_> {
    /// What the schedule depends on.
    pub fn handlers(&self) -> Vec<Handlers> {
        let of = |plugin: &Plugin| Handlers {
            name: plugin.name.clone(),
            events: plugin.inspection.handles.clone(),
            warn: plugin.on_error == crate::project::OnError::Warn,
        };
        self.plugins.iter().map(of).collect()
    }

    /// Runs an event to its end. With `dry_run`, effects are recorded and not done.
    ///
    /// # Errors
    /// Where the journal cannot be read or written: what happened is then not known here, and nothing more is done.
    pub fn run(&self, recorder: Recorder, request: &Request<'_>, dry_run: bool) -> Result<Finished, RecordError> {
        let span = tracing::info_span!("event", event = %request.input.kind(), session = request.id);
        let _entered = span.enter();
        let stages = schedule(request.input.kind(), &self.handlers());
        let mut finished = Finished::default();
        if let Some(refusal) = self.rehearse(&recorder, request, &stages, dry_run, &mut finished)? {
            finished.failed = Some((refusal, false));
            finished.refused = true;
        }
        if dry_run || finished.refused {
            finished.state.clone_from(recorder.state());
            return Ok(finished);
        }
        let stand = self.stand(recorder, &request.input, false)?;
        self.record(&stand, &began(&stand, request))?;
        let failed = self.stages(&stand, request, &stages, Phase::Run)?;
        let ending = match &failed {
            None => Ending::Done,
            Some((error, checks)) => Ending::Failed { error: error.clone(), checks: *checks },
        };
        self.record(&stand, &Entry::Ended { ending })?;
        stand.recorder.borrow().sync()?;
        finished.failed = failed;
        finished.unsettled = self.settle_stage(&stand, request, &stages, finished.failed.is_some())?;
        finished.state = stand.recorder.borrow().state().clone();
        Ok(finished)
    }

    /// Brings the documents up to date with what is known: after an event, and by itself for `init` and `resume`.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn settle(&self, recorder: Recorder, reason: &str, overview: &Overview, dry_run: bool) -> Result<Finished, RecordError> {
        let mut finished = Finished::default();
        let session = recorder.state().clone();
        let stand = self.stand(recorder, &Input::Pause { task: None }, dry_run)?;
        let stages = schedule(Kind::Pause, &self.handlers());
        finished.unsettled = match self.shared(overview) {
            Ok((_lock, overview)) => self.settle_steps(&stand, &stages, reason, false, overview)?,
            Err(error) => Some(error),
        };
        if !dry_run && session.is_some() && finished.unsettled.is_none() {
            self.record(&stand, &Entry::Settled { complete: true })?;
        }
        finished.planned = planned(&stand);
        finished.written = stand.world.borrow().files().written().iter().cloned().collect();
        finished.state = stand.recorder.borrow().state().clone();
        Ok(finished)
    }

    /// Every step in a dry run: what can be known beforehand is refused with nothing changed.
    fn rehearse(
        &self,
        recorder: &Recorder,
        request: &Request<'_>,
        stages: &[Stage],
        show: bool,
        finished: &mut Finished,
    ) -> Result<Option<Error>, RecordError> {
        let copy = Recorder::rehearse(recorder.state().clone(), self.now.clone());
        let stand = self.stand(copy, &request.input, true)?;
        self.record(&stand, &began(&stand, request))?;
        let phase = if show { Phase::Run } else { Phase::Rehearse };
        if let Some((error, _)) = self.stages(&stand, request, stages, phase)? {
            return Ok(Some(error));
        }
        if show {
            self.record(&stand, &Entry::Ended { ending: Ending::Done })?;
            let mut overview = request.overview.clone();
            include(&mut overview, &request.id, &stand);
            finished.unsettled = self.settle_steps(&stand, stages, request.input.kind().name(), false, overview)?;
            finished.planned = planned(&stand);
        }
        Ok(None)
    }

    fn stand(&self, recorder: Recorder, input: &Input, dry_run: bool) -> Result<Stand, RecordError> {
        let session = match input {
            Input::Start { session, .. } => Some(session.as_ref()),
            _ => recorder.state().as_ref().map(|state| &state.session),
        };
        let named = session.and_then(|session| session.metadata.repository.as_deref());
        let repository = self.repository(named);
        let world = World::new(&self.project.root, &repository, self.logs.clone(), dry_run)
            .map_err(|e| crate::journal::JournalError::Io {
                what: "open the project of",
                path: self.project.root.clone(),
                source: std::io::Error::other(e.to_string()),
            })?;
        Ok(Stand { recorder: Rc::new(RefCell::new(recorder)), world: Rc::new(RefCell::new(world)), dry_run })
    }

    /// Folder of a repository that the project names; the root where it names none.
    fn repository(&self, name: Option<&str>) -> PathBuf {
        let table = self.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == name);
        table.map_or_else(|| self.project.root.clone(), |table| self.project.root.join(&table.path))
    }

    fn record(&self, stand: &Stand, entry: &Entry) -> Result<(), RecordError> {
        stand.recorder.borrow_mut().record(entry)
    }

    /// Runs the stages of a phase; what stopped them.
    fn stages(&self, stand: &Stand, request: &Request<'_>, stages: &[Stage], phase: Phase) -> Result<Option<Stop>, RecordError> {
        for stage in stages.iter().filter(|stage| stage.phase == phase) {
            let data = self.data(stand, request, stage.event);
            if let Some(stop) = self.stage(stand, stage, &data)?.0 {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    /// Runs one stage; what stopped it, and what its steps said.
    fn stage(&self, stand: &Stand, stage: &Stage, data: &serde_json::Value) -> Result<(Option<Stop>, Vec<Summary>), RecordError> {
        let mut first = None;
        let mut summaries = Vec::new();
        for step in &stage.steps {
            let plugin = &self.plugins[step.plugin];
            match self.step(stand, plugin, stage.event, data)? {
                Ok(summary) => summaries.push(summary),
                Err(error) if step.warn => self.watch.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error }),
                Err(error) if stage.rule == Rule::FirstError => return Ok((Some((error, false)), summaries)),
                Err(error) => first = first.or(Some((error, false))),
            }
        }
        if stage.event == Event::Verify {
            first = first.or_else(|| failed_checks(stand));
        }
        Ok((first, summaries))
    }

    /// Runs one plugin's part in a fresh instance.
    fn step(&self, stand: &Stand, plugin: &Plugin, event: Event, data: &serde_json::Value) -> Result<Result<Summary, Error>, RecordError> {
        let span = tracing::info_span!("step", plugin = plugin.name, %event);
        let _entered = span.enter();
        self.watch.notice(&Notice::StepBegan { plugin: &plugin.name, event });
        let journalled = stand.recorder.borrow().state().is_some();
        if journalled {
            let (plugin, digest) = (plugin.name.clone(), plugin.digest.clone());
            self.record(stand, &Entry::Step { plugin, digest, event })?;
        }
        let end = self.handler(stand, plugin, event, data);
        if let Some(broken) = stand.recorder.borrow_mut().take_broken() {
            return Err(broken);
        }
        let (ending, result) = match end {
            HandlerEnd::Done(text) => match serde_json::from_str::<Summary>(&text) {
                Ok(summary) => (StepEnding::Done { summary: summary.clone() }, Ok(summary)),
                Err(e) => {
                    let error = Error::new("the plugin's summary does not parse").because(e.to_string());
                    (StepEnding::Failed { error: error.clone() }, Err(error))
                }
            },
            HandlerEnd::Failed(error) => (StepEnding::Failed { error: error.clone() }, Err(error)),
            HandlerEnd::Trapped(error) => (StepEnding::Trapped { error: error.clone() }, Err(error)),
        };
        if journalled {
            self.record(stand, &Entry::StepEnded { ending })?;
        }
        if let Ok(summary) = &result {
            if !stand.dry_run {
                self.watch.notice(&Notice::StepDone { plugin: &plugin.name, message: &summary.message });
            }
        }
        // A plugin's message never stands alone.
        Ok(result.map_err(|error| Error { message: format!("{}: {}", plugin.name, error.message), ..error }))
    }

    fn handler(&self, stand: &Stand, plugin: &Plugin, event: Event, data: &serde_json::Value) -> HandlerEnd {
        let session = stand.recorder.borrow().state().as_ref().map(|state| state.session.clone());
        let seed = self.clock ^ plugin.name.bytes().fold(event as u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let context = Context {
            event,
            time: self.now.clone(),
            dry_run: stand.dry_run,
            project: self.info.clone(),
            session,
            config: plugin.config.clone(),
            data,
        };
        let input = match serde_json::to_string(&context) {
            Ok(input) => input,
            Err(e) => return HandlerEnd::Trapped(Error::new("the event has no JSON form: a bug of session").because(e.to_string())),
        };
        let deadline = plugin.timeout.map(|timeout| Instant::now() + timeout);
        let calls = StepCalls {
            plugin: plugin.name.clone(),
            grants: plugin.grants.clone(),
            event,
            deadline,
            recorder: Rc::clone(&stand.recorder),
            world: Rc::clone(&stand.world),
            watch: Arc::clone(&self.watch),
            next_call: 0,
        };
        plugin.run(self.runtime, event, &input, Step { calls: Box::new(calls), deadline, clock: self.clock, seed })
    }

    fn data(&self, stand: &Stand, request: &Request<'_>, event: Event) -> serde_json::Value {
        let documents = request.overview.documents();
        match (event, &request.input) {
            (Event::Start, Input::Start { force, resumed, .. }) => {
                json(&Start { force: *force, resumed: *resumed, documents })
            }
            (Event::Checkpoint, Input::Checkpoint { number, message, done, remaining }) => json(&Checkpoint {
                number: *number,
                message: message.clone(),
                done: done.clone(),
                remaining: remaining.clone(),
                documents,
            }),
            (Event::Verify, Input::Verify { attest, task } | Input::Complete { attest, task, .. }) => {
                json(&Verify { task: task.clone(), attest: attest.clone(), by: self.by.clone(), documents })
            }
            (Event::Complete, Input::Complete { message, task, include, leave, .. }) => {
                let checks = stand.recorder.borrow().state().as_ref().map(|state| verified(&state.checks));
                json(&Complete {
                    message: message.clone(),
                    task: task.clone(),
                    verified: checks.filter(|_| !stand.dry_run),
                    include: include.clone(),
                    leave: leave.clone(),
                    documents,
                })
            }
            _ => serde_json::Value::Null,
        }
    }

    fn settle_stage(&self, stand: &Stand, request: &Request<'_>, stages: &[Stage], failed: bool) -> Result<Option<Error>, RecordError> {
        let reason = request.input.kind().name();
        let error = match self.shared(request.overview) {
            Ok((_lock, mut overview)) => {
                include(&mut overview, &request.id, stand);
                self.settle_steps(stand, stages, reason, failed, overview)?
            }
            Err(error) => Some(error),
        };
        if error.is_none() {
            self.record(stand, &Entry::Settled { complete: true })?;
        }
        Ok(error)
    }

    /// The lock over what sessions share, and what is known of them under it.
    fn shared(&self, overview: &Overview) -> Result<(Option<Lock>, Overview), Error> {
        let lock = self.shared_lock.as_ref().map(|path| Lock::wait(path, &self.by)).transpose().map_err(|e| told(&e))?;
        Ok((lock, (self.refresh)(overview)?))
    }

    /// Writes the record of a finished session, then lets the plugins write the documents.
    fn settle_steps(
        &self,
        stand: &Stand,
        stages: &[Stage],
        reason: &str,
        failed: bool,
        mut overview: Overview,
    ) -> Result<Option<Error>, RecordError> {
        let state = stand.recorder.borrow().state().clone();
        if let Some(state) = state.as_ref().filter(|state| state.session.status == Status::Done) {
            let documents: Vec<String> = state.documents.iter().cloned().collect();
            let record = Record::of(state, documents);
            if !stand.dry_run {
                if let Err(e) = Records::write(&self.project.root, &record) {
                    return Ok(Some(told(&e)));
                }
            }
            overview.records.insert(record.id.clone(), record);
        }
        // Documents stand in the project's own repository, wherever the session worked.
        stand.world.borrow_mut().set_repository(&self.project.root);
        let mut local: Vec<String> = state.iter().flat_map(|state| state.local.iter().cloned()).collect();
        let mut first = None;
        for stage in stages.iter().filter(|stage| stage.phase == Phase::Settle) {
            for step in &stage.steps {
                let data = self.settle_data(stand, reason, failed, &overview, &local);
                let plugin = &self.plugins[step.plugin];
                match self.step(stand, plugin, Event::Settle, &data)? {
                    Ok(summary) => local.extend(summary.local),
                    Err(error) if step.warn => self.watch.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error }),
                    Err(error) => first = first.or(Some(error)),
                }
            }
        }
        Ok(first)
    }

    fn settle_data(&self, stand: &Stand, reason: &str, failed: bool, overview: &Overview, local: &[String]) -> serde_json::Value {
        let mut documents = overview.documents();
        if let Some(state) = stand.recorder.borrow().state() {
            documents.extend(state.documents.iter().cloned());
        }
        documents.extend(local.iter().cloned());
        documents.sort();
        documents.dedup();
        json(&Settle {
            reason: reason.to_owned(),
            failed,
            documents,
            local: local.to_vec(),
            sessions: overview.rows(|id, planned| self.project.repository_of(id, planned)),
            ready: overview.ready(),
        })
    }

    /// Reads a document of sessions: the first plugin that says it is its own.
    ///
    /// # Errors
    /// What the plugin says, or that none knows the document.
    pub fn read_document(&self, path: &str) -> Result<PlanDocument, Error> {
        let data = json(&Plan { path: path.to_owned() });
        let answer: Option<PlanDocument> = self.ask(Event::Plan, &data)?;
        answer.ok_or_else(|| {
            Error::new(format!("no plugin reads {path} as a plan"))
                .because("it holds no session heading such as `## Session BE-01: Title`, or no plugin for it is listed")
        })
    }

    /// Names the tree as it is now; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn snapshot(&self, documents: Vec<String>) -> Result<Option<Snapshot>, Error> {
        self.ask(Event::Snapshot, &json(&SnapshotRequest { documents }))
    }

    /// The first answer that is not `null`. Nothing is journalled: these handlers only read.
    fn ask<T: serde::de::DeserializeOwned>(&self, event: Event, data: &serde_json::Value) -> Result<Option<T>, Error> {
        for plugin in self.plugins.iter().filter(|plugin| plugin.handles(event)) {
            let recorder = Recorder::rehearse(None, self.now.clone());
            let stand = self.stand(recorder, &Input::Pause { task: None }, true).map_err(|e| told(&e))?;
            let named = |error: Error| Error { message: format!("{}: {}", plugin.name, error.message), ..error };
            match self.handler(&stand, plugin, event, data) {
                HandlerEnd::Done(text) => {
                    let answer: Option<T> = serde_json::from_str(&text)
                        .map_err(|e| named(Error::new("its answer does not parse").because(e.to_string())))?;
                    if answer.is_some() {
                        return Ok(answer);
                    }
                }
                HandlerEnd::Failed(error) | HandlerEnd::Trapped(error) => return Err(named(error)),
            }
        }
        Ok(None)
    }
}

/// An error of the host's own with its causes, as plugins' errors are.
fn told(error: &dyn std::error::Error) -> Error {
    let mut told = Error::new(error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        told = told.because(cause.to_string());
        source = cause.source();
    }
    told
}

fn json<T: Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn began(stand: &Stand, request: &Request<'_>) -> Entry {
    let number = stand.recorder.borrow().next_event();
    Entry::Began { id: request.id.clone(), number, input: request.input.clone() }
}

/// Puts the event's own session into an overview, as it is now.
fn include(overview: &mut Overview, id: &str, stand: &Stand) {
    if let Some(state) = stand.recorder.borrow().state() {
        overview.open.insert(id.to_owned(), state.clone());
    }
}

fn planned(stand: &Stand) -> Planned {
    let world = stand.world.borrow();
    Planned { effects: world.planned().to_vec(), files: world.files().planned() }
}

fn failed_checks(stand: &Stand) -> Option<Stop> {
    let recorder = stand.recorder.borrow();
    let checks = &recorder.state().as_ref()?.checks;
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
    let what = if failed == 1 { "a check failed".to_owned() } else { format!("{failed} checks failed") };
    (failed > 0).then(|| (Error::new(what).because(verified(checks)), true))
}
