//! `session verify`: runs the checks and keeps their evidence.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::run;
use crate::session::{Input, verified};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    #[command(flatten)]
    pub(super) attest: Attest,
    /// Show what would be run.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Attest {
    /// Confirm a manual item by its text, or all of them with `*`; may be given again.
    #[arg(long, value_name = "ITEM")]
    pub(super) attest: Vec<String>,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let state = app.session(&overview, args.id.as_deref())?;
    let input = Input::Verify { attest: args.attest.attest, task: app.task(state) };
    let finished = run::event(&app, &state.session.id, input, &overview, args.dry_run)?;
    let checks = finished.state.map(|state| state.checks).unwrap_or_default();
    if app.ui().json {
        let planned = args.dry_run.then(|| run::planned_json(&finished.planned));
        app.ui().answer("verify", json!({"session": state.session.id, "dry_run": args.dry_run, "verification": run::checks_json(&checks), "plan": planned}));
    } else if !args.dry_run {
        if checks.is_empty() {
            app.ui().warn(format!("nothing verifies {}: no check was run", state.session.id));
        }
        app.ui().title(format!("{}: {}", state.session.id, verified(&checks)));
    }
    Ok(())
}
