//! The XML dialect: a session as a `<session id="…">` element, raw or in an `xml` fence.
//!
//! Read line by line and not with an XML parser: real ones hold code fences, unescaped `<`, and other `<session` tags in
//! their text. A tag counts only as the first thing on a line and outside inner fences (R6 of the format's rulings).

use std::collections::HashSet;
use std::ops::Range;

use session_sdk::{Check, CheckKind, Span, SubAgent, Text, id};

use super::agents;
use super::depends::begins;
use super::fence::{Fence, Fences};
use super::keys::{Key, item, keys};
use super::lines::Line;
use super::tag::{attribute, decoded, plain_value, tag, value};
use super::{commit, key_names, runner, section};

/// A line that opens a session element: its ID.
pub(super) fn opens<'a>(line: &Line<'a>) -> Option<&'a str> {
    let tag = tag(line.text)?;
    if tag.name != "session" || tag.closing {
        return None;
    }
    attribute(tag.attributes, "id").filter(|value| id::is_id(value))
}

/// A line that begins a tag of the name in whatever case, and opens no session: its ID is none, or on another line.
pub(super) fn is_malformed(line: &Line<'_>) -> bool {
    let text = line.text.trim_start();
    let named = text.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("<session"));
    let bare = named && text[8..].trim().is_empty();
    let with_id = named && text[8..].starts_with(' ') && text.contains("id=");
    (bare || with_id) && opens(line).is_none()
}

/// A line that ends one.
pub(super) fn closes(line: &Line<'_>) -> bool {
    tag(line.text).is_some_and(|tag| tag.closing && tag.name == "session")
}

/// The project that the tag names.
pub(super) fn project<'a>(line: &Line<'a>) -> Option<&'a str> {
    attribute(tag(line.text)?.attributes, "project")
}

/// Where tags count: outside fences, or in an `xml` fence and in no other.
pub(super) fn counts(fences: &Fences<'_>) -> bool {
    fences.outermost().is_none_or(|fence| fence.is(&["xml"]) && fences.depth() == 1)
}

/// What stands between the tags.
#[derive(Debug)]
pub(super) struct Element<'l, 'a> {
    body: &'l [Line<'a>],
    pub(super) closed: bool,
    /// Line of the tag that closes.
    end: Option<usize>,
    /// Lines of it that a task or what speaks of failure holds.
    nested: Vec<Nested>,
    /// Line of the tag that opens.
    pub(super) line: usize,
    pub(super) title: Option<&'a str>,
    /// Of the tag.
    attributes: &'a str,
}

/// The element of a session in its lines.
pub(super) fn find<'l, 'a>(lines: &'l [Line<'a>], id: &str, around: Option<Fence<'a>>) -> Option<Element<'l, 'a>> {
    let mut fences = Fences::around(around);
    let start = lines.iter().position(|line| {
        fences.see(line);
        counts(&fences) && opens(line) == Some(id)
    })?;
    let body = &lines[start + 1..];
    let end = outside(body).find(|(_, line)| closes(line));
    let attributes = tag(lines[start].text).map_or("", |tag| tag.attributes);
    let title = attribute(attributes, "title");
    let end_line = end.map(|(_, line)| line.number);
    let (closed, body) = (end.is_some(), end.map_or_else(|| unclosed(body, &fences), |(at, _)| &body[..at]));
    let nested = nested(body);
    Some(Element { body, closed, end: end_line, nested, line: lines[start].number, title, attributes })
}

/// What an element without an end tag holds: not the fence that it stands in. That ends at the last line of a fence, if
/// none is open behind it.
fn unclosed<'l, 'a>(body: &'l [Line<'a>], around: &Fences<'a>) -> &'l [Line<'a>] {
    let mut fences = around.clone();
    let last = body.iter().enumerate().filter(|(_, line)| fences.see(line)).last().map(|(at, _)| at);
    match last {
        Some(last) if around.is_open() && !fences.is_open() => &body[..last],
        _ => body,
    }
}

/// Lines outside fences, with their index.
fn outside<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = (usize, &'l Line<'a>)> {
    let mut fences = Fences::default();
    lines.iter().enumerate().filter(move |(_, line)| !fences.see(line) && !fences.is_open())
}

