//! `session plan add ID TITLE`: one session more in the plan.

use std::path::PathBuf;

use serde_json::json;
use session_workflow::{CommandError, PlanAddRequest, add_to_plan};
use similar::TextDiff;

use super::Cx;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the new session, such as BE-12.
    id: String,
    /// Its title.
    title: String,
    /// Command that proves it done; may be given again.
    #[arg(long = "check", value_name = "COMMAND")]
    checks: Vec<String>,
    /// Session that it depends on; may be given again. It is written behind the last of these, else at the end.
    #[arg(long, value_name = "ID")]
    after: Vec<String>,
    /// What is to be done; the title where it is left out.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: &Args, plan: Option<PathBuf>) -> Result<(), CommandError> {
    let Args { id, title, checks, after, prompt, dry_run } = args.clone();
    let request = PlanAddRequest { plan, id, title, checks, after, prompt, dry_run };
    let added = add_to_plan(&cx.start, &request)?;
    let (ui, id, path, line) = (&cx.ui, &request.id, &added.path, added.line);
    if ui.json {
        ui.answer("plan add", json!({"id": id, "path": path, "line": line, "dry_run": dry_run}));
        return Ok(());
    }
    if dry_run {
        let diff = TextDiff::from_lines(&added.before, &added.after);
        ui.out_lines(diff.unified_diff().header(path, path).to_string());
        return Ok(());
    }
    ui.out(format!("{path}:{line}"));
    if request.checks.is_empty() {
        ui.warn(format!("nothing verifies {id} yet: --check CMD, or write a Verification Checklist"));
    }
    ui.say(match request.prompt {
        None => format!("{id} is in the plan; write its prompt there."),
        Some(_) => format!("{id} is in the plan."),
    });
    Ok(())
}
