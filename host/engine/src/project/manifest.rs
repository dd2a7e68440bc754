//! plugins.toml: which plugins a project lists, what they may do, and what every session is checked by.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use session_types::{Check, CheckKind};
use thiserror::Error;

use session_core::bundle::BundledPlugins;
use session_core::digest::digest;
use session_core::grants::Grants;
use session_core::nearest::{WORDS, nearest};
use session_core::quote::{bare, without_middle};
use session_core::session::Models;
use session_system::{Door, Limit};

/// The name of the file.
pub const FILE: &str = "plugins.toml";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manifest {
    pub project: ProjectTable,
    /// Who does which kind of work; over what is built in.
    pub models: Models,
    #[serde(rename = "repository")]
    pub repositories: Vec<RepositoryTable>,
    #[serde(rename = "plugin")]
    pub plugins: Vec<PluginTable>,
    /// Of all that decides about what counts as verified: comments, order and models apart. Empty where there is no file.
    #[serde(skip)]
    pub digest: String,
    /// The file as it was read: every key of it is asked for.
    #[serde(skip)]
    pub table: toml::Table,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectTable {
    pub name: Option<String>,
    /// Path of the plan, relative to the root.
    pub plan: Option<String>,
    /// Commands that every session is checked by, besides its own.
    pub checks: Vec<ProjectCheck>,
    /// A session that no command verifies cannot be complete.
    pub require_checks: bool,
    /// Nor one with manual items that nobody confirmed.
    pub require_manual: bool,
}

/// A command of `checks`: a string, or a table that says where it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectCheck {
    pub run: String,
    /// Sessions of this repository only.
    pub repository: Option<String>,
    /// Only where the session has changed a path that one of these matches, relative to the root.
    pub paths: Vec<String>,
    /// Where it runs, relative to the root; the session's own directory where none.
    pub directory: Option<String>,
    pub timeout: Option<Duration>,
}

impl<'de> Deserialize<'de> for ProjectCheck {
    /// By hand: whatever is wrong in the table is then named, which an untagged enum would not do.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = ProjectCheck;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command such as \"cargo test\", or a table such as { run = \"cargo test\" }")
            }

            fn visit_str<E: serde::de::Error>(self, run: &str) -> Result<ProjectCheck, E> {
                Ok(ProjectCheck { run: run.to_owned(), ..ProjectCheck::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProjectCheck, A::Error> {
                let Table { run, repository, paths, directory, timeout } =
                    Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ProjectCheck { run, repository, paths, directory, timeout })
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    run: String,
    repository: Option<String>,
    #[serde(default)]
    paths: Vec<String>,
    directory: Option<String>,
    #[serde(default, deserialize_with = "duration")]
    timeout: Option<Duration>,
}

impl ProjectCheck {
    /// Why it would never run, or nowhere.
    fn wrong(&self, repositories: &[RepositoryTable]) -> Option<String> {
        if self.run.trim().is_empty() {
            return Some("runs nothing".to_owned());
        }
        let known = |name: &&String| !repositories.iter().any(|table| table.name == **name);
        if let Some(name) = self.repository.as_ref().filter(known) {
            return Some(format!("is for the repository `{name}`, which no [[repository]] names"));
        }
        if let Some(directory) = self.directory.as_ref().filter(|directory| Path::new(directory).is_absolute()) {
            return Some(format!("has the directory {directory}, which must be relative to the project"));
        }
        let unread = |pattern: &&String| globset::Glob::new(pattern).is_err();
        self.paths.iter().find(unread).map(|pattern| format!("has `{pattern}` in `paths`, which is no pattern"))
    }

    /// What a session is checked by.
    pub fn check(&self) -> Check {
        Check {
            kind: CheckKind::Command,
            text: self.run.clone(),
            project: true,
            paths: self.paths.clone(),
            directory: self.directory.clone(),
            timeout: self.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            ..Check::default()
        }
    }
}

/// A repository of the project; only where there is more than one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryTable {
    pub name: String,
    /// Relative to the root; the root where it is left out.
    #[serde(default = "here")]
    pub path: String,
    /// Prefixes of the IDs whose sessions belong here.
    #[serde(default)]
    pub prefix: Vec<String>,
}

/// One plugin. Listed means enabled; a name alone is a bundled one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginTable {
    pub name: String,
    /// A component, relative to the root.
    #[serde(default)]
    pub path: Option<String>,
    /// A shared library, relative to the root. Runs only where the user allowed it.
    #[serde(default)]
    pub native: Option<String>,
    /// Limit for one step: guest time and commands together.
    #[serde(default, deserialize_with = "duration")]
    pub timeout: Option<Duration>,
    #[serde(default)]
    pub on_error: OnError,
    #[serde(default)]
    pub config: toml::Table,
    /// The bundled default where it is left out.
    #[serde(default)]
    pub grant: Option<Grants>,
}

