//! What must outlive this machine: one committed file per session that is done. Reading and writing it is the
//! `project`'s.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use session_types::{CheckKind, CheckpointTaken, Session, Status, Task, Timestamp, Verdict};

use super::object_facts;
use super::redaction::{Redacted, redact};
use super::state::SessionState;
use super::verification::{Accepted, CheckResult};

/// Version of the record's shape; fields are only added.
pub const SCHEMA: u32 = 1;

/// `docs/sessions/records/<ID>.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub schema: u32,
    pub id: String,
    pub title: String,
    pub status: Status,
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week: Option<u32>,
    /// Counts by verdict, such as `3 passed, 1 attested`.
    pub verified: String,
    #[serde(default)]
    pub verification: VerificationRecord,
    pub checks: Vec<CheckRecord>,
    #[serde(deserialize_with = "object_facts::read")]
    pub facts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Files that the program wrote; no work commit holds them.
    pub documents: Vec<String>,
    /// Where it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object_facts::read_checkpoints")]
    pub checkpoints: Vec<CheckpointTaken>,
    /// Plugins that have left facts and can take back what they did.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub took_part: BTreeSet<String>,
    /// Plugins that have taken back their part alone: of a session that is done not all stands.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub alone: BTreeSet<String>,
    /// Attempts before this one, which were taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
}

/// When a session was taken back, and how far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RolledBack {
    pub at: Timestamp,
    /// A part of it is left, and somebody goes on with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
}

/// An attempt that was taken back: what its commits in the history are known by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
    /// Of the facts those that name commits.
    #[serde(deserialize_with = "object_facts::read")]
    pub facts: BTreeMap<String, String>,
}

/// What the checks held for, and what speaks against them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VerificationRecord {
    /// Identity of the tree before the first check and after the last one, documents apart; none where nothing was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Paths that the checks changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Of these the session's own: no check has seen them as they were committed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<String>,
    /// Documents, which are no part of that tree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// What plugins wrote or ran behind the checks, before the commit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<String>,
    /// Checks of the plan that were taken over after start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Accepted>,
    /// Who completed it although nothing verified it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
}

/// Evidence without its output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    pub check: String,
    pub kind: CheckKind,
    pub verdict: Verdict,
    pub plugin: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// That was a coding agent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Record {
    /// What is kept of a session that is done or taken back; `before` is what was kept of it until now.
    pub fn of(state: &SessionState, documents: Vec<String>, before: Option<&Self>) -> Self {
        let session = &state.session;
        let mut earlier = before.map(|before| before.earlier.clone()).unwrap_or_default();
        earlier.extend(before.filter(|before| before.attempt < session.attempt).map(Earlier::of));
        Self {
            schema: SCHEMA,
            id: session.id.clone(),
            title: redact(&session.title).text,
            status: session.status,
            attempt: session.attempt,
            started: session.started.clone(),
            completed: session.completed.clone(),
            repository: session.metadata.repository.clone(),
            week: session.metadata.week,
            verified: state.verified(),
            verification: VerificationRecord::of(state),
            checks: state.checks.iter().map(CheckRecord::of).collect(),
            facts: session.facts.clone(),
            notes: notes(session),
            documents,
            rolled_back: RolledBack::of(state),
            checkpoints: checkpoints(session),
            took_part: state.took_part.clone(),
            alone: BTreeSet::new(),
            earlier,
        }
    }

    /// The same record after a rollback of a session that was done: its evidence stays, it is history.
    #[must_use]
    pub fn taken_back(&self, state: &SessionState) -> Self {
        let session = &state.session;
        // Whoever goes on with it does so on one machine; for everybody else it is not done.
        let done = session.status == Status::Done;
        let mut record = self.clone();
        record.status = if done { Status::Done } else { Status::RolledBack };
        record.facts.clone_from(&session.facts);
        record.checkpoints = checkpoints(session);
        let before = self.rolled_back.clone().filter(|_| !done);
        record.rolled_back = RolledBack::of(state).or(before);
        if done {
            record.alone.extend(state.alone.iter().cloned());
        }
        for note in notes(session) {
            if !record.notes.contains(&note) {
                record.notes.push(note);
            }
        }
        record
    }

    /// What the record says of the session, put into one that was read from the plan.
    pub fn restore(&self, session: &mut Session) {
        session.title.clone_from(&self.title);
        session.status = self.status;
        session.attempt = self.attempt;
        session.started.clone_from(&self.started);
        session.completed.clone_from(&self.completed);
        session.facts.clone_from(&self.facts);
        session.metadata.repository.clone_from(&self.repository);
        session.checkpoints.clone_from(&self.checkpoints);
        let person = |check: &&CheckRecord| check.kind == CheckKind::Manual && check.verdict == Verdict::Attested;
        let ticked: Vec<String> = self.checks.iter().filter(person).map(|check| check.check.clone()).collect();
        let notes: Vec<String> = self.notes.iter().map(|note| format!("- {note}")).collect();
        if !ticked.is_empty() || !notes.is_empty() {
            let notes = Some(notes.join("\n")).filter(|notes| !notes.is_empty());
            session.task = Some(Task { ticked, notes, ..Task::default() });
        }
    }
}

