//! A session's own text: its labels are read, and the rest of it stays.

use std::ops::Range;

use session_sdk::markdown;

use super::check::{self, Rules, checks};
use super::commit::{self, message};
use super::depends::names;
use super::fence::{Fence, closing};
use super::heading::heading;
use super::key_names::Field;
use super::keys::{Key, item, keys};
use super::label::{Block, Label, Meaning, block, label};
use super::paths::paths;
use super::places::Place;
use super::section::{bold_line, speaks_of_failure};
use super::session::Reading;

impl<'f> Reading<'f, '_> {
    /// Labels in text of its own; `head`: keys are read there as well, so these are left to them.
    pub(super) fn labels(&mut self, range: Range<usize>, head: bool) {
        let body = self.body;
        let (mut fails, mut at) = (false, range.start);
        while at < range.end {
            let line = &body[at];
            at += 1;
            if Fence::of(line).is_some() {
                at = closing(&body[at - 1..range.end]).map_or(range.end, |end| at + end);
                continue;
            }
            if line.is_blank() || self.places.is_read(at - 1) {
                continue;
            }
            let bold = bold_line(line).or_else(|| heading(line).map(|heading| heading.text));
            fails = bold.map_or(fails && !line.text.trim_start().starts_with("**"), speaks_of_failure);
            let Some(label) = label(line).filter(|_| !fails) else { continue };
            if head && matches!(label.meaning, Meaning::Key(_)) {
                continue;
            }
            at = self.label(&label, at, range.end).max(at);
        }
    }

    /// Reads the label on the line before `at`; where what it takes ends.
    fn label(&mut self, label: &Label<'f>, at: usize, end: usize) -> usize {
        let body = self.body;
        let place = block(label, &body[..end], at);
        let value = match &place {
            Block::None if matches!(label.meaning, Meaning::Key(_)) => return at,
            // A label without a value says nothing.
            Block::None => {
                self.put_line(body[at - 1].number);
                return at;
            }
            Block::Line => at..at,
            Block::Fence(range) | Block::List(range) | Block::Paragraph(range) => range.clone(),
        };
        let line = body[at - 1].number;
        if value.clone().any(|at| self.places.is_read(at)) {
            return at;
        }
        let inline = || match place {
            Block::Line => label.value.to_owned(),
            _ => body[value.clone()].iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" "),
        };
        let mut taken: Vec<Range<usize>> = vec![value.clone()];
        match label.meaning {
            Meaning::Key(Field::Prerequisites) if !names(label.value) => return at,
            Meaning::Key(_) => {
                let lines = &body[at - 1..value.end.max(at)];
                let found = keys(lines, false);
                let read: Vec<Key<'_>> = found.into_iter().filter(|key| key.field.is_some()).collect();
                self.keys(&read);
            }
            Meaning::Status => self.status = self.status.take().or_else(|| Some(inline())),
            Meaning::Files => {
                let texts: Vec<&str> = match place {
                    Block::Line => vec![label.value],
                    _ => body[value.clone()].iter().map(|line| line.text.trim()).collect(),
                };
                let found: Vec<Vec<String>> = texts
                    .iter()
                    .map(|text| {
                        if markdown::Fence::of(text).is_some() { Vec::new() } else { paths(item(text).unwrap_or(text)) }
                    })
                    .collect();
                if found.iter().all(Vec::is_empty) {
                    return at;
                }
                // Prose among them is text.
                let read = found.iter().enumerate().filter(|(_, paths)| !paths.is_empty());
                taken = read.filter(|_| !value.is_empty()).map(|(i, _)| value.start + i..value.start + i + 1).collect();
                self.found.session.metadata.files.extend(found.into_iter().flatten());
            }
            Meaning::Check | Meaning::Criteria => {
                let criteria = label.meaning == Meaning::Criteria;
                let rules = if criteria { Rules::CRITERIA } else { Rules::VALUE };
                let found = match place {
                    Block::Fence(_) | Block::List(_) => checks(&body[value.clone()], rules, false),
                    _ => check::of_value(&inline(), line, criteria)
                        .map(|check| (0..value.len(), vec![check]))
                        .into_iter()
                        .collect(),
                };
                if found.is_empty() {
                    return at;
                }
                taken.clear();
                for (range, checks) in found {
                    taken.push(value.start + range.start..value.start + range.end);
                    self.found.session.checks.extend(checks);
                }
            }
            Meaning::Commit => {
                let message = match place {
                    Block::Line => commit::of_text(label.value.to_owned(), false),
                    _ => message(&body[value.clone()], false).map(|(_, text)| text),
                };
                if message.is_none() || self.found.session.commit_message.is_some() {
                    return at;
                }
                self.found.session.commit_message = message;
            }
        }
        self.put_line(line);
        taken.into_iter().for_each(|range| self.places.put(range, Place::Read));
        value.end.max(at)
    }
}
