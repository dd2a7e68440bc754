//! What each event is given besides the session itself.

use std::collections::BTreeMap;

use serde::Serialize;
use session_core::session::{Input, Overview, SessionState};
use session_types::{Checkpoint, Complete, Event, Rollback, Settle, Start, Status};

use super::event::{Dispatcher, Request};
use super::pass::Pass;

impl Dispatcher<'_> {
    pub(super) fn data(&self, pass: &Pass, request: &Request<'_>, event: Event, plugin: &str) -> serde_json::Value {
        let documents = pass.documents(request.overview);
        match (event, &request.input) {
            (Event::Start, Input::Start { force, resumed, .. }) => {
                json(&Start { force: *force, resumed: *resumed, documents })
            }
            (Event::Checkpoint, Input::Checkpoint { number, message, done, remaining, no_verify, include, .. }) => {
                json(&Checkpoint {
                    number: *number,
                    message: message.clone(),
                    done: done.clone(),
                    remaining: remaining.clone(),
                    no_verify: *no_verify,
                    include: include.clone(),
                    by_checks: by_checks(pass.recorder.borrow().state().as_ref()),
                    documents,
                })
            }
            (Event::Complete, Input::Complete { message, task, include, leave, squash, base, .. }) => {
                let recorder = pass.recorder.borrow();
                let state = recorder.state().as_ref();
                let checks = state.map(SessionState::verified);
                json(&Complete {
                    message: message.clone(),
                    task: task.clone(),
                    verified: checks.filter(|_| !pass.dry_run),
                    include: include.clone(),
                    leave: leave.clone(),
                    squash: *squash,
                    base: base.clone(),
                    documents,
                    by_checks: by_checks(state),
                    // What other plugins have changed meanwhile is meant.
                    verified_tree: state
                        .filter(|state| !pass.dry_run && !state.has_changed_besides(plugin))
                        .and_then(|state| state.verification.after.clone()),
                })
            }
            (Event::Rollback, Input::Rollback { to, force, back, rehearsed, .. }) => json(&Rollback {
                to: *to,
                force: *force,
                back: back.clone(),
                rehearsed: rehearsed.get(plugin).cloned(),
                documents,
            }),
            _ => serde_json::Value::Null,
        }
    }

    pub(super) fn settle_data(
        &self,
        pass: &Pass,
        reason: &str,
        failed: bool,
        overview: &Overview,
        local: &[String],
        recorded: Option<&String>,
    ) -> serde_json::Value {
        let documents = pass.documents(overview);
        let mut written = pass.world.borrow().files().written().clone();
        written.extend(recorded.cloned());
        if let Some(state) = pass.recorder.borrow().state() {
            written.extend(state.settled_so_far().filter(|path| overview.counts(path)).cloned());
        }
        let mut sessions = overview.rows(|id, planned| self.setting.project.repository_of(id, planned));
        // What documents say of one whose record is damaged stays as it is.
        sessions.retain(|row| row.status != Status::Unknown);
        json(&Settle {
            reason: reason.to_owned(),
            failed,
            resumed: pass.resumed,
            documents,
            local: local.iter().map(|path| overview.real(path)).collect(),
            written: written.iter().map(|path| overview.real(path)).collect(),
            sessions,
            ready: overview.ready(),
        })
    }
}

fn by_checks(state: Option<&SessionState>) -> BTreeMap<String, Option<String>> {
    state.map(|state| state.by_checks.clone()).unwrap_or_default()
}

pub(super) fn json<T: Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}
