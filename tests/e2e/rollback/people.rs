//! What people have lying about: dirty before the session, changed since, in the way, or ignored.

use super::{Point, clean, grows, meanwhile, project, refused, remove, sound};

#[test]
fn what_was_dirty_before_stays_so() {
    let s = project(&[("A-01", "none")]);
    let before = super::files(&s, "HEAD");
    s.write("mine.txt", "mine\n");
    s.write("staged.txt", "staged\n");
    s.git("add staged.txt");
    super::change(&s, "keep.txt", 3, "mine");
    remove(&s, "gone.txt");
    let status = s.git("status --porcelain");
    let keep = s.read("keep.txt");
    s.session("start A-01").ok();
    s.write("first.txt", "first\n");
    s.session("checkpoint -m half").ok();
    s.write("more.txt", "more\n");
    super::change(&s, "old.txt", 3, "changed");

    let all_there = || {
        assert_eq!(super::files(&s, "HEAD"), before);
        assert_eq!(s.git("status --porcelain"), status);
        assert_eq!((s.read("mine.txt"), s.read("keep.txt")), ("mine\n".to_owned(), keep.clone()));
        assert_eq!(s.git("diff --cached --name-only"), "staged.txt");
        sound(&s);
    };
    meanwhile(&s, || {
        grows(&s, "rollback");
        all_there();
    });
    s.session("complete").ok();
    grows(&s, "rollback A-01");
    all_there();
}

#[test]
fn what_was_dirty_before_and_was_committed_by_hand_is_asked_for() {
    let s = project(&[("A-01", "none")]);
    super::change(&s, "keep.txt", 3, "mine");
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    let by = super::commit(&s, "feat: all there is");
    let said = format!("undoes what was dirty before the session and is in {by}: keep.txt");
    refused(&s, "rollback", 1, &[&said, "session rollback A-01 --yes"]);
    grows(&s, "rollback --yes");
    assert!(!s.read("keep.txt").contains("mine") && !s.exists("a.txt"));
}

#[test]
fn what_was_taken_out_of_the_index_comes_back() {
    let mut s = project(&[("A-01", "none")]);
    s.environment.push(("GIT_AUTHOR_NAME", "Robin".to_owned()));
    crate::git::executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    s.session("start A-01").ok();
    s.git("rm --quiet --cached keep.txt");
    s.write(".gitignore", "keep.txt\n");
    s.session("rollback --dry-run").ok();
    // The session has committed nothing: what is taken back is committed before, and so is that git has lost sight of it.
    s.session("rollback").ok();
    assert!(!s.exists(".gitignore"));
    assert_eq!(s.git("ls-files keep.txt"), "keep.txt");
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn what_git_cannot_commit_is_known_before_anything_is_done() {
    let s = project(&[("A-01", "none")]);
    s.session("start A-01").ok();
    s.write(".gitignore", "keep.txt\n");
    // Another git at work, or a lock that one has left: a database would be down already.
    s.write(".git/index.lock", "");
    refused(&s, "rollback", 1, &["index.lock is there, so nothing can be committed"]);
    remove(&s, ".git/index.lock");
    s.session("rollback").ok();
    assert!(!s.exists(".gitignore"));
}

#[test]
fn a_folder_that_became_a_link() {
    let s = project(&[("A-01", "none")]);
    crate::git::executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    s.write("other/inside.txt", "other\n");
    super::commit(&s, "feat: other");
    let point = Point::of(&s);
    s.session("start A-01").ok();
    std::fs::remove_dir_all(s.path("place")).unwrap();
    std::os::unix::fs::symlink("other", s.path("place")).unwrap();
    s.session("checkpoint -m half").ok();
    assert!(s.git("ls-tree -r HEAD place").starts_with("120000"));
    grows(&s, "rollback");
    point.as_before(&s, &["A-01"]);
    assert_eq!(s.read("place/inside.txt"), "inside\n");
}

#[test]
fn what_would_be_lost_is_refused_and_named() {
    let s = project(&[("A-01", "none")]);
    s.write(".gitignore", "*.log\n");
    s.write("tracked.log", "tracked\n");
    s.git("add --force tracked.log");
    super::commit(&s, "ignore logs");
    let point = Point::of(&s);
    s.session("start A-01").ok();
    super::change(&s, "keep.txt", 3, "changed");
    s.write("out/made.txt", "made\n");
    s.write("bare/made.txt", "made\n");
    remove(&s, "gone.txt");
    remove(&s, "tracked.log");
    std::fs::remove_dir_all(s.path("place")).unwrap();
    s.session("complete").ok();
    s.write("out/build.log", "ignored\n");

    let said = "files that would change hold what is not committed";
    meanwhile(&s, || {
        super::change(&s, "keep.txt", 10, "mine");
        refused(&s, "rollback A-01", 1, &[said, "keep.txt has changes that are not committed"]);
        refused(&s, "rollback A-01 --dry-run", 1, &[said]);
        s.git("add keep.txt");
        refused(&s, "rollback A-01", 1, &[said, "keep.txt"]);
    });
    // In the way, in each way that there is.
    for (path, named) in
        [("gone.txt", "gone.txt"), ("tracked.log", "tracked.log"), ("place", "place"), ("gone.txt/x", "gone.txt")]
    {
        meanwhile(&s, || {
            s.write(path, "mine\n");
            refused(&s, "rollback A-01", 1, &[said, named, "stands in the way of what comes back"]);
        });
    }
    meanwhile(&s, || {
        s.write("place/inside.txt", "inside\n");
        s.write("gone.txt", "gone\n");
        // Just what comes back stands in no way.
        grows(&s, "rollback A-01");
        point.same_files(&s);
    });
    meanwhile(&s, || {
        remove(&s, "out/made.txt");
        let ran = s.session("rollback A-01");
        // Gone already, as it shall be.
        ran.ok();
        point.same_files(&s);
    });
    // Elsewhere people's work is none of its business.
    s.write("mine.txt", "mine\n");
    super::change(&s, "old.txt", 3, "mine");
    let status = s.git("status --porcelain");
    grows(&s, "rollback A-01");
    point.same_files(&s);
    assert_eq!(s.git("status --porcelain"), status);
    assert_eq!(s.read("out/build.log"), "ignored\n");
    assert!(!s.exists("bare") && s.read("tracked.log") == "tracked\n");
    remove(&s, "mine.txt");
    s.git("checkout --quiet old.txt");
    clean(&s);
}

#[test]
fn a_file_that_was_dirty_before_and_changed_by_the_session() {
    let s = project(&[("A-01", "none")]);
    super::change(&s, "keep.txt", 3, "mine");
    s.session("start A-01").ok();
    super::change(&s, "keep.txt", 10, "changed");
    s.write("a.txt", "a\n");
    let point = Point::of(&s);
    let ran = s.session("rollback");
    // Nobody can tell the two apart: what a person had is in the history, or still here.
    if ran.code == 0 {
        let kept = s.read("keep.txt").contains("keep 3 mine");
        let saved = s.git("log --all --format=%H -S\"keep 3 mine\" -- keep.txt");
        assert!(kept || !saved.is_empty(), "{ran:#?}");
        point.same_files(&s);
    } else {
        assert!(ran.err.contains("keep.txt"), "{ran:#?}");
    }
    sound(&s);
}
