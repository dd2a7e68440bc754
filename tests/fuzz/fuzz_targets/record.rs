//! Any text as a record; what must hold is `property/record.rs`.
#![no_main]

#[path = "../property/record.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|text: &str| property::holds(text));
