//! Taking a session back, or a part of it, by a new commit; its database first. What can be known beforehand is refused with
//! nothing changed.

use session_core::session::{EventKind, Input, Next, Overview, Record, SessionState};
use session_engine::dispatch::LockHolder;
use session_engine::project::ProjectLock;
use session_types::{Back, Check, Error, Event, RollbackTo, Session, Status};

use super::app::{App, Start};
use super::error::{CommandError, ErrorKind};
use super::freeze::frozen;
use super::history;
use super::run::{self, DryRun};
use super::words::{count, quoted};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct RollbackRequest {
    /// ID of the session, done or active; none for the one that is active here.
    pub id: Option<String>,
    pub to: RollbackStep,
    /// Only this plugin takes back what it has done beside the files.
    pub only: Option<String>,
    /// Whether it goes on although sessions that depend on it are done, or a plugin that took part is not listed.
    pub force: bool,
    /// Whether what cannot be taken back by a commit needs no question.
    pub yes: bool,
    pub dry_run: bool,
}

/// How far a session is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RollbackStep {
    #[default]
    Start,
    /// The last one where there is no number.
    Checkpoint(Option<u32>),
    Last,
}

/// What became of it.
#[derive(Debug)]
pub struct RollbackOutcome {
    pub id: String,
    pub title: String,
    pub to: RollbackTo,
    /// The plugin that alone took back its part.
    pub only: Option<String>,
    /// Whether anything was there to undo.
    pub undone: bool,
    /// Whether it was done before, and not active.
    pub was_done: bool,
    /// What its record said before.
    pub record: Option<Status>,
    /// Whether a plan says or may say what it is.
    pub planned: bool,
    /// As it is now; none after a dry run.
    pub session: Option<Session>,
    pub dry_run: bool,
    /// What plugins asked, and in a dry run what they would do.
    pub rehearsed: DryRun,
}

/// What a session is after its rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollbackEnd {
    /// Nothing was changed: it was a dry run.
    Rehearsed,
    /// One plugin took back its part alone.
    Part { still_done: bool },
    /// Only this attempt was taken back: another one was completed meanwhile.
    StillDone,
    /// It had done nothing; `earlier`: an earlier attempt was rolled back, and it is so again.
    NothingDone { earlier: bool },
    /// It was taken back to a checkpoint, and goes on.
    Active,
    /// It is rolled back.
    Back,
}

impl RollbackOutcome {
    pub fn end(&self) -> RollbackEnd {
        let status = self.session.as_ref().map(|session| session.status);
        match (&self.only, status) {
            _ if self.dry_run => RollbackEnd::Rehearsed,
            (Some(_), _) => RollbackEnd::Part { still_done: status == Some(Status::Done) },
            (None, Some(Status::Pending | Status::RolledBack))
                if !self.was_done && self.record == Some(Status::Done) =>
            {
                RollbackEnd::StillDone
            }
            (None, Some(Status::Pending)) => {
                RollbackEnd::NothingDone { earlier: self.record == Some(Status::RolledBack) }
            }
            (None, Some(Status::Active)) => RollbackEnd::Active,
            (None, _) => RollbackEnd::Back,
        }
    }
}

/// What is asked for, once it is known what there is.
struct Asked {
    to: RollbackTo,
    only: Option<String>,
    force: bool,
}

/// Takes a session back.
///
/// # Errors
/// Where it is refused or fails; one that failed half-way goes on with the same request.
pub fn rollback(start: &Start, request: RollbackRequest) -> Result<RollbackOutcome, CommandError> {
    let RollbackRequest { id, to, only, force, yes, dry_run } = request;
    let app = App::open_unless(start, |reader| {
        let mut overview = reader.overview(None)?;
        reader.look_at_branches(&mut overview);
        if id.is_some() && !reader.knows_plan(&overview) {
            return Ok(());
        }
        state_of(reader, &overview, id.as_deref(), only.is_some()).map(drop)
    })?;
    // Nobody may start a session here meanwhile: two would be active.
    let lock = if dry_run { None } else { Some(app.lock_project()?) };
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let overview = overview;
    if !dry_run {
        put_away(&app, &overview)?;
    }
    let state = state_of(&app, &overview, id.as_deref(), only.is_some())?;
    refuse_without_plugin(&app, only.as_deref())?;
    let asked = Asked { to: target(&app, &state, to)?, only, force };
    let input = match unfinished_input(&app, &state, &asked)? {
        Some(input) => input,
        None => {
            refuse(&app, &overview, &state, &asked)?;
            new_input(&app, &overview, &state, asked)?
        }
    };
    run_rollback(&app, &overview, &state, input, LockHolder::of(lock.as_ref()), dry_run, yes)
}

