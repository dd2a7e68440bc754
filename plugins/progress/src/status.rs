//! What a status cell says: the words of people, the one form that is written, and which of two goes further. No tables.

use session_sdk::{Row, Status};

/// In the order in which a merge prefers them: the last is the furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Pending,
    Active,
    Paused,
    Failed,
    RolledBack,
    Done,
}

/// What a status word of people means.
pub fn means(text: &str) -> Option<Kind> {
    let words: String = text.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    Some(match words.trim().to_lowercase().as_str() {
        "pending" | "not started" | "todo" | "open" => Kind::Pending,
        "active" | "in progress" | "wip" | "started" | "retry" => Kind::Active,
        "paused" | "on hold" => Kind::Paused,
        "done" | "complete" | "completed" | "finished" => Kind::Done,
        "failed" | "blocked" => Kind::Failed,
        "rolled back" | "reverted" => Kind::RolledBack,
        _ => return None,
    })
}

/// What the state says.
pub fn kind(row: &Row) -> Kind {
    match row.status {
        Status::Pending | Status::Unknown => Kind::Pending,
        Status::Active if row.failed => Kind::Failed,
        Status::Active => Kind::Active,
        Status::Paused => Kind::Paused,
        Status::Done => Kind::Done,
        Status::RolledBack => Kind::RolledBack,
    }
}

/// The status cell in its one written form.
pub fn label(row: &Row) -> &'static str {
    match kind(row) {
        Kind::Pending => "⬜ Pending",
        Kind::Active if row.attempt > 1 => "🔁 Retry",
        Kind::Active => "🔄 Active",
        Kind::Paused => "⏸️ Paused",
        Kind::Done => "✅ Done",
        Kind::Failed => "❌ Failed",
        Kind::RolledBack => "↩️ Rolled back",
    }
}
