//! What a rollback refuses, and what it says; and what the other events find. Nothing is run against a database here.

use session_plugin_alembic::Alembic;
use session_sdk::testing::{Host, context};
use session_sdk::{
    Change, Commit, Complete, Context, Effect, Event, Head, Result, Rollback, Start, Status, Summary, Undo, Verdict,
    Verify,
};

use crate::world::{TRANSACTIONAL, URL, current, ended, file, make, path, rollback};

fn rehearse(host: &mut Host, cx: &Context<Rollback>) -> Result<Summary> {
    let cx = Context { dry_run: true, ..cx.clone() };
    host.run::<Alembic, _, _>(&cx)
}

fn told(result: Result<Summary>) -> String {
    let error = result.expect_err("it is refused");
    format!("{}{error} | {}", if error.stuck { "stuck: " } else { "" }, error.hint.as_deref().unwrap_or_default())
}

fn spawned(host: &Host) -> usize {
    host.world().calls.iter().filter(|call| call.name() == "spawn").count()
}

fn forced(added: &[&str]) -> Context<Rollback> {
    let mut cx = rollback(added);
    cx.data.force = true;
    cx
}

#[test]
fn nothing_is_asked_where_nothing_of_alembics_is_undone() {
    let mut without = make(&["o1"]);
    without.set(|world| _ = world.files.remove("alembic.ini"));
    let elsewhere = |name: &str| {
        let mut cx = rollback(&[]);
        cx.data.back.added = vec![name.into()];
        cx
    };
    for (mut host, cx) in [
        (make(&["o1"]), rollback(&[])),
        (make(&["o1"]), elsewhere("src/main.rs")),
        (make(&["o1"]), elsewhere("migrations/env.py")),
        (make(&["o1"]), elsewhere("migrations/versions/__init__.py")),
        (make(&["o1"]), elsewhere("migrations/versions/deep/o9.py")),
    ] {
        assert_eq!(rehearse(&mut host, &cx).expect("it is free"), Summary::quiet());
        assert_eq!(host.run::<Alembic, _, Summary>(&cx).expect("it is free"), Summary::quiet());
        assert_eq!(spawned(&host), 0);
    }
    // A migration that nobody would take down is no silence.
    let refused = told(rehearse(&mut without, &rollback(&["o1"])));
    assert!(refused.contains("looks like a migration") && refused.contains("`config`"), "{refused}");
    assert_eq!(rehearse(&mut without, &forced(&["o1"])).expect("forced"), Summary::quiet());
    assert_eq!(spawned(&without), 0);
}

#[test]
fn what_was_only_changed_is_said() {
    let mut host = make(&["a1"]);
    let mut cx = rollback(&[]);
    cx.data.back.commits = vec![Undo { commit: "s1".into(), to: None }];
    host.set(|world| {
        let files = vec![path("a1")];
        world.history = vec![
            Commit { commit: "s1".into(), files, ..Commit::default() },
            Commit { commit: "b4se".into(), ..Commit::default() },
        ];
    });
    let confirm = rehearse(&mut host, &cx).expect("it is said").confirm;
    assert_eq!(confirm.len(), 1, "{confirm:?}");
    assert!(confirm[0].contains("a1.py was changed, not added"), "{confirm:?}");
    assert_eq!(spawned(&host), 0);
}

