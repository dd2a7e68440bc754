//! The XML dialect: a session as a `<session id="…">` element, raw or in an `xml` fence.
//!
//! Read line by line and not with an XML parser: real ones hold code fences, unescaped `<`, and other `<session` tags in
//! their text. A tag counts only as the first thing on a line and outside inner fences (R6 of the format's rulings).

use session_sdk::{Check, CheckKind, Span, SubAgent};

use super::keys::Key;
use super::lines::{Fences, Line};
use super::{id, runner};

/// A line that opens a session element: its ID.
pub(super) fn opens<'a>(line: &Line<'a>) -> Option<&'a str> {
    let tag = tag(line.text)?;
    if tag.name != "session" || tag.closing {
        return None;
    }
    attribute(tag.attributes, "id").filter(|value| id::is_id(value))
}

/// Where tags count: outside fences, or in an `xml` fence and in no other.
pub(super) fn counts(fences: &Fences<'_>) -> bool {
    fences.outermost().is_none_or(|fence| fence.info == "xml" && fences.depth() == 1)
}

/// What stands between the tags.
#[derive(Debug)]
pub(super) struct Element<'l, 'a> {
    body: &'l [Line<'a>],
    pub(super) closed: bool,
    /// Line of the tag that opens.
    pub(super) line: usize,
    pub(super) title: Option<&'a str>,
}

/// The element of a session in its lines.
pub(super) fn find<'l, 'a>(lines: &'l [Line<'a>], id: &str) -> Option<Element<'l, 'a>> {
    let mut fences = Fences::default();
    let start = lines.iter().position(|line| {
        fences.see(line);
        counts(&fences) && opens(line) == Some(id)
    })?;
    let body = &lines[start + 1..];
    let end = outside(body).find(|(_, line)| tag(line.text).is_some_and(|tag| tag.closing && tag.name == "session"));
    let title = tag(lines[start].text).and_then(|tag| attribute(tag.attributes, "title"));
    let (closed, body) = (end.is_some(), &body[..end.map_or(body.len(), |(at, _)| at)]);
    Some(Element { body, closed, line: lines[start].number, title })
}

/// Lines outside fences, with their index.
fn outside<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = (usize, &'l Line<'a>)> {
    let mut fences = Fences::default();
    lines.iter().enumerate().filter(move |(_, line)| !fences.see(line) && !fences.is_open())
}

impl<'l, 'a> Element<'l, 'a> {
    /// Lines of a block, its tags included; of one line where it opens and closes there.
    fn block(&self, name: &str) -> Option<std::ops::Range<usize>> {
        let is =
            |line: &Line<'_>, closing| tag(line.text).is_some_and(|tag| tag.name == name && tag.closing == closing);
        let (start, first) = outside(self.body).find(|(_, line)| is(line, false))?;
        if first.text.contains(&format!("</{name}>")) {
            return Some(start..start + 1);
        }
        let end = outside(self.body).find(|(at, line)| *at > start && is(line, true));
        Some(start..end.map_or(self.body.len(), |(at, _)| at + 1))
    }

