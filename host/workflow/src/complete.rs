//! Completing a session: it is verified, committed and finished, all of it or nothing.

use session_core::session::{EventKind, Input, Overview, SessionState};
use session_engine::dispatch::LockHolder;
use session_types::hash::short;
use session_types::{Status, Task};

use super::app::{App, Start};
use super::check_options::{Asked, CheckOptions, ask_for, unconfirmed};
use super::error::{CommandError, ErrorKind};
use super::history;
use super::run::{self, DryRun};
use super::words::quoted;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct CompleteRequest {
    /// ID of the session; none for the one that is active here.
    pub id: Option<String>,
    /// The commit message; none for that of the task file, else of the plan.
    pub message: Option<String>,
    pub check_options: CheckOptions,
    /// Files to commit that would be left out or refused: dirty before the start, large, or like a secret.
    pub include: Vec<String>,
    /// Files, folders or patterns that the work commit leaves out.
    pub leave: Vec<String>,
    /// Whether checkpoints that were not pushed are folded into the commit.
    pub squash: bool,
    /// The commit behind which the work begins.
    pub base: Option<String>,
    /// Whether it may be done although nothing verified it.
    pub unverified: bool,
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct CompleteOutcome {
    pub id: String,
    /// Why nothing is committed, or would be; none where something is.
    pub uncommitted: Option<String>,
    pub end: CompleteEnd,
}

#[derive(Debug)]
pub enum CompleteEnd {
    Rehearsed(DryRun),
    Done(Box<Completed>),
}

#[derive(Debug)]
pub struct Completed {
    pub state: SessionState,
    /// Sessions that can start now, in the order of the plan.
    pub ready: Vec<String>,
    /// A session that is paused.
    pub paused: Option<String>,
    /// Every session of the plan is done.
    pub plan_is_finished: bool,
}

/// Completes the session.
///
/// # Errors
/// Where it is refused or fails, the session is still active. Where only its documents cannot be written, it is done.
pub fn complete(start: &Start, request: CompleteRequest) -> Result<CompleteOutcome, CommandError> {
    let app = App::open_for_session(start, request.id.as_deref(), EventKind::Complete)?;
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let before = app.session_for(&overview, request.id.as_deref(), EventKind::Complete)?.clone();
    let id = before.session.id.clone();
    let dry_run = request.dry_run;
    let input = input(&app, &overview, &before, request)?;
    let mut finished = run::event(&app, &id, input, &overview, dry_run, LockHolder::Event)?;
    // One of an earlier attempt says nothing of this one.
    let commit = |state: &SessionState| state.session.facts.get("commit").cloned().filter(|commit| !commit.is_empty());
    let new = finished.state.as_ref().and_then(commit).filter(|new| commit(&before).as_ref() != Some(new));
    let uncommitted = history::uncommitted(&app, &overview, &before, new.is_some() && !dry_run);
    let end = if dry_run {
        CompleteEnd::Rehearsed(DryRun::of(finished))
    } else {
        let state = run::state_after(&mut finished, &id)?;
        overview.open.insert(id.clone(), state.clone());
        let paused = overview.open.values().find(|state| state.session.status == Status::Paused);
        CompleteEnd::Done(Box::new(Completed {
            state,
            ready: overview.ready(),
            paused: paused.map(|state| state.session.id.clone()),
            plan_is_finished: overview.is_finished(),
        }))
    };
    Ok(CompleteOutcome { id, uncommitted, end })
}

/// The event, once nothing stands in its way that can be known before.
fn input(
    app: &App<'_>,
    overview: &Overview,
    state: &SessionState,
    request: CompleteRequest,
) -> Result<Input, CommandError> {
    let id = &state.session.id;
    refuse_done(app, overview, state)?;
    if let Some(other) = overview.unmerged.get(id) {
        app.warn(format!("{id} is done on branch {}, too: a merge of both keeps one record", other.branch));
    }
    let task = app.task(state)?;
    let mut asked = request.check_options.asked(app, overview, state)?;
    if !request.dry_run {
        ask_for(app, state, task.as_ref(), &mut asked);
    }
    refuse_unconfirmed(app, state, task.as_ref(), &asked)?;
    let written = task.as_ref().and_then(|task| task.commit_message.clone());
    let message = request.message.or(written).or_else(|| state.session.commit_message.clone());
    Ok(Input::Complete {
        message,
        attest: asked.attest,
        task,
        fresh: asked.fresh,
        accepted: asked.accepted,
        include: request.include.iter().map(|path| app.typed(path)).collect(),
        leave: request.leave.iter().map(|path| app.typed(path)).collect(),
        squash: request.squash,
        base: request.base,
        unverified: request.unverified.then(|| app.by()),
    })
}

/// The record of a session that is done is never overwritten: this branch has had the work of somebody else, or of another
/// working tree, since the session was started.
fn refuse_done(app: &App<'_>, overview: &Overview, state: &SessionState) -> Result<(), CommandError> {
    let id = &state.session.id;
    let under_way = state.session.status != Status::Active || app.condition(state).is_under_way();
    let record = overview.records.get(id).filter(|record| record.status == Status::Done && !under_way);
    let Some(record) = record.filter(|record| record.attempt >= state.session.attempt) else { return Ok(()) };
    let commit = record.facts.get("commit").map_or("no commit", |commit| short(commit));
    let at = record.completed.as_ref().map(|at| format!(", {}", at.minute())).unwrap_or_default();
    Err(CommandError::new(format!("{id} is done already on this branch"))
        .because(format!("its record names {commit}{at}, and would be overwritten"))
        .hint(format!("session rollback {id} takes this attempt back; the one that is done stays")))
}

/// Where manual items must be confirmed, nothing is run before they are.
fn refuse_unconfirmed(
    app: &App<'_>,
    state: &SessionState,
    task: Option<&Task>,
    asked: &Asked,
) -> Result<(), CommandError> {
    if !app.project.manifest.project.require_manual || app.condition(state).is_under_way() {
        return Ok(());
    }
    let open = unconfirmed(app, state, task, asked);
    if open.is_empty() {
        return Ok(());
    }
    let error =
        CommandError::new(format!("{} cannot complete: no person has confirmed its manual items", state.session.id))
            .kind(ErrorKind::Checks)
            .because("plugins.toml requires them (`require-manual`)");
    let error =
        open.iter().fold(error, |error, text| error.hint(format!("session complete --attest {}", quoted(text))));
    Err(error.hint("or tick them in the task file"))
}