#[test]
fn a_person_sees_database_revisions_and_losses() {
    let mut host = make(&["o1", "o2"]);
    host.set(|world| {
        _ = world.facts.insert("migration.own".into(), r#"[{"revision":"o1","down":["a1"],"path":""}]"#.into());
    });
    let summary = rehearse(&mut host, &rollback(&["o1"])).expect("nothing is refused");
    let expected = [
        format!("database {URL}"),
        "alembic downgrade o1@a1".into(),
        "  takes down o1 \"make o1\" (migrations/versions/o1.py)".into(),
        "  ! DROP TABLE t;".into(),
        "what is marked with ! loses data, or leaves it behind".into(),
    ];
    assert_eq!(summary.confirm, expected);
    assert_eq!(summary.message, format!("takes down o1 in {URL}"));
}

#[test]
fn a_revision_that_others_build_on_stays() {
    for (content, session) in [
        (file("x1", "'o1'"), true),
        (file("x1", "None").replace("depends_on = None", "depends_on = 'o1'"), true),
        (file("x1", "('o1', 'o2')"), false),
    ] {
        let mut host = make(&["x1"]);
        host.set(|world| {
            world.files.insert(path("x1"), content.into_bytes());
            if !session {
                world.history.clear();
            }
        });
        let told = told(rehearse(&mut host, &forced(&["o1"])));
        assert!(
            told.contains("o1 cannot be taken down: x1 builds on it") && told.contains("migrations/versions/x1.py"),
            "{told}"
        );
        let hint = if session {
            "| session rollback T-09 first"
        } else {
            "| take x1 down and remove migrations/versions/x1.py first"
        };
        assert!(told.contains(hint), "{told}");
        assert_eq!(spawned(&host), 0, "no database is needed to know it");
    }
}

#[test]
fn one_that_is_neither_applied_nor_recorded_is_another_databases() {
    let mut done = rollback(&["o1"]);
    done.session.as_mut().expect("there is one").status = Status::Done;
    let told = told(rehearse(&mut make(&["a1"]), &done));
    assert!(
        told.contains(&format!("o1 is not applied in {URL}")) && told.contains("session rollback T-01 --force"),
        "{told}"
    );

    let expected = format!("o1 is not applied in {URL}: nothing to downgrade");
    assert_eq!(rehearse(&mut make(&["a1"]), &forced(&["o1"])).expect("forced").message, expected);
    let mut recorded = make(&["a1"]);
    recorded.set(|world| {
        _ = world.facts.insert("migration.own".into(), r#"[{"revision":"o1","down":["a1"],"path":""}]"#.into());
    });
    assert_eq!(rehearse(&mut recorded, &rollback(&["o1"])).expect("recorded").message, expected);
    let mut tried = rollback(&["o1"]);
    tried.earlier =
        vec![Effect::Ran { argv: vec!["alembic".into(), "downgrade".into(), "o1@a1".into()], code: Some(1) }];
    let mut host = make(&["a1"]);
    let done = host.run::<Alembic, _, Summary>(&tried).expect("an earlier attempt has done it");
    assert_eq!(done.message, expected);
    assert!(host.world().ran.is_empty());
}

#[test]
fn a_downgrade_that_cannot_run_is_refused_and_an_empty_one_is_said() {
    for (body, what) in [("raise NotImplementedError", "raises"), ("", "is not there")] {
        let mut host = make(&["o1"]);
        let text = file("o1", "'a1'");
        let text = match body {
            "" => text.replace("def downgrade():\n    op.drop_table('t')\n", ""),
            body => text.replace("op.drop_table('t')", body),
        };
        host.set(|world| _ = world.files.insert(path("o1"), text.into_bytes()));
        let told = told(rehearse(&mut host, &forced(&["o1"])));
        assert!(told.contains(&format!("downgrade() of migrations/versions/o1.py {what}")), "{told}");
    }
    let mut host = make(&["o1"]);
    host.set(|world| {
        _ = world.files.insert(path("o1"), file("o1", "'a1'").replace("op.drop_table('t')", "pass").into_bytes());
    });
    let confirm = rehearse(&mut host, &forced(&["o1"])).expect("alembic can run it").confirm;
    assert!(confirm.iter().any(|line| line.contains("downgrade() of o1 is empty")), "{confirm:#?}");
}

#[test]
fn sql_that_cannot_be_shown_is_no_reason_to_refuse() {
    let mut host = make(&["o1"]);
    let failed = ended(
        1,
        "-- Running downgrade o1 -> a1\n\nFAILED: This operation cannot proceed in --sql mode; batch mode with dialect sqlite requires a live database\n",
        "",
    );
    host.set(|world| _ = world.commands.insert("alembic downgrade o1:o1@a1 --sql".into(), failed));
    let confirm = rehearse(&mut host, &forced(&["o1"])).expect("it is shown otherwise").confirm;
    let why =
        "  alembic cannot show its SQL (This operation cannot proceed in --sql mode), so this is downgrade() itself:";
    let lost = "  what this loses is not known";
    assert_eq!(
        confirm[3..],
        [why, lost, "  ! op.drop_table('t')", "what is marked with ! loses data, or leaves it behind"]
    );
}

#[test]
fn files_that_changed_since_the_rehearsal_stop_the_run() {
    let mut cx = forced(&["o1"]);
    cx.data.rehearsed = rehearse(&mut make(&["o1"]), &cx).expect("nothing is refused").rehearsed;
    for (name, text) in [("o1", file("o1", "'a1'") + "# other\n"), ("x9", file("x9", "'o1'"))] {
        let mut host = make(&["o1"]);
        host.set(|world| _ = world.files.insert(path(name), text.into_bytes()));
        let told = told(host.run::<Alembic, _, _>(&cx));
        assert!(
            told.contains("others than those that were looked at") && told.contains("session rollback T-01"),
            "{told}"
        );
        assert_eq!(spawned(&host), 0);
    }
}

#[test]
fn a_failed_downgrade_is_plain_where_the_database_takes_it_back() {
    let mut cx = forced(&["o1"]);
    cx.data.rehearsed = rehearse(&mut make(&["o1"]), &cx).expect("nothing is refused").rehearsed;
    let failing = |heads: &[&str], stderr: &str| {
        let mut host = make(&[]);
        host.set(|world| {
            let failed = ended(
                1,
                "",
                &format!("{stderr}sqlalchemy.exc.ProgrammingError: no table at postgresql://bob:s3cret@db/app\n"),
            );
            world.commands.insert("alembic downgrade o1@a1".into(), failed);
            world.commands.insert("alembic current --verbose".into(), ended(0, &current(heads), stderr));
        });
        host.run::<Alembic, _, Summary>(&cx)
    };
    let told = told(failing(&["o1"], TRANSACTIONAL));
    assert!(!told.starts_with("stuck") && told.contains("nothing has changed: o1 is still applied"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    // What was asked for is so: an earlier attempt may have done it.
    assert!(failing(&["a1"], TRANSACTIONAL).is_ok());
}

#[test]
fn one_that_a_database_without_transactions_kept_a_part_of_is_stuck() {
    let other = TRANSACTIONAL.replace("transactional DDL", "non-transactional DDL");
    let make = |heads: &[&str]| {
        let mut host = make(heads);
        host.set(|world| {
            _ = world.commands.insert("alembic current --verbose".into(), ended(0, &current(heads), &other));
        });
        host
    };
    let mut cx = forced(&["o1"]);
    cx.data.rehearsed = rehearse(&mut make(&["o1"]), &cx).expect("nothing is refused").rehearsed;
    let run = |stderr: &str, timed_out: bool| {
        let mut host = make(&["o1"]);
        let mut failed = ended(1, "", stderr);
        failed.timed_out = timed_out;
        host.set(|world| _ = world.commands.insert("alembic downgrade o1@a1".into(), failed));
        told(host.run::<Alembic, _, Summary>(&cx))
    };
    assert!(run(&format!("{other}Running downgrade o1 -> a1\nboom\n"), false).starts_with("stuck: "));
    assert!(run("", true).starts_with("stuck: "));
    assert!(!run(&format!("{other}boom\n"), false).starts_with("stuck: "), "nothing was begun");
}

#[test]
fn a_project_that_commits_by_itself_is_believed_nothing() {
    for env in ["isolation_level='AUTOCOMMIT'", "connection.commit()"] {
        let make = |heads: &[&str]| {
            let mut host = make(heads);
            host.set(|world| _ = world.files.insert("migrations/env.py".into(), env.into()));
            host
        };
        let mut cx = forced(&["o1"]);
        cx.data.rehearsed = rehearse(&mut make(&["o1"]), &cx).expect("nothing is refused").rehearsed;
        let mut host = make(&["o1"]);
        let failed = ended(1, "", &format!("{TRANSACTIONAL}Running downgrade o1 -> a1\nboom\n"));
        host.set(|world| _ = world.commands.insert("alembic downgrade o1@a1".into(), failed));
        let told = told(host.run::<Alembic, _, Summary>(&cx));
        assert!(told.starts_with("stuck: ") && !told.contains("nothing has changed"), "{told}");
    }
}

#[test]
fn a_database_that_is_still_there_though_alembic_says_done_is_an_error() {
    let mut cx = forced(&["o1"]);
    cx.data.rehearsed = rehearse(&mut make(&["o1"]), &cx).expect("nothing is refused").rehearsed;
    let told = told(make(&["o1"]).run::<Alembic, _, Summary>(&cx));
    assert!(told.contains("o1 is still applied") && told.contains("session resume tries again"), "{told}");
}

#[test]
fn start_only_warns_and_looks_once() {
    let mut cx = context(Event::Start, Start::default());
    let mut host = make(&[]);
    let failed = ended(1, "", "OperationalError: connection to postgresql://bob:s3cret@db/app refused\n");
    host.set(|world| _ = world.commands.insert("alembic current --verbose".into(), failed));
    assert_eq!(host.run::<Alembic, _, Summary>(&cx).expect("it goes on"), Summary::quiet());
    assert_eq!(spawned(&host), 0);
    cx.dry_run = true;
    assert_eq!(host.run::<Alembic, _, Summary>(&cx).expect("it goes on"), Summary::quiet());
    let world = host.world();
    let warned = world.calls.iter().find_map(|call| match call {
        session_sdk::Request::Log { message, .. } => Some(message.clone()),
        _ => None,
    });
    let warned = warned.expect("it warns");
    assert!(warned.contains("refused") && !warned.contains("s3cret"), "{warned}");
}

#[test]
fn verify_finds_a_fork_and_says_how_to_join_it() {
    let verify = |changed: &[String], heads: i32| {
        let mut host = make(&[]);
        host.set(|world| {
            world.facts.insert("git.base".into(), "b4se tree".into());
            world.files_at.insert(("b4se".into(), path("a1")), file("a1", "None").into_bytes());
            world.commands.insert("alembic heads".into(), ended(heads, "o1 (head)\no2 (head)\n", ""));
        });
        let data = Verify { changed: Some(changed.to_vec()), ..Verify::default() };
        host.run::<Alembic, _, Summary>(&context(Event::Verify, data)).expect("a failed check is no error");
        host.world().checks.clone()
    };
    let checks = verify(&[path("o1")], 0);
    let (verdict, evidence) = &checks[0];
    assert_eq!(
        (*verdict, evidence.exit, evidence.command.join(" ").as_str()),
        (Verdict::Failed, Some(0), "alembic heads")
    );
    let reason = evidence.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("alembic merge -m \"merge heads\" o1 o2"), "{reason}");
    assert_eq!(verify(&[path("a1")], 0)[0].0, Verdict::Passed, "the fork is of others");
    assert_eq!(verify(&[path("a1")], 1)[0].0, Verdict::Failed, "alembic cannot read its files");
    assert!(verify(&["src/a.py".into()], 0).is_empty() && verify(&[], 0).is_empty());
}

#[test]
fn what_is_given_to_env_py_is_nowhere_in_the_evidence() {
    let mut host = make(&[]);
    host.set(|world| {
        _ = world.commands.insert("alembic -x key=s3cret heads".into(), ended(0, "o1 (head)\n", ""));
    });
    let data = Verify { changed: Some(vec![path("o1")]), ..Verify::default() };
    let mut cx = context(Event::Verify, data);
    cx.config = serde_json::from_str(r#"{"x": ["key=s3cret"]}"#).expect("a configuration");
    host.run::<Alembic, _, Summary>(&cx).expect("a failed check is no error");
    let (_, evidence) = host.world().checks[0].clone();
    assert_eq!(evidence.command, ["alembic", "-x", "key=***", "heads"]);
    assert!(!format!("{evidence:?}").contains("s3cret"), "{evidence:?}");
}

#[test]
fn complete_records_what_is_the_sessions_and_needs_no_database() {
    let mut host = make(&[]);
    host.set(|world| {
        world.facts.insert("git.base".into(), "b4se tree".into());
        world.facts.insert("files".into(), format!("README.md\n{}\n{}\n{}", path("a1"), path("o1"), path("gone")));
        world.files_at.insert(("b4se".into(), path("a1")), file("a1", "None").into_bytes());
    });
    let cx = context(Event::Complete, Complete::default());
    let summary = host.run::<Alembic, _, Summary>(&cx).expect("it refuses nothing");
    assert_eq!(summary.message, "adds o1; reversible: not tried: no scratch-url");
    let own = r#"[{"revision":"o1","down":["a1"],"path":"migrations/versions/o1.py","message":"make o1"}]"#;
    assert_eq!(host.world().facts["migration.own"], own);
    assert_eq!(spawned(&host), 0);
}

/// `a1` under another name, and nothing else; the session is said to have added `names`.
fn renamed(to: &str) -> Host {
    let mut host = make(&["a1", "o1"]);
    host.set(|world| {
        world.facts.insert("git.base".into(), "b4se tree".into());
        world.facts.insert("files".into(), format!("{}\n{}\n{}", path("a1"), path(to), path("o1")));
        let text = world.files.remove(&path("a1")).expect("it was there");
        world.files.insert(path(to), text.clone());
        world.files_at.insert(("b4se".into(), path("a1")), text.clone());
        world.files_at.insert(("s1~1".into(), path("a1")), text.clone());
        world.files_at.insert(("s1".into(), path(to)), text.clone());
        world.files_at.insert(("s1".into(), path("first")), file("o1", "'a1'").into_bytes());
        world.files_at.insert(("s2~1".into(), path("first")), file("o1", "'a1'").into_bytes());
        world.files_at.insert(("s2".into(), path("o1")), file("o1", "'a1'").into_bytes());
        world.files_at.insert(("HEAD".into(), path("a1")), text);
        let commit = |name: &str, files: &[&str]| Commit {
            commit: name.into(),
            files: files.iter().map(|name| path(name)).collect(),
            ..Commit::default()
        };
        world.history =
            vec![commit("s2", &["first", "o1"]), commit("s1", &["a1", to, "first"]), commit("b4se", &["a1"])];
    });
    host
}

#[test]
fn a_revision_of_others_stays_theirs_where_its_file_is_renamed() {
    // In commits, in which one of the session's own is renamed, too.
    let with_commits = |added: &[&str]| {
        let mut cx = forced(added);
        let undo = |commit: &str| Undo { commit: commit.into(), to: None };
        cx.data.back.commits = vec![undo("s2"), undo("s1")];
        cx
    };
    let mut host = renamed("z1");
    assert_eq!(rehearse(&mut host, &with_commits(&["z1"])).expect("nothing is to do").message, "");
    assert_eq!(spawned(&host), 0);
    let message = rehearse(&mut renamed("z1"), &with_commits(&["z1", "o1"])).expect("it is refused nothing").message;
    assert_eq!(message, format!("takes down o1 in {URL}"));

    // In the working tree.
    let mut host = renamed("z1");
    host.set(|world| {
        world.head = Head { commit: Some("b4se".into()), ..Head::default() };
        world.changes = vec![Change { path: path("a1"), status: "deleted".into(), ..Change::default() }];
    });
    assert_eq!(rehearse(&mut host, &forced(&["z1"])).expect("nothing is to do"), Summary::quiet());

    let mut host = renamed("z1");
    let summary = host.run::<Alembic, _, Summary>(&context(Event::Complete, Complete::default()));
    assert_eq!(summary.expect("it refuses nothing").message, "adds o1; reversible: not tried: no scratch-url");
}

#[test]
fn settings_that_lead_nowhere_are_no_silence() {
    for (config, key) in [(r#"{"config": "no/alembic.ini"}"#, "config"), (r#"{"name": "prod"}"#, "name")] {
        let config: serde_json::Map<String, serde_json::Value> = serde_json::from_str(config).expect(config);
        let config = serde_json::Value::Object(config);
        let mut cx = rollback(&["o1"]);
        cx.config = serde_json::from_value(config.clone()).expect("a configuration");
        let told = told(rehearse(&mut make(&["o1"]), &cx));
        assert!(told.contains(&format!("correct `{key}` in plugins.toml")), "{told}");
        let mut cx = context(Event::Start, Start::default());
        cx.config = serde_json::from_value(config).expect("a configuration");
        cx.dry_run = true;
        assert_eq!(make(&[]).run::<Alembic, _, Summary>(&cx).expect("it only warns"), Summary::quiet());
    }
}
