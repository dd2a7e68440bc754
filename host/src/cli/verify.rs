//! `session verify`: runs the checks and keeps their evidence.

use serde_json::json;
use session_sdk::{CheckKind, Verdict};

use super::app::App;
use super::error::CommandError;
use super::run;
use crate::session::{Input, Kind as EventKind, SessionState, verified};

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

impl Attest {
    /// The items, and those that an earlier verification of this attempt had confirmed.
    pub(super) fn known(self, state: &SessionState) -> Result<Vec<String>, CommandError> {
        let manual = || state.session.checks.iter().filter(|check| check.kind == CheckKind::Manual);
        if let Some(wrong) = self.attest.iter().find(|text| *text != "*" && !manual().any(|check| check.text == **text))
        {
            let error = CommandError::usage(format!("no manual item reads `{wrong}`"));
            return Err(
                manual().fold(error, |error, check| error.hint(format!("--attest {}", super::ui::quoted(&check.text))))
            );
        }
        let before = state.checks.iter().filter(|check| check.verdict == Verdict::Attested);
        Ok(self.attest.into_iter().chain(before.map(|check| check.evidence.check.clone())).collect())
    }
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let state = app.session_for(&overview, args.id.as_deref(), EventKind::Verify)?;
    let input = Input::Verify { attest: args.attest.known(state)?, task: app.task(state)? };
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
        if let Some(open) = checks.iter().find(|check| check.verdict == Verdict::Unconfirmed) {
            let item = super::ui::quoted(&open.evidence.check);
            app.ui().say(format!("To confirm: tick it in the task file, or session verify --attest {item}"));
        }
    }
    Ok(())
}
