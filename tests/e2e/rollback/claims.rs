//! What must not be called rolled back, and what must be asked for: each by the way in which somebody was misled before.

use super::project;
use crate::support::on_terminal;

const ONE: &[(&str, &str)] = &[("AB-01", "none"), ("AB-02", "none")];

fn done() -> crate::support::Sandbox {
    let s = project(ONE);
    s.session("start AB-01").ok();
    s.write("work.txt", "work\n");
    s.session("complete").ok();
    s
}

#[test]
fn a_revert_that_was_itself_reverted_is_made_again() {
    let s = done();
    s.session("rollback AB-01").ok();
    s.git("revert --no-edit HEAD HEAD~1");
    assert!(s.exists("work.txt"));
    s.session("rollback AB-01").ok();
    assert!(!s.exists("work.txt"));
}

#[test]
fn no_part_of_it_may_be_the_work_itself() {
    let s = done();
    let head = s.git("rev-parse HEAD");
    s.session("rollback AB-01 --only git").fails(1, &["git undoes the work itself", "session rollback AB-01"]);
    assert_eq!(s.git("rev-parse HEAD"), head);
    s.session("rollback AB-01 --only alembic").fails(1, &["alembic has nothing to take back"]);
    assert!(s.session("status").ok().out.contains("AB-01  done"));
}

#[test]
fn work_of_others_is_shown_and_asked_for() {
    let s = project(ONE);
    s.session("start AB-01").ok();
    s.write("theirs.txt", "theirs\n");
    s.git("add theirs.txt");
    s.git("commit --quiet -m \"feat: by mail\" --author \"Mate <mate@example.com>\"");
    s.write("mine.txt", "mine\n");
    s.session("rollback").fails(1, &["(feat: by mail) of Mate <mate@example.com>", "session rollback AB-01 --yes"]);
    assert!(s.exists("theirs.txt") && s.exists("mine.txt"));
    let ran = on_terminal(&s, "rollback", "n\n");
    assert!(ran.code == 1 && s.exists("theirs.txt"), "{ran:?}");
    let ran = on_terminal(&s, "rollback", "y\n");
    assert!(ran.code == 0 && !s.exists("theirs.txt") && !s.exists("mine.txt"), "{ran:?}");
}

#[test]
fn what_changes_while_somebody_thinks_is_seen() {
    let s = project(ONE);
    s.session("start AB-01").ok();
    s.write("theirs.txt", "theirs\n");
    s.git("add theirs.txt");
    s.git("commit --quiet -m \"feat: by mail\" --author \"Mate <mate@example.com>\"");
    s.session("complete").ok();
    // Whoever answers has changed the file first.
    let answer = format!(
        "(sleep 2; echo later >> {0}/theirs.txt; git -C {0} commit --quiet -am later; echo y) | script -qec \"{1} rollback \
         AB-01\" /dev/null",
        s.root.display(),
        crate::support::SESSION
    );
    let ran = crate::support::Ran::of(s.command("sh", &s.root).args(["-c", &answer]).output().unwrap());
    assert!(ran.out.contains("theirs.txt was changed later by") && ran.out.contains("nothing was changed"), "{ran:?}");
    assert!(s.exists("theirs.txt"));
    assert_eq!(s.session("status --json").ok().json()["half_rolled_back"], serde_json::json!([]));
}

#[test]
fn a_branch_that_has_not_the_work_is_not_the_place() {
    let s = project(ONE);
    s.git("branch release");
    s.session("start AB-01").ok();
    s.write("work.txt", "work\n");
    s.session("checkpoint -m half").ok();
    s.git("switch --quiet release");
    s.write("release.txt", "release\n");
    s.git("add release.txt");
    s.git("commit --quiet -m release");
    s.session("rollback").fails(1, &["AB-01 was started on branch main, and this is release", "git switch main"]);
    assert!(s.exists("release.txt"));
    s.git("switch --quiet main");
    s.session("rollback").ok();
    assert!(!s.exists("work.txt"));
}

#[test]
fn an_attempt_that_did_nothing_leaves_what_was_there() {
    let s = done();
    s.session("rollback AB-01").ok();
    let progress = s.read(super::PROGRESS);
    s.session("start AB-01").ok();
    s.session("rollback").ok();
    assert_eq!(s.read(super::PROGRESS), progress);
    assert!(s.session("status").ok().out.contains("AB-01  rolled back"));
    s.session("status --check").ok();
}

#[test]
fn somebody_who_goes_on_elsewhere_keeps_the_row() {
    let s = done();
    s.session("rollback AB-01").ok();
    s.session("start AB-01").ok();
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    other.session("start AB-02").ok();
    other.write("b.txt", "b\n");
    other.session("complete").ok();
    assert!(other.read(super::PROGRESS).contains("| AB-01 | 🔁 Retry |"), "{}", other.read(super::PROGRESS));
    other.session("status --check").ok();
}

#[test]
fn nothing_to_take_back_is_said() {
    let s = project(ONE);
    s.session("start AB-01").ok();
    s.write("work.txt", "work\n");
    s.session("checkpoint -m half").ok();
    s.session("rollback --to checkpoint").fails(1, &["nothing came after checkpoint 1"]);
    s.session("rollback --to last").ok();
    s.session("rollback --to last").fails(1, &["it has committed nothing"]);
}
