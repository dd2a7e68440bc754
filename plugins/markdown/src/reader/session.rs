//! What one session holds: each of its lines is read as something, or is text. The task file is `task_file.rs`.

use std::collections::{HashMap, HashSet};

use session_sdk::{Check, CheckKind, PlannedSession, Span, Warning};

use super::column::Columns;
use super::depends::Dependencies;
use super::element::{self, Element};
use super::fence::Fence;
use super::heading::is_phase;
use super::label;
use super::lines::{Line, span, trim};
use super::places::Places;
use super::tag::decoded;
use super::warning::{about, short};

/// What is known of a session before its lines are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub span: Span,
    /// The heading of the phase above, or the folder.
    pub phase: Option<&'a str>,
    /// The document is a task file that this program rendered.
    pub ours: bool,
    /// The document is written in the documented dialect.
    pub dialect: bool,
    /// Where it begins, from 1.
    pub line: usize,
    /// The heading says that it is done.
    pub done: bool,
    /// It is written as an element.
    pub element: bool,
    /// The fence that the element stands in.
    pub around: Option<Fence<'a>>,
    /// Lines of the heading.
    pub heading: usize,
}

/// A session that was read, and what only the whole plan can judge.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub session: PlannedSession,
    /// Items of `parallel_with` that are no IDs, and the line of each ID.
    pub parallel: Dependencies,
    pub project: Option<String>,
    /// It has a place for dependencies, be it for none.
    pub names_dependencies: bool,
    /// Line that says that it waits for all before it.
    pub all_before: Option<usize>,
}

pub(super) struct Reading<'f, 'w> {
    pub frame: Frame<'f>,
    pub found: Found,
    pub depends: Dependencies,
    pub lines: &'f [Line<'f>],
    /// The lines below the heading, and where each of them belongs.
    pub body: &'f [Line<'f>],
    pub places: Places,
    /// What a status label says.
    pub status: Option<String>,
    /// It has a text.
    pub says: bool,
    /// Of the keys.
    pub columns: Columns,
    pub warnings: &'w mut Vec<Warning>,
}

/// Reads one session; what is not understood goes to `warnings`.
pub(super) fn read<'f>(frame: Frame<'f>, lines: &'f [Line<'f>], warnings: &mut Vec<Warning>) -> Found {
    let session = PlannedSession {
        id: frame.id.to_owned(),
        title: frame.title.to_owned(),
        line: frame.line,
        span: Some(frame.span),
        ..PlannedSession::default()
    };
    let body = &lines[frame.heading.min(lines.len())..];
    let mut reading = Reading {
        frame,
        found: Found { session, ..Found::default() },
        depends: Dependencies::default(),
        lines,
        body,
        places: Places::new(body.len()),
        status: None,
        says: false,
        columns: Columns::default(),
        warnings,
    };
    let element = if frame.element && !frame.ours { element::find(body, frame.id, frame.around) } else { None };
    match element {
        Some(element) => reading.element(&element),
        None if frame.ours => reading.task_file(body),
        None => reading.sections(),
    }
    reading.finish()
}

impl<'f> Reading<'f, '_> {
    pub fn warn(&mut self, line: usize, kind: &str, message: String) {
        self.warnings.push(about(self.frame.id, line, kind, message));
    }

    fn element(&mut self, element: &Element<'_, '_>) {
        let session = &mut self.found.session;
        if session.title.is_empty() {
            session.title = element.title.map(decoded).unwrap_or_default();
        }
        session.metadata.skills = element.skills();
        session.metadata.subagents = element.subagents();
        session.prompt = element.prompt();
        session.checks = element.checks();
        session.commit_message = element.commit();
        // What stands between its heading and the element.
        let end = self.body.iter().position(|line| line.number == element.line).unwrap_or(0);
        let fence = self.body[..end].iter().rposition(|line| !line.is_blank());
        let end = fence.filter(|at| Fence::of(&self.body[*at]).is_some()).unwrap_or(end);
        session.context = span(trim(&self.body[..end])).into();
        if let Some(behind) = element.behind(self.body).filter(|_| self.frame.heading > 0) {
            session.context.push(behind);
        }
        self.says = !session.prompt.is_empty() || !session.context.is_empty();
        self.keys(&element.keys());
        if !element.closed {
            let message = format!("the element of line {} is never closed by </session>", element.line);
            self.warn(element.line, "open-element", message);
        }
    }

    fn finish(mut self) -> Found {
        if let Some(phase) = self.frame.phase.filter(|title| is_phase(title)) {
            let meta = &mut self.found.session.metadata;
            meta.phase = meta.phase.take().or_else(|| first_number(phase).map(|n| n.to_string()));
            meta.week = meta.week.or_else(|| week(phase));
        }
        self.depends.place(self.lines);
        self.found.parallel.place(self.lines);
        for item in std::mem::take(&mut self.depends.unknown) {
            let message = format!(
                "`{}` is no session, range or list of sessions; what is none of these is not waited for",
                short(&item.text)
            );
            let found = about(self.frame.id, item.line, "dependency-not-understood", message);
            self.warnings.push(Warning { column: item.column, ..found });
        }
        if !self.says && !self.frame.ours {
            self.without_text();
        }
        let session = &mut self.found.session;
        session.checks.sort_by_key(|check| check.line);
        merge_checks(&mut session.checks);
        session.marked_done |= self.frame.done || self.status.as_deref().is_some_and(label::says_done);
        let mut seen = HashSet::new();
        session.metadata.files.retain(|file| self.frame.ours || seen.insert(file.clone()));
        session.metadata.parallel_with.clone_from(&self.found.parallel.ids);
        self.found.all_before = self.depends.all_before;
        (session.depends_on, session.depends_lines) = (self.depends.ids, self.depends.lines);
        self.found
    }

    fn without_text(&mut self) {
        let line = self.found.session.line;
        let id = short(self.frame.id);
        if self.frame.dialect && !self.found.session.checks.is_empty() {
            self.warn(line, "no-prompt", format!("{id} has no prompt"));
        } else {
            self.warn(line, "empty", format!("{id} has no text: nothing in it says what to do"));
        }
    }
}

/// The same command in checklist and commands is one check, at its first place.
fn merge_checks(checks: &mut Vec<Check>) {
    let mut places: HashMap<(bool, &str, &[String]), usize> = HashMap::with_capacity(checks.len());
    let first: Vec<usize> = checks
        .iter()
        .enumerate()
        .map(|(i, check)| {
            *places.entry((check.kind == CheckKind::Command, check.text.as_str(), check.setup.as_slice())).or_insert(i)
        })
        .collect();
    for (i, first) in first.iter().enumerate() {
        checks[*first].ticked |= checks[i].ticked;
    }
    let mut at = 0..;
    checks.retain(|_| at.next().is_some_and(|i| first[i] == i));
}

pub(super) fn first_number(text: &str) -> Option<u32> {
    let digits = &text[text.find(|c: char| c.is_ascii_digit())?..];
    digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

/// `PHASE 1: FOUNDATIONS (Week 1)`; of several weeks the first.
fn week(phase: &str) -> Option<u32> {
    let lower = phase.to_lowercase();
    let at = lower.find("(week")?;
    first_number(&lower[at..])
}
