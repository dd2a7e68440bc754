//! `rollback`: one commit that undoes the session's own. What is not committed is kept as a checkpoint before. Which commits
//! those are is `back.rs`.

use std::collections::BTreeSet;

use session_sdk::{
    Commit, CommitRequest, Committed, Context, Error, Head, Result, RevertRequest, Rollback, RollbackTo, Session,
    Status, Summary, Undo, facts, repository,
};

use crate::base::{self, APART, LEFT, apart};
use crate::guard::Guard;
use crate::words::{count, short};
use crate::{BRANCH, DIRTY, back, line_of, message, scope};

/// The commit that undoes the session, as a line of `found.rs`.
const REVERT: &str = "revert";

pub fn rollback(guard: Guard, cx: &Context<Rollback>) -> Result<Summary> {
    let (session, data) = (cx.session()?, &cx.data);
    let head = repository::head()?;
    if head.branch.is_none() && head.commit.is_some() {
        return Err(Error::new("HEAD is detached")
            .because("the commit that undoes the session would belong to no branch")
            .hint("git switch to the branch that it shall be undone on"));
    }
    if data.back.commits.is_empty() && data.back.uncommitted.is_empty() {
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
    let before = made_before(&commits, session, &head)?;
    let again = before.is_some();
    let made = before.map_or_else(|| repository::revert(&request).map_err(|error| way_on(error, &session.id)), Ok)?;
    let commit = made.commit.unwrap_or_default();
    facts::set(REVERT, &line_of(&commit, &made.tree, cx.dry_run)?)?;
    let mut lines = apart()?;
    lines.extend(commits.iter().map(|undo| undo.commit.clone()).chain([commit.clone()]));
    if data.to != RollbackTo::Start {
        lines.extend(strangers);
    }
    let mut known = BTreeSet::new();
    lines.retain(|line| known.insert(line.clone()));
    facts::set(APART, &lines.join("\n"))?;
    let partly: Vec<&str> = commits.iter().filter(|undo| undo.to.is_some()).map(|undo| undo.commit.as_str()).collect();
    if !partly.is_empty() {
        facts::set(LEFT, &format!("{commit}\n{}", partly.join("\n")))?;
    }
    if session.status == Status::Done {
        go_on(cx, &head)?;
    } else if !session.facts.contains_key("commits") {
        facts::set("commits", &named(&commits, cx.dry_run)?)?;
    }
    if again {
        return Ok(Summary::new(format!("reverted earlier by {}", short(&commit))).with("commit", commit));
    }
    let what = format!("{} by {} ({})", count(commits.len(), "commit"), short(&commit), count(made.files, "file"));
    let kept = saved.map(|commit| format!("; {} keeps what was not committed", short(&commit)));
    Ok(Summary::new(format!("reverted {what}{}", kept.unwrap_or_default())).with("commit", commit))
}

/// What came later and stands in the way is somebody's to take back.
fn way_on(error: Error, id: &str) -> Error {
    if error.hint.is_some() {
        return error;
    }
    error.hint(format!(
        "take back what came later (session rollback of its session, or git revert), then session rollback {id}; or undo \
         {id} by hand"
    ))
}

/// The commit that undoes just these: an attempt of which nobody knows any more has made it.
fn made_before(commits: &[Undo], session: &Session, head: &Head) -> Result<Option<Committed>> {
    let names = |commit: &Commit| commits.iter().all(|undo| commit.message.contains(&undo.commit));
    let is_it = |commit: &&Commit| message::is_rollback(&commit.message, &session.id) && names(commit);
    Ok(base::about(head)?.commits.iter().find(is_it).map(|commit| Committed {
        commit: Some(commit.commit.clone()),
        tree: commit.tree.clone(),
        files: commit.files.len(),
        ..Committed::default()
    }))
}

/// Keeps what is not committed. Hooks check what is to stay, and this is not.
fn save(guard: Guard, cx: &Context<Rollback>, session: &Session, head: &Head) -> Result<Option<String>> {
    let paths = cx.data.back.uncommitted.clone();
    if paths.is_empty() {
        return Ok(None);
    }
    let changes = repository::changes()?;
    let command = "session checkpoint -m \"before the rollback\"";
    guard.check(head.commit.as_deref(), &changes, &paths, &[], command)?;
    let number = u32::try_from(session.checkpoints.len()).unwrap_or(u32::MAX).saturating_add(1);
    let message = message::saved(number, session, &cx.project.name);
    let request = CommitRequest { message, paths, no_verify: true, ..CommitRequest::default() };
    let made = repository::commit(&request)?;
    let (commit, tree) = match made.commit {
        Some(commit) => (commit, made.tree),
        // An attempt that stopped behind it has made it.
        None => match base::about(head)?
            .commits
            .into_iter()
            .find(|commit| message::is_checkpoint(&commit.message, &session.id, Some(number)))
        {
            Some(commit) => (commit.commit, commit.tree),
            None => return Ok(None),
        },
    };
    facts::set(&format!("checkpoint.{number}"), &line_of(&commit, &tree, cx.dry_run)?)?;
    Ok(Some(commit))
}

/// What is dirty now is none of the work of a session that goes on from here.
fn go_on(cx: &Context<Rollback>, head: &Head) -> Result<()> {
    if cx.data.to == RollbackTo::Start {
        return Ok(());
    }
    let dirty = scope::dirty(&repository::changes()?, &cx.data.documents);
    facts::set(BRANCH, head.branch.as_deref().unwrap_or_default())?;
    facts::set(DIRTY, &serde_json::to_string(&dirty).map_err(|e| Error::new(e.to_string()))?)
}

/// What finds the commits of a session again that was never complete.
fn named(commits: &[Undo], dry_run: bool) -> Result<String> {
    let line = |undo: &Undo| line_of(&undo.commit, "", dry_run);
    Ok(commits.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}
