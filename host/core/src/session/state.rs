//! State is a fold over journal entries: one function, for live runs and for reading back.

use std::collections::{BTreeMap, BTreeSet};

use session_types::{
    Answer, CheckpointTaken, CommandKind, Effect, Event, Request, Session, Status, Summary, Timestamp,
};

use super::event::{EventKind, Input};
use super::transition::{Illegal, transition};
use super::verification::{Accepted, CheckResult, Confirmed, Failures, Proven, Verification};
use crate::journal::{Ending, Entry, StepEnding};

/// What the journal of one session says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionState {
    pub session: Session,
    /// Root of the working tree that it was started in.
    pub worktree: String,
    /// When the last event began.
    pub since: Timestamp,
    /// Since when it is active, and the seconds that it was before its pauses.
    pub active_since: Option<Timestamp>,
    pub seconds_before: i64,
    /// Checks of the last verification, and what else it left.
    pub checks: Vec<CheckResult>,
    pub verification: Verification,
    /// What the last verification without a failure proves, of this attempt.
    pub proven: Option<Proven>,
    /// Paths that only checks of this attempt have changed, with their content.
    pub by_checks: BTreeMap<String, Option<String>>,
    /// Commands that passed before any work, and so prove nothing.
    pub passed_before: Vec<String>,
    /// What failed in this attempt, and for which tree.
    pub failures: Failures,
    /// Digest of plugins.toml at start; none in a journal of an older version.
    pub settings: Option<String>,
    /// Checks of the plan that were taken over after start.
    pub accepted: Vec<Accepted>,
    /// Manual items that somebody has confirmed in this attempt.
    pub confirmed: Vec<Confirmed>,
    /// What the last event ended with, where it failed.
    pub error: Option<String>,
    /// It is neither forward nor back without a person.
    pub(super) stuck: bool,
    /// A rollback that failed when it had changed something: only that goes on, or is given up.
    pub(super) half: Option<Box<Input>>,
    /// Plugins that have left facts with the session.
    pub took_part: BTreeSet<String>,
    /// Plugins that have taken back their part alone.
    pub(super) alone: BTreeSet<String>,
    /// When it was taken back, or a part of it.
    pub rolled_back: Option<Timestamp>,
    /// It was done, and begins here with what its record says.
    pub recorded: bool,
    /// The documents do not show the last event yet.
    pub(super) unsettled: bool,
    /// Files that settle has written.
    pub documents: BTreeSet<String>,
    pub local: BTreeSet<String>,
    pub task_file: Option<String>,
    /// What attempts of an event have changed, until one of them succeeds; and what settle has, until it is done.
    pub effects: Vec<DoneEffect>,
    pub(super) current: Option<Current>,
}

/// Something that a step has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct DoneEffect {
    pub kind: EventKind,
    pub plugin: String,
    pub event: Event,
    pub effect: Effect,
}

/// What is known of the event under way, and of the last one until its documents are settled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Current {
    pub(super) input: Input,
    pub(super) step: Option<(String, Event)>,
    pub(super) intent: Option<Request>,
    /// Commands that run, by their place in `effects`.
    pub(super) children: BTreeMap<u32, usize>,
    /// The event has ended.
    pub(super) settling: bool,
}

/// Another name for the fold's value where nothing is known of a session yet.
pub type State = Option<SessionState>;

impl SessionState {
    /// Takes one entry in.
    ///
    /// # Errors
    /// Where the entry cannot follow what was before it.
    pub fn next(state: State, entry: &Entry, at: &Timestamp) -> Result<State, Illegal> {
        let mut state = match (state, entry) {
            (state, Entry::Began { id, input, .. }) => return began(state, id, input, at).map(Some),
            (Some(state), _) => state,
            (None, _) => return Err(Illegal::Stray { id: String::new() }),
        };
        match entry {
            Entry::Began { .. } => {}
            Entry::Intent { request, .. } => {
                if let Some(current) = state.current.as_mut() {
                    current.intent = Some(request.clone());
                }
            }
            Entry::Answered { answer, .. } => state.answered(answer.as_ref().ok()),
            Entry::Step { plugin, event, .. } => state.step(plugin, *event),
            Entry::Child(_) | Entry::Verified { .. } | Entry::Resumed { .. } => {}
            Entry::Looked(look) => state.looked(look),
            Entry::StepEnded { ending } => {
                if let StepEnding::Done { summary } = ending {
                    state.summary(summary);
                }
            }
            Entry::Checked { check } => state.checked(check),
            Entry::Ended { ending } => state.ended(ending, at)?,
            Entry::Moved { to, .. } => state.worktree.clone_from(to),
            Entry::Settled { .. } => {
                state.unsettled = false;
                state.effects.retain(|done| done.event != Event::Settle);
                state.current = None;
            }
        }
        Ok(Some(state))
    }

