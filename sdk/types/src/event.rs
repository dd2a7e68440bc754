//! What a handler is told: one envelope for all events, and the data of each.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::call::{Effect, Undo};
use crate::danger::Danger;
use crate::session::{Evidence, Session, Status, Task};

/// What the host dispatches to plugins. Its names are those of the trait's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Plan,
    Start,
    Checkpoint,
    Verify,
    Complete,
    Rollback,
    Settle,
    Snapshot,
    Merge,
    Audit,
}

impl Event {
    pub const ALL: [Self; 10] = [
        Self::Plan,
        Self::Start,
        Self::Checkpoint,
        Self::Verify,
        Self::Complete,
        Self::Rollback,
        Self::Settle,
        Self::Snapshot,
        Self::Merge,
        Self::Audit,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Start => "start",
            Self::Checkpoint => "checkpoint",
            Self::Verify => "verify",
            Self::Complete => "complete",
            Self::Rollback => "rollback",
            Self::Settle => "settle",
            Self::Snapshot => "snapshot",
            Self::Merge => "merge",
            Self::Audit => "audit",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A moment in RFC 3339 with the user's own offset, such as `2026-01-02T09:00:00+01:00`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Timestamp(pub String);

impl Timestamp {
    /// `2026-01-02 09:00`, as documents have it.
    pub fn minute(&self) -> String {
        self.0.get(..16).unwrap_or(&self.0).replace('T', " ")
    }

    /// `2026-01-02`.
    pub fn date(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

/// The envelope of every event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Context<D> {
    pub event: Event,
    /// When the event began; it does not move while the event runs.
    pub time: Timestamp,
    /// Effects are recorded and not done; `query` commands run.
    #[serde(default)]
    pub dry_run: bool,
    /// What this very step has changed already, in attempts of the event that failed or were given up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Effect>,
    pub project: Project,
    /// The session that the event is about; none where it is about the project.
    #[serde(default)]
    pub session: Option<Session>,
    /// `[plugin.config]` of plugins.toml; read through the `Config` of the SDK's trait.
    #[serde(default)]
    pub config: serde_json::Value,
    pub data: D,
}

impl<D> Context<D> {
    /// The session, for events that always have one.
    ///
    /// # Errors
    /// Where the host sent the event without a session: a bug of the host.
    pub fn session(&self) -> crate::Result<&Session> {
        self.session
            .as_ref()
            .ok_or_else(|| crate::Error::new(format!("the host sent {} without a session", self.event)))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Project {
    pub name: String,
    /// Absolute; for messages, not for access: paths of calls are relative to it.
    pub root: String,
    /// Relative to the root.
    pub plan: Option<String>,
    pub repositories: Vec<Repository>,
    /// Branch or the like, from the VCS plugin; only where documents are made anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Repository {
    pub name: String,
    /// Relative to the root.
    pub path: String,
    /// Prefixes of the IDs whose sessions belong here.
    pub prefix: Vec<String>,
}

/// Read one document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// Relative to the root.
    pub path: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Start {
    /// The user said `--force`: an unfinished task file of another session may go, after a copy.
    pub force: bool,
    /// The session goes on after a pause.
    pub resumed: bool,
    /// Files that the program writes; a path that ends in `/` is a folder.
    pub documents: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Checkpoint {
    /// From 1.
    pub number: u32,
    pub message: String,
    pub done: Vec<String>,
    pub remaining: Vec<String>,
    /// The user's checks before a commit do not run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_verify: bool,
    /// Paths that would be refused and are to be committed all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Paths that only the checks changed, with their content then as `snapshot` has it: not the session's work, as
    /// long as nobody has changed them since.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_checks: BTreeMap<String, Option<String>>,
    pub documents: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Verify {
    /// What stands in the task file now.
    pub task: Option<Task>,
    /// Texts of manual items that were attested on the command line; `*` is all.
    pub attest: Vec<String>,
    /// Who runs the event.
    pub by: String,
    /// It is a coding agent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub agent: bool,
    /// Evidence of commands that passed for this very tree, which need not run again, and of manual items that were
    /// confirmed before. Whoever takes one over passes it on as it is, its time included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Evidence>,
    /// Nothing is done yet: what passes now proves nothing later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
    /// Commands that passed before any work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_before: Vec<String>,
    /// Places in the session's `checks` of those with `paths` of which it has changed none: they need not run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unaffected: Vec<usize>,
    /// Paths that the session has changed since start, committed or not, relative to the root; none where nothing
    /// knows it.
    pub changed: Option<Vec<String>>,
    /// The same as a unified diff, where it is not too long to be looked through.
    pub diff: Option<String>,
    pub documents: Vec<String>,
    /// What checks would destroy, by their places in the session's `checks`. Such a check does not run, but is skipped
    /// with the reason, unless `allow` in the plugin's own settings covers the `text` of each of its dangers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dangers: BTreeMap<usize, Vec<Danger>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Complete {
    /// From `-m`, else the task file, else the plan. None where nobody wrote one.
    pub message: Option<String>,
    /// What stands in the task file now.
    pub task: Option<Task>,
    /// Counts by verdict, such as `3 passed, 1 attested`; none in the dry run before verify.
    pub verified: Option<String>,
    /// Paths that were dirty at start, have changed since and are to be committed, and such as would be refused.
    pub include: Vec<String>,
    /// What is to be left out: files, folders, or patterns of files.
    pub leave: Vec<String>,
    /// Fold the checkpoints of the session into the one commit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub squash: bool,
    /// Paths that only the checks changed, with their content then as `snapshot` has it: not the session's work, as
    /// long as nobody has changed them since.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_checks: BTreeMap<String, Option<String>>,
    /// The tree that the checks held for, as `snapshot` names it; none where no program was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_tree: Option<String>,
    /// The commit that the work began on, where a person says it: the one at start may be gone by a rebase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    pub documents: Vec<String>,
}

/// How far a session is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum RollbackTo {
    /// The whole session.
    #[default]
    Start,
    /// To the files of this checkpoint; the session is active again.
    Checkpoint { number: u32 },
    /// Its newest commit only; the session is active again.
    Last,
}

/// What taking a session back is about, as the VCS plugin finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Back {
    /// Commits of its work to be undone, newest first.
    pub commits: Vec<Undo>,
    /// Paths that the session has changed and not committed, relative to the root. They are committed before anything is
    /// undone, and undone with the rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncommitted: Vec<String>,
    /// Paths that are not there without all this, and are or were with it, relative to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// The newest commit that holds all that is undone and committed; none where nothing is committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// Take a session back. Called twice, as `complete`: first in a dry run through all plugins, so that what can be known
/// beforehand is refused beforehand; then for real.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Rollback {
    #[serde(flatten)]
    pub to: RollbackTo,
    /// The user said `--force`: what is only doubtful is no reason to refuse.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    pub back: Back,
    /// What this plugin's own dry run answered as `rehearsed` in its summary; none in the dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<serde_json::Value>,
    pub documents: Vec<String>,
}

/// Bring the documents up to date.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Settle {
    /// What led here: `init`, `start`, `checkpoint`, `verify`, `complete`, `rollback`, `pause`; `note`: the session's `task` holds
    /// the notes as they shall be; `check`: a dry run that only asks what disagrees with the state, in every row;
    /// `rebuild`: write anew what can be, from the state, keeping what people wrote.
    pub reason: String,
    /// That event failed.
    pub failed: bool,
    /// An earlier run was cut off: files may have changed since the event began.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    pub documents: Vec<String>,
    /// Documents that stay on this machine, from the plugins that settled before.
    pub local: Vec<String>,
    /// Documents that were written in this very settle, by the host and by the plugins that settled before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    /// Every session of the plan in its order, then those outside it.
    pub sessions: Vec<Row>,
    /// IDs that can start now.
    pub ready: Vec<String>,
}

/// One session in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub status: Status,
    pub attempt: u32,
    /// Its last event failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Whole hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What its cells may still say of an attempt that was taken back. Everything else in them a person wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Attempt>,
}

/// One attempt at a session, as its row names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Attempt {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Whole hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Bring two versions of a document together, as a VCS asks for in a merge, or from a file with conflict markers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Merge {
    /// Relative to the root.
    pub path: String,
    /// The last version that both have in common; none where there is none or it is not known.
    pub base: Option<String>,
    pub ours: String,
    pub theirs: String,
    /// Instead of both: the text as a VCS left it, with conflict markers. What is a marker in it and what an example of
    /// one, the plugin knows; without any, the answer is this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicted: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Merged {
    pub text: String,
    /// Places in the text that hold conflict markers: a person must decide.
    pub conflicts: usize,
}

/// Name the tree as it is now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SnapshotRequest {
    /// Not part of the tree that is asked for.
    pub documents: Vec<String>,
    /// Also say what the event's session has changed since it was started.
    pub diff: bool,
    /// Also say what taking the session back so far is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<RollbackTo>,
}

/// Identity of a tree: equal where every file that matters is equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Snapshot {
    pub tree: String,
    /// What differs from the last commit, relative to the root.
    pub changed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The last commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// A unified diff, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Identity of the content of each path in `changed`; none for one that is deleted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub contents: BTreeMap<String, Option<String>>,
    /// The paths of the diff: what the session has changed since it was started, committed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Vec<String>>,
    /// What taking the session back is about, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
    /// What the event's session has committed and the last commit does not hold, in a sentence; none where it holds all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
}

/// What a handler has to say when all went well: one line for the screen, and values for the host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Summary {
    /// Shown after the plugin's name; nothing is shown where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// From settle: the file that the person or agent works from. The host has it read like a plan before verify and
    /// complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_file: Option<String>,
    /// From settle: documents that no commit should hold. The host drops one that the plugin has not written, unless its
    /// grant names the place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<String>,
    /// From verify: what makes the evidence weaker than it looks, one sentence each, for people and the record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// From the dry run of rollback: what a person must see and agree to, since it cannot be taken back, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<String>,
    /// From the dry run of rollback: what this plugin is given when it is done for real.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<serde_json::Value>,
    #[serde(flatten)]
    pub more: BTreeMap<String, serde_json::Value>,
}

impl Summary {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Nothing to say.
    pub fn quiet() -> Self {
        Self::default()
    }

    /// A value of the plugin's own for `--json` and the journal.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }
}
