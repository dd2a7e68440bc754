//! What a person reads before the answer to `session trust`.

use super::app::App;
use super::ask::Ask;
use super::ui::{count, lines};
use crate::plugin::{Plugin, Source};

/// Shows all that is asked for. The question comes after it.
pub(super) fn screen(app: &App<'_>, ask: &Ask) {
    let ui = app.ui();
    ui.title(format!("{} asks for", app.project.root.display()));
    if ask.earlier {
        ui.say("  (this version of session keeps approvals by content, so it asks once more)");
    }
    for plugin in &app.plugins {
        ui.say(format!("  {:<10} {}: may {}", plugin.name, source(plugin), plugin.grants));
        if plugin.grants.is_open() {
            ui.say("             it can run a shell, an interpreter or git, which is as good as anything");
        }
    }
    let changes = [("new", &ask.change.new), ("changed", &ask.change.changed), ("removed", &ask.change.removed)];
    for (what, changes) in changes.into_iter().filter(|_| !ask.first) {
        for change in changes {
            let value = [change.before.as_deref(), change.now.as_deref()].into_iter().flatten();
            ui.say(format!("  {what}: {} = {}", change.key, value.collect::<Vec<_>>().join(" -> ")));
        }
    }
    for table in &app.project.manifest.repositories {
        ui.say(format!("  repository {} at {}", table.name, table.path));
    }
    for (on, what) in [
        (app.project.manifest.project.require_checks, "must be verified by a command"),
        (app.project.manifest.project.require_manual, "must have its manual items confirmed"),
    ] {
        if on {
            ui.say(format!("  every session {what}"));
        }
    }
    let allow: Vec<String> = app.plugins.iter().flat_map(Plugin::allow).collect();
    if !allow.is_empty() {
        ui.say("  these checks may run although they destroy something:");
        allow.iter().for_each(|entry| ui.say(format!("    {entry}")));
    }
    commands(app, ask);
}

fn commands(app: &App<'_>, ask: &Ask) {
    let ui = app.ui();
    for (project, what) in [(true, "every session runs"), (false, "the plan runs")] {
        let shown: Vec<_> = ask.commands.iter().filter(|command| command.project == project).collect();
        if shown.is_empty() {
            continue;
        }
        ui.say(format!("  {what} {}:", count(shown.len(), "command")));
        for command in shown {
            let new = if command.new && !ask.first { "new: " } else { "" };
            lines(&command.check).iter().for_each(|line| ui.say(format!("    {new}{line}")));
            command.dangers.iter().for_each(|danger| ui.say(format!("      {danger}")));
        }
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
