//! A document of sessions: one file, or a file among those of a folder.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use session_sdk::{PlanDocument, PlannedSession, Span, Warning, id};

use super::boundaries::{Cut, Cuts, cut};
use super::column::Columns;
use super::depends::Item;
use super::fence::Fences;
use super::heading::{Heading, Opening, OpeningKind, heading, plain, underlined};
use super::key_names::Field;
use super::keys::{Key, keys};
use super::lines::{Line, Lines};
use super::session::{self, Found, Frame};
use super::tag::decoded;
use super::warning::{about, short, warning};

/// What the order of a plan means that names no dependency at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Each session waits for the one before it; not in the documented dialect.
    #[default]
    Plan,
    /// Nothing.
    Free,
}

/// So many IDs are spelled out for sessions that wait for all before them.
const MOST: usize = 100_000;

/// Fills in what only the whole plan can say: all sessions before one, and the one before it.
pub(super) fn depend_on_order(found: &mut [Found], dialect: bool, order: Order) {
    let chain = order == Order::Plan && !dialect && !found.iter().any(|found| found.names_dependencies);
    let ids: Vec<String> = found.iter().map(|found| found.session.id.clone()).collect();
    let (mut spelled, mut last) = (0, 0);
    for (at, found) in found.iter_mut().enumerate() {
        let (from, line) = match found.all_before {
            // Behind so many, what waits for all before it stands for them.
            Some(line) => (if spelled > MOST { last } else { 0 }, line),
            None if chain => (at.saturating_sub(1), found.session.line),
            None => continue,
        };
        if found.all_before.is_some() {
            (spelled, last) = (spelled + at - from, at);
        }
        let known: HashSet<String> = found.session.depends_on.iter().cloned().collect();
        for id in ids[from..at].iter().filter(|id| !known.contains(*id)) {
            found.session.depends_on.push(id.clone());
            found.session.depends_lines.push(line);
        }
    }
}

/// What one file gives.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub project: Option<String>,
    pub found: Vec<Found>,
    pub warnings: Vec<Warning>,
    /// It is written in the documented dialect.
    pub dialect: bool,
}

/// Reads a document; none where it holds no session.
pub fn read(text: &str) -> Option<PlanDocument> {
    read_in(text, Order::Plan)
}

/// The same, where its order may mean nothing.
pub fn read_in(text: &str, order: Order) -> Option<PlanDocument> {
    let mut cuts = cut(text);
    let ours = cuts.cuts.first()?.opening.kind == OpeningKind::Ours;
    let mut part = read_cuts(text, &mut cuts, None);
    depend_on_order(&mut part.found, part.dialect, order);
    if ours {
        part.project = None;
    } else {
        part.warnings.extend(unknown_parallel(&part.found));
    }
    part.warnings.sort_by_key(|warning| (warning.line, warning.column));
    let sessions = part.found.into_iter().map(|found| found.session).collect();
    Some(PlanDocument { project: part.project, sessions, warnings: part.warnings })
}

/// Reads one file of a folder: without a session heading the whole file is one, where metadata or the file's name say
/// which.
pub(super) fn read_file(text: &str, stem: &str, folder_phase: Option<&str>) -> Part {
    let mut cuts = cut(text);
    if cuts.cuts.is_empty()
        && let Some((id, title, heading)) = whole_file(text, stem)
    {
        let opening = Opening::without_heading(id, title, OpeningKind::File, 0);
        cuts.dialect = true;
        let lines = Lines::of(text);
        let end = text.len();
        let count = text.split('\n').count();
        cuts.cuts.push(Cut {
            opening,
            lines,
            start: 0,
            end,
            count,
            phase: None,
            element: false,
            around: None,
            heading: 0,
            closes: heading,
        });
        cuts.prelude = Some(0);
    }
    read_cuts(text, &mut cuts, folder_phase)
}

