//! Records that came with a clone: what stands where a hash belongs is never given to git.

use serde_json::Value;

use super::{FORMATS, precious, repository};
use crate::support::Sandbox;

const RECORD: &str = "docs/sessions/records/HI-01.json";

/// HI-01 is done, and its record says something else in these places.
fn edited(format: &str, edit: &dyn Fn(&mut Value)) -> Sandbox {
    let s = repository(format);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let mut record: Value = serde_json::from_str(&s.read(RECORD)).unwrap();
    edit(&mut record);
    s.write(RECORD, &serde_json::to_string_pretty(&record).unwrap());
    s.git("commit --quiet --all -m record");
    s
}

/// All facts that name objects.
const FACTS: [&str; 8] = ["commits", "commit", "tree", "revert", "git.base", "git.apart", "git.left", "checkpoint.1"];

#[test]
fn a_record_with_an_option_for_a_hash_is_damaged() {
    for format in FORMATS {
        let facts = if format.contains("sha256") { &FACTS[..] } else { &FACTS[..1] };
        let s = edited(format, &|_| ());
        let path = precious(&s);
        let honest = s.read(RECORD);
        for fact in facts {
            let mut record: Value = serde_json::from_str(&honest).unwrap();
            record["facts"][fact] = format!("--output={}", path.display()).into();
            s.write(RECORD, &record.to_string());
            // Of a number behind it, only that it is a checkpoint is said.
            let named = if fact.starts_with("checkpoint") { "checkpoint.…" } else { *fact };
            let said = [RECORD, named, "holds something else than the hash of an object"];
            for command in ["rollback HI-01 --dry-run", "rollback HI-01", "audit"] {
                let ran = s.session(command).fails_broken(1, &[]);
                let text = format!("{}{}", ran.out, ran.err);
                assert!(said.iter().all(|said| text.contains(said)), "{ran:#?}");
                assert!(!ran.err.contains("--output=") && !ran.out.contains("--output="), "{ran:#?}");
            }
            for command in ["status", "show HI-01"] {
                let ran = s.session(command).ok();
                assert!(said.iter().all(|said| ran.err.contains(said)), "{ran:#?}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious\n", "{format} {fact}");
        }
        s.write(RECORD, &honest);
        s.session("rollback HI-01 --dry-run").ok();
    }
}

#[test]
fn checkpoints_and_earlier_attempts_are_read_alike() {
    let checkpoint =
        serde_json::json!([{"number": 1, "at": "2026-03-02T09:00:00Z", "message": "x", "commit": "--output=x"}]);
    let s = edited("", &|record| record["checkpoints"] = checkpoint.clone());
    s.session("rollback HI-01 --dry-run")
        .fails_broken(1, &[RECORD, "checkpoint 1 holds something else than the hash of a commit"]);
    let earlier = serde_json::json!([{"attempt": 0, "facts": {"commits": "..--output=x"}}]);
    let s = edited("", &|record| record["earlier"] = earlier.clone());
    s.session("rollback HI-01 --dry-run")
        .fails_broken(1, &[RECORD, "\"commits\" holds something else than the hash of an object"]);
}
