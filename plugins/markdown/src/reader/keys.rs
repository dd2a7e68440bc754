//! `key: value` as people write it: YAML fences, bare lines, `- **Key:** value` bullets, `> **Key:** value` quotes and
//! two-column tables, all read by one line-based reader.
//!
//! No YAML parser: one unquoted colon or star would lose the whole block, and every note behind a value is a comment
//! that YAML knows nothing of.

use session_sdk::SubAgent;

use super::lines::{Fence, Line};

/// One key with what is written for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// Lower case, words joined by `_`.
    pub name: String,
    /// The value on the line, and list items: text and line number.
    pub values: Vec<(String, usize)>,
    pub line: usize,
}

impl Key {
    /// The value, or list items joined with commas.
    pub fn text(&self) -> Option<String> {
        let text = self.values.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ");
        Some(text).filter(|text| !text.is_empty())
    }

    /// List items; an inline list `[a, b]` and `a, b` are spelled out.
    pub fn list(&self) -> Vec<String> {
        self.values.iter().flat_map(|(text, _)| inline_list(text)).filter(|item| !is_nothing(item)).collect()
    }
}

fn is_nothing(item: &str) -> bool {
    matches!(item.to_lowercase().as_str(), "none" | "n/a" | "-" | "—")
}

/// Keys in the order of writing; deeper levels are not looked into.
pub fn keys(lines: &[Line<'_>]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let mut indent_of_key = 0;
    for line in lines {
        if Fence::of(line).is_some() || line.text.trim().is_empty() {
            continue;
        }
        let indent = line.text.len() - line.text.trim_start().len();
        let text = line.text.trim().trim_start_matches('>').trim_start();
        if let Some((name, value)) = table_row(text).or_else(|| pair(text))
            && (keys.is_empty() || indent <= indent_of_key)
        {
            indent_of_key = indent;
            let value = scalar(&value);
            let values = if value.is_empty() { Vec::new() } else { vec![(value, line.number)] };
            keys.push(Key { name, values, line: line.number });
            continue;
        }
        if let (Some(item), Some(key)) = (bullet(text), keys.last_mut()) {
            let item = scalar(item);
            if !item.is_empty() {
                key.values.push((item, line.number));
            }
        }
    }
    keys
}

/// A bullet list without keys: skills.
pub fn items(lines: &[Line<'_>]) -> Vec<String> {
    lines.iter().filter_map(|line| bullet(line.text.trim())).map(scalar).filter(|item| !item.is_empty()).collect()
}

/// `sub_agents:` with `- name:` entries and their own keys and lists.
pub fn subagents(lines: &[Line<'_>]) -> Vec<SubAgent> {
    let mut agents: Vec<SubAgent> = Vec::new();
    let mut list = String::new();
    for line in lines {
        let text = line.text.trim();
        let item = bullet(text);
        match pair(item.unwrap_or(text)) {
            Some((name, value)) if name == "name" => {
                agents.push(SubAgent { name: scalar(&value), ..SubAgent::default() });
                list.clear();
            }
            Some((name, value)) if item.is_none() => {
                let Some(agent) = agents.last_mut() else { continue };
                let value = scalar(&value);
                match name.as_str() {
                    "role" => agent.role = Some(value),
                    "model" => agent.model = Some(value),
                    _ if value.is_empty() => list = name,
                    _ => inline_list(&value).into_iter().for_each(|item| add(agent, &name, item)),
                }
            }
            _ => {
                if let (Some(item), Some(agent)) = (item, agents.last_mut()) {
                    add(agent, &list, scalar(item));
                }
            }
        }
    }
    agents
}

fn add(agent: &mut SubAgent, list: &str, item: String) {
    match list {
        "responsibilities" => agent.responsibilities.push(item),
        "files" => agent.files.push(item),
        "constraints" => agent.constraints.push(item),
        _ => {}
    }
}

/// `Key: value`, with `**` around the key or the key and its colon, and behind a bullet.
fn pair(text: &str) -> Option<(String, String)> {
    let text = match bullet(text) {
        Some(item) if item.starts_with("**") || is_known(item) => item,
        Some(_) => return None,
        None => text,
    };
    let (key, value) = if let Some(rest) = text.strip_prefix("**") {
        let (key, value) = rest.split_once("**")?;
        match key.strip_suffix(':') {
            Some(key) => (key, value),
            None => (key, value.trim_start().strip_prefix(':')?),
        }
    } else {
        let (key, value) = text.split_once(':')?;
        if !(value.is_empty() || value.starts_with([' ', '\t'])) {
            return None;
        }
        (key, value)
    };
    name(key).map(|name| (name, value.trim().to_owned()))
}

/// A plain bullet is a key only where its name is one: list items hold colons too.
fn is_known(item: &str) -> bool {
    const KNOWN: [&str; 23] = [
        "session_id",
        "title",
        "phase",
        "week",
        "track",
        "repository",
        "working_directory",
        "execution",
        "size",
        "estimated_time",
        "duration",
        "dependencies",
        "depends_on",
        "parallel_with",
        "files",
        "skills",
        "model",
        "thinking_mode",
        "ultrathink",
        "max_thinking_tokens",
        "temperature",
        "requires",
        "project",
    ];
    item.split_once(':').and_then(|(key, _)| name(key)).is_some_and(|name| KNOWN.contains(&name.as_str()))
}

fn name(key: &str) -> Option<String> {
    let key = key.trim().trim_matches(['`', '"', '\'']);
    let words = key.split([' ', '-', '_']).filter(|word| !word.is_empty()).count();
    let plain = key.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    (plain && (1..=4).contains(&words) && key.starts_with(char::is_alphabetic))
        .then(|| key.to_lowercase().replace([' ', '-'], "_"))
}

/// `| Key | value |`.
fn table_row(text: &str) -> Option<(String, String)> {
    let cells: Vec<&str> = text.strip_prefix('|')?.trim_end_matches('|').split('|').map(str::trim).collect();
    let [key, value] = cells[..] else { return None };
    name(key.trim_matches('*').trim_end_matches(':')).map(|name| (name, value.to_owned()))
}

fn bullet(text: &str) -> Option<&str> {
    ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark)).map(str::trim)
}

/// Without quotes and without a YAML comment.
fn scalar(value: &str) -> String {
    let value = value.trim();
    let value = value.find(" #").map_or(value, |at| value[..at].trim_end());
    let unquoted = ['"', '\'', '`']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote).filter(|inner| !inner.contains(*quote)));
    unquoted.unwrap_or(value).to_owned()
}

