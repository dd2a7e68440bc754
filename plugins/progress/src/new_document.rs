//! The document as `init` writes it: header, repositories, weeks, one row for each session. What the rows of sessions
//! that already ran say beyond their status is filled in by `settle.rs`, as in a file that is there.

use session_sdk::{Context, Row, Settle};

use crate::calendar::Calendar;
use crate::status::label;

pub const COLUMNS: [&str; 5] = ["Session", "Status", "Started", "Completed", "Commit"];

pub fn empty_table() -> [String; 2] {
    let dashes: Vec<String> = COLUMNS.iter().map(|name| "-".repeat(name.len() + 2)).collect();
    [format!("| {} |", COLUMNS.join(" | ")), format!("|{}|", dashes.join("|"))]
}

/// The repository of a row: its own, else the only one.
pub fn repository<'a>(cx: &'a Context<Settle>, row: &'a Row) -> Option<&'a str> {
    row.repository.as_deref().or(cx.project.repositories.first().map(|r| r.name.as_str()))
}

pub fn text(cx: &Context<Settle>, path: &str) -> String {
    let started = started(cx);
    let mut out = header(cx, path, started);
    let calendar = cx.data.sessions.iter().any(|row| row.week.is_some()).then(|| Calendar::from(started)).flatten();
    let week = |row: &Row| calendar.map_or(row.week, |calendar| calendar.week(row, &cx.time));
    for (i, name) in repositories(cx).into_iter().enumerate() {
        out.push_str(&format!("\n## Repository: {name}\n"));
        let here = |row: &&Row| repository(cx, row).map_or(i == 0, |of| of == name);
        let rows: Vec<_> = cx.data.sessions.iter().filter(here).map(|row| (week(row), row)).collect();
        out.push_str(&tables(&rows));
        out.push_str("\n### Notes\n");
    }
    out
}

/// The first day of any session: a file that is written anew starts when the project did.
fn started(cx: &Context<Settle>) -> &str {
    let days = cx.data.sessions.iter().filter_map(|row| row.started.as_ref()).map(session_sdk::Timestamp::date);
    days.chain([cx.time.date()]).min().unwrap_or_default()
}

fn header(cx: &Context<Settle>, path: &str, started: &str) -> String {
    let mut out = format!("# {} Progress\n\n> **Started:** {started}\n", cx.project.name);
    if let Some(branch) = &cx.project.branch {
        out.push_str(&format!("> **Branch:** {branch}\n"));
    }
    if let Some(plan) = &cx.project.plan {
        let name = plan.rsplit('/').next().unwrap_or(plan);
        out.push_str(&format!("> **Plan:** [{name}]({})\n", link(path, plan)));
    }
    out
}

/// From one file to another, both relative to the root.
fn link(from: &str, to: &str) -> String {
    let up = from.matches('/').count();
    match to.strip_prefix("docs/").filter(|_| from.starts_with("docs/")) {
        Some(rest) => format!("{}{rest}", "../".repeat(up - 1)),
        None => format!("{}{to}", "../".repeat(up)),
    }
}

fn repositories(cx: &Context<Settle>) -> Vec<&str> {
    let mut names: Vec<&str> = cx.project.repositories.iter().map(|r| r.name.as_str()).collect();
    for name in cx.data.sessions.iter().filter_map(|row| row.repository.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(cx.project.root.rsplit('/').next().unwrap_or(&cx.project.name));
    }
    names
}

fn tables(rows: &[(Option<u32>, &Row)]) -> String {
    let mut weeks: Vec<Option<u32>> = rows.iter().map(|(week, _)| *week).collect();
    weeks.sort_unstable();
    weeks.dedup();
    if weeks.is_empty() {
        weeks.push(None);
    }
    let mut out = String::new();
    for week in weeks {
        let title = week.map_or(String::new(), |week| format!("### Week {week}\n"));
        let [header, dashes] = empty_table();
        out.push_str(&format!("\n{title}{header}\n{dashes}\n"));
        for (_, row) in rows.iter().filter(|(of, _)| *of == week) {
            out.push_str(&format!("| {} | {} | — | — | — |\n", row.id, label(row)));
        }
    }
    out
}
