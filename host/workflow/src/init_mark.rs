//! The mark of an `init` that has begun, and what it had found.

use std::collections::BTreeSet;

use session_engine::plugin::Trust;
use session_engine::project::{Home, Project};

use super::app::Start;
use super::error::CommandError;

/// Says that `init` has begun in this clone, and for which project. It stands until all is done. It is kept in the
/// user's settings, so that no file of the project can forge it.
pub(crate) struct Marker {
    home: Home,
    pub(crate) trust: Trust,
    /// The documents of before.
    documents: BTreeSet<String>,
}

impl Marker {
    pub(crate) fn of(start: &Start, project: &Project) -> Result<Self, CommandError> {
        let trust = Trust::of(start.settings()?, project);
        let documents = trust.approval()?.map(|approval| approval.documents).unwrap_or_default();
        Ok(Self { home: project.home.clone(), trust, documents })
    }

    /// The name of the project.
    pub(crate) fn read(&self) -> Result<Option<String>, CommandError> {
        Ok(self.trust.approval()?.and_then(|approval| approval.init))
    }

    pub(crate) fn write(&self, name: &str) -> Result<(), CommandError> {
        self.home.hide();
        self.trust.change(|approval| approval.init = Some(name.to_owned())).map(drop).map_err(CommandError::from)
    }

    /// Where it stays, the same command does once more what is done already.
    pub(crate) fn remove(&self) {
        if let Err(error) = self.trust.change(|approval| approval.init = None) {
            tracing::warn!(%error, "the mark of init stays");
        }
    }

    /// What it wrote is taken back, so it is no document.
    pub(crate) fn take_back(&self) {
        let taken = self.trust.change(|approval| {
            approval.init = None;
            approval.documents.clone_from(&self.documents);
        });
        if let Err(error) = taken {
            tracing::warn!(%error, "the mark of init stays");
        }
        self.trust.forget();
    }
}
