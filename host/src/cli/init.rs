//! `session init NAME`: sets a project up, and shows what was written and what may run.

use std::path::PathBuf;

use serde_json::json;
use session_workflow::{App, AskedCommand, CommandError, InitEnd, InitRequest, SetUp, count, init, quoted};

use super::Cx;
use super::trust_screen::{command_lines, program_lines};
use super::ui::Ui;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the project, such as "Pipeline Unification".
    name: String,
    /// The plan; the only one that is found where it is left out, or a starter plan of one session.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Write a starter plan although a file is there that looks like a plan and holds no session.
    #[arg(long, conflicts_with = "plan")]
    starter: bool,
    /// Names of the project's repositories, where it has more than one; a folder of that name below or beside this one
    /// is taken as its path.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    repos: Vec<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let Args { name, plan, starter, repos, dry_run } = args;
    let ui = &cx.ui;
    let request = InitRequest { name, plan, starter, repositories: repos, dry_run };
    let outcome = init(&cx.start, &request)?;
    match &outcome.end {
        InitEnd::Rehearsed(written) => {
            if ui.json {
                let writes: Vec<_> = written.iter().map(|(path, text)| json!({"path": path, "text": text})).collect();
                ui.answer("init", json!({"dry_run": true, "writes": writes}));
                return Ok(());
            }
            written.iter().for_each(|(path, text)| ui.out_lines(format!("write: {path}\n{text}")));
            say_no_plan(ui, outcome.no_plan.as_deref(), &request.name);
        }
        InitEnd::SetUp(set_up) => {
            say_no_plan(ui, outcome.no_plan.as_deref(), &request.name);
            report(ui, set_up);
        }
        InitEnd::Starter { app, path, commands } => report_starter(ui, app, path, commands),
    }
    Ok(())
}

fn say_no_plan(ui: &Ui, seen: Option<&[String]>, name: &str) {
    let Some(seen) = seen else { return };
    seen.iter().take(5).for_each(|why| ui.warn(why));
    ui.say("So no plan was written. To begin with a starter plan:");
    ui.say(format!("  session init {} --starter", quoted(name)));
}

fn report_starter(ui: &Ui, app: &App<'_>, path: &str, commands: &[AskedCommand]) {
    if ui.json {
        let commands: Vec<_> = commands.iter().map(AskedCommand::json).collect();
        ui.answer("init", json!({"root": app.project.root, "documents": [path], "commands": commands}));
        return;
    }
    ui.out(path);
    say_commands(ui, app, commands);
    ui.say("Next: session next");
}

fn say_commands(ui: &Ui, app: &App<'_>, commands: &[AskedCommand]) {
    if !commands.is_empty() {
        let these = if commands.len() == 1 { "This" } else { "These" };
        ui.say(format!("{these} {} may run here now:", count(commands.len(), "command")));
        command_lines(app, commands).iter().for_each(|line| ui.say_folded(line));
    }
}

fn report(ui: &Ui, set_up: &SetUp<'_>) {
    let SetUp { app, documents, overview, commands, programs, in_git } = set_up;
    let approved = programs.are_usual();
    let ready = overview.ready();
    if !in_git {
        ui.warn("there is no git repository here: git init first, or remove the plugin git from plugins.toml");
    }
    let programs = program_lines(app, programs);
    if ui.json {
        let commands: Vec<_> = commands.iter().map(AskedCommand::json).collect();
        let programs: Vec<&str> = programs.iter().skip(1).map(|line| line.trim_start()).collect();
        ui.answer(
            "init",
            json!({
                "root": app.project.root, "documents": documents, "ready": ready, "commands": commands,
                "approved": approved, "git_runs": programs,
            }),
        );
        return;
    }
    documents.iter().for_each(|path| ui.out(path));
    if let Some(plan) = &overview.plan {
        let (errors, warnings) = (plan.errors().len(), plan.document.warnings.len());
        let found = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(found, _)| *found > 0);
        let found: String = found.map(|(found, what)| format!(", {}", count(found, what))).collect();
        let see = if found.is_empty() { "" } else { ": session plan check" };
        let sessions = count(plan.document.sessions.len(), "session");
        ui.say(format!("The plan {} has {sessions}{found}{see}.", plan.path));
    }
    if approved {
        say_commands(ui, app, commands);
    }
    programs.iter().for_each(|line| ui.say_folded(line));
    ui.say("You can edit these files. The first `session complete` commits them.");
    if !approved {
        ui.warn("init approved nothing, because the configuration of this clone names programs (above) that git runs");
        ui.say("Read them. If they are yours: session trust");
        return;
    }
    if let Some(id) = ready.first() {
        ui.say(format!("Next: session start {id}"));
    }
}
