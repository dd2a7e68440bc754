//! Which event may happen in which state. Pure.

use session_sdk::Status;
use thiserror::Error;

use super::event::Kind;

/// What cannot happen to a session in its state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Illegal {
    #[error("{id} is {status}, so it cannot {event}")]
    Status { id: String, status: &'static str, event: Kind },
    #[error("the journal of {id} has an entry that belongs to no event")]
    Stray { id: String },
}

/// The one place that says which event may happen in which state, and what the state is when it succeeds.
///
/// # Errors
/// [`Illegal::Status`] for everything that is not in the table.
pub fn transition(id: &str, status: Status, event: Kind) -> Result<Status, Illegal> {
    Ok(match (status, event) {
        (Status::Pending | Status::RolledBack | Status::Paused, Kind::Start) => Status::Active,
        (Status::Active, Kind::Checkpoint | Kind::Verify) => Status::Active,
        (Status::Active, Kind::Complete) => Status::Done,
        (Status::Active, Kind::Pause) => Status::Paused,
        (Status::Active | Status::Paused, Kind::Note) => status,
        _ => return Err(Illegal::Status { id: id.to_owned(), status: status.word(), event }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Status; 5] = [Status::Pending, Status::Active, Status::Paused, Status::Done, Status::RolledBack];

    #[test]
    fn the_table_of_transitions() {
        let legal: Vec<(Status, Kind, Status)> = ALL
            .into_iter()
            .flat_map(|status| Kind::ALL.map(|kind| (status, kind)))
            .filter_map(|(status, kind)| Some((status, kind, transition("A-1", status, kind).ok()?)))
            .collect();
        assert_eq!(
            legal,
            [
                (Status::Pending, Kind::Start, Status::Active),
                (Status::Active, Kind::Checkpoint, Status::Active),
                (Status::Active, Kind::Verify, Status::Active),
                (Status::Active, Kind::Complete, Status::Done),
                (Status::Active, Kind::Pause, Status::Paused),
                (Status::Active, Kind::Note, Status::Active),
                (Status::Paused, Kind::Start, Status::Active),
                (Status::Paused, Kind::Note, Status::Paused),
                (Status::RolledBack, Kind::Start, Status::Active),
            ]
        );
    }
}
