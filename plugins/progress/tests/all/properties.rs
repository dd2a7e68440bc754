//! What holds for all documents: an edit changes one line, and a merge keeps each row once, with the value it was given.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use session_plugin_progress::document::{Document, Place};
use session_plugin_progress::merge::merge;
use session_plugin_progress::table::with_cell;

const FRAGMENTS: [&str; 14] = [
    "",
    "prose über `|` alles",
    "```",
    "~~~~ text",
    "# heading",
    "### Week 2",
    "### Notes",
    "- A-1: a note",
    "| Metric | Value |\n|---|---|\n| A-1 | 3 |",
    "| Date | Session | Status |\n|:-:|---|---|\n| x | A-2 | agreed \\| open |",
    "\t| A-7 | looks like a row |",
    "> **Started:** 2026-01-01",
    "<<<<<<< a",
    "\u{feff}🔄 · ‖",
];

const TABLE: &str = "| Session | Status |\tCommit |\n|---|:-:|---|";

fn rows() -> impl Strategy<Value = Vec<String>> {
    let row = select(vec![
        "|A-{}|x|",
        "| `A-{}` | ✅ Done | a\\|b |",
        "\t| **A-{}** |  | ",
        "| A-{} | 🟢 done\t| k | more |",
    ]);
    prop::collection::vec(row, 0..6)
        .prop_map(|rows| rows.iter().enumerate().map(|(i, row)| row.replace("{}", &i.to_string())).collect())
}

fn document() -> impl Strategy<Value = String> {
    let fragments = || prop::collection::vec(select(FRAGMENTS.to_vec()), 0..8);
    (fragments(), rows(), fragments(), any::<bool>(), any::<bool>()).prop_map(|(above, rows, below, windows, open)| {
        let mut text = above.join("\n") + "\n" + TABLE + "\n" + &rows.join("\n") + "\n\n" + &below.join("\n");
        text = if windows { text.replace('\n', "\r\n") } else { text };
        if open { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
    })
}

/// Rows by their first cell: `A-1` to the rest of its line.
fn by_id(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for line in text.lines().filter(|line| line.starts_with("| A-")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        found.entry(cells.next().unwrap_or_default().to_owned()).or_default().extend(cells.map(str::to_owned));
    }
    found
}

#[derive(Clone, Debug)]
enum Edit {
    None,
    Set(usize, String),
    Delete,
    AddBelow(String),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => Just(Edit::None),
        3 => (1..5_usize, "[a-z]{1,3}").prop_map(|(column, value)| Edit::Set(column, value)),
        1 => Just(Edit::Delete),
        1 => "[a-z]{1,3}".prop_map(Edit::AddBelow),
    ]
}

const HEAD: &str = "# P\n\n| Session | Status | Started | Completed | Commit |\n|---|---|---|---|---|\n";

/// The document as one side leaves it; tables break off where their number says so.
fn side(count: usize, breaks: &[usize], edits: &[(bool, Edit)], mine: Option<bool>) -> String {
    let mut text = HEAD.to_owned();
    for (i, (of, edit)) in edits.iter().enumerate().take(count) {
        if breaks.contains(&i) {
            text += &format!("\n### Week {i}\n{}", &HEAD[5..]);
        }
        let row = format!("| A-{i} | ⬜ Pending | — | — | — |");
        text += &match edit {
            Edit::Set(column, value) if Some(*of) == mine => with_cell(&row, *column, value) + "\n",
            Edit::Delete if Some(*of) == mine => String::new(),
            Edit::AddBelow(value) if Some(*of) == mine => format!("{row}\n| A-{i}00 | {value} | — | — | — |\n"),
            _ => row + "\n",
        };
    }
    text + "\nEnd\n"
}

const IDS: usize = 12;

/// Each ID in at most one row, anywhere.
fn tables() -> impl Strategy<Value = String> {
    let ids = Just((0..IDS).collect::<Vec<_>>()).prop_shuffle();
    let statuses = prop::collection::vec(select(vec!["⬜ Pending", "✅ Done", "?"]), IDS);
    let between = prop::collection::vec(
        select(vec!["", "", "", "", "Prose\n", "- A-1: a note\n", "\n### Notes\n", "\n### Week 2\n"]),
        IDS,
    );
    (ids, statuses, between, 0..IDS).prop_map(|(ids, statuses, between, count)| {
        let mut text = HEAD.to_owned();
        for ((id, status), between) in ids.iter().zip(statuses).zip(between).take(count) {
            let head = if between.is_empty() { "" } else { &HEAD[5..] };
            text += &format!("{between}{head}| A-{id} | {status} | — | — | — |\n");
        }
        text
    })
}

