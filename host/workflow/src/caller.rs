//! Who the asker is, which folders are theirs, and what time it is. Only this file of the workflow reads the environment and the
//! clock.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use jiff::Zoned;
use session_types::shell;

use super::error::CommandError;

const FIXED: &str = "SESSION_NOW";

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The folder in which paths were typed; none where it is gone.
    pub here: Option<PathBuf>,
    /// The user, for attestations and locks.
    pub user: String,
    /// The coding agent that asks; none where a person does.
    pub agent: Option<String>,
    /// Folder of the user's own settings; none where the home folder is not known.
    pub settings: Option<PathBuf>,
    /// The cache folder; none where the home folder is not known.
    pub cache: Option<PathBuf>,
    pub clock: Clock,
}

/// What tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    Runs,
    /// It is always this time, and every duration is 0.
    Stands(Zoned),
    /// It should stand at this time, which is none.
    Wrong {
        time: String,
        why: String,
    },
}

impl Clock {
    pub(crate) const fn stands(&self) -> bool {
        matches!(self, Self::Stands(_))
    }

    pub(crate) fn now(&self) -> Result<Zoned, CommandError> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one look at the clock")]
            Self::Runs => Ok(Zoned::now()),
            Self::Stands(now) => Ok(now.clone()),
            Self::Wrong { time, why } => Err(CommandError::usage(format!("{FIXED} is `{time}`, which is no time"))
                .because(why)
                .hint(format!("{FIXED}=2026-01-02T09:00:00Z"))),
        }
    }

    /// `SESSION_NOW` fixes it, for documents and commits that must come out the same. What needs no clock never asks.
    fn of_environment() -> Self {
        let Ok(time) = std::env::var(FIXED) else { return Self::Runs };
        match time.parse::<jiff::Timestamp>() {
            Ok(fixed) => Self::Stands(fixed.to_zoned(jiff::tz::TimeZone::system())),
            Err(why) => Self::Wrong { time, why: why.to_string() },
        }
    }
}

impl Caller {
    /// As the environment of this process says.
    pub fn of_environment() -> Self {
        let base = etcetera::base_strategy::Xdg::new().ok();
        Self {
            here: std::env::current_dir().ok(),
            user: user(),
            agent: agent(),
            settings: base.as_ref().map(|base| base.config_dir().join("session")),
            cache: base.as_ref().map(|base| base.cache_dir().join("session")),
            clock: Clock::of_environment(),
        }
    }
}

fn user() -> String {
    let name = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// Agents say so in the environment.
fn agent() -> Option<String> {
    const KNOWN: [(&str, &str); 4] = [
        ("CLAUDECODE", "Claude Code"),
        ("GEMINI_CLI", "Gemini CLI"),
        ("CURSOR_AGENT", "Cursor"),
        ("CODEX_CI", "Codex"),
    ];
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty() && value != "0");
    ["SESSION_AGENT", "AI_AGENT", "AGENT"]
        .into_iter()
        .find_map(set)
        .or_else(|| KNOWN.into_iter().find(|(variable, _)| set(variable).is_some()).map(|(_, name)| name.to_owned()))
}

/// This program as a shell finds it: by its name where the path leads here, else by its place.
pub(crate) fn program() -> String {
    let here = std::env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_else(|_| "session".into());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("session")).find(|path| path.is_file());
    if found.and_then(|path| path.canonicalize().ok()).is_some_and(|found| found == here) {
        return "session".to_owned();
    }
    // Quoted for the shell, and for git, which reads `%` as its own.
    shell::quoted(&here.to_string_lossy()).replace('%', "%%")
}
