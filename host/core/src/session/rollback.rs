//! How a rollback goes into the state of a session: what it begins with, and what it leaves. Pure.

use session_types::{CheckpointTaken, Event, RollbackTo, Session, Status, Timestamp};

use super::event::{EventKind, Input};
use super::state::{SessionState, State};
use super::transition::after_rollback;

impl SessionState {
    /// A session that is done, by what its record and the plan say.
    pub fn recorded(session: Session, worktree: String) -> Self {
        Self { session, worktree, recorded: true, ..Self::default() }
    }

    /// What a session that is done begins with: what its record says, or where an earlier attempt to take it back has
    /// come to.
    pub(super) fn of_recorded(before: State, session: &Session) -> Self {
        let same = |state: &Self| {
            state.session.status == session.status && state.session.attempt == session.attempt && state.recorded
        };
        match before {
            Some(state) if same(&state) => state,
            before => {
                let documents = before.map(|state| state.documents).unwrap_or_default();
                Self { documents, ..Self::recorded(session.clone(), String::new()) }
            }
        }
    }

    /// One that failed when it had changed something is to go on, or to be given up.
    pub(super) fn keep_half(&mut self, input: Input) {
        if input.kind() == EventKind::Rollback {
            let changed = self.changed().any(|done| done.kind == EventKind::Rollback);
            self.half = changed.then(|| Box::new(input));
        }
    }

    /// Of a rollback that is given up, what some plugins have done stays done.
    pub(super) fn keep_alone(&mut self) {
        let done = self.effects.iter().filter(|done| done.kind == EventKind::Rollback && done.event == Event::Rollback);
        self.alone.extend(done.map(|done| done.plugin.clone()));
    }

    pub(super) fn after_rollback(&mut self, input: &Input, at: &Timestamp) {
        let Input::Rollback { to, only, task, back, .. } = input else { return };
        if task.is_some() {
            self.session.task.clone_from(task);
        }
        // Notes are kept in the record, and one that was never begun has none.
        let had_done_anything = self.changed().next().is_some()
            || !self.session.checkpoints.is_empty()
            || !super::record::notes(&self.session).is_empty();
        self.effects.retain(|done| done.event == Event::Settle);
        if let Some(only) = only {
            self.alone.insert(only.clone());
            // A whole one that failed before is not finished by this.
            if matches!(self.half.as_deref(), Some(Input::Rollback { only: None, .. })) {
                return;
            }
        }
        (self.error, self.session.failed, self.half) = (None, None, None);
        if only.is_some() {
            return;
        }
        let before = self.session.status;
        let status = after_rollback(before, *to, had_done_anything);
        self.session.status = status;
        self.keep_saved(at);
        let whole = matches!(to, RollbackTo::Start);
        for checkpoint in &mut self.session.checkpoints {
            let commit = checkpoint.commit.as_ref();
            let undone = back.commits.iter().any(|undo| Some(&undo.commit) == commit);
            checkpoint.undone |= whole || undone;
        }
        if had_done_anything || before == Status::Done {
            self.rolled_back = Some(at.clone());
        }
        if status == Status::Active {
            self.session.completed = None;
            self.active_since.get_or_insert_with(|| at.clone());
        } else {
            self.seconds_before = self.seconds(at);
            self.active_since = None;
        }
    }

    /// What was not committed was kept as a checkpoint before it was undone; a plugin left word of it.
    fn keep_saved(&mut self, at: &Timestamp) {
        let number = u32::try_from(self.session.checkpoints.len()).unwrap_or(u32::MAX).saturating_add(1);
        let commit = self.session.facts.get(&format!("checkpoint.{number}"));
        let Some(commit) = commit.and_then(|line| line.split(' ').next()).map(str::to_owned) else { return };
        self.session.checkpoints.push(CheckpointTaken {
            number,
            at: at.clone(),
            message: "what was not committed before the rollback".to_owned(),
            commit: Some(commit),
            no_verify: true,
            undone: true,
            ..CheckpointTaken::default()
        });
    }
}
