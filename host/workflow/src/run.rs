//! What all use cases that run an event do around it: locks, journal, rehearsal, and what its end means.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use session_core::journal::CutOff;
use session_core::session::{EventKind, Input, Overview, SessionState, secret_notes};
use session_engine::dispatch::{Agree, Dispatcher, Finished, LockHolder, Planned, Recorder, Request};
use session_system::{kill_children, kill_command, make_own, move_own, remove_own, running_for, still_runs};
use session_types::hash::short;
use session_types::replay::Doubt;
use session_types::{Status, Verdict};

use super::app::App;
use super::approve;
use super::claim;
use super::error::{CommandError, ErrorKind};
use super::words::{count, first_line};

/// Runs an event, or rehearses it. The caller says what a finished event means.
pub(crate) fn event(
    app: &App<'_>,
    id: &str,
    input: Input,
    overview: &Overview,
    dry_run: bool,
    lock: LockHolder<'_>,
) -> Result<Finished, CommandError> {
    let nobody = |_: &[_]| Err(session_types::Error::new("nobody was asked to agree: a bug of session"));
    agreed(app, id, input, overview, dry_run, lock, &nobody)
}

/// The same where a person may have to agree between the rehearsal and the run.
pub(crate) fn agreed(
    app: &App<'_>,
    id: &str,
    mut input: Input,
    overview: &Overview,
    dry_run: bool,
    lock: LockHolder<'_>,
    agree: Agree<'_>,
) -> Result<Finished, CommandError> {
    let kind = input.kind();
    if kind == EventKind::Start {
        // Before anything of it is there.
        approve::commands(app, overview, &input, None)?;
    }
    if !dry_run {
        approve::keep_required(app)?;
    }
    let _session = if dry_run { None } else { Some(app.lock(id)?) };
    let logs = if dry_run { app.project.home.logs() } else { app.begin_logs() };
    may_be_stopped(app);
    let journal = app.project.home.journal(id);
    let from_record = matches!(&input, Input::Rollback { session: Some(_), .. });
    if kind != EventKind::Start && !from_record && !journal.is_file() {
        return Err(CommandError::new(format!("{id} is not under way any more"))
            .because("another command finished it while this one waited")
            .hint(format!("session show {id}")));
    }
    let mut recorder = if dry_run {
        Recorder::rehearse(overview.open.get(id).cloned(), app.stamp())
    } else {
        Recorder::open(&journal, app.stamp())?
    };
    warn_unfinished(app, overview, id, dry_run);
    if let Some(state) = recorder.state() {
        refuse_half(state, kind)?;
        look_again(app, state, overview.open.get(id), &mut input)?;
        // Those of the journal that will be gone on with, which is read under its lock.
        approve::commands(app, overview, &input, Some(state))?;
    }
    // Under a lock of the working tree, until the journal says what became of it.
    let claimed = claim::take(app, overview, &input, recorder.state().as_ref(), dry_run)?;
    let confirms = matches!(kind, EventKind::Verify | EventKind::Complete);
    let by = if confirms { app.by() } else { app.user().to_owned() };
    let dispatcher = app.dispatcher_by(by, overview.plan.as_deref(), logs.clone());
    let mut request = Request { id: id.to_owned(), input, overview, lock };
    if !dry_run {
        recorder = match unfinished(app, &dispatcher, recorder, &request)? {
            Unfinished::Finished(finished) => {
                let finished = outcome(app, id, kind, *finished, &logs)?;
                if kind != EventKind::Checkpoint {
                    return Ok(finished);
                }
                // The words may be the same and the work another: what has changed since is kept, too.
                Recorder::open(&journal, app.stamp())?
            }
            Unfinished::Nothing(recorder) => *recorder,
        };
    }
    if let (Input::Checkpoint { number, .. }, Some(state)) = (&mut request.input, recorder.state()) {
        // Counted under the lock: another command may have made one since the session was looked up.
        *number = u32::try_from(state.session.checkpoints.len()).unwrap_or(u32::MAX).saturating_add(1);
    }
    let unknown = recorder.state().is_none();
    let finished = dispatcher.run(recorder, &request, dry_run, agree)?;
    if unknown && finished.refused && !dry_run && std::fs::metadata(&journal).is_ok_and(|file| file.len() == 0) {
        // Nothing was begun, so nothing is left of it.
        let _ = remove_own(&journal);
    }
    if dry_run {
        if let Some((error, checks)) = finished.failed {
            let error = CommandError::from(error).while_(format!("{id} {}", kind.cannot()));
            return Err(if checks { error.kind(ErrorKind::Checks) } else { error });
        }
        return Ok(finished);
    }
    drop(claimed);
    outcome(app, id, kind, finished, &logs)
}

