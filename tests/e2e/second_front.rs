//! The workflow without the command line: a second front (`tests/second_front.rs`) drives sessions, and leaves just what the
//! first one leaves.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{SESSION, Sandbox};

const PLAN: &str = "\
# Two steps

## Session TS-01: First

### Verification Checklist

- [ ] `test -s one.txt`
- [ ] `test ! -e kill-me || { rm kill-me; kill -9 $PPID; }`

## Session TS-02: Second

### Metadata

```yaml
dependencies: TS-01
```

### Verification Checklist

- [ ] `test -s two.txt`
";

fn project() -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/PLAN.md", PLAN);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Two").ok();
    s
}

/// What the second front says, each line as JSON, and whether it went well.
fn front(s: &Sandbox, answer: &str, words: &str) -> (Vec<Value>, bool) {
    let program = Path::new(SESSION).with_file_name("examples").join("second_front");
    // `cargo test --test e2e` alone builds no examples.
    assert!(program.is_file(), "first: cargo build --locked --workspace --examples");
    let mut command = s.command(program.to_str().unwrap(), &s.root);
    command.arg(&s.root).arg(answer).args(words.split(' ')).env("SESSION_NOW", "2026-03-02T09:00:00Z");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(err.is_empty(), "it printed by itself: {err}");
    (out.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.success())
}

/// What it says at its end.
#[track_caller]
fn last(s: &Sandbox, words: &str) -> Value {
    let (said, well) = front(s, "yes", words);
    assert!(well, "{said:#?}");
    said.last().unwrap().clone()
}

#[test]
fn it_starts_completes_and_takes_back_as_the_command_line_does() {
    let (by_front, by_command) = (project(), project());
    let started = last(&by_front, "start TS-01");
    assert_eq!(started, json!({"started": "TS-01", "attempt": 1, "resumed": false}));
    by_front.write("one.txt", "1");
    let done = last(&by_front, "complete");
    assert_eq!((&done["completed"], &done["ready"], &done["all"]), (&json!("TS-01"), &json!(["TS-02"]), &json!(false)));
    assert_eq!(done["commit"].as_str().unwrap().len(), 40);

    by_command.session("start TS-01").ok();
    by_command.write("one.txt", "1");
    by_command.session("complete").ok();
    assert_eq!(by_front.subjects(), by_command.subjects());
    let progress = |s: &Sandbox| {
        let hash = s.git("log -1 --format=%h HEAD~1");
        s.read("docs/progress/TWO_PROGRESS.md").replace(&hash, "HASH")
    };
    assert_eq!(progress(&by_front), progress(&by_command));

    let back = last(&by_front, "rollback TS-01");
    assert_eq!(back, json!({"rolled_back": "TS-01", "status": "rolled-back", "undone": true}));
    assert!(!by_front.exists("one.txt"));
    assert_eq!(by_front.git("status --porcelain"), "");
}

#[test]
fn it_is_told_what_fails_and_what_was_checked() {
    let s = project();
    last(&s, "start TS-01");
    let (said, well) = front(&s, "yes", "complete");
    assert!(!well);
    assert!(said.iter().any(|line| line["check"] == "test -s one.txt" && line["verdict"] == "failed"), "{said:#?}");
    let error = said.last().unwrap();
    assert_eq!(
        (&error["kind"], &error["error"]),
        (&json!("Checks"), &json!("TS-01 is not verified, and its work is not committed"))
    );
    let (said, well) = front(&s, "yes", "start TS-02");
    assert!(!well);
    assert_eq!(said.last().unwrap()["error"], "TS-02 cannot start: TS-01 is active here");
}

#[test]
fn it_is_asked_for_approval_and_goes_on_only_with_a_yes() {
    let s = project().clone_fresh().unattended();
    let (said, well) = front(&s, "no", "start TS-01");
    assert!(!well);
    let asked = said.iter().position(|line| line["answer"] == false).unwrap();
    assert_eq!(said[asked - 1]["approval"]["first"], true);
    assert_eq!(said.last().unwrap()["error"], "you said no, so nothing ran");
    assert_eq!(last(&s, "start TS-01")["started"], "TS-01");
    let asked_again = front(&s, "no", "rollback TS-01").0;
    assert!(asked_again.iter().all(|line| line.get("approval").is_none()), "{asked_again:#?}");
}

#[test]
fn it_resumes_what_was_killed() {
    let s = project();
    last(&s, "start TS-01");
    s.write("one.txt", "1");
    s.write("kill-me", "");
    let (said, well) = front(&s, "yes", "complete");
    assert!(!well, "{said:#?}");
    assert_eq!(last(&s, "resume"), json!({"resumed": [{"id": "TS-01", "event": "complete"}], "paused": []}));
    assert_eq!(s.subjects().len(), 3);
    s.session("status").ok();
}
