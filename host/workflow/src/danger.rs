//! Checks that destroy something, as people are told of them before anything runs: in `plan`, `trust` and `start`.

use serde_json::{Value, json};
use session_core::session::{Dangers, Plan, mark, not_allowed, place_of};
use session_engine::project::MANIFEST;
use session_types::danger::allows;
use session_types::{Check, PlannedSession, Session};

use super::app::App;
use super::words;

impl App<'_> {
    fn dangers(&self, checks: &[Check], repository: Option<&str>, below: Option<&str>) -> Dangers {
        self.dispatcher(None, self.project.home.logs()).dangers_of(checks, repository, below)
    }

    fn allowed(&self) -> Vec<String> {
        self.dispatcher(None, self.project.home.logs()).allowed()
    }

    fn dangers_of(&self, session: &PlannedSession) -> Dangers {
        let repository = self.project.repository_of(&session.id, session.metadata.repository.as_deref());
        self.dangers(&session.checks, repository.as_deref(), session.metadata.working_directory.as_deref())
    }

    /// Checks of a session as lines, each danger below its check.
    pub fn marked_lines(&self, session: &PlannedSession) -> Vec<String> {
        self.marked(&session.checks, &self.dangers_of(session))
    }

    /// What each of these checks destroys, in words.
    pub(crate) fn marks(&self, checks: &[Check], repository: Option<&str>, below: Option<&str>) -> Vec<Vec<String>> {
        let dangers = self.dangers(checks, repository, below);
        let allow = if dangers.is_empty() { Vec::new() } else { self.allowed() };
        let of = |at: usize| dangers.get(&at).into_iter().flatten().map(|danger| mark(danger, &allow)).collect();
        (0..checks.len()).map(of).collect()
    }

    fn marked(&self, checks: &[Check], dangers: &Dangers) -> Vec<String> {
        let allow = if dangers.is_empty() { Vec::new() } else { self.allowed() };
        let of = |(at, check): (usize, &Check)| {
            let marks = dangers.get(&at).into_iter().flatten().map(|danger| format!("  {}", mark(danger, &allow)));
            words::lines(check).into_iter().chain(marks.collect::<Vec<_>>())
        };
        checks.iter().enumerate().flat_map(of).collect()
    }

    /// Those of a whole plan, for `--json`.
    pub fn dangers_json(&self, plan: &Plan) -> Vec<Value> {
        let allow = self.allowed();
        let mut all = Vec::new();
        for session in &plan.document.sessions {
            for (at, found) in self.dangers_of(session) {
                let line = session.checks.get(at).and_then(|check| check.line);
                all.extend(found.iter().map(|danger| {
                    json!({
                        "session": session.id, "check": at, "path": plan.file(session), "line": line,
                        "grade": danger.grade, "command": danger.command, "why": danger.why,
                        "allowed": allows(&allow, &danger.text),
                    })
                }));
            }
        }
        all
    }

    /// Checks of a session that destroy something, as a person is told of them when it starts.
    pub(crate) fn dangers_at_start(&self, session: &Session) -> Vec<Danger> {
        let dispatcher = self.dispatcher(None, self.project.home.logs());
        let dangers = dispatcher.dangers(session);
        if dangers.is_empty() {
            return Vec::new();
        }
        let allow = dispatcher.allowed();
        let left = not_allowed(&dangers, &allow);
        let source = session.source.as_ref().map(|source| source.path.as_str());
        let all = dangers.iter().flat_map(|(at, found)| found.iter().map(move |danger| (*at, danger)));
        all.filter_map(|(at, danger)| {
            let check = session.checks.get(at)?;
            let refused = left.get(&at).is_some_and(|left| left.contains(danger));
            Some(Danger { said: place_of(danger, check, source, MANIFEST), refused })
        })
        .collect()
    }
}

/// A check that destroys something.
#[derive(Clone, Debug)]
pub struct Danger {
    /// Which check, where it stands, and what it destroys, in words.
    pub said: String,
    /// It will not run, since nothing in plugins.toml allows it.
    pub refused: bool,
}
