//! What the user is asked to approve: settings that go beyond what was approved, and commands that were never approved in
//! this clone. How it looks on screen is `trust_screen.rs`; who asks it when is `open.rs`.

use serde_json::{Value, json};
use session_types::Check;

use session_core::approval::{Change, CommandDigest, ProjectSettings};

/// One screen with one question.
#[derive(Debug, Default)]
pub struct Ask {
    /// Nothing was approved in this clone yet.
    pub first: bool,
    /// A version before this one kept an approval without digests, which does not count any more.
    pub earlier: bool,
    /// All settings as they are asked for.
    pub settings: ProjectSettings,
    pub change: Change,
    /// Every command of the plan, of plugins.toml and of open sessions, each once, in this order.
    pub commands: Vec<AskedCommand>,
    /// The plan cannot be read, so its commands are not among them.
    pub unread: bool,
}

/// A command that a verification would run.
#[derive(Clone, Debug)]
pub struct AskedCommand {
    pub check: Check,
    /// Where it runs, relative to the root.
    pub directory: String,
    /// File of the project in which `check.line` counts: of the plan, or plugins.toml; none where it stands in neither.
    pub path: Option<String>,
    /// Sessions that it belongs to; with `project`, those of the plan that run it too.
    pub sessions: Vec<String>,
    /// It stands in plugins.toml.
    pub project: bool,
    /// It was never approved in this clone.
    pub new: bool,
    /// What of it destroys something, in words; marks of it that `allow` lets run say so.
    pub dangers: Vec<String>,
    pub digest: CommandDigest,
}

impl Ask {
    /// Whether there is anything to ask.
    pub fn asks(&self) -> bool {
        self.change.asks() || self.new_commands().next().is_some()
    }

    pub fn new_commands(&self) -> impl Iterator<Item = &AskedCommand> {
        self.commands.iter().filter(|command| command.new)
    }

    /// For `--json`.
    pub(crate) fn json(&self) -> Value {
        let commands: Vec<Value> = self.commands.iter().map(AskedCommand::json).collect();
        json!({
            "first": self.first, "new": self.change.new, "changed": self.change.changed, "removed": self.change.removed,
            "less": self.change.less, "commands": commands, "plan_unread": self.unread,
        })
    }
}

impl AskedCommand {
    /// For `--json`.
    pub fn json(&self) -> Value {
        json!({
            "run": self.check.text, "shell": self.check.shell, "setup": self.check.setup,
            "directory": self.directory, "sessions": self.sessions, "project": self.project,
            "new": self.new, "dangers": self.dangers,
        })
    }
}
