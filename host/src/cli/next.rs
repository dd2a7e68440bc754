//! `session next`: what can start now, and why the others cannot.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde_json::json;
use session_sdk::Status;

use super::app::App;
use super::error::CommandError;
use super::place::active_here;
use super::plan_graph;
use crate::graph::{Graph, overlaps};
use crate::quote::bare;
use crate::session::{Overview, Plan};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to look at.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Name every session that waits, not only the first.
    #[arg(long)]
    all: bool,
}

/// Sessions that wait and are named unless all are asked for.
const WAITING: usize = 20;
/// Pairs and names that a line shows.
const SHOWN: usize = 10;

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let (mut overview, plan) = app.overview_with_plan(args.plan.as_deref())?;
    app.look_at_branches(&mut overview);
    let ready = overview.ready();
    let status = |id: &str| overview.status(id);
    let waiting: Vec<(&str, Vec<&str>)> = plan
        .document
        .sessions
        .iter()
        .filter(|session| matches!(status(&session.id), Status::Pending | Status::RolledBack))
        .map(|session| (session.id.as_str(), plan.open(session, status)))
        .filter(|(_, open)| !open.is_empty())
        .collect();
    let active = overview.active(&app.worktree());
    let apart = apart(&overview, &plan, &ready);
    let ui = app.ui();
    if ui.json {
        let waiting: Vec<_> = waiting.iter().map(|(id, open)| json!({"id": id, "waits_for": open})).collect();
        let overlaps: Vec<_> = apart.iter().map(|(a, b, files)| json!({"sessions": [a, b], "files": files})).collect();
        let active = active.map(|state| &state.session.id);
        let parallel = together(&ready, &apart);
        ui.answer(
            "next",
            json!({
                "ready": ready, "waiting": waiting, "active": active, "parallel": parallel, "overlaps": overlaps,
            }),
        );
        return Ok(());
    }
    let half = overview.open.values().filter(|state| state.half.is_some() && state.worktree == app.worktree());
    half.for_each(|state| {
        ui.warn(format!("{} is half rolled back, and nothing starts before: session resume", state.session.id));
    });
    if let Some(state) = active {
        ui.say(active_here(state));
    }
    for id in &ready {
        ui.out(format!("{}  {}", bare(id), bare(&overview.title(id))));
    }
    let paused = overview.open.values().filter(|state| state.session.status == Status::Paused);
    paused.for_each(|state| ui.say(format!("{0} is paused: session start {0}", state.session.id)));
    for (id, other) in overview.unmerged.iter().filter(|(id, _)| overview.done_elsewhere(id).is_some()) {
        ui.say(format!("{id} is {}: git merge {}", overview.phrase(id), session_sdk::shell::revision(&other.branch)));
    }
    match ready.first() {
        Some(_) if active.is_some() => ui.say("One of these can start after that."),
        Some(first) => ui.say(format!("Start one with session start {first}")),
        None if overview.is_finished() => ui.say("Every session of the plan is done."),
        None => ui.say("No other session can start now."),
    }
    let together = together(&ready, &apart);
    if together.len() > 1 {
        ui.say(format!("These may run in parallel, each in a working tree of its own: {}", some_of(&together)));
    }
    for (a, b, files) in apart.iter().take(SHOWN) {
        ui.say(format!("Not {a} and {b} together: both may change {files}"));
    }
    let shown = if args.all { waiting.len() } else { WAITING };
    for (id, open) in waiting.iter().take(shown) {
        let open: Vec<String> = open.iter().map(|id| format!("{id} ({})", overview.phrase(id))).collect();
        ui.say(format!("{id} waits for {}", open.join(", ")));
    }
    if waiting.len() > shown {
        ui.say(format!("and {} more wait: session next --all", waiting.len() - shown));
    }
    Ok(())
}

/// Sessions that can start now and may change the same files: both IDs, and what.
fn apart(overview: &Overview, plan: &Plan, ready: &[String]) -> Vec<(String, String, String)> {
    let startable: HashSet<&str> = ready.iter().map(String::as_str).collect();
    let nodes = plan_graph::nodes_of(overview, plan, &startable, |id| startable.contains(id));
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

fn some_of(ids: &[&str]) -> String {
    match ids.len() {
        0..=SHOWN => ids.join(", "),
        more => format!("{} and {} more", ids[..SHOWN].join(", "), more - SHOWN),
    }
}
