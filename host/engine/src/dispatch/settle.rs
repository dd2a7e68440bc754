//! Documents are written last of all, from the whole state: the record by the host, everything else by plugins.

use std::collections::BTreeSet;

use session_core::journal::Entry;
use session_core::session::{EventKind, LastEvent, Overview, Record, SessionState, settle_stage};
use session_types::{Error, Event, Status};

use super::event::{Dispatcher, Finished, LockHolder, Request};
use super::pass::Pass;
use super::recorder::{RecordError, Recorder};
use super::watch::Notice;
use crate::project::{ProjectLock, Records};

impl Dispatcher<'_> {
    /// Brings the documents up to date with what is known: after an event, and by itself for `init` and `resume`.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn settle(
        &self,
        recorder: Recorder,
        reason: &str,
        overview: &Overview,
        dry_run: bool,
    ) -> Result<Finished, RecordError> {
        self.settle_for(recorder, reason, false, overview, dry_run, LockHolder::Event)
    }

    /// The same for an event that has ended and whose documents do not show it.
    ///
    /// # Errors
    /// Where the journal cannot be written.
    pub fn settle_for(
        &self,
        recorder: Recorder,
        reason: &str,
        failed: bool,
        overview: &Overview,
        dry_run: bool,
        lock: LockHolder<'_>,
    ) -> Result<Finished, RecordError> {
        let mut finished = Finished::default();
        let session = recorder.state().clone();
        let mut pass = self.pass_without_event(recorder, dry_run)?;
        pass.resumed =
            session.as_ref().is_some_and(|state| matches!(state.condition_under_lock().event, LastEvent::Ended { .. }));
        // Who only looks does not wait for those who write.
        let shared = if dry_run {
            self.sessions.refresh(overview).map(|overview| (None, overview))
        } else {
            self.shared(overview, lock)
        };
        finished.unsettled = match shared {
            Ok((_lock, overview)) => self.settle_steps(&pass, reason, failed, overview)?,
            Err(error) => Some(error),
        };
        if !dry_run && session.is_some() && finished.unsettled.is_none() {
            pass.record(&Entry::Settled { complete: true })?;
        }
        finished.planned = pass.planned();
        finished.written = pass.world.borrow().files().written().iter().cloned().collect();
        finished.state = pass.recorder.borrow().state().clone();
        Ok(finished)
    }

    /// Takes paths for documents, now and in later commands.
    pub(super) fn see(&self, pass: &Pass, paths: &BTreeSet<String>) -> Result<(), Error> {
        pass.seen.borrow_mut().extend(paths.iter().cloned());
        if pass.dry_run { Ok(()) } else { self.sessions.keep(paths) }
    }

    pub(super) fn settle_event(
        &self,
        pass: &Pass,
        request: &Request<'_>,
        failed: bool,
    ) -> Result<Option<Error>, RecordError> {
        let reason = request.input.kind().name();
        let error = match self.shared(request.overview, request.lock) {
            Ok((_lock, mut overview)) => {
                pass.include(&mut overview, &request.id);
                self.settle_steps(pass, reason, failed, overview)?
            }
            Err(error) => Some(error),
        };
        if error.is_none() {
            pass.record(&Entry::Settled { complete: true })?;
        }
        Ok(error)
    }

    /// The lock over what sessions share, and what is known of them under it.
    fn shared(&self, overview: &Overview, lock: LockHolder<'_>) -> Result<(Option<ProjectLock>, Overview), Error> {
        let lock = match lock {
            LockHolder::Caller(_) => None,
            LockHolder::Event => Some(self.setting.project.home.lock_project(&self.setting.by).map_err(|e| told(&e))?),
        };
        Ok((lock, self.sessions.refresh(overview)?))
    }

    /// Writes the record of a finished session, then lets the plugins write the documents.
    pub(super) fn settle_steps(
        &self,
        pass: &Pass,
        reason: &str,
        failed: bool,
        mut overview: Overview,
    ) -> Result<Option<Error>, RecordError> {
        let state = pass.recorder.borrow().state().clone();
        let mut recorded = None;
        if let Some(mut record) = state.as_ref().and_then(|state| record(state, reason, &overview)) {
            // One that is not listed any more may have been able to: what a record says of it stays.
            let unable =
                |name: &String| self.setting.plugins.iter().any(|p| p.name == *name && !p.handles(Event::Rollback));
            record.took_part.retain(|name| !unable(name));
            recorded = Some(Records::path(&record.id));
            if !pass.dry_run
                && let Err(e) = Records::write(&self.setting.project.root, &record)
            {
                return Ok(Some(told(&e)));
            }
            if pass.dry_run {
                pass.world.borrow_mut().expect(&Records::path(&record.id));
            }
            overview.records.insert(record.id.clone(), record);
        }
        self.scan.borrow_mut().forget();
        // Documents stand in the project's own repository, wherever the session worked.
        pass.world.borrow_mut().set_repository(&self.setting.project.root);
        pass.world.borrow_mut().begin_settle();
        let counts = |path: &String| overview.counts(path) || pass.seen.borrow().contains(path);
        let local = state.iter().flat_map(|state| &state.local).filter(|path| counts(path));
        let mut local: Vec<String> = local.cloned().collect();
        let mut first = None;
        for step in settle_stage(&self.handlers()).steps {
            let data = self.settle_data(pass, reason, failed, &overview, &local, recorded.as_ref());
            let plugin = &self.setting.plugins[step.plugin];
            let ended = self.step(pass, plugin, Event::Settle, &data)?;
            let settled = pass.world.borrow().files().settled();
            let kept = self.see(pass, &settled);
            match ended.and_then(|summary| kept.map(|()| summary)) {
                Ok(summary) => local.extend(summary.local),
                Err(error) if step.warn => {
                    pass.notice(&Notice::StepWarned { plugin: &plugin.name, error: &error });
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Ok(first)
    }
}

/// What is kept of the session; none where nothing of it is at its end.
fn record(state: &SessionState, reason: &str, overview: &Overview) -> Option<Record> {
    let session = &state.session;
    let before = overview.records.get(&session.id);
    let same = before.filter(|before| before.attempt == session.attempt && state.recorded);
    match (session.status, same) {
        // A part of what was done is left: it is not done any more, and is when it is complete again.
        (Status::Active, Some(before)) if reason == EventKind::Rollback.name() => Some(before.taken_back(state)),
        (Status::Done, Some(before)) if reason != EventKind::Complete.name() => Some(before.taken_back(state)),
        (Status::RolledBack, Some(before)) => Some(before.taken_back(state)),
        // Another attempt was done meanwhile, on another branch or machine: that one was not taken back.
        (Status::RolledBack, None) if before.is_some_and(|before| is_newer(before, state)) => None,
        (Status::Done | Status::RolledBack, _) => {
            // What `init` wrote too: other clones learn from the record what no work commit holds.
            let written = state.documents.iter().filter(|path| overview.counts(path));
            let documents = written.chain(&overview.init_documents).cloned().collect();
            Some(Record::of(state, documents, before))
        }
        _ => None,
    }
}

fn is_newer(before: &Record, state: &SessionState) -> bool {
    before.status == Status::Done && before.attempt >= state.session.attempt && !state.recorded
}

/// An error of the host's own with its causes, as plugins' errors are.
pub(super) fn told(error: &dyn std::error::Error) -> Error {
    let mut told = Error::new(error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        told = told.because(cause.to_string());
        source = cause.source();
    }
    told
}
