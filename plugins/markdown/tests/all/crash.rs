//! The task file when start and settle are killed, cut off, failed and run twice: nothing is lost, and no text is kept twice.

use session_plugin_markdown::Markdown;
use session_sdk::testing::{
    Host, context, may_run_twice, stops_at_failures, survives_cuts, survives_kills, survives_restarts, written,
};
use session_sdk::{Check, Context, Effect, Event, Row, Session, Settle, Start, Status, Summary, Task};

const PATH: &str = "docs/sessions/SESSION.md";
const OTHER: &str = "# Current Session: T-00 — Unfinished\n\n## Session Notes\n\nnot to be lost\n";
const PEOPLE: &str = "# Shopping\n\n- milk\n";

fn host(files: &[(&str, &str)]) -> Host {
    let mut host = Host::default();
    host.set(|world| {
        world.files.extend(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    });
    host
}

fn start(force: bool) -> Context<Start> {
    context(Event::Start, Start { force, documents: vec![PATH.into()], ..Start::default() })
}

fn settle(reason: &str, status: Status) -> Context<Settle> {
    let row = Row { id: "T-01".into(), status, attempt: 1, ..Row::default() };
    let next = Row { id: "T-02".into(), title: "Next".into(), ..Row::default() };
    let data = Settle {
        reason: reason.into(),
        documents: vec![PATH.into(), "docs/progress/TEST_PROGRESS.md".into()],
        sessions: vec![row, next],
        ready: vec!["T-02".into()],
        ..Settle::default()
    };
    let mut cx = context(Event::Settle, data);
    if let Some(session) = cx.session.as_mut() {
        session.status = status;
        session.prompt = Some("Do it.\n\n```sh\nmake\n```".into());
        session.checks =
            ["it is seen", "it is said"].map(|text| Check { text: text.into(), ..Check::default() }).into();
    }
    cx
}

fn session(cx: &mut Context<Settle>) -> &mut Session {
    cx.session.as_mut().expect("one")
}

/// The task file as it was rendered at start, with what a person has added since.
fn rendered() -> String {
    let mut host = host(&[]);
    host.run::<Markdown, _, Summary>(&settle("start", Status::Active)).expect("renders");
    host.file(PATH).expect("a task file")
}

fn edited() -> String {
    let text = rendered().replace("- [ ] it is seen", "- [x] it is seen");
    assert!(text.contains("[x]"), "{text}");
    text + "My note.\n"
}

/// Kills and failures in every place of a settle, which writes this many files.
#[track_caller]
fn settles(files: &[(&str, &str)], cx: &Context<Settle>, writes: usize) -> Host {
    let make = || host(files);
    assert_eq!(survives_restarts::<Markdown, _, Summary>(make, cx, written).cases, writes * 4);
    assert_eq!(stops_at_failures::<Markdown, _, Summary>(make, cx, &[]).cases, writes);
    may_run_twice::<Markdown, _, Summary>(make, cx);
    let mut host = make();
    host.run::<Markdown, _, Summary>(cx).expect("settles");
    host
}

#[test]
fn start_survives() {
    let copy = "docs/sessions/SESSION-T-00.md";
    let worlds: [&[(&str, &str)]; 3] =
        [&[(PATH, OTHER)], &[(PATH, PEOPLE)], &[(PATH, OTHER), (copy, "another time\n")]];
    for files in worlds {
        let make = || host(files);
        let cx = start(true);
        assert_eq!(survives_kills::<Markdown, _, Summary>(make, &cx).cases, 4);
        assert!(survives_cuts::<Markdown, _, Summary>(make, &cx).cases >= 7);
        assert_eq!(survives_restarts::<Markdown, _, Summary>(make, &cx, |_| ()).cases, 4);
        assert_eq!(stops_at_failures::<Markdown, _, Summary>(make, &cx, &[]).cases, 1);
        may_run_twice::<Markdown, _, Summary>(make, &cx);
    }
    let own = rendered();
    for files in [&[][..], &[(PATH, own.as_str())]] {
        assert_eq!(survives_kills::<Markdown, _, Summary>(|| host(files), &start(false)).cases, 0, "nothing to keep");
        may_run_twice::<Markdown, _, Summary>(|| host(files), &start(false));
    }
}

#[test]
fn settle_of_an_active_session_survives() {
    settles(&[], &settle("start", Status::Active), 1);
    settles(&[(PATH, OTHER)], &settle("start", Status::Active), 1);
    let host = settles(&[(PATH, &edited())], &settle("checkpoint", Status::Active), 0);
    assert_eq!(host.file(PATH), Some(edited()));

    let mut failed = settle("complete", Status::Active);
    failed.data.failed = true;
    session(&mut failed).failed = Some("complete".into());
    settles(&[(PATH, &edited())], &failed, 0);

    let mut note = settle("note", Status::Active);
    session(&mut note).task = Some(Task { notes: Some("My note.\n\nAnother.".into()), ..Task::default() });
    let host = settles(&[(PATH, &edited())], &note, 2);
    assert!(host.file(PATH).is_some_and(|text| text.contains("Another.")));
}

#[test]
fn settle_keeps_what_stands_nowhere_else_once() {
    let strange = edited().replace("## ", "Between.\n\n## ");
    for copies in [&[][..], &[("docs/sessions/SESSION-T-01.md", "an older copy\n")]] {
        let files: Vec<_> = [(PATH, strange.as_str())].into_iter().chain(copies.iter().copied()).collect();
        for status in [Status::Active, Status::Paused, Status::Done] {
            let reason = match status {
                Status::Done => "complete",
                Status::Paused => "pause",
                _ => "verify",
            };
            let host = settles(&files, &settle(reason, status), 2);
            let kept = host.world().files.values().filter(|text| **text == strange.as_bytes()).count();
            assert_eq!((kept, host.world().files.len()), (1, 2 + copies.len()), "{status:?}");
        }
    }
}

#[test]
fn settle_of_a_done_session_survives() {
    let mut cx = settle("complete", Status::Done);
    session(&mut cx).task = Some(Task {
        ticked: vec!["it is seen".into()],
        commit_message: Some("feat: Test session".into()),
        notes: Some("My note.".into()),
    });
    let host = settles(&[(PATH, &edited())], &cx, 1);
    settles(&[(PATH, &host.file(PATH).expect("a stub"))], &cx, 0);
    // Written after complete has read the file.
    settles(&[(PATH, &(edited() + "And another.\n"))], &cx, 2);
}

#[test]
fn a_copy_that_was_kept_before_the_kill_stays_local() {
    let mut cx = settle("verify", Status::Active);
    let strange = edited().replace("## ", "Between.\n\n## ");
    let mut host = host(&[(PATH, &strange)]);
    let first: Summary = host.run::<Markdown, _, _>(&cx).expect("settles");
    let wrote = |path: &str| Effect::Wrote { path: path.into() };
    cx.earlier = vec![wrote(&first.local[0]), wrote(PATH)];
    let second: Summary = host.run::<Markdown, _, _>(&cx).expect("settles");
    assert_eq!(second.local, first.local);
    assert_eq!(first.local, ["docs/sessions/SESSION-T-01.md", PATH]);
}
