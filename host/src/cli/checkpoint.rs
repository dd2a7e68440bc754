//! `session checkpoint`: keeps what there is so far.

use serde_json::json;
use session_workflow::{CheckpointRequest, CommandError, checkpoint};

use super::{Cx, dry_run};

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

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let Args { id, message, done, remaining, no_verify, include, dry_run } = args;
    let request = CheckpointRequest { id, message, done, remaining, no_verify, include, dry_run };
    let outcome = checkpoint(&cx.start, request)?;
    let ui = &cx.ui;
    if let Some(found) = &outcome.rehearsed {
        dry_run::show(ui, found);
    }
    ui.warn_uncommitted(outcome.uncommitted.as_deref(), dry_run);
    if ui.json {
        let planned = outcome.rehearsed.as_ref().map(|found| dry_run::json(&found.planned));
        ui.answer(
            "checkpoint",
            json!({
                "session": outcome.id, "checkpoint": outcome.checkpoint,
                "committed": outcome.uncommitted.is_none() && !dry_run, "dry_run": dry_run, "plan": planned,
            }),
        );
    }
    Ok(())
}