    fn inside(&self, name: &str) -> &'l [Line<'a>] {
        match self.block(name) {
            Some(block) if block.len() > 1 => {
                let closed = self.body[block.end - 1].text.trim_start().starts_with("</");
                &self.body[block.start + 1..if closed { block.end - 1 } else { block.end }]
            }
            Some(block) => &self.body[block],
            None => &[],
        }
    }

    /// All but metadata, verification and commit (R5).
    pub(super) fn prompt(&self) -> Option<Span> {
        let apart: Vec<_> =
            ["metadata", "verification", "git_commit"].iter().filter_map(|name| self.block(name)).collect();
        let kept = |at: &usize| !apart.iter().any(|block| block.contains(at)) && !self.body[*at].text.trim().is_empty();
        let first = (0..self.body.len()).find(kept)?;
        let last = (0..self.body.len()).rev().find(kept)?;
        Some(Span { start: self.body[first].start, end: self.body[last].end() })
    }

    /// `<key>value</key>` of metadata and system configuration, and dependencies wherever they stand.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for block in ["metadata", "system_config"] {
            for line in self.inside(block) {
                if let Some((tag, value)) = value(line.text).filter(|(tag, _)| !is_dependency(tag.name)) {
                    let values = if value.is_empty() { Vec::new() } else { vec![(value, line.number)] };
                    keys.push(Key { name: tag.name.to_lowercase(), values, line: line.number });
                }
            }
        }
        let found = outside(self.body).filter_map(|(_, line)| {
            let (_, text) = value(line.text).filter(|(tag, text)| is_dependency(tag.name) && !text.is_empty())?;
            Some((text, line.number))
        });
        let values: Vec<(String, usize)> = found.collect();
        if let Some(line) = values.first().map(|(_, line)| *line) {
            keys.push(Key { name: "dependencies".into(), values, line });
        }
        keys
    }

    pub(super) fn skills(&self) -> Vec<String> {
        self.inside("skills")
            .iter()
            .filter_map(|line| value(line.text))
            .map(|(_, text)| text)
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// `<agent name="…" role="…">` and the like.
    pub(super) fn subagents(&self) -> Vec<SubAgent> {
        let all = ["subagents", "sub_agents"].iter().flat_map(|name| self.inside(name));
        all.filter_map(|line| {
            let tag = tag(line.text).filter(|tag| !tag.closing)?;
            let of = |key| attribute(tag.attributes, key).map(decoded);
            Some(SubAgent { name: of("name")?, role: of("role"), model: of("model"), ..SubAgent::default() })
        })
        .collect()
    }

    /// `<check>` elements of the verification.
    pub(super) fn checks(&self) -> Vec<Check> {
        let lines = self.inside("verification");
        let mut found = Vec::new();
        for (at, line) in outside(lines) {
            let Some(tag) = tag(line.text).filter(|tag| tag.name == "check" && !tag.closing) else { continue };
            let command = attribute(tag.attributes, "command").map(decoded);
            let text = whole_text(&lines[at..]);
            let command = command.or_else(|| runner::command(&text).map(str::to_owned));
            let kind = if command.is_some() { CheckKind::Command } else { CheckKind::Manual };
            found.push(Check { kind, text: command.unwrap_or(text), line: Some(line.number), ..Check::default() });
        }
        found
    }

    /// The text, or the subject that `<type>`, `<scope>` and `<description>` make.
    pub(super) fn commit(&self) -> Option<String> {
        let lines = self.inside("git_commit");
        let part = |name: &str| {
            lines.iter().filter_map(|line| value(line.text)).find(|(tag, _)| tag.name == name).map(|(_, text)| text)
        };
        if let (Some(kind), Some(description)) = (part("type"), part("description")) {
            let scope = part("scope").filter(|scope| !scope.is_empty()).map(|scope| format!("({scope})"));
            let subject = format!("{kind}{}: {description}", scope.unwrap_or_default());
            return Some(part("body").map_or(subject.clone(), |body| format!("{subject}\n\n{body}")));
        }
        let text = lines.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
        let text = decoded(text.trim().trim_start_matches("<git_commit>").trim_end_matches("</git_commit>").trim());
        Some(text).filter(|text| !text.is_empty())
    }
}

fn is_dependency(name: &str) -> bool {
    matches!(name, "requires" | "depends" | "depends_on" | "dependencies" | "dependency")
}

/// A tag that is the first thing on its line.
#[derive(Clone, Copy)]
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    closing: bool,
    /// What stands behind it.
    rest: &'a str,
}

fn tag(text: &str) -> Option<Tag<'_>> {
    let text = text.trim_start().strip_prefix('<')?;
    let (closing, text) = text.strip_prefix('/').map_or((false, text), |text| (true, text));
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).filter(|end| *end > 0)?;
    let mut quote = None;
    let close = text[end..].find(|c: char| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), c) if c == open => {
            quote = None;
            false
        }
        (None, '>') => true,
        _ => false,
    })?;
    let attributes = text[end..end + close].trim_end_matches('/');
    Some(Tag { name: &text[..end], attributes, closing, rest: &text[end + close + 1..] })
}

/// An opening tag with the decoded text up to its end tag on the same line.
fn value(text: &str) -> Option<(Tag<'_>, String)> {
    let tag = tag(text).filter(|tag| !tag.closing)?;
    let end = tag.rest.find(&format!("</{}>", tag.name))?;
    Some((tag, decoded(tag.rest[..end].trim())))
}

/// The text of the element on the first line, over several lines where its end tag is further down.
fn whole_text(lines: &[Line<'_>]) -> String {
    let mut text = tag(lines[0].text).map_or("", |tag| tag.rest).to_owned();
    for line in &lines[1..] {
        if text.contains("</check>") || tag(line.text).is_some() {
            break;
        }
        text.push('\n');
        text.push_str(line.text.trim());
    }
    let end = text.find("</check>").unwrap_or(text.len());
    decoded(text[..end].trim())
}

/// The order of attributes is free.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((key, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = behind[1..].split_once(quote)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
}

fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn tags_are_read_as_people_write_them() {
        let opened = |text| opens(&lines(text)[0]).map(str::to_owned);
        assert_eq!(opened("<session project='X > Y' id=\"HB-01\">").as_deref(), Some("HB-01"));
        assert_eq!(opened("  <session id='HB-01'>").as_deref(), Some("HB-01"));
        for not in [
            "a <session id=\"HB-01\">",
            "<sessions id=\"HB-01\">",
            "<session id=\"hb\">",
            "</session>",
            "<session",
            "< session>",
        ] {
            assert_eq!(opened(not), None, "{not}");
        }
        assert_eq!(value("<title>a &lt; b</title> x").map(|(_, text)| text).as_deref(), Some("a < b"));
    }

    #[test]
    fn a_check_over_several_lines() {
        let all = lines("<session id=\"A-1\">\n<verification>\n<check>The clerk\n  agrees</check>\n</verification>");
        let element = find(&all, "A-1").expect("an element");
        assert!(!element.closed);
        assert_eq!(element.checks()[0].text, "The clerk\nagrees");
    }
}
