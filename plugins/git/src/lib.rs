//! Bundled plugin `git`: one work commit per session, checkpoints on the way, and a commit of the documents behind it.
//! Glue only: messages are `message.rs`, what belongs to a session is `scope.rs`.

mod message;
mod scope;

use std::collections::BTreeSet;

use scope::{Dirty, Scope};
use serde::Deserialize;
use session_sdk::{
    Change, Checkpoint, Commit, CommitRequest, Committed, Complete, Context, Error, Head, Plugin, Result,
    ResultExt as _, Session, Settle, Snapshot, SnapshotRequest, Start, Status, Summary, TreeRequest, facts, log,
    repository,
};

/// `[plugin.config]` of `git`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Refuse subjects that are not conventional commits.
    conventional: bool,
    /// When changed documents are committed.
    bookkeeping: Bookkeeping,
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
        Self { conventional: true, bookkeeping: Bookkeeping::Commit }
    }
}

#[derive(Debug)]
pub struct Git {
    config: Config,
}

const BASE: &str = "git.base";
const BRANCH: &str = "git.branch";
const DIRTY: &str = "git.dirty";

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
            return Ok(Summary::quiet());
        }
        let changes = repository::changes()?;
        scope::refuse_conflicts(&changes)?;
        let dirty = scope::dirty(&changes, &cx.data.documents);
        facts::set(BRANCH, head.branch.as_deref().unwrap_or_default())?;
        facts::set(BASE, head.commit.as_deref().unwrap_or_default())?;
        facts::set(DIRTY, &serde_json::to_string(&dirty).map_err(|e| Error::new(e.to_string()))?)?;
        if dirty.is_empty() {
            return Ok(Summary::quiet());
        }
        let names: Vec<&str> = dirty.keys().map(String::as_str).collect();
        Ok(Summary::new(format!("dirty before the session, so left out of it: {}", some_of(&names))))
    }

    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        let session = cx.session()?;
        let changes = repository::changes()?;
        let before = left_out(&changes, &cx.data.by_checks)?;
        let Scope { own: paths, unclear } = scope::sort(&changes, &cx.data.documents, &before, &[], &[])?;
        if !unclear.is_empty() {
            let names: Vec<&str> = unclear.iter().map(String::as_str).collect();
            log::warn(format!("dirty before the session and changed since, so left out: {}", some_of(&names)));
        }
        let number = cx.data.number;
        if paths.is_empty() {
            // One that was made by an attempt that did not come to its end is this one.
            let commits = history(base()?.as_deref())?;
            let made = commits.iter().find(|commit| message::is_checkpoint(&commit.message, &session.id, number));
            let Some(Commit { commit, .. }) = made else {
                return Ok(Summary::new("nothing has changed since the last commit, so there is nothing to keep"));
            };
            facts::set(&format!("checkpoint.{number}"), commit)?;
            return Ok(Summary::new(format!("checkpoint {number} committed earlier as {}", short(commit))));
        }
        let message = message::checkpoint(&cx.data, session, &cx.project.name);
        let made = repository::commit(&CommitRequest { message, paths, ..CommitRequest::default() })?;
        let commit = made.commit.unwrap_or_default();
        facts::set(&format!("checkpoint.{number}"), &commit)?;
        Ok(Summary::new(format!("checkpoint {number} {} ({})", short(&commit), files(made.files))))
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        let session = cx.session()?;
        let suggested = format!("feat: {}", session.title);
        let text = cx.data.message.as_deref().unwrap_or(&suggested);
        if self.config.conventional {
            message::check_subject(text)?;
        }
        let head = repository::head()?;
        if head.branch.is_none() && facts::get(BRANCH)?.is_some_and(|branch| !branch.is_empty()) {
            return Err(Error::new("HEAD is detached, and was not when the session was started")
                .because("commits made here belong to no branch and are easily lost")
                .hint("git switch to the branch that the work belongs to"));
        }
        let changes = repository::changes()?;
        let before = left_out(&changes, &cx.data.by_checks)?;
        if let Some(verified) = &cx.data.verified_tree {
            refuse_changed(&changes, &cx.data.documents, verified)?;
        }
        // Checkpoints, and what people or agents committed by hand since start, belong to the session too.
        let earlier = history(base()?.as_deref())?;
        let earlier: Vec<_> =
            earlier.iter().filter(|commit| !message::is_of_another(&commit.message, &session.id)).collect();
        let works = || earlier.iter().filter(|commit| message::is_work(&commit.message, &session.id));
        // The same command again, after an attempt that committed it and went no further, is right.
        let unknown = |path: &&String| {
            !changes.iter().any(|change| change.path == **path) && !works().any(|work| work.files.contains(path))
        };
        if let Some(path) = cx.data.include.iter().chain(&cx.data.leave).find(unknown) {
            return Err(Error::new(format!("{path} has not changed, so it cannot be included or left"))
                .hint("git status names what has changed"));
        }
        let paths = scope::own(&changes, &cx.data.documents, &before, &cx.data.include, &cx.data.leave)?;
        let verified = cx.data.verified.as_deref().unwrap_or("no checks");
        let message = message::work(text, session, &cx.project.name, verified);
        if paths.is_empty() && earlier.is_empty() && cx.data.leave.is_empty() && !before.is_empty() {
            return Err(only_before(&before));
        }
        // A second one would hold nothing, and both would count.
        let again = works().next().filter(|_| paths.is_empty()).and_then(|work| Some((*work, tree_of(work, &head)?)));
        let made = match &again {
            Some((work, tree)) => {
                Committed { commit: Some(work.commit.clone()), tree: tree.clone(), ..Committed::default() }
            }
            None => {
                let message = message.clone();
                let request =
                    CommitRequest { message, paths: paths.clone(), allow_empty: true, ..CommitRequest::default() };
                repository::commit(&request)?
            }
        };
        let commit = made.commit.unwrap_or_default();
        let mut commits = vec![commit.as_str()];
        commits.extend(earlier.iter().map(|commit| commit.commit.as_str()).filter(|earlier| *earlier != commit));
        facts::set("commit", &commit)?;
        facts::set("tree", &made.tree)?;
        facts::set("uncommitted", &uncommitted(&changes, &paths, &cx.data.documents))?;
        facts::set("commits", &commits.join(" "))?;
        facts::set("files", &files_of(&paths, &earlier, &cx.data.documents))?;
        if let Some((work, _)) = again {
            let same = work.message.lines().next() == message.lines().next();
            let kept = if same { "" } else { ", and keeps its message" };
            let what = format!("committed earlier as {}{kept}", short(&commit));
            return Ok(Summary::new(what).with("commit", commit));
        }
        let what = match (made.files, earlier.len()) {
            (0, 0) => "an empty commit: nothing has changed since start".to_owned(),
            (0, 1) => "an empty commit: the work is in 1 earlier commit".to_owned(),
            (0, n) => format!("an empty commit: the work is in {n} earlier commits"),
            (n, _) => files(n),
        };
        Ok(Summary::new(format!("committed {} ({what})", short(&commit))).with("commit", commit))
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
        let done = session.status == Status::Done && cx.data.reason == "complete" && !cx.data.failed;
        match self.config.bookkeeping {
            Bookkeeping::Commit if !done => return Ok(on_the_way(cx, session, head.branch.is_some())),
            Bookkeeping::Next if !done => return Ok(Summary::quiet()),
            Bookkeeping::Leave => return Ok(Summary::quiet()),
            Bookkeeping::Commit | Bookkeeping::Next => {}
        }
        let paths = cx.data.documents.iter().filter(|path| !cx.data.local.contains(path)).cloned().collect();
        let message = message::bookkeeping("complete", session, &cx.project.name);
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
        let own = if cx.data.diff { Some(own_paths(cx, &changes)?) } else { None };
        let diff = match &own {
            Some(own) if own.is_empty() => Some(String::new()),
            Some(own) => Some(repository::diff(base()?.as_deref(), own)?),
            None => None,
        };
        Ok(Some(Snapshot { tree, changed, branch: head.branch, diff, contents, own }))
    }
}

