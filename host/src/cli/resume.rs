//! `session resume`: finishes what was cut off: events where they were, documents from the state. What may not be done
//! twice and of which nobody knows whether it was done, is asked for.

use std::path::Path;

use serde_json::json;
use session_sdk::replay::Doubt;
use session_sdk::{Event, Status};

use super::app::{App, by};
use super::claim;
use super::error::CommandError;
use super::place::fate;
use super::rollback;
use super::run::{close, is_at_its_end, looked, on_interrupt, outcome, refuse_doubt, wait_for_children, word};
use crate::dispatch::{Recorder, Request};
use crate::project::Records;
use crate::session::{DoneEffect, Input, Kind, Overview, Record, SessionState};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; every one of this working tree where it is left out. A paused one goes on.
    id: Option<String>,
    /// Run the command again of which nobody knows whether it ran to its end; or run a step anew that asked for something
    /// else than before, or whose commit is gone.
    #[arg(long, conflicts_with_all = ["assume_done", "abort"])]
    retry: bool,
    /// Go on as if that command had succeeded.
    #[arg(long, conflicts_with = "abort")]
    assume_done: bool,
    /// Give up the event that was cut off. What it has changed stays. Of a session that is done, and of which a part was
    /// taken back alone: say that this part is there again.
    #[arg(long)]
    abort: bool,
    /// Bring a session to this working tree whose own is gone: removed, moved or mounted elsewhere. Shows first what will
    /// be missing.
    #[arg(long, requires = "id", conflicts_with_all = ["retry", "assume_done", "abort"])]
    here: bool,
    /// Agree to what is asked for otherwise: what a rollback that goes on changes, such as a database; what will be
    /// missing here.
    #[arg(long)]
    yes: bool,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// What became of one session.
struct Resumed {
    id: String,
    /// None where it was given up before.
    kind: Option<Kind>,
    how: How,
    state: Option<SessionState>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Finished,
    GivenUp,
    Settled,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    let app = App::open_unless(start, |reader| {
        let Some(id) = &args.id else { return Ok(()) };
        let overview = reader.overview(None)?;
        if reader.knows_plan(&overview) { reader.known(&overview, id) } else { Ok(()) }
    })?;
    let overview = app.overview(None)?;
    if let Some(id) = &args.id {
        app.known(&overview, id)?;
        app.refuse_stuck(&overview, Some(id))?;
        if args.here {
            return super::here::bring(&app, &overview, id, args.yes, args.dry_run);
        }
    }
    if let Some(record) = args.id.as_ref().filter(|_| args.abort).and_then(|id| partly_back(&overview, id)) {
        return whole_again(&app, &record.id, args.dry_run);
    }
    let asked = |id: &String| args.id.as_ref().is_none_or(|asked| asked == id);
    let mut resumed = Vec::new();
    let (mut plans, mut first) = (Vec::new(), None);
    // One that says what became of it itself.
    let mut went_on = false;
    for (id, state) in overview.open.iter().filter(|(id, _)| asked(id)) {
        if overview.stuck.contains_key(id) || overview.damaged.contains_key(id) || !is_unfinished(state) {
            continue;
        }
        if state.worktree != app.worktree() && args.id.is_none() {
            if !app.is_running(id) {
                let there = &state.worktree;
                let gone = app.is_gone(state);
                let next = if gone { format!("session resume {id} --here") } else { "session resume there".to_owned() };
                let what = || format!(", which {}", fate(Path::new(there)));
                let how = if gone { what() } else { String::new() };
                app.ui().warn(format!("{id} is not finished in {there}{how}: {next}"));
            }
            continue;
        }
        let done = if state.worktree != app.worktree() {
            Err(app.other_worktree(state)).map(|()| None)
        } else if args.dry_run {
            planned(&app, state, args).map(|plan| {
                plans.push((id.clone(), plan));
                None
            })
        } else if state.half.is_some() && state.running.is_none() && !args.abort {
            went_on = true;
            app.lock_project().and_then(|_lock| rollback::again(&app, &overview, state, args.yes)).map(|()| None)
        } else {
            one(&app, id, &overview, args)
        };
        match done {
            Ok(done) => resumed.extend(done),
            // What stands in the way of one session does not stand in that of another.
            Err(error) => {
                if let Some(before) = first.replace(error) {
                    app.ui().warn(before.message);
                }
            }
        }
    }
    let nothing = resumed.is_empty() && plans.is_empty() && first.is_none() && !went_on;
    if nothing {
        // A damaged journal is all that there may be.
        app.refuse_stuck(&overview, None)?;
    }
    if nothing && let Some(state) = args.id.as_ref().and_then(|id| overview.live(id)) {
        // Nothing of it was cut off, and still it cannot be gone on with here.
        if state.session.status == Status::Active && state.worktree != app.worktree() {
            return Err(app.other_worktree(state));
        }
    }
    if nothing && (args.retry || args.assume_done || args.abort) {
        return Err(CommandError::usage("nothing was cut off, so there is nothing to decide").hint("session status"));
    }
    let paused = |state: &&SessionState| state.session.status == Status::Paused;
    if let Some(id) = args.id.as_ref().filter(|id| nothing && overview.live(id).as_ref().is_some_and(paused)) {
        return super::start::go_on(start, id, args.dry_run);
    }
    // Where there is an error, that is the answer.
    let said = if first.is_some() { !resumed.is_empty() && !app.ui().json } else { !went_on || !resumed.is_empty() };
    if said {
        report(&app, &resumed, &plans, args.dry_run);
        let here = overview.open.values().filter(|state| nothing && state.worktree == app.worktree());
        here.filter(paused).for_each(|state| {
            app.ui().say(format!("{0} is paused: session resume {0} goes on with it", state.session.id));
        });
    }
    first.map_or(Ok(()), Err)
}

