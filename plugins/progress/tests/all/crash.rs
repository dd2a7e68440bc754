//! PROGRESS.md when settle is killed, failed and run again: the file is what it would have been.

use session_plugin_progress::Progress;
use session_sdk::testing::{Host, context, may_run_twice, stops_at_failures, survives_restarts, written};
use session_sdk::{Context, Event, Repository, Row, Settle, Status, Summary, Timestamp};

const PATH: &str = "docs/progress/TEST_PROGRESS.md";
/// A file that people have written in, behind the state.
const BEFORE: &str = "# Test Progress\n\n> **Owner:** Noor\n\n## Repository: api\n\n### Week 1\n\n\
    | Session | Status | Started | Completed | Commit | Owner |\n|---|---|---|---|---|---|\n\
    | A-1 | 🔄 Active | 2026-01-05 09:00 | — | — | Kim |\n| A-2 | ⬜ Pending | — | — | — | Lee |\n\n\
    ### Notes\n- A-1: by hand\n";

fn settle(reason: &str, failed: bool) -> Context<Settle> {
    let at = |minute: &str| Some(Timestamp(format!("{minute}:00+01:00")));
    let row = |id: &str, status| Row { id: id.into(), status, repository: Some("api".into()), ..Row::default() };
    let sessions = vec![
        Row {
            attempt: 1,
            started: at("2026-01-05T09:00"),
            completed: at("2026-01-05T10:30"),
            commit: Some("a1b2c3d4e5f60718293a4b5c6d7e8f9012345678".into()),
            notes: vec!["first".into(), "two\nlines".into()],
            ..row("A-1", Status::Done)
        },
        Row { attempt: 2, failed, started: at("2026-01-06T09:00"), week: Some(1), ..row("A-2", Status::Active) },
        Row { week: Some(2), ..row("A-3", Status::Pending) },
    ];
    let data = Settle { reason: reason.into(), failed, documents: vec![PATH.into()], sessions, ..Settle::default() };
    let mut cx = context(Event::Settle, data);
    cx.project.repositories = vec![Repository { name: "api".into(), ..Repository::default() }];
    if let Some(session) = cx.session.as_mut() {
        session.id = if reason == "complete" && !failed { "A-1" } else { "A-2" }.into();
    }
    cx
}

#[test]
fn settle_survives() {
    for before in [None, Some(""), Some(BEFORE)] {
        let make = || {
            let mut host = Host::default();
            host.set(|world| world.files.extend(before.map(|text| (PATH.to_owned(), text.as_bytes().to_vec()))));
            host
        };
        let reasons = ["start", "checkpoint", "verify", "complete", "pause", "check", "rebuild"];
        for (reason, failed) in reasons.map(|reason| (reason, false)).into_iter().chain([("complete", true)]) {
            let cx = settle(reason, failed);
            assert_eq!(survives_restarts::<Progress, _, Summary>(make, &cx, written).cases, 4, "{reason}");
            assert_eq!(stops_at_failures::<Progress, _, Summary>(make, &cx, &[]).cases, 1, "{reason}");
            may_run_twice::<Progress, _, Summary>(make, &cx);
        }
    }
}
