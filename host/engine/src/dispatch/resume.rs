//! Going on with an event that was cut off: what is not known is settled by looking, then the same steps run with the
//! answers that they had.

use session_core::journal::{CutOff, Ending, Entry, Verified, commits, open_call};
use session_core::session::{Overview, Phase, State};
use session_types::replay::Doubt;
use session_types::{Event, SnapshotRequest, Status};

use super::event::{Dispatcher, Finished, LockHolder, Request};
use super::pass::Continuation;
use super::recorder::{RecordError, Recorder};
use super::watch::Notice;

impl Dispatcher<'_> {
    /// Settles by looking what the last event had begun and not answered, and says what there is of the event, where
    /// it has no end.
    ///
    /// # Errors
    /// Where the journal cannot be written, nobody can look, or what was committed is not in the branch any more.
    pub fn look(&self, recorder: &mut Recorder, anyway: bool) -> Result<Option<CutOff>, RecordError> {
        let Some(state) = recorder.state().clone().filter(|state| state.condition_under_lock().is_under_way()) else {
            return Ok(None);
        };
        let quiet = Recorder::rehearse(Some(state.clone()), self.setting.now.clone());
        let pass = self.pass_without_event(quiet, true)?;
        let mut world = pass.world.borrow_mut();
        let entries = recorder.last_event();
        // Behind a result that leaves the session active, history is people's own affair.
        let has_ended = state.condition_under_lock().endless().is_none();
        let matters = !anyway && (!has_ended || state.session.status == Status::Done);
        for (commit, branch) in commits(entries).into_iter().filter(|_| matters) {
            world.refuse_lost(commit, branch).map_err(RecordError::World)?;
        }
        if let Some((call, request, from)) = open_call(entries) {
            if has_ended {
                world.set_repository(&self.setting.project.root);
            }
            let answer = world.look(request, from, recorder.written()).map_err(RecordError::World)?;
            if let Some(answer) = answer {
                recorder.answer(call, answer)?;
            }
        }
        let mut off = CutOff::read(recorder.last_event());
        if let Some(off) = off.as_mut().filter(|_| anyway) {
            // A step whose commit is gone has to make it again, so it runs anew.
            off.forget(|commit| world.refuse_lost(commit, None).is_err());
        }
        Ok(off)
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
        lock: LockHolder<'_>,
    ) -> Result<Finished, RecordError> {
        let request = Request { id: id.to_owned(), input: off.input.clone(), overview, lock };
        let span = tracing::info_span!("resume", event = %request.input.kind(), session = request.id);
        let _entered = span.enter();
        let stages = self.schedule(&request.input);
        let mut pass = self.pass(recorder, &request.input, false)?;
        (pass.time, pass.resumed) = (off.began.clone(), true);
        pass.world.borrow_mut().count_from(off.last_child());
        pass.record(&Entry::Resumed { doubt })?;
        let stands = match &off.verified {
            None | Some(Verified::Anything) => true,
            Some(_) if off.has_committed() => true,
            Some(Verified::Unknown) => false,
            Some(Verified::Tree(tree)) => {
                let state = pass.recorder.borrow().state().clone();
                self.tree(overview, state).as_ref() == Some(tree)
            }
        };
        if !stands {
            pass.notice(&Notice::VerifiesAgain);
            off.verified = None;
        }
        pass.continuation = Some(Continuation { event: off, doubt });
        let failed = self.stages(&pass, &request, &stages, Phase::Run)?;
        self.end(&pass, &request, failed)
    }

    /// Ends an event that was cut off without a result: what it has changed stays.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn give_up(
        &self,
        mut recorder: Recorder,
        overview: &Overview,
        lock: LockHolder<'_>,
    ) -> Result<Finished, RecordError> {
        recorder.record(&Entry::Ended { ending: Ending::GivenUp { by: self.setting.by.clone() } })?;
        recorder.sync()?;
        self.settle_for(recorder, "resume", false, overview, false, lock)
    }

    /// Identity of the tree, documents apart; none where no plugin knows it.
    pub(super) fn tree(&self, overview: &Overview, state: State) -> Option<String> {
        if !self.setting.plugins.iter().any(|plugin| plugin.handles(Event::Snapshot)) {
            return None;
        }
        let request = SnapshotRequest { documents: overview.documents(state.as_ref()), ..SnapshotRequest::default() };
        match self.snapshot_for(&request, state) {
            Ok(snapshot) => snapshot.map(|snapshot| snapshot.tree),
            Err(error) => {
                tracing::warn!(%error, "the tree cannot be named");
                None
            }
        }
    }
}
