//! `session resume`: finishes what was cut off: events where they were, documents from the state. What may not be done
//! twice and of which nobody knows whether it was done, is asked for.

use serde_json::json;
use session_sdk::Status;
use session_sdk::replay::Doubt;

use super::app::App;
use super::error::CommandError;
use super::run::{close, looked, on_interrupt, outcome, refuse_doubt, wait_for_children, word};
use crate::dispatch::{Recorder, Request};
use crate::session::{Input, Kind, Overview, SessionState};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; every one of this working tree where it is left out.
    id: Option<String>,
    /// Run the command again of which nobody knows whether it ran to its end; or a step anew that went another way.
    #[arg(long, conflicts_with_all = ["assume_done", "abort"])]
    retry: bool,
    /// Go on as if that command had succeeded.
    #[arg(long, conflicts_with = "abort")]
    assume_done: bool,
    /// Give up the event that was cut off. What it has changed stays.
    #[arg(long)]
    abort: bool,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// What became of one session.
struct Resumed {
    id: String,
    kind: Kind,
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
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    if let Some(id) = &args.id {
        app.known(&overview, id)?;
        app.refuse_stuck(&overview, Some(id))?;
    }
    let here = app.worktree();
    let asked = |id: &String| args.id.as_ref().is_none_or(|asked| asked == id);
    let mut resumed = Vec::new();
    for (id, state) in overview.open.iter().filter(|(id, _)| asked(id)) {
        if overview.stuck.contains_key(id) || !is_unfinished(state) {
            continue;
        }
        if state.worktree != here {
            if args.id.is_some() {
                return Err(super::app::other_worktree(state));
            }
            continue;
        }
        if args.dry_run {
            app.ui().say(planned(state));
            continue;
        }
        resumed.extend(one(&app, id, &overview, args)?);
    }
    report(&app, &overview, &resumed, args.dry_run);
    Ok(())
}

fn is_unfinished(state: &SessionState) -> bool {
    let settled = !state.unsettled || state.session.started.is_none();
    state.running.is_some() || !settled || state.session.status == Status::Done
}

fn planned(state: &SessionState) -> String {
    let id = &state.session.id;
    match state.running {
        Some(kind) if state.changed().any(|done| done.kind == kind) => {
            let done: Vec<String> = state.changed().map(|done| word(&done.effect)).collect();
            format!("{id}: `{kind}` would go on where it was cut off; it has {}", done.join(", "))
        }
        Some(kind) => format!("{id}: `{kind}` would run again from its beginning"),
        None => format!("{id}: its documents would be brought up to date"),
    }
}

/// Finishes one session's event; none where another command did meanwhile.
fn one(app: &App<'_>, id: &str, overview: &Overview, args: &Args) -> Result<Option<Resumed>, CommandError> {
    let starts = overview.open.get(id).is_some_and(|state| state.running == Some(Kind::Start));
    // As `start` itself: two sessions must not both become the active one.
    let _project = if starts { Some(app.lock_project()?) } else { None };
    let _lock = app.lock(id)?;
    let journal = app.project.home.journal(id);
    if !journal.is_file() {
        return Ok(None);
    }
    on_interrupt(app);
    let mut recorder = Recorder::open(&journal, app.stamp())?;
    let logs = app.begin_logs();
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs.clone());
    if starts {
        dispatcher.shared_lock = None;
    }
    wait_for_children(app, &recorder);
    let cut = looked(&dispatcher, &mut recorder, id)?;
    let Some(state) = recorder.state().clone() else { return Ok(None) };
    let resumed = |kind, how, state| Ok(Some(Resumed { id: id.to_owned(), kind, how, state }));
    let Some(cut) = cut else {
        let Some(input) = state.unsettled_input() else {
            close(app, id, Some(&state))?;
            return Ok(None);
        };
        let (kind, failed) = (input.kind(), state.error.is_some());
        let finished = dispatcher.settle_for(recorder, kind.name(), failed, overview, false)?;
        if let Some(error) = finished.unsettled {
            return Err(CommandError::from(error).while_(format!("the documents of {id} cannot be brought up to date")));
        }
        close(app, id, finished.state.as_ref())?;
        return resumed(kind, How::Settled, finished.state);
    };
    let kind = cut.input.kind();
    if args.abort {
        let finished = dispatcher.give_up(recorder, &cut, id, overview)?;
        if let Some(error) = finished.unsettled {
            app.ui().warn(format!("the documents do not show it: {error}"));
        }
        return resumed(kind, How::GivenUp, finished.state);
    }
    if let Some(other) = overview.active(&app.worktree()).filter(|other| starts && other.session.id != id) {
        return Err(CommandError::new(format!("{id} cannot start: {} is active here", other.session.id))
            .hint(format!("session complete or session pause first, or session resume {id} --abort")));
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
    let finished = if cut.has_changed() {
        app.ui().say(format!("Going on with `{kind}` of {id} where it was cut off ({}).", state.since.minute()));
        dispatcher.resume(recorder, cut, id, overview, doubt)?
    } else {
        app.ui().say(format!("Running `{kind}` of {id} again: it was cut off before it had changed anything."));
        let input = refreshed(app, &state, cut.input)?;
        dispatcher.run(recorder, &Request { id: id.to_owned(), input, overview }, false)?
    };
    let finished = outcome(app, id, kind, finished, &logs)?;
    resumed(kind, How::Finished, finished.state)
}

/// What stands in the task file may have changed since; a note stands in the input only.
fn refreshed(app: &App<'_>, state: &SessionState, mut input: Input) -> Result<Input, CommandError> {
    if let Input::Verify { task, .. } | Input::Complete { task, .. } | Input::Pause { task } = &mut input {
        *task = app.task(state)?;
    }
    Ok(input)
}

fn report(app: &App<'_>, overview: &Overview, resumed: &[Resumed], dry_run: bool) {
    let ui = app.ui();
    if ui.json {
        let of = |how| -> Vec<_> {
            let those = resumed.iter().filter(|one| one.how == how);
            those.map(|one| json!({"session": one.id, "event": one.kind})).collect()
        };
        ui.answer(
            "resume",
            json!({
                "finished": of(How::Finished), "given_up": of(How::GivenUp), "settled": of(How::Settled),
                "dry_run": dry_run,
            }),
        );
        return;
    }
    for Resumed { id, kind, how, state } in resumed {
        match how {
            How::Finished => ui.title(format!("{id}: {kind} is finished")),
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
            Some(Status::Done) => ui.say("Next: session next"),
            Some(Status::Pending | Status::Paused | Status::RolledBack) => ui.say(format!("Next: session start {id}")),
            Some(Status::Unknown) | None => {}
        }
    }
    let stuck = overview.stuck.len();
    if resumed.is_empty() && !dry_run && stuck == 0 {
        ui.say("Nothing was interrupted.");
    }
}