    /// Seconds that it was active up to a moment, pauses apart.
    pub fn seconds(&self, now: &Timestamp) -> i64 {
        self.seconds_before + self.active_since.as_ref().map_or(0, |since| seconds_between(since, now))
    }

    /// What a settle has written that was cut off.
    pub fn settled_so_far(&self) -> impl Iterator<Item = &String> {
        self.effects.iter().filter(|done| done.event == Event::Settle).filter_map(|done| match &done.effect {
            Effect::Wrote { path } => Some(path),
            _ => None,
        })
    }

    /// What the event itself has changed or may have, its documents apart.
    pub fn changed(&self) -> impl Iterator<Item = DoneEffect> {
        self.changed_since(0)
    }

    /// The same without what was there before, so many effects.
    pub fn changed_since(&self, before: usize) -> impl Iterator<Item = DoneEffect> {
        let done = self.effects.iter().skip(before).cloned().chain(self.begun());
        done.filter(|done| done.event != Event::Settle)
    }

    /// A command that may not run twice, without an answer: it may have run.
    fn begun(&self) -> Option<DoneEffect> {
        let current = self.current.as_ref()?;
        let (Some(Request::Spawn(run)), Some((plugin, event))) = (&current.intent, &current.step) else { return None };
        let effect = Effect::Ran { argv: run.argv.clone(), code: None };
        let begun = DoneEffect { kind: current.input.kind(), plugin: plugin.clone(), event: *event, effect };
        (run.kind == CommandKind::Effect).then_some(begun)
    }

    /// Whether another plugin has changed something in this `complete`, behind the checks.
    pub fn has_changed_besides(&self, plugin: &str) -> bool {
        self.effects.iter().any(|done| done.event == Event::Complete && done.plugin != plugin)
    }

    /// What this step has changed in attempts that came to nothing.
    pub fn earlier(&self, plugin: &str, event: Event) -> Vec<Effect> {
        let same = self.effects.iter().filter(|done| done.plugin == plugin && done.event == event);
        same.map(|done| done.effect.clone()).collect()
    }

    /// The next attempt is told of a command that may have run.
    fn keep_doubt(&mut self) {
        self.effects.extend(self.begun());
        if let Some(current) = self.current.as_mut() {
            current.intent = None;
        }
    }

    fn step(&mut self, plugin: &str, event: Event) {
        self.keep_doubt();
        if event == Event::Verify {
            // Run again after it was cut off: what it said before does not count.
            self.checks.retain(|check| check.plugin != plugin);
        }
        if let Some(current) = self.current.as_mut() {
            current.step = Some((plugin.to_owned(), event));
        }
    }

    fn answered(&mut self, answer: Option<&Answer>) {
        let Some(current) = self.current.as_mut() else { return };
        let (Some(request), Some(answer)) = (current.intent.take(), answer) else { return };
        let effect = match (request, answer) {
            (Request::FactSet { key, value }, _) => {
                self.session.facts.insert(key, value);
                self.took_part.extend(current.step.iter().map(|(plugin, _)| plugin.clone()));
                return;
            }
            (Request::Wait { child }, Answer::Outcome(outcome)) => {
                let place = current.children.get(&child).and_then(|place| self.effects.get_mut(*place));
                if let Some(DoneEffect { effect: Effect::Ran { code, .. }, .. }) = place {
                    *code = outcome.code;
                }
                return;
            }
            (Request::FileWrite { path, .. }, _) => {
                if current.settling {
                    self.documents.insert(path.clone());
                }
                Effect::Wrote { path }
            }
            (Request::FileRemove { path }, _) => Effect::Removed { path },
            (Request::Commit(_) | Request::Revert(_), Answer::Committed(made)) => match &made.commit {
                Some(commit) => Effect::Committed { commit: commit.clone() },
                // In a rehearsal it counts, and has no hash.
                None if made.planned => Effect::Committed { commit: String::new() },
                None => return,
            },
            (Request::Spawn(run), Answer::Child { child }) if run.kind == CommandKind::Effect => {
                current.children.insert(*child, self.effects.len());
                Effect::Ran { argv: run.argv, code: None }
            }
            _ => return,
        };
        if let Some((plugin, event)) = current.step.clone() {
            self.effects.push(DoneEffect { kind: current.input.kind(), plugin, event, effect });
        }
    }

