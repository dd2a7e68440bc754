//! Every call that a plugin can make of the host, as data. The JSON of these types is what native plugins send, what
//! the journal keeps and what tests record; components make the same calls through typed imports.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Timestamp;
use crate::session::Evidence;

/// What is asked of the host. One variant per function of `wit/…/powers.wit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum Request {
    Log { level: Level, message: String },
    Progress { done: u64, total: u64, message: String },
    FactGet { key: String },
    FactSet { key: String, value: String },
    FileRead { path: String },
    FileWrite { path: String, content: Bytes },
    FileRemove { path: String },
    FileList { path: String },
    Check { verdict: Verdict, evidence: Evidence },
    Spawn(Run),
    Wait { child: u32 },
    Head,
    Changes,
    Tree(TreeRequest),
    Commit(CommitRequest),
    Revert(RevertRequest),
    History(HistoryRequest),
    Diff { since: Option<String>, paths: Vec<String> },
    PatchId { commit: String },
    FileAt { commit: String, path: String },
    Exclude { path: String },
}

impl Request {
    /// The function of `powers.wit` that it stands for.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Log { .. } => "log",
            Self::Progress { .. } => "progress",
            Self::FactGet { .. } => "fact-get",
            Self::FactSet { .. } => "fact-set",
            Self::FileRead { .. } => "file-read",
            Self::FileWrite { .. } => "file-write",
            Self::FileRemove { .. } => "file-remove",
            Self::FileList { .. } => "file-list",
            Self::Check { .. } => "check",
            Self::Spawn(_) => "spawn",
            Self::Wait { .. } => "wait",
            Self::Head => "head",
            Self::Changes => "changes",
            Self::Tree(_) => "tree",
            Self::Commit(_) => "commit",
            Self::Revert(_) => "revert",
            Self::History(_) => "history",
            Self::Diff { .. } => "diff",
            Self::PatchId { .. } => "patch-id",
            Self::FileAt { .. } => "file-at",
            Self::Exclude { .. } => "exclude",
        }
    }

    /// The call and what it is about, for messages: `file-write docs/a.md`.
    pub fn brief(&self) -> String {
        let about = match self {
            Self::FactGet { key } | Self::FactSet { key, .. } => key.clone(),
            Self::FileRead { path }
            | Self::FileWrite { path, .. }
            | Self::FileRemove { path }
            | Self::FileList { path }
            | Self::Exclude { path } => path.clone(),
            Self::Check { evidence, .. } => evidence.check.lines().next().unwrap_or_default().to_owned(),
            Self::Spawn(run) => run.argv.join(" "),
            Self::PatchId { commit } => commit.clone(),
            Self::Wait { child } => child.to_string(),
            Self::FileAt { commit, path } => format!("{commit} {path}"),
            Self::Revert(RevertRequest { message, .. }) | Self::Commit(CommitRequest { message, .. }) => {
                message.lines().next().unwrap_or_default().to_owned()
            }
            Self::History(HistoryRequest { since, .. }) | Self::Diff { since, .. } => since.clone().unwrap_or_default(),
            Self::Tree(request) => request.paths.join(" "),
            Self::Log { .. } | Self::Progress { .. } | Self::Head | Self::Changes => String::new(),
        };
        format!("{} {about}", self.name()).trim_end().to_owned()
    }

    /// Whether it changes the world. Facts and checks stay in the journal, and a command that may run again is none.
    pub fn is_effect(&self) -> bool {
        match self {
            Self::FileWrite { .. }
            | Self::FileRemove { .. }
            | Self::Commit(_)
            | Self::Revert(_)
            | Self::Exclude { .. } => true,
            Self::Spawn(run) => run.kind == CommandKind::Effect,
            _ => false,
        }
    }
}

/// What an earlier attempt of a step has changed, for the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Effect {
    Wrote {
        path: String,
    },
    Removed {
        path: String,
    },
    Committed {
        commit: String,
    },
    /// A command that is neither a query nor repeatable; without a code nobody knows how it ended.
    Ran {
        argv: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i32>,
    },
    /// One that this version of the SDK does not know.
    #[serde(other)]
    Other,
}

impl Effect {
    /// In a few words, such as `wrote docs/a.md`.
    pub fn brief(&self) -> String {
        match self {
            Self::Wrote { path } => format!("wrote {path}"),
            Self::Removed { path } => format!("removed {path}"),
            Self::Committed { commit } => format!("committed {commit}"),
            Self::Ran { argv, .. } => format!("ran {}", argv.join(" ")),
            Self::Other => "did something".to_owned(),
        }
    }
}

/// What the host answers when the call succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    Done,
    Fact { value: Option<String> },
    Content { content: Option<Bytes> },
    Names { names: Vec<String> },
    Child { child: u32 },
    Outcome(Outcome),
    Head(Head),
    Changes { changes: Vec<Change> },
    Tree { tree: String },
    Committed(Committed),
    History { commits: Vec<Commit> },
    Diff { text: String },
    PatchId { id: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Debug,
    Info,
    Warn,
}

/// Result of one check. `Attested` and `Unconfirmed` are what the host makes of passed and skipped manual items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    Failed,
    Skipped,
    Attested,
    Unconfirmed,
}

/// A program to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Run {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Relative to the root; the root where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Bytes>,
    /// Milliseconds; the host's own limit where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Bytes per stream; the host's own limit where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Keep the end of the output instead of failing at the limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tail: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interactive: bool,
    /// Files by name in a folder of this run's own outside the project, which is gone behind it. `{scratch}` in arguments
    /// and in values of `env` stands for that folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scratch: Vec<(String, Bytes)>,
    pub kind: CommandKind,
}

