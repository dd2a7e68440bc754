//! Questions to plugins outside any event: what does this document say, what is this tree? Nothing is journalled,
//! since these handlers only read.

use session_sdk::{Error, Event, Merge, Merged, Plan, PlanDocument, Snapshot, SnapshotRequest};

use super::data::json;
use super::event::Dispatcher;
use super::recorder::Recorder;
use super::settle::told;
use crate::plugin::HandlerEnd;
use crate::session::{Input, SessionState, State};

impl Dispatcher<'_> {
    /// Reads a document of sessions: the first plugin that says it is its own.
    ///
    /// # Errors
    /// What the plugin says, or that none knows the document.
    pub fn read_document(&self, path: &str) -> Result<PlanDocument, Error> {
        let data = json(&Plan { path: path.to_owned() });
        let answer: Option<PlanDocument> = self.ask(Event::Plan, &data, None)?;
        answer.ok_or_else(|| {
            Error::new(format!("no plugin reads {path} as a plan"))
                .because("it holds no session heading such as `## Session BE-01: Title`, or no plugin for it is listed")
        })
    }

    /// Names the tree as it is now; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn snapshot(&self, documents: Vec<String>) -> Result<Option<Snapshot>, Error> {
        self.ask(Event::Snapshot, &json(&SnapshotRequest { documents, diff: false }), None)
    }

    /// What a session has changed since it was started, as a unified diff; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn diff(&self, state: &SessionState, documents: Vec<String>) -> Result<Option<String>, Error> {
        let request = json(&SnapshotRequest { documents, diff: true });
        let snapshot: Option<Snapshot> = self.ask(Event::Snapshot, &request, Some(state.clone()))?;
        Ok(snapshot.and_then(|snapshot| snapshot.diff))
    }

    /// Brings two versions of a document together: the first plugin that says it is its own.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn merge(&self, merge: &Merge) -> Result<Option<Merged>, Error> {
        self.ask(Event::Merge, &json(merge), None)
    }

    /// The first answer that is not `null`. Nothing is journalled: these handlers only read.
    fn ask<T: serde::de::DeserializeOwned>(
        &self,
        event: Event,
        data: &serde_json::Value,
        state: State,
    ) -> Result<Option<T>, Error> {
        for plugin in self.plugins.iter().filter(|plugin| plugin.handles(event)) {
            let recorder = Recorder::rehearse(state.clone(), self.now.clone());
            let scene = self.scene(recorder, &Input::Pause { task: None }, true, false).map_err(|e| told(&e))?;
            let named = |error: Error| Error { message: format!("{}: {}", plugin.name, error.message), ..error };
            match self.handler(&scene, plugin, event, data) {
                HandlerEnd::Done(text) => {
                    let answer: Option<T> = serde_json::from_str(&text)
                        .map_err(|e| named(Error::new("its answer does not parse").because(e.to_string())))?;
                    if answer.is_some() {
                        return Ok(answer);
                    }
                }
                HandlerEnd::Failed(error) | HandlerEnd::Trapped(error) => return Err(named(error)),
            }
        }
        Ok(None)
    }
}
