//! The last look at an outcome: no row stands in it more often than in any version, and no cell that a side changed is
//! missing. It reads the texts anew and more loosely than the merge does, also in fences and below breaks of tables: what
//! the merge did not see as a row is just what it may have doubled or dropped. What to do then is for `merge.rs`.

use std::collections::{HashMap, HashSet};

use session_sdk::id::is_unmistakable;

use super::Sides;
use super::region::{Marked, Unsettled};
use super::rows::{Cells, find, is_programs, named, says_nothing};
use crate::name;
use crate::table::{Table, broken_off, cell, is_blank, tables_outside};

/// Cells of a row by their columns.
type Row<'t> = Vec<((&'t str, usize), &'t str)>;

/// One text, taken apart; of an outcome as it is when one side of each conflict is taken.
struct Text<'t> {
    lines: Vec<&'t str>,
    /// Which of them stand between markers.
    marked: Vec<bool>,
    tables: Vec<Table>,
}

/// All lines with an ID, by it: whether they stand between markers, and cells.
type Rows<'t> = HashMap<&'t str, Vec<(bool, Row<'t>)>>;

/// Whether something was doubled or lost. Doubles are no harm where conflicts stand there twice on purpose.
pub fn harms(sides: Sides<'_>, outcome: &str, marked: &[Marked], unsettled: Unsettled) -> bool {
    let [base, ours, theirs] = sides.texts().map(|text| Text::of(text, &[], 0));
    let views = [0, 1].map(|side| Text::of(outcome, marked, side));
    let strict = [&base, &ours, &theirs].iter().any(|text| text.tables.iter().any(Table::tracks));
    let [base, ours, theirs] = [&base, &ours, &theirs].map(|text| text.rows(strict));
    let views = views.each_ref().map(|text| text.rows(strict));
    let ids: HashSet<&str> =
        [&base, &ours, &theirs].into_iter().chain(&views).flat_map(|rows| rows.keys().copied()).collect();
    ids.into_iter().any(|id| {
        let [base, ours, theirs] = [&base, &ours, &theirs].map(|rows| rows.get(id).map_or(&[][..], Vec::as_slice));
        let open = |view: &Rows<'_>| view.get(id).into_iter().flatten().filter(|(marked, _)| !marked).count();
        let most = base.len().max(ours.len()).max(theirs.len());
        if unsettled == Unsettled::Marked && views.iter().any(|view| open(view) > most) {
            return true;
        }
        let outcome: Vec<(bool, Row<'_>)> = views.iter().filter_map(|view| view.get(id)).flatten().cloned().collect();
        loses(base, ours, theirs, &outcome) || loses(base, theirs, ours, &outcome)
    })
}

type Held<'s, 't> = &'s [(bool, Row<'t>)];

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
        // What was begun anew on the other side stands before it.
        let anew = find(others, &("started", 0)) != find(old, &("started", 0));
        single && alone && !anew && !outcome.iter().any(|(_, row)| holds(row, name, text))
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
    fn of(text: &'t str, conflicts: &[Marked], side: usize) -> Self {
        let (mut lines, mut marked) = (Vec::new(), Vec::new());
        let mut conflicts = conflicts.iter().peekable();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            while conflicts.next_if(|[_, _, end]| *end < at).is_some() {}
            let conflict = conflicts.peek().filter(|[start, ..]| *start <= at);
            if conflict.is_none_or(|markers| (markers[side] + 1..markers[side + 1]).contains(&at)) {
                lines.push(line.trim_end_matches(['\r', '\n']));
                marked.push(conflict.is_some());
            }
        }
        let tables = tables_outside(&lines, &vec![false; lines.len()]);
        Self { lines, marked, tables }
    }

    fn rows(&self, strict: bool) -> Rows<'_> {
        let inside = self.tables.iter().enumerate();
        let inside = inside.flat_map(|(number, table)| table.rows.clone().map(move |line| (line, number)));
        let below = broken_off(&self.lines, &self.tables, &vec![false; self.lines.len()]);
        let mut rows = Rows::new();
        for (line, number) in inside.chain(below) {
            let (table, text) = (&self.tables[number], self.lines[line]);
            let session = table.column("session").filter(|_| !strict || table.tracks());
            if let Some(id) =
                session.and_then(|column| cell(text, column)).and_then(|cell| name::id(cell, is_unmistakable))
            {
                rows.entry(id)
                    .or_default()
                    .push((self.marked[line], named(Cells { line: text, columns: &table.columns })));
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "| Session | Status | Notes |\n|---|---|---|\n";

    #[track_caller]
    fn harm(base: &str, ours: &str, theirs: &str, outcome: &str) -> bool {
        let [base, ours, theirs, outcome] = [base, ours, theirs, outcome].map(|rows| format!("{HEAD}{rows}"));
        let sides = Sides { base: Some(&base), ours: &ours, theirs: &theirs };
        harms(sides, &outcome, &[], Unsettled::Marked)
    }

    #[test]
    fn what_is_doubled_or_lost_is_seen_and_what_is_merged_is_not() {
        let (base, done, noted) = ("| A-1 | Pending | — |\n", "| A-1 | Done | — |\n", "| A-1 | Pending | mine |\n");
        assert!(!harm(base, done, noted, "| A-1 | Done | mine |\n"));
        assert!(harm(base, done, noted, done), "what people wrote is lost");
        assert!(harm(base, done, noted, noted), "the program's cell is lost");
        assert!(harm(base, done, noted, "| A-1 | Done | mine |\n| A-1 | Done | mine |\n"), "doubled");
        assert!(harm(base, done, noted, ""), "the row is lost");
        assert!(!harm(base, base, "", ""), "who deletes a row that nobody changed may");
    }
}
