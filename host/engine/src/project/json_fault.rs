//! What is wrong with a JSON file, without a word of what it holds: a link may have led to a file of somebody else, and
//! logs of CI are read by many.

use std::fmt;

use serde_json::Error;
use serde_json::error::Category;

/// The kind of error, and where it is.
#[derive(Debug, thiserror::Error)]
pub struct JsonFault {
    what: String,
    line: usize,
    column: usize,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, line, column } = self;
        // What was looked at behind the end of the text has no place.
        if *line == 0 { f.write_str(what) } else { write!(f, "{what}, at line {line} column {column}") }
    }
}

/// Begins of messages that name a field or a fact, and never a value: the first is of serde, the others of
/// `session::object_facts`.
const NAMES_ONLY: [&str; 3] = ["missing field `", "the fact ", "checkpoint "];

impl From<&Error> for JsonFault {
    fn from(error: &Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            Category::Syntax => "it is no JSON".to_owned(),
            Category::Eof => "it ends in the middle".to_owned(),
            Category::Io => "it cannot be read".to_owned(),
            Category::Data => {
                let whole = error.to_string();
                let place = format!(" at line {line} column {column}");
                let said = whole.strip_suffix(&place).unwrap_or(&whole);
                let plain = NAMES_ONLY.iter().any(|begin| said.starts_with(begin));
                if plain { said.to_owned() } else { "a value of another kind belongs there".to_owned() }
            }
        };
        Self { what, line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::session::Record;

    #[test]
    fn no_value_of_the_file_is_named() {
        let whole = |facts: &str| {
            format!(
                "{{\"schema\": 1, \"id\": \"A\", \"title\": \"\", \"status\": \"done\", \"attempt\": 1, \
                 \"verified\": \"\", \"checks\": [], \"documents\": [], \"facts\": {facts}}}"
            )
        };
        for (text, said) in [
            ("\"TOPSECRET\"".to_owned(), "a value of another kind"),
            ("{\"schema\": \"TOPSECRET\"}".to_owned(), "a value of another kind"),
            ("{\"schema\": 1, \"id\": \"TOPSECRET\"}".to_owned(), "missing field `title`"),
            ("TOPSECRET=1".to_owned(), "it is no JSON"),
            ("{\"TOPSECRET\": ".to_owned(), "it ends in the middle"),
            (whole("{\"commit\": \"TOPSECRET\"}"), "the fact \"commit\""),
            (whole("{\"checkpoint.TOPSECRET\": \"x\"}"), "the fact \"checkpoint.…\""),
            (whole("\"TOPSECRET\""), "a value of another kind"),
        ] {
            let error = serde_json::from_str::<Record>(&text).expect_err(&text);
            let shown = JsonFault::from(&error).to_string();
            assert!(shown.starts_with(said) && !shown.contains("TOPSECRET"), "{text}: {shown}");
            assert!(shown.contains("at line 1 column "), "{text}: {shown}");
        }
    }
}
