//! What is known of all sessions of a project together: plan, records of this working tree, and what is under way.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use session_types::{Attempt, Dependency, Row, Status, Timestamp};

use super::documents::{DocumentPlaces, document_path};
use super::plan::Plan;
use super::record::{Record, brief};
use super::state::SessionState;

/// A session that is done on another branch, and not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmerged {
    /// As git shows it: `feature/x`, `origin/feature/x`.
    pub branch: String,
    pub attempt: u32,
    pub commit: Option<String>,
    pub completed: Option<Timestamp>,
}

/// Plan, records and journals, read once per command.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    pub plan: Option<Arc<Plan>>,
    /// Where there are several and none is chosen.
    pub plans: Vec<FoundPlan>,
    /// Why the plan that is named cannot be read.
    pub unread: Option<String>,
    pub records: BTreeMap<String, Record>,
    /// Sessions with an open journal.
    pub open: BTreeMap<String, SessionState>,
    /// Sessions whose journal cannot be read to its end, and why.
    pub stuck: BTreeMap<String, String>,
    /// Sessions whose record cannot be used, and why: whether they are done is not known.
    pub damaged: BTreeMap<String, String>,
    /// Documents that the host wrote in this clone, or saw plugins write, by the user's own settings.
    pub init_documents: BTreeSet<String>,
    /// Documents that records list, as far as they lie in a place of documents and are no folders.
    pub listed_documents: BTreeSet<String>,
    /// Where the word of a journal is enough.
    pub places: DocumentPlaces,
    /// Folders of documents that links inside the project lead to, by the path that has the link: git knows only where they
    /// lead.
    pub linked: BTreeMap<String, String>,
    /// Folder of the records, with `/` at its end.
    pub records_folder: String,
    /// The records in it, where it holds other files, too; those are no documents.
    pub record_files: Option<BTreeSet<String>>,
    /// Sessions that are done on another branch, where a command has looked for them.
    pub unmerged: BTreeMap<String, Unmerged>,
}

/// One of several plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundPlan {
    pub path: String,
    pub sessions: usize,
}

impl Overview {
    /// Done is what the records say; everything else is what the journal says. Of a damaged record nobody knows.
    pub fn status(&self, id: &str) -> Status {
        if let Some(state) = self.live(id) {
            return state.session.status;
        }
        let unrecorded = if self.damaged.contains_key(id) { Status::Unknown } else { Status::Pending };
        self.records.get(id).map_or(unrecorded, |record| record.status)
    }

    /// The state of a session that was ever started here and is not older than its record.
    pub fn live(&self, id: &str) -> Option<&SessionState> {
        let recorded = self.records.get(id).map_or(0, |record| record.attempt);
        // An attempt that was taken back before it had done anything leaves what was there before it.
        let nothing = |state: &SessionState| state.session.status == Status::Pending && recorded > 0;
        // Nor does one that was taken back while another branch or machine completed the session.
        let done = self.records.get(id).is_some_and(|record| record.status == Status::Done);
        let back = |state: &SessionState| {
            let own = state.recorded || state.session.attempt > recorded;
            done && !own && state.session.status == Status::RolledBack
        };
        // The record may be of a later attempt. What goes on here, the journal knows for sure.
        let going_on = |state: &SessionState| matches!(state.session.status, Status::Active | Status::Paused);
        let state =
            self.open.get(id).filter(|state| state.session.started.is_some() && state.session.attempt >= recorded);
        let state = state.filter(|state| !self.damaged.contains_key(id) || going_on(state));
        state.filter(|state| !nothing(state) && !back(state))
    }

    /// The session that is active in a working tree.
    pub fn active(&self, worktree: &str) -> Option<&SessionState> {
        self.open.values().find(|state| state.session.status == Status::Active && state.worktree == worktree)
    }

