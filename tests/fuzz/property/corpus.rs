//! Replays what a fuzz target has kept, for the plugin's own tests.
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

/// Asks each file of `tests/fuzz/corpus/TARGET` that is text, and counts them; the fuzzer keeps what is none as well.
pub fn replay(target: &str, holds: impl Fn(&str)) -> usize {
    let folder = format!("{}/../../tests/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect(&folder) {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        if let Ok(text) = std::str::from_utf8(&bytes) {
            holds(text);
            count += 1;
        }
    }
    count
}
