//! Finishing what was cut off: events where they were, documents from the state. A paused session goes on. A command that may not
//! run twice is refused until the request says whether it ran.

use std::path::Path;

use session_core::session::{Condition, DoneEffect, EventKind, Input, LastEvent, Next, Overview, Record, SessionState};
use session_engine::dispatch::{LockHolder, Recorder, Request};
use session_engine::project::Records;
use session_types::replay::Doubt;
use session_types::{Event, Status};

use super::app::{App, Start};
use super::approve;
use super::claim;
use super::error::CommandError;
use super::place::fate;
use super::relocation::{Brought, bring};
use super::rollback::{self, RollbackOutcome};
use super::run::{close, looked, may_be_stopped, outcome, refuse_doubt, wait_for_children, word};
use super::start::{StartOutcome, StartRequest, begin};
use super::words::first_line;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct ResumeRequest {
    /// ID of the session; none for every one of this working tree.
    pub id: Option<String>,
    /// What a person has decided, where nobody else can.
    pub decision: Option<Decision>,
    /// Whether the session is brought to this working tree from one that is gone.
    pub here: bool,
    /// Whether what is asked for otherwise needs no question.
    pub yes: bool,
    pub dry_run: bool,
}

/// What to do with an event that was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The command in doubt runs again.
    Retry,
    /// The event goes on as if that command had succeeded.
    AssumeDone,
    /// The event is given up; what it has changed stays.
    GiveUp,
}

impl ResumeRequest {
    fn decides(&self, decision: Decision) -> bool {
        self.decision == Some(decision)
    }
}

/// What became of it.
#[derive(Debug)]
pub enum ResumeOutcome {
    Finished(Resumption),
    /// Nothing was cut off, and the session was paused.
    WentOn(Box<StartOutcome>),
    /// It came to this working tree.
    Here(Brought),
    /// A part that was taken back alone is called there again.
    Whole {
        id: String,
        plugins: Vec<String>,
        /// File of the record, which says so.
        record: String,
    },
}

/// What became of each session. Several can be finished although one fails.
#[derive(Debug)]
pub struct Resumption {
    pub resumed: Vec<Resumed>,
    pub rollbacks: Vec<RollbackOutcome>,
    /// In a dry run: each session with what would be done, in words.
    pub would: Vec<(String, String)>,
    /// Where nothing was cut off: those that are paused here.
    pub paused: Vec<String>,
    /// The last failure.
    pub error: Option<CommandError>,
}

/// What became of one session.
#[derive(Debug)]
pub struct Resumed {
    pub id: String,
    /// None where it was given up before.
    pub kind: Option<EventKind>,
    pub how: How,
    pub state: Option<SessionState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Finished,
    GivenUp,
    Settled,
}

/// Finishes what was cut off, of one session or of all in this working tree.
///
/// # Errors
/// The request makes no sense here. What stopped one session is in the outcome.
pub fn resume(start: &Start, request: &ResumeRequest) -> Result<ResumeOutcome, CommandError> {
    let app = App::open_unless(start, |reader| {
        let Some(id) = &request.id else { return Ok(()) };
        let overview = reader.overview(None)?;
        if reader.knows_plan(&overview) { reader.refuse_unknown(&overview, id) } else { Ok(()) }
    })?;
    let overview = app.overview(None)?;
    if let Some(id) = &request.id {
        app.refuse_unknown(&overview, id)?;
        app.refuse_stuck(&overview, Some(id))?;
        if request.here {
            return bring(&app, &overview, id, request.yes, request.dry_run).map(ResumeOutcome::Here);
        }
    }
    if let Some(record) =
        request.id.as_ref().filter(|_| request.decides(Decision::GiveUp)).and_then(|id| partly_back(&overview, id))
    {
        return whole_again(&app, &record.id, request.dry_run);
    }
    let asked = |id: &String| request.id.as_ref().is_none_or(|asked| asked == id);
    let mut resumed = Vec::new();
    let (mut would, mut last) = (Vec::new(), None);
    let mut rollbacks = Vec::new();
    for (id, state) in overview.open.iter().filter(|(id, _)| asked(id)) {
        let next = app.condition(state).next();
        if overview.stuck.contains_key(id) || overview.damaged.contains_key(id) || next == Next::Nothing {
            continue;
        }
        if state.worktree != app.worktree() && request.id.is_none() {
            if !app.is_running(id) {
                let there = &state.worktree;
                let gone = app.is_gone(state);
                let next = if gone { format!("session resume {id} --here") } else { "session resume there".to_owned() };
                let what = || format!(", which {}", fate(Path::new(there)));
                let how = if gone { what() } else { String::new() };
                app.warn(format!("{id} is not finished in {there}{how}: {next}"));
            }
            continue;
        }
        let done = if state.worktree != app.worktree() {
            Err(app.other_worktree(state)).map(|()| None)
        } else if request.dry_run {
            planned(&app, state, request).map(|plan| {
                would.push((id.clone(), plan));
                None
            })
        } else if next == Next::FinishRollback && !request.decides(Decision::GiveUp) {
            app.lock_project().and_then(|lock| rollback::resume_half(&app, &overview, state, &lock, request.yes)).map(
                |done| {
                    rollbacks.extend(done);
                    None
                },
            )
        } else {
            one(&app, id, &overview, request)
        };
        match done {
            Ok(done) => resumed.extend(done),
            // What stands in the way of one session does not stand in that of another.
            Err(error) => {
                if let Some(before) = last.replace(error) {
                    app.warn(before.message);
                }
            }
        }
    }
    let nothing = resumed.is_empty() && would.is_empty() && last.is_none() && rollbacks.is_empty();
    if nothing {
        // A damaged journal is all that there may be.
        app.refuse_stuck(&overview, None)?;
    }
    if nothing && let Some(state) = request.id.as_ref().and_then(|id| overview.live(id)) {
        // Nothing of it was cut off, and still it cannot be gone on with here.
        if state.session.status == Status::Active && state.worktree != app.worktree() {
            return Err(app.other_worktree(state));
        }
    }
    if nothing && request.decision.is_some() {
        return Err(CommandError::usage("nothing was cut off, so there is nothing to decide").hint("session status"));
    }
    let paused = |state: &&SessionState| state.session.status == Status::Paused;
    if let Some(id) = request.id.as_ref().filter(|id| nothing && overview.live(id).as_ref().is_some_and(paused)) {
        let request = StartRequest { id: id.clone(), dry_run: request.dry_run, ..StartRequest::default() };
        return begin(start, &request).map(|started| ResumeOutcome::WentOn(Box::new(started.outcome)));
    }
    let here = overview.open.values().filter(|state| nothing && state.worktree == app.worktree());
    let paused = here.filter(paused).map(|state| state.session.id.clone()).collect();
    Ok(ResumeOutcome::Finished(Resumption { resumed, rollbacks, would, paused, error: last }))
}

