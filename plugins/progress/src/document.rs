//! PROGRESS.md as a whole: where a row belongs, what it should say, and the file as `init` writes it.

use std::collections::HashMap;

use session_sdk::{Context, Row, Settle, Status};

use crate::calendar::week;
use crate::status::{kind, label, means};
use crate::table::{self, Table, cell, heading, ids, is_blank, plain, tables, with_cell};

const COLUMNS: [&str; 5] = ["Session", "Status", "Started", "Completed", "Commit"];

/// Where a row belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    pub repository: Option<&'a str>,
    pub week: Option<u32>,
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
}

impl Document {
    pub fn of(text: &str) -> Self {
        let lines = table::split(text);
        let line_end = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
        let mut document = Self { lines, line_end, tables: Vec::new(), rows: HashMap::new() };
        document.index();
        document
    }

    fn index(&mut self) {
        self.tables = tables(&self.lines);
        self.rows = ids(&self.tables, &self.lines);
    }

    fn row(&self, id: &str) -> Option<(&Table, usize)> {
        self.rows.get(id).map(|(table, row)| (&self.tables[*table], *row))
    }

    pub fn text(&self) -> String {
        self.lines.concat()
    }

    /// Changes one cell; a session without a row gets one in the table it belongs to.
    pub fn set(&mut self, id: &str, column: &str, value: &str, place: Place<'_>) {
        match self.row(id) {
            Some((table, row)) => {
                if let Some(column) = table.column(column) {
                    self.lines[row] = with_cell(&self.lines[row], column, value);
                }
            }
            None => self.insert(place, |name| match name {
                "session" => Some(id),
                name if name == column.to_lowercase() => Some(value),
                _ => None,
            }),
        }
    }

    fn insert<'v>(&mut self, place: Place<'_>, value: impl Fn(&str) -> Option<&'v str>) {
        let (section_start, section_end) = self.repository(place.repository);
        let inside = |table: &&Table| (section_start..section_end).contains(&table.header);
        let here: Vec<&Table> = self.tables.iter().filter(inside).collect();
        let has_weeks = (section_start..section_end).any(|i| self.week_at(i).is_some());
        let wanted = here
            .iter()
            .rev()
            .find(|table| !has_weeks || place.week.is_none() || self.week_of(table, section_start) == place.week);
        if let Some(table) = wanted {
            let (end, line) = (table.rows.end, table::row(&table.columns, value));
            self.add_lines(end, &[line]);
            return;
        }
        let mut lines = vec![String::new()];
        let any_weeks = (0..self.lines.len()).any(|i| self.week_at(i).is_some());
        if let (true, Some(week)) = (any_weeks, place.week) {
            lines.push(format!("### Week {week}"));
        }
        let columns: Vec<String> = COLUMNS.iter().map(|name| name.to_lowercase()).collect();
        lines.extend(empty_table());
        lines.push(table::row(&columns, value));
        let last_text = (section_start..section_end).rev().find(|i| !self.lines[*i].trim().is_empty());
        self.add_lines(last_text.map_or(section_end, |i| i + 1), &lines);
    }

    /// Adds `- ID: text` under the repository's Notes, once.
    pub fn note(&mut self, id: &str, text: &str, repository: Option<&str>) {
        let line = format!("- {id}: {text}");
        if self.lines.iter().any(|known| known.trim() == line) {
            return;
        }
        let (start, end) = self.repository(repository);
        let is_notes = |i: &usize| {
            heading(&self.lines[*i])
                .is_some_and(|(_, title)| matches!(title.to_lowercase().as_str(), "notes" | "session notes"))
        };
        let Some(at) = (start..end).find(is_notes) else {
            let last = (start..end).rev().find(|i| !self.lines[*i].trim().is_empty()).map_or(end, |i| i + 1);
            self.add_lines(last, &[String::new(), "### Notes".into(), line]);
            return;
        };
        let level = heading(&self.lines[at]).map_or(0, |(level, _)| level);
        let below = (at + 1..end).find(|i| heading(&self.lines[*i]).is_some_and(|(l, _)| l <= level)).unwrap_or(end);
        let last = (at..below).rev().find(|i| !self.lines[*i].trim().is_empty()).unwrap_or(at);
        self.add_lines(last + 1, &[line]);
    }

    /// Lines of a repository's section; the whole document where it has no such heading.
    fn repository(&self, name: Option<&str>) -> (usize, usize) {
        let title = |i: usize| heading(&self.lines[i]).filter(|(level, _)| *level == 2).map(|(_, title)| title);
        let all: Vec<usize> =
            (0..self.lines.len()).filter(|i| title(*i).is_some_and(|t| t.starts_with("Repository:"))).collect();
        let named = |i: &usize| title(*i).and_then(|t| t.strip_prefix("Repository:")).map(plain) == name;
        let Some(start) = all.iter().copied().find(|i| named(i)).or(all.first().copied()) else {
            return (0, self.lines.len());
        };
        let ends = |i: usize| heading(&self.lines[i]).is_some_and(|(level, _)| level <= 2);
        (start, (start + 1..self.lines.len()).find(|i| ends(*i)).unwrap_or(self.lines.len()))
    }

    fn week_at(&self, i: usize) -> Option<u32> {
        heading(&self.lines[i]).and_then(|(_, title)| week(title))
    }

    fn week_of(&self, table: &Table, section_start: usize) -> Option<u32> {
        (section_start..table.header).rev().find_map(|i| self.week_at(i))
    }

    fn add_lines(&mut self, at: usize, new: &[String]) {
        let end = self.line_end;
        let last_is_open = at > 0 && at == self.lines.len() && !self.lines[at - 1].ends_with('\n');
        if last_is_open {
            self.lines[at - 1].push_str(end);
        }
        let count = new.len();
        let ended = new
            .iter()
            .enumerate()
            .map(|(i, line)| if last_is_open && i + 1 == count { line.clone() } else { format!("{line}{end}") });
        self.lines.splice(at..at, ended.collect::<Vec<_>>());
        self.index();
    }

    fn cell(&self, id: &str, column: &str) -> Option<String> {
        let (table, row) = self.row(id)?;
        cell(&self.lines[row], table.column(column)?).map(str::to_owned)
    }

    fn has_row(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// Makes the row say what the state says; a cell that means the same already stays as people wrote it.
    pub fn update(&mut self, row: &Row, place: Place<'_>) {
        let untouched = row.status == Status::Pending && row.attempt == 0;
        if untouched && self.has_row(&row.id) {
            return;
        }
        if !self.has_row(&row.id) {
            self.set(&row.id, "Status", label(row), place);
        }
        self.update_cell(row, "Status", label(row), |old| {
            means(old) == Some(kind(row)) && !(old.contains('🔁') && row.attempt < 2)
        });
        let time =
            |t: &Option<session_sdk::Timestamp>| t.as_ref().map_or("—".to_owned(), session_sdk::Timestamp::minute);
        let (started, completed) = (time(&row.started), time(&row.completed));
        self.update_cell(row, "Started", &started, |old| same_time(old, &started));
        self.update_cell(row, "Completed", &completed, |old| same_time(old, &completed));
        let commit = row.commit.as_deref().unwrap_or_default();
        let short = if commit.is_empty() { "—" } else { commit.get(..7).unwrap_or(commit) };
        self.update_cell(row, "Commit", short, |old| names_commit(old, commit));
    }

    fn update_cell(&mut self, row: &Row, column: &str, value: &str, same: impl Fn(&str) -> bool) {
        if self.cell(&row.id, column).is_some_and(|old| !(old == value || same(&old))) {
            self.set(&row.id, column, value, Place::default());
        }
    }
}

