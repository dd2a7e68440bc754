//! The documents written anew from the records, keeping what people wrote.

use session_engine::dispatch::Recorder;

use super::app::{App, Start};
use super::error::CommandError;
use super::run::DryRun;

/// What became of it.
#[derive(Debug)]
pub struct RebuildOutcome {
    /// Documents that were written.
    pub written: Vec<String>,
    /// Of a dry run.
    pub rehearsed: Option<DryRun>,
}

/// Writes the documents anew.
///
/// # Errors
/// Where a record cannot be read, or a document cannot be written.
pub fn rebuild(start: &Start, dry_run: bool) -> Result<RebuildOutcome, CommandError> {
    // All plugins that write documents are needed.
    let app = App::open_for_event(start)?;
    let overview = app.overview(None)?;
    // What is written anew shows all sessions.
    app.refuse_damaged(&overview, |_| true)?;
    // With the session that is active here, whose task file is a document too.
    let active = overview.active(&app.worktree());
    let _lock = active.filter(|_| !dry_run).map(|state| app.lock(&state.session.id)).transpose()?;
    let recorder = match active {
        Some(state) if !dry_run => Recorder::open(&app.project.home.journal(&state.session.id), app.stamp())?,
        state => Recorder::rehearse(state.cloned(), app.stamp()),
    };
    let logs = if dry_run { app.project.home.logs() } else { app.begin_logs() };
    let dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
    let tree = dispatcher.snapshot(overview.documents(None)).unwrap_or_else(|e| {
        // Only the header of a new document names the branch.
        tracing::debug!(error = %e, "no snapshot");
        None
    });
    let dispatcher = dispatcher.on_branch(tree.and_then(|tree| tree.branch));
    let mut finished = dispatcher.settle(recorder, "rebuild", &overview, dry_run)?;
    if let Some(error) = finished.unsettled {
        return Err(CommandError::from(error).while_("the documents cannot be written anew"));
    }
    let written = std::mem::take(&mut finished.written);
    if !dry_run {
        app.keep_documents(&written)?;
    }
    Ok(RebuildOutcome {
        written,
        rehearsed: dry_run.then(|| DryRun { confirm: Vec::new(), planned: finished.planned }),
    })
}
