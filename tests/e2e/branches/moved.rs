//! Sessions whose working tree is gone: every refusal says so and names the command that brings them here.

use std::path::{Path, PathBuf};

use super::{commit, project, record, refused};
use crate::support::{Ran, Sandbox, on_terminal};

fn at(s: &Sandbox, folder: &Path, arguments: &str) -> Ran {
    s.session_with(arguments, |command| _ = command.current_dir(folder))
}

/// A-01 is active in a second working tree on `feature`, with a checkpoint and something that is not committed.
fn in_a_worktree() -> (Sandbox, PathBuf) {
    let s = project();
    s.git("worktree add --quiet -b feature ../second");
    let second = s.root.parent().unwrap().join("second");
    at(&s, &second, "start A-01").ok();
    std::fs::write(second.join("half.txt"), "half\n").unwrap();
    at(&s, &second, "checkpoint -m half").ok();
    std::fs::write(second.join("lost.txt"), "lost\n").unwrap();
    (s, second)
}

const HERE: &str = "session resume A-01 --here";

#[test]
fn every_refusal_says_that_the_folder_is_gone_and_what_helps() {
    let (s, second) = in_a_worktree();
    std::fs::remove_dir_all(&second).unwrap();
    let gone = format!("{} is gone", second.display());
    for command in [
        "start A-01",
        "complete A-01",
        "complete",
        "checkpoint -m x",
        "checkpoint A-01 -m x",
        "verify A-01",
        "pause A-01",
        "rollback A-01",
        "rollback",
        "resume A-01",
        "resume A-01 --abort",
    ] {
        let ran = s.session(command);
        assert!(ran.code == 1 && ran.err.contains(&gone) && ran.err.contains(HERE), "{command}: {ran:#?}");
    }
    let status = s.session("status").ok();
    assert!(
        status.err.contains(&format!("A-01 is active in {}, which is gone: {HERE}", second.display())),
        "{status:?}"
    );
}

#[test]
fn it_goes_on_here_after_what_is_missing_was_shown() {
    let (s, second) = in_a_worktree();
    std::fs::remove_dir_all(&second).unwrap();
    s.git("worktree prune");
    let missing = "Missing: main does not hold";
    let ran = s.session("resume A-01 --here");
    ran.fails(1, &[missing, "which branch feature does", "What was not committed there", &format!("{HERE} --yes")]);
    let ran = s.session("resume A-01 --here --dry-run").ok();
    assert!(ran.err.contains(missing), "{ran:?}");
    refused(&s, "complete", &[HERE]);
    let ran = on_terminal(&s, "resume A-01 --here", "n\n");
    assert!(ran.code == 1 && ran.out.contains("you did not agree"), "{ran:?}");
    let ran = on_terminal(&s, "resume A-01 --here", "y\n");
    assert!(ran.code == 0 && ran.out.contains("A-01 is active here now"), "{ran:?}");
    assert!(s.exists("docs/sessions/SESSION.md"), "the task file of the other tree is gone with it");
    refused(&s, "resume A-01 --here --yes", &["A-01 is here already"]);
    // What it has committed is on the other branch still.
    refused(&s, "complete", &["A-01 was started on branch feature, and this is main", "git switch feature"]);
    s.git("switch --quiet feature");
    s.session("complete").ok();
    assert_eq!(record(&s, "A-01")["facts"]["files"], "half.txt");
    let log = s.session("log A-01").ok().out;
    assert!(log.contains("moved") && log.contains("second"), "{log}");
    s.session("audit").ok();
}

#[test]
fn a_project_that_was_moved_whole() {
    let s = project();
    s.session("start A-01").ok();
    s.write("half.txt", "half\n");
    let moved = s.root.parent().unwrap().join("moved");
    std::fs::rename(&s.root, &moved).unwrap();
    // What is approved is approved for a place.
    at(&s, &moved, "trust --yes").ok();
    at(&s, &moved, "complete").fails(1, &["no session is active here", "is gone", HERE]);
    let ran = at(&s, &moved, "resume A-01 --here --yes").ok();
    assert!(ran.err.contains("its work from now on: half.txt") && !ran.err.contains("Missing:"), "{ran:?}");
    at(&s, &moved, "complete").ok();
    std::fs::rename(&moved, &s.root).unwrap();
    assert_eq!(record(&s, "A-01")["facts"]["files"], "half.txt");
}

