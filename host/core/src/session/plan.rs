//! A plan that was read: who depends on whom, what can start, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use session_types::{PlanDocument, PlannedSession, Status};

/// A document of sessions, and where it came from.
#[derive(Debug, Default)]
pub struct Plan {
    /// Relative to the root.
    pub path: String,
    pub document: PlanDocument,
    /// Position of each session by its ID: a plan of ten thousand is looked through ten thousand times.
    index: HashMap<String, usize>,
}

/// What makes a plan impossible to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanError {
    /// `unknown-dependency`, `cycle`, `self-dependency`.
    pub kind: &'static str,
    /// Where the dependency is written, from 1.
    pub line: usize,
    /// The session that it is written in.
    pub session: String,
    /// The sessions concerned; of a cycle in its order.
    pub ids: Vec<String>,
    pub message: String,
}

impl Plan {
    pub fn new(path: String, document: PlanDocument) -> Self {
        let ids = document.sessions.iter().enumerate();
        let mut index = HashMap::with_capacity(document.sessions.len());
        ids.for_each(|(at, session)| _ = index.entry(session.id.clone()).or_insert(at));
        Self { path, document, index }
    }

    pub fn session(&self, id: &str) -> Option<&PlannedSession> {
        self.index.get(id).map(|at| &self.document.sessions[*at])
    }

    /// The file that a session stands in, relative to the root: the plan, or one of its folder.
    pub fn file<'p>(&'p self, session: &'p PlannedSession) -> &'p str {
        session.path.as_deref().unwrap_or(&self.path)
    }

    /// IDs in the order of the plan that are not begun and whose dependencies are done.
    pub fn ready(&self, status: impl Fn(&str) -> Status) -> Vec<String> {
        self.document
            .sessions
            .iter()
            .filter(|session| matches!(status(&session.id), Status::Pending | Status::RolledBack))
            .filter(|session| session.depends_on.iter().all(|id| status(id) == Status::Done))
            .map(|session| session.id.clone())
            .collect()
    }

    /// Dependencies of a session that are not done.
    pub fn open<'p>(&self, session: &'p PlannedSession, status: impl Fn(&str) -> Status) -> Vec<&'p str> {
        session.depends_on.iter().map(String::as_str).filter(|id| status(id) != Status::Done).collect()
    }

    /// Unknown dependencies, self dependencies and cycles, in the order of their lines.
    pub fn errors(&self) -> Vec<PlanError> {
        let known: HashMap<&str, &PlannedSession> =
            self.document.sessions.iter().map(|session| (session.id.as_str(), session)).collect();
        let mut errors = Vec::new();
        for session in &self.document.sessions {
            for id in &session.depends_on {
                let (kind, message) = if *id == session.id {
                    ("self-dependency", format!("{id} depends on itself"))
                } else if !known.contains_key(id.as_str()) {
                    ("unknown-dependency", format!("{} depends on {id}, which is not in the plan", session.id))
                } else {
                    continue;
                };
                let (line, ids) = (line_of(session, id), vec![id.clone()]);
                errors.push(PlanError { kind, line, session: session.id.clone(), ids, message });
            }
        }
        errors.extend(self.cycles(&known));
        errors.sort_by_key(|error| error.line);
        errors
    }

    /// Each cycle once, from its first session in the plan, found by a walk without recursion.
    fn cycles(&self, known: &HashMap<&str, &PlannedSession>) -> Vec<PlanError> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut errors = Vec::new();
        for first in &self.document.sessions {
            let mut path: Vec<(&str, usize)> = vec![(&first.id, 0)];
            let mut depth: BTreeMap<&str, usize> = BTreeMap::from([(first.id.as_str(), 0)]);
            while let Some((id, next)) = path.last_mut() {
                let edges = known.get(id).map_or(&[][..], |session| session.depends_on.as_slice());
                let Some(edge) = edges.get(*next).filter(|_| !seen.contains(id)) else {
                    seen.insert(id);
                    depth.remove(id);
                    path.pop();
                    continue;
                };
                *next += 1;
                let from: &str = id;
                if edge == from || !known.contains_key(edge.as_str()) || seen.contains(edge.as_str()) {
                    continue;
                }
                if let Some(start) = depth.get(edge.as_str()) {
                    let ids: Vec<String> = path[*start..].iter().map(|(id, _)| (*id).to_owned()).collect();
                    errors.push(self.cycle(ids));
                    continue;
                }
                depth.insert(edge, path.len());
                path.push((edge, 0));
            }
        }
        errors
    }

    fn cycle(&self, mut ids: Vec<String>) -> PlanError {
        let position = |id: &String| self.index.get(id);
        if let Some(first) = (0..ids.len()).min_by_key(|i| position(&ids[*i])) {
            ids.rotate_left(first);
        }
        let next = ids.get(1).unwrap_or(&ids[0]);
        let line = self.session(&ids[0]).map_or(0, |session| line_of(session, next));
        let message = format!("{} → {}: none of them can ever start", ids.join(" → "), ids[0]);
        PlanError { kind: "cycle", line, session: ids[0].clone(), ids, message }
    }
}

/// Where a session's dependency is written.
fn line_of(session: &PlannedSession, id: &str) -> usize {
    let at = session.depends_on.iter().position(|known| known == id);
    at.and_then(|at| session.depends_lines.get(at)).copied().unwrap_or(session.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sessions: &[(&str, &[&str])]) -> Plan {
        let sessions = (1..).zip(sessions).map(|(line, (id, depends_on))| PlannedSession {
            id: (*id).to_owned(),
            line,
            depends_on: depends_on.iter().map(|id| (*id).to_owned()).collect(),
            ..PlannedSession::default()
        });
        Plan::new("p.md".into(), PlanDocument { sessions: sessions.collect(), ..PlanDocument::default() })
    }

    #[test]
    fn errors_name_whole_cycles_once() {
        let found =
            plan(&[("A", &["B", "X"]), ("B", &["C"]), ("C", &["A"]), ("D", &["D", "A"]), ("E", &["F"]), ("F", &["E"])])
                .errors();
        let short: Vec<_> = found.iter().map(|e| (e.kind, e.ids.join(" "))).collect();
        assert_eq!(
            short,
            [
                ("unknown-dependency", "X".to_owned()),
                ("cycle", "A B C".to_owned()),
                ("self-dependency", "D".to_owned()),
                ("cycle", "E F".to_owned()),
            ]
        );
    }

    #[test]
    fn a_diamond_is_no_cycle() {
        assert!(plan(&[("A", &[]), ("B", &["A"]), ("C", &["A"]), ("D", &["B", "C"])]).errors().is_empty());
    }

    #[test]
    fn ready_means_every_dependency_is_done() {
        let plan = plan(&[("A", &[]), ("B", &["A"]), ("C", &["B"]), ("D", &[])]);
        let ready = plan.ready(|id| {
            if id == "A" {
                Status::Done
            } else if id == "D" {
                Status::Active
            } else {
                Status::Pending
            }
        });
        assert_eq!(ready, ["B"]);
    }
}
