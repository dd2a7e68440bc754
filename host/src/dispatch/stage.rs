//! Stages and steps: each plugin's part in a fresh instance, and what stops an event.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use session_sdk::{Context, Error, Event, Summary, Verdict};

use super::event::{Dispatcher, Request};
use super::recorder::RecordError;
use super::scene::Scene;
use super::step::StepCalls;
use super::watch::Notice;
use crate::journal::{Entry, StepEnding};
use crate::plugin::{HandlerEnd, Plugin, Step};
use crate::session::{Phase, Rule, Stage, verified};

/// What stopped an event; true where it is a failed check.
pub(super) type Stop = (Error, bool);

impl Dispatcher<'_> {
    /// Runs the stages of a phase; what stopped them.
    pub(super) fn stages(
        &self,
        scene: &Scene,
        request: &Request<'_>,
        stages: &[Stage],
        phase: Phase,
    ) -> Result<Option<Stop>, RecordError> {
        for stage in stages.iter().filter(|stage| stage.phase == phase) {
            let data = self.data(scene, request, stage.event);
            if let Some(stop) = self.stage(scene, stage, &data)? {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    /// Runs one stage; what stopped it.
    fn stage(&self, scene: &Scene, stage: &Stage, data: &serde_json::Value) -> Result<Option<Stop>, RecordError> {
        let mut first = None;
        for step in &stage.steps {
            let plugin = &self.plugins[step.plugin];
            match self.step(scene, plugin, stage.event, data)? {
                Ok(_) => {}
                Err(error) if step.warn => {
                    scene.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error });
                }
                Err(error) if stage.rule == Rule::FirstError => return Ok(Some((error, false))),
                Err(error) => first = first.or(Some((error, false))),
            }
        }
        if stage.event == Event::Verify {
            first = first.or_else(|| failed_checks(scene));
        }
        Ok(first)
    }

    /// Runs one plugin's part in a fresh instance.
    pub(super) fn step(
        &self,
        scene: &Scene,
        plugin: &Plugin,
        event: Event,
        data: &serde_json::Value,
    ) -> Result<Result<Summary, Error>, RecordError> {
        let span = tracing::info_span!("step", plugin = plugin.name, %event);
        let _entered = span.enter();
        scene.notice(&Notice::StepBegan { plugin: &plugin.name, event });
        let journalled = scene.recorder.borrow().state().is_some();
        if journalled {
            let (plugin, digest) = (plugin.name.clone(), plugin.digest.clone());
            scene.record(&Entry::Step { plugin, digest, event })?;
        }
        let end = self.handler(scene, plugin, event, data);
        if let Some(broken) = scene.recorder.borrow_mut().take_broken() {
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
            scene.record(&Entry::StepEnded { ending })?;
        }
        if let Ok(summary) = &result
            && !scene.dry_run
        {
            scene.notice(&Notice::StepDone { plugin: &plugin.name, message: &summary.message });
        }
        // A plugin's message never stands alone.
        Ok(result.map_err(|error| Error { message: format!("{}: {}", plugin.name, error.message), ..error }))
    }

    pub(super) fn handler(&self, scene: &Scene, plugin: &Plugin, event: Event, data: &serde_json::Value) -> HandlerEnd {
        let session = scene.recorder.borrow().state().as_ref().map(|state| state.session.clone());
        let seed = self.clock
            ^ plugin.name.bytes().fold(event as u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let context = Context {
            event,
            time: self.now.clone(),
            dry_run: scene.dry_run,
            project: self.info.clone(),
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
        if let Err(error) = plugin.prepare(self.runtime) {
            return HandlerEnd::Trapped(error);
        }
        let deadline = plugin.timeout.map(|timeout| Instant::now() + timeout);
        let calls = StepCalls {
            plugin: plugin.name.clone(),
            grants: plugin.grants.clone(),
            event,
            deadline,
            recorder: Rc::clone(&scene.recorder),
            world: Rc::clone(&scene.world),
            watch: Arc::clone(&scene.watch),
            next_call: 0,
        };
        plugin.run(self.runtime, event, &input, Step { calls: Box::new(calls), deadline, clock: self.clock, seed })
    }
}

fn failed_checks(scene: &Scene) -> Option<Stop> {
    let recorder = scene.recorder.borrow();
    let checks = &recorder.state().as_ref()?.checks;
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
    let what = if failed == 1 { "a check failed".to_owned() } else { format!("{failed} checks failed") };
    (failed > 0).then(|| (Error::new(what).because(verified(checks)), true))
}
