//! `session verify`: runs the checks and keeps their evidence.

use serde_json::json;
use session_core::session::verified;
use session_types::Verdict;
use session_workflow::{CommandError, VerifyEnd, VerifyRequest, checks_json, quoted, verify};

use super::check_options::CheckArgs;
use super::{Cx, dry_run};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    #[command(flatten)]
    check_options: CheckArgs,
    /// Show what would be run.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let dry_run = args.dry_run;
    let outcome = verify(&cx.start, VerifyRequest { id: args.id, check_options: args.check_options.into(), dry_run })?;
    let (ui, id) = (&cx.ui, &outcome.id);
    let state = match outcome.end {
        VerifyEnd::Rehearsed(found) => {
            dry_run::show(ui, &found);
            if ui.json {
                let planned = dry_run::json(&found.planned);
                ui.answer("verify", json!({"session": id, "dry_run": true, "plan": planned}));
            }
            return Ok(());
        }
        VerifyEnd::Verified(state) => state,
    };
    if ui.json {
        ui.answer("verify", json!({"session": id, "dry_run": false, "verification": checks_json(&state)}));
        return Ok(());
    }
    let checks = &state.checks;
    if checks.is_empty() {
        ui.warn(format!("nothing verifies {id}: no check was run"));
    }
    ui.title(format!("{id}: {}", verified(checks)));
    if let Some(open) = checks.iter().find(|check| check.verdict == Verdict::Unconfirmed) {
        let item = quoted(&open.evidence.check);
        ui.say(format!("To confirm: tick it in the task file, or session verify --attest {item}"));
    }
    Ok(())
}