/// The record of a session that is done and of which a part was taken back alone.
fn partly_back<'o>(overview: &'o Overview, id: &str) -> Option<&'o Record> {
    let record = overview.records.get(id).filter(|_| !overview.open.contains_key(id))?;
    (record.status == Status::Done && !record.alone.is_empty()).then_some(record)
}

/// A part was taken back alone, and is there again: nobody but a person knows that of a database.
fn whole_again(app: &App<'_>, id: &str, dry_run: bool) -> Result<(), CommandError> {
    let _lock = app.lock(id)?;
    // As it is now that nobody else writes it.
    let overview = app.overview(None)?;
    let Some(mut record) = partly_back(&overview, id).cloned() else {
        return Err(CommandError::new(format!("{id} is not what it was a moment ago")).hint("session status"));
    };
    let plugins = std::mem::take(&mut record.alone).into_iter().collect::<Vec<_>>().join(", ");
    if !dry_run {
        Records::write(&app.project.root, &record)?;
    }
    let ui = app.ui();
    if ui.json {
        ui.answer("resume", json!({"whole": [id], "dry_run": dry_run}));
    } else if dry_run {
        ui.say(format!("{id}: what {plugins} had taken back would be called there again"));
    } else {
        ui.title(format!("{id} is done, and what {plugins} had taken back is called there again, on your word"));
        ui.say(format!("It stands in {}; the next commit of documents takes that along.", Records::path(id)));
    }
    Ok(())
}

fn is_unfinished(state: &SessionState) -> bool {
    let settled = !state.unsettled || state.session.started.is_none();
    state.running.is_some() || !settled || state.half.is_some() || is_at_its_end(state)
}

