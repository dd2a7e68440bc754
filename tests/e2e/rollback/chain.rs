//! Whole sessions that are done, one after the other and long after: here, in a fresh clone, and by another person.

use std::os::unix::fs::PermissionsExt as _;

use super::{Point, clean, commit, finish, grows, project, refused, remove, status};
use crate::support::Sandbox;

const IDS: [&str; 4] = ["A-01", "A-02", "A-03", "A-04"];

/// Four sessions, each on the one before it, with everything that a commit can hold; and the points before each.
fn chain() -> (Sandbox, Vec<Point>) {
    let s = project(&[("A-01", "none"), ("A-02", "A-01"), ("A-03", "A-02"), ("A-04", "A-03")]);
    let mut points = vec![Point::of(&s)];
    s.session("start A-01").ok();
    s.write("first.txt", "first\n");
    s.write("dir/sub/deep.txt", "deep\n");
    std::os::unix::fs::symlink("keep.txt", s.path("link")).unwrap();
    s.session("checkpoint -m half").ok();
    super::change(&s, "keep.txt", 3, "changed");
    s.write("first.txt", "first, and more\n");
    s.session("complete").ok();

    points.push(Point::of(&s));
    s.session("start A-02").ok();
    remove(&s, "gone.txt");
    std::fs::rename(s.path("old.txt"), s.path("new ñame.txt")).unwrap();
    commit(&s, "fix: by hand");
    std::fs::set_permissions(s.path("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    s.session("checkpoint -m half").ok();
    remove(&s, "link");
    std::os::unix::fs::symlink("first.txt", s.path("link")).unwrap();
    let text = s.read("keep.txt").replace("keep 3 changed", "keep 3 twice");
    s.write("keep.txt", &text);
    s.session("complete").ok();

    points.push(Point::of(&s));
    s.session("start A-03").ok();
    s.write("third.txt", "third\n");
    s.session("checkpoint -m all").ok();
    s.session("complete").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "", "its work commit is empty");

    points.push(Point::of(&s));
    s.session("start A-04").ok();
    s.write("fourth.txt", "four\n");
    s.session("checkpoint -m one").ok();
    std::fs::remove_dir_all(s.path("place")).unwrap();
    s.write("place", "now a file\n");
    s.session("checkpoint -m two").ok();
    remove(&s, "first.txt");
    s.write("first.txt/inside", "now a folder\n");
    s.session("complete --squash").ok();
    clean(&s);
    (s, points)
}

#[test]
fn a_chain_from_last_to_first_here_and_by_another_person() {
    let (s, points) = chain();
    let other = s.clone_fresh();
    let said = ["A-02 cannot be rolled back: 2 sessions built on it", "A-03 is done", "A-04 is done", "--force"];
    refused(&s, "rollback A-02", 1, &said);
    refused(
        &s,
        "rollback A-01",
        1,
        &["3 sessions built on it", "A-02 is done", "session rollback A-04, session rollback A-03"],
    );

    let other = other.unattended();
    refused(&other, "rollback A-04", 5, &["trust"]);
    other.session("trust --yes").ok();
    refused(&other, "rollback A-02", 1, &said);
    for s in [&s, &other] {
        for at in (0..IDS.len()).rev() {
            let before = s.git("rev-list --count HEAD");
            grows(s, &format!("rollback {}", IDS[at]));
            points[at].as_before(s, &IDS[at..]);
            let after = s.git("rev-list --count HEAD");
            let made = after.parse::<u32>().unwrap() - before.parse::<u32>().unwrap();
            assert_eq!(made, 2, "one commit and the documents: {:?}", s.subjects());
            let subjects = [format!("docs(progress): roll back {}", IDS[at]), format!("revert: roll back {}", IDS[at])];
            assert_eq!(s.subjects()[..2], subjects);
            let message = s.git("log -1 --format=%B HEAD^");
            assert!(message.contains(&format!("Session: {}-rollback\n\nSession-Rollback: {}", IDS[at], IDS[at])));
            assert_eq!(status(s, IDS[at]), "rolled-back");
        }
        s.session("status --check").ok();
        s.session("audit").ok();
    }
    assert_eq!(other.git("log -1 --format=%an HEAD^"), "Sam");
}

#[test]
fn the_records_of_a_rollback_reach_others() {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    grows(&s, "rollback A-01");
    other.git("pull --quiet");
    assert_eq!(status(&other, "A-01"), "rolled-back");
    refused(&other, "rollback A-01", 1, &["A-01 is rolled back already", "session start A-01"]);
    other.session("start A-02").fails(1, &["waits for others"]);
    // Who begins it anew elsewhere makes the second attempt.
    other.session("start A-01").ok();
    other.write("a.txt", "better\n");
    other.session("complete").ok();
    assert_eq!(super::record(&other, "A-01")["attempt"], 2);
    other.session("audit").ok();
    s.git(&format!("pull --quiet {} main", other.root.display()));
    assert_eq!(status(&s, "A-01"), "done");
    grows(&s, "rollback A-01");
    assert!(!s.exists("a.txt"));
    clean(&s);
}

#[test]
fn an_early_session_after_ten_later_ones() {
    let ids: Vec<String> = (1..=11).map(|n| format!("A-{n:02}")).collect();
    let sessions: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "none")).collect();
    let s = project(&sessions);
    finish(&s, "A-01", |s| {
        super::change(s, "keep.txt", 1, "early");
        s.write("early.txt", "early\n");
    });
    for id in &ids[1..] {
        finish(&s, id, |s| {
            s.write(&format!("{id}.txt"), "later\n");
            let line = id[2..].parse::<usize>().unwrap() + 1;
            super::change(s, "keep.txt", line.min(12), "later");
        });
    }
    let expected = s.read("keep.txt").replace("keep 1 early", "keep 1");
    grows(&s, "rollback A-01");
    clean(&s);
    assert_eq!(s.read("keep.txt"), expected);
    assert!(!s.exists("early.txt") && s.exists("A-11.txt"));
    s.session("audit").ok();
    s.session("status --check").ok();
}
