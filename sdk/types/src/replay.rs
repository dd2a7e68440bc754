//! How a step that was cut off runs again: its n-th call gets the n-th answer of the journal where both ask for the
//! same, reads included. The rule is part of the contract, so the host and the SDK's testing host share it. Pure.

use serde::{Deserialize, Serialize};

use crate::call::{Answer, CommandKind, Outcome, Request};
use crate::{Error, Result};

/// One call as the journal has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub request: Request,
    /// None where the step was cut off before the answer was written.
    pub answer: Option<Result<Answer>>,
}

/// What to do about a call that may not run twice and of which nobody knows whether it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Run it again.
    Retry,
    /// Go on as if it had succeeded.
    AssumeDone,
}

/// The calls of a step that was cut off, and how far it has come in asking for them again.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    calls: Vec<Call>,
    at: usize,
    doubt: Option<Doubt>,
}

/// What is known of the call that is asked for now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// It was done before: this is the answer.
    Answered(Result<Answer>),
    /// It was asked for before. Whether it was done is not known, or it may be done again.
    Unanswered,
    /// A command was begun under this number and did not come to its end: run it again, under the same number.
    Again { child: u32 },
    /// The person said that it was done; under this number, where it had one.
    Assumed { child: Option<u32> },
    /// Nobody has asked for it before: the journal goes on from here.
    New,
    /// The journal has something else in this place.
    Diverged { expected: Box<Request> },
}

impl Replay {
    /// A doubt that is open must be decided before: see [`Replay::in_doubt`].
    pub fn new(calls: Vec<Call>, doubt: Option<Doubt>) -> Self {
        Self { calls, at: 0, doubt }
    }

    /// The command that may not run twice and of which nobody knows how it ended.
    pub fn in_doubt(&self) -> Option<&Request> {
        let unfinished = |call: &&Call| match (&call.request, &call.answer) {
            (Request::Spawn(run), None) => run.kind == CommandKind::Effect,
            (Request::Spawn(run), Some(Ok(Answer::Child { child }))) => {
                run.kind == CommandKind::Effect && !self.has_ended(*child)
            }
            _ => false,
        };
        self.calls.iter().find(unfinished).map(|call| &call.request)
    }

    fn has_ended(&self, child: u32) -> bool {
        let waited = |call: &Call| call.request == Request::Wait { child } && call.answer.is_some();
        self.calls.iter().any(waited)
    }

    /// What is known of this call. The caller has it done where that is asked, and asks for the next one then.
    pub fn next(&mut self, request: &Request) -> Next {
        let Some(call) = self.calls.get(self.at) else { return Next::New };
        if call.request != *request {
            return Next::Diverged { expected: Box::new(call.request.clone()) };
        }
        self.at += 1;
        let assumed = self.doubt == Some(Doubt::AssumeDone);
        match (&call.request, &call.answer) {
            (Request::Spawn(run), Some(Ok(Answer::Child { child }))) if !self.has_ended(*child) => match run.kind {
                CommandKind::Effect if assumed => Next::Assumed { child: Some(*child) },
                _ => Next::Again { child: *child },
            },
            (Request::Spawn(run), None) if run.kind == CommandKind::Effect && assumed => Next::Assumed { child: None },
            (_, Some(answer)) => Next::Answered(answer.clone()),
            (_, None) => Next::Unanswered,
        }
    }

    /// Calls that nobody has asked for again.
    pub fn rest(&self) -> &[Call] {
        &self.calls[self.at.min(self.calls.len())..]
    }

    /// Whether every call was asked for again: what follows is new.
    pub fn is_over(&self) -> bool {
        self.at >= self.calls.len()
    }
}

/// What stands for the end of a command that a person says has succeeded.
pub fn assumed_outcome() -> Outcome {
    Outcome { code: Some(0), ..Outcome::default() }
}

/// How a divergence is told.
pub fn divergence(expected: &Request, found: Option<&Request>) -> Error {
    let found = found.map_or("nothing more".to_owned(), Request::brief);
    Error::new("it did not ask for the same again")
        .because(format!("asked for {found}, the journal has {}", expected.brief()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Run;

    fn read(path: &str) -> Request {
        Request::FileRead { path: path.into() }
    }

    fn call(request: Request, answer: Option<Answer>) -> Call {
        Call { request, answer: answer.map(Ok) }
    }

    fn spawn(kind: CommandKind) -> Request {
        Request::Spawn(Run { argv: vec!["x".into()], kind, ..Run::default() })
    }

    fn child(kind: CommandKind) -> Call {
        call(spawn(kind), Some(Answer::Child { child: 3 }))
    }

    #[test]
    fn answers_come_in_their_order_and_then_no_more() {
        let mut replay = Replay::new(vec![call(read("a"), Some(Answer::Done)), call(read("b"), None)], None);
        assert_eq!(replay.next(&read("a")), Next::Answered(Ok(Answer::Done)));
        assert_eq!(replay.next(&read("c")), Next::Diverged { expected: Box::new(read("b")) });
        assert_eq!(replay.next(&read("b")), Next::Unanswered, "a divergence consumes nothing");
        assert!(replay.is_over());
        assert_eq!(replay.next(&read("c")), Next::New);
    }

    #[test]
    fn a_command_without_an_end_runs_again_where_it_may() {
        for kind in [CommandKind::Query, CommandKind::Repeatable] {
            let mut replay = Replay::new(vec![child(kind), call(Request::Wait { child: 3 }, None)], None);
            assert_eq!(replay.in_doubt(), None);
            assert_eq!(replay.next(&spawn(kind)), Next::Again { child: 3 });
            assert_eq!(replay.next(&Request::Wait { child: 3 }), Next::Unanswered);
        }
        let ended = call(Request::Wait { child: 3 }, Some(Answer::Outcome(assumed_outcome())));
        let mut replay = Replay::new(vec![child(CommandKind::Effect), ended], None);
        assert_eq!(replay.in_doubt(), None);
        assert_eq!(replay.next(&spawn(CommandKind::Effect)), Next::Answered(Ok(Answer::Child { child: 3 })));
    }

    #[test]
    fn a_command_that_may_not_run_twice_is_in_doubt() {
        for calls in [vec![child(CommandKind::Effect)], vec![call(spawn(CommandKind::Effect), None)]] {
            assert_eq!(Replay::new(calls.clone(), None).in_doubt(), Some(&spawn(CommandKind::Effect)));
            let next = Replay::new(calls.clone(), Some(Doubt::AssumeDone)).next(&spawn(CommandKind::Effect));
            assert!(matches!(next, Next::Assumed { .. }), "{next:?}");
            let next = Replay::new(calls, Some(Doubt::Retry)).next(&spawn(CommandKind::Effect));
            assert!(matches!(next, Next::Again { .. } | Next::Unanswered), "{next:?}");
        }
    }
}
