//! One step in memory: its journal, a kill in its midst, and how it runs again. What must come of that is `crash.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::host::{Host, World};
use crate::Context;
use crate::plugin::Plugin;
use crate::replay::{Call, Doubt, Next, Replay, divergence};
use crate::{Answer, CommandKind, Commit, CommitRequest, Committed, Effect, Request, RevertRequest, Run};
use crate::{Error, Result, backend, glue};

/// Where around an effect the host dies. An effect takes these steps: the host writes into its journal that it is about to
/// happen (the intent), does it, writes down what came of it (the answer), and gives the answer to the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The handler has asked for the effect, the journal says nothing of it, and it does not happen. The effect happens
    /// when the handler runs again and asks for it again.
    BeforeIntent,
    /// The journal says that the effect is about to happen, but it does not. The host looks at the world, sees that the
    /// effect is not there, and has it happen; a command that may not run twice is for a person to decide about.
    AfterIntent,
    /// The effect has happened, and the journal does not have its answer. The host finds it by looking at the world; a
    /// command that may not run twice is for a person to decide about.
    AfterEffect,
    /// The effect has happened and the journal has its answer, but the handler never saw it. The handler is given that
    /// answer when it runs again. Of a command the answer to its start is meant: how it ended is not known yet.
    AfterAnswer,
}

impl Boundary {
    /// In the order in which a call comes to them.
    pub const ALL: [Self; 4] = [Self::BeforeIntent, Self::AfterIntent, Self::AfterEffect, Self::AfterAnswer];
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeIntent => "before the intent",
            Self::AfterIntent => "after the intent",
            Self::AfterEffect => "after the effect",
            Self::AfterAnswer => "after the answer",
        })
    }
}

/// What the test has in mind for the n-th effect.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trap {
    Kill(usize, Boundary),
    Fail(usize),
}

/// What unwinds through the handler in place of a kill.
struct Killed;

/// The step that runs, or ran last.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) journal: Vec<Call>,
    pub(super) trap: Option<Trap>,
    /// Effects whose command is told to have succeeded with nothing to say, whatever it did.
    pub(super) assume: BTreeSet<usize>,
    /// What was changed, in every attempt since the step began.
    pub(super) done: Vec<Effect>,
    /// Effects that were asked for.
    pub(super) effects: usize,
    /// Effects whose command has been run.
    pub(super) run: BTreeSet<usize>,
    /// What it began with; the journal has what came after.
    pub(super) facts: BTreeMap<String, String>,
    pub(super) checks: usize,
    pub(super) ran: usize,
    head: Option<String>,
    replay: Replay,
    /// None for a command of which a person says that it has succeeded.
    children: BTreeMap<u32, Option<Run>>,
    diverged: Option<Error>,
    dead: bool,
    /// Nothing is committed, only planned.
    pub(super) dry_run: bool,
}

impl Step {
    /// The command behind a number, where its outcome is its own.
    pub(super) fn child(&self, child: u32) -> Option<Run> {
        self.children.get(&child).cloned().unwrap_or_else(|| Some(Run::default()))
    }

    /// Numbers a command that runs now.
    pub(super) fn spawned(&mut self, run: Run, child: Option<u32>) -> u32 {
        let child = child.unwrap_or_else(|| self.free_child());
        let now = self.effects.saturating_sub(1);
        let is_effect = run.kind == CommandKind::Effect;
        if is_effect {
            self.run.insert(now);
            self.done.push(Effect::Ran { argv: run.argv.clone(), code: None });
        }
        self.children.insert(child, (!(is_effect && self.assume.contains(&now))).then_some(run));
        child
    }

    fn free_child(&self) -> u32 {
        let used = self.journal.iter().filter_map(|call| match call.answer {
            Some(Ok(Answer::Child { child })) => Some(child + 1),
            _ => None,
        });
        used.max().unwrap_or_default()
    }

    /// Effects that are commands which may not run twice and whose end the journal does not have.
    pub(super) fn open(&self) -> Vec<(usize, Run)> {
        let ended = |n: u32| self.journal.iter().any(|c| c.request == Request::Wait { child: n } && c.answer.is_some());
        let effects = self.journal.iter().filter(|call| call.request.is_effect()).enumerate();
        let open = effects.filter_map(|(n, call)| match (&call.request, &call.answer) {
            (Request::Spawn(run), None) => Some((n, run.clone())),
            (Request::Spawn(run), Some(Ok(Answer::Child { child }))) if !ended(*child) => Some((n, run.clone())),
            _ => None,
        });
        open.collect()
    }
}

