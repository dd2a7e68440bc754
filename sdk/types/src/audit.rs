//! What the event `audit` is about: a history, and what the records say of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Look through a history for commits of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Audit {
    /// Only commits that this one does not have; all where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Folder of the records, relative to the root, with `/` at its end; none where they stand in another repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    pub recorded: Vec<Recorded>,
    /// Files that the program writes, which its own commits hold and nothing else.
    pub documents: Vec<String>,
}

/// A session that a record says is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Recorded {
    pub id: String,
    /// As plugins left them.
    pub facts: BTreeMap<String, String>,
    /// What the identity of its trees leaves out.
    pub documents: Vec<String>,
    /// The identity that was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// It was taken back: an earlier attempt of a session, or its last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rolled_back: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Audited {
    /// Commits that name a session, and those that are recorded and name none, newest first.
    pub commits: Vec<AuditedCommit>,
    /// Records that were changed by others than this program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<Edited>,
    /// IDs whose records came or changed in the history that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<String>,
    /// Commits that say that they hold documents only, and hold something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub laden: Vec<AuditedCommit>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AuditedCommit {
    pub commit: String,
    pub subject: String,
    /// A checkpoint: the session's evidence is taken later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub checkpoint: bool,
    /// One, or several where they were squashed into it.
    pub sessions: Vec<OfSession>,
    /// What it says of its verification, such as `3 passed, 1 attested`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct OfSession {
    pub id: String,
    /// How it is the commit that the record names; none where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedAs>,
    /// It is of an attempt that was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rolled_back: bool,
    /// Identity of its tree without the documents of that record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// What a recorded commit is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordedAs {
    /// Untouched.
    #[default]
    Same,
    /// Another commit of the very same files: squashed, or with another message.
    SameFiles,
    /// The same change on other files: rebased or cherry-picked.
    SameChange,
    /// Squashed together with later sessions: the files that it was verified for are in no commit of their own.
    Within,
    /// It bears the session's name and holds something else.
    Changed,
    /// A way that this SDK is too old to know.
    #[serde(other)]
    Unknown,
}

/// A record that somebody else changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Edited {
    pub id: String,
    /// By which commit; none where it is not committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// It was not there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
}
