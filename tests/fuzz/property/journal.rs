//! What holds for every journal: what was written is read back, what was cut is a beginning of it, and what was changed
//! is never taken for something else.

use session_core::journal::{CutOff, Entry, children, encode, open_call};
use session_engine::dispatch::Recorder;
use session_engine::journal::parse;
use session_types::Timestamp;

type Entries = Vec<(Timestamp, Entry)>;

/// Panics where anything of it does not hold: for these bytes as a journal, and for the entries that stand in them, one
/// in a line.
pub fn holds(bytes: &[u8]) {
    let (entries, whole, _) = parse(bytes);
    assert_eq!(parse(&bytes[..whole]), (entries.clone(), whole, None));
    understood(&entries);

    let text = String::from_utf8_lossy(bytes);
    let at = |number: usize| Timestamp(format!("2026-01-02T09:{:02}:00Z", number % 60));
    let written: Entries =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).enumerate().map(|(i, e)| (at(i), e)).collect();
    if written.is_empty() {
        return;
    }
    // Synced behind every third line.
    let line =
        |(i, (at, entry)): (usize, &(Timestamp, Entry))| encode(i as u64 + 1, i as u64 / 3 * 3, at, entry).unwrap();
    let journal: String = written.iter().enumerate().map(line).collect();
    let journal = journal.into_bytes();
    assert_eq!(parse(&journal), (written.clone(), journal.len(), None));
    understood(&written);

    // Some place that the input decides.
    let place =
        bytes.iter().fold(0, |sum: usize, b| sum.wrapping_mul(31).wrapping_add(usize::from(*b))) % journal.len();
    let (cut, whole, wrong) = parse(&journal[..place]);
    assert!(wrong.is_none() && whole <= place && written.starts_with(&cut), "cut at {place}: {wrong:?}");

    let mut changed = journal.clone();
    changed[place] ^= 1 << (bytes.len() % 8);
    let (read, _, wrong) = parse(&changed);
    assert!(wrong.is_some() && read.len() < written.len(), "byte {place} was changed, and nobody saw it");
    assert!(written.starts_with(&read));

    let mut zeros = journal[..place].to_vec();
    zeros.resize(journal.len(), 0);
    let (read, _, wrong) = parse(&zeros);
    assert!(wrong.is_none() && written.starts_with(&read), "zeros from {place} on: {wrong:?}");
}

/// Any entries in any order have a state or are refused.
fn understood(entries: &Entries) {
    drop(Recorder::fold(entries));
    let last = entries.iter().rposition(|(_, entry)| matches!(entry, Entry::Began { .. })).unwrap_or(0);
    open_call(&entries[last..]);
    children(&entries[last..]);
    if let Some(cut) = CutOff::read(&entries[last..]) {
        assert!(cut.in_doubt().is_none() || cut.has_changed());
        cut.has_committed();
        cut.last_child();
    }
}
