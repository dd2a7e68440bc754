//! `audit`: which commits of a history belong to which session, and what became of those that the records name.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use session_sdk::{
    Audit, Audited, AuditedCommit, Commit, Edited, HistoryRequest, OfSession, Recorded, RecordedAs, Result,
    TreeRequest, repository,
};

use crate::base::APART;
use crate::commit_search::{self, How, Line, Patches};
use crate::{message, scope};

/// Of a history in which a recorded commit is nowhere by name or hash, so much is searched for its change.
const SEARCHED: usize = 2_000;

pub fn audit(request: &Audit) -> Result<Audited> {
    let of = |matching: Option<&str>, path: Option<&str>| HistoryRequest {
        since: request.since.clone(),
        merged: true,
        matching: matching.map(str::to_owned),
        path: path.map(str::to_owned),
        ..HistoryRequest::default()
    };
    let named = repository::history_of(&of(Some("Session-"), None))?;
    let mut commits: Vec<AuditedCommit> = named.iter().filter_map(described).collect();
    let all = OnceCell::new();
    let touching = match &request.records {
        Some(records) => repository::history_of(&of(None, Some(records)))?,
        None => Vec::new(),
    };
    let squashed = squashed(request, &touching)?;
    for commit in &mut commits {
        for session in &mut commit.sessions {
            for record in request.recorded.iter().filter(|recorded| recorded.id == session.id) {
                let undone = is_undone(record, &commit.commit);
                let found = if undone { Some(RecordedAs::Same) } else { None };
                let found = match found {
                    None if commit.checkpoint => is_recorded(record, &commit.commit)?,
                    found => found,
                };
                if session.recorded.is_none() && found.is_some() {
                    (session.recorded, session.rolled_back) = (found, undone || record.rolled_back);
                }
            }
        }
    }
    for recorded in &request.recorded {
        let found = match recorded_as(request, recorded, &named, &all)? {
            Some((commit, how)) if how != RecordedAs::Changed => Some((commit, how)),
            // A forge puts a branch into one commit, whatever it calls it.
            found if recorded.rolled_back => found,
            found => squashed.get(&recorded.id).cloned().or(found),
        };
        let Some((commit, how)) = found else { continue };
        let at = commits.iter().position(|known| known.commit == commit.commit).unwrap_or_else(|| {
            commits.push(AuditedCommit {
                commit: commit.commit.clone(),
                subject: subject(&commit),
                ..AuditedCommit::default()
            });
            commits.len() - 1
        });
        let mut sessions = std::mem::take(&mut commits[at].sessions);
        sessions.retain(|session| session.id != recorded.id);
        let tree = if recorded.rolled_back { None } else { Some(tree(&commit, recorded)?) };
        let (id, rolled_back) = (recorded.id.clone(), recorded.rolled_back);
        sessions.push(OfSession { id, recorded: Some(how), rolled_back, tree });
        commits[at].sessions = sessions;
    }
    let mut audited = Audited { commits, ..Audited::default() };
    if let Some(records) = &request.records {
        let ids = touching.iter().flat_map(|commit| &commit.files).filter_map(|path| id_of(records, path));
        audited.touched = ids.collect::<BTreeSet<_>>().into_iter().collect();
        audited.edited = edited(records, &touching, request.since.is_some())?;
    }
    audited.laden = named.iter().filter(|commit| is_laden(commit, request)).filter_map(of_documents).collect();
    Ok(audited)
}

/// What a commit says of itself; none where it says nothing.
fn described(commit: &Commit) -> Option<AuditedCommit> {
    let values = |key| message::values(&commit.message, key);
    let (work, checkpoints) = (values("Session-Id:"), values("Session-Checkpoint:"));
    let ids: BTreeSet<&str> = match work.is_empty() {
        false => work.iter().copied().collect(),
        true => checkpoints.iter().filter_map(|value| value.split('/').next()).collect(),
    };
    let sessions: Vec<OfSession> =
        ids.into_iter().map(|id| OfSession { id: id.to_owned(), ..OfSession::default() }).collect();
    (!sessions.is_empty()).then(|| AuditedCommit {
        commit: commit.commit.clone(),
        subject: subject(commit),
        checkpoint: work.is_empty(),
        sessions,
        verified: values("Session-Verified:").first().map(|value| (*value).to_owned()),
    })
}