/// What may be done with a command besides running it once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CommandKind {
    /// Changes nothing: runs in a dry run too, and again after a kill.
    Query,
    /// May run again after a kill.
    Repeatable,
    /// Changes something, once.
    #[default]
    Effect,
}

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Outcome {
    /// None where a signal ended it, or where it was not run.
    pub code: Option<i32>,
    pub stdout: Bytes,
    pub stderr: Bytes,
    pub milliseconds: u64,
    pub timed_out: bool,
    /// A dry run: nothing was run.
    pub planned: bool,
}

impl Outcome {
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }
}

/// Where the repository stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Head {
    /// None before the first commit.
    pub commit: Option<String>,
    /// None where HEAD is detached.
    pub branch: Option<String>,
    /// Tree of the commit.
    pub tree: Option<String>,
    /// `Name <email>` that a commit would carry; none where it is not configured.
    pub author: Option<String>,
}

/// One path that differs from the last commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Change {
    /// Relative to the root.
    pub path: String,
    /// `added`, `modified`, `deleted`, `conflicted`.
    pub status: String,
    /// Blob of the file as it is in the working tree; none where it is deleted or no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Bytes of the file; none where it is deleted or no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The filter that `.gitattributes` names for it, such as `lfs`: a commit then holds something else than the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct CommitRequest {
    pub message: String,
    /// Take these paths as they are in the working tree, deleted ones too; one that ends in `/` is all below it.
    /// Whatever else is staged stays staged.
    pub paths: Vec<String>,
    /// Make the commit even where it changes nothing.
    pub allow_empty: bool,
    /// Leave out what the last commit does not hold yet.
    pub tracked: bool,
    /// The commit holds documents only: the user's hooks do not run. The host refuses other paths.
    pub own: bool,
    /// As git's own `--no-verify`: `pre-commit` and `commit-msg` do not run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_verify: bool,
    /// Take the place of commits that were made on the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
}

/// One commit that undoes others: of each the change is taken back from what is there now, newest first. The files of the
/// working tree follow. Nothing is done where one of them has changed what came later needs (a conflict), or where a file
/// that would change has changes that are not committed. Where the last commit has this very message, it is the one, and no
/// other is made: so whoever lost his memory in between may ask again. Name the commits in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RevertRequest {
    pub message: String,
    pub commits: Vec<Undo>,
    /// Paths that stay as they are, whatever the commits did to them; one that ends in `/` is all below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// In a dry run: paths whose changes would be committed and undone before, so that they are in nobody's way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<String>,
}

/// A commit whose change is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Undo {
    pub commit: String,
    /// The commit before it; its first parent where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A tree whose identity is asked for; nothing of it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct TreeRequest {
    /// The commit to begin with; HEAD where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Take these as they are in the working tree, as a commit of them would.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Leave these out, whatever they hold; one that ends in `/` is all below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

/// Which commits are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct HistoryRequest {
    /// Those that are reachable from HEAD and not from this commit; `A..B` asks for those of B that A does not have. All
    /// where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Also what came in through merges; else first parents only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    /// Only those whose message holds this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// Only those that changed this path, relative to the root; one that ends in `/` is all below it. Merges did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Instead of all that: commits that HEAD does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Commits that may be anywhere but in the history of HEAD. Those that HEAD holds are not in the answer, nor those that
/// the repository does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Elsewhere {
    /// These.
    pub commits: Vec<String>,
    /// And those that were made in this working tree since this moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_since: Option<Timestamp>,
    /// on top of this commit, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// The commits behind `onto` leave the branch: the new commit, which holds what they and the working tree hold of the
/// paths that it takes, follows on `onto`. They stay reachable under `keep`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Fold {
    /// The parent of the new commit: an ancestor of HEAD.
    pub onto: String,
    /// Whole name of a reference, such as `refs/session/BE-04/1`.
    pub keep: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Committed {
    /// None where there was nothing to commit and `allow_empty` was not set, and in a dry run.
    pub commit: Option<String>,
    /// In a dry run: the run would make a commit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub planned: bool,
    pub tree: String,
    /// How many paths it changed.
    pub files: usize,
    /// Paths that a hook of the user's changed, added or took out of the commit, relative to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rewritten: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Commit {
    pub commit: String,
    pub message: String,
    /// Empty from a host that is too old to say it.
    pub tree: String,
    /// One, several for a merge, none for the first of all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// What it changed against its parent, relative to the root. Empty for a merge, and behind the
    /// thousandth commit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// `Name <email>`; empty from a host that is too old to say it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// A branch of a remote holds it: others may have it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pushed: bool,
    /// Local branches that hold it, where it was asked for as [`Elsewhere`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
}

/// Content of a file or a stream. In JSON a string where it is UTF-8, else `{"base64": "…"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum BytesText<T> {
    Text(T),
    Base64 { base64: String },
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => BytesText::Text(text),
            Err(_) => BytesText::Base64 { base64: BASE64_STANDARD.encode(&self.0) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match BytesText::<String>::deserialize(deserializer)? {
            BytesText::Text(text) => Ok(Self(text.into_bytes())),
            BytesText::Base64 { base64 } => BASE64_STANDARD.decode(base64).map(Self).map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BytesText::<String>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_json_whatever_they_are() {
        for bytes in [&b""[..], b"text\n", b"\xff\xfe\x00", "⬜".as_bytes()] {
            let json = serde_json::to_string(&Bytes(bytes.to_vec())).expect("no map keys");
            assert_eq!(serde_json::from_str::<Bytes>(&json).expect(&json).0, bytes);
        }
    }
}
