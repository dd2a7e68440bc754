//! Dependencies as people write them: notes in parentheses, ranges, slash lists, and words for "none".

use std::borrow::Cow;
use std::collections::HashSet;

use session_sdk::id;

use super::column::{Columns, line_of};
use super::heading::strip_word;
use super::keys::unlabelled;
use super::lines::Line;

/// IDs in the order of writing, each once, and the items that were not understood.
#[derive(Debug, Default)]
pub struct Dependencies {
    pub ids: Vec<String>,
    /// Line where each of them is written.
    pub lines: Vec<usize>,
    /// Columns of the IDs, once they are placed.
    columns: Vec<usize>,
    pub unknown: Vec<Item>,
    /// Line that says `all previous sessions`.
    pub all_before: Option<usize>,
    /// The IDs, where they are more than a few.
    seen: HashSet<String>,
}

/// What is written somewhere.
#[derive(Clone, Debug)]
pub struct Item {
    pub text: String,
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A plan that names more is spelled out no further: ranges multiply what is written by a thousand.
const MOST: usize = 20_000;

/// So many are looked through faster than hashed.
const FEW: usize = 16;

impl Dependencies {
    /// Takes in one written value, which may hold several items.
    pub fn read(&mut self, value: &str, line: usize) {
        let value = unlabelled(value);
        let value = without_notes(value);
        for item in value.split([',', ';', '，', '、']).flat_map(|item| split_words(item, &["and", "&", "+"])) {
            self.item(item, line);
        }
    }

    /// Looks up the columns in the lines that all of it was read from.
    pub fn place(&mut self, lines: &[Line<'_>]) {
        let mut columns = Columns::default();
        let mut column = |line: usize, text: &str| line_of(lines, line).map_or(1, |line| columns.of(line, text));
        self.columns = self.ids.iter().zip(&self.lines).map(|(id, line)| column(*line, id)).collect();
        let mut columns = Columns::default();
        for item in &mut self.unknown {
            item.column = line_of(lines, item.line).map_or(1, |line| columns.of(line, &item.text));
        }
    }

    /// The IDs with their places.
    pub fn items(&self) -> impl Iterator<Item = Item> {
        let places = self.lines.iter().zip(&self.columns);
        self.ids.iter().zip(places).map(|(id, (line, column))| Item { text: id.clone(), line: *line, column: *column })
    }

    /// Takes nothing of a text, and says so.
    pub fn reject(&mut self, text: &str, line: usize) {
        self.unknown(text, line);
    }

    fn unknown(&mut self, item: &str, line: usize) {
        self.unknown.push(Item { text: item.to_owned(), line, column: 1 });
    }

    fn item(&mut self, item: &str, line: usize) {
        let item = item.trim().trim_matches(['"', '\'', '[', ']']).trim().trim_end_matches('.');
        let item = unboxed(item);
        let item = unworded(item).trim_matches(['"', '\'', ' ']);
        if is_none(item) {
            return;
        }
        if means_all_before(item) {
            self.all_before = self.all_before.or(Some(line));
            return;
        }
        match item_ids(item).filter(|_| self.ids.len() < MOST) {
            Some((ids, rest)) => {
                ids.into_iter().for_each(|id| self.add(id, line));
                if !is_note(rest) {
                    self.unknown(item, line);
                }
            }
            None => self.unknown(item, line),
        }
    }

    fn add(&mut self, id: String, line: usize) {
        if self.ids.len() == FEW {
            self.seen.extend(self.ids.iter().cloned());
        }
        let known = if self.ids.len() < FEW { self.ids.contains(&id) } else { !self.seen.insert(id.clone()) };
        if !known {
            self.ids.push(id);
            self.lines.push(line);
        }
    }
}

/// The text begins as dependencies do: with an ID or a word for none.
pub fn begins(text: &str) -> bool {
    let text = text.trim_start_matches(['`', '*', '[']);
    // The words for none are short, and this is asked at each word of a long text.
    let head = text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end]);
    names(text) || means_all_before(text) || is_none(head.split(['(', '.', ',']).next().unwrap_or_default().trim())
}

/// The text begins with an ID, in whatever marks.
pub fn names(text: &str) -> bool {
    let text = unboxed(text.trim().trim_start_matches(['`', '*', '[', '"', '\'']));
    id::leading(unworded(text).trim_start_matches(['`', '*', '[', '"', '\''])).is_some()
}

