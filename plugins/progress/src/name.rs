//! Which session a Session cell names, however people write it: `` `BE-04` ``, `[BE-04](…)`, `Session BE-04`,
//! `✅ BE-04: Title`. A cell that names several, such as `BE-01, BE-02`, is no session's row. Titles alone are matched
//! by `document.rs`, which knows them.

use std::ops::Range;

use crate::table::plain;

/// Words that people put before an ID.
const WORDS: [&str; 16] = [
    "session",
    "task",
    "step",
    "prompt",
    "iteration",
    "user",
    "story",
    "phase",
    "milestone",
    "epic",
    "slice",
    "stage",
    "part",
    "chunk",
    "ticket",
    "feature",
];
/// Between two IDs, these say that both are meant.
const JOINTS: [&str; 5] = ["and", "or", "to", "through", "until"];

/// The ID in a cell, where it names exactly one session. `known` says what an ID is.
pub fn id(cell: &str, known: impl Fn(&str) -> bool) -> Option<&str> {
    let whole = plain(cell);
    if known(whole) {
        return Some(whole);
    }
    let words = words(cell);
    let text = |word: &Range<usize>| &cell[word.clone()];
    let is_word = |word: &Range<usize>| WORDS.contains(&text(word).to_lowercase().as_str());
    let at = words.iter().position(|word| !is_word(word))?;
    let id = Some(text(&words[at])).filter(|id| known(id))?;
    let Some(next) = words.get(at + 1) else { return Some(id) };
    let joined = cell[words[at].end..next.start].contains(['/', ',', ';', '&', '+', '→', '‖']);
    // A number in a title is no ID of another session.
    let other = |word: &Range<usize>| known(text(word)) && text(word).contains(|c: char| c.is_alphabetic());
    let several = joined || JOINTS.contains(&text(next)) || words[at + 1..].iter().any(other);
    (!several).then_some(id)
}

/// What a cell says without links, marks and icons, with one blank between words and in small letters.
pub fn title(cell: &str) -> String {
    words(cell).into_iter().map(|word| cell[word].to_lowercase()).collect::<Vec<_>>().join(" ")
}

/// Words of what is shown: not of the targets of links, and without a box before them.
fn words(cell: &str) -> Vec<Range<usize>> {
    let boxed = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| cell.trim_start().strip_prefix(mark));
    let mut at = boxed.map_or(0, |rest| cell.len() - rest.len());
    let mut found = Vec::new();
    while let Some(c) = cell[at..].chars().next() {
        let rest = &cell[at..];
        let target = [("](", ')'), ("][", ']')].into_iter().find(|(open, _)| rest.starts_with(open));
        if let Some(end) = target.and_then(|(_, close)| rest[1..].find(close)) {
            at += 1 + end + 1;
        } else if c.is_alphanumeric() {
            let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
            let run = &rest[..rest.find(|c: char| !inside(c)).unwrap_or(rest.len())];
            found.push(at..at + run.trim_end_matches(['-', '.', '_']).len());
            at += run.len();
        } else {
            at += c.len_utf8();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_sdk::id::is_unmistakable;

    #[test]
    fn every_way_to_name_one() {
        for cell in [
            "AA-01",
            "`AA-01`",
            "**AA-01**",
            "[AA-01](../PLAN.md#aa-01)",
            "[`AA-01`](x)",
            "**[AA-01](x)**",
            "[AA-01][1]",
            "[AA-01]",
            "Session AA-01",
            "session AA-01:",
            "[Session AA-01: One](x)",
            "AA-01: One",
            "AA-01 — One",
            "AA-01 - One (2 h)",
            "✅ AA-01 One",
            "[x] AA-01",
            "~~AA-01~~",
            "User Story AA-01",
            "AA-01. Part 2",
            "AA-01: Read, write and ask",
        ] {
            assert_eq!(id(cell, is_unmistakable), Some("AA-01"), "{cell}");
        }
    }

    #[test]
    fn several_and_none() {
        for cell in [
            "AA-01, AA-02",
            "AA-01/02",
            "AA-01 and AA-02",
            "AA-01–AA-03",
            "AA-01 to AA-03",
            "AA-01 & 02",
            "Total",
            "",
            "see AA-01",
            "[x](AA-01)",
            "AA-01: before AA-02",
        ] {
            assert_eq!(id(cell, is_unmistakable), None, "{cell}");
        }
        assert_eq!(id("Task 1: Part 2", |id| ["1", "2"].contains(&id)), Some("1"));
    }

    #[test]
    fn a_title_is_its_words() {
        assert_eq!(title("**[The `first` Part](x.md)**"), "the first part");
    }
}
