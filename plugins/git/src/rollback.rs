//! `rollback`: one commit that undoes the session's own. What is not committed is kept as a checkpoint before. Which commits
//! those are is `back.rs`.

use std::collections::BTreeSet;

use session_sdk::{
    Commit, CommitRequest, Committed, Context, Error, Head, Result, RevertRequest, Rollback, RollbackTo, Session,
    Status, Summary, Undo, facts, repository,
};

use crate::base::{self, APART, LEFT, apart};
use crate::elsewhere::{self, Missing};
use crate::guard::Guard;
use crate::words::{count, short, some_of};
use crate::{BRANCH, DIRTY, back, dirty_at_start, hash_of, line_of, message, scope};

/// The commit that undoes the session, as a line of `commit_search.rs`.
const REVERT: &str = "revert";

pub fn rollback(guard: Guard, cx: &Context<Rollback>) -> Result<Summary> {
    let (session, data) = (cx.session()?, &cx.data);
    let head = repository::head()?;
    if head.branch.is_none() && head.commit.is_some() {
        return Err(Error::new("HEAD is detached")
            .because("the commit that undoes the session would belong to no branch")
            .hint("git switch to the branch that it shall be undone on"));
    }
    // Work that is on another branch is not undone on this one.
    let nothing = data.back.commits.is_empty() && data.back.uncommitted.is_empty();
    if session.status == Status::Active {
        let missing = elsewhere::missing(session, &head)?;
        if let Some(missing) = if nothing { missing } else { missing.and_then(Missing::surely) } {
            return Err(missing.error(session, &head));
        }
    }
    if nothing {
        return Ok(Summary::quiet());
    }
    scope::refuse_conflicts(&repository::changes()?)?;
    let mut commits = data.back.commits.clone();
    let saved = save(guard, cx, session, &head)?;
    if let Some(commit) = saved.as_ref().filter(|_| !cx.dry_run) {
        commits.insert(0, Undo { commit: commit.clone(), to: None });
    }
    let strangers = if session.status == Status::Done { back::strangers(session, &head)? } else { Vec::new() };
    let message = message::rollback(&data.to, &commits, session, &cx.project.name);
    let request = RevertRequest {
        message,
        commits: commits.clone(),
        without: data.documents.clone(),
        saved: data.back.uncommitted.clone(),
    };
    let names = named(&commits, cx.dry_run)?;
    let empty = data.back.uncommitted.is_empty() && are_empty(&commits, &data.documents)?;
    let made = if empty { Committed::default() } else { repository::revert(&request)? };
    let commit = hash_of(&made);
    let revert = line_of(&commit, &made.tree, cx.dry_run)?;
    let mut lines = apart()?;
    lines.extend(commits.iter().map(|undo| undo.commit.clone()));
    lines.extend((!empty).then(|| commit.clone()));
    if data.to != RollbackTo::Start {
        lines.extend(strangers);
    }
    let mut known = BTreeSet::new();
    lines.retain(|line| known.insert(line.clone()));
    let partly: Vec<&str> = commits.iter().filter(|undo| undo.to.is_some()).map(|undo| undo.commit.as_str()).collect();
    let goes_on = session.status == Status::Done && data.to != RollbackTo::Start;
    let dirty = if goes_on { scope::dirty(&repository::changes()?, &data.documents) } else { scope::Dirty::new() };
    // Nothing that can fail stands between these: who comes here again after some of them would take the rest for done.
    if goes_on {
        // What is dirty now is none of the work of a session that goes on from here.
        facts::set(BRANCH, head.branch.as_deref().unwrap_or_default())?;
        facts::set(elsewhere::SINCE, &cx.time.0)?;
        facts::set(DIRTY, &serde_json::to_string(&dirty).map_err(|e| Error::new(e.to_string()))?)?;
    } else if session.status != Status::Done && !session.facts.contains_key("commits") {
        facts::set("commits", &names)?;
    }
    if !empty {
        facts::set(REVERT, &revert)?;
    }
    facts::set(APART, &lines.join("\n"))?;
    if !partly.is_empty() {
        facts::set(LEFT, &format!("{commit}\n{}", partly.join("\n")))?;
    }
    if !made.rewritten.is_empty() {
        let names: Vec<&str> = made.rewritten.iter().map(String::as_str).collect();
        return Err(Error::new(format!("hooks changed what {} takes back: {}", short(&commit), some_of(&names)))
            .because("so not all of the session is undone")
            .hint("put these files right and commit them, then session resume"));
    }
    if empty {
        return Ok(Summary::new(format!("nothing to revert: {} changed no file", count(commits.len(), "commit"))));
    }
    let confirm = if cx.dry_run { doubtful(&commits, session, &head)? } else { Vec::new() };
    let what = format!("{} by {} ({})", count(commits.len(), "commit"), short(&commit), count(made.files, "file"));
    let summary = Summary { confirm, ..Summary::new(format!("reverted {what}{}", kept(&commits, session, &data.to)?)) };
    Ok(summary.with("commit", commit))
}

/// None of them has changed a file: a commit that undoes them would be as empty.
fn are_empty(commits: &[Undo], documents: &[String]) -> Result<bool> {
    if commits.iter().any(|undo| undo.to.is_some()) {
        return Ok(false);
    }
    let found = commits.iter().map(|undo| back::one(&undo.commit)).collect::<Result<Vec<_>>>()?;
    let found: Vec<Commit> = found.into_iter().flatten().collect();
    Ok(!found.is_empty() && !back::change_files(&found, documents)?)
}