/// A rollback that failed half-way is finished, or given up, before anything else happens to the session.
fn refuse_half(state: &SessionState, kind: EventKind) -> Result<(), CommandError> {
    if kind == EventKind::Rollback || state.condition_under_lock().half().is_none() {
        return Ok(());
    }
    let id = &state.session.id;
    Err(half_back(CommandError::new(format!("{id} {}: it is half rolled back", kind.cannot())), state))
}

/// Why nothing else may happen in a working tree whose files git was taking back.
const TORN: &str = "its files may be taken back and not committed, and would count as other work";

/// Refuses what would make a session active here while a rollback of another one is not finished.
pub(super) fn refuse_unfinished_rollback(
    app: &App<'_>,
    overview: &Overview,
    id: &str,
    cannot: &str,
) -> Result<(), CommandError> {
    let (half, torn) = unfinished_rollbacks(app, overview);
    if let Some(state) = half.first() {
        let other = &state.session.id;
        return Err(half_back(CommandError::new(format!("{id} {cannot}: {other} is half rolled back")), state));
    }
    let Some(state) = torn.iter().find(|state| state.session.id != id) else { return Ok(()) };
    let other = &state.session.id;
    Err(CommandError::new(format!("{id} {cannot}: `rollback` of {other} was cut off"))
        .because(TORN)
        .hint("session resume"))
}

/// Sessions of this working tree that are half rolled back, and those whose rollback was cut off while git took files
/// back: no other session becomes active here.
pub(super) fn unfinished_rollbacks<'o>(
    app: &App<'_>,
    overview: &'o Overview,
) -> (Vec<&'o SessionState>, Vec<&'o SessionState>) {
    let here = || overview.open.values().filter(|state| state.worktree == app.worktree());
    let half = here().filter(|state| app.condition(state).half().is_some());
    (half.collect(), here().filter(|state| app.condition(state).is_torn()).collect())
}

/// What was done of a rollback that failed half-way, and the ways on.
pub(crate) fn half_back(error: CommandError, state: &SessionState) -> CommandError {
    let id = &state.session.id;
    done_so_far(error, state)
        .hint("session resume goes on with its rollback")
        .hint(format!("session resume {id} --abort gives the rollback up; what it has changed stays"))
}

/// What was cut off and is not finished by this very command.
fn warn_unfinished(app: &App<'_>, overview: &Overview, id: &str, dry_run: bool) {
    let here = overview.open.iter().filter(|(_, state)| state.worktree == app.worktree());
    for (other, state) in here.filter(|(other, _)| *other != id || dry_run) {
        let condition = app.condition(state);
        if let Some(kind) = condition.cut_off().filter(|cut| cut.has_changed).map(|cut| cut.input.kind()) {
            app.warn(format!("`{kind}` of {other} was cut off: session resume finishes it"));
        } else if let Some(kind) = condition.missing_in_documents().map(Input::kind) {
            app.warn(format!("the documents do not show `{kind}` of {other} yet: session resume"));
        }
    }
}

