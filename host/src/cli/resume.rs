//! `session resume`: brings documents up to date that an event could not, and says what to do about an event that was
//! cut off.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::run::{close, on_interrupt};
use crate::dispatch::Recorder;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let mut settled = Vec::new();
    let mut interrupted = Vec::new();
    let here = app.worktree();
    for (id, state) in overview.open.iter().filter(|(_, state)| state.worktree == here) {
        if let Some(kind) = state.running {
            interrupted.push((id.clone(), kind));
        } else if state.unsettled && state.session.started.is_some() {
            let _lock = if args.dry_run { None } else { Some(app.lock(id)?) };
            if !app.project.home.journal(id).is_file() {
                // Another command has settled it meanwhile.
                continue;
            }
            on_interrupt();
            let recorder = if args.dry_run {
                Recorder::rehearse(Some(state.clone()), app.stamp())
            } else {
                Recorder::open(&app.project.home.journal(id), app.stamp())?
            };
            let failed = state.error.is_some();
            let reason = state.unsettled_event().filter(|_| !failed).map_or("resume", crate::session::Kind::name);
            let logs = if args.dry_run { app.project.home.logs() } else { app.begin_logs() };
            let finished =
                app.dispatcher(overview.plan.as_deref(), logs).settle(recorder, reason, &overview, args.dry_run)?;
            if let Some(error) = finished.unsettled {
                return Err(
                    CommandError::from(error).while_(format!("the documents of {id} cannot be brought up to date"))
                );
            }
            if !args.dry_run {
                close(&app, id, finished.state.as_ref())?;
            }
            settled.push(id.clone());
        }
    }
    let ui = app.ui();
    if ui.json {
        let interrupted: Vec<_> = interrupted.iter().map(|(id, kind)| json!({"session": id, "event": kind})).collect();
        ui.answer("resume", json!({"settled": settled, "interrupted": interrupted, "dry_run": args.dry_run}));
        return Ok(());
    }
    settled.iter().for_each(|id| ui.say(format!("{id}: the documents are up to date")));
    for (id, kind) in &interrupted {
        ui.say(format!("{id}: `{kind}` was cut off; run it again: session {kind} {id}"));
    }
    if settled.is_empty() && interrupted.is_empty() {
        ui.say("Nothing was interrupted.");
    }
    Ok(())
}
