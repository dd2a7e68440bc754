//! Bringing a session here whose working tree is gone, after a person has seen what will be missing. Going on with an event
//! that was cut off is `resume.rs`.

use std::path::Path;

use session_core::journal::Entry;
use session_core::session::{Input, Overview, SessionState};
use session_engine::dispatch::{LockHolder, Recorder};
use session_types::{SnapshotRequest, Status};

use super::app::App;
use super::claim;
use super::error::CommandError;
use super::place::fate;
use super::run::{may_be_stopped, refuse_unfinished_rollback};

/// A session that came to this working tree, or would.
#[derive(Debug)]
pub struct Brought {
    pub id: String,
    /// The working tree that is gone.
    pub from: String,
    /// What a person should know before it goes on here, in sentences.
    pub missing: Vec<String>,
    pub status: Status,
    /// An event of it was cut off.
    pub unfinished: bool,
}

pub(crate) fn bring(
    app: &App<'_>,
    overview: &Overview,
    id: &str,
    yes: bool,
    dry_run: bool,
) -> Result<Brought, CommandError> {
    let project = app.lock_project()?;
    let _session = app.lock(id)?;
    let journal = app.project.home.journal(id);
    let in_no_tree = || {
        CommandError::new(format!("{id} is {}, so it is in no working tree", overview.status(id).word()))
            .hint(format!("session show {id}"))
    };
    if !journal.is_file() {
        return Err(in_no_tree());
    }
    may_be_stopped(app);
    let mut recorder = Recorder::open(&journal, app.stamp())?;
    let Some(state) = recorder.state().clone() else { return Err(in_no_tree()) };
    refuse(app, overview, &state)?;
    let missing = missing(app, overview, &state)?;
    missing.iter().for_each(|line| app.say(line));
    let condition = state.condition_under_lock();
    let unfinished = condition.is_unfinished();
    let (from, status) = (state.worktree.clone(), state.session.status);
    let brought = Brought { id: id.to_owned(), from: from.clone(), missing, status, unfinished };
    if dry_run {
        return Ok(brought);
    }
    agree(app, id, yes)?;
    let _claimed = if condition.holds_tree() {
        claim::take_for(app, overview, &state.session, "cannot be brought here", false)?
    } else {
        None
    };
    recorder.record(&Entry::Moved { from, to: app.worktree(), by: app.user().to_owned() })?;
    recorder.sync()?;
    if !unfinished {
        // The task file of the other working tree was of no commit.
        let logs = app.begin_logs();
        let dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
        let finished =
            dispatcher.settle_for(recorder, "resume", false, overview, false, LockHolder::Caller(&project))?;
        if let Some(error) = finished.unsettled {
            app.warn(format!("the documents do not show it: {error}"));
        }
    }
    Ok(brought)
}

fn refuse(app: &App<'_>, overview: &Overview, state: &SessionState) -> Result<(), CommandError> {
    let id = &state.session.id;
    if state.worktree == app.worktree() {
        return Err(CommandError::new(format!("{id} is here already")).hint(format!("session show {id}")));
    }
    if !app.is_gone(state) {
        let there = &state.worktree;
        return Err(CommandError::new(format!("{id} cannot be brought here: its working tree is there"))
            .because(format!("its changes stand in {there}"))
            .hint(format!(
                "cd {}, then session pause; then session start {id} --force goes on here without them",
                session_types::shell::path(there)
            )));
    }
    let active = overview.active(&app.worktree()).filter(|other| other.session.id != *id);
    let takes = state.session.status != Status::Paused;
    if let Some(other) = active.filter(|_| takes) {
        let other = &other.session.id;
        return Err(CommandError::new(format!("{id} cannot be brought here: {other} is active here"))
            .because("a working tree has one active session, so that every change belongs to one")
            .hint(format!("session complete, or session pause to come back to {other} later")));
    }
    if takes { refuse_unfinished_rollback(app, overview, id, "cannot be brought here") } else { Ok(()) }
}

/// What a person should know before it goes on here.
fn missing(app: &App<'_>, overview: &Overview, state: &SessionState) -> Result<Vec<String>, CommandError> {
    let (id, there) = (&state.session.id, &state.worktree);
    let mut lines = vec![
        format!("{id} is {} in {there}, which {}.", state.session.status.word(), fate(Path::new(there))),
        "What was not committed there is here only if that folder was moved to this place.".to_owned(),
    ];
    if let Some(kind) = state.condition_under_lock().endless().map(Input::kind) {
        lines.push(format!("`{kind}` of it was cut off."));
    }
    let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
    let documents = overview.documents(Some(state));
    let request = SnapshotRequest { documents, diff: true, ..SnapshotRequest::default() };
    if let Some(seen) = dispatcher.snapshot_of(&request, state)? {
        lines.extend(seen.elsewhere.map(|sentence| format!("Missing: {sentence}.")));
        let own = seen.own.unwrap_or_default();
        let changed: Vec<String> = seen.changed.into_iter().filter(|path| own.contains(path)).collect();
        if !changed.is_empty() {
            lines.push(format!("Not committed here, and its work from now on: {}", changed.join(", ")));
        }
    }
    Ok(lines)
}

fn agree(app: &App<'_>, id: &str, yes: bool) -> Result<(), CommandError> {
    let front = app.front();
    if yes {
        return Ok(());
    }
    let command = format!("session resume {id} --here");
    if !front.can_ask() {
        return Err(CommandError::new(format!("{id} is not brought here without your confirmation"))
            .because("there is no terminal to ask on")
            .hint(format!("{command} --yes")));
    }
    if front.ask(&format!("Bring {id} here?")) {
        return Ok(());
    }
    Err(CommandError::new(format!("{id} stays where it is: you did not agree")).hint(command))
}
