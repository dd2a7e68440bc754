//! The sections of a session in Markdown: each kind is read in its own way, and what is not read stays text.

use std::ops::Range;

use super::agents::agents;
use super::check::{self, Rules, checks};
use super::comment::hidden;
use super::commit::message;
use super::depends::names;
use super::fence::{Fence, closing, outside_fences};
use super::heading::heading;
use super::key_names::Field;
use super::keys::{Key, item, items, keys};
use super::label;
use super::lines::{Line, span, trim};
use super::places::Place;
use super::section::{
    Kind, Section, bold_line, is_dependencies, looks_like_checks, prompt, sections, speaks_of_failure,
};
use super::session::Reading;

impl<'f> Reading<'f, '_> {
    pub(super) fn sections(&mut self) {
        let body = self.body;
        for index in hidden(body) {
            self.places.put(index..index + 1, Place::Read);
        }
        let found = sections(body, self.frame.dialect);
        let mut fenced: &[Line<'_>] = &[];
        for section in &found {
            if section.kind == Kind::Prompt {
                fenced = self.prompt(section).unwrap_or(fenced);
            } else {
                self.section(section);
            }
        }
        self.in_prompt(&found, fenced);
        let boxes: Vec<bool> = outside_fences(body).iter().filter_map(check::ticked).collect();
        let all_ticked = !self.frame.dialect && !boxes.is_empty() && boxes.iter().all(|ticked| *ticked);
        let status = self.status.as_deref().map(label::says_done);
        self.found.session.marked_done = status.unwrap_or(all_ticked);
        self.unknown_sections();
        let session = &mut self.found.session;
        let texts = self.places.texts(body, !session.prompt.is_empty());
        self.says = texts.says || !session.prompt.is_empty();
        if session.prompt.is_empty() {
            session.prompt = texts.own;
        }
        (session.context, session.expected_output) = (texts.context, texts.expected);
    }

    /// Verification and commit that stand inside the prompt's fence count where the session has none outside (R3).
    fn in_prompt(&mut self, outside: &[Section], fenced: &[Line<'_>]) {
        let mut missing = vec![Kind::Verification, Kind::Commands, Kind::Commit];
        missing.retain(|kind| outside.iter().all(|section| section.kind != *kind));
        // A heading above theirs ends them all, as one ends a session.
        let mut level = 0;
        for inner in sections(fenced, self.frame.dialect) {
            if inner.level < level && inner.kind != Kind::Head {
                break;
            }
            let lines = &fenced[inner.start..inner.end];
            if missing.contains(&inner.kind) && level == 0 {
                level = inner.level;
            }
            match inner.kind {
                kind if !missing.contains(&kind) => {}
                Kind::Commit if self.found.session.commit_message.is_none() => {
                    self.found.session.commit_message = message(lines, false).map(|(_, text)| text);
                }
                kind => {
                    let found = checks(lines, rules(kind), false);
                    self.found.session.checks.extend(found.into_iter().flat_map(|(_, checks)| checks));
                }
            }
        }
    }

    /// A session without a check has nothing to fail by.
    fn unknown_sections(&mut self) {
        if !self.found.session.checks.is_empty() {
            return;
        }
        let found: Vec<_> = outside_fences(self.body).into_iter().filter(|line| looks_like_checks(line)).collect();
        for line in found {
            let message = "nothing is read from a section of this name; call it `Verification Checklist`".to_owned();
            self.warn(line.number, "unknown-section", message);
        }
    }

    pub(super) fn section(&mut self, section: &Section) {
        let range = section.start..section.end;
        if !matches!(section.kind, Kind::Head | Kind::Text | Kind::Failure) {
            let heading = if section.kind == Kind::Context { Place::ContextHeading } else { Place::Read };
            self.places.put(section.from..section.start, heading);
        }
        match section.kind {
            Kind::Head => {
                self.labels(range.clone(), true);
                self.metadata(range, true);
            }
            Kind::Metadata | Kind::System => self.metadata(range, false),
            Kind::Skills => {
                let lines = self.unread(&range);
                let keyed: Vec<String> = keys(&lines, false).iter().flat_map(Key::list).collect();
                let listed = || items(&lines).into_iter().map(str::to_owned).collect();
                self.found.session.metadata.skills = if keyed.is_empty() { listed() } else { keyed };
                self.places.put(range, Place::Read);
            }
            Kind::SubAgents => {
                let lines = self.unread(&range);
                let inside = fence_or_all(&lines);
                self.found.session.metadata.subagents = agents(inside, section.level);
                // Prose around a fence is for people.
                let (first, last) = (inside.first(), inside.last());
                if let (Some(first), Some(last)) = (first.map(|line| line.number), last.map(|line| line.number)) {
                    let fenced = usize::from(inside.len() < lines.len());
                    let from = self.index(first).saturating_sub(fenced).max(range.start);
                    self.places.put(from..(self.index(last) + 1 + fenced).min(range.end), Place::Read);
                }
            }
            Kind::Dependencies => {
                self.found.names_dependencies = true;
                self.dependencies(range, Field::Dependencies);
            }
            Kind::Prerequisites => self.dependencies(range, Field::Prerequisites),
            Kind::Context => self.places.put(range, Place::Context),
            Kind::ExpectedOutput => self.places.put(range, Place::Expected),
            Kind::Verification | Kind::Commands | Kind::Criteria => {
                self.checks(range.clone(), section.kind);
                self.labels(range, false);
            }
            Kind::Commit => self.commit(range),
            Kind::Text => self.labels(range, false),
            Kind::Failure | Kind::Prompt | Kind::Notes => {}
        }
    }

    fn commit(&mut self, range: Range<usize>) {
        let lines = &self.body[range.clone()];
        let found = message(lines, false);
        // An empty fence says nothing.
        let empty = || lines.iter().all(|line| line.is_blank() || Fence::of(line).is_some());
        match found {
            Some((taken, message)) if self.found.session.commit_message.is_none() => {
                self.found.session.commit_message = Some(message);
                for lines in taken {
                    self.places.put(range.start + lines.start..range.start + lines.end, Place::Read);
                }
            }
            None if empty() => self.places.put(range, Place::Read),
            _ => {}
        }
    }

    /// Lines of a range that nothing was read from yet.
    pub(super) fn unread(&self, range: &Range<usize>) -> Vec<Line<'f>> {
        range.clone().filter(|at| !self.places.is_read(*at)).map(|at| self.body[at]).collect()
    }

    /// Index in the body of the line with this number.
    pub(super) fn index(&self, number: usize) -> usize {
        self.body.binary_search_by_key(&number, |line| line.number).unwrap_or_else(|at| at.min(self.body.len() - 1))
    }

    pub(super) fn put_line(&mut self, number: usize) {
        let at = self.index(number);
        self.places.put(at..at + 1, Place::Read);
    }

    /// Tables, plain bullets and prose are no checks, which nobody would notice.
    fn checks(&mut self, range: Range<usize>, kind: Kind) {
        let lines = &self.body[range.clone()];
        let hidden = range.clone().any(|at| self.places.is_read(at));
        let kept = if hidden { self.unread(&range) } else { Vec::new() };
        let lines = if hidden { &kept[..] } else { lines };
        let found = checks(lines, rules(kind), false);
        for (read, checks) in &found {
            lines[read.clone()].iter().for_each(|line| self.put_line(line.number));
            self.found.session.checks.extend(checks.iter().cloned());
        }
        if let Some(line) = trim(lines).first().filter(|_| found.iter().all(|(_, checks)| checks.is_empty())) {
            let message = "nothing in this section is read as a check; write `- [ ] text` or a shell fence";
            self.warn(line.number, "no-check", message.to_owned());
        }
        // A heading that only announces what was read says nothing without it.
        for at in range.clone() {
            let line = &self.body[at];
            let text = line.text.trim();
            let announces = heading(line).is_some() || bold_line(line).is_some();
            let next = (at + 1..range.end).find(|next| !self.body[*next].is_blank());
            if announces && !speaks_of_failure(text) && next.is_some_and(|next| self.places.is_read(next)) {
                self.places.put(at..at + 1, Place::Read);
            }
        }
    }

    /// The first one that holds anything; its lines where they stand in a fence. What stands around it is text.
    fn prompt(&mut self, section: &Section) -> Option<&'f [Line<'f>]> {
        let body = self.body;
        let prompt = prompt(&body[section.start..section.end]);
        let end = prompt.behind.first().map_or(section.end, |line| self.index(line.number));
        if trim(prompt.lines).is_empty() {
            self.places.put(section.from..end, Place::Read);
            return None;
        }
        if !self.found.session.prompt.is_empty() {
            let line = prompt.lines[0].number;
            self.warn(line, "second-prompt", "the session has a prompt already; this one is context".to_owned());
            return None;
        }
        let mut inside = if prompt.fenced { Vec::new() } else { outside_fences(prompt.lines) };
        inside.retain(|line| !line.is_blank());
        for (heading, below) in inside.iter().zip(inside.iter().skip(1)) {
            if is_dependencies(heading) && names(item(below.text.trim()).unwrap_or(below.text)) {
                let message = "what stands here is the prompt's, and not waited for; move it above the prompt";
                self.warn(heading.number, "dependency-not-understood", message.to_owned());
            }
        }
        self.found.session.prompt = span(prompt.lines).into();
        if let Some(line) = prompt.open_fence {
            self.warn(line, "open-fence", "the prompt's fence is never closed".into());
        }
        self.places.put(section.from..end, Place::Read);
        prompt.fenced.then_some(prompt.lines)
    }
}

fn rules(kind: Kind) -> Rules {
    match kind {
        Kind::Commands => Rules::COMMANDS,
        Kind::Criteria => Rules::CRITERIA,
        _ => Rules::CHECKLIST,
    }
}

/// A section with a fence holds what is inside the first one; prose around it is for people.
pub(super) fn fence_or_all<'l, 'a>(lines: &'l [Line<'a>]) -> &'l [Line<'a>] {
    let Some(open) = lines.iter().position(|line| Fence::of(line).is_some()) else { return lines };
    let end = closing(&lines[open..]).map_or(lines.len(), |end| open + end);
    &lines[open + 1..end]
}
