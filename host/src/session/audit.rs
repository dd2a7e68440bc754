//! Whether every commit of a session has evidence for its tree: records against a history. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use session_sdk::{Audited, AuditedCommit, CheckKind, Edited, OfSession, RecordedAs, Status, Verdict};

use super::record::Record;

/// Something to say of a session or one of its commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    pub session: String,
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
pub struct Known<'k> {
    pub records: &'k BTreeMap<String, Record>,
    /// Sessions that are under way here.
    pub open: BTreeSet<String>,
    /// Evidence for another base is none.
    pub strict: bool,
    /// Only a part of the history was looked at.
    pub part: bool,
}

/// The findings, worst first; none where all is well.
pub fn audit(known: &Known<'_>, audited: &Audited) -> Vec<Finding> {
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
            found.push(Finding { level: Level::Error, session: record.id.clone(), commit, what });
        }
    }
    for laden in &audited.laden {
        found.extend(laden.sessions.iter().map(|session| Finding {
            level: Level::Error,
            session: session.id.clone(),
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
        found.push(Finding { level, session: edited.id.clone(), commit: edited.commit.clone(), what });
    }
    found.sort_by(|a, b| (a.level, &a.session).cmp(&(b.level, &b.session)));
    found.dedup();
    found
}

fn of_commit(known: &Known<'_>, commit: &AuditedCommit, session: &OfSession) -> Vec<Finding> {
    let finding =
        |level, what: String| Finding { level, session: session.id.clone(), commit: Some(commit.commit.clone()), what };
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
            found.extend(of_tree(record, session, known.strict).map(|(level, what)| finding(level, what)));
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
fn of_tree(record: &Record, session: &OfSession, strict: bool) -> Option<(Level, String)> {
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
        return Some((Level::Error, "its files are not those that were verified".to_owned()));
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
    let wrong = |check: &&super::record::CheckRecord| check.kind == CheckKind::Command && check.exit != Some(0);
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
