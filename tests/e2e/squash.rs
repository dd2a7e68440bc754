//! `complete --squash`: one work commit in place of the checkpoints, which stay reachable; and checkpoints without hooks.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Sandbox;

/// A second session with two checkpoints and the documents of a failed verification between them; the first one has the
/// documents tracked.
fn with_checkpoints() -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s.session("start HI-02").ok();
    s.write("farewell.txt", "good\n");
    s.session("checkpoint -m one").ok();
    s.session("verify").fails(3, &[]);
    s.write("more.txt", "more\n");
    s.session("checkpoint -m two").ok();
    s.write("farewell.txt", "goodbye\n");
    s
}

fn facts(s: &Sandbox) -> serde_json::Value {
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-02.json")).unwrap();
    record["facts"].clone()
}

const BEFORE: [&str; 4] =
    ["docs(progress): start HI-02", "docs(progress): complete HI-01", "feat(letter): add greeting", "plan"];

#[test]
fn squash_makes_one_commit_of_the_checkpoints() {
    let s = with_checkpoints();
    let old = s.git("rev-parse HEAD");
    let onto = s.git("log --fixed-strings --grep=\"start HI-02\" -1 --format=%H");
    let checkpoint = s.git("log --fixed-strings --grep=HI-02/1 -1 --format=%H");
    let folded = s.git(&format!("rev-list --count {onto}..HEAD"));
    let ran = s.session("complete --squash").ok();
    assert!(ran.err.contains("checkpoints folded; refs/session/HI-02/1 keeps them"), "{ran:?}");
    let subjects = s.subjects();
    assert_eq!(subjects[..2], ["docs(progress): complete HI-02", "feat(letter): add farewell"]);
    assert_eq!(subjects[2..], BEFORE);
    assert_eq!(s.git("show --name-only --format= HEAD^"), "farewell.txt\nmore.txt");
    assert_eq!(s.git("status --porcelain"), "", "the documents of the folded commits are in the last one");
    let work = s.git("rev-parse HEAD^");
    assert!(s.read("docs/progress/HELLO_PROGRESS.md").contains(&format!("| {} |", &work[..7])));
    let facts = facts(&s);
    assert_eq!(facts["folded"], format!("refs/session/HI-02/1 {old} {folded}"));
    assert!(facts["commits"].as_str().unwrap().starts_with(&work), "{facts}");
    assert_eq!(facts["commits"].as_str().unwrap().lines().count(), 1);
    assert_eq!(facts["files"], "farewell.txt\nmore.txt");
    assert_eq!(s.git("rev-parse refs/session/HI-02/1"), old);
    s.git(&format!("merge-base --is-ancestor {checkpoint} refs/session/HI-02/1"));
    s.session("status --check").ok();
}

#[test]
fn squash_in_the_config_does_the_same_and_a_dry_run_changes_nothing() {
    let s = with_checkpoints();
    let text = s.read("plugins.toml").replace("name = \"git\"", "name = \"git\"\n[plugin.config]\nsquash = true");
    s.write("plugins.toml", &text);
    let before = s.git("log --format=%H");
    let ran = s.session("complete --dry-run").ok();
    assert!(ran.out.contains("refs/session/HI-02/1"), "{ran:?}");
    assert_eq!((s.git("log --format=%H"), s.git("for-each-ref refs/session")), (before, String::new()));
    s.session("complete").ok();
    assert_eq!(s.subjects()[1..3], ["feat(letter): add farewell", BEFORE[0]]);
}

#[test]
fn squash_stops_at_a_commit_by_hand_and_leaves_one_below() {
    let s = with_checkpoints();
    s.git("add more.txt farewell.txt");
    s.git("commit --quiet -m \"fix: by hand\"");
    let hash = s.git("rev-parse --short=7 HEAD");
    let ran = s.session("complete --squash").fails(
        1,
        &[&format!("{hash} (fix: by hand) stands among the checkpoints"), "session complete without --squash"],
    );
    assert!(!ran.err.contains("passed"), "{ran:?}");
    s.session("complete").ok();

    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("hand.txt", "x\n");
    s.git("add hand.txt");
    s.git("commit --quiet -m \"fix: by hand\"");
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    s.session("complete --squash").ok();
    assert_eq!(s.subjects(), ["docs(progress): complete HI-01", "feat(letter): add greeting", "fix: by hand", "plan"]);
}

#[test]
fn squash_leaves_what_was_pushed() {
    let s = with_checkpoints();
    let remote = s.home().join("remote.git");
    s.git(&format!("init --quiet --bare \"{}\"", remote.display()));
    s.git(&format!("remote add origin \"{}\"", remote.display()));
    let second = s.git("log --fixed-strings --grep=HI-02/2 -1 --format=%H");
    let pushed = s.git(&format!("rev-parse {second}^"));
    s.git(&format!("push --quiet origin {pushed}:refs/heads/main"));
    s.session("complete --squash").ok();
    s.git(&format!("merge-base --is-ancestor {pushed} HEAD"));
    assert!(s.subjects().contains(&"WIP: [HI-02] checkpoint - one".to_owned()), "{:?}", s.subjects());
    assert!(!s.subjects().contains(&"WIP: [HI-02] checkpoint - two".to_owned()), "{:?}", s.subjects());
    s.git("push --quiet origin HEAD:refs/heads/main");
}

#[test]
fn squash_with_nothing_to_fold_is_a_plain_complete() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete --squash").ok();
    assert_eq!(s.subjects(), ["docs(progress): complete HI-01", "feat(letter): add greeting", "plan"]);
    assert_eq!(s.git("for-each-ref refs/session"), "");
}

#[test]
fn squash_keeps_what_was_staged_and_what_was_dirty_before() {
    let s = Sandbox::hello();
    s.write("mine.txt", "mine\n");
    s.git("add mine.txt");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    s.session("complete --squash").ok();
    assert_eq!(s.git("status --porcelain"), "A  mine.txt");
}

#[test]
fn no_verify_keeps_a_checkpoint_that_a_hook_would_stop_and_is_recorded() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), std::fs::Permissions::from_mode(0o755)).unwrap();
    s.session("checkpoint -m half").fails(1, &["--no-verify"]);
    s.session("checkpoint -m half --no-verify").ok();
    assert_eq!(s.subjects()[0], "WIP: [HI-01] checkpoint - half");
    assert!(s.session("show").ok().out.contains("half  (without git's hooks)"));
    assert!(s.read("docs/sessions/SESSION.md").contains("half; without git's hooks"));
    assert_eq!(s.session("show --json").ok().json()["session"]["checkpoints"][0]["no_verify"], true);
    assert!(s.read(".git/session/open/HI-01.jsonl").contains("\"no_verify\":true"));
    s.session("complete").fails(1, &["git would not commit"]);
}
