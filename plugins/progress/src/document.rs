//! PROGRESS.md while it is edited: which row is whose, where a new row or note belongs, and single cells. What a row
//! should say is `settle.rs`; the file as `init` writes it is `new_document.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use session_sdk::id::is_unmistakable;

use crate::calendar::week;
use crate::merge::{Cells, Outcome, merged_row};
use crate::name;
use crate::new_document;
use crate::table::{self, Table, cell, heading, ids, plain, tables, with_cell};

/// Where a row belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place<'a> {
    pub repository: Option<&'a str>,
    pub week: Option<u32>,
}

/// A row that the document does not have yet, by the lower-case names of its columns.
#[derive(Debug)]
pub struct NewRow<'a> {
    pub place: Place<'a>,
    pub cells: Vec<(&'a str, &'a str)>,
}

/// A document that is being edited.
#[derive(Debug)]
pub struct Document {
    lines: Vec<String>,
    line_end: &'static str,
    /// Found once: a changed cell moves no line.
    tables: Vec<Table>,
    /// Table and line of each session's row.
    rows: HashMap<String, (usize, usize)>,
    /// Lines of headings with their levels.
    headings: Vec<(usize, usize)>,
    names: Names,
}

/// What sessions are called, to find rows that people wrote their own way.
#[derive(Debug, Default)]
struct Names {
    ids: HashSet<String>,
    /// Sessions by the words of their title; none where several have it.
    titles: HashMap<String, Option<String>>,
}

/// Where new rows go.
#[derive(Clone, Copy, Debug)]
enum Spot {
    Table(usize),
    /// A new table before this line, below a heading where there is a week.
    New(usize, Option<u32>),
}

/// New lines by the line that they stand before; rows before new tables.
type Additions = BTreeMap<(usize, usize), Vec<String>>;

impl Document {
    pub fn of(text: &str) -> Self {
        let lines = table::split(text);
        let line_end = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
        let (tables, rows, headings, names) = Default::default();
        let mut document = Self { lines, line_end, tables, rows, headings, names };
        document.index();
        document
    }

