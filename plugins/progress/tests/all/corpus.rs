//! Replays what the fuzz target `progress_editor` has kept (`tests/fuzz/corpus/progress_editor`).

use crate::property;

#[test]
fn everything_holds_for_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/progress_editor");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect(folder) {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        // The fuzzer keeps what is no text as well; the editor is never given any.
        if let Ok(text) = std::str::from_utf8(&bytes) {
            property::holds(text);
            count += 1;
        }
    }
    assert!(count > 20, "{count} files");
}
