//! What can start now, and why the others cannot.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use session_core::graph::{Graph, overlaps};
use session_core::session::{Overview, Plan};
use session_types::Status;

use super::app::{App, Start};
use super::error::CommandError;
use super::plan_nodes::nodes_of;
use super::run::unfinished_rollbacks;

/// What is known of the sessions of the plan.
#[derive(Debug)]
pub struct NextOutcome {
    pub overview: Overview,
    /// The working tree that was asked about.
    pub worktree: String,
    /// Sessions of that tree that are half rolled back: nothing starts before that is decided.
    pub half: Vec<String>,
    /// One of that tree whose rollback was cut off while git took files back.
    pub torn: Option<String>,
    /// Sessions that can start now, in the order of the plan.
    pub ready: Vec<String>,
    /// Sessions that wait, each with those that it waits for.
    pub waiting: Vec<(String, Vec<String>)>,
    /// Two that can start now and may change the same files: both IDs, and which files.
    pub apart: Vec<(String, String, String)>,
    /// Those that may run at the same time, each in a working tree of its own.
    pub together: Vec<String>,
}

/// Says what can start.
///
/// # Errors
/// Where there is no plan, or it cannot be read.
pub fn next(start: &Start, plan: Option<&Path>) -> Result<NextOutcome, CommandError> {
    let app = App::open(start)?;
    let (mut overview, plan) = app.overview_with_plan(plan)?;
    app.look_at_branches(&mut overview);
    let ready = overview.ready();
    let status = |id: &str| overview.status(id);
    let waits = |id: &str| matches!(status(id), Status::Pending | Status::RolledBack);
    let sessions = plan.document.sessions.iter().filter(|session| waits(&session.id));
    let open = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let waiting = sessions.map(|session| (session.id.clone(), open(plan.open(session, status))));
    let waiting = waiting.filter(|(_, open)| !open.is_empty()).collect();
    let apart = apart(&overview, &plan, &ready);
    let together = together(&ready, &apart).into_iter().map(str::to_owned).collect();
    let (half, torn) = unfinished_rollbacks(&app, &overview);
    let half = half.into_iter().map(|state| state.session.id.clone()).collect();
    let torn = torn.first().map(|state| state.session.id.clone());
    Ok(NextOutcome { half, torn, worktree: app.worktree(), ready, waiting, apart, together, overview })
}

/// Sessions that can start now and may change the same files: both IDs, and what.
fn apart(overview: &Overview, plan: &Plan, ready: &[String]) -> Vec<(String, String, String)> {
    let startable: HashSet<&str> = ready.iter().map(String::as_str).collect();
    let nodes = nodes_of(overview, plan, &startable, |id| startable.contains(id));
    let graph = Graph::new(&nodes);
    let both = |a: &str, b: &str| if a == b { a.to_owned() } else { format!("{a} ({b})") };
    let found = overlaps(&graph).found.into_iter();
    found
        .map(|overlap| {
            let (a, b) = (&nodes[overlap.a].id, &nodes[overlap.b].id);
            (a.clone(), b.clone(), both(overlap.pattern_a, overlap.pattern_b))
        })
        .collect()
}

/// Those that are in nobody's way among them: each in the order of the plan, unless an earlier one touches its files.
fn together<'r>(ready: &'r [String], apart: &[(String, String, String)]) -> Vec<&'r str> {
    let mut in_the_way: HashMap<&str, Vec<&str>> = HashMap::new();
    for (a, b, _) in apart {
        in_the_way.entry(b).or_default().push(a);
    }
    let mut taken: HashSet<&str> = HashSet::new();
    for id in ready {
        if !in_the_way.get(id.as_str()).is_some_and(|others| others.iter().any(|other| taken.contains(other))) {
            taken.insert(id);
        }
    }
    ready.iter().map(String::as_str).filter(|id| taken.contains(id)).collect()
}
