//! A session that is under way: what it has not committed is kept and undone with the rest, and the next attempt starts
//! clean.

use super::{Point, TASK, cell, clean, grows, project, record, remove, status};
use crate::support::Sandbox;

/// One checkpoint, a commit by hand, and work of every kind that is not committed.
fn under_way() -> (Sandbox, Point) {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    let point = Point::of(&s);
    s.session("start A-01").ok();
    s.write("first.txt", "first\n");
    s.session("checkpoint -m half").ok();
    s.write("hand.txt", "hand\n");
    super::commit(&s, "fix: by hand");
    s.write("dir/new.txt", "new\n");
    super::change(&s, "keep.txt", 3, "changed");
    s.write("first.txt", "first, and more\n");
    remove(&s, "gone.txt");
    (s, point)
}

#[test]
fn what_is_not_committed_is_kept_and_undone_and_the_next_attempt_starts_clean() {
    let (s, point) = under_way();
    let ran = grows(&s, "rollback");
    assert!(ran.err.contains("A-01 is rolled back") && ran.err.contains("session start A-01"), "{ran:?}");
    point.as_before(&s, &["A-01"]);
    let saved = "WIP: [A-01] checkpoint - what was not committed before the rollback";
    let subjects = s.subjects();
    let subjects: Vec<&str> =
        subjects.iter().filter(|subject| !subject.contains("checkpoint A-01")).map(|s| &**s).collect();
    assert_eq!(subjects[..3], ["docs(progress): roll back A-01", "revert: roll back A-01", saved]);
    let kept = s.git("log --fixed-strings --grep=A-01/2 -1 --format=%H");
    assert_eq!(s.git(&format!("show --name-only --format= {kept}")), "dir/new.txt\nfirst.txt\ngone.txt\nkeep.txt");
    assert_eq!(s.git(&format!("show {kept}:dir/new.txt")), "new");
    assert_eq!((status(&s, "A-01"), cell(&s, "A-01")), ("rolled-back".to_owned(), "↩️ Rolled back".to_owned()));
    let first = record(&s, "A-01");
    assert_eq!((first["status"].as_str(), first["attempt"].as_u64()), (Some("rolled-back"), Some(1)), "{first}");
    assert!(first["rolled_back"]["at"].is_string() && s.exists(".git/session/closed/A-01@1.jsonl"));
    assert!(s.read(TASK).starts_with("# Session Rolled Back"), "{}", s.read(TASK));
    s.session("audit").ok();
    s.session("audit --strict").ok();
    s.session("status --check").ok();
    s.session("start A-02").fails(1, &["waits for others"]);

    s.session("start A-01").ok();
    assert_eq!(cell(&s, "A-01"), "🔁 Retry");
    let live = s.session("show --json").ok().json();
    assert_eq!(live["session"]["attempt"], 2, "{live}");
    assert!(live["session"]["checkpoints"].as_array().is_none_or(Vec::is_empty), "{live}");
    let facts = live["session"]["facts"].as_object().unwrap();
    assert!(
        !facts.keys().any(|key| key.starts_with("checkpoint.") || key == "revert" || key == "commits"),
        "{facts:?}"
    );
    s.write("second.txt", "second\n");
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    let second = record(&s, "A-01");
    assert_eq!((second["status"].as_str(), second["attempt"].as_u64()), (Some("done"), Some(2)), "{second}");
    assert_eq!(second["facts"]["commits"].as_str().unwrap().lines().count(), 2, "{second}");
    assert_eq!(second["facts"]["files"], "second.txt");
    let earlier = &second["earlier"][0];
    assert_eq!(earlier["attempt"], 1, "{second}");
    assert_eq!(earlier["facts"]["revert"], first["facts"]["revert"], "{second}");
    assert_eq!(cell(&s, "A-01"), "✅ Done");
    clean(&s);
    s.session("audit").ok();
    s.session("audit --strict").ok();
    s.session("status --check").ok();
    s.session("start A-02").ok();
    s.session("rollback A-02").ok();
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
    assert_eq!(record(&s, "A-01")["earlier"][0]["attempt"], 1);
    s.session("audit").ok();

    // The third attempt knows both.
    s.session("start A-01").ok();
    s.write("third.txt", "third\n");
    s.session("complete").ok();
    let third = record(&s, "A-01");
    let attempts: Vec<u64> =
        third["earlier"].as_array().unwrap().iter().filter_map(|it| it["attempt"].as_u64()).collect();
    assert_eq!((third["attempt"].as_u64(), attempts), (Some(3), vec![1, 2]), "{third}");
    s.session("audit").ok();
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    other.session("audit").ok();
    grows(&other, "rollback A-01");
    point.as_before(&other, &["A-01"]);
}

#[test]
fn one_that_had_done_nothing_is_pending_again() {
    let s = project(&[("A-01", "none")]);
    let (point, head) = (Point::of(&s), s.git("rev-parse HEAD"));
    s.session("start A-01").ok();
    let ran = grows(&s, "rollback");
    assert!(ran.err.contains("A-01 is pending again: it had done nothing"), "{ran:?}");
    point.as_before(&s, &[]);
    assert!(s.subjects().iter().all(|subject| subject.starts_with("docs(progress)") || subject == "setup"));
    assert_eq!(s.git(&format!("diff --stat {head}")), "", "{:?}", s.subjects());
    assert_eq!((status(&s, "A-01"), cell(&s, "A-01")), ("pending".to_owned(), "⬜ Pending".to_owned()));
    assert!(!s.exists("docs/sessions/records/A-01.json"));
    s.session("status --check").ok();
    s.session("rollback").fails(1, &["no session is active here"]);
    s.session("start A-01").ok();
    assert_eq!(s.session("show --json").ok().json()["session"]["attempt"], 1);
    assert_eq!(cell(&s, "A-01"), "🔄 Active");
    s.write("a.txt", "a\n");
    s.session("complete").ok();
    s.session("audit").ok();
}

#[test]
fn without_a_plan() {
    let s = Sandbox::new();
    s.write("README.md", "x\n");
    s.git("add .");
    s.git("commit --quiet -m first");
    s.session("start FIX-01 --title \"Mend it\" --check true").ok();
    s.write("mended", "yes\n");
    s.session("complete").ok();
    grows(&s, "rollback FIX-01");
    assert!(!s.exists("mended"));
    clean(&s);
    s.session("start FIX-01 --title again --check true").ok();
    s.write("mended", "better\n");
    grows(&s, "rollback");
    assert!(!s.exists("mended"));
    clean(&s);
    s.session("audit").ok();
}

#[test]
fn the_first_commit_of_all() {
    let s = Sandbox::new();
    s.session("start FIX-01 --title x --check true").ok();
    s.write("a.txt", "a\n");
    s.session("complete").ok();
    grows(&s, "rollback FIX-01");
    assert!(!s.exists("a.txt"));
    clean(&s);
}
