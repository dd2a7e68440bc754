//! What the document says after an event: a pure function of the state and of the file that is there.
//!
//! A rebuild (`progress --rebuild`) edits the file too, and does not write a new one from a template: what people wrote
//! stays where it stands without being understood. It first takes both sides of conflict markers (`merge.rs`) and
//! leaves one row of each session, then corrects every cell, also those that an ordinary settle leaves to people. Only
//! where there is no file, or an empty one, all is new. Rows of sessions that the state does not know stay.

use std::collections::HashSet;

use session_sdk::conflict::Conflicts;
use session_sdk::hash::short;
use session_sdk::{Context, Error, Result, Row, Settle, Status, Timestamp};

use crate::calendar::Calendar;
use crate::document::{Document, NewRow, Place};
use crate::status::{Kind, kind, label, means};
use crate::table::{is_blank, plain};
use crate::{merge, new_document};

/// Conflicts may stand in conflicts; a file that needs more passes than this is left as it is.
const PASSES: usize = 8;

/// How much of an untouched session's row is the program's: pending ones may hold what people noted.
#[derive(Clone, Copy, PartialEq)]
enum Untouched {
    Left,
    All,
}

/// # Errors
/// Where the file has conflict markers and nobody asked for a rebuild.
pub fn text(cx: &Context<Settle>, path: &str, before: Option<&str>) -> Result<String> {
    let before = before.filter(|text| !text.trim().is_empty());
    let rebuild = cx.data.reason == "rebuild";
    let mut document = match before {
        Some(text) if rebuild => repaired(text, cx),
        Some(text) => named(Document::of(refuse_conflicts(path, text)?), cx),
        None => Document::of(&new_document::text(cx, path)),
    };
    let untouched = match cx.data.reason.as_str() {
        // What is named is what a rebuild would write.
        "rebuild" | "check" => Untouched::All,
        _ => Untouched::Left,
    };
    add_missing(&mut document, cx);
    let own = cx.session.as_ref().map(|session| session.id.as_str());
    for row in &cx.data.sessions {
        if !goes_on_elsewhere(&document, row, own) {
            update(&mut document, row, untouched);
        }
    }
    add_notes(&mut document, cx, rebuild || before.is_none());
    Ok(document.text())
}

fn refuse_conflicts<'t>(path: &str, text: &'t str) -> Result<&'t str> {
    match merge::conflicts(text) {
        Some(Conflicts { line, .. }) => {
            Err(Error::new(format!("{path} has conflict markers (line {line})")).hint("session progress --resolve"))
        }
        None => Ok(text),
    }
}

fn repaired(text: &str, cx: &Context<Settle>) -> Document {
    let mut text = text.to_owned();
    for _ in 0..PASSES {
        let Some(found) = merge::conflicts(&text) else { break };
        text = merge::both(&found.ours, &found.theirs);
    }
    let mut document = named(Document::of(&text), cx);
    let known: HashSet<&str> = cx.data.sessions.iter().map(|row| row.id.as_str()).collect();
    document.drop_doubles(&known);
    document
}

fn named(document: Document, cx: &Context<Settle>) -> Document {
    document.naming(cx.data.sessions.iter().map(|row| (row.id.as_str(), row.title.as_str())))
}

fn add_missing(document: &mut Document, cx: &Context<Settle>) {
    let calendar = Calendar::of(document.lines());
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for row in &cx.data.sessions {
        if document.has_row(&row.id) || !seen.insert(row.id.as_str()) {
            continue;
        }
        let week = calendar.map_or(row.week, |calendar| calendar.week(row, &cx.time));
        let place = Place { repository: new_document::repository(cx, row), week };
        rows.push(NewRow { place, cells: vec![("session", &row.id), ("status", label(row))] });
    }
    document.add(&rows);
}

/// Notes of the session that is now complete; of all that are done where they may be missing.
fn add_notes(document: &mut Document, cx: &Context<Settle>, all: bool) {
    let completed = cx.session.as_ref().filter(|_| cx.data.reason == "complete" && !cx.data.failed);
    let wanted =
        |row: &&Row| (all && row.status == Status::Done) || completed.is_some_and(|session| session.id == row.id);
    let mut notes = Vec::new();
    for row in cx.data.sessions.iter().filter(wanted) {
        let repository = new_document::repository(cx, row);
        notes.extend(row.notes.iter().map(|note| (row.id.as_str(), note.as_str(), repository)));
    }
    document.add_notes(&notes);
}

/// Somebody has started it anew on another machine, of which nothing is known here but the row.
fn goes_on_elsewhere(document: &Document, row: &Row, own: Option<&str>) -> bool {
    let said = || document.cell(&row.id, "Status").and_then(|cell| means(&cell));
    row.status == Status::RolledBack
        && own != Some(row.id.as_str())
        && matches!(said(), Some(Kind::Active | Kind::Paused | Kind::Failed))
}

/// Makes the row say what the state says; a cell that means the same already stays as people wrote it.
fn update(document: &mut Document, row: &Row, untouched: Untouched) {
    let is_untouched = row.status == Status::Pending && row.attempt == 0;
    if is_untouched && untouched == Untouched::Left {
        return;
    }
    update_cell(document, row, "Status", label(row), |old| {
        means(old) == Some(kind(row)) && !(old.contains('🔁') && row.attempt < 2)
    });
    let before = row.before.clone().unwrap_or_default();
    let times = [("Started", &row.started, &before.started), ("Completed", &row.completed, &before.completed)];
    for (column, now, before) in times {
        let [now, before] = [now, before].map(|time| time.as_ref().map(Timestamp::minute));
        match now {
            Some(now) => update_cell(document, row, column, &now, |old| same_time(old, &now)),
            None => empty_cell(document, row, column, |old| before.is_some_and(|before| same_time(old, &before))),
        }
    }
    match row.commit.as_deref().filter(|commit| !commit.is_empty()) {
        Some(commit) => {
            update_cell(document, row, "Commit", short(commit), |old| names_commit(old, commit));
        }
        None => {
            empty_cell(document, row, "Commit", |old| before.commit.is_some_and(|commit| names_commit(old, &commit)));
        }
    }
}

fn update_cell(document: &mut Document, row: &Row, column: &str, value: &str, same: impl Fn(&str) -> bool) {
    // A row that is too short says nothing in the cells that it lacks.
    let old = document.cell(&row.id, column).unwrap_or_default();
    if !(old == value || same(&old)) {
        document.set(&row.id, column, value, Place::default());
    }
}

/// The state has nothing to say there. What a person wrote stays; only what the program wrote itself goes.
fn empty_cell(document: &mut Document, row: &Row, column: &str, written: impl FnOnce(&str) -> bool) {
    let old = document.cell(&row.id, column).unwrap_or_default();
    if !is_blank(&old) && written(&old) {
        document.set(&row.id, column, "—", Place::default());
    }
}

fn same_time(old: &str, new: &str) -> bool {
    !is_blank(old) && new.ends_with(plain(old))
}

/// A hash that the cell names, alone or among others, in any length.
fn names_commit(old: &str, commit: &str) -> bool {
    old.split([',', ' ']).map(plain).any(|hash| hash.len() >= 7 && commit.starts_with(hash))
}
