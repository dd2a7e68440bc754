//! `session checkpoint`: keeps what there is so far.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::{history, run};
use crate::session::{Input, Kind as EventKind, ticks};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// What is kept, in a few words.
    #[arg(short, long)]
    message: String,
    /// A task that is done; may be given again. Without `--done` and `--remaining` the ticks in the task file say both.
    #[arg(long, value_name = "TASK")]
    done: Vec<String>,
    /// A task that remains; may be given again.
    #[arg(long, value_name = "TASK")]
    remaining: Vec<String>,
    /// Do not run git's hooks `pre-commit` and `commit-msg`; it is recorded.
    #[arg(long)]
    no_verify: bool,
    /// Keep a file that is refused because it is large or looks like a secret; may be given again.
    #[arg(long, value_name = "FILE")]
    include: Vec<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open_for_session(start, args.id.as_deref(), EventKind::Checkpoint)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, args.id.as_deref(), EventKind::Checkpoint)?;
    let Args { message, mut done, mut remaining, no_verify, dry_run, .. } = args;
    let from_task = done.is_empty() && remaining.is_empty();
    if from_task {
        let task = app.task(state)?.unwrap_or_default();
        (done, remaining) = ticks(&state.session.checks, &state.checks, &task);
    }
    let include = args.include.iter().map(|path| app.typed(path)).collect();
    // Its number is given where the session's lock is held.
    let input = Input::Checkpoint { number: 0, message, done, remaining, no_verify, include, from_task };
    let finished = run::event(&app, &state.session.id, input, &overview, dry_run)?;
    let taken = finished.state.as_ref().and_then(|state| state.session.checkpoints.last());
    let commit = taken.is_some_and(|taken| taken.commit.is_some());
    let committed = history::warn(&app, &overview, state, commit && !dry_run, dry_run);
    if app.ui().json {
        let planned = dry_run.then(|| run::planned_json(&finished.planned));
        app.ui().answer(
            "checkpoint",
            json!({
                "session": state.session.id, "checkpoint": taken, "committed": committed && !dry_run,
                "dry_run": dry_run, "plan": planned,
            }),
        );
    }
    Ok(())
}
