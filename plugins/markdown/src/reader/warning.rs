//! Warnings are made here and worded where they arise.

use std::borrow::Cow;

use session_sdk::Warning;

pub fn warning(line: usize, kind: &str, message: String) -> Warning {
    Warning { line, column: 1, kind: kind.into(), message, ..Warning::default() }
}

/// What a message quotes of the plan: people put whole pages in one item of a list.
pub fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// One about a session.
pub fn about(session: &str, line: usize, kind: &str, message: String) -> Warning {
    Warning { session: Some(session.to_owned()), ..warning(line, kind, message) }
}