/// What the session has changed since it was started, committed or not; what was dirty before it is not its own.
fn own_paths(cx: &Context<SnapshotRequest>, changes: &[Change]) -> Result<Vec<String>> {
    let base = base()?;
    let before = dirty_at_start()?;
    let id = &cx.session()?.id;
    let commits = repository::history(base.as_deref())?.into_iter();
    let own = commits.filter(|commit| !message::is_of_another(&commit.message, id));
    let mut paths: Vec<String> = own.flat_map(|commit| commit.files).collect();
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
fn on_the_way(cx: &Context<Settle>, session: &Session, on_branch: bool) -> Summary {
    let paths: Vec<String> = cx.data.written.iter().filter(|path| !cx.data.local.contains(path)).cloned().collect();
    if paths.is_empty() || !on_branch {
        return Summary::quiet();
    }
    let what = if cx.data.failed { format!("failed {} of", cx.data.reason) } else { cx.data.reason.clone() };
    let message = message::bookkeeping(&what, session, &cx.project.name);
    let request = CommitRequest { message, paths, own: true, tracked: true, ..CommitRequest::default() };
    match repository::commit(&request) {
        Ok(made) => made.commit.map_or_else(Summary::quiet, |commit| {
            Summary::new(format!("committed {} (documents)", short(&commit))).with("bookkeeping", commit)
        }),
        Err(error) => {
            log::warn(format!("the documents stay uncommitted for now: {error}"));
            Summary::quiet()
        }
    }
}

/// Paths that a fact names.
const KEPT: usize = 200;

/// What the session changed, one path per line; of very many the first.
fn files_of(paths: &[String], earlier: &[&Commit], documents: &[String]) -> String {
    let all = paths.iter().chain(earlier.iter().flat_map(|commit| &commit.files));
    let all: BTreeSet<&str> = all.map(String::as_str).filter(|path| !scope::is_document(path, documents)).collect();
    all.into_iter().take(KEPT).collect::<Vec<_>>().join("\n")
}

/// The commit that the session started from; none where there was none yet.
fn base() -> Result<Option<String>> {
    Ok(facts::get(BASE)?.filter(|base| !base.is_empty()))
}

/// What was committed since, newest first.
fn history(base: Option<&str>) -> Result<Vec<Commit>> {
    repository::history(base)
        .context(|| "the commit that the session started from is not in this history any more".to_owned())
}

/// None from a host that does not say it of this commit.
fn tree_of(commit: &Commit, head: &Head) -> Option<String> {
    let is_head = head.commit.as_ref() == Some(&commit.commit);
    Some(commit.tree.clone()).filter(|tree| !tree.is_empty()).or_else(|| head.tree.clone().filter(|_| is_head))
}

/// What was dirty at start, and what only checks have changed: neither is the session's, as long as it is as it was.
fn left_out(changes: &[Change], by_checks: &Dirty) -> Result<Dirty> {
    let mut dirty = dirty_at_start()?;
    let untouched = |change: &&Change| by_checks.get(&change.path) == Some(&change.blob);
    dirty.extend(changes.iter().filter(untouched).map(|change| (change.path.clone(), change.blob.clone())));
    Ok(dirty)
}

/// Refuses to commit anything else than what was verified a moment ago.
fn refuse_changed(changes: &[Change], documents: &[String], verified: &str) -> Result<()> {
    if tree_now(changes, documents)? == verified {
        return Ok(());
    }
    Err(Error::new("the files have changed since they were verified")
        .because("somebody wrote to them while the checks ran or right after, so nothing verifies what is there now")
        .hint("session complete verifies them again"))
}

/// Identity of the working tree. Documents change with every event, and nothing is verified by them.
fn tree_now(changes: &[Change], documents: &[String]) -> Result<String> {
    let paths = scope::dirty(changes, documents).into_keys().collect();
    repository::tree(&TreeRequest { paths, without: documents.to_vec(), ..TreeRequest::default() })
}

/// What the checks saw and the commit does not hold, one path per line; of very many the first.
fn uncommitted(changes: &[Change], paths: &[String], documents: &[String]) -> String {
    let left = scope::dirty(changes, documents).into_keys().filter(|path| !paths.contains(path));
    left.take(KEPT).collect::<Vec<_>>().join("\n")
}

fn dirty_at_start() -> Result<Dirty> {
    let text = facts::get(DIRTY)?.unwrap_or_else(|| "{}".to_owned());
    serde_json::from_str(&text)
        .map_err(|e| Error::new(format!("the fact {DIRTY} does not parse")).because(e.to_string()))
}

/// Work that was done before the session was started would be called done and stand in no commit.
fn only_before(before: &Dirty) -> Error {
    let names: Vec<&str> = before.keys().map(String::as_str).collect();
    let include: Vec<String> = names.iter().take(5).map(|name| format!("--include {}", scope::quoted(name))).collect();
    Error::new("nothing has changed since the session was started")
        .because(format!("what was dirty before it is left out: {}", some_of(&names)))
        .hint(format!(
            "session complete {} if that is its work, or --leave {} if not",
            include.join(" "),
            scope::quoted(names[0])
        ))
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// The first few of many names.
fn some_of(names: &[&str]) -> String {
    match names.len() {
        0..=6 => names.join(", "),
        n => format!("{} and {} more", names[..5].join(", "), n - 5),
    }
}
