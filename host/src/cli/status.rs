//! `session status`: every session and its state.

use serde_json::json;
use session_sdk::{Row, Status};

use super::app::App;
use super::error::CommandError;
use crate::session::Overview;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to show.
    #[arg(long, value_name = "FILE")]
    plan: Option<std::path::PathBuf>,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let overview = app.overview(args.plan.as_deref())?;
    let rows = overview.rows(|id, planned| app.project.repository_of(id, planned));
    let active = overview.active(&app.worktree()).map(|state| state.session.id.as_str());
    let ready = overview.ready();
    let ui = app.ui();
    if ui.json {
        ui.answer(
            "status",
            json!({"active": active, "ready": ready, "sessions": rows, "interrupted": interrupted(&overview)}),
        );
        return Ok(());
    }
    if rows.is_empty() {
        ui.say("There is no plan and no session yet: session init NAME, or session start FIX-01 --title \"…\"");
        return Ok(());
    }
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    for row in &rows {
        let times = match (&row.started, &row.completed) {
            (_, Some(at)) => at.minute(),
            (Some(at), None) => format!("since {}", at.minute()),
            (None, None) => String::new(),
        };
        let commit = row.commit.as_deref().and_then(|commit| commit.get(..7)).unwrap_or_default();
        let line = format!("{:width$}  {}  {}  {times} {commit}", row.id, label(row, &ready), row.title);
        ui.out(line.trim_end());
    }
    let done = rows.iter().filter(|row| row.status == Status::Done).count();
    ui.say(format!("{done} of {} done, {} can start", rows.len(), ready.len()));
    for (id, kind) in interrupted(&overview) {
        ui.warn(format!("`{kind}` of {id} was interrupted: session resume"));
    }
    for state in overview
        .open
        .values()
        .filter(|state| state.unsettled && state.running.is_none() && state.session.started.is_some())
    {
        ui.warn(format!("the documents do not show the last event of {}: session resume", state.session.id));
    }
    Ok(())
}

fn interrupted(overview: &Overview) -> Vec<(String, String)> {
    let running = overview.open.iter().filter_map(|(id, state)| Some((id.clone(), state.running?.name().to_owned())));
    running.collect()
}

/// A word of fixed width.
fn label(row: &Row, ready: &[String]) -> &'static str {
    match row.status {
        Status::Done => "done       ",
        Status::Active if row.failed => "failed     ",
        Status::Active => "active     ",
        Status::Paused => "paused     ",
        _ if ready.contains(&row.id) => "ready      ",
        Status::RolledBack => "rolled back",
        Status::Pending | Status::Unknown => "waiting    ",
    }
}
