//! The condition of a session: how its last event stands, and whether a rollback has left a part of it behind. One table
//! says what comes next. Which event is legal in which status is `transition.rs`; what a journal says is `state.rs`. Pure.

use std::collections::BTreeSet;

use session_types::{CommandKind, Effect, Request, Status};

use super::event::{EventKind, Input};
use super::state::{Current, SessionState};
use super::transition::{Illegal, transition};

/// Computed from the fold, and from whether a command is at work, which no journal says.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition<'s> {
    pub event: LastEvent<'s>,
    pub back: Wholeness<'s>,
    status: Status,
    was_started: bool,
}

/// How the last event of a session stands.
#[derive(Clone, Debug, PartialEq)]
pub enum LastEvent<'s> {
    /// It has ended, and the documents show it; or there was none.
    Quiet,
    /// It has no end, and a command is at work on it.
    Running { input: &'s Input },
    /// It has no end, and no command is at work on it.
    CutOff(CutOffEvent<'s>),
    /// It has its result, which the documents do not show yet.
    Ended {
        /// What was asked for; none where the event was given up.
        input: Option<&'s Input>,
        /// A command is at work on the session: it writes them.
        is_settling: bool,
    },
}

/// What there is of an event that was cut off.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOffEvent<'s> {
    pub input: &'s Input,
    /// It has changed something, or may have.
    pub has_changed: bool,
    /// git was taking files back: they are written before the commit is.
    pub is_torn: bool,
    /// A command that may not run twice, of which the journal does not say how it ended.
    pub doubt: Option<String>,
    /// An effect that was begun, and of which the journal does not say that it was done.
    pub open_effect: Option<String>,
}

/// Whether a rollback has left a part of the session behind.
#[derive(Clone, Debug, PartialEq)]
pub enum Wholeness<'s> {
    Whole,
    /// A rollback failed when it had changed something. It goes on, or is given up.
    Half {
        input: &'s Input,
        /// It is neither forward nor back without a person.
        is_stuck: bool,
    },
    /// These plugins have taken back their part alone.
    Alone(&'s BTreeSet<String>),
}

/// What a session needs before anything else happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait: a command runs the event.
    Wait(EventKind),
    /// Wait: a command writes the documents.
    WaitForDocuments,
    /// A person says what became of a command; then the event goes on.
    Decide(EventKind),
    /// The event goes on, or runs again.
    FinishEvent(EventKind),
    /// The rollback goes on, or is given up.
    FinishRollback,
    /// The documents follow.
    FinishDocuments,
    /// The journal is put away.
    PutAway,
    /// Nothing: an event may begin.
    Nothing,
}

impl<'s> Condition<'s> {
    /// The table. An event without an end comes before all that an earlier one has left.
    pub fn next(&self) -> Next {
        match (&self.event, &self.back) {
            (LastEvent::Running { input }, _) => Next::Wait(input.kind()),
            (LastEvent::CutOff(cut), _) if cut.doubt.is_some() => Next::Decide(cut.input.kind()),
            (LastEvent::CutOff(cut), _) => Next::FinishEvent(cut.input.kind()),
            (LastEvent::Quiet | LastEvent::Ended { .. }, Wholeness::Half { .. }) => Next::FinishRollback,
            // No document shows a session that never started.
            (LastEvent::Ended { .. }, _) if !self.was_started && !self.is_at_its_end() => Next::Nothing,
            (LastEvent::Ended { is_settling: true, .. }, _) => Next::WaitForDocuments,
            (LastEvent::Ended { is_settling: false, .. }, _) => Next::FinishDocuments,
            (LastEvent::Quiet, _) if self.is_at_its_end() => Next::PutAway,
            (LastEvent::Quiet, _) => Next::Nothing,
        }
    }

    /// Refuses an event that cannot happen in this status. Where something is unfinished, or the session is done, the
    /// answer is found under its lock: this very command may have been cut off.
    ///
    /// # Errors
    /// As [`transition`].
    pub fn allow(&self, id: &str, kind: EventKind) -> Result<(), Illegal> {
        if self.is_unfinished() || self.status == Status::Done {
            return Ok(());
        }
        transition(id, self.status, kind).map(drop)
    }

