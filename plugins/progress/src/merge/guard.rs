//! The last look at an outcome: no row stands in it more often than in any version, and no cell that a side changed is
//! missing. It reads the texts anew and more loosely than the merge does, also in fences and below breaks of tables: what
//! the merge did not see as a row is just what it may have doubled or dropped. What to do then is for `merge.rs`.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Sides;
use super::region::Unsettled;
use super::rows::{Cells, find, is_programs, named, says_nothing};
use crate::table::{Table, broken_off, cell, is_blank, is_id, plain, tables_outside};

/// Cells of a row by their columns.
type Row<'t> = Vec<((&'t str, usize), &'t str)>;

/// One text, taken apart.
struct Text<'t> {
    lines: Vec<&'t str>,
    tables: Vec<Table>,
}

/// All lines with an ID, by it: line and cells.
type Rows<'t> = HashMap<&'t str, Vec<(usize, Row<'t>)>>;

/// Whether something was doubled or lost. Doubles are no harm where conflicts stand there twice on purpose.
pub fn harms(sides: Sides<'_>, outcome: &str, marked: &[Range<usize>], unsettled: Unsettled) -> bool {
    let [base, ours, theirs] = sides.texts().map(Text::of);
    let outcome = Text::of(outcome);
    let strict = [&base, &ours, &theirs].iter().any(|text| text.tables.iter().any(Table::tracks));
    let [base, ours, theirs, outcome] = [&base, &ours, &theirs, &outcome].map(|text| text.rows(strict));
    let none = Vec::new();
    let ids: HashSet<&str> = [&base, &ours, &theirs, &outcome].iter().flat_map(|rows| rows.keys().copied()).collect();
    ids.into_iter().any(|id| {
        let [base, ours, theirs, outcome] =
            [&base, &ours, &theirs, &outcome].map(|rows| rows.get(id).unwrap_or(&none).as_slice());
        let open = outcome.iter().filter(|(line, _)| !is_marked(marked, *line)).count();
        let doubled = open > base.len().max(ours.len()).max(theirs.len());
        (doubled && unsettled == Unsettled::Marked)
            || loses(base, ours, theirs, outcome)
            || loses(base, theirs, ours, outcome)
    })
}

/// The ranges are in order.
fn is_marked(marked: &[Range<usize>], line: usize) -> bool {
    let next = marked.partition_point(|range| range.end <= line);
    marked.get(next).is_some_and(|range| range.contains(&line))
}

type Held<'s, 't> = &'s [(usize, Row<'t>)];

/// Whether what one side changed in the rows of an ID is missing.
fn loses<'t>(base: Held<'_, 't>, side: Held<'_, 't>, other: Held<'_, 't>, outcome: Held<'_, 't>) -> bool {
    if outcome.is_empty() && !side.is_empty() && (base.is_empty() || !other.is_empty()) {
        return true;
    }
    let said = |rows: Held<'_, 't>| rows.iter().flat_map(|(_, row)| row).map(|(_, cell)| *cell).collect::<HashSet<_>>();
    let (old_texts, texts) = (said(base), said(outcome));
    let single = side.len() == 1 && base.len() < 2 && other.len() < 2;
    let [old, others] = [base, other].map(|rows| rows.first().map(|(_, row)| row).filter(|_| single));
    side.iter().flat_map(|(_, row)| row).filter(|(name, _)| *name != ("session", 0)).any(|(name, text)| {
        let was = find(old, name);
        if was == Some(*text) || (was.is_none() && (says_nothing(text) || old_texts.contains(text))) {
            return false;
        }
        if !is_programs(name) {
            return !says_nothing(text) && !texts.contains(text);
        }
        let alone = match find(others, name) {
            Some(now) => was == Some(now),
            None => true,
        };
        single && alone && !outcome.iter().any(|(_, row)| holds(row, name, text))
    })
}

/// The row says it in this column, or somewhere if it has no such column.
fn holds(row: &Row<'_>, name: &(&str, usize), text: &str) -> bool {
    match find(Some(row), name) {
        Some(cell) => cell == text || (is_blank(cell) && is_blank(text)),
        None => is_blank(text) || row.iter().any(|(_, cell)| *cell == text),
    }
}

impl<'t> Text<'t> {
    fn of(text: &'t str) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').map(|line| line.trim_end_matches(['\r', '\n'])).collect();
        let tables = tables_outside(&lines, &vec![false; lines.len()]);
        Self { lines, tables }
    }

    fn rows(&self, strict: bool) -> Rows<'_> {
        let inside = self.tables.iter().enumerate();
        let inside = inside.flat_map(|(number, table)| table.rows.clone().map(move |line| (line, number)));
        let below = broken_off(&self.lines, &self.tables, &vec![false; self.lines.len()]);
        let mut rows = Rows::new();
        for (line, number) in inside.chain(below) {
            let (table, text) = (&self.tables[number], self.lines[line]);
            let session = table.column("session").filter(|_| !strict || table.tracks());
            if let Some(id) = session.and_then(|column| cell(text, column)).map(plain).filter(|id| is_id(id)) {
                rows.entry(id).or_default().push((line, named(Cells { line: text, columns: &table.columns })));
            }
        }
        rows
    }
}
