//! Questions to plugins outside any event: what does this document say, what is this tree? Nothing is journalled,
//! since these handlers only read.

use std::collections::BTreeMap;
use std::path::Path;

use session_core::session::{SessionState, State};
use session_types::{
    Audit, Audited, Back, Error, Event, Merge, Merged, Plan, PlanDocument, RollbackTo, Snapshot, SnapshotRequest,
};

use super::data::json;
use super::event::Dispatcher;
use super::pass::Pass;
use super::paths::refuse_files_of_sessions;
use super::plan_cache::PlanCache;
use super::recorder::Recorder;
use super::settle::told;
use super::watch::Notice;
use crate::plugin::{HandlerEnd, Plugin};

impl Dispatcher<'_> {
    /// Reads a document of sessions: the first plugin that says it is its own.
    ///
    /// # Errors
    /// What the plugin says, or that none knows the document.
    pub fn read_document(&self, path: &str) -> Result<PlanDocument, Error> {
        self.read_if_known(path)?.ok_or_else(|| unread(path))
    }

    /// The same; none where no plugin says that it is its own.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn read_if_known(&self, path: &str) -> Result<Option<PlanDocument>, Error> {
        let check = |plugin: &Plugin, document: &PlanDocument| refuse_files_of_sessions(plugin, document);
        self.ask_and_check(Event::Plan, &json(&Plan { path: path.to_owned() }), None, check)
    }

    /// Reads a document as it would be with this content in one of its files.
    ///
    /// # Errors
    /// As [`Dispatcher::read_document`].
    pub fn read_document_as(&self, path: &str, file: &str, content: &[u8]) -> Result<PlanDocument, Error> {
        let data = json(&Plan { path: path.to_owned() });
        for plugin in self.setting.plugins.iter().filter(|plugin| plugin.handles(Event::Plan)) {
            let pass = self.quiet_pass(None)?;
            pass.world.borrow_mut().pretend(file, content)?;
            let text = said(plugin, self.handler(&pass, plugin, Event::Plan, &data))?;
            if let Some(document) = parsed(plugin, &text)? {
                refuse_files_of_sessions(plugin, &document)?;
                return Ok(document);
            }
        }
        Err(unread(path))
    }

    /// As [`Dispatcher::read_document`], for the plan: what it said last time is kept as long as nothing has changed.
    ///
    /// # Errors
    /// As [`Dispatcher::read_document`].
    pub fn read_plan(&self, path: &str, cache: &Path) -> Result<PlanDocument, Error> {
        let plugins: Vec<&Plugin> = self.setting.plugins.iter().filter(|plugin| plugin.handles(Event::Plan)).collect();
        let cache = PlanCache::of(cache, &self.setting.info, path, &plugins);
        let files = self.setting.project.files(false)?;
        if let Some(document) = cache.get(&files) {
            return Ok(document);
        }
        tracing::info!(path, "reading the plan");
        let data = json(&Plan { path: path.to_owned() });
        let (mut seen, mut stamps) = (BTreeMap::new(), BTreeMap::new());
        let mut only_read = true;
        let mut broken = Vec::new();
        for plugin in plugins {
            let (end, pass) = self.ask_one(plugin, Event::Plan, &data, None)?;
            if let HandlerEnd::Trapped(error) = end {
                // One that breaks says nothing of whose the plan is; another may read it.
                only_read = false;
                broken.push((plugin, error));
                continue;
            }
            let text = said(plugin, end)?;
            let world = pass.world.borrow();
            only_read &= world.only_read_files();
            seen.extend(world.files().seen());
            stamps.extend(world.files().stamps());
            let answer: Option<PlanDocument> = parsed(plugin, &text)?;
            if let Some(document) = answer {
                refuse_files_of_sessions(plugin, &document)?;
                for (plugin, error) in &broken {
                    pass.notice(&Notice::StepWarned { plugin: &plugin.name, error: &plugin.words(error.clone()) });
                }
                if only_read {
                    cache.put(&files, seen, stamps, &document);
                }
                return Ok(document);
            }
        }
        let broken = broken.into_iter().next().map(|(plugin, error)| plugin.words(error));
        Err(broken.unwrap_or_else(|| unread(path)))
    }

    /// Names the tree as it is now; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn snapshot(&self, documents: Vec<String>) -> Result<Option<Snapshot>, Error> {
        self.snapshot_for(&SnapshotRequest { documents, ..SnapshotRequest::default() }, None)
    }

    /// The same where a session works, which may be another repository than the project's own.
    ///
    /// # Errors
    /// What the plugin says.
    pub(super) fn snapshot_for(&self, request: &SnapshotRequest, state: State) -> Result<Option<Snapshot>, Error> {
        self.ask(Event::Snapshot, &json(request), state)
    }

    /// The same of a session that is not about to do anything.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn snapshot_of(&self, request: &SnapshotRequest, state: &SessionState) -> Result<Option<Snapshot>, Error> {
        self.snapshot_for(request, Some(state.clone()))
    }

    /// What a session has changed since it was started, as a unified diff; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn diff(&self, state: &SessionState, documents: Vec<String>) -> Result<Option<String>, Error> {
        let request = json(&SnapshotRequest { documents, diff: true, ..SnapshotRequest::default() });
        let snapshot: Option<Snapshot> = self.ask(Event::Snapshot, &request, Some(state.clone()))?;
        Ok(snapshot.and_then(|snapshot| snapshot.diff))
    }

    /// Whether any plugin knows the repository that a session works in: without one nothing is committed.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn knows_repository(&self, state: &SessionState) -> Result<bool, Error> {
        Ok(self.snapshot_for(&SnapshotRequest::default(), Some(state.clone()))?.is_some())
    }

    /// What taking a session back is about; none where no plugin knows the repository.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn back(&self, state: &SessionState, to: RollbackTo, documents: Vec<String>) -> Result<Option<Back>, Error> {
        let request = json(&SnapshotRequest { documents, back: Some(to), ..SnapshotRequest::default() });
        let snapshot: Option<Snapshot> = self.ask(Event::Snapshot, &request, Some(state.clone()))?;
        Ok(snapshot.map(|snapshot| snapshot.back.unwrap_or_default()))
    }

    /// Brings two versions of a document together: the first plugin that says it is its own.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn merge(&self, merge: &Merge) -> Result<Option<Merged>, Error> {
        self.ask(Event::Merge, &json(merge), None)
    }

    /// What the history of a repository that the project names holds of sessions, of its own where none is named; none
    /// where no plugin knows that.
    ///
    /// # Errors
    /// What the plugin says.
    pub fn audit(&self, audit: &Audit, repository: Option<&str>) -> Result<Option<Audited>, Error> {
        let mut state = SessionState::default();
        state.session.metadata.repository = repository.map(str::to_owned);
        self.ask(Event::Audit, &json(audit), Some(state))
    }

    /// The first answer that is not `null`. A reader that breaks gives way to the next, as in [`Dispatcher::read_plan`]. Nothing is journalled: these handlers only read.
    fn ask<T: serde::de::DeserializeOwned>(
        &self,
        event: Event,
        data: &serde_json::Value,
        state: State,
    ) -> Result<Option<T>, Error> {
        self.ask_and_check(event, data, state, |_, _| Ok(()))
    }

    fn ask_and_check<T: serde::de::DeserializeOwned>(
        &self,
        event: Event,
        data: &serde_json::Value,
        state: State,
        check: impl Fn(&Plugin, &T) -> Result<(), Error>,
    ) -> Result<Option<T>, Error> {
        let mut broken = None;
        for plugin in self.setting.plugins.iter().filter(|plugin| plugin.handles(event)) {
            let (end, _) = self.ask_one(plugin, event, data, state.clone())?;
            let text = match said(plugin, end.clone()) {
                Err(error) if event == Event::Plan && matches!(end, HandlerEnd::Trapped(_)) => {
                    broken.get_or_insert(error);
                    continue;
                }
                text => text?,
            };
            let answer: Option<T> = parsed(plugin, &text)?;
            if let Some(answer) = answer {
                check(plugin, &answer)?;
                return Ok(Some(answer));
            }
        }
        broken.map_or(Ok(None), Err)
    }

    /// How one plugin answers, and what it looked at for it.
    fn ask_one(
        &self,
        plugin: &Plugin,
        event: Event,
        data: &serde_json::Value,
        state: State,
    ) -> Result<(HandlerEnd, Pass), Error> {
        let pass = self.quiet_pass(state)?;
        let end = self.handler(&pass, plugin, event, data);
        Ok((end, pass))
    }

    fn quiet_pass(&self, state: State) -> Result<Pass, Error> {
        let recorder = Recorder::rehearse(state, self.setting.now.clone());
        self.pass_without_event(recorder, true).map_err(|e| told(&e))
    }
}

fn said(plugin: &Plugin, end: HandlerEnd) -> Result<String, Error> {
    match end {
        HandlerEnd::Done(text) => Ok(text),
        HandlerEnd::Failed(error) | HandlerEnd::Trapped(error) => Err(plugin.words(error)),
    }
}

fn unread(path: &str) -> Error {
    Error::new(format!("no plugin reads {path} as a plan"))
        .because("it holds no session, or no plugin that reads its kind is listed")
        .hint("a session begins with a heading such as `## Session BE-01: Title`")
}

fn parsed<T: serde::de::DeserializeOwned>(plugin: &Plugin, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|e| plugin.words(Error::new("its answer does not parse").because(e.to_string())))
}