    /// Something of an earlier command is left to do.
    pub fn is_unfinished(&self) -> bool {
        self.is_under_way() || self.half().is_some()
    }

    /// The last event has no end, or its documents do not show it.
    pub fn is_under_way(&self) -> bool {
        self.event != LastEvent::Quiet
    }

    /// What was asked for, of an event without an end.
    pub fn endless(&self) -> Option<&'s Input> {
        match &self.event {
            LastEvent::Running { input } => Some(input),
            LastEvent::CutOff(cut) => Some(cut.input),
            LastEvent::Quiet | LastEvent::Ended { .. } => None,
        }
    }

    /// What was asked for, of an event that the documents do not show.
    pub fn unsettled(&self) -> Option<&'s Input> {
        if let LastEvent::Ended { input, .. } = &self.event { *input } else { None }
    }

    /// The same where a document would show it: not of a session that never started.
    pub fn missing_in_documents(&self) -> Option<&'s Input> {
        self.unsettled().filter(|_| self.was_started)
    }

    /// The rollback that failed half-way.
    pub fn half(&self) -> Option<&'s Input> {
        if let Wholeness::Half { input, .. } = &self.back { Some(input) } else { None }
    }

    /// A rollback of it has begun and is not finished.
    pub fn is_rolling_back(&self) -> bool {
        let last = self.endless().or(self.unsettled());
        self.half().is_some() || last.is_some_and(|input| input.kind() == EventKind::Rollback)
    }

    /// An event that was cut off, where no command is at work on it.
    pub fn cut_off(&self) -> Option<&CutOffEvent<'s>> {
        if let LastEvent::CutOff(cut) = &self.event { Some(cut) } else { None }
    }

    /// A rollback was cut off while git took files back.
    pub fn is_torn(&self) -> bool {
        self.cut_off().is_some_and(|cut| cut.is_torn)
    }

    /// It takes a working tree: no other session may be active there.
    pub fn holds_tree(&self) -> bool {
        self.status == Status::Active || self.half().is_some()
    }

    /// Nothing more happens to it unless somebody begins anew.
    pub fn is_at_its_end(&self) -> bool {
        match self.status {
            Status::Done | Status::RolledBack => self.half().is_none(),
            // Taken back before it had done anything.
            Status::Pending => self.was_started,
            _ => false,
        }
    }
}