/// Whose a line of an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nested {
    Own,
    /// A task's: it counts where the session has none of the kind.
    Task,
    /// It undoes something, so nothing in it is a check or a message.
    Failure,
}

/// Only what is closed holds anything. Tags that are open deeper than `DEEPEST` are text, so each line is looked at in
/// bounded time.
fn nested(body: &[Line<'_>]) -> Vec<Nested> {
    const DEEPEST: usize = 32;
    // How many of each kind begin at a line, less those that end before it.
    let mut edges = vec![[0_i64; 2]; body.len() + 1];
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    for (at, line) in outside(body) {
        let Some(tag) = tag(line.text) else { continue };
        let kind = match tag.name {
            "task" | "tasks" | "step" | "steps" => 0,
            name if section::speaks_of_failure(&name.replace(['_', '-'], " ")) => 1,
            _ => continue,
        };
        let from = if tag.closing {
            let from = open.iter().rposition(|(name, ..)| *name == tag.name);
            from.map(|from| (open[from].1, open.truncate(from)).0)
        } else {
            let alone = line.text.trim_end().ends_with("/>") || tag.rest.contains(&format!("</{}>", tag.name));
            if !alone && open.len() < DEEPEST {
                open.push((tag.name, at, kind));
            }
            Some(at).filter(|_| alone)
        };
        if let Some(from) = from {
            edges[from][kind] += 1;
            edges[at + 1][kind] -= 1;
        }
    }
    let mut depth = [0_i64; 2];
    let lines = edges.iter().take(body.len()).map(|edge| {
        depth = [depth[0] + edge[0], depth[1] + edge[1]];
        match (depth[0] > 0, depth[1] > 0) {
            (_, true) => Nested::Failure,
            (true, _) => Nested::Task,
            _ => Nested::Own,
        }
    });
    lines.collect()
}

impl<'l, 'a> Element<'l, 'a> {
    /// What stands behind its end tag, and the fence around it.
    pub(super) fn behind(&self, lines: &[Line<'_>]) -> Option<Span> {
        let end = self.end?;
        let at = lines.iter().position(|line| line.number == end)? + 1;
        let fenced = lines[..at].iter().rev().skip_while(|line| line.number >= self.line).find(|line| !line.is_blank());
        let fence = fenced.and_then(Fence::of);
        let closes = |line: &Line<'_>| Fence::of(line).zip(fence).is_some_and(|(line, fence)| line.closes(&fence));
        let from = lines[at..].iter().position(|line| !line.is_blank()).map_or(lines.len(), |blank| at + blank);
        let from = if lines.get(from).is_some_and(closes) { from + 1 } else { from };
        let rest = |line: &&Line<'_>| !matches!(line.text.trim(), "" | "---" | "***" | "___");
        let mut text = lines[from..].iter().filter(rest);
        let first = text.next()?;
        Some(Span { start: first.start, end: text.next_back().unwrap_or(first).end() })
    }

    /// Lines of a block, its tags included; of one line where it opens and closes there.
    fn block(&self, name: &str) -> Option<Range<usize>> {
        let is =
            |line: &Line<'_>, closing| tag(line.text).is_some_and(|tag| tag.name == name && tag.closing == closing);
        let opens =
            |nested: Nested| outside(self.body).find(move |(at, line)| self.nested[*at] == nested && is(line, false));
        let (start, first) = opens(Nested::Own).or_else(|| opens(Nested::Task))?;
        if first.text.contains(&format!("</{name}>")) {
            return Some(start..start + 1);
        }
        let end = outside(self.body).find(|(at, line)| *at > start && is(line, true));
        // Metadata that nobody closes ends before the first tag that is no key.
        let other = |(at, line): &(usize, &Line<'_>)| {
            let opens = tag(line.text).filter(|tag| !tag.closing && value(line.text).is_none());
            *at > start && opens.is_some_and(|tag| !is_dependency(tag.name))
        };
        let last = || match name {
            "metadata" => outside(self.body).find(other).map(|(at, _)| at),
            _ => None,
        };
        let end = end.map(|(at, _)| at + 1).or_else(last);
        Some(start..end.unwrap_or(self.body.len()))
    }

    fn inside(&self, name: &str) -> &'l [Line<'a>] {
        match self.block(name) {
            Some(block) if block.len() > 1 => {
                // The last line of one that nobody closes may end another.
                let closed = tag(self.body[block.end - 1].text).is_some_and(|tag| tag.closing && tag.name == name);
                &self.body[block.start + 1..if closed { block.end - 1 } else { block.end }]
            }
            Some(block) => &self.body[block],
            None => &[],
        }
    }

    /// All but metadata, verification, criteria and commit (R5), and of these what nothing is read from.
    pub(super) fn prompt(&self) -> Text {
        let mut read = vec![false; self.body.len()];
        self.metadata_lines(&mut read);
        self.check_lines(&mut read);
        self.commit_lines(&mut read);
        let mut text = Text::new();
        let mut open: Option<Span> = None;
        for (line, read) in self.body.iter().zip(read) {
            match &mut open {
                _ if line.text.trim().is_empty() => {}
                Some(_) if read => text.push(open.take().unwrap_or_default()),
                Some(span) => span.end = line.end(),
                None if read => {}
                None => open = Some(Span { start: line.start, end: line.end() }),
            }
        }
        open.into_iter().for_each(|span| text.push(span));
        text
    }

    /// Lines of metadata that are keys of a session, or what it waits for.
    fn metadata_lines(&self, read: &mut [bool]) {
        let Some(block) = self.block("metadata") else { return };
        let bare = self.bare_keys("metadata");
        let bare: HashSet<usize> = bare.iter().filter(|key| key.field.is_some()).flat_map(lines_of_key).collect();
        let mut waits = false;
        for at in block {
            let line = &self.body[at];
            let tag = tag(line.text);
            let of_key = tag.is_some_and(|tag| {
                let key = || value(line.text).is_some() && key_names::field(&key_name(tag.name)).is_some();
                tag.name == "metadata" || !is_dependency(tag.name) && key()
            });
            let dependency = tag.filter(|tag| is_dependency(tag.name));
            // What is no session is text as well as a warning.
            let session = || value(line.text).is_none_or(|(_, value)| value.is_empty() || begins(&value));
            read[at] =
                of_key || waits && tag.is_none() || dependency.is_some() && session() || bare.contains(&line.number);
            match (dependency, tag) {
                (Some(tag), _) => waits = !tag.closing && value(line.text).is_none(),
                // Any other tag ends what nobody closed.
                (None, Some(_)) => waits = false,
                (None, None) => {}
            }
        }
    }

    fn check_lines(&self, read: &mut [bool]) {
        for (name, elements) in check_blocks() {
            let Some(block) = self.block(name) else { continue };
            for at in block.clone().filter(|at| self.nested[*at] != Nested::Failure) {
                match tag(self.body[at].text) {
                    Some(tag) if tag.name == name => read[at] = true,
                    Some(tag) if elements.contains(&tag.name) && !tag.closing => {
                        let end = at + lines_of(&self.body[at..], tag.name);
                        read[at..end.min(block.end)].fill(true);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Of a message in parts each part once.
    fn commit_lines(&self, read: &mut [bool]) {
        let Some(block) = COMMIT.iter().find_map(|name| self.block(name)) else { return };
        let parts = ["type", "scope", "description", "body"];
        let mut seen: Vec<&str> = Vec::new();
        let is_type = |line: &Line<'_>| value(line.text).is_some_and(|(tag, _)| tag.name == "type");
        let in_parts = self.body[block.clone()].iter().any(is_type);
        for at in block {
            let part = value(self.body[at].text).map(|(tag, _)| tag.name).filter(|_| in_parts);
            read[at] = match part {
                Some(part) if parts.contains(&part) && !seen.contains(&part) => {
                    seen.push(part);
                    true
                }
                Some(_) => false,
                None => !in_parts || tag(self.body[at].text).is_some_and(|tag| COMMIT.contains(&tag.name)),
            };
        }
    }

    /// `<key>value</key>` of metadata and system configuration, and dependencies wherever they stand.
    pub(super) fn keys(&self) -> Vec<Key<'a>> {
        let mut keys: Vec<Key<'a>> = Vec::new();
        for block in ["metadata", "system_config"] {
            for line in self.inside(block) {
                if let Some((tag, value)) = value(line.text).filter(|(tag, _)| !is_dependency(tag.name)) {
                    keys.push(Key::new(key_name(tag.name), value.into(), line.number));
                }
            }
            keys.extend(self.bare_keys(block));
        }
        let of_tag = ["depends_on", "depends", "requires", "dependencies"];
        let of_tag = of_tag.iter().filter_map(|name| Some((decoded(attribute(self.attributes, name)?), self.line)));
        let found = of_tag.chain(self.dependencies()).filter(|(text, _)| !text.is_empty());
        keys.extend(found.map(|(text, line)| Key::new("dependencies".into(), text.into(), line)));
        keys
    }

    /// `key: value` lines between the tags of a block: where none opens among them, it is written in the other dialect.
    fn bare_keys(&self, block: &str) -> Vec<Key<'a>> {
        let lines = self.inside(block);
        if lines.len() < 2 && self.block(block).is_none_or(|block| block.len() < 2)
            || lines.iter().any(|line| tag(line.text).is_some_and(|tag| !tag.closing))
        {
            return Vec::new();
        }
        keys(lines, false)
    }

    /// What stands in tags of dependencies, on one line or over several.
    fn dependencies(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        let mut open = None;
        // What a task needs is its own.
        let mut task = false;
        for (_, line) in outside(self.body) {
            let tag = tag(line.text);
            if let Some(tag) = tag.filter(|tag| tag.name == "task") {
                task = !tag.closing && !tag.rest.contains("</task>") && !line.text.contains("/>");
            }
            if task {
                continue;
            }
            if let Some((_, text)) = value(line.text).filter(|(tag, _)| open.is_some() || is_dependency(tag.name)) {
                found.push((text, line.number));
            } else if let Some(tag) = tag.filter(|tag| is_dependency(tag.name) || open.is_some()) {
                let of = ["id", "ref", "session"].iter().find_map(|name| attribute(tag.attributes, name));
                found.extend(of.map(|id| (decoded(id), line.number)));
                // Any other tag without a value ends what nobody closed.
                open = match (of, tag.closing) {
                    (Some(_), _) => open,
                    (None, false) => Some(tag.name).filter(|name| is_dependency(name)),
                    (None, true) => open.filter(|name| *name != tag.name),
                };
            } else if open.is_some() && tag.is_none() {
                let text = line.text.trim();
                found.push((decoded(item(text).unwrap_or(text)), line.number));
            }
        }
        found
    }

    pub(super) fn skills(&self) -> Vec<String> {
        self.inside("skills")
            .iter()
            .filter_map(|line| value(line.text))
            .map(|(_, text)| text)
            .filter(|text| !text.is_empty())
            .collect()
    }

    pub(super) fn subagents(&self) -> Vec<SubAgent> {
        let block = ["subagents", "sub_agents", "agents"].into_iter().map(|name| self.inside(name));
        block.filter(|lines| !lines.is_empty()).flat_map(|lines| agents::agents(lines, 0)).collect()
    }

    /// `<check>` elements of the verification, and criteria, which a person confirms.
    pub(super) fn checks(&self) -> Vec<Check> {
        let mut found = Vec::new();
        for (name, elements) in check_blocks() {
            let lines = self.inside(name);
            let first = lines.first().and_then(|first| self.body.iter().position(|line| line.number == first.number));
            let fails = |at: usize| first.is_some_and(|first| self.nested[first + at] == Nested::Failure);
            for (at, line) in outside(lines).filter(|(at, _)| !fails(*at)) {
                let Some(tag) = tag(line.text).filter(|tag| elements.contains(&tag.name) && !tag.closing) else {
                    continue;
                };
                let command = attribute(tag.attributes, "command").map(plain_value);
                let text = whole_text(&lines[at..], tag.name);
                let command = command.or_else(|| runner::command(&text).map(str::to_owned));
                let kind = if command.is_some() { CheckKind::Command } else { CheckKind::Manual };
                found.push(Check { kind, text: command.unwrap_or(text), line: Some(line.number), ..Check::default() });
            }
        }
        found
    }

    /// The text, or the subject that `<type>`, `<scope>` and `<description>` make.
    pub(super) fn commit(&self) -> Option<String> {
        let lines = COMMIT.iter().map(|name| self.inside(name)).find(|lines| !lines.is_empty()).unwrap_or_default();
        let part = |name: &str| {
            lines.iter().filter_map(|line| value(line.text)).find(|(tag, _)| tag.name == name).map(|(_, text)| text)
        };
        if let (Some(kind), Some(description)) = (part("type"), part("description")) {
            let scope = part("scope").filter(|scope| !scope.is_empty()).map(|scope| format!("({scope})"));
            let subject = format!("{kind}{}: {description}", scope.unwrap_or_default());
            return Some(part("body").map_or(subject.clone(), |body| format!("{subject}\n\n{body}")));
        }
        if lines.iter().any(|line| Fence::of(line).is_some())
            && let Some((_, message)) = commit::message(lines, false)
        {
            return Some(message);
        }
        if let Some(message) = part("message").or_else(|| part("subject")) {
            return Some(part("body").map_or(message.clone(), |body| format!("{message}\n\n{body}")));
        }
        let text = lines.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
        let text = match tag(&text).filter(|tag| COMMIT.contains(&tag.name)) {
            Some(tag) => tag.rest.trim().trim_end_matches(&format!("</{}>", tag.name)),
            None => &text,
        };
        let text = ["message", "subject"].iter().fold(text.trim(), |text, name| {
            let inner =
                text.strip_prefix(&format!("<{name}>")).and_then(|text| text.strip_suffix(&format!("</{name}>")));
            inner.map_or(text, str::trim)
        });
        commit::of_text(decoded(text), false)
    }
}

/// Blocks of criteria, and those that may hold the commit message.
const CRITERIA: [&str; 4] = ["success_criteria", "acceptance_criteria", "completion_criteria", "definition_of_done"];
const COMMIT: [&str; 3] = ["git_commit", "commit", "commit_message"];

/// Blocks that hold checks, and the elements in them that are some.
fn check_blocks() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let criteria = CRITERIA.iter().map(|name| (*name, &["criterion", "item"][..]));
    std::iter::once(("verification", &["check"][..])).chain(criteria)
}

fn lines_of_key(key: &Key<'_>) -> Vec<usize> {
    key.values.iter().map(|(_, line)| *line).chain([key.line]).collect()
}

fn key_name(tag: &str) -> String {
    tag.to_lowercase().replace('-', "_")
}

fn is_dependency(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "requires" | "depends" | "depends_on" | "depends-on" | "dependencies" | "dependency")
}

/// The text of the element on the first line, over several lines where its end tag is further down.
fn whole_text(lines: &[Line<'_>], name: &str) -> String {
    let end = format!("</{name}>");
    let texts = lines[..lines_of(lines, name)].iter().enumerate().map(|(i, line)| {
        let part = if i == 0 { tag(line.text).map_or("", |tag| tag.rest) } else { line.text.trim() };
        part.split(&end).next().unwrap_or_default()
    });
    decoded(texts.collect::<Vec<_>>().join("\n").trim())
}

/// How many lines the element on the first one takes: up to its end tag, or before another tag.
fn lines_of(lines: &[Line<'_>], name: &str) -> usize {
    let end = format!("</{name}>");
    for (i, line) in lines.iter().enumerate() {
        let other = tag(line.text).is_some_and(|tag| tag.name != name || !tag.closing);
        if i > 0 && other {
            return i;
        }
        let whole =
            i == 0 && tag(line.text).is_some_and(|tag| tag.rest.is_empty() && line.text.trim_end().ends_with("/>"));
        if line.text.contains(&end) || whole {
            return i + 1;
        }
    }
    lines.len()
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
    }

    #[test]
    fn a_block_that_nobody_closes_holds_the_same_whatever_comes_behind() {
        let text = "<session id=\"A-1\">\n<metadata>\ndependencies: A-2\n</verification>\n";
        for behind in ["", "\n", "\ntext\n"] {
            let all = format!("{text}{behind}");
            let all = lines(&all);
            let keys = find(&all, "A-1", None).expect("an element").keys();
            assert_eq!(keys.iter().map(Key::list).collect::<Vec<_>>(), [["A-2"]], "{behind:?}");
        }
    }

    #[test]
    fn a_check_over_several_lines() {
        let all = lines("<session id=\"A-1\">\n<verification>\n<check>The clerk\n  agrees</check>\n</verification>");
        let element = find(&all, "A-1", None).expect("an element");
        assert!(!element.closed);
        assert_eq!(element.checks()[0].text, "The clerk\nagrees");
    }
}
