//! One session's row in three versions: cell by cell, judged by its status. Which place it gets is for the merge of
//! lines.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::version::{At, Key, Kind, Version};
use crate::status::means;
use crate::table::{Table, is_blank, texts, with_raw_cell};

/// A row and the names of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    pub line: &'a str,
    pub columns: &'a [String],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Ours,
    Theirs,
}

/// Puts each merged row into all versions that have it. What comes back are rows that one side deleted and the other
/// left as they were.
pub fn bring_together(versions: &mut [Version<'_>; 3], has_base: bool) -> HashSet<Key> {
    let mut deleted = HashSet::new();
    let theirs_only = versions[2].keys.iter().filter(|key| !versions[1].rows.contains_key(*key));
    let keys: Vec<Key> = versions[1].keys.iter().chain(theirs_only).cloned().collect();
    for key in keys {
        let [base, ours, theirs] = [0, 1, 2].map(|i| versions[i].rows.get(&key).copied());
        let row = |i: usize, at: At| cells(&versions[i], at);
        let base = base.filter(|_| has_base);
        match (base, ours, theirs) {
            (base, Some(ours), Some(theirs)) => {
                let outcome = merged(base.map(|at| row(0, at)), row(1, ours), row(2, theirs));
                replace(versions, [base, Some(ours), Some(theirs)], outcome);
            }
            (Some(base), ours, theirs) => {
                let side = if ours.is_some() { 1 } else { 2 };
                let Some(at) = ours.or(theirs) else { continue };
                let (old, new) = (row(0, base).line, row(side, at).line);
                // One that was changed is left to the merge of lines, where a changed row outlives its deletion.
                if texts(old) == texts(new) {
                    deleted.insert(key);
                    let text = new.to_owned();
                    versions[0].lines[base.0].text = Cow::Owned(text);
                }
            }
            (None, ..) => {}
        }
    }
    deleted
}

fn cells<'v>(version: &'v Version<'_>, (line, table): At) -> Cells<'v> {
    let Table { columns, .. } = &version.tables[table];
    Cells { line: &version.lines[line].text, columns }
}

/// A row that cannot be merged, because both sides changed the columns, is text like any other.
fn replace(versions: &mut [Version<'_>; 3], at: [Option<At>; 3], outcome: Option<String>) {
    for (version, at) in versions.iter_mut().zip(at) {
        let Some((line, _)) = at else { continue };
        match &outcome {
            Some(text) => version.lines[line].text = Cow::Owned(text.clone()),
            None => version.lines[line].kind = Kind::Text,
        }
    }
}

/// The row with the cells of both sides; none where their columns cannot be brought together.
pub fn merged(base: Option<Cells<'_>>, ours: Cells<'_>, theirs: Cells<'_>) -> Option<String> {
    if ours.line == theirs.line || base.is_some_and(|base| base.line == theirs.line) {
        return Some(ours.line.to_owned());
    }
    if base.is_some_and(|base| base.line == ours.line) {
        return Some(theirs.line.to_owned());
    }
    let [base_cells, our_cells, their_cells] = [base, Some(ours), Some(theirs)].map(|side| side.map(named));
    let status = ("status", 0);
    let [base_status, our_status, their_status] =
        [&base_cells, &our_cells, &their_cells].map(|cells| find(cells, &status));
    let further = further(base_status, our_status?, their_status?);
    let shape = shape(base, ours, theirs)?;
    let mut line = shape.line.to_owned();
    for (column, (name, old)) in named(shape).into_iter().enumerate() {
        let [base, ours, theirs] = [&base_cells, &our_cells, &their_cells].map(|cells| find(cells, &name));
        let further = further.filter(|_| !is_open(base, ours, theirs, name.0));
        let value = choice(base, ours, theirs, further).unwrap_or(old);
        if value != old {
            line = with_raw_cell(&line, column, value);
        }
    }
    Some(line)
}

/// A column by its name, and which of that name it is; what stands behind the last column has no name.
type Name<'a> = (&'a str, usize);
type Named<'a> = Vec<(Name<'a>, &'a str)>;

fn named<'a>(cells: Cells<'a>) -> Named<'a> {
    let texts = texts(cells.line);
    let count = texts.len().max(cells.columns.len());
    let name = |i: usize| cells.columns.get(i).map_or("", String::as_str);
    (0..count)
        .map(|i| {
            let before = (0..i).filter(|other| name(*other) == name(i)).count();
            ((name(i), before), texts.get(i).copied().unwrap_or_default())
        })
        .collect()
}

fn find<'a>(cells: &Option<Named<'a>>, name: &Name<'_>) -> Option<&'a str> {
    cells.as_ref()?.iter().find(|(known, _)| known == name).map(|(_, text)| *text)
}

/// The side whose columns the outcome has.
fn shape<'a>(base: Option<Cells<'a>>, ours: Cells<'a>, theirs: Cells<'a>) -> Option<Cells<'a>> {
    let holds = |all: Cells<'_>, some: Cells<'_>| some.columns.iter().all(|column| all.columns.contains(column));
    match base {
        _ if ours.columns == theirs.columns => Some(ours),
        Some(base) if base.columns == theirs.columns => Some(ours),
        Some(base) if base.columns == ours.columns => Some(theirs),
        None if holds(ours, theirs) => Some(ours),
        None if holds(theirs, ours) => Some(theirs),
        _ => None,
    }
}

/// The side whose status stands in the outcome; none where both say the same.
fn further(base: Option<&str>, ours: &str, theirs: &str) -> Option<Side> {
    if ours == theirs {
        return None;
    }
    if base == Some(ours) {
        return Some(Side::Theirs);
    }
    if base == Some(theirs) {
        return Some(Side::Ours);
    }
    match means(ours).cmp(&means(theirs)) {
        Ordering::Greater => Some(Side::Ours),
        Ordering::Less => Some(Side::Theirs),
        Ordering::Equal => None,
    }
}

/// Without a base nobody can tell what was deleted, so what people wrote wins over a blank, whatever the status.
fn is_open(base: Option<&str>, ours: Option<&str>, theirs: Option<&str>, column: &str) -> bool {
    let blanks = [ours, theirs].into_iter().flatten().filter(|cell| is_blank(cell)).count();
    base.is_none() && blanks == 1 && !matches!(column, "status" | "started" | "completed" | "commit")
}

/// One cell: the side that alone changed it, else the side whose status won, else the one that says something.
fn choice<'a>(
    base: Option<&str>,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
    further: Option<Side>,
) -> Option<&'a str> {
    let (Some(our), Some(their)) = (ours, theirs) else { return ours.or(theirs) };
    if base == Some(our) {
        return theirs;
    }
    if base == Some(their) {
        return ours;
    }
    match further {
        Some(Side::Theirs) => theirs,
        None if is_blank(our) && !is_blank(their) => theirs,
        _ => ours,
    }
}