impl RolledBack {
    fn of(state: &SessionState) -> Option<Self> {
        let taken_back = state.session.status != Status::Done;
        let at = state.rolled_back.clone().filter(|_| taken_back)?;
        Some(Self { at, partly: state.session.status == Status::Active })
    }
}

impl Earlier {
    fn of(record: &Record) -> Self {
        let names =
            |key: &str| matches!(key, "commit" | "commits" | "tree" | "revert") || key.starts_with("checkpoint.");
        let facts = record.facts.iter().filter(|(key, _)| names(key));
        Self {
            attempt: record.attempt,
            rolled_back: record.rolled_back.clone(),
            facts: facts.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

impl Record {
    /// Everything that makes the evidence weaker than it looks, of single checks too.
    pub fn flags(&self) -> impl Iterator<Item = String> {
        self.flags_as(|check| format!("`{check}`"), str::to_owned)
    }

    /// The same for a document that writes checks, and what is said, in its own way.
    pub fn flags_as(
        &self,
        name: impl Fn(&str) -> String,
        say: impl Fn(&str) -> String + Copy,
    ) -> impl Iterator<Item = String> {
        let one = move |check: &CheckRecord| {
            let name = name(check.check.lines().next().unwrap_or_default());
            check.flags.clone().into_iter().map(move |flag| format!("{name}: {}", say(&flag)))
        };
        let accepted = self.verification.accepted.iter();
        let accepted = accepted.map(move |it| format!("checks were changed after start, accepted by {}", say(&it.by)));
        self.verification
            .flags
            .iter()
            .map(move |flag| say(flag))
            .chain(accepted)
            .chain(self.checks.iter().flat_map(one))
    }

    /// Whether it says that this commit is the session's.
    pub fn names(&self, commit: &str) -> bool {
        let lines =
            ["commit", "commits"].into_iter().filter_map(|key| self.facts.get(key)).flat_map(|text| text.lines());
        lines.filter_map(|line| line.split(' ').next()).any(|known| known == commit)
    }

    /// Number and commit of each checkpoint that a plugin left word of, in order.
    pub fn checkpoints(&self) -> Vec<(u32, &str)> {
        let mut found: Vec<(u32, &str)> = self
            .facts
            .iter()
            .filter_map(|(key, line)| Some((key.strip_prefix("checkpoint.")?.parse().ok()?, line.split(' ').next()?)))
            .collect();
        found.sort_unstable();
        found
    }

    /// Of two records of one session: the later attempt, else the one that was complete first, with the notes and
    /// documents of both. Whoever came second did the work again.
    pub fn merged(self, other: Self) -> Self {
        // The same work, taken back on one side; other work under the same name still stands.
        let same = self.facts.get("commit") == other.facts.get("commit");
        let key = |record: &Self| {
            let taken_back = record.status == Status::RolledBack;
            (std::cmp::Reverse(record.attempt), taken_back != same, record.completed.clone())
        };
        let (mut first, second) = if key(&other) < key(&self) { (other, self) } else { (self, other) };
        let add = |to: &mut Vec<String>, from: Vec<String>| {
            for line in from {
                if !to.contains(&line) {
                    to.push(line);
                }
            }
        };
        add(&mut first.notes, second.notes);
        add(&mut first.documents, second.documents);
        first
    }
}

impl CheckRecord {
    fn of(check: &CheckResult) -> Self {
        let evidence = check.evidence.clone();
        Self {
            check: redact(&evidence.check).text,
            kind: evidence.kind,
            verdict: check.verdict,
            plugin: check.plugin.clone(),
            command: plain(&evidence.command),
            directory: evidence.directory,
            exit: evidence.exit,
            milliseconds: evidence.milliseconds,
            by: evidence.by,
            agent: evidence.agent,
            reason: evidence.reason.map(|reason| redact(&reason).text),
            flags: plain(&evidence.flags),
            at: evidence.at,
        }
    }
}

impl VerificationRecord {
    fn of(state: &SessionState) -> Self {
        let left = &state.verification;
        Self {
            before: left.before.clone(),
            after: left.after.clone(),
            changed: left.changed.clone(),
            without: left.without.clone(),
            during: left.during.clone(),
            flags: plain(&left.flags),
            behind: left.behind.clone(),
            accepted: state.accepted.clone(),
            unverified: state.unverified().map(str::to_owned),
        }
    }
}

/// Notes without the reviews that were pasted in: those are too long for tables and later task files.
pub fn brief(notes: &[String]) -> Vec<String> {
    let quoted = |at: usize| notes.get(at).is_some_and(|note| note.starts_with('>'));
    let kept = notes.iter().enumerate().filter(|(at, _)| !quoted(*at));
    // What announced the quote has nothing behind it now.
    kept.map(|(at, note)| if quoted(at + 1) { note.trim_end_matches(':') } else { note }.to_owned()).collect()
}

/// Texts without what looks like a secret.
fn plain(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| redact(text).text).collect()
}

/// What people said of them without what looks like a secret.
fn checkpoints(session: &Session) -> Vec<CheckpointTaken> {
    let taken = session.checkpoints.iter().map(|taken| CheckpointTaken {
        message: redact(&taken.message).text,
        done: plain(&taken.done),
        remaining: plain(&taken.remaining),
        ..taken.clone()
    });
    taken.collect()
}

/// How many lines of the notes look like secrets, so that the record leaves them out.
pub fn secret_notes(session: &Session) -> usize {
    redacted_notes(session).lines
}

/// Lines of the session's notes, bullets and blank lines apart. The record is committed without a question, so what looks
/// like a secret stays in the task file.
pub(super) fn notes(session: &Session) -> Vec<String> {
    redacted_notes(session).text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Bullets are taken off first: the lines of a key must follow one another.
fn redacted_notes(session: &Session) -> Redacted {
    let text = session.task.as_ref().and_then(|task| task.notes.as_deref()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(|line| line.trim().trim_start_matches(['-', '*']).trim()).collect();
    redact(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_records_the_first_to_be_complete_stands() {
        let record = |attempt, minute: u32, note: &str| Record {
            attempt,
            completed: Some(Timestamp(format!("2026-01-02T09:{minute:02}:00+01:00"))),
            notes: vec!["both".into(), note.into()],
            ..Record::default()
        };
        for merged in [record(1, 5, "a").merged(record(1, 9, "b")), record(1, 9, "b").merged(record(1, 5, "a"))] {
            assert_eq!(merged.completed, record(1, 5, "").completed);
            assert_eq!(merged.notes, ["both", "a", "b"]);
        }
        assert_eq!(record(1, 5, "a").merged(record(2, 9, "b")).attempt, 2, "a later attempt stands before all");
    }
}
