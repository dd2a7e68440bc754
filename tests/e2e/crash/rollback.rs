//! Rollback, killed before each change: of a session that is done, and of one that is under way with work that is not
//! committed. Then the same command again, or `resume`.

use super::kill::{same, undisturbed};
use super::{Stage, has_strace, share};
use crate::git::executable;
use crate::rollback::project;
use crate::support::Sandbox;

/// Files of every kind; what comes behind the checkpoint is not committed.
pub(super) fn under_way() -> Sandbox {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    s.session("start A-01").ok();
    s.write("first.txt", "first\n");
    s.session("checkpoint -m half").ok();
    s.write("keep.txt", "other\n");
    s.write("dir/deep.txt", "deep\n");
    std::fs::remove_file(s.path("gone.txt")).unwrap();
    std::fs::remove_dir_all(s.path("place")).unwrap();
    s.write("place", "now a file\n");
    std::os::unix::fs::symlink("keep.txt", s.path("link")).unwrap();
    s
}

fn done() -> Sandbox {
    let s = under_way();
    s.session("complete").ok();
    s
}

fn killed(s: Sandbox, arguments: &str, what: &str, wanted: usize) {
    let stage = Stage::save(s);
    let expected = undisturbed(&stage, arguments);
    let calls = stage.calls(arguments);
    let mut cases = 0;
    for (number, at) in share(calls.len(), wanted).enumerate() {
        let case = format!("{what}: killed before change {at} of {}, {:?}", calls.len(), calls[at]);
        stage.kill_before(&calls[at], arguments);
        let mut ran = stage.s.session(if number % 3 == 2 { "resume" } else { arguments });
        if ran.err.contains("Nothing was cut off") {
            ran = stage.s.session(arguments);
        }
        let over = ["rolled back already", "no session is active here", "nothing came after checkpoint"]
            .iter()
            .any(|said| ran.err.contains(said));
        assert!(ran.code == 0 || over, "{case}: {ran:#?}");
        same(&expected, &stage, &case);
        stage.restore();
        cases += 1;
    }
    assert!(cases > 10, "{cases}");
    println!("{what}: killed before {cases} of {} changes", calls.len());
}

#[test]
fn of_a_session_that_is_done() {
    if has_strace() {
        killed(done(), "rollback A-01", "rollback of a done session", 24);
    }
}

#[test]
fn of_a_session_that_is_under_way() {
    if has_strace() {
        killed(under_way(), "rollback", "rollback of an active session", 24);
    }
}

#[test]
fn to_a_checkpoint() {
    if has_strace() {
        killed(done(), "rollback A-01 --to checkpoint", "rollback to a checkpoint", 16);
    }
}

#[test]
fn with_hooks() {
    if has_strace() {
        let s = under_way();
        executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\nsleep 0.05\n");
        killed(s, "rollback", "rollback with a hook", 16);
    }
}
