//! Failures in words: what could not be done, why, and what to type next. Errors of other modules are worded here; a use case
//! words its own refusals where it decides them.

use std::error::Error as StdError;

use session_core::quote::quote;
use session_core::session::Illegal;
use session_engine::dispatch::RecordError;
use session_engine::journal::JournalError;
use session_engine::plugin::{InspectError, NativeError, PluginError, TrustError};
use session_engine::project::{ManifestError, PlanPathError, ProjectError};
use session_system::LockError;
use session_system::Refusal;

/// Decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Refused or failed.
    Failed,
    /// The request makes no sense.
    Usage,
    Checks,
    Stuck,
    NotTrusted,
    /// Ours.
    Bug,
}

/// A failure in words.
#[derive(Debug)]
pub struct CommandError {
    pub kind: ErrorKind,
    pub message: String,
    pub causes: Vec<String>,
    pub hints: Vec<String>,
    /// What `--json` says besides the error: its name and value.
    pub data: Option<Box<(&'static str, serde_json::Value)>>,
}

impl CommandError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Failed, message: message.into(), causes: Vec::new(), hints: Vec::new(), data: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, ..Self::new(message) }
    }

    pub fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn with(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.data = Some(Box::new((name, value)));
        self
    }

    /// What to do about a file that the door does not open.
    fn hint_of(self, error: &std::io::Error) -> Self {
        match Refusal::of(error) {
            Some(refusal) => self.hint(refusal.hint()),
            None => self,
        }
    }

    /// What could not be done, with everything that was said of it as causes.
    pub fn while_(mut self, what: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.message, what.into());
        self.causes.insert(0, inner);
        self
    }

    fn of(error: &dyn StdError) -> Self {
        let mut worded = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            worded = worded.because(cause.to_string());
            source = cause.source();
        }
        worded
    }
}

impl From<session_types::Error> for CommandError {
    fn from(error: session_types::Error) -> Self {
        let kind = if error.stuck { ErrorKind::Stuck } else { ErrorKind::Failed };
        // Each line is a way on of its own.
        let hints = error.hint.iter().flat_map(|hint| hint.lines()).map(str::to_owned).collect();
        Self { kind, message: error.message, causes: error.causes, hints, data: None }
    }
}

impl From<ProjectError> for CommandError {
    fn from(error: ProjectError) -> Self {
        match &error {
            ProjectError::Manifest(manifest) => {
                let worded = Self::of(&error);
                match manifest {
                    ManifestError::Parse { hint: Some(hint), .. } => worded.hint(hint.clone()),
                    ManifestError::Parse { .. } => worded.hint("correct that line, then the same command again"),
                    ManifestError::Name { .. } => worded.hint("give it a plain name, such as \"jj\""),
                    ManifestError::Twice { .. } => worded.hint("remove one of the two, or give it another name"),
                    ManifestError::Check { .. } => worded.hint("correct it in `checks` of [project]"),
                    ManifestError::TwoSources { .. } => worded.hint("keep the one that is meant"),
                    ManifestError::Read { source, .. } => worded.hint_of(source),
                }
            }
            ProjectError::NoFolder { .. } => Self::of(&error).hint("check the folder after --project"),
            ProjectError::Foreign(error) => error.clone().into(),
        }
    }
}

impl From<PlanPathError> for CommandError {
    fn from(error: PlanPathError) -> Self {
        let worded = Self::of(&error);
        match &error {
            PlanPathError::Missing { from_manifest: true, .. } => {
                worded.hint("correct plan in [project] of plugins.toml")
            }
            PlanPathError::Missing { .. } => worded.hint("check the path after --plan"),
            PlanPathError::Outside { .. } => worded.hint("copy it into the project, or use --project"),
            PlanPathError::Refused { source, .. } => {
                worded.hint_of(source).hint("correct plan in [project] of plugins.toml")
            }
            PlanPathError::Many => {
                worded.hint("name the plan: [project] plan = \"docs/…\" in plugins.toml, or --plan FILE")
            }
            PlanPathError::Walk(source) => worded.hint_of(source),
        }
    }
}