    /// Which attempt a start would be.
    pub fn next_attempt(&self, id: &str) -> u32 {
        let recorded = self.records.get(id).map_or(0, |record| record.attempt);
        let live = self.live(id).map_or(0, |state| state.session.attempt);
        let elsewhere = self.unmerged.get(id).map_or(0, |other| other.attempt);
        recorded.max(live).max(elsewhere) + 1
    }

    /// Sessions that can start now; none that another branch calls done.
    pub fn ready(&self) -> Vec<String> {
        let mut ready = self.plan.as_ref().map(|plan| plan.ready(|id| self.status(id))).unwrap_or_default();
        ready.retain(|id| !self.unmerged.contains_key(id));
        ready
    }

    /// The other branch that calls a session done which is not begun here.
    pub fn done_elsewhere(&self, id: &str) -> Option<&Unmerged> {
        let other = self.unmerged.get(id)?;
        matches!(self.status(id), Status::Pending | Status::RolledBack).then_some(other)
    }

    /// As [`Overview::word`], with the branch where it is done on another one.
    pub fn phrase(&self, id: &str) -> String {
        match self.done_elsewhere(id) {
            Some(other) => format!("done on {}, not merged", other.branch),
            None => self.word(id).to_owned(),
        }
    }

    /// Every session of the plan is done.
    pub fn is_finished(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.document.sessions.iter().all(|s| self.status(&s.id) == Status::Done))
    }

    /// The status of a dependency in words.
    pub fn word(&self, id: &str) -> &'static str {
        let known = self.plan.as_ref().is_none_or(|plan| plan.session(id).is_some());
        if self.status(id) == Status::Unknown {
            "damaged"
        } else if known || self.open.contains_key(id) || self.records.contains_key(id) {
            self.status(id).word()
        } else {
            "not in the plan"
        }
    }

    pub fn title(&self, id: &str) -> String {
        let planned = self.plan.as_ref().and_then(|plan| plan.session(id)).map(|session| session.title.clone());
        planned
            .or_else(|| self.records.get(id).map(|record| record.title.clone()))
            .or_else(|| self.open.get(id).map(|state| state.session.title.clone()))
            .unwrap_or_default()
    }

    /// What a session has to know of one that it builds on.
    pub fn dependency(&self, id: &str) -> Dependency {
        let record = self.records.get(id);
        Dependency {
            id: id.to_owned(),
            status: self.status(id),
            commit: record.and_then(|record| record.facts.get("commit").cloned()),
            title: self.title(id),
            notes: record.map(|record| brief(&record.notes)).unwrap_or_default(),
            files: record
                .and_then(|record| record.facts.get("files"))
                .map_or_else(Vec::new, |files| files.lines().map(str::to_owned).collect()),
        }
    }

    /// Files that the program writes, each once and sorted: no work commit holds them. The one answer to what a document
    /// is, by the rule of `documents.rs`. `state` is what is known of one session since the overview was made: what is
    /// verified, and what is compared with it, must leave out the same.
    pub fn documents(&self, state: Option<&SessionState>) -> Vec<String> {
        // What a record lists counts only where it lies in a place of documents: the record may be anybody's.
        let mut all: BTreeSet<String> = self.init_documents.clone();
        all.extend(self.listed_documents.iter().filter(|path| !self.is_linked(path)).cloned());
        let seen = self.open.values().chain(state).flat_map(|state| state.documents.iter().chain(&state.local));
        all.extend(seen.filter_map(|path| document_path(path)).filter(|path| self.counts(path)));
        match &self.record_files {
            None if self.records_folder.is_empty() => {}
            None => _ = all.insert(self.records_folder.clone()),
            Some(files) => {
                all.extend(files.iter().cloned());
                all.extend(self.records.keys().map(|id| format!("{}{id}.json", self.records_folder)));
            }
        }
        let real: BTreeSet<String> = all.iter().map(|path| self.real(path)).collect();
        real.into_iter().collect()
    }

    /// A document's path as git knows it, where its folder is reached by a link.
    pub fn real(&self, path: &str) -> String {
        if let Some(folder) = path.strip_suffix('/') {
            return format!("{}/", self.linked.get(folder).map_or(folder, String::as_str));
        }
        let real =
            path.rsplit_once('/').and_then(|(folder, name)| Some(format!("{}/{name}", self.linked.get(folder)?)));
        real.unwrap_or_else(|| path.to_owned())
    }

    /// Whether a path that a journal calls a document is one. The journal can have come with the files, as in an archive with
    /// its `.git`, so what plugins wrote outside the places of documents stands in the user's settings, too.
    pub fn counts(&self, path: &str) -> bool {
        let here = |path: &String| self.places.hold(path) && !self.is_linked(path);
        document_path(path).is_some_and(|path| here(&path) || self.init_documents.contains(&path))
    }

    /// A link that was committed makes a place of documents of any folder, so there only what was seen here counts.
    fn is_linked(&self, path: &str) -> bool {
        path.rsplit_once('/').is_some_and(|(folder, _)| self.linked.contains_key(folder))
    }

    /// Every session of the plan in its order, then those outside it.
    pub fn rows(&self, repository_of: impl Fn(&str, Option<&str>) -> Option<String>) -> Vec<Row> {
        let planned = self.plan.iter().flat_map(|plan| &plan.document.sessions).map(|s| s.id.as_str());
        let known = |id: &&str| self.plan.as_ref().is_some_and(|plan| plan.session(id).is_some());
        let outside = self
            .records
            .keys()
            .chain(self.damaged.keys())
            .chain(self.open.keys())
            .map(String::as_str)
            .filter(|id| !known(id));
        let outside: BTreeSet<&str> = outside.collect();
        planned.chain(outside).map(|id| self.row(id, &repository_of)).collect()
    }

    fn row(&self, id: &str, repository_of: &impl Fn(&str, Option<&str>) -> Option<String>) -> Row {
        let planned = self.plan.as_ref().and_then(|plan| plan.session(id)).map(|session| &session.metadata);
        let mut row = Row { id: id.to_owned(), title: self.title(id), status: self.status(id), ..Row::default() };
        let record = self.records.get(id);
        if let Some(state) = self.live(id) {
            let session = &state.session;
            row.attempt = session.attempt;
            row.failed = session.failed.is_some();
            // What was taken back before anything was done was never begun.
            row.started = session.started.clone().filter(|_| session.status != Status::Pending);
            row.completed.clone_from(&session.completed);
            if matches!(session.status, Status::Done | Status::RolledBack) {
                row.commit = session.facts.get("commit").cloned();
            }
        } else if let Some(record) = record {
            row.attempt = record.attempt;
            row.started.clone_from(&record.started);
            row.completed.clone_from(&record.completed);
            row.commit = record.facts.get("commit").cloned();
        }
        row.before = self.before(id);
        row.notes = record.map(|record| brief(&record.notes)).unwrap_or_default();
        let live = self.open.get(id).map(|state| &state.session.metadata);
        let written =
            planned.or(live).and_then(|m| m.repository.as_deref()).or(record.and_then(|r| r.repository.as_deref()));
        row.repository = repository_of(id, written);
        row.week = planned.or(live).and_then(|m| m.week).or(record.and_then(|r| r.week));
        row
    }

    /// What the program wrote into the session's row before what it says of it now.
    fn before(&self, id: &str) -> Option<Attempt> {
        let record = self.records.get(id);
        // A start that was taken back leaves no record.
        let taken_back =
            self.open.get(id).map(|state| &state.session).filter(|session| session.status == Status::Pending);
        let started = taken_back.and_then(|session| session.started.clone());
        (record.is_some() || started.is_some()).then(|| Attempt {
            started: started.or(record.and_then(|record| record.started.clone())),
            completed: record.and_then(|record| record.completed.clone()),
            commit: record.and_then(|record| record.facts.get("commit").cloned()),
        })
    }
}
