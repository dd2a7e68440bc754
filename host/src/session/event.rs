//! Events as the host knows them, and what each is given. What plugins handle is the SDK's `Event`.

use std::fmt;

use serde::{Deserialize, Serialize};
use session_sdk::{Session, Task};

use super::verification::Accepted;

/// What a person can do to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Start,
    Checkpoint,
    Verify,
    Complete,
    Pause,
    Note,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Start, Self::Checkpoint, Self::Verify, Self::Complete, Self::Pause, Self::Note];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Checkpoint => "checkpoint",
            Self::Verify => "verify",
            Self::Complete => "complete",
            Self::Pause => "pause",
            Self::Note => "note",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the host found out before an event began; journalled with its beginning, so that the fold needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Input {
    /// The session as it is frozen: metadata, texts and checks.
    Start {
        session: Box<Session>,
        worktree: String,
        resumed: bool,
        force: bool,
    },
    Checkpoint {
        number: u32,
        message: String,
        done: Vec<String>,
        remaining: Vec<String>,
    },
    Verify {
        attest: Vec<String>,
        task: Option<Task>,
        /// Nothing that is known counts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fresh: bool,
        /// Before any work: what passes is remembered, and nothing fails.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        baseline: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<Accepted>,
    },
    Complete {
        message: Option<String>,
        attest: Vec<String>,
        task: Option<Task>,
        include: Vec<String>,
        leave: Vec<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fresh: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<Accepted>,
    },
    Pause {
        task: Option<Task>,
    },
    /// What stands in the task file, with notes added.
    Note {
        task: Task,
    },
}

impl Input {
    /// Whether a person who types this again means the same: what they said, not what the host found out.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Complete { message, attest, include, leave, .. },
                Self::Complete { message: m, attest: a, include: i, leave: l, .. },
            ) => (message, attest, include, leave) == (m, a, i, l),
            (
                Self::Checkpoint { message, done, remaining, .. },
                Self::Checkpoint { message: m, done: d, remaining: r, .. },
            ) => (message, done, remaining) == (m, d, r),
            (Self::Note { task }, Self::Note { task: before }) => {
                let (now, before) = (task.notes.as_deref(), before.notes.as_deref().unwrap_or_default());
                // The file may have the line already, as its only one too: then it would stand there twice.
                let said = |more: &str| format!("\n{before}").ends_with(more);
                now.unwrap_or_default().strip_prefix(before).is_some_and(said)
            }
            _ => self.kind() == other.kind(),
        }
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Start { .. } => Kind::Start,
            Self::Checkpoint { .. } => Kind::Checkpoint,
            Self::Verify { .. } => Kind::Verify,
            Self::Complete { .. } => Kind::Complete,
            Self::Pause { .. } => Kind::Pause,
            Self::Note { .. } => Kind::Note,
        }
    }
}