impl From<PluginError> for CommandError {
    fn from(error: PluginError) -> Self {
        let worded = Self::of(&error);
        match &error {
            PluginError::Unknown { name, nearest } => {
                let worded = match nearest {
                    Some(nearest) => worded.hint(format!("did you mean `{nearest}`?")),
                    None => worded,
                };
                worded
                    .hint(format!("a plugin of your own needs a path: add `path = \"…\"` to `{name}` in plugins.toml"))
            }
            PluginError::Read { source, .. } if Refusal::of(source).is_some() => worded.hint_of(source),
            PluginError::Read { name, .. } => {
                worded.hint(format!("build it, or correct the path of `{name}` in plugins.toml"))
            }
            PluginError::Inspect { source, .. } => match source {
                InspectError::TooNew { .. } => worded.hint("update session: the plugin is newer"),
                InspectError::TooOld { .. } => {
                    worded.hint(format!("rebuild the plugin with session-sdk {} or later", session_types::CONTRACT))
                }
                InspectError::UnknownImport(_) => {
                    worded.hint("rebuild it with session-sdk; if it was, update session: the plugin is newer")
                }
                _ => worded.hint("build it with: cargo build --release --target wasm32-wasip2"),
            },
            PluginError::Native { source: NativeError::Abi { found }, .. } => {
                let newer = *found > session_engine::plugin::NATIVE_ABI;
                worded.hint(if newer { "update session: the plugin is newer" } else { "rebuild the plugin" })
            }
            PluginError::Native { .. } => worded.hint("rebuild the plugin with session-sdk and its feature `native`"),
            PluginError::NotThere { .. } | PluginError::NativeOf { .. } | PluginError::Unread { .. } => worded,
            PluginError::NotAllowed { name, digest, beside } => {
                let worded = worded
                    .kind(ErrorKind::NotTrusted)
                    .because(format!("a native plugin is trusted code without a sandbox; its digest is {digest}"));
                let loads = |(file, digest): &(String, String)| format!("it loads {} ({digest}), too", quote(file));
                let worded = beside.iter().map(loads).fold(worded, Self::because);
                worded.hint(format!("session trust --native {name}"))
            }
            PluginError::Config { .. } => worded.hint("use strings, numbers, booleans, arrays and tables"),
        }
    }
}

impl From<TrustError> for CommandError {
    fn from(error: TrustError) -> Self {
        let worded = Self::of(&error);
        match &error {
            TrustError::Parse { path, .. } => {
                worded.hint(format!("correct or remove {}, then session trust", path_word(path)))
            }
            _ => worded,
        }
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        let worded = Self::of(&error);
        match &error {
            LockError::Held { .. } => worded.hint("wait for it to end, or end it"),
            LockError::Io { .. } => worded,
        }
    }
}

impl From<RecordError> for CommandError {
    fn from(error: RecordError) -> Self {
        let worded = Self::of(&error);
        match &error {
            RecordError::Journal(JournalError::Damaged { path, line, .. }) => {
                let (path, good) = (path_word(path), line - 1);
                worded
                    .kind(ErrorKind::Stuck)
                    .because("the disk or another program changed it, so what happened since is not known for sure")
                    .hint(format!("cp {path} {path}.damaged && head -n {good} {path}.damaged > {path}"))
                    .hint("session resume, and git log to compare what was committed since")
            }
            RecordError::Diverged { .. } => worded
                .kind(ErrorKind::Stuck)
                .hint("session resume --retry runs the step anew and tells it what it has changed already")
                .hint("session resume --abort gives the event up; what it has changed stays"),
            RecordError::Journal(JournalError::Io { path, .. }) if path.is_dir() => {
                worded.kind(ErrorKind::Stuck).hint(format!("move {} away: it is a folder", path_word(path)))
            }
            RecordError::Journal(JournalError::Io { source, .. }) if Refusal::of(source).is_some() => {
                worded.hint_of(source)
            }
            RecordError::Journal(JournalError::Io { .. }) => {
                worded.hint("make room or permission, then the same command again")
            }
            RecordError::Journal(JournalError::Gone { .. }) => worded
                .because("what was written there is lost, and what was done since is in no journal")
                .hint("find out what removes it (a check?), then session status and git log say what there is"),
            RecordError::Journal(JournalError::Json(_)) => worded.kind(ErrorKind::Bug),
            RecordError::Illegal(illegal) => illegal.clone().into(),
            RecordError::World(error) => error.clone().into(),
        }
    }
}

impl From<Illegal> for CommandError {
    fn from(error: Illegal) -> Self {
        let worded = Self::of(&error);
        match &error {
            Illegal::Status { status: "pending" | "paused" | "rolled back", id, .. } => {
                worded.hint(format!("session start {id}"))
            }
            Illegal::Status { status: "active", id, .. } => {
                worded.hint(format!("session show {id}, session complete {id}, or session pause {id}"))
            }
            Illegal::Status { .. } => worded.hint("session next"),
            Illegal::Stray { .. } => worded.kind(ErrorKind::Stuck),
        }
    }
}

impl From<session_engine::project::RecordError> for CommandError {
    fn from(error: session_engine::project::RecordError) -> Self {
        let worded = Self::of(&error);
        match &error {
            session_engine::project::RecordError::Conflict { .. } => worded.hint("session progress --resolve"),
            session_engine::project::RecordError::Newer { .. } => {
                worded.hint("install a newer version of session, then the same command again")
            }
            session_engine::project::RecordError::Parse { path, .. } => {
                worded.hint(format!("git checkout -- {} brings the committed one back", path_word(path)))
            }
            session_engine::project::RecordError::Read { source, .. }
            | session_engine::project::RecordError::Write { source, .. } => worded.hint_of(source),
        }
    }
}

/// As a word of a command to type.
fn path_word(path: &std::path::Path) -> String {
    session_types::shell::path(&path.to_string_lossy())
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::of(&error).hint_of(&error)
    }
}
