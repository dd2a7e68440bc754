//! Which kind of work a session is: the rules of `[[models.rules]]`, and those that stand in where there are none. What
//! model a kind gets, and what the plan has to say to it: `model.rs`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::model::{ModelInput, WorkKind};
use super::phrase::{Phrase, Text};

/// One rule. Conditions of different keys must all hold; of the phrases of one key any.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub kind: WorkKind,
    #[serde(default)]
    pub title: Vec<Phrase>,
    #[serde(default)]
    pub prompt: Vec<Phrase>,
    /// None of these in the title.
    #[serde(default)]
    pub unless: Vec<Phrase>,
    /// At least so many files named.
    pub files: Option<usize>,
    /// At least so many top-level folders among the files.
    pub components: Option<usize>,
    /// Estimated at least so long.
    pub minutes: Option<u32>,
}

/// The kind and, in a few words, what decided it; none where nothing did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub kind: WorkKind,
    pub reason: Option<String>,
}

/// The first rule that matches; a standard session where none does. A project's own rules replace all that is built in,
/// the leaning of long sessions too: who writes rules has `minutes` for that.
pub(super) fn decide(rules: Option<&[Rule]>, input: &ModelInput<'_>) -> Verdict {
    let evidence = Evidence::of(input);
    match rules {
        Some(rules) => first(rules, &evidence),
        None => lean(first(&default_rules(), &evidence), input.minutes),
    }
}

fn first(rules: &[Rule], evidence: &Evidence) -> Verdict {
    let found = rules.iter().find_map(|rule| Some((rule.kind, evidence.fits(rule)?)));
    found.map_or(Verdict { kind: WorkKind::Standard, reason: None }, |(kind, why)| Verdict { kind, reason: Some(why) })
}

/// More than an hour is more than the words say.
fn lean(verdict: Verdict, minutes: Option<u32>) -> Verdict {
    let Some(minutes) = minutes.filter(|minutes| *minutes > 60) else { return verdict };
    let kind = match verdict.kind {
        WorkKind::Simple => WorkKind::Standard,
        WorkKind::Standard => WorkKind::Complex,
        WorkKind::Complex | WorkKind::Architecture => return verdict,
    };
    let words = verdict.reason.map(|words| format!("{words}, but ")).unwrap_or_default();
    Verdict { kind, reason: Some(format!("{words}estimated {minutes} min")) }
}

/// What the rules look at, read once.
struct Evidence {
    title: Text,
    prompt: Text,
    files: usize,
    components: usize,
    minutes: Option<u32>,
}

impl Evidence {
    /// Only files that the metadata names: paths in a prompt are as often read as written.
    fn of(input: &ModelInput<'_>) -> Self {
        let agents = input.metadata.subagents.iter().flat_map(|agent| &agent.files);
        let files: BTreeSet<&str> = input.metadata.files.iter().chain(agents).map(|file| file.trim()).collect();
        let components: BTreeSet<&str> = files.iter().filter_map(|file| component(file)).collect();
        Self {
            title: Text::read(input.title),
            prompt: Text::read(input.prompt),
            files: files.len(),
            components: components.len(),
            minutes: input.minutes,
        }
    }

