//! `session start`: freezes what the session is, and begins.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::json;
use session_sdk::{CheckKind, Session, Status, shell};

use super::app::App;
use super::error::CommandError;
use super::freeze::frozen;
use super::ui::{count, lines, quoted};
use super::{baseline, run};
use crate::quote::quote;
use crate::session::{Execution, Input, Overview, SessionState, Size};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session, such as BE-04.
    id: String,
    /// The plan it stands in.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Title of a session that stands in no plan.
    #[arg(long)]
    title: Option<String>,
    /// Command that a session without a plan is checked by; may be given again.
    #[arg(long = "check", value_name = "COMMAND")]
    checks: Vec<String>,
    /// Run the checks once before any work: one that passes now will prove nothing.
    #[arg(long)]
    baseline: bool,
    /// Start although dependencies are open, HEAD is detached, or another task file is unfinished.
    #[arg(long)]
    force: bool,
    /// Start a session once more that is done on another branch.
    #[arg(long)]
    again: bool,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: Args) -> Result<(), CommandError> {
    let app = App::open_unless(start, |reader| {
        let mut overview = reader.overview(args.plan.as_deref())?;
        reader.look_at_branches(&mut overview);
        if reader.knows_plan(&overview) { able(reader, &overview, &args).map(drop) } else { Ok(()) }
    })?;
    // What sessions share is decided under the project's lock: two starts at once cannot both be the first.
    let project_lock = if args.dry_run { None } else { Some(app.lock_project()?) };
    let mut overview = app.overview(args.plan.as_deref())?;
    app.look_at_branches(&mut overview);
    let id = &args.id;
    let begun = able(&app, &overview, &args)?;
    let resumed = overview.status(id) == Status::Paused
        || matches!(begun.and_then(|state| state.unsettled_input()), Some(Input::Start { resumed: true, .. }));
    let session = match overview.live(id).filter(|_| resumed).or(begun) {
        Some(state) => state.session.clone(),
        None => frozen(&app, &overview, id, args.title.as_deref(), &args.checks)?,
    };
    if begun.is_none() {
        warn_empty(&app, &session);
        warn_open(&app, &overview, &session, args.force)?;
    }
    app.approve_typed(&session, &args.checks, args.dry_run)?;
    let settings = Some(app.project.manifest.digest.clone());
    let input =
        Input::Start { session: Box::new(session), worktree: app.worktree(), resumed, force: args.force, settings };
    let finished = run::event(&app, id, input, &overview, args.dry_run)?;
    drop(project_lock);
    if !args.dry_run {
        app.register_driver();
    }
    if args.dry_run {
        if app.ui().json {
            app.ui().answer("start", json!({"dry_run": true, "plan": run::planned_json(&finished.planned)}));
        }
        return Ok(());
    }
    if let Some(state) = &finished.state {
        report(&app, state, resumed);
    }
    if args.baseline && !resumed { baseline::run(&app, id) } else { Ok(()) }
}

/// Refuses what cannot start, whatever is approved. Else the session whose first run was cut off here, if there is one.
fn able<'o>(app: &App<'_>, overview: &'o Overview, args: &Args) -> Result<Option<&'o SessionState>, CommandError> {
    let id = &args.id;
    if args.title.is_none() && args.checks.is_empty() {
        app.known(overview, id)?;
    }
    app.refuse_stuck(overview, Some(id))?;
    app.refuse_stuck(overview, None)?;
    let here = |state: &&SessionState| state.worktree == app.worktree();
    // Its first run may have been killed after the result, when only documents were left to write.
    let begun =
        overview.open.get(id).filter(here).filter(|state| matches!(state.unsettled_input(), Some(Input::Start { .. })));
    let begun = begun.filter(|state| state.session.status == Status::Active);
    if begun.is_none() {
        refuse(app, overview, id, args.force)?;
        refuse_done_elsewhere(overview, id, args.again)?;
    }
    Ok(begun)
}

