//! Small pieces of sentences that messages of the workflow and of its fronts are made of.

use session_types::{Check, CheckKind, Verdict};

/// As a shell reads it back.
pub use session_types::shell::word as quoted;

/// A check as lines: commands whole, with the setup lines that go before them.
pub fn lines(check: &Check) -> Vec<String> {
    match check.kind {
        CheckKind::Manual => vec![format!("[ ] {}", check.text)],
        CheckKind::Command => {
            // No `$`: these are no checks of their own.
            let setup = check.setup.iter().map(|line| format!("  {line}"));
            let command =
                check.text.lines().enumerate().map(|(i, line)| format!("{} {line}", if i == 0 { "$" } else { " " }));
            let mut lines: Vec<String> = setup.chain(command).collect();
            let place = check.directory.as_ref().map(|directory| format!("in {directory}"));
            let only = (!check.paths.is_empty()).then(|| format!("only where {} was changed", check.paths.join(", ")));
            let place: Vec<String> = place.into_iter().chain(only).collect();
            if let Some(last) = lines.last_mut().filter(|_| !place.is_empty()) {
                last.push_str(&format!("  ({})", place.join(", ")));
            }
            lines
        }
    }
}

/// Of a text with more lines the first.
pub fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() { first + "…" } else { first }
}

/// The first few of many names.
pub fn some_of(names: &[String]) -> String {
    match names.len() {
        0..=6 => names.join(", "),
        n => format!("{} and {} more", names[..5].join(", "), n - 5),
    }
}

/// `1 command`, `2 commands`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Skipped => "skipped",
        Verdict::Attested => "attested",
        Verdict::Unconfirmed => "unconfirmed",
    }
}

/// `1.2 s`.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}
