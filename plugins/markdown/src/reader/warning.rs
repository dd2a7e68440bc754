//! Warnings are made here and worded where they arise.

use session_sdk::Warning;

pub fn warning(line: usize, kind: &str, message: String) -> Warning {
    Warning { line, column: 1, kind: kind.into(), message, ..Warning::default() }
}

/// One about a session.
pub fn about(session: &str, line: usize, kind: &str, message: String) -> Warning {
    Warning { session: Some(session.to_owned()), ..warning(line, kind, message) }
}
