//! What is said where no plugin keeps a history of the place that a session works in: nothing is committed then, and
//! nothing can be taken back. Who keeps one is decided by what plugins answer, never by a name.

use session_core::session::{Overview, SessionState};
use session_types::Event;

use super::app::App;
use super::error::CommandError;

/// Why an event has committed nothing, or would commit nothing; none where a plugin could have.
/// `committed`: a commit of this very event is known.
pub(crate) fn uncommitted(app: &App<'_>, overview: &Overview, state: &SessionState, committed: bool) -> Option<String> {
    if committed {
        return None;
    }
    let known = app.plugins.iter().any(|plugin| plugin.handles(Event::Snapshot)).then(|| {
        let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
        dispatcher.knows_repository(state)
    });
    let why = match known {
        Some(Ok(true)) => return None,
        Some(Err(error)) => format!(": {}", error.message),
        Some(Ok(false)) | None => String::new(),
    };
    Some(format!("{}{why}", no_history(app, state)))
}

/// Why a session cannot be taken back here.
pub(crate) fn unable(app: &App<'_>, state: &SessionState) -> CommandError {
    let id = &state.session.id;
    CommandError::new(format!("{id} cannot be rolled back: {}", no_history(app, state)))
        .because("so no commit of it is known, and its files would stay as they are")
        .hint("session explain rollback shows which plugins are asked")
}

fn no_history(app: &App<'_>, state: &SessionState) -> String {
    let named = state.session.metadata.repository.as_deref();
    let place = app.project.repositories().into_iter().find(|table| Some(table.name.as_str()) == named);
    let place = place.map_or_else(|| app.worktree(), |table| table.path);
    format!("no plugin of this project keeps a history of {place}")
}
