//! What settle makes of a progress file: after events, for `check`, for `rebuild`, and of a file with conflicts.

use std::time::Instant;

use session_plugin_progress::Progress;
use session_sdk::testing::{Host, context};
use session_sdk::{Context, Event, Repository, Result, Row, Session, Settle, Status, Summary, Timestamp};

use crate::grows_as_its_input;

const PATH: &str = "docs/progress/TEST_PROGRESS.md";
const HEAD: &str =
    "| Session | Status | Started | Completed | Commit |\n|---------|--------|---------|-----------|--------|\n";

fn at(minute: &str) -> Option<Timestamp> {
    Some(Timestamp(format!("{minute}:00+01:00")))
}

fn done(id: &str) -> Row {
    Row {
        started: at("2026-01-05T09:00"),
        completed: at("2026-01-05T10:30"),
        commit: Some("a1b2c3d4e5f60718293a4b5c6d7e8f9012345678".into()),
        notes: vec!["first".into(), "two\nlines".into()],
        ..row(id, Status::Done)
    }
}

fn row(id: &str, status: Status) -> Row {
    Row { id: id.into(), status, attempt: u32::from(status != Status::Pending), ..Row::default() }
}

fn cx(reason: &str, sessions: Vec<Row>) -> Context<Settle> {
    context(Event::Settle, Settle { reason: reason.into(), sessions, ..Settle::default() })
}

fn try_settle(before: Option<&str>, cx: &Context<Settle>) -> (Result<Summary>, Option<String>) {
    let mut host = Host::default();
    host.set(|world| world.files.extend(before.map(|text| (PATH.to_owned(), text.as_bytes().to_vec()))));
    (host.run::<Progress, _, _>(cx), host.file(PATH))
}

fn settle(before: Option<&str>, cx: &Context<Settle>) -> String {
    let (result, text) = try_settle(before, cx);
    result.expect("settles");
    text.expect("a file")
}

#[test]
fn a_lost_file_comes_back_whole() {
    let mut cx = cx("start", vec![done("A-1"), row("A-2", Status::Pending)]);
    cx.time = Timestamp("2026-01-12T09:00:00+01:00".into());
    cx.project.branch = Some("feature/x".into());
    cx.project.plan = Some("docs/TEST_PROMPTS.md".into());
    let text = settle(None, &cx);
    let expected = format!(
        "# Test Progress\n\n> **Started:** 2026-01-05\n> **Branch:** feature/x\n\
         > **Plan:** [TEST_PROMPTS.md](../TEST_PROMPTS.md)\n\n## Repository: test\n\n{HEAD}\
         | A-1 | ✅ Done | 2026-01-05 09:00 | 2026-01-05 10:30 | a1b2c3d |\n\
         | A-2 | ⬜ Pending | — | — | — |\n\n### Notes\n- A-1: first\n- A-1: two lines\n"
    );
    assert_eq!(text, expected);
    assert_eq!(settle(Some(&text), &cx), expected);
    assert_eq!(settle(Some("\n"), &cx), expected, "an empty file");
}

#[test]
fn a_file_with_conflicts_is_not_written() {
    let text = format!("# P\n\n{HEAD}<<<<<<< HEAD\n| A-1 | x |\n=======\n| A-1 | y |\n>>>>>>> b\n");
    let (result, after) = try_settle(Some(&text), &cx("start", vec![done("A-1")]));
    let error = result.expect_err("refused");
    assert_eq!(error.message, format!("{PATH} has conflict markers (line 5)"));
    assert_eq!(error.hint.as_deref(), Some("session progress --resolve"));
    assert_eq!(after.as_deref(), Some(text.as_str()));
    let fenced = format!("# P\n\n{HEAD}| A-1 | x |\n\n```\n<<<<<<< a\n=======\n>>>>>>> b\n```\n");
    assert!(settle(Some(&fenced), &cx("start", vec![done("A-1")])).contains("✅ Done"));
}

#[test]
fn a_check_names_what_a_rebuild_would_write() {
    let text =
        format!("{HEAD}| A-1 | ✅ Done | a | — | — |\n| A-2 | Not started | b | — | — |\n| A-3 | waits | | | |\n");
    let sessions: Vec<Row> = ["A-1", "A-2", "A-3"].map(|id| row(id, Status::Pending)).into();
    assert_eq!(settle(Some(&text), &cx("start", sessions.clone())), text);
    let rebuilt = settle(Some(&text), &cx("rebuild", sessions.clone()));
    assert_eq!(settle(Some(&text), &cx("check", sessions)), rebuilt);
    assert!(rebuilt.contains("| A-1 | ⬜ Pending | a |") && rebuilt.contains("| A-2 | Not started | b |"), "{rebuilt}");
}

