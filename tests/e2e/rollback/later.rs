//! What came after the session: others that changed the same lines, other lines, or the file's name; and merges.

use super::{Point, clean, finish, grows, meanwhile, project, refused};

#[test]
fn dependants_that_changed_the_same_lines_other_lines_and_names() {
    let s = project(&[("A-01", "none"), ("A-02", "none"), ("A-03", "A-01, A-02"), ("A-04", "none")]);
    let point = Point::of(&s);
    finish(&s, "A-01", |s| super::change(s, "keep.txt", 3, "first"));
    let first = s.git("rev-parse --short=7 HEAD^");
    finish(&s, "A-02", |s| {
        super::change(s, "old.txt", 3, "second");
        s.write("second.txt", "x\n");
    });
    finish(&s, "A-03", |s| {
        let text = s.read("keep.txt").replace("keep 3 first", "keep 3 third");
        s.write("keep.txt", &text);
        super::change(s, "old.txt", 10, "third");
    });
    let third = s.git("rev-parse --short=7 HEAD^");
    finish(&s, "A-04", |s| std::fs::rename(s.path("old.txt"), s.path("moved.txt")).unwrap());

    let changed = format!("keep.txt was changed later by {third} (feat: part A-03)");
    let said = [&format!("what {first} changed cannot be taken back"), changed.as_str(), "nothing was changed"];
    let ran = refused(&s, "rollback A-01 --force", 1, &said);
    assert!(ran.err.contains("sessions depend on it: A-03 is done"), "{ran:?}");
    refused(&s, "rollback A-01 --force --dry-run", 1, &said[..2]);
    refused(&s, "rollback A-02", 1, &["1 session built on it", "A-03 is done"]);

    let expected = s.read("moved.txt").replace("old 3 second", "old 3");
    let ran = grows(&s, "rollback A-02 --force");
    assert!(ran.err.contains("A-03 is done"), "{ran:?}");
    clean(&s);
    assert_eq!(s.read("moved.txt"), expected);
    assert!(!s.exists("old.txt") && !s.exists("second.txt") && s.read("keep.txt").contains("third"));

    // In the right order all of it goes.
    grows(&s, "rollback A-04");
    grows(&s, "rollback A-03");
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01", "A-02", "A-03", "A-04"]);
}

#[test]
fn a_branch_that_was_merged() {
    let s = project(&[("A-01", "none")]);
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    super::change(&s, "keep.txt", 3, "changed");
    s.session("complete").ok();
    s.git("switch --quiet main");
    s.write("other.txt", "other\n");
    super::commit(&s, "feat: other");
    let point = Point::of(&s);
    s.git("merge --quiet --no-ff -m merged feature");
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
    s.session("audit").ok();
    s.session("status --check").ok();
}

#[test]
fn what_a_merge_brought_in_stays() {
    let s = project(&[("A-01", "none")]);
    s.git("switch --quiet -c feature");
    s.session("start A-01").ok();
    s.write("a.txt", "a\n");
    s.session("checkpoint -m half").ok();
    s.git("switch --quiet main");
    s.write("other.txt", "other\n");
    super::commit(&s, "feat: other");
    let point = Point::of(&s);
    s.git("switch --quiet feature");
    s.git("merge --quiet --no-ff -m merged main");
    super::change(&s, "keep.txt", 3, "changed");

    // Under way, with work that is not committed.
    meanwhile(&s, || {
        let ran = grows(&s, "rollback");
        assert!(ran.err.contains("what 1 merge brought in was made elsewhere and stays"), "{ran:?}");
        assert_eq!(s.read("other.txt"), "other\n");
        point.as_before(&s, &["A-01"]);
    });
    // The same, done.
    s.session("complete").ok();
    let ran = grows(&s, "rollback A-01");
    assert!(ran.err.contains("brought in was made elsewhere and stays"), "{ran:?}");
    point.as_before(&s, &["A-01"]);
}
