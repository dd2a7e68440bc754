//! Which model does a session, how hard it thinks, and why: the plan's keys, else the `[models]` table of plugins.toml
//! over the built-in one. What kind of work a session is: `model_rules.rs`; what a model's name stands for:
//! `model_names.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use session_types::{Metadata, ModelChoice};

use super::execution::Execution;
use super::model_rules::{Rule, Verdict, decide};

/// The `[models]` table. What is left out is as built in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    pub simple: Work,
    pub standard: Work,
    pub complex: Work,
    pub architecture: Work,
    /// All of the rules; the built-in ones where the key is missing.
    pub rules: Option<Vec<Rule>>,
    /// Name → what an agent is given.
    pub aliases: BTreeMap<String, String>,
    /// Besides those that are known.
    pub retired: BTreeSet<String>,
}

/// Who does one kind of work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Work {
    pub model: Option<String>,
    pub ultrathink: Option<bool>,
}

/// Kinds of work, as the table of formats.md §1 has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkKind {
    /// CRUD, docs, configuration, styling.
    Simple,
    /// Implementation, tests, endpoints.
    Standard,
    /// Logic, algorithms, debugging, what crosses modules.
    Complex,
    /// Architecture, schemas, contracts.
    Architecture,
}

impl fmt::Display for WorkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Simple => "simple",
            Self::Standard => "standard",
            Self::Complex => "complex",
            Self::Architecture => "architecture",
        })
    }
}

/// What of a session is looked at.
#[derive(Clone, Copy, Debug)]
pub struct ModelInput<'a> {
    pub title: &'a str,
    pub prompt: &'a str,
    pub metadata: &'a Metadata,
    /// The estimate, as [`minutes`](super::minutes) reads it.
    pub minutes: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub choice: ModelChoice,
    /// Names that may be refused, the sub-agents' too; a way of thinking that has no name here.
    pub warnings: Vec<String>,
}

/// Chooses. Never fails: what it does not know is passed on with a warning.
pub fn choose(models: &Models, input: &ModelInput<'_>) -> Choice {
    let Verdict { kind, reason } = decide(models.rules.as_deref(), input);
    let reason = format!("{kind}: {}", reason.as_deref().unwrap_or("nothing points elsewhere"));
    let (rule_model, rule_ultrathink) = models.work(kind);
    let planned = written(input.metadata.model.as_deref());
    let model = planned.unwrap_or(rule_model);
    let resolved = models.resolve(model);
    let (thinking, says) = thinking(input.metadata, rule_ultrathink);
    let mut warnings: Vec<String> = resolved.warning.into_iter().collect();
    warnings.extend(strange(&thinking));
    warnings.extend(subagents(models, input.metadata));
    let why = why(planned.is_some(), says, rule_ultrathink, reason);
    Choice { choice: ModelChoice { model: model.to_owned(), resolved: resolved.id, thinking, why }, warnings }
}

impl Models {
    fn work(&self, kind: WorkKind) -> (&str, bool) {
        let (own, model, ultrathink) = match kind {
            WorkKind::Simple => (&self.simple, "haiku", false),
            WorkKind::Standard => (&self.standard, "sonnet", false),
            WorkKind::Complex => (&self.complex, "sonnet", true),
            WorkKind::Architecture => (&self.architecture, "sonnet", true),
        };
        (written(own.model.as_deref()).unwrap_or(model), own.ultrathink.unwrap_or(ultrathink))
    }
}

/// What says how hard to think.
#[derive(Clone, Copy)]
enum Says {
    Plan,
    /// 🧠 in the `execution` key: a wish and no setting, so a key goes before it and a rule behind it.
    Mark,
    Rule,
}

fn thinking(metadata: &Metadata, rule: bool) -> (String, Says) {
    let word = |ultrathink| if ultrathink { "ultrathink" } else { "standard" }.to_owned();
    match written(metadata.thinking.as_deref()) {
        Some(text) => (plain(text), Says::Plan),
        None if Execution::read(metadata).ultrathink => (word(true), Says::Mark),
        None => (word(rule), Says::Rule),
    }
}

/// One of the three names where it is meant; else the text as it is.
fn plain(text: &str) -> String {
    let letters: String = text.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    match letters.as_str() {
        "ultrathink" => "ultrathink",
        "extended" | "extendedthinking" => "extended",
        "standard" | "normal" | "none" | "off" | "no" | "false" => "standard",
        _ => text,
    }
    .to_owned()
}

fn strange(thinking: &str) -> Option<String> {
    let known = matches!(thinking, "ultrathink" | "extended" | "standard");
    (!known).then(|| {
        format!("thinking `{thinking}` is none of `ultrathink`, `extended`, `standard` and is passed on as it is")
    })
}

