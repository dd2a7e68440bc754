//! What one session holds.

use std::collections::{HashMap, HashSet};

use session_sdk::{Check, CheckKind, PlannedSession, Span, Warning};

use super::agents::agents;
use super::check::{Source, checks};
use super::column::{Columns, line_of};
use super::comment::uncommented;
use super::commit::message;
use super::depends::{Dependencies, begins, mentions, names};
use super::element::{self, Element};
use super::fence::{Fence, Fences, closing};
use super::heading::is_phase;
use super::keys::{Key, item, items, keys};
use super::known::{Field, suggestion, waits};
use super::lines::{Line, span, trim};
use super::section::{Kind, Section, is_dependencies, looks_like_checks, prompt, sections};
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
}

struct Reading<'f, 'w> {
    frame: Frame<'f>,
    found: Found,
    depends: Dependencies,
    lines: &'f [Line<'f>],
    /// Of the keys.
    columns: Columns,
    warnings: &'w mut Vec<Warning>,
}

/// Reads one session; what is not understood goes to `warnings`.
pub(super) fn read<'f>(frame: Frame<'f>, lines: &'f [Line<'f>], warnings: &mut Vec<Warning>) -> Found {
    let session = PlannedSession {
        id: frame.id.to_owned(),
        title: frame.title.to_owned(),
        line: lines.first().map_or(1, |line| line.number),
        span: Some(frame.span),
        ..PlannedSession::default()
    };
    let found = Found { session, ..Found::default() };
    let mut reading =
        Reading { frame, found, depends: Dependencies::default(), lines, columns: Columns::default(), warnings };
    let element = if frame.element && !frame.ours { element::find(lines, frame.id, frame.around) } else { None };
    match element {
        Some(element) => reading.element(&element),
        None => reading.sections(&lines[frame.heading.min(lines.len())..]),
    }
    reading.finish()
}

impl Reading<'_, '_> {
    fn warn(&mut self, line: usize, kind: &str, message: String) {
        self.warnings.push(about(self.frame.id, line, kind, message));
    }

    fn element(&mut self, element: &Element<'_, '_>) {
        let session = &mut self.found.session;
        if session.title.is_empty() {
            session.title = element.title.map(decoded).unwrap_or_default();
        }
        session.metadata.skills = element.skills();
        session.metadata.subagents = element.subagents();
        session.prompt = element.prompt().into();
        session.checks = element.checks();
        session.commit_message = element.commit();
        self.keys(&element.keys());
        if !element.closed {
            let message = format!("the element of line {} is never closed by </session>", element.line);
            self.warn(element.line, "open-element", message);
        }
    }

