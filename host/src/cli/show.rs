//! `session show`: one session, from the journal where it was started, else from the plan.

use serde_json::json;

use super::app::App;
use super::error::CommandError;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let id = app.id(&overview, args.id.as_deref())?;
    let live = overview.live(&id);
    let record = overview.records.get(&id);
    let planned = overview.plan.as_ref().and_then(|plan| plan.session(&id));
    let ui = app.ui();
    if ui.json {
        ui.answer(
            "show",
            json!({
                "id": id, "status": overview.status(&id), "session": live.map(|state| &state.session),
                "planned": planned, "record": record, "checks": live.map(|state| &state.checks),
            }),
        );
        return Ok(());
    }
    ui.out(format!("{id}  {}  ({})", overview.title(&id), overview.status(&id).word()));
    if let (Some(plan), Some(session)) = (&overview.plan, planned) {
        ui.out(format!("plan       {}:{}", plan.path, session.line));
    }
    if let Some(state) = live {
        let session = &state.session;
        session.started.iter().for_each(|at| ui.out(format!("started    {}", at.minute())));
        state.task_file.iter().for_each(|path| ui.out(format!("task file  {path}")));
        for checkpoint in &session.checkpoints {
            let commit = checkpoint.commit.as_deref().and_then(|c| c.get(..7)).unwrap_or("nothing to commit");
            ui.out(format!("checkpoint {} {commit} {}", checkpoint.number, checkpoint.message));
        }
        state.error.iter().for_each(|error| ui.out(format!("last error {error}")));
    }
    if let Some(record) = record {
        record.completed.iter().for_each(|at| ui.out(format!("completed  {}", at.minute())));
        record.facts.get("commit").iter().for_each(|commit| ui.out(format!("commit     {commit}")));
        ui.out(format!("verified   {}", record.verified));
    }
    if let Some(record) = record.filter(|_| live.is_none()) {
        for check in &record.checks {
            ui.out(format!("{:<11}{}", super::ui::verdict(check.verdict), check.check));
        }
        return Ok(());
    }
    let checks = live.map(|state| &state.session.checks).or(planned.map(|session| &session.checks));
    for check in checks.into_iter().flatten() {
        super::ui::lines(check).iter().for_each(|line| ui.out(line));
    }
    let prompt = live.and_then(|state| state.session.prompt.clone()).or_else(|| {
        let plan = overview.plan.as_ref()?;
        let bytes = std::fs::read(app.project.root.join(&plan.path)).ok()?;
        let span = planned?.prompt?;
        bytes.get(span.start..span.end).map(|text| String::from_utf8_lossy(text).into_owned())
    });
    if let Some(prompt) = prompt {
        ui.out("");
        ui.raw(prompt.as_bytes());
        ui.out("");
    }
    Ok(())
}