    fn summary(&mut self, summary: &Summary) {
        self.flag(&summary.flags);
        if let Some(path) = &summary.task_file {
            self.task_file = Some(path.clone());
        }
        self.local.extend(summary.local.iter().cloned());
    }

    fn ended(&mut self, ending: &Ending, at: &Timestamp) -> Result<(), Illegal> {
        let id = self.session.id.clone();
        if matches!(ending, Ending::GivenUp { .. }) && self.current.is_none() && self.half.take().is_some() {
            (self.unsettled, self.stuck) = (true, false);
            self.keep_alone();
            return Ok(());
        }
        let Some(current) = self.current.as_mut() else { return Err(Illegal::Stray { id }) };
        let kind = current.input.kind();
        current.settling = true;
        let input = current.input.clone();
        self.unsettled = true;
        self.stuck = matches!(ending, Ending::Failed { error, .. } if error.stuck);
        if matches!(ending, Ending::GivenUp { .. }) {
            // Nothing of it is to be repeated.
            self.keep_doubt();
            self.keep_alone();
            self.half = None;
            self.current = None;
            return Ok(());
        }
        if let Ending::Failed { error, .. } = ending {
            self.error = Some(error.message.clone());
            self.keep_half(input);
            // A start that failed leaves nothing behind but the attempt to start.
            if kind != EventKind::Start {
                self.session.failed = Some(kind.name().to_owned());
            }
            return Ok(());
        }
        if let Input::Rollback { .. } = &input {
            self.after_rollback(&input, at);
            return Ok(());
        }
        let behind = self.effects.iter().filter(|done| done.event == Event::Complete);
        let behind = behind.filter(|done| !matches!(done.effect, Effect::Committed { .. } | Effect::Other));
        self.verification.behind = behind.map(|done| done.effect.brief()).collect();
        self.effects.retain(|done| done.kind != kind || done.event == Event::Settle);
        if kind != EventKind::Note {
            self.error = None;
            self.session.failed = None;
        }
        self.session.status = transition(&id, self.session.status, kind)?;
        if kind == EventKind::Start {
            self.active_since = Some(at.clone());
        } else if self.session.status != Status::Active {
            self.seconds_before = self.seconds(at);
            self.active_since = None;
        }
        match input {
            Input::Start { resumed, .. } if !resumed => self.session.started = Some(at.clone()),
            Input::Checkpoint { number, message, done, remaining, no_verify, .. } => {
                // Behind the commit stands what finds it again.
                let commit = self.session.facts.get(&format!("checkpoint.{number}"));
                let commit = commit.and_then(|line| line.split(' ').next()).map(str::to_owned);
                let taken = CheckpointTaken {
                    number,
                    at: at.clone(),
                    message,
                    commit,
                    done,
                    remaining,
                    no_verify,
                    undone: false,
                };
                self.session.checkpoints.push(taken);
            }
            Input::Complete { task, .. } => {
                self.session.completed = Some(at.clone());
                self.session.task = task;
            }
            Input::Pause { task } => self.session.task = task,
            Input::Note { task } => self.session.task = Some(task),
            Input::Verify { baseline: true, .. } => self.baseline(),
            Input::Start { .. } | Input::Verify { .. } | Input::Rollback { .. } => {}
        }
        Ok(())
    }
}

/// None are gone where a clock was set back, or where a moment cannot be read.
fn seconds_between(from: &Timestamp, to: &Timestamp) -> i64 {
    let moment = |at: &Timestamp| at.0.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second);
    match (moment(from), moment(to)) {
        (Ok(from), Ok(to)) => (to - from).max(0),
        _ => 0,
    }
}

