//! The assertions of `session_sdk::testing` let a good plugin pass and say what is wrong with a bad one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use session_sdk::command::Command;
use session_sdk::replay::Doubt;
use session_sdk::testing::{
    Boundary, Host, Tried, context, may_run_twice, stops_at_failures, survives_cuts, survives_kills, survives_restarts,
    written,
};
use session_sdk::{
    Change, Checkpoint, CommitRequest, Context, Event, Evidence, Outcome, Plugin, Result, Settle, Summary, checks,
    facts, files, log, repository,
};

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

/// How often a plugin has been made on this thread: what no plugin may build on.
fn run_number() -> u32 {
    RUNS.set(RUNS.get() + 1);
    RUNS.get()
}

macro_rules! plugin {
    ($(#[$doc:meta])* $name:ident, |$cx:ident| $body:block) => {
        $(#[$doc])*
        #[derive(Default)]
        struct $name;

        #[session_sdk::plugin]
        impl Plugin for $name {
            fn checkpoint(&mut self, $cx: &Context<Checkpoint>) -> Result<Summary> $body
        }
    };
}

fn cx() -> Context<Checkpoint> {
    context(Event::Checkpoint, Checkpoint { number: 3, message: "half".into(), ..Checkpoint::default() })
}

fn host() -> Host {
    let mut host = Host::default();
    let outcome =
        |code| Outcome { code: Some(code), stdout: session_sdk::Bytes(b"said".to_vec()), ..Outcome::default() };
    host.set(|world| {
        world.files.insert("old.txt".into(), b"old".to_vec());
        world.files.insert("gone.txt".into(), b"gone".to_vec());
        world.changes = vec![Change {
            path: "work.rs".into(),
            status: "modified".into(),
            blob: Some("1".into()),
            ..Change::default()
        }];
        for (argv, code) in [("ask", 0), ("build", 0), ("send", 0), ("refuse", 1)] {
            world.commands.insert(argv.into(), outcome(code));
        }
    });
    host
}

#[track_caller]
fn refused(assertion: impl FnOnce() -> Tried, parts: &[&str]) {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion lets it pass");
    let text = panic.downcast_ref::<String>().expect("a panic with a text");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

plugin!(
    /// Every kind of call, and all as it should be.
    Good,
    |cx| {
        let old = files::read_text("old.txt")?.unwrap_or_default();
        log::info(format!("run {}", run_number()));
        Command::new("ask").query().text()?;
        facts::set("seen", "yes")?;
        files::write("new.txt", format!("{}\n", cx.data.message))?;
        if !old.ends_with('+') {
            files::write("old.txt", format!("{old}+"))?;
        }
        Command::new("build").repeatable().text()?;
        checks::passed(&Evidence { check: "built".into(), ..Evidence::default() })?;
        files::remove("gone.txt")?;
        repository::exclude("new.txt")?;
        let paths = vec!["work.rs".to_owned()];
        let message = format!("work\n\nNumber: {}", cx.data.number);
        let made = repository::commit(&CommitRequest { message, paths, ..CommitRequest::default() })?;
        if let Some(commit) = made.commit {
            facts::set("commit", &commit)?;
        } else if facts::get("commit")?.is_none() {
            facts::set("commit", &repository::history(None)?[0].commit)?;
        }
        Ok(Summary::quiet().with("files", made.files))
    }
);

#[test]
fn a_good_plugin_survives_everything() {
    let cx = cx();
    let five_effects = |tried: Tried, cases| assert_eq!(tried, Tried { cases, doubts: Vec::new() });
    five_effects(survives_kills::<Good, _, Summary>(host, &cx), 5 * 4);
    five_effects(survives_restarts::<Good, _, Summary>(host, &cx, |_| ()), 5 * 4);
    five_effects(stops_at_failures::<Good, _, Summary>(host, &cx, &[]), 5);
    five_effects(may_run_twice::<Good, _, Summary>(host, &cx), 1);
    // Thirteen calls that the journal has: eight effects, facts and checks, five to ask, build and read.
    five_effects(survives_cuts::<Good, _, Summary>(host, &cx), 1 + 2 * 13);
}

#[test]
fn facts_stay_and_checks_do_not_where_a_step_runs_anew() {
    plugin!(First, |_cx| {
        facts::set("n", &facts::get("n")?.map_or("1".into(), |n| format!("{n}+")))?;
        checks::passed(&Evidence::default())?;
        files::write("a", "1")?;
        Ok(Summary::quiet())
    });
    let mut host = Host::default();
    assert!(host.run_killed::<First, _, Summary>(&cx(), 0, Boundary::AfterIntent).is_none());
    assert_eq!(host.file("a"), None);
    host.resume::<First, _, Summary>(&cx(), None).expect("goes on");
    assert_eq!((host.world().facts["n"].as_str(), host.world().checks.len()), ("1+", 1));

    let mut host = Host::default();
    assert!(host.run_killed::<First, _, Summary>(&cx(), 0, Boundary::AfterEffect).is_none());
    host.resume::<First, _, Summary>(&cx(), None).expect("goes on");
    assert_eq!((host.world().facts["n"].as_str(), host.world().checks.len()), ("1", 1), "the journal's answers");
    assert_eq!(host.world().calls.len(), 8, "both runs");
}

#[test]
fn a_plugin_that_differs_between_runs_is_told_where() {
    plugin!(Random, |_cx| {
        files::write("a", "1")?;
        files::write(&format!("run-{}", run_number()), "2")?;
        Ok(Summary::quiet())
    });
    let told = "it did not ask for the same again: asked for file-write run-2, the journal has file-write run-1";
    RUNS.set(0);
    refused(
        || survives_kills::<Random, _, Summary>(host, &cx()),
        &[&format!("checkpoint: run twice in equal worlds, {told}")],
    );
    RUNS.set(0);
    let mut host = Host::default();
    assert!(host.run_killed::<Random, _, Summary>(&cx(), 1, Boundary::AfterIntent).is_none());
    assert_eq!(host.resume::<Random, _, Summary>(&cx(), None).expect_err("differs").to_string(), told);

    plugin!(Swallows, |_cx| {
        files::write("a", "1")?;
        _ = facts::set(&format!("run-{}", run_number()), "2");
        _ = files::write("b", "1");
        Ok(Summary::quiet())
    });
    RUNS.set(0);
    let mut host = Host::default();
    assert!(host.run_killed::<Swallows, _, Summary>(&cx(), 1, Boundary::BeforeIntent).is_none());
    let error =
        host.resume::<Swallows, _, Summary>(&cx(), None).expect_err("differs, whatever the handler makes of it");
    assert!(error.to_string().ends_with("asked for fact-set run-2, the journal has fact-set run-1"), "{error}");
    assert_eq!(host.file("b"), None, "nothing is done after it");

    plugin!(Less, |_cx| {
        files::write("a", "1")?;
        if run_number() == 1 {
            facts::set("first", "1")?;
            files::write("b", "1")?;
        }
        Ok(Summary::quiet())
    });
    let less = "asked for nothing more, the journal has fact-set first";
    RUNS.set(0);
    let mut host = Host::default();
    assert!(host.run_killed::<Less, _, Summary>(&cx(), 1, Boundary::AfterAnswer).is_none());
    let error = host.resume::<Less, _, Summary>(&cx(), None).expect_err("it asks for less");
    assert!(error.to_string().ends_with(less), "{error}");
    RUNS.set(0);
    refused(|| survives_cuts::<Less, _, Summary>(Host::default, &cx()), &["run twice in equal worlds", less]);
}

#[test]
fn a_plugin_that_goes_on_after_an_error_is_found() {
    plugin!(GoesOn, |_cx| {
        _ = files::write("a", "1");
        files::write("b", "1")?;
        Ok(Summary::quiet())
    });
    let tried = |tolerated: &[&str]| stops_at_failures::<GoesOn, _, Summary>(host, &cx(), tolerated);
    refused(|| tried(&[]), &["effect 0 failed, file-write a: it goes on with file-write b"]);
    assert_eq!(tried(&["file-write a"]).cases, 2);
    refused(|| tried(&["file-write"]), &["file-write b: that is tolerated, but it fails"]);
    refused(|| tried(&["file-write a", "commit"]), &["no effect begins with `commit`"]);
    plugin!(Silent, |_cx| {
        _ = files::write("a", "1");
        Ok(Summary::new("all is well"))
    });
    refused(|| stops_at_failures::<Silent, _, Summary>(host, &cx(), &[]), &["it answers no error but", "all is well"]);
}

#[test]
fn a_plugin_that_writes_another_thing_the_second_time_is_found() {
    plugin!(Appends, |_cx| {
        files::write("log", &(files::read_text("log")?.unwrap_or_default() + "x"))?;
        Ok(Summary::quiet())
    });
    assert_eq!(survives_kills::<Appends, _, Summary>(host, &cx()).cases, 4, "gone on with, it asks nothing twice");
    let parts = ["file log differs: expected \"x\", found \"xx\""];
    refused(|| may_run_twice::<Appends, _, Summary>(host, &cx()), &["run twice", parts[0]]);
    refused(|| survives_cuts::<Appends, _, Summary>(host, &cx()), &["journal cut before its first entry", parts[0]]);
    refused(
        || survives_restarts::<Appends, _, Summary>(host, &cx(), |_| ()),
        &["killed after the effect of effect 0, file-write log, and run again", parts[0]],
    );
    plugin!(Fails, |_cx| { Err(session_sdk::Error::new("no way")) });
    refused(|| survives_kills::<Fails, _, Summary>(host, &cx()), &["it fails, though nothing disturbs it: no way"]);
}

plugin!(
    /// A command that may not run twice, between two writes.
    Sends,
    |_cx| {
        files::write("a", "1")?;
        let said = Command::new("send").text()?;
        files::write("b", &said)?;
        Ok(Summary::new(said))
    }
);

#[test]
fn a_command_that_may_not_run_twice_is_decided_about() {
    let tried = survives_kills::<Sends, _, Summary>(host, &cx());
    let doubts = ["after the intent", "after the effect", "after the answer"]
        .map(|at| format!("killed {at} of effect 1, spawn send, `send` "));
    let decided = ["run again", "assumed done", "assumed done"];
    let expected: Vec<String> = doubts.into_iter().zip(decided).map(|(case, how)| case + how).collect();
    assert_eq!(tried, Tried { cases: 12, doubts: expected });

    let tried = survives_cuts::<Sends, _, Summary>(host, &cx());
    assert_eq!((tried.cases, tried.doubts.len()), (1 + 2 * 4, 3), "its intent, its number, the intent to wait");

    refused(|| may_run_twice::<Sends, _, Summary>(host, &cx()), &["command 1 is there: \"send\""]);

    let mut host = host();
    assert!(host.run_killed::<Sends, _, Summary>(&cx(), 1, Boundary::AfterAnswer).is_none());
    assert_eq!(host.in_doubt().map(|request| request.brief()).as_deref(), Some("spawn send"));
    let error = host.resume::<Sends, _, Summary>(&cx(), None).expect_err("undecided");
    assert!(error.message.contains("nobody knows whether this was done: spawn send"), "{error}");
    let summary: Summary = host.resume::<Sends, _, _>(&cx(), Some(Doubt::AssumeDone)).expect("goes on");
    assert_eq!((summary.message.as_str(), host.world().ran.len()), ("", 1), "what it said is lost");
    assert_eq!(host.in_doubt(), None);

    let mut host = self::host();
    assert!(host.run_killed::<Sends, _, Summary>(&cx(), 1, Boundary::AfterAnswer).is_none());
    let summary: Summary = host.resume::<Sends, _, _>(&cx(), Some(Doubt::Retry)).expect("goes on");
    assert_eq!((summary.message.as_str(), host.world().ran.len()), ("said", 2));
}

#[test]
fn a_command_that_failed_is_not_assumed_done() {
    plugin!(Refused, |_cx| {
        let child = Command::new("send").spawn()?;
        let outcome = Command::new("refuse").output()?;
        child.wait()?;
        facts::set("code", &format!("{:?}", outcome.code))?;
        Ok(Summary::quiet())
    });
    let tried = survives_kills::<Refused, _, Summary>(host, &cx());
    assert_eq!(tried.doubts.iter().filter(|case| case.ends_with("`send`, `refuse` run again")).count(), 3, "{tried:?}");
    survives_cuts::<Refused, _, Summary>(host, &cx());
}

#[test]
fn a_kill_gets_through_whatever_catches_it() {
    plugin!(Catches, |_cx| {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                _ = files::write("last", "1");
            }
        }
        let _last = Last;
        for path in ["a", "b", "c"] {
            _ = catch_unwind(|| files::write(path, "1"));
        }
        Ok(Summary::new("alive"))
    });
    let mut host = Host::default();
    assert!(host.run_killed::<Catches, _, Summary>(&cx(), 1, Boundary::BeforeIntent).is_none());
    assert_eq!(host.world().files.keys().collect::<Vec<_>>(), ["a"]);
    plugin!(Panics, |_cx| { std::panic::resume_unwind(Box::new("its own")) });
    let panic =
        catch_unwind(AssertUnwindSafe(|| host.run_killed::<Panics, _, Summary>(&cx(), 0, Boundary::AfterIntent)));
    assert_eq!(panic.expect_err("not a kill").downcast_ref(), Some(&"its own"));
}

/// Commits what was written, and writes nothing itself the second time.
#[derive(Default)]
struct Keeper;

#[session_sdk::plugin]
impl Plugin for Keeper {
    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        if files::read("doc")?.is_none() {
            files::write("doc", "text")?;
        } else if !cx.data.written.contains(&"doc".to_owned()) {
            return Ok(Summary::new("somebody else's"));
        }
        let request =
            CommitRequest { message: "documents".into(), paths: vec!["doc".into()], ..CommitRequest::default() };
        repository::commit(&request)?;
        Ok(Summary::quiet())
    }
}

#[test]
fn settle_is_told_what_was_written_before_the_kill() {
    let cx = context(Event::Settle, Settle::default());
    assert_eq!(survives_restarts::<Keeper, _, Summary>(Host::default, &cx, written).cases, 8);
    refused(|| survives_restarts::<Keeper, _, Summary>(Host::default, &cx, |_| ()), &["commit 0 is not there"]);
}
