//! Any text through the reader of plans; what must hold is `property/plan_reader.rs`.
#![no_main]

#[path = "../property/plan_reader.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|text: &str| property::holds(text));
