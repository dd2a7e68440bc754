//! Any cell set in any document; what must hold is `property/progress_editor.rs`.
#![no_main]

#[path = "../property/progress_editor.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|input: &str| property::holds(input));
