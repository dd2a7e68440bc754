//! Checkpoints: what their messages take from the task file, their numbers, and hooks that stop them.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Sandbox;

fn started() -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s
}

fn message(s: &Sandbox) -> String {
    let hash = s.git("log --fixed-strings --grep=Session-Checkpoint: -1 --format=%H");
    s.git(&format!("log -1 --format=%B {hash}"))
}

#[test]
fn ticks_say_what_is_done_and_what_remains() {
    let s = started();
    s.session("checkpoint -m first").ok();
    assert_eq!(
        message(&s),
        "WIP: [HI-01] checkpoint - first\n\nPart of: Hello\nSession: HI-01 (checkpoint 1)\n\nSession-Checkpoint: HI-01/1",
        "nothing is ticked"
    );
    let text = s.read("docs/sessions/SESSION.md").replacen("- [ ] `test -f", "- [x] `test -f", 1);
    s.write("docs/sessions/SESSION.md", &format!("{text}\n- [x] asked Kim\n- [ ] ask Sam\n"));
    s.write("greeting.txt", "hi you\n");
    // What a command has to say is what it said: a tick is no evidence.
    s.session("verify").fails(3, &[]);
    s.session("checkpoint -m second").ok();
    assert_eq!(
        message(&s),
        "WIP: [HI-01] checkpoint - second\n\nCompleted:\n- test -f greeting.txt: [done]\n- asked Kim: [done]\n\n\
         Remaining:\n- grep -q hello greeting.txt: [pending]\n- ask Sam: [pending]\n\n\
         Part of: Hello\nSession: HI-01 (checkpoint 2)\n\nSession-Checkpoint: HI-01/2"
    );
    let task = s.read("docs/sessions/SESSION.md");
    assert!(task.contains("asked Kim") && task.contains("second"), "{task}");

    s.write("greeting.txt", "hello all\n");
    s.session("checkpoint -m third --done typing").ok();
    assert!(message(&s).contains("Completed:\n- typing: [done]\n\nPart of"), "{}", message(&s));
}

#[test]
fn the_same_words_again_are_no_second_checkpoint_though_a_box_was_ticked() {
    let s = started();
    s.session("checkpoint -m half").ok();
    let text = s.read("docs/sessions/SESSION.md").replacen("- [ ] `test -f", "- [x] `test -f", 1);
    s.write("docs/sessions/SESSION.md", &text);
    let ran = s.session("checkpoint -m half").ok();
    assert!(ran.err.contains("The last checkpoint holds just this"), "{ran:?}");
}

#[test]
fn numbers_go_on_behind_a_pause_and_show_lists_them() {
    let s = started();
    s.session("checkpoint -m one").ok();
    s.session("pause").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello you\n");
    s.session("checkpoint -m two").ok();
    assert!(message(&s).contains("Session-Checkpoint: HI-01/2"), "{}", message(&s));
    let hash = s.git("log --fixed-strings --grep=HI-01/2 -1 --format=%h --abbrev=7");
    let shown = s.session("show").ok().out;
    assert!(shown.contains(&format!("checkpoint 2 {hash} two\n")) && shown.contains("checkpoint 1 "), "{shown}");
    let live = s.session("show --json").ok().json();
    let whole = live["session"]["checkpoints"][1]["commit"].as_str().unwrap().to_owned();
    assert_eq!(whole, s.git(&format!("rev-parse {hash}")));
    let line = live["session"]["facts"]["checkpoint.2"].as_str().unwrap().to_owned();
    assert_eq!(line.split(' ').nth(1).unwrap(), s.git(&format!("rev-parse {hash}^{{tree}}")));
    assert_eq!(line.split(' ').nth(2).unwrap().len(), 40, "a patch id: {line}");

    s.session("complete").ok();
    let shown = s.session("show HI-01").ok().out;
    assert!(shown.contains(&format!("checkpoint 2 {hash}\n")), "{shown}");
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
    let commits = record["facts"]["commits"].as_str().unwrap();
    assert_eq!(commits.lines().count(), 3, "{commits}");
    assert!(commits.lines().any(|found| found == line), "the checkpoint is found by the same: {commits}");
    let pr = s.session("show HI-01 --for pr").ok().out;
    assert_eq!(pr.lines().find(|line| line.starts_with("**Commits:**")).unwrap().matches('`').count(), 6, "{pr}");
}

#[test]
fn a_hook_that_stops_a_checkpoint_names_no_verify() {
    let s = started();
    s.write(".git/hooks/pre-commit", "#!/bin/sh\necho half done >&2\nexit 1\n");
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), std::fs::Permissions::from_mode(0o755)).unwrap();
    s.session("checkpoint -m \"half way\"")
        .fails(1, &["half done", "session checkpoint -m 'half way' --no-verify", "recorded"]);
    assert_eq!(s.subjects(), ["plan"]);
}
