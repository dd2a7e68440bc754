//! What verification leaves with a session: evidence, the tree that it holds for, and what the checks changed on the
//! way. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use session_types::{Check, CheckKind, Evidence, Snapshot, Timestamp, Verdict};

/// One check with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    pub plugin: String,
    pub verdict: Verdict,
    pub evidence: Evidence,
}

/// The working tree before or after the checks of one verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Look {
    pub after: bool,
    /// None where nothing knows the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// Paths that only checks of this attempt have changed, with their content; none for one that is deleted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_checks: BTreeMap<String, Option<String>>,
    /// Paths that have changed since the look before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Of these the session's own: no check has seen them as they are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<String>,
    /// What the host itself has to say against the evidence, behind the checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Documents, which are no part of the tree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

/// The last verification, besides its checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Identity of the tree before the first check and after the last one.
    pub before: Option<String>,
    pub after: Option<String>,
    /// What the checks changed, and what of it is the session's own.
    pub changed: Vec<String>,
    pub during: Vec<String>,
    /// Documents, which are no part of that tree.
    pub without: Vec<String>,
    /// What makes its evidence weaker than it looks.
    pub flags: Vec<String>,
    /// What plugins did in `complete`, behind the checks: in words.
    pub behind: Vec<String>,
    /// Everything is to be run, whatever is known.
    pub fresh: bool,
    /// Who completes the session although nothing may verify it.
    pub unverified: Option<String>,
}

/// A manual item that somebody has confirmed, and the tree as it was then.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    pub evidence: Evidence,
    pub tree: Option<String>,
}

/// Commands that passed, and the tree for which they did.
#[derive(Clone, Debug, PartialEq)]
pub struct Proven {
    pub tree: String,
    pub evidence: Vec<Evidence>,
}

/// Checks of the plan that a person took over after start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    pub at: Timestamp,
    pub by: String,
    /// What has changed, as a diff of the lines that [`listed`] makes.
    pub diff: String,
    /// All checks from then on; not kept in records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

impl Look {
    /// The tree before the checks; what they changed in earlier verifications counts as theirs as long as it is as they
    /// left it.
    pub fn before(snapshot: &Snapshot, by_checks: &BTreeMap<String, Option<String>>) -> Self {
        let same = |(path, content): &(&String, &Option<String>)| snapshot.contents.get(*path) == Some(*content);
        let by_checks = by_checks.iter().filter(same).map(|(path, content)| (path.clone(), content.clone())).collect();
        Self { tree: Some(snapshot.tree.clone()), by_checks, ..Self::default() }
    }

    /// The tree after them. What the session had touched before stays its own.
    pub fn after(before: &Snapshot, look: &Self, after: &Snapshot) -> Self {
        let mut changed: Vec<String> = Vec::new();
        for path in before.contents.keys().chain(after.contents.keys()) {
            if before.contents.get(path) != after.contents.get(path) && !changed.contains(path) {
                changed.push(path.clone());
            }
        }
        changed.sort();
        let touched = |path: &String| before.own.iter().flatten().any(|own| own == path);
        let theirs = |path: &&String| look.by_checks.contains_key(*path) || !touched(path);
        let mut by_checks = look.by_checks.clone();
        for path in changed.iter().filter(theirs) {
            match after.contents.get(path) {
                Some(content) => by_checks.insert(path.clone(), content.clone()),
                // It is as the last commit has it.
                None => by_checks.remove(path),
            };
        }
        let during: Vec<String> = changed.iter().filter(|path| !theirs(path)).cloned().collect();
        let unseen = |path| format!("{path} changed while the checks ran: none of them has seen it as it is now");
        let flags = during.iter().take(5).map(unseen).collect();
        let (tree, without) = (Some(after.tree.clone()), look.without.clone());
        Self { after: true, tree, by_checks, changed, during, flags, without }
    }
}

impl Confirmed {
    /// The evidence, for the tree as it is now: whoever confirmed it has not seen what came later.
    pub fn for_tree(&self, now: Option<&String>) -> Evidence {
        const CHANGED: &str = "it was confirmed before the files changed";
        let mut evidence = self.evidence.clone();
        evidence.flags.retain(|flag| flag != CHANGED);
        if self.tree.as_ref() != now {
            evidence.flags.push(CHANGED.to_owned());
        }
        evidence
    }
}

