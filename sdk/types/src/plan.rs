//! What a reader of plans answers: metadata and byte spans, not the text of prompts. The host cuts those from the file
//! itself, byte-exact and without a copy. Only words that stand nowhere in the file are written out: see `text.rs`.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Half-open range of bytes in the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// A document of sessions, in its own order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PlanDocument {
    pub project: Option<String>,
    pub sessions: Vec<PlannedSession>,
    pub warnings: Vec<Warning>,
}

/// What was not understood; the rest is still used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Warning {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One word for programs: `open-fence`, `dependency-not-understood`, …
    pub kind: String,
    pub session: Option<String>,
    /// The other line that the message names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_line: Option<usize>,
    /// The file of the line, relative to the root, where the plan is a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub message: String,
}

/// One session as the document has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PlannedSession {
    pub id: String,
    pub title: String,
    /// Line of the heading, from 1.
    pub line: usize,
    /// The file that it stands in, relative to the root, where the plan is a folder. Lines and spans are this file's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// All of it, from its heading to where the next session or phase begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// IDs in the order of writing, ranges spelled out, each once, unknown ones too.
    pub depends_on: Vec<String>,
    /// Line where each of them is written, from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_lines: Vec<usize>,
    pub metadata: Metadata,
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub context: Text,
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub prompt: Text,
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub expected_output: Text,
    pub checks: Vec<Check>,
    /// The suggested commit message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_message: Option<String>,
    /// The plan says that it is done: a tick in its heading, a status, or all of its boxes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub marked_done: bool,
    /// Session Notes of a task file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Span>,
}

/// Keys of a session as written; none where nothing is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Week of the project that the phase's heading names, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Where checks run, relative to the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_time: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parallel_with: Vec<String>,
    /// Patterns of files that the session means to touch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `ultrathink`, `extended`, `standard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_thinking_tokens: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subagents: Vec<SubAgent>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SubAgent {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responsibilities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
}

/// One thing to verify.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Check {
    pub kind: CheckKind,
    /// A command verbatim, line feeds included, or what a person confirms.
    pub text: String,
    /// Runs the command: `sh`, `bash`. None: `sh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// Lines of the same fence (`cd`, `export`, …) that go before the command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub setup: Vec<String>,
    /// The box was ticked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ticked: bool,
    /// Of plugins.toml, for every session.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub project: bool,
    /// Where it runs, relative to the root; the session's own directory where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// It runs only where the session has changed a path that one of these patterns matches, relative to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Milliseconds; the plugin's own limit where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    Command,
    #[default]
    Manual,
}
