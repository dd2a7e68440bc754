//! `session plan`: what was read of the plan.

use std::path::PathBuf;

use serde_json::{Value, json};
use session_sdk::PlannedSession;

use super::app::App;
use super::error::CommandError;
use crate::session::Overview;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to show.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

/// Warnings that are shown; the others are counted.
const SHOWN: usize = 20;

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let (overview, plan) = app.overview_with_plan(args.plan.as_deref())?;
    let bytes = std::fs::read(app.project.root.join(&plan.path))?;
    let errors = plan.errors();
    let document = &plan.document;
    let ui = app.ui();
    if ui.json {
        let sessions: Vec<Value> = document.sessions.iter().map(|session| shape(session, &overview, &bytes)).collect();
        ui.answer("plan", json!({
            "path": plan.path, "project": document.project, "sessions": sessions, "warnings": document.warnings, "errors": errors,
        }));
        return Ok(());
    }
    ui.title(format!(
        "{} ({}, {})",
        app.project.name(document.project.as_deref()),
        plan.path,
        super::ui::count(document.sessions.len(), "session")
    ));
    for session in &document.sessions {
        ui.out(format!("{}  {}  ({}:{})", session.id, session.title, plan.path, session.line));
        if !session.depends_on.is_empty() {
            ui.out(format!("    depends on {}", session.depends_on.join(", ")));
        }
        for check in &session.checks {
            super::ui::lines(check).iter().for_each(|line| ui.out(format!("    {line}")));
        }
    }
    for warning in document.warnings.iter().take(SHOWN) {
        ui.warn(format!("{}:{}:{}: {}", plan.path, warning.line, warning.column, warning.message));
    }
    if document.warnings.len() > SHOWN {
        ui.warn(format!("and {} more", document.warnings.len() - SHOWN));
    }
    for error in &errors {
        ui.warn(format!("{}:{}: {}", plan.path, error.line, error.message));
    }
    Ok(())
}

fn shape(session: &PlannedSession, overview: &Overview, bytes: &[u8]) -> Value {
    let text = session.prompt.and_then(|span| bytes.get(span.start..span.end)).map(String::from_utf8_lossy);
    let checks: Vec<Value> =
        session.checks.iter().map(|check| json!({"kind": check.kind, "text": check.text})).collect();
    let meta = &session.metadata;
    json!({
        "id": session.id, "title": session.title, "line": session.line,
        "phase": meta.phase, "repository": meta.repository,
        "depends_on": session.depends_on, "parallel_with": meta.parallel_with,
        "model": meta.model, "thinking": meta.thinking, "execution": meta.execution,
        "checks": checks, "subagents": meta.subagents, "skills": meta.skills,
        "prompt": text, "commit": session.commit_message,
        "status": overview.status(&session.id), "ready": overview.ready().contains(&session.id),
    })
}
