//! What the fuzz target `progress_editor` has kept.

#[path = "../../../../tests/fuzz/property/corpus.rs"]
mod replayed;

use crate::property;

#[test]
fn everything_holds_for_the_corpus() {
    let count = replayed::replay("progress_editor", property::holds);
    assert!(count > 20, "{count} files");
}
