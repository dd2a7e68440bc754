//! Ways to fake a done session, and what becomes of each: `case.rs` tries one, the other files are groups of them, and
//! `document.rs` holds docs/false-done.md equal to this table.

mod case;
mod commands;
mod document;
mod people;
mod records;
mod rules;
mod tree;
mod weakened;
mod work;
