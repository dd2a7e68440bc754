//! Any two texts as plugins.toml, approved and asked for; what must hold is `property/approvals.rs`.
#![no_main]

#[path = "../property/approvals.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|text: &str| property::holds(text));
