//! What a rollback of the git plugin undoes, keeps and refuses, and that it survives being killed, cut off and failed in
//! every place. What becomes of the files only a real repository shows: those tests are the host's.

use session_plugin_git::Git;
use session_sdk::testing::{Host, World, context, may_run_twice, stops_at_failures, survives_cuts, survives_kills};
use session_sdk::{
    Back, Change, Commit, Context, Error, Event, Request, Rollback, RollbackTo, Snapshot, SnapshotRequest, Status,
    Summary, Undo,
};

use crate::history::{self, DOCUMENT, commit};

fn work() -> Commit {
    commit("work", "feat: a\n\nSession-Id: T-01\nSession-Verified: 1 passed\n", &["src/a.rs"])
}

fn checkpoint(number: u32) -> Commit {
    let message = format!("WIP\n\nSession-Checkpoint: T-01/{number}\n");
    commit(&format!("cp{number}"), &message, &[&format!("src/{number}.rs")])
}

fn other() -> Commit {
    commit("other", "feat: b\n\nSession-Id: B-01\n", &["src/b.rs"])
}

/// These commits, newest first, on the one that the session started from; checkpoints are known.
fn host(history: Vec<Commit>) -> Host {
    let mut host = history::host(history);
    host.set(|world| {
        for number in 1..4 {
            world.facts.insert(format!("checkpoint.{number}"), format!("cp{number} tree-cp{number} -"));
        }
    });
    host
}

/// One that is complete has word of its commits.
fn done(history: Vec<Commit>, commits: &str) -> (Host, Context<SnapshotRequest>) {
    let mut host = host(history);
    host.set(|world| _ = world.facts.insert("commits".into(), commits.into()));
    (host, asked(RollbackTo::Start, Some(commits)))
}

fn asked(to: RollbackTo, commits: Option<&str>) -> Context<SnapshotRequest> {
    let data = SnapshotRequest { back: Some(to), documents: vec![DOCUMENT.into()], ..SnapshotRequest::default() };
    let mut cx = context(Event::Snapshot, data);
    if let (Some(session), Some(commits)) = (&mut cx.session, commits) {
        session.status = Status::Done;
        session.facts.insert("commits".into(), commits.into());
        for number in 1..4 {
            session.facts.insert(format!("checkpoint.{number}"), format!("cp{number} tree-cp{number} -"));
        }
    }
    if let Some(session) = &mut cx.session {
        for number in 1..4 {
            session.facts.insert(format!("checkpoint.{number}"), format!("cp{number} tree-cp{number} -"));
        }
    }
    cx
}

fn back(host: &mut Host, cx: &Context<SnapshotRequest>) -> Result<Back, Error> {
    let snapshot: Option<Snapshot> = host.run::<Git, _, _>(cx)?;
    Ok(snapshot.and_then(|snapshot| snapshot.back).expect("it was asked for"))
}

fn hashes(back: &Back) -> Vec<&str> {
    back.commits.iter().map(|undo| undo.commit.as_str()).collect()
}

fn dirty(host: &mut Host, path: &str) {
    let change = Change { path: path.into(), status: "added".into(), blob: Some("b".into()), ..Change::default() };
    host.set(|world| world.changes.push(change));
}

fn rollback(back: Back) -> Context<Rollback> {
    context(Event::Rollback, Rollback { back, documents: vec![DOCUMENT.into()], ..Rollback::default() })
}

fn undo(commits: &[&str]) -> Vec<Undo> {
    commits.iter().map(|commit| Undo { commit: (*commit).to_owned(), to: None }).collect()
}

#[test]
fn an_active_session_takes_back_what_it_has_committed_and_what_it_has_not() {
    let mut host = host(vec![checkpoint(2), other(), commit("hand", "fix: by hand\n", &["src/c.rs"]), checkpoint(1)]);
    dirty(&mut host, "src/new.rs");
    dirty(&mut host, DOCUMENT);
    let found = back(&mut host, &asked(RollbackTo::Start, None)).expect("found");
    assert_eq!(hashes(&found), ["cp2", "hand", "cp1"]);
    assert_eq!((found.uncommitted, found.last), (vec!["src/new.rs".to_owned()], Some("cp2".to_owned())));
    assert_eq!(found.added, ["src/1.rs", "src/2.rs", "src/c.rs", "src/new.rs"]);

    let found = back(&mut host, &asked(RollbackTo::Last, None)).expect("found");
    assert_eq!((hashes(&found), found.added.as_slice()), (vec![], &["src/new.rs".to_owned()][..]), "the newest of all");
    let found = back(&mut host, &asked(RollbackTo::Checkpoint { number: 1 }, None)).expect("found");
    assert_eq!(hashes(&found), ["cp2", "hand"]);
}

#[test]
fn what_is_there_before_is_not_added() {
    let mut host = host(vec![checkpoint(1)]);
    host.set(|world| _ = world.files_at.insert(("base".into(), "src/1.rs".into()), b"before".to_vec()));
    let found = back(&mut host, &asked(RollbackTo::Start, None)).expect("found");
    assert!(found.added.is_empty(), "{found:?}");
}

