//! One session's row in three versions: cell by cell, those of the program judged by its status, those of people never
//! chosen between. Which place it gets is for the merge of lines.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::version::{At, Key, Kind, Version};
use crate::status::means;
use crate::table::{Table, is_blank, plain, texts, with_raw_cell};

/// A row and the names of its columns.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    let homes = [homes(versions, 1, has_base), homes(versions, 2, has_base)];
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
                } else {
                    bring_home(&mut versions[side], at, &homes[side - 1]);
                }
            }
            (None, Some(at), None) => bring_home(&mut versions[1], at, &homes[0]),
            (None, None, Some(at)) => bring_home(&mut versions[2], at, &homes[1]),
            (None, None, None) => {}
        }
    }
    deleted
}

/// Tables of one side whose columns will be those that the other side gave them.
fn homes(versions: &[Version<'_>; 3], side: usize, has_base: bool) -> HashMap<usize, Vec<String>> {
    let mut homes = HashMap::new();
    for key in &versions[side].keys {
        let [base, ours, theirs] = [0, 1, 2].map(|i| {
            let at = versions[i].rows.get(key).filter(|_| i > 0 || has_base)?;
            Some(Cells { line: "", columns: &versions[i].tables[at.1].columns })
        });
        let (Some(ours), Some(theirs), Some(at)) = (ours, theirs, versions[side].rows.get(key)) else { continue };
        let Some((shape, shaped)) = shape(base, ours, theirs) else { continue };
        if shaped as usize + 1 != side && ours.columns != theirs.columns {
            homes.entry(at.1).or_insert_with(|| shape.columns.to_vec());
        }
    }
    homes
}

/// A row that only this side has, in the columns that its table will have; as it is where one of its cells has no place.
fn bring_home(version: &mut Version<'_>, at: At, homes: &HashMap<usize, Vec<String>>) {
    let Some(columns) = homes.get(&at.1) else { return };
    let row = named_as(cells(version, at), columns);
    let mut texts = Vec::new();
    for (i, column) in columns.iter().enumerate() {
        let name = (column.as_str(), columns[..i].iter().filter(|other| *other == column).count());
        texts.push(row.iter().find(|(known, _)| *known == name).map_or("—", |(_, text)| text));
    }
    let behind = row.iter().filter(|(name, _)| name.0.is_empty() && !columns.contains(&String::new()));
    texts.extend(behind.map(|(_, text)| *text));
    if row.iter().all(|(_, text)| says_nothing(text) || texts.contains(text)) {
        let text = format!("| {} |", texts.join(" | "));
        version.lines[at.0].text = Cow::Owned(text);
    }
}

fn cells<'v>(version: &'v Version<'_>, (line, table): At) -> Cells<'v> {
    let Table { columns, .. } = &version.tables[table];
    Cells { line: &version.lines[line].text, columns }
}

/// A row that cannot be merged, because both sides changed the columns, is text like any other.
fn replace(versions: &mut [Version<'_>; 3], at: [Option<At>; 3], outcome: Option<Outcome>) {
    let text = outcome.map(|outcome| match outcome {
        Outcome::One(row) => row,
        Outcome::Two([ours, theirs]) => format!("{ours}\n{theirs}"),
    });
    for (version, at) in versions.iter_mut().zip(at) {
        let Some((line, _)) = at else { continue };
        match &text {
            Some(text) => version.lines[line].text = Cow::Owned(text.clone()),
            None => version.lines[line].kind = Kind::Text,
        }
    }
}

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    One(String),
    /// Ours and theirs, alike but for cells in which two people wrote different things.
    Two([String; 2]),
}

/// The row with the cells of both sides; none where their columns cannot be brought together.
pub fn merged(base: Option<Cells<'_>>, ours: Cells<'_>, theirs: Cells<'_>) -> Option<Outcome> {
    if base.is_some_and(|base| base.line == theirs.line) || ours == theirs {
        return Some(Outcome::One(ours.line.to_owned()));
    }
    if base.is_some_and(|base| base.line == ours.line) {
        return Some(Outcome::One(theirs.line.to_owned()));
    }
    let (shape, shaped) = shape(base, ours, theirs)?;
    let sides = [base, Some(ours), Some(theirs)].map(|side| side.map(|side| named_as(side, shape.columns)));
    let [base_status, our_status, their_status] = [0, 1, 2].map(|i| find(sides[i].as_ref(), &("status", 0)));
    // A session that was begun anew since may have the status of before.
    let [before, ours_begun, theirs_begun] = [0, 1, 2].map(|i| find(sides[i].as_ref(), &("started", 0)));
    let anew = [ours_begun, theirs_begun]
        .map(|begun| base.is_some() && begun != before && begun.is_some_and(|cell| !is_blank(cell)));
    let further = further(base_status, [our_status?, their_status?], anew);
    let begun_anew = match (anew, further) {
        ([true, false], Some(Side::Ours)) => Some(1),
        ([false, true], Some(Side::Theirs)) => Some(2),
        _ => None,
    };
    let decided: Vec<Decided<'_>> = all_names(&sides, shaped)
        .into_iter()
        .map(|name| {
            if let Some(side) = begun_anew.filter(|_| is_programs(&name)) {
                return (name, [find(sides[side].as_ref(), &name).unwrap_or_default(); 2]);
            }
            let [base, ours, theirs] = [0, 1, 2].map(|i| find(sides[i].as_ref(), &name));
            (name, choice(&name, base, ours, theirs, further))
        })
        .collect();
    let lost = loses_column(&sides, shaped);
    let row = |side: Side| {
        let own = if side == Side::Ours { ours } else { theirs };
        filled(if lost { own } else { shape }, shape.columns, &decided, side)
    };
    let rows = [row(Side::Ours), row(Side::Theirs)];
    let two = lost || decided.iter().any(|(_, [ours, theirs])| ours != theirs);
    Some(if two { Outcome::Two(rows) } else { Outcome::One(rows.into_iter().next()?) })
}

/// A column by its name, and which of that name it is; what stands behind the last column has no name.
type Name<'a> = (&'a str, usize);
type Named<'a> = Vec<(Name<'a>, &'a str)>;
/// What ours and theirs say in a column: the same, but where people must choose.
type Decided<'a> = (Name<'a>, [&'a str; 2]);

pub fn named(cells: Cells<'_>) -> Named<'_> {
    named_as(cells, cells.columns)
}

/// A column that another one has replaced at its place goes by the new name: it was renamed.
fn named_as<'a>(cells: Cells<'a>, columns: &'a [String]) -> Named<'a> {
    let texts = texts(cells.line);
    let count = texts.len().max(cells.columns.len());
    let comparable = cells.columns.len() == columns.len();
    let name = |i: usize| match (cells.columns.get(i), columns.get(i)) {
        (Some(old), Some(new)) if comparable && !columns.contains(old) && !cells.columns.contains(new) => new,
        (Some(name), _) => name,
        (None, _) => "",
    };
    (0..count)
        .map(|i| {
            let before = (0..i).filter(|other| name(*other) == name(i)).count();
            ((name(i), before), texts.get(i).copied().unwrap_or_default())
        })
        .collect()
}

/// A row without a cell behind the last column has a blank one there; any other that is missing has no column.
pub fn find<'a>(cells: Option<&Named<'a>>, name: &Name<'_>) -> Option<&'a str> {
    let found = cells?.iter().find(|(known, _)| known == name).map(|(_, text)| *text);
    found.or_else(|| name.0.is_empty().then_some(""))
}

/// Columns of the outcome, and what stands behind its last one on either side.
fn all_names<'a>(sides: &[Option<Named<'a>>; 3], shaped: Side) -> Vec<Name<'a>> {
    let [mine, other] = if shaped == Side::Ours { [1, 2] } else { [2, 1] };
    let names = |side: usize| sides[side].iter().flatten().map(|(name, _)| *name);
    let mut all: Vec<Name<'a>> = names(mine).collect();
    let behind: Vec<Name<'a>> = names(other).filter(|name| name.0.is_empty() && !all.contains(name)).collect();
    all.extend(behind);
    all
}