/// What would be done, in words.
fn planned(app: &App<'_>, state: &SessionState, args: &Args) -> Result<String, CommandError> {
    let id = &state.session.id;
    if state.half.is_some() && state.running.is_none() {
        let how = if args.abort { "be given up" } else { "go on" };
        return Ok(format!("{id}: its rollback, which failed half-way, would {how}"));
    }
    let Some(kind) = state.running else {
        refuse_abort(state, args)?;
        return Ok(format!("{id}: its documents would be brought up to date"));
    };
    if app.is_running(id) {
        return Ok(format!("{id}: `{kind}` is running"));
    }
    // What verification does, it does again.
    let counts = |done: &DoneEffect| done.kind == kind && done.event != Event::Verify;
    let done: Vec<String> = state.changed().filter(counts).map(|done| word(&done.effect)).collect();
    Ok(match state.doubt().map(|command| super::ui::first_line(&command)) {
        _ if args.abort => format!("{id}: `{kind}` would be given up"),
        Some(command) if args.retry => format!("{id}: `{command}` would run again, and `{kind}` go on behind it"),
        Some(command) if args.assume_done => format!("{id}: `{kind}` would go on as if `{command}` had succeeded"),
        Some(command) => format!(
            "{id}: nobody knows whether `{command}` has run to its end: --retry, --assume-done or --abort must say what to do"
        ),
        None if state.open_effect().is_some() => format!(
            "{id}: `{kind}` would look whether `{}` was done, and go on from there",
            state.open_effect().unwrap_or_default()
        ),
        None if done.is_empty() => format!("{id}: `{kind}` would run again from its beginning"),
        None => format!("{id}: `{kind}` would go on where it was cut off; it has {}", done.join(", ")),
    })
}

/// A result stands, whatever becomes of the documents.
fn refuse_abort(state: &SessionState, args: &Args) -> Result<(), CommandError> {
    let Some(kind) = state.unsettled_input().map(Input::kind).filter(|_| args.abort) else { return Ok(()) };
    let id = &state.session.id;
    Err(CommandError::new(format!("{id}: `{kind}` cannot be given up, it has its result"))
        .because("only its documents are not written yet")
        .hint(format!("session resume {id}")))
}

/// Finishes one session's event; none where another command did meanwhile.
fn one(app: &App<'_>, id: &str, overview: &Overview, args: &Args) -> Result<Option<Resumed>, CommandError> {
    let running = overview.open.get(id).and_then(|state| state.running);
    let starts = running == Some(Kind::Start);
    let shared = starts || running == Some(Kind::Rollback);
    // As `start` itself: two sessions must not both become the active one.
    let _project = if shared { Some(app.lock_project()?) } else { None };
    let _lock = app.lock(id)?;
    let journal = app.project.home.journal(id);
    if !journal.is_file() {
        return Ok(None);
    }
    on_interrupt(app);
    let mut recorder = Recorder::open(&journal, app.stamp())?;
    let logs = app.begin_logs();
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs.clone());
    dispatcher.by = by(&app.project.root);
    if shared {
        dispatcher.shared_lock = None;
    }
    wait_for_children(app, &recorder);
    let cut = looked(&dispatcher, &mut recorder, id, args.retry || args.abort)?;
    let Some(state) = recorder.state().clone() else { return Ok(None) };
    let resumed = |kind, how, state| Ok(Some(Resumed { id: id.to_owned(), kind, how, state }));
    let Some(cut) = cut else {
        if args.abort && state.half.is_some() {
            let finished = dispatcher.give_up(recorder, overview)?;
            close(app, id, finished.state.as_ref())?;
            return resumed(Some(Kind::Rollback), How::GivenUp, finished.state);
        }
        if !state.unsettled {
            close(app, id, Some(&state))?;
            return Ok(None);
        }
        refuse_abort(&state, args)?;
        let (kind, failed) = (state.unsettled_input().map(Input::kind), state.error.is_some());
        let reason = kind.map_or("resume", Kind::name);
        let finished = dispatcher.settle_for(recorder, reason, failed, overview, false)?;
        if let Some(error) = finished.unsettled {
            return Err(CommandError::from(error).while_(format!("the documents of {id} cannot be brought up to date")));
        }
        close(app, id, finished.state.as_ref())?;
        return resumed(kind, How::Settled, finished.state);
    };
    let kind = cut.input.kind();
    if args.abort {
        if let Some(open) = state.open_effect() {
            app.ui().warn(format!("nobody knows whether `{open}` was done: look at what is there (git status)"));
        }
        let finished = dispatcher.give_up(recorder, overview)?;
        if let Some(error) = finished.unsettled {
            app.ui().warn(format!("the documents do not show it: {error}"));
        }
        close(app, id, finished.state.as_ref())?;
        return resumed(Some(kind), How::GivenUp, finished.state);
    }
    if let Some(other) = overview.active(&app.worktree()).filter(|other| starts && other.session.id != id) {
        let error = CommandError::new(format!("{id} cannot start: {} is active here", other.session.id));
        return if args.id.is_none() && !cut.has_changed() {
            // Nothing of it is there: it can be started when its time has come.
            Ok(None)
        } else {
            Err(error.hint(format!("session complete or session pause first, or session resume {id} --abort")))
        };
    }
    let doubt = match (args.retry, args.assume_done) {
        (true, _) => Some(Doubt::Retry),
        (_, true) if cut.in_doubt().is_none() => {
            return Err(CommandError::usage(format!("nothing of {id} is in doubt")).hint("session resume"));
        }
        (_, true) => Some(Doubt::AssumeDone),
        _ => None,
    };
    refuse_doubt(&cut, id, doubt)?;
    super::approve::commands(app, overview, &cut.input, Some(&state))?;
    let claimed = claim::take(app, overview, &cut.input, Some(&state), false)?;
    let finished = if cut.has_changed() {
        app.ui().say(format!("Going on with `{kind}` of {id} where it was cut off ({}).", state.since.minute()));
        dispatcher.resume(recorder, cut, id, overview, doubt)?
    } else {
        app.ui().say(format!("Running `{kind}` of {id} again: it was cut off before it had changed anything."));
        let input = refreshed(app, &state, cut.input)?;
        dispatcher.run(recorder, &Request { id: id.to_owned(), input, overview }, false)?
    };
    drop(claimed);
    let finished = outcome(app, id, kind, finished, &logs)?;
    resumed(Some(kind), How::Finished, finished.state)
}

