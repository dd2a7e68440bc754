//! Stages and steps: each plugin's part in a fresh instance, and what stops an event.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use session_core::journal::{CutStep, Entry, StepEnding};
use session_core::session::{CheckResult, DocumentPlaces, EventKind, Phase, Rule, SessionState, Stage, document_path};
use session_types::replay::{Replay, divergence};
use session_types::{CheckKind, Context, Effect, Error, Event, Summary, Timestamp};

use super::event::{Dispatcher, Request};
use super::pass::Pass;
use super::paths::refuse_task_file;
use super::recorder::RecordError;
use super::step::StepCalls;
use super::watch::Notice;
use crate::plugin::{HandlerEnd, Plugin, Step};

/// What stopped an event; true where it is a failed check.
pub(super) type Stop = (Error, bool);

impl Dispatcher<'_> {
    /// Runs the stages of a phase; what stopped them.
    pub(super) fn stages(
        &self,
        pass: &Pass,
        request: &Request<'_>,
        stages: &[Stage],
        phase: Phase,
    ) -> Result<Option<Stop>, RecordError> {
        for stage in stages.iter().filter(|stage| stage.phase == phase) {
            let stop = match stage.event {
                Event::Verify => self.verification(pass, request, stage)?,
                event => self.stage(pass, stage, |plugin| self.data(pass, request, event, plugin))?,
            };
            if stop.is_some() {
                return Ok(stop);
            }
            // Whoever goes on with it after a kill must know what the checks hold for.
            if stage.event == Event::Verify && request.input.kind() == EventKind::Complete && !pass.dry_run {
                Self::verified(pass)?;
            }
        }
        Ok(None)
    }

    fn verified(pass: &Pass) -> Result<(), RecordError> {
        if pass.continuation.as_ref().is_some_and(|before| before.event.verified.is_some()) {
            return Ok(());
        }
        let ran = |check: &CheckResult| check.evidence.kind == CheckKind::Command;
        let asked = pass.recorder.borrow().state().as_ref().is_some_and(|state| state.checks.iter().any(ran));
        let tree = pass.recorder.borrow().state().as_ref().and_then(|state| state.verification.after.clone());
        pass.record(&Entry::Verified { asked, tree })
    }

    /// Runs one stage; what stopped it.
    pub(super) fn stage(
        &self,
        pass: &Pass,
        stage: &Stage,
        data: impl Fn(&str) -> serde_json::Value,
    ) -> Result<Option<Stop>, RecordError> {
        let mut first = None;
        for step in &stage.steps {
            let plugin = &self.setting.plugins[step.plugin];
            match self.step(pass, plugin, stage.event, &data(&plugin.name))? {
                Ok(summary) if pass.dry_run => pass.answers.borrow_mut().push((plugin.name.clone(), summary)),
                Ok(_) => {}
                Err(error) if step.warn => {
                    pass.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error });
                }
                Err(error) if stage.rule == Rule::FirstError => return Ok(Some((error, false))),
                Err(error) => first = first.or(Some((error, false))),
            }
        }
        Ok(first)
    }

    /// One plugin's part: what it said where it is done already, else a run of its handler.
    pub(super) fn step(
        &self,
        pass: &Pass,
        plugin: &Plugin,
        event: Event,
        data: &serde_json::Value,
    ) -> Result<Result<Summary, Error>, RecordError> {
        if let Some(summary) = pass.done(&plugin.name, event) {
            return Ok(Ok(summary));
        }
        let again = pass.cut_step(&plugin.name, event);
        match self.attempt(pass, plugin, event, data, again) {
            // The person wants it tried again: as a new attempt, which is told what the earlier one has changed.
            Err(RecordError::Diverged { .. }) if pass.retries() => self.attempt(pass, plugin, event, data, None),
            result => result,
        }
    }

    /// Runs a handler in a fresh instance; where it was cut off, with the answers that it had.
    fn attempt(
        &self,
        pass: &Pass,
        plugin: &Plugin,
        event: Event,
        data: &serde_json::Value,
        again: Option<&CutStep>,
    ) -> Result<Result<Summary, Error>, RecordError> {
        let span = tracing::info_span!("step", plugin = plugin.name, %event);
        let _entered = span.enter();
        pass.notice(&Notice::StepBegan { plugin: &plugin.name, event });
        let journalled = pass.recorder.borrow().state().is_some();
        if journalled && again.is_none() {
            let (plugin, digest) = (plugin.name.clone(), plugin.digest.clone());
            pass.record(&Entry::Step { plugin, digest, event })?;
        }
        let end = match again {
            None => self.handler(pass, plugin, event, data),
            Some(step) => {
                let before = pass.recorder.borrow().state_before(step.begins)?;
                let replay = Rc::new(RefCell::new(Replay::new(step.calls.clone(), pass.doubt())));
                let end = self.handler_from(pass, plugin, event, data, before.as_ref(), &replay);
                if let Some(expected) = replay.borrow().rest().first() {
                    let (plugin, source) = (plugin.name.clone(), divergence(&expected.request, None));
                    pass.recorder.borrow_mut().break_with(RecordError::Diverged { plugin, event, source });
                }
                end
            }
        };
        if let Some(broken) = pass.recorder.borrow_mut().take_broken() {
            return Err(broken);
        }
        let (ending, result) = match end {
            HandlerEnd::Done(text) => match summary(&text) {
                Ok(mut summary) => {
                    self.drop_unseen(pass, plugin, event, &mut summary);
                    // Before the journal has it, whose word is not enough later.
                    match self.see(pass, &summary.local.iter().cloned().collect()) {
                        Ok(()) => (StepEnding::Done { summary: summary.clone() }, Ok(summary)),
                        Err(error) => (StepEnding::Failed { error: error.clone() }, Err(error)),
                    }
                }
                Err(error) => (StepEnding::Failed { error: error.clone() }, Err(error)),
            },
            HandlerEnd::Failed(error) => (StepEnding::Failed { error: error.clone() }, Err(error)),
            HandlerEnd::Trapped(error) => (StepEnding::Trapped { error: error.clone() }, Err(error)),
        };
        if journalled {
            pass.record(&Entry::StepEnded { ending })?;
        }
        if let Ok(summary) = &result
            && !pass.dry_run
        {
            pass.notice(&Notice::StepDone { plugin: &plugin.name, message: &summary.message });
        }
        Ok(result.map_err(|error| plugin.words(error)))
    }

    /// What a plugin calls local is a document, so its word is not enough: the host must have seen it write the file, or its
    /// grant must name the place.
    fn drop_unseen(&self, pass: &Pass, plugin: &Plugin, event: Event, summary: &mut Summary) {
        let places = DocumentPlaces::of([&plugin.grants]);
        let recorder = pass.recorder.borrow();
        let state = recorder.state().as_ref();
        let seen = |path: &String| {
            let earlier = |state: &SessionState| {
                let wrote = |effect: &Effect| matches!(effect, Effect::Wrote { path: other } if other == path);
                state.documents.contains(path) || state.earlier(&plugin.name, event).iter().any(wrote)
            };
            pass.world.borrow().files().has_written(path) || state.is_some_and(earlier)
        };
        summary.local.retain(|path| {
            let stays = document_path(path).as_ref() == Some(path) && (places.hold(path) || seen(path));
            if !stays {
                let error = Error::new(format!("{}: {path} is no document", plugin.name))
                    .because("it calls the file local, and has neither written it nor a grant that names its place");
                pass.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error });
            }
            stays
        });
    }

    pub(super) fn handler(&self, pass: &Pass, plugin: &Plugin, event: Event, data: &serde_json::Value) -> HandlerEnd {
        let state = pass.recorder.borrow().state().clone();
        self.handler_from(pass, plugin, event, data, state.as_ref(), &Rc::default())
    }

    /// As the handler saw the session when it began, which after a kill was before what it has done itself.
    fn handler_from(
        &self,
        pass: &Pass,
        plugin: &Plugin,
        event: Event,
        data: &serde_json::Value,
        state: Option<&SessionState>,
        replay: &Rc<RefCell<Replay>>,
    ) -> HandlerEnd {
        let session = state.map(|state| state.session.clone());
        let clock = milliseconds(&pass.time);
        let name = session.iter().flat_map(|session| session.id.bytes()).chain(plugin.name.bytes());
        let seed = clock ^ name.fold(event as u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let context = Context {
            event,
            time: pass.time.clone(),
            dry_run: pass.dry_run,
            earlier: state.map(|state| state.earlier(&plugin.name, event)).unwrap_or_default(),
            project: self.setting.info.clone(),
            session,
            config: plugin.config.clone(),
            data,
        };
        let input = match serde_json::to_string(&context) {
            Ok(input) => input,
            Err(e) => {
                return HandlerEnd::Trapped(
                    Error::new("the event has no JSON form: a bug of session").because(e.to_string()),
                );
            }
        };
        if let Err(error) = plugin.prepare(self.setting.runtime) {
            return HandlerEnd::Trapped(error);
        }
        let deadline = plugin.timeout.map(|timeout| Instant::now() + timeout);
        let calls = StepCalls {
            plugin: plugin.name.clone(),
            grants: plugin.grants.clone(),
            programs: self.setting.programs,
            event,
            deadline,
            recorder: Rc::clone(&pass.recorder),
            world: Rc::clone(&pass.world),
            watch: Arc::clone(&pass.watch),
            next_call: 0,
            documents: documents(data),
            name: pass.name(),
            replay: Rc::clone(replay),
        };
        plugin.run(self.setting.runtime, event, &input, Step { calls: Box::new(calls), deadline, clock, seed })
    }
}

/// What a step is told are documents, and what was just written of them.
fn documents(data: &serde_json::Value) -> BTreeSet<String> {
    let lists = ["documents", "written"].into_iter().filter_map(|key| data.get(key)?.as_array());
    lists.flatten().filter_map(|path| path.as_str().map(str::to_owned)).collect()
}

/// Since 1970. In whole seconds, which is what the journal keeps: a step that runs again has the same clock.
fn milliseconds(time: &Timestamp) -> u64 {
    let seconds = time.0.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}

fn summary(text: &str) -> Result<Summary, Error> {
    let summary: Summary = serde_json::from_str(text)
        .map_err(|e| Error::new("the plugin's summary does not parse").because(e.to_string()))?;
    refuse_task_file(&summary)?;
    Ok(summary)
}
