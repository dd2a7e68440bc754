//! `key: value` as people write it: YAML, TOML and JSON fences, bare lines, `- **Key:** value` bullets, `> **Key:**
//! value` quotes and two-column tables, all read by one line-based reader.
//!
//! No YAML parser: one unquoted colon or star would lose the whole block, and every note behind a value is a comment
//! that YAML knows nothing of.

use std::borrow::Cow;

use super::depends;
use super::fence::Fence;
use super::heading::unnumbered;
use super::key_names::{self, Field};
use super::lines::Line;
use super::value::{inline_list, scalar, uncommented};

/// One key with what is written for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Lower case, words joined by `_`.
    pub name: String,
    pub field: Option<Field>,
    /// The value on the line, and list items: text and line number.
    pub values: Vec<(Cow<'a, str>, usize)>,
    pub line: usize,
}

impl<'a> Key<'a> {
    pub fn new(name: String, value: Cow<'a, str>, line: usize) -> Self {
        let values = if value.is_empty() { Vec::new() } else { vec![(value, line)] };
        Self { field: key_names::field(&name), name, values, line }
    }

    /// The value, or list items joined with commas.
    pub fn text(&self) -> Option<String> {
        let text = self.values.iter().map(|(text, _)| text.as_ref()).collect::<Vec<_>>().join(", ");
        Some(text).filter(|text| !text.is_empty())
    }

    /// List items; an inline list `[a, b]` and `a, b` are spelled out.
    pub fn list(&self) -> Vec<String> {
        let items = self.values.iter().flat_map(|(text, _)| inline_list(text)).filter(|item| !is_nothing(item));
        items.map(str::to_owned).collect()
    }

    /// Its values are items below it.
    fn lists(&self) -> bool {
        self.values.first().is_some_and(|(_, line)| *line > self.line)
    }

    fn names_sessions(&self) -> bool {
        self.field.is_some_and(Field::names_sessions)
    }

    /// Its value stands below, or goes on there.
    fn takes_line(&self, line: usize) -> bool {
        self.values.last().is_none_or(|(value, last)| {
            *last + 1 == line && (*last > self.line || value.ends_with([',', ';', '&']) || value.ends_with(" and"))
        })
    }
}

/// Without a bold label before its ID: `**Task:** BE-01`.
pub fn unlabelled(item: &str) -> &str {
    let behind = || {
        let (name, rest) = item.strip_prefix("**")?.split_once("**")?;
        let rest = if name.ends_with(':') { rest } else { rest.trim_start().strip_prefix(':')? };
        Some(rest.trim_start()).filter(|rest| depends::names(rest))
    };
    behind().unwrap_or(item)
}

fn is_nothing(item: &str) -> bool {
    matches!(item.to_lowercase().as_str(), "none" | "n/a" | "-" | "—")
}

/// What the reader of keys has seen so far.
#[derive(Default)]
struct Reading<'a> {
    keys: Vec<Key<'a>>,
    /// Indent of the last key: what is deeper belongs to it.
    indent: usize,
    /// A `[` list goes on over lines.
    list: bool,
    equals: bool,
    table: Table,
    /// Text that is neither key nor value has come since the last key.
    prose: bool,
}

/// A table whose first row names the keys and whose second has the values.
#[derive(Default)]
enum Table {
    #[default]
    None,
    /// Its first row, and the line.
    Header(Vec<Option<String>>, usize),
    /// Below its rule.
    Values(Vec<Option<String>>),
    /// Line of its only row so far.
    Read(usize),
}

