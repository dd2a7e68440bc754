//! `session verify`: runs the checks and keeps their evidence.

use serde_json::json;
use session_sdk::Verdict;

use super::app::App;
use super::error::CommandError;
use super::run;
use super::verifying::Verifying;
use crate::session::{Input, Kind as EventKind, verified};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    #[command(flatten)]
    verifying: Verifying,
    /// Show what would be run.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open_for_session(start, args.id.as_deref(), EventKind::Verify)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, args.id.as_deref(), EventKind::Verify)?;
    let task = app.task(state)?;
    let asked = args.verifying.asked(&app, &overview, state)?;
    let input =
        Input::Verify { attest: asked.attest, task, fresh: asked.fresh, baseline: false, accepted: asked.accepted };
    let finished = run::event(&app, &state.session.id, input, &overview, args.dry_run)?;
    let Some(after) = finished.state.filter(|_| !args.dry_run) else {
        if app.ui().json {
            let planned = run::planned_json(&finished.planned);
            app.ui().answer("verify", json!({"session": state.session.id, "dry_run": true, "plan": planned}));
        }
        return Ok(());
    };
    let checks = &after.checks;
    if app.ui().json {
        app.ui().answer(
            "verify",
            json!({"session": state.session.id, "dry_run": false, "verification": run::checks_json(&after)}),
        );
        return Ok(());
    }
    if checks.is_empty() {
        app.ui().warn(format!("nothing verifies {}: no check was run", state.session.id));
    }
    app.ui().title(format!("{}: {}", state.session.id, verified(checks)));
    if let Some(open) = checks.iter().find(|check| check.verdict == Verdict::Unconfirmed) {
        let item = super::ui::quoted(&open.evidence.check);
        app.ui().say(format!("To confirm: tick it in the task file, or session verify --attest {item}"));
    }
    Ok(())
}