impl Proven {
    /// What a verification proves; nothing where something failed, no program was asked or nothing knows the tree.
    pub fn of(checks: &[CheckResult], tree: Option<&str>) -> Option<Self> {
        let commands = || checks.iter().filter(|check| check.evidence.kind == CheckKind::Command);
        let holds = checks.iter().all(|check| check.verdict != Verdict::Failed);
        let evidence: Vec<Evidence> =
            commands().filter(|check| check.verdict == Verdict::Passed).map(|check| check.evidence.clone()).collect();
        let tree = tree?.to_owned();
        (holds && !evidence.is_empty()).then_some(Self { tree, evidence })
    }
}

/// Checks that failed, each with the tree that it failed for: a tree, a command and its directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures(BTreeSet<(String, String, Option<String>)>);

impl Failures {
    /// Adds what failed for a tree, and names what passes for one that it failed for before: what it says hangs on
    /// something that is in no commit.
    pub fn take(&mut self, tree: &str, checks: &[CheckResult]) -> Vec<String> {
        let mut flags = Vec::new();
        for check in checks.iter().filter(|check| check.evidence.kind == CheckKind::Command) {
            let evidence = &check.evidence;
            let key = (tree.to_owned(), evidence.check.clone(), evidence.directory.clone());
            // One that could not even be begun says nothing of the files.
            let ran = evidence.exit.is_some() || evidence.milliseconds.is_some();
            match check.verdict {
                Verdict::Failed if ran => _ = self.0.insert(key),
                Verdict::Passed if self.0.contains(&key) => {
                    flags.push(format!("`{}`: it failed for the same files before", named(&evidence.check)));
                }
                _ => {}
            }
        }
        flags
    }
}

/// Commands that were frozen at start and that no plugin has decided about.
pub fn undecided(asked: &[Check], checks: &[CheckResult]) -> Vec<String> {
    // One command may be asked for in two folders: each is a check of its own.
    let asked_for = |text: &str| asked.iter().filter(|check| check.text == text).count();
    let said = |text: &str| checks.iter().filter(|result| result.evidence.check == text).count();
    let decided = |check: &Check| said(&check.text) >= asked_for(&check.text);
    let commands = asked.iter().filter(|check| check.kind == CheckKind::Command);
    commands
        .filter(|check| !decided(check))
        .map(|check| format!("`{}`: no plugin has run it", named(&check.text)))
        .collect()
}

fn named(check: &str) -> &str {
    check.lines().next().unwrap_or_default()
}

/// Checks as text, one line each, to compare them.
pub fn listed(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let setup: String = check.setup.iter().map(|line| format!("{line}; ")).collect();
        let body = check.text.replace('\n', "\n    ");
        let shell = check.shell.as_ref().map_or(String::new(), |shell| format!(" ({shell})"));
        let place = check.directory.as_ref().map_or(String::new(), |place| format!(" (in {place})"));
        let only =
            if check.paths.is_empty() { String::new() } else { format!(" (only for {})", check.paths.join(", ")) };
        let limit = check.timeout.map_or(String::new(), |limit| format!(" (within {limit} ms)"));
        match check.kind {
            CheckKind::Command => text.push_str(&format!("$ {setup}{body}{shell}{place}{only}{limit}\n")),
            CheckKind::Manual => text.push_str(&format!("[ ] {body}\n")),
        }
    }
    text
}

/// Whether anything says that the work is right: a command that passed, or a manual item that somebody confirmed.
pub fn is_verified(checks: &[CheckResult]) -> bool {
    let says = |check: &CheckResult| match check.evidence.kind {
        CheckKind::Command => check.verdict == Verdict::Passed,
        CheckKind::Manual => check.verdict == Verdict::Attested,
    };
    checks.iter().any(says)
}

