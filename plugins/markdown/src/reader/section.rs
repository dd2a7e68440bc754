//! The known sections of a session, by name and whatever their level.

use super::comment::Comments;
use super::fence::{Closings, Fence, Fences, closing, closing_strict};
use super::heading::{Heading, heading, plain, underlined, unnumbered};
use super::lines::{Line, trim};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Metadata,
    System,
    Skills,
    SubAgents,
    Dependencies,
    /// Dependencies among things that are no sessions.
    Prerequisites,
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
        let title = title.trim().trim_end_matches([':', '：']).trim_end();
        let title = match title.rfind('(') {
            Some(at) if title.ends_with(')') && at > 0 => title[..at].trim_end(),
            _ => title,
        };
        if title.len() > 40 {
            return None;
        }
        Some(match title.trim_end_matches([':', '*']).to_lowercase().replace('\u{a0}', " ").as_str() {
            "metadata" => Self::Metadata,
            "system configuration" | "system config" => Self::System,
            "skills registry" | "skills" => Self::Skills,
            "sub-agents" | "subagents" | "sub agents" => Self::SubAgents,
            "dependencies" | "depends on" if !ours => Self::Dependencies,
            "prerequisites" if !ours => Self::Prerequisites,
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

    /// Not named by the format: they count only where they can be no heading of a prompt's own.
    fn is_extra(self) -> bool {
        matches!(self, Self::Dependencies | Self::Prerequisites)
    }

    fn is_verbatim(self) -> bool {
        matches!(self, Self::Context | Self::Prompt | Self::ExpectedOutput)
    }
}

/// A heading with a known name, and the lines below it.
#[derive(Clone, Copy, Debug)]
pub struct Section<'l, 'a> {
    pub kind: Kind,
    pub level: usize,
    pub lines: &'l [Line<'a>],
}

/// What a prompt is, and whether its fence was left open: the line of the fence.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'l, 'a> {
    pub lines: &'l [Line<'a>],
    pub fenced: bool,
    pub open_fence: Option<usize>,
    /// First line of the text behind its fence, which is no part of it.
    pub behind: Option<usize>,
}

/// A heading with a known name.
#[derive(Clone, Copy)]
struct Name {
    kind: Kind,
    level: usize,
    /// Index of its first line.
    from: usize,
    numbered: bool,
    strict: bool,
}

/// `**Prompt:**` alone on its line stands below every heading.
const LABEL: usize = 7;

/// The section that a line stands in.
struct Here {
    name: Name,
    /// Index of its first line.
    start: usize,
    /// Only blank lines so far.
    blank: bool,
    /// Its prompt was in a fence, and that has ended.
    closed: bool,
}

impl Here {
    fn of(name: Name, start: usize) -> Self {
        Self { name, start, blank: true, closed: false }
    }

    /// Whether the section ends before this heading, or has it as one of its own.
    fn ends_before(&self, next: &Name, ours: bool) -> bool {
        let open = self.name.kind.is_verbatim() && !self.closed;
        if ours || !open {
            return true;
        }
        let prompt = self.name.kind == Kind::Prompt;
        let extra = next.kind.is_extra() && (prompt || next.level > self.name.level);
        let label = next.level == LABEL && self.name.level != LABEL;
        let numbered = prompt && next.numbered && !self.name.numbered;
        !extra && !label && !numbered && next.strict
    }
}

/// Cuts the body of a session. Text before the first known heading is metadata (R7). A prompt in a fence ends with
/// that fence, so known names inside it stay in the prompt (R3); one that is never closed ends before the next known
/// heading at the Prompt's level.
pub fn sections<'l, 'a>(body: &'l [Line<'a>], ours: bool) -> Vec<Section<'l, 'a>> {
    let mut found = Vec::new();
    let mut fences = Fences::of(ours);
    let mut comments = Comments::default();
    let mut ends = PromptEnds { ours, ..PromptEnds::default() };
    let top = Name { kind: Kind::Metadata, level: 0, from: 0, numbered: false, strict: true };
    let mut here = Here::of(top, 0);
    let mut at = 0;
    while let Some(line) = body.get(at) {
        at += 1;
        let first = here.blank;
        here.blank = here.blank && line.is_blank();
        if first
            && here.name.kind == Kind::Prompt
            && Fence::of(line).is_some_and(|fence| fence.is_prose())
            && let Some(end) = ends.of(&body[at - 1..], here.name.level)
        {
            here.closed = true;
            at += end - 1;
            continue;
        }
        let hidden = comments.is_open(line) || !fences.is_open() && comments.see(line, body[at..].iter().copied());
        if hidden || fences.see(line) || fences.is_open() {
            continue;
        }
        let name = name(body, at - 1, ours).filter(|name| name.from >= here.start && here.ends_before(name, ours));
        if let Some(name) = name {
            found.push(Section { kind: here.name.kind, level: here.name.level, lines: &body[here.start..name.from] });
            here = Here::of(name, at);
        }
    }
    found.push(Section { kind: here.name.kind, level: here.name.level, lines: &body[here.start..] });
    found
}