fn subagents(models: &Models, metadata: &Metadata) -> Vec<String> {
    let warning = |agent: &session_types::SubAgent| {
        // `inherit`: that of the session.
        let model = written(agent.model.as_deref()).filter(|model| !model.eq_ignore_ascii_case("inherit"))?;
        Some(format!("sub-agent `{}`: {}", agent.name, models.resolve(model).warning?))
    };
    metadata.subagents.iter().filter_map(warning).collect()
}

fn why(planned: bool, says: Says, rule_ultrathink: bool, reason: String) -> String {
    const MARK: &str = "thinking from `Ultrathink` in execution";
    match (planned, says) {
        (true, Says::Plan) => "the plan says so".to_owned(),
        (true, Says::Mark) => format!("the plan says so; {MARK}"),
        (true, Says::Rule) => format!("the plan says so; thinking from {reason}"),
        (false, Says::Plan) => format!("{reason}; thinking from the plan"),
        // It changed nothing.
        (false, Says::Mark) if rule_ultrathink => reason,
        (false, Says::Mark) => format!("{reason}; {MARK}"),
        (false, Says::Rule) => reason,
    }
}

/// A dash stands for nothing, as it does for dependencies.
fn written(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !matches!(text.to_lowercase().as_str(), "" | "-" | "–" | "—" | "n/a"))
}

#[cfg(test)]
mod tests {
    use session_types::SubAgent;

    use super::*;

    /// Title, part of the prompt, files, minutes, execution, model and thinking of the plan; then model, thinking, why.
    type Row<'a> = (&'a str, &'a str, &'a str, u32, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

    const WIDE: &str = "api/a.py api/b.py api/c.py web/a.ts web/b.ts web/c.ts db/1.sql docs/a.md";
    const CRUD: &str =
        "CRUD for rooms. Read the schema first, keep the config, add a test. Do not refactor across modules.";

    fn metadata((_, _, files, _, execution, model, thinking, ..): &Row<'_>) -> Metadata {
        let key = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Metadata {
            files: files.split_whitespace().map(str::to_owned).collect(),
            execution: key(execution),
            model: key(model),
            thinking: key(thinking),
            ..Metadata::default()
        }
    }

    fn check(models: &Models, row: &Row<'_>) {
        let (title, prompt, _, minutes, .., model, thinking, why) = *row;
        let minutes = Some(minutes).filter(|minutes| *minutes > 0);
        let choice = choose(models, &ModelInput { title, prompt, metadata: &metadata(row), minutes }).choice;
        assert_eq!(
            (choice.model.as_str(), choice.thinking.as_str(), choice.why.as_str()),
            (model, thinking, why),
            "{title}"
        );
    }

