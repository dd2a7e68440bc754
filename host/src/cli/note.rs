//! `session note TEXT`: a line in the notes of the task file.

use serde_json::json;
use session_workflow::{CommandError, note};

use super::{Cx, dry_run};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to note, such as "Decision: thresholds stand in config.toml".
    #[arg(required = true)]
    text: Vec<String>,
    /// ID of the session; the active one where it is left out.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let outcome = note(&cx.start, args.session.as_deref(), &args.text.join(" "), args.dry_run)?;
    let ui = &cx.ui;
    if let Some(found) = &outcome.rehearsed {
        dry_run::show(ui, found);
    }
    if ui.json {
        ui.answer("note", json!({"session": outcome.id, "notes": outcome.lines, "dry_run": args.dry_run}));
    } else if !args.dry_run {
        ui.say(format!("Noted for {}.", outcome.id));
    }
    Ok(())
}
