//! `session start`: begins a session and says what it is, how it is verified and what hands it to a coding agent.

use std::path::{Path, PathBuf};

use serde_json::json;
use session_core::quote::quote;
use session_core::session::{Execution, SessionState, Size};
use session_types::{CheckKind, Session, shell};
use session_workflow::{
    Baseline, CommandError, Danger, StartEnd, StartOutcome, StartRequest, begin, count, first_line, lines, quoted,
};

use super::ui::Ui;
use super::{Cx, dry_run};

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

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let Args { id, plan, title, checks, baseline, force, again, dry_run } = args;
    let started = begin(&cx.start, &StartRequest { id, plan, title, checks, force, again, dry_run })?;
    show(&cx.ui, &started.outcome);
    if !baseline || started.outcome.resumed || dry_run {
        return Ok(());
    }
    if let Some(found) = started.baseline()? {
        show_baseline(&cx.ui, &found);
    }
    Ok(())
}

/// Also for a paused session that `session resume` goes on with.
pub(super) fn show(ui: &Ui, outcome: &StartOutcome) {
    match &outcome.end {
        StartEnd::Rehearsed(found) => {
            dry_run::show(ui, found);
            if ui.json {
                ui.answer("start", json!({"dry_run": true, "plan": dry_run::json(&found.planned)}));
            }
        }
        StartEnd::Started { state, dangers } => report(ui, &outcome.root, state, outcome.resumed, dangers),
    }
}

fn show_baseline(ui: &Ui, found: &Baseline) {
    let commands = count(found.commands, "command");
    match found.passed.len() {
        0 => ui.say(format!("None of its own passes yet, as it should be: {commands} to go.")),
        n => ui.warn(format!(
            "{n} of {commands} pass before any work, and will prove nothing of it: {}",
            found.passed.iter().map(|text| format!("`{}`", first_line(text))).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Says which checks of the session destroy something; those that will not run, for `--json`.
fn warn_of_dangers(ui: &Ui, dangers: &[Danger]) -> Vec<String> {
    for Danger { said, refused } in dangers {
        match refused {
            true => ui.warn(format!("this check will not run: {said}")),
            false => ui.warn(format!("this check destroys something, and is allowed: {said}")),
        }
    }
    let refused: Vec<String> =
        dangers.iter().filter(|danger| danger.refused).map(|danger| danger.said.clone()).collect();
    if !refused.is_empty() {
        ui.say("  session complete refuses until it is taken out, or `allow` in plugins.toml names it");
    }
    refused
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

fn report(ui: &Ui, root: &Path, state: &SessionState, resumed: bool, dangers: &[Danger]) {
    let session = &state.session;
    let task = state.task_file.as_deref();
    let here = std::env::current_dir().is_ok_and(|here| here == root);
    let shown = |path: &str| if here { path.to_owned() } else { root.join(path).display().to_string() };
    let command = task.map(|path| agent_command(session, &shown(path)));
    if ui.json {
        let refused = warn_of_dangers(ui, dangers);
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
    warn_of_dangers(ui, dangers);
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