/// The task file, now that nobody else writes to it: another command may have noted something since it was read, which
/// would be lost. New notes go below what stands there.
fn look_again(
    app: &App<'_>,
    state: &SessionState,
    known: Option<&SessionState>,
    input: &mut Input,
) -> Result<(), CommandError> {
    match input {
        Input::Note { task } => {
            let more = task.notes.take().unwrap_or_default();
            *task = app.task(state)?.unwrap_or_default();
            let before = task.notes.as_deref().map(str::trim_end).filter(|notes| !notes.is_empty());
            task.notes = Some(before.map_or(more.clone(), |before| format!("{before}\n{more}")));
        }
        Input::Rollback { .. } if known.is_some_and(|known| known != state) => {
            let id = &state.session.id;
            return Err(CommandError::new(format!("{id} has changed while this command looked at it"))
                .hint("the same command again"));
        }
        Input::Verify { task, .. } | Input::Complete { task, .. } | Input::Pause { task } if known != Some(state) => {
            *task = app.task(state)?;
        }
        _ => {}
    }
    Ok(())
}

/// The state that an event has left. A dry run has none of its own.
pub(crate) fn state_after(finished: &mut Finished, id: &str) -> Result<SessionState, CommandError> {
    let unknown = || CommandError::new(format!("the event of {id} has left no state")).kind(ErrorKind::Bug);
    finished.state.take().ok_or_else(unknown)
}

/// What was left of the session's last event.
enum Unfinished {
    /// It was what is asked for now, and is finished.
    Finished(Box<Finished>),
    /// Nothing that counts.
    Nothing(Box<Recorder>),
}

/// The same command after a kill finishes what the first one began. Any other waits until that is decided.
fn unfinished(
    app: &App<'_>,
    dispatcher: &Dispatcher<'_>,
    mut recorder: Recorder,
    request: &Request<'_>,
) -> Result<Unfinished, CommandError> {
    let Request { id, input, overview, lock } = request;
    wait_for_children(app, &recorder);
    let cut = looked(dispatcher, &mut recorder, id, false)?;
    let Some(state) = recorder.state().clone() else { return Ok(Unfinished::Nothing(Box::new(recorder))) };
    let since = state.since.minute();
    if let Some(cut) = cut {
        let kind = cut.input.kind();
        let torn = state.condition_under_lock().is_torn();
        if !cut.has_changed() && !torn {
            app.say(format!("`{kind}` of {id} was cut off ({since}) before it had changed anything."));
            return Ok(Unfinished::Nothing(Box::new(recorder)));
        }
        refuse_doubt(&cut, id, None)?;
        if !input.asks_the_same(&cut.input) {
            let what = if kind == input.kind() { ", and was begun with other options" } else { "" };
            let error =
                CommandError::new(format!("{id} {}: its `{kind}` was cut off ({since}){what}", input.kind().cannot()));
            let error = if torn { error.because(TORN) } else { error };
            return Err(done_so_far(error, &state)
                .hint("session resume finishes it as it was begun")
                .hint("session resume --abort gives it up; what it has changed stays"));
        }
        if !cut.has_changed() {
            app.say(format!("`{kind}` of {id} was cut off ({since}) in the middle: it runs from its beginning."));
            return Ok(Unfinished::Nothing(Box::new(recorder)));
        }
        app.say(format!("Going on with `{kind}` of {id} where it was cut off ({since})."));
        let finished = dispatcher.resume(recorder, cut, id, overview, None, *lock)?;
        return Ok(Unfinished::Finished(Box::new(finished)));
    }
    let condition = state.condition_under_lock();
    let same = condition.unsettled().is_some_and(|before| input.asks_the_same(before));
    if same && state.error.is_none() && input.kind() != EventKind::Verify {
        app.say(format!("`{}` of {id} was done already ({since}); its documents follow now.", input.kind()));
        let finished = dispatcher.settle_for(recorder, input.kind().name(), false, overview, false, *lock)?;
        return Ok(Unfinished::Finished(Box::new(finished)));
    }
    let at_its_end = match input.kind() {
        EventKind::Complete => state.session.status == Status::Done,
        // A part of it alone, or one that failed half-way, is another request.
        EventKind::Rollback => {
            let whole = matches!(input, Input::Rollback { only: None, .. });
            state.session.status == Status::RolledBack && whole && condition.half().is_none()
        }
        _ => false,
    };
    if at_its_end {
        return Ok(Unfinished::Finished(Box::new(Finished { state: Some(state), ..Finished::default() })));
    }
    Ok(Unfinished::Nothing(Box::new(recorder)))
}

