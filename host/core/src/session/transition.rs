//! Which event may happen in which state. Pure.

use session_types::{RollbackTo, Status};
use thiserror::Error;

use super::event::EventKind;

/// What cannot happen to a session in its state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Illegal {
    #[error("{id} is {status}, so it {}", event.cannot())]
    Status { id: String, status: &'static str, event: EventKind },
    #[error("the journal of {id} has an entry that belongs to no event")]
    Stray { id: String },
}

/// The one place that says which event may happen in which state, and what the state is when it succeeds.
///
/// # Errors
/// [`Illegal::Status`] for everything that is not in the table.
pub fn transition(id: &str, status: Status, event: EventKind) -> Result<Status, Illegal> {
    Ok(match (status, event) {
        (Status::Pending | Status::RolledBack | Status::Paused, EventKind::Start) => Status::Active,
        (Status::Active, EventKind::Checkpoint | EventKind::Verify) => Status::Active,
        (Status::Active, EventKind::Complete) => Status::Done,
        // The whole of it once more is nobody's wish; a part of it may be: another database has not followed yet.
        (Status::Active | Status::Done | Status::RolledBack, EventKind::Rollback) => Status::RolledBack,
        (Status::Active, EventKind::Pause) => Status::Paused,
        (Status::Active | Status::Paused, EventKind::Note) => status,
        _ => return Err(Illegal::Status { id: id.to_owned(), status: status.word(), event }),
    })
}

/// What a session is after a rollback that has succeeded: it is active again where a part of it is left, and pending
/// where it had done nothing yet.
pub fn after_rollback(before: Status, to: RollbackTo, had_done_anything: bool) -> Status {
    match (to, before) {
        (RollbackTo::Start, Status::Active) if !had_done_anything => Status::Pending,
        (RollbackTo::Start, _) => Status::RolledBack,
        (RollbackTo::Checkpoint { .. } | RollbackTo::Last, _) => Status::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rollback_leaves() {
        use Status::{Active, Done, Pending, RolledBack};
        let all = [Active, Done].map(|before| {
            let to = [RollbackTo::Start, RollbackTo::Checkpoint { number: 1 }, RollbackTo::Last];
            to.map(|to| [true, false].map(|done| after_rollback(before, to, done)))
        });
        let active = [[RolledBack, Pending], [Active; 2], [Active; 2]];
        assert_eq!(all, [active, [[RolledBack; 2], [Active; 2], [Active; 2]]]);
    }

    const ALL: [Status; 5] = [Status::Pending, Status::Active, Status::Paused, Status::Done, Status::RolledBack];

    #[test]
    fn the_table_of_transitions() {
        let legal: Vec<(Status, EventKind, Status)> = ALL
            .into_iter()
            .flat_map(|status| EventKind::ALL.map(|kind| (status, kind)))
            .filter_map(|(status, kind)| Some((status, kind, transition("A-1", status, kind).ok()?)))
            .collect();
        assert_eq!(
            legal,
            [
                (Status::Pending, EventKind::Start, Status::Active),
                (Status::Active, EventKind::Checkpoint, Status::Active),
                (Status::Active, EventKind::Verify, Status::Active),
                (Status::Active, EventKind::Complete, Status::Done),
                (Status::Active, EventKind::Rollback, Status::RolledBack),
                (Status::Active, EventKind::Pause, Status::Paused),
                (Status::Active, EventKind::Note, Status::Active),
                (Status::Paused, EventKind::Start, Status::Active),
                (Status::Paused, EventKind::Note, Status::Paused),
                (Status::Done, EventKind::Rollback, Status::RolledBack),
                (Status::RolledBack, EventKind::Start, Status::Active),
                (Status::RolledBack, EventKind::Rollback, Status::RolledBack),
            ]
        );
    }
}
