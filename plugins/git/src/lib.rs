//! Bundled plugin `git`: one work commit per session, checkpoints on the way, and a commit of the documents behind it.
//! Glue only: `complete` is `complete.rs`, messages are `message.rs`, what belongs to a session is `scope.rs` and `exclusion.rs`, what should
//! stand in no commit `guard.rs`, and what was committed since start `base.rs`.

mod added_lines;
mod audit;
mod back;
mod base;
pub mod commit_search;
mod complete;
mod elsewhere;
mod exclusion;
mod guard;
mod message;
mod rollback;
mod scope;
mod squash;
mod words;

use std::collections::BTreeSet;

use base::Since;
use commit_search::Line;
use elsewhere::Missing;
use guard::{Guard, Size};
use scope::{Dirty, Scope};
use serde::Deserialize;
use session_sdk::{
    Audit, Audited, Change, Checkpoint, Commit, CommitRequest, Committed, Complete, Context, Error, Head, Plugin,
    Result, Rollback, Session, Settle, Snapshot, SnapshotRequest, Start, Status, Summary, TreeRequest, facts, log,
    repository,
};
use words::{count, short, some_of};

/// `[plugin.config]` of `git`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Refuse subjects that are not conventional commits.
    conventional: bool,
    /// When changed documents are committed.
    bookkeeping: Bookkeeping,
    /// Refuse files that are larger.
    max_file: Size,
    /// Refuse what looks like a secret.
    secrets: bool,
    /// As `complete --squash`, wherever that can be done.
    squash: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Bookkeeping {
    /// Whenever one that git tracks has changed, so that no pull is refused because of it.
    Commit,
    /// Only when a session is complete.
    Next,
    Leave,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            conventional: true,
            bookkeeping: Bookkeeping::Commit,
            max_file: Size::DEFAULT,
            secrets: true,
            squash: false,
        }
    }
}

#[derive(Debug)]
pub struct Git {
    config: Config,
}

const BRANCH: &str = "git.branch";
const DIRTY: &str = "git.dirty";
/// What was committed though it would have been refused, one per line.
const ALLOWED: &str = "allowed";

