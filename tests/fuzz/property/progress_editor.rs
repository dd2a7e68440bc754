//! What holds for every document that a cell is set in: checked by the fuzz target `progress_editor` and by its corpus.

use session_plugin_progress::document::{Document, Place};

/// The first three lines of the input are session, column and value; the rest is the document. Panics where more changed
/// than one line, or where anything but whole lines was added.
pub fn holds(input: &str) {
    let mut parts = input.splitn(4, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (id, column, value, text) = (next(), next(), next(), next());
    let mut document = Document::of(text);
    assert_eq!(document.text(), text, "reading alone changes nothing");
    let place = Place { repository: None, week: Some(1) };
    document.set(id, column, value, place);
    let found = document.text();
    let before: Vec<&str> = text.split_inclusive('\n').collect();
    let after: Vec<&str> = found.split_inclusive('\n').collect();
    if before.len() == after.len() && !grown_at_the_end(text, &found) {
        let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert!(changed <= 1, "{changed} lines changed\n{text}\n---\n{found}");
    } else {
        assert!(only_inserted(text, &found), "bytes were lost\n{text}\n---\n{found}");
    }
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain && !value.trim().is_empty() && column == "Status" {
        let mut again = Document::of(&found);
        again.set(id, column, value, place);
        assert_eq!(again.text(), found, "the same cell again changes nothing");
    }
}

/// A row behind a last line without an end: that line gets one, and no line more is counted.
fn grown_at_the_end(before: &str, after: &str) -> bool {
    after.len() > before.len() && after.starts_with(before)
}

/// Everything that was there stands at the head and the tail of the new text; between them is what was added.
fn only_inserted(before: &str, after: &str) -> bool {
    let head = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(|(a, b)| a == b).count();
    after.len() >= before.len() && head + tail >= before.len()
}