impl Host {
    /// Runs the handler and kills the host at the n-th effect (from 0): the call never comes back. None where it came
    /// to that; else what the handler answered.
    pub fn run_killed<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
        &mut self,
        context: &Context<D>,
        effect: usize,
        boundary: Boundary,
    ) -> Option<Result<S>> {
        self.begin();
        self.set(|world| world.step.trap = Some(Trap::Kill(effect, boundary)));
        self.execute::<P, D>(context).map(|answer| answer.and_then(parsed))
    }

    /// The command of a killed run that a person must decide about.
    pub fn in_doubt(&self) -> Option<Request> {
        Replay::new(self.world().step.journal.clone(), None).in_doubt().cloned()
    }

    /// Goes on with a killed run: with the answers of its journal, or from the start where no effect was done.
    ///
    /// # Errors
    /// What the handler answers; where it does not ask for the same again; and where a command is in doubt and nobody
    /// has decided about it.
    pub fn resume<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
        &mut self,
        context: &Context<D>,
        doubt: Option<Doubt>,
    ) -> Result<S> {
        if doubt.is_none()
            && let Some(request) = self.in_doubt()
        {
            return Err(Error::new(format!("nobody knows whether this was done: {}", request.brief()))
                .hint("resume with Some(Doubt::Retry) or Some(Doubt::AssumeDone)"));
        }
        if !self.world().is_any_done() {
            self.restart();
        } else {
            self.set(|world| {
                let step = std::mem::take(&mut world.step);
                let replay = Replay::new(step.journal.clone(), doubt);
                let Step { journal, assume, done, run, facts, checks, ran, head, .. } = step;
                world.step = Step { journal, assume, done, run, facts, checks, ran, head, replay, ..Step::default() };
            });
        }
        parsed(self.answered::<P, D>(context)?)
    }

    /// A new step.
    pub(super) fn begin(&mut self) {
        self.set(|world| {
            world.step = Step {
                facts: world.facts.clone(),
                checks: world.checks.len(),
                ran: world.ran.len(),
                head: world.head.commit.clone(),
                assume: std::mem::take(&mut world.step.assume),
                ..Step::default()
            }
        });
    }

    /// The same step from its start: facts stay, checks are those of the new attempt.
    pub(super) fn restart(&mut self) {
        let done = std::mem::take(&mut self.0.borrow_mut().step.done);
        self.set(|world| world.checks.truncate(world.step.checks));
        self.begin();
        self.set(|world| world.step.done = done);
    }

    /// What the handler answers to a step that is not killed.
    pub(super) fn answered<P: Plugin + 'static, D: Serialize>(&mut self, context: &Context<D>) -> Result<String> {
        let answer =
            self.execute::<P, D>(context).unwrap_or_else(|| Err(Error::new("the host was killed, as the test asked")));
        let world = self.world();
        let left = world.step.replay.rest().first();
        match world.step.diverged.clone().or_else(|| left.map(|call| divergence(&call.request, None))) {
            Some(diverged) => Err(diverged),
            None => answer,
        }
    }

    /// None where the host was killed.
    pub(super) fn execute<P: Plugin + 'static, D: Serialize>(
        &mut self,
        context: &Context<D>,
    ) -> Option<Result<String>> {
        let text = match serde_json::to_string(context) {
            Ok(text) => text,
            Err(e) => return Some(Err(Error::new(e.to_string()))),
        };
        self.0.borrow_mut().step.dry_run = context.dry_run;
        let world = Rc::clone(&self.0);
        let run = || {
            let answerer = Box::new(move |request| world.borrow_mut().answer(request));
            backend::channel::with(answerer, || glue::handle::<P>(context.event, &text))
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            // A handler that catches what unwinds is dead all the same.
            Ok(_) if self.world().step.dead => None,
            Ok(answer) => Some(answer.map_err(|text| Error::from_text(&text))),
            Err(payload) if payload.is::<Killed>() => None,
            Err(payload) => resume_unwind(payload),
        }
    }
}

impl World {
    /// One call, as the host takes it: intent, effect, answer.
    fn answer(&mut self, request: Request) -> Result<Answer> {
        let number = self.calls.len();
        self.calls.push(request.clone());
        if self.step.dead {
            return Err(self.die());
        }
        if let Some(diverged) = &self.step.diverged {
            return Err(diverged.clone());
        }
        let fails = (self.fail_at == Some(number)).then(|| format!("call {number} fails, as the test asked"));
        // The journal has none of these.
        if matches!(request, Request::Log { .. } | Request::Progress { .. }) {
            return fails.map_or(Ok(Answer::Done), |text| Err(Error::new(text)));
        }
        let effect = request.is_effect().then_some(self.step.effects);
        self.step.effects += usize::from(effect.is_some());
        let is_it = |at: &usize| effect == Some(*at);
        let kill = match self.step.trap {
            Some(Trap::Kill(at, boundary)) if is_it(&at) => Some(boundary),
            _ => None,
        };
        let fails = match self.step.trap {
            Some(Trap::Fail(at)) if is_it(&at) => Some(format!("effect {at} fails, as the test asked")),
            _ => fails,
        };

        let next = self.step.replay.next(&request);
        match &next {
            Next::Answered(answer) => return answer.clone(),
            Next::Diverged { expected } => {
                let diverged = divergence(expected, Some(&request));
                self.step.diverged = Some(diverged.clone());
                return Err(diverged);
            }
            Next::New => {
                self.live_until(kill, Boundary::BeforeIntent)?;
                self.step.journal.push(Call { request: request.clone(), answer: None });
            }
            Next::Unanswered | Next::Again { .. } | Next::Assumed { .. } => {}
        }
        let at = self.step.journal.len() - self.step.replay.rest().len() - 1;
        self.live_until(kill, Boundary::AfterIntent)?;
        let found = if next == Next::Unanswered { self.settled(&request) } else { None };
        let answer = match (fails, found, next) {
            (Some(text), ..) => Err(Error::new(text)),
            (None, Some(answer), _) => Ok(answer),
            (None, None, Next::Assumed { child }) => {
                let child = child.unwrap_or_else(|| self.step.free_child());
                self.step.children.insert(child, None);
                Ok(Answer::Child { child })
            }
            (None, None, Next::Again { child }) => self.perform(request, Some(child)),
            (None, None, _) => self.done(request),
        };
        self.live_until(kill, Boundary::AfterEffect)?;
        self.step.journal[at].answer = Some(answer.clone());
        self.live_until(kill, Boundary::AfterAnswer)?;
        answer
    }

