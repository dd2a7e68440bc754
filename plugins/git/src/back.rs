//! What taking a session back is about: which commits are its work now, though the history may be another one since, and
//! what of it is not committed. Undoing them is `rollback.rs`.

use session_sdk::{
    Back, Change, Commit, Context, Error, Head, HistoryRequest, Result, RollbackTo, Session, SnapshotRequest, Status,
    Undo, facts, log, repository,
};

use crate::base::{self, apart, left};
use crate::commit_search::{self, Found, How, Line, Patches};
use crate::words::{count, short, some_of};
use crate::{dirty_at_start, left_out, message, scope};

/// Of a history in which a recorded commit is nowhere by hash, so much is searched for its change.
const SEARCHED: usize = 2_000;

/// # Errors
/// Where a commit of the session is nowhere in this history, or holds other work too.
pub fn back(cx: &Context<SnapshotRequest>, to: RollbackTo, head: &Head, changes: &[Change]) -> Result<Back> {
    let session = cx.session()?;
    let documents = &cx.data.documents;
    let active = session.status == Status::Active;
    let commits = if active { own(session, head)? } else { recorded(session, documents)? };
    let commits = if to == RollbackTo::Start { with_left(commits, session)? } else { commits };
    let uncommitted = if active { uncommitted(changes, documents)? } else { Vec::new() };
    let undone = match to {
        // Of nothing but empty commits nothing can be undone.
        RollbackTo::Start if !change_files(&commits, documents)? => Vec::new(),
        RollbackTo::Start => all(&commits),
        // What is not committed is its newest work.
        RollbackTo::Last if uncommitted.is_empty() => all(&commits[..commits.len().min(1)]),
        RollbackTo::Last => Vec::new(),
        RollbackTo::Checkpoint { number } => behind(session, number, &commits)?,
    };
    let mut added = Vec::new();
    for undo in &undone {
        let Some(commit) = commits.iter().find(|commit| commit.commit == undo.commit) else { continue };
        let before = undo.to.as_ref().or(commit.parents.first());
        for path in commit.files.iter().filter(|path| !scope::is_document(path, documents)) {
            let there = before.map(|before| repository::file_at(before, path)).transpose()?.flatten();
            if there.is_none() && !added.contains(path) {
                added.push(path.clone());
            }
        }
    }
    let new = |path: &&String| changes.iter().any(|change| change.path == **path && change.status == "added");
    added.extend(uncommitted.iter().filter(new).cloned());
    added.sort();
    added.dedup();
    let last = undone.first().map(|undo| undo.commit.clone());
    Ok(Back { commits: undone, uncommitted, added, last })
}

