//! `session resume`: finishes what was cut off, and says what became of each session.

use serde_json::json;
use session_core::session::{EventKind, SessionState, Wholeness};
use session_types::Status;
use session_workflow::{
    Brought, CommandError, Decision, How, ResumeOutcome, ResumeRequest, Resumed, Resumption, resume, word,
};

use super::ui::Ui;
use super::{Cx, rollback, start};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; every one of this working tree where it is left out. A paused one goes on.
    id: Option<String>,
    /// Run the command again of which nobody knows whether it ran to its end; or run a step anew that asked for something
    /// else than before, or whose commit is gone.
    #[arg(long, conflicts_with_all = ["assume_done", "abort"])]
    retry: bool,
    /// Go on as if that command had succeeded.
    #[arg(long, conflicts_with = "abort")]
    assume_done: bool,
    /// Give up the event that was cut off. What it has changed stays. Of a session that is done, and of which a part was
    /// taken back alone: say that this part is there again.
    #[arg(long)]
    abort: bool,
    /// Bring a session to this working tree whose own is gone: removed, moved or mounted elsewhere. Shows first what will
    /// be missing.
    #[arg(long, requires = "id", conflicts_with_all = ["retry", "assume_done", "abort"])]
    here: bool,
    /// Agree to what is asked for otherwise: what a rollback that goes on changes, such as a database; what will be
    /// missing here.
    #[arg(long)]
    yes: bool,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let Args { id, retry, assume_done, abort, here, yes, dry_run } = args.clone();
    let ui = &cx.ui;
    // They exclude one another.
    let decided = [(retry, Decision::Retry), (assume_done, Decision::AssumeDone), (abort, Decision::GiveUp)];
    let decision = decided.into_iter().find_map(|(typed, decision)| typed.then_some(decision));
    match resume(&cx.start, &ResumeRequest { id, decision, here, yes, dry_run })? {
        ResumeOutcome::Finished(resumption) => return show(ui, resumption, dry_run),
        ResumeOutcome::WentOn(outcome) => start::show(ui, &outcome),
        ResumeOutcome::Here(brought) => show_here(ui, &brought, dry_run),
        ResumeOutcome::Whole { id, .. } if ui.json => ui.answer("resume", json!({"whole": [id], "dry_run": dry_run})),
        ResumeOutcome::Whole { id, plugins, .. } if dry_run => {
            ui.say(format!("{id}: what {} had taken back would be called there again", plugins.join(", ")));
        }
        ResumeOutcome::Whole { id, plugins, record } => {
            let plugins = plugins.join(", ");
            ui.title(format!("{id} is done, and what {plugins} had taken back is called there again, on your word"));
            ui.say(format!("It stands in {record}; the next commit of documents takes that along."));
        }
    }
    Ok(())
}

fn show(ui: &Ui, all: Resumption, dry_run: bool) -> Result<(), CommandError> {
    let Resumption { resumed, rollbacks, would, paused, error } = all;
    // Each says what became of it itself.
    rollbacks.iter().for_each(|outcome| rollback::show(ui, outcome));
    // Where there is an error, that is the answer.
    let said =
        if error.is_some() { !resumed.is_empty() && !ui.json } else { rollbacks.is_empty() || !resumed.is_empty() };
    if said {
        report(ui, &resumed, &would, dry_run);
        paused.iter().for_each(|id| ui.say(format!("{id} is paused: session resume {id} goes on with it")));
    }
    error.map_or(Ok(()), Err)
}

fn show_here(ui: &Ui, brought: &Brought, dry_run: bool) {
    let id = &brought.id;
    if ui.json {
        let (from, missing) = (&brought.from, &brought.missing);
        ui.answer("resume", json!({"here": id, "from": from, "missing": missing, "dry_run": dry_run}));
        return;
    }
    if dry_run {
        return;
    }
    ui.title(format!("{id} is {} here now", brought.status.word()));
    ui.say(match brought.status {
        _ if brought.unfinished => "Next: session resume finishes what was cut off".to_owned(),
        Status::Paused => format!("Next: session start {id}"),
        _ => format!("Next: session complete {id}, when its work is done"),
    });
}

fn report(ui: &Ui, resumed: &[Resumed], plans: &[(String, String)], dry_run: bool) {
    if ui.json {
        let of = |how| -> Vec<_> {
            let those = resumed.iter().filter(|one| one.how == how);
            those.map(|one| json!({"session": one.id, "event": one.kind})).collect()
        };
        let plans: Vec<_> = plans.iter().map(|(id, plan)| json!({"session": id, "would": plan})).collect();
        ui.answer(
            "resume",
            json!({
                "finished": of(How::Finished), "given_up": of(How::GivenUp), "settled": of(How::Settled),
                "dry_run": dry_run, "plan": plans,
            }),
        );
        return;
    }
    plans.iter().for_each(|(_, plan)| ui.say(plan));
    for Resumed { id, kind, how, state } in resumed {
        let kind = kind.map_or("the last event", EventKind::name);
        let failed = state.as_ref().is_some_and(|state| state.error.is_some());
        match how {
            How::Finished => ui.title(format!("{id}: {kind} is finished")),
            How::Settled if failed => ui.title(format!("{id}: the documents show now that {kind} failed")),
            How::Settled => ui.title(format!("{id}: the documents show {kind} now")),
            How::GivenUp => ui.title(format!("{id}: {kind} is given up")),
        }
        if let Some(state) = state.as_ref().filter(|_| *how == How::GivenUp) {
            state
                .changed()
                .for_each(|done| ui.say(format!("It stays that {} has {}.", done.plugin, word(&done.effect))));
        }
        match state.as_ref().map(|state| state.session.status) {
            Some(Status::Active) => ui.say(format!("Next: session complete {id}, when its work is done")),
            Some(Status::Done) if state.as_ref().is_some_and(is_partly_back) => {
                ui.say(format!("{id} is still called done. Next: session rollback {id} takes back the rest;"));
                ui.say(format!("or put back by hand what was taken back, then session resume {id} --abort"));
            }
            Some(Status::Done) => ui.say("Next: session next"),
            Some(Status::Pending | Status::Paused | Status::RolledBack) => ui.say(format!("Next: session start {id}")),
            Some(Status::Unknown) | None => {}
        }
    }
    if resumed.is_empty() && plans.is_empty() {
        ui.say("Nothing was cut off.");
    }
}

/// A part of it was taken back.
fn is_partly_back(state: &SessionState) -> bool {
    state.condition_under_lock().back != Wholeness::Whole
}
