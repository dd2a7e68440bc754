//! What the git plugin commits and refuses: files outside the plan, large ones, secrets, folded checkpoints, and a history
//! that was rewritten. Without kills; those are `crash.rs`.

use session_plugin_git::Git;
use session_sdk::testing::{Host, context};
use session_sdk::{
    Change, Checkpoint, Commit, Complete, Context, Event, Level, Request, Result, Settle, Status, Summary,
};

use crate::history::{self, DOCUMENT, commit, stand_on_one_another};

const KEEP: &str = "refs/session/T-01/1";

fn checkpoint_commit(number: u32, files: &[&str]) -> Commit {
    commit(&format!("cp{number}"), &format!("WIP\n\nSession-Checkpoint: T-01/{number}\n"), files)
}

fn documents() -> Commit {
    commit("docs", "docs(progress): checkpoint\n\nSession-Progress: T-01\n", &[DOCUMENT])
}

/// The commits, newest first, on the one that the session started from.
fn host(history: Vec<Commit>) -> Host {
    let mut host = history::host(history);
    host.set(|world| _ = world.facts.insert("git.branch".into(), "main".into()));
    host
}

fn write(host: &mut Host, path: &str, text: &str) {
    host.set(|world| {
        let blob = Some(format!("blob of {text}"));
        let (status, size) = ("added".to_owned(), Some(text.len() as u64));
        world.changes.push(Change { path: path.into(), status, blob, size, filter: None });
        world.files.insert(path.into(), text.as_bytes().to_vec());
    });
}

fn complete() -> Context<Complete> {
    let documents = vec![DOCUMENT.to_owned()];
    context(Event::Complete, Complete { message: Some("feat: a".into()), documents, ..Complete::default() })
}

fn checkpoint() -> Context<Checkpoint> {
    let data = Checkpoint { number: 1, message: "half".into(), ..Checkpoint::default() };
    context(Event::Checkpoint, data)
}

fn run(host: &mut Host, cx: &Context<Complete>) -> Result<Summary> {
    host.run::<Git, _, Summary>(cx)
}

fn fact(host: &Host, key: &str) -> String {
    host.world().facts.get(key).cloned().unwrap_or_default()
}

fn warnings(host: &Host) -> Vec<String> {
    let warned = |call: &Request| match call {
        Request::Log { level: Level::Warn, message } => Some(message.clone()),
        _ => None,
    };
    host.world().calls.iter().filter_map(warned).collect()
}

/// A token that opens nothing, put together here so that nobody's scanner stops at this file.
fn token() -> String {
    ["gh", "p_q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVoX"].concat()
}

#[test]
fn files_outside_the_plan_are_named_and_committed() {
    let mut host = host(vec![commit("hand", "fix: by hand\n", &["Cargo.toml", "src/b.rs"])]);
    write(&mut host, "src/a.rs", "x");
    write(&mut host, "notes.txt", "x");
    let mut cx = complete();
    if let Some(session) = &mut cx.session {
        session.metadata.files = vec!["src/** (new)".into()];
    }
    run(&mut host, &cx).expect("commits");
    assert_eq!(fact(&host, "outside"), "Cargo.toml\nnotes.txt");
    let warned = warnings(&host);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].starts_with("2 files outside") && warned[0].ends_with("Cargo.toml, notes.txt"), "{warned:?}");
    assert_eq!(host.world().history[0].files, ["src/a.rs", "notes.txt"]);
}

#[test]
fn a_plan_without_files_names_none() {
    let mut host = host(vec![]);
    write(&mut host, "notes.txt", "x");
    run(&mut host, &complete()).expect("commits");
    assert!(warnings(&host).is_empty() && !host.world().facts.contains_key("outside"));
}

#[test]
fn a_secret_is_refused_with_its_line_and_never_shown() {
    let mut host = host(vec![]);
    write(&mut host, "src/a.rs", &format!("fn a() {{}}\nconst T: &str = \"{}\";\n", token()));
    write(&mut host, ".env", "A=1\n");
    let error = run(&mut host, &complete()).expect_err("refused");
    assert_eq!(error.message, "src/a.rs:2 looks like a GitHub token");
    assert_eq!(error.causes, [".env looks like an environment file"]);
    let hint = error.hint.clone().unwrap_or_default();
    for said in ["git rm --cached .env", ".gitignore", "environment variable", "session complete --help"] {
        assert!(hint.contains(said), "{hint}");
    }
    assert!(!hint.contains("--include") && !hint.contains("secrets ="), "the way past the refusal: {hint}");
    assert!(!error.to_text().contains("q7Rk2"), "{error}");
    assert_eq!(host.world().history.len(), 1, "nothing was committed");

    let mut cx = complete();
    cx.data.include = vec!["src/a.rs".into(), ".env".into()];
    run(&mut host, &cx).expect("a person says so");
    assert_eq!(fact(&host, "allowed"), "src/a.rs:2 looks like a GitHub token\n.env looks like an environment file");
    assert_eq!(host.world().history[0].files.len(), 2);
}