/// Keys in the order of writing; deeper levels are not looked into. `equals`: `key = value` is one as well.
pub fn keys<'a>(lines: &[Line<'a>], equals: bool) -> Vec<Key<'a>> {
    let mut reading = Reading { equals, ..Reading::default() };
    for line in lines {
        if !line.is_blank() && Fence::of(line).is_none() {
            reading.line(line);
        }
    }
    reading.keys
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &Line<'a>) {
        let indent = line.text.len() - line.text.trim_start().len();
        let text = line.text.trim().trim_start_matches('>').trim_start();
        let top = self.keys.last().is_none_or(|key| indent <= self.indent || is_wrapper(key));
        if self.row(text, indent, line.number) {
            return;
        }
        let pair = self.pair(text).filter(|(name, value)| top && !self.is_item(text, name, value));
        if self.list && pair.as_ref().is_none_or(|(name, _)| key_names::field(name).is_none()) {
            self.list_line(text, line.number);
            return;
        }
        // A known key ends a list that nobody closed.
        self.list = false;
        let inline = if top { inline(text, pair.as_ref()) } else { Vec::new() };
        if !inline.is_empty() {
            inline.into_iter().for_each(|(name, value)| self.add(name, value, indent, line.number));
        } else if let Some((name, value)) = pair {
            self.add(name, value, indent, line.number);
        } else {
            self.below(text, indent, line.number);
        }
    }

    /// Whether the line belongs to a table with keys across. One of several rows is about several sessions.
    fn row(&mut self, text: &'a str, indent: usize, line: usize) -> bool {
        let table = std::mem::take(&mut self.table);
        let Some(row) = text.strip_prefix('|') else { return false };
        let cells = || row.trim_end().trim_end_matches('|').split('|').map(str::trim);
        let is_rule = cells().all(|cell| cell.contains('-') && cell.trim_matches([':', '-']).is_empty());
        match table {
            Table::Header(names, header) if is_rule && names.iter().flatten().nth(1).is_some() => {
                self.forget(header);
                self.table = Table::Values(names);
            }
            Table::Values(names) => {
                let known = names.into_iter().zip(cells()).filter(|(_, cell)| !cell.is_empty());
                known.for_each(|(name, cell)| _ = name.map(|name| self.add(name, cell, indent, line)));
                self.table = Table::Read(line);
            }
            Table::Read(before) => {
                self.forget(before);
                self.table = Table::Read(line);
            }
            Table::None => {
                let known = |cell: &str| name(cell.trim_matches('*')).filter(|name| key_names::field(name).is_some());
                self.table = Table::Header(cells().map(known).collect(), line);
                return false;
            }
            Table::Header(..) => return false,
        }
        true
    }

    fn forget(&mut self, line: usize) {
        while self.keys.last().is_some_and(|key| key.line == line) {
            self.keys.pop();
        }
    }

    /// A line that is no key: an item of the one above, or more of its value.
    fn below(&mut self, text: &'a str, indent: usize, line: usize) {
        let Some(key) = self.keys.last_mut() else { return };
        let item = match bullet(text) {
            // Behind a value, or behind prose, a list is one of its own.
            Some(item) => {
                let goes_on = match key.values.last() {
                    None => !self.prose,
                    Some((_, last)) => *last > key.line && *last + 1 == line || indent > self.indent,
                };
                let sure = key.names_sessions() && depends::begins(unlabelled(item));
                (goes_on || sure).then(|| scalar(unlabelled(item)))
            }
            None if key.names_sessions() => named(text).filter(|(sure, _)| *sure || key.takes_line(line)).map(|n| n.1),
            None => None,
        };
        match item.filter(|item| !item.is_empty()) {
            Some(item) => key.values.push((item.into(), line)),
            None => self.prose = true,
        }
    }

    /// `- **Task:** BE-01` in a list of sessions: an item, and no key.
    fn is_item(&self, text: &str, name: &str, value: &str) -> bool {
        let list = self.keys.last().is_some_and(|key| key.names_sessions() && (key.values.is_empty() || key.lists()));
        list && bullet(text).is_some()
            && !key_names::is_blocked(name)
            && key_names::field(name).is_none()
            && depends::names(value)
    }

    fn pair(&self, text: &'a str) -> Option<(String, &'a str)> {
        let pair = table_row(text).or_else(|| pair(text)).or_else(|| label(text));
        pair.or_else(|| {
            let (key, value) = text.split_once('=')?;
            let name = name(item(key).unwrap_or(key))?;
            (self.equals || key_names::field(&name).is_some()).then(|| (name, value.trim()))
        })
        .or_else(|| sentence(text))
    }

    fn add(&mut self, name: String, value: &'a str, indent: usize, line: usize) {
        (self.indent, self.prose) = (indent, false);
        // The value stands below.
        let value = if matches!(value, "{" | "|" | "|-" | ">" | ">-") { "" } else { value };
        let open = value.strip_prefix('[').filter(|rest| !rest.contains(']'));
        self.keys.push(Key::new(name, scalar(if open.is_some() { "" } else { value }).into(), line));
        if let Some(rest) = open {
            self.list = true;
            self.list_line(rest, line);
        }
    }

    /// A line of `[ … ]` over several: `"BE-01", # the schema`.
    fn list_line(&mut self, text: &'a str, line: usize) {
        let (text, end) = text.split_once(']').map_or((text, false), |(text, _)| (text, true));
        self.list = !end;
        let Some(key) = self.keys.last_mut() else { return };
        let items = uncommented(text).split(',').map(scalar).filter(|item| !item.is_empty());
        key.values.extend(items.map(|item| (item.into(), line)));
    }
}

