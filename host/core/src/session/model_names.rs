//! Names of models: what an agent is given for one, and a warning where that will not do. It asks nobody: what is
//! known stands here, as of November 2026, and `[models.aliases]` is over it. Which model a session gets: `model.rs`.

use super::model::Models;

/// Names that the agent's command line follows to the newest of a line, then the IDs of single models.
const KNOWN: [&str; 26] = [
    "haiku",
    "sonnet",
    "opus",
    "fable",
    "best",
    "opusplan",
    "default",
    "claude-haiku-4-5",
    "claude-haiku-4-5-20251001",
    "claude-haiku-5-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
    "claude-opus-4-5",
    "claude-opus-4-5-20251101",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-fable-5",
    "claude-fable-5-1",
    "claude-mythos-5",
    "claude-mythos-5-1",
];

/// Gone from the vendor's own interface; requests fail. An undated or `-latest` name went with the model behind it.
const RETIRED: [&str; 29] = [
    "claude-1",
    "claude-2",
    "claude-instant-1",
    "claude-1.0",
    "claude-1.1",
    "claude-1.2",
    "claude-1.3",
    "claude-instant-1.0",
    "claude-instant-1.1",
    "claude-instant-1.2",
    "claude-2.0",
    "claude-2.1",
    "claude-3-haiku-20240307",
    "claude-3-sonnet-20240229",
    "claude-3-opus-20240229",
    "claude-3-opus-latest",
    "claude-3-5-sonnet-20240620",
    "claude-3-5-sonnet-20241022",
    "claude-3-5-sonnet-latest",
    "claude-3-5-haiku-20241022",
    "claude-3-5-haiku-latest",
    "claude-3-7-sonnet-20250219",
    "claude-3-7-sonnet-latest",
    "claude-sonnet-4-0",
    "claude-sonnet-4-20250514",
    "claude-opus-4-0",
    "claude-opus-4-20250514",
    "claude-opus-4-1",
    "claude-opus-4-1-20250805",
];

/// The agent's command line takes it behind any name: the long context window.
const LONG: &str = "[1m]";

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What an agent is given.
    pub id: String,
    /// Why that may be refused. The name is passed on all the same: the agent may know more.
    pub warning: Option<String>,
}

impl Models {
    /// What an agent is given for a name. Aliases are one step: what one stands for is given as it is.
    pub fn resolve(&self, name: &str) -> Resolved {
        let name = name.trim();
        let (base, long) = name.strip_suffix(LONG).map_or((name, ""), |base| (base, LONG));
        if let Some(target) = self.alias(name).or_else(|| self.alias(base)) {
            let whole = target.ends_with(LONG) || self.alias(name).is_some();
            let id = if whole { target.to_owned() } else { format!("{target}{long}") };
            // An alias to itself says: I know.
            let warning = (!target.eq_ignore_ascii_case(base) && self.is_retired(target)).then(|| retired(target));
            return Resolved { id, warning };
        }
        if self.is_retired(base) {
            return Resolved { id: name.into(), warning: Some(retired(base)) };
        }
        match KNOWN.iter().find(|known| known.eq_ignore_ascii_case(base)) {
            Some(known) => Resolved { id: format!("{known}{long}"), warning: None },
            None => Resolved { id: name.into(), warning: Some(unknown(name, self.nearest(base))) },
        }
    }

    fn alias(&self, name: &str) -> Option<&str> {
        let same = || self.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map(|(_, target)| target);
        self.aliases.get(name).or_else(same).map(String::as_str)
    }

    fn is_retired(&self, name: &str) -> bool {
        let base = name.strip_suffix(LONG).unwrap_or(name);
        let mut all = RETIRED.into_iter().chain(self.retired.iter().map(String::as_str));
        all.any(|retired| retired.eq_ignore_ascii_case(base))
    }

    /// A known name that differs by a slip. Other digits are another version and no slip: this program may be older.
    fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = plain(name);
        let known = KNOWN.into_iter().chain(self.aliases.keys().map(String::as_str));
        known
            .filter(|known| digits(known).eq(digits(&wanted)))
            .map(|known| (strsim::damerau_levenshtein(&plain(known), &wanted), known))
            .filter(|(slips, _)| *slips <= 2.min(wanted.chars().count() / 3))
            .min_by_key(|(slips, _)| *slips)
            .map(|(_, known)| known)
    }
}