/// What stands in the task file may have changed since; a note stands in the input only.
fn refreshed(app: &App<'_>, state: &SessionState, mut input: Input) -> Result<Input, CommandError> {
    if let Input::Verify { task, .. } | Input::Complete { task, .. } | Input::Pause { task } = &mut input {
        *task = app.task(state)?;
    }
    Ok(input)
}

fn report(app: &App<'_>, resumed: &[Resumed], plans: &[(String, String)], dry_run: bool) {
    let ui = app.ui();
    if ui.json {
        let of = |how| -> Vec<_> {
            let those = resumed.iter().filter(|one| one.how == how);
            those.map(|one| json!({"session": one.id, "event": one.kind})).collect()
        };
        let plans: Vec<_> = plans.iter().map(|(id, plan)| json!({"session": id, "would": plan})).collect();
        ui.answer(
            "resume",
            json!({
                "finished": of(How::Finished), "given_up": of(How::GivenUp), "settled": of(How::Settled),
                "dry_run": dry_run, "plan": plans,
            }),
        );
        return;
    }
    plans.iter().for_each(|(_, plan)| ui.say(plan));
    for Resumed { id, kind, how, state } in resumed {
        let kind = kind.map_or("the last event", Kind::name);
        let failed = state.as_ref().is_some_and(|state| state.error.is_some());
        match how {
            How::Finished => ui.title(format!("{id}: {kind} is finished")),
            How::Settled if failed => ui.title(format!("{id}: the documents show now that {kind} failed")),
            How::Settled => ui.title(format!("{id}: the documents show {kind} now")),
            How::GivenUp => ui.title(format!("{id}: {kind} is given up")),
        }
        if let Some(state) = state.as_ref().filter(|_| *how == How::GivenUp) {
            state
                .changed()
                .for_each(|done| ui.say(format!("It stays that {} has {}.", done.plugin, word(&done.effect))));
        }
        match state.as_ref().map(|state| state.session.status) {
            Some(Status::Active) => ui.say(format!("Next: session complete {id}, when its work is done")),
            Some(Status::Done) if state.as_ref().is_some_and(|state| !state.alone.is_empty()) => {
                ui.say(format!("{id} is still called done. Next: session rollback {id} takes back the rest;"));
                ui.say(format!("or put back by hand what was taken back, then session resume {id} --abort"));
            }
            Some(Status::Done) => ui.say("Next: session next"),
            Some(Status::Pending | Status::Paused | Status::RolledBack) => ui.say(format!("Next: session start {id}")),
            Some(Status::Unknown) | None => {}
        }
    }
    if resumed.is_empty() && plans.is_empty() {
        ui.say("Nothing was cut off.");
    }
}
