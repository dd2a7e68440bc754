//! How commits, paths and counts are worded, and written for a shell.

pub use session_sdk::hash::short;

/// `1 file`, `2 files`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The first few of many names.
pub fn some_of(names: &[&str]) -> String {
    match names.len() {
        0..=6 => names.join(", "),
        n => format!("{} and {} more", names[..5].join(", "), n - 5),
    }
}

/// A path as a shell reads it back.
pub use session_sdk::shell::path as quoted;