/// A key that only holds other keys.
pub fn is_wrapper(key: &Key<'_>) -> bool {
    key.values.is_empty() && wraps(&key.name)
}

fn wraps(name: &str) -> bool {
    let holds = ["metadata", "session", "system_configuration", "system_config", "config", "dependencies_section"];
    holds.contains(&name)
}

/// What stands on a line of a list, or below a key, and surely names a session: `2. BE-01`, `sessions: [BE-01]`.
fn named(text: &str) -> Option<(bool, &str)> {
    if let Some(item) = item(text).filter(|item| depends::begins(item)) {
        return Some((true, scalar(item)));
    }
    if let Some((_, value)) = split(text).filter(|(_, value)| depends::names(value)) {
        return Some((true, scalar(value)));
    }
    depends::begins(text).then_some((false, text))
}

/// The keys of a line that holds several, or holds them in braces.
fn inline<'a>(text: &'a str, pair: Option<&(String, &'a str)>) -> Vec<(String, &'a str)> {
    let mut found = Vec::new();
    match pair {
        Some((name, value)) if wraps(name) && value.len() > 1 && value.starts_with('{') => flow(value, 1, &mut found),
        _ if text.starts_with(['{', '"']) => flow(text, 0, &mut found),
        Some(_) => found = Some(several(text)).filter(|several| several.len() > 1).unwrap_or_default(),
        None => {}
    }
    found
}

/// Mappings in mappings are looked into so deep: each level reads the text again.
const DEEPEST: usize = 3;

/// `{depends_on: [BE-01], "phase": 1}`, and lines of JSON.
fn flow<'a>(text: &'a str, depth: usize, found: &mut Vec<(String, &'a str)>) {
    let text = text.trim().trim_end_matches(',');
    let inner = text.strip_prefix('{').map(|rest| rest.trim_end().strip_suffix('}').unwrap_or(rest));
    for (name, value) in flow_parts(inner.unwrap_or(text)).into_iter().filter_map(|part| pair(part.trim())) {
        if wraps(&name) && value.len() > 1 && value.starts_with('{') && depth < DEEPEST {
            flow(value, depth + 1, found);
        } else {
            found.push((name, value));
        }
    }
}

/// Cut at the commas that stand before a key, outside brackets and quotes.
fn flow_parts(text: &str) -> Vec<&str> {
    let (mut ends, mut depth, mut quoted) = (Vec::new(), 0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            b',' if !quoted && depth == 0 => ends.push(at),
            _ => {}
        }
    }
    ends.push(text.len());
    let (mut parts, mut start) = (Vec::new(), 0);
    for (i, end) in ends.iter().enumerate() {
        let next = ends.get(i + 1).map(|next| &text[end + 1..*next]);
        if next.is_none_or(|next| pair(next.trim()).is_some()) {
            parts.push(&text[start..*end]);
            start = end + 1;
        }
    }
    parts
}

/// `Depends on BE-01.`, `This session is blocked by BE-01`: people write it as prose. In the middle of a sentence it may
/// be said of another session, so what is handed on there is understood by nobody, and said.
fn sentence(text: &str) -> Option<(String, &str)> {
    const VERBS: [&str; 5] = ["depends on ", "depends upon ", "dependent on ", "blocked by ", "requires "];
    let text = undecorated(item(text).unwrap_or(text)).trim_start_matches(['*', '_']);
    let lower = text.to_ascii_lowercase();
    let (at, verb) = VERBS.iter().filter_map(|verb| Some((lower.find(verb)?, *verb))).min()?;
    let rest = text[at + verb.len()..].trim_start_matches([':', ' ', '*', '_']);
    let rest = rest.split(". ").next().unwrap_or_default();
    let subject = lower[..at].trim();
    let ours = ["", "this", "it", "this session", "is", "it is", "this is", "this session is"].contains(&subject);
    // Sessions need other things as well.
    if ours && (verb != "requires " || depends::names(rest)) {
        return Some(("depends_on".into(), rest));
    }
    let said = depends::names(rest).then(|| text[at..].split(',').next().unwrap_or_default());
    said.map(|said| ("depends_on".into(), said))
}

