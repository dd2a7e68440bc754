//! Edits single cells of Markdown tables and leaves every other byte as it was.
//!
//! No Markdown library: they parse and print, and printing would reformat what people aligned by hand.

use std::collections::HashMap;
use std::ops::Range;

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
}

/// The document as lines with their ends.
pub fn split(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// All session tables of the document.
pub fn tables(lines: &[String]) -> Vec<Table> {
    let mut found = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let mut i = 0;
    while i < lines.len() {
        let text = lines[i].trim();
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = mark.map_or(0, |mark| text.chars().take_while(|c| *c == mark).count());
        if let (Some(mark), 3..) = (mark, length) {
            fence = match fence {
                None => Some((mark, length)),
                Some((open, least)) if open == mark && length >= least && text.len() == length => None,
                other => other,
            };
        }
        if fence.is_none() && is_row(&lines[i]) && lines.get(i + 1).is_some_and(|line| is_delimiter(line)) {
            let end = (i + 2..lines.len()).find(|row| !is_row(&lines[*row])).unwrap_or(lines.len());
            let columns: Vec<String> =
                cells(&lines[i]).iter().map(|c| plain(&lines[i][c.clone()]).to_lowercase()).collect();
            let has = |name: &str| columns.iter().any(|column| column == name);
            if has("session") && has("status") {
                found.push(Table { columns, header: i, rows: i + 2..end });
            }
            i = end;
        } else {
            i += 1;
        }
    }
    found
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

/// Text of a cell without white space around it.
pub fn cell(line: &str, column: usize) -> Option<&str> {
    cells(line).get(column).map(|range| line[range.clone()].trim())
}

/// Without the marks that people put around IDs and hashes.
pub fn plain(text: &str) -> &str {
    text.trim().trim_matches(['`', '*', '_']).trim()
}

/// The line with one cell changed: white space on both sides stays, a blank cell gets one space on either side, a row
/// that is too short is filled up with `—`.
pub fn with_cell(line: &str, column: usize, value: &str) -> String {
    let value = value.replace('|', "\\|");
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

/// A row of a table in its plain form.
pub fn row<'a>(columns: &[String], value: impl Fn(&str) -> Option<&'a str>) -> String {
    let cells: Vec<String> = columns.iter().map(|column| value(column).unwrap_or("—").replace('|', "\\|")).collect();
    format!("| {} |", cells.join(" | "))
}
