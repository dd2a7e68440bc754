//! Facts that name objects of a repository. Plugins leave them, records carry them to other machines, and whoever takes a
//! session back believes them: so another text in their place is refused when it is left, and makes a record damaged. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize as _, Deserializer, de::Error as _};
use session_types::CheckpointTaken;

use crate::object_id::ObjectId;

/// One object, or none.
const ONE: [&str; 2] = ["commit", "tree"];
/// Lines of a commit, its tree and its patch, each of which may be `-`.
const LINES: [&str; 6] = ["base", "commits", "git.apart", "git.base", "git.left", "revert"];
/// With the number of a checkpoint behind it.
const CHECKPOINT: &str = "checkpoint.";

/// What is wrong with a fact that a plugin leaves, in words that name it; none where nothing is.
pub fn fault(key: &str, value: &str) -> Option<String> {
    (!is_good(key, value)).then(|| format!("the fact {key:?} holds {value:?}, and the hash of an object belongs there"))
}

/// The same of a record, which may be anybody's file: its values are not named.
fn fault_of_record(key: &str, value: &str) -> Option<String> {
    let shown = if key.starts_with(CHECKPOINT) { "checkpoint.…" } else { key };
    (!is_good(key, value)).then(|| format!("the fact {shown:?} holds something else than the hash of an object"))
}

fn is_good(key: &str, value: &str) -> bool {
    let names = |text: &str| text == "-" || ObjectId::parse(text).is_some();
    if ONE.contains(&key) {
        value.is_empty() || names(value)
    } else if LINES.contains(&key) || key.starts_with(CHECKPOINT) {
        value.lines().all(|line| line.split(' ').filter(|word| !word.is_empty()).all(names))
    } else {
        true
    }
}

/// Facts of a record.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let facts = BTreeMap::<String, String>::deserialize(from)?;
    match facts.iter().find_map(|(key, value)| fault_of_record(key, value)) {
        Some(fault) => Err(D::Error::custom(fault)),
        None => Ok(facts),
    }
}

/// Checkpoints of a record, each with its commit.
pub(super) fn read_checkpoints<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<CheckpointTaken>, D::Error> {
    let checkpoints = Vec::<CheckpointTaken>::deserialize(from)?;
    let odd = |taken: &CheckpointTaken| {
        taken.commit.as_deref().filter(|commit| ObjectId::parse(commit).is_none())?;
        Some(format!("checkpoint {} holds something else than the hash of a commit", taken.number))
    };
    match checkpoints.iter().find_map(odd) {
        Some(fault) => Err(D::Error::custom(fault)),
        None => Ok(checkpoints),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;

    #[test]
    fn hashes_and_nothing_else() {
        let id = "0a".repeat(20);
        let long = "0a".repeat(32);
        for (key, value) in [
            ("commit", id.as_str()),
            ("commit", ""),
            ("tree", &long),
            ("commits", &format!("{id} {id} -\n{id} {id} {id}")),
            ("git.base", &format!("{id} - -")),
            ("checkpoint.2", &id),
            ("files", "--output=x"),
            ("migration.own", "{}"),
        ] {
            assert_eq!(fault(key, value), None, "{key} {value}");
        }
        for (key, value) in [
            ("commit", "--output=x"),
            ("commit", "HEAD"),
            ("tree", &format!("{id}\n")),
            ("commits", &format!("{id} {id} -\n--output=x")),
            ("revert", &format!("{id} --output=x -")),
            ("git.left", &format!("{id}..x")),
            ("git.apart", ":/x"),
            ("checkpoint.1", "\u{1b}[2J"),
        ] {
            let fault = fault(key, value).expect(value);
            assert!(fault.contains(key) && !fault.contains('\n') && !fault.contains('\u{1b}'), "{fault}");
        }
    }

    #[test]
    fn a_record_with_another_text_is_damaged() {
        let record = Record { facts: BTreeMap::from([("commit".into(), "--output=x".into())]), ..Record::default() };
        let text = serde_json::to_string(&record).expect("written");
        let error = serde_json::from_str::<Record>(&text).expect_err("damaged").to_string();
        assert!(error.contains("\"commit\"") && !error.contains("--output=x"), "{error}");
    }
}
