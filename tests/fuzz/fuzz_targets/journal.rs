//! Any bytes as a journal; what must hold is `property/journal.rs`.
#![no_main]

#[path = "../property/journal.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| property::holds(bytes));
