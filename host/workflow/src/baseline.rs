//! The checks of a session run once before any work.

use session_core::session::Input;
use session_engine::dispatch::LockHolder;
use session_types::{Check, CheckKind};

use super::app::App;
use super::error::CommandError;
use super::run;

/// What passes without any work, and so proves nothing of it.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// How many commands of its own the session has.
    pub commands: usize,
    /// Those that passed.
    pub passed: Vec<String>,
}

/// Runs the checks and remembers what passes; none where the session has no command of its own.
pub(crate) fn baseline(app: &App<'_>, id: &str) -> Result<Option<Baseline>, CommandError> {
    let overview = app.overview(None)?;
    let state = app.session(&overview, Some(id))?;
    let own = |check: &&Check| check.kind == CheckKind::Command && !check.project;
    let commands = state.session.checks.iter().filter(own).count();
    if commands == 0 {
        return Ok(None);
    }
    app.say("Before any work:");
    let input = Input::Verify { attest: Vec::new(), task: None, fresh: true, baseline: true, accepted: None };
    let finished = run::event(app, id, input, &overview, false, LockHolder::Event)?;
    let passed = finished.state.map(|state| state.passed_before).unwrap_or_default();
    Ok(Some(Baseline { commands, passed: passed.into_iter().collect() }))
}