    #[test]
    #[rustfmt::skip]
    fn twenty_sessions() {
        let rows: [Row; 20] = [
            ("Document the API contract", "", "", 25, "", "", "", "haiku", "standard", "simple: `document the` in the title"),
            ("Rename the matcher module", "", WIDE, 20, "", "", "", "haiku", "standard", "simple: `rename` in the title"),
            ("Style the settings page", "", "", 0, "CLI", "", "", "haiku", "standard", "simple: `style` in the title"),
            ("CRUD for rooms", CRUD, "", 45, "", "", "", "haiku", "standard", "simple: `crud` in the title"),
            ("Add GET /rooms endpoint", CRUD, "", 45, "", "", "", "sonnet", "standard", "standard: `endpoint` in the title"),
            ("Unit tests for the matcher", "", "", 60, "", "", "", "sonnet", "standard", "standard: `tests` in the title"),
            ("Payslip export", CRUD, "", 0, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Fix race in the booking queue", "", "", 0, "", "", "", "sonnet", "ultrathink", "complex: `race` in the title"),
            ("Refactor sessions across three services", "", "", 0, "", "", "", "sonnet", "ultrathink", "complex: `refactor … across` in the title"),
            ("Debug the flaky import", "", "", 0, "", "", "", "sonnet", "ultrathink", "complex: `debug` in the title"),
            ("Design the payroll schema", "", "", 0, "", "", "", "sonnet", "ultrathink", "architecture: `design` in the title"),
            ("Ledger schema", "", "", 0, "Ultrathink", "", "", "sonnet", "ultrathink", "architecture: `schema` in the title"),
            ("Import of old shifts", "Some days are wrong.\nFind out why.", "", 0, "", "", "", "sonnet", "ultrathink", "complex: `find out why` in the prompt"),
            ("Office board", "", WIDE, 0, "", "", "", "sonnet", "ultrathink", "complex: 8 files in 4 folders"),
            ("Tide tables", "", "", 90, "", "", "", "sonnet", "ultrathink", "complex: estimated 90 min"),
            ("Write the user docs", "", "", 75, "", "", "", "sonnet", "standard", "standard: `write … docs` in the title, but estimated 75 min"),
            ("Greeting", "", "", 0, "🖥️ CLI | 🧠 Ultrathink", "", "", "sonnet", "ultrathink", "standard: nothing points elsewhere; thinking from `Ultrathink` in execution"),
            ("Rule engine", "", "", 0, "", "opus", "", "opus", "ultrathink", "the plan says so; thinking from complex: `engine` in the title"),
            ("CRUD for rooms", "", "", 0, "🧠 Ultrathink", "", "Extended", "haiku", "extended", "simple: `crud` in the title; thinking from the plan"),
            ("Design the API", "", WIDE, 90, "🧠 Ultrathink", "haiku", "standard", "haiku", "standard", "the plan says so"),
        ];
        for row in &rows {
            check(&Models::default(), row);
        }
    }

    #[test]
    fn words_that_mean_something_else() {
        for (title, kind) in [
            ("Add tests and docs", WorkKind::Standard),
            ("Docs search endpoint", WorkKind::Standard),
            ("Document the design of the ledger", WorkKind::Simple),
            ("Document upload", WorkKind::Standard),
            ("Redesign of the board", WorkKind::Standard),
            ("Design system buttons", WorkKind::Standard),
            ("Designer accounts", WorkKind::Standard),
            ("Employee contract upload", WorkKind::Standard),
            ("Contractors", WorkKind::Standard),
            ("Contract between API and web", WorkKind::Architecture),
            ("Race results page", WorkKind::Standard),
            ("Trace IDs in logs", WorkKind::Standard),
            ("Debug logging", WorkKind::Standard),
            ("Matching page", WorkKind::Standard),
            ("Configuration loader with reload", WorkKind::Standard),
            ("Configure eslint", WorkKind::Simple),
            ("Rename endpoint", WorkKind::Standard),
            ("Rename the rooms endpoint", WorkKind::Simple),
            ("Add rename endpoint", WorkKind::Standard),
            ("Import without schema", WorkKind::Standard),
            ("Validate rows against the schema", WorkKind::Standard),
            ("Fix flaky tests", WorkKind::Complex),
            ("Fix typo in the scheduler", WorkKind::Simple),
            ("CSS architecture", WorkKind::Architecture),
            ("Logging across all services", WorkKind::Complex),
            ("Settings page", WorkKind::Standard),
            ("Config page", WorkKind::Standard),
            ("API documentation", WorkKind::Simple),
            ("CRUD endpoints for rooms", WorkKind::Simple),
            ("CRUD engine", WorkKind::Complex),
            ("Style the matcher page", WorkKind::Simple),
            ("架构", WorkKind::Standard),
            ("", WorkKind::Standard),
        ] {
            let metadata = Metadata::default();
            let why = choose(&Models::default(), &ModelInput { title, prompt: "", metadata: &metadata, minutes: None });
            assert!(why.choice.why.starts_with(&format!("{kind}: ")), "{title}: {}", why.choice.why);
        }
    }

    #[test]
    fn size_and_prompt_count_where_the_title_says_nothing() {
        let seven = "api/a api/b api/c web/a web/b web/c db/1";
        let flat = "api/a api/b api/c web/a web/b web/c web/d web/e";
        let order = "Then refactor the shift readers across the importers.";
        let reason = "complex: `refactor … across` in the prompt";
        let nothing = "standard: nothing points elsewhere";
        let rows: [Row<'_>; 6] = [
            ("Shifts", "", "", 61, "", "", "", "sonnet", "ultrathink", "complex: estimated 61 min"),
            ("Office board", "", seven, 0, "", "", "", "sonnet", "standard", nothing),
            ("Office board", "", flat, 0, "", "", "", "sonnet", "standard", nothing),
            ("Shifts", order, "", 0, "", "", "", "sonnet", "ultrathink", reason),
            ("Shifts", CRUD, "", 60, "", "", "", "sonnet", "standard", nothing),
            ("Shifts page", order, "", 0, "", "", "", "sonnet", "standard", "standard: `page` in the title"),
        ];
        for row in &rows {
            check(&Models::default(), row);
        }
    }

    /// The table of the documentation, in its order.
    const WHOLE: &str = r#"
        [models.simple]
        model = "gpt-6"
        ultrathink = true

        [[models.rules]]
        kind = "architecture"
        title = ["bridge*"]
        prompt = ["span"]
        unless = ["docs", "rename"]
        files = 2
        components = 2
        minutes = 61

        [[models.rules]]
        kind = "complex"
        files = 3

        [[models.rules]]
        kind = "complex"
        components = 3

        [[models.rules]]
        kind = "simple"
        title = ["matcher", "race"]

        [[models.rules]]
        kind = "complex"
        minutes = 120

        [models.aliases]
        sonnet = "claude-sonnet-4-6"

        [models]
        retired = ["house-1"]
    "#;

    #[derive(Deserialize)]
    struct Manifest {
        models: Models,
    }

    #[test]
    #[rustfmt::skip]
    fn a_projects_rules_replace_the_built_in_ones() {
        let models = toml::from_str::<Manifest>(WHOLE).unwrap().models;
        let rows: [Row; 12] = [
            ("Bridges", "the span", "a/x b/y", 61, "", "", "", "sonnet", "ultrathink", "architecture: `bridges` in the title, `span` in the prompt, 2 files in 2 folders, estimated 61 min"),
            ("Bridges", "", "a/x b/y", 61, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Bridges", "the span", "a/x", 61, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Bridges", "the span", "a/x a/y", 61, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Bridges", "the span", "a/x b/y", 60, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Bridges", "the span", "a/x b/y", 0, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Rename bridges", "the span", "a/x b/y", 61, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("X", "", "x y z", 0, "", "", "", "sonnet", "ultrathink", "complex: 3 files named"),
            ("X", "", "x y x", 0, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Design the schema", "", "", 90, "", "", "", "sonnet", "standard", "standard: nothing points elsewhere"),
            ("Race in the matcher", "", "", 90, "", "", "", "gpt-6", "ultrathink", "simple: `matcher` in the title"),
            ("Matrix", "", "", 120, "", "", "", "sonnet", "ultrathink", "complex: estimated 120 min"),
        ];
        for row in &rows {
            check(&models, row);
        }
    }

    #[test]
    fn no_rules_and_a_rule_without_conditions() {
        let row = |model, thinking, why| ("Race", "", "", 90, "", "", "", model, thinking, why);
        let none: Models = toml::from_str("rules = []").unwrap();
        check(&none, &row("sonnet", "standard", "standard: nothing points elsewhere"));
        let all: Models = toml::from_str("rules = [{ kind = \"simple\" }]").unwrap();
        check(&all, &row("haiku", "standard", "simple: a rule for all that is left"));
    }

    #[test]
    fn names_are_resolved_and_strange_ones_said() {
        let models = toml::from_str::<Manifest>(WHOLE).unwrap().models;
        let agent =
            |name: &str, model: &str| SubAgent { name: name.into(), model: Some(model.into()), ..SubAgent::default() };
        let metadata = Metadata {
            thinking: Some("deep".into()),
            subagents: vec![agent("A", "inherit"), agent("B", "opus"), agent("C", "house-1"), agent("D", "—")],
            ..Metadata::default()
        };
        let chosen = choose(&models, &ModelInput { title: "Matcher", prompt: "", metadata: &metadata, minutes: None });
        assert_eq!((chosen.choice.resolved.as_str(), chosen.choice.thinking.as_str()), ("gpt-6", "deep"));
        let [model, thinking, agent] = chosen.warnings.try_into().unwrap();
        assert!(model.starts_with("the model `gpt-6` is not known"), "{model}");
        assert!(thinking.starts_with("thinking `deep` is none of"), "{thinking}");
        assert!(agent.starts_with("sub-agent `C`: the model `house-1` is retired"), "{agent}");

        let metadata = Metadata { model: Some(" — ".into()), ..Metadata::default() };
        let chosen = choose(&models, &ModelInput { title: "X", prompt: "", metadata: &metadata, minutes: None });
        assert_eq!((chosen.choice.model.as_str(), chosen.choice.resolved.as_str()), ("sonnet", "claude-sonnet-4-6"));
        assert_eq!(chosen.warnings, [""; 0]);
    }

    #[test]
    fn ways_to_write_thinking() {
        for (text, expected) in [
            ("🧠 Ultrathink", "ultrathink"),
            ("Extended thinking", "extended"),
            ("false", "standard"),
            ("Standard", "standard"),
            ("hard", "hard"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn what_the_table_does_not_know_is_refused_by_name() {
        for (text, named) in [
            ("tiny = { model = \"haiku\" }", "`tiny`"),
            ("[simple]\nmodle = \"haiku\"", "`modle`"),
            ("[[rules]]\nkind = \"simple\"\ntitel = [\"x\"]", "`titel`"),
            ("[[rules]]\nkind = \"easy\"", "`easy`"),
            ("[[rules]]\ntitle = [\"x\"]", "`kind`"),
            ("[[rules]]\nkind = \"simple\"\ntitle = [\"de*sign\"]", "`de*sign`"),
            ("[[rules]]\nkind = \"simple\"\nunless = [\"\"]", "no word"),
            ("[[rules]]\nkind = \"simple\"\nfiles = -1", "-1"),
        ] {
            let error = toml::from_str::<Models>(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
