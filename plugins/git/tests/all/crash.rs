//! The git plugin is killed, cut off, failed and run twice in every place: one work commit comes of it, and no work is lost.

use session_plugin_git::Git;
use session_sdk::testing::{
    Host, context, may_run_twice, stops_at_failures, survives_cuts, survives_kills, survives_restarts, written,
};
use session_sdk::{Change, Checkpoint, Commit, Complete, Context, Event, Head, Settle, Start, Status, Summary};

use crate::history::{commit, stand_on_one_another};

const BASE: &str = "b45eb45eb45eb45eb45eb45eb45eb45eb45eb45e";
const DOCUMENTS: [&str; 3] = ["docs/progress/TEST_PROGRESS.md", "docs/sessions/SESSION.md", "docs/records/"];

fn change(path: &str, status: &str) -> Change {
    let blob = (status != "deleted").then(|| format!("blob of {path}"));
    Change { path: path.into(), status: status.into(), blob, size: Some(20), ..Change::default() }
}

/// A repository in which a session has worked: some of what has changed was so before it.
fn repository(changes: &[(&str, &str)]) -> Host {
    let mut host = Host::default();
    host.set(|world| {
        world.history = vec![commit(BASE, "feat: before\n", &["src/a.rs"])];
        world.head = Head {
            commit: Some(BASE.into()),
            branch: Some("main".into()),
            tree: Some("tree of the base".into()),
            author: Some("Kim <kim@example.com>".into()),
        };
        world.changes = changes.iter().map(|(path, status)| change(path, status)).collect();
        world.facts.insert("git.base".into(), BASE.into());
        world.facts.insert("git.branch".into(), "main".into());
        world.facts.insert("git.dirty".into(), r#"{"notes.txt": "blob of notes.txt", "both.rs": "as it was"}"#.into());
    });
    host
}

const WORK: &[(&str, &str)] = &[
    ("src/a.rs", "modified"),
    ("src/new.rs", "added"),
    ("src/old.rs", "deleted"),
    ("notes.txt", "modified"),
    ("docs/progress/TEST_PROGRESS.md", "modified"),
    ("docs/records/T-00.json", "added"),
];
const BOTH: &[(&str, &str)] = &[("both.rs", "modified"), ("notes.txt", "modified")];

fn worked() -> Host {
    repository(WORK)
}

fn both() -> Host {
    repository(&[WORK, BOTH].concat())
}

fn with_checkpoint() -> Host {
    let mut host = worked();
    host.set(|world| {
        let message = "WIP: [T-01] checkpoint - half\n\nSession: T-01 (checkpoint 1)\n\nSession-Checkpoint: T-01/1\n";
        world.history.insert(0, commit("c1", message, &["src/a.rs", "src/b.rs"]));
        world
            .history
            .insert(0, commit("c2", "docs(progress): checkpoint\n\nSession-Progress: T-01\n", DOCUMENTS.as_slice()));
        world.history.insert(0, commit("c3", "fix: by hand\n", &["src/c.rs"]));
        stand_on_one_another(world);
        world.head.commit = Some("c3".into());
        world.head.tree = Some("tree-c3".into());
    });
    host
}

fn with_checkpoints() -> Host {
    let mut host = with_checkpoint();
    host.set(|world| {
        world.history.remove(0);
        let message = "WIP: [T-01] checkpoint - more\n\nSession-Checkpoint: T-01/2\n";
        world.history.insert(0, commit("c4", message, &["src/a.rs", "src/d.rs"]));
        stand_on_one_another(world);
        world.head.commit = Some("c4".into());
        world.head.tree = Some("tree-c4".into());
        world.files.insert(DOCUMENTS[1].into(), b"documents".to_vec());
    });
    host
}

/// After `git pull --rebase`: the base and the checkpoint are other commits, on top of another person's.
fn rebased() -> Host {
    let mut host = with_checkpoints();
    host.set(|world| {
        let left = std::mem::take(&mut world.history);
        let again = |of: &Commit| Commit { commit: format!("new-{}", of.commit), tree: String::new(), ..of.clone() };
        world.history = left.iter().map(again).collect();
        world.history.extend([commit("u1", "feat: theirs\n", &["src/u.rs"]), commit("root", "first\n", &[])]);
        stand_on_one_another(world);
        let ids = world.history.iter().take(left.len()).zip(&left);
        let ids = ids.flat_map(|(new, old)| [&new.commit, &old.commit].map(|c| (c.clone(), old.commit.clone())));
        world.patches = ids.collect();
        world.head.commit = Some("new-c4".into());
        let mut left = left;
        left.push(commit("root", "first\n", &[]));
        left[3].parents = vec!["root".into()];
        world.kept.insert("ORIG_HEAD".into(), left);
    });
    host
}

fn nothing() -> Host {
    let mut host = repository(&[]);
    host.set(|world| _ = world.facts.insert("git.dirty".into(), "{}".into()));
    host
}

fn documents() -> Vec<String> {
    DOCUMENTS.map(str::to_owned).to_vec()
}

fn start() -> Context<Start> {
    context(Event::Start, Start { documents: documents(), ..Start::default() })
}

fn checkpoint() -> Context<Checkpoint> {
    let data = Checkpoint { number: 2, message: "more".into(), documents: documents(), ..Checkpoint::default() };
    context(Event::Checkpoint, data)
}

fn complete() -> Context<Complete> {
    let message = Some("feat(parser): read empty files\n\n- and say so".into());
    let verified = Some("2 passed, 1 attested".into());
    context(Event::Complete, Complete { message, verified, documents: documents(), ..Complete::default() })
}

fn settle(reason: &str, failed: bool) -> Context<Settle> {
    let mut cx = context(
        Event::Settle,
        Settle {
            reason: reason.into(),
            failed,
            documents: documents(),
            local: vec!["docs/sessions/SESSION.md".into(), "docs/sessions/SESSION-T-00.md".into()],
            written: vec!["docs/progress/TEST_PROGRESS.md".into(), "docs/sessions/SESSION.md".into()],
            ..Settle::default()
        },
    );
    if let Some(session) = cx.session.as_mut().filter(|_| reason == "complete" && !failed) {
        session.status = Status::Done;
    }
    cx
}

#[test]
fn start_only_sets_facts() {
    for make in [worked, both, nothing] {
        assert_eq!(survives_kills::<Git, _, Summary>(make, &start()).cases, 0, "no effect");
        assert_eq!(survives_cuts::<Git, _, Summary>(make, &start()).cases, 17);
        may_run_twice::<Git, _, Summary>(make, &start());
    }
}

#[test]
fn a_checkpoint_survives() {
    for make in [worked, both, with_checkpoint] {
        assert_eq!(survives_kills::<Git, _, Summary>(make, &checkpoint()).cases, 4);
        assert_eq!(survives_cuts::<Git, _, Summary>(make, &checkpoint()).cases, 27);
        assert_eq!(survives_restarts::<Git, _, Summary>(make, &checkpoint(), |_| ()).cases, 4);
        assert_eq!(stops_at_failures::<Git, _, Summary>(make, &checkpoint(), &[]).cases, 1);
        may_run_twice::<Git, _, Summary>(make, &checkpoint());
    }
}

#[test]
fn a_complete_survives() {
    let plain = complete();
    let mut include = complete();
    include.data.include = vec!["both.rs".into()];
    let mut leave = complete();
    leave.data.leave = vec!["both.rs".into()];
    // Cuts: the calls differ in the diff of what is to be committed, and in a patch id for each commit.
    let cases: [(fn() -> Host, _, _); 5] = [
        (worked, &plain, 45),
        (with_checkpoint, &plain, 49),
        (nothing, &plain, 41),
        (both, &include, 45),
        (both, &leave, 45),
    ];
    for (make, cx, cuts) in cases {
        assert_eq!(survives_kills::<Git, _, Summary>(make, cx).cases, 4);
        assert_eq!(survives_cuts::<Git, _, Summary>(make, cx).cases, cuts);
        assert_eq!(survives_restarts::<Git, _, Summary>(make, cx, |_| ()).cases, 4);
        assert_eq!(stops_at_failures::<Git, _, Summary>(make, cx, &[]).cases, 1);
        may_run_twice::<Git, _, Summary>(make, cx);
    }
}

#[test]
fn a_complete_that_folds_survives() {
    let mut cx = complete();
    cx.data.squash = true;
    assert_eq!(survives_kills::<Git, _, Summary>(with_checkpoints, &cx).cases, 4);
    assert_eq!(survives_cuts::<Git, _, Summary>(with_checkpoints, &cx).cases, 49);
    assert_eq!(survives_restarts::<Git, _, Summary>(with_checkpoints, &cx, |_| ()).cases, 4);
    assert_eq!(stops_at_failures::<Git, _, Summary>(with_checkpoints, &cx, &[]).cases, 1);
    may_run_twice::<Git, _, Summary>(with_checkpoints, &cx);
}

#[test]
fn a_complete_on_a_rebased_history_survives() {
    assert_eq!(survives_kills::<Git, _, Summary>(rebased, &complete()).cases, 4);
    assert!(survives_cuts::<Git, _, Summary>(rebased, &complete()).cases > 30);
    assert_eq!(survives_restarts::<Git, _, Summary>(rebased, &complete(), |_| ()).cases, 4);
    may_run_twice::<Git, _, Summary>(rebased, &complete());
}

#[test]
fn a_settle_survives_being_run_again() {
    let on_the_way = "commit docs(progress)";
    for (reason, failed, tolerated) in [
        ("start", false, &[on_the_way][..]),
        ("checkpoint", false, &[on_the_way]),
        ("complete", true, &[on_the_way]),
        ("complete", false, &[]),
    ] {
        let cx = settle(reason, failed);
        assert_eq!(survives_restarts::<Git, _, Summary>(worked, &cx, written).cases, 12, "two excludes and a commit");
        assert_eq!(stops_at_failures::<Git, _, Summary>(worked, &cx, tolerated).cases, 3);
        may_run_twice::<Git, _, Summary>(worked, &cx);
    }
}

fn facts(host: &Host) -> Vec<Option<String>> {
    ["commit", "tree", "commits", "files", "checkpoint.2"].map(|key| host.world().facts.get(key).cloned()).to_vec()
}

/// As after the loss of a journal: the commits are there, what was said of them is not.
fn forget(host: &mut Host) -> Vec<Option<String>> {
    let before = facts(host);
    host.set(|world| world.facts.retain(|key, _| key.starts_with("git.")));
    before
}

#[test]
fn a_second_complete_takes_the_commit_of_the_first() {
    for make in [worked, with_checkpoint, nothing] {
        let mut host = make();
        let first: Summary = host.run::<Git, _, _>(&complete()).expect("commits");
        let count = host.world().history.len();
        let expected = forget(&mut host);
        let second: Summary = host.run::<Git, _, _>(&complete()).expect("finds it");
        assert_eq!((host.world().history.len(), facts(&host)), (count, expected));
        assert_eq!(second.more, first.more);
        let commit = host.world().history[0].commit.clone();
        assert_eq!(second.message, format!("committed earlier as {}", &commit[..7]));
    }
}

#[test]
fn a_work_commit_is_found_below_others_and_says_its_tree() {
    let mut host = worked();
    host.run::<Git, _, Summary>(&complete()).expect("commits");
    let expected = forget(&mut host);
    host.set(|world| {
        world.history.insert(0, commit("d1", "docs(progress): complete\n\nSession-Progress: T-01\n", &["P.md"]));
        world.history.insert(0, commit("d2", "fix: after it\n", &["src/d.rs"]));
        world.head.commit = Some("d2".into());
        world.head.tree = Some("tree-d2".into());
    });
    let mut cx = complete();
    cx.data.message = Some("feat: other words".into());
    let summary: Summary = host.run::<Git, _, _>(&cx).expect("finds it");
    assert!(summary.message.ends_with(", and keeps its message"), "{}", summary.message);
    let work = expected[0].clone().expect("a commit");
    assert_eq!(facts(&host)[..2], expected[..2]);
    let commits = facts(&host)[2].clone().expect("commits");
    let hashes: Vec<&str> = commits.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(hashes, [work.as_str(), "d2"], "what was committed after it counts too");
    assert!(commits.lines().all(|line| line.split(' ').count() == 3), "{commits}");

    // A host that is too old says no tree in the history, and that of the head is another's.
    host.set(|world| world.history.iter_mut().for_each(|commit| commit.tree.clear()));
    let summary: Summary = host.run::<Git, _, _>(&cx).expect("commits");
    assert!(summary.message.contains("an empty commit: the work is in 2 earlier commits"), "{}", summary.message);
    // Now it is the head's.
    host.set(|world| world.history.iter_mut().for_each(|commit| commit.tree.clear()));
    let summary: Summary = host.run::<Git, _, _>(&cx).expect("finds it");
    assert!(summary.message.starts_with("committed earlier as"), "{}", summary.message);
    assert_eq!(facts(&host)[1], host.world().head.tree);
}

#[test]
fn work_that_came_after_is_committed_and_that_of_others_is_not_taken() {
    let mut host = worked();
    host.run::<Git, _, Summary>(&complete()).expect("commits");
    host.set(|world| world.changes.push(change("src/late.rs", "added")));
    let summary: Summary = host.run::<Git, _, _>(&complete()).expect("commits");
    assert!(summary.message.ends_with("(1 file)"), "{}", summary.message);
    assert_eq!(host.world().history.len(), 3);

    for message in ["feat: b\n\nSession-Id: T-010\n", "feat: by hand\n", "docs: c\n\nSession-Progress: T-01\n"] {
        let mut host = nothing();
        host.set(|world| world.history.insert(0, commit("d1", message, &["b.rs"])));
        host.run::<Git, _, Summary>(&complete()).expect("commits");
        assert_eq!(host.world().history.len(), 3, "{message}");
    }
    // That of an earlier attempt is behind the base.
    let mut host = nothing();
    host.set(|world| world.history[0].message = "feat: a\n\nSession-Id: T-01\n".into());
    host.run::<Git, _, Summary>(&complete()).expect("commits");
    assert_eq!(host.world().history.len(), 2);
}

#[test]
fn an_included_path_may_be_in_the_work_commit_already() {
    let mut cx = complete();
    cx.data.include = vec!["both.rs".into()];
    let mut host = both();
    for _ in 0..2 {
        host.run::<Git, _, Summary>(&cx).expect("the same command again");
    }
    cx.data.include.push("never.rs".into());
    let error = host.run::<Git, _, Summary>(&cx).expect_err("refused");
    assert_eq!(error.message, "never.rs has not changed, so it cannot be included or left");
}

#[test]
fn a_second_checkpoint_of_the_same_number_takes_the_commit_of_the_first() {
    let mut host = with_checkpoint();
    host.run::<Git, _, Summary>(&checkpoint()).expect("commits");
    let count = host.world().history.len();
    let expected = forget(&mut host);
    let second: Summary = host.run::<Git, _, _>(&checkpoint()).expect("finds it");
    assert_eq!((host.world().history.len(), facts(&host)), (count, expected));
    let commit = host.world().history[0].commit.clone();
    assert_eq!(second.message, format!("checkpoint 2 committed earlier as {}", &commit[..7]));

    let mut next = checkpoint();
    next.data.number = 3;
    let third: Summary = host.run::<Git, _, _>(&next).expect("nothing to do");
    assert_eq!(third.message, format!("checkpoint 3 is the last commit, {}", &commit[..7]));
    assert!(host.world().facts["checkpoint.3"].starts_with(&commit));
    // Of nothing there is no checkpoint, so that it takes no number.
    let error = nothing().run::<Git, _, Summary>(&checkpoint()).expect_err("nothing to keep");
    assert!(error.message.starts_with("nothing has changed since"), "{error}");
}
