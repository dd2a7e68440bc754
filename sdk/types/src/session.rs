//! A session as the host knows it, and the evidence that verification leaves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::plan::{Check, CheckKind, Metadata};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    #[default]
    Pending,
    Active,
    Paused,
    Done,
    RolledBack,
    /// A state that this SDK is too old to know.
    #[serde(other)]
    Unknown,
}

impl Status {
    /// As sentences have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::RolledBack => "rolled back",
            Self::Unknown => "unknown",
        }
    }
}

/// The session that an event is about: metadata, texts cut from the plan, and what has happened so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Session {
    pub id: String,
    pub title: String,
    pub status: Status,
    /// From 1; a session that was rolled back and started again is attempt 2.
    pub attempt: u32,
    /// The event that failed last, until the next one succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Where it was read; none for a session that was started without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    pub dependencies: Vec<Dependency>,
    pub metadata: Metadata,
    /// Who shall do it: what the plan says, else what the rules chose at start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_output: Option<String>,
    /// Frozen at start.
    pub checks: Vec<Check>,
    /// As the plan suggests it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_message: Option<String>,
    pub checkpoints: Vec<CheckpointTaken>,
    /// What plugins left in this attempt.
    pub facts: BTreeMap<String, String>,
    /// What a person had written into the task file when it was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

/// A model, how hard it shall think, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ModelChoice {
    /// As the plan or the rule names it.
    pub model: String,
    /// What an agent is given: the name after `[models.aliases]`.
    pub resolved: String,
    /// `ultrathink`, `extended`, `standard`.
    pub thinking: String,
    /// In a few words.
    pub why: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// Relative to the root.
    pub path: String,
    /// From 1.
    pub line: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Dependency {
    pub id: String,
    pub status: Status,
    /// Its commit, where it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its title and what was noted, for who builds on it.
    pub title: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What it changed, relative to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct CheckpointTaken {
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<String>,
    /// The user's hooks did not check it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_verify: bool,
    /// A rollback has undone it; its commit is still in the history.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
}

/// The three places of the task file that belong to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Task {
    /// Texts of the checks whose box is ticked.
    pub ticked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What one check has to show for itself. Filled by the plugin that verifies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Evidence {
    /// The check's text, or a name for it.
    pub check: String,
    pub kind: CheckKind,
    /// As executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Relative to the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// End of the output, for the screen; records do not keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<String>,
    /// Who confirmed a manual item, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// That was a coding agent, and no person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub agent: bool,
    /// Why it failed or was skipped, where the exit code does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What makes it prove less than it seems to, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// When it was taken. The host says it; a plugin only passes it on with evidence that it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
