//! Going on with an event that was cut off: what is not known is settled by looking, then the same steps run with the
//! answers that they had.

use session_sdk::replay::Doubt;
use session_sdk::{Error, Event};

use super::event::{Dispatcher, Finished, Request};
use super::recorder::{RecordError, Recorder};
use super::scene::{Cut, Scene};
use super::watch::Notice;
use crate::journal::{CutOff, Entry, open_call};
use crate::session::{Input, Overview, Phase, schedule};

impl Dispatcher<'_> {
    /// Settles by looking what the last event had begun and not answered, and says what there is of the event, where
    /// it has no end.
    ///
    /// # Errors
    /// Where the journal cannot be written, or nobody can look.
    pub fn look(&self, recorder: &mut Recorder) -> Result<Option<CutOff>, RecordError> {
        if let Some((call, request, from)) = open_call(recorder.last_event()) {
            let input = Input::Pause { task: None };
            let scene =
                self.scene(Recorder::rehearse(recorder.state().clone(), self.now.clone()), &input, true, true)?;
            if recorder.state().as_ref().is_some_and(|state| state.unsettled) {
                scene.world.borrow_mut().set_repository(&self.project.root);
            }
            let answer =
                scene.world.borrow_mut().look(request, from, recorder.written()).map_err(RecordError::World)?;
            if let Some(answer) = answer {
                recorder.answer(call, answer)?;
            }
        }
        Ok(CutOff::read(recorder.last_event()))
    }

    /// Goes on with an event where it was cut off.
    ///
    /// # Errors
    /// Where the journal cannot be written, or a step asks for something else than before.
    pub fn resume(
        &self,
        recorder: Recorder,
        mut off: CutOff,
        id: &str,
        overview: &Overview,
        doubt: Option<Doubt>,
    ) -> Result<Finished, RecordError> {
        let request = Request { id: id.to_owned(), input: off.input.clone(), overview };
        let span = tracing::info_span!("resume", event = %request.input.kind(), session = request.id);
        let _entered = span.enter();
        let stages = schedule(request.input.kind(), &self.handlers());
        let mut scene = self.scene(recorder, &request.input, false, false)?;
        scene.time = off.began.clone();
        scene.world.borrow_mut().count_from(off.last_child());
        scene.record(&Entry::Resumed { doubt })?;
        if let Some(Some(tree)) = &off.verified
            && !off.has_committed()
            && self.tree(overview).as_ref() != Some(tree)
        {
            scene.notice(&Notice::VerifiesAgain);
            off.verified = None;
        }
        scene.cut = Some(Cut { off, doubt });
        let failed = self.stages(&scene, &request, &stages, Phase::Run)?;
        self.end(&scene, &request, &stages, failed)
    }

    /// Ends an event that was cut off as one that failed: what it has changed stays.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn give_up(
        &self,
        recorder: Recorder,
        off: &CutOff,
        id: &str,
        overview: &Overview,
    ) -> Result<Finished, RecordError> {
        let request = Request { id: id.to_owned(), input: off.input.clone(), overview };
        let stages = schedule(request.input.kind(), &self.handlers());
        let scene: Scene = self.scene(recorder, &request.input, false, false)?;
        let error = Error::new(format!("{} was cut off, and {} gave it up", request.input.kind(), self.by));
        self.end(&scene, &request, &stages, Some((error, false)))
    }

    /// Identity of the tree, documents apart; none where no plugin knows it.
    pub(super) fn tree(&self, overview: &Overview) -> Option<String> {
        if !self.plugins.iter().any(|plugin| plugin.handles(Event::Snapshot)) {
            return None;
        }
        match self.snapshot(overview.documents()) {
            Ok(snapshot) => snapshot.map(|snapshot| snapshot.tree),
            Err(error) => {
                tracing::warn!(%error, "the tree cannot be named");
                None
            }
        }
    }
}
