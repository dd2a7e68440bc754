//! Runs the schedule of one event: rehearse, run, acknowledge, settle. Stages and steps are `stage.rs`.

use session_core::journal::{Ending, Entry};
use session_core::session::{Handlers, Input, Overview, Phase, SessionState, Stage, State, schedule};
use session_system::PlannedFile;
use session_types::{CheckpointTaken, Error, Event, Status, Summary};

use super::pass::Pass;
use super::recorder::{RecordError, Recorder};
use super::setting::{Sessions, Setting};
use super::stage::Stop;
use super::watch::RehearsalWarnings;
use crate::plugin::Plugin;
use crate::project::ProjectLock;
use crate::world::{PlannedEffect, SharedScan};

/// Runs events and asks plugins, for one command.
#[derive(Debug)]
pub struct Dispatcher<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) sessions: &'a dyn Sessions,
    /// What the working tree looked like a moment ago.
    pub(super) scan: SharedScan,
}

/// Shows what plugins want a person to see, each under its name, and answers whether the event may go on. It asks for what
/// cannot be taken back, between the rehearsal and the run.
pub type Agree<'a> = &'a dyn Fn(&[(String, Vec<String>)]) -> Result<(), Error>;

/// An event to run.
#[derive(Debug)]
pub struct Request<'o> {
    pub id: String,
    pub input: Input,
    /// What is known of all sessions; the event's own state is taken from its journal.
    pub overview: &'o Overview,
    pub lock: LockHolder<'o>,
}

/// Who holds the lock over what sessions share while documents are written. A dry run writes none, and needs no lock.
#[derive(Clone, Copy, Debug)]
pub enum LockHolder<'l> {
    /// The caller: from its first look at the other sessions until the event is over.
    Caller(&'l ProjectLock),
    /// The event itself, which waits for the lock when it has something to write.
    Event,
}

impl<'l> LockHolder<'l> {
    /// The caller where it has the lock.
    pub fn of(lock: Option<&'l ProjectLock>) -> Self {
        lock.map_or(Self::Event, Self::Caller)
    }
}

/// How an event ended.
#[derive(Debug, Default)]
pub struct Finished {
    pub state: Option<SessionState>,
    /// What stopped it; `checks` where that was a failed check.
    pub failed: Option<(Error, bool)>,
    /// Nothing was begun: the rehearsal refused it.
    pub refused: bool,
    /// Nothing was begun: the same was done before, and nothing has changed since.
    pub repeated: bool,
    /// The documents could not be brought up to date.
    pub unsettled: Option<Error>,
    pub planned: Planned,
    /// What each plugin answered to the rehearsal.
    pub rehearsed: Vec<(String, Summary)>,
    /// Files that settle wrote for `init`, where no session's state keeps them.
    pub written: Vec<String>,
}

/// What a dry run would do.
#[derive(Debug, Default)]
pub struct Planned {
    pub effects: Vec<PlannedEffect>,
    pub files: Vec<PlannedFile>,
}

impl<'a> Dispatcher<'a> {
    pub fn new(setting: Setting<'a>, sessions: &'a dyn Sessions) -> Self {
        Self { setting, sessions, scan: SharedScan::default() }
    }

    /// The same where plugins are told which branch is checked out.
    #[must_use]
    pub fn on_branch(mut self, branch: Option<String>) -> Self {
        self.setting.info.branch = branch;
        self
    }
}

