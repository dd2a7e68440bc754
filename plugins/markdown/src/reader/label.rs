//! Labels in a session's own text: `**Label:** value`, `- **Label:** value`, `Label: value`. A value is the rest of its
//! line, else the list, fence or paragraph right below; what follows is text. Keys of metadata are `keys.rs`.

use std::ops::Range;

use super::fence::{Fence, closing};
use super::heading::{heading, unnumbered};
use super::key_names::Field;
use super::keys;
use super::lines::Line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key that may stand anywhere.
    Key(Field),
    Files,
    Check,
    Criteria,
    Commit,
    Status,
}

/// Names in lower case with `_`, in their order.
const NAMES: [(&str, Meaning); 42] = [
    ("acceptance_criteria", Meaning::Criteria),
    ("after", Meaning::Key(Field::Dependencies)),
    ("blocked_by", Meaning::Key(Field::Dependencies)),
    ("commit", Meaning::Commit),
    ("commit_message", Meaning::Commit),
    ("completion_criteria", Meaning::Criteria),
    ("create", Meaning::Files),
    ("definition_of_done", Meaning::Criteria),
    ("deliverables", Meaning::Criteria),
    ("dependencies", Meaning::Key(Field::Dependencies)),
    ("dependency", Meaning::Key(Field::Dependencies)),
    ("depends", Meaning::Key(Field::Dependencies)),
    ("depends_on", Meaning::Key(Field::Dependencies)),
    ("done_when", Meaning::Criteria),
    ("duration", Meaning::Key(Field::EstimatedTime)),
    ("effort", Meaning::Key(Field::EstimatedTime)),
    ("estimate", Meaning::Key(Field::EstimatedTime)),
    ("estimated_duration", Meaning::Key(Field::EstimatedTime)),
    ("estimated_effort", Meaning::Key(Field::EstimatedTime)),
    ("estimated_time", Meaning::Key(Field::EstimatedTime)),
    ("files", Meaning::Files),
    ("files_to_change", Meaning::Files),
    ("files_to_create", Meaning::Files),
    ("files_to_modify", Meaning::Files),
    ("git_commit", Meaning::Commit),
    ("modify", Meaning::Files),
    ("parallel_with", Meaning::Key(Field::ParallelWith)),
    ("prerequisite", Meaning::Key(Field::Prerequisites)),
    ("prerequisites", Meaning::Key(Field::Prerequisites)),
    ("requires", Meaning::Key(Field::Dependencies)),
    ("run", Meaning::Check),
    ("status", Meaning::Status),
    ("success_criteria", Meaning::Criteria),
    ("test", Meaning::Files),
    ("test_command", Meaning::Check),
    ("test_commands", Meaning::Check),
    ("validate", Meaning::Check),
    ("validation", Meaning::Check),
    ("verification", Meaning::Check),
    ("verification_checklist", Meaning::Check),
    ("verification_commands", Meaning::Check),
    ("verify", Meaning::Check),
];

/// A line that begins with a label.
#[derive(Clone, Debug)]
pub struct Label<'a> {
    pub meaning: Meaning,
    pub value: &'a str,
    indent: usize,
    /// It is an item of a list: what belongs to it is deeper.
    item: bool,
}

/// The label of a line, where its name is known.
pub fn label<'a>(line: &Line<'a>) -> Option<Label<'a>> {
    let text = line.text.trim_start();
    let indent = line.text.len() - text.len();
    let text = text.trim_start_matches('>').trim();
    let inner = keys::bullet(text).or_else(|| unnumbered(text));
    let (name, value) = parts(inner.unwrap_or(text))?;
    let name = name.rfind(" (").filter(|_| name.ends_with(')')).map_or(name, |at| &name[..at]);
    let name = keys::name(name)?;
    let at = NAMES.binary_search_by_key(&name.as_str(), |(known, _)| known).ok()?;
    // A plain item of a list is no label, but for one that is nothing but paths: `- Create: src/a.rs`.
    let plain = inner.is_some_and(|inner| !inner.contains("**") && !inner.contains("__"));
    if plain && !(NAMES[at].1 == Meaning::Files && keys::bullet(text).is_some() && is_paths(value)) {
        return None;
    }
    Some(Label { meaning: NAMES[at].1, value: value.trim(), indent, item: inner.is_some() })
}

/// Paths in code, or one word that is a path.
fn is_paths(value: &str) -> bool {
    let prose: String = value.split('`').step_by(2).collect();
    let words = prose.split([' ', ',', ';']).filter(|word| !word.is_empty()).count();
    words == 0 && value.contains('`') || words == 1 && prose.contains('/')
}

/// Name and value: bold with its colon inside or behind, bold alone, or plain with a colon before white space.
fn parts(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric()).trim_start();
    for mark in ["**", "__"] {
        if let Some(rest) = text.strip_prefix(mark) {
            let (name, value) = rest.split_once(mark)?;
            return match name.trim_end().strip_suffix([':', '：']) {
                Some(name) => Some((name, value)),
                None => {
                    let value = value.trim_start();
                    let behind = value.strip_prefix([':', '：']).or(Some("").filter(|_| value.is_empty()))?;
                    Some((name, behind))
                }
            };
        }
    }
    let (name, value) = text.split_once([':', '：'])?;
    (value.is_empty() || value.starts_with(char::is_whitespace)).then_some((name, value))
}