#[test]
fn a_session_that_is_done_takes_back_what_its_record_names() {
    let (mut host, cx) = done(vec![other(), work(), checkpoint(1)], "work tree-work -\ncp1 tree-cp1 -");
    dirty(&mut host, "src/elsewhere.rs");
    let found = back(&mut host, &cx).expect("found");
    assert_eq!(hashes(&found), ["work", "cp1"]);
    assert!(found.uncommitted.is_empty(), "nobody's work is not this session's");
}

#[test]
fn rewritten_commits_are_found_again_and_others_named() {
    let rebased = Commit { commit: "anew".into(), ..work() };
    let (mut host, cx) = done(vec![rebased], "work tree-work p1");
    assert_eq!(hashes(&back(&mut host, &cx).expect("by its trailer")), ["anew"]);

    let (mut host, cx) = done(vec![other()], "work tree-work p1");
    let error = back(&mut host, &cx).expect_err("nowhere");
    assert!(error.message.contains("work of T-01 is not in this history"), "{error}");

    let both = "feat: a\n\nSession-Id: B-01\n\nfeat: b\n\nSession-Id: T-01\n";
    let (mut host, cx) = done(vec![commit("squash", both, &["src/a.rs"])], "work tree-work p1");
    let error = back(&mut host, &cx).expect_err("shared");
    assert!(error.causes[0].contains("B-01"), "{error}");
}

#[test]
fn a_merge_stays() {
    let mut merged = host(vec![checkpoint(2), commit("merge", "Merge branch 'x'\n", &[]), checkpoint(1)]);
    merged.set(|world| world.history[1].parents.push("elsewhere".into()));
    let found = back(&mut merged, &asked(RollbackTo::Start, None)).expect("found");
    assert_eq!(hashes(&found), ["cp2", "cp1"]);
    let warned = |call: &Request| matches!(call, Request::Log { message, .. } if message.contains("merge"));
    assert!(merged.world().calls.iter().any(warned));
}

#[test]
fn a_folded_checkpoint_is_where_it_was_kept() {
    let (mut host, mut cx) = done(vec![work()], "work tree-work -");
    cx.data.back = Some(RollbackTo::Checkpoint { number: 1 });
    let folded = "refs/session/T-01/1 cp1 1";
    if let Some(session) = &mut cx.session {
        session.facts.insert("folded".into(), folded.into());
    }
    let error = back(&mut host, &cx).expect_err("a fresh clone has it not");
    assert!(error.causes[0].contains("only the clone"), "{error}");
    host.set(|world| _ = world.kept.insert("refs/session/T-01/1".into(), vec![checkpoint(1)]));
    let found = back(&mut host, &cx).expect("found");
    assert_eq!(found.commits, [Undo { commit: "work".into(), to: Some("cp1".into()) }]);
}

#[test]
fn one_commit_undoes_all_and_says_so() {
    let mut host = host(vec![checkpoint(2), checkpoint(1)]);
    dirty(&mut host, "src/new.rs");
    let uncommitted = vec!["src/new.rs".to_owned()];
    let cx = rollback(Back { commits: undo(&["cp2", "cp1"]), uncommitted, ..Back::default() });
    host.run::<Git, _, Summary>(&cx).expect("reverts");
    let world = host.world();
    assert_eq!(world.history.len(), 5, "what was not committed is kept by one more");
    let (revert, saved) = (&world.history[0], &world.history[1]);
    assert!(revert.message.starts_with("revert: roll back T-01\n"), "{}", revert.message);
    assert!(revert.message.ends_with("Session: T-01-rollback\n\nSession-Rollback: T-01\n"), "{}", revert.message);
    assert_eq!(saved.files, ["src/new.rs"]);
    let calls: Vec<_> = world
        .calls
        .iter()
        .filter_map(|call| match call {
            Request::Revert(request) => Some(request),
            _ => None,
        })
        .collect();
    let undone: Vec<&str> = calls[0].commits.iter().map(|undo| undo.commit.as_str()).collect();
    assert_eq!(undone, [saved.commit.as_str(), "cp2", "cp1"]);
    assert_eq!(calls[0].without, [DOCUMENT]);
    assert!(world.facts["revert"].starts_with(&revert.commit));
}

#[test]
fn nothing_to_undo_makes_no_commit() {
    let mut host = host(Vec::new());
    let summary: Summary = host.run::<Git, _, _>(&rollback(Back::default())).expect("quiet");
    assert_eq!((summary.message.as_str(), host.world().history.len()), ("", 1));
}

#[test]
fn a_detached_head_is_refused() {
    let mut host = host(vec![checkpoint(1)]);
    host.set(|world| world.head.branch = None);
    let cx = rollback(Back { commits: undo(&["cp1"]), ..Back::default() });
    let error = host.run::<Git, _, Summary>(&cx).expect_err("no branch");
    assert!(error.message.contains("detached"), "{error}");
}

