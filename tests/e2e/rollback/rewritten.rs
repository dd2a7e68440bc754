//! Histories that were rewritten since the session was done: its work is found again, or it is said why not.

use super::{Point, commit, finish, grows, meanwhile, project, refused, sound};
use crate::support::Sandbox;

/// Two sessions on a branch, the first one with a checkpoint; main has gone on meanwhile.
fn on_a_branch() -> Sandbox {
    let s = project(&[("A-01", "none"), ("A-02", "none")]);
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    super::change(&s, "keep.txt", 3, "changed");
    s.session("complete").ok();
    s.git("switch --quiet main");
    s.write("main.txt", "main\n");
    commit(&s, "feat: main");
    s.git("switch --quiet feature");
    s
}

/// All that came to main since, and nothing of the session.
#[track_caller]
fn is_undone(s: &Sandbox) {
    assert!(!s.exists("a.txt") && !s.read("keep.txt").contains("changed"), "{:?}", s.subjects());
    assert_eq!(s.git("status --porcelain"), "");
    sound(s);
}

#[test]
fn amended_rebased_and_cherry_picked() {
    let s = on_a_branch();
    meanwhile(&s, || {
        // The work commit in other words, the documents on it again.
        let documents = s.git("rev-parse HEAD");
        s.git("reset --quiet --hard HEAD~1");
        let message = s.git("log -1 --format=%B").replace("feat: part A-01", "feat: better words");
        s.git(&format!("commit --quiet --amend -m \"{message}\""));
        s.git(&format!("cherry-pick --quiet {documents}"));
        grows(&s, "rollback A-01");
        is_undone(&s);
        s.session("audit").ok();
    });
    meanwhile(&s, || {
        s.git("rebase --quiet main");
        let point = s.git("rev-parse main");
        grows(&s, "rollback A-01");
        is_undone(&s);
        assert_eq!(super::files(&s, "HEAD"), super::files(&s, &point));
        s.session("audit").ok();
    });
    meanwhile(&s, || {
        let ours = s.git("rev-list --reverse main..feature").replace('\n', " ");
        s.git("switch --quiet main");
        let point = Point::of(&s);
        s.git(&format!("cherry-pick {ours}"));
        grows(&s, "rollback A-01");
        point.as_before(&s, &["A-01"]);
        s.session("audit").ok();
    });
    // Without its documents nobody knows of it here.
    s.git("switch --quiet main");
    refused(&s, "rollback A-01", 1, &["A-01"]);
}

#[test]
fn squashed_alone_and_together() {
    let s = on_a_branch();
    let squash = |s: &Sandbox, message: &str| {
        s.git("switch --quiet main");
        s.git("merge --quiet --squash feature");
        s.git(&format!("commit --quiet -m \"{message}\""));
    };
    let own = "feat: all of it (#7)\n\n* WIP\n\nSession-Checkpoint: A-01/1\n\n* feat: part A-01\n\nSession: A-01\n\n\
               Session-Id: A-01\nSession-Verified: 1 passed";
    meanwhile(&s, || {
        s.git("switch --quiet main");
        let point = Point::of(&s);
        squash(&s, own);
        grows(&s, "rollback A-01");
        is_undone(&s);
        point.same_files(&s);
        s.session("status --check").ok();
    });
    // As a forge does it, with the message of the documents' commit last: no trailer says whose it is.
    meanwhile(&s, || {
        s.git("switch --quiet main");
        let point = Point::of(&s);
        squash(&s, &format!("{own}\n\n* docs(progress): complete A-01\n\nSession: A-01\n\nSession-Progress: A-01"));
        grows(&s, "rollback A-01");
        is_undone(&s);
        point.same_files(&s);
    });
    finish(&s, "A-02", |s| s.write("b.txt", "b\n"));
    let both = format!("{own}\n\n* feat: part A-02\n\nSession-Id: A-02");
    squash(&s, &both);
    let hash = s.git("rev-parse --short=7 HEAD");
    let said = ["which holds other work too", &hash, "it is the work of A-02 as well", "git revert"];
    refused(&s, "rollback A-01", 1, &said);
    refused(&s, "rollback A-02", 1, &["which holds other work too", "it is the work of A-01 as well"]);
}

#[test]
fn a_squash_without_a_word_of_it() {
    let s = on_a_branch();
    finish(&s, "A-02", |s| s.write("b.txt", "b\n"));
    s.git("switch --quiet main");
    s.git("merge --quiet --squash feature");
    s.git("commit --quiet -m \"feat: all of it\"");
    refused(&s, "rollback A-01", 1, &["A-01"]);
}

#[test]
fn an_active_session_whose_branch_was_rebased() {
    let s = project(&[("A-01", "none")]);
    s.git("switch --quiet -c feature");
    s.write("before.txt", "before\n");
    commit(&s, "feat: before");
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    super::change(&s, "keep.txt", 3, "changed");
    commit(&s, "fix: by hand");
    s.git("switch --quiet main");
    s.write("main.txt", "main\n");
    commit(&s, "feat: main");
    s.git("switch --quiet feature");
    s.git("rebase --quiet main");
    grows(&s, "rollback");
    is_undone(&s);
    assert!(s.exists("main.txt") && s.exists("before.txt"), "{:?}", s.subjects());
    s.session("audit").ok();
}