/// Whether one of them has changed a file that is no document.
///
/// # Errors
/// Where the history cannot be read.
pub fn change_files(commits: &[Commit], documents: &[String]) -> Result<bool> {
    for commit in commits {
        // Behind the thousandth commit no file is named.
        let named = commit.files.iter().any(|path| !scope::is_document(path, documents));
        if named || (commit.files.is_empty() && repository::patch_id(&commit.commit)?.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all(commits: &[Commit]) -> Vec<Undo> {
    commits.iter().map(|commit| Undo { commit: commit.commit.clone(), to: None }).collect()
}

/// What a session that is not complete has committed since it was started, newest first.
fn own(session: &Session, head: &Head) -> Result<Vec<Commit>> {
    let since = match base::since_start(head, None) {
        Ok(since) => since,
        // Only what says so itself is surely its work.
        Err(error) => {
            log::warn(format!("only checkpoints are undone: {}", error.message));
            let mut since = base::about(head)?;
            since.commits.retain(|commit| message::is_checkpoint(&commit.message, &session.id, None));
            since
        }
    };
    let commits: Vec<Commit> = since.own(&session.id, head).into_iter().cloned().collect();
    Ok(without_merges(commits))
}

/// With what is left of a work commit of which a part was undone: that part comes back, and then all of it goes.
fn with_left(mut commits: Vec<Commit>, session: &Session) -> Result<Vec<Commit>> {
    let lines: Vec<Line> = left()?.into_iter().map(|hash| Line { hash, ..Line::default() }).collect();
    let Some(newest) = lines.first() else { return Ok(commits) };
    let Some(left) = by_hash(&lines, session)? else { return Err(nowhere(&newest.hash, session)) };
    let since = repository::history(Some(&newest.hash))?;
    let newer = |commit: &&Commit| since.iter().any(|newer| newer.commit == commit.commit);
    let at = commits.iter().take_while(newer).count();
    commits.splice(at..at, left);
    Ok(commits)
}

/// What came in by a merge was made elsewhere, and is not undone.
fn without_merges(commits: Vec<Commit>) -> Vec<Commit> {
    let (merges, commits): (Vec<Commit>, Vec<Commit>) =
        commits.into_iter().partition(|commit| commit.parents.len() > 1);
    let named: Vec<String> = merges.iter().map(named).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    if !named.is_empty() {
        let what = count(named.len(), "merge");
        log::warn(format!("what {what} brought in was made elsewhere and stays: {}", some_of(&named)));
    }
    commits
}

fn uncommitted(changes: &[Change], documents: &[String]) -> Result<Vec<String>> {
    let before = left_out(dirty_at_start()?, changes, &scope::Dirty::new());
    let scope = scope::sort(changes, documents, &before, &[], &std::collections::BTreeSet::new())?;
    Ok(scope.own)
}

/// The commits that the record of a session names, as they are in this history, newest first.
fn recorded(session: &Session, documents: &[String]) -> Result<Vec<Commit>> {
    let lines = session.facts.get("commits").or(session.facts.get("commit"));
    let lines: Vec<Line> = lines.map(|lines| lines.lines().map(Line::parse).collect()).unwrap_or_default();
    let apart = if session.status == Status::RolledBack { Vec::new() } else { apart()? };
    let lines: Vec<Line> = lines.into_iter().filter(|line| !apart.contains(&line.hash)).collect();
    if let Some(commits) = by_hash(&lines, session)? {
        return Ok(without_merges(commits));
    }
    let mut history = repository::history_of(&HistoryRequest { merged: true, ..HistoryRequest::default() })?;
    history.truncate(SEARCHED);
    let trailer = format!("Session-Id: {}", session.id);
    let mut ask = |commit: &str| repository::patch_id(commit);
    let all = commit_search::find_all(&lines, &trailer, &history, &mut Patches::new(&mut ask))?;
    let mut commits: Vec<Commit> = Vec::new();
    for (line, found) in lines.iter().zip(all) {
        // A forge puts the messages of a branch into one commit with its documents: no trailer, change or tree is the same.
        let only = |commit: &&Commit| message::mentioned(&commit.message) == [session.id.as_str()];
        let squashed = || history.iter().find(only).map(|commit| Found { commit, how: How::Within });
        let found = found.or_else(|| squashed().filter(|_| line.patch.is_some()));
        let Some(found) = found else {
            // A merge, or a commit that changed nothing, has nothing to be known by, and nothing to undo.
            if line.patch.is_none() {
                continue;
            }
            refuse_mentioned(&history, session)?;
            return Err(nowhere(&line.hash, session));
        };
        refuse_shared(&found, session, documents)?;
        if !commits.contains(found.commit) {
            commits.push(found.commit.clone());
        }
    }
    let left =
        |line: &&Line| repository::history(Some(&format!("HEAD..{}", line.hash))).is_ok_and(|left| !left.is_empty());
    if commits.is_empty()
        && let Some(line) = lines.iter().find(left)
    {
        // Whatever it holds, it is on another branch only.
        return Err(nowhere(&line.hash, session));
    }
    Ok(without_merges(commits))
}

/// The commits themselves, where all of them are in the branch; none where one is not.
fn by_hash(lines: &[Line], session: &Session) -> Result<Option<Vec<Commit>>> {
    let mut commits = Vec::new();
    for Line { hash, tree, .. } in lines {
        // Unknown, or on another branch.
        if !repository::history(Some(&format!("HEAD..{hash}"))).is_ok_and(|left| left.is_empty()) {
            return Ok(None);
        }
        let Some(commit) = one(hash)? else { continue };
        // A record can be edited, and names then what it likes.
        if !tree.is_empty() && commit.tree != *tree && !message::is_of(&commit.message, &session.id) {
            let id = &session.id;
            return Err(Error::new(format!("the record of {id} names {}, which is not its work", named(&commit)))
                .because("neither the files of that commit nor its message are those that were recorded")
                .hint(format!("git log -p docs/sessions/records/{id}.json shows who changed it")));
        }
        commits.push(commit);
    }
    Ok(Some(commits))
}

/// One commit; none where it is not here.
///
/// # Errors
/// Where the history cannot be read.
pub fn one(hash: &str) -> Result<Option<Commit>> {
    // The first commit of all has none before it.
    let one = repository::history(Some(&format!("{hash}~1..{hash}")));
    let one = one.or_else(|_| repository::history(Some(&format!("..{hash}"))))?;
    Ok(one.into_iter().find(|commit| commit.commit == *hash))
}

/// One that was squashed together with other work cannot be undone without that.
fn refuse_shared(found: &Found<'_>, session: &Session, documents: &[String]) -> Result<()> {
    let commit = found.commit;
    let others = others(commit, session);
    if !others.is_empty() {
        return Err(shared(commit, session, of_others(&others)));
    }
    // What is known to be the session's is cut at so many.
    let known: Vec<&str> = session.facts.get("files").map(|files| files.lines().collect()).unwrap_or_default();
    if matches!(found.how, How::Hash | How::Patch) || known.is_empty() || known.len() >= crate::complete::KEPT {
        return Ok(());
    }
    let more = commit.files.iter().map(String::as_str);
    let more: Vec<&str> = more.filter(|path| !known.contains(path) && !scope::is_document(path, documents)).collect();
    if more.is_empty() {
        return Ok(());
    }
    Err(shared(commit, session, format!("the session has not changed {}", some_of(&more))))
}

/// A forge puts the messages of a branch into one: only those of the last commit are trailers then, and the change of one
/// session is nowhere by itself.
fn refuse_mentioned(history: &[Commit], session: &Session) -> Result<()> {
    let is_it = |commit: &&Commit| {
        let named = message::mentioned(&commit.message).contains(&session.id.as_str());
        named && !others(commit, session).is_empty()
    };
    history.iter().find(is_it).map_or(Ok(()), |commit| {
        let others = others(commit, session);
        Err(shared(commit, session, of_others(&others)))
    })
}

/// Sessions that a commit names besides this one.
fn others<'c>(commit: &'c Commit, session: &Session) -> Vec<&'c str> {
    message::mentioned(&commit.message).into_iter().filter(|id| *id != session.id).collect()
}

fn of_others(others: &[&str]) -> String {
    format!("it is the work of {} as well", others.join(", "))
}

fn shared(commit: &Commit, session: &Session, why: String) -> Error {
    Error::new(format!("the work of {} is in {}, which holds other work too", session.id, named(commit)))
        .because(why)
        .hint(format!("git revert {} undoes all of it; or undo this part by hand", short(&commit.commit)))
}

/// The commits that are newer than a checkpoint.
fn behind(session: &Session, number: u32, commits: &[Commit]) -> Result<Vec<Undo>> {
    let id = &session.id;
    let line = session.facts.get(&format!("checkpoint.{number}")).map(|line| Line::parse(line));
    let line = line.ok_or_else(|| Error::new(format!("nothing says which commit checkpoint {number} is")))?;
    // Where the history was rewritten, by its trailer: an earlier attempt may have had one of the same number.
    let by_hash = commits.iter().position(|commit| commit.commit == line.hash);
    let by_trailer = || commits.iter().position(|commit| message::is_checkpoint(&commit.message, id, Some(number)));
    if let Some(at) = by_hash.or_else(by_trailer) {
        return Ok(all(&commits[..at]));
    }
    // Folded into the work commit, and kept beside the branch by whoever did that.
    let there = repository::history(Some(&format!("HEAD..{}", line.hash))).is_ok_and(|left| !left.is_empty());
    // The work commit since then is no more than what came behind the part that was left.
    let there = there && left()?.is_empty();
    match (commits.first(), session.facts.contains_key(crate::complete::FOLDED)) {
        (Some(work), true) if there => Ok(vec![Undo { commit: work.commit.clone(), to: Some(line.hash) }]),
        (_, folded) => {
            let why = if folded {
                "it was folded into a work commit, and only the clone that did so has it, until a part of that is undone"
            } else {
                "its commit is not in this history"
            };
            Err(Error::new(format!("there is no way back to checkpoint {number} of {id} here"))
                .because(why)
                .hint(format!("session rollback {id} takes all of it back")))
        }
    }
}

fn nowhere(hash: &str, session: &Session) -> Error {
    let id = &session.id;
    Error::new(format!("{} of {id} is not in this history, in any form", short(hash)))
        .because("it was made on another branch, or changed so that nothing tells it again")
        .hint(format!(
            "git log --all --grep 'Session: {id}' finds it; git merge, git switch, or in a shallow clone git fetch --unshallow \
             brings it here"
        ))
}

/// `a1b2c3d (feat: matcher)`.
fn named(commit: &Commit) -> String {
    let subject = commit.message.lines().next().unwrap_or_default();
    format!("{} ({subject})", short(&commit.commit))
}

/// Commits by hand since the session was started that came after it was complete: none of them is its work. For a session
/// that goes on.
///
/// # Errors
/// Where facts cannot be read.
pub fn strangers(session: &Session, head: &Head) -> Result<Vec<String>> {
    let lines = facts::get("commits")?.unwrap_or_default();
    let known: Vec<Line> = lines.lines().map(Line::parse).collect();
    let since = base::about(head)?;
    let own = since.own(&session.id, head).into_iter();
    let stranger = |commit: &&Commit| !known.iter().any(|line| line.hash == commit.commit);
    Ok(own.filter(stranger).map(|commit| commit.commit.clone()).collect())
}
