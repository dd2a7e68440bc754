//! What a command knows of all sessions before it does anything: records, journals, documents. The plan is `find_plan`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use session_core::session::{DocumentPlaces, Overview, SessionState, document_path};
use session_engine::dispatch::{RecordError, Recorder, Sessions};
use session_engine::journal::JournalError;
use session_engine::project::{MANIFEST, RECORDS, Records, unmerged};
use session_system::{Limit, text_own};
use session_types::Event;
use session_types::id::is_safe;

use super::app::App;
use super::attributes::ATTRIBUTES;
use super::error::CommandError;

/// Sessions with an open journal, and those whose journal is damaged, with the reason.
type UnderWay = (BTreeMap<String, SessionState>, BTreeMap<String, String>);

/// Why records cannot be used, each on one line.
pub(crate) fn reasons(damaged: BTreeMap<String, session_engine::project::RecordError>) -> BTreeMap<String, String> {
    let reason = |error: session_engine::project::RecordError| {
        let CommandError { message, causes, hints, .. } = error.into();
        let causes: String = causes.iter().map(|cause| format!(": {cause}")).collect();
        let hint = hints.first().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{message}{causes}{hint}")
    };
    damaged.into_iter().map(|(id, error)| (id, reason(error))).collect()
}

impl App<'_> {
    /// Records and journals: for commands that must work where the plan cannot be read.
    pub(crate) fn overview_without_plan(&self) -> Result<Overview, CommandError> {
        let (open, stuck) = self.open_sessions()?;
        for (id, why) in &stuck {
            self.warn(format!("{id} is stuck: {why} (session log {id} says what to do)"));
        }
        let Records { sessions: records, unusable, damaged } = Records::read(&self.project)?;
        unusable.values().for_each(|why| self.warn(why));
        let damaged = reasons(damaged);
        for (id, why) in &damaged {
            self.warn(format!("whether {id} is done is not known: {why}"));
        }
        self.with_documents(Overview { records, open, stuck, damaged, ..Overview::default() }, &self.document_places())
    }

    /// An overview with what decides about documents: the list of this clone, what records list, and the records.
    pub(crate) fn with_documents(&self, overview: Overview, places: &DocumentPlaces) -> Result<Overview, CommandError> {
        let listed = overview.records.values().flat_map(|record| &record.documents);
        let listed = listed.filter_map(|path| document_path(path)).filter(|path| places.hold(path));
        let listed_documents = listed.filter(|path| self.may_be_file(path)).collect();
        let overview = Overview {
            listed_documents,
            places: places.clone(),
            init_documents: self.init_documents()?,
            linked: BTreeMap::new(),
            records_folder: RECORDS.to_owned(),
            record_files: Records::apart(&self.project)?,
            ..overview
        };
        let linked = self.linked(&overview);
        Ok(Overview { linked, ..overview })
    }

    /// Folders of documents that are reached by a link inside the project, with where it leads.
    fn linked(&self, overview: &Overview) -> BTreeMap<String, String> {
        let documents = overview.documents(None);
        let states = overview.open.values().flat_map(|state| state.documents.iter().chain(&state.local));
        let all = documents.iter().chain(states).chain(&overview.listed_documents);
        let parents = all.filter_map(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
        let above = |folder: &str| -> Vec<String> {
            let all = Path::new(folder).ancestors().filter_map(Path::to_str);
            all.filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
        };
        let folders: BTreeSet<String> = parents.chain(overview.places.folders()).flat_map(above).collect();
        folders.into_iter().filter_map(|folder| self.link_target(&folder).map(|real| (folder, real))).collect()
    }

    /// Where a folder of the project is, if that is elsewhere in it. Of one that is not there yet the nearest above says so.
    fn link_target(&self, folder: &str) -> Option<String> {
        let whole = self.project.root.join(folder);
        let there = whole.ancestors().find(|folder| folder.exists())?;
        let real = there.canonicalize().ok()?.join(whole.strip_prefix(there).ok()?);
        let real = real.strip_prefix(&self.project.root).ok()?.to_str()?;
        (real != folder).then(|| document_path(real)).flatten()
    }

    /// Where the word of a record is enough.
    pub(crate) fn document_places(&self) -> DocumentPlaces {
        DocumentPlaces::of(
            self.plugins.iter().filter(|plugin| plugin.handles(Event::Settle)).map(|plugin| &plugin.grants),
        )
    }

    /// Whether a path is no folder and no link, which could be one. A file that is gone is still a document.
    fn may_be_file(&self, path: &str) -> bool {
        let there = self.project.root.join(path).symlink_metadata();
        there.map_or(true, |there| there.is_file())
    }

    /// What other branches call done, for commands that say what can start. Who cannot look knows of none.
    pub fn look_at_branches(&self, overview: &mut Overview) {
        let found = self
            .start
            .cache()
            .and_then(|cache| unmerged(&self.project.root, cache, &overview.records).map_err(CommandError::from));
        match found {
            Ok(found) => overview.unmerged = found,
            Err(error) => self.warn(format!("what other branches call done is not known: {}", error.message)),
        }
    }

    /// The documents that are files, relative to the root, each once; of a folder its files.
    pub(crate) fn document_files(&self, overview: &Overview) -> Result<Vec<String>, CommandError> {
        let door = self.project.door()?;
        let mut files = BTreeSet::new();
        for path in overview.documents(None) {
            let Some(folder) = path.strip_suffix('/') else {
                files.insert(path);
                continue;
            };
            let unread = |e| CommandError::from(e).while_(format!("{path} cannot be read"));
            let entries = door.list(folder).map_err(unread)?;
            files.extend(entries.into_iter().flatten().map(|entry| format!("{path}{}", entry.name.to_string_lossy())));
        }
        Ok(files.into_iter().filter(|path| door.has_file(path)).collect())
    }

    /// Files of the records, relative to the root; whether they can be read is not asked.
    pub(crate) fn record_files(&self) -> Result<Vec<String>, CommandError> {
        let entries = self.project.door().and_then(|door| door.list(RECORDS));
        let entries = entries.map_err(|e| CommandError::from(e).while_(format!("{RECORDS} cannot be read")))?;
        let names = entries.into_iter().flatten();
        let mut names: Vec<String> = names.map(|entry| format!("{RECORDS}{}", entry.name.to_string_lossy())).collect();
        names.sort();
        Ok(names)
    }

    /// What is under way, and what is damaged: a journal that cannot be read to its end stops its own session only. What
    /// stands before the damage says whose working tree is taken.
    pub(crate) fn open_sessions(&self) -> Result<UnderWay, CommandError> {
        let (mut open, mut stuck) = (BTreeMap::new(), BTreeMap::new());
        let unread = |e: std::io::Error| {
            let folder = self.project.home.folder.join("open");
            CommandError::from(e)
                .while_(format!("{} cannot be read, so what is under way is not known", folder.display()))
        };
        for id in self.project.home.open_sessions().map_err(unread)? {
            if !is_safe(&id) {
                self.warn(format!("the journal {id:?} is not used: no session has such an ID"));
                continue;
            }
            let state = match Recorder::read(&self.project.home.journal(&id)) {
                Err(RecordError::Journal(error @ JournalError::Damaged { .. })) => {
                    let why = std::error::Error::source(&error).map(|why| format!(": {why}")).unwrap_or_default();
                    stuck.insert(id.clone(), format!("{error}{why}"));
                    let JournalError::Damaged { before, .. } = error else { continue };
                    Recorder::fold(&before).unwrap_or_default()
                }
                // A folder in its place, or nothing that one may read.
                Err(error @ (RecordError::Illegal(_) | RecordError::Journal(JournalError::Io { .. }))) => {
                    stuck.insert(id.clone(), error.to_string());
                    None
                }
                state => state?,
            };
            open.extend(state.map(|state| (id, state)));
        }
        Ok((open, stuck))
    }

    /// A session with a damaged journal or record: the one that is named, else one that may be active here.
    pub(crate) fn refuse_stuck(&self, overview: &Overview, id: Option<&str>) -> Result<(), CommandError> {
        let active = || overview.active(&self.worktree()).map(|state| state.session.id.as_str());
        if let Some(id) = id.or_else(active) {
            self.refuse_damaged(overview, |damaged| damaged == id)?;
        }
        let here = |id: &String| overview.open.get(id).is_none_or(|state| state.worktree == self.worktree());
        let stuck = overview.stuck.keys().find(|stuck| id.map_or_else(|| here(stuck), |id| id == *stuck));
        let Some(stuck) = stuck else { return Ok(()) };
        Recorder::read(&self.project.home.journal(stuck))
            .map(drop)
            .map_err(|e| CommandError::from(e).while_(format!("{stuck} is stuck: what happened to it is not known")))
    }

    /// The first of these sessions whose record cannot be used.
    pub fn refuse_damaged(&self, overview: &Overview, which: impl Fn(&str) -> bool) -> Result<(), CommandError> {
        if !overview.damaged.keys().any(|id| which(id)) {
            return Ok(());
        }
        let damaged = Records::read(&self.project)?.damaged;
        damaged.into_iter().find(|(id, _)| which(id)).map_or(Ok(()), |(_, error)| Err(error.into()))
    }

    /// Documents that the host itself wrote in this clone, or saw plugins write. A folder in that list is never
    /// one.
    ///
    /// # Errors
    /// Settings that cannot be read, where they could be before: what is work is then not known.
    pub(crate) fn init_documents(&self) -> Result<BTreeSet<String>, CommandError> {
        let approval = match self.trust.approval() {
            Ok(approval) => approval,
            // Who opened the project to read it has said so.
            Err(error) if !self.programs => {
                tracing::debug!(%error, "no list of documents");
                None
            }
            Err(error) => return Err(error.into()),
        };
        let known = approval.map(|approval| approval.documents).unwrap_or_default();
        let known = known.iter().chain(self.unsigned_documents()).filter_map(|path| document_path(path));
        Ok(known.filter(|path| self.may_be_file(path)).collect())
    }

    /// What a version before this one listed in the state folder. That can come with the files, as in an archive with its
    /// `.git`: only what `init` itself always writes counts, and no source is among it.
    fn unsigned_documents(&self) -> &BTreeSet<String> {
        self.unsigned.get_or_init(|| {
            let path = self.project.home.init_documents();
            let text = match text_own(&path, Limit::OWN) {
                Ok(text) => text,
                Err(e) => {
                    if e.kind() != std::io::ErrorKind::NotFound {
                        self.warn(format!("{} is not used: {e}", path.display()));
                    }
                    return BTreeSet::new();
                }
            };
            let plan = self.project.manifest.project.plan.as_deref().filter(|plan| plan.ends_with(".md"));
            let places = self.document_places();
            let fixed = |path: &String| [MANIFEST, ATTRIBUTES].contains(&path.as_str()) || plan == Some(path.as_str());
            let known = text.lines().filter_map(document_path);
            known.filter(|path| fixed(path) || places.hold(path)).collect()
        })
    }

    /// Adds to the documents that this clone knows of, where neither a record nor a journal does.
    pub(crate) fn keep_documents(&self, paths: &[String]) -> Result<(), CommandError> {
        let known = self.init_documents()?;
        let new = paths.iter().filter_map(|path| document_path(path)).filter(|path| self.may_be_file(path));
        let new: Vec<String> = new.filter(|path| !known.contains(path)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let kept = self.trust.change(|approval| approval.documents.extend(new));
        kept.map(drop).map_err(|e| CommandError::from(e).while_("the list of documents cannot be kept"))
    }
}

/// What a dispatcher asks and tells of all sessions.
impl Sessions for App<'_> {
    fn refresh(&self, known: &Overview) -> Result<Overview, session_types::Error> {
        // In this order: a session that is finished meanwhile is in both, and not in neither.
        let (open, stuck) = self.open_sessions().map_err(told)?;
        if let Some((id, why)) = stuck.iter().find(|(id, _)| !known.stuck.contains_key(*id)) {
            // Its row would say that it never began.
            return Err(session_types::Error::new(format!("what is known of {id} cannot be read")).because(why));
        }
        let records = Records::read(&self.project).map_err(|e| told(e.into()))?;
        let (records, damaged) = (records.sessions, reasons(records.damaged));
        let known = Overview { records, open, stuck, damaged, ..known.clone() };
        self.with_documents(known, &self.document_places()).map_err(told)
    }

    fn keep(&self, seen: &BTreeSet<String>) -> Result<(), session_types::Error> {
        let places = self.document_places();
        let is_linked =
            |path: &str| path.rsplit_once('/').is_some_and(|(folder, _)| self.link_target(folder).is_some());
        let unknown = seen.iter().filter(|path| !places.hold(path) || is_linked(path));
        let unknown: Vec<String> = unknown.cloned().collect();
        if unknown.is_empty() { Ok(()) } else { self.keep_documents(&unknown).map_err(told) }
    }
}

/// As plugins are told: without hints, which are for people.
fn told(error: CommandError) -> session_types::Error {
    session_types::Error { message: error.message, causes: error.causes, ..Default::default() }
}
