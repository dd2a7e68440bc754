//! The reader and the task file: one binary for all tests of the plugin.

mod corpus;
mod crash;
mod depends;
mod endings;
mod every_line;
mod folder;
mod kinds;
mod lenient;
mod linear;
mod lost;
mod plans;
mod properties;
mod task;
mod warnings;

/// What holds for any text; the fuzz target asks the same.
#[path = "../../../../tests/fuzz/property/plan_reader.rs"]
mod property;
