//! What is said of a plan that can be read: what its reader warns of, and the host: names of models, and sessions that may get
//! into one another's way.

use std::collections::HashSet;

use session_core::graph::{Graph, overlaps};
use session_core::session::{Execution, Overview, Plan};
use session_engine::project::Texts;
use session_types::{PlannedSession, Warning};

use super::app::App;
use super::plan_nodes::{nodes, open};

/// What the reader warns of, and the host: names of models, and sessions that may get into one another's way.
pub fn plan_warnings(app: &App<'_>, overview: &Overview, plan: &Plan) -> Vec<Warning> {
    let mut warnings = plan.document.warnings.clone();
    let texts = Texts::new(&app.project);
    let about = |session: &PlannedSession, kind: &str, name: &str, message: String| {
        let (line, column) = place_of(&texts, plan, session, name);
        let (kind, id, path) = (kind.to_owned(), Some(session.id.clone()), session.path.clone());
        Warning { line, column, kind, session: id, path, message, ..Warning::default() }
    };
    let known = app.project.repositories();
    // The reader knows better where it saw something like a check.
    let told =
        plan.document.warnings.iter().filter(|known| matches!(known.kind.as_str(), "no-check" | "unknown-section"));
    let told: HashSet<&str> = told.filter_map(|known| known.session.as_deref()).collect();
    for session in &plan.document.sessions {
        let checked = !session.checks.is_empty() || !app.project.manifest.project.checks.is_empty();
        if !checked && !told.contains(session.id.as_str()) {
            let message = format!("nothing verifies {}: no check was found in it", session.id);
            warnings.push(about(session, "no-check", &session.id, message));
        }
        if let Some(name) = session.metadata.repository.as_deref()
            && !known.is_empty()
            && !known.iter().any(|table| table.name == name)
        {
            let message = format!("plugins.toml has no [[repository]] named `{name}`");
            warnings.push(about(session, "unknown-repository", name, message));
        }
        for mark in Execution::read(&session.metadata).unknown {
            let message = format!("`{mark}` is no mark of execution or size, so it has no effect");
            warnings.push(about(session, "execution", &mark, message));
        }
        let names = models(app, session).into_iter();
        warnings.extend(names.map(|(name, message)| about(session, "model", &name, message)));
    }
    let nodes = open(nodes(overview, plan), overview);
    let graph = Graph::new(&nodes);
    for overlap in overlaps(&graph).found {
        let (a, b) = (&nodes[overlap.a].id, &nodes[overlap.b].id);
        let Some(session) = plan.session(b) else { continue };
        let (of_a, of_b) = (overlap.pattern_a, overlap.pattern_b);
        let message = format!("`{of_b}` may be changed by {a} too (`{of_a}`), and neither waits for the other");
        warnings.push(about(session, "overlap", of_b, message));
    }
    warnings.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    warnings
}

/// Names of models that may be refused, the sub-agents' too.
fn models(app: &App<'_>, session: &PlannedSession) -> Vec<(String, String)> {
    let meta = &session.metadata;
    let agents = meta.subagents.iter().filter_map(|agent| agent.model.as_deref());
    let names = meta.model.as_deref().into_iter().chain(agents).filter(|name| !name.eq_ignore_ascii_case("inherit"));
    let warning = |name: &str| Some((name.to_owned(), app.project.manifest.models.resolve(name).warning?));
    names.filter_map(warning).collect()
}

/// Where a session first names something; its own first line where it does not.
fn place_of(texts: &Texts<'_>, plan: &Plan, session: &PlannedSession, name: &str) -> (usize, usize) {
    let text = texts.cut(plan.file(session), &session.span.into()).ok().flatten().unwrap_or_default();
    let found = text.lines().enumerate().find_map(|(at, line)| Some((at, line[..line.find(name)?].chars().count())));
    found.map_or((session.line, 1), |(at, before)| (session.line + at, before + 1))
}
