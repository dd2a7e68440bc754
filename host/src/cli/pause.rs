//! `session pause`: sets the active session aside. Its changes stay in the working tree.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::run;
use crate::session::{Input, Kind as EventKind};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    let app = App::open_for_session(start, args.id.as_deref(), EventKind::Pause)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, args.id.as_deref(), EventKind::Pause)?;
    let id = state.session.id.clone();
    let finished = run::event(&app, &id, Input::Pause { task: app.task(state)? }, &overview, args.dry_run)?;
    if app.ui().json {
        let planned = args.dry_run.then(|| run::planned_json(&finished.planned));
        app.ui().answer("pause", json!({"session": id, "dry_run": args.dry_run, "plan": planned}));
    } else if !args.dry_run {
        app.ui().title(format!("{id} is paused"));
        app.ui().say(format!("Uncommitted changes stay where they are; go on with session start {id}"));
    }
    Ok(())
}