/// The record of a session that is done and of which a part was taken back alone.
fn partly_back<'o>(overview: &'o Overview, id: &str) -> Option<&'o Record> {
    let record = overview.records.get(id).filter(|_| !overview.open.contains_key(id))?;
    (record.status == Status::Done && !record.alone.is_empty()).then_some(record)
}

/// A part was taken back alone, and is there again: nobody but a person knows that of a database.
fn whole_again(app: &App<'_>, id: &str, dry_run: bool) -> Result<ResumeOutcome, CommandError> {
    let _lock = app.lock(id)?;
    // As it is now that nobody else writes it.
    let overview = app.overview(None)?;
    let Some(mut record) = partly_back(&overview, id).cloned() else {
        return Err(CommandError::new(format!("{id} is not what it was a moment ago")).hint("session status"));
    };
    let plugins = std::mem::take(&mut record.alone).into_iter().collect();
    if !dry_run {
        Records::write(&app.project.root, &record)?;
    }
    Ok(ResumeOutcome::Whole { id: id.to_owned(), plugins, record: Records::path(id) })
}

/// What would be done, in words.
fn planned(app: &App<'_>, state: &SessionState, request: &ResumeRequest) -> Result<String, CommandError> {
    let id = &state.session.id;
    let condition = app.condition(state);
    if condition.next() == Next::FinishRollback {
        let how = if request.decides(Decision::GiveUp) { "be given up" } else { "go on" };
        return Ok(format!("{id}: its rollback, which failed half-way, would {how}"));
    }
    let (cut, kind) = match &condition.event {
        LastEvent::Running { input } => return Ok(format!("{id}: `{}` is running", input.kind())),
        LastEvent::CutOff(cut) => (cut, cut.input.kind()),
        LastEvent::Quiet | LastEvent::Ended { .. } => {
            refuse_abort(&condition, request, id)?;
            return Ok(format!("{id}: its documents would be brought up to date"));
        }
    };
    // What verification does, it does again.
    let counts = |done: &DoneEffect| done.kind == kind && done.event != Event::Verify;
    let done: Vec<String> = state.changed().filter(counts).map(|done| word(&done.effect)).collect();
    Ok(match cut.doubt.as_deref().map(first_line) {
        _ if request.decides(Decision::GiveUp) => format!("{id}: `{kind}` would be given up"),
        Some(command) if request.decides(Decision::Retry) => {
            format!("{id}: `{command}` would run again, and `{kind}` go on behind it")
        }
        Some(command) if request.decides(Decision::AssumeDone) => {
            format!("{id}: `{kind}` would go on as if `{command}` had succeeded")
        }
        Some(command) => format!(
            "{id}: nobody knows whether `{command}` has run to its end: --retry, --assume-done or --abort must say what to do"
        ),
        None if let Some(open) = &cut.open_effect => {
            format!("{id}: `{kind}` would look whether `{open}` was done, and go on from there")
        }
        None if done.is_empty() => format!("{id}: `{kind}` would run again from its beginning"),
        None => format!("{id}: `{kind}` would go on where it was cut off; it has {}", done.join(", ")),
    })
}

