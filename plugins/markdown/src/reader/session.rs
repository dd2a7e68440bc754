//! What one session holds.

use session_sdk::{Check, PlannedSession, Warning};

use super::check::checks;
use super::commit::message;
use super::depends::Dependencies;
use super::document::{Cut, is_phase};
use super::element::{self, Element};
use super::keys::{Key, items, keys, subagents};
use super::lines::{Fence, Line, span, trim};
use super::section::{Kind, Section, prompt, sections};

/// Reads one session; what is not understood goes to `warnings`.
pub(super) fn read(cut: &Cut<'_, '_>, warnings: &mut Vec<Warning>) -> PlannedSession {
    let mut session = PlannedSession {
        id: cut.id.to_owned(),
        title: cut.title.to_owned(),
        line: cut.lines[0].number,
        ..PlannedSession::default()
    };
    if let Some(element) = element::find(cut.lines, cut.id).filter(|_| !cut.ours) {
        from_element(&mut session, &element, cut, warnings);
        return session;
    }
    let found = sections(&cut.lines[1..], cut.ours);
    let mut inner = Vec::new();
    for section in &found {
        take(&mut session, section, cut, warnings);
        if section.kind == Kind::Prompt {
            let prompt = prompt(section.lines, cut.ours);
            if prompt.fenced && !cut.ours {
                inner = sections(prompt.lines, false);
            }
        }
    }
    take_inner(&mut session, &found, &inner);
    merge_checks(&mut session.checks);
    finish(&mut session, cut, warnings);
    session
}

fn from_element(
    session: &mut PlannedSession,
    element: &Element<'_, '_>,
    cut: &Cut<'_, '_>,
    warnings: &mut Vec<Warning>,
) {
    if session.title.is_empty() {
        session.title = element.title.unwrap_or_default().to_owned();
    }
    read_keys(session, &element.keys(), warnings);
    session.metadata.skills = element.skills();
    session.metadata.subagents = element.subagents();
    session.prompt = element.prompt();
    session.checks = element.checks();
    merge_checks(&mut session.checks);
    session.commit_message = element.commit();
    if !element.closed {
        let message = format!("the element of line {} is never closed by </session>", element.line);
        warnings.push(warning(session, element.line, "open-element", message));
    }
    finish(session, cut, warnings);
}

fn take(session: &mut PlannedSession, section: &Section<'_, '_>, cut: &Cut<'_, '_>, warnings: &mut Vec<Warning>) {
    match section.kind {
        Kind::Metadata | Kind::System => metadata(session, section.lines, warnings),
        Kind::Skills => {
            let keyed: Vec<String> = keys(section.lines).iter().flat_map(Key::list).collect();
            session.metadata.skills = if keyed.is_empty() { items(section.lines) } else { keyed };
        }
        Kind::SubAgents => session.metadata.subagents = subagents(fence_or_all(section.lines)),
        Kind::Context => session.context = span(trim(section.lines)),
        Kind::ExpectedOutput => session.expected_output = span(trim(section.lines)),
        Kind::Prompt => {
            let prompt = prompt(section.lines, cut.ours);
            session.prompt = span(prompt.lines);
            if let Some(line) = prompt.open_fence.filter(|_| session.prompt.is_some()) {
                warnings.push(warning(session, line, "open-fence", "the prompt's fence is never closed".into()));
            }
        }
        Kind::Verification => session.checks.extend(checks(section.lines, true)),
        Kind::Commands => session.checks.extend(checks(section.lines, false)),
        Kind::Commit => session.commit_message = session.commit_message.take().or_else(|| message(section.lines)),
        Kind::Notes => session.notes = span(trim(section.lines)),
        Kind::Other => {}
    }
}

/// Verification and commit that stand inside the prompt's fence count where the session has none outside (R3).
fn take_inner(session: &mut PlannedSession, outer: &[Section<'_, '_>], inner: &[Section<'_, '_>]) {
    let has = |kind| outer.iter().any(|section| section.kind == kind);
    for section in inner {
        match section.kind {
            Kind::Verification if !has(Kind::Verification) => session.checks.extend(checks(section.lines, true)),
            Kind::Commands if !has(Kind::Commands) => session.checks.extend(checks(section.lines, false)),
            Kind::Commit if !has(Kind::Commit) => {
                session.commit_message = session.commit_message.take().or_else(|| message(section.lines));
            }
            _ => {}
        }
    }
}

