//! `complete` on another branch than `start`: only where HEAD holds all that the session has committed. The same for
//! checkpoint and rollback; verify says it.

use super::{commit, project, record, refused};
use crate::support::Sandbox;

/// On the branch `feature`, with a checkpoint and a commit by hand.
fn on_feature() -> Sandbox {
    let s = project();
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    s.write("half.txt", "half\n");
    s.session("checkpoint -m half").ok();
    commit(&s, "hand.txt", "fix: by hand");
    s
}

#[test]
fn another_branch_that_has_not_the_commits_is_refused() {
    let s = on_feature();
    s.git("switch --quiet main");
    let said = ["A-01 was started on branch feature, and this is main", "main does not hold", "git switch feature"];
    refused(&s, "complete", &said);
    refused(&s, "complete --dry-run", &said);
    s.write("more.txt", "more\n");
    refused(
        &s,
        "complete",
        &[said[0], said[1], "(WIP: [A-01] checkpoint - half)", "(fix: by hand)", "git merge feature"],
    );
    refused(&s, "checkpoint -m more", &said);
    refused(&s, "rollback", &said);
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("main does not hold") && ran.err.contains("which branch feature does"), "{ran:?}");
    assert!(!s.exists("docs/sessions/records/A-01.json"));

    s.git("switch --quiet feature");
    s.session("complete").ok();
    let files = record(&s, "A-01")["facts"]["files"].clone();
    assert_eq!(files, "half.txt\nhand.txt\nmore.txt");
    s.session("audit").ok();
}

#[test]
fn a_commit_by_hand_alone_is_missed_too() {
    let s = project();
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    commit(&s, "hand.txt", "fix: by hand");
    s.git("switch --quiet main");
    refused(&s, "complete", &["A-01 was started on branch feature, and this is main", "(fix: by hand)"]);
}

#[test]
fn a_branch_that_was_made_after_start_is_known_by_its_commits() {
    let s = project();
    s.session("start A-01").ok();
    s.git("switch --quiet -c feature");
    commit(&s, "hand.txt", "fix: by hand");
    s.git("switch --quiet main");
    refused(&s, "complete", &["A-01 has committed to branch feature, and this is main", "git switch feature"]);
    s.git("switch --quiet feature");
    s.session("checkpoint -m all").ok();
    s.write("half.txt", "half\n");
    s.session("checkpoint -m half").ok();
    s.git("switch --quiet main");
    // From its first checkpoint there on, that is the session's branch.
    refused(&s, "complete", &["A-01 was started on branch feature, and this is main", "git switch feature"]);
    s.git("switch --quiet feature");
    s.session("complete").ok();
    assert_eq!(record(&s, "A-01")["facts"]["files"], "half.txt\nhand.txt");
    assert_eq!(record(&s, "A-01")["facts"]["git.branch"], "feature");
}

#[test]
fn a_branch_that_was_moved_aside_is_missed_on_the_same_branch() {
    let s = project();
    s.session("start A-01").ok();
    s.write("half.txt", "half\n");
    s.session("checkpoint -m half").ok();
    s.git("branch saved");
    s.git("reset --quiet --hard HEAD~1");
    refused(&s, "complete", &["A-01 has committed to branch saved, and this is main", "git switch saved"]);
    // What no branch has any more was thrown away on purpose.
    s.git("branch -D saved");
    s.write("other.txt", "other\n");
    s.session("complete").ok();
    assert_eq!(record(&s, "A-01")["facts"]["files"], "other.txt");
}

#[test]
fn what_was_committed_elsewhere_in_between_stands_in_nobodys_way() {
    for end in ["complete", "rollback"] {
        let s = project();
        s.git("branch release");
        s.session("start A-01").ok();
        s.write("half.txt", "half\n");
        s.session("checkpoint -m half").ok();
        s.git("switch --quiet release");
        commit(&s, "urgent.txt", "fix: urgent");
        s.git("switch --quiet main");
        s.session(end).ok();
    }
}

#[test]
fn branches_that_hold_all_of_it_go_on() {
    type Case = fn(&Sandbox);
    let cases: [(&str, Case); 6] = [
        ("made from it", |s| _ = s.git("switch --quiet -c later")),
        ("renamed", |s| _ = s.git("branch -m feature better")),
        ("merged", |s| {
            s.git("switch --quiet main");
            commit(s, "main.txt", "feat: on main");
            s.git("merge --quiet --no-edit feature");
        }),
        ("fast-forward, and the old one gone", |s| {
            s.git("switch --quiet main");
            s.git("merge --quiet --ff-only feature");
            s.git("branch -d feature");
        }),
        ("rebased under another name", |s| {
            s.git("switch --quiet main");
            commit(s, "main.txt", "feat: on main");
            s.git("switch --quiet -c rebased feature");
            s.git("rebase --quiet main");
        }),
        ("picked", |s| {
            s.git("switch --quiet main");
            s.git("cherry-pick main..feature");
        }),
    ];
    for (name, case) in cases {
        let s = on_feature();
        case(&s);
        s.write("more.txt", "more\n");
        let ran = s.session("complete");
        assert_eq!(ran.code, 0, "{name}: {ran:#?}");
        let files = record(&s, "A-01")["facts"]["files"].as_str().unwrap().to_owned();
        assert_eq!(files.replace("main.txt\n", ""), "half.txt\nhand.txt\nmore.txt", "{name}");
        let ran = s.session("audit");
        assert_eq!(ran.code, 0, "{name}: {ran:#?}");
        s.session("rollback A-01").ok();
        assert!(!s.exists("half.txt") && !s.exists("hand.txt") && !s.exists("more.txt"), "{name}");
    }
}

