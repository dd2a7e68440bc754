//! Replays what the fuzz targets of the host have kept (`tests/fuzz/corpus`).

use crate::support::workspace;

#[path = "../fuzz/property/approvals.rs"]
mod approvals;
#[path = "../fuzz/property/journal.rs"]
mod journal;
#[path = "../fuzz/property/manifest.rs"]
mod manifest;
#[path = "../fuzz/property/record.rs"]
mod record;

fn replay(target: &str, holds: impl Fn(&[u8])) {
    let folder = workspace().join("tests/fuzz/corpus").join(target);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.iter().for_each(|file| holds(&std::fs::read(file).unwrap()));
    assert!(files.len() > 1, "{} files of {target}", files.len());
}

/// The fuzzer keeps what is no text as well.
fn text(holds: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| std::str::from_utf8(bytes).ok().into_iter().for_each(&holds)
}

#[test]
fn journals() {
    replay("journal", journal::holds);
}

#[test]
fn records() {
    replay("record", text(record::holds));
}

#[test]
fn manifests() {
    replay("manifest", text(manifest::holds));
}

#[test]
fn approvals_of_manifests() {
    replay("approvals", text(approvals::holds));
}
