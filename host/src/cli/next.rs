//! `session next`: what can start now, and why the others cannot.

use std::path::PathBuf;

use serde_json::json;
use session_sdk::Status;

use super::app::App;
use super::error::CommandError;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to look at.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let (overview, plan) = app.overview_with_plan(args.plan.as_deref())?;
    let ready = overview.ready();
    let status = |id: &str| overview.status(id);
    let waiting: Vec<(&str, Vec<&str>)> = plan
        .document
        .sessions
        .iter()
        .filter(|session| matches!(status(&session.id), Status::Pending | Status::RolledBack))
        .map(|session| (session.id.as_str(), plan.open(session, status)))
        .filter(|(_, open)| !open.is_empty())
        .collect();
    let active = overview.active(&app.worktree());
    let ui = app.ui();
    if ui.json {
        let waiting: Vec<_> = waiting.iter().map(|(id, open)| json!({"id": id, "waits_for": open})).collect();
        ui.answer("next", json!({"ready": ready, "waiting": waiting, "active": active.map(|state| &state.session.id)}));
        return Ok(());
    }
    if let Some(state) = active {
        ui.say(format!("{} is active here: session complete, or session pause", state.session.id));
    }
    for id in &ready {
        ui.out(format!("{id}  {}", overview.title(id)));
    }
    let paused = overview.open.values().filter(|state| state.session.status == Status::Paused);
    paused.for_each(|state| ui.say(format!("{0} is paused: session start {0}", state.session.id)));
    match ready.first() {
        Some(_) if active.is_some() => ui.say("One of these can start after that."),
        Some(first) => ui.say(format!("Start one with session start {first}")),
        None if overview.is_finished() => ui.say("Every session of the plan is done."),
        None => ui.say("No other session can start now."),
    }
    for (id, open) in waiting {
        let open: Vec<String> = open.iter().map(|id| format!("{id} ({})", overview.word(id))).collect();
        ui.say(format!("{id} waits for {}", open.join(", ")));
    }
    Ok(())
}