fn began(state: State, id: &str, input: &Input, at: &Timestamp) -> Result<SessionState, Illegal> {
    let mut state = match (state, input) {
        (Some(state), Input::Start { resumed: true, worktree, .. }) => {
            SessionState { worktree: worktree.clone(), ..state }
        }
        // What was left of an earlier attempt does not count for this one.
        (before, Input::Start { session, worktree, settings, .. }) => {
            // The new attempt begins pending, so it is the old one's state that says whether it may.
            before.as_ref().map(|before| transition(id, before.session.status, EventKind::Start)).transpose()?;
            let (documents, effects) = before.map(|before| (before.documents, before.effects)).unwrap_or_default();
            let session = (**session).clone();
            let (worktree, settings) = (worktree.clone(), settings.clone());
            SessionState { session, worktree, settings, documents, effects, ..SessionState::default() }
        }
        // Whoever is cut off or fails half-way goes on in the same working tree.
        (state, Input::Rollback { session: Some(session), worktree, .. }) => {
            SessionState { worktree: worktree.clone(), ..SessionState::of_recorded(state, session) }
        }
        (Some(state), _) => state,
        (None, _) => return Err(Illegal::Stray { id: id.to_owned() }),
    };
    // Refused here and not only when it ends: a journal that says otherwise was not written by this program.
    transition(id, state.session.status, input.kind())?;
    if let Input::Verify { fresh, accepted, .. } | Input::Complete { fresh, accepted, .. } = input {
        state.checks.clear();
        state.verification = Verification { fresh: *fresh, ..Verification::default() };
        if let Input::Complete { unverified, .. } = input {
            state.verification.unverified.clone_from(unverified);
        }
        if let Some(accepted) = accepted {
            state.session.checks.clone_from(&accepted.checks);
            state.accepted.push(Accepted { checks: Vec::new(), ..accepted.clone() });
        }
    }
    if let Input::Rollback { worktree, .. } = input {
        state.worktree.clone_from(worktree);
        // The files may be the same ones again, and the database is not.
        state.proven = None;
    }
    state.since = at.clone();
    state.current =
        Some(Current { input: input.clone(), step: None, intent: None, children: BTreeMap::new(), settling: false });
    Ok(state)
}

#[cfg(test)]
mod tests {
    use session_types::Error;

    use super::*;

    fn at(minute: u32) -> Timestamp {
        Timestamp(format!("2026-01-02T09:{minute:02}:00+01:00"))
    }

    fn fold(entries: &[Entry]) -> Result<State, Illegal> {
        (0..).zip(entries).try_fold(None, |state, (minute, entry)| SessionState::next(state, entry, &at(minute)))
    }

    fn start() -> Entry {
        let session = Session { id: "A-1".into(), attempt: 1, ..Session::default() };
        let input = Input::Start {
            session: Box::new(session),
            worktree: "/w".into(),
            resumed: false,
            force: false,
            settings: None,
        };
        Entry::Began { id: "A-1".into(), number: 1, input }
    }

    fn began(input: Input) -> Entry {
        Entry::Began { id: "A-1".into(), number: 2, input }
    }

    /// As an older version wrote it: what is newer is not there.
    fn input(json: &str) -> Input {
        serde_json::from_str(json).expect("known")
    }