/// Journals of sessions that are at their end: a command was killed before it put them apart.
fn put_away(app: &App<'_>, overview: &Overview) -> Result<(), CommandError> {
    let ended = |state: &SessionState| state.error.is_none() && app.condition(state).next() == Next::PutAway;
    let mine = overview.open.iter().filter(|(_, state)| state.worktree == app.worktree());
    for (id, state) in mine.filter(|(_, state)| ended(state)) {
        let Ok(_lock) = app.lock(id) else { continue };
        if app.project.home.journal(id).is_file() {
            run::close(app, id, Some(state))?;
        }
    }
    Ok(())
}

/// Goes on with one that failed half-way, for `session resume`.
pub(crate) fn resume_half(
    app: &App<'_>,
    overview: &Overview,
    state: &SessionState,
    lock: &ProjectLock,
    yes: bool,
) -> Result<Option<RollbackOutcome>, CommandError> {
    let condition = app.condition(state);
    let Some(Input::Rollback { to, only, force, .. }) = condition.half() else { return Ok(None) };
    let asked = Asked { to: *to, only: only.clone(), force: *force };
    let input = new_input(app, overview, state, asked)?;
    run_rollback(app, overview, state, input, LockHolder::Caller(lock), false, yes).map(Some)
}

/// The session that is meant: an active one as its journal has it, one that is done as its record has it.
fn state_of(app: &App<'_>, overview: &Overview, id: Option<&str>, part: bool) -> Result<SessionState, CommandError> {
    app.refuse_stuck(overview, id)?;
    let mine = |state: &&SessionState| state.worktree == app.worktree();
    // One that was cut off or failed half-way is meant before any other.
    let open = overview.open.values().filter(mine).find(|state| id.is_none() && app.condition(state).is_rolling_back());
    let open =
        open.or_else(|| id.and_then(|id| overview.open.get(id)).filter(|state| app.condition(state).is_rolling_back()));
    if let Some(state) = open {
        return if mine(&state) { Ok(state.clone()) } else { Err(app.other_worktree(state)) };
    }
    let Some(id) = id else { return app.session(overview, None).cloned() };
    app.refuse_unknown(overview, id)?;
    match (overview.status(id), overview.records.get(id)) {
        (Status::Active, _) => app.session(overview, Some(id)).cloned(),
        (Status::Done, Some(record)) => state_of_record(app, overview, record),
        (Status::RolledBack, Some(record)) if part => state_of_record(app, overview, record),
        (Status::Paused, _) => Err(CommandError::new(format!("{id} is paused, so it cannot be rolled back"))
            .because("what it has not committed stands among that of other sessions")
            .hint(format!("session start {id}, then session rollback {id}"))),
        (Status::Pending | Status::RolledBack, _) if overview.done_elsewhere(id).is_some() => {
            let branch = overview.done_elsewhere(id).map(|other| other.branch.clone()).unwrap_or_default();
            Err(CommandError::new(format!("{id} is done on branch {branch}, and there is nothing to roll back here"))
                .hint(format!("git switch {}, then session rollback {id}", session_types::shell::word(&branch))))
        }
        (Status::RolledBack, _) => Err(CommandError::new(format!("{id} is rolled back already"))
            .hint(format!("session start {id} begins it anew"))
            .hint(format!(
                "session rollback {id} --only PLUGIN takes back what is left elsewhere, in another database"
            ))),
        (status, _) => Err(CommandError::new(format!("{id} is {}, so there is nothing to roll back", status.word()))
            .hint("session next")),
    }
}