/// Counts by verdict in a fixed order; `no checks` where there were none.
pub fn verified(checks: &[CheckResult]) -> String {
    let names = [
        (Verdict::Passed, "passed"),
        (Verdict::Failed, "failed"),
        (Verdict::Attested, "attested"),
        (Verdict::Unconfirmed, "unconfirmed"),
        (Verdict::Skipped, "skipped"),
    ];
    let counts: Vec<String> = names
        .into_iter()
        .map(|(verdict, name)| (checks.iter().filter(|check| check.verdict == verdict).count(), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if counts.is_empty() { "no checks".to_owned() } else { counts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(tree: &str, contents: &[(&str, Option<&str>)], own: &[&str]) -> Snapshot {
        Snapshot {
            tree: tree.into(),
            contents: contents.iter().map(|(path, blob)| ((*path).into(), blob.map(str::to_owned))).collect(),
            own: Some(own.iter().map(|path| (*path).to_owned()).collect()),
            ..Snapshot::default()
        }
    }

    fn names(look: &Look) -> Vec<&str> {
        look.by_checks.keys().map(String::as_str).collect()
    }

    #[test]
    fn what_checks_change_is_theirs_until_somebody_touches_it() {
        let start = snapshot("1", &[("work", Some("a"))], &["work"]);
        let first = Look::before(&start, &BTreeMap::new());
        let after = snapshot("2", &[("work", Some("b")), ("cover", Some("c")), ("gone", None)], &[]);
        let look = Look::after(&start, &first, &after);
        assert_eq!((look.changed.join(" "), names(&look)), ("cover gone work".to_owned(), vec!["cover", "gone"]));

        // The next verification: the session's diff names them too, since nobody has committed them.
        let again =
            snapshot("2", &[("work", Some("b")), ("cover", Some("c")), ("gone", None)], &["cover", "gone", "work"]);
        let second = Look::before(&again, &look.by_checks);
        assert_eq!(names(&second), ["cover", "gone"]);
        let run = snapshot("3", &[("work", Some("b")), ("cover", Some("d"))], &[]);
        assert_eq!(names(&Look::after(&again, &second, &run)), ["cover"], "restored by the check");
        let edited = snapshot("4", &[("work", Some("b")), ("cover", Some("mine"))], &["cover", "work"]);
        assert_eq!(names(&Look::before(&edited, &look.by_checks)), Vec::<&str>::new(), "a person took it over");
    }

    #[test]
    fn only_a_verification_without_a_failure_proves() {
        let check = |verdict, kind| CheckResult {
            plugin: "p".into(),
            verdict,
            evidence: Evidence { kind, ..Evidence::default() },
        };
        let passed = check(Verdict::Passed, CheckKind::Command);
        let manual = check(Verdict::Unconfirmed, CheckKind::Manual);
        assert_eq!(
            Proven::of(&[passed.clone(), manual.clone()], Some("t")).map(|proven| proven.evidence.len()),
            Some(1)
        );
        assert_eq!(Proven::of(std::slice::from_ref(&passed), None), None);
        assert_eq!(Proven::of(&[manual], Some("t")), None);
        assert_eq!(Proven::of(&[passed, check(Verdict::Failed, CheckKind::Command)], Some("t")), None);
    }

    fn result(text: &str, verdict: Verdict) -> CheckResult {
        let evidence =
            Evidence { check: text.into(), kind: CheckKind::Command, milliseconds: Some(1), ..Evidence::default() };
        CheckResult { plugin: "p".into(), verdict, evidence }
    }

    #[test]
    fn what_passes_where_it_failed_is_named() {
        let mut failures = Failures::default();
        assert!(failures.take("1", &[result("a", Verdict::Failed), result("b", Verdict::Passed)]).is_empty());
        assert!(failures.take("2", &[result("a", Verdict::Passed)]).is_empty(), "other files");
        let found = failures.take("1", &[result("a", Verdict::Passed), result("b", Verdict::Passed)]);
        assert_eq!(found, ["`a`: it failed for the same files before"]);
        let mut not_begun = result("c", Verdict::Failed);
        not_begun.evidence.milliseconds = None;
        failures.take("1", &[not_begun]);
        assert!(failures.take("1", &[result("c", Verdict::Passed)]).is_empty());
    }

    #[test]
    fn only_what_passed_or_was_confirmed_verifies() {
        let manual = |verdict| {
            let mut item = result("seen", verdict);
            item.evidence.kind = CheckKind::Manual;
            item
        };
        let not = [Verdict::Failed, Verdict::Skipped, Verdict::Unconfirmed];
        assert!(!is_verified(&[]) && !is_verified(&not.map(|verdict| result("a", verdict))));
        assert!(!is_verified(&[manual(Verdict::Unconfirmed), manual(Verdict::Skipped)]));
        assert!(is_verified(&[result("a", Verdict::Skipped), result("b", Verdict::Passed)]));
        assert!(is_verified(&[manual(Verdict::Attested)]));
    }

    #[test]
    fn a_command_that_nobody_ran_is_named() {
        let asked = |text: &str, kind| Check { text: text.into(), kind, ..Check::default() };
        let all = [asked("a", CheckKind::Command), asked("b\nc", CheckKind::Command), asked("seen", CheckKind::Manual)];
        assert_eq!(undecided(&all, &[result("a", Verdict::Skipped)]), ["`b`: no plugin has run it"]);
    }
}
