//! Starting a session: what it is gets frozen, and it becomes the active one of its working tree. A paused one goes on.

use std::collections::BTreeSet;
use std::path::PathBuf;

use session_core::session::{Input, Overview, SessionState};
use session_engine::dispatch::LockHolder;
use session_types::hash::short;
use session_types::{Session, Status, shell};

use super::app::{App, Start};
use super::baseline::{Baseline, baseline};
use super::danger::Danger;
use super::error::CommandError;
use super::freeze::frozen;
use super::run::{self, DryRun};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct StartRequest {
    pub id: String,
    /// The plan that it stands in; none for the one that is found.
    pub plan: Option<PathBuf>,
    /// Title of a session that stands in no plan.
    pub title: Option<String>,
    /// Commands that check it besides those of the plan.
    pub checks: Vec<String>,
    /// Whether it starts although dependencies are open, HEAD is detached, or another task file is unfinished.
    pub force: bool,
    /// Whether it starts once more although it is done on another branch.
    pub again: bool,
    pub dry_run: bool,
}

/// A session that has started, in a project that is open still.
#[derive(Debug)]
pub struct Started<'s> {
    pub outcome: StartOutcome,
    app: App<'s>,
}

/// What became of it.
#[derive(Debug)]
pub struct StartOutcome {
    pub id: String,
    /// Where the project is.
    pub root: PathBuf,
    /// It was paused and goes on.
    pub resumed: bool,
    pub end: StartEnd,
}

#[derive(Debug)]
pub enum StartEnd {
    Rehearsed(DryRun),
    Started {
        state: Box<SessionState>,
        /// Its checks that destroy something.
        dangers: Vec<Danger>,
    },
}

/// Starts a session, or goes on with a paused one.
///
/// # Errors
/// Where it is refused or fails.
pub fn begin<'s>(start: &'s Start, request: &StartRequest) -> Result<Started<'s>, CommandError> {
    let app = App::open_unless(start, |reader| {
        let mut overview = reader.overview(request.plan.as_deref())?;
        reader.look_at_branches(&mut overview);
        if reader.knows_plan(&overview) { able(reader, &overview, request).map(drop) } else { Ok(()) }
    })?;
    let dry_run = request.dry_run;
    // What sessions share is decided under the project's lock: two starts at once cannot both be the first.
    let project_lock = if dry_run { None } else { Some(app.lock_project()?) };
    let mut overview = app.overview(request.plan.as_deref())?;
    app.look_at_branches(&mut overview);
    let id = &request.id;
    let begun = able(&app, &overview, request)?;
    let resumed = overview.status(id) == Status::Paused
        || matches!(begun.and_then(|state| app.condition(state).unsettled()), Some(Input::Start { resumed: true, .. }));
    let session = match overview.live(id).filter(|_| resumed).or(begun) {
        Some(state) => state.session.clone(),
        None => frozen(&app, &overview, id, request.title.as_deref(), &request.checks)?,
    };
    if begun.is_none() {
        warn_empty(&app, &session);
        refuse_waiting(&app, &overview, &session, request.force)?;
    }
    app.approve_typed(&session, &request.checks, dry_run)?;
    let settings = Some(app.project.manifest.digest.clone());
    let (worktree, force) = (app.worktree(), request.force);
    let input = Input::Start { session: Box::new(session), worktree, resumed, force, settings };
    let mut finished = run::event(&app, id, input, &overview, dry_run, LockHolder::of(project_lock.as_ref()))?;
    drop(project_lock);
    if !dry_run {
        app.register_driver();
    }
    let end = if dry_run {
        StartEnd::Rehearsed(DryRun::of(finished))
    } else {
        let state = Box::new(run::state_after(&mut finished, id)?);
        let dangers = app.dangers_at_start(&state.session);
        StartEnd::Started { state, dangers }
    };
    let outcome = StartOutcome { id: id.clone(), root: app.project.root.clone(), resumed, end };
    Ok(Started { outcome, app })
}

impl Started<'_> {
    /// Runs the checks once before any work: one that passes now will prove nothing.
    ///
    /// # Errors
    /// Where the checks cannot run.
    pub fn baseline(&self) -> Result<Option<Baseline>, CommandError> {
        baseline(&self.app, &self.outcome.id)
    }
}