#[session_sdk::plugin]
impl Plugin for Git {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn start(&mut self, cx: &Context<Start>) -> Result<Summary> {
        let head = repository::head()?;
        let id = &cx.session()?.id;
        if head.commit.is_some() && head.branch.is_none() && !cx.data.force {
            return Err(Error::new("HEAD is detached")
                .because("commits made here belong to no branch and are easily lost")
                .hint(format!("git switch -c session/{}, or session start {id} --force", id.to_lowercase())));
        }
        if head.author.is_none() {
            log::warn("git knows no user.name and user.email yet; complete will need them");
        }
        if cx.data.resumed {
            match elsewhere::missing(cx.session()?, &head)?.and_then(Missing::surely) {
                Some(missing) => log::warn(missing.sentence(cx.session()?, &head)),
                None => elsewhere::follow(&head)?,
            }
            elsewhere::begin(cx.session()?, &head, &cx.time)?;
            return Ok(Summary::quiet());
        }
        let changes = repository::changes()?;
        scope::refuse_conflicts(&changes)?;
        let dirty = scope::dirty(&changes, &cx.data.documents);
        facts::set(BRANCH, head.branch.as_deref().unwrap_or_default())?;
        elsewhere::begin(cx.session()?, &head, &cx.time)?;
        let base = head.commit.map(|hash| Line { hash, tree: head.tree.unwrap_or_default(), patch: None }.to_string());
        facts::set(base::BASE, &base.unwrap_or_default())?;
        facts::set(DIRTY, &serde_json::to_string(&dirty).map_err(|e| Error::new(e.to_string()))?)?;
        if dirty.is_empty() {
            return Ok(Summary::quiet());
        }
        let names: Vec<&str> = dirty.keys().map(String::as_str).collect();
        Ok(Summary::new(format!(
            "dirty before the session, so left out of it: {} (`session complete --include FILE` takes one in)",
            some_of(&names)
        )))
    }

    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        let session = cx.session()?;
        let head = repository::head()?;
        elsewhere::refuse(session, &head)?;
        let changes = repository::changes()?;
        let (documents, include) = (&cx.data.documents, &cx.data.include);
        if let Some(path) = include.iter().find(|path| !changes.iter().any(|change| change.path == **path)) {
            return Err(unchanged(path));
        }
        let before = left_out(dirty_at_start()?, &changes, &cx.data.by_checks);
        let Scope { own: paths, unclear } = scope::sort(&changes, documents, &before, include, &BTreeSet::new())?;
        if !unclear.is_empty() {
            let names: Vec<&str> = unclear.iter().map(String::as_str).collect();
            log::warn(format!("dirty before the session and changed since, so left out: {}", some_of(&names)));
        }
        let number = cx.data.number;
        elsewhere::follow(&head)?;
        if paths.is_empty() {
            // A person has committed all there is, or this very command, which did not come to its end.
            let since = base::about(&head)?;
            let last = session.checkpoints.last();
            let again = last.is_some_and(|last| last.message == cx.data.message);
            let kept =
                |commit: &Commit| session.checkpoints.iter().any(|taken| taken.commit.as_ref() == Some(&commit.commit));
            let newest = since.newest(&session.id, &head).filter(|newest| again || !kept(newest));
            let Some(newest) = newest else {
                let since = last.map_or("the session was started".to_owned(), |it| format!("checkpoint {}", it.number));
                return Err(Error::new(format!("nothing has changed since {since}, so there is nothing to keep"))
                    .hint("git status names what has changed"));
            };
            facts::set(&format!("checkpoint.{number}"), &line_of(&newest.commit, &newest.tree, cx.dry_run)?)?;
            let mine = message::is_checkpoint(&newest.message, &session.id, Some(number));
            let how = if mine { "committed earlier as" } else { "is the last commit," };
            return Ok(Summary::new(format!("checkpoint {number} {how} {}", short(&newest.commit))));
        }
        let command = format!("session checkpoint -m {}", session_sdk::shell::word(&cx.data.message));
        let allowed = self.guard().check(head.commit.as_deref(), &changes, &paths, include, &command)?;
        keep_allowed(session, &allowed, |_| true)?;
        warn_outside(&scope::outside(paths.iter().map(String::as_str), session, &cx.project.repositories));
        let message = message::checkpoint(&cx.data, session, &cx.project.name);
        self.guard().check_message(&message)?;
        let no_verify = cx.data.no_verify;
        let made = repository::commit(&CommitRequest { message, paths, no_verify, ..CommitRequest::default() });
        let made = made.map_err(|error| if no_verify { error } else { name_no_verify(error, &command) })?;
        let commit = hash_of(&made);
        facts::set(&format!("checkpoint.{number}"), &line_of(&commit, &made.tree, cx.dry_run)?)?;
        Ok(Summary::new(format!("checkpoint {number} {} ({})", short(&commit), count(made.files, "file"))))
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        complete::complete(&self.config, self.guard(), cx)
    }

    fn rollback(&mut self, cx: &Context<Rollback>) -> Result<Summary> {
        rollback::rollback(self.guard(), cx)
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        let head = match repository::head() {
            Ok(head) => head,
            // `init` outside a repository; a session would not have started there.
            Err(_) if cx.session.is_none() => return Ok(Summary::quiet()),
            Err(error) => return Err(error),
        };
        for path in &cx.data.local {
            repository::exclude(path)?;
        }
        let Some(session) = cx.session.as_ref().filter(|_| head.commit.is_some()) else { return Ok(Summary::quiet()) };
        let ends = match cx.data.reason.as_str() {
            "complete" => session.status == Status::Done,
            "rollback" => session.status != Status::Pending,
            _ => false,
        };
        let done = ends && !cx.data.failed;
        match self.config.bookkeeping {
            Bookkeeping::Commit if !done => return on_the_way(cx, session, &head, self.guard()),
            Bookkeeping::Next if !done => return Ok(Summary::quiet()),
            Bookkeeping::Leave => return Ok(Summary::quiet()),
            Bookkeeping::Commit | Bookkeeping::Next => {}
        }
        let paths = cx.data.documents.iter().filter(|path| !cx.data.local.contains(path)).cloned().collect();
        let paths = self.guard().without_secrets(head.commit.as_deref(), paths)?;
        let message = message::bookkeeping(words(&cx.data.reason, session.status), session, &cx.project.name);
        let made = repository::commit(&CommitRequest { message, paths, own: true, ..CommitRequest::default() })?;
        Ok(made.commit.map_or_else(Summary::quiet, |commit| {
            Summary::new(format!("committed {} (documents)", short(&commit))).with("bookkeeping", commit)
        }))
    }

    fn snapshot(&mut self, cx: &Context<SnapshotRequest>) -> Result<Option<Snapshot>> {
        let changes = repository::changes()?;
        let contents = scope::dirty(&changes, &cx.data.documents);
        let changed: Vec<String> = contents.keys().cloned().collect();
        let tree = tree_now(&changes, &cx.data.documents)?;
        let head = repository::head()?;
        let (mut own, mut diff, mut elsewhere) = (None, None, None);
        if cx.data.diff {
            let session = cx.session()?;
            let missing = elsewhere::missing(session, &head)?.and_then(Missing::surely);
            elsewhere = missing.map(|missing| missing.sentence(session, &head));
            let since = base::about(&head)?;
            let paths = own_paths(cx, &since, &head, &changes)?;
            let base = since.base.map(|base| base.hash);
            diff = Some(if paths.is_empty() { String::new() } else { repository::diff(base.as_deref(), &paths)? });
            own = Some(paths);
        }
        let back = cx.data.back.map(|to| back::back(cx, to, &head, &changes)).transpose()?;
        Ok(Some(Snapshot {
            tree,
            changed,
            branch: head.branch,
            head: head.commit,
            diff,
            contents,
            own,
            back,
            elsewhere,
        }))
    }

    fn audit(&mut self, cx: &Context<Audit>) -> Result<Option<Audited>> {
        audit::audit(&cx.data).map(Some)
    }
}

