//! What a check would destroy, by its text alone: host and plugins judge a command by this one module. Two grades, each
//! with the command and the reason. How a shell reads the text is `danger/script.rs`; what programs do is
//! `danger/program.rs`, `danger/git.rs`, `danger/removal.rs` and `danger/data.rs`. Whether a project allows a check is
//! [`allows`]. What a script or a Makefile does that the command runs is not seen here.
//!
//! ```
//! use session_types::danger::{Grade, Ground, of_text};
//!
//! let found = of_text("cargo test && git -C . reset --hard", &Ground::default());
//! assert_eq!((found[0].grade, found[0].command.as_str()), (Grade::Project, "git -C . reset --hard"));
//! assert!(of_text("echo \"git push\"", &Ground::default()).is_empty());
//! ```

mod data;
mod git;
mod place;
mod program;
mod removal;
mod rest;
mod script;
mod word;

use serde::{Deserialize, Serialize};

use crate::Check;
use script::Shell;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// It destroys the project's own history or files.
    #[default]
    Project,
    /// It may destroy data elsewhere: a database, a server, what a fetched script does.
    Elsewhere,
}

/// One command of a check that destroys something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Danger {
    pub grade: Grade,
    /// The command as the shell reads it, such as `git reset --hard HEAD~1`.
    pub command: String,
    /// What it does, as half a sentence: `it takes back commits …`.
    pub why: String,
    /// What the project must allow for it: the check's own text, or that one of its setup lines.
    pub text: String,
}

/// Whether git tracks a path that the given test holds for; paths are relative to the project's root.
pub type Tracks<'g> = &'g dyn Fn(&dyn Fn(&str) -> bool) -> bool;

/// Where a check runs.
#[derive(Clone, Copy)]
pub struct Ground<'g> {
    /// The project's root, absolute; empty where it is not known.
    pub root: &'g str,
    /// The folder of the check, relative to the root.
    pub directory: &'g str,
    /// Folders of repositories beside the project's own, relative to the root: what lies in them does not leave it.
    pub repositories: &'g [String],
    pub tracks: Tracks<'g>,
}

impl Default for Ground<'_> {
    /// The root of a project that tracks nothing.
    fn default() -> Self {
        Self { root: "", directory: ".", repositories: &[], tracks: &|_| false }
    }
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// What a check would destroy: its setup lines and its command, in their order. Nothing for manual items, and for a
/// check that a program runs which is no shell.
pub fn of_check(check: &Check, ground: &Ground<'_>) -> Vec<Danger> {
    const OTHERS: [&str; 8] = ["python", "python3", "node", "ruby", "perl", "deno", "bun", "php"];
    let shell = check.shell.as_deref().unwrap_or("sh");
    let program = shell.rsplit('/').next().unwrap_or(shell);
    if check.kind == crate::CheckKind::Manual || OTHERS.contains(&program) {
        return Vec::new();
    }
    of_parts(check.setup.iter().chain([&check.text]).map(String::as_str), ground)
}

/// What one command line would destroy.
pub fn of_text(text: &str, ground: &Ground<'_>) -> Vec<Danger> {
    of_parts([text], ground)
}

fn of_parts<'t>(parts: impl IntoIterator<Item = &'t str>, ground: &Ground<'_>) -> Vec<Danger> {
    let mut shell = Shell::new(ground);
    for part in parts {
        shell.read_part(part);
    }
    shell.end()
}

/// Whether an entry of `allow` matches a text: the whole text, blanks around it apart. In an entry `*` is any text
/// within one command: it reaches over no `;`, `&`, `|`, `<`, `>`, bracket, backtick or line end.
pub fn allows(allow: &[String], text: &str) -> bool {
    let text = text.trim();
    allow.iter().map(|entry| entry.trim()).any(|entry| entry == text || matches(entry, text))
}

fn matches(entry: &str, text: &str) -> bool {
    let Some((before, behind)) = entry.split_once('*') else { return entry == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let ends = |c: char| matches!(c, ';' | '&' | '|' | '<' | '>' | '(' | ')' | '{' | '}' | '`' | '\n' | '\r');
    let most = rest.find(ends).unwrap_or(rest.len());
    let ends_at = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).take_while(|at| *at <= most);
    ends_at.into_iter().any(|at| matches(behind, &rest[at..]))
}

#[cfg(test)]
mod tests;
