//! What a person may want to see of a running event. The dispatcher says it; `cli/ui.rs` shows it.

use session_sdk::{Error, Event, Level};

use crate::effects::Stream;
use crate::session::CheckResult;

/// Something that happened.
#[derive(Debug)]
pub enum Notice<'a> {
    StepBegan {
        plugin: &'a str,
        event: Event,
    },
    /// A line of a program that the plugin runs.
    Line {
        plugin: &'a str,
        stream: Stream,
        text: &'a str,
    },
    Log {
        plugin: &'a str,
        level: Level,
        message: &'a str,
    },
    Progress {
        plugin: &'a str,
        done: u64,
        total: u64,
        message: &'a str,
    },
    /// A program begins.
    Command {
        plugin: &'a str,
        argv: &'a [String],
        directory: Option<&'a str>,
    },
    Check {
        check: &'a CheckResult,
        /// Its evidence was taken earlier, for the same tree.
        known: bool,
    },
    /// The checks have changed files; those that the session had not touched stay out of its commits.
    ChangedByChecks {
        paths: &'a [String],
        left_out: Vec<String>,
    },
    /// What makes the evidence of a verification weaker than it looks.
    Flag {
        flag: &'a str,
    },
    /// Something was not looked at.
    Unread {
        what: &'a str,
    },
    StepDone {
        plugin: &'a str,
        message: &'a str,
    },
    /// An event goes on, and the tree is another than the one that was verified.
    VerifiesAgain,
    /// It failed and `on-error` makes it a warning.
    StepWarned {
        plugin: &'a str,
        error: &'a Error,
    },
}

/// Whoever watches; called from several threads.
pub trait Watch: Send + Sync {
    fn notice(&self, notice: &Notice<'_>);
}

/// Watches nothing: for rehearsals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silent;

impl Watch for Silent {
    fn notice(&self, _: &Notice<'_>) {}
}
