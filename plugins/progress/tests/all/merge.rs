//! Two versions of a progress file brought together: what becomes of rows, notes, tables and people's text.
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

use std::time::Instant;

use serde_json::json;
use session_plugin_progress::Progress;
use session_plugin_progress::merge::{conflicts, merge};
use session_sdk::conflict::Conflicts;
use session_sdk::testing::{Host, context};
use session_sdk::{Event, Merge, Merged};

use crate::grows_as_its_input;

const HEAD: &str = "| Session | Status | Started | Completed | Commit |\n|---|---|---|---|---|\n";

fn data(name: &str) -> String {
    let path = format!("{}/../../tests/data/progress/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).expect(&path)
}

/// Both ways round; the outcome of the first.
fn clean(base: &str, ours: &str, theirs: &str) -> String {
    for (a, b) in [(ours, theirs), (theirs, ours)] {
        let outcome = merge(Some(base), a, b);
        assert_eq!(outcome.conflicts, 0, "{}", outcome.text);
        assert!(!outcome.text.contains("<<<<<<<"), "{}", outcome.text);
    }
    merge(Some(base), ours, theirs).text
}

fn table(rows: &[&str]) -> String {
    format!("# P\n\n{HEAD}{}\n### Notes\n", rows.iter().map(|row| format!("| {row} |\n")).collect::<String>())
}

#[test]
fn neighbours_finished_on_two_branches() {
    let base = table(&["A-1 | 🔄 Active | x | — | —", "A-2 | 🔄 Active | x | — | —"]);
    let ours = table(&["A-1 | ✅ Done | x | y | 1111111", "A-2 | 🔄 Active | x | — | —"]);
    let theirs = table(&["A-1 | 🔄 Active | x | — | —", "A-2 | ✅ Done | x | z | 2222222"]);
    let both = table(&["A-1 | ✅ Done | x | y | 1111111", "A-2 | ✅ Done | x | z | 2222222"]);
    assert_eq!(clean(&base, &ours, &theirs), both);
    assert_eq!(clean(&base, &theirs, &ours), both);
}

#[test]
fn cells_of_one_row_come_from_the_side_that_changed_them() {
    let base = table(&["A-1 | 🔄 Active | x | — | —"]);
    let ours = table(&["`A-1` | 🔄 Active | w | — | —"]);
    let theirs = table(&["A-1 | ✅ Done | x | y | 1111111"]);
    assert_eq!(clean(&base, &ours, &theirs), table(&["`A-1` | ✅ Done | w | y | 1111111"]));
}

#[test]
fn the_status_that_goes_further_brings_its_cells() {
    let base = table(&["A-1 | ⬜ Pending | — | — | —"]);
    for (lower, higher) in [
        ("⬜ Pending!", "🔄 Active"),
        ("🔁 Retry", "⏸️ Paused"),
        ("⏸️ Paused", "❌ Failed"),
        ("❌ Failed", "↩️ Rolled back"),
        ("↩️ Rolled back", "DONE"),
    ] {
        let ours = table(&[&format!("A-1 | {lower} | o | — | o")]);
        let theirs = table(&[&format!("A-1 | {higher} | t | — | t")]);
        assert_eq!(clean(&base, &ours, &theirs), theirs);
        assert_eq!(clean(&base, &theirs, &ours), theirs);
    }
}

#[test]
fn what_was_begun_anew_on_one_side_stands_before_what_was_taken_back_on_the_other() {
    let base = table(&["A-1 | ✅ Done | o | p | 1111111"]);
    let back = table(&["A-1 | ↩️ Rolled back | o | p | 1111111"]);
    let anew = table(&["A-1 | ✅ Done | x | y | 2222222"]);
    assert_eq!(clean(&base, &anew, &back), anew);
    assert_eq!(clean(&base, &back, &anew), anew);
    let untouched = table(&["`A-1` | ✅ Done | o | p | 1111111"]);
    assert_eq!(clean(&base, &untouched, &back), back.replace("A-1 ", "`A-1` "));
}

#[test]
fn where_status_says_the_same_a_value_wins_over_a_blank() {
    let base = table(&["A-1 | 🔄 Active | o | — | x"]);
    let ours = table(&["A-1 | ✅ Done | — | a | —"]);
    let theirs = table(&["A-1 | ✅ Complete | t | b | 1111111"]);
    assert_eq!(clean(&base, &ours, &theirs), table(&["A-1 | ✅ Done | t | a | 1111111"]));
}

#[test]
fn a_deleted_row_stays_only_where_it_was_changed() {
    let base = table(&["A-1 | ⬜ Pending | — | — | —", "A-2 | ⬜ Pending | — | — | —", "A-3 | ⬜ Pending | — | — | —"]);
    let without = table(&["A-1 | ⬜ Pending | — | — | —", "A-3 | ⬜ Pending | — | — | —"]);
    let aligned =
        table(&["A-1 | ⬜ Pending | — | — | —", "A-2  | ⬜ Pending | — | — | —", "A-3 | ⬜ Pending | — | — | —"]);
    let changed = table(&["A-1 | ⬜ Pending | — | — | —", "A-2 | ✅ Done | — | — | —", "A-3 | ⬜ Pending | — | — | —"]);
    assert_eq!(clean(&base, &without, &base), without);
    assert_eq!(clean(&base, &aligned, &without), without, "white space is no change");
    assert_eq!(clean(&base, &without, &changed), changed);
    assert_eq!(clean(&base, &changed, &without), changed);
}

#[test]
fn new_rows_of_both_stand_once_and_by_number() {
    let base = table(&["A-2 | ⬜ Pending | — | — | —"]);
    let ours = table(&["A-2 | ⬜ Pending | — | — | —", "A-10 | o | — | — | —", "B-1 | o | — | — | —"]);
    let theirs = table(&["A-2 | ⬜ Pending | — | — | —", "A-9 | t | — | — | —", "B-1 | ✅ Done | — | — | —"]);
    let both = table(&[
        "A-2 | ⬜ Pending | — | — | —",
        "A-9 | t | — | — | —",
        "A-10 | o | — | — | —",
        "B-1 | ✅ Done | — | — | —",
    ]);
    assert_eq!(clean(&base, &ours, &theirs), both);
    assert_eq!(clean(&base, &theirs, &ours), both);
}

#[test]
fn new_rows_inside_a_table_stand_where_ours_have_them() {
    let base = table(&["A-1 | x | — | — | —", "Z-1 | x | — | — | —"]);
    let ours = table(&["A-1 | x | — | — | —", "C-1 | x | — | — | —", "Z-1 | x | — | — | —"]);
    let theirs = table(&["A-1 | x | — | — | —", "B-1 | x | — | — | —", "Z-1 | x | — | — | —"]);
    let both = table(&["A-1 | x | — | — | —", "C-1 | x | — | — | —", "B-1 | x | — | — | —", "Z-1 | x | — | — | —"]);
    assert_eq!(clean(&base, &ours, &theirs), both);
}

#[test]
fn a_row_moved_by_both_stands_once() {
    let week = |rows: [&str; 3]| {
        let tables = rows.iter().enumerate().map(|(i, row)| format!("\n### Week {}\n{HEAD}{row}", i + 1));
        format!("# P\n{}", tables.collect::<String>())
    };
    let [row, done] = ["| A-1 | x | — | — | — |\n", "| A-1 | ✅ Done | — | — | — |\n"];
    let other = "| B-1 | x | — | — | — |\n";
    let base = week([&format!("{row}{other}"), "", ""]);
    let text = clean(&base, &week([other, done, ""]), &week([other, "", row]));
    assert_eq!(text, week([other, done, ""]));
    let text = clean(&base, &week([&format!("{done}{other}"), "", ""]), &week([other, "", row]));
    assert_eq!(text, week([other, "", done]), "moved by one, changed by the other");
}

#[test]
fn notes_of_both_are_kept_once() {
    let base = format!("{}- A-1: old\n- A-2: gone\n\n## Legend\n", table(&["A-1 | x | — | — | —"]));
    let ours = base.replace("- A-2: gone\n", "- A-2: gone\n- A-1: same\n- A-1: ours\n");
    let theirs = base.replace("- A-2: gone\n", "- A-1: same\n- A-3: theirs\n");
    let text = clean(&base, &ours, &theirs);
    assert_eq!(text, base.replace("- A-2: gone\n", "- A-1: same\n- A-1: ours\n- A-3: theirs\n"));
}

#[test]
fn tables_of_new_weeks_stand_one_after_the_other() {
    let base = format!("# P\n\n### Week 1\n{HEAD}| A-1 | x | — | — | — |\n\n### Notes\n");
    let with = |weeks: &[(u32, &str)]| {
        let tables = weeks.iter().map(|(week, id)| format!("\n### Week {week}\n{HEAD}| {id} | x | — | — | — |\n"));
        base.replace("\n### Notes", &format!("{}\n### Notes", tables.collect::<String>()))
    };
    assert_eq!(clean(&base, &with(&[(2, "A-2")]), &with(&[(3, "A-3")])), with(&[(2, "A-2"), (3, "A-3")]));
    let same = clean(&base, &with(&[(2, "A-3")]), &with(&[(2, "A-2"), (3, "B-1")]));
    assert_eq!(same.matches("### Week 2").count(), 1, "{same}");
    assert!(same.contains("| A-2 | x | — | — | — |\n| A-3 | x | — | — | — |\n\n### Week 3"), "{same}");
}

#[test]
fn a_column_that_one_side_added_holds_the_others_cells() {
    let base = "| Session | Status | Commit |\n|---|---|---|\n| A-1 | x | — |\n| A-2 | x | — |\n";
    let ours =
        "| Session | Owner | Status | Commit |\n|---|---|---|---|\n| A-1 | Noor | x | — |\n| A-2 | Kim | x | — |\n";
    let theirs =
        "| Session | Status | Commit |\n|---|---|---|\n| A-1 | ✅ Done | 1111111 |\n| A-2 | x | — |\n| A-3 | x | — |\n";
    let text = clean(base, ours, theirs);
    assert!(text.contains("| A-1 | Noor | ✅ Done | 1111111 |\n| A-2 | Kim | x | — |\n| A-3 | — | x | — |"), "{text}");
}

#[test]
fn peoples_text_conflicts_and_rows_do_not() {
    let base = format!("{}\nWe began.\n", table(&["A-1 | x | — | — | —"]));
    let ours = base.replace("| x |", "| ✅ Done |").replace("began", "began on Monday");
    let theirs = base.replace("| x |", "| 🔄 Active |").replace("began", "began on Tuesday");
    let outcome = merge(Some(&base), &ours, &theirs);
    assert_eq!(outcome.conflicts, 1);
    let marked = "<<<<<<< ours\nWe began on Monday.\n=======\nWe began on Tuesday.\n>>>>>>> theirs\n";
    assert_eq!(outcome.text, ours.replace("We began on Monday.\n", marked));
    let found = conflicts(&outcome.text).expect("markers");
    assert_eq!((found.base, found.ours), (None, ours.clone()));
    assert_eq!(found.theirs, theirs.replace("🔄 Active", "✅ Done"), "the row was merged");
}

const NOTED: &str = "| Session | Status | Commit | Notes |\n|---|---|---|---|\n";

/// Both ways round: what is in all of `texts` is in the outcome, between the markers of one conflict.
fn two(base: Option<&str>, ours: &str, theirs: &str, rows: [&str; 2]) {
    for (ours, theirs, [our, their]) in [(ours, theirs, rows), (theirs, ours, [rows[1], rows[0]])] {
        let outcome = merge(base, ours, theirs);
        let marked = format!("<<<<<<< ours\n{our}\n=======\n{their}\n>>>>>>> theirs\n");
        assert!(outcome.text.contains(&marked), "{}", outcome.text);
        assert_eq!(outcome.conflicts, 1, "{}", outcome.text);
    }
}

#[test]
fn cells_of_two_people_are_theirs_to_choose_between() {
    let doc = |rows: &str| format!("{NOTED}| A-0 | x | — | — |\n{rows}| A-9 | x | — | — |\n");
    let [base, ours, theirs] =
        ["base", "ours text", "theirs text"].map(|note| doc(&format!("| A-1 | x | — | {note} |\n")));
    two(Some(&base), &ours, &theirs, ["| A-1 | x | — | ours text |", "| A-1 | x | — | theirs text |"]);
    two(None, &ours, &theirs, ["| A-1 | x | — | ours text |", "| A-1 | x | — | theirs text |"]);
    let without = doc("");
    two(Some(&without), &ours, &theirs, ["| A-1 | x | — | ours text |", "| A-1 | x | — | theirs text |"]);
    let done = theirs.replace("| A-1 | x | — |", "| A-1 | ✅ Done | 1111111 |");
    let rows = ["| A-1 | ✅ Done | 1111111 | ours text |", "| A-1 | ✅ Done | 1111111 | theirs text |"];
    two(Some(&base), &ours, &done, rows);
    let neighbour = done.replace("| A-9 | x |", "| A-9 | ✅ Done |").replace("| A-0 | x |", "| A-0 | ✅ Done |");
    two(Some(&base), &ours, &neighbour, rows);
    assert_eq!(merge(Some(&base), &ours, &neighbour).text.matches("A-9 | ✅ Done").count(), 1);
}

#[test]
fn a_persons_cell_wins_over_a_blank() {
    let doc = |status: &str, note: &str| format!("{NOTED}| A-1 | {status} | — | {note} |\n");
    for blank in ["—", "", "-"] {
        let text = clean(&doc("x", "base"), &doc("⬜ Pending", "mine"), &doc("✅ Done", blank));
        assert_eq!(text, doc("✅ Done", "mine"));
    }
    let base = doc("x", "base");
    two(Some(&base), &doc("x", "pending"), &doc("x", "mine"), ["| A-1 | x | — | pending |", "| A-1 | x | — | mine |"]);
}

#[test]
fn a_cell_behind_the_last_column_is_kept() {
    let doc = |row: &str| format!("{NOTED}| A-1 | x | — | n |{row}\n");
    assert_eq!(clean(&doc(""), &doc(" a | b |"), &doc("").replace("| x |", "| y |")), {
        doc(" a | b |").replace("| x |", "| y |")
    });
    let rows = ["| A-1 | x | — | n | a |", "| A-1 | x | — | n | b |"];
    two(Some(&doc("")), &doc(" a |"), &doc(" b |"), rows);
    two(Some(&doc(" z |")), &doc(" a |"), &doc(" b |"), rows);
    let behind = clean(&doc(""), &doc("").replace("| n |", "| m |"), &doc(" b |"));
    assert_eq!(behind, doc(" b |").replace("| n |", "| m |"));
}

#[test]
fn a_renamed_column_holds_what_the_other_wrote_in_it() {
    let doc = |column: &str, note: &str| format!("{NOTED}| A-1 | x | — | {note} |\n").replace("Notes", column);
    let text = clean(&doc("Notes", "base"), &doc("Remarks", "base"), &doc("Notes", "theirs"));
    assert_eq!(text, doc("Remarks", "theirs"));
    two(
        Some(&doc("Notes", "base")),
        &doc("Remarks", "ours"),
        &doc("Notes", "theirs"),
        ["| A-1 | x | — | ours |", "| A-1 | x | — | theirs |"],
    );
    let dropped = "| Session | Status | Commit |\n|---|---|---|\n| A-1 | x | — |\n";
    two(Some(&doc("Notes", "base")), dropped, &doc("Notes", "theirs"), ["| A-1 | x | — |", "| A-1 | x | — | theirs |"]);
}

#[test]
fn a_header_that_both_changed_is_one_conflict() {
    let doc = |column: &str, status: &str| {
        format!("# P\n\n{NOTED}| A-1 | {status} | — | n |\n| A-2 | x | — | m |\n").replace("Notes", column)
    };
    let outcome = merge(Some(&doc("Notes", "x")), &doc("Remarks", "x"), &doc("Words", "✅ Done"));
    assert_eq!(outcome.conflicts, 1, "{}", outcome.text);
    assert!(
        outcome.text.ends_with("|---|---|---|---|\n| A-1 | ✅ Done | — | n |\n| A-2 | x | — | m |\n"),
        "{}",
        outcome.text
    );
}

#[test]
fn a_table_that_one_side_broke_has_each_row_once() {
    let rows = ["A-1 | x | — | — | —", "A-2 | x | — | — | —", "A-3 | x | — | — | —"];
    let base = table(&rows);
    let theirs = base.replace("| A-2 | x |", "| A-2 | ✅ Done |");
    for line in ["", "A line of text", "### Week 2"] {
        let broken = base.replace("| A-2 |", &format!("{line}\n| A-2 |"));
        let both = theirs.replace("| A-2 |", &format!("{line}\n| A-2 |"));
        assert_eq!(clean(&base, &broken, &theirs), both);
        let edited = broken.replace("| A-3 | x |", "| A-3 | 🔄 Active |");
        assert_eq!(clean(&base, &edited, &theirs), both.replace("| A-3 | x |", "| A-3 | 🔄 Active |"));
        assert_eq!(merge(None, &broken, &theirs).text.matches("| A-2 |").count(), 1);
    }
}

#[test]
fn a_fence_that_hides_rows_loses_no_cell() {
    let base = format!("{NOTED}| A-1 | x | — | — |\n| A-2 | x | — | — |\n\n```\nmake\n```\n");
    let ours = base.replace("| A-1 |", "```\n| A-1 |").replace("| A-2 | x | — | — |", "| A-2 | x | — | mine |");
    let theirs =
        base.replace("| A-2 | x |", "| A-2 | ✅ Done |").replace("| A-1 | x | — | — |", "| A-1 | x | — | yours |");
    // The merge by rows would have both rows twice: ours as code, theirs in the table.
    let outcome = merge(Some(&base), &ours, &theirs);
    let rows = "<<<<<<< ours\n```\n| A-1 | x | — | — |\n| A-2 | x | — | mine |\n=======\n\
        | A-1 | x | — | yours |\n| A-2 | ✅ Done | — | — |\n>>>>>>> theirs\n";
    assert_eq!(outcome, Merged { text: format!("{NOTED}{rows}\n```\nmake\n```\n"), conflicts: 1 });
    let swapped = merge(Some(&base), &theirs, &ours);
    assert_eq!((swapped.conflicts, swapped.text.matches("=======").count()), (1, 1), "{}", swapped.text);
}

#[test]
fn where_lines_would_double_a_row_too_people_decide_over_all() {
    let doc = |rows: [&str; 3]| format!("{NOTED}{}\n\n```\nmake\n```\n", rows.join("\n"));
    let [one, two, three] = ["| A-1 | x | — | — |", "| A-2 | x | — | — |", "| A-3 | x | — | — |"];
    let ours = doc([three, one, two]).replacen("| A-3 |", "```\n| A-3 |", 1);
    let outcome = merge(Some(&doc([one, two, three])), &ours, &doc([one, &three.replace("x", "✅ Done"), two]));
    let text = format!(
        "{NOTED}<<<<<<< ours\n```\n{three}\n{one}\n=======\n{one}\n| A-3 | ✅ Done | — | — |\n>>>>>>> theirs\n\
         {two}\n\n```\nmake\n```\n"
    );
    assert_eq!(outcome, Merged { text, conflicts: 1 });
}

#[test]
fn text_below_a_table_keeps_its_own_changes() {
    let base = format!("{HEAD}| A-1 | x | — | — | — |\nLegend\n");
    let ours = base.replace("Legend", "| A-2 | x | — | — | — |\nLegend");
    let theirs = base.replace("Legend", "The legend");
    assert_eq!(clean(&base, &ours, &theirs), ours.replace("Legend", "The legend"));
}

#[test]
fn other_tables_are_text() {
    let base = data("seven_columns_human.md");
    let ours = base.replace("|BE-04| 🔄 Active |", "|BE-04| ✅ Done |");
    let theirs = base.replace("| BE-04 | open |", "| BE-04 | agreed |");
    let both = ours.replace("| BE-04 | open |", "| BE-04 | agreed |");
    assert_ne!(both, ours);
    assert_eq!(clean(&base, &ours, &theirs), both);
    // A session whose only row was a decision gets a row of its own.
    let base = base.replace("|BE-04| 🔄 Active |— |01-19 14:00|—|—|night rule first |\r\n", "");
    let theirs = base.replace("| BE-04 | open |", "| BE-04 | agreed |");
    let both = theirs.replace("| **BE-05**", "| BE-04 | x | | | | | |\r\n| **BE-05**");
    let ours = base.replace("| **BE-05**", "| BE-04 | x | | | | | |\r\n| **BE-05**");
    assert_eq!(clean(&base, &ours, &theirs), both);
}

#[test]
fn decisions_of_people_are_not_cells_of_sessions() {
    let base = data("seven_columns_human.md");
    let [ours, theirs] =
        ["refused", "agreed"].map(|word| base.replace("| BE-04 | open |", &format!("| BE-04 | {word} |")));
    assert_eq!(merge(Some(&base), &ours, &theirs).conflicts, 1);
}

#[test]
fn an_id_with_several_rows_keeps_them_apart() {
    let week = |n: u32, row: &str| format!("\n### Week {n}\n{HEAD}| A-1 | {row} |\n");
    let base = week(1, "x | — | — | —") + &week(2, "y | — | — | —");
    let ours = week(1, "✅ Done | — | — | —") + &week(2, "y | — | — | —");
    let theirs = week(0, "z | — | — | —") + &week(1, "x | — | — | —") + &week(2, "y | a | — | —");
    let both = week(0, "z | — | — | —") + &week(1, "✅ Done | — | — | —") + &week(2, "y | a | — | —");
    assert_eq!(clean(&base, &ours, &theirs), both);
}

#[test]
fn line_ends_and_the_end_of_the_file_stay() {
    let base = data("seven_columns_human.md");
    let ours = base.replace("| FE-01 | ⬜ Pending", "| FE-01 | 🔄 Active");
    let theirs = format!("{base}\r\nThe end");
    let both = format!("{ours}\r\nThe end");
    assert_eq!(clean(&base, &ours, &theirs), both);
    let open = format!("{HEAD}| A-1 | x | — | — | — |");
    let [ours, theirs] = ["| A-3 |", "| A-2 |"].map(|row| format!("{open}\n{row}"));
    assert_eq!(clean(&open, &ours, &theirs), format!("{open}\n| A-2 |\n| A-3 |"));
    let windows = base.replace("\r\n", "\n");
    assert_eq!(clean(&base, &windows, &theirs_row(&base)), theirs_row(&windows), "line ends of one side");
}

fn theirs_row(text: &str) -> String {
    text.replace("| FE-01 | ⬜ Pending", "| FE-01 | 🔄 Active")
}

#[test]
fn without_a_base_nothing_is_lost() {
    let ours = table(&["A-1 | ✅ Done | x | y | 1111111", "A-2 | ⬜ Pending | — | — | —", "A-4 | x | — | — | —"]);
    let theirs = table(&["A-1 | 🔄 Active | x | — | —", "A-2 | ✅ Done | x | z | 2222222", "A-3 | x | — | — | —"])
        + "- A-2: noted\n";
    let both = table(&[
        "A-1 | ✅ Done | x | y | 1111111",
        "A-2 | ✅ Done | x | z | 2222222",
        "A-3 | x | — | — | —",
        "A-4 | x | — | — | —",
    ]) + "- A-2: noted\n";
    assert_eq!(merge(None, &ours, &theirs), Merged { text: both.clone(), conflicts: 0 });
    assert_eq!(merge(None, &theirs, &ours), Merged { text: both, conflicts: 0 });
}

#[test]
fn one_changed_side_is_taken_to_the_byte() {
    for name in ["five_columns.md", "seven_columns_human.md", "no_table.md"] {
        let base = data(name);
        let other = base.replace("BE-0", "XX-0").replace("We", "They").replace("\r\n\r\n", "\r\n");
        assert_eq!(clean(&base, &base, &other), other);
        assert_eq!(clean(&base, &other, &other), other);
        assert_eq!(merge(None, &base, &base).text, base);
    }
}

#[test]
fn conflicts_are_taken_apart() {
    let text = "a\n<<<<<<< HEAD\no\n||||||| 123\nb\n=======\nt\n>>>>>>> x\nc\n<<<<<<< HEAD\n=======\nu\n>>>>>>> x\n";
    let found = |line: usize, base: Option<&str>, ours: &str, theirs: &str| {
        Some(Conflicts { line, base: base.map(str::to_owned), ours: ours.to_owned(), theirs: theirs.to_owned() })
    };
    assert_eq!(conflicts(text), found(2, None, "a\no\nc\n", "a\nt\nc\nu\n"));
    let first = text.split_inclusive('\n').take(9).collect::<String>();
    assert_eq!(conflicts(&first), found(2, Some("a\nb\nc\n"), "a\no\nc\n", "a\nt\nc\n"));
    assert_eq!(conflicts(&format!("```\n{text}```\n")), None);
    assert_eq!(conflicts("<<<<<<< a\nx\n>>>>>>> b\n"), None);
    assert_eq!(conflicts("Title\n=======\n"), None);
}

#[test]
fn ten_thousand_rows_are_one_pass() {
    let row = |i: usize, status: &str| format!("A-{i} | {status} | — | — | —");
    let rows = |status: &dyn Fn(usize) -> &'static str, end: usize| {
        let rows: Vec<String> = (0..end).map(|i| row(i, status(i))).collect();
        table(&rows.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let merges = |count: usize| {
        let more = count + count / 20;
        let base = rows(&|_| "⬜ Pending", count);
        let ours = rows(&|i| if i % 2 == 0 { "✅ Done" } else { "⬜ Pending" }, count);
        let theirs = rows(&|i| if i % 2 == 1 { "✅ Done" } else { "⬜ Pending" }, more);
        let merged = rows(&|i| if i < count || i % 2 == 1 { "✅ Done" } else { "⬜ Pending" }, more);
        let begin = Instant::now();
        assert_eq!(merge(Some(&base), &ours, &theirs).text, merged);
        assert_eq!(merge(None, &ours, &theirs).conflicts, 0);
        begin.elapsed()
    };
    grows_as_its_input(|| merges(2_500), || merges(10_000));
}

#[test]
fn only_documents_with_sessions_are_merged() {
    let ask = |path: &str, ours: &str, config: serde_json::Value| -> Option<Merged> {
        let data = Merge { path: path.into(), base: None, ours: ours.into(), theirs: ours.into(), conflicted: None };
        let mut cx = context(Event::Merge, data);
        cx.config = config;
        Host::default().run::<Progress, _, _>(&cx).expect("merges")
    };
    assert_eq!(ask("README.md", "x", json!({})), None);
    assert!(ask("docs/progress/TEST_PROGRESS.md", "x", json!({})).is_some());
    assert!(ask("old/OTHER_PROGRESS.md", "x", json!({})).is_some());
    assert!(ask("STATE.md", "x", json!({"path": "STATE.md"})).is_some());
    assert!(ask("README.md", &table(&["A-1 | x | — | — | —"]), json!({})).is_some());
}

#[test]
fn a_file_that_a_merge_left_is_taken_apart_here() {
    let merge = |text: &str| session_plugin_progress::merge::conflicted(None, text);
    let head = "| Session | Status | Commit |\n|---|---|---|\n";
    let sides = "<<<<<<< ours\n| A-1 | ✅ Done | abc1234 |\n=======\n| A-1 | 🔄 Active | — |\n>>>>>>> theirs\n";
    let merged = merge(&format!("{head}{sides}"));
    assert_eq!((merged.text, merged.conflicts), (format!("{head}| A-1 | ✅ Done | abc1234 |\n"), 0));
    let example = format!("{head}| A-1 | ✅ Done | abc1234 |\n\n```\n{sides}```\n");
    let merged = merge(&example);
    assert_eq!((merged.text, merged.conflicts), (example, 0), "in a fence it is an example");
}