impl Dispatcher<'_> {
    /// What the schedule depends on.
    pub fn handlers(&self) -> Vec<Handlers> {
        let of = |plugin: &Plugin| Handlers {
            name: plugin.name.clone(),
            events: plugin.inspection.handles.clone(),
            warn: plugin.on_error == crate::project::OnError::Warn,
        };
        self.setting.plugins.iter().map(of).collect()
    }

    /// The steps of an event, with what was asked for.
    pub(super) fn schedule(&self, input: &Input) -> Vec<Stage> {
        let mut stages = schedule(input.kind(), &self.handlers());
        if let Input::Rollback { only: Some(only), .. } = input {
            let asked = stages.iter_mut().filter(|stage| stage.event == Event::Rollback);
            asked.for_each(|stage| stage.steps.retain(|step| step.name == *only));
        }
        stages
    }

    /// Runs an event to its end. With `dry_run`, effects are recorded and not done.
    ///
    /// # Errors
    /// Where the journal cannot be read or written: what happened is then not known here, and nothing more is done.
    pub fn run(
        &self,
        recorder: Recorder,
        request: &Request<'_>,
        dry_run: bool,
        agree: Agree<'_>,
    ) -> Result<Finished, RecordError> {
        let span = tracing::info_span!("event", event = %request.input.kind(), session = request.id);
        let _entered = span.enter();
        let stages = self.schedule(&request.input);
        let mut finished = Finished::default();
        let warnings = RehearsalWarnings::default();
        if let Some(refusal) = self.refuse_dangers(recorder.state().as_ref(), &request.input) {
            finished.failed = Some((refusal, false));
            finished.refused = true;
        } else if let Some(refusal) = self.rehearse(&recorder, request, &stages, dry_run, &warnings, &mut finished)? {
            finished.failed = Some(refusal);
            finished.refused = true;
        }
        if dry_run || finished.refused || finished.repeated {
            finished.state.clone_from(recorder.state());
            return Ok(finished);
        }
        if let Some(error) = self.agreed(&recorder, request, &stages, &finished.rehearsed, &warnings, agree)? {
            finished.failed = Some((error, false));
            finished.refused = true;
            finished.state.clone_from(recorder.state());
            return Ok(finished);
        }
        let request = &with_rehearsed(request, &finished.rehearsed);
        let mut pass = self.pass(recorder, &request.input, false)?;
        pass.watch = warnings.run(&self.setting.watch);
        pass.record(&pass.began(request))?;
        let failed = self.stages(&pass, request, &stages, Phase::Run)?;
        Ok(Finished { rehearsed: finished.rehearsed, ..self.end(&pass, request, failed)? })
    }

    /// The result, synced before anybody hears of it; then the documents.
    pub(super) fn end(
        &self,
        pass: &Pass,
        request: &Request<'_>,
        failed: Option<Stop>,
    ) -> Result<Finished, RecordError> {
        let ending = match &failed {
            None => Ending::Done,
            Some((error, checks)) => Ending::Failed { error: error.clone(), checks: *checks },
        };
        pass.record(&Entry::Ended { ending })?;
        pass.recorder.borrow().sync()?;
        let unsettled = self.settle_event(pass, request, failed.is_some())?;
        let state = pass.recorder.borrow().state().clone();
        Ok(Finished { state, failed, unsettled, ..Finished::default() })
    }

    /// Has a person agree where a plugin wants that. It may take a long time, so the plugins are asked once more whether all
    /// is as it was.
    fn agreed(
        &self,
        recorder: &Recorder,
        request: &Request<'_>,
        stages: &[Stage],
        rehearsed: &[(String, Summary)],
        warnings: &RehearsalWarnings,
        agree: Agree<'_>,
    ) -> Result<Option<Error>, RecordError> {
        let confirm: Vec<(String, Vec<String>)> = rehearsed
            .iter()
            .filter(|(_, summary)| !summary.confirm.is_empty())
            .map(|(plugin, summary)| (plugin.clone(), summary.confirm.clone()))
            .collect();
        if confirm.is_empty() {
            return Ok(None);
        }
        // Whoever hands its findings on looks by itself whether they still hold.
        let once = rehearsed.iter().filter(|(_, summary)| summary.rehearsed.is_some());
        let once: Vec<&str> = once.map(|(plugin, _)| plugin.as_str()).collect();
        let branch = |pass: &Pass| pass.world.borrow_mut().position().ok().and_then(|head| head.branch);
        let copy = || Recorder::rehearse(recorder.state().clone(), self.setting.now.clone());
        let before = branch(&self.pass(copy(), &request.input, true)?);
        if let Err(error) = agree(&confirm) {
            return Ok(Some(error));
        }
        self.scan.borrow_mut().forget();
        let mut pass = self.pass(copy(), &request.input, true)?;
        pass.watch = warnings.run(&self.setting.watch);
        let now = branch(&pass);
        if now != before {
            let name = |branch: Option<String>| branch.unwrap_or_else(|| "no branch".to_owned());
            return Ok(Some(
                Error::new(format!("the branch was switched meanwhile, from {} to {}", name(before), name(now)))
                    .hint("switch back, then the same command again"),
            ));
        }
        pass.record(&pass.began(request))?;
        let mut again: Vec<Stage> = stages.to_vec();
        again.iter_mut().for_each(|stage| stage.steps.retain(|step| !once.contains(&step.name.as_str())));
        let stop = self.stages(&pass, request, &again, Phase::Rehearse)?;
        Ok(stop.map(|(error, _)| error))
    }

    /// Every step in a dry run: what can be known beforehand is refused with nothing changed.
    fn rehearse(
        &self,
        recorder: &Recorder,
        request: &Request<'_>,
        stages: &[Stage],
        show: bool,
        warnings: &RehearsalWarnings,
        finished: &mut Finished,
    ) -> Result<Option<Stop>, RecordError> {
        let copy = Recorder::rehearse(recorder.state().clone(), self.setting.now.clone());
        let mut pass = self.pass(copy, &request.input, true)?;
        if !show {
            pass.watch = warnings.rehearsal(&self.setting.watch);
        }
        pass.record(&pass.began(request))?;
        let phase = if show { Phase::Run } else { Phase::Rehearse };
        if let Some(stop) = self.stages(&pass, request, stages, phase)? {
            return Ok(Some(stop));
        }
        if let Some(refused) = undoes_alone(&request.input, &pass) {
            return Ok(Some((refused, false)));
        }
        finished.rehearsed = pass.answers.take();
        finished.repeated = !show && pass.planned().effects.is_empty() && repeats(recorder.state(), &request.input);
        if show {
            pass.record(&Entry::Ended { ending: Ending::Done })?;
            let mut overview = request.overview.clone();
            pass.include(&mut overview, &request.id);
            finished.unsettled = self.settle_steps(&pass, request.input.kind().name(), false, overview)?;
            finished.planned = pass.planned();
        }
        Ok(None)
    }
}