fn read_cuts(text: &str, cuts: &mut Cuts<'_>, folder_phase: Option<&str>) -> Part {
    let mut warnings = std::mem::take(&mut cuts.warnings);
    let mut found: Vec<Found> = Vec::with_capacity(cuts.cuts.len());
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut lines = Vec::new();
    for cut in &cuts.cuts {
        lines.clear();
        lines.reserve(cut.count);
        lines.extend(cut.lines.up_to(cut.end).filter(|line| Some(line.number) != cut.closes));
        let line = cut.lines.clone().next().map_or(1, |line: Line<'_>| line.number);
        if let Some(refused) = refused(cut.opening.id, line, seen.get(cut.opening.id)) {
            let column = lines.first().map_or(1, |line| Columns::default().of(line, cut.opening.id));
            warnings.push(Warning { column, ..refused });
            continue;
        }
        seen.insert(cut.opening.id, line);
        let frame = Frame { dialect: cuts.dialect, line, ..frame(cut, folder_phase) };
        found.push(session::read(frame, &lines, &mut warnings));
    }
    let prelude = Prelude::of(&text[..cuts.prelude.unwrap_or(text.len())]);
    let of_session = found.iter().find_map(|found| found.project.clone());
    let project = prelude.key.or_else(|| cuts.project.map(decoded)).or(prelude.title).or(of_session);
    Part { project, found, warnings, dialect: cuts.dialect }
}

fn frame<'a>(cut: &Cut<'a>, folder_phase: Option<&'a str>) -> Frame<'a> {
    Frame {
        id: cut.opening.id,
        title: cut.opening.title,
        span: Span { start: cut.start, end: cut.end },
        phase: cut.phase.or(folder_phase),
        ours: cut.opening.kind == OpeningKind::Ours,
        dialect: false,
        line: 1,
        done: cut.opening.done,
        element: cut.element,
        around: cut.around,
        heading: cut.heading,
    }
}

/// A session that is left out whole: the word `-rollback` marks reverts, and an ID has one session.
fn refused(id: &str, line: usize, before: Option<&usize>) -> Option<Warning> {
    let named = short(id);
    if id.ends_with("-rollback") {
        let message = format!("{named} ends in `-rollback`, which marks reverts, so it is left out; name it otherwise");
        return Some(about(id, line, "reserved-id", message));
    }
    let before = before?;
    let message = format!("{named} stands at line {before} already; this one is left out");
    Some(Warning { related_line: Some(*before), ..about(id, line, "duplicate-id", message) })
}

/// Names in `parallel_with` that are no sessions of the plan.
pub(super) fn unknown_parallel(found: &[Found]) -> Vec<Warning> {
    let known: HashSet<&str> = found.iter().map(|found| found.session.id.as_str()).collect();
    let of = |found: &Found| {
        let ids = found.parallel.items().filter(|item| !known.contains(item.text.as_str()));
        let all = ids.chain(found.parallel.unknown.iter().cloned());
        all.map(|item| unknown_one(&found.session, &item)).collect::<Vec<_>>()
    };
    found.iter().flat_map(of).collect()
}

fn unknown_one(session: &PlannedSession, item: &Item) -> Warning {
    let (id, name) = (short(&session.id), short(&item.text));
    let message = format!("{id} may run beside `{name}`, which is no session of the plan");
    let (path, column) = (session.path.clone(), item.column);
    Warning { path, column, ..about(&session.id, item.line, "unknown-parallel", message) }
}

/// ID and title of a file without a session heading, and the line of the title.
fn whole_file<'a>(text: &'a str, stem: &'a str) -> Option<(&'a str, &'a str, Option<usize>)> {
    let prelude = Prelude::of(text);
    let id = prelude.session_id.filter(|id| id::is_id(id)).or_else(|| id::of_file(stem))?;
    let heading = prelude.heading.filter(|(heading, _)| heading.level == 1);
    let title = heading.map_or("", |(heading, _)| plain(heading.text));
    let rest = title.strip_prefix(id).unwrap_or(title).trim_start_matches([' ', ':', '：', '-', '–', '—']);
    Some((id, rest, heading.map(|(_, line)| line)))
}

/// What a text says before its sessions, outside fences.
#[derive(Default)]
struct Prelude<'a> {
    key: Option<String>,
    title: Option<String>,
    session_id: Option<&'a str>,
    /// With its line.
    heading: Option<(Heading<'a>, usize)>,
}

impl<'a> Prelude<'a> {
    fn of(text: &'a str) -> Self {
        let mut found = Self::default();
        let mut fences = Fences::default();
        let (mut above, mut first) = (None, true);
        for line in Lines::of(text) {
            let fence = fences.see(&line);
            let data =
                fences.depth() == 1 && fences.outermost().is_some_and(|fence| fence.is_data() && !fence.is_prose());
            if !fence && (!fences.is_open() || data) {
                found.line(&line, above.as_ref().filter(|_| first && !data), data);
            }
            first = above.as_ref().is_none_or(Line::is_blank);
            above = Some(line);
        }
        found
    }

    fn line(&mut self, line: &Line<'a>, above: Option<&Line<'a>>, data: bool) {
        let underlined = above.and_then(|above| underlined(line, above)).filter(|heading| heading.level == 1);
        if let Some(heading) = heading(line).filter(|heading| heading.strict && !data).or(underlined) {
            if heading.level == 1 && self.title.is_none() {
                (self.title, self.heading) = (project_title(heading.text), Some((heading, line.number)));
            }
            return;
        }
        let named = ["project", "session_id", "session-id", "session id"].iter().any(|name| contains(line.text, name));
        for key in named.then(|| keys(&[*line], true)).into_iter().flatten() {
            match key.field {
                Some(Field::Project) => self.key = self.key.take().or_else(|| key.text()),
                Some(Field::SessionId) => self.session_id = self.session_id.or_else(|| value_in(line.text, &key)),
                _ => {}
            }
        }
    }
}

/// Most lines are no keys: looked at before they are read as one.
fn contains(text: &str, name: &str) -> bool {
    text.len() < 1000 && text.to_ascii_lowercase().contains(name)
}

/// The value as a part of the line, so that it lives as long.
fn value_in<'a>(line: &'a str, key: &Key<'_>) -> Option<&'a str> {
    let (value, _) = key.values.first()?;
    let at = line.rfind(value.as_ref())?;
    Some(line[at..at + value.len()].trim())
}

/// An H1 without the words that every plan has in it.
fn project_title(title: &str) -> Option<String> {
    const WORDS: &str = "implementation prompts";
    let lower = title.to_ascii_lowercase();
    let title = match lower.find(WORDS) {
        Some(at) => format!("{}{}", &title[..at], &title[at + WORDS.len()..]),
        None => title.to_owned(),
    };
    Some(title.trim_matches([' ', '-', '–', '—', ':']).to_owned()).filter(|title| !title.is_empty())
}

/// A file that holds neither a session nor anything for the plan.
pub(super) fn no_session() -> Warning {
    let message = "this file holds no session: it has no `# Session ID: Title`, no `session_id`, and no ID for a name";
    warning(1, "no-session", message.to_owned())
}