fn refuse(app: &App<'_>, overview: &Overview, id: &str, force: bool) -> Result<(), CommandError> {
    if let Some(active) = overview.active(&app.worktree()).filter(|active| active.session.id != id) {
        let other = &active.session.id;
        return Err(CommandError::new(format!("{id} cannot start: {other} is active here"))
            .because("a working tree has one active session, so that every change belongs to one")
            .hint(format!("session complete, or session pause to come back to {other} later")));
    }
    let half = |state: &&SessionState| state.worktree == app.worktree() && state.half.is_some();
    if let Some(state) = overview.open.values().find(half) {
        let other = &state.session.id;
        return Err(run::half_back(
            CommandError::new(format!("{id} cannot start: {other} is half rolled back")),
            state,
        ));
    }
    let unsettled = |state: &&SessionState| {
        let started = state.session.started.is_some() && state.session.id != id;
        started && state.worktree == app.worktree() && state.unsettled_input().is_some()
    };
    if let Some(state) = overview.open.values().find(unsettled) {
        let kind = state.unsettled_input().map_or("last event", |input| input.kind().name());
        return Err(CommandError::new(format!("{id} cannot start: `{kind}` of {} is not finished", state.session.id))
            .because("the documents, the task file among them, do not show it yet")
            .hint("session resume"));
    }
    let paused_elsewhere =
        |state: &&SessionState| state.session.status == Status::Paused && state.worktree != app.worktree();
    if let Some(state) = overview.live(id).filter(paused_elsewhere).filter(|_| !force) {
        return Err(app
            .other_worktree(state)
            .hint(format!("session start {id} --force goes on here, without those changes")));
    }
    match overview.status(id) {
        Status::Active => {
            let state = overview.live(id);
            let worktree = state.map(|state| state.worktree.clone()).unwrap_or_default();
            let error = CommandError::new(format!("{id} is active already, in {worktree}"));
            if let Some(state) = state.filter(|state| app.is_gone(state)) {
                return Err(app.name_gone(error, state));
            }
            Err(error.hint(format!("session show {id}, or session complete {id}")))
        }
        Status::Done => Err(CommandError::new(format!("{id} is done"))
            .hint(format!("session next names what can start; session rollback {id} takes it back"))),
        _ => Ok(()),
    }
}

/// Goes on with a paused one, for `session resume`.
pub(super) fn go_on(start: &super::app::Start, id: &str, dry_run: bool) -> Result<(), CommandError> {
    let id = id.to_owned();
    let (plan, title, checks) = (None, None, Vec::new());
    run(start, Args { id, plan, title, checks, baseline: false, force: false, again: false, dry_run })
}

fn refuse_done_elsewhere(overview: &Overview, id: &str, again: bool) -> Result<(), CommandError> {
    let Some(other) = overview.done_elsewhere(id).filter(|_| !again) else { return Ok(()) };
    let branch = &other.branch;
    let commit = other.commit.as_deref().and_then(|commit| commit.get(..7)).unwrap_or("no commit");
    let at = other.completed.as_ref().map(|at| format!(", {}", at.minute())).unwrap_or_default();
    Err(CommandError::new(format!("{id} is done on branch {branch}, and that is not merged here"))
        .because(format!("its record there names {commit}{at}"))
        .hint(format!("git merge {} brings it here", shell::revision(branch)))
        .hint(format!("session start {id} --again does it once more")))
}

/// A session of a plan that says nothing of its work: who starts it should know before an agent guesses.
fn warn_empty(app: &App<'_>, session: &Session) {
    let texts = [&session.context, &session.prompt, &session.expected_output];
    if let Some(source) = session.source.as_ref().filter(|_| texts.iter().all(|text| text.is_none())) {
        let (id, path, line) = (&session.id, &source.path, source.line);
        app.ui().warn(format!("{id} has no text: nothing in {path}:{line} says what to do"));
    }
}

fn warn_open(app: &App<'_>, overview: &Overview, session: &Session, force: bool) -> Result<(), CommandError> {
    let open: Vec<String> = session
        .dependencies
        .iter()
        .map(|dependency| &dependency.id)
        .filter(|id| overview.status(id) != Status::Done)
        .map(|id| format!("{id} is {}", overview.phrase(id)))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    if force {
        app.ui().warn(format!("started although {}", open.join(", ")));
        return Ok(());
    }
    let error = CommandError::new(format!("{} cannot start: it waits for others", session.id)).because(open.join(", "));
    let branches: BTreeSet<&str> = session
        .dependencies
        .iter()
        .filter_map(|dependency| overview.done_elsewhere(&dependency.id))
        .map(|other| other.branch.as_str())
        .collect();
    let error =
        branches.iter().fold(error, |error, branch| error.hint(format!("git merge {}", shell::revision(branch))));
    Err(error.hint(format!(
        "session next names what can start; session start {} --force starts it nevertheless",
        session.id
    )))
}