#[test]
fn a_row_that_is_too_short_is_filled() {
    let text = format!("{HEAD}| A-1 |\n| A-2 |\n");
    let after = settle(Some(&text), &cx("start", vec![done("A-1"), row("A-2", Status::Pending)]));
    assert!(after.contains("| A-1 | ✅ Done |") && after.ends_with("| A-2 |\n"), "{after}");
}

#[test]
fn a_rebuild_keeps_what_people_wrote() {
    let before = "# P\r\n\r\n> **Started:** 2026-01-01\r\n> **Owner:** Noor\r\n\r\n## Repository: a\r\n\r\nProse.\r\n\r\n\
        | Session | Status | Owner | Commit | Started | Completed |\r\n|---|---|---|---|---|---|\r\n\
        | A-1 | 🔄 Active | Kim | — | 1 | 2 |\r\n| Z-9 | huh | | | | |\r\n| A-1 | ✅ Complete |  | k7x2m9p | | |\r\n\
        | A-2 | ✅ Done | Lee | 1234567 | x | y |\r\n| Z-9 | huh | | | | |\r\n\r\n\
        ### Notes\r\n- A-1: by hand\r\n- Z-9: by hand";
    let text = settle(
        Some(before),
        &cx("rebuild", vec![done("A-1"), row("A-2", Status::Pending), row("A-3", Status::Active)]),
    );
    let expected = before
        .replace("| A-1 | ✅ Complete |  | k7x2m9p | | |\r\n", "")
        .replace("🔄 Active | Kim | — | 1 | 2 |", "✅ Complete | Kim | a1b2c3d | 2026-01-05 09:00 | 2026-01-05 10:30 |")
        .replace("✅ Done | Lee | 1234567 | x | y |", "⬜ Pending | Lee | 1234567 | x | y |")
        .replace("\r\n\r\n### Notes", "\r\n| A-3 | 🔄 Active | — | — | — | — |\r\n\r\n### Notes");
    assert_eq!(text, expected + "\r\n- A-1: first\r\n- A-1: two lines");
}

#[test]
fn a_rebuild_drops_no_doubled_row_that_people_wrote_in() {
    let head = "| Session | Status | Started | Completed | Commit | Notes |\n|---|---|---|---|---|---|\n";
    let week = |n: u32, rows: &str| format!("\n### Week {n}\n{head}{rows}");
    let kept = "| A-1 | whatever we like | — | — | — | precious | more |\n| A-1 | x | — | — | — | second note |\n";
    let sessions = || vec![row("A-1", Status::Pending)];
    let before = week(1, "| A-1 | ⬜ Pending | — | — | — | ours note |\n") + &week(2, kept);
    for reason in ["rebuild", "check"] {
        assert_eq!(settle(Some(&before), &cx(reason, sessions())), before, "{reason}");
    }
    // What can move to the first row does, the cell behind the last column with it.
    let blank = before.replace("ours note", "—");
    let after = settle(Some(&blank), &cx("rebuild", sessions()));
    assert!(after.contains("| A-1 | ⬜ Pending | — | — | — | precious | more |\n"), "{after}");
    assert!(after.contains("second note") && after.matches("| A-1 |").count() == 2, "{after}");
    assert_eq!(settle(Some(&after), &cx("rebuild", sessions())), after);
}

#[test]
fn a_rebuild_keeps_both_rows_of_a_conflict_that_people_wrote_in() {
    let head = "| Session | Status | Notes |\n|---|---|---|\n";
    let rows = ["| A-1 | ⬜ Pending | ours |\n", "| A-1 | ⬜ Pending | theirs |\n"];
    let text = format!("{head}<<<<<<< a\n{}=======\n{}>>>>>>> b\n", rows[0], rows[1]);
    assert_eq!(
        settle(Some(&text), &cx("rebuild", vec![row("A-1", Status::Pending)])),
        format!("{head}{}", rows.concat())
    );
}

#[test]
fn a_rebuild_takes_both_sides_of_conflicts() {
    let text = format!(
        "# P\n\n{HEAD}<<<<<<< HEAD\n| A-1 | 🔄 Active | — | — | — |\n=======\n| A-1 | ⬜ Pending | — | — | — |\n\
         | Z-9 | x | — | — | — |\n>>>>>>> b\n\n### Notes\n<<<<<<< HEAD\n- A-1: o\n=======\n- A-1: t\n>>>>>>> b\n\n\
         <<<<<<< HEAD\nProse of ours\n=======\nProse of theirs\n>>>>>>> b\n"
    );
    let expected = format!(
        "# P\n\n{HEAD}| A-1 | ⬜ Pending | — | — | — |\n| Z-9 | x | — | — | — |\n\n### Notes\n- A-1: o\n- A-1: t\n\n\
         Prose of ours\nProse of theirs\n"
    );
    assert_eq!(settle(Some(&text), &cx("rebuild", vec![row("A-1", Status::Pending)])), expected);
}

