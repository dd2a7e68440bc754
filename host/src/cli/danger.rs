//! Checks that destroy something, as people are told of them before anything runs: in `plan`, `trust` and `start`.

use serde_json::{Value, json};
use session_sdk::danger::allows;
use session_sdk::{Check, PlannedSession, Session};

use super::app::App;
use super::ui;
use crate::project::MANIFEST;
use crate::session::{Dangers, Plan, mark, not_allowed, place_of};

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
    pub(super) fn marked_lines(&self, session: &PlannedSession) -> Vec<String> {
        self.marked(&session.checks, &self.dangers_of(session))
    }

    /// What each of these checks destroys, in words.
    pub(super) fn marks(&self, checks: &[Check], repository: Option<&str>, below: Option<&str>) -> Vec<Vec<String>> {
        let dangers = self.dangers(checks, repository, below);
        let allow = if dangers.is_empty() { Vec::new() } else { self.allowed() };
        let of = |at: usize| dangers.get(&at).into_iter().flatten().map(|danger| mark(danger, &allow)).collect();
        (0..checks.len()).map(of).collect()
    }

    fn marked(&self, checks: &[Check], dangers: &Dangers) -> Vec<String> {
        let allow = if dangers.is_empty() { Vec::new() } else { self.allowed() };
        let of = |(at, check): (usize, &Check)| {
            let marks = dangers.get(&at).into_iter().flatten().map(|danger| format!("  {}", mark(danger, &allow)));
            ui::lines(check).into_iter().chain(marks.collect::<Vec<_>>())
        };
        checks.iter().enumerate().flat_map(of).collect()
    }

    /// Those of a whole plan, for `--json`.
    pub(super) fn dangers_json(&self, plan: &Plan) -> Vec<Value> {
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

    /// Says at `start` which checks of the session destroy something; those that will not run, for `--json`.
    pub(super) fn warn_of_dangers(&self, session: &Session) -> Vec<String> {
        let dispatcher = self.dispatcher(None, self.project.home.logs());
        let dangers = dispatcher.dangers(session);
        if dangers.is_empty() {
            return Vec::new();
        }
        let allow = dispatcher.allowed();
        let left = not_allowed(&dangers, &allow);
        let source = session.source.as_ref().map(|source| source.path.as_str());
        let mut refused = Vec::new();
        for (at, danger) in dangers.iter().flat_map(|(at, found)| found.iter().map(move |danger| (*at, danger))) {
            let Some(check) = session.checks.get(at) else { continue };
            let said = place_of(danger, check, source, MANIFEST);
            if left.get(&at).is_some_and(|left| left.contains(danger)) {
                self.ui().warn(format!("this check will not run: {said}"));
                refused.push(said);
            } else {
                self.ui().warn(format!("this check destroys something, and is allowed: {said}"));
            }
        }
        if !refused.is_empty() {
            self.ui().say("  session complete refuses until it is taken out, or `allow` in plugins.toml names it");
        }
        refused
    }
}
