//! `session pause`: sets the active session aside. Its changes stay in the working tree.

use serde_json::json;
use session_workflow::{CommandError, pause};

use super::{Cx, dry_run};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let outcome = pause(&cx.start, args.id.as_deref(), args.dry_run)?;
    let (ui, id) = (&cx.ui, &outcome.id);
    if let Some(found) = &outcome.rehearsed {
        dry_run::show(ui, found);
    }
    if ui.json {
        let planned = outcome.rehearsed.as_ref().map(|found| dry_run::json(&found.planned));
        ui.answer("pause", json!({"session": id, "dry_run": args.dry_run, "plan": planned}));
    } else if !args.dry_run {
        ui.title(format!("{id} is paused"));
        ui.say(format!("Uncommitted changes stay where they are; go on with session start {id}"));
    }
    Ok(())
}
