//! `session show`: one session, from the journal where it was started, else from the plan.

use serde_json::json;

use super::app::App;
use super::error::CommandError;
use super::show_for::{self, For};
use crate::project::Texts;
use crate::quote::bare;
use crate::session::{Kind as EventKind, Record};

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

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    // What is pasted is a note, and that is an event.
    let app = match args.paste {
        Some(_) => App::open_for_session(start, args.id.as_deref(), EventKind::Note)?,
        None => App::open(start)?,
    };
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let overview = overview;
    let id = app.id(&overview, args.id.as_deref())?;
    let live = overview.live(&id);
    let record = overview.records.get(&id);
    let planned = overview.plan.as_ref().and_then(|plan| plan.session(&id));
    let ui = app.ui();
    if args.evidence || args.whom.is_some() {
        app.refuse_damaged(&overview, |damaged| damaged == id)?;
    }
    if args.evidence {
        return super::show_evidence::show(&app, &overview, &id);
    }
    if let Some(whom) = args.whom.or(args.paste.as_ref().map(|_| For::Review)) {
        return for_somebody(&app, &overview, &id, whom, args.paste.as_deref());
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
            let commit = checkpoint.commit.as_deref().and_then(|c| c.get(..7)).unwrap_or("nothing to commit");
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
            ui.out(format!("checkpoint {number} {}", commit.get(..7).unwrap_or(commit)));
        }
        for check in &record.checks {
            ui.out(format!("{:<12}{}", super::ui::verdict(check.verdict), bare(&check.check)));
        }
        return Ok(());
    }
    let checks = live.map(|state| &state.session.checks).or(planned.map(|session| &session.checks));
    for check in checks.into_iter().flatten() {
        super::ui::lines(check).iter().for_each(|line| ui.out(line));
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

/// That and how it was taken back, behind what is said of it; nothing where it was not.
pub(super) fn taken_back(record: &Record) -> String {
    let Some(back) = &record.rolled_back else { return String::new() };
    let by = record.facts.get("revert").and_then(|line| line.get(..7)).unwrap_or_default();
    let how = if back.partly { "partly rolled back" } else { "rolled back" };
    format!(", {how} {} {by}", back.at.minute()).trim_end().to_owned()
}

fn for_somebody(
    app: &App<'_>,
    overview: &crate::session::Overview,
    id: &str,
    whom: For,
    paste: Option<&std::path::Path>,
) -> Result<(), CommandError> {
    let ui = app.ui();
    let live = overview.live(id);
    let record = overview.records.get(id);
    let document = match (whom, paste) {
        (For::Pr, Some(_)) => {
            return Err(
                CommandError::usage("--paste brings a review back").hint("session show --for review --paste FILE")
            );
        }
        (For::Pr, None) if live.is_none() && record.is_none() => {
            return Err(CommandError::new(format!("{id} has no evidence: it was never started"))
                .hint(format!("session start {id}")));
        }
        (For::Pr, None) => {
            let record = record.filter(|record| live.is_none_or(|state| state.session.attempt <= record.attempt));
            show_for::pr(live.map(|state| &state.session), record, live)
        }
        (For::Review, _) => {
            let state = app.session(overview, Some(id))?;
            if let Some(path) = paste {
                let lines = show_for::paste(app, overview, state, path)?;
                ui.say(format!("{} of review stand in the notes of {id}.", super::ui::count(lines, "line")));
                if ui.json {
                    ui.answer("show", json!({"id": id, "pasted": lines}));
                }
                return Ok(());
            }
            show_for::review(app, overview, state)?
        }
    };
    if document.lines > 0 {
        let lines = super::ui::count(document.lines, "line");
        ui.warn(format!("{lines} left out that may hold secrets; session complete refuses what is new of them"));
    }
    if ui.json {
        ui.answer("show", json!({"id": id, "text": document.text, "left_out": document.lines}));
    } else {
        ui.raw(&document.text);
    }
    Ok(())
}