/// The side without whose columns the outcome is wrote something in one of them.
fn loses_column(sides: &[Option<Named<'_>>; 3], shaped: Side) -> bool {
    let [mine, other] = if shaped == Side::Ours { [1, 2] } else { [2, 1] };
    sides[other].iter().flatten().any(|(name, text)| {
        find(sides[mine].as_ref(), name).is_none()
            && find(sides[0].as_ref(), name) != Some(*text)
            && !says_nothing(text)
    })
}

/// The row of one side with what was decided.
fn filled(row: Cells<'_>, columns: &[String], decided: &[Decided<'_>], side: Side) -> String {
    let mut line = row.line.to_owned();
    let names = named_as(row, columns);
    for (column, (name, old)) in names.iter().enumerate() {
        let Some((_, values)) = decided.iter().find(|(known, _)| known == name) else { continue };
        let value = values[side as usize];
        if value != *old {
            line = with_raw_cell(&line, column, value);
        }
    }
    let missing = decided.iter().filter(|(name, _)| name.0.is_empty() && !names.iter().any(|(known, _)| known == name));
    for (column, (_, values)) in (names.len()..).zip(missing) {
        if !values[side as usize].is_empty() {
            line = with_raw_cell(&line, column, values[side as usize]);
        }
    }
    line
}

