//! `session checkpoint`: keeps what there is so far.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::run;
use crate::session::{Input, Kind as EventKind};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// What is kept, in a few words.
    #[arg(short, long)]
    message: String,
    /// A task that is done; may be given again.
    #[arg(long, value_name = "TASK")]
    done: Vec<String>,
    /// A task that remains; may be given again.
    #[arg(long, value_name = "TASK")]
    remaining: Vec<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, args.id.as_deref(), EventKind::Checkpoint)?;
    let Args { message, done, remaining, dry_run, .. } = args;
    // Its number is given where the session's lock is held.
    let input = Input::Checkpoint { number: 0, message, done, remaining };
    let finished = run::event(&app, &state.session.id, input, &overview, dry_run)?;
    if app.ui().json {
        let taken = finished.state.as_ref().and_then(|state| state.session.checkpoints.last());
        let planned = dry_run.then(|| run::planned_json(&finished.planned));
        app.ui().answer(
            "checkpoint",
            json!({"session": state.session.id, "checkpoint": taken, "dry_run": dry_run, "plan": planned}),
        );
    }
    Ok(())
}
