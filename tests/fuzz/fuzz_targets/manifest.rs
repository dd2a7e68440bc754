//! Any text as plugins.toml; what must hold is `property/manifest.rs`.
#![no_main]

#[path = "../property/manifest.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|text: &str| property::holds(text));
