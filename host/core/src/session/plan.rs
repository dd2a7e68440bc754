//! A plan that was read: who depends on whom, what can start, and what is wrong with it.

use std::collections::HashMap;

use serde::Serialize;
use session_types::{PlanDocument, PlannedSession, Status};

use crate::cycles::Dependencies;

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
        errors.extend(self.cycles());
        errors.sort_by_key(|error| error.line);
        errors
    }

    /// One of each group of sessions that wait on one another: a cycle from the first session in the plan.
    fn cycles(&self) -> Vec<PlanError> {
        let others = |(own, session): (usize, &PlannedSession)| {
            let known = session.depends_on.iter().filter_map(|id| self.index.get(id).copied());
            known.filter(|other| *other != own).collect()
        };
        let sessions = self.document.sessions.iter().enumerate();
        let dependencies = Dependencies::of(&sessions.map(others).collect::<Vec<_>>());
        let groups = dependencies.groups().into_iter().filter(|group| group.len() > 1);
        groups.map(|group| self.cycle(&dependencies.around(group[0]))).collect()
    }

    fn cycle(&self, around: &[usize]) -> PlanError {
        let sessions: Vec<&PlannedSession> = around.iter().map(|at| &self.document.sessions[*at]).collect();
        let ids: Vec<String> = sessions.iter().map(|session| session.id.clone()).collect();
        let first = sessions[0];
        let line = line_of(first, &sessions[1].id);
        let message = format!("{} → {}: none of them can ever start", ids.join(" → "), first.id);
        PlanError { kind: "cycle", line, session: first.id.clone(), ids, message }
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
    fn sessions_that_wait_in_several_ways_are_one_error() {
        let found = plan(&[("A", &[]), ("B", &["A", "D", "C"]), ("C", &["B"]), ("D", &["C", "B"])]).errors();
        assert_eq!(
            found.iter().map(|e| (e.kind, e.line, e.ids.join(" "))).collect::<Vec<_>>(),
            [("cycle", 2, "B D".to_owned())]
        );
    }

    #[test]
    fn a_chain_of_10_000_overflows_no_stack() {
        let ids: Vec<String> = (0..10_000).map(|i| format!("S-{i}")).collect();
        let chain = |end: &str| {
            let before: Vec<[&str; 1]> =
                [end].into_iter().chain(ids.iter().map(String::as_str)).map(|id| [id]).collect();
            let sessions: Vec<(&str, &[&str])> =
                ids.iter().zip(&before).map(|(id, before)| (id.as_str(), &before[..])).collect();
            plan(&sessions).errors()
        };
        assert_eq!(chain("S-0").iter().map(|e| e.kind).collect::<Vec<_>>(), ["self-dependency"]);
        assert_eq!(chain("S-9999").iter().map(|e| (e.kind, e.ids.len())).collect::<Vec<_>>(), [("cycle", 10_000)]);
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