/// Without the word that stands before an ID.
fn unworded(text: &str) -> &str {
    const WORDS: [&str; 9] = ["id", "session_id", "sessions", "session", "tasks", "task", "story", "ticket", "step"];
    WORDS.iter().find_map(|word| strip_word(text, word)).unwrap_or(text)
}

/// `all previous sessions`, `everything above`.
fn means_all_before(text: &str) -> bool {
    let head: String = text.chars().take(40).collect::<String>().to_lowercase();
    let Some(rest) =
        ["all of the ", "all the ", "all ", "every ", "everything "].iter().find_map(|w| head.strip_prefix(w))
    else {
        return false;
    };
    ["previous", "earlier", "prior", "preceding", "above", "before", "sessions above", "tasks above", "sessions before"]
        .iter()
        .any(|word| rest.starts_with(word))
}

/// The text says of an ID in it that it must be done, such as `completion of BE-01`.
pub fn mentions(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let done = ["session", "complet", "finish", "done", "merged", "after"].iter().any(|word| lower.contains(word));
    done && text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | '`' | '*'))
        .any(|word| id::leading(word).is_some())
}

/// Without the box before it; its first bracket may be gone already.
fn unboxed(text: &str) -> &str {
    let rest = text.strip_prefix('[').unwrap_or(text);
    let behind = rest.strip_prefix(|c: char| c != ']').unwrap_or(rest);
    behind.strip_prefix("] ").map_or(text, str::trim_start)
}

/// `none`, and `None - starts at once`.
fn is_none(item: &str) -> bool {
    let word = item.split_whitespace().next().unwrap_or_default().to_lowercase();
    let alone = item.trim().len() == word.len();
    match word.as_str() {
        "" | "n/a" | "na" | "-" | "—" | "–" | "null" | "nothing" | "~" => alone,
        "none" => true,
        _ => item.eq_ignore_ascii_case("no dependencies"),
    }
}

/// What stands in parentheses is a note; code and bold marks are no part of an ID.
fn without_notes(value: &str) -> Cow<'_, str> {
    if !value.contains(['(', '（', '`', '*']) {
        return Cow::Borrowed(value);
    }
    let mut depth = 0_usize;
    let kept = value.chars().filter(|c| match c {
        '(' | '（' => {
            depth += 1;
            false
        }
        ')' | '）' if depth > 0 => {
            depth -= 1;
            false
        }
        '`' | '*' => false,
        _ => depth == 0,
    });
    Cow::Owned(kept.collect())
}

fn split_words<'a>(item: &'a str, words: &[&str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for word in item.split_inclusive(char::is_whitespace) {
        let is_one = |known: &&str| word.trim().eq_ignore_ascii_case(known);
        // `A and B` in a title is text: only an ID begins an item behind a word.
        if words.iter().any(is_one) && begins(item[at + word.len()..].trim_start()) {
            parts.push(&item[start..at]);
            start = at + word.len();
        }
        at += word.len();
    }
    parts.push(&item[start..]);
    parts
}

/// What may follow an ID without a warning: its title behind a mark, an icon, a word for "must be done".
fn is_note(rest: &str) -> bool {
    let rest = rest.trim().trim_start_matches(']').trim_start();
    let title = [":", "：", "- ", "– ", "— ", "| "].iter().any(|mark| rest.starts_with(mark));
    let bare = rest.to_lowercase();
    let bare = bare.trim_start_matches("must be ").trim_matches(|c: char| !c.is_alphanumeric());
    title || matches!(bare, "" | "complete" | "completed" | "done" | "finished" | "merged")
}

/// One ID, a range or a slash list, and what follows it.
fn item_ids(item: &str) -> Option<(Vec<String>, &str)> {
    let (first, rest) = id::leading(item)?;
    if let Some(slashed) = rest.strip_prefix('/') {
        return Some((slash_list(first, slashed)?, ""));
    }
    let to = ["through", "thru", "until", "to", "...", "…", "..", "–", "—", "→", "->", "-", "−", "~"]
        .into_iter()
        .find_map(|word| rest.trim_start().strip_prefix(word));
    match to.and_then(|to| range(first, to.trim())) {
        Some(found) => Some(found),
        // Two IDs that make no range are neither of them: which of the two was meant?
        None if to.is_some_and(|to| id::leading(to.trim()).is_some()) => None,
        None => Some((vec![first.to_owned()], rest)),
    }
}