    /// Does it, and remembers it for the next attempt.
    fn done(&mut self, request: Request) -> Result<Answer> {
        let effect = match &request {
            Request::FileWrite { path, .. } => Some(Effect::Wrote { path: path.clone() }),
            Request::FileRemove { path } => Some(Effect::Removed { path: path.clone() }),
            _ => None,
        };
        let answer = self.perform(request, None)?;
        self.step.done.extend(effect);
        if let Answer::Committed(Committed { commit: Some(commit), .. }) = &answer {
            self.step.done.push(Effect::Committed { commit: commit.clone() });
        }
        Ok(answer)
    }

    fn live_until(&mut self, kill: Option<Boundary>, boundary: Boundary) -> Result<()> {
        if kill == Some(boundary) { Err(self.die()) } else { Ok(()) }
    }

    /// Comes back only where something unwinds already: there it would abort the test.
    fn die(&mut self) -> Error {
        self.step.dead = true;
        if !std::thread::panicking() {
            resume_unwind(Box::new(Killed));
        }
        Error::new("the host was killed")
    }

    /// Whether the journal has an effect that was done, or of which nobody knows.
    fn is_any_done(&self) -> bool {
        let done = |call: &Call| match &call.answer {
            Some(answer) => answer.is_ok(),
            None => matches!(call.request, Request::Spawn(_)) || self.settled(&call.request).is_some(),
        };
        self.step.journal.iter().any(|call| call.request.is_effect() && done(call))
    }

    /// The answer to what was intended, where a look at the world says that it was done.
    fn settled(&self, request: &Request) -> Option<Answer> {
        match request {
            Request::FileWrite { path, content } => (self.files.get(path) == Some(&content.0)).then_some(Answer::Done),
            Request::FileRemove { path } => (!self.files.contains_key(path)).then_some(Answer::Done),
            Request::Commit(CommitRequest { message, .. }) | Request::Revert(RevertRequest { message, .. }) => {
                let made = self.step.journal.iter().rev().find_map(|call| match &call.answer {
                    Some(Ok(Answer::Committed(made))) => made.commit.as_deref(),
                    _ => None,
                });
                let mut newer = self.since(made.or(self.step.head.as_deref())).iter().rev();
                let commit = newer.find(|commit| is_same(&commit.message, message))?;
                let Commit { commit, tree, files, .. } = commit.clone();
                Some(Answer::Committed(Committed {
                    commit: Some(commit),
                    tree,
                    files: files.len(),
                    ..Committed::default()
                }))
            }
            _ => None,
        }
    }
}

/// Whether a commit of this message is that of another: hooks change texts, so where there are trailers, they decide.
fn is_same(message: &str, other: &str) -> bool {
    match (trailers(message), trailers(other)) {
        (Some(trailers), Some(others)) => trailers == others,
        (None, None) => message.trim() == other.trim(),
        _ => false,
    }
}

/// The last paragraph, where it holds nothing but `Key: value`.
fn trailers(message: &str) -> Option<Vec<&str>> {
    let (_, last) = message.trim().rsplit_once("\n\n")?;
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_trailer = |line: &&str| line.split_once(": ").is_some_and(|(key, _)| is_key(key));
    let lines: Vec<&str> = last.lines().collect();
    lines.iter().all(is_trailer).then_some(lines)
}

pub(super) fn parsed<S: DeserializeOwned>(answer: String) -> Result<S> {
    serde_json::from_str(&answer).map_err(|e| Error::new(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_decide_whether_a_commit_is_the_one() {
        assert!(is_same("a\n\nId: 1\nAt: b c\n", "other\n\nbody\n\nId: 1\nAt: b c"));
        assert!(!is_same("a\n\nId: 1\n", "a\n\nId: 2\n"));
        assert!(is_same("a: b\n", "a: b"), "a subject is no trailer");
        assert!(!is_same("a\n\nnot: a trailer\nhere\n", "b\n\nnot: a trailer\nhere\n"));
        assert!(!is_same("a\n\nId: 1\n", "a"));
    }
}