    /// Why the rule matches; none where it does not.
    fn fits(&self, rule: &Rule) -> Option<String> {
        if self.title.find(&rule.unless).is_some() {
            return None;
        }
        let parts = [
            words(&self.title, &rule.title, "title")?,
            words(&self.prompt, &rule.prompt, "prompt")?,
            self.size(rule.files, rule.components)?,
            self.length(rule.minutes)?,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Some(if parts.is_empty() { "a rule for all that is left".to_owned() } else { parts.join(", ") })
    }

    // Each condition below: none where it fails, nothing to say where it is not set.

    fn size(&self, files: Option<usize>, components: Option<usize>) -> Option<Option<String>> {
        if files.is_some_and(|least| self.files < least) || components.is_some_and(|least| self.components < least) {
            return None;
        }
        let (named, folders) = (count(self.files, "file"), count(self.components, "folder"));
        Some(match (files, components) {
            (None, None) => None,
            (Some(_), None) => Some(format!("{named} named")),
            (None, Some(_)) => Some(format!("files in {folders}")),
            (Some(_), Some(_)) => Some(format!("{named} in {folders}")),
        })
    }

    fn length(&self, least: Option<u32>) -> Option<Option<String>> {
        let Some(least) = least else { return Some(None) };
        self.minutes.filter(|is| *is >= least).map(|is| Some(format!("estimated {is} min")))
    }
}

fn words(text: &Text, phrases: &[Phrase], place: &str) -> Option<Option<String>> {
    if phrases.is_empty() {
        return Some(None);
    }
    text.find(phrases).map(|found| Some(format!("`{found}` in the {place}")))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The top-level folder; none for a file at the root or a pattern that begins with a wildcard.
fn component(file: &str) -> Option<&str> {
    let file = file.strip_prefix("./").unwrap_or(file).trim_start_matches('/');
    let (folder, _) = file.split_once(['/', '\\'])?;
    (!folder.is_empty() && !folder.contains(['*', '?', '{'])).then_some(folder)
}

/// Titles begin with what is done, and that weighs more than what it is done to: documenting a contract is documenting,
/// testing the matcher is testing. So the rules for doing stand before those for things. Prompts mention too much to
/// decide by a word: only what they order counts, and only where the title has said nothing.
struct Row {
    kind: WorkKind,
    title: &'static [&'static str],
    prompt: &'static [&'static str],
    unless: &'static [&'static str],
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { kind: WorkKind::Simple, prompt: &[], title: &[
        "^docs", "^documentation", "document the", "document how", "document all", "document every", "document our",
        "documenting", "update … docs", "update … documentation", "write … docs", "write … documentation", "readme*",
        "changelog", "docstring*", "typo*", "^rename", "rename the", "renaming",
    ], unless: &[
        "tests", "race", "deadlock*", "rename endpoint", "rename command", "rename detection", "docs search",
        "docs generator",
    ] },
    Row { kind: WorkKind::Complex, prompt: &[], title: &[
        "race", "race condition*", "deadlock*", "livelock*", "^debug", "debug the", "debugging", "flaky", "flakiness",
        "intermittent*", "root cause", "memory leak*", "data corruption", "investigate", "diagnose", "concurren*",
        "thread-safe*", "thread safety", "refactor* … across", "refactor* … between", "restructur* … across",
        "migrat* … across", "across … services", "across … modules", "across … packages", "across … crates",
        "across … repositories", "across … components", "cross-module", "cross-service", "cross-repo*",
    ], unless: &[
        "crud", "race result*", "race day*", "race calendar", "race track*", "race page", "debug log*", "debug flag*",
        "debug mode", "debug output", "debug toolbar", "debug build*",
    ] },
    Row { kind: WorkKind::Standard, prompt: &[], title: &["tests", "test", "testing", "e2e", "end-to-end", "coverage"],
        unless: &["design", "architect*"] },
    Row { kind: WorkKind::Simple, prompt: &[], title: &["crud", "boilerplate", "scaffold*"],
        unless: &["design", "architect*", "schema*", "algorithm*", "engine", "generator"] },
    Row { kind: WorkKind::Simple, prompt: &[], title: &["docs", "documentation", "release notes"],
        unless: &["design", "architect*", "engine", "generator", "parser", "search", "endpoint*", "upload*"] },
    Row { kind: WorkKind::Simple, prompt: &[], title: &[
        "config", "configs", "configuration", "^configure", "dotenv", "env file*", "environment variable*",
        "gitignore", "editorconfig", "prettier", "eslint", "lint", "linter", "linting", "^bump",
        "update … dependencies", "upgrade … dependencies", "^style", "^restyle", "style the", "styles", "styling",
        "stylesheet*", "css", "typography", "colors", "colours", "favicon", "icons", "wording",
    ], unless: &[
        "design", "architect*", "schema*", "algorithm*", "engine", "parser", "loader", "generator", "reload*",
        "validat*", "migrat*", "endpoint*", "api", "service", "upload*", "matching", "config page", "config screen",
        "configuration page", "configuration screen",
    ] },
    Row { kind: WorkKind::Architecture, prompt: &[], title: &[
        "architect*", "api contract*", "interface contract*", "service contract*", "contract between",
        "contracts between", "data model*", "domain model*", "adr", "rfc",
    ], unless: &["docs", "rename"] },
    Row { kind: WorkKind::Architecture, prompt: &[], title: &["design", "designing"], unless: &[
        "docs", "rename", "design system", "design token*", "design review", "responsive", "ui", "page", "screen*",
        "button*", "logo", "mockup*", "css", "form",
    ] },
    Row { kind: WorkKind::Architecture, prompt: &[], title: &["schema", "schemas"],
        unless: &["docs", "rename", "crud", "validat*", "generat*", "page", "screen*", "form", "endpoint*"] },
    // In plans about people and money a contract is a document.
    Row { kind: WorkKind::Architecture, prompt: &[], title: &["contract", "contracts"], unless: &[
        "docs", "rename", "crud", "page", "screen*", "form", "list", "upload*", "import*", "export*", "pdf",
        "endpoint*", "employ*", "customer*", "smart", "rental", "lease", "sign*",
    ] },
    Row { kind: WorkKind::Complex, prompt: &[], title: &[
        "algorithm*", "matcher", "matching", "fuzzy", "heuristic*", "engine", "solver", "scheduler", "parser",
        "compiler", "interpreter", "optimizer", "optimiser", "state machine*", "conflict resolution", "reconcil*",
        "cache invalidation", "distributed", "backtracking", "consensus",
    ], unless: &["page", "screen*", "button*", "dashboard", "form", "list", "ui"] },
];

