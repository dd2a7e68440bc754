//! Runs the schedule of one event: rehearse, run, acknowledge, settle. Stages and steps are `stage.rs`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use session_core::journal::{Ending, Entry};
use session_core::session::{Handlers, Input, Overview, Phase, SessionState, Stage, State, schedule};
use session_system::PlannedFile;
use session_types::{CheckpointTaken, Error, Event, Project as ProjectInfo, Status, Summary, Timestamp};

use super::recorder::{RecordError, Recorder};
use super::scene::Scene;
use super::stage::Stop;
use super::watch::{Said, Watch};
use crate::plugin::{Plugin, Runtime};
use crate::project::Project;
use crate::world::{Planned as PlannedEffect, SharedScan};

/// Everything that steps need, for one command.
pub struct Dispatcher<'a> {
    pub project: &'a Project,
    pub plugins: &'a [Plugin],
    pub runtime: &'a Runtime,
    /// Whether plugins may start programs: not before the user has approved the project.
    pub programs: bool,
    pub watch: Arc<dyn Watch>,
    pub now: Timestamp,
    /// Every duration that is written down or shown is 0, so that two runs write the same.
    pub clock_stands: bool,
    pub info: ProjectInfo,
    /// Who runs the command.
    pub by: String,
    /// It is a coding agent.
    pub agent: bool,
    /// Folder for the full output of this command's programs.
    pub logs: PathBuf,
    /// Reads records and journals again: other sessions go on while this event runs.
    pub refresh: Refresh<'a>,
    /// Keeps which documents the host saw plugins write, where it is not known by their places.
    pub keep: Keep<'a>,
    /// The lock over what sessions share, taken while documents are written; none where the caller holds it.
    pub shared_lock: Option<PathBuf>,
    /// What the working tree looked like a moment ago.
    pub scan: SharedScan,
    /// Asks for what cannot be taken back, between the rehearsal and the run.
    pub agree: Agree<'a>,
}

impl std::fmt::Debug for Dispatcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Reads what is known of all sessions again.
pub type Refresh<'a> = Box<dyn Fn(&Overview) -> Result<Overview, Error> + 'a>;

/// Keeps paths as documents of this clone.
pub type Keep<'a> = Box<dyn Fn(&BTreeSet<String>) -> Result<(), Error> + 'a>;