fn inline_list(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    inner.split(',').map(scalar).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn text_of(text: &str, key: &str) -> Option<String> {
        keys(&lines(text)).iter().find(|k| k.name == key).and_then(Key::text)
    }

    #[test]
    fn every_notation_reads_the_same() {
        for text in [
            "```yaml\nphase: 1\nworking_directory: \"a b\"\n```",
            "phase: 1 # the first\nworking-directory: a b",
            "- **Phase:** 1\n- **Working directory:** a b",
            "- phase: 1\n- working_directory: a b",
            "> **Phase:** 1\n> **Working Directory**: a b",
            "| Key | Value |\n|---|---|\n| Phase | 1 |\n| **Working directory** | a b |",
        ] {
            assert_eq!(text_of(text, "phase").as_deref(), Some("1"), "{text}");
            assert_eq!(text_of(text, "working_directory").as_deref(), Some("a b"), "{text}");
        }
    }

    #[test]
    fn lists_keep_the_line_of_each_item() {
        let found = keys(&lines("dependencies:\n  - BE-01\n  - DB-01 (note)\nfiles: [a/**, b]\nexecution: A | B"));
        assert_eq!(found[0].values, [("BE-01".to_owned(), 2), ("DB-01 (note)".to_owned(), 3)]);
        assert_eq!(found[1].list(), ["a/**", "b"]);
        assert_eq!(found[2].text().as_deref(), Some("A | B"));
    }

    #[test]
    fn subagents_with_lists() {
        let found = subagents(&lines(
            "sub_agents:\n  - name: A\n    role: r: x\n    responsibilities:\n      - one\n      - two\n  - name: B\n    files: [x/**]\n",
        ));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].role.as_deref(), found[0].responsibilities.len()), (Some("r: x"), 2));
        assert_eq!(found[1].files, ["x/**"]);
    }
}
