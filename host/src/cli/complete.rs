//! `session complete`: verifies, commits, and finishes the session.

use serde_json::json;
use session_workflow::{CommandError, CompleteEnd, CompleteOutcome, CompleteRequest, Completed, checks_json, complete};

use super::Cx;
use super::check_options::CheckArgs;
use super::dry_run;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// The commit message, instead of the one in the task file.
    #[arg(short, long)]
    message: Option<String>,
    #[command(flatten)]
    check_options: CheckArgs,
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

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let dry_run = args.dry_run;
    let request = CompleteRequest {
        id: args.id,
        message: args.message,
        check_options: args.check_options.into(),
        include: args.include,
        leave: args.leave,
        squash: args.squash,
        base: args.base,
        unverified: args.unverified,
        dry_run,
    };
    let outcome = complete(&cx.start, request)?;
    let ui = &cx.ui;
    if let CompleteEnd::Rehearsed(found) = &outcome.end {
        dry_run::show(ui, found);
    }
    ui.warn_uncommitted(outcome.uncommitted.as_deref(), dry_run);
    match &outcome.end {
        CompleteEnd::Rehearsed(found) if ui.json => ui
            .answer("complete", json!({"session": outcome.id, "dry_run": true, "plan": dry_run::json(&found.planned)})),
        CompleteEnd::Rehearsed(_) => {}
        CompleteEnd::Done(done) => report(cx, &outcome, done, args.unverified),
    }
    Ok(())
}

fn report(cx: &Cx, outcome: &CompleteOutcome, done: &Completed, unverified: bool) {
    let (ui, id) = (&cx.ui, &outcome.id);
    if ui.json {
        ui.answer(
            "complete",
            json!({
                "session": done.state.session, "verification": checks_json(&done.state), "ready": done.ready,
                "committed": outcome.uncommitted.is_none(),
            }),
        );
        return;
    }
    match done.state.unverified() {
        Some(by) => ui.warn(format!("nothing verified {id}; its record and its commit say so, and name {by}")),
        None if unverified => ui.say(format!("{id} is verified, so --unverified changes nothing.")),
        None => {}
    }
    ui.title(format!("{id} is done: {}", done.state.verified()));
    match (done.ready.as_slice(), &done.paused) {
        ([], _) if done.plan_is_finished => ui.say("Every session of the plan is done."),
        ([], Some(paused)) => ui.say(format!("{paused} is paused: session start {paused}")),
        ([], None) => ui.say("No other session can start now: session next says why"),
        ([one], _) => ui.say(format!("Next: session start {one}")),
        ([first, rest @ ..], _) => ui.say(format!("Next: session start {first} (or {})", rest.join(", "))),
    }
}