/// One that is done, on this machine or another: what the plan says of it now, and what the record says of what was.
fn state_of_record(app: &App<'_>, overview: &Overview, record: &Record) -> Result<SessionState, CommandError> {
    let planned = overview.plan.as_ref().is_some_and(|plan| plan.session(&record.id).is_some());
    let mut session = if planned {
        frozen(app, overview, &record.id, None, &[])?
    } else {
        let checks = record.checks.iter().map(|check| Check {
            kind: check.kind,
            text: check.check.clone(),
            directory: check.directory.clone(),
            ..Check::default()
        });
        Session { id: record.id.clone(), checks: checks.collect(), ..Session::default() }
    };
    record.restore(&mut session);
    // What its record lists as documents is in the overview, as far as it counts.
    Ok(SessionState::recorded(session, app.worktree()))
}

/// Somebody must be able to take something back.
fn refuse_without_plugin(app: &App<'_>, only: Option<&str>) -> Result<(), CommandError> {
    let able = app.plugins.iter().filter(|plugin| plugin.handles(Event::Rollback)).map(|plugin| plugin.name.as_str());
    let able: Vec<&str> = able.collect();
    if able.is_empty() {
        return Err(CommandError::new("no plugin here takes anything back")
            .hint("list one that handles `rollback` in plugins.toml, such as git"));
    }
    let Some(only) = only.filter(|only| !able.contains(only)) else { return Ok(()) };
    Err(CommandError::usage(format!("there is no plugin {only} that takes something back"))
        .because(format!("these do: {}", able.join(", ")))
        .hint("session explain rollback"))
}

/// How far, with the number of the checkpoint that is meant.
fn target(app: &App<'_>, state: &SessionState, to: RollbackStep) -> Result<RollbackTo, CommandError> {
    let id = &state.session.id;
    let kept: Vec<u32> = state
        .session
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.commit.is_some() && !checkpoint.undone)
        .map(|checkpoint| checkpoint.number)
        .collect();
    let number = match to {
        RollbackStep::Start => return Ok(RollbackTo::Start),
        RollbackStep::Last => return Ok(RollbackTo::Last),
        RollbackStep::Checkpoint(Some(number)) => number,
        RollbackStep::Checkpoint(None) => *kept.last().ok_or_else(|| {
            CommandError::new(format!("{id} has no checkpoint to go back to"))
                .hint(format!("session rollback {id} takes all of it back"))
        })?,
    };
    if kept.contains(&number) || app.condition(state).is_rolling_back() {
        return Ok(RollbackTo::Checkpoint { number });
    }
    let there = kept.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let there = if there.is_empty() { "there is none".to_owned() } else { format!("there is {there}") };
    Err(CommandError::new(format!("{id} has no checkpoint {number} to go back to"))
        .because(there)
        .hint(format!("session log {id} names what happened to it")))
}

/// The input of one that was begun: the same command goes on with it.
fn unfinished_input(app: &App<'_>, state: &SessionState, asked: &Asked) -> Result<Option<Input>, CommandError> {
    let asked = Input::Rollback {
        to: asked.to,
        only: asked.only.clone(),
        force: asked.force,
        session: None,
        worktree: app.worktree(),
        task: None,
        back: Back::default(),
        rehearsed: std::collections::BTreeMap::new(),
    };
    // A part of it alone is a way on, too: the one that failed may need what the whole cannot do.
    let condition = app.condition(state);
    let other = |half: &&Input| {
        let part = matches!((&asked, *half), (Input::Rollback { only: Some(_), to, .. }, Input::Rollback { only: None, to: all, .. }) if to == all);
        condition.endless().is_none() && !part && !asked.asks_the_same(half)
    };
    if let Some(half) = condition.half().filter(other) {
        let (id, word) = (&state.session.id, half.kind());
        let error =
            CommandError::new(format!("{id} cannot be rolled back so: its `{word}` was begun with other options"));
        return Err(run::half_back(error, state));
    }
    let Some(before) = condition.endless().or(condition.unsettled()) else { return Ok(None) };
    let Input::Rollback { .. } = before else { return Ok(None) };
    Ok(match asked.asks_the_same(before) {
        true => Some(before.clone()),
        // `run` refuses a cut-off event with other options; one that only lacks its documents is finished.
        false => condition.endless().is_some().then_some(asked),
    })
}