/// A result stands, whatever becomes of the documents.
fn refuse_abort(condition: &Condition<'_>, request: &ResumeRequest, id: &str) -> Result<(), CommandError> {
    let Some(kind) = condition.unsettled().map(Input::kind).filter(|_| request.decides(Decision::GiveUp)) else {
        return Ok(());
    };
    Err(CommandError::new(format!("{id}: `{kind}` cannot be given up, it has its result"))
        .because("only its documents are not written yet")
        .hint(format!("session resume {id}")))
}

/// Finishes one session's event; none where another command did meanwhile.
fn one(app: &App<'_>, id: &str, overview: &Overview, request: &ResumeRequest) -> Result<Option<Resumed>, CommandError> {
    let running = overview.open.get(id).and_then(|state| app.condition(state).endless().map(Input::kind));
    let starts = running == Some(EventKind::Start);
    let shared = starts || running == Some(EventKind::Rollback);
    // As `start` itself: two sessions must not both become the active one.
    let project = if shared { Some(app.lock_project()?) } else { None };
    let lock = LockHolder::of(project.as_ref());
    let _session = app.lock(id)?;
    let journal = app.project.home.journal(id);
    if !journal.is_file() {
        return Ok(None);
    }
    may_be_stopped(app);
    let mut recorder = Recorder::open(&journal, app.stamp())?;
    let logs = app.begin_logs();
    let dispatcher = app.dispatcher_by(app.by(), overview.plan.as_deref(), logs.clone());
    wait_for_children(app, &recorder);
    let cut =
        looked(&dispatcher, &mut recorder, id, matches!(request.decision, Some(Decision::Retry | Decision::GiveUp)))?;
    let Some(state) = recorder.state().clone() else { return Ok(None) };
    let resumed = |kind, how, state| Ok(Some(Resumed { id: id.to_owned(), kind, how, state }));
    let condition = state.condition_under_lock();
    let Some(cut) = cut else {
        if request.decides(Decision::GiveUp) && condition.half().is_some() {
            let finished = dispatcher.give_up(recorder, overview, lock)?;
            close(app, id, finished.state.as_ref())?;
            return resumed(Some(EventKind::Rollback), How::GivenUp, finished.state);
        }
        if !condition.is_under_way() {
            close(app, id, Some(&state))?;
            return Ok(None);
        }
        refuse_abort(&condition, request, id)?;
        let (kind, failed) = (condition.unsettled().map(Input::kind), state.error.is_some());
        let reason = kind.map_or("resume", EventKind::name);
        let finished = dispatcher.settle_for(recorder, reason, failed, overview, false, lock)?;
        if let Some(error) = finished.unsettled {
            return Err(CommandError::from(error).while_(format!("the documents of {id} cannot be brought up to date")));
        }
        close(app, id, finished.state.as_ref())?;
        return resumed(kind, How::Settled, finished.state);
    };
    let kind = cut.input.kind();
    if request.decides(Decision::GiveUp) {
        if let Some(open) = condition.cut_off().and_then(|cut| cut.open_effect.as_ref()) {
            app.warn(format!("nobody knows whether `{open}` was done: look at what is there (git status)"));
        }
        let finished = dispatcher.give_up(recorder, overview, lock)?;
        if let Some(error) = finished.unsettled {
            app.warn(format!("the documents do not show it: {error}"));
        }
        close(app, id, finished.state.as_ref())?;
        return resumed(Some(kind), How::GivenUp, finished.state);
    }
    if let Some(other) = overview.active(&app.worktree()).filter(|other| starts && other.session.id != id) {
        let error = CommandError::new(format!("{id} cannot start: {} is active here", other.session.id));
        return if request.id.is_none() && !cut.has_changed() {
            // Nothing of it is there: it can be started when its time has come.
            Ok(None)
        } else {
            Err(error.hint(format!("session complete or session pause first, or session resume {id} --abort")))
        };
    }
    let doubt = match request.decision {
        Some(Decision::Retry) => Some(Doubt::Retry),
        Some(Decision::AssumeDone) if cut.in_doubt().is_none() => {
            return Err(CommandError::usage(format!("nothing of {id} is in doubt")).hint("session resume"));
        }
        Some(Decision::AssumeDone) => Some(Doubt::AssumeDone),
        _ => None,
    };
    refuse_doubt(&cut, id, doubt)?;
    approve::commands(app, overview, &cut.input, Some(&state))?;
    let claimed = claim::take(app, overview, &cut.input, Some(&state), false)?;
    let finished = if cut.has_changed() {
        app.say(format!("Going on with `{kind}` of {id} where it was cut off ({}).", state.since.minute()));
        dispatcher.resume(recorder, cut, id, overview, doubt, lock)?
    } else {
        app.say(match condition.is_torn() {
            false => format!("Running `{kind}` of {id} again: it was cut off before it had changed anything."),
            true => format!("Running `{kind}` of {id} again from its beginning: it was cut off in the middle."),
        });
        let input = refreshed(app, &state, cut.input)?;
        let nobody = |_: &[_]| Err(session_types::Error::new("nobody was asked to agree"));
        dispatcher.run(recorder, &Request { id: id.to_owned(), input, overview, lock }, false, &nobody)?
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
