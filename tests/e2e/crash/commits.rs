//! Commits with hooks or signing, killed at every change: the git that makes them goes
//! on when the program that began it is gone, and commits that take the place of others.

use super::kill::{again, before, same, undisturbed};
use super::{Stage, has_strace, share};
use crate::git::signing::{Gpg, by_ssh};
use crate::git::{executable, has};
use crate::support::Sandbox;

/// Kills the command before each change from its first program on (before that it is as without), or before each at
/// all; then the same command ends as if nothing had been.
fn killed(s: Sandbox, arguments: &str, what: &str, from_first_program: bool) {
    let stage = Stage::save(s);
    let expected = undisturbed(&stage, arguments);
    let calls = stage.calls(arguments);
    let is_program = |call: &super::Call| call.name.starts_with("clone") || call.name == "vfork";
    let first = if from_first_program { calls.iter().position(is_program).unwrap() } else { 0 };
    let mut cases = 0;
    for at in share(calls.len() - first, 20).map(|at| first + at) {
        let case = format!("{what}: killed before change {at} of {}, {:?}", calls.len(), calls[at]);
        stage.kill_before(&calls[at], arguments);
        again(&stage, arguments, &case);
        same(&expected, &stage, &case);
        stage.restore();
        cases += 1;
    }
    assert!(cases > 5, "{cases}");
    println!("{what}: killed before {cases} of {} changes", calls.len() - first);
}

fn with_hook(s: Sandbox, hook: &str) -> Sandbox {
    executable(&s.root, &format!(".git/hooks/{hook}"), "#!/bin/sh\nsleep 0.1\n");
    s
}

#[test]
fn complete_with_hooks() {
    if has_strace() {
        killed(with_hook(before("complete").s, "pre-commit"), "complete", "complete with a hook", true);
    }
}

#[test]
fn checkpoint_with_hooks() {
    if has_strace() {
        let s = with_hook(before("checkpoint -m half").s, "pre-commit");
        killed(s, "checkpoint -m half", "checkpoint with a hook", true);
    }
}

#[test]
fn complete_signed_by_ssh() {
    if has_strace() && has("ssh-keygen") {
        let s = before("complete").s;
        by_ssh(&s);
        killed(s, "complete", "complete signed by ssh", true);
    }
}

#[test]
fn complete_signed_by_gpg() {
    if has_strace() && has("gpg") {
        let s = before("complete").s;
        let _gpg = Gpg::make(&s, "");
        killed(s, "complete", "complete signed by gpg", true);
    }
}

#[test]
fn complete_in_a_format_that_git_reads() {
    if has_strace() {
        let s = before("complete").s;
        s.git("config core.untrackedCache true");
        killed(s, "complete", "complete through git", false);
    }
}

#[test]
fn complete_that_folds() {
    if has_strace() {
        killed(before("complete").s, "complete --squash", "complete that folds", false);
    }
}

#[test]
fn complete_that_folds_with_hooks() {
    if has_strace() {
        let s = with_hook(before("complete").s, "commit-msg");
        killed(s, "complete --squash", "complete that folds with a hook", true);
    }
}
