//! `session plan`: what was read of the plan. What is wrong with it is `plan_check`, its picture `plan_graph`, and a
//! session more `plan_add`.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use session_core::quote::bare;
use session_core::session::{Overview, Plan, PlanError};
use session_engine::project::Texts;
use session_types::{PlannedSession, Warning};
use session_workflow::{App, CommandError};

use super::Cx;
use super::ui::Ui;
use super::{plan_add, plan_check, plan_graph};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to look at: a file, or a folder with one session per file.
    #[arg(long, global = true, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Name what makes the plan impossible to follow (exit code 1), and what looks wrong.
    Check,
    /// Draw who waits for whom: waves of sessions as columns, coloured by their state.
    Graph(plan_graph::Args),
    /// Write one session more into the plan.
    Add(plan_add::Args),
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    cx.ui.log_to(None);
    if let Some(What::Add(add)) = &args.what {
        return plan_add::run(cx, add, args.plan.clone());
    }
    let app = App::open(&cx.start)?;
    let (overview, plan) = app.overview_with_plan(args.plan.as_deref()).map_err(unread)?;
    match &args.what {
        Some(What::Check) => plan_check::run(&cx.ui, &app, &overview, &plan),
        Some(What::Graph(graph)) => plan_graph::run(&cx.ui, &app, graph, &overview, &plan),
        Some(What::Add(_)) | None => show(&cx.ui, &app, &overview, &plan),
    }
}

/// A plan that gives no session has one error, which programs find where they find all others.
fn unread(error: CommandError) -> CommandError {
    let found = json!({"kind": "unread", "line": null, "message": error.message, "hints": error.hints});
    error.with("errors", json!([found]))
}

fn show(ui: &Ui, app: &App<'_>, overview: &Overview, plan: &Plan) -> Result<(), CommandError> {
    let document = &plan.document;
    let errors = plan.errors();
    let warnings = &document.warnings;
    if ui.json {
        let ready: HashSet<String> = overview.ready().into_iter().collect();
        let sessions = Sessions { overview, plan, ready, texts: Texts::new(&app.project) };
        let answer = Shown {
            path: &plan.path,
            project: document.project.as_deref(),
            sessions,
            warnings: &document.warnings,
            errors,
            dangers: app.dangers_json(plan),
        };
        ui.answer_as("plan", &answer)?;
        return Ok(());
    }
    ui.title(format!(
        "{} ({}, {})",
        bare(&app.project.name(document.project.as_deref())),
        bare(&plan.path),
        session_workflow::count(document.sessions.len(), "session")
    ));
    for session in &document.sessions {
        ui.out(format!(
            "{}  {}  ({}:{})",
            bare(&session.id),
            bare(&session.title),
            bare(plan.file(session)),
            session.line
        ));
        if !session.depends_on.is_empty() {
            ui.out(format!("    depends on {}", bare(&session.depends_on.join(", "))));
        }
        app.marked_lines(session).iter().for_each(|line| ui.out(format!("    {line}")));
    }
    plan_check::brief(ui, plan, warnings, &errors);
    Ok(())
}

/// The answer in JSON. Prompts are cut from the plan as they are written: a long plan is not held twice.
#[derive(Serialize)]
struct Shown<'p> {
    path: &'p str,
    project: Option<&'p str>,
    sessions: Sessions<'p>,
    warnings: &'p [Warning],
    errors: Vec<PlanError>,
    dangers: Vec<Value>,
}

struct Sessions<'p> {
    overview: &'p Overview,
    plan: &'p Plan,
    ready: HashSet<String>,
    texts: Texts<'p>,
}

impl Serialize for Sessions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sessions = &self.plan.document.sessions;
        let mut seq = serializer.serialize_seq(Some(sessions.len()))?;
        for session in sessions {
            seq.serialize_element(&self.shape(session).map_err(serde::ser::Error::custom)?)?;
        }
        seq.end()
    }
}

impl Sessions<'_> {
    fn shape(&self, session: &PlannedSession) -> std::io::Result<Value> {
        let file = self.plan.file(session);
        let cut = |text| self.texts.cut(file, text).map_err(|e| std::io::Error::other(e.to_string()));
        let (context, prompt, expected) =
            (cut(&session.context)?, cut(&session.prompt)?, cut(&session.expected_output)?);
        let checks: Vec<Value> =
            session.checks.iter().map(|check| json!({"kind": check.kind, "text": check.text})).collect();
        let meta = &session.metadata;
        Ok(json!({
            "id": session.id, "title": session.title, "path": file, "line": session.line,
            "phase": meta.phase, "repository": meta.repository,
            "depends_on": session.depends_on, "parallel_with": meta.parallel_with,
            "week": meta.week, "track": meta.track, "working_directory": meta.working_directory, "files": meta.files,
            "model": meta.model, "thinking": meta.thinking, "execution": meta.execution,
            "size": meta.size, "estimated_time": meta.estimated_time,
            "max_thinking_tokens": meta.max_thinking_tokens, "temperature": meta.temperature,
            "checks": checks, "subagents": meta.subagents, "skills": meta.skills,
            "context": context, "prompt": prompt, "expected_output": expected,
            "commit": session.commit_message, "marked_done": session.marked_done,
            "status": self.overview.status(&session.id), "ready": self.ready.contains(&session.id),
        }))
    }
}