    fn complete() -> Input {
        input(r#"{"event": "complete", "message": null, "attest": [], "task": null, "include": [], "leave": []}"#)
    }

    fn done() -> Entry {
        Entry::Ended { ending: Ending::Done }
    }

    fn set(key: &str, value: &str) -> [Entry; 2] {
        let request = Request::FactSet { key: key.into(), value: value.into() };
        [Entry::Intent { call: 0, request, from: None }, Entry::Answered { call: 0, answer: Ok(Answer::Done) }]
    }

    #[test]
    fn a_failed_complete_leaves_the_session_active_and_failed() {
        let failed = Entry::Ended { ending: Ending::Failed { error: Error::new("no"), checks: true } };
        let state = fold(&[start(), done(), began(complete()), failed]).expect("legal").expect("known");
        assert_eq!((state.session.status, state.session.failed.as_deref()), (Status::Active, Some("complete")));
        let condition = state.condition_under_lock();
        assert_eq!((condition.endless(), condition.unsettled()), (None, Some(&complete())));
    }

    #[test]
    fn facts_count_only_when_they_were_answered() {
        let [intent, answer] = set("k", "v");
        let state = fold(&[start(), intent.clone()]).expect("legal").expect("known");
        assert!(state.session.facts.is_empty());
        let state = fold(&[start(), intent, answer]).expect("legal").expect("known");
        assert_eq!(state.session.facts["k"], "v");
    }

    #[test]
    fn a_new_attempt_knows_what_the_earlier_one_has_changed() {
        let complete = || began(complete());
        let step = Entry::Step { plugin: "p".into(), digest: "d".into(), event: Event::Complete };
        let request = Request::FileWrite { path: "a".into(), content: session_types::Bytes::default() };
        let wrote = Entry::Intent { call: 0, request, from: None };
        let answered = Entry::Answered { call: 0, answer: Ok(Answer::Done) };
        let failed = Entry::Ended { ending: Ending::Failed { error: Error::new("no"), checks: false } };
        let mut entries = vec![start(), done(), complete(), step, wrote, answered, failed, complete()];
        let state = fold(&entries).expect("legal").expect("known");
        assert_eq!(state.earlier("p", Event::Complete), [Effect::Wrote { path: "a".into() }]);
        assert_eq!((state.earlier("q", Event::Complete), state.earlier("p", Event::Verify)), (vec![], vec![]));
        entries.push(done());
        let state = fold(&entries).expect("legal").expect("known");
        assert!(state.effects.is_empty(), "it has succeeded");
    }

    #[test]
    fn a_command_without_an_answer_may_have_run() {
        let step = || Entry::Step { plugin: "p".into(), digest: "d".into(), event: Event::Complete };
        let spawn = |kind| {
            let run = session_types::Run { argv: vec!["ring".into()], kind, ..session_types::Run::default() };
            Entry::Intent { call: 0, request: Request::Spawn(run), from: None }
        };
        let changed = |entries: &[Entry]| {
            let state = fold(entries).expect("legal").expect("known");
            state.changed().map(|done| done.effect).collect::<Vec<_>>()
        };
        let ran = Effect::Ran { argv: vec!["ring".into()], code: None };
        let mut entries = vec![start(), done(), began(complete()), step(), spawn(CommandKind::Effect)];
        assert_eq!(changed(&entries), std::slice::from_ref(&ran));
        entries.push(step());
        assert_eq!(changed(&entries), [ran], "the next attempt is told once");
        let asks = [start(), done(), began(complete()), step(), spawn(CommandKind::Query)];
        assert!(changed(&asks).is_empty(), "a query changes nothing");
        let answer = Entry::Answered { call: 0, answer: Err(Error::new("there is no program")) };
        let refused = [start(), done(), began(complete()), step(), spawn(CommandKind::Effect), answer];
        assert!(changed(&refused).is_empty(), "it never began");
    }

    #[test]
    fn what_cannot_follow_is_refused() {
        assert!(matches!(fold(&[done()]), Err(Illegal::Stray { .. })));
        let pause = began(Input::Pause { task: None });
        assert!(fold(&[start(), done(), pause.clone()]).is_ok());
        assert!(matches!(fold(&[start(), pause]), Err(Illegal::Status { .. })), "it was never active");
        assert!(matches!(fold(&[start(), done(), start()]), Err(Illegal::Status { .. })), "it is active already");
        let failed = Entry::Ended { ending: Ending::Failed { error: Error::new("no"), checks: false } };
        assert!(fold(&[start(), failed, start()]).is_ok(), "a start that failed can be tried again");
    }

    #[test]
    fn time_in_a_pause_does_not_count() {
        let pause = began(Input::Pause { task: None });
        let mut entries = vec![start(), done(), pause, done()];
        let paused = fold(&entries).expect("legal").expect("known");
        assert_eq!((paused.seconds(&at(50)), paused.seconds(&at(59))), (120, 120), "from minute 1 to minute 3");
        let again = Session { id: "A-1".into(), ..Session::default() };
        let again = Input::Start {
            session: Box::new(again),
            worktree: "/w".into(),
            resumed: true,
            force: false,
            settings: None,
        };
        entries.extend([began(again), done()]);
        let state = fold(&entries).expect("legal").expect("known");
        assert_eq!(state.seconds(&at(10)), 120 + 5 * 60, "from minute 5 on");
        assert_eq!(state.seconds(&at(0)), 120, "a clock that was set back");
    }

    #[test]
    fn checkpoints_know_their_commit() {
        let [intent, answer] = set("checkpoint.1", "abc tree patch");
        let input = input(r#"{"event": "checkpoint", "number": 1, "message": "half", "done": [], "remaining": []}"#);
        let state = fold(&[start(), done(), began(input), intent, answer, done()]).expect("legal").expect("known");
        assert_eq!(state.session.checkpoints[0].commit.as_deref(), Some("abc"));
    }
}
