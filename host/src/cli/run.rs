//! What all commands that run an event do around it: locks, journal, rehearsal, what is shown at the end.

use serde_json::{Value, json};
use session_sdk::Status;
use similar::TextDiff;

use super::app::App;
use super::error::{CommandError, Kind};
use crate::dispatch::{Finished, Planned, Recorder, Request};
use crate::effects::{Planned as Effect, kill_children};
use crate::session::{CheckResult, Input, Kind as EventKind, Overview, SessionState, verified};

/// Runs an event and shows what a dry run would do. The caller says what a finished event means.
pub(super) fn event(
    app: &App<'_>,
    id: &str,
    mut input: Input,
    overview: &Overview,
    dry_run: bool,
) -> Result<Finished, CommandError> {
    let kind = input.kind();
    let _session = if dry_run { None } else { Some(app.lock(id)?) };
    let logs = if dry_run { app.project.home.logs() } else { app.begin_logs() };
    on_interrupt();
    let journal = app.project.home.journal(id);
    if kind != EventKind::Start && !journal.is_file() {
        return Err(CommandError::new(format!("{id} is not under way any more"))
            .because("another command finished it while this one waited")
            .hint(format!("session show {id}")));
    }
    let recorder = if dry_run {
        Recorder::rehearse(overview.open.get(id).cloned(), app.stamp())
    } else {
        Recorder::open(&journal, app.stamp())?
    };
    if let (Input::Checkpoint { number, .. }, Some(state)) = (&mut input, recorder.state()) {
        // Counted under the lock: another command may have made one since the session was looked up.
        *number = u32::try_from(state.session.checkpoints.len()).unwrap_or(u32::MAX).saturating_add(1);
    }
    if let Some(running) = recorder.state().as_ref().and_then(|state| state.running) {
        let since = recorder.state().as_ref().map(|state| state.since.minute()).unwrap_or_default();
        app.ui().warn(format!("`{running}` of {id} was interrupted ({since}); this is a new attempt"));
    }
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs.clone());
    if dry_run || kind == EventKind::Start {
        // `start` holds it from its first look at the other sessions on.
        dispatcher.shared_lock = None;
    }
    let request = Request { id: id.to_owned(), input, overview };
    let finished = dispatcher.run(recorder, &request, dry_run)?;
    if dry_run {
        if let Some((error, _)) = finished.failed {
            return Err(CommandError::from(error).while_(format!("{id} cannot {kind}")));
        }
        show_planned(app, &finished.planned);
        return Ok(finished);
    }
    if let Some((error, checks)) = &finished.failed {
        let error = CommandError::from(error.clone());
        let mut error = if *checks { error.kind(Kind::Checks) } else { error };
        error = error.while_(match (finished.refused, checks) {
            (true, _) => format!("{id} cannot {kind}; nothing was changed"),
            (false, true) if kind == EventKind::Verify => format!("{id} is not verified"),
            (false, true) => format!("{id} is not verified, and its work is not committed"),
            (false, false) => format!("{kind} of {id} failed"),
        });
        if *checks {
            error = error.hint(format!("correct it, then session {kind}; full output in {}", logs.display()));
            let checks = finished.state.as_ref().map(|state| checks_json(&state.checks));
            error = error.with("verification", checks.unwrap_or_default());
        }
        if let Some(unsettled) = &finished.unsettled {
            app.ui().warn(format!("the documents do not show it: {unsettled}"));
        }
        return Err(error);
    }
    if let Some(error) = &finished.unsettled {
        return Err(CommandError::from(error.clone())
            .while_(format!("{kind} of {id} is done, but the documents do not show it yet"))
            .hint("session resume"));
    }
    close(app, id, finished.state.as_ref())?;
    Ok(finished)
}

/// The journal of a session that is done goes apart, so that reading commands need not look at it.
pub(super) fn close(app: &App<'_>, id: &str, state: Option<&SessionState>) -> Result<(), CommandError> {
    if state.is_none_or(|state| state.session.status != Status::Done) {
        return Ok(());
    }
    let home = &app.project.home;
    let moved = || -> std::io::Result<()> {
        // The first that is free: what happened before is never overwritten.
        let Some(to) = (1..).map(|attempt| home.closed(id, attempt)).find(|path| !path.exists()) else { return Ok(()) };
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::rename(home.journal(id), to)
    };
    moved().map_err(|e| CommandError::from(e).while_(format!("the journal of {id} cannot be put away")))
}

/// Ctrl-C and its like end the children too: they are in process groups of their own. The event stays interrupted.
pub(super) fn on_interrupt() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let set = ctrlc::set_handler(|| {
            kill_children();
            std::process::exit(130);
        });
        if let Err(e) = set {
            tracing::warn!(error = %e, "Ctrl-C will not end running programs");
        }
    });
}

pub(super) fn show_planned(app: &App<'_>, planned: &Planned) {
    let ui = app.ui();
    if ui.json {
        return;
    }
    ui.say("This is a dry run: nothing was changed. It would");
    for effect in &planned.effects {
        match effect {
            Effect::Command { plugin, argv } => ui.out(format!("run ({plugin}): {}", argv.join(" "))),
            Effect::Commit { plugin, request } => {
                let subject = request.message.lines().next().unwrap_or_default();
                ui.out(format!("commit ({plugin}): {subject}"));
                request.paths.iter().for_each(|path| ui.out(format!("    {path}")));
            }
        }
    }
    for file in &planned.files {
        let (path, before, after) = (&file.path, &file.before, &file.after);
        let text = |content: &Option<Vec<u8>>| {
            content.as_ref().map(|c| String::from_utf8_lossy(c).into_owned()).unwrap_or_default()
        };
        let (before, after) = (text(before), text(after));
        ui.out(format!("write: {path}"));
        let diff = TextDiff::from_lines(&before, &after);
        ui.out(diff.unified_diff().header(path, path).to_string());
    }
}

/// What a dry run would do, for `--json`.
pub(super) fn planned_json(planned: &Planned) -> Value {
    let effects: Vec<Value> = planned
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Command { plugin, argv } => json!({"plugin": plugin, "run": argv}),
            Effect::Commit { plugin, request } => json!({"plugin": plugin, "commit": request}),
        })
        .collect();
    let files: Vec<&String> = planned.files.iter().map(|file| &file.path).collect();
    json!({"effects": effects, "writes": files})
}

/// Evidence of a verification, for `--json`.
pub(super) fn checks_json(checks: &[CheckResult]) -> Value {
    json!({"summary": verified(checks), "checks": checks})
}
