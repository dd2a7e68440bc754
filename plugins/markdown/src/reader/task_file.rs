//! A task file of our own, as it is read back: all its sections have one level, and in an open fence nothing opens
//! another. What is written into it is `task.rs`.

use super::check::{Rules, checks};
use super::comment::Comments;
use super::commit::message;
use super::fence::{Fence, Fences, closing_strict};
use super::heading::heading;
use super::lines::{Line, span, trim};
use super::section::{Kind, Section, named_by_us, prompt_up_to};
use super::session::Reading;

impl Reading<'_, '_> {
    pub(super) fn task_file(&mut self, body: &[Line<'_>]) {
        for section in sections(body) {
            let lines = &body[section.start..section.end];
            let session = &mut self.found.session;
            match section.kind {
                Kind::Context if session.context.is_empty() => session.context = span(trim(lines)).into(),
                Kind::ExpectedOutput if session.expected_output.is_empty() => {
                    session.expected_output = span(trim(lines)).into();
                }
                Kind::Prompt if session.prompt.is_empty() => {
                    session.prompt = span(prompt_up_to(lines, closing_strict).lines).into();
                }
                Kind::Verification | Kind::Commands => {
                    let rules = if section.kind == Kind::Commands { Rules::COMMANDS } else { Rules::CHECKLIST };
                    session.checks.extend(checks(lines, rules, true).into_iter().flat_map(|(_, checks)| checks));
                }
                Kind::Commit if session.commit_message.is_none() => {
                    session.commit_message = message(lines, true).map(|(_, text)| text);
                }
                Kind::Notes => session.notes = span(trim(lines)),
                Kind::Metadata | Kind::System | Kind::Skills | Kind::SubAgents => self.section(&section),
                _ => {}
            }
        }
    }
}

/// What stands above the first section is metadata.
fn sections(body: &[Line<'_>]) -> Vec<Section> {
    let mut found = vec![Section { kind: Kind::Metadata, end: body.len(), ..Section::default() }];
    let mut fences = Fences::of(true);
    let mut comments = Comments::default();
    let (mut blank, mut at, mut open) = (false, 0, false);
    while let Some(line) = body.get(at) {
        at += 1;
        let first = blank && !line.is_blank();
        blank &= line.is_blank();
        // A prompt's fence that nobody closes ends before the next section.
        if first && !open && Fence::of(line).is_some() && closing_strict(&body[at - 1..]).is_none() {
            open = true;
            continue;
        }
        let hidden = comments.is_open(line) || !fences.is_open() && comments.see(line, body[at..].iter().copied());
        if hidden || fences.see(line) || fences.is_open() {
            continue;
        }
        let Some(heading) = heading(line).filter(|heading| heading.level == 2 && heading.strict) else { continue };
        let Some(kind) = named_by_us(heading.text) else { continue };
        if let Some(last) = found.last_mut() {
            last.end = at - 1;
        }
        found.push(Section { kind, level: 2, from: at - 1, start: at, end: body.len(), ..Section::default() });
        blank = kind == Kind::Prompt;
    }
    found
}