impl PluginTable {
    /// Every bundled plugin, each by its name alone.
    pub fn of_bundled(bundled: BundledPlugins) -> Vec<Self> {
        bundled.names().map(|name| Self { name: name.to_owned(), ..Self::default() }).collect()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    #[default]
    Stop,
    Warn,
}

#[derive(Debug, Error)]
pub enum ManifestError {
    #[error("cannot read {file}")]
    Read { file: String, source: std::io::Error },
    /// The message of the parser names line and column and shows the line.
    #[error("{file} cannot be used\n{message}")]
    Parse { file: String, message: String, hint: Option<String> },
    #[error("`{}` in {file} is no name for a plugin: letters, digits, `-`, `_` and `.`", brief(name))]
    Name { file: String, name: String },
    #[error("{file} lists the plugin `{}` twice", brief(name))]
    Twice { file: String, name: String },
    #[error("the check `{}` in {file} {}", brief(run), brief(why))]
    Check { file: String, run: String, why: String },
    #[error("the plugin `{}` in {file} has both `path` and `native`", brief(name))]
    TwoSources { file: String, name: String },
}

impl Manifest {
    /// Reads the file.
    ///
    /// # Errors
    /// Unreadable, no TOML, an unknown key, or a list that contradicts itself.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let file = path.display().to_string();
        let unread = |source| ManifestError::Read { file: file.clone(), source };
        let (root, name) = (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default());
        let bytes = Door::open(root).and_then(|door| door.need(&name.to_string_lossy(), Limit::MANIFEST));
        let bytes = bytes.map_err(unread)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| unread(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8")))?;
        Self::parse(&text, &file)
    }

    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self, ManifestError> {
        let mut manifest: Self = toml::from_str(text).map_err(|e| ManifestError::Parse {
            file: file.to_owned(),
            hint: suggestion(e.message()),
            message: shown(&e.to_string()),
        })?;
        for check in &manifest.project.checks {
            if let Some(why) = check.wrong(&manifest.repositories) {
                return Err(ManifestError::Check { file: file.to_owned(), run: check.run.clone(), why });
            }
        }
        let mut names = HashSet::new();
        for plugin in &manifest.plugins {
            let (file, name) = (file.to_owned(), plugin.name.clone());
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) || name.starts_with('.') {
                return Err(ManifestError::Name { file, name });
            }
            if !names.insert(&plugin.name) {
                return Err(ManifestError::Twice { file, name });
            }
            if plugin.path.is_some() && plugin.native.is_some() {
                return Err(ManifestError::TwoSources { file, name });
            }
        }
        let mut table: toml::Table = toml::from_str(text).unwrap_or_default();
        manifest.table = table.clone();
        table.remove("models");
        manifest.digest = digest(serde_json::to_string(&table).unwrap_or_default().as_bytes());
        Ok(manifest)
    }
}

/// Blanks before a line of the file that stay.
const INDENT: usize = 20;
/// Characters of a line of the file that an error shows: it may have as many as the file.
const LONGEST: usize = 300;

/// A text of the file on one line that ends soon, and whose end is not pushed to where a line of ours begins.
fn brief(text: &str) -> String {
    without_middle(&bare(text), LONGEST).into_owned()
}