/// What there is of an event that was cut off, after a look at what it had begun.
pub(crate) fn looked(
    dispatcher: &Dispatcher<'_>,
    recorder: &mut Recorder,
    id: &str,
    anyway: bool,
) -> Result<Option<CutOff>, CommandError> {
    dispatcher
        .look(recorder, anyway)
        .map_err(|e| CommandError::from(e).while_(format!("{id} cannot go on where it was cut off")))
}

/// Says what an event has changed before it was cut off.
fn done_so_far(error: CommandError, state: &SessionState) -> CommandError {
    state.changed().fold(error, |error, done| error.because(format!("{} has {}", done.plugin, word(&done.effect))))
}

/// An effect in words.
pub fn word(effect: &session_types::Effect) -> String {
    use session_types::Effect;
    match effect {
        Effect::Wrote { path } => format!("written {path}"),
        Effect::Removed { path } => format!("removed {path}"),
        Effect::Committed { commit } => format!("committed {}", short(commit)),
        Effect::Ran { argv, code: Some(0) } => format!("run `{}`", first_line(&argv.join(" "))),
        Effect::Ran { argv, code: Some(_) } => format!("run `{}`, which failed", first_line(&argv.join(" "))),
        Effect::Ran { argv, code: None } => {
            format!("begun `{}`, and nobody knows how that ended", first_line(&argv.join(" ")))
        }
        Effect::Other => "done something".to_owned(),
    }
}

/// Where nobody knows whether a command ran, a person decides.
pub(crate) fn refuse_doubt(cut: &CutOff, id: &str, doubt: Option<Doubt>) -> Result<(), CommandError> {
    let Some((step, request)) = cut.in_doubt().filter(|_| doubt.is_none()) else { return Ok(()) };
    let command = match &request {
        session_types::Request::Spawn(run) => first_line(&run.argv.join(" ")),
        other => other.brief(),
    };
    let kind = cut.input.kind();
    Err(CommandError::new(format!("nobody knows whether `{command}` of {} has run to its end", step.plugin))
        .kind(ErrorKind::Stuck)
        .because(format!("`{kind}` of {id} was cut off while it ran, and it may not run twice"))
        .hint("session resume --retry runs it again")
        .hint("session resume --assume-done goes on as if it had succeeded")
        .hint(format!("session resume --abort gives `{kind}` up; what it has changed stays")))
}

