//! A front that is no command line: it drives start, complete, rollback and resume, and prints each thing that is said and
//! each outcome as a line of JSON. It shows that all of that is decided in `workflow`. `e2e/second_front.rs` runs it.
//!
//! `second_front FOLDER yes|no start|complete|rollback|resume [ID]`: the second word is the answer to every question.
#![expect(clippy::disallowed_macros, reason = "it is a program of its own that prints")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use session_engine::dispatch::{Notice, Watch};
use session_workflow::{
    Approvals, Caller, CommandError, CompleteEnd, CompleteRequest, Front, ResumeOutcome, ResumeRequest,
    RollbackRequest, Start, StartEnd, StartRequest, begin, complete, resume, rollback,
};

#[derive(Debug)]
struct Lines {
    yes: bool,
}

fn line(value: &Value) {
    println!("{value}");
}

impl Watch for Lines {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::Check { check, known } = notice {
            line(&json!({"check": check.evidence.check, "verdict": check.verdict, "known": known}));
        }
    }
}

impl Front for Lines {
    fn warned(&self, text: &str) {
        line(&json!({"warning": text}));
    }

    fn told(&self, text: &str) {
        line(&json!({"told": text}));
    }

    fn told_by(&self, all: &[(String, Vec<String>)]) {
        all.iter().for_each(|(plugin, texts)| line(&json!({"plugin": plugin, "says": texts})));
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn ask(&self, question: &str) -> bool {
        line(&json!({"asked": question, "answer": self.yes}));
        self.yes
    }

    fn shows(&self, asked: &Approvals<'_>) {
        line(&json!({"approval": asked.json()}));
    }

    fn agrees(&self, _: &Approvals<'_>) -> bool {
        self.ask("may all of this run here?")
    }

    fn log_to(&self, _: Option<&Path>) {}

    fn may_be_stopped(self: Arc<Self>, _: fn()) {}
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [folder, yes, command, ref id @ ..] = words[..] else { return usage() };
    let id = id.first().map(|id| (*id).to_owned());
    let command = ["start", "complete", "rollback", "resume"].into_iter().find(|known| *known == command);
    let Some(command) = command else { return usage() };
    let front = Arc::new(Lines { yes: yes == "yes" });
    let start = Start {
        folder: folder.into(),
        front,
        caller: Caller::of_environment(),
        command,
        bundled: session_bundled::PLUGINS,
    };
    match run(&start, id) {
        Ok(outcome) => {
            line(&outcome);
            ExitCode::SUCCESS
        }
        Err(error) => {
            line(&json!({
                "error": error.message, "kind": format!("{:?}", error.kind), "causes": error.causes, "hints": error.hints,
            }));
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    line(&json!({"usage": "second_front FOLDER yes|no start|complete|rollback|resume [ID]"}));
    ExitCode::from(2)
}

fn run(start: &Start, id: Option<String>) -> Result<Value, CommandError> {
    match start.command {
        "start" => {
            let request = StartRequest { id: id.unwrap_or_default(), ..StartRequest::default() };
            let outcome = begin(start, &request)?.outcome;
            let StartEnd::Started { state, .. } = outcome.end else { return Ok(json!({"started": null})) };
            Ok(json!({"started": state.session.id, "attempt": state.session.attempt, "resumed": outcome.resumed}))
        }
        "complete" => {
            let outcome = complete(start, CompleteRequest { id, ..CompleteRequest::default() })?;
            let CompleteEnd::Done(done) = outcome.end else { return Ok(json!({"completed": null})) };
            let commit = done.state.session.facts.get("commit");
            Ok(json!({"completed": outcome.id, "commit": commit, "ready": done.ready, "all": done.plan_is_finished}))
        }
        "rollback" => {
            let outcome = rollback(start, RollbackRequest { id, ..RollbackRequest::default() })?;
            let status = outcome.session.map(|session| session.status);
            Ok(json!({"rolled_back": outcome.id, "status": status, "undone": outcome.undone}))
        }
        _ => match resume(start, &ResumeRequest { id, ..ResumeRequest::default() })? {
            ResumeOutcome::Finished(done) => {
                let resumed: Vec<Value> =
                    done.resumed.iter().map(|one| json!({"id": one.id, "event": one.kind})).collect();
                done.error.map_or(Ok(json!({"resumed": resumed, "paused": done.paused})), Err)
            }
            ResumeOutcome::WentOn(outcome) => Ok(json!({"went_on": outcome.id})),
            ResumeOutcome::Here(brought) => Ok(json!({"here": brought.id})),
            ResumeOutcome::Whole { id, .. } => Ok(json!({"whole": id})),
        },
    }
}
