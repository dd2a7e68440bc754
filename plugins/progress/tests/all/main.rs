//! PROGRESS.md, cell by cell: one binary for all tests of the plugin.

mod cells;
mod corpus;
mod crash;
mod merge;
mod properties;
mod settle;

/// What holds for any text; the fuzz target asks the same.
#[path = "../../../../tests/fuzz/property/progress_editor.rs"]
mod property;