#[test]
fn secrets_can_be_switched_off_and_sizes_set() {
    let mut host = host(vec![]);
    write(&mut host, ".env", "A=1\n");
    let mut cx = complete();
    cx.config = serde_json::json!({"secrets": false, "max-file": "3 B"});
    let error = run(&mut host, &cx).expect_err("large");
    assert_eq!(error.message, ".env is 4 B, and max-file is 3 B");
    cx.config = serde_json::json!({"max-file": "3 apples"});
    let error = run(&mut host, &cx).expect_err("no size");
    assert!(error.to_string().contains("`3 apples` is no size; write max-file = \"5 MB\""), "{error}");
    cx.config = serde_json::json!({"secrets": false, "max-file": "none"});
    run(&mut host, &cx).expect("nothing is looked for");
    assert!(!host.world().calls.iter().any(|call| matches!(call, Request::Diff { .. })), "nor read");
}

#[test]
fn a_checkpoint_refuses_the_same() {
    let mut host = host(vec![]);
    write(&mut host, "id_rsa", "x");
    write(&mut host, "a.rs", "x");
    let mut cx = checkpoint();
    let error = host.run::<Git, _, Summary>(&cx).expect_err("refused");
    assert!(error.hint.is_some_and(|hint| hint.contains("git rm --cached id_rsa") && !hint.contains("--include")));
    cx.data.include = vec!["gone".into()];
    let error = host.run::<Git, _, Summary>(&cx).expect_err("refused");
    assert_eq!(error.message, "gone has not changed, so it cannot be included or left");
    cx.data.include = vec!["id_rsa".into()];
    cx.data.no_verify = true;
    host.run::<Git, _, Summary>(&cx).expect("commits");
    assert_eq!(fact(&host, "allowed"), "id_rsa looks like a private SSH key");
    let committed = |call: &Request| matches!(call, Request::Commit(request) if request.no_verify);
    assert!(host.world().calls.iter().any(committed));
    let line = fact(&host, "checkpoint.1");
    assert_eq!(line.split(' ').count(), 3, "{line}");
    // What is committed with leave is no news to complete.
    run(&mut host, &complete()).expect("commits");
}

#[test]
fn what_was_tracked_before_may_be_called_anything() {
    let mut host = host(vec![]);
    write(&mut host, ".env", "A=1\n");
    host.set(|world| world.changes[0].status = "modified".into());
    run(&mut host, &complete()).expect("its name is no news");
}

#[test]
fn a_secret_in_a_commit_by_hand_is_a_warning() {
    let mut host = host(vec![commit("hand", "fix: by hand\n", &["a.rs"])]);
    host.set(|world| _ = world.files.insert("a.rs".into(), token().into_bytes()));
    let mut cx = complete();
    cx.dry_run = true;
    run(&mut host, &cx).expect("it is in the history already");
    let warned = warnings(&host);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].starts_with("a.rs:1 looks like a GitHub token, and the commit hand has it"), "{warned:?}");
}