#[test]
fn without_a_commit_the_work_goes_along_and_it_is_said() {
    let s = project();
    s.git("switch --quiet -c feature");
    commit(&s, "before.txt", "feat: before");
    s.git("switch --quiet main");
    s.session("start A-01").ok();
    s.write("new.txt", "new\n");
    s.git("switch --quiet -c other");
    let ran = s.session("complete").ok();
    assert!(!ran.err.contains("was started on branch"), "it holds all of main: {ran:?}");
    assert_eq!(record(&s, "A-01")["facts"]["files"], "new.txt");
}

#[test]
fn a_base_that_is_on_the_other_branch_names_that() {
    let s = project();
    s.git("switch --quiet -c feature");
    commit(&s, "before.txt", "feat: before");
    s.session("start A-01").ok();
    s.write("new.txt", "new\n");
    s.git("switch --quiet main");
    let said = ["the session was started on branch feature, and this is main", "git switch feature", "--base"];
    refused(&s, "complete", &said);
    let ran = s.session(&format!("complete --base {}", s.git("rev-parse main"))).ok();
    assert!(ran.err.contains("started on branch feature, and is completed on main"), "{ran:?}");
}

#[test]
fn a_detached_head_names_the_branch() {
    let s = on_feature();
    s.git("switch --quiet --detach main");
    refused(&s, "complete", &["A-01 was started on branch feature, and this is no branch", "git switch feature"]);
    s.git("switch --quiet --detach feature");
    refused(&s, "complete", &["HEAD is detached", "git switch feature"]);
}

#[test]
fn a_branch_that_is_gone_names_the_way_back() {
    let s = on_feature();
    s.git("switch --quiet main");
    s.git("branch -D feature");
    refused(&s, "complete", &["A-01 has commits that no branch holds any more", "git switch -c feature"]);
}

#[test]
fn a_paused_session_that_goes_on_elsewhere_says_so() {
    let s = on_feature();
    s.session("pause").ok();
    s.git("switch --quiet main");
    let ran = s.session("start A-01").ok();
    assert!(ran.err.contains("main does not hold") && ran.err.contains("which branch feature does"), "{ran:?}");
    refused(&s, "complete", &["A-01 was started on branch feature, and this is main"]);
}

#[test]
fn commits_by_hand_of_another_session_in_between_are_its_own() {
    let s = project();
    s.session("start A-01").ok();
    s.write("one.txt", "one\n");
    s.session("pause").ok();
    s.git("switch --quiet -c other");
    s.session("start A-02").ok();
    commit(&s, "two.txt", "feat: two");
    s.session("complete").ok();
    s.git("switch --quiet main");
    s.session("start A-01").ok();
    s.session("complete --include one.txt").ok();
    assert_eq!(record(&s, "A-01")["facts"]["files"], "one.txt");
}

#[test]
fn a_repository_beside_the_project() {
    let s = project();
    let backend = s.root.parent().unwrap().join("backend");
    std::fs::create_dir(&backend).unwrap();
    let beside = |arguments: &str| {
        let output = s.command("git", &backend).args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for arguments in [
        "init --quiet --initial-branch=main",
        "config user.name Kim",
        "config user.email kim@example.com",
        "commit --quiet --allow-empty -m first",
        "switch --quiet -c feature",
    ] {
        beside(arguments);
    }
    let text = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &format!("{text}\n[[repository]]\nname = \"api\"\npath = \"../backend\"\nprefix = [\"A\"]\n"),
    );
    s.git("commit --quiet -am backend");
    s.session("trust --yes").ok();
    s.session("start A-01").ok();
    std::fs::write(backend.join("half.txt"), "half\n").unwrap();
    s.session("checkpoint -m half").ok();
    beside("switch --quiet main");
    refused(&s, "complete", &["A-01 was started on branch feature, and this is main", "git switch feature"]);
    beside("switch --quiet feature");
    // The project's own branch is no matter.
    s.git("switch --quiet -c documents");
    s.session("complete").ok();
}