/// A session of a plan that says nothing is mostly one that the plan says elsewhere. One without a plan has its title.
fn warn_of_no_text(app: &App<'_>, session: &Session) {
    let Some(source) = &session.source else { return };
    let texts = [&session.context, &session.prompt, &session.expected_output];
    if texts.into_iter().flatten().all(|text| text.trim().is_empty()) {
        let (id, path, line) = (&session.id, &source.path, source.line);
        app.ui().warn(format!("{id} has no text at {path}:{line}: the task file says only its title and its checks"));
    }
}

fn size_wants_checkpoints(size: Option<Size>) -> bool {
    size == Some(Size::Heavy)
}

/// What hands the task file to a coding agent, as a shell reads it. A model that is no plain word stands in no command.
fn agent_command(session: &Session, path: &str) -> String {
    let model = session.model.as_ref();
    let plain = model.filter(|choice| is_plain_model(&choice.resolved));
    let named = plain.map_or(String::new(), |choice| format!(" --model {}", quoted(&choice.resolved)));
    let ultrathink = model.is_some_and(|choice| choice.thinking == "ultrathink");
    let how = if ultrathink { " (ultrathink)" } else { "" };
    format!("claude{named} {}", quoted(&format!("Work through {}{how}", shell::path(path))))
}

/// As names of models are: an agent could take another one for an option, and a person for more than a name.
fn is_plain_model(name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@' | '[' | ']');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.len() <= 100 && name.chars().all(part)
}

fn report(app: &App<'_>, state: &SessionState, resumed: bool) {
    let ui = app.ui();
    let session = &state.session;
    let task = state.task_file.as_deref();
    warn_of_no_text(app, session);
    let here = std::env::current_dir().is_ok_and(|here| here == app.project.root);
    let shown = |path: &str| if here { path.to_owned() } else { app.project.root.join(path).display().to_string() };
    let command = task.map(|path| agent_command(session, &shown(path)));
    if ui.json {
        let refused = app.warn_of_dangers(session);
        ui.answer(
            "start",
            json!({
                "session": session, "resumed": resumed, "task_file": task, "agent_command": command,
                "not_run": refused,
            }),
        );
        return;
    }
    let attempt = if session.attempt > 1 { format!(", attempt {}", session.attempt) } else { String::new() };
    let how = if resumed { "goes on" } else { "started" };
    ui.title(format!("{} {how}{attempt} — {}", session.id, session.title));
    let checks = session.checks.iter().filter(|check| check.kind == CheckKind::Command).count();
    if session.checks.is_empty() {
        ui.warn("nothing verifies this session: the plan names no check");
    } else {
        let found = [(checks, "command"), (session.checks.len() - checks, "manual item")].into_iter();
        let found: Vec<String> = found.filter(|(n, _)| *n > 0).map(|(n, what)| count(n, what)).collect();
        ui.say(format!("It is verified by {}:", found.join(" and ")));
        let lines: Vec<String> = session.checks.iter().flat_map(lines).collect();
        lines.iter().take(15).for_each(|line| ui.say(format!("  {line}")));
        if lines.len() > 15 {
            ui.say("  … all of them: session show");
        }
    }
    app.warn_of_dangers(session);
    let execution = Execution::read(&session.metadata);
    if let Some(size) = execution.size {
        let estimated = session.metadata.estimated_time.as_deref();
        ui.say(format!(
            "It is {size}: {}",
            estimated.map_or(size.meaning().into(), |time| format!("estimated {time}"))
        ));
    }
    if size_wants_checkpoints(execution.size) {
        ui.say("Keep what is reached on the way: session checkpoint -m \"…\"");
    }
    if let Some(choice) = &session.model {
        ui.say(format!("Model: {}, thinking {} ({})", choice.model, choice.thinking, choice.why));
    }
    if let Some(temperature) = &session.metadata.temperature {
        ui.warn(format!("temperature {temperature} stands in the task file only: the command below takes none"));
    }
    ui.say("When it is done: session complete");
    if let Some(choice) = session.model.as_ref().filter(|choice| !is_plain_model(&choice.resolved)) {
        ui.warn(format!("the model {} is no plain name, so the command below leaves it out", quote(&choice.resolved)));
    }
    if let Some(command) = command {
        ui.say("To hand it to a coding agent:");
        ui.out(command);
    }
}