/// Where the value of a label stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// On the label's line.
    Line,
    Fence(Range<usize>),
    List(Range<usize>),
    Paragraph(Range<usize>),
    /// Nowhere.
    None,
}

/// The value of the label on the line before `at`.
pub fn block(label: &Label<'_>, lines: &[Line<'_>], at: usize) -> Block {
    // `**Verify:** all of these:` has its value below.
    if !label.value.is_empty() && !label.value.ends_with([':', '：']) {
        return Block::Line;
    }
    let Some(first) = (at..lines.len()).find(|at| !lines[*at].is_blank()) else { return Block::None };
    let line = &lines[first];
    let below = !label.item || indent(line) > label.indent;
    if Fence::of(line).is_some() {
        let end = closing(&lines[first..]).map_or(lines.len(), |end| first + end + 1);
        return Block::Fence(first..end);
    }
    let is_item = |line: &Line<'_>| keys::item(line.text.trim()).is_some();
    if ends(line) || !below || is_label(line) && !is_item(line) {
        return Block::None;
    }
    if keys::item(line.text.trim()).is_some() {
        return Block::List(first..list_end(label, lines, first));
    }
    let goes_on = |line: &&Line<'_>| {
        !line.is_blank() && !ends(line) && Fence::of(line).is_none() && !is_item(line) && !is_label(line)
    };
    let more = lines[first..].iter().take_while(goes_on);
    Block::Paragraph(first..first + more.count())
}

fn is_label(line: &Line<'_>) -> bool {
    label(line).is_some()
}

/// A heading or a bold line: the next thing.
fn ends(line: &Line<'_>) -> bool {
    let text = line.text.trim();
    heading(line).is_some_and(|heading| heading.strict)
        || text.starts_with("**") && parts(text).is_some()
        || text == "---"
}

/// A list holds its items and what is deeper than they are.
fn list_end(label: &Label<'_>, lines: &[Line<'_>], first: usize) -> usize {
    let depth = indent(&lines[first]);
    let mut end = first;
    let mut at = first;
    while let Some(line) = lines.get(at) {
        let item = keys::item(line.text.trim()).is_some();
        let deeper = indent(line) > depth && (at == 0 || !ends(line));
        let outer = label.item && indent(line) <= label.indent;
        if line.is_blank() {
            at += 1;
            continue;
        }
        if outer || !(item && indent(line) >= depth || deeper) {
            break;
        }
        at = match Fence::of(line) {
            Some(_) => closing(&lines[at..]).map_or(lines.len(), |end| at + end + 1),
            None => at + 1,
        };
        end = at;
    }
    end
}

fn indent(line: &Line<'_>) -> usize {
    line.text.len() - line.text.trim_start().len()
}

/// Whether a status says that all is done.
pub fn says_done(value: &str) -> bool {
    let word = value.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    value.contains('✅') || word.starts_with("done") || word.starts_with("complete")
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn of(text: &str) -> Option<(Meaning, String)> {
        label(&lines(text)[0]).map(|label| (label.meaning, label.value.to_owned()))
    }

    fn below(text: &str) -> Block {
        let all = lines(text);
        block(&label(&all[0]).expect(text), &all, 1)
    }

    #[test]
    fn every_way_to_write_a_label() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        for text in [
            "**Verify:** x",
            "**Verify**: x",
            "- **Verify:** x",
            "  - **verify:** x",
            "Verify: x",
            "1. **Verify (fast):** x",
            "- **Verify**: x",
            "> **Verify:** x",
            "**🔍 Verify:** x",
            "__Verify:__ x",
            "Test command: x",
        ] {
            assert_eq!(of(text), Some((Meaning::Check, "x".into())), "{text}");
        }
        for text in ["- Create: `src/a.rs`", "- Test: `a/b.rs`, `c/d.rs`", "- Modify: src/a.rs:10-40"] {
            assert!(of(text).is_some_and(|(meaning, _)| meaning == Meaning::Files), "{text}");
        }
        for text in ["1. Run: `make`", "- Run: `make`", "1. Create: `src/a.rs`", "- Create: `src/a.rs` with the type"] {
            assert_eq!(of(text), None, "{text}");
        }
        for text in ["**Verify** x", "Verify:x", "**Goal:** x", "verify that: x", "Verify", "see Verify: x"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn values_stand_right_below() {
        assert_eq!(below("**Verify:** x\ny\n"), Block::Line);
        assert_eq!(below("**Verify:**\n\n```sh\na\n```\nb\n"), Block::Fence(2..5));
        assert_eq!(below("**Files:**\n- a\n- b\n\n- c\n  d\nprose\n"), Block::List(1..6));
        assert_eq!(below("- **Files:**\n  - a\n  - b\n- **Depends on:** none\n"), Block::List(1..3));
        assert_eq!(below("- **Files:**\n- **Depends on:** none\n"), Block::None);
        assert_eq!(below("**Verify:**\na\nb\n\nc\n"), Block::Paragraph(1..3));
        assert_eq!(below("**Verify:**\n\n**Commit:** x\n"), Block::None);
        assert_eq!(below("**Verify:**\n\n### Next\n"), Block::None);
        assert_eq!(below("Verify:\na\nCommit: b\n"), Block::Paragraph(1..2));
        assert_eq!(below("Verify:\n\nCommit: b\n"), Block::None);
    }
}
