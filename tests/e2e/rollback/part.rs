//! A part of a session: back to a checkpoint or by one commit, then on from there, and at last all of it.

use super::{Point, TASK, cell, clean, files, grows, meanwhile, project, record, refused, status};
use crate::support::Sandbox;

/// Two checkpoints with a commit by hand between them, and what was ticked and noted.
fn with_checkpoints() -> (Sandbox, Point) {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    let point = Point::of(&s);
    s.session("start A-01").ok();
    refused(&s, "rollback --to checkpoint", 1, &["A-01 has no checkpoint to go back to", "session rollback A-01"]);
    s.write("first.txt", "first\n");
    s.session("checkpoint -m one").ok();
    s.write("hand.txt", "hand\n");
    super::commit(&s, "fix: by hand");
    super::change(&s, "keep.txt", 3, "changed");
    s.session("checkpoint -m two").ok();
    let task = s.read(TASK).replacen("- [ ] Looks fine", "- [x] Looks fine", 1);
    s.write(TASK, &format!("{task}\n- mind the gap\n"));
    (s, point)
}

fn checkpoint(s: &Sandbox, number: u32) -> String {
    s.git(&format!("log --all --fixed-strings --grep=\"Session-Checkpoint: A-01/{number}\" -1 --format=%H"))
}

/// Active, with its task file, and the files of a commit.
#[track_caller]
fn is_active_at(s: &Sandbox, commit: &str) {
    assert_eq!(files(s, "HEAD"), files(s, commit));
    clean(s);
    assert_eq!(status(s, "A-01"), "active");
    assert_eq!(cell(s, "A-01"), "🔄 Active");
    let task = s.read(TASK);
    assert!(task.contains("- [x] Looks fine") && task.contains("- mind the gap"), "{task}");
    s.session("status --check").ok();
    s.session("audit").ok();
}

/// Goes on, completes, and takes all of it back.
#[track_caller]
fn goes_on(s: &Sandbox, point: &Point, own: usize) {
    s.write("later.txt", "later\n");
    s.session("complete").ok();
    clean(s);
    let record = record(s, "A-01");
    assert_eq!((record["status"].as_str(), record["attempt"].as_u64()), (Some("done"), Some(1)), "{record}");
    assert!(record["rolled_back"].is_null(), "{record}");
    assert_eq!(record["facts"]["commits"].as_str().unwrap().lines().count(), own, "{record}");
    assert!(record["notes"].to_string().contains("mind the gap"), "{record}");
    assert_eq!(cell(s, "A-01"), "✅ Done");
    s.session("audit").ok();
    s.session("status --check").ok();
    grows(s, "rollback A-01");
    point.as_before(s, &["A-01"]);
    s.session("audit").ok();
}

#[test]
fn of_one_that_is_under_way() {
    let (s, point) = with_checkpoints();
    s.write("more.txt", "more\n");
    for (to, said) in [
        ("checkpoint:9", vec!["A-01 has no checkpoint 9 to go back to", "there is 1, 2"]),
        ("checkpoint:3", vec!["no checkpoint 3"]),
    ] {
        refused(&s, &format!("rollback --to {to}"), 1, &said);
    }
    for to in ["checkpoint:0", "checkpoint:x", "checkpoint:-1", "nonsense", "checkpoint:99999999999"] {
        let code = super::untouched(&s, || s.session(&format!("rollback --to {to}"))).code;
        assert_eq!(code, 2, "{to}");
    }
    // What is not committed is the newest of all.
    meanwhile(&s, || {
        grows(&s, "rollback --to last");
        is_active_at(&s, &checkpoint(&s, 2));
        assert_eq!(s.git(&format!("show --name-only --format= {}", checkpoint(&s, 3))), "more.txt");
        grows(&s, "rollback --to last");
        assert!(!s.read("keep.txt").contains("changed") && s.exists("hand.txt"));
        grows(&s, "rollback --to last");
        is_active_at(&s, &checkpoint(&s, 1));
        refused(&s, "rollback --to checkpoint:2", 1, &["there is 1"]);
        goes_on(&s, &point, 2);
    });
    meanwhile(&s, || {
        let ran = grows(&s, "rollback --to checkpoint");
        assert!(ran.err.contains("A-01 is partly rolled back, and active"), "{ran:?}");
        is_active_at(&s, &checkpoint(&s, 2));
        assert_eq!(s.git("log -1 --format=%s --grep=^revert:"), "revert: roll back A-01 to checkpoint 2");
        grows(&s, "rollback");
        point.as_before(&s, &["A-01"]);
        s.session("audit").ok();
    });
    grows(&s, "rollback A-01 --to checkpoint:1");
    is_active_at(&s, &checkpoint(&s, 1));
    // A checkpoint of a new number behind the undone ones.
    s.write("again.txt", "again\n");
    s.session("checkpoint -m again").ok();
    assert_ne!(checkpoint(&s, 4), "");
    goes_on(&s, &point, 3);
}