/// Shows what plugins want a person to see, each under its name, and answers whether the event may go on.
pub type Agree<'a> = Box<dyn Fn(&[(String, Vec<String>)]) -> Result<(), Error> + 'a>;

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
    pub fn run(&self, recorder: Recorder, request: &Request<'_>, dry_run: bool) -> Result<Finished, RecordError> {
        let span = tracing::info_span!("event", event = %request.input.kind(), session = request.id);
        let _entered = span.enter();
        let stages = self.schedule(&request.input);
        let mut finished = Finished::default();
        let said = Said::default();
        if let Some(refusal) = self.refuse_dangers(recorder.state().as_ref(), &request.input) {
            finished.failed = Some((refusal, false));
            finished.refused = true;
        } else if let Some(refusal) = self.rehearse(&recorder, request, &stages, dry_run, &said, &mut finished)? {
            finished.failed = Some(refusal);
            finished.refused = true;
        }
        if dry_run || finished.refused || finished.repeated {
            finished.state.clone_from(recorder.state());
            return Ok(finished);
        }
        let confirm: Vec<(String, Vec<String>)> = finished
            .rehearsed
            .iter()
            .filter(|(_, summary)| !summary.confirm.is_empty())
            .map(|(plugin, summary)| (plugin.clone(), summary.confirm.clone()))
            .collect();
        // Whoever hands its findings on looks by itself whether they still hold.
        let once = finished.rehearsed.iter().filter(|(_, summary)| summary.rehearsed.is_some());
        let once: Vec<&str> = once.map(|(plugin, _)| plugin.as_str()).collect();
        if !confirm.is_empty()
            && let Some(error) = self.agreed(&recorder, request, &stages, &confirm, &once, &said)?
        {
            finished.failed = Some((error, false));
            finished.refused = true;
            finished.state.clone_from(recorder.state());
            return Ok(finished);
        }
        let request = &with_rehearsed(request, &finished.rehearsed);
        let mut scene = self.scene(recorder, &request.input, false)?;
        scene.watch = said.run(&self.watch);
        scene.record(&scene.began(request))?;
        let failed = self.stages(&scene, request, &stages, Phase::Run)?;
        Ok(Finished { rehearsed: finished.rehearsed, ..self.end(&scene, request, &stages, failed)? })
    }

    /// The result, synced before anybody hears of it; then the documents.
    pub(super) fn end(
        &self,
        scene: &Scene,
        request: &Request<'_>,
        stages: &[Stage],
        failed: Option<Stop>,
    ) -> Result<Finished, RecordError> {
        let ending = match &failed {
            None => Ending::Done,
            Some((error, checks)) => Ending::Failed { error: error.clone(), checks: *checks },
        };
        scene.record(&Entry::Ended { ending })?;
        scene.recorder.borrow().sync()?;
        let unsettled = self.settle_stage(scene, request, stages, failed.is_some())?;
        let state = scene.recorder.borrow().state().clone();
        Ok(Finished { state, failed, unsettled, ..Finished::default() })
    }

    /// Has a person agree, who may take a long time over it: whoever answers at once is asked once more whether all is as it
    /// was.
    fn agreed(
        &self,
        recorder: &Recorder,
        request: &Request<'_>,
        stages: &[Stage],
        confirm: &[(String, Vec<String>)],
        once: &[&str],
        said: &Said,
    ) -> Result<Option<Error>, RecordError> {
        let branch = |scene: &Scene| scene.world.borrow_mut().position().ok().and_then(|head| head.branch);
        let copy = || Recorder::rehearse(recorder.state().clone(), self.now.clone());
        let before = branch(&self.scene(copy(), &request.input, true)?);
        if let Err(error) = (self.agree)(confirm) {
            return Ok(Some(error));
        }
        self.scan.borrow_mut().forget();
        let mut scene = self.scene(copy(), &request.input, true)?;
        scene.watch = said.run(&self.watch);
        let now = branch(&scene);
        if now != before {
            let name = |branch: Option<String>| branch.unwrap_or_else(|| "no branch".to_owned());
            return Ok(Some(
                Error::new(format!("the branch was switched meanwhile, from {} to {}", name(before), name(now)))
                    .hint("switch back, then the same command again"),
            ));
        }
        scene.record(&scene.began(request))?;
        let mut again: Vec<Stage> = stages.to_vec();
        again.iter_mut().for_each(|stage| stage.steps.retain(|step| !once.contains(&step.name.as_str())));
        let stop = self.stages(&scene, request, &again, Phase::Rehearse)?;
        Ok(stop.map(|(error, _)| error))
    }

    /// Every step in a dry run: what can be known beforehand is refused with nothing changed.
    fn rehearse(
        &self,
        recorder: &Recorder,
        request: &Request<'_>,
        stages: &[Stage],
        show: bool,
        said: &Said,
        finished: &mut Finished,
    ) -> Result<Option<Stop>, RecordError> {
        let copy = Recorder::rehearse(recorder.state().clone(), self.now.clone());
        let mut scene = self.scene(copy, &request.input, true)?;
        if !show {
            scene.watch = said.rehearsal(&self.watch);
        }
        scene.record(&scene.began(request))?;
        let phase = if show { Phase::Run } else { Phase::Rehearse };
        if let Some(stop) = self.stages(&scene, request, stages, phase)? {
            return Ok(Some(stop));
        }
        if let Some(refused) = undoes_alone(&request.input, &scene) {
            return Ok(Some((refused, false)));
        }
        finished.rehearsed = scene.answers.take();
        finished.repeated = !show && scene.planned().effects.is_empty() && repeats(recorder.state(), &request.input);
        if show {
            scene.record(&Entry::Ended { ending: Ending::Done })?;
            let mut overview = request.overview.clone();
            scene.include(&mut overview, &request.id);
            finished.unsettled = self.settle_steps(&scene, stages, request.input.kind().name(), false, overview)?;
            finished.planned = scene.planned();
        }
        Ok(None)
    }
}

/// A part of a rollback that would undo the work itself is no part: the session would be called done without it.
fn undoes_alone(input: &Input, scene: &Scene) -> Option<Error> {
    let Input::Rollback { only: Some(only), .. } = input else { return None };
    let id = scene.recorder.borrow().state().as_ref().map(|state| state.session.id.clone()).unwrap_or_default();
    if scene.planned().effects.is_empty() {
        let said =
            scene.answers.borrow().iter().map(|(_, summary)| summary.message.clone()).find(|said| !said.is_empty());
        let error = Error::new(format!("{only} has nothing to take back"));
        let error = said.into_iter().fold(error, Error::because);
        let back = scene.recorder.borrow().state().as_ref().is_some_and(|it| it.session.status == Status::RolledBack);
        // Of one that is rolled back already nothing else is left either.
        let next = if back { "start" } else { "rollback" };
        let what = if back { "begins it anew" } else { "takes back all that there is" };
        return Some(error.hint(format!("session {next} {id} {what}")));
    }
    let undoes = scene.planned().effects.iter().any(|effect| matches!(effect, PlannedEffect::Revert { .. }));
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
    Request { id: request.id.clone(), input, overview: request.overview }
}

/// The very words of the last checkpoint: whoever was killed before the answer came asks for the same again.
fn repeats(state: &State, input: &Input) -> bool {
    let (Some(state), Input::Checkpoint { message, done, remaining, from_task, .. }) = (state, input) else {
        return false;
    };
    let same = |last: &CheckpointTaken| *from_task || (&last.done, &last.remaining) == (done, remaining);
    state.session.checkpoints.last().is_some_and(|last| last.message == *message && same(last))
}
