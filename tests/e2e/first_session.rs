//! The whole way of the hello plan by hand: start, work, checkpoint, a failing check, repair, complete, and what a
//! fresh clone knows of it.

use crate::support::Sandbox;

fn hash(sandbox: &Sandbox, subject: &str) -> String {
    let log = sandbox.git("log --format=%h%x20%s --abbrev=7");
    let line = log.lines().find(|line| line.ends_with(subject)).unwrap_or_else(|| panic!("{subject} in {log}"));
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn hello_from_init_to_a_fresh_clone() {
    let s = Sandbox::hello();
    let started = s.session("start HI-01").ok();
    assert_eq!(started.out, "claude --model sonnet 'Work through docs/sessions/SESSION.md'\n");
    assert_eq!(s.subjects(), ["plan"], "start commits nothing");
    assert!(s.read("docs/sessions/SESSION.md").starts_with("# Current Session: HI-01 — Greeting\n"));

    s.write("greeting.txt", "helo\n");
    s.session("checkpoint -m half").ok();
    let failed =
        s.session("complete").fails(3, &["`grep -q hello greeting.txt`", "exit code 1", "its work is not committed"]);
    assert!(failed.err.contains("passed      `test -f greeting.txt`"), "{}", failed.err);
    assert_eq!(s.subjects(), ["WIP: [HI-01] checkpoint - half", "plan"]);
    assert!(s.read("docs/progress/HELLO_PROGRESS.md").contains("| HI-01 | ❌ Failed | 2026-03-02 09:00 |"));

    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(
        s.subjects(),
        ["docs(progress): complete HI-01", "feat(letter): add greeting", "WIP: [HI-01] checkpoint - half", "plan"]
    );
    assert_eq!(s.git("status --porcelain"), "");
    let work = hash(&s, "feat(letter): add greeting");
    assert_eq!(
        s.git(&format!("log -1 --format=%B {work}")),
        "feat(letter): add greeting\n\nPart of: Hello\nSession: HI-01\n\nSession-Id: HI-01\nSession-Verified: 2 passed"
    );
    assert_eq!(s.git(&format!("log -1 --format=%(trailers:key=Session-Id,valueonly) {work}")), "HI-01");
    assert_eq!(s.git(&format!("show --name-only --format= {work}")), "greeting.txt", "no document in a work commit");
    let row = format!("| HI-01 | ✅ Done | 2026-03-02 09:00 | 2026-03-02 09:00 | {work} |");
    assert!(s.read("docs/progress/HELLO_PROGRESS.md").contains(&row));
    let stub = s.read("docs/sessions/SESSION.md");
    assert!(stub.contains("# Session Complete") && stub.contains("`session start HI-02`"), "{stub}");

    // What is done is in the repository: another person on another machine knows it, and is refused the same.
    let before = (s.session("status").ok().out, s.session("next").ok().out, s.session("start HI-03"));
    let clone = s.clone_fresh().unattended();
    assert_eq!(clone.session("status").ok().out, before.0, "reading never asks");
    clone.session("start HI-03").fails(5, &["is not approved", "session trust"]);
    clone.session("trust").fails(5, &["only in CI: `session trust --yes`"]);
    clone.session("trust --yes").ok();
    let after = (clone.session("status").ok().out, clone.session("next").ok().out, clone.session("start HI-03"));
    assert_eq!((before.0, before.1), (after.0, after.1));
    assert_eq!((before.2.code, s.plain(&before.2.err)), (after.2.code, clone.plain(&after.2.err)));
    after.2.fails(1, &["HI-02 is pending"]);
}

#[test]
fn a_session_that_waits_starts_when_the_others_are_done() {
    let s = Sandbox::hello();
    for (id, file, text) in [("HI-01", "greeting.txt", "hello\n"), ("HI-02", "farewell.txt", "goodbye\n")] {
        s.session("start HI-03").fails(1, &["waits for others", "session next"]);
        s.session(&format!("start {id}")).ok();
        s.write(file, text);
        s.session("complete").ok();
    }
    s.session("start HI-03").ok();
    s.write("letter.txt", "hello\ngoodbye\n");
    s.session("complete").ok();
    let status = s.session("status --json").ok().json();
    assert_eq!(status["sessions"].as_array().unwrap().iter().filter(|row| row["status"] == "done").count(), 3);
    assert_eq!(status["schema"], 1);
}

#[test]
fn without_init_and_without_a_plan() {
    let s = Sandbox::new();
    s.write("README.md", "x\n");
    s.git("add .");
    s.git("commit --quiet -m first");
    s.session("start FIX-01 --title \"Mend it\" --check \"test -f mended\"").ok();
    s.session("complete").fails(3, &["`test -f mended`"]);
    s.write("mended", "yes\n");
    s.session("complete").ok();
    assert_eq!(s.subjects()[1], "feat: Mend it");
    assert!(!s.exists("plugins.toml"));
}

#[test]
fn a_plan_without_init() {
    let s = Sandbox::new();
    s.write("plan.md", &crate::support::data("plans/hello.md"));
    s.git("add .");
    s.git("commit --quiet -m first");
    s.session("start HI-01 --plan plan.md").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.subjects()[1], "feat(letter): add greeting");
}

