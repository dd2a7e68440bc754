//! What a session is once it was taken back, or a part of it: what was proven, noted and kept of it, and what is said.

use super::{Point, cell, clean, finish, grows, project, record, status};
use crate::support::Sandbox;

/// A session whose check counts how often it runs, outside of what git sees.
fn counting() -> Sandbox {
    let s = project(&[("A-01", "none")]);
    s.session("start FIX-01 --title Fix --check \"echo ran >> .git/ran\"").ok();
    s
}

fn runs(s: &Sandbox) -> usize {
    s.read(".git/ran").lines().count()
}

/// The command that brings back what a rollback has kept, as it says.
fn way_back(said: &str) -> String {
    let (_, rest) = said.split_once("git cherry-pick ").unwrap_or_else(|| panic!("no way back in {said}"));
    format!("cherry-pick {}", rest.split_once(" brings").unwrap().0)
}

#[test]
fn what_passed_before_is_checked_again() {
    let s = counting();
    s.write("a.txt", "a\n");
    s.session("verify").ok();
    s.session("verify").ok();
    assert_eq!(runs(&s), 1, "the same files");
    let ran = s.session("rollback --to last").ok();
    assert!(!s.exists("a.txt"));
    // The very same files again, but what else the rollback took back is not in them.
    s.git(&way_back(&ran.err));
    s.session("complete").ok();
    assert_eq!(runs(&s), 2);
}

#[test]
fn notes_are_kept_of_one_that_did_nothing_else() {
    let s = project(&[("A-01", "none")]);
    s.session("start A-01").ok();
    s.session("note \"Decision: sqlite\"").ok();
    grows(&s, "rollback");
    assert_eq!(status(&s, "A-01"), "rolled-back");
    assert_eq!(record(&s, "A-01")["notes"][0], "Decision: sqlite");
    clean(&s);
}

#[test]
fn what_was_not_committed_comes_back_as_it_is_said() {
    let s = project(&[("A-01", "none")]);
    s.session("start A-01").ok();
    s.write("a.txt", "one\n");
    s.session("checkpoint -m half").ok();
    s.write("a.txt", "one\ntwo\n");
    let ran = grows(&s, "rollback");
    assert!(ran.err.contains("keeps what was not committed: session start A-01, then git cherry-pick"), "{ran:?}");
    s.session("start A-01").ok();
    s.git(&way_back(&ran.err));
    assert_eq!(s.read("a.txt"), "one\ntwo\n");
    // Where it stands now is the checkpoint, though commits of the first attempt bear that number.
    let here = s.git("rev-parse --short=7 HEAD");
    let ran = s.session("checkpoint -m back").ok();
    assert!(ran.err.contains(&format!("checkpoint 1 is the last commit, {here}")), "{ran:?}");
    s.write("b.txt", "b\n");
    s.session("rollback --to checkpoint").ok();
    assert!(s.read("a.txt") == "one\ntwo\n" && !s.exists("b.txt"));
    s.session("complete").ok();
    s.session("audit").ok();
}

#[test]
fn each_attempt_is_told_from_the_others() {
    let s = project(&[("A-01", "none")]);
    finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
    grows(&s, "rollback A-01");
    let by = s.git("log -1 --format=%h --fixed-strings --grep=Session-Rollback");
    let shown = s.session("show A-01 --for pr").ok().out;
    assert!(shown.contains(&format!("rolled back 2026-03-02 09:00 {by}")), "{shown}");
    assert!(s.session("show A-01 --evidence").ok().out.contains("rolled back 2026-03-02"));
    assert!(s.session("complete").fails(1, &[]).err.contains("the last one, A-01, was rolled back"));
    s.session("start a-01").fails(1, &["did you mean A-01?"]);

    assert!(s.session("start A-01").ok().err.contains("A-01 started, attempt 2 — Part A-01"));
    let shown = s.session("show A-01").ok().out;
    assert!(shown.contains("attempt    2\n") && shown.contains("before     attempt 1, rolled back"), "{shown}");
    assert!(!shown.contains("verified"), "of the first attempt: {shown}");
    let ran = s.session("rollback").ok();
    assert!(
        ran.err.contains("A-01 is rolled back again: this attempt had done nothing, so it is as before"),
        "{ran:?}"
    );
    assert_eq!(cell(&s, "A-01"), "↩️ Rolled back");
}

#[test]
fn one_that_stands_in_no_plan_begins_anew_as_it_is_said() {
    let s = counting();
    s.write("a.txt", "a\n");
    s.session("complete").ok();
    let ran = s.session("rollback FIX-01").ok();
    assert!(ran.err.contains("Next: session start FIX-01 --title Fix begins it anew"), "{ran:?}");
    s.session("start FIX-01 --title Fix").ok();
}

#[test]
fn the_commits_of_documents_say_what_was_taken_back() {
    let s = project(&[("A-01", "none")]);
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("complete").ok();
    s.session("rollback A-01 --to last").ok();
    assert_eq!(s.subjects()[0], "docs(progress): roll back part of A-01");
    let point = Point::of(&s);
    s.session("rollback").ok();
    assert_eq!(s.subjects()[0], "docs(progress): roll back A-01");
    point.same_files(&s);
}
