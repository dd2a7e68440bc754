//! Checks that destroy something: which of them a project allows, and how a person is told. Pure. What a command
//! destroys is judged by `session_types::danger`; which paths git tracks is `session-engine`'s.

use std::collections::BTreeMap;

use session_types::danger::{Danger, Grade, allows};
use session_types::{Check, Error, Session, shell};

use crate::quote::{bare, quote};

/// What checks would destroy, by their places in the list.
pub type Dangers = BTreeMap<usize, Vec<Danger>>;

/// Those that no entry of `allow` covers.
pub fn not_allowed(dangers: &Dangers, allow: &[String]) -> Dangers {
    let left = |found: &Vec<Danger>| -> Vec<Danger> {
        found.iter().filter(|danger| !allows(allow, &danger.text)).cloned().collect()
    };
    dangers.iter().map(|(at, found)| (*at, left(found))).filter(|(_, found)| !found.is_empty()).collect()
}

/// A danger in words, as it stands below its check in a list.
pub fn mark(danger: &Danger, allow: &[String]) -> String {
    let what = match danger.grade {
        Grade::Project => "destroys history or files of the project",
        Grade::Elsewhere => "may destroy data elsewhere",
    };
    let whether = if allows(allow, &danger.text) { ALLOWED } else { "(it does not run without `allow`)" };
    format!("! {what}: {}: {} {whether}", quote(&danger.command), bare(&danger.why))
}

/// How a mark ends whose check runs all the same.
const ALLOWED: &str = "(allowed)";

/// Whether a check with this [`mark`] does not run.
pub fn is_refused(mark: &str) -> bool {
    !mark.ends_with(ALLOWED)
}

/// Where a check comes from: file and line, plugins.toml, or the command line.
pub fn origin(check: &Check, source: Option<&str>, manifest: &str) -> String {
    match (check.line, source) {
        _ if check.project => manifest.to_owned(),
        (Some(line), Some(source)) => format!("{source}:{line}"),
        (None, Some(source)) => source.to_owned(),
        (_, None) => "session start --check".to_owned(),
    }
}

/// One danger with the place of its check.
pub fn place_of(danger: &Danger, check: &Check, source: Option<&str>, manifest: &str) -> String {
    format!("{} ({}): {}", quote(&danger.command), bare(&origin(check, source, manifest)), bare(&danger.why))
}

/// The line of plugins.toml that allows these, with what is allowed already.
pub fn allow_line(dangers: &Dangers, allow: &[String]) -> String {
    let mut entries: Vec<&str> = allow.iter().map(String::as_str).collect();
    for danger in dangers.values().flatten() {
        if !entries.contains(&danger.text.as_str()) {
            entries.push(&danger.text);
        }
    }
    // A basic string of TOML has the escapes of JSON.
    let quoted = entries.iter().map(|entry| serde_json::Value::from(*entry).to_string());
    format!("allow = [{}]", quoted.collect::<Vec<_>>().join(", "))
}

/// Where `allow` is written.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'s> {
    /// plugins.toml.
    pub manifest: &'s str,
    /// The plugin that runs checks.
    pub runner: &'s str,
    /// All plugins in their order, where plugins.toml lists none: to list one is to list all.
    pub unlisted: &'s [&'s str],
}

impl Settings<'_> {
    fn hint(&self, line: &str) -> String {
        let Self { manifest, runner, unlisted } = self;
        if unlisted.is_empty() {
            return format!("to run it, write into [plugin.config] of {runner} in {manifest}: {line}");
        }
        let table = |name: &&str| {
            let config = if *name == *runner { format!(", config = {{ {line} }}") } else { String::new() };
            format!("{{ name = \"{name}\"{config} }}")
        };
        let tables = unlisted.iter().map(table).collect::<Vec<_>>().join(", ");
        format!("to run it, write at the top of {manifest}: plugin = [{tables}]")
    }
}

/// Why a session cannot be verified: checks of it do not run, and what to type.
pub fn refusal(session: &Session, dangers: &Dangers, allow: &[String], settings: Settings<'_>) -> Error {
    let manifest = settings.manifest;
    let source = session.source.as_ref().map(|source| source.path.as_str());
    let what = match dangers.len() {
        1 => "a check is not run, since it destroys something".to_owned(),
        count => format!("{count} checks are not run, since they destroy something"),
    };
    let all = dangers.iter().flat_map(|(at, found)| found.iter().map(move |danger| (session.checks.get(*at), danger)));
    let error = all.fold(Error::new(what), |error, (check, danger)| match check {
        Some(check) => error.because(place_of(danger, check, source, manifest)),
        None => error.because(format!("`{}`: {}", danger.command, danger.why)),
    });
    let mut hints = Vec::new();
    let of_plan = dangers.keys().filter_map(|at| session.checks.get(*at)).any(|check| check.line.is_some());
    let of_project = dangers.keys().filter_map(|at| session.checks.get(*at)).any(|check| check.project);
    if of_plan || of_project {
        let place = if of_plan { source.map_or("the plan".to_owned(), shell::path) } else { manifest.to_owned() };
        hints.push(format!("take it out of {place}, then session complete --accept-checks"));
    }
    hints.push(settings.hint(&allow_line(dangers, allow)));
    error.hint(hints.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn danger(text: &str) -> Danger {
        Danger { command: text.into(), why: "it does".into(), text: text.into(), ..Danger::default() }
    }

    #[test]
    fn what_is_allowed_is_left_out() {
        let dangers: Dangers =
            [(0, vec![danger("git push"), danger("git stash")]), (2, vec![danger("git stash")])].into();
        let left = not_allowed(&dangers, &["git stash".to_owned()]);
        assert_eq!(left, [(0, vec![danger("git push")])].into());
        assert!(mark(&danger("git push"), &[]).ends_with("(it does not run without `allow`)"));
        assert!(mark(&danger("git push"), &["git *".to_owned()]).ends_with("(allowed)"));
    }

    #[test]
    fn the_line_to_write_keeps_what_stands_there() {
        let dangers: Dangers = [(0, vec![danger("sh -c \"git push\"\nmore")])].into();
        let line = allow_line(&dangers, &["git stash".to_owned()]);
        assert_eq!(line, r#"allow = ["git stash", "sh -c \"git push\"\nmore"]"#);
    }

    #[test]
    fn a_refusal_names_the_place_the_reason_and_what_to_type() {
        let check = |line, project| Check { line, project, ..Check::default() };
        let mut session = Session { checks: vec![check(Some(7), false), check(None, true)], ..Session::default() };
        session.source = Some(session_types::Source { path: "PLAN.md".into(), line: 1 });
        let dangers: Dangers = [(0, vec![danger("git push")]), (1, vec![danger("git stash")])].into();
        let error =
            refusal(&session, &dangers, &[], Settings { manifest: "plugins.toml", runner: "runner", unlisted: &[] });
        assert_eq!(error.message, "2 checks are not run, since they destroy something");
        assert_eq!(error.causes, ["\"git push\" (PLAN.md:7): it does", "\"git stash\" (plugins.toml): it does"]);
        let hint = error.hint.expect("a hint");
        assert!(hint.contains("take it out of PLAN.md") && hint.contains("[plugin.config] of runner"), "{hint}");
        let none = Settings { manifest: "plugins.toml", runner: "runner", unlisted: &["runner", "vcs"] };
        let whole = r#"plugin = [{ name = "runner", config = { allow = [] } }, { name = "vcs" }]"#;
        assert!(none.hint("allow = []").ends_with(whole), "{}", none.hint("allow = []"));
    }
}
