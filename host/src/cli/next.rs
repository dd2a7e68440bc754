//! `session next`: what can start now, and why the others cannot.

use std::path::PathBuf;

use serde_json::json;
use session_core::quote::bare;
use session_types::Status;
use session_workflow::{CommandError, NextOutcome, active_here, next};

use super::Cx;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to look at.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Name every session that waits, not only the first.
    #[arg(long)]
    all: bool,
}

/// Sessions that wait and are named unless all are asked for.
const WAITING: usize = 20;
/// Pairs and names that a line shows.
const SHOWN: usize = 10;

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let ui = &cx.ui;
    ui.log_to(None);
    let outcome = next(&cx.start, args.plan.as_deref())?;
    let NextOutcome { overview, worktree: here, half, torn, ready, waiting, apart, together } = &outcome;
    let active = overview.active(here);
    if ui.json {
        let waiting: Vec<_> = waiting.iter().map(|(id, open)| json!({"id": id, "waits_for": open})).collect();
        let overlaps: Vec<_> = apart.iter().map(|(a, b, files)| json!({"sessions": [a, b], "files": files})).collect();
        let active = active.map(|state| &state.session.id);
        ui.answer(
            "next",
            json!({
                "ready": ready, "waiting": waiting, "active": active, "parallel": together, "overlaps": overlaps,
            }),
        );
        return Ok(());
    }
    half.iter().for_each(|id| ui.warn(format!("{id} is half rolled back, and nothing starts before: session resume")));
    if let Some(id) = torn {
        ui.warn(format!("`rollback` of {id} was cut off, and nothing starts before: session resume"));
    }
    if let Some(state) = active {
        ui.say(active_here(state));
    }
    for id in ready {
        ui.out(format!("{}  {}", bare(id), bare(&overview.title(id))));
    }
    let paused = overview.open.values().filter(|state| state.session.status == Status::Paused);
    paused.for_each(|state| ui.say(format!("{0} is paused: session start {0}", state.session.id)));
    for (id, other) in overview.unmerged.iter().filter(|(id, _)| overview.done_elsewhere(id).is_some()) {
        ui.say(format!("{id} is {}: git merge {}", overview.phrase(id), session_types::shell::revision(&other.branch)));
    }
    match ready.first() {
        Some(_) if active.is_some() => ui.say("One of these can start after that."),
        Some(first) => ui.say(format!("Start one with session start {first}")),
        None if overview.is_finished() => ui.say("Every session of the plan is done."),
        None => ui.say("No other session can start now."),
    }
    if together.len() > 1 {
        ui.say(format!("These may run in parallel, each in a working tree of its own: {}", some_of(together)));
    }
    for (a, b, files) in apart.iter().take(SHOWN) {
        ui.say(format!("Not {a} and {b} together: both may change {files}"));
    }
    let shown = if args.all { waiting.len() } else { WAITING };
    for (id, open) in waiting.iter().take(shown) {
        let open: Vec<String> = open.iter().map(|id| format!("{id} ({})", overview.phrase(id))).collect();
        ui.say(format!("{id} waits for {}", open.join(", ")));
    }
    if waiting.len() > shown {
        ui.say(format!("and {} more wait: session next --all", waiting.len() - shown));
    }
    Ok(())
}

fn some_of(ids: &[String]) -> String {
    match ids.len() {
        0..=SHOWN => ids.join(", "),
        more => format!("{} and {} more", ids[..SHOWN].join(", "), more - SHOWN),
    }
}
