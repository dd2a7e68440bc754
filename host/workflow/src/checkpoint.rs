//! Keeping what there is of a session so far.

use session_core::session::{EventKind, Input, ticks};
use session_engine::dispatch::LockHolder;
use session_types::CheckpointTaken;

use super::app::{App, Start};
use super::error::CommandError;
use super::history;
use super::run::{self, DryRun};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct CheckpointRequest {
    /// ID of the session; none for the one that is active here.
    pub id: Option<String>,
    pub message: String,
    /// Tasks that are done and that remain; where both are empty, the ticks in the task file say so.
    pub done: Vec<String>,
    pub remaining: Vec<String>,
    /// Whether git's hooks are left out; it is recorded.
    pub no_verify: bool,
    /// Files to keep that would be refused: large, or like a secret.
    pub include: Vec<String>,
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct CheckpointOutcome {
    pub id: String,
    /// The newest one of the session, as documents have it.
    pub checkpoint: Option<CheckpointTaken>,
    /// Why nothing is committed, or would be; none where something is.
    pub uncommitted: Option<String>,
    pub rehearsed: Option<DryRun>,
}

/// Keeps what there is.
///
/// # Errors
/// Where it is refused or fails.
pub fn checkpoint(start: &Start, request: CheckpointRequest) -> Result<CheckpointOutcome, CommandError> {
    let app = App::open_for_session(start, request.id.as_deref(), EventKind::Checkpoint)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, request.id.as_deref(), EventKind::Checkpoint)?;
    let CheckpointRequest { message, mut done, mut remaining, no_verify, dry_run, .. } = request;
    let from_task = done.is_empty() && remaining.is_empty();
    if from_task {
        let task = app.task(state)?.unwrap_or_default();
        (done, remaining) = ticks(&state.session.checks, &state.checks, &task);
    }
    let include = request.include.iter().map(|path| app.typed(path)).collect();
    // Its number is given where the session's lock is held.
    let input = Input::Checkpoint { number: 0, message, done, remaining, no_verify, include, from_task };
    let finished = run::event(&app, &state.session.id, input, &overview, dry_run, LockHolder::Event)?;
    let checkpoint = finished.state.as_ref().and_then(|state| state.session.checkpoints.last()).cloned();
    let commit = checkpoint.as_ref().is_some_and(|taken| taken.commit.is_some());
    Ok(CheckpointOutcome {
        id: state.session.id.clone(),
        checkpoint,
        uncommitted: history::uncommitted(&app, &overview, state, commit && !dry_run),
        rehearsed: dry_run.then(|| DryRun::of(finished)),
    })
}
