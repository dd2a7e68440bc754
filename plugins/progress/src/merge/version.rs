//! One version of a document as a merge sees it: its lines, what each is, and the rows of sessions by their keys.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use session_sdk::id::is_unmistakable;

use crate::calendar::week;
use crate::name;
use crate::table::{self, Table, fences, heading, headings, plain};

/// A session's row: its ID, and where an ID has several rows in one version, the heading above and the number there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub id: String,
    place: Option<(String, usize)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Row(Key),
    /// `- ID: text` under Notes.
    Note,
    Blank,
    /// What the program writes around rows and notes: headings of weeks, repositories and notes, headers of tables.
    Frame,
    Text,
}

#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Of a row that people must choose ours and theirs, with a line feed between them.
    pub text: Cow<'a, str>,
    /// Line feed with or without carriage return; nothing at the end of a file without final newline.
    pub end: &'a str,
    pub kind: Kind,
}

impl Line<'_> {
    /// Ours and theirs of a row that people must choose.
    pub fn rivals(&self) -> Option<(&str, &str)> {
        self.text.split_once('\n')
    }
}

/// Where a row stands: its line and its table.
pub type At = (usize, usize);

#[derive(Debug, Default)]
pub struct Version<'a> {
    pub lines: Vec<Line<'a>>,
    pub tables: Vec<Table>,
    pub rows: HashMap<Key, At>,
    /// In document order.
    pub keys: Vec<Key>,
}

impl<'a> Version<'a> {
    fn of(text: &'a str) -> Self {
        let lines: Vec<Line<'a>> = text.split_inclusive('\n').map(line).collect();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_ref()).collect();
        let tables = table::tables(&texts);
        let mut version = Self { lines, tables, ..Self::default() };
        version.name_notes();
        version
    }

    fn name_notes(&mut self) {
        let texts: Vec<&str> = self.lines.iter().map(|line| line.text.as_ref()).collect();
        let fenced = fences(&texts);
        let mut notes: Option<usize> = None;
        for (line, _) in self.lines.iter_mut().zip(fenced).filter(|(_, fenced)| !fenced) {
            if let Some((level, title)) = heading(&line.text) {
                notes = if is_notes(title) { Some(level) } else { notes.filter(|open| level > *open) };
                let frames = is_notes(title) || title.starts_with("Repository:") || week(title).is_some();
                line.kind = if frames { Kind::Frame } else { Kind::Text };
            } else if notes.is_some() && is_note(&line.text) {
                line.kind = Kind::Note;
            }
        }
    }

    /// Lines of rows that have an ID, with their tables; of tables of other kinds only where no table tracks sessions.
    fn found(&self, strict: bool) -> Vec<(String, At)> {
        let mut found = Vec::new();
        for (number, table) in self.tables.iter().enumerate().filter(|(_, table)| !strict || table.tracks()) {
            let Some(column) = table.column("session") else { continue };
            for at in table.rows.clone() {
                let id = table::cell(&self.lines[at].text, column).and_then(|cell| name::id(cell, is_unmistakable));
                found.extend(id.map(|id| (id.to_owned(), (at, number))));
            }
        }
        found
    }

    /// Rows below a blank line or text that breaks their table: text, but where another version has them in a table, as
    /// else each side's would stand in the outcome.
    fn found_below(&self, found: &[(String, At)], in_tables: &HashSet<String>, strict: bool) -> Vec<(String, At)> {
        let texts: Vec<&str> = self.lines.iter().map(|line| line.text.as_ref()).collect();
        let mut seen: HashSet<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        let mut below = Vec::new();
        for (at, number) in table::broken_off(&texts, &self.tables, &fences(&texts)) {
            let table = &self.tables[number];
            let cell = table.column("session").and_then(|column| table::cell(texts[at], column));
            let id = cell.and_then(|cell| name::id(cell, is_unmistakable));
            let id = id.filter(|id| (!strict || table.tracks()) && in_tables.contains(*id));
            below.extend(id.filter(|id| seen.insert(id)).map(|id| (id.to_owned(), (at, number))));
        }
        below
    }

    fn name_rows(&mut self, found: Vec<(String, At)>, several: &HashSet<String>) {
        let above = self.headings_above();
        let mut counts: HashMap<(String, usize), usize> = HashMap::new();
        for (id, at) in found {
            let place = several.contains(&id).then(|| {
                let count = counts.entry((id.clone(), at.1)).or_default();
                *count += 1;
                (above[at.1].clone(), *count)
            });
            let key = Key { id, place };
            // Two tables below one heading: the second row of the same place is text like any other.
            if self.rows.contains_key(&key) {
                continue;
            }
            self.lines[at.0].kind = Kind::Row(key.clone());
            self.rows.insert(key.clone(), at);
            self.keys.push(key);
        }
        for header in self.tables.iter().filter(|table| table.tracks()).map(|table| table.header) {
            self.lines[header].kind = Kind::Frame;
            self.lines[header + 1].kind = Kind::Frame;
        }
    }

    /// The path of headings above each table.
    fn headings_above(&self) -> Vec<String> {
        let texts: Vec<&str> = self.lines.iter().map(|line| line.text.as_ref()).collect();
        let mut headings = headings(&texts).into_iter().peekable();
        let mut path: Vec<(usize, &str)> = Vec::new();
        let mut above = Vec::new();
        for table in &self.tables {
            while let Some((line, level)) = headings.next_if(|(line, _)| *line < table.header) {
                path.retain(|(known, _)| *known < level);
                path.push((level, texts[line]));
            }
            above.push(path.iter().map(|(_, title)| *title).collect::<Vec<_>>().join("\n"));
        }
        above
    }
}

/// The same without rows: all is text.
pub fn read_lines(texts: [&str; 3]) -> [Version<'_>; 3] {
    texts.map(Version::of)
}

/// Reads base, ours and theirs; rows are the same where their keys are.
pub fn read(texts: [&str; 3]) -> [Version<'_>; 3] {
    let mut versions = texts.map(Version::of);
    let strict = versions.iter().any(|version| version.tables.iter().any(Table::tracks));
    let mut found = [0, 1, 2].map(|i| versions[i].found(strict));
    let in_tables: HashSet<String> = found.iter().flatten().map(|(id, _)| id.clone()).collect();
    for (version, found) in versions.iter().zip(&mut found) {
        let below = version.found_below(found, &in_tables, strict);
        found.extend(below);
        found.sort_by_key(|(_, (line, _))| *line);
    }
    let mut several = HashSet::new();
    for version in &found {
        let mut seen = HashSet::new();
        several.extend(version.iter().filter(|(id, _)| !seen.insert(id)).map(|(id, _)| id.clone()));
    }
    for (version, found) in versions.iter_mut().zip(found) {
        version.name_rows(found, &several);
    }
    versions
}

fn line(raw: &str) -> Line<'_> {
    let text = raw.strip_suffix('\n').map_or(raw, |text| text.strip_suffix('\r').unwrap_or(text));
    let kind = if text.trim().is_empty() { Kind::Blank } else { Kind::Text };
    Line { text: Cow::Borrowed(text), end: &raw[text.len()..], kind }
}

fn is_notes(title: &str) -> bool {
    matches!(title.to_lowercase().as_str(), "notes" | "session notes")
}

fn is_note(line: &str) -> bool {
    line.strip_prefix("- ").and_then(|rest| rest.split_once(':')).is_some_and(|(id, _)| is_unmistakable(plain(id)))
}