/// `KT-305/306/307`: the prefix carries over, and so does a whole ID.
fn slash_list(first: &str, rest: &str) -> Option<Vec<String>> {
    let (prefix, ..) = id::parts(first)?;
    let mut ids = vec![first.to_owned()];
    for part in rest.split('/').map(str::trim) {
        let whole = if id::is_id(part) { part.to_owned() } else { format!("{prefix}{part}") };
        ids.push(Some(whole).filter(|id| id::is_id(id))?);
    }
    Some(ids)
}

/// From number to number, in the width of the first ID; the last may be a bare number.
fn range<'a>(first: &str, last: &'a str) -> Option<(Vec<String>, &'a str)> {
    let (prefix, from, suffix) = id::parts(first)?;
    let digits = last.len() - last.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (to, rest) = if digits > 0 {
        last.split_at(digits)
    } else {
        let (id, rest) = id::leading(last)?;
        let (last_prefix, to, last_suffix) = id::parts(id)?;
        (last_prefix == prefix && last_suffix.is_empty()).then_some((to, rest))?
    };
    if !suffix.is_empty() || rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    let (start, end): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
    // A range of more than a thousand is a typing mistake, and would be spelled out.
    if end < start || end - start > 1000 {
        return None;
    }
    Some(((start..=end).map(|n| format!("{prefix}{n:0width$}", width = from.len())).collect(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let mut found = Dependencies::default();
        found.read(text, 1);
        (found.ids, found.unknown.into_iter().map(|item| item.text).collect())
    }

    #[test]
    fn every_notation() {
        for (text, ids) in [
            ("none", vec![]),
            ("None (starts together with BE-01)", vec![]),
            ("None - can start at once", vec![]),
            ("—", vec![]),
            ("BE-03 (must be complete)", vec!["BE-03"]),
            ("BE-03 must be complete", vec!["BE-03"]),
            ("BE-03 ✅", vec!["BE-03"]),
            ("BE-03: Matcher and more", vec!["BE-03"]),
            ("**BE-03** – the schema", vec!["BE-03"]),
            ("[BE-03](#be-03)", vec!["BE-03"]),
            ("Session BE-03", vec!["BE-03"]),
            ("id: BE-03", vec!["BE-03"]),
            ("BE-01, BE-02", vec!["BE-01", "BE-02"]),
            ("BE-01 and BE-02 & BE-01", vec!["BE-01", "BE-02"]),
            ("[BE-04, DB-01]", vec!["BE-04", "DB-01"]),
            ("BE-09 through BE-11", vec!["BE-09", "BE-10", "BE-11"]),
            ("BE-01–BE-03", vec!["BE-01", "BE-02", "BE-03"]),
            ("BE-01-BE-02", vec!["BE-01", "BE-02"]),
            ("BE-01…BE-02", vec!["BE-01", "BE-02"]),
            ("BE-01 to 03", vec!["BE-01", "BE-02", "BE-03"]),
            ("KT-305/306/307", vec!["KT-305", "KT-306", "KT-307"]),
            ("`BE-04-v2`", vec!["BE-04-v2"]),
            ("**Task:** BE-01 (must be in place)", vec!["BE-01"]),
            ("Task BE-01", vec!["BE-01"]),
        ] {
            let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
            assert_eq!(read(text), (ids, vec![]), "{text}");
        }
    }

    #[test]
    fn all_that_stands_before() {
        for text in ["All previous sessions (BE-01 through BE-04)", "everything above", "all earlier tasks"] {
            let mut found = Dependencies::default();
            found.read(text, 7);
            assert_eq!((found.all_before, found.ids.len(), found.unknown.len()), (Some(7), 0, 0), "{text}");
        }
        assert_eq!(read("all green"), (vec![], vec!["all green".into()]));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(
            read("BE-01, staging data set loaded"),
            (vec!["BE-01".into()], vec!["staging data set loaded".into()])
        );
        assert_eq!(read("BE-05 to BE-01"), (vec![], vec!["BE-05 to BE-01".into()]));
        assert_eq!(read("BE-05 to DB-01"), (vec![], vec!["BE-05 to DB-01".into()]));
        assert_eq!(read("BE-05 if it rains"), (vec!["BE-05".into()], vec!["BE-05 if it rains".into()]));
        assert_eq!(read("everything"), (vec![], vec!["everything".into()]));
    }
}
