//! What a command knows of all sessions before it does anything: records, journals, documents. The plan is `find_plan`.

use std::collections::{BTreeMap, BTreeSet};

use session_sdk::Event;

use super::app::App;
use super::error::CommandError;
use crate::dispatch::{RecordError, Recorder};
use crate::effects::{Limit, text_own};
use crate::journal::JournalError;
use crate::project::{RECORDS, Records, unmerged};
use crate::session::{DocumentPlaces, Overview, SessionState, document_path, is_safe};

/// Sessions with an open journal, and those whose journal is damaged, with the reason.
type UnderWay = (BTreeMap<String, SessionState>, BTreeMap<String, String>);

/// Why records cannot be used, each on one line.
pub(super) fn reasons(damaged: BTreeMap<String, crate::project::RecordError>) -> BTreeMap<String, String> {
    let reason = |error: crate::project::RecordError| {
        let CommandError { message, causes, hints, .. } = error.into();
        let causes: String = causes.iter().map(|cause| format!(": {cause}")).collect();
        let hint = hints.first().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{message}{causes}{hint}")
    };
    damaged.into_iter().map(|(id, error)| (id, reason(error))).collect()
}

impl App<'_> {
    /// Records and journals: for commands that must work where the plan cannot be read.
    pub(super) fn overview_without_plan(&self) -> Result<Overview, CommandError> {
        let (open, stuck) = self.open_sessions()?;
        for (id, why) in &stuck {
            self.ui().warn(format!("{id} is stuck: {why} (session log {id} says what to do)"));
        }
        let Records { sessions: records, unusable, damaged } = Records::read(&self.project)?;
        unusable.values().for_each(|why| self.ui().warn(why));
        let damaged = reasons(damaged);
        for (id, why) in &damaged {
            self.ui().warn(format!("whether {id} is done is not known: {why}"));
        }
        self.with_documents(Overview { records, open, stuck, damaged, ..Overview::default() }, &self.document_places())
    }

    /// An overview with what decides about documents: the list of this clone, what records list, and the records.
    pub(super) fn with_documents(&self, overview: Overview, places: &DocumentPlaces) -> Result<Overview, CommandError> {
        let listed = overview.records.values().flat_map(|record| &record.documents);
        let listed = listed.filter_map(|path| document_path(path)).filter(|path| places.hold(path));
        let listed_documents = listed.filter(|path| self.may_be_file(path)).collect();
        Ok(Overview {
            listed_documents,
            init_documents: self.init_documents()?,
            records_folder: RECORDS.to_owned(),
            record_files: Records::apart(&self.project)?,
            ..overview
        })
    }

    /// Where the word of a record is enough.
    pub(super) fn document_places(&self) -> DocumentPlaces {
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
    pub(super) fn look_at_branches(&self, overview: &mut Overview) {
        let found = self
            .start
            .cache()
            .and_then(|cache| unmerged(&self.project.root, &cache, &overview.records).map_err(CommandError::from));
        match found {
            Ok(found) => overview.unmerged = found,
            Err(error) => self.ui().warn(format!("what other branches call done is not known: {}", error.message)),
        }
    }

    /// The documents that are files, relative to the root, each once; of a folder its files.
    pub(super) fn document_files(&self, overview: &Overview) -> Result<Vec<String>, CommandError> {
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
    pub(super) fn record_files(&self) -> Result<Vec<String>, CommandError> {
        let entries = self.project.door().and_then(|door| door.list(RECORDS));
        let entries = entries.map_err(|e| CommandError::from(e).while_(format!("{RECORDS} cannot be read")))?;
        let names = entries.into_iter().flatten();
        let mut names: Vec<String> = names.map(|entry| format!("{RECORDS}{}", entry.name.to_string_lossy())).collect();
        names.sort();
        Ok(names)
    }

    /// What is under way, and what is damaged: a journal that cannot be read to its end stops its own session only. What
    /// stands before the damage says whose working tree is taken.
    pub(super) fn open_sessions(&self) -> Result<UnderWay, CommandError> {
        let (mut open, mut stuck) = (BTreeMap::new(), BTreeMap::new());
        let unread = |e: std::io::Error| {
            let folder = self.project.home.folder.join("open");
            CommandError::from(e)
                .while_(format!("{} cannot be read, so what is under way is not known", folder.display()))
        };
        for id in self.project.home.open_sessions().map_err(unread)? {
            if !is_safe(&id) {
                self.ui().warn(format!("the journal {id:?} is not used: no session has such an ID"));
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
    pub(super) fn refuse_stuck(&self, overview: &Overview, id: Option<&str>) -> Result<(), CommandError> {
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
    pub(super) fn refuse_damaged(&self, overview: &Overview, which: impl Fn(&str) -> bool) -> Result<(), CommandError> {
        if !overview.damaged.keys().any(|id| which(id)) {
            return Ok(());
        }
        let damaged = Records::read(&self.project)?.damaged;
        damaged.into_iter().find(|(id, _)| which(id)).map_or(Ok(()), |(_, error)| Err(error.into()))
    }

    /// Documents that the host itself wrote in this clone, or saw plugins write. A folder in that list is none, whoever
    /// wrote it there.
    pub(super) fn init_documents(&self) -> Result<BTreeSet<String>, CommandError> {
        let path = self.project.home.init_documents();
        match text_own(&path, Limit::OWN) {
            Ok(text) => {
                let paths = text.lines().filter_map(document_path);
                Ok(paths.filter(|path| self.may_be_file(path)).collect())
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(e) => Err(CommandError::from(e).while_(format!("{} cannot be read", path.display()))),
        }
    }

    /// Adds to the documents that this clone knows of, where neither a record nor a journal does.
    pub(super) fn keep_documents(&self, paths: &[String]) -> Result<(), CommandError> {
        let mut known = self.init_documents()?;
        let before = known.len();
        known.extend(paths.iter().filter_map(|path| document_path(path)).filter(|path| self.may_be_file(path)));
        if known.len() == before {
            return Ok(());
        }
        let text: String = known.iter().map(|path| format!("{path}\n")).collect();
        crate::effects::replace(&self.project.home.init_documents(), text.as_bytes())
            .map_err(|e| CommandError::from(e).while_("the list of documents cannot be kept"))
    }
}
