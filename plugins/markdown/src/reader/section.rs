//! The known sections of a session, by name and whatever their level.

use super::lines::{Fences, Line, closing, closing_strict, heading};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Metadata,
    System,
    Skills,
    SubAgents,
    Context,
    Prompt,
    ExpectedOutput,
    /// Boxes to tick, and shell fences.
    Verification,
    /// Shell fences.
    Commands,
    Commit,
    /// Only in a task file of our own: sections that nothing is read from.
    Other,
    /// Only in a task file of our own.
    Notes,
}

impl Kind {
    /// Case, a final colon and a final parenthesis do not matter.
    fn named(title: &str, ours: bool) -> Option<Self> {
        let title = title.trim().trim_end_matches(':').trim_end();
        let title = match title.rfind('(') {
            Some(at) if title.ends_with(')') && at > 0 => title[..at].trim_end(),
            _ => title,
        };
        Some(match title.trim_end_matches(':').to_lowercase().as_str() {
            "metadata" => Self::Metadata,
            "system configuration" | "system config" => Self::System,
            "skills registry" | "skills" => Self::Skills,
            "sub-agents" | "subagents" | "sub agents" => Self::SubAgents,
            "context" => Self::Context,
            "prompt" | "claude code prompt" => Self::Prompt,
            "expected output" => Self::ExpectedOutput,
            "verification checklist" | "verification" | "success criteria" => Self::Verification,
            "verification commands" => Self::Commands,
            "git commit" => Self::Commit,
            "session notes" if ours => Self::Notes,
            "from earlier sessions" | "checkpoints" if ours => Self::Other,
            _ => return None,
        })
    }
}

/// A heading with a known name, and the lines below it.
#[derive(Clone, Copy, Debug)]
pub struct Section<'l, 'a> {
    pub kind: Kind,
    pub lines: &'l [Line<'a>],
}

/// What a prompt is, and whether its fence was left open: the line of the fence.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'l, 'a> {
    pub lines: &'l [Line<'a>],
    pub fenced: bool,
    pub open_fence: Option<usize>,
}

/// Cuts the body of a session. Text before the first known heading is metadata (R7). A prompt in a fence ends with
/// that fence, so known names inside it stay in the prompt (R3); one that is never closed ends before the next known
/// heading at the Prompt's level.
pub fn sections<'l, 'a>(body: &'l [Line<'a>], ours: bool) -> Vec<Section<'l, 'a>> {
    let mut found = Vec::new();
    let mut fences = Fences::default();
    let (mut kind, mut level, mut start) = (Kind::Metadata, 0, 0);
    let mut skip_to = 0;
    for (i, line) in body.iter().enumerate() {
        if i < skip_to {
            continue;
        }
        if !fences.is_open()
            && kind == Kind::Prompt
            && is_prompt_fence(&body[start..i], line)
            && let Some(end) = prompt_fence_end(&body[i..], level, ours)
        {
            skip_to = i + end;
            continue;
        }
        if fences.see(line) || fences.is_open() {
            continue;
        }
        if let Some((found_level, title)) = heading(line) {
            // In a document of our own all sections have one level, so a heading inside a text is no section.
            let named = Kind::named(title, ours).filter(|_| !ours || found_level == 2);
            if let Some(next) = named {
                found.push(Section { kind, lines: &body[start..i] });
                (kind, level, start) = (next, found_level, i + 1);
            }
        }
    }
    found.push(Section { kind, lines: &body[start..] });
    found
}

fn is_prompt_fence(before: &[Line<'_>], line: &Line<'_>) -> bool {
    super::lines::Fence::of(line).is_some_and(|fence| fence.is_prose())
        && before.iter().all(|line| line.text.trim().is_empty())
}

/// Lines that the fenced prompt takes, its fences included.
fn prompt_fence_end(lines: &[Line<'_>], level: usize, ours: bool) -> Option<usize> {
    let end = if ours { closing_strict(lines) } else { closing(lines) };
    end.map(|end| end + 1).or_else(|| unclosed_end(lines, level, ours))
}

/// Where an unclosed prompt ends: the next known heading at the prompt's level.
fn unclosed_end(lines: &[Line<'_>], level: usize, ours: bool) -> Option<usize> {
    lines.iter().position(|line| {
        heading(line).is_some_and(|(found, title)| found == level && Kind::named(title, ours).is_some())
    })
}

/// The prompt of its section: what one enclosing fence holds, or everything without blank ends.
pub fn prompt<'l, 'a>(section: &'l [Line<'a>], ours: bool) -> Prompt<'l, 'a> {
    let text = super::lines::trim(section);
    let fence = text.first().and_then(super::lines::Fence::of).filter(super::lines::Fence::is_prose);
    let Some(fence) = fence else { return Prompt { lines: text, fenced: false, open_fence: None } };
    match if ours { closing_strict(text) } else { closing(text) } {
        Some(end) => Prompt { lines: &text[1..end], fenced: true, open_fence: None },
        None => Prompt { lines: &text[1..], fenced: true, open_fence: Some(fence.line) },
    }
}