#[test]
fn init_without_a_plan_writes_one_that_works() {
    let s = Sandbox::new();
    let made = s.session("init \"My Tool\"").ok();
    assert!(made.out.contains("docs/MY_TOOL_PROMPTS.md"), "{made:?}");
    s.session("start MT-01").ok();
    s.write("README.md", "a tool\n");
    s.session("complete").ok();
    assert_eq!(s.git("status --porcelain"), "", "the first bookkeeping commit takes what init made");
    assert!(s.git("log -1 --format=%B HEAD^").contains("Session-Verified: 1 passed, 1 unconfirmed"));
}

#[test]
fn the_task_file_keeps_what_people_write() {
    let s = Sandbox::new();
    s.session("init \"My Tool\"").ok();
    s.session("start MT-01").ok();
    let text = s.read("docs/sessions/SESSION.md");
    let text = text
        .replace("- [ ] A newcomer", "- [x] A newcomer")
        .replace("docs: say what My Tool is", "docs(readme): begin");
    s.write("docs/sessions/SESSION.md", &format!("{text}\n- the name may change\n"));
    s.write("README.md", "a tool\n");
    s.session("pause").ok();
    assert!(s.read("docs/sessions/SESSION.md").starts_with("# Session Paused"));
    assert_eq!(s.session("status --json").ok().json()["sessions"][0]["status"], "paused");
    s.session("complete").fails(1, &["no session is active here"]);
    s.session("start MT-01").ok();
    let again = s.read("docs/sessions/SESSION.md");
    assert!(again.contains("- [x] A newcomer") && again.contains("- the name may change"), "{again}");
    s.session("verify").ok();
    s.session("complete").ok();
    assert_eq!(s.subjects()[1], "docs(readme): begin");
    assert!(s.git("log -1 --format=%B HEAD^").contains("Session-Verified: 1 passed, 1 attested"));
    assert!(s.read("docs/progress/MY_TOOL_PROGRESS.md").contains("### Notes\n- MT-01: the name may change"));
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let s = Sandbox::hello();
    let ran = s.session("start HI-01 --dry-run").ok();
    assert!(ran.out.contains("write: docs/sessions/SESSION.md"), "{ran:?}");
    assert!(!s.exists("docs/sessions/SESSION.md"));
    s.session("start HI-01").ok();
    s.write("greeting.txt", "helo\n");
    s.write("docs/HELLO_PROMPTS.md", &s.read("docs/HELLO_PROMPTS.md"));
    let before = crate::support::everything(&s.root);
    let ran = s.session("complete --dry-run").ok();
    assert!(ran.out.contains("run (checklist): sh -c test -f greeting.txt"), "{ran:?}");
    assert!(ran.out.contains("commit (git): feat(letter): add greeting\n    greeting.txt"), "{ran:?}");
    s.session("checkpoint -m x --dry-run").ok();
    s.session("pause --dry-run").ok();
    s.session("verify --dry-run").ok();
    assert!(crate::support::everything(&s.root) == before, "something has changed");
}

#[test]
fn demo_runs_with_nothing_set_up() {
    let plan = std::fs::read_to_string(crate::support::workspace().join("host/src/cli/demo_plan.md")).unwrap();
    assert_eq!(plan, crate::support::data("plans/hello.md"), "the demo plays the plan that the tests know");
    let s = Sandbox::bare();
    let mut command = s.session_command("demo --json");
    let ran = crate::support::Ran::of(command.env("TMPDIR", s.home()).output().unwrap()).ok();
    let folder = ran.json()["folder"].as_str().unwrap().to_owned();
    let log = std::process::Command::new("git").args(["log", "--format=%s"]).current_dir(&folder).output().unwrap();
    // The plan, two for each of three sessions and for the rollback, and the row of the second and third start: by then
    // git tracks it.
    assert_eq!(String::from_utf8(log.stdout).unwrap().lines().count(), 11);
}
