//! Names commits, references and paths by texts that git could take for something else, and tells what became of each.

use serde::Deserialize;
use session_sdk::{
    Checkpoint, CommitRequest, Context, Elsewhere, Fold, HistoryRequest, Plugin, Result, RevertRequest, Summary,
    TreeRequest, Undo, facts, repository,
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    revisions: Vec<String>,
    paths: Vec<String>,
    keeps: Vec<String>,
    excludes: Vec<String>,
    commits: Vec<String>,
}

struct Misnames(Config);

#[session_sdk::plugin]
impl Plugin for Misnames {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        let mut summary = Summary::quiet();
        for text in &self.0.revisions {
            let history = |since: String| said(repository::history(Some(&since)));
            let tree = TreeRequest { of: Some(text.clone()), ..TreeRequest::default() };
            let commits = vec![Undo { commit: text.clone(), to: None }];
            let revert = RevertRequest { message: "revert".to_owned(), commits, ..RevertRequest::default() };
            let elsewhere = Elsewhere { commits: vec![text.clone()], base: Some(text.clone()), ..Elsewhere::default() };
            let elsewhere = HistoryRequest { elsewhere: Some(elsewhere), ..HistoryRequest::default() };
            for (what, became) in [
                ("since", history(text.clone())),
                ("until", history(format!("..{text}"))),
                ("from", history(format!("{text}..HEAD"))),
                ("diff", said(repository::diff(Some(text), &[]))),
                ("tree", said(repository::tree(&tree))),
                ("file-at", said(repository::file_at(text, "work.txt"))),
                ("patch-id", said(repository::patch_id(text))),
                ("revert", said(repository::revert(&revert))),
                ("elsewhere", said(repository::history_of(&elsewhere).map(|found| found.len()))),
            ] {
                summary = summary.with(&format!("{what} {text}"), became);
            }
        }
        for path in &self.0.paths {
            let paths = vec![path.clone()];
            let tree = TreeRequest { paths: paths.clone(), without: paths.clone(), ..TreeRequest::default() };
            let history = HistoryRequest { path: Some(path.clone()), ..HistoryRequest::default() };
            let commit = CommitRequest { message: "x".to_owned(), paths: paths.clone(), ..CommitRequest::default() };
            for (what, became) in [
                ("path-diff", said(repository::diff(None, &paths))),
                ("path-tree", said(repository::tree(&tree))),
                ("path-file-at", said(repository::file_at("HEAD", path))),
                ("path-history", said(repository::history_of(&history).map(|found| found.len()))),
                ("path-commit", said(repository::commit(&commit).map(|made| made.files))),
            ] {
                summary = summary.with(&format!("{what} {path}"), became);
            }
        }
        for keep in &self.0.keeps {
            let onto = repository::head()?.commit.unwrap_or_default();
            let fold = Some(Fold { onto: format!("{onto}~1"), keep: keep.clone() });
            let message = "feat: folded\n".to_owned();
            let made =
                repository::commit(&CommitRequest { message, allow_empty: true, fold, ..CommitRequest::default() });
            summary = summary.with(&format!("keep {keep}"), said(made));
        }
        for path in &self.0.excludes {
            summary = summary.with(&format!("exclude {path}"), said(repository::exclude(path)));
        }
        for commit in &self.0.commits {
            summary = summary.with(&format!("commit {commit}"), said(facts::set("commit", commit)));
        }
        Ok(summary)
    }
}

fn said<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Ok(found) => format!("answered: {found:?}"),
        Err(error) => error.to_string(),
    }
}
