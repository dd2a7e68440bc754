//! The sessions of a plan as nodes of a graph: for drawings, and for what may run in parallel.

use std::collections::HashSet;

use session_types::{PlannedSession, Status};

use session_core::graph::{Node, NodeState};
use session_core::session::{Overview, Plan};

/// The plan's sessions as they are now.
pub fn nodes(overview: &Overview, plan: &Plan) -> Vec<Node> {
    let ready = overview.ready();
    let ready: HashSet<&str> = ready.iter().map(String::as_str).collect();
    nodes_of(overview, plan, &ready, |_| true)
}

/// Those of them that are wanted.
pub(crate) fn nodes_of(
    overview: &Overview,
    plan: &Plan,
    ready: &HashSet<&str>,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Node> {
    let node = |session: &PlannedSession| {
        let failed = overview.live(&session.id).is_some_and(|state| state.session.failed.is_some());
        Node {
            id: session.id.clone(),
            title: session.title.clone(),
            state: NodeState::of(overview.status(&session.id), ready.contains(session.id.as_str()), failed),
            depends_on: session.depends_on.clone(),
            files: session.metadata.files.clone(),
        }
    };
    plan.document.sessions.iter().filter(|session| wanted(&session.id)).map(node).collect()
}

/// Sessions that are not done yet: only these can get into one another's way.
pub(crate) fn open(nodes: Vec<Node>, overview: &Overview) -> Vec<Node> {
    nodes.into_iter().filter(|node| overview.status(&node.id) != Status::Done).collect()
}
