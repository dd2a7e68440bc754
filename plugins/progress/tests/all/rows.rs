//! Rows that people wrote their own way are found, and what they wrote into them stays.

use session_plugin_progress::{Progress, merge};
use session_sdk::testing::{Host, context};
use session_sdk::{Attempt, Context, Event, Row, Settle, Status, Summary, Timestamp};

const PATH: &str = "docs/progress/TEST_PROGRESS.md";
const HEAD: &str = "| Session | Status | Started | Completed | Commit |\n|---|---|---|---|---|\n";

fn at(minute: &str) -> Option<Timestamp> {
    Some(Timestamp(format!("{minute}:00+01:00")))
}

fn row(id: &str, title: &str, status: Status) -> Row {
    Row { id: id.into(), title: title.into(), status, attempt: u32::from(status != Status::Pending), ..Row::default() }
}

fn cx(reason: &str, sessions: Vec<Row>) -> Context<Settle> {
    context(Event::Settle, Settle { reason: reason.into(), sessions, ..Settle::default() })
}

fn settle(before: &str, cx: &Context<Settle>) -> String {
    let mut host = Host::default();
    host.set(|world| world.files.extend([(PATH.to_owned(), before.as_bytes().to_vec())]));
    host.run::<Progress, _, Summary>(cx).expect("settles");
    host.file(PATH).expect("a file")
}

#[test]
fn a_row_is_found_however_people_name_its_session() {
    for cell in [
        "AA-01",
        "`AA-01`",
        "[AA-01](../PLAN.md#aa-01)",
        "[`AA-01`](x)",
        "**[AA-01: Write](x)**",
        "[AA-01][plan]",
        "Session AA-01",
        "Session AA-01: Write",
        "AA-01 — Write it",
        "✅ AA-01 Write it",
        "[x] AA-01",
        "Write  it",
        "[Write it](x)",
        "**write it**",
    ] {
        let before = format!("# P\n\n{HEAD}| {cell} | ⬜ Pending | — | — | — |\n");
        for reason in ["start", "rebuild", "check"] {
            let active = Row { started: at("2026-01-05T09:00"), ..row("AA-01", "Write it", Status::Active) };
            let after = settle(&before, &cx(reason, vec![active, row("AA-02", "Read it", Status::Pending)]));
            let expected = before.replace("⬜ Pending | —", "🔄 Active | 2026-01-05 09:00")
                + "| AA-02 | ⬜ Pending | — | — | — |\n";
            assert_eq!(after, expected, "{cell} {reason}");
        }
    }
}

#[test]
fn a_row_of_several_sessions_is_none_of_theirs() {
    for cell in ["AA-01, AA-02", "AA-01/02", "AA-01 and AA-02", "AA-01 – AA-02", "Total", "see AA-01", "Part"] {
        let before = format!("# P\n\n{HEAD}| {cell} | 🔄 Active | — | — | — |\n");
        // Two sessions of one title: neither has a row of that name.
        let sessions = vec![row("AA-01", "Part", Status::Pending), row("AA-02", "Part", Status::Pending)];
        let added = "| AA-01 | ⬜ Pending | — | — | — |\n| AA-02 | ⬜ Pending | — | — | — |\n";
        assert_eq!(settle(&before, &cx("start", sessions)), before.clone() + added, "{cell}");
    }
}

#[test]
fn a_plain_id_goes_before_every_other_name() {
    let before = format!("# P\n\n{HEAD}| Session AA-01 | x | | | |\n| AA-01 | ⬜ Pending | — | — | — |\n");
    let after = settle(&before, &cx("start", vec![row("AA-01", "One", Status::Active)]));
    assert_eq!(after, before.replace("⬜ Pending", "🔄 Active"));
}

#[test]
fn the_second_row_that_an_older_version_added_is_taken_away_by_a_rebuild() {
    let before = format!(
        "# P\n\n{HEAD}| [AA-01](x) | ⬜ Pending | — | — | — |\n| AA-01 | 🔄 Active | 2026-01-05 09:00 | — | — |\n"
    );
    let active = Row { started: at("2026-01-05T09:00"), ..row("AA-01", "One", Status::Active) };
    let after = settle(&before, &cx("rebuild", vec![active]));
    assert_eq!(after, format!("# P\n\n{HEAD}| [AA-01](x) | 🔄 Active | 2026-01-05 09:00 | — | — |\n"));
}

#[test]
fn two_branches_that_change_neighbouring_linked_rows_merge() {
    let text = |one: &str, two: &str| format!("# P\n\n{HEAD}| [AA-01](x) | {one} |\n| Session AA-02 | {two} |\n");
    let (pending, done) = ("⬜ Pending | — | — | —", "✅ Done | 2026-01-05 09:00 | 2026-01-05 10:00 | a1b2c3d");
    let base = text(pending, pending);
    let merged = merge::merge(Some(&base), &text(done, pending), &text(pending, done));
    assert_eq!((merged.text, merged.conflicts), (text(done, done), 0));
}

#[test]
fn only_what_the_program_wrote_is_taken_out_of_a_row() {
    let filled = "2026-01-05 09:00 | 2026-01-05 10:00 | a1b2c3d";
    let text = |cells: &str| format!("# P\n\n{HEAD}| AA-01 | 🔁 Retry | {cells} |\n");
    let before = Attempt {
        started: at("2026-01-05T09:00"),
        completed: at("2026-01-05T10:00"),
        commit: Some("a1b2c3d4e5f60718293a4b5c6d7e8f9012345678".into()),
    };
    let again = Row { attempt: 2, started: at("2026-01-06T08:00"), ..row("AA-01", "One", Status::Active) };
    let own = Row { before: Some(before), ..again.clone() };
    for reason in ["start", "rebuild", "check"] {
        assert_eq!(settle(&text(filled), &cx(reason, vec![own.clone()])), text("2026-01-06 08:00 | — | —"), "{reason}");
        // The same cells, of which nothing says that the program wrote them; and others.
        let kept = text("2026-01-06 08:00 | 2026-01-05 10:00 | a1b2c3d");
        assert_eq!(settle(&text(filled), &cx(reason, vec![again.clone()])), kept, "{reason}");
        let people = text("2026-01-06 08:00 | in March | 7654321, by hand");
        assert_eq!(settle(&people, &cx(reason, vec![own.clone()])), people, "{reason}");
    }
}

#[test]
fn where_two_rows_become_one_no_cell_of_a_person_is_emptied() {
    let rows = [
        "| [AA-01](x) | ⬜ Pending | — | in March | 7654321 |\n",
        "| AA-01 | 🔄 Active | 2026-01-05 09:00 | — | — |\n",
    ];
    let expected = format!("# P\n\n{HEAD}| [AA-01](x) | 🔄 Active | 2026-01-05 09:00 | in March | 7654321 |\n");
    let active = Row { started: at("2026-01-05T09:00"), ..row("AA-01", "One", Status::Active) };
    let both = format!("# P\n\n{HEAD}{}", rows.concat());
    assert_eq!(settle(&both, &cx("rebuild", vec![active])), expected);
    // Two branches that each began the file.
    let [ours, theirs] = rows.map(|row| format!("# P\n\n{HEAD}{row}"));
    assert_eq!(merge::merge(None, &ours, &theirs).text, expected);
    assert_eq!(merge::merge(None, &theirs, &ours).text, expected.replace("[AA-01](x)", "AA-01"));
}
