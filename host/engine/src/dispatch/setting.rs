//! What a dispatcher is given: what is fixed for a command, and where it reads and keeps what is known of all sessions. What
//! belongs to one event is its `Request`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use session_core::session::Overview;
use session_types::{Error, Project as ProjectInfo, Timestamp};

use super::watch::Watch;
use crate::plugin::{Plugin, Runtime};
use crate::project::Project;

/// What is fixed for a command.
pub struct Setting<'a> {
    pub project: &'a Project,
    pub plugins: &'a [Plugin],
    pub runtime: &'a Runtime,
    /// Whether plugins may start programs: not before the user has approved the project.
    pub programs: bool,
    pub watch: Arc<dyn Watch>,
    pub now: Timestamp,
    /// Every duration that is written down or shown is 0, so that two runs write the same.
    pub clock_stands: bool,
    pub info: ProjectInfo,
    /// Who runs the command.
    pub by: String,
    /// It is a coding agent.
    pub agent: bool,
    /// Folder for the full output of this command's programs.
    pub logs: PathBuf,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("now", &self.now).field("by", &self.by).finish_non_exhaustive()
    }
}

/// What is known of all sessions.
pub trait Sessions: std::fmt::Debug {
    /// Reads records and journals again: other sessions go on while an event runs.
    ///
    /// # Errors
    /// One of them cannot be read.
    fn refresh(&self, known: &Overview) -> Result<Overview, Error>;

    /// Keeps which documents the host saw plugins write, where it is not known by their places.
    ///
    /// # Errors
    /// The user's settings cannot be written.
    fn keep(&self, seen: &BTreeSet<String>) -> Result<(), Error>;
}
