//! Where the documents say something else than the records: settle as a dry run, and every file that it would write
//! differently is a disagreement.

use std::path::Path;

use serde::Serialize;
use session_engine::dispatch::Recorder;
use session_system::PlannedFile;
use similar::{DiffTag, TextDiff};

use super::app::{App, Start};
use super::error::CommandError;

/// Compares the documents with the records.
///
/// # Errors
/// Where they cannot be read.
pub fn find_disagreements(start: &Start, plan: Option<&Path>) -> Result<Vec<Disagreement>, CommandError> {
    let app = App::open(start)?;
    let overview = app.overview(plan)?;
    let state = overview.active(&app.worktree()).cloned();
    let recorder = Recorder::rehearse(state, app.stamp());
    let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
    let finished = dispatcher.settle(recorder, "check", &overview, true)?;
    if let Some(error) = finished.unsettled {
        return Err(CommandError::from(error).while_("the documents cannot be compared with the records"));
    }
    Ok(finished.planned.files.iter().flat_map(disagreements).collect())
}

/// A place in a document that says something else than the records.
#[derive(Clone, Debug, Serialize)]
pub struct Disagreement {
    pub path: String,
    /// From 1.
    pub line: usize,
    pub found: String,
    pub expected: String,
}

fn disagreements(file: &PlannedFile) -> Vec<Disagreement> {
    let text = |content: &Option<Vec<u8>>| {
        content.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    let (before, after) = (text(&file.before), text(&file.after));
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    // Of these lines and no others: a lone carriage return ends one for `from_lines`.
    let diff = TextDiff::from_slices(&old, &new);
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    changed
        .map(|op| Disagreement {
            path: file.path.clone(),
            line: op.old_range().start + 1,
            found: old[op.old_range()].concat(),
            expected: new[op.new_range()].concat(),
        })
        .collect()
}
