//! `session start --baseline`: the checks are run once before any work.

use session_sdk::{Check, CheckKind};

use super::app::App;
use super::error::CommandError;
use super::run;
use super::ui::count;
use crate::session::Input;

/// Runs the checks and remembers what passes: it would pass without the session's work, too.
pub(super) fn run(app: &App<'_>, id: &str) -> Result<(), CommandError> {
    let overview = app.overview(None)?;
    let state = app.session(&overview, Some(id))?;
    let own = |check: &&Check| check.kind == CheckKind::Command && !check.project;
    let commands = state.session.checks.iter().filter(own).count();
    if commands == 0 {
        return Ok(());
    }
    app.ui().say("Before any work:");
    let input = Input::Verify { attest: Vec::new(), task: None, fresh: true, baseline: true, accepted: None };
    let finished = run::event(app, id, input, &overview, false)?;
    let passed = finished.state.map(|state| state.passed_before).unwrap_or_default();
    match passed.len() {
        0 => {
            app.ui().say(format!("None of its own passes yet, as it should be: {} to go.", count(commands, "command")));
        }
        n => app.ui().warn(format!(
            "{n} of {} pass before any work, and will prove nothing of it: {}",
            count(commands, "command"),
            passed.iter().map(|text| format!("`{}`", super::ui::first_line(text))).collect::<Vec<_>>().join(", ")
        )),
    }
    Ok(())
}
