//! What holds for every record: it is written as it was read, and two of the same session come together either way. What
//! names an object of the repository is a hash, so that git takes it for nothing else.

use serde_json::Value;
use session_core::session::Record;

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
    typed(&serde_json::to_value(record).unwrap());
}

/// Facts of all attempts, and commits of checkpoints.
fn typed(value: &Value) {
    match value {
        Value::Array(all) => all.iter().for_each(typed),
        Value::Object(all) => {
            for (key, value) in all.get("facts").and_then(Value::as_object).into_iter().flatten() {
                let names = ["commit", "tree", "base", "commits", "git.apart", "git.base", "git.left", "revert"]
                    .contains(&key.as_str());
                if names || key.starts_with("checkpoint.") {
                    value
                        .as_str()
                        .into_iter()
                        .flat_map(str::split_whitespace)
                        .for_each(|word| assert!(is_hash(word), "{key}: {word}"));
                }
            }
            for taken in all.get("checkpoints").and_then(Value::as_array).into_iter().flatten() {
                taken
                    .get("commit")
                    .and_then(Value::as_str)
                    .into_iter()
                    .for_each(|commit| assert!(is_hash(commit), "{commit}"));
            }
            all.values().for_each(typed);
        }
        _ => {}
    }
}

fn is_hash(word: &str) -> bool {
    word == "-" || (matches!(word.len(), 40 | 64) && word.bytes().all(|b| b.is_ascii_hexdigit()))
}