fn refuse(app: &App<'_>, overview: &Overview, state: &SessionState, asked: &Asked) -> Result<(), CommandError> {
    let (id, force) = (&state.session.id, asked.force);
    let cannot = |why: String| CommandError::new(format!("{id} cannot be rolled back: {why}"));
    let others = overview.open.values().filter(|other| other.session.id != *id && other.worktree == app.worktree());
    let mut unfinished = others.filter_map(|other| {
        let condition = app.condition(other);
        let rollback = condition.is_rolling_back().then_some(EventKind::Rollback);
        Some((other, condition.endless().map(Input::kind).or(rollback)?))
    });
    if let Some((other, kind)) = unfinished.next() {
        return Err(cannot(format!("`{kind}` of {} is not finished", other.session.id)).hint("session resume"));
    }
    if let Some(other) = overview.active(&app.worktree()).filter(|other| other.session.id != *id) {
        let other = &other.session.id;
        return Err(cannot(format!("{other} is active here"))
            .because("a working tree has one active session, so that every change belongs to one")
            .hint(format!("session complete, session rollback {other}, or session pause to come back to it later")));
    }
    // The last one first: so they can be typed one after the other.
    let dependants: Vec<String> = dependants(overview, id).into_iter().rev().collect();
    if !dependants.is_empty() && !force {
        let built = cannot(format!("{} built on it", count(dependants.len(), "session")));
        let error =
            dependants.iter().fold(built, |error, other| error.because(format!("{other} is {}", overview.word(other))));
        let first = |other: &String| match overview.status(other) {
            // What it has not committed stands among that of others.
            Status::Paused => format!("session start {other}, session rollback {other}"),
            _ => format!("session rollback {other}"),
        };
        let first = dependants.iter().map(first).collect::<Vec<_>>().join(", ");
        return Err(error.hint(format!("{first} first; or session rollback {id} --force")));
    }
    if overview.unread.is_some() {
        app.warn(format!("which sessions depend on {id} stands in the plan, which cannot be read"));
    }
    let record = overview.records.get(id).filter(|_| state.recorded);
    let took_part = record.map_or(&state.took_part, |record| &record.took_part);
    let listed = |name: &&str| app.plugins.iter().any(|plugin| plugin.name == *name);
    let missing: Vec<&str> = took_part.iter().map(String::as_str).filter(|name| !listed(name)).collect();
    // One part alone leaves that of all others where it is anyway.
    if !missing.is_empty() && asked.only.is_none() {
        let missing = missing.join(", ");
        let what = format!("{missing} took part in it and is not in plugins.toml");
        if !force {
            return Err(cannot(what)
                .because("what it has done would stay, and nobody would know how to take it back")
                .hint(format!("list it in plugins.toml again, or session rollback {id} --force")));
        }
        app.warn(format!("{what}: what it has done stays"));
    }
    if !dependants.is_empty() {
        let named: Vec<String> =
            dependants.iter().map(|other| format!("{other} is {}", overview.word(other))).collect();
        app.warn(format!("sessions depend on it: {}", named.join(", ")));
    }
    Ok(())
}

