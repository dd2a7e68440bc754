//! Killed before any call that changes something, and at any instant; then the same command again. What comes out is
//! what comes out without a kill: one commit, one row.

use std::process::Stdio;
use std::time::{Duration, Instant};

use similar::TextDiff;

use super::{Stage, has_strace, share};
use crate::support::{Ran, Sandbox};

/// A project in which the command is about to be run.
pub(super) fn before(arguments: &str) -> Stage {
    if arguments.starts_with("rollback") {
        return Stage::save(super::rollback::under_way());
    }
    let s = Sandbox::hello();
    if arguments.starts_with("start") {
        return Stage::save(s);
    }
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("notes/deep/a.txt", "a\n");
    if arguments.starts_with("complete") {
        // Documents are tracked from the first session on, so that the second one commits them on the way.
        s.session("complete").ok();
        s.session("start HI-02").ok();
        s.write("farewell.txt", "goodbye\n");
        s.session("checkpoint -m half").ok();
        s.write("more.txt", "more\n");
    }
    Stage::save(s)
}

/// The same command after a kill. One that was over when it was killed may say so.
pub(super) fn again(stage: &Stage, arguments: &str, case: &str) {
    went_on(&stage.s.session(arguments), case);
}

pub(super) fn went_on(ran: &Ran, case: &str) {
    let over = ["is active already", "no session is active here"].iter().any(|text| ran.err.contains(text));
    assert!(ran.code == 0 || over, "{case}: {ran:#?}");
}

pub(super) fn same(expected: &str, stage: &Stage, case: &str) {
    let found = stage.world();
    let diff = TextDiff::from_lines(expected, &found);
    assert!(expected == found, "{case}:\n{}", diff.unified_diff().context_radius(2));
}

pub(super) fn undisturbed(stage: &Stage, arguments: &str) -> String {
    stage.s.session(arguments).ok();
    let world = stage.world();
    stage.restore();
    world
}

fn killed_before_every_change(arguments: &str) {
    if !has_strace() {
        return;
    }
    let stage = before(arguments);
    let expected = undisturbed(&stage, arguments);
    let calls = stage.calls(arguments);
    let (mut cases, mut ended) = (0, 0);
    for at in share(calls.len(), 24) {
        let case = format!("`{arguments}` killed before change {at} of {}, {:?}", calls.len(), calls[at]);
        // One call more or less is made from run to run: threads and clocks have their say.
        ended += usize::from(!stage.kill_before(&calls[at], arguments));
        again(&stage, arguments, &case);
        same(&expected, &stage, &case);
        stage.restore();
        cases += 1;
    }
    assert!(cases > 10 && ended * 4 < cases, "{cases} cases, {ended} of them ended before");
    println!("`{arguments}`: killed before {cases} of {} changes", calls.len());
}

#[test]
fn start_is_killed() {
    killed_before_every_change("start HI-01");
}

#[test]
fn checkpoint_is_killed() {
    killed_before_every_change("checkpoint -m half");
}

#[test]
fn pause_is_killed() {
    killed_before_every_change("pause");
}

#[test]
fn verify_is_killed() {
    killed_before_every_change("verify");
}

#[test]
fn complete_is_killed() {
    killed_before_every_change("complete");
}

/// What `resume` says instead of the same command.
#[test]
fn resume_finishes_what_was_killed() {
    if !has_strace() {
        return;
    }
    let stage = before("complete");
    let expected = undisturbed(&stage, "complete");
    let calls = stage.calls("complete");
    for at in share(calls.len(), 12) {
        let case = format!("killed before change {at} of {}, {:?}, then resume", calls.len(), calls[at]);
        stage.kill_before(&calls[at], "complete");
        let resumed = stage.s.session("resume").ok();
        if resumed.err.contains("Nothing was cut off") && !stage.s.exists(".git/session/closed/HI-02@1.jsonl") {
            // It had not begun, or was over.
            stage.s.session("complete").ok();
        }
        same(&expected, &stage, &case);
        stage.restore();
    }
}

/// Between any two instructions, programs that run and threads included.
#[test]
fn killed_at_any_instant() {
    let cases: usize = std::env::var("SESSION_CRASH_RANDOM").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let seed: u64 = std::env::var("SESSION_CRASH_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let (mut killed, mut ended) = (0, 0);
    for arguments in ["start HI-01", "checkpoint -m half", "pause", "verify", "complete"] {
        let stage = before(arguments);
        let began = Instant::now();
        let expected = {
            stage.s.session(arguments).ok();
            let took = began.elapsed();
            let world = stage.world();
            stage.restore();
            (world, took)
        };
        for _ in 0..cases / 5 {
            let wait = Duration::from_nanos(next() % u64::try_from(expected.1.as_nanos()).unwrap());
            let mut child =
                stage.s.session_command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(wait);
            child.kill().unwrap();
            let count = if child.wait().unwrap().code().is_some() { &mut ended } else { &mut killed };
            *count += 1;
            let case = format!("`{arguments}` killed after {wait:?}");
            again(&stage, arguments, &case);
            same(&expected.0, &stage, &case);
            stage.restore();
        }
    }
    println!("killed at {killed} instants, ended before {ended} times");
    assert!(killed > ended);
}
