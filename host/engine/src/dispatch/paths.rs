//! Paths that a plugin names, for the host to read: they stay in the project, and the plugin itself may read them. What
//! stands there, the `door` asks when it is opened.

use session_system::inside;
use session_types::{Error, PlanDocument, Request, Summary};

use crate::plugin::Plugin;

/// Refuses a plan with a session in a file that its reader may not name: the host cuts its texts from there, and they go
/// into the task file and into commits.
///
/// # Errors
/// Names the session and the file.
pub(super) fn refuse_files_of_sessions(plugin: &Plugin, document: &PlanDocument) -> Result<(), Error> {
    let of_warnings = document.warnings.iter().map(|warning| (warning.session.as_deref(), warning.path.as_ref()));
    let of_sessions = document.sessions.iter().map(|session| (Some(session.id.as_str()), session.path.as_ref()));
    let mut last = None;
    for (session, path) in of_sessions.chain(of_warnings) {
        let Some(path) = path.filter(|path| last != Some(*path)) else { continue };
        last = Some(path);
        let refused = |error: Error| {
            let of = session.map_or(String::new(), |id| format!(" as the file of {id:?}"));
            let causes = [error.message].into_iter().chain(error.causes);
            let refused = Error::new(format!("{}: it names {path:?}{of}, and that is not read", plugin.name));
            causes.fold(refused, Error::because).hint("session plan check --plan FILE names another plan")
        };
        inside(path).map_err(|e| refused(Error::new(e.to_string())))?;
        plugin.grants.allow(&plugin.name, &Request::FileRead { path: path.clone() }).map_err(refused)?;
    }
    Ok(())
}

/// Refuses a summary with a task file outside the project.
///
/// # Errors
/// Names the file.
pub(super) fn refuse_task_file(summary: &Summary) -> Result<(), Error> {
    let Some(path) = &summary.task_file else { return Ok(()) };
    inside(path).map(drop).map_err(|e| {
        Error::new(format!("it names {path:?} as the task file"))
            .because(e.to_string())
            .hint("a task file is a file of the project")
    })
}