fn line<'t>(text: &'t str, id: &str) -> Option<&'t str> {
    text.lines().find(|line| line.starts_with(&format!("| {id} ")))
}

fn counts(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| A-")) {
        *found.entry(line.split(' ').nth(1).unwrap_or_default().to_owned()).or_default() += 1;
    }
    found
}

const WIDE: [&str; 6] = ["Status", "Started", "Completed", "Commit", "Notes", "Owner"];

/// What one side does: new texts of cells, rows that it takes out, and lines that it puts before rows.
#[derive(Clone, Debug)]
struct Wide {
    cells: BTreeMap<(usize, usize), String>,
    deleted: Vec<usize>,
    lines: BTreeMap<usize, &'static str>,
    columns: Columns,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Columns {
    Same,
    Renamed,
    /// Before the others, each with a text of its own.
    Added(&'static str),
    /// The last.
    Dropped,
    Behind(&'static str),
}

fn wide(tag: &'static str) -> impl Strategy<Value = Wide> {
    let cells = prop::collection::btree_map((0..8_usize, 0..WIDE.len()), 0..20_u8, 0..6);
    let lines = select(vec!["", "", "Some text", "```", "```", "### Week 2", "<!-- here -->"]);
    let lines = prop_oneof![Just(BTreeMap::new()), prop::collection::btree_map(0..9_usize, lines, 0..3)];
    let deleted = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(0..8_usize, 1)];
    let columns = prop_oneof![
        4 => Just(Columns::Same),
        1 => select(vec![Columns::Renamed, Columns::Added(tag), Columns::Dropped, Columns::Behind(tag)]),
    ];
    (cells, lines, deleted, columns).prop_map(move |(cells, lines, deleted, columns)| {
        let text = |((row, column), n): ((usize, usize), u8)| {
            // Some are blanked; the texts of the two sides differ everywhere.
            ((row, column), if n == 0 { "—".to_owned() } else { format!("{tag}{row}{column}") })
        };
        let dropped = |column: usize| columns == Columns::Dropped && column == WIDE.len() - 1;
        let cells = cells.into_iter().filter(|((_, column), _)| !dropped(*column)).map(text).collect();
        Wide { cells, deleted, lines, columns }
    })
}

/// Cells of a row or of the header in the columns that a side has.
fn in_columns(mut cells: Vec<String>, row: Option<usize>, columns: Columns) -> String {
    let new = |tag: &str| row.map_or("Link".to_owned(), |row| format!("{tag}link{row}"));
    match (columns, row) {
        (Columns::Renamed, None) => cells[4] = "Remarks".to_owned(),
        (Columns::Added(tag), _) => cells.insert(0, new(tag)),
        (Columns::Dropped, _) => drop(cells.pop()),
        (Columns::Behind(tag), Some(_)) => cells.push(new(tag)),
        _ => {}
    }
    cells.join(" | ")
}

/// Some cells of the base have texts, some are blank.
fn base_cell(row: usize, column: usize) -> String {
    if (row + column).is_multiple_of(3) { "—".to_owned() } else { format!("base{row}{column}") }
}

fn wide_text(rows: usize, end: &str, side: Option<&Wide>) -> String {
    let columns = side.map_or(Columns::Same, |side| side.columns);
    let header = in_columns(WIDE.map(str::to_owned).into(), None, columns);
    let delimiter = "---|".repeat(header.split('|').count() + 1);
    let mut text = format!("# P\n\n| Session | {header} |\n|{delimiter}\n");
    for row in 0..=rows {
        if let Some(line) = side.and_then(|side| side.lines.get(&row)) {
            text += &format!("{line}\n");
        }
        if row == rows || side.is_some_and(|side| side.deleted.contains(&row)) {
            continue;
        }
        let cell = |column| side.and_then(|side| side.cells.get(&(row, column)).cloned());
        let cells: Vec<String> =
            (0..WIDE.len()).map(|column| cell(column).unwrap_or_else(|| base_cell(row, column))).collect();
        text += &format!("| A-{row} | {} |\n", in_columns(cells, Some(row), columns));
    }
    text + end
}

/// IDs of rows outside conflict markers.
fn open_rows(text: &str) -> BTreeMap<String, usize> {
    let mut marked = false;
    let mut open = String::new();
    for line in text.lines() {
        marked = (marked || line == "<<<<<<< ours") && line != ">>>>>>> theirs";
        if !marked {
            open += &format!("{line}\n");
        }
    }
    counts(&open)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_changes_one_line(text in document(), id in 0..6_usize, column in select(vec!["Status", "Commit"]), value in "[a-z|✅ ]{1,6}") {
        let id = format!("A-{id}");
        let mut edited = Document::of(&text);
        let had_row = edited.has_row(&id) && edited.cell(&id, "Session").is_some();
        edited.set(&id, column, &value, Place::default());
        let edited = edited.text();
        let (old, new): (Vec<&str>, Vec<&str>) = (text.split_inclusive('\n').collect(), edited.split_inclusive('\n').collect());
        if had_row {
            prop_assert_eq!(old.len(), new.len());
            prop_assert!(old.iter().zip(&new).filter(|(a, b)| a != b).count() <= 1, "{}", edited);
            prop_assert!(old.iter().zip(&new).all(|(a, b)| a == b || b.contains(value.trim().replace('|', "\\|").as_str())));
        } else {
            // Rows and tables are only ever added: without the new lines the document is what it was.
            let mut rest = new.iter().map(|line| line.trim_end());
            prop_assert!(old.iter().all(|line| rest.any(|new| new == line.trim_end())), "{}", edited);
            prop_assert!(new.len() > old.len());
        }
        prop_assert_eq!(text.ends_with('\n') || text.is_empty(), edited.ends_with('\n'));
        prop_assert_eq!(text.contains("\r\n"), edited.contains("\r\n"));
        prop_assert!(Document::of(&edited).has_row(&id) );
    }

    #[test]
    fn edits_of_distinct_rows_never_conflict(
        edits in prop::collection::vec((any::<bool>(), edit()), 1..40),
        breaks in prop::collection::vec(any::<Index>(), 0..3),
        with_base in any::<bool>(),
    ) {
        let count = edits.len();
        let breaks: Vec<usize> = breaks.iter().map(|index| index.index(count)).collect();
        let edits: Vec<_> = edits.into_iter().map(|(of, edit)| match edit {
            // Without a base a row that one side has was added by it.
            Edit::Delete if !with_base => (of, Edit::None),
            edit => (of, edit),
        }).collect();
        let [base, ours, theirs] = [None, Some(true), Some(false)].map(|mine| side(count, &breaks, &edits, mine));
        let mut expected = by_id(&ours);
        for (i, (of, edit)) in edits.iter().enumerate().filter(|(_, (of, _))| !of) {
            let id = format!("A-{i}");
            let all = by_id(&theirs);
            match edit {
                Edit::Delete => _ = expected.remove(&id),
                Edit::Set(..) if with_base => _ = expected.insert(id.clone(), all[&id].clone()),
                Edit::AddBelow(_) => _ = expected.insert(format!("{id}00"), all[&format!("{id}00")].clone()),
                _ => {}
            }
            prop_assert!(!of);
        }
        let base = with_base.then_some(base.as_str());
        let (one, other) = (merge(base, &ours, &theirs), merge(base, &theirs, &ours));
        prop_assert_eq!((one.conflicts, other.conflicts), (0, 0), "{}", one.text);
        if with_base {
            prop_assert_eq!(&by_id(&one.text), &expected, "{}", one.text);
            prop_assert_eq!(&by_id(&other.text), &expected, "{}", other.text);
        }
        let ids = |text: &str| by_id(text).into_iter().map(|(id, cells)| (id, cells.len())).collect::<Vec<_>>();
        prop_assert_eq!(ids(&one.text), expected.keys().map(|id| (id.clone(), 4)).collect::<Vec<_>>(), "{}", one.text);
        prop_assert_eq!(ids(&one.text), ids(&other.text));
        // Rows stand in tables: reading the outcome finds each of them.
        let read = Document::of(&one.text);
        prop_assert!(expected.keys().all(|id| read.has_row(id)), "{}", one.text);
    }

    #[test]
    fn a_merge_of_anything_ends(base in document(), ours in document(), theirs in document(), with_base in any::<bool>()) {
        let outcome = merge(with_base.then_some(base.as_str()), &ours, &theirs);
        let read = |text: &str| (0..6).filter(|i| Document::of(text).has_row(&format!("A-{i}"))).count();
        prop_assert!(outcome.conflicts > 0 || read(&outcome.text) <= 6);
        prop_assert_eq!(merge(Some(&base), &base, &theirs).text, theirs.as_str());
        prop_assert_eq!(merge(Some(&base), &ours, &base).text, ours.as_str());
        prop_assert_eq!(merge(None, &ours, &ours).text, ours.as_str());
    }

    #[test]
    fn what_a_side_wrote_is_in_the_outcome_once(
        ours in wide("our"), theirs in wide("their"), with_base in any::<bool>(), rows in 1..8_usize,
        end in select(vec!["", "\nEnd\n", "\n```\ncode\n```\n", "\n| Date | Decision |\n|---|---|\n| A-1 | x |\n"]),
    ) {
        let text = |side| wide_text(rows, end, side);
        let base = text(None);
        let outcome = merge(with_base.then_some(&base), &text(Some(&ours)), &text(Some(&theirs)));
        let merged = &outcome.text;
        prop_assert_eq!(outcome.conflicts, merged.matches("<<<<<<< ours\n").count());
        let most = usize::from(end.contains("Decision"));
        for (id, count) in open_rows(merged) {
            prop_assert!(count <= 1 + if id == "A-1" { most } else { 0 }, "{} is doubled\n{}", id, merged);
        }
        let lines = |row: usize| merged.lines().filter(move |line| line.starts_with(&format!("| A-{row} |")));
        for (side, other) in [(&ours, &theirs), (&theirs, &ours)] {
            if let Columns::Added(tag) | Columns::Behind(tag) = side.columns {
                for row in (0..rows).filter(|row| !side.deleted.contains(row) && !other.deleted.contains(row)) {
                    prop_assert!(lines(row).any(|line| line.contains(&format!("{tag}link{row}"))), "{}", merged);
                }
            }
            for ((row, column), value) in side.cells.iter().filter(|((row, _), _)| *row < rows && !side.deleted.contains(row)) {
                let says = |line: &str| match (ours.columns, theirs.columns) {
                    (Columns::Same, Columns::Same) => {
                        line.split('|').nth(column + 2).is_some_and(|cell| cell.trim() == value)
                    }
                    _ if value == "—" => true,
                    _ => line.split('|').any(|cell| cell.trim() == value),
                };
                // A session that was begun anew on the other side stands as that side has it.
                let anew = other.cells.get(&(*row, 1)).is_some_and(|cell| cell != "—" && *cell != base_cell(*row, 1));
                let alone = !other.cells.contains_key(&(*row, *column)) && !anew;
                if *value != base_cell(*row, *column) && with_base && alone && *column < 4 {
                    prop_assert!(lines(*row).any(says), "{}\n{}", value, merged);
                }
                if *column >= 4 && value != "—" {
                    prop_assert!(lines(*row).any(says), "{}\n{}", value, merged);
                }
            }
        }
    }

    #[test]
    fn rows_of_unlike_documents_are_neither_lost_nor_doubled(
        base in prop::option::of(tables()), ours in tables(), theirs in tables()
    ) {
        let outcome = merge(base.as_deref(), &ours, &theirs);
        let (old, new) = (base.clone().unwrap_or_default(), (ours.clone(), theirs.clone()));
        let [in_ours, in_theirs, in_outcome] = [&ours, &theirs, &outcome.text].map(|text| counts(text));
        let in_base = base.as_deref().map(counts).unwrap_or_default();
        for id in 0..IDS {
            let id = format!("A-{id}");
            let [base, ours, theirs] = [&in_base, &in_ours, &in_theirs].map(|counts| counts.contains_key(&id));
            let count = in_outcome.get(&id).copied().unwrap_or_default();
            let most = if outcome.conflicts == 0 { 1 } else { 2 };
            prop_assert!(count <= most, "{} is doubled\n{}", id, outcome.text);
            prop_assert!(count >= 1 || !(ours && theirs) && (base || !(ours || theirs)), "{} is lost\n{}", id, outcome.text);
            if base && ours != theirs {
                let changed = line(&old, &id) != line(if ours { &new.0 } else { &new.1 }, &id);
                prop_assert!(count >= 1 || !changed, "{} was changed\n{}", id, outcome.text);
                prop_assert!(count == 0 || changed || outcome.conflicts > 0, "{} was deleted\n{}", id, outcome.text);
            }
            prop_assert!(count == 0 || ours || theirs, "{} is invented\n{}", id, outcome.text);
        }
    }
}
