//! One pass over the steps of a schedule, as a rehearsal, a run or a question, and what these steps share: the state with
//! its journal, and the world. The steps themselves are `stage.rs` and `step.rs`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use session_core::journal::{CutOff, CutStep, Entry};
use session_core::session::{Input, Overview, document_path};
use session_types::replay::{Doubt, Replay};
use session_types::{Event, Session, Summary, Timestamp};

use super::event::{Dispatcher, Planned, Request};
use super::recorder::{RecordError, Recorder};
use super::watch::{Notice, Watch};
use crate::world::World;

pub(super) struct Pass {
    pub(super) recorder: Rc<RefCell<Recorder>>,
    pub(super) world: Rc<RefCell<World>>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) dry_run: bool,
    /// When the event began: what handlers are told, however long it takes and whenever it is resumed.
    pub(super) time: Timestamp,
    /// An earlier run of it was cut off.
    pub(super) resumed: bool,
    /// What there is of the event already, where it is resumed.
    pub(super) continuation: Option<Continuation>,
    /// In a dry run: what each plugin answered.
    pub(super) answers: RefCell<Vec<(String, Summary)>>,
    /// Documents that this process saw plugins write, or took for local: of those the journal's word is not needed.
    pub(super) seen: RefCell<BTreeSet<String>>,
}

/// An event that goes on after it was cut off.
pub(super) struct Continuation {
    pub(super) event: CutOff,
    pub(super) doubt: Option<Doubt>,
}

impl Dispatcher<'_> {
    /// A pass of an event.
    pub(super) fn pass(&self, recorder: Recorder, input: &Input, dry_run: bool) -> Result<Pass, RecordError> {
        let repository = self.repository(input.session().or(session(&recorder)));
        self.pass_in(&repository, recorder, dry_run)
    }

    /// A pass where no event happens: somebody asks, looks or writes documents.
    pub(super) fn pass_without_event(&self, recorder: Recorder, dry_run: bool) -> Result<Pass, RecordError> {
        let repository = self.repository(session(&recorder));
        self.pass_in(&repository, recorder, dry_run)
    }

    fn pass_in(&self, repository: &Path, recorder: Recorder, dry_run: bool) -> Result<Pass, RecordError> {
        let (root, scan) = (&self.setting.project.root, self.scan.clone());
        let world =
            World::new(root, repository, self.setting.logs.clone(), dry_run, scan).map_err(RecordError::World)?;
        let world = world.beside(self.setting.project.beside()).clock_stands(self.setting.clock_stands);
        let watch = Arc::clone(&self.setting.watch);
        let time = self.setting.now.clone();
        let (recorder, world) = (Rc::new(RefCell::new(recorder)), Rc::new(RefCell::new(world)));
        let (answers, seen) = (RefCell::default(), RefCell::default());
        Ok(Pass { recorder, world, watch, dry_run, time, resumed: false, continuation: None, answers, seen })
    }

    /// Folder of the repository that a session works in; the root where it names none.
    fn repository(&self, session: Option<&Session>) -> PathBuf {
        let name = session.and_then(|session| session.metadata.repository.as_deref());
        let table = self.setting.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == name);
        table.map_or_else(|| self.setting.project.root.clone(), |table| self.setting.project.root.join(&table.path))
    }
}

fn session(recorder: &Recorder) -> Option<&Session> {
    recorder.state().as_ref().map(|state| &state.session)
}

impl Pass {
    /// What a step said that is done already.
    pub(super) fn done(&self, plugin: &str, event: Event) -> Option<Summary> {
        let before = &self.continuation.as_ref()?.event;
        let stands = event != Event::Verify || before.verified.is_some();
        before.step(plugin, event).filter(|_| stands)?.summary().cloned()
    }

    /// A step that was cut off when it had changed something, and so must go on where it was. Any other runs anew, as
    /// does verification: what it does may be done again.
    pub(super) fn cut_step(&self, plugin: &str, event: Event) -> Option<&CutStep> {
        let step = self.continuation.as_ref()?.event.step(plugin, event)?;
        let changed = step.has_changed() || Replay::new(step.calls.clone(), None).in_doubt().is_some();
        Some(step).filter(|step| event != Event::Verify && step.ending.is_none() && changed)
    }

    /// Of the event, wherever one looks: session, number and state folder.
    pub(super) fn name(&self) -> String {
        self.recorder.borrow().name()
    }

    pub(super) fn doubt(&self) -> Option<Doubt> {
        self.continuation.as_ref().and_then(|before| before.doubt)
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