    fn sections(&mut self, body: &[Line<'_>]) {
        let ours = self.frame.ours;
        let found = sections(body, ours);
        let mut fenced: &[Line<'_>] = &[];
        for section in &found {
            if section.kind == Kind::Prompt {
                fenced = self.prompt(section.lines).unwrap_or(fenced);
            } else {
                self.section(section);
            }
        }
        // Verification and commit that stand inside the prompt's fence count where the session has none outside (R3).
        let mut missing = vec![Kind::Verification, Kind::Commands, Kind::Commit];
        missing.retain(|kind| found.iter().all(|section| section.kind != *kind));
        if !missing.is_empty() && !ours {
            let inner = sections(fenced, false);
            inner.iter().filter(|section| missing.contains(&section.kind)).for_each(|section| self.section(section));
        }
        self.unknown_sections(body);
    }

    /// `Acceptance Criteria` is no name that the format knows, and a session without a check has nothing to fail by.
    fn unknown_sections(&mut self, body: &[Line<'_>]) {
        if !self.found.session.checks.is_empty() || self.frame.ours {
            return;
        }
        let found: Vec<_> = outside_fences(body).into_iter().filter(|line| looks_like_checks(line)).collect();
        for line in found {
            let message = "nothing is read from a section of this name; call it `Verification Checklist`".to_owned();
            self.warn(line.number, "unknown-section", message);
        }
    }

    fn section(&mut self, section: &Section<'_, '_>) {
        let verbatim = matches!(section.kind, Kind::Context | Kind::ExpectedOutput | Kind::Notes);
        let lines = if verbatim || self.frame.ours { section.lines.into() } else { uncommented(section.lines) };
        let session = &mut self.found.session;
        match section.kind {
            Kind::Metadata | Kind::System => self.metadata(&lines),
            Kind::Skills => {
                let keyed: Vec<String> = keys(&lines, false).iter().flat_map(Key::list).collect();
                let listed = || items(&lines).into_iter().map(str::to_owned).collect();
                session.metadata.skills = if keyed.is_empty() { listed() } else { keyed };
            }
            Kind::SubAgents => session.metadata.subagents = agents(fence_or_all(&lines), section.level),
            Kind::Dependencies => self.dependencies(&lines, Field::Dependencies),
            Kind::Prerequisites => self.dependencies(&lines, Field::Prerequisites),
            Kind::Context if session.context.is_empty() => session.context = span(trim(&lines)).into(),
            Kind::ExpectedOutput if session.expected_output.is_empty() => {
                session.expected_output = span(trim(&lines)).into();
            }
            Kind::Verification => self.checks(&lines, Source::Checklist),
            Kind::Commands => self.checks(&lines, Source::Commands),
            Kind::Commit => {
                session.commit_message = session.commit_message.take().or_else(|| message(&lines, self.frame.ours));
            }
            Kind::Notes => session.notes = span(trim(&lines)),
            Kind::Context | Kind::ExpectedOutput | Kind::Prompt | Kind::Other => {}
        }
    }

    /// Tables, plain bullets and prose are no checks, which nobody would notice.
    fn checks(&mut self, lines: &[Line<'_>], source: Source) {
        let found = checks(lines, source, self.frame.ours);
        let text = trim(lines).first().filter(|_| found.is_empty() && !self.frame.ours);
        if let Some(line) = text {
            let message = "nothing in this section is read as a check; write `- [ ] text` or a shell fence";
            self.warn(line.number, "no-check", message.to_owned());
        }
        self.found.session.checks.extend(found);
    }

    /// The first one that holds anything; its lines where they stand in a fence.
    fn prompt<'l, 'a>(&mut self, lines: &'l [Line<'a>]) -> Option<&'l [Line<'a>]> {
        let prompt = prompt(lines, self.frame.ours);
        let text = span(prompt.lines)?;
        if !self.found.session.prompt.is_empty() {
            let line = prompt.lines.first().map_or(1, |line| line.number);
            self.warn(line, "second-prompt", "the session has a prompt already; this one is left out".to_owned());
            return None;
        }
        let mut inside = if prompt.fenced || self.frame.ours { Vec::new() } else { outside_fences(prompt.lines) };
        inside.retain(|line| !line.is_blank());
        for (heading, below) in inside.iter().zip(inside.iter().skip(1)) {
            if is_dependencies(heading) && names(item(below.text.trim()).unwrap_or(below.text)) {
                let message = "what stands here is the prompt's, and not waited for; move it above the prompt";
                self.warn(heading.number, "dependency-not-understood", message.to_owned());
            }
        }
        if let Some(line) = prompt.behind.filter(|_| !self.frame.ours) {
            let message = "the prompt ends with its fence; what stands behind it is left out".to_owned();
            self.warn(line, "text-behind-prompt", message);
        }
        self.found.session.prompt = text.into();
        if let Some(line) = prompt.open_fence {
            self.warn(line, "open-fence", "the prompt's fence is never closed".into());
        }
        prompt.fenced.then_some(prompt.lines)
    }

    /// Keys of the first fence with data, and of the other ones and the lines around it what that has not: prose there
    /// is for people. But what a session waits for is read wherever it stands.
    fn metadata(&mut self, lines: &[Line<'_>]) {
        let mut fences = data_fences(lines).into_iter();
        let Some((fence, inside)) = fences.next() else {
            let toml = lines.iter().find(|line| !line.is_blank()).is_some_and(|line| line.text.trim_end() == "+++");
            self.block(lines, toml);
            return;
        };
        let mut known: HashSet<_> = keys(inside, fence.is_toml()).iter().filter_map(|key| key.field).collect();
        self.block(inside, fence.is_toml());
        for (fence, lines) in fences {
            self.missing(keys(lines, fence.is_toml()), &mut known);
        }
        self.missing(keys(&outside_fences(lines), false), &mut known);
    }

    fn missing(&mut self, mut keys: Vec<Key<'_>>, known: &mut HashSet<Field>) {
        let waits = |key: &Key<'_>| key.values.iter().any(|(value, _)| names(value));
        keys.retain(|key| {
            key.field.is_some_and(|field| !known.contains(&field) || field == Field::Dependencies && waits(key))
        });
        known.extend(keys.iter().filter_map(|key| key.field));
        self.keys(&keys);
    }

    fn block(&mut self, lines: &[Line<'_>], toml: bool) {
        let found = keys(lines, toml);
        if let Some(at) = found.iter().position(|key| key.field == Some(Field::SubAgents)) {
            let (from, to) = (found[at].line, found.get(at + 1).map_or(usize::MAX, |key| key.line));
            let inside = lines.iter().filter(|line| (from..to).contains(&line.number)).copied().collect::<Vec<_>>();
            self.found.session.metadata.subagents = agents(&inside, 0);
        }
        self.keys(&found);
    }

    fn keys(&mut self, keys: &[Key<'_>]) {
        for key in keys {
            match key.field {
                Some(field) => self.key(field, key),
                None => self.mistyped(key),
            }
        }
    }

    fn key(&mut self, field: Field, key: &Key<'_>) {
        let session = &mut self.found.session;
        let meta = &mut session.metadata;
        match field {
            Field::Title if session.title.is_empty() => session.title = key.text().unwrap_or_default(),
            Field::Project => self.found.project = self.found.project.take().or_else(|| key.text()),
            Field::Phase => meta.phase = key.text(),
            Field::Week => meta.week = key.text().and_then(|text| first_number(&text)),
            Field::Track => meta.track = key.text(),
            Field::Repository => meta.repository = key.text(),
            Field::WorkingDirectory => meta.working_directory = key.text(),
            Field::Execution => meta.execution = key.text(),
            Field::Size => meta.size = key.text(),
            Field::EstimatedTime => meta.estimated_time = key.text(),
            Field::Files => meta.files = key.list(),
            Field::Skills => meta.skills = key.list(),
            Field::Model => meta.model = key.text(),
            Field::Thinking => meta.thinking = key.text().map(|text| text.to_lowercase()),
            Field::Ultrathink if is_yes(key) => meta.thinking = Some("ultrathink".into()),
            // Said on purpose, so neither a mark nor a rule may say otherwise; a mode that is named says more.
            Field::Ultrathink if meta.thinking.is_none() && is_no(key) => meta.thinking = Some("standard".into()),
            Field::MaxThinkingTokens => meta.max_thinking_tokens = key.text(),
            Field::Temperature => meta.temperature = key.text(),
            Field::Dependencies | Field::Prerequisites => {
                key.values.iter().for_each(|(value, line)| self.depends_on(field, value, *line));
            }
            Field::ParallelWith => key.values.iter().for_each(|(value, line)| self.found.parallel.read(value, *line)),
            Field::SessionId | Field::Title | Field::SubAgents | Field::Ultrathink => {}
        }
    }

    /// Prerequisites are not only sessions: those that begin with none are for people.
    fn depends_on(&mut self, field: Field, value: &str, line: usize) {
        if field == Field::Dependencies {
            self.depends.read(value, line);
            return;
        }
        let items = value.split([',', ';']).filter(|item| begins(item.trim()) || mentions(item));
        items.for_each(|item| self.depends.read(item, line));
    }

    /// A section of its own: keys, bullets, a table, or text.
    fn dependencies(&mut self, lines: &[Line<'_>], field: Field) {
        let all = lines;
        let lines = fence_or_all(all);
        if lines.len() < all.len() {
            // Prose around a fence is for people, but for what names sessions.
            let around = outside_fences(all).into_iter();
            let named = around.filter(|line| names(item(line.text.trim()).unwrap_or(line.text)));
            named.for_each(|line| self.depends_on(field, item(line.text.trim()).unwrap_or(line.text), line.number));
        }
        let mut found = keys(lines, false);
        // `BE-01: Title` is a dependency, not a key, and so is a row of a table.
        let rows: HashSet<usize> =
            lines.iter().filter(|line| line.mark() == Some(b'|')).map(|line| line.number).collect();
        let is_id = |key: &Key<'_>| begins(&key.name.to_uppercase().replace('_', "-"));
        found.retain(|key| key.field.is_some() || !is_id(key) && !rows.contains(&key.line));
        let of_key = |key: &Key<'_>| key.values.iter().map(|(_, line)| *line).chain([key.line]).collect::<Vec<_>>();
        let taken: HashSet<usize> = found.iter().flat_map(of_key).collect();
        self.keys(&found);
        let mut ruled = false;
        for line in lines.iter().filter(|line| !line.is_blank() && !taken.contains(&line.number)) {
            let text = line.text.trim();
            let Some(row) = text.strip_prefix('|') else {
                ruled = false;
                if !text.starts_with(['#', '<']) && !text.trim_matches('-').is_empty() {
                    self.depends_on(field, item(text).unwrap_or(text), line.number);
                }
                continue;
            };
            let mut cells = row.split('|').map(str::trim).filter(|cell| !cell.is_empty());
            if row.trim_matches(['|', '-', ':', ' ']).is_empty() {
                ruled = true;
            } else if let Some(cell) = cells.clone().find(|cell| names(cell)).or_else(|| cells.next().filter(|_| ruled))
            {
                self.depends_on(field, cell, line.number);
            }
        }
    }

    fn mistyped(&mut self, key: &Key<'_>) {
        let waits = || waits(&key.name) && key.values.iter().any(|(value, _)| names(value));
        if let Some(meant) = waits().then_some("depends_on").or_else(|| suggestion(&key.name)) {
            let message = format!("`{}` is no known key; was `{meant}` meant?", short(&key.name));
            let column = line_of(self.lines, key.line).map_or(1, |line| self.columns.of(line, &key.name));
            let found = about(self.frame.id, key.line, "unknown-key", message);
            self.warnings.push(Warning { column, ..found });
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
        let line = self.found.session.line;
        if self.found.session.prompt.is_empty() && !self.frame.ours {
            self.warn(line, "no-prompt", format!("{} has no prompt", short(self.frame.id)));
        }
        let session = &mut self.found.session;
        merge_checks(&mut session.checks);
        session.metadata.parallel_with.clone_from(&self.found.parallel.ids);
        (session.depends_on, session.depends_lines) = (self.depends.ids, self.depends.lines);
        self.found
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

/// A section with a fence holds what is inside the first one; prose around it is for people.
fn fence_or_all<'l, 'a>(lines: &'l [Line<'a>]) -> &'l [Line<'a>] {
    let Some(open) = lines.iter().position(|line| Fence::of(line).is_some()) else { return lines };
    let end = closing(&lines[open..]).map_or(lines.len(), |end| open + end);
    &lines[open + 1..end]
}

/// The fences that may hold keys, each with its lines: those with a language for data before those without, which may
/// as well show a map of the sessions.
fn data_fences<'l, 'a>(lines: &'l [Line<'a>]) -> Vec<(Fence<'a>, &'l [Line<'a>])> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = lines[at..].iter().position(|line| Fence::of(line).is_some()) {
        let open = at + open;
        let end = closing(&lines[open..]).map_or(lines.len(), |end| open + end);
        let fence = Fence::of(&lines[open]).filter(Fence::is_data);
        found.extend(fence.map(|fence| (fence, &lines[open + 1..end])));
        at = (end + 1).min(lines.len());
    }
    found.sort_by_key(|(fence, _)| fence.is_prose());
    found
}

fn outside_fences<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut fences = Fences::default();
    lines.iter().filter(|line| !fences.see(line) && !fences.is_open()).copied().collect()
}

fn is_yes(key: &Key<'_>) -> bool {
    key.text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "yes" | "on"))
}

fn is_no(key: &Key<'_>) -> bool {
    key.text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "false" | "no" | "off"))
}

fn first_number(text: &str) -> Option<u32> {
    let digits = &text[text.find(|c: char| c.is_ascii_digit())?..];
    digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

/// `PHASE 1: FOUNDATIONS (Week 1)`; of several weeks the first.
fn week(phase: &str) -> Option<u32> {
    let lower = phase.to_lowercase();
    let at = lower.find("(week")?;
    first_number(&lower[at..])
}
