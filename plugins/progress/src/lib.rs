//! Bundled plugin `progress`: keeps PROGRESS.md true to the state, cell by cell. Glue only: tables are `table.rs`, the
//! document `document.rs`.

pub mod document;
pub mod table;

use document::{Document, Place};
use serde::Deserialize;
use session_sdk::{Context, Plugin, Result, Settle, Summary, files};

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
        let path = self.config.path.clone().unwrap_or_else(|| default_path(&cx.project.name));
        let before = files::read_text(&path)?;
        let mut document = Document::of(&before.clone().unwrap_or_else(|| document::new(cx, &path)));
        for row in &cx.data.sessions {
            document.update(row, Place { repository: document::repository(cx, row), week: row.week });
        }
        if cx.data.reason == "complete" && !cx.data.failed {
            let done = cx.session.as_ref().and_then(|s| cx.data.sessions.iter().find(|row| row.id == s.id));
            if let Some(row) = done {
                row.notes.iter().for_each(|note| document.note(&row.id, note, document::repository(cx, row)));
            }
        }
        let text = document.text();
        if before.as_deref() != Some(&text) {
            files::write(&path, &text)?;
        }
        Ok(Summary::quiet().with("path", path))
    }
}

/// `Pipeline Unification` is `docs/progress/PIPELINE_UNIFICATION_PROGRESS.md`.
fn default_path(project: &str) -> String {
    let words: Vec<String> =
        project.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_uppercase).collect();
    format!("docs/progress/{}_PROGRESS.md", words.join("_"))
}
