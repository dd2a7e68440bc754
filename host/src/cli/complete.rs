//! `session complete`: verifies, commits, and finishes the session.

use serde_json::json;
use session_sdk::{Status, Task};

use super::app::App;
use super::error::{CommandError, Kind};
use super::verifying::{Asked, Verifying, ask_for};
use super::{history, run};
use crate::session::{Input, Kind as EventKind, Overview, SessionState};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// The commit message, instead of the one in the task file.
    #[arg(short, long)]
    message: Option<String>,
    #[command(flatten)]
    verifying: Verifying,
    /// Commit a file that was dirty before the session and has changed since, or one that is refused because it is large
    /// or looks like a secret; may be given again.
    #[arg(long, value_name = "FILE")]
    include: Vec<String>,
    /// Leave a file out of the work commit, all of a folder, or what a pattern such as `**/*.log` matches; may be given
    /// again.
    #[arg(long, value_name = "FILE")]
    leave: Vec<String>,
    /// Fold the checkpoints that were not pushed into the one commit of the work.
    #[arg(long)]
    squash: bool,
    /// The commit behind which the work begins: commits by hand from before the start then count, too. Needed where the
    /// commit at start is gone from the history.
    #[arg(long, value_name = "COMMIT")]
    base: Option<String>,
    /// Complete it although no check passed and no manual item is confirmed. The record and the commit say so.
    #[arg(long)]
    unverified: bool,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open_for_session(start, args.id.as_deref(), EventKind::Complete)?;
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let overview = overview;
    let before = app.session_for(&overview, args.id.as_deref(), EventKind::Complete)?.clone();
    let state = &before;
    let id = state.session.id.clone();
    refuse_done(&overview, state)?;
    if let Some(other) = overview.unmerged.get(&id) {
        app.ui().warn(format!("{id} is done on branch {}, too: a merge of both keeps one record", other.branch));
    }
    let task = app.task(state)?;
    let mut asked = args.verifying.asked(&app, &overview, state)?;
    if !args.dry_run {
        ask_for(&app, state, task.as_ref(), &mut asked);
    }
    refuse_unconfirmed(&app, state, task.as_ref(), &asked)?;
    let written = task.as_ref().and_then(|task| task.commit_message.clone());
    let message = args.message.or(written).or_else(|| state.session.commit_message.clone());
    let input = Input::Complete {
        message,
        attest: asked.attest,
        task,
        fresh: asked.fresh,
        accepted: asked.accepted,
        include: args.include.iter().map(|path| app.typed(path)).collect(),
        leave: args.leave.iter().map(|path| app.typed(path)).collect(),
        squash: args.squash,
        base: args.base,
        unverified: args.unverified.then(|| super::app::by(&app.project.root)),
    };
    let finished = run::event(&app, &id, input, &overview, args.dry_run)?;
    let ui = app.ui();
    // One of an earlier attempt says nothing of this one.
    let commit = |state: &SessionState| state.session.facts.get("commit").cloned().filter(|commit| !commit.is_empty());
    let new = finished.state.as_ref().and_then(commit).filter(|new| commit(&before).as_ref() != Some(new));
    let committed =
        |overview: &Overview| history::warn(&app, overview, &before, new.is_some() && !args.dry_run, args.dry_run);
    if args.dry_run {
        committed(&overview);
        if ui.json {
            ui.answer(
                "complete",
                json!({"session": id, "dry_run": true, "plan": run::planned_json(&finished.planned)}),
            );
        }
        return Ok(());
    }
    let has_commit = committed(&overview);
    let Some(state) = finished.state else { return Ok(()) };
    let mut overview = overview;
    overview.open.insert(id.clone(), state.clone());
    let ready = overview.ready();
    if ui.json {
        ui.answer(
            "complete",
            json!({
                "session": state.session, "verification": run::checks_json(&state), "ready": ready,
                "committed": has_commit,
            }),
        );
        return Ok(());
    }
    match state.unverified() {
        Some(by) => ui.warn(format!("nothing verified {id}; its record and its commit say so, and name {by}")),
        None if args.unverified => ui.say(format!("{id} is verified, so --unverified changes nothing.")),
        None => {}
    }
    ui.title(format!("{id} is done: {}", state.verified()));
    let paused = overview.open.values().find(|state| state.session.status == Status::Paused);
    let paused = paused.map(|state| state.session.id.as_str());
    match ready.as_slice() {
        [] if overview.is_finished() => ui.say("Every session of the plan is done."),
        [] if paused.is_some() => ui.say(format!("{0} is paused: session start {0}", paused.unwrap_or_default())),
        [] => ui.say("No other session can start now: session next says why"),
        [one] => ui.say(format!("Next: session start {one}")),
        [first, rest @ ..] => ui.say(format!("Next: session start {first} (or {})", rest.join(", "))),
    }
    Ok(())
}

/// The record of a session that is done is never overwritten: this branch has had the work of somebody else, or of another
/// working tree, since the session was started.
fn refuse_done(overview: &Overview, state: &SessionState) -> Result<(), CommandError> {
    let id = &state.session.id;
    let under_way = state.session.status != Status::Active || state.running.is_some() || state.unsettled;
    let record = overview.records.get(id).filter(|record| record.status == Status::Done && !under_way);
    let Some(record) = record.filter(|record| record.attempt >= state.session.attempt) else { return Ok(()) };
    let commit = record.facts.get("commit").and_then(|commit| commit.get(..7)).unwrap_or("no commit");
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
    if !app.project.manifest.project.require_manual || state.running.is_some() || state.unsettled {
        return Ok(());
    }
    let open = super::verifying::unconfirmed(app, state, task, asked);
    if open.is_empty() {
        return Ok(());
    }
    let error =
        CommandError::new(format!("{} cannot complete: no person has confirmed its manual items", state.session.id))
            .kind(Kind::Checks)
            .because("plugins.toml requires them (`require-manual`)");
    let error = open
        .iter()
        .fold(error, |error, text| error.hint(format!("session complete --attest {}", super::ui::quoted(text))));
    Err(error.hint("or tick them in the task file"))
}
