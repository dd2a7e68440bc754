//! Brings two versions of a document together, with or without the last one they have in common. Pure text in, text
//! out; the host asks through `Progress::merge`, `rebuild.rs` for files with conflict markers.
//!
//! Three steps: each version is read (`merge/version.rs`); each session's row is merged cell by cell and its outcome
//! put into every version (`merge/rows.rs`), so that rows never conflict as lines; then lines are merged as git merges
//! them, and those conflicts are settled that hold only what the program writes (`merge/region.rs`). Columns, prose and
//! all else that people wrote stay conflicts, with markers.

mod lines;
mod region;
mod rows;
mod version;

use session_sdk::Merged;

use region::{Output, Unsettled};
pub use rows::{Cells, merged as merged_row};
use version::Version;

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
    let mut versions = version::read([base.unwrap_or_default(), ours, theirs]);
    let deleted = rows::bring_together(&mut versions, base.is_some());
    if base.is_none() {
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