/// A program that outlived the host may still be at work on the same files.
pub(crate) fn wait_for_children(app: &App<'_>, recorder: &Recorder) {
    let open = recorder.state().as_ref().is_some_and(|state| state.condition_under_lock().is_under_way());
    if !open {
        return;
    }
    let known = recorder.children().into_iter().cloned();
    for child in known.chain(running_for(&recorder.name())).filter(still_runs) {
        let (command, end) = (first_line(&child.argv.join(" ")), kill_command(child.pid));
        app.warn(format!("`{command}` of the run that was killed is still at work: waiting for it ({end} ends it)"));
        while still_runs(&child) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// What a finished event means to the person who asked for it.
pub(crate) fn outcome(
    app: &App<'_>,
    id: &str,
    kind: EventKind,
    finished: Finished,
    logs: &Path,
) -> Result<Finished, CommandError> {
    let half = finished.state.as_ref().filter(|state| state.condition_under_lock().half().is_some());
    if let Some((error, checks)) = &finished.failed {
        let error = CommandError::from(error.clone());
        let mut error = if *checks { error.kind(ErrorKind::Checks) } else { error };
        error = error.while_(match (finished.refused, checks) {
            (true, _) if half.is_some() => format!("the rollback of {id} cannot go on"),
            (true, _) => format!("{id} {}; nothing was changed", kind.cannot()),
            (false, true) if kind == EventKind::Verify => format!("{id} is not verified"),
            (false, true) => format!("{id} is not verified, and its work is not committed"),
            (false, false) => format!("{kind} of {id} failed"),
        });
        if *checks {
            // What did not run has nothing to correct, and its own hints.
            let ran = |state: &SessionState| state.checks.iter().any(|check| check.verdict == Verdict::Failed);
            if finished.state.as_ref().is_some_and(ran) {
                error = error.hint(format!("correct it, then session {kind}; full output in {}", logs.display()));
            }
            let checks = finished.state.as_ref().map(checks_json);
            error = error.with("verification", checks.unwrap_or_default());
        }
        if let Some(state) = half {
            error = half_back(error, state);
        }
        if let Some(unsettled) = &finished.unsettled {
            app.warn(format!("the documents do not show it: {unsettled}"));
        }
        return Err(error);
    }
    if let Some(error) = &finished.unsettled {
        return Err(CommandError::from(error.clone())
            .while_(format!("{kind} of {id} is done, but the documents do not show it yet"))
            .hint("session resume"));
    }
    if kind == EventKind::Complete
        && let Some(lines) =
            finished.state.as_ref().map(|state| secret_notes(&state.session)).filter(|lines| *lines > 0)
    {
        let lines = count(lines, "line");
        app.warn(format!("{lines} of the notes may hold secrets: record and documents leave them out"));
    }
    if finished.repeated {
        app.say("The last checkpoint holds just this: nothing has changed since.");
    }
    close(app, id, finished.state.as_ref())?;
    Ok(finished)
}

/// The journal of a session that is done goes apart, so that reading commands need not look at it.
pub(crate) fn close(app: &App<'_>, id: &str, state: Option<&SessionState>) -> Result<(), CommandError> {
    let Some(state) = state else { return Ok(()) };
    let condition = state.condition_under_lock();
    if !condition.holds_tree() {
        claim::free(app, state);
    }
    if !condition.is_at_its_end() {
        return Ok(());
    }
    let home = &app.project.home;
    let moved = || -> std::io::Result<()> {
        // The first that is free: what happened before is never overwritten.
        let Some(to) = (1..).map(|attempt| home.closed(id, attempt)).find(|path| !path.exists()) else { return Ok(()) };
        if let Some(folder) = to.parent() {
            make_own(folder)?;
        }
        move_own(&home.journal(id), &to)
    };
    moved().map_err(|e| CommandError::from(e).while_(format!("the journal of {id} cannot be put away")))
}

/// From here on programs may run. A front that is stopped ends them; the event then counts as cut off.
pub(crate) fn may_be_stopped(app: &App<'_>) {
    Arc::clone(&app.start.front).may_be_stopped(kill_children);
}

/// What a dry run has found.
#[derive(Debug)]
pub struct DryRun {
    /// What plugins would ask a person, with the name of each plugin.
    pub confirm: Vec<(String, Vec<String>)>,
    pub planned: Planned,
}

impl DryRun {
    pub(crate) fn of(finished: Finished) -> Self {
        let asks = finished.rehearsed.into_iter().map(|(plugin, summary)| (plugin, summary.confirm));
        Self { confirm: asks.filter(|(_, lines)| !lines.is_empty()).collect(), planned: finished.planned }
    }
}

/// Evidence of a verification, as JSON.
pub fn checks_json(state: &SessionState) -> Value {
    let left = &state.verification;
    json!({
        "summary": state.verified(), "unverified": state.unverified(), "checks": state.checks, "tree": {"before": left.before, "after": left.after},
        "changed_by_checks": left.changed, "flags": left.flags, "accepted": state.accepted,
    })
}
