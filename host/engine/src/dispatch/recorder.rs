//! Journal and state together: every entry goes into both, and nothing is done after one that could not be written.

use std::path::Path;
use std::time::SystemTime;

use session_core::journal::{Begun, Entry, children};
use session_core::session::{Illegal, SessionState, State};
use session_types::{Answer, Event, Timestamp};
use thiserror::Error;

use crate::journal::{Journal, JournalError, read};

/// What is known of one session, and where more is written. Without a journal it is a rehearsal.
#[derive(Debug)]
pub struct Recorder {
    journal: Option<Journal>,
    state: State,
    now: Timestamp,
    events: u32,
    /// What the journal says of its last event, and the state before it.
    last: Vec<(Timestamp, Entry)>,
    before: State,
    /// The first entry that could not be written: nothing may be done after it.
    broken: Option<RecordError>,
}

#[derive(Debug, Error)]
pub enum RecordError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Illegal(#[from] Illegal),
    #[error(transparent)]
    World(session_types::Error),
    /// A step that was cut off asks for something else than before.
    #[error("{plugin} cannot go on with {event} where it was cut off")]
    Diverged { plugin: String, event: Event, source: session_types::Error },
}

fn fold(state: State, entries: &[(Timestamp, Entry)]) -> Result<State, Illegal> {
    entries.iter().try_fold(state, |state, (at, entry)| SessionState::next(state, entry, at))
}

impl Recorder {
    /// Opens a session's journal for writing. The caller holds its lock.
    ///
    /// # Errors
    /// Where the journal cannot be read or written.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, RecordError> {
        let (journal, mut entries) = Journal::open(path)?;
        let is_beginning = |(_, entry): &(Timestamp, Entry)| matches!(entry, Entry::Began { .. });
        let events = u32::try_from(entries.iter().filter(|entry| is_beginning(entry)).count()).unwrap_or(u32::MAX);
        let last = entries.split_off(entries.iter().rposition(is_beginning).unwrap_or(entries.len()));
        let before = fold(None, &entries)?;
        let state = fold(before.clone(), &last)?;
        Ok(Self { journal: Some(journal), state, now, events, last, before, broken: None })
    }

    /// What the journal says of the last event.
    pub fn last_event(&self) -> &[(Timestamp, Entry)] {
        &self.last
    }

    /// Names the event that runs, on this machine: what is in the environment of its programs.
    pub fn name(&self) -> String {
        let journal = self.journal.as_ref().map(|journal| journal.path().display().to_string());
        format!("{}#{}", journal.unwrap_or_default(), self.events)
    }

    /// When the journal was last written to, before it was opened here.
    pub fn written(&self) -> SystemTime {
        self.journal.as_ref().map_or(SystemTime::UNIX_EPOCH, Journal::written)
    }

    /// Writes down the answer to a call that the last event left open.
    pub(super) fn answer(&mut self, call: u32, answer: Answer) -> Result<(), RecordError> {
        let entry = Entry::Answered { call, answer: Ok(answer) };
        self.record(&entry)?;
        self.last.push((self.now.clone(), entry));
        Ok(())
    }

    /// Programs that the last event has started.
    pub fn children(&self) -> Vec<&Begun> {
        children(&self.last)
    }

    /// The state before the n-th entry of the last event.
    pub(super) fn state_before(&self, entry: usize) -> Result<State, Illegal> {
        fold(self.before.clone(), &self.last[..entry])
    }

    /// A rehearsal from a state: nothing is written.
    pub fn rehearse(state: State, now: Timestamp) -> Self {
        Self { journal: None, state, now, events: 0, last: Vec::new(), before: None, broken: None }
    }

    /// What a journal says, without opening it for writing.
    ///
    /// # Errors
    /// Where it cannot be read or is damaged.
    pub fn read(path: &Path) -> Result<State, RecordError> {
        Self::fold(&read(path)?)
    }

    /// What these entries say.
    ///
    /// # Errors
    /// Where they are no history of a session.
    pub fn fold(entries: &[(Timestamp, Entry)]) -> Result<State, RecordError> {
        Ok(fold(None, entries)?)
    }

    /// Whether entries go anywhere: not where a document is read or a project settled without a session.
    pub(super) fn keeps(&self) -> bool {
        self.journal.is_some() || self.state.is_some()
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn now(&self) -> &Timestamp {
        &self.now
    }

    /// Number of the next event of this session.
    pub fn next_event(&self) -> u32 {
        self.events + 1
    }

    /// Writes one entry and folds it in.
    ///
    /// # Errors
    /// Where the disk does not take it, or it cannot follow what was before it.
    pub fn record(&mut self, entry: &Entry) -> Result<(), RecordError> {
        if self.journal.is_none() && self.state.is_none() && !matches!(entry, Entry::Began { .. }) {
            // Reading a document or settling a project without a session: there is nothing to remember.
            return Ok(());
        }
        // Folded first: what is illegal is not written. Moved and not copied, since evidence can be long; after an
        // error nothing more is done with the state anyway.
        self.state = SessionState::next(self.state.take(), entry, &self.now)?;
        if matches!(entry, Entry::Began { .. }) {
            self.events += 1;
        }
        if let Some(journal) = self.journal.as_mut() {
            journal.append(&self.now, entry)?;
        }
        Ok(())
    }

    /// As [`Recorder::record`], for a caller that must answer a plugin: the error is kept for the dispatcher.
    pub(super) fn record_or_break(&mut self, entry: &Entry) -> bool {
        if self.broken.is_none() {
            self.broken = self.record(entry).err();
        }
        self.broken.is_none()
    }

    /// From now on nothing is written, and nothing done.
    pub(super) fn break_with(&mut self, error: RecordError) {
        self.broken.get_or_insert(error);
    }

    pub(super) fn take_broken(&mut self) -> Option<RecordError> {
        self.broken.take()
    }

    /// # Errors
    /// Where the disk says that it could not.
    pub fn sync(&self) -> Result<(), RecordError> {
        self.journal.as_ref().map_or(Ok(()), |journal| Ok(journal.sync()?))
    }
}
