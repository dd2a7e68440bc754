//! Replaces the bundled git plugin with the git binary: commits through `command` and answers snapshots. The host
//! knows no VCS, so a session must complete with it just the same.

use serde::Deserialize;
use session_sdk::command::Command;
use session_sdk::{
    Checkpoint, Complete, Context, Plugin, Result, Settle, Snapshot, SnapshotRequest, Status, Summary, facts,
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    /// Stands before every subject.
    prefix: String,
}

struct Commits(Config);

#[session_sdk::plugin]
impl Plugin for Commits {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        let id = &cx.session()?.id;
        let commit = commit(&format!("WIP: {id} {}", cx.data.message), &changed(&cx.data.documents)?)?;
        facts::set(&format!("checkpoint.{}", cx.data.number), &commit)?;
        Ok(Summary::new("checkpoint"))
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        let id = &cx.session()?.id;
        let subject = cx.data.message.as_deref().unwrap_or("no message").lines().next().unwrap_or_default();
        let message = format!("{}{subject}\n\nSession: {id}\n\nSession-Id: {id}", self.0.prefix);
        let commit = commit(&message, &changed(&cx.data.documents)?)?;
        facts::set("commit", &commit)?;
        Ok(Summary::new("committed by the git binary"))
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        let done = cx.session.as_ref().is_some_and(|session| session.status == Status::Done);
        if cx.data.reason == "complete" && done {
            let local = &cx.data.local;
            let documents: Vec<String> = status()?.into_iter().filter(|path| !local.contains(path)).collect();
            commit(&format!("documents of {}", cx.session()?.id), &documents)?;
        }
        Ok(Summary::quiet())
    }

    fn snapshot(&mut self, cx: &Context<SnapshotRequest>) -> Result<Option<Snapshot>> {
        let changed = changed(&cx.data.documents)?;
        let tree = Command::new("git").args(["rev-parse", "HEAD^{tree}"]).query().text()?;
        Ok(Some(Snapshot { tree: format!("{} {}", tree.trim(), changed.join(" ")), changed, ..Snapshot::default() }))
    }
}

fn status() -> Result<Vec<String>> {
    let text = Command::new("git").args(["status", "--porcelain", "-uall", "--no-renames"]).query().text()?;
    Ok(text.lines().filter_map(|line| line.get(3..)).map(str::to_owned).collect())
}

fn changed(documents: &[String]) -> Result<Vec<String>> {
    let is_document = |path: &String| documents.iter().any(|d| d == path || (d.ends_with('/') && path.starts_with(d)));
    Ok(status()?.into_iter().filter(|path| !is_document(path)).collect())
}

fn commit(message: &str, paths: &[String]) -> Result<String> {
    if !paths.is_empty() {
        Command::new("git").args(["add", "--"]).args(paths).text()?;
    }
    Command::new("git").args(["commit", "--quiet", "--allow-empty", "-m", message]).text()?;
    Ok(Command::new("git").args(["rev-parse", "HEAD"]).query().text()?.trim().to_owned())
}