impl Git {
    fn guard(&self) -> Guard {
        Guard { most: self.config.max_file, secrets: self.config.secrets }
    }
}

/// What led to a commit of documents, as its subject has it.
fn words(reason: &str, status: Status) -> &str {
    match (reason, status) {
        ("rollback", Status::Active | Status::Done) => "roll back part of",
        ("rollback", _) => "roll back",
        _ => reason,
    }
}

/// What the session has changed since it was started, committed or not; what was dirty before it is not its own.
fn own_paths(cx: &Context<SnapshotRequest>, since: &Since, head: &Head, changes: &[Change]) -> Result<Vec<String>> {
    let before = dirty_at_start()?;
    let own = since.own(&cx.session()?.id, head).into_iter();
    let mut paths: Vec<String> = own.flat_map(|commit| commit.files.iter().cloned()).collect();
    paths.retain(|path| !scope::is_document(path, &cx.data.documents));
    // One that was dirty before and has changed since holds work of the session, too.
    let untouched = |change: &&Change| before.get(&change.path).is_some_and(|blob| *blob == change.blob);
    let changed = changes.iter().filter(|change| !untouched(change)).map(|change| change.path.clone());
    paths.extend(changed.filter(|path| !scope::is_document(path, &cx.data.documents)));
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Documents that are tracked and were just written: left dirty, they would have git refuse the next pull. What cannot be
/// committed now (a merge under way, nobody to commit as) goes with the next commit of documents.
fn on_the_way(cx: &Context<Settle>, session: &Session, head: &Head, guard: Guard) -> Result<Summary> {
    let paths: Vec<String> = cx.data.written.iter().filter(|path| !cx.data.local.contains(path)).cloned().collect();
    if paths.is_empty() || head.branch.is_none() {
        return Ok(Summary::quiet());
    }
    let paths = guard.without_secrets(head.commit.as_deref(), paths)?;
    let what = match (cx.data.reason.as_str(), cx.data.failed) {
        ("rollback", true) => "failed rollback of".to_owned(),
        (reason, true) => format!("failed {reason} of"),
        (reason, false) => words(reason, session.status).to_owned(),
    };
    let message = message::bookkeeping(&what, session, &cx.project.name);
    let request = CommitRequest { message, paths, own: true, tracked: true, ..CommitRequest::default() };
    Ok(match repository::commit(&request) {
        Ok(made) => made.commit.map_or_else(Summary::quiet, |commit| {
            Summary::new(format!("committed {} (documents)", short(&commit))).with("bookkeeping", commit)
        }),
        Err(error) => {
            log::warn(format!("the documents stay uncommitted for now: {error}"));
            Summary::quiet()
        }
    })
}

/// What was dirty at start, and what only checks have changed: neither is the session's, as long as it is as it was.
fn left_out(mut dirty: Dirty, changes: &[Change], by_checks: &Dirty) -> Dirty {
    let untouched = |change: &&Change| by_checks.get(&change.path) == Some(&change.blob);
    dirty.extend(changes.iter().filter(untouched).map(|change| (change.path.clone(), change.blob.clone())));
    dirty
}

/// Identity of the working tree. Documents change with every event, and nothing is verified by them.
fn tree_now(changes: &[Change], documents: &[String]) -> Result<String> {
    let paths = scope::dirty(changes, documents).into_keys().collect();
    repository::tree(&TreeRequest { paths, without: documents.to_vec(), ..TreeRequest::default() })
}

fn dirty_at_start() -> Result<Dirty> {
    let text = facts::get(DIRTY)?.unwrap_or_else(|| "{}".to_owned());
    serde_json::from_str(&text)
        .map_err(|e| Error::new(format!("the fact {DIRTY} does not parse")).because(e.to_string()))
}

/// What the facts say of a commit. One that a dry run plans has no hash: it is zeros in the documents that are shown, as git
/// itself writes what is no object.
fn hash_of(made: &Committed) -> String {
    let none = || if made.planned { "0".repeat(40) } else { String::new() };
    made.commit.clone().unwrap_or_else(none)
}

/// A commit with what finds it again. A dry run has made none that has a patch id.
fn line_of(commit: &str, tree: &str, dry_run: bool) -> Result<String> {
    let patch = if dry_run || commit.is_empty() { None } else { repository::patch_id(commit)? };
    Ok(Line { hash: commit.to_owned(), tree: tree.to_owned(), patch }.to_string())
}

/// Names what the plan does not speak of. It is no error: plans do not foresee everything.
fn warn_outside(outside: &[&str]) {
    if !outside.is_empty() {
        let what = count(outside.len(), "file");
        log::warn(format!(
            "{what} outside what the session's `files` name, committed all the same: {}",
            some_of(outside)
        ));
    }
}

/// Adds to what was committed though it would have been refused; of what was noted before, what still holds.
fn keep_allowed(session: &Session, more: &[String], holds: impl Fn(&str) -> bool) -> Result<()> {
    let before = session.facts.get(ALLOWED).map(String::as_str).unwrap_or_default();
    let mut lines: Vec<&str> = before.lines().filter(|line| holds(line)).collect();
    for line in more {
        if !lines.contains(&line.as_str()) {
            lines.push(line);
        }
    }
    let lines = lines.join("\n");
    if lines == before { Ok(()) } else { facts::set(ALLOWED, &lines) }
}

fn unchanged(path: &str) -> Error {
    Error::new(format!("{path} has not changed, so it cannot be included or left"))
        .hint("git status names what has changed")
}

/// A hook that checks what is half done is no reason to lose it.
fn name_no_verify(error: Error, command: &str) -> Error {
    let texts = || [&error.message].into_iter().chain(&error.causes).chain(&error.hint);
    if !texts().any(|text| text.contains("hook")) {
        return error;
    }
    let hint = format!("{command} --no-verify keeps it without the hooks, and that is recorded");
    let hint = error.hint.as_ref().map_or(hint.clone(), |before| format!("{hint}; or {before}"));
    Error { hint: Some(hint), ..error }
}