/// Refuses what cannot start, whatever is approved. Else the session whose first run was cut off here, if there is one.
fn able<'o>(
    app: &App<'_>,
    overview: &'o Overview,
    request: &StartRequest,
) -> Result<Option<&'o SessionState>, CommandError> {
    let id = &request.id;
    if request.title.is_none() && request.checks.is_empty() {
        app.refuse_unknown(overview, id)?;
    }
    app.refuse_stuck(overview, Some(id))?;
    app.refuse_stuck(overview, None)?;
    let here = |state: &&SessionState| state.worktree == app.worktree();
    // Its first run may have been killed after the result, when only documents were left to write.
    let begun = overview
        .open
        .get(id)
        .filter(here)
        .filter(|state| matches!(app.condition(state).unsettled(), Some(Input::Start { .. })));
    let begun = begun.filter(|state| state.session.status == Status::Active);
    if begun.is_none() {
        refuse(app, overview, id, request.force)?;
        refuse_done_elsewhere(overview, id, request.again)?;
    }
    Ok(begun)
}

fn refuse(app: &App<'_>, overview: &Overview, id: &str, force: bool) -> Result<(), CommandError> {
    if let Some(active) = overview.active(&app.worktree()).filter(|active| active.session.id != id) {
        let other = &active.session.id;
        return Err(CommandError::new(format!("{id} cannot start: {other} is active here"))
            .because("a working tree has one active session, so that every change belongs to one")
            .hint(format!("session complete, or session pause to come back to {other} later")));
    }
    run::refuse_unfinished_rollback(app, overview, id, "cannot start")?;
    let others = overview.open.values().filter(|state| state.worktree == app.worktree() && state.session.id != id);
    let mut unsettled = others.filter_map(|state| Some((state, app.condition(state).missing_in_documents()?.kind())));
    if let Some((state, kind)) = unsettled.next() {
        return Err(CommandError::new(format!("{id} cannot start: `{kind}` of {} is not finished", state.session.id))
            .because("the documents, the task file among them, do not show it yet")
            .hint("session resume"));
    }
    let paused_elsewhere =
        |state: &&SessionState| state.session.status == Status::Paused && state.worktree != app.worktree();
    if let Some(state) = overview.live(id).filter(paused_elsewhere).filter(|_| !force) {
        return Err(app
            .other_worktree(state)
            .hint(format!("session start {id} --force goes on here, without those changes")));
    }
    match overview.status(id) {
        Status::Active => {
            let state = overview.live(id);
            let worktree = state.map(|state| state.worktree.clone()).unwrap_or_default();
            let error = CommandError::new(format!("{id} is active already, in {worktree}"));
            if let Some(state) = state.filter(|state| app.is_gone(state)) {
                return Err(app.name_gone(error, state));
            }
            Err(error.hint(format!("session show {id}, or session complete {id}")))
        }
        Status::Done => Err(CommandError::new(format!("{id} is done"))
            .hint(format!("session next names what can start; session rollback {id} takes it back"))),
        _ => Ok(()),
    }
}

fn refuse_done_elsewhere(overview: &Overview, id: &str, again: bool) -> Result<(), CommandError> {
    let Some(other) = overview.done_elsewhere(id).filter(|_| !again) else { return Ok(()) };
    let branch = &other.branch;
    let commit = other.commit.as_deref().map_or("no commit", short);
    let at = other.completed.as_ref().map(|at| format!(", {}", at.minute())).unwrap_or_default();
    Err(CommandError::new(format!("{id} is done on branch {branch}, and that is not merged here"))
        .because(format!("its record there names {commit}{at}"))
        .hint(format!("git merge {} brings it here", shell::revision(branch)))
        .hint(format!("session start {id} --again does it once more")))
}

/// Warns where the plan gives no text: an agent would guess.
fn warn_empty(app: &App<'_>, session: &Session) {
    let texts = [&session.context, &session.prompt, &session.expected_output];
    let is_empty = |text: &&Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    if let Some(source) = session.source.as_ref().filter(|_| texts.iter().all(is_empty)) {
        let (id, path, line) = (&session.id, &source.path, source.line);
        app.warn(format!("{id} has no text: nothing in {path}:{line} says what to do"));
    }
}

fn refuse_waiting(app: &App<'_>, overview: &Overview, session: &Session, force: bool) -> Result<(), CommandError> {
    let open: Vec<String> = session
        .dependencies
        .iter()
        .map(|dependency| &dependency.id)
        .filter(|id| overview.status(id) != Status::Done)
        .map(|id| format!("{id} is {}", overview.phrase(id)))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    if force {
        app.warn(format!("started although {}", open.join(", ")));
        return Ok(());
    }
    let error = CommandError::new(format!("{} cannot start: it waits for others", session.id)).because(open.join(", "));
    let branches: BTreeSet<&str> = session
        .dependencies
        .iter()
        .filter_map(|dependency| overview.done_elsewhere(&dependency.id))
        .map(|other| other.branch.as_str())
        .collect();
    let error =
        branches.iter().fold(error, |error, branch| error.hint(format!("git merge {}", shell::revision(branch))));
    Err(error.hint(format!(
        "session next names what can start; session start {} --force starts it nevertheless",
        session.id
    )))
}
