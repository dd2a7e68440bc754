//! Brings two versions of a document together, with or without the last one they have in common. Pure text in, text
//! out; the host asks through `Progress::merge`, `rebuild.rs` for files with conflict markers.
//!
//! Three steps: each version is read (`merge/version.rs`); each session's row is merged cell by cell and its outcome
//! put into every version (`merge/rows.rs`), so that rows never conflict as lines; then lines are merged as git merges
//! them, and those conflicts are settled that hold only what the program writes (`merge/region.rs`). Columns, prose and
//! all else that people wrote stay conflicts, with markers.
//!
//! An outcome in which a row stands twice or a cell is lost (`merge/guard.rs`) is thrown away: the lines alone are
//! merged, and where that does no better, people decide over all that differs.

mod guard;
mod lines;
mod region;
mod rows;
mod version;

use std::collections::HashSet;

use session_sdk::Merged;
use session_sdk::conflict::{self, Conflicts};

use region::{Marked, Output, Unsettled};
pub use rows::{Cells, Outcome, merged as merged_row};
use version::Version;

use crate::table::{fences, split};

/// Takes a document with conflict markers apart; those in a fence are an example.
pub fn conflicts(text: &str) -> Option<Conflicts> {
    let fenced = fences(&split(text));
    conflict::conflicts(text, |line| fenced[line])
}

/// Brings the two sides of a file with conflict markers together; the markers' own base goes before one that is known
/// otherwise. A file without a conflict stays as it is.
pub fn conflicted(base: Option<&str>, text: &str) -> Merged {
    match conflicts(text) {
        Some(found) => merge(found.base.as_deref().or(base), &found.ours, &found.theirs),
        None => Merged { text: text.to_owned(), conflicts: 0 },
    }
}

/// Rows by ID and cells by column; text as git does.
pub fn merge(base: Option<&str>, ours: &str, theirs: &str) -> Merged {
    merged(base, ours, theirs, Unsettled::Marked)
}

/// The same without a base, where nobody can be asked: what would be a conflict stands there twice.
pub fn both(ours: &str, theirs: &str) -> String {
    merged(None, ours, theirs, Unsettled::Both).text
}

fn merged(base: Option<&str>, ours: &str, theirs: &str, unsettled: Unsettled) -> Merged {
    if base == Some(ours) || ours == theirs {
        return Merged { text: theirs.to_owned(), conflicts: 0 };
    }
    if base == Some(theirs) {
        return Merged { text: ours.to_owned(), conflicts: 0 };
    }
    let sides = Sides { base, ours, theirs };
    for rows in [true, false] {
        let (outcome, marked) = attempt(sides, unsettled, rows);
        if !guard::harms(sides, &outcome.text, &marked, unsettled) || (!rows && unsettled == Unsettled::Both) {
            return outcome;
        }
    }
    let versions = version::read_lines(sides.texts());
    let mut output = Output::new(versions.each_ref(), HashSet::new(), unsettled);
    output.whole();
    output.finish().0
}

/// What is merged.
#[derive(Clone, Copy, Debug)]
struct Sides<'a> {
    base: Option<&'a str>,
    ours: &'a str,
    theirs: &'a str,
}

impl<'a> Sides<'a> {
    fn texts(self) -> [&'a str; 3] {
        [self.base.unwrap_or_default(), self.ours, self.theirs]
    }
}

/// By rows, or by lines alone as git does. Second: where conflicts stand.
fn attempt(sides: Sides<'_>, unsettled: Unsettled, rows: bool) -> (Merged, Vec<Marked>) {
    let (mut versions, mut deleted) = (version::read_lines(sides.texts()), HashSet::new());
    if rows {
        versions = version::read(sides.texts());
        deleted = rows::bring_together(&mut versions, sides.base.is_some());
    }
    if sides.base.is_none() {
        versions[0] = common(&versions[1], &versions[2]);
    }
    let [base, ours, theirs] = &versions;
    let regions = lines::regions(&lines::numbered([&base.lines, &ours.lines, &theirs.lines]));
    let mut output = Output::new([base, ours, theirs], deleted, unsettled);
    for region in regions {
        if region.stable { output.unchanged(region.lines) } else { output.changed(region.lines) }
    }
    output.finish()
}

/// Without a base, what both have is what was there before: all else was added by one side, and stays.
fn common<'a>(ours: &Version<'a>, theirs: &Version<'a>) -> Version<'a> {
    let [our_numbers, their_numbers] = lines::numbered([&ours.lines, &theirs.lines]);
    let matched = lines::matches(&our_numbers, &their_numbers);
    let kept = ours.lines.iter().zip(matched).filter(|(_, other)| other.is_some());
    Version { lines: kept.map(|(line, _)| line.clone()).collect(), ..Version::default() }
}
