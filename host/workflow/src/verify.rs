//! Verifying a session: its checks are run, and their evidence is kept.

use session_core::session::{EventKind, Input, SessionState};
use session_engine::dispatch::LockHolder;

use super::app::{App, Start};
use super::check_options::CheckOptions;
use super::error::CommandError;
use super::run::{self, DryRun};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// ID of the session; none for the one that is active here.
    pub id: Option<String>,
    pub check_options: CheckOptions,
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct VerifyOutcome {
    pub id: String,
    pub end: VerifyEnd,
}

#[derive(Debug)]
pub enum VerifyEnd {
    Rehearsed(DryRun),
    Verified(Box<SessionState>),
}

/// Runs the checks of the session.
///
/// # Errors
/// Where it is refused, or a check fails.
pub fn verify(start: &Start, request: VerifyRequest) -> Result<VerifyOutcome, CommandError> {
    let app = App::open_for_session(start, request.id.as_deref(), EventKind::Verify)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, request.id.as_deref(), EventKind::Verify)?;
    let id = state.session.id.clone();
    let task = app.task(state)?;
    let asked = request.check_options.asked(&app, &overview, state)?;
    let input =
        Input::Verify { attest: asked.attest, task, fresh: asked.fresh, baseline: false, accepted: asked.accepted };
    let mut finished = run::event(&app, &id, input, &overview, request.dry_run, LockHolder::Event)?;
    let end = if request.dry_run {
        VerifyEnd::Rehearsed(DryRun::of(finished))
    } else {
        VerifyEnd::Verified(Box::new(run::state_after(&mut finished, &id)?))
    };
    Ok(VerifyOutcome { id, end })
}