/// The known name that ends on this line: a heading, an underlined one, or a label. In a document of our own all
/// sections have one level, so a heading inside a text is no section.
fn name(body: &[Line<'_>], at: usize, ours: bool) -> Option<Name> {
    let line = &body[at];
    match line.mark()? {
        b'#' => {
            let heading = heading(line).filter(|heading| !ours || heading.level == 2 && heading.strict)?;
            of_heading(&heading, at, ours)
        }
        b'=' | b'-' if !ours && at > 0 => {
            let first = at.checked_sub(2).is_none_or(|before| body[before].is_blank());
            of_heading(&underlined(line, &body[at - 1]).filter(|_| first)?, at - 1, ours)
        }
        b'*' | b'_' if !ours && at.checked_sub(1).is_none_or(|above| body[above].is_blank()) => label(line, at),
        _ => None,
    }
}

fn of_heading(heading: &Heading<'_>, from: usize, ours: bool) -> Option<Name> {
    let kind = Kind::named(if ours { heading.text } else { plain(heading.text) }, ours)?;
    let numbered = unnumbered(heading.text).is_some();
    Some(Name { kind, level: heading.level, from, numbered, strict: heading.strict })
}

fn label(line: &Line<'_>, from: usize) -> Option<Name> {
    let text = line.text.trim().trim_end_matches([':', '：']);
    let inner = ["**", "__"].iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark))?;
    // Of the others a bold name is a key, with or without its value on the line.
    let kinds = [Kind::SubAgents, Kind::Verification, Kind::Commands, Kind::Commit];
    let kind = Kind::named(plain(inner), false).filter(|kind| kind.is_verbatim() || kinds.contains(kind))?;
    Some(Name { kind, level: LABEL, from, numbered: false, strict: true })
}

/// A heading that would be a section of dependencies outside a prompt.
pub fn is_dependencies(line: &Line<'_>) -> bool {
    let heading = heading(line).filter(|heading| heading.strict);
    heading.is_some_and(|heading| Kind::named(plain(heading.text), false) == Some(Kind::Dependencies))
}

/// A heading or a label with a name that people give to checks, and that is none of the format's.
pub fn looks_like_checks(line: &Line<'_>) -> bool {
    const NAMES: [&str; 6] =
        ["acceptance criteria", "definition of done", "tests", "verification steps", "verify", "how to verify"];
    let title = heading(line).filter(|heading| heading.strict).map(|heading| heading.text);
    let label = || line.text.trim().strip_prefix("**").filter(|text| text.trim_end_matches(':').ends_with("**"));
    let Some(title) = title.or_else(label).filter(|title| title.len() < 60) else { return false };
    let name = plain(title.trim_end_matches(['*', ':'])).trim_end_matches([':', '*']).to_lowercase();
    NAMES.contains(&name.as_str())
}

/// Where fenced prompts end, asked from top to bottom.
#[derive(Default)]
struct PromptEnds {
    ours: bool,
    closings: Closings,
    /// A strict search came to the end of the text: the next one would as well.
    open: bool,
}

impl PromptEnds {
    /// Lines that the fenced prompt takes, its fences included.
    fn of(&mut self, lines: &[Line<'_>], level: usize) -> Option<usize> {
        let first = lines.first()?.number;
        let end = if !self.ours {
            self.closings.of(lines.iter().copied(), |_| false).map(|line| line - first)
        } else if self.open {
            None
        } else {
            closing_strict(lines)
        };
        self.open |= end.is_none();
        end.map(|end| end + 1).or_else(|| unclosed_end(lines, level, self.ours))
    }
}

/// Where an unclosed prompt ends: the next known heading at the prompt's level.
fn unclosed_end(lines: &[Line<'_>], level: usize, ours: bool) -> Option<usize> {
    lines.iter().enumerate().skip(1).find_map(|(at, line)| {
        let heading = heading(line).filter(|heading| heading.strict)?;
        let name = of_heading(&heading, at, ours).filter(|name| !name.kind.is_extra())?;
        (name.level == level || level == LABEL).then_some(at)
    })
}

/// The prompt of its section: what one enclosing fence holds, or everything without blank ends.
pub fn prompt<'l, 'a>(section: &'l [Line<'a>], ours: bool) -> Prompt<'l, 'a> {
    let text = trim(section);
    let bare = Prompt { lines: text, fenced: false, open_fence: None, behind: None };
    let Some(fence) = text.first().and_then(Fence::of) else { return bare };
    let end = if ours { closing_strict(text) } else { closing(text) };
    if !(fence.is_prose() || fence.is_markup() && end == Some(text.len() - 1)) {
        return bare;
    }
    match end {
        Some(end) => {
            let behind = trim(&text[end + 1..]).first().map(|line| line.number);
            Prompt { lines: &text[1..end], fenced: true, open_fence: None, behind }
        }
        None => Prompt { lines: &text[1..], fenced: true, open_fence: Some(fence.line), behind: None },
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        sections(&lines(text), false).into_iter().map(|section| section.kind).collect()
    }

    #[test]
    fn every_way_to_write_a_section() {
        for heading in [
            "### Prompt",
            "### 📝 Prompt:",
            "### 4. Prompt (copy)",
            "#### **Prompt**",
            "###Prompt",
            "**Prompt:**",
            "Prompt\n------",
        ] {
            assert_eq!(kinds(&format!("\n{heading}\n\nx\n")), [Kind::Metadata, Kind::Prompt], "{heading}");
        }
    }

    #[test]
    fn a_prompt_without_a_fence_keeps_its_own_headings() {
        let own = "### Prompt\nx\n\n#### Dependencies\n\n**Verification:**\n\n### 2. Context\n\n ### Metadata\n\n<!--\n### Git Commit\n-->\n";
        assert_eq!(kinds(own), [Kind::Metadata, Kind::Prompt]);
        assert_eq!(
            kinds("### 1. Prompt\nx\n### 2. Verification\n"),
            [Kind::Metadata, Kind::Prompt, Kind::Verification]
        );
        let fenced = "### Prompt\n```\nx\n```\n### Dependencies\nnone\n";
        assert_eq!(kinds(fenced), [Kind::Metadata, Kind::Prompt, Kind::Dependencies]);
    }
}
