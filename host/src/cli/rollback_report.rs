//! What `session rollback` answers at its end. Taking the session back is `rollback.rs`.

use serde_json::json;
use session_sdk::{RollbackTo, Session, Status};

use super::app::App;
use super::run;
use super::ui::quoted;
use crate::dispatch::Finished;
use crate::session::{Overview, SessionState};

/// Says what became of the session, or answers in JSON.
pub(super) fn show(
    app: &App<'_>,
    overview: &Overview,
    before: &SessionState,
    (to, only): (RollbackTo, Option<&str>),
    (dry_run, nothing): (bool, bool),
    finished: &Finished,
) {
    let (ui, id) = (app.ui(), &before.session.id);
    let next = begins(overview, &before.session);
    let earlier = overview.records.get(id).is_some_and(|record| record.status == Status::RolledBack);
    let seen: Vec<(String, Vec<String>)> = finished
        .rehearsed
        .iter()
        .filter(|(_, summary)| !summary.confirm.is_empty())
        .map(|(plugin, summary)| (plugin.clone(), summary.confirm.clone()))
        .collect();
    let status = finished.state.as_ref().map(|state| state.session.status);
    if ui.json {
        let session = finished.state.as_ref().map(|state| &state.session);
        let plan = dry_run.then(|| run::planned_json(&finished.planned));
        let confirm: Vec<_> = seen.iter().map(|(plugin, lines)| json!({"plugin": plugin, "lines": lines})).collect();
        let session = session.filter(|_| !dry_run);
        ui.answer(
            "rollback",
            json!({
                "id": id, "to": to, "only": only, "undone": !nothing, "session": session, "dry_run": dry_run, "plan": plan,
                "confirm": confirm,
            }),
        );
        return;
    }
    if dry_run {
        return;
    }
    match (only, status) {
        (Some(only), _) => {
            ui.title(format!("{id}: {only} has taken back its part, and nothing else"));
            if status == Some(Status::Done) {
                ui.say(format!("It is still called done: session rollback {id} takes back the rest"));
            }
        }
        // Another attempt was completed meanwhile.
        (None, Some(Status::Pending | Status::RolledBack)) if !before.recorded && is_done(overview, id) => {
            ui.title(format!("{id} is done still: only this attempt was taken back"));
        }
        (None, Some(Status::Pending)) => {
            let what =
                if earlier { "this attempt had done nothing, so it is as before" } else { "it had done nothing" };
            let status = if earlier { Status::RolledBack } else { Status::Pending };
            ui.title(format!("{id} is {} again: {what}", status.word()));
            ui.say(format!("Next: {next}"));
        }
        (None, Some(Status::Active)) => {
            ui.title(format!("{id} is partly rolled back, and active"));
            ui.say("When it is done: session complete");
        }
        (None, _) => {
            ui.title(match (nothing, before.recorded) {
                (true, true) => {
                    format!("{id} is not called done any more: it had changed no file, so nothing was undone")
                }
                (true, false) => format!("{id} is given up: nothing of it was left to undo"),
                (false, _) => format!("{id} is rolled back"),
            });
            ui.say(format!("Next: {next} begins it anew"));
        }
    }
}

/// What begins it anew; one that stands in no plan needs its title.
fn begins(overview: &Overview, session: &Session) -> String {
    let id = &session.id;
    let planned = overview.plan.as_ref().is_some_and(|plan| plan.session(id).is_some());
    if planned || overview.unread.is_some() || !overview.plans.is_empty() {
        return format!("session start {id}");
    }
    format!("session start {id} --title {}", quoted(&session.title))
}

fn is_done(overview: &Overview, id: &str) -> bool {
    overview.records.get(id).is_some_and(|record| record.status == Status::Done)
}
