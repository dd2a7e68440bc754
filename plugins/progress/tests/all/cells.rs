//! Cell edits against progress files as people leave them (`tests/data/progress`), and settle through the SDK's host.
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

use serde_json::Value;
use session_plugin_progress::Progress;
use session_plugin_progress::document::{Document, Place};
use session_sdk::testing::{Host, context};
use session_sdk::{Event, Row, Settle, Status, Summary, Timestamp};

fn data(name: &str) -> String {
    let path = format!("{}/../../tests/data/progress/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).expect(&path)
}

fn cases(name: &str) {
    let text = data(&format!("{name}.md"));
    let cases: Vec<Value> = serde_json::from_str(&data(&format!("{name}.cases.json"))).expect(name);
    assert!(!cases.is_empty());
    for case in cases {
        let edit = &case["edit"];
        let word = |key: &str| edit[key].as_str().unwrap_or_default();
        let place = Place { repository: edit["repository"].as_str(), week: edit["week"].as_u64().map(|w| w as u32) };
        let mut document = Document::of(&text);
        document.set(word("session"), word("column"), word("value"), place);
        let mut expected: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let at = case["line"].as_u64().expect("line") as usize - 1;
        if let Some(line) = case["expected_line"].as_str() {
            expected[at] = line.to_owned();
        } else {
            let new: Vec<String> = case["inserted_lines"]
                .as_array()
                .expect("lines")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            expected.splice(at..at, new);
        }
        assert_eq!(document.text(), expected.concat(), "{edit}");
    }
}

#[test]
fn five_columns() {
    cases("five_columns");
}

#[test]
fn seven_columns_human() {
    cases("seven_columns_human");
}

#[test]
fn no_table() {
    cases("no_table");
}

#[test]
fn short_rows_are_filled_and_a_missing_newline_stays_missing() {
    let head = "| Session | Status | Started | Completed | Commit |\n|---|---|---|---|---|\n";
    let mut document = Document::of(&format!("{head}| A-1 | x |\n| A-2"));
    document.set("A-1", "Commit", "abc", Place::default());
    document.set("A-2", "Status", "y", Place::default());
    document.set("A-3", "Status", "z", Place::default());
    let expected = format!("{head}| A-1 | x | — | — | abc |\n| A-2 | y |\n| A-3 | z | — | — | — |");
    assert_eq!(document.text(), expected);
}

fn row(id: &str, status: Status) -> Row {
    Row { id: id.into(), status, attempt: 1, ..Row::default() }
}

fn settle(host: &mut Host, sessions: Vec<Row>) {
    let data = Settle { reason: "start".into(), sessions, ..Settle::default() };
    let summary: Summary = host.run::<Progress, _, _>(&context(Event::Settle, data)).expect("settles");
    assert_eq!(summary.more["path"], "docs/progress/TEST_PROGRESS.md");
}

#[test]
fn cells_that_mean_the_same_stay_as_people_wrote_them() {
    let text = data("seven_columns_human.md");
    let mut host = Host::default();
    host.set(|world| _ = world.files.insert("docs/progress/TEST_PROGRESS.md".into(), text.clone().into_bytes()));
    let at = |minute: &str| Some(Timestamp(format!("{minute}:00+01:00")));
    let done = Row {
        started: at("2026-01-13T10:00"),
        completed: at("2026-01-13T10:40"),
        commit: Some("7aa0b1d5550000000000000000000000000000ff".into()),
        ..row("BE-02", Status::Done)
    };
    settle(&mut host, vec![done, Row { attempt: 0, ..row("BE-06", Status::Pending) }]);
    assert_eq!(host.file("docs/progress/TEST_PROGRESS.md"), Some(text));
}

#[test]
fn a_new_file_has_a_row_for_every_session() {
    let mut host = Host::default();
    let retry = Row { attempt: 2, week: Some(1), ..row("A-2", Status::Active) };
    settle(&mut host, vec![Row { week: Some(1), ..row("A-1", Status::Done) }, retry]);
    let text = host.file("docs/progress/TEST_PROGRESS.md").expect("written");
    assert!(text.contains("### Week 1\n| Session | Status | Started | Completed | Commit |\n"), "{text}");
    assert!(text.contains("| A-1 | ✅ Done | — | — | — |\n| A-2 | 🔁 Retry | — | — | — |\n"), "{text}");
}
