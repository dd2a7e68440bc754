//! Replaces the bundled git plugin with one that folds: its checkpoints give way to the commit of complete. It takes
//! from the repository power what the bundled plugin does not ask for by itself.

use serde::Deserialize;
use session_sdk::{
    Checkpoint, CommitRequest, Complete, Context, Fold, Plugin, Result, Settle, Snapshot, SnapshotRequest, Start,
    Status, Summary, TreeRequest, facts, repository,
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    /// Checkpoints run no hooks that verify.
    no_verify: bool,
    /// Where the folded commits stay; a name of the session's where none.
    keep: Option<String>,
    /// The parent of the new commit; where the session began, if none.
    onto: Option<String>,
}

struct Folds(Config);

#[session_sdk::plugin]
impl Plugin for Folds {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn start(&mut self, cx: &Context<Start>) -> Result<Summary> {
        if !cx.data.resumed {
            facts::set("base", &repository::head()?.commit.unwrap_or_default())?;
        }
        Ok(Summary::quiet())
    }

    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        let message =
            format!("WIP: {}\n\nSession-Checkpoint: {}/{}\n", cx.data.message, cx.session()?.id, cx.data.number);
        let paths = changed(&cx.data.documents)?;
        let no_verify = self.0.no_verify;
        let made = repository::commit(&CommitRequest { message, paths, no_verify, ..CommitRequest::default() })?;
        facts::set(&format!("checkpoint.{}", cx.data.number), &made.commit.unwrap_or_default())?;
        Ok(Summary::new("checkpoint"))
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        let id = &cx.session()?.id;
        let base = facts::get("base")?.unwrap_or_default();
        let mut paths = changed(&cx.data.documents)?;
        paths.extend(repository::history(Some(&base))?.into_iter().flat_map(|commit| commit.files));
        paths.retain(|path| !is_document(path, &cx.data.documents));
        paths.sort();
        paths.dedup();
        let request = CommitRequest {
            message: format!("feat: folded\n\nSession-Id: {id}\n"),
            paths,
            allow_empty: true,
            fold: Some(Fold {
                onto: self.0.onto.clone().unwrap_or(base),
                keep: self.0.keep.clone().unwrap_or_else(|| format!("refs/session/{id}/1")),
            }),
            ..CommitRequest::default()
        };
        let made = repository::commit(&request)?;
        facts::set("commit", &made.commit.unwrap_or_default())?;
        facts::set("rewritten", &made.rewritten.join(" "))?;
        Ok(Summary::new("folded"))
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        let done = cx.session.as_ref().is_some_and(|session| session.status == Status::Done);
        if cx.data.reason == "complete" && done {
            for path in &cx.data.local {
                repository::exclude(path)?;
            }
            let paths = cx.data.documents.iter().filter(|path| !cx.data.local.contains(path)).cloned().collect();
            let message = format!("docs: {}\n\nSession-Progress: x\n", cx.session()?.id);
            repository::commit(&CommitRequest { message, paths, own: true, ..CommitRequest::default() })?;
        }
        Ok(Summary::quiet())
    }

    fn snapshot(&mut self, cx: &Context<SnapshotRequest>) -> Result<Option<Snapshot>> {
        let changed = changed(&cx.data.documents)?;
        let paths = changed.clone();
        let tree =
            repository::tree(&TreeRequest { paths, without: cx.data.documents.clone(), ..TreeRequest::default() })?;
        Ok(Some(Snapshot { tree, changed, ..Snapshot::default() }))
    }
}

fn is_document(path: &str, documents: &[String]) -> bool {
    documents.iter().any(|d| d == path || (d.ends_with('/') && path.starts_with(d.as_str())))
}

fn changed(documents: &[String]) -> Result<Vec<String>> {
    let paths = repository::changes()?.into_iter().map(|change| change.path);
    Ok(paths.filter(|path| !is_document(path, documents)).collect())
}