#[test]
fn of_one_that_is_done() {
    let (s, point) = with_checkpoints();
    s.write("more.txt", "more\n");
    s.session("complete").ok();
    let work = s.git("log --fixed-strings --grep=\"Session-Id: A-01\" -1 --format=%H");
    meanwhile(&s, || {
        grows(&s, "rollback A-01 --to last");
        is_active_at(&s, &format!("{work}^"));
        let record = record(&s, "A-01");
        assert_eq!((&record["status"], &record["rolled_back"]["partly"]), (&"rolled-back".into(), &true.into()));
        s.session("start A-02").fails(1, &[]);
        goes_on(&s, &point, 4);
    });
    meanwhile(&s, || {
        grows(&s, "rollback A-01 --to checkpoint");
        is_active_at(&s, &checkpoint(&s, 2));
        // At once all of it.
        grows(&s, "rollback");
        point.as_before(&s, &["A-01"]);
        s.session("audit").ok();
    });
    // Whoever has another clone goes on there.
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    refused(&other, "rollback A-01 --to checkpoint:7", 1, &["there is 1, 2"]);
    for s in [&s, &other] {
        grows(s, "rollback A-01 --to checkpoint:1");
        is_active_at(s, &checkpoint(s, 1));
        // What others commit meanwhile is theirs, what comes now is the session's.
        goes_on(s, &point, 2);
    }
}

#[test]
fn of_one_whose_checkpoints_were_folded() {
    let s = project(&[("A-01", "none")]);
    let point = Point::of(&s);
    s.session("start A-01").ok();
    for (file, name) in [("one.txt", "one"), ("two.txt", "two")] {
        s.write(file, "x\n");
        s.session(&format!("checkpoint -m {name}")).ok();
    }
    s.write("more.txt", "more\n");
    s.session("complete --squash").ok();
    // As over a network: what no branch holds does not come along.
    let other = Sandbox::bare();
    std::fs::remove_dir(&other.root).unwrap();
    let mut command = other.command("git", other.root.parent().unwrap());
    let from = format!("file://{}", s.root.display());
    assert!(command.args(["clone", "--quiet", &from]).arg(&other.root).status().unwrap().success());
    other.git("config user.name Sam");
    other.git("config user.email sam@example.com");
    other.session("trust --yes").ok();
    let said = ["it was folded into a work commit, and only the clone that did so has it", "session rollback A-01"];
    refused(&other, "rollback A-01 --to checkpoint:1", 1, &said);
    grows(&s, "rollback A-01 --to checkpoint:1");
    assert!(s.exists("one.txt") && !s.exists("two.txt") && !s.exists("more.txt"));
    clean(&s);
    assert_eq!(status(&s, "A-01"), "active");
    s.session("audit").ok();
    s.write("later.txt", "later\n");
    s.session("complete").ok();
    s.session("audit").ok();
    s.session("status --check").ok();
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
    grows(&other, "rollback A-01");
    point.as_before(&other, &["A-01"]);
}
