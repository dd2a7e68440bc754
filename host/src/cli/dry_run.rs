//! What a dry run would do, on screen and as JSON. What it has found comes from the workflow.

use serde_json::{Value, json};
use session_engine::dispatch::Planned;
use session_engine::world::PlannedEffect as Effect;
use session_types::hash::short;
use session_workflow::DryRun;
use similar::TextDiff;

use super::ui::Ui;

/// First what plugins would ask, then what they would do.
pub(super) fn show(ui: &Ui, found: &DryRun) {
    let planned = &found.planned;
    ui.say_for(&found.confirm);
    if ui.json {
        return;
    }
    if planned.effects.is_empty() && planned.files.is_empty() {
        ui.say("This is a dry run: nothing was changed. No plugin would write a file, run a command or commit.");
        return;
    }
    ui.say("This is a dry run: nothing was changed. It would");
    for effect in &planned.effects {
        match effect {
            Effect::Command { plugin, argv } => ui.out(format!("run ({plugin}): {}", argv.join(" "))),
            Effect::Commit { plugin, request } => {
                let subject = request.message.lines().next().unwrap_or_default();
                ui.out(format!("commit ({plugin}): {subject}"));
                request.paths.iter().for_each(|path| ui.out(format!("    {path}")));
                if let Some(fold) = &request.fold {
                    let onto = short(&fold.onto);
                    ui.out(format!("    in place of the commits behind {onto}, which {} keeps", fold.keep));
                }
            }
            Effect::Revert { plugin, request } => {
                let subject = request.message.lines().next().unwrap_or_default();
                let undoes = if request.commits.is_empty() { "what the commit before it keeps" } else { "these" };
                ui.out(format!("commit ({plugin}): {subject}, which undoes {undoes}"));
                request.commits.iter().for_each(|undo| ui.out(format!("    {}", undo.commit)));
            }
        }
    }
    for file in &planned.files {
        let (path, before, after) = (&file.path, &file.before, &file.after);
        let text = |content: &Option<Vec<u8>>| {
            content.as_ref().map(|c| String::from_utf8_lossy(c).into_owned()).unwrap_or_default()
        };
        let (before, after) = (text(before), text(after));
        ui.out(format!("write: {path}"));
        let diff = TextDiff::from_lines(&before, &after);
        ui.out_lines(diff.unified_diff().header(path, path).to_string());
    }
}

/// What a dry run would do, for `--json`.
pub(super) fn json(planned: &Planned) -> Value {
    let effects: Vec<Value> = planned
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Command { plugin, argv } => json!({"plugin": plugin, "run": argv}),
            Effect::Commit { plugin, request } => json!({"plugin": plugin, "commit": request}),
            Effect::Revert { plugin, request } => json!({"plugin": plugin, "revert": request}),
        })
        .collect();
    let files: Vec<&String> = planned.files.iter().map(|file| &file.path).collect();
    json!({"effects": effects, "writes": files})
}
