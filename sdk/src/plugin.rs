//! The trait that every plugin implements.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::PlanDocument;
use crate::{Audit, Audited};
use crate::{
    Checkpoint, Complete, Context, Event, Merge, Merged, Plan, Rollback, Settle, Snapshot, SnapshotRequest, Start,
    Summary, Verify,
};
use crate::{Error, Result};

/// One function per event; implement those you handle and put [`#[session_sdk::plugin]`](crate::plugin) before the
/// impl. The attribute exports exactly the functions it finds, so the defaults here are never called by a host.
///
/// The attribute fills in `type Config = NoConfig` and `fn new` (from `Default`) where the impl leaves them out.
pub trait Plugin: Sized {
    /// `[plugin.config]` of plugins.toml. Put `#[serde(deny_unknown_fields)]` on it, so that a typing mistake is an
    /// error.
    type Config: DeserializeOwned;

    /// A fresh value for every step.
    ///
    /// # Errors
    /// Where the configuration makes no sense together.
    fn new(config: Self::Config) -> Result<Self>;

    /// Read a document of sessions; `None` says that it is not this plugin's kind of document.
    ///
    /// # Errors
    /// Only where the file cannot be read at all. What is not understood is a warning.
    fn plan(&mut self, _cx: &Context<Plan>) -> Result<Option<PlanDocument>> {
        Err(not_exported(Event::Plan))
    }

    /// # Errors
    /// Stops the event.
    fn start(&mut self, _cx: &Context<Start>) -> Result<Summary> {
        Err(not_exported(Event::Start))
    }

    /// # Errors
    /// Stops the event.
    fn checkpoint(&mut self, _cx: &Context<Checkpoint>) -> Result<Summary> {
        Err(not_exported(Event::Checkpoint))
    }

    /// Report each check through [`checks`](crate::checks); a failed check is no error.
    ///
    /// # Errors
    /// Where verification itself was not possible.
    fn verify(&mut self, _cx: &Context<Verify>) -> Result<Summary> {
        Err(not_exported(Event::Verify))
    }

    /// # Errors
    /// Stops the event; in the dry run, before anything was verified.
    fn complete(&mut self, _cx: &Context<Complete>) -> Result<Summary> {
        Err(not_exported(Event::Complete))
    }

    /// Take back what `complete`, or whoever did the work, has done. The dry run before it refuses what can be known
    /// beforehand.
    ///
    /// # Errors
    /// Stops the event; where it is then neither forward nor back without a person, [`Error::stuck`].
    fn rollback(&mut self, _cx: &Context<Rollback>) -> Result<Summary> {
        Err(not_exported(Event::Rollback))
    }

    /// Write documents as a pure function of the state and of the file that is there.
    ///
    /// # Errors
    /// The event's own result stands all the same.
    fn settle(&mut self, _cx: &Context<Settle>) -> Result<Summary> {
        Err(not_exported(Event::Settle))
    }

    /// Name the tree; `None` where there is no repository of this plugin's kind.
    ///
    /// # Errors
    /// Where there is one and it cannot be read.
    fn snapshot(&mut self, _cx: &Context<SnapshotRequest>) -> Result<Option<Snapshot>> {
        Err(not_exported(Event::Snapshot))
    }

    /// Bring two versions of a document together; `None` says that it is not this plugin's document. Writes nothing.
    ///
    /// # Errors
    /// Where a version cannot be read at all. What cannot be brought together is a conflict in the text.
    fn merge(&mut self, _cx: &Context<Merge>) -> Result<Option<Merged>> {
        Err(not_exported(Event::Merge))
    }

    /// Say which commits of a history belong to which session; `None` where there is no repository of this plugin's kind.
    ///
    /// # Errors
    /// Where there is one and it cannot be read.
    fn audit(&mut self, _cx: &Context<Audit>) -> Result<Option<Audited>> {
        Err(not_exported(Event::Audit))
    }
}

fn not_exported(event: Event) -> Error {
    Error::new(format!("this plugin does not handle {event}"))
}

/// What an impl contains; written by the attribute.
#[doc(hidden)]
pub trait Handlers: Plugin {
    const HANDLERS: &'static [Event];
}

/// A plugin without configuration: any key is an error.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}
