//! What does nothing says that: rollbacks, checkpoints, dry runs, and commands about sessions that are not there.

use super::{project, record, refused};
use crate::support::Sandbox;

#[test]
fn a_rollback_of_an_empty_commit_undoes_nothing_and_says_so() {
    let s = project();
    s.session("start A-01").ok();
    s.session("complete").ok();
    let head = s.git("rev-parse HEAD");
    let ran = s.session("rollback A-01").ok();
    assert!(ran.err.contains("A-01 is not called done any more: it had changed no file"), "{ran:?}");
    assert!(!ran.err.contains("0 files") && !ran.err.contains("is rolled back\n"), "{ran:?}");
    assert_eq!(s.git(&format!("log --format=%s {head}..HEAD")), "docs(progress): roll back A-01", "no empty revert");
    assert_eq!(record(&s, "A-01")["status"], "rolled-back");
    s.session("start A-01").ok();
    s.session("status --check").ok();
}

#[test]
fn a_commit_that_is_on_another_branch_only_is_not_taken_back_here() {
    let s = project();
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    s.session("complete").ok();
    s.git("switch --quiet main");
    s.git("checkout feature -- docs");
    s.git("commit --quiet -m documents");
    refused(&s, "rollback A-01", &["of A-01 is not in this history, in any form"]);
    assert_eq!(record(&s, "A-01")["status"], "done");
}

#[test]
fn a_rollback_to_a_checkpoint_behind_which_nothing_changed_makes_no_commit() {
    let s = project();
    s.session("start A-01").ok();
    s.write("half.txt", "half\n");
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    let ran = s.session("rollback A-01 --to checkpoint").ok();
    assert!(ran.err.contains("nothing to revert: 1 commit changed no file"), "{ran:?}");
    assert!(s.exists("half.txt") && !s.subjects().iter().any(|subject| subject.starts_with("revert")), "{ran:?}");
    s.write("more.txt", "more\n");
    s.session("complete").ok();
    s.session("audit").ok();
    s.session("rollback A-01").ok();
    assert!(!s.exists("half.txt") && !s.exists("more.txt"));
}

#[test]
fn a_checkpoint_of_nothing_takes_no_number() {
    let s = project();
    s.session("start A-01").ok();
    refused(&s, "checkpoint -m none", &["nothing has changed since the session was started"]);
    s.write("half.txt", "half\n");
    s.session("checkpoint -m half").ok();
    refused(&s, "checkpoint -m other", &["nothing has changed since checkpoint 1, so there is nothing to keep"]);
    s.write("more.txt", "more\n");
    s.git("add more.txt");
    s.git("commit --quiet -m \"feat: more\"");
    s.session("checkpoint -m more").ok();
    let show = s.session("show").ok().out;
    assert!(show.contains("checkpoint 2 ") && !show.contains("checkpoint 3"), "{show}");
}

#[test]
fn dry_runs_name_the_commits_that_are_made_and_their_files_only() {
    let commits = |s: &Sandbox, arguments: &str| -> Vec<Vec<String>> {
        let json = s.session(&format!("{arguments} --dry-run --json")).ok().json();
        let effects = json["plan"]["effects"].as_array().unwrap().clone();
        let commits = effects.iter().filter(|effect| effect.get("commit").is_some());
        let paths = |effect: &serde_json::Value| {
            let paths = effect["commit"]["paths"].as_array().unwrap().iter();
            paths.map(|path| path.as_str().unwrap().to_owned()).collect()
        };
        commits.map(paths).collect()
    };
    let made = |s: &Sandbox, since: &str| -> Vec<Vec<String>> {
        let list = s.git(&format!("rev-list --reverse {since}..HEAD"));
        let files = |commit: &str| {
            let text = s.git(&format!("show --name-only --format= {commit}"));
            text.lines().map(str::to_owned).collect()
        };
        list.lines().map(files).collect()
    };
    let s = project();
    for command in ["start A-01", "checkpoint -m half", "pause", "start A-01", "complete", "rollback A-01"] {
        if command.starts_with("checkpoint") || command == "complete" {
            s.write(&format!("{}.txt", &command[..4]), "x\n");
        }
        let (planned, head) = (commits(&s, command), s.git("rev-parse HEAD"));
        s.session(command).ok();
        let mut made = made(&s, &head);
        if command.starts_with("rollback") {
            // The revert is planned as one, and not as a commit.
            made.remove(0);
        }
        assert_eq!(planned, made, "{command}");
    }
}

#[test]
fn a_session_that_is_not_there_is_not_the_fault_of_the_active_one() {
    let s = project();
    s.session("start A-01").ok();
    let ran = s.session("start A-03").fails(1, &["there is no session A-03", "did you mean A-0"]);
    assert!(!ran.err.contains("is active here"), "{ran:?}");
    s.session("start MP-99").fails(1, &["there is no session MP-99", "session plan lists them"]);
}

#[test]
fn resume_goes_on_with_a_paused_session() {
    let s = project();
    s.session("start A-01").ok();
    s.session("pause").ok();
    let ran = s.session("resume").ok();
    assert!(ran.err.contains("A-01 is paused: session resume A-01 goes on with it"), "{ran:?}");
    s.session("resume A-01 --dry-run").ok();
    let ran = s.session("resume A-01").ok();
    assert!(ran.err.contains("A-01 goes on") && !ran.err.contains("Nothing was cut off"), "{ran:?}");
    s.session("complete").ok();
}
