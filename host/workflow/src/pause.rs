//! Setting the active session aside. Its changes stay in the working tree.

use session_core::session::{EventKind, Input};
use session_engine::dispatch::LockHolder;

use super::app::{App, Start};
use super::error::CommandError;
use super::run::{self, DryRun};

/// What became of it.
#[derive(Debug)]
pub struct PauseOutcome {
    pub id: String,
    pub rehearsed: Option<DryRun>,
}

/// Pauses a session; without an ID the one that is active here.
///
/// # Errors
/// Where it is refused or fails.
pub fn pause(start: &Start, id: Option<&str>, dry_run: bool) -> Result<PauseOutcome, CommandError> {
    let app = App::open_for_session(start, id, EventKind::Pause)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, id, EventKind::Pause)?;
    let id = state.session.id.clone();
    let finished =
        run::event(&app, &id, Input::Pause { task: app.task(state)? }, &overview, dry_run, LockHolder::Event)?;
    Ok(PauseOutcome { id, rehearsed: dry_run.then(|| DryRun::of(finished)) })
}
