//! Where a session is: in this working tree, in another one, or in one that is gone.

use std::path::Path;

use session_core::session::{Overview, Record, SessionState};
use session_engine::project::Home;
use session_types::Status;

use super::app::App;
use super::error::CommandError;
use super::words::first_line;

/// Nothing of this project is there: it was removed or moved, or is mounted elsewhere.
pub(crate) fn gone(worktree: &Path, state: &Path) -> bool {
    !worktree.is_dir() || Home::of(worktree).folder != state
}

/// What became of the folder of a working tree that is gone: nothing is there, or something else.
pub fn fate(worktree: &Path) -> &'static str {
    if worktree.is_dir() { "is no working tree of this repository" } else { "is gone" }
}

/// What goes on in this working tree, why it did not end where it failed, and what to type.
pub fn active_here(state: &SessionState) -> String {
    let id = &state.session.id;
    let failed = state.error.as_deref().map(|error| format!(" (last event failed: {})", first_line(error)));
    format!("{id} is active here{}: session complete, or session pause", failed.unwrap_or_default())
}

impl App<'_> {
    /// The working tree of a session is not there any more.
    pub fn is_gone(&self, state: &SessionState) -> bool {
        state.worktree != self.worktree() && gone(Path::new(&state.worktree), &self.project.home.folder)
    }

    /// What a session changed stands in the working tree that it was started in.
    pub(crate) fn other_worktree(&self, state: &SessionState) -> CommandError {
        let (id, there) = (&state.session.id, &state.worktree);
        let status = state.session.status.word();
        let error = CommandError::new(format!("{id} is {status} in another working tree"));
        if self.is_gone(state) {
            return self.name_gone(error, state);
        }
        error.because(format!("its changes stand in {there}")).hint(format!("cd {}", session_types::shell::path(there)))
    }

    /// Says that the folder is gone, and what brings the session here.
    pub(crate) fn name_gone(&self, error: CommandError, state: &SessionState) -> CommandError {
        let (id, there) = (&state.session.id, &state.worktree);
        let what = fate(Path::new(there));
        let why = if Path::new(there).is_dir() { "" } else { ": it was removed, moved or mounted elsewhere" };
        error
            .because(format!("{there} {what}{why}"))
            .hint(format!("session resume {id} --here brings it to this working tree"))
    }

    /// What to do where nothing is active: go on, begin, or set up.
    pub(crate) fn none_active(&self, overview: &Overview) -> CommandError {
        let last = overview
            .records
            .values()
            .filter_map(|record| {
                let back = record.rolled_back.as_ref().map(|back| back.at.clone());
                Some((back.or_else(|| record.completed.clone())?, record))
            })
            .max_by_key(|(at, _)| at.clone());
        let error = CommandError::new("no session is active here");
        let error = match &last {
            Some((_, Record { id, rolled_back: Some(back), .. })) => {
                error.because(format!("the last one, {id}, was rolled back {}", back.at.minute()))
            }
            Some((at, record)) => error.because(format!("the last one, {}, was completed {}", record.id, at.minute())),
            None => error,
        };
        let mut lost = overview.open.values().filter(|state| state.session.status == Status::Active);
        if let Some(state) = lost.find(|state| self.is_gone(state)) {
            let error = error.because(format!("{} is active in another working tree", state.session.id));
            return self.name_gone(error, state);
        }
        let paused = overview.open.values().find(|state| state.session.status == Status::Paused);
        match (paused, &overview.plan) {
            (Some(state), _) => {
                error.hint(format!("session start {} goes on with the one that is paused", state.session.id))
            }
            (None, Some(_)) => error.hint("session next names those that can start"),
            (None, None) => error.hint("session init NAME, or session start FIX-01 --title \"…\""),
        }
    }
}
