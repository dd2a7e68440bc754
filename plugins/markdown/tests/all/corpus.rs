//! What the fuzz target `plan_reader` has kept.

#[path = "../../../../tests/fuzz/property/corpus.rs"]
mod replayed;

use crate::property;

#[test]
fn everything_holds_for_the_corpus() {
    let count = replayed::replay("plan_reader", property::holds);
    assert!(count > 50, "{count} files");
}
