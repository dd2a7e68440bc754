//! `session rollback`: takes a session back, and says what it is then.

use std::str::FromStr;

use serde_json::json;
use session_types::Status;
use session_workflow::{CommandError, RollbackEnd, RollbackOutcome, RollbackRequest, RollbackStep, quoted, rollback};

use super::ui::Ui;
use super::{Cx, dry_run};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session, done or active; the active one where it is left out.
    id: Option<String>,
    /// How far: `start` is the whole session, `checkpoint` its last checkpoint or that of a number, `last` undoes its
    /// newest commit only. After the last two it is active again.
    #[arg(long, value_name = "start|checkpoint[:N]|last", default_value = "start")]
    to: To,
    /// Only this plugin takes back what it has done beside the files, such as alembic its migrations; the session stays
    /// what it is.
    #[arg(long, value_name = "PLUGIN")]
    only: Option<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Agree beforehand to what is asked for otherwise: what cannot be taken back, such as changes of a database.
    #[arg(long)]
    yes: bool,
    /// Roll back all the same: although sessions that depend on it are done; a plugin that took part is not listed any
    /// more; or alembic finds its migrations neither applied nor recorded, or where it cannot take them down.
    #[arg(long)]
    force: bool,
}

/// As it is typed.
#[derive(Clone, Copy, Debug)]
struct To(RollbackStep);

impl FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "start" => Ok(Self(RollbackStep::Start)),
            None if text == "last" => Ok(Self(RollbackStep::Last)),
            None if text == "checkpoint" => Ok(Self(RollbackStep::Checkpoint(None))),
            Some(("checkpoint", number)) => match number.parse() {
                Ok(number) if number > 0 => Ok(Self(RollbackStep::Checkpoint(Some(number)))),
                _ => Err("checkpoints are numbered from 1, as in checkpoint:2".to_owned()),
            },
            _ => Err("it is start, last, checkpoint, or checkpoint:N".to_owned()),
        }
    }
}

pub(super) fn run(cx: &Cx, args: Args) -> Result<(), CommandError> {
    let Args { id, to: To(to), only, dry_run, yes, force } = args;
    let outcome = rollback(&cx.start, RollbackRequest { id, to, only, force, yes, dry_run })?;
    show(&cx.ui, &outcome);
    Ok(())
}

/// Also for a rollback that `session resume` goes on with.
pub(super) fn show(ui: &Ui, outcome: &RollbackOutcome) {
    let (id, found) = (&outcome.id, &outcome.rehearsed);
    if outcome.dry_run {
        dry_run::show(ui, found);
    }
    if ui.json {
        let plan = outcome.dry_run.then(|| dry_run::json(&found.planned));
        let confirm: Vec<_> =
            found.confirm.iter().map(|(plugin, lines)| json!({"plugin": plugin, "lines": lines})).collect();
        ui.answer(
            "rollback",
            json!({
                "id": id, "to": outcome.to, "only": outcome.only, "undone": outcome.undone, "session": outcome.session,
                "dry_run": outcome.dry_run, "plan": plan, "confirm": confirm,
            }),
        );
        return;
    }
    let next = begins(outcome);
    match outcome.end() {
        RollbackEnd::Rehearsed => {}
        RollbackEnd::Part { still_done } => {
            let only = outcome.only.as_deref().unwrap_or_default();
            ui.title(format!("{id}: {only} has taken back its part, and nothing else"));
            if still_done {
                ui.say(format!("It is still called done: session rollback {id} takes back the rest"));
            }
        }
        RollbackEnd::StillDone => ui.title(format!("{id} is done still: only this attempt was taken back")),
        RollbackEnd::NothingDone { earlier } => {
            let (status, what) = match earlier {
                true => (Status::RolledBack, "this attempt had done nothing, so it is as before"),
                false => (Status::Pending, "it had done nothing"),
            };
            ui.title(format!("{id} is {} again: {what}", status.word()));
            ui.say(format!("Next: {next}"));
        }
        RollbackEnd::Active => {
            ui.title(format!("{id} is partly rolled back, and active"));
            ui.say("When it is done: session complete");
        }
        RollbackEnd::Back => {
            ui.title(match (outcome.undone, outcome.was_done) {
                (false, true) => {
                    format!("{id} is not called done any more: it had changed no file, so nothing was undone")
                }
                (false, false) => format!("{id} is given up: nothing of it was left to undo"),
                (true, _) => format!("{id} is rolled back"),
            });
            ui.say(format!("Next: {next} begins it anew"));
        }
    }
}

/// What begins it anew; one that stands in no plan needs its title.
fn begins(outcome: &RollbackOutcome) -> String {
    let title = if outcome.planned { String::new() } else { format!(" --title {}", quoted(&outcome.title)) };
    format!("session start {}{title}", outcome.id)
}