/// A part of a rollback that would undo the work itself is no part: the session would be called done without it.
fn undoes_alone(input: &Input, pass: &Pass) -> Option<Error> {
    let Input::Rollback { only: Some(only), .. } = input else { return None };
    let id = pass.recorder.borrow().state().as_ref().map(|state| state.session.id.clone()).unwrap_or_default();
    if pass.planned().effects.is_empty() {
        let said =
            pass.answers.borrow().iter().map(|(_, summary)| summary.message.clone()).find(|said| !said.is_empty());
        let error = Error::new(format!("{only} has nothing to take back"));
        let error = said.into_iter().fold(error, Error::because);
        let back = pass.recorder.borrow().state().as_ref().is_some_and(|it| it.session.status == Status::RolledBack);
        // Of one that is rolled back already nothing else is left either.
        let next = if back { "start" } else { "rollback" };
        let what = if back { "begins it anew" } else { "takes back all that there is" };
        return Some(error.hint(format!("session {next} {id} {what}")));
    }
    let undoes = pass.planned().effects.iter().any(|effect| matches!(effect, PlannedEffect::Revert { .. }));
    undoes.then(|| {
        Error::new(format!("{only} undoes the work itself, and not only a part of it"))
            .because("the session would still be called done, and its database be ahead of the files")
            .hint(format!("session rollback {id} takes all of it back, in the order that works"))
    })
}

/// The run is told what the rehearsal found, and so is whoever goes on with it after a kill.
fn with_rehearsed<'o>(request: &Request<'o>, answers: &[(String, Summary)]) -> Request<'o> {
    let mut input = request.input.clone();
    if let Input::Rollback { rehearsed, .. } = &mut input {
        let found = answers.iter().filter_map(|(plugin, summary)| Some((plugin.clone(), summary.rehearsed.clone()?)));
        *rehearsed = found.collect();
    }
    Request { id: request.id.clone(), input, ..*request }
}

/// The very words of the last checkpoint: whoever was killed before the answer came asks for the same again.
fn repeats(state: &State, input: &Input) -> bool {
    let (Some(state), Input::Checkpoint { message, done, remaining, from_task, .. }) = (state, input) else {
        return false;
    };
    let same = |last: &CheckpointTaken| *from_task || (&last.done, &last.remaining) == (done, remaining);
    state.session.checkpoints.last().is_some_and(|last| last.message == *message && same(last))
}
