//! A world as text, so that two of them can be compared and told apart.

use std::collections::BTreeMap;

use super::host::World;

/// Each part of a world under its name.
pub(super) type State = BTreeMap<String, String>;

impl World {
    /// What a handler can change. The calls are none of it.
    pub(super) fn state(&self) -> State {
        let files =
            self.files.iter().map(|(path, b)| (format!("file {path}"), String::from_utf8_lossy(b).into_owned()));
        let facts = self.facts.iter().map(|(key, value)| (format!("fact {key}"), value.clone()));
        let checks = self.checks.iter().enumerate().map(|(n, check)| (format!("check {n}"), format!("{check:?}")));
        // What runs again after a kill comes later; their order is the journal's business.
        let mut ran: Vec<&String> = self.ran.iter().collect();
        ran.sort();
        let ran = ran.into_iter().enumerate().map(|(n, argv)| (format!("command {n}"), argv.clone()));
        let commits = self.history.iter().rev().enumerate();
        let commits = commits.map(|(n, commit)| (format!("commit {n}"), format!("{commit:?}")));
        let kept = self.kept.iter().map(|(name, held)| (format!("reference {name}"), format!("{:?}", held.first())));
        let excluded = self.excluded.iter().map(|path| (format!("exclude {path}"), String::new()));
        let changes = self.changes.iter().map(|change| (format!("change {}", change.path), format!("{change:?}")));
        let head = [("head".to_owned(), format!("{:?}", self.head))];
        files
            .chain(facts)
            .chain(checks)
            .chain(ran)
            .chain(commits)
            .chain(kept)
            .chain(excluded)
            .chain(changes)
            .chain(head)
            .collect()
    }
}

/// What differs, the first few; nothing where all is equal.
pub(super) fn difference(expected: &State, found: &State) -> Option<String> {
    const SHOWN: usize = 4;
    let names = expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name)));
    let differ: Vec<_> = names.filter(|name| expected.get(*name) != found.get(*name)).collect();
    let (first, more) = differ.split_at(differ.len().min(SHOWN));
    let told = first.iter().map(|name| match (expected.get(*name), found.get(*name)) {
        (Some(_), None) => format!("{name} is not there"),
        (None, Some(value)) => format!("{name} is there: {:?}", part(value, 0)),
        (expected, found) => {
            let [expected, found] = [expected, found].map(|value| value.map_or("", String::as_str));
            let shared = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
            format!("{name} differs: expected {:?}, found {:?}", part(expected, shared), part(found, shared))
        }
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
    (!differ.is_empty()).then(|| told + &more)
}

/// From a little before this character on, and not too much.
fn part(text: &str, at: usize) -> String {
    let cut = at.saturating_sub(20);
    let dots = if cut > 0 { "…" } else { "" };
    format!("{dots}{}", text.chars().skip(cut).take(120).collect::<String>())
}