/// A line of prose that names a dependency among other things: it is text as well.
pub fn is_prose(text: &str) -> bool {
    let text = text.trim().trim_start_matches('>').trim_start();
    if table_row(text).is_some() || pair(text).is_some() || label(text).is_some() || text.contains('=') {
        return false;
    }
    let begins = undecorated(item(text).unwrap_or(text)).trim_start_matches(['*', '_']).to_ascii_lowercase();
    let subject = ["this session ", "this ", "it ", "is ", ""].iter().find_map(|subject| begins.strip_prefix(subject));
    let verb = |text: &str| {
        ["depend", "blocked by", "is blocked", "is dependent", "requires "].iter().any(|v| text.starts_with(v))
    };
    let alone = subject.is_some_and(verb) && !text.contains(". ");
    sentence(text).is_some() && !alone
}

/// A bullet list without keys: skills.
pub fn items<'a>(lines: &[Line<'a>]) -> Vec<&'a str> {
    lines.iter().filter_map(|line| bullet(line.text.trim())).map(scalar).filter(|item| !item.is_empty()).collect()
}

/// `**Phase:** 1 | **Track:** A`: a bold key behind a bar is the next one.
fn several(text: &str) -> Vec<(String, &str)> {
    let text = undecorated(bullet(text).unwrap_or(text));
    if !text.starts_with("**") {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((at, mark)) = [" | **", " · **"].iter().find_map(|mark| Some((rest.find(mark)?, mark))) {
        parts.push(&rest[..at]);
        rest = &rest[at + mark.len() - 2..];
    }
    parts.push(rest);
    parts.into_iter().filter_map(pair).collect()
}

/// `Key: value`, with `**` around the key or the key and its colon, and behind a bullet.
pub fn pair(text: &str) -> Option<(String, &str)> {
    let text = match bullet(text).or_else(|| unnumbered(text)) {
        Some(item) if undecorated(item).starts_with("**") || is_known(item) => item,
        Some(_) => return None,
        None => text,
    };
    let text = undecorated(text);
    let (key, value) = match ["**", "__"].iter().find(|mark| text.starts_with(**mark)) {
        Some(mark) => {
            let (key, value) = text[2..].split_once(mark)?;
            match key.strip_suffix([':', '：']) {
                Some(key) => (key, value),
                None => (key, value.trim_start().strip_prefix([':', '：']).or_else(|| unmarked(key, value))?),
            }
        }
        None => split(text)?,
    };
    let value = if key.starts_with('"') { value.trim_end().trim_end_matches(',') } else { value };
    name(key).map(|name| (name, value.trim()))
}

/// `**Depends on** BE-01`: without a colon only before what names sessions, for the words may begin a sentence.
fn unmarked<'a>(key: &str, value: &'a str) -> Option<&'a str> {
    let field = key_names::field(&name(key)?).filter(|field| field.names_sessions())?;
    let value = value.trim_start_matches([' ', '-', '–', '—', '=', '→']);
    let begins = depends::names(value) || field == Field::Dependencies && depends::begins(value);
    (begins && !value.is_empty()).then_some(value)
}

/// At the first colon; a plain one counts only before white space, a quote, a bracket or the end, or behind a key that
/// is known.
fn split(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once([':', '：'])?;
    let wide = text[key.len()..].starts_with('：');
    let apart = value.is_empty() || value.starts_with(|c: char| c.is_whitespace() || matches!(c, '[' | '{' | '"'));
    let known = || name(key).is_some_and(|name| key_names::field(&name).is_some()) && !value.starts_with(['/', ':']);
    (wide || apart || key.starts_with('"') || known()).then_some((key, value))
}

/// `**Dependencies**` alone on its line: a key whose value stands below.
fn label(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix("**")?.strip_suffix("**")?;
    let name = name(inner)?;
    key_names::field(&name).map(|_| (name, ""))
}