#[test]
fn another_repository_in_its_place_is_not_it() {
    let (s, second) = in_a_worktree();
    std::fs::remove_dir_all(&second).unwrap();
    s.git("worktree prune");
    let clone = s.clone_fresh();
    std::fs::rename(&clone.root, &second).unwrap();
    refused(&s, "complete A-01", &["is no working tree of this repository", HERE]);
}

#[test]
fn one_that_is_there_stays_there() {
    let (s, second) = in_a_worktree();
    refused(&s, "resume A-01 --here --yes", &["its working tree is there", &format!("cd {}", second.display())]);
    refused(&s, "resume A-01", &["A-01 is active in another working tree", &format!("cd {}", second.display())]);
    refused(&s, "resume A-02 --here --yes", &["A-02 is pending, so it is in no working tree"]);
    std::fs::remove_dir_all(&second).unwrap();
    s.session("start A-02").ok();
    refused(&s, "resume A-01 --here --yes", &["A-02 is active here", "session pause"]);
    s.session("pause").ok();
    s.session("resume A-01 --here --yes").ok();
    refused(&s, "start A-02", &["A-01 is active here"]);
}

#[test]
fn a_paused_one_and_one_that_was_cut_off_come_along() {
    let (s, second) = in_a_worktree();
    at(&s, &second, "pause").ok();
    std::fs::remove_dir_all(&second).unwrap();
    s.git("worktree prune");
    refused(&s, "start A-01", &["A-01 is paused in another working tree", "is gone", HERE]);
    let ran = s.session("resume A-01 --here --yes").ok();
    assert!(ran.err.contains("A-01 is paused here now") && ran.err.contains("session start A-01"), "{ran:?}");
    s.git("switch --quiet feature");
    s.session("start A-01").ok();
    s.session("complete").ok();

    // Its own end in the middle: `complete` was cut off behind the commit of the work.
    s.git("switch --quiet main");
    s.git("worktree add --quiet -b other ../second");
    at(&s, &second, "start A-02").ok();
    std::fs::write(second.join("two.txt"), "two\n").unwrap();
    at(&s, &second, "checkpoint -m two").ok();
    let journal = s.path(".git/session/open/A-02.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.iter().rposition(|line| line.contains("\"entry\":\"ended\"")).unwrap();
    std::fs::write(&journal, lines[..end].join("\n") + "\n").unwrap();
    std::fs::remove_dir_all(&second).unwrap();
    s.git("worktree prune");
    s.git("switch --quiet other");
    refused(&s, "resume A-02 --abort", &["is gone", "session resume A-02 --here"]);
    let ran = s.session("resume A-02 --here --yes").ok();
    assert!(
        ran.err.contains("`checkpoint` of it was cut off") && ran.err.contains("session resume finishes"),
        "{ran:?}"
    );
    s.session("resume").ok();
    s.session("complete").ok();
}

#[test]
fn what_is_changed_here_is_shown_before_it_counts() {
    let (s, second) = in_a_worktree();
    std::fs::remove_dir_all(&second).unwrap();
    s.git("worktree prune");
    s.git("switch --quiet feature");
    s.write("mine.txt", "mine\n");
    let ran = s.session("resume A-01 --here --dry-run").ok();
    assert!(ran.err.contains("its work from now on: mine.txt") && !ran.err.contains("Missing:"), "{ran:?}");
    let json = s.session("resume A-01 --here --dry-run --json").ok().json();
    assert_eq!(json["here"], "A-01");
    commit(&s, "mine.txt", "feat: mine");
}
