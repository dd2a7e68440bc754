//! What the steps of one run of the schedule share: the state with its journal, and the world.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use session_core::journal::{CutOff, CutStep, Entry};
use session_core::session::{Input, Overview, document_path};
use session_types::replay::{Doubt, Replay};
use session_types::{Event, Summary, Timestamp};

use super::event::{Dispatcher, Planned, Request};
use super::recorder::{RecordError, Recorder};
use super::watch::{Notice, Watch};
use crate::world::World;

pub(super) struct Scene {
    pub(super) recorder: Rc<RefCell<Recorder>>,
    pub(super) world: Rc<RefCell<World>>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) dry_run: bool,
    /// When the event began: what handlers are told, however long it takes and whenever it is resumed.
    pub(super) time: Timestamp,
    /// An earlier run of it was cut off.
    pub(super) resumed: bool,
    /// What there is of the event already, where it is resumed.
    pub(super) cut: Option<Cut>,
    /// In a dry run: what each plugin answered.
    pub(super) answers: RefCell<Vec<(String, Summary)>>,
    /// Documents that this process saw plugins write, or took for local: of those the journal's word is not needed.
    pub(super) seen: RefCell<BTreeSet<String>>,
}

/// An event that goes on after it was cut off.
pub(super) struct Cut {
    pub(super) off: CutOff,
    pub(super) doubt: Option<Doubt>,
}

impl Dispatcher<'_> {
    pub(super) fn scene(&self, recorder: Recorder, input: &Input, dry_run: bool) -> Result<Scene, RecordError> {
        let session = match input {
            Input::Start { session, .. } | Input::Rollback { session: Some(session), .. } => Some(session.as_ref()),
            _ => recorder.state().as_ref().map(|state| &state.session),
        };
        let named = session.and_then(|session| session.metadata.repository.as_deref());
        let repository = self.repository(named);
        let (root, scan) = (&self.project.root, self.scan.clone());
        let world = World::new(root, &repository, self.logs.clone(), dry_run, scan).map_err(RecordError::World)?;
        let world = world.beside(self.project.beside()).clock_stands(self.clock_stands);
        let watch = Arc::clone(&self.watch);
        let time = self.now.clone();
        let (recorder, world) = (Rc::new(RefCell::new(recorder)), Rc::new(RefCell::new(world)));
        let (answers, seen) = (RefCell::default(), RefCell::default());
        Ok(Scene { recorder, world, watch, dry_run, time, resumed: false, cut: None, answers, seen })
    }

    /// Folder of a repository that the project names; the root where it names none.
    fn repository(&self, name: Option<&str>) -> PathBuf {
        let table = self.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == name);
        table.map_or_else(|| self.project.root.clone(), |table| self.project.root.join(&table.path))
    }
}

impl Scene {
    /// What a step said that is done already.
    pub(super) fn done(&self, plugin: &str, event: Event) -> Option<Summary> {
        let off = &self.cut.as_ref()?.off;
        let stands = event != Event::Verify || off.verified.is_some();
        off.step(plugin, event).filter(|_| stands)?.summary().cloned()
    }

    /// A step that was cut off when it had changed something, and so must go on where it was. Any other runs anew, as
    /// does verification: what it does may be done again.
    pub(super) fn cut_step(&self, plugin: &str, event: Event) -> Option<&CutStep> {
        let step = self.cut.as_ref()?.off.step(plugin, event)?;
        let changed = step.has_changed() || Replay::new(step.calls.clone(), None).in_doubt().is_some();
        Some(step).filter(|step| event != Event::Verify && step.ending.is_none() && changed)
    }

    /// Of the event, wherever one looks: session, number and state folder.
    pub(super) fn name(&self) -> String {
        self.recorder.borrow().name()
    }

    pub(super) fn doubt(&self) -> Option<Doubt> {
        self.cut.as_ref().and_then(|cut| cut.doubt)
    }

    pub(super) fn retries(&self) -> bool {
        self.doubt() == Some(Doubt::Retry)
    }

    pub(super) fn record(&self, entry: &Entry) -> Result<(), RecordError> {
        self.recorder.borrow_mut().record(entry)
    }

    pub(super) fn notice(&self, notice: &Notice<'_>) {
        self.watch.notice(notice);
    }

    pub(super) fn began(&self, request: &Request<'_>) -> Entry {
        let number = self.recorder.borrow().next_event();
        Entry::Began { id: request.id.clone(), number, input: request.input.clone() }
    }

    /// Puts the event's own session into an overview, as it is now.
    pub(super) fn include(&self, overview: &mut Overview, id: &str) {
        if let Some(state) = self.recorder.borrow().state() {
            overview.open.insert(id.to_owned(), state.clone());
        }
    }

    /// What is a document now, as far as it is known here.
    pub(super) fn documents(&self, overview: &Overview) -> Vec<String> {
        let mut all = overview.documents(self.recorder.borrow().state().as_ref());
        all.extend(self.seen.borrow().iter().filter_map(|path| document_path(path)).map(|path| overview.real(&path)));
        all.sort();
        all.dedup();
        all
    }

    pub(super) fn planned(&self) -> Planned {
        let world = self.world.borrow();
        Planned { effects: world.planned().to_vec(), files: world.files().planned() }
    }
}