#[test]
fn a_fence_that_nothing_closes_hides_no_rows() {
    let text = format!("# P\n\n```sh\nx\n\n{HEAD}| A-1 | x |\n");
    let cx = cx("start", vec![done("A-1"), row("A-2", Status::Active)]);
    let after = settle(Some(&text), &cx);
    assert_eq!(after.matches("| A-").count(), 2, "{after}");
    assert_eq!(settle(Some(&after), &cx), after);
}

#[test]
fn a_rebuild_of_prose_adds_the_table() {
    let text = settle(Some("# P\n\nAll is prose.\n"), &cx("rebuild", vec![done("A-1")]));
    assert!(text.starts_with("# P\n\nAll is prose.\n\n| Session |"), "{text}");
    assert!(text.ends_with("### Notes\n- A-1: first\n- A-1: two lines\n"), "{text}");
}

#[test]
fn weeks_come_from_the_calendar_where_the_plan_has_none() {
    let text =
        format!("# P\n\n> **Started:** 2026-01-01\n\n### Week 1\n{HEAD}| A-1 | x |\n\n### Week 2\n{HEAD}| A-2 | x |\n");
    let mut cx = cx("start", vec![Row { started: at("2026-01-03T09:00"), ..row("B-1", Status::Active) }]);
    cx.data.sessions.push(row("B-2", Status::Pending));
    cx.data.sessions.push(Row { week: Some(1), ..row("B-3", Status::Pending) });
    cx.time = Timestamp("2026-01-15T09:00:00+01:00".into());
    let after = settle(Some(&text), &cx);
    assert!(after.contains("| A-1 | x |\n| B-1 | 🔄 Active | 2026-01-03 09:00 | — | — |\n| B-3 |"), "{after}");
    assert!(
        after.ends_with(&format!("| A-2 | x |\n\n### Week 3\n{HEAD}| B-2 | ⬜ Pending | — | — | — |\n")),
        "{after}"
    );
}

#[test]
fn new_rows_of_several_places_each_find_theirs() {
    let text = format!(
        "# P\n\n## Repository: a\n\n```sh\n# no heading\n```\n\n### Week 1\n{HEAD}| A-1 | x |\n\n### Notes\n\n## Repository: b\n"
    );
    let place = |id: &str, repository: &str, week| Row {
        repository: Some(repository.into()),
        week,
        ..row(id, Status::Pending)
    };
    let sessions = vec![
        place("B-2", "b", Some(2)),
        place("A-2", "a", Some(1)),
        place("B-3", "b", Some(3)),
        place("A-3", "a", None),
        place("B-4", "b", None),
        place("B-5", "b", Some(2)),
    ];
    let mut cx = cx("start", sessions);
    cx.project.repositories = ["a", "b"].map(|name| Repository { name: name.into(), ..Repository::default() }).into();
    let pending = |id: &str| format!("| {id} | ⬜ Pending | — | — | — |\n");
    let expected = text.replace("| A-1 | x |\n", &format!("| A-1 | x |\n{}{}", pending("A-2"), pending("A-3")))
        + &format!(
            "\n### Week 2\n{HEAD}{}{}\n### Week 3\n{HEAD}{}{}",
            pending("B-2"),
            pending("B-5"),
            pending("B-3"),
            pending("B-4")
        );
    assert_eq!(settle(Some(&text), &cx), expected);
}

#[test]
fn notes_of_the_completed_session_are_written_once() {
    let mut cx = cx("complete", vec![done("A-1"), done("A-2")]);
    cx.session = Some(Session { id: "A-1".into(), ..Session::default() });
    let text = settle(Some(&format!("{HEAD}| A-1 | x |\n| A-2 | x |\n")), &cx);
    assert!(text.ends_with("\n\n### Notes\n- A-1: first\n- A-1: two lines\n"), "{text}");
    assert_eq!(settle(Some(&text), &cx), text);
}

#[test]
fn ten_thousand_sessions_are_one_pass() {
    let settles = |count: u32| {
        let sessions: Vec<Row> = (0..count).map(|i| Row { week: Some(i / 100), ..done(&format!("A-{i}")) }).collect();
        let begin = Instant::now();
        let text = settle(Some(&format!("### Week 1\n{HEAD}| A-100 | x |\n")), &cx("rebuild", sessions.clone()));
        assert_eq!(text.matches("✅ Done").count(), count as usize);
        assert_eq!(settle(Some(&text), &cx("rebuild", sessions)), text);
        begin.elapsed()
    };
    grows_as_its_input(|| settles(2_500), || settles(10_000));
}
