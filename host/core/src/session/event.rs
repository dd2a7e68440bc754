//! Events as the host knows them, and what each is given. What plugins handle is the SDK's `Event`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use session_types::{Back, RollbackTo, Session, Task};

use super::verification::Accepted;

/// What a person can do to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    Start,
    Checkpoint,
    Verify,
    Complete,
    Rollback,
    Pause,
    Note,
}

impl EventKind {
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Checkpoint, Self::Verify, Self::Complete, Self::Rollback, Self::Pause, Self::Note];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Checkpoint => "checkpoint",
            Self::Verify => "verify",
            Self::Complete => "complete",
            Self::Rollback => "rollback",
            Self::Pause => "pause",
            Self::Note => "note",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As in `BE-04 cannot start`.
    pub const fn cannot(self) -> &'static str {
        match self {
            Self::Start => "cannot start",
            Self::Checkpoint => "cannot checkpoint",
            Self::Verify => "cannot verify",
            Self::Complete => "cannot complete",
            Self::Rollback => "cannot be rolled back",
            Self::Pause => "cannot pause",
            Self::Note => "cannot note",
        }
    }
}

impl fmt::Display for EventKind {
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
        /// Digest of plugins.toml, which says what counts as verified.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settings: Option<String>,
    },
    Checkpoint {
        number: u32,
        message: String,
        done: Vec<String>,
        remaining: Vec<String>,
        /// The user's checks before a commit do not run.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_verify: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        include: Vec<String>,
        /// What is done and what remains was read from the task file, and not typed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        from_task: bool,
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
        /// Fold the checkpoints into the one commit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        squash: bool,
        /// What the work began on, where the commit at start is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<String>,
        /// Who completes it although nothing may verify it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unverified: Option<String>,
    },
    Rollback {
        #[serde(flatten)]
        to: RollbackTo,
        /// One that is done, as its record and the plan say it: its journal is put away, or on another machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Box<Session>>,
        worktree: String,
        /// Only this plugin takes back what it has done; the session stays what it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
        task: Option<Task>,
        back: Back,
        /// What each plugin's dry run hands to its run.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        rehearsed: BTreeMap<String, serde_json::Value>,
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
                Self::Complete { message, attest, include, leave, squash, base, unverified, .. },
                Self::Complete {
                    message: m, attest: a, include: i, leave: l, squash: s, base: b, unverified: u, ..
                },
            ) => {
                // What was confirmed when it was asked for stays confirmed, and is not asked for again.
                let confirmed = attest.iter().all(|item| a.contains(item));
                let same = (message, include, leave, squash, base) == (m, i, l, s, b);
                confirmed && same && unverified.is_some() == u.is_some()
            }
            (
                Self::Checkpoint { message, done, remaining, no_verify, include, from_task, .. },
                Self::Checkpoint { message: m, done: d, remaining: r, no_verify: n, include: i, from_task: f, .. },
            ) => {
                let typed = *from_task && *f || (done, remaining) == (d, r);
                typed && (message, no_verify, include, from_task) == (m, n, i, f)
            }
            (Self::Rollback { to, only, .. }, Self::Rollback { to: t, only: o, .. }) => (to, only) == (t, o),
            (Self::Note { task }, Self::Note { task: before }) => {
                let (now, before) = (task.notes.as_deref(), before.notes.as_deref().unwrap_or_default());
                // The file may have the line already, as its only one too: then it would stand there twice.
                let said = |more: &str| format!("\n{before}").ends_with(more);
                now.unwrap_or_default().strip_prefix(before).is_some_and(said)
            }
            _ => self.kind() == other.kind(),
        }
    }

    /// The session as the event brings it; none where its journal has it.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Start { session, .. } | Self::Rollback { session: Some(session), .. } => Some(session),
            _ => None,
        }
    }

    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Start { .. } => EventKind::Start,
            Self::Checkpoint { .. } => EventKind::Checkpoint,
            Self::Verify { .. } => EventKind::Verify,
            Self::Complete { .. } => EventKind::Complete,
            Self::Rollback { .. } => EventKind::Rollback,
            Self::Pause { .. } => EventKind::Pause,
            Self::Note { .. } => EventKind::Note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_need_not_answer_twice() {
        let complete = |attest: &str| -> Input {
            let text = format!(
                r#"{{"event": "complete", "message": null, "attest": [{attest}], "task": null, "include": [], "leave": []}}"#
            );
            serde_json::from_str(&text).expect("known")
        };
        assert!(complete("").asks_the_same(&complete(r#""seen""#)), "it was asked for on the terminal");
        assert!(complete(r#""seen""#).asks_the_same(&complete(r#""seen""#)));
        assert!(!complete(r#""more""#).asks_the_same(&complete(r#""seen""#)), "that was not said before");
    }
}
