//! `session trust`: one screen, one answer.

use serde_json::json;
use session_sdk::Event;

use super::app::{App, Start};
use super::error::{CommandError, Kind};
use crate::plugin::{Plugin, Source, Trust, asks, load, native_library};
use crate::project::Project;
use crate::quote::quote;
use crate::session::Overview;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Approve without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be approved.
    #[arg(long)]
    dry_run: bool,
    /// Allow a native plugin, which is trusted code without a sandbox; may be given again.
    #[arg(long, value_name = "NAME")]
    native: Vec<String>,
}

pub(super) fn run(start: &Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let project = Project::find(&start.folder())?;
    if !project.has_manifest {
        start.ui.say("There is no plugins.toml here, so there is nothing to approve: the bundled plugins are used.");
        if start.ui.json {
            start.ui.answer("trust", json!({"approved": null}));
        }
        return Ok(());
    }
    let path = start.trust_path()?;
    let mut trust = Trust::read(&path)?;
    if !args.yes && !args.dry_run && !args.native.is_empty() && !start.ui.can_ask() {
        let names = args.native.join(" --native ");
        return Err(nobody().hint(format!("session trust --yes --native {names}")));
    }
    // Asked before it is loaded: loading a library runs its code.
    let named = |name: &str, digest: &str| {
        let asked = || {
            tell_native(start, &project, name, digest)
                && (args.yes || start.ui.ask(&format!("Run {name} ({digest}) as trusted code, without a sandbox?")))
        };
        trust.allows_native(&project, name, digest)
            || (!args.dry_run && args.native.iter().any(|n| n == name) && asked())
    };
    let plugins = load(&project, named)?;
    let asked = asks(&project, &plugins);
    if trust.covers(&project, &asked) && args.native.is_empty() {
        if trust.of(&project).is_some_and(|known| known.requires != asked.requires) && !args.dry_run {
            // To require more needs no question, and to require less again shall.
            trust.approve(asked.clone());
            trust.write(&path)?;
        }
        start.ui.say(format!("{} is trusted already.", project.root.display()));
        answer(start, &asked);
        return Ok(());
    }
    let app = App::with(start, project, plugins)?;
    screen(&app, &plan_overview(&app)?);
    if args.dry_run {
        if start.ui.json {
            start.ui.answer("trust", json!({"dry_run": true, "asked": asked}));
        }
        return Ok(());
    }
    if !args.yes {
        if !start.ui.can_ask() {
            return Err(nobody().hint("session trust --yes"));
        }
        if !start.ui.ask("Trust this project?") {
            return Err(CommandError::new("not approved, so nothing of it runs").kind(Kind::NotTrusted));
        }
    }
    trust.approve(asked.clone());
    trust.write(&path)?;
    app.warm();
    app.register_driver();
    start.ui.say(format!("Approved; it stands in {}", path.display()));
    answer(start, &asked);
    Ok(())
}

/// Names what a native plugin loads with it. False where its files are others by now than those that are asked about.
fn tell_native(start: &Start, project: &Project, name: &str, digest: &str) -> bool {
    let Some(library) = native_library(project, name).filter(|library| library.digest == digest) else { return false };
    let beside: Vec<String> = library.beside().map(|(file, digest)| format!("  {}  {digest}", quote(file))).collect();
    if !beside.is_empty() {
        start.ui.say(format!("{name} loads these files with it, which count in its digest:"));
        beside.iter().for_each(|line| start.ui.say(line));
    }
    if !library.system.is_empty() {
        let names: Vec<String> = library.system.iter().map(|name| quote(name)).collect();
        start.ui.say(format!("{name} loads these libraries of the system: {}", names.join(", ")));
    }
    true
}

fn nobody() -> CommandError {
    CommandError::new("nobody is there to approve it").kind(Kind::NotTrusted)
}

/// The plan as the bundled plugins read it: before the answer, no code of the project's own runs, whatever it asks for.
fn plan_overview(app: &App<'_>) -> Result<Overview, CommandError> {
    let mut project = Project::find(&app.project.root)?;
    project.manifest.plugins.retain(|table| table.path.is_none() && table.native.is_none());
    project.manifest.plugins.iter_mut().for_each(|table| table.grant = None);
    let plugins = load(&project, |_, _| false)?;
    let bundled = App::with(app.start, project, plugins)?;
    Ok(bundled.overview(None).unwrap_or_else(|error| {
        app.ui().warn(format!("the plan cannot be shown: {}", error.message));
        Overview::default()
    }))
}

fn answer(start: &Start, asked: &crate::plugin::Approval) {
    if start.ui.json {
        start.ui.answer("trust", json!({"approved": asked}));
    }
}

fn screen(app: &App<'_>, overview: &Overview) {
    let ui = app.ui();
    ui.title(format!("{} asks for", app.project.root.display()));
    for plugin in &app.plugins {
        ui.say(format!("  {:<10} {}: may {}", plugin.name, source(plugin), plugin.grants));
        if plugin.grants.is_open() {
            ui.say("             it can run a shell, an interpreter or git, which is as good as anything");
        }
    }
    for table in &app.project.manifest.repositories {
        ui.say(format!("  repository {} at {}", table.name, table.path));
    }
    let checks = &app.project.manifest.project.checks;
    if !checks.is_empty() {
        ui.say("  every session runs:");
        app.marked_project_checks().iter().for_each(|line| ui.say(format!("    {line}")));
    }
    for (on, what) in [
        (app.project.manifest.project.require_checks, "must be verified by a command"),
        (app.project.manifest.project.require_manual, "must have its manual items confirmed"),
    ] {
        if on {
            ui.say(format!("  every session {what}"));
        }
    }
    let allow: Vec<String> =
        app.plugins.iter().filter(|plugin| plugin.handles(Event::Verify)).flat_map(Plugin::allow).collect();
    if !allow.is_empty() {
        ui.say("  these checks may run although they destroy something:");
        allow.iter().for_each(|entry| ui.say(format!("    {entry}")));
    }
    if let Some(plan) = &overview.plan {
        let is_command = |check: &session_sdk::Check| check.kind == session_sdk::CheckKind::Command;
        let mut sessions = plan.document.sessions.clone();
        sessions.iter_mut().for_each(|session| session.checks.retain(is_command));
        let commands = sessions.iter().map(|session| session.checks.len()).sum();
        ui.say(format!("  the plan {} runs {}:", plan.path, super::ui::count(commands, "command")));
        sessions.iter().flat_map(|session| app.marked_lines(session)).for_each(|line| ui.say(format!("    {line}")));
        ui.say("  (later edits of the plan do not ask again: read them as you read any code)");
    }
}

fn source(plugin: &Plugin) -> String {
    let digest = plugin.digest.get(..19).unwrap_or(&plugin.digest);
    match &plugin.source {
        Source::Bundled => "bundled".to_owned(),
        Source::Component(path) => format!("{path} ({digest}…)"),
        Source::Native(path) => format!("{path} ({digest}…), NATIVE: trusted code without a sandbox"),
    }
}
