//! Dependencies as people write them: notes in parentheses, ranges, slash lists, and words for "none".

use super::id;

/// IDs in the order of writing, each once, and the items that were not understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    pub ids: Vec<String>,
    pub unknown: Vec<String>,
}

impl Dependencies {
    /// Takes in one written value, which may hold several items.
    pub fn read(&mut self, value: &str) {
        let value = without_notes(value);
        for item in value.split([',', ';']).flat_map(|item| split_words(item, &["and", "&"])) {
            let item = item.trim().trim_matches(['`', '*', '"', '\'', '[', ']']).trim().trim_end_matches('.');
            if is_none(item) {
                continue;
            }
            match item_ids(item) {
                Some(ids) => ids.into_iter().for_each(|id| self.add(id)),
                None => self.unknown.push(item.to_owned()),
            }
        }
    }

    fn add(&mut self, id: String) {
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }
}

fn is_none(item: &str) -> bool {
    matches!(item.to_lowercase().as_str(), "" | "none" | "n/a" | "na" | "-" | "—" | "–" | "null" | "nothing" | "~")
}

/// What stands in parentheses is a note.
fn without_notes(value: &str) -> String {
    let mut depth = 0_usize;
    value
        .chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth > 0 => {
                depth -= 1;
                false
            }
            _ => depth == 0,
        })
        .collect()
}

fn split_words<'a>(item: &'a str, words: &[&str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for word in item.split_inclusive(char::is_whitespace) {
        if words.contains(&word.trim().to_lowercase().as_str()) {
            parts.push(&item[start..at]);
            start = at + word.len();
        }
        at += word.len();
    }
    parts.push(&item[start..]);
    parts
}

/// One ID, a range or a slash list.
fn item_ids(item: &str) -> Option<Vec<String>> {
    let (first, rest) = id::leading(item)?;
    if rest.trim().is_empty() {
        return Some(vec![first.to_owned()]);
    }
    if rest.starts_with('/') {
        return slash_list(first, rest);
    }
    let rest = rest.trim_start();
    let to = ["through", "thru", "until", "to", "...", "..", "–", "—", "→", "->", "-"]
        .into_iter()
        .find_map(|word| rest.strip_prefix(word))?;
    range(first, to.trim())
}

/// `KT-305/306/307`: the prefix carries over, and so does a whole ID.
fn slash_list(first: &str, rest: &str) -> Option<Vec<String>> {
    let (prefix, ..) = id::parts(first)?;
    let mut ids = vec![first.to_owned()];
    for part in rest[1..].split('/').map(str::trim) {
        let whole = if id::is_id(part) { part.to_owned() } else { format!("{prefix}{part}") };
        ids.push(Some(whole).filter(|id| id::is_id(id))?);
    }
    Some(ids)
}

/// From number to number, in the width of the first ID; the last may be a bare number.
fn range(first: &str, last: &str) -> Option<Vec<String>> {
    let (prefix, from, suffix) = id::parts(first)?;
    let last = if last.bytes().all(|b| b.is_ascii_digit()) { format!("{prefix}{last}") } else { last.to_owned() };
    let (last_prefix, to, last_suffix) = id::parts(&last).filter(|_| id::is_id(&last))?;
    if prefix != last_prefix || !suffix.is_empty() || !last_suffix.is_empty() {
        return None;
    }
    let (start, end): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
    // A range of more than a thousand is a typing mistake, and would be spelled out.
    if end < start || end - start > 1000 {
        return None;
    }
    Some((start..=end).map(|n| format!("{prefix}{n:0width$}", width = from.len())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let mut found = Dependencies::default();
        found.read(text);
        (found.ids, found.unknown)
    }

    #[test]
    fn every_notation() {
        for (text, ids) in [
            ("none", vec![]),
            ("None (starts together with BE-01)", vec![]),
            ("—", vec![]),
            ("BE-03 (must be complete)", vec!["BE-03"]),
            ("BE-01, BE-02", vec!["BE-01", "BE-02"]),
            ("BE-01 and BE-02 & BE-01", vec!["BE-01", "BE-02"]),
            ("[BE-04, DB-01]", vec!["BE-04", "DB-01"]),
            ("BE-09 through BE-11", vec!["BE-09", "BE-10", "BE-11"]),
            ("BE-01–BE-03", vec!["BE-01", "BE-02", "BE-03"]),
            ("BE-01-BE-02", vec!["BE-01", "BE-02"]),
            ("BE-01 to 03", vec!["BE-01", "BE-02", "BE-03"]),
            ("KT-305/306/307", vec!["KT-305", "KT-306", "KT-307"]),
            ("`BE-04-v2`", vec!["BE-04-v2"]),
        ] {
            let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
            assert_eq!(read(text), (ids, vec![]), "{text}");
        }
        assert_eq!(
            read("BE-01, staging data set loaded"),
            (vec!["BE-01".into()], vec!["staging data set loaded".into()])
        );
        assert_eq!(read("BE-05 to BE-01").1, ["BE-05 to BE-01"]);
    }
}