    /// The same for these sessions: a row is found by an ID of any form, and by a title that only one of them has.
    pub fn naming<'s>(mut self, sessions: impl Iterator<Item = (&'s str, &'s str)>) -> Self {
        for (id, title) in sessions {
            let title = name::title(title);
            if self.names.ids.insert(id.to_owned()) && !title.is_empty() {
                let of = self.names.titles.entry(title);
                of.and_modify(|other| *other = None).or_insert_with(|| Some(id.to_owned()));
            }
        }
        self.index();
        self
    }

    fn index(&mut self) {
        self.tables = tables(&self.lines);
        self.rows = ids(&self.tables, &self.lines);
        // A plain ID goes before every other name.
        for (number, row, id) in self.named_otherwise() {
            self.rows.entry(id).or_insert((number, row));
        }
        self.headings = table::headings(&self.lines);
    }

    /// Rows that name their session by more than its ID, with their table.
    fn named_otherwise(&self) -> Vec<(usize, usize, String)> {
        let mut found = Vec::new();
        for (number, table) in self.tables.iter().enumerate().filter(|(_, table)| table.tracks()) {
            let Some(column) = table.column("session") else { continue };
            for row in table.rows.clone() {
                let cell = cell(&self.lines[row], column).filter(|cell| !self.names.knows(plain(cell)));
                found.extend(cell.and_then(|cell| self.names.session(cell)).map(|id| (number, row, id)));
            }
        }
        found
    }

    fn row(&self, id: &str) -> Option<(&Table, usize)> {
        self.rows.get(id).map(|(table, row)| (&self.tables[*table], *row))
    }

    pub fn text(&self) -> String {
        self.lines.concat()
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub fn has_row(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    pub fn cell(&self, id: &str, column: &str) -> Option<String> {
        let (table, row) = self.row(id)?;
        cell(&self.lines[row], table.column(column)?).map(str::to_owned)
    }

    /// Changes one cell; a session without a row gets one in the table it belongs to.
    pub fn set(&mut self, id: &str, column: &str, value: &str, place: Place<'_>) {
        match self.row(id) {
            Some((table, row)) => {
                if let Some(column) = table.column(column) {
                    self.lines[row] = with_cell(&self.lines[row], column, value);
                }
            }
            None => {
                let column = column.to_lowercase();
                self.add(&[NewRow { place, cells: vec![("session", id), (&column, value)] }]);
            }
        }
    }

    /// Adds rows, all at once: each change of lines means that the document is read again.
    pub fn add(&mut self, rows: &[NewRow<'_>]) {
        let mut spots: HashMap<Place<'_>, Spot> = HashMap::new();
        let mut tables: BTreeMap<usize, Vec<&NewRow<'_>>> = BTreeMap::new();
        let mut new: Vec<(usize, Option<u32>, Vec<&NewRow<'_>>)> = Vec::new();
        for row in rows {
            match *spots.entry(row.place).or_insert_with(|| self.spot(row.place)) {
                Spot::Table(table) => tables.entry(table).or_default().push(row),
                Spot::New(at, week) => {
                    let fits = |known: &Option<u32>| *known == week || week.is_none();
                    match new.iter_mut().rev().find(|(line, known, _)| *line == at && fits(known)) {
                        Some((_, _, rows)) => rows.push(row),
                        None => new.push((at, week, vec![row])),
                    }
                }
            }
        }
        let mut additions = Additions::new();
        for (table, rows) in tables {
            let table = &self.tables[table];
            additions.entry((table.rows.end, 0)).or_default().extend(rows.iter().map(|row| row.line(&table.columns)));
        }
        for (at, week, rows) in new {
            additions.entry((at, 1)).or_default().extend(new_table(week, &rows));
        }
        self.apply(additions);
    }

    fn spot(&self, place: Place<'_>) -> Spot {
        let section = self.repository(place.repository);
        let weeks = self.weeks(&section);
        let above = |table: &Table| weeks.partition_point(|(line, _)| *line < table.header);
        let week_of = |table: &Table| above(table).checked_sub(1).map(|i| weeks[i].1);
        let fits = |table: &Table| weeks.is_empty() || place.week.is_none() || week_of(table) == place.week;
        let here = || (0..self.tables.len()).rev().filter(|i| section.contains(&self.tables[*i].header));
        let tracks = |i: &usize| self.tables[*i].tracks();
        let other = || here().filter(|_| !self.tables.iter().any(Table::tracks));
        if let Some(table) = here().filter(tracks).chain(other()).find(|i| fits(&self.tables[*i])) {
            return Spot::Table(table);
        }
        let any_weeks = !self.weeks(&(0..self.lines.len())).is_empty();
        Spot::New(self.end_of(&section), place.week.filter(|_| any_weeks))
    }

    /// Adds `- ID: text` under the Notes of its repository, each once.
    pub fn add_notes(&mut self, notes: &[(&str, &str, Option<&str>)]) {
        let mut known: HashSet<String> = self.lines.iter().map(|line| line.trim().to_owned()).collect();
        let mut ends: HashMap<Option<&str>, (usize, bool)> = HashMap::new();
        let mut additions = Additions::new();
        for (id, text, repository) in notes {
            let words: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let line = format!("- {id}: {}", words.join(" "));
            if known.insert(line.clone()) {
                let (at, has_notes) = *ends.entry(*repository).or_insert_with(|| self.end_of_notes(*repository));
                let lines = additions.entry((at, 0)).or_default();
                if !has_notes && lines.is_empty() {
                    lines.extend([String::new(), "### Notes".into()]);
                }
                lines.push(line);
            }
        }
        self.apply(additions);
    }

    /// Where the next note stands, and whether there is a heading for it.
    fn end_of_notes(&self, repository: Option<&str>) -> (usize, bool) {
        let section = self.repository(repository);
        let here = || self.headings.iter().filter(|(line, _)| section.contains(line));
        let is_notes = |line: usize| matches!(self.title(line).to_lowercase().as_str(), "notes" | "session notes");
        let Some((at, level)) = here().find(|(line, _)| is_notes(*line)) else {
            return (self.end_of(&section), false);
        };
        let below = here().find(|(line, other)| line > at && other <= level).map_or(section.end, |(line, _)| *line);
        (self.end_of(&(*at..below)), true)
    }

    /// Lines of a repository's section; the whole document where it has no such heading.
    fn repository(&self, name: Option<&str>) -> Range<usize> {
        let named = |line: usize| self.title(line).strip_prefix("Repository:").map(plain);
        let all = || self.headings.iter().filter(|(line, level)| *level == 2 && named(*line).is_some());
        let wanted = all().find(|(line, _)| named(*line) == name).or(all().next());
        let Some((start, _)) = wanted else { return 0..self.lines.len() };
        let next = self.headings.iter().find(|(line, level)| line > start && *level <= 2);
        *start..next.map_or(self.lines.len(), |(line, _)| *line)
    }

    fn title(&self, line: usize) -> &str {
        heading(&self.lines[line]).map_or("", |(_, title)| title)
    }

    fn weeks(&self, section: &Range<usize>) -> Vec<(usize, u32)> {
        let here = self.headings.iter().map(|(line, _)| *line).filter(|line| section.contains(line));
        here.filter_map(|line| Some((line, week(self.title(line))?))).collect()
    }

    /// Behind the last text.
    fn end_of(&self, section: &Range<usize>) -> usize {
        section.clone().rev().find(|i| !self.lines[*i].trim().is_empty()).map_or(section.end, |i| i + 1)
    }

    /// A last line without line end gets one, and the new last line has none.
    fn apply(&mut self, additions: Additions) {
        if additions.is_empty() {
            return;
        }
        let old = std::mem::take(&mut self.lines);
        let open = old.last().is_some_and(|line| !line.ends_with('\n'));
        let mut old = old.into_iter();
        let mut taken = 0;
        for ((at, _), new) in additions {
            self.lines.extend(old.by_ref().take(at - taken));
            taken = at;
            self.lines.extend(new.into_iter().map(|line| line + self.line_end));
        }
        self.lines.extend(old);
        self.mend_ends(open);
        self.index();
    }

    fn mend_ends(&mut self, open: bool) {
        let end = self.line_end;
        for line in self.lines.iter_mut().filter(|line| !line.ends_with('\n')) {
            line.push_str(end);
        }
        if let (true, Some(last)) = (open, self.lines.last_mut()) {
            // What was pushed and no more: a lone carriage return before it is the user's.
            let kept = last.strip_suffix(end).map_or(last.len(), str::len);
            last.truncate(kept);
        }
    }

    /// Leaves one row of each session that has several in tables of the same columns; its cells are those of all. One
    /// that would lose what people wrote stays.
    pub fn drop_doubles(&mut self, known: &HashSet<&str>) {
        let mut first: HashMap<(String, &[String]), usize> = HashMap::new();
        let mut dropped = HashSet::new();
        for table in self.tables.iter().filter(|table| table.tracks()) {
            let columns = table.columns.as_slice();
            let Some(session) = table.column("session") else { continue };
            for at in table.rows.clone() {
                let id = cell(&self.lines[at], session).and_then(|cell| self.names.session(cell));
                let Some(id) = id.filter(|id| known.contains(id.as_str())) else { continue };
                let Some(kept) = first.get(&(id.clone(), columns)).copied() else {
                    first.insert((id, columns), at);
                    continue;
                };
                let row = |at: usize| Cells { line: self.lines[at].trim_end_matches(['\r', '\n']), columns };
                let end = &self.lines[kept][row(kept).line.len()..];
                // Two that people wrote different things in stay two: nobody can be asked here.
                if let Some(Outcome::One(line)) = merged_row(None, row(kept), row(at)) {
                    self.lines[kept] = line + end;
                    dropped.insert(at);
                }
            }
        }
        self.remove(&dropped);
    }

    fn remove(&mut self, dropped: &HashSet<usize>) {
        if dropped.is_empty() {
            return;
        }
        let open = self.lines.last().is_some_and(|line| !line.ends_with('\n'));
        let lines = std::mem::take(&mut self.lines).into_iter().enumerate();
        self.lines = lines.filter(|(i, _)| !dropped.contains(i)).map(|(_, line)| line).collect();
        self.mend_ends(open);
        self.index();
    }
}

impl Names {
    fn knows(&self, id: &str) -> bool {
        self.ids.contains(id) || is_unmistakable(id)
    }

    /// The session that a cell names: by its ID, else by its title.
    fn session(&self, cell: &str) -> Option<String> {
        let by_id = name::id(cell, |id| self.knows(id)).map(str::to_owned);
        by_id.or_else(|| self.titles.get(&name::title(cell)).cloned().flatten())
    }
}

impl NewRow<'_> {
    fn line(&self, columns: &[String]) -> String {
        table::row(columns, |name| self.cells.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }
}

fn new_table(week: Option<u32>, rows: &[&NewRow<'_>]) -> Vec<String> {
    let columns: Vec<String> = new_document::COLUMNS.iter().map(|name| name.to_lowercase()).collect();
    let mut lines = vec![String::new()];
    lines.extend(week.map(|week| format!("### Week {week}")));
    lines.extend(new_document::empty_table());
    lines.extend(rows.iter().map(|row| row.line(&columns)));
    lines
}