/// The same command in checklist and commands is one check, at its first place.
fn merge_checks(checks: &mut Vec<Check>) {
    let mut kept: Vec<Check> = Vec::with_capacity(checks.len());
    for check in checks.drain(..) {
        match kept.iter_mut().find(|k| k.kind == check.kind && k.text == check.text && k.setup == check.setup) {
            Some(before) => before.ticked |= check.ticked,
            None => kept.push(check),
        }
    }
    *checks = kept;
}

/// A section with a fence holds what is inside the first one; prose around it is for people.
fn fence_or_all<'l, 'a>(lines: &'l [Line<'a>]) -> &'l [Line<'a>] {
    let Some(open) = lines.iter().position(|line| Fence::of(line).is_some()) else { return lines };
    let end = super::lines::closing(&lines[open..]).map_or(lines.len(), |end| open + end);
    &lines[open + 1..end]
}

fn metadata(session: &mut PlannedSession, lines: &[Line<'_>], warnings: &mut Vec<Warning>) {
    read_keys(session, &keys(fence_or_all(lines)), warnings);
}

fn read_keys(session: &mut PlannedSession, keys: &[Key], warnings: &mut Vec<Warning>) {
    for key in keys {
        let meta = &mut session.metadata;
        match key.name.as_str() {
            "title" if session.title.is_empty() => session.title = key.text().unwrap_or_default(),
            "phase" => meta.phase = key.text(),
            "week" => meta.week = key.text().and_then(|text| first_number(&text)),
            "track" => meta.track = key.text(),
            "repository" | "repo" => meta.repository = key.text(),
            "working_directory" => meta.working_directory = key.text(),
            "execution" => meta.execution = key.text(),
            "size" => meta.size = key.text(),
            "estimated_time" | "duration" => meta.estimated_time = key.text(),
            "files" => meta.files = key.list(),
            "skills" => meta.skills = key.list(),
            "model" => meta.model = key.text(),
            "thinking_mode" | "thinking" => meta.thinking = key.text().map(|text| text.to_lowercase()),
            "ultrathink" if is_yes(key) => meta.thinking = Some("ultrathink".into()),
            "max_thinking_tokens" => meta.max_thinking_tokens = key.text(),
            "temperature" => meta.temperature = key.text(),
            "dependencies" | "depends_on" | "depends" | "requires" => dependencies(session, key, warnings),
            "parallel_with" => {
                let mut found = Dependencies::default();
                key.values.iter().for_each(|(value, _)| found.read(value));
                session.metadata.parallel_with = found.ids;
            }
            _ => {}
        }
    }
}

fn is_yes(key: &Key) -> bool {
    key.text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "yes" | "on"))
}

fn dependencies(session: &mut PlannedSession, key: &Key, warnings: &mut Vec<Warning>) {
    let mut found = Dependencies::default();
    session.depends_lines.clear();
    for (value, line) in &key.values {
        let before = found.unknown.len();
        found.read(value);
        session.depends_lines.resize(found.ids.len(), *line);
        for item in &found.unknown[before..] {
            let message = format!("`{item}` is no session, range or list of sessions, so nothing waits for it");
            warnings.push(warning(session, *line, "dependency-not-understood", message));
        }
    }
    session.depends_on = found.ids;
}

fn finish(session: &mut PlannedSession, cut: &Cut<'_, '_>, warnings: &mut Vec<Warning>) {
    if let Some(phase) = cut.phase.filter(|title| is_phase(title)) {
        if session.metadata.phase.is_none() {
            session.metadata.phase = first_number(phase).map(|n| n.to_string());
        }
        if session.metadata.week.is_none() {
            session.metadata.week = week(phase);
        }
    }
    if session.prompt.is_none() && !cut.ours {
        let message = format!("{} has no prompt", session.id);
        warnings.push(warning(session, session.line, "no-prompt", message));
    }
    if session.id.ends_with("-rollback") {
        let message = format!("{} ends in `-rollback`, which marks reverts; name it otherwise", session.id);
        warnings.push(warning(session, session.line, "reserved-id", message));
    }
}

fn warning(session: &PlannedSession, line: usize, kind: &str, message: String) -> Warning {
    Warning {
        line,
        column: 1,
        kind: kind.into(),
        session: Some(session.id.clone()),
        related_line: None,
        path: None,
        message,
    }
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
