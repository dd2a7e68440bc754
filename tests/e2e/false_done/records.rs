//! Done is written by hand: trailers, records, journals, and commits that are changed afterwards.

use session_orchestrator::journal::{decode, encode};

use super::case::Outcome::{Caught, Missed};
use super::case::{Case, PLAN, TESTS, all, case, complete, edit, started, sub};
use crate::support::Sandbox;

pub(super) const TITLE: &str = "Done is written by hand";

fn journal(s: &Sandbox) -> std::path::PathBuf {
    s.path(".git/session/open/FD-01.jsonl")
}

/// The journal of an active session, with another check and checksums that fit.
fn forged(s: &Sandbox) {
    let text = std::fs::read_to_string(journal(s)).unwrap();
    let lines: String = (0..)
        .zip(text.lines())
        .map(|(seq, line)| {
            let read = decode(line, seq).or_else(|_| decode(line, seq + 1)).unwrap();
            let entry = serde_json::to_string(&read.entry).unwrap().replace(TESTS, "test -f calc.py");
            let number = serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
            encode(number, read.synced, &read.at, &serde_json::from_str(&entry).unwrap()).unwrap()
        })
        .collect();
    std::fs::write(journal(s), lines).unwrap();
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("The journal is edited by hand", Caught(4, "checksum"), "each line has a checksum", || {
            let s = started(&[&format!("`{TESTS}`")]);
            let text = std::fs::read_to_string(journal(&s)).unwrap();
            std::fs::write(journal(&s), text.replace(TESTS, "test -f calc.py")).unwrap();
            sub(&s, "pass");
            complete(s)
        }),
        case(
            "The journal is edited with a program that writes the checksums, too",
            Missed,
            "checksums find accidents and no forgery, and the program holds no secret that the user has not; the record names the command that ran",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                forged(&s);
                edit(&s, PLAN, TESTS, "test -f calc.py");
                sub(&s, "pass");
                complete(s)
            },
        ),
    ]
}

#[test]
fn done_that_is_written_by_hand() {
    all(&cases());
}
