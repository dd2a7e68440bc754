//! PROGRESS.md, cell by cell: one binary for all tests of the plugin.

mod cells;
mod corpus;
mod crash;
mod merge;
mod properties;
mod rows;
mod settle;

use std::time::Duration;

/// What holds for any text; the fuzz target asks the same.
#[path = "../../../../tests/fuzz/property/progress_editor.rs"]
mod property;

/// Four times the input takes about four times as long, not sixteen times: the best of three each, since the machine has
/// other things to do.
#[track_caller]
fn grows_as_its_input(quarter: impl Fn() -> Duration, whole: impl Fn() -> Duration) {
    let best = |time: &dyn Fn() -> Duration| (0..3).map(|_| time()).min().unwrap_or_default();
    let (quarter, whole) = (best(&quarter), best(&whole));
    assert!(whole < quarter * 9, "{quarter:?} for a quarter, {whole:?} for the whole");
}