impl SessionState {
    /// `is_alive`: whether a command is at work on the session. It is asked only where that matters.
    pub fn condition(&self, is_alive: impl Fn() -> bool) -> Condition<'_> {
        let (status, was_started) = (self.session.status, self.session.started.is_some());
        Condition { event: self.last_event(is_alive), back: self.wholeness(), status, was_started }
    }

    /// For a caller that holds the session's lock: no other command is at work on it.
    pub fn condition_under_lock(&self) -> Condition<'_> {
        self.condition(|| false)
    }

    fn last_event(&self, is_alive: impl Fn() -> bool) -> LastEvent<'_> {
        match self.endless() {
            Some(Current { input, .. }) if is_alive() => LastEvent::Running { input },
            Some(current) => LastEvent::CutOff(CutOffEvent {
                input: &current.input,
                has_changed: self.changed().next().is_some(),
                is_torn: self.is_torn(current),
                doubt: self.doubt(current),
                open_effect: current.intent.as_ref().filter(|intent| intent.is_effect()).map(Request::brief),
            }),
            None if self.unsettled => {
                LastEvent::Ended { input: self.current.as_ref().map(|current| &current.input), is_settling: is_alive() }
            }
            None => LastEvent::Quiet,
        }
    }

    fn wholeness(&self) -> Wholeness<'_> {
        match self.half.as_deref() {
            Some(input) => Wholeness::Half { input, is_stuck: self.stuck },
            None if self.alone.is_empty() => Wholeness::Whole,
            None => Wholeness::Alone(&self.alone),
        }
    }

    /// The event that began and has not ended.
    pub(super) fn endless(&self) -> Option<&Current> {
        self.current.as_ref().filter(|current| !current.settling)
    }

    /// Whether a rollback had changed something, or had begun to.
    fn is_torn(&self, current: &Current) -> bool {
        let begun = matches!(current.intent, Some(Request::Revert(_)));
        current.input.kind() == EventKind::Rollback && (begun || self.changed().next().is_some())
    }

    fn doubt(&self, current: &Current) -> Option<String> {
        let begun = match &current.intent {
            Some(Request::Spawn(run)) if run.kind == CommandKind::Effect => Some(run.argv.join(" ")),
            _ => None,
        };
        let ran = current.children.values().find_map(|place| match &self.effects.get(*place)?.effect {
            Effect::Ran { argv, code: None } => Some(argv.join(" ")),
            _ => None,
        });
        begun.or(ran)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use session_types::{Answer, Bytes, Error, Event, Run, Session, Timestamp};

    use super::*;
    use crate::journal::{Ending, Entry};
    use crate::session::State;

    const STATUSES: [Status; 5] = [Status::Pending, Status::Active, Status::Paused, Status::Done, Status::RolledBack];

    fn input(json: &str) -> Input {
        serde_json::from_str(json).expect("known")
    }

    fn complete() -> Input {
        input(r#"{"event": "complete", "message": null, "attest": [], "task": null, "include": [], "leave": []}"#)
    }

    fn rollback() -> Input {
        input(r#"{"event": "rollback", "to": "start", "worktree": "/w", "task": null, "back": {}}"#)
    }

    fn start() -> Input {
        let session = Box::new(Session { id: "A-1".into(), attempt: 1, ..Session::default() });
        Input::Start { session, worktree: "/w".into(), resumed: false, force: false, settings: None }
    }

    #[test]
    fn every_combination_has_its_answer() {
        let (asked, taken_back, plugins) = (complete(), rollback(), BTreeSet::from(["db".to_owned()]));
        let cut = |doubt: Option<&str>| {
            let doubt = doubt.map(str::to_owned);
            LastEvent::CutOff(CutOffEvent {
                input: &asked,
                has_changed: false,
                is_torn: false,
                doubt,
                open_effect: None,
            })
        };
        let ended = |is_settling| LastEvent::Ended { input: Some(&asked), is_settling };
        let events = [
            ("quiet", LastEvent::Quiet),
            ("running", LastEvent::Running { input: &asked }),
            ("cut off", cut(None)),
            ("in doubt", cut(Some("ring"))),
            ("ended", ended(false)),
            ("settling", ended(true)),
        ];
        let backs = [
            ("whole", Wholeness::Whole),
            ("half", Wholeness::Half { input: &taken_back, is_stuck: true }),
            ("alone", Wholeness::Alone(&plugins)),
        ];
        let mut table = Vec::new();
        for (event, back) in events.iter().flat_map(|event| backs.iter().map(move |back| (event, back))) {
            let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (status, was_started) in STATUSES.into_iter().flat_map(|status| [(status, true), (status, false)]) {
                let condition = Condition { event: event.1.clone(), back: back.1.clone(), status, was_started };
                let who = format!("{}{}", status.word(), if was_started { "" } else { " never started" });
                answers.entry(format!("{:?}", condition.next())).or_default().push(who);
                // Only what is at its end takes no event.
                let refused = EventKind::ALL.iter().all(|kind| condition.allow("A-1", *kind).is_err());
                assert!(!refused || condition.next() == Next::PutAway, "{} {}: {status:?}", event.0, back.0);
            }
            let all = answers.len() == 1;
            let said =
                answers.into_iter().map(|(next, who)| if all { next } else { format!("{next}: {}", who.join(", ")) });
            table.push(format!("{} {}: {}", event.0, back.0, said.collect::<Vec<_>>().join("; ")));
        }
        let quiet = "Nothing: pending never started, active, active never started, paused, paused never started; \
                     PutAway: pending, done, done never started, rolled back, rolled back never started";
        let settled = |next: &str| {
            let started = "pending, active, paused, done, done never started, rolled back, rolled back never started";
            let never = "pending never started, active never started, paused never started";
            let mut said = [format!("{next}: {started}"), format!("Nothing: {never}")];
            said.sort();
            said.join("; ")
        };
        let rows = |event: &str, whole: &str, half: &str| {
            [("whole", whole), ("half", half), ("alone", whole)].map(|(back, next)| format!("{event} {back}: {next}"))
        };
        let expected = [
            rows("quiet", quiet, "FinishRollback"),
            rows("running", "Wait(Complete)", "Wait(Complete)"),
            rows("cut off", "FinishEvent(Complete)", "FinishEvent(Complete)"),
            rows("in doubt", "Decide(Complete)", "Decide(Complete)"),
            rows("ended", &settled("FinishDocuments"), "FinishRollback"),
            rows("settling", &settled("WaitForDocuments"), "FinishRollback"),
        ];
        assert_eq!(table, expected.concat());
    }

    /// Every journal of up to so many entries, as far as the fold takes it.
    fn states(depth: usize) -> Vec<SessionState> {
        let began = |input| Entry::Began { id: "A-1".into(), number: 1, input };
        let intent = |request| Entry::Intent { call: 0, request, from: None };
        let run = Run { argv: vec!["ring".into()], kind: CommandKind::Effect, ..Run::default() };
        let failed = |error| Entry::Ended { ending: Ending::Failed { error, checks: false } };
        let entries = [
            began(start()),
            began(complete()),
            began(rollback()),
            Entry::Step { plugin: "p".into(), digest: "d".into(), event: Event::Rollback },
            intent(Request::FileWrite { path: "a".into(), content: Bytes::default() }),
            intent(Request::Spawn(run)),
            Entry::Answered { call: 0, answer: Ok(Answer::Done) },
            Entry::Ended { ending: Ending::Done },
            failed(Error::new("no").stuck()),
            Entry::Ended { ending: Ending::GivenUp { by: "kim".into() } },
            Entry::Settled { complete: true },
        ];
        let at = Timestamp("2026-01-02T09:00:00+01:00".into());
        let (mut all, mut last): (Vec<SessionState>, Vec<State>) = (Vec::new(), vec![None]);
        for _ in 0..depth {
            let next = last.iter().flat_map(|state| entries.iter().map(move |entry| (state.clone(), entry)));
            last = next.filter_map(|(state, entry)| SessionState::next(state, entry, &at).ok()).collect();
            last.dedup();
            for state in last.iter().flatten() {
                if !all.contains(state) {
                    all.push(state.clone());
                }
            }
            last = all.iter().cloned().map(Some).collect();
        }
        all
    }

    #[test]
    fn what_a_journal_reaches_has_an_answer_that_fits() {
        let mut reached = BTreeSet::new();
        for state in states(7) {
            for is_alive in [false, true] {
                let condition = state.condition(|| is_alive);
                let next = condition.next();
                reached.insert(format!("{next:?}"));
                let waits = matches!(next, Next::Wait(_) | Next::WaitForDocuments);
                assert!(!waits || is_alive, "{condition:?}: no command to wait for");
                assert!(!matches!(next, Next::Decide(_) | Next::FinishEvent(_)) || condition.cut_off().is_some());
                assert_eq!(next == Next::FinishRollback, condition.half().is_some() && condition.endless().is_none());
                assert!(!condition.is_torn() || condition.is_rolling_back(), "{condition:?}");
                assert!(condition.endless().is_none() || condition.unsettled().is_none(), "{condition:?}");
            }
        }
        let expected = [
            "Decide(Complete)",
            "Decide(Rollback)",
            "Decide(Start)",
            "FinishDocuments",
            "FinishEvent(Complete)",
            "FinishEvent(Rollback)",
            "FinishEvent(Start)",
            "FinishRollback",
            "Nothing",
            "PutAway",
            "Wait(Complete)",
            "Wait(Rollback)",
            "Wait(Start)",
            "WaitForDocuments",
        ];
        assert_eq!(reached.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
