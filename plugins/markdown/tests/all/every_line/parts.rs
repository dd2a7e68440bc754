//! What was read, by session and part, from the JSON of the boundary alone: whatever type a text has there, it is cut
//! from the document or taken as it stands.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use session_plugin_markdown::reader;

/// The parts of one session. A part that is not there and one that is empty are the same.
pub type Parts = BTreeMap<&'static str, Value>;

pub const TEXT: &str = "text";

/// Positions move with every line above them and say nothing of what was read.
const POSITIONS: [&str; 5] = ["id", "line", "path", "span", "depends_lines"];
const TEXTS: [&str; 4] = ["context", "prompt", "expected_output", "notes"];

/// What was read of a plan.
pub struct Read {
    /// In their order, by ID.
    pub sessions: Vec<(String, Parts)>,
    /// IDs that stand twice: the second session is left out whole (R14).
    pub doubles: usize,
    /// What the warnings say, such as a dependency that was not understood.
    pub warned: String,
}

pub fn read(text: &str) -> Read {
    let plan = reader::read(text).unwrap_or_default();
    let doubles = plan.warnings.iter().filter(|warning| warning.kind == "duplicate-id").count();
    let warned = plan.warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>().join("\n");
    let plan = serde_json::to_value(plan).expect("JSON");
    let sessions = plan["sessions"].as_array().into_iter().flatten();
    Read { sessions: sessions.map(|session| parts(text, session)).collect(), doubles, warned }
}

fn parts(text: &str, session: &Value) -> (String, Parts) {
    let mut parts = Parts::new();
    let mut metadata = session["metadata"].as_object().cloned().unwrap_or_default();
    parts.insert("files", metadata.remove("files").unwrap_or_default());
    parts.insert("dependencies", session["depends_on"].clone());
    parts.insert("message", session["commit_message"].clone());
    let checks = session["checks"].as_array().cloned().unwrap_or_default();
    parts.insert("checks", checks.into_iter().map(without_line).collect());
    let lines: Vec<String> = TEXTS.iter().flat_map(|key| lines(&written(text, &session[key]))).collect();
    parts.insert(TEXT, json!(lines));
    // All else, whatever it is called.
    let named = ["metadata", "depends_on", "commit_message", "checks"];
    let rest = session.as_object().cloned().unwrap_or_default().into_iter();
    metadata.extend(
        rest.filter(|(key, _)| [&named[..], &POSITIONS, &TEXTS].iter().all(|keys| !keys.contains(&key.as_str()))),
    );
    parts.insert("metadata", Value::Object(metadata));
    (session["id"].as_str().unwrap_or_default().to_owned(), parts)
}

fn without_line(mut check: Value) -> Value {
    check.as_object_mut().and_then(|check| check.remove("line"));
    check
}

/// A text: a span of the document, its own words, or several of both.
fn written(text: &str, value: &Value) -> String {
    let number = |key: &str| value[key].as_u64().and_then(|number| usize::try_from(number).ok());
    match value {
        Value::String(own) => own.clone(),
        Value::Array(several) => several.iter().map(|one| written(text, one)).collect::<Vec<_>>().join("\n"),
        Value::Object(object) => match (number("start"), number("end")) {
            (Some(start), Some(end)) => text[start..end].to_owned(),
            _ => object.values().map(|one| written(text, one)).collect::<Vec<_>>().join("\n"),
        },
        _ => String::new(),
    }
}

/// Blank lines and the marks of fences come and go with what stands between them.
fn lines(text: &str) -> Vec<String> {
    let says = |line: &String| !line.is_empty() && !line.trim_start().starts_with("```");
    text.lines().map(|line| line.trim_end().to_owned()).filter(says).collect()
}