/// Without what people write in many ways: `Claude Sonnet 4.5`, `sonnet-4.5`.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace(['.', '_', ' '], "-");
    lower.strip_prefix("claude-").map_or(lower.clone(), str::to_owned)
}

fn digits(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_digit)
}

fn retired(name: &str) -> String {
    format!("the model `{name}` is retired and may be refused; name its successor in `[models.aliases]`")
}

fn unknown(name: &str, nearest: Option<&str>) -> String {
    let mean = nearest.map(|nearest| format!(", did you mean `{nearest}`?")).unwrap_or_default();
    let alias = if nearest.is_some() { "" } else { "; an entry in `[models.aliases]` makes it known" };
    format!("the model `{name}` is not known and is passed on as it is{mean}{alias}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Models {
        toml::from_str(
            "retired = [\"house-1\"]\n[aliases]\nSonnet = \"claude-sonnet-4-6\"\nfast = \"haiku\"\ngpt-6 = \"gpt-6\"\nwide = \"house-2[1m]\"\n\
             old = \"claude-3-opus-20240229\"\nclaude-2 = \"claude-2\"\n\"opus[1m]\" = \"house-2\"\n\
             claude-3-7-sonnet-latest = \"sonnet\"\n",
        )
        .unwrap()
    }

    #[test]
    fn known_names_stand_for_themselves() {
        for name in KNOWN {
            assert_eq!(Models::default().resolve(name), Resolved { id: name.into(), warning: None });
        }
        for (name, id) in [("Opus", "opus"), (" sonnet[1m] ", "sonnet[1m]"), ("Claude-Opus-5", "claude-opus-5")] {
            assert_eq!(Models::default().resolve(name), Resolved { id: id.into(), warning: None });
        }
    }

    #[test]
    fn aliases_go_first_and_are_one_step() {
        for (name, id) in [
            ("sonnet", "claude-sonnet-4-6"),
            ("sonnet[1m]", "claude-sonnet-4-6[1m]"),
            ("opus[1m]", "house-2"),
            ("wide", "house-2[1m]"),
            ("wide[1m]", "house-2[1m]"),
            ("opus", "opus"),
            ("fast", "haiku"),
            ("gpt-6", "gpt-6"),
            ("claude-2", "claude-2"),
            ("claude-3-7-sonnet-latest", "sonnet"),
        ] {
            assert_eq!(models().resolve(name), Resolved { id: id.into(), warning: None }, "{name}");
        }
    }

    #[test]
    fn retired_names_are_passed_on_and_said() {
        for name in RETIRED {
            let resolved = Models::default().resolve(name);
            assert_eq!(resolved.id, name);
            assert_eq!(
                resolved.warning.unwrap(),
                format!("the model `{name}` is retired and may be refused; name its successor in `[models.aliases]`")
            );
        }
        assert!(models().resolve("House-1").warning.unwrap().contains("retired"));
        let old = models().resolve("old");
        assert_eq!(old.id, "claude-3-opus-20240229");
        assert!(old.warning.unwrap().contains("`claude-3-opus-20240229` is retired"));
        assert!(KNOWN.iter().all(|known| !RETIRED.contains(known)));
    }

    #[test]
    fn unknown_names_are_passed_on_with_a_suggestion_only_for_slips() {
        for (name, suggestion) in [
            ("sonet", Some("sonnet")),
            ("Claude Sonnet 4.5", Some("claude-sonnet-4-5")),
            ("sonnet-4.5", Some("claude-sonnet-4-5")),
            ("claude-opsu-4-8", Some("claude-opus-4-8")),
            ("fats", Some("fast")),
            ("claude-sonnet-6", None),
            ("claude-sonnet-4-5-20250928", None),
            ("gpt-5", None),
            ("gemini-3-pro", None),
            ("llama", None),
            ("o3", None),
            ("opusplanner", None),
            ("x", None),
        ] {
            let resolved = models().resolve(name);
            assert_eq!(resolved.id, name);
            let warning = resolved.warning.unwrap();
            assert!(warning.contains(&format!("`{name}` is not known")), "{warning}");
            match suggestion {
                Some(suggestion) => assert!(warning.ends_with(&format!("did you mean `{suggestion}`?")), "{warning}"),
                None => assert!(!warning.contains("did you mean"), "{warning}"),
            }
        }
    }
}
