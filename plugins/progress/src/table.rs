//! Edits single cells of Markdown tables and leaves every other byte as it was.
//!
//! No Markdown library: they parse and print, and printing would reformat what people aligned by hand.

use std::collections::HashMap;
use std::ops::Range;

use session_sdk::markdown::{Fence, Heading};

/// A table with a Session and a Status column, outside fences.
#[derive(Debug)]
pub struct Table {
    /// Header names in lower case.
    pub columns: Vec<String>,
    /// Index of the header's line.
    pub header: usize,
    /// Indexes of the lines below the delimiter row.
    pub rows: Range<usize>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == &name.to_lowercase())
    }

    /// Says how sessions go, and is not one of the other tables in which people name sessions and some status, such as
    /// a list of decisions.
    pub fn tracks(&self) -> bool {
        let first = self.columns.first().is_some_and(|column| column == "session");
        first || ["started", "completed", "commit"].iter().any(|name| self.column(name).is_some())
    }
}

/// The document as lines with their ends.
pub fn split(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Which lines belong to a code fence, its marks included. A fence that nothing closes is none: it would take all rows
/// below from their sessions, and each settle would add them again.
pub fn fences<S: AsRef<str>>(lines: &[S]) -> Vec<bool> {
    let marks: Vec<Option<Fence<'_>>> = lines.iter().map(|line| Fence::of(line.as_ref())).collect();
    let closed = closed(&marks);
    let mut open: Option<Fence<'_>> = None;
    let mut fenced = Vec::with_capacity(lines.len());
    for (mark, closed) in marks.into_iter().zip(closed) {
        let was_open = open.is_some();
        open = match (open, mark) {
            (None, Some(mark)) => Some(mark).filter(|_| closed),
            (Some(old), Some(new)) if new.closes(&old) => None,
            (open, _) => open,
        };
        fenced.push(was_open || open.is_some());
    }
    fenced
}

/// Whether a line below closes the fence that each mark would open.
fn closed(marks: &[Option<Fence<'_>>]) -> Vec<bool> {
    let mut longest = [0, 0];
    let mut closed: Vec<bool> = (marks.iter().rev())
        .map(|mark| {
            let Some(mark) = mark else { return false };
            let longest = &mut longest[usize::from(mark.mark == b'~')];
            let closed = *longest >= mark.length;
            *longest = if mark.info.is_empty() { mark.length.max(*longest) } else { *longest };
            closed
        })
        .collect();
    closed.reverse();
    closed
}

/// All session tables of the document.
pub fn tables<S: AsRef<str>>(lines: &[S]) -> Vec<Table> {
    tables_outside(lines, &fences(lines))
}

/// As [`tables`], where other lines than those in fences may be left out.
pub fn tables_outside<S: AsRef<str>>(lines: &[S], fenced: &[bool]) -> Vec<Table> {
    let line = |i: usize| lines.get(i).map(AsRef::as_ref);
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(header) = line(i) {
        if fenced[i] || !is_row(header) || !line(i + 1).is_some_and(is_delimiter) {
            i += 1;
            continue;
        }
        let end = (i + 2..lines.len()).find(|row| !line(*row).is_some_and(is_row)).unwrap_or(lines.len());
        let columns: Vec<String> = texts(header).iter().map(|text| plain(text).to_lowercase()).collect();
        let has = |name: &str| columns.iter().any(|column| column == name);
        if has("session") && has("status") {
            found.push(Table { columns, header: i, rows: i + 2..end });
        }
        i = end;
    }
    found
}

/// Lines that look like rows below the end of a session table and above the next table of any kind, with the number of
/// their table.
pub fn broken_off<S: AsRef<str>>(lines: &[S], tables: &[Table], fenced: &[bool]) -> Vec<(usize, usize)> {
    let line = |i: usize| lines.get(i).map(AsRef::as_ref);
    let mut found = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let end = tables.get(number + 1).map_or(lines.len(), |next| next.header);
        let rows = (table.rows.end..end).filter(|i| !fenced[*i] && line(*i).is_some_and(is_row));
        let rows = rows.take_while(|i| !line(i + 1).is_some_and(is_delimiter));
        found.extend(rows.map(|row| (row, number)));
    }
    found
}

/// Level and title of a heading; one that is indented, or has no space behind its marks, is text.
pub fn heading(line: &str) -> Option<(usize, &str)> {
    let strict = Heading::of(line).filter(|heading| heading.strict);
    strict.map(|heading| (heading.level, heading.text))
}

/// Lines of the headings outside fences, with their levels.
pub fn headings<S: AsRef<str>>(lines: &[S]) -> Vec<(usize, usize)> {
    let fenced = fences(lines).into_iter().enumerate();
    let level = |i: usize| heading(lines[i].as_ref()).map(|(level, _)| (i, level));
    fenced.filter(|(_, fenced)| !fenced).filter_map(|(i, _)| level(i)).collect()
}

/// Table and line of each session's row; of several the first.
pub fn ids(tables: &[Table], lines: &[String]) -> HashMap<String, (usize, usize)> {
    let mut found = HashMap::new();
    for (number, table) in tables.iter().enumerate() {
        let Some(column) = table.column("session") else { continue };
        for row in table.rows.clone() {
            if let Some(id) = cell(&lines[row], column).map(plain) {
                found.entry(id.to_owned()).or_insert((number, row));
            }
        }
    }
    found
}

fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

fn is_delimiter(line: &str) -> bool {
    let text = line.trim();
    text.contains('-') && text.starts_with('|') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

/// Bytes of each cell in its line, white space included.
fn cells(line: &str) -> Vec<Range<usize>> {
    let end = line.trim_end_matches(['\r', '\n']).len();
    let mut found = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (i, c) in line[..end].char_indices() {
        match c {
            '\\' => escaped = !escaped,
            '|' if !escaped => {
                found.extend(start.map(|start| start..i));
                start = Some(i + 1);
            }
            _ => escaped = false,
        }
    }
    // What stands behind the last pipe is a cell where the row has no closing pipe.
    found.extend(start.filter(|start| !line[*start..end].trim().is_empty()).map(|start| start..end));
    found
}

/// Texts of all cells without white space around them.
pub fn texts(line: &str) -> Vec<&str> {
    cells(line).into_iter().map(|range| line[range].trim()).collect()
}

/// Text of a cell without white space around it.
pub fn cell(line: &str, column: usize) -> Option<&str> {
    cells(line).get(column).map(|range| line[range.clone()].trim())
}

/// Without the marks that people put around IDs and hashes.
pub fn plain(text: &str) -> &str {
    text.trim().trim_matches(['`', '*', '_']).trim()
}

/// A cell that says nothing yet.
pub fn is_blank(cell: &str) -> bool {
    matches!(plain(cell), "" | "—" | "-" | "–" | "pending" | "(pending commit)")
}

/// The line with one cell changed: white space on both sides stays, a blank cell gets one space on either side, a row
/// that is too short is filled up with `—`.
pub fn with_cell(line: &str, column: usize, value: &str) -> String {
    with_raw_cell(line, column, &escaped(value))
}

/// As [`with_cell`], for a value that is already written as it stands in a table.
pub fn with_raw_cell(line: &str, column: usize, value: &str) -> String {
    let found = cells(line);
    if let Some(range) = found.get(column) {
        let old = &line[range.clone()];
        let text = old.trim();
        let new = if text.is_empty() {
            format!(" {value} ")
        } else {
            let lead = old.len() - old.trim_start().len();
            format!("{}{value}{}", &old[..lead], &old[lead + text.len()..])
        };
        return format!("{}{new}{}", &line[..range.start], &line[range.end..]);
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    let body = line[..end].trim_end();
    let mut out = body.strip_suffix('|').filter(|_| !body.ends_with("\\|")).unwrap_or(body).trim_end().to_owned();
    for _ in found.len()..column {
        out.push_str(" | —");
    }
    format!("{out} | {value} |{}", &line[end..])
}

/// A value as it stands in a cell: no white space of its own around it, every `|` and what stands before it escaped.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    let mut backslashes = 0;
    for c in value.trim().chars() {
        if c == '|' {
            // Else the one before would escape the one that escapes the pipe.
            out.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    // A last one would escape the pipe that ends the cell, were it not for the blank between them; that may be missing.
    out.extend(std::iter::repeat_n('\\', backslashes % 2));
    out
}

/// A row of a table in its plain form.
pub fn row<'a>(columns: &[String], value: impl Fn(&str) -> Option<&'a str>) -> String {
    let cells: Vec<String> = columns.iter().map(|column| escaped(value(column).unwrap_or("—"))).collect();
    format!("| {} |", cells.join(" | "))
}