/// The work commit that a record names, as it is now; none where it is nowhere, or not among those that were asked for.
fn recorded_as(
    request: &Audit,
    recorded: &Recorded,
    named: &[Commit],
    all: &OnceCell<Vec<Commit>>,
) -> Result<Option<(Commit, RecordedAs)>> {
    let lines: Vec<Line> =
        recorded.facts.get("commits").into_iter().flat_map(|lines| lines.lines()).map(Line::parse).collect();
    let Some(line) = lines.first() else { return Ok(None) };
    // A hash stands for all that is before it, too.
    if let Some(commit) = named.iter().find(|commit| commit.commit == line.hash) {
        return Ok(Some((commit.clone(), RecordedAs::Same)));
    }
    let trailer = format!("Session-Id: {}", recorded.id);
    let bears = |commit: &&Commit| message::has_trailer(&commit.message, &trailer);
    // Where only a part of the history was asked for, whoever bears no name may stand before it.
    if request.since.is_some() && !named.iter().any(|commit| bears(&commit)) {
        return Ok(None);
    }
    let mut ask = |commit: &str| repository::patch_id(commit);
    let mut patches = Patches::new(&mut ask);
    let found = commit_search::find_all(&lines, &trailer, whole(all)?, &mut patches)?;
    let Some(work) = found.first().copied().flatten() else { return Ok(None) };
    let mut how = RecordedAs::SameFiles;
    for (line, found) in lines.iter().zip(&found) {
        let one = match found {
            None => RecordedAs::Changed,
            Some(found) if found.commit.tree == line.tree || found.how == How::Hash => RecordedAs::SameFiles,
            // An empty one, which says that the work is in those before it, is empty on any base.
            Some(found) if repository::patch_id(&found.commit.commit)? == line.patch => RecordedAs::SameChange,
            Some(_) => RecordedAs::Changed,
        };
        how = match (how, one) {
            (RecordedAs::Changed, _) | (_, RecordedAs::Changed) => RecordedAs::Changed,
            (RecordedAs::SameChange, _) | (_, RecordedAs::SameChange) => RecordedAs::SameChange,
            _ => RecordedAs::SameFiles,
        };
    }
    // The work commit decides where its files are the same: whatever became of those before it, that is their sum.
    let same = work.commit.tree == line.tree;
    Ok(Some((work.commit.clone(), if same { RecordedAs::SameFiles } else { how })))
}

/// Whether a checkpoint is one that the record names: itself, or its change on another base.
fn is_recorded(recorded: &Recorded, commit: &str) -> Result<Option<RecordedAs>> {
    let lines = recorded.facts.iter().filter(|(key, _)| *key == "commits" || key.starts_with("checkpoint."));
    let lines: Vec<Line> = lines.flat_map(|(_, lines)| lines.lines()).map(Line::parse).collect();
    if lines.iter().any(|line| line.hash == commit) {
        return Ok(Some(RecordedAs::Same));
    }
    let patch = repository::patch_id(commit)?;
    let same = patch.is_none() || lines.iter().any(|line| line.patch == patch);
    Ok(same.then_some(RecordedAs::SameChange))
}

/// A rollback has undone it, and the session went on.
fn is_undone(recorded: &Recorded, commit: &str) -> bool {
    recorded.facts.get(APART).is_some_and(|apart| apart.lines().any(|hash| hash == commit))
}

fn whole(all: &OnceCell<Vec<Commit>>) -> Result<&[Commit]> {
    if let Some(all) = all.get() {
        return Ok(all);
    }
    let mut commits = repository::history_of(&HistoryRequest { merged: true, ..HistoryRequest::default() })?;
    commits.truncate(SEARCHED);
    Ok(all.get_or_init(|| commits))
}

fn tree(commit: &Commit, recorded: &Recorded) -> Result<String> {
    let (of, without) = (Some(commit.commit.clone()), recorded.documents.clone());
    repository::tree(&TreeRequest { of, without, paths: Vec::new() })
}