/// What was not committed is in the newest of them, and builds on the others: how all of it comes back.
fn kept(commits: &[Undo], session: &Session, to: &RollbackTo) -> Result<String> {
    let Some(newest) = commits.first() else { return Ok(String::new()) };
    if !back::one(&newest.commit)?.is_some_and(|commit| message::is_saved(&commit.message)) {
        return Ok(String::new());
    }
    let list: Vec<&str> = commits.iter().rev().map(|undo| short(&undo.commit)).collect();
    let first = if *to == RollbackTo::Start { format!("session start {}, then ", session.id) } else { String::new() };
    let (newest, list) = (short(&newest.commit), list.join(" "));
    Ok(format!("; {newest} keeps what was not committed: {first}git cherry-pick {list} brings it back"))
}

/// What a person should see before it is undone: commits that do not say that they are the session's, and that others made
/// or have.
fn doubtful(commits: &[Undo], session: &Session, head: &Head) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let found = commits.iter().map(|undo| back::one(&undo.commit)).collect::<Result<Vec<_>>>()?;
    let found: Vec<Commit> = found.into_iter().flatten().collect();
    let is_work = |commit: &&Commit| message::is_of(&commit.message, &session.id);
    // Of one that is done everybody may have all of it, and undo it: there it counts who did the work.
    let done = session.status == Status::Done;
    let me = if done { found.iter().find(is_work).map(|work| &work.author) } else { head.author.as_ref() };
    for commit in found.iter().filter(|commit| !is_work(commit)) {
        let by_another = me.is_some_and(|me| !commit.author.is_empty() && commit.author != *me);
        if !by_another && (done || !commit.pushed) {
            continue;
        }
        let subject = commit.message.lines().next().unwrap_or_default();
        let pushed = if commit.pushed && !done { ", pushed" } else { "" };
        lines.push(format!("undoes {} ({subject}) of {}{pushed}", short(&commit.commit), commit.author));
    }
    if !lines.is_empty() {
        lines.push(format!("nothing in them says that they are the work of {}", session.id));
    }
    // Left out of all that the session commits itself, and committed by hand all the same.
    let dirty = dirty_at_start()?;
    for commit in found.iter().filter(|commit| !message::is_of(&commit.message, &session.id)) {
        let swept = commit.files.iter().filter(|path| dirty.contains_key(*path)).map(String::as_str);
        let swept: Vec<&str> = swept.collect();
        if !swept.is_empty() {
            let by = short(&commit.commit);
            lines.push(format!("undoes what was dirty before the session and is in {by}: {}", some_of(&swept)));
        }
    }
    Ok(lines)
}

/// Keeps what is not committed. Hooks check what is to stay, and this is not.
fn save(guard: Guard, cx: &Context<Rollback>, session: &Session, head: &Head) -> Result<Option<String>> {
    let paths = cx.data.back.uncommitted.clone();
    if paths.is_empty() {
        return saved_before(cx, session).map(|()| None);
    }
    let changes = repository::changes()?;
    let command = "session checkpoint -m \"before the rollback\"";
    guard.check(head.commit.as_deref(), &changes, &paths, &[], command)?;
    let number = next_number(session);
    let message = message::saved(number, session, &cx.project.name);
    let request = CommitRequest { message, paths, no_verify: true, ..CommitRequest::default() };
    let made = repository::commit(&request)?;
    let (commit, tree) = if made.commit.is_some() || made.planned {
        (hash_of(&made), made.tree)
    } else {
        // An attempt that stopped behind it has made it.
        match base::about(head)?.newest(&session.id, head) {
            Some(commit) if message::is_checkpoint(&commit.message, &session.id, Some(number)) => {
                (commit.commit.clone(), commit.tree.clone())
            }
            _ => return Ok(None),
        }
    };
    facts::set(&format!("checkpoint.{number}"), &line_of(&commit, &tree, cx.dry_run)?)?;
    Ok(Some(commit))
}

/// An attempt that failed behind the checkpoint of what was not committed may not have come to say so.
fn saved_before(cx: &Context<Rollback>, session: &Session) -> Result<()> {
    let number = next_number(session);
    let fact = format!("checkpoint.{number}");
    let newest = cx.data.back.commits.first().filter(|_| !session.facts.contains_key(&fact));
    let Some(commit) = newest.map(|undo| back::one(&undo.commit)).transpose()?.flatten() else { return Ok(()) };
    if message::is_saved(&commit.message) && message::is_checkpoint(&commit.message, &session.id, Some(number)) {
        facts::set(&fact, &line_of(&commit.commit, &commit.tree, cx.dry_run)?)?;
    }
    Ok(())
}

fn next_number(session: &Session) -> u32 {
    u32::try_from(session.checkpoints.len()).unwrap_or(u32::MAX).saturating_add(1)
}

/// What finds the commits of a session again that was never complete.
fn named(commits: &[Undo], dry_run: bool) -> Result<String> {
    let line = |undo: &Undo| line_of(&undo.commit, "", dry_run);
    Ok(commits.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}