/// Files and folders that make a session wide: what several parts of a project need seen together.
const WIDE: (usize, usize) = (8, 3);

/// Where neither words nor size have decided.
#[rustfmt::skip]
const LATE: &[Row] = &[
    Row { kind: WorkKind::Standard, prompt: &[], unless: &[],
        title: &["endpoint*", "page", "screen*", "form", "dashboard"] },
    Row { kind: WorkKind::Architecture, title: &[], unless: &[], prompt: &[
        "design the … schema", "design the … architecture", "design the … data model", "design the … api",
        "define the … contract", "propose an … architecture",
    ] },
    Row { kind: WorkKind::Complex, title: &[], unless: &[], prompt: &[
        "find the root cause", "find out why", "fix the … race", "fix the … deadlock", "refactor* … across",
        "design an … algorithm", "implement an … algorithm", "implement the … algorithm",
    ] },
];

fn default_rules() -> Vec<Rule> {
    let wide = Row { kind: WorkKind::Complex, title: &[], prompt: &[], unless: &[] };
    let wide = Rule { files: Some(WIDE.0), components: Some(WIDE.1), ..rule(&wide) };
    ROWS.iter().map(rule).chain([wide]).chain(LATE.iter().map(rule)).collect()
}

fn rule(row: &Row) -> Rule {
    let phrases = |list: &[&str]| list.iter().filter_map(|text| Phrase::try_from((*text).to_owned()).ok()).collect();
    Rule {
        kind: row.kind,
        title: phrases(row.title),
        prompt: phrases(row.prompt),
        unless: phrases(row.unless),
        files: None,
        components: None,
        minutes: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_phrase_can_be_looked_for() {
        for text in ROWS.iter().chain(LATE).flat_map(|row| [row.title, row.prompt, row.unless]).flatten() {
            assert!(Phrase::try_from((*text).to_owned()).is_ok(), "{text}");
        }
    }

    /// A rule whose words are all taken by rules before it would never be seen to be wrong.
    #[test]
    fn every_built_in_rule_decides_something() {
        let rules = default_rules();
        for (at, row) in ROWS.iter().enumerate() {
            let decides = row.title.iter().filter(|word| !word.contains('*')).any(|word| {
                let title = word.trim_start_matches('^').replace('…', "");
                let metadata = session_types::Metadata::default();
                let evidence =
                    Evidence::of(&ModelInput { title: &title, prompt: "", metadata: &metadata, minutes: None });
                rules.iter().position(|rule| evidence.fits(rule).is_some()) == Some(at)
            });
            assert!(decides, "{:?}", row.title);
        }
    }

    #[test]
    fn folders() {
        for (file, folder) in [
            ("api/rooms.py", Some("api")),
            ("./api/x/y.py", Some("api")),
            ("api\\x.py", Some("api")),
            ("src/**/*.rs", Some("src")),
            ("README.md", None),
            ("**/*.rs", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(component(file), folder, "{file}");
        }
    }
}
