//! Bundled plugin `progress`: keeps PROGRESS.md true to the state, cell by cell, and merges it row by row. Glue only: what
//! the file should say is `settle.rs`, two versions of it `merge.rs`.

mod calendar;
pub mod document;
pub mod merge;
mod name;
mod new_document;
mod settle;
mod status;
pub mod table;

use serde::Deserialize;
use session_sdk::{Context, Merge, Merged, Plugin, Result, Settle, Summary, files};

/// `[plugin.config]` of `progress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Path of the document; `docs/progress/{PROJECT}_PROGRESS.md` where it is not set.
    path: Option<String>,
}

#[derive(Debug)]
pub struct Progress {
    config: Config,
}

#[session_sdk::plugin]
impl Plugin for Progress {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        let path = self.path(&cx.project.name);
        let before = files::read_text(&path)?;
        let text = settle::text(cx, &path, before.as_deref())?;
        if before.as_deref() != Some(&text) {
            files::write(&path, &text)?;
        }
        Ok(Summary::quiet().with("path", path))
    }

    fn merge(&mut self, cx: &Context<Merge>) -> Result<Option<Merged>> {
        let Merge { path, base, ours, theirs, conflicted } = &cx.data;
        let has_sessions = |text: &String| !table::tables(&table::split(text)).is_empty();
        let is_mine = *path == self.path(&cx.project.name)
            || path.ends_with("_PROGRESS.md")
            || [ours, theirs].into_iter().chain(conflicted).any(has_sessions);
        Ok(is_mine.then(|| match conflicted {
            Some(text) => merge::conflicted(base.as_deref(), text),
            None => merge::merge(base.as_deref(), ours, theirs),
        }))
    }
}

impl Progress {
    /// `Pipeline Unification` is `docs/progress/PIPELINE_UNIFICATION_PROGRESS.md`.
    fn path(&self, project: &str) -> String {
        let words = project.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.map(str::to_uppercase).collect::<Vec<_>>().join("_");
        self.config.path.clone().unwrap_or_else(|| format!("docs/progress/{name}_PROGRESS.md"))
    }
}