/// Without icons before it.
fn undecorated(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric() && !matches!(c, '—' | '–')).trim_start()
}

/// A plain bullet is a key only where its name is one: list items hold colons too.
fn is_known(item: &str) -> bool {
    split(undecorated(item)).and_then(|(key, _)| name(key)).is_some_and(|name| key_names::field(&name).is_some())
}

/// One to four words, in lower case and joined by `_`.
pub fn name(key: &str) -> Option<String> {
    let key = undecorated(key.trim()).trim_matches(['`', '"', '\'']).trim();
    if key.len() > 80 || !key.starts_with(char::is_alphabetic) {
        return None;
    }
    let mut name = String::with_capacity(key.len());
    for c in key.chars() {
        match c {
            ' ' | '-' | '_' | '\u{a0}' => name.push('_'),
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            c if c.is_alphanumeric() => name.extend(c.to_lowercase()),
            _ => return None,
        }
    }
    (name.split('_').filter(|word| !word.is_empty()).count() <= 4).then_some(name)
}

/// `| Key | value |`.
fn table_row(text: &str) -> Option<(String, &str)> {
    let mut cells = text.strip_prefix('|')?.trim_end().trim_end_matches('|').split('|').map(str::trim);
    let (key, value) = (cells.next()?, cells.next()?);
    let name = name(undecorated(key).trim_matches('*').trim_end_matches([':', '：']));
    // With a third cell it is a row of some other table, but for what a session would not wait for.
    let waits = |name: &String| key_names::field(name).is_some_and(Field::names_sessions) && depends::begins(value);
    name.filter(|name| cells.next().is_none() || waits(name)).map(|name| (name, value))
}

/// The text behind `-`, `*` or `+`.
pub fn bullet(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['-', '*', '+'])?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim())
}

/// The text behind a bullet of any kind, or a number.
pub fn item(text: &str) -> Option<&str> {
    bullet(text).or_else(|| unnumbered(text)).or_else(|| text.strip_prefix(['•', '◦', '▪']).map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn text_of(text: &str, key: &str) -> Option<String> {
        keys(&lines(text), false).iter().find(|k| k.name == key).and_then(Key::text)
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
            "**📦 Phase:** 1\n📁 **Working directory:** a b",
            "- 📦 Phase: 1\n- **📁 Working directory**: a b",
            "**Phase:** 1 | **Working directory:** a b",
            "Phase：1\n__Working directory:__ a b",
            "\tphase:\t1\n\tworking\u{a0}directory:\ta b",
            "{\n  \"phase\": 1,\n  \"working_directory\": \"a b\",\n}",
            "metadata:\n  phase: 1\n  working_directory: a b",
        ] {
            assert_eq!(text_of(text, "phase").as_deref(), Some("1"), "{text}");
            assert_eq!(text_of(text, "working_directory").as_deref(), Some("a b"), "{text}");
        }
    }

    #[test]
    fn lists_keep_the_line_of_each_item() {
        let found = lines("dependencies:\n  - BE-01\n  - DB-01 (note)\nfiles: [a/**, b]\nexecution: A | B");
        let found = keys(&found, false);
        assert_eq!(found[0].values, [("BE-01".into(), 2), ("DB-01 (note)".into(), 3)]);
        assert_eq!(found[1].list(), ["a/**", "b"]);
        assert_eq!(found[2].text().as_deref(), Some("A | B"));
    }

    #[test]
    fn toml_and_lists_over_lines() {
        let all =
            lines("[session]\nphase = \"2\"\ndepends_on = [\n  \"BE-01\", # first\n  'BE-02',\n]\nsize = 'M' # m");
        let found = keys(&all, true);
        assert_eq!(found[0].text().as_deref(), Some("2"));
        assert_eq!(found[1].values, [("BE-01".into(), 4), ("BE-02".into(), 5)]);
        assert_eq!(found[2].text().as_deref(), Some("M"));
    }

    #[test]
    fn a_label_takes_what_stands_below() {
        let all = lines("**Dependencies**\n- BE-01\n\n**Parallel with:**\nBE-02 and BE-03\nsome prose");
        let found = keys(&all, false);
        assert_eq!(found[0].values, [("BE-01".into(), 2)]);
        assert_eq!(found[1].values, [("BE-02 and BE-03".into(), 5)]);
    }
}