/// The parser's message. A line of the file that it shows stays as it is, with the mark below it, or is shown without
/// that mark where it would not fit.
fn shown(message: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut marked = true;
    for line in message.trim_end().lines() {
        let Some((gutter, text)) = line.split_once("| ") else {
            lines.push(brief(line));
            continue;
        };
        if gutter.trim().parse::<usize>().is_err() {
            lines.extend((marked && gutter.trim().is_empty()).then(|| line.to_owned()));
            continue;
        }
        let indent = text.len() - text.trim_start_matches(' ').len();
        let plain = without_middle(text, LONGEST).len() == text.len() && bare(text.trim_start()) == text.trim_start();
        marked = plain && indent <= INDENT;
        lines.push(if marked { line.to_owned() } else { format!("{gutter}| {}", brief(text)) });
    }
    lines.join("\n")
}

fn here() -> String {
    ".".to_owned()
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom(format!("`{text}` is no length of time such as \"30s\" or \"2m\""));
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(parsed).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong).map(Some)
}

/// The known key nearest to an unknown one, both read from the parser's message: ``unknown field `x`, expected …``.
fn suggestion(message: &str) -> Option<String> {
    let mut words = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    nearest(unknown, words, WORDS).map(|nearest| format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file() {
        let manifest = Manifest::parse(
            "[project]\nname = \"P\"\nchecks = [\"make\"]\n[[repository]]\nname = \"b\"\nprefix = [\"BE\"]\n\
             [[plugin]]\nname = \"git\"\n[[plugin]]\nname = \"x\"\npath = \"x.wasm\"\ntimeout = \"2m\"\n\
             on-error = \"warn\"\n[plugin.config]\na = 1\n[plugin.grant]\nrun = [\"jj **\"]\nrepository = \"read\"\n",
            "plugins.toml",
        )
        .expect("valid");
        assert_eq!(manifest.repositories[0].path, ".");
        assert_eq!(manifest.plugins[1].timeout, Some(Duration::from_secs(120)));
        assert_eq!(manifest.plugins[1].on_error, OnError::Warn);
        assert!(manifest.plugins[0].grant.is_none());
    }

    #[test]
    fn only_what_decides_changes_the_digest() {
        let of = |text: &str| Manifest::parse(text, "f").expect("valid").digest;
        let before = of("[project]\nname = \"P\"\nchecks = [\"make\"]\n");
        assert_eq!(before, of("# why\n[project]\nname = \"P\"\nchecks = ['make']\n[models]\n"));
        assert_ne!(before, of("[project]\nname = \"P\"\nchecks = []\n"));
        assert_ne!(before, of("[project]\nname = \"P\"\nchecks = [\"make\"]\n[[plugin]]\nname = \"git\"\n"));
    }

    #[test]
    fn a_typing_mistake_gets_a_line_and_a_suggestion() {
        let error = Manifest::parse("[project]\nnmae = \"P\"\n", "plugins.toml").expect_err("unknown");
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(matches!(error, ManifestError::Parse { hint: Some(hint), .. } if hint.contains("`name`")));
        let error = Manifest::parse("[[plugin]]\nname = \"a\"\ntimeout = \"soon\"\n", "f").expect_err("no time");
        assert!(error.to_string().contains("\"30s\""), "{error}");
        let checks = |checks: &str| Manifest::parse(&format!("[project]\nchecks = [{checks}]\n"), "f");
        let known = checks("\"make\", { run = \"npm test\", paths = [\"web/**\"], timeout = \"5m\" }").expect("valid");
        let known: Vec<Check> = known.project.checks.iter().map(ProjectCheck::check).collect();
        assert_eq!((known[0].text.as_str(), known[1].timeout, known[1].paths.len()), ("make", Some(300_000), 1));
        for wrong in ["\"\"", "{ run = \"a\", repository = \"b\" }", "{ run = \"a\", paths = [\"[a\"] }"] {
            assert!(matches!(checks(wrong), Err(ManifestError::Check { .. })), "{wrong}");
        }
        for (wrong, named) in [("{ rum = \"a\" }", "rum"), ("{ paths = [] }", "run"), ("1", "a command")] {
            let error = checks(wrong).expect_err(wrong).to_string();
            assert!(error.contains(named) && error.contains("line 2"), "{error}");
        }
        assert!(Manifest::parse("[[plugin]]\nname = \"a\"\n[[plugin]]\nname = \"a\"\n", "f").is_err());
    }
}
