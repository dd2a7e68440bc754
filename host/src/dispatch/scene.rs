//! What the steps of one run of the schedule share: the state with its journal, and the world.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::event::{Dispatcher, Planned, Request};
use super::recorder::{RecordError, Recorder};
use super::watch::{Notice, Silent, Watch};
use crate::effects::World;
use crate::journal::Entry;
use crate::session::{Input, Overview};

pub(super) struct Scene {
    pub(super) recorder: Rc<RefCell<Recorder>>,
    pub(super) world: Rc<RefCell<World>>,
    pub(super) watch: Arc<dyn Watch>,
    pub(super) dry_run: bool,
}

impl Dispatcher<'_> {
    /// A dry run is silent where nobody asked for it: the same steps run again.
    pub(super) fn scene(
        &self,
        recorder: Recorder,
        input: &Input,
        dry_run: bool,
        silent: bool,
    ) -> Result<Scene, RecordError> {
        let session = match input {
            Input::Start { session, .. } => Some(session.as_ref()),
            _ => recorder.state().as_ref().map(|state| &state.session),
        };
        let named = session.and_then(|session| session.metadata.repository.as_deref());
        let repository = self.repository(named);
        let world =
            World::new(&self.project.root, &repository, self.logs.clone(), dry_run).map_err(RecordError::World)?;
        let watch: Arc<dyn Watch> = if silent { Arc::new(Silent) } else { Arc::clone(&self.watch) };
        Ok(Scene { recorder: Rc::new(RefCell::new(recorder)), world: Rc::new(RefCell::new(world)), watch, dry_run })
    }

    /// Folder of a repository that the project names; the root where it names none.
    fn repository(&self, name: Option<&str>) -> PathBuf {
        let table = self.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == name);
        table.map_or_else(|| self.project.root.clone(), |table| self.project.root.join(&table.path))
    }
}

impl Scene {
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

    pub(super) fn planned(&self) -> Planned {
        let world = self.world.borrow();
        Planned { effects: world.planned().to_vec(), files: world.files().planned() }
    }
}