/// Records that others changed: by a commit that is none of the program's, or in the working tree. Where only a part of
/// the history was asked for, what was there before it is not known.
fn edited(folder: &str, touching: &[Commit], part: bool) -> Result<Vec<Edited>> {
    let mut found = Vec::new();
    let id = |path: &String| id_of(folder, path);
    for change in repository::changes()? {
        if let Some(id) = id(&change.path) {
            found.push(Edited { id, commit: None, new: change.status == "added" });
        }
    }
    let ours = |commit: &Commit| {
        !message::values(&commit.message, "Session-Progress:").is_empty()
            // Squashed by a forge, which puts all messages into one.
            || commit.message.lines().any(|line| line.starts_with("Session-Progress:") || line.starts_with("Session-Id:"))
    };
    for (at, commit) in touching.iter().enumerate().filter(|(_, commit)| !ours(commit)) {
        // What was there before the part that was asked for is not known; a record that came with one commit came whole.
        let before = |path: &String| touching[at + 1..].iter().any(|older| older.files.contains(path));
        let before = |path: &String| before(path) || (part && !brings_work(commit, folder));
        for path in &commit.files {
            if let Some(id) = id(path) {
                found.push(Edited { id, commit: Some(commit.commit.clone()), new: !before(path) });
            }
        }
    }
    Ok(found)
}

/// The commits that hold a branch as one: they bring records, and the files that the last of them was verified for.
fn squashed(request: &Audit, touching: &[Commit]) -> Result<BTreeMap<String, (Commit, RecordedAs)>> {
    let mut found = BTreeMap::new();
    let Some(folder) = &request.records else { return Ok(found) };
    for commit in touching.iter().filter(|commit| brings_work(commit, folder)) {
        let ids: Vec<String> = commit.files.iter().filter_map(|path| id_of(folder, path)).collect();
        let brought: Vec<&Recorded> = request.recorded.iter().filter(|recorded| ids.contains(&recorded.id)).collect();
        let mut last = None;
        for recorded in &brought {
            if recorded.tree.is_some() && recorded.tree == Some(tree(commit, recorded)?) {
                last = Some(&recorded.id);
            }
        }
        let Some(last) = last else { continue };
        for recorded in &brought {
            let how = if recorded.id == *last { RecordedAs::SameFiles } else { RecordedAs::Within };
            found.entry(recorded.id.clone()).or_insert((commit.clone(), how));
        }
    }
    Ok(found)
}

/// It holds records and other files, too, as no commit of the program's does.
fn brings_work(commit: &Commit, folder: &str) -> bool {
    message::values(&commit.message, "Session-Progress:").is_empty()
        && commit.files.iter().any(|path| !path.starts_with(folder))
}

fn is_laden(commit: &Commit, request: &Audit) -> bool {
    let own = message::values(&commit.message, "Session-Id:").is_empty();
    // In the folder of the records only records are documents.
    let other = |path: &String| {
        let folder = request.records.as_ref().filter(|folder| path.starts_with(folder.as_str()));
        match folder.and_then(|folder| Some((path.strip_prefix(folder.as_str())?, id_of(folder, path)))) {
            Some((name, id)) => id.is_none() || name.contains('/'),
            None => !scope::is_document(path, &request.documents),
        }
    };
    own && !message::values(&commit.message, "Session-Progress:").is_empty() && commit.files.iter().any(other)
}

fn of_documents(commit: &Commit) -> Option<AuditedCommit> {
    let id = (*message::values(&commit.message, "Session-Progress:").first()?).to_owned();
    let sessions = vec![OfSession { id, ..OfSession::default() }];
    Some(AuditedCommit {
        commit: commit.commit.clone(),
        subject: subject(commit),
        sessions,
        ..AuditedCommit::default()
    })
}

/// The session of a record.
fn id_of(folder: &str, path: &str) -> Option<String> {
    path.strip_prefix(folder)?.strip_suffix(".json").map(str::to_owned)
}

fn subject(commit: &Commit) -> String {
    commit.message.lines().next().unwrap_or_default().to_owned()
}