#[test]
fn a_rollback_survives() {
    let committed = || host(vec![checkpoint(2), checkpoint(1)]);
    let saves = || {
        let mut host = committed();
        dirty(&mut host, "src/new.rs");
        host
    };
    let commits = undo(&["cp2", "cp1"]);
    let plain = rollback(Back { commits: commits.clone(), ..Back::default() });
    let saving = rollback(Back { commits, uncommitted: vec!["src/new.rs".into()], ..Back::default() });
    let cases: [(&dyn Fn() -> Host, _, usize); 2] = [(&committed, &plain, 1), (&saves, &saving, 2)];
    for (make, cx, effects) in cases {
        assert_eq!(survives_kills::<Git, _, Summary>(make, cx).cases, 4 * effects);
        assert!(survives_cuts::<Git, _, Summary>(make, cx).cases > 10);
        assert_eq!(stops_at_failures::<Git, _, Summary>(make, cx, &[]).cases, effects);
    }
    may_run_twice::<Git, _, Summary>(committed, &plain);
}

#[test]
fn a_new_attempt_takes_the_commit_of_the_one_that_stopped_behind_it() {
    let mut host = host(vec![checkpoint(1)]);
    let cx = rollback(Back { commits: undo(&["cp1"]), ..Back::default() });
    host.run::<Git, _, Summary>(&cx).expect("reverts");
    let made = host.world().history[0].commit.clone();
    let forget = |world: &mut World| world.facts.retain(|key, _| key == "git.base");
    host.set(forget);
    let summary: Summary = host.run::<Git, _, _>(&cx).expect("is done");
    assert!(summary.message.contains(&made[..7]), "{summary:?}");
    assert_eq!(host.world().history.len(), 3);
    assert!(host.world().facts["revert"].starts_with(&made));
}

#[test]
fn what_others_made_is_named_before_it_is_undone() {
    let theirs = Commit { author: "Mate <mate@example.com>".into(), ..commit("am", "fix: by mail\n", &["src/m.rs"]) };
    let pushed = Commit { pushed: true, ..commit("laptop", "feat: pushed\n", &["src/l.rs"]) };
    let mine = commit("hand", "fix: by hand\n", &["src/c.rs"]);
    let mut host = host(vec![theirs, pushed, mine, Commit { pushed: true, ..checkpoint(1) }]);
    let mut cx = rollback(Back { commits: undo(&["am", "laptop", "hand", "cp1"]), ..Back::default() });
    cx.dry_run = true;
    let summary: Summary = host.run::<Git, _, _>(&cx).expect("rehearses");
    let expected = [
        "undoes am (fix: by mail) of Mate <mate@example.com>",
        "undoes laptop (feat: pushed) of Kim <kim@example.com>, pushed",
        "nothing in them says that they are the work of T-01",
    ];
    assert_eq!(summary.confirm, expected);
}

#[test]
fn a_session_of_another_branch_is_refused_here() {
    let mut host = host(vec![commit("hand", "fix: by hand\n", &["src/c.rs"])]);
    host.set(|world| {
        world.facts.insert("git.branch".into(), "work".into());
        world.kept.insert("work".into(), vec![checkpoint(1)]);
    });
    let cx = rollback(Back { commits: undo(&["hand"]), ..Back::default() });
    let error = host.run::<Git, _, Summary>(&cx).expect_err("elsewhere");
    assert!(error.message.contains("was started on branch work, and this is main"), "{error}");
    // One that this branch holds was left behind on purpose.
    host.set(|world| world.kept.clear());
    host.run::<Git, _, Summary>(&cx).expect("reverts");
}

#[test]
fn hooks_that_keep_files_are_no_rollback() {
    let mut host = host(vec![checkpoint(1)]);
    host.set(|world| world.rewritten = vec!["src/1.rs".into()]);
    let cx = rollback(Back { commits: undo(&["cp1"]), ..Back::default() });
    let error = host.run::<Git, _, Summary>(&cx).expect_err("not all is undone");
    assert!(error.message.contains("hooks changed what") && error.message.contains("src/1.rs"), "{error}");
}

#[test]
fn a_record_that_names_somebody_elses_commit_is_refused() {
    let (mut host, cx) = done(vec![other(), work()], "other tree-work -");
    let error = back(&mut host, &cx).expect_err("not its work");
    assert!(error.message.contains("names other (feat: b), which is not its work"), "{error}");
}

#[test]
fn what_others_did_below_a_rebased_session_is_not_its_own() {
    let start = commit("start", "docs(progress): start T-01\n\nSession-Progress: T-01\n", &[DOCUMENT]);
    let hand = commit("hand", "fix: by hand\n", &["src/c.rs"]);
    let theirs = commit("theirs", "feat: on main, meanwhile\n", &["src/d.rs"]);
    let mut rebased = host(vec![checkpoint(1), hand.clone(), start.clone(), theirs.clone()]);
    let found = back(&mut rebased, &asked(RollbackTo::Start, None)).expect("found");
    assert_eq!(hashes(&found), ["cp1", "hand"]);
    // One that went on after a pause had begun before that.
    let mut paused = host(vec![start, checkpoint(1), theirs]);
    let found = back(&mut paused, &asked(RollbackTo::Start, None)).expect("found");
    assert_eq!(hashes(&found), ["cp1", "theirs"], "nothing tells it from the session's");
}
