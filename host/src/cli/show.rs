//! `session show`: one session, from the journal where it was started, else from the plan.

use serde_json::json;
use session_core::quote::bare;
use session_core::session::Record;
use session_engine::project::Texts;
use session_types::hash::short;
use session_workflow::{
    App, CommandError, HandOver, HandOverEnd, Reader, count, hand_over, lines, take_review, taken_back, verdict,
};

use super::Cx;
use super::ui::Ui;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// What every check has to show for itself: command, directory, exit code, time, tree, who confirmed it.
    #[arg(long, conflicts_with = "whom")]
    evidence: bool,
    /// As one Markdown document for somebody else.
    #[arg(long = "for", value_enum, value_name = "WHOM")]
    whom: Option<For>,
    /// The way back of `--for review`: put the answer in this file into the session's notes.
    #[arg(long, value_name = "FILE")]
    paste: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum For {
    /// Task, diff since start, check results and open questions, to paste into a chat or hand to a colleague.
    Review,
    /// The evidence of the session, for a pull request.
    Pr,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    cx.ui.log_to(None);
    let id = args.id.as_deref();
    match (args.whom, &args.paste) {
        (Some(For::Pr), Some(_)) => {
            return Err(
                CommandError::usage("--paste brings a review back").hint("session show --for review --paste FILE")
            );
        }
        (_, Some(path)) => {
            show_document(&cx.ui, &take_review(&cx.start, id, path)?);
            return Ok(());
        }
        (Some(whom), None) => {
            let reader = if matches!(whom, For::Pr) { Reader::PullRequest } else { Reader::Review };
            show_document(&cx.ui, &hand_over(&cx.start, id, reader)?);
            return Ok(());
        }
        (None, None) => {}
    }
    let app = App::open(&cx.start)?;
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let overview = overview;
    let id = app.id(&overview, id)?;
    let live = overview.live(&id);
    let record = overview.records.get(&id);
    let planned = overview.plan.as_ref().and_then(|plan| plan.session(&id));
    let ui = &*cx.ui;
    if args.evidence {
        app.refuse_damaged(&overview, |damaged| damaged == id)?;
        return super::show_evidence::show(ui, &app, &overview, &id);
    }
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
    ui.out(format!("{id}  {}  ({})", bare(&overview.title(&id)), bare(&overview.phrase(&id))));
    if let (Some(plan), Some(session)) = (&overview.plan, planned) {
        ui.out(format!("plan       {}:{}", bare(plan.file(session)), session.line));
    }
    if let Some(state) = live {
        let session = &state.session;
        if session.attempt > 1 {
            ui.out(format!("attempt    {}", session.attempt));
        }
        session.started.iter().for_each(|at| ui.out(format!("started    {}", at.minute())));
        state.task_file.iter().for_each(|path| ui.out(format!("task file  {}", bare(path))));
        for checkpoint in &session.checkpoints {
            let commit = checkpoint.commit.as_deref().map_or("nothing to commit", short);
            let how = match (checkpoint.undone, checkpoint.no_verify) {
                (true, _) => "  (undone)",
                (_, true) => "  (without git's hooks)",
                _ => "",
            };
            ui.out(format!("checkpoint {} {commit} {}{how}", checkpoint.number, bare(&checkpoint.message)));
        }
        state.error.iter().for_each(|error| ui.out(format!("last error {}", bare(error))));
    }
    let newer = |record: &&Record| live.is_some_and(|state| state.session.attempt > record.attempt);
    if let Some(record) = record.filter(newer) {
        ui.out(format!("before     attempt {}{}", record.attempt, taken_back(record)));
    } else if let Some(record) = record {
        record.completed.iter().for_each(|at| ui.out(format!("completed  {}", at.minute())));
        record.facts.get("commit").iter().for_each(|commit| ui.out(format!("commit     {commit}")));
        ui.out(format!("verified   {}", bare(&record.verified)));
        if record.rolled_back.is_some() {
            ui.out(taken_back(record).trim_start_matches(", "));
        }
        if !record.alone.is_empty() {
            let plugins: Vec<&str> = record.alone.iter().map(String::as_str).collect();
            ui.out(format!("taken back by {} alone", bare(&plugins.join(", "))));
        }
    }
    if let Some(record) = record.filter(|_| live.is_none()) {
        for (number, commit) in record.checkpoints() {
            ui.out(format!("checkpoint {number} {}", short(commit)));
        }
        for check in &record.checks {
            ui.out(format!("{:<12}{}", verdict(check.verdict), bare(&check.check)));
        }
        return Ok(());
    }
    let checks = live.map(|state| &state.session.checks).or(planned.map(|session| &session.checks));
    for check in checks.into_iter().flatten() {
        lines(check).iter().for_each(|line| ui.out(line));
    }
    let prompt = live.and_then(|state| state.session.prompt.clone()).or_else(|| {
        let plan = overview.plan.as_ref()?;
        let session = planned?;
        Texts::new(&app.project).cut(plan.file(session), &session.prompt).ok()?
    });
    if let Some(prompt) = prompt {
        ui.out("");
        ui.raw(&prompt);
        ui.out("");
    }
    Ok(())
}

fn show_document(ui: &Ui, handed: &HandOver) {
    let id = &handed.id;
    let document = match &handed.end {
        HandOverEnd::Pasted(lines) => {
            ui.say(format!("{} of review stand in the notes of {id}.", count(*lines, "line")));
            if ui.json {
                ui.answer("show", json!({"id": id, "pasted": lines}));
            }
            return;
        }
        HandOverEnd::Document(document) => document,
    };
    if document.lines > 0 {
        let lines = count(document.lines, "line");
        ui.warn(format!("{lines} left out that may hold secrets; session complete refuses what is new of them"));
    }
    if ui.json {
        ui.answer("show", json!({"id": id, "text": document.text, "left_out": document.lines}));
    } else {
        ui.raw(&document.text);
    }
}