/// Sessions that are begun or done and depend on it, directly or through others, in the order of the plan. One that is
/// under way says by itself what it depends on.
fn dependants(overview: &Overview, id: &str) -> Vec<String> {
    let planned = overview.plan.iter().flat_map(|plan| &plan.document.sessions);
    let mut known: Vec<(&str, Vec<&str>)> =
        planned.map(|session| (session.id.as_str(), session.depends_on.iter().map(String::as_str).collect())).collect();
    let is_planned = |id: &str| overview.plan.as_ref().is_some_and(|plan| plan.session(id).is_some());
    let under_way = overview.open.iter().filter(|(id, _)| !is_planned(id));
    known.extend(under_way.map(|(id, state)| {
        let on = &state.session.dependencies;
        (id.as_str(), on.iter().map(|dependency| dependency.id.as_str()).collect())
    }));
    let mut found: Vec<&str> = vec![id];
    // A plan may name a later session as a dependency of an earlier one.
    loop {
        let more = known.iter().filter(|(other, on)| on.iter().any(|on| found.contains(on)) && !found.contains(other));
        let more: Vec<&str> = more.map(|(other, _)| *other).collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    let has_begun = |id: &str| matches!(overview.status(id), Status::Done | Status::Active | Status::Paused);
    let all = known.iter().map(|(other, _)| *other);
    all.filter(|other| *other != id && found.contains(other) && has_begun(other)).map(str::to_owned).collect()
}

fn new_input(app: &App<'_>, overview: &Overview, state: &SessionState, asked: Asked) -> Result<Input, CommandError> {
    let Asked { to, only, force } = asked;
    let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
    let documents = overview.documents(Some(state));
    let id = &state.session.id;
    let back = dispatcher
        .back(state, to, documents)
        .map_err(|e| CommandError::from(e).while_(format!("{id} cannot be rolled back; nothing was changed")))?;
    let mut back = match back {
        Some(back) => back,
        // What a plugin takes back beside the files needs no history.
        None if only.is_some() => Back::default(),
        None => return Err(history::unable(app, state)),
    };
    // Another attempt was completed meanwhile, on another branch or machine, and came in by a pull: its commits stay.
    let others = overview.records.get(id).filter(|record| record.status == Status::Done && !state.recorded);
    back.commits.retain(|undo| !others.is_some_and(|record| record.names(&undo.commit)));
    let nothing = back.commits.is_empty() && back.uncommitted.is_empty() && only.is_none();
    if nothing && to != RollbackTo::Start && app.condition(state).half().is_none() {
        let what = match to {
            RollbackTo::Checkpoint { number } => format!("nothing came after checkpoint {number}"),
            _ => "it has committed nothing".to_owned(),
        };
        return Err(CommandError::new(format!("{id} cannot be rolled back: {what}"))
            .hint(format!("session rollback {id} takes all of it back")));
    }
    let session = state.recorded.then(|| Box::new(state.session.clone()));
    let (task, worktree) = (app.task(state)?, app.worktree());
    let rehearsed = std::collections::BTreeMap::new();
    Ok(Input::Rollback { to, session, worktree, only, force, task, back, rehearsed })
}

fn run_rollback(
    app: &App<'_>,
    overview: &Overview,
    before: &SessionState,
    input: Input,
    lock: LockHolder<'_>,
    dry_run: bool,
    yes: bool,
) -> Result<RollbackOutcome, CommandError> {
    let id = &before.session.id;
    let Input::Rollback { to, only, force, back, .. } = &input else {
        return Err(CommandError::new(format!("{id} has no rollback to go on with")).kind(ErrorKind::Bug));
    };
    let command = command(id, *to, only.as_deref(), *force);
    let (to, only) = (*to, only.clone());
    let nothing = back.commits.is_empty() && back.uncommitted.is_empty();
    let agree = |seen: &[(String, Vec<String>)]| agree(app, id, &command, yes, seen);
    let mut finished = run::agreed(app, id, input, overview, dry_run, lock, &agree)?;
    let record = overview.records.get(id);
    let planned = overview.plan.as_ref().is_some_and(|plan| plan.session(id).is_some());
    Ok(RollbackOutcome {
        id: id.clone(),
        title: before.session.title.clone(),
        to,
        only,
        // What an earlier attempt to take it back has done is not known here.
        undone: !nothing || app.condition(before).is_unfinished(),
        was_done: before.recorded,
        record: record.map(|record| record.status),
        planned: planned || overview.unread.is_some() || !overview.plans.is_empty(),
        session: finished.state.take().filter(|_| !dry_run).map(|state| state.session),
        dry_run,
        rehearsed: DryRun::of(finished),
    })
}

/// The command that asks for it, without an answer.
fn command(id: &str, to: RollbackTo, only: Option<&str>, force: bool) -> String {
    let mut command = format!("session rollback {id}");
    match to {
        RollbackTo::Start => {}
        RollbackTo::Last => command.push_str(" --to last"),
        RollbackTo::Checkpoint { number } => command.push_str(&format!(" --to checkpoint:{number}")),
    }
    if let Some(only) = only {
        command.push_str(&format!(" --only {}", quoted(only)));
    }
    command + if force { " --force" } else { "" }
}

/// What cannot be taken back by another commit is shown, and a person says yes to it.
fn agree(app: &App<'_>, id: &str, command: &str, yes: bool, seen: &[(String, Vec<String>)]) -> Result<(), Error> {
    let front = app.front();
    front.told_by(seen);
    if yes {
        return Ok(());
    }
    if !front.can_ask() {
        return Err(Error::new("there is no terminal to ask on whether that is right").hint(format!("{command} --yes")));
    }
    if front.ask(&format!("Roll {id} back?")) {
        return Ok(());
    }
    Err(Error::new("you did not agree to it").hint(format!("{command} --dry-run shows all of it")))
}