fn same_time(old: &str, new: &str) -> bool {
    if is_blank(old) || new == "—" { is_blank(old) && new == "—" } else { new.ends_with(plain(old)) }
}

/// A hash that the cell names, alone or among others, in any length.
fn names_commit(old: &str, commit: &str) -> bool {
    if commit.is_empty() || is_blank(old) {
        return commit.is_empty() && is_blank(old);
    }
    old.split([',', ' ']).map(plain).any(|hash| hash.len() >= 7 && commit.starts_with(hash))
}

fn empty_table() -> [String; 2] {
    let dashes: Vec<String> = COLUMNS.iter().map(|name| "-".repeat(name.len() + 2)).collect();
    [format!("| {} |", COLUMNS.join(" | ")), format!("|{}|", dashes.join("|"))]
}

/// The repository of a row: its own, else the only one.
pub fn repository<'a>(cx: &'a Context<Settle>, row: &'a Row) -> Option<&'a str> {
    row.repository.as_deref().or(cx.project.repositories.first().map(|r| r.name.as_str()))
}

/// The document as `init` writes it.
pub fn new(cx: &Context<Settle>, path: &str) -> String {
    let mut out = format!("# {} Progress\n\n> **Started:** {}\n", cx.project.name, cx.time.date());
    if let Some(plan) = &cx.project.plan {
        let name = plan.rsplit('/').next().unwrap_or(plan);
        let up = "../".repeat(path.matches('/').count());
        let link = plan
            .strip_prefix("docs/")
            .filter(|_| path.starts_with("docs/"))
            .map_or(format!("{up}{plan}"), |rest| format!("{}{rest}", "../".repeat(path.matches('/').count() - 1)));
        out.push_str(&format!("> **Plan:** [{name}]({link})\n"));
    }
    let mut repositories: Vec<&str> = cx.project.repositories.iter().map(|r| r.name.as_str()).collect();
    for name in cx.data.sessions.iter().filter_map(|row| row.repository.as_deref()) {
        if !repositories.contains(&name) {
            repositories.push(name);
        }
    }
    if repositories.is_empty() {
        repositories.push(cx.project.root.rsplit('/').next().unwrap_or(&cx.project.name));
    }
    for (i, name) in repositories.iter().enumerate() {
        out.push_str(&format!("\n## Repository: {name}\n"));
        let rows: Vec<&Row> =
            (cx.data.sessions.iter()).filter(|row| repository(cx, row).map_or(i == 0, |of| of == *name)).collect();
        let mut weeks: Vec<Option<u32>> = rows.iter().map(|row| row.week).collect();
        weeks.sort_unstable();
        weeks.dedup();
        for week in if weeks.is_empty() { vec![None] } else { weeks } {
            out.push('\n');
            if let Some(week) = week {
                out.push_str(&format!("### Week {week}\n"));
            }
            let [header, dashes] = empty_table();
            out.push_str(&format!("{header}\n{dashes}\n"));
            for row in rows.iter().filter(|row| row.week == week) {
                out.push_str(&format!("| {} | {} | — | — | — |\n", row.id, label(row)));
            }
        }
        out.push_str("\n### Notes\n");
    }
    out
}
