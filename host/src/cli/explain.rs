//! `session explain EVENT`: the schedule as it would run.

use clap::builder::PossibleValuesParser;
use serde_json::json;
use session_core::session::{EventKind, Order, Phase, Rule, Stage, schedule, settle_stage};
use session_engine::plugin::Source;
use session_types::Event;
use session_workflow::{App, CommandError};

use super::Cx;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to explain; `settle` is what follows every event.
    #[arg(value_parser = PossibleValuesParser::new(EventKind::ALL.map(EventKind::name).into_iter().chain(["settle"])))]
    event: String,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    cx.ui.log_to(None);
    let app = App::open(&cx.start)?;
    let handlers = app.dispatcher(None, app.project.home.logs()).handlers();
    let stages = match EventKind::from_name(&args.event) {
        Some(kind) => schedule(kind, &handlers),
        None => vec![settle_stage(&handlers)],
    };
    let ui = &*cx.ui;
    if ui.json {
        let stages: Vec<_> = stages
            .iter()
            .map(|stage| {
                let steps: Vec<_> = stage
                    .steps
                    .iter()
                    .map(|step| json!({"plugin": step.name, "on_error": if step.warn { "warn" } else { "stop" }}))
                    .collect();
                json!({
                    "stage": title(stage), "event": stage.event, "steps": steps, "stops": rule(stage), "why": why(stage),
                })
            })
            .collect();
        let plugins: Vec<_> = app
            .plugins
            .iter()
            .map(|p| json!({"name": p.name, "digest": p.digest, "handles": p.inspection.handles, "asks": p.inspection.asks, "grants": p.grants}))
            .collect();
        ui.answer("explain", json!({"event": args.event, "stages": stages, "plugins": plugins}));
        return Ok(());
    }
    for stage in &stages {
        ui.out(format!("{} ({})", title(stage), rule(stage)));
        why(stage).iter().for_each(|why| ui.out(format!("  {why}")));
        for (i, step) in stage.steps.iter().enumerate() {
            let plugin = &app.plugins[step.plugin];
            let asks: Vec<&str> = plugin.inspection.asks.iter().map(|power| power.name()).collect();
            let asks = match &plugin.source {
                Source::Native(_) => "everything: it is native".to_owned(),
                _ if asks.is_empty() => "nothing".to_owned(),
                _ => asks.join(", "),
            };
            ui.out(format!("  {}. {:<10} asks for {asks}; may {}", i + 1, step.name, plugin.grants));
        }
        if stage.steps.is_empty() {
            ui.out("  no plugin handles it");
        }
    }
    Ok(())
}

fn title(stage: &Stage) -> String {
    let order = if stage.order == Order::Reversed { ", in reverse order" } else { "" };
    match stage.phase {
        Phase::Rehearse => format!("rehearse {}, before anything is begun{order}", stage.event),
        Phase::Run => format!("{}{order}", stage.event),
        Phase::Settle => format!("settle the documents{order}"),
    }
}

/// Why it is so, where that is not plain.
fn why(stage: &Stage) -> Option<&'static str> {
    match (stage.phase, stage.event) {
        (Phase::Rehearse, Event::Rollback) => {
            Some("why: a conflict, or a migration that another session builds on, is found before anything is touched")
        }
        (Phase::Run, Event::Rollback) => Some(
            "why backwards: a database can go back only while the files are there that say how, so before they are undone",
        ),
        _ => None,
    }
}

fn rule(stage: &Stage) -> &'static str {
    match (stage.phase, stage.rule) {
        (Phase::Rehearse, _) => "a dry run; an error refuses the event with nothing changed",
        (_, Rule::FirstError) if stage.event == Event::Rollback => {
            "the first error stops; session resume goes on from there"
        }
        (_, Rule::FirstError) => "the first error stops",
        (_, Rule::AllRun) => "all run; one failed check fails the event",
        (_, Rule::ResultStands) => "all run; the event's result stands",
    }
}