#[test]
fn checkpoints_are_folded_and_their_documents_follow() {
    let history = vec![documents(), checkpoint_commit(2, &["b.rs"]), documents(), checkpoint_commit(1, &["a.rs"])];
    let mut host = host(history);
    write(&mut host, "c.rs", "x");
    let mut cx = complete();
    cx.data.squash = true;
    let summary = run(&mut host, &cx).expect("folds");
    assert!(summary.message.ends_with(&format!("(3 files, checkpoints folded; {KEEP} keeps them)")), "{summary:?}");
    {
        let world = host.world();
        let work = &world.history[0];
        assert_eq!((world.history.len(), work.parents.as_slice()), (2, &["base".to_owned()][..]));
        assert_eq!(work.files.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{:?}", work.files);
        assert_eq!(world.kept[KEEP].len(), 5, "the old ones are kept");
        assert_eq!(world.facts["folded"], format!("{KEEP} docs 4"));
        assert_eq!(world.facts["files"], "a.rs\nb.rs\nc.rs");
        assert_eq!(world.facts["commits"].lines().count(), 1, "{}", world.facts["commits"]);
        assert_eq!(world.changes.len(), 1, "the documents are back in the working tree");
    }
    let mut settle = context(
        Event::Settle,
        Settle { reason: "complete".into(), documents: vec![DOCUMENT.into()], ..Settle::default() },
    );
    settle.session.iter_mut().for_each(|session| session.status = Status::Done);
    host.run::<Git, _, Summary>(&settle).expect("commits the documents");
    assert_eq!(host.world().history[0].files, [DOCUMENT]);
    assert!(host.world().changes.is_empty());
}

#[test]
fn a_reference_of_a_fold_that_came_to_nothing_is_taken_again() {
    let mut host = host(vec![checkpoint_commit(1, &["a.rs"])]);
    host.set(|world| {
        let now = world.history.clone();
        world.kept.insert(KEEP.into(), now);
    });
    let mut cx = complete();
    cx.data.squash = true;
    run(&mut host, &cx).expect("folds");
    assert_eq!(host.world().kept.len(), 1);
    assert_eq!(fact(&host, "folded"), format!("{KEEP} cp1 1"));
}

#[test]
fn a_second_fold_of_an_attempt_keeps_the_first() {
    let mut host = host(vec![checkpoint_commit(1, &["a.rs"])]);
    let mut cx = complete();
    cx.data.squash = true;
    run(&mut host, &cx).expect("folds");
    host.set(|world| {
        world.history.insert(0, checkpoint_commit(2, &["b.rs"]));
        stand_on_one_another(world);
    });
    run(&mut host, &cx).expect("folds the work commit of the first, too");
    assert_eq!(host.world().kept.keys().collect::<Vec<_>>(), [KEEP, &format!("{KEEP}.2")]);
    assert_eq!(host.world().history.len(), 2);
    assert_eq!(fact(&host, "files"), "a.rs\nb.rs");
}

#[test]
fn a_commit_by_hand_among_the_checkpoints_stops_what_was_typed_and_not_what_was_set() {
    let make =
        || host(vec![checkpoint_commit(2, &[]), commit("hand123", "fix: by hand\n", &[]), checkpoint_commit(1, &[])]);
    let mut cx = complete();
    cx.data.squash = true;
    let error = run(&mut make(), &cx).expect_err("refused");
    assert_eq!(error.message, "hand123 (fix: by hand) stands among the checkpoints");
    assert!(error.hint.is_some_and(|hint| hint.contains("without --squash")));
    cx.data.squash = false;
    cx.config = serde_json::json!({"squash": true});
    let mut host = make();
    run(&mut host, &cx).expect("commits without");
    assert_eq!((host.world().history.len(), host.world().kept.len()), (5, 0));
    assert!(warnings(&host)[0].contains("hand123"), "{:?}", warnings(&host));
}

#[test]
fn with_nothing_to_fold_it_is_a_commit_as_any() {
    let pushed = Commit { pushed: true, ..checkpoint_commit(1, &["a.rs"]) };
    for history in [vec![], vec![pushed]] {
        let mut host = host(history);
        let before = host.world().history.len();
        write(&mut host, "c.rs", "x");
        let mut cx = complete();
        cx.data.squash = true;
        run(&mut host, &cx).expect("commits");
        assert_eq!((host.world().history.len(), host.world().kept.len()), (before + 1, 0));
        assert!(!host.world().facts.contains_key("folded"));
    }
}

/// Rewritten since start: `git rebase`, with what another person pushed below.
fn rewritten(patch: &str) -> Host {
    let mut host = host(vec![]);
    host.set(|world| {
        let old = std::mem::take(&mut world.history);
        world.history = vec![
            commit("hand2", "fix: by hand\n", &["a.rs"]),
            commit("base2", "feat: before\n", &[]),
            commit("up", "feat: theirs\n", &["u.rs"]),
            commit("root", "first\n", &[]),
        ];
        stand_on_one_another(world);
        world.head.commit = Some("hand2".into());
        let mut old = old;
        old[0].parents = vec!["root".into()];
        old.push(commit("root", "first\n", &[]));
        world.kept.insert("ORIG_HEAD".into(), old);
        world.patches = [("base".into(), "p".into()), ("base2".into(), patch.into())].into();
    });
    host
}

#[test]
fn a_rebased_base_is_found_again() {
    let mut host = rewritten("p");
    run(&mut host, &complete()).expect("commits");
    let commits = fact(&host, "commits");
    let hashes: Vec<&str> = commits.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(hashes, ["hand2"], "what came from upstream is nobody's here");
    assert!(fact(&host, "git.base").starts_with("base2 tree-base2 "), "{}", fact(&host, "git.base"));
}

#[test]
fn a_base_that_is_gone_is_named_with_the_way_out() {
    let mut host = rewritten("other");
    let error = run(&mut host, &complete()).expect_err("lost");
    assert!(error.message.starts_with("base, from which the session started, is not in this history"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("session complete --base root")), "{error:?}");
    let mut cx = complete();
    cx.data.base = Some("base2".into());
    run(&mut host, &cx).expect("commits");
    assert_eq!(fact(&host, "commits").lines().count(), 2);
    assert_eq!(fact(&host, "git.base"), "base2 - -");
    cx.data.base = Some("base".into());
    let error = run(&mut host, &cx).expect_err("not here");
    assert!(error.message.contains("base is not in the history of this branch"), "{error}");
}

#[test]
fn what_others_pushed_is_not_claimed() {
    let theirs =
        Commit { author: "Sam <sam@example.com>".into(), pushed: true, ..commit("up", "feat: b\n", &["u.rs"]) };
    let mine = Commit { pushed: true, ..commit("mine", "fix: by hand\n", &["m.rs"]) };
    let local = Commit { author: "Agent <agent@example.com>".into(), ..commit("agent", "fix: c\n", &["g.rs"]) };
    let mut host = host(vec![local, mine, theirs]);
    run(&mut host, &complete()).expect("commits");
    assert_eq!(fact(&host, "files"), "g.rs\nm.rs");
}
