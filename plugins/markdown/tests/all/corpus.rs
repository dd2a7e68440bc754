//! Replays what the fuzz target `plan_reader` has kept (`tests/fuzz/corpus/plan_reader`).

use crate::property;

#[test]
fn everything_holds_for_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/plan_reader");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect(folder) {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        // The fuzzer keeps what is no text as well; the reader is never given any.
        if let Ok(text) = std::str::from_utf8(&bytes) {
            property::holds(text);
            count += 1;
        }
    }
    assert!(count > 50, "{count} files");
}
