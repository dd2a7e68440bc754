//! Whether every commit of a session has evidence for its tree: records against a history. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use session_types::{Audited, AuditedCommit, CheckKind, Edited, OfSession, RecordedAs, Status, Verdict};

use super::record::{CheckRecord, Record};
use crate::grants::path_matches;

/// Something to say of a session or one of its commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    /// Empty where it is about a file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// Relative to the top of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whole hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Evidence is missing, or is for something else.
    Error,
    /// There is none, and who completed the session said so.
    Unverified,
    /// It is there, and a person may want to look.
    Note,
}

/// What is known besides the history.
#[derive(Debug)]
pub struct AuditKnown<'k> {
    pub records: &'k BTreeMap<String, Record>,
    /// Sessions that are under way here.
    pub open: BTreeSet<String>,
    /// Evidence for another base is none.
    pub strict: bool,
    /// Only a part of the history was looked at.
    pub part: bool,
    /// What records leave out of the tree that was verified, and that is no document, by session.
    pub foreign: &'k BTreeMap<String, Vec<String>>,
    pub policy: Option<&'k AuditPolicy>,
}

/// What the plugins.toml of a base asks of every session that came since.
#[derive(Debug, Default)]
pub struct AuditPolicy {
    /// Where it stands, such as `origin/main:plugins.toml`.
    pub name: String,
    /// Sessions whose records came or changed since.
    pub sessions: BTreeSet<String>,
    pub rules: Vec<AuditRule>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AuditRule {
    /// It came to the base when the two had parted: nobody here could know.
    pub late: bool,
    pub asks: Asks,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Asks {
    /// Some command that passed.
    Checks,
    /// A person for every manual item.
    Manual,
    /// This command, of this repository, where one of these paths was changed.
    Check { run: String, repository: Option<String>, paths: Vec<String> },
}

/// The findings, worst first; none where all is well.
pub fn audit(known: &AuditKnown<'_>, audited: &Audited) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for commit in &audited.commits {
        for session in &commit.sessions {
            if session.recorded.is_some() && !commit.checkpoint {
                seen.insert(&session.id);
            }
            found.extend(of_commit(known, commit, session));
        }
    }
    for record in known.records.values().filter(|record| record.status == Status::Done) {
        let names_commits = record.facts.get("commits").is_some_and(|lines| !lines.is_empty());
        let touched = audited.touched.contains(&record.id);
        let relevant = !known.part || touched || seen.contains(record.id.as_str());
        if relevant {
            found.extend(of_record(record, known.strict));
        }
        if (!known.part || touched) && names_commits && !seen.contains(record.id.as_str()) {
            let commit = record.facts.get("commit").cloned();
            let what = "its record names a commit that this history does not hold, in any form".to_owned();
            found.push(Finding { level: Level::Error, session: record.id.clone(), file: None, commit, what });
        }
        found.extend(known.policy.into_iter().flat_map(|policy| by_policy(record, policy)));
    }
    for laden in &audited.laden {
        found.extend(laden.sessions.iter().map(|session| Finding {
            level: Level::Error,
            session: session.id.clone(),
            file: None,
            commit: Some(laden.commit.clone()),
            what: "it says that it holds documents only, and holds other files".to_owned(),
        }));
    }
    // A branch that was squashed brings its records along.
    let squashed = |edited: &&Edited| {
        let is_it = |commit: &&AuditedCommit| Some(&commit.commit) == edited.commit.as_ref();
        let mut sessions = audited.commits.iter().filter(is_it).flat_map(|commit| &commit.sessions);
        edited.new && sessions.any(|session| session.id == edited.id && session.recorded.is_some())
    };
    for edited in audited.edited.iter().filter(|edited| !squashed(edited)) {
        let by =
            edited.commit.as_ref().map_or("in the working tree".to_owned(), |_| "by a commit of somebody".to_owned());
        let (level, what) = if edited.new {
            (Level::Note, format!("its record came {by}, not by session"))
        } else {
            (Level::Error, format!("its record was changed {by}, not by session"))
        };
        let (session, commit) = (edited.id.clone(), edited.commit.clone());
        found.push(Finding { level, session, file: None, commit, what });
    }
    sort(&mut found);
    found
}

/// Worst first, each once.
pub fn sort(found: &mut Vec<Finding>) {
    found.sort_by(|a, b| (a.level, &a.session, &a.file).cmp(&(b.level, &b.session, &b.file)));
    found.dedup();
}

/// What a base asks for, where the record does not have it.
fn by_policy(record: &Record, policy: &AuditPolicy) -> Vec<Finding> {
    if !policy.sessions.contains(&record.id) {
        return Vec::new();
    }
    let missing = policy.rules.iter().filter_map(|rule| Some((rule.late, unmet(record, &rule.asks)?)));
    let finding = |(late, what): (bool, String)| Finding {
        level: if late { Level::Note } else { Level::Error },
        session: record.id.clone(),
        file: None,
        commit: record.facts.get("commit").cloned(),
        what: format!("{} {what}{}", policy.name, if late { "; it came there later" } else { "" }),
    };
    missing.map(finding).collect()
}

fn unmet(record: &Record, asks: &Asks) -> Option<String> {
    match asks {
        Asks::Checks => {
            (!has_passed(record)).then(|| "requires a check (`require-checks`), and none has passed".to_owned())
        }
        Asks::Manual => {
            let open = |check: &&CheckRecord| {
                check.verdict == Verdict::Unconfirmed || (check.verdict == Verdict::Attested && check.agent)
            };
            let open = record.checks.iter().find(open)?;
            Some(format!("requires a person (`require-manual`), and none has confirmed: {}", open.check))
        }
        Asks::Check { run, repository, paths } => {
            // That nothing verified it is said already.
            let elsewhere = repository.is_some() && *repository != record.repository;
            if elsewhere || record.verification.unverified.is_some() || !is_affected(record, paths) {
                return None;
            }
            let mut same =
                record.checks.iter().filter(|check| check.kind == CheckKind::Command && check.check == *run).peekable();
            if same.peek().is_none() {
                return Some(format!("has the check `{run}`, and its record does not"));
            }
            // One that failed is said already.
            let ran = same.any(|check| matches!(check.verdict, Verdict::Passed | Verdict::Failed));
            (!ran).then(|| format!("has the check `{run}`, and here it did not run"))
        }
    }
}

/// Whether the session changed what a check looks at; so too where its record does not say what it changed.
fn is_affected(record: &Record, paths: &[String]) -> bool {
    let Some(files) = record.facts.get("files") else { return true };
    paths.is_empty() || files.lines().any(|file| paths.iter().any(|pattern| path_matches(pattern, file)))
}

fn of_commit(known: &AuditKnown<'_>, commit: &AuditedCommit, session: &OfSession) -> Vec<Finding> {
    let finding = |level, what: String| {
        let commit = Some(commit.commit.clone());
        Finding { level, session: session.id.clone(), file: None, commit, what }
    };
    let Some(record) = known.records.get(&session.id) else {
        return match (commit.checkpoint, known.open.contains(&session.id)) {
            (true, true) => Vec::new(),
            (true, false) => vec![finding(Level::Note, "a checkpoint of a session that is not done".to_owned())],
            _ => {
                vec![finding(Level::Error, "it says that it is this session's work, and no record knows it".to_owned())]
            }
        };
    };
    // What was undone needs no evidence.
    if session.rolled_back {
        return Vec::new();
    }
    if commit.checkpoint {
        let what = "it says that it is a checkpoint of this session, and its record does not know it".to_owned();
        return if session.recorded.is_none() { vec![finding(Level::Error, what)] } else { Vec::new() };
    }
    let mut found = Vec::new();
    if let Some(said) = commit.verified.as_ref().filter(|said| **said != record.verified && commit.sessions.len() == 1)
    {
        let what = format!("it says `{said}`, and its record says `{}`", record.verified);
        found.push(finding(Level::Error, what));
    }
    let moved = if known.strict { Level::Error } else { Level::Note };
    match session.recorded {
        None => found.push(finding(
            Level::Error,
            "it says that it is this session's work, and is not the commit that the record names".to_owned(),
        )),
        Some(RecordedAs::Same | RecordedAs::SameFiles) => {
            found.extend(of_tree(known, record, session).map(|(level, what)| finding(level, what)));
        }
        Some(RecordedAs::SameChange) => {
            found.push(finding(moved, "it was verified on another base, before it was rebased or picked".to_owned()));
        }
        Some(RecordedAs::Within) => found.push(finding(
            moved,
            "it was squashed together with later sessions, so no commit holds just what was verified".to_owned(),
        )),
        Some(RecordedAs::Changed | RecordedAs::Unknown) => {
            found.push(finding(Level::Error, "it was changed after it was verified".to_owned()));
        }
    }
    found
}

/// Whether the commit holds what the checks saw; what differs must have been noted when it was made.
fn of_tree(known: &AuditKnown<'_>, record: &Record, session: &OfSession) -> Option<(Level, String)> {
    let strict = known.strict;
    let Some(verified) = &record.verification.after else {
        let what = "its record does not say for which files its checks passed".to_owned();
        return has_passed(record).then_some((Level::Error, what));
    };
    let tree = session.tree.as_ref()?;
    if verified == tree {
        let during = &record.verification.during;
        let what = format!("files changed while its checks ran: {}", during.join(", "));
        return (strict && !during.is_empty()).then_some((Level::Error, what));
    }
    const OTHER: &str = "its files are not those that were verified";
    if let Some(foreign) = known.foreign.get(&record.id).filter(|foreign| !foreign.is_empty()) {
        let what = format!("{OTHER}: its record leaves out what is no document: {}", foreign.join(", "));
        return Some((Level::Error, what));
    }
    let lines = |key: &str| {
        record
            .facts
            .get(key)
            .filter(|lines| !lines.is_empty())
            .map(|lines| lines.lines().collect::<Vec<_>>().join(", "))
    };
    let mut why = Vec::new();
    why.extend(lines("uncommitted").map(|files| format!("the checks saw files that it does not hold: {files}")));
    why.extend(lines("rewritten").map(|files| format!("hooks rewrote files behind the checks: {files}")));
    if !record.verification.behind.is_empty() {
        why.push(format!("plugins changed something behind the checks: {}", record.verification.behind.join(", ")));
    }
    if why.is_empty() {
        return Some((Level::Error, OTHER.to_owned()));
    }
    Some((if strict { Level::Error } else { Level::Note }, why.join("; ")))
}

fn has_passed(record: &Record) -> bool {
    record.checks.iter().any(|check| check.kind == CheckKind::Command && check.verdict == Verdict::Passed)
}

/// What the record says of its own evidence.
fn of_record(record: &Record, strict: bool) -> Vec<Finding> {
    let finding = |level, what: String| Finding {
        level,
        session: record.id.clone(),
        file: None,
        commit: record.facts.get("commit").cloned(),
        what,
    };
    let mut found = Vec::new();
    let with = |verdict| record.checks.iter().filter(move |check| check.verdict == verdict);
    for check in with(Verdict::Failed) {
        found.push(finding(Level::Error, format!("its record has a check that failed: {}", check.check)));
    }
    if let Some(by) = record.verification.unverified.as_ref().filter(|_| !has_passed(record)) {
        let level = if strict { Level::Error } else { Level::Unverified };
        found.push(finding(level, format!("nothing verified it; completed so by {by}")));
    } else if !has_passed(record) {
        // A person's word is evidence, too, and less.
        let attested = with(Verdict::Attested).any(|check| !check.agent);
        let level = if attested { Level::Note } else { Level::Error };
        found.push(finding(level, "no command verified it".to_owned()));
    }
    let wrong = |check: &&CheckRecord| check.kind == CheckKind::Command && check.exit != Some(0);
    for check in with(Verdict::Passed).filter(wrong).filter(|check| check.exit.is_some()) {
        let code = check.exit.unwrap_or_default();
        found.push(finding(Level::Error, format!("its record calls `{}` passed, with exit code {code}", check.check)));
    }
    found.extend(
        with(Verdict::Unconfirmed).map(|check| finding(Level::Note, format!("nobody confirmed: {}", check.check))),
    );
    found.extend(record.flags().map(|flag| finding(Level::Note, flag)));
    found
}