/// The side whose columns the outcome has.
fn shape<'a>(base: Option<Cells<'a>>, ours: Cells<'a>, theirs: Cells<'a>) -> Option<(Cells<'a>, Side)> {
    let holds = |all: Cells<'_>, some: Cells<'_>| some.columns.iter().all(|column| all.columns.contains(column));
    match base {
        _ if ours.columns == theirs.columns => Some((ours, Side::Ours)),
        Some(base) if base.columns == theirs.columns => Some((ours, Side::Ours)),
        Some(base) if base.columns == ours.columns => Some((theirs, Side::Theirs)),
        None if holds(ours, theirs) => Some((ours, Side::Ours)),
        None if holds(theirs, ours) => Some((theirs, Side::Theirs)),
        _ => None,
    }
}

/// The side whose status stands in the outcome; none where both say the same.
fn further(base: Option<&str>, [ours, theirs]: [&str; 2], anew: [bool; 2]) -> Option<Side> {
    if ours == theirs {
        return None;
    }
    if base == Some(ours) && !anew[0] {
        return Some(Side::Theirs);
    }
    if base == Some(theirs) && !anew[1] {
        return Some(Side::Ours);
    }
    match means(ours).cmp(&means(theirs)) {
        Ordering::Greater => Some(Side::Ours),
        Ordering::Less => Some(Side::Theirs),
        Ordering::Equal => None,
    }
}

/// Cells that the program writes: it knows them anew from its records, so that a wrong choice there costs nothing. All
/// others are what people wrote. Of several columns of one name the program knows the first.
pub fn is_programs(name: &Name<'_>) -> bool {
    name.1 == 0 && matches!(name.0, "status" | "started" | "completed" | "commit")
}

/// A cell of people that says nothing: `pending` there is a word.
pub fn says_nothing(cell: &str) -> bool {
    matches!(plain(cell), "" | "—" | "–" | "-")
}

/// One cell: the side that alone changed it, else in cells of the program the side whose status won, else the one that
/// says something, else each its own. The Session cell names the same session on both sides, whatever is around it.
fn choice<'a>(
    name: &Name<'_>,
    base: Option<&str>,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
    further: Option<Side>,
) -> [&'a str; 2] {
    let (our, their) = match (ours, theirs) {
        (Some(our), Some(their)) => (our, their),
        (one, other) => return [one.or(other).unwrap_or_default(); 2],
    };
    if base == Some(our) {
        return [their; 2];
    }
    if our == their || base == Some(their) || *name == ("session", 0) {
        return [our; 2];
    }
    if is_programs(name) {
        let (first, second) = if further == Some(Side::Theirs) { (their, our) } else { (our, their) };
        // Without a base nobody knows who wrote the other one: a person may have.
        let either = further.is_none() || base.is_none();
        return if either && is_blank(first) && !is_blank(second) { [second; 2] } else { [first; 2] };
    }
    match (says_nothing(our), says_nothing(their)) {
        (true, false) => [their; 2],
        (false, false) => [our, their],
        _ => [our; 2],
    }
}
