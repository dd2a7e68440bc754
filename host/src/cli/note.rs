//! `session note TEXT`: a line in the notes of the task file. `complete` copies them to the record and to the documents.

use serde_json::json;
use session_sdk::Task;

use super::app::App;
use super::error::CommandError;
use super::run;
use crate::session::{Input, Kind as EventKind, SessionState};

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

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    let app = App::open_for_session(start, args.session.as_deref(), EventKind::Note)?;
    let overview = app.overview(None)?;
    let state = app.session(&overview, args.session.as_deref())?;
    let text = args.text.join(" ");
    if text.trim().is_empty() {
        return Err(CommandError::usage("there is nothing to note").hint("session note \"Decision: …\""));
    }
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(bullet).collect();
    add(&app, &overview, state, &lines, args.dry_run)?;
    if app.ui().json {
        app.ui().answer("note", json!({"session": state.session.id, "notes": lines, "dry_run": args.dry_run}));
    } else if !args.dry_run {
        app.ui().say(format!("Noted for {}.", state.session.id));
    }
    Ok(())
}

fn bullet(line: &str) -> String {
    if line.starts_with("- ") { line.to_owned() } else { format!("- {line}") }
}

/// Adds lines to the notes of a session that is under way, below what people wrote there: what that is, is looked at
/// where the session's lock is held.
pub(super) fn add(
    app: &App<'_>,
    overview: &crate::session::Overview,
    state: &SessionState,
    lines: &[String],
    dry_run: bool,
) -> Result<(), CommandError> {
    let input = Input::Note { task: Task { notes: Some(lines.join("\n")), ..Task::default() } };
    run::event(app, &state.session.id, input, overview, dry_run).map(drop)
}
