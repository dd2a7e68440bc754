//! Adding lines to the notes of a session. `complete` copies them to the record and to the documents.

use session_core::session::{EventKind, Input, Overview, SessionState};
use session_engine::dispatch::LockHolder;
use session_types::Task;

use super::app::{App, Start};
use super::error::CommandError;
use super::run::{self, DryRun};

/// What became of it.
#[derive(Debug)]
pub struct NoteOutcome {
    pub id: String,
    /// As they stand in the notes.
    pub lines: Vec<String>,
    pub rehearsed: Option<DryRun>,
}

/// Adds a text to the notes of a session; without an ID of the one that is active here.
///
/// # Errors
/// Where the text is empty, or it is refused.
pub fn note(start: &Start, id: Option<&str>, text: &str, dry_run: bool) -> Result<NoteOutcome, CommandError> {
    let app = App::open_for_session(start, id, EventKind::Note)?;
    let overview = app.overview(None)?;
    let state = app.session(&overview, id)?;
    if text.trim().is_empty() {
        return Err(CommandError::usage("there is nothing to note").hint("session note \"Decision: …\""));
    }
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(bullet).collect();
    let rehearsed = add(&app, &overview, state, &lines, dry_run)?;
    Ok(NoteOutcome { id: state.session.id.clone(), lines, rehearsed })
}

fn bullet(line: &str) -> String {
    if line.starts_with("- ") { line.to_owned() } else { format!("- {line}") }
}

/// Adds lines to the notes of a session that is under way, below what people wrote there: what that is, is looked at
/// where the session's lock is held.
pub(crate) fn add(
    app: &App<'_>,
    overview: &Overview,
    state: &SessionState,
    lines: &[String],
    dry_run: bool,
) -> Result<Option<DryRun>, CommandError> {
    let input = Input::Note { task: Task { notes: Some(lines.join("\n")), ..Task::default() } };
    let finished = run::event(app, &state.session.id, input, overview, dry_run, LockHolder::Event)?;
    Ok(dry_run.then(|| DryRun::of(finished)))
}
