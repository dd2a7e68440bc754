//! What holds for every record: it is written as it was read, and two of the same session come together either way.

use session_orchestrator::session::Record;

/// Panics where anything of it does not hold. A form feed parts two records.
pub fn holds(text: &str) {
    let (ours, theirs) = text.split_once('\u{c}').unwrap_or((text, text));
    let read = |text: &str| serde_json::from_str::<Record>(text).ok();
    let (Some(ours), Some(theirs)) = (read(ours), read(theirs)) else { return };
    same(&ours);
    same(&ours.clone().merged(theirs.clone()));
    same(&theirs.merged(ours.clone()));
    assert_eq!(ours.clone().merged(ours.clone()), ours);
}

fn same(record: &Record) {
    let text = serde_json::to_string_pretty(record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), *record);
}
