//! The user's hooks and signing count for the commit that undoes.

use super::{Point, clean, finish, grows, meanwhile, project, refused, status};
use crate::git::signing::by_ssh;
use crate::git::{executable, has};

const REFUSES: &str = "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n";

#[test]
fn a_hook_that_refuses_leaves_all_as_it_was() {
    let s = project(&[("A-01", "none"), ("A-02", "none")]);
    let point = Point::of(&s);
    finish(&s, "A-01", |s| {
        super::change(s, "keep.txt", 3, "changed");
        s.write("dir/a.txt", "a\n");
        super::remove(s, "gone.txt");
        std::os::unix::fs::symlink("keep.txt", s.path("link")).unwrap();
    });
    s.write("mine.txt", "mine\n");
    s.git("add mine.txt");
    for hook in ["pre-commit", "commit-msg"] {
        meanwhile(&s, || {
            let (head, before) = (s.git("rev-parse HEAD"), s.git("status --porcelain --untracked-files=all"));
            executable(&s.root, &format!(".git/hooks/{hook}"), REFUSES);
            s.session("rollback A-01").fails(1, &["not on a Friday"]);
            assert_eq!(s.git("rev-parse HEAD"), head);
            assert_eq!(s.git("status --porcelain --untracked-files=all"), before, "{hook}");
            assert!(s.exists("dir/a.txt") && !s.exists("gone.txt") && s.path("link").is_symlink());
            assert_eq!(status(&s, "A-01"), "done");
            super::sound(&s);
            s.session("status --check").ok();
            // It has changed nothing, so that nothing waits for it.
            meanwhile(&s, || _ = s.session("start A-02").ok());
            s.session("rollback A-01").fails(1, &["not on a Friday"]);
            super::remove(&s, &format!(".git/hooks/{hook}"));
            grows(&s, "rollback A-01");
            assert_eq!(s.git("status --porcelain"), "A  mine.txt");
            assert_eq!(s.git("log --oneline --fixed-strings --grep=A-01-rollback").lines().count(), 1);
            s.git("rm --quiet --force mine.txt");
            point.as_before(&s, &["A-01"]);
            s.session("audit").ok();
        });
    }
}

#[test]
fn a_hook_that_refuses_an_active_session_s() {
    let s = project(&[("A-01", "none")]);
    let point = Point::of(&s);
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    s.write("b.txt", "b\n");
    super::change(&s, "keep.txt", 3, "changed");
    executable(&s.root, ".git/hooks/pre-commit", REFUSES);
    s.session("rollback").fails(1, &["not on a Friday"]);
    // What was not committed is kept by a commit that hooks have no say in.
    assert!(s.exists("a.txt") && s.exists("b.txt") && s.read("keep.txt").contains("changed"));
    assert_eq!(status(&s, "A-01"), "active");
    s.session("rollback").fails(1, &["not on a Friday"]);
    super::remove(&s, ".git/hooks/pre-commit");
    grows(&s, "rollback");
    point.as_before(&s, &["A-01"]);
    assert_eq!(s.git("log --oneline --fixed-strings --grep=A-01-rollback").lines().count(), 1);
    assert_eq!(s.git("log --oneline --fixed-strings --grep=Session-Checkpoint:").lines().count(), 2);
    s.session("audit").ok();
}

#[test]
fn hooks_that_only_watch_run_once() {
    let s = project(&[("A-01", "none")]);
    let point = Point::of(&s);
    finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"] {
        executable(&s.root, &format!(".git/hooks/{hook}"), &format!("#!/bin/sh\necho {hook} >> \"$HOME/ran\"\n"));
    }
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
    let ran = std::fs::read_to_string(s.home().join("ran")).unwrap();
    assert_eq!(ran, "pre-commit\nprepare-commit-msg\ncommit-msg\npost-commit\n");
}

#[test]
fn it_is_signed() {
    if !has("ssh-keygen") {
        return;
    }
    let s = project(&[("A-01", "none")]);
    let point = Point::of(&s);
    by_ssh(&s);
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    super::change(&s, "keep.txt", 3, "changed");
    s.session("complete").ok();
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
    for commit in ["HEAD", "HEAD^"] {
        s.git(&format!("verify-commit {commit}"));
    }
    // Without its key all is as it was.
    s.session("start A-01").ok();
    s.write("b.txt", "b\n");
    s.session("complete").ok();
    s.git("config user.signingKey /nowhere/key.pub");
    let head = s.git("rev-parse HEAD");
    s.session("rollback A-01").fails(1, &["/nowhere/key"]);
    assert_eq!(s.git("rev-parse HEAD"), head);
    clean(&s);
    refused(&s, "rollback A-09", 1, &["A-09"]);
}
