//! The sections of a session: by name where the format knows one, else text. Each line of a session stands in exactly
//! one of them. What a section's lines say is `session.rs`.

use super::comment::Comments;
use super::fence::{Closings, Fence, Fences, closing};
use super::heading::{Heading, heading, plain, underlined};
use super::lines::{Line, trim};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// From the session's heading to its first section.
    Head,
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
    /// Each item is to be confirmed.
    Criteria,
    Commit,
    /// A name that the format does not know.
    #[default]
    Text,
    /// What to do if it fails: text, and never a check.
    Failure,
    /// Only in a task file of our own.
    Notes,
}

/// Names of the documented dialect, in lower case.
const DIALECT: [(&str, Kind); 20] = [
    ("metadata", Kind::Metadata),
    ("system configuration", Kind::System),
    ("system config", Kind::System),
    ("skills registry", Kind::Skills),
    ("skills", Kind::Skills),
    ("sub-agents", Kind::SubAgents),
    ("subagents", Kind::SubAgents),
    ("sub agents", Kind::SubAgents),
    ("dependencies", Kind::Dependencies),
    ("depends on", Kind::Dependencies),
    ("prerequisites", Kind::Prerequisites),
    ("context", Kind::Context),
    ("prompt", Kind::Prompt),
    ("claude code prompt", Kind::Prompt),
    ("expected output", Kind::ExpectedOutput),
    ("verification checklist", Kind::Verification),
    ("verification", Kind::Verification),
    ("success criteria", Kind::Verification),
    ("verification commands", Kind::Commands),
    ("git commit", Kind::Commit),
];

/// Names that people use elsewhere.
const OTHERS: [(&str, Kind); 17] = [
    ("acceptance criteria", Kind::Criteria),
    ("done when", Kind::Criteria),
    ("success criteria", Kind::Criteria),
    ("completion criteria", Kind::Criteria),
    ("definition of done", Kind::Criteria),
    ("deliverables", Kind::Criteria),
    ("verify", Kind::Verification),
    ("validate", Kind::Verification),
    ("validation", Kind::Verification),
    ("how to verify", Kind::Verification),
    ("verification steps", Kind::Verification),
    ("test command", Kind::Commands),
    ("test commands", Kind::Commands),
    ("requires", Kind::Dependencies),
    ("blocked by", Kind::Dependencies),
    ("commit", Kind::Commit),
    ("commit message", Kind::Commit),
];

impl Kind {
    /// Case, a final colon and a final parenthesis do not matter.
    fn named(title: &str, dialect: bool) -> Option<Self> {
        let name = short_name(title)?;
        let of = |names: &[(&str, Self)]| names.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let other = of(&OTHERS).filter(|kind| !(dialect && name == "success criteria" && *kind == Self::Criteria));
        let numbered = || {
            let number = name.strip_prefix("prompt ")?;
            number.chars().all(|c| c.is_ascii_digit() || c == '.').then_some(Self::Prompt)
        };
        other.or_else(|| of(&DIALECT)).or_else(numbered)
    }

    fn of_heading(heading: &Heading<'_>, dialect: bool) -> Option<Self> {
        Self::named(plain(heading.text), dialect)
    }

    pub fn is_verbatim(self) -> bool {
        matches!(self, Self::Context | Self::Prompt | Self::ExpectedOutput)
    }

    /// The format knows its name.
    fn is_known(self) -> bool {
        !matches!(self, Self::Head | Self::Text | Self::Failure)
    }
}

/// A title as the tables have it.
fn short_name(title: &str) -> Option<String> {
    let title = title.trim().trim_end_matches([':', '：']).trim_end();
    let title = match title.rfind('(') {
        Some(at) if title.ends_with(')') && at > 0 => title[..at].trim_end(),
        _ => title,
    };
    (title.len() <= 40).then(|| title.trim_end_matches([':', '*']).to_lowercase().replace('\u{a0}', " "))
}

/// The name of a section in a task file of our own.
pub fn named_by_us(title: &str) -> Option<Kind> {
    match short_name(title)?.as_str() {
        "session notes" => Some(Kind::Notes),
        "from earlier sessions" | "checkpoints" => Some(Kind::Text),
        name => DIALECT
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
            .filter(|kind| !matches!(kind, Kind::Dependencies | Kind::Prerequisites)),
    }
}

/// A heading with a name that the documented dialect has for a section.
pub fn is_known(heading: &Heading<'_>) -> bool {
    let name = short_name(plain(heading.text));
    name.is_some_and(|name| DIALECT.iter().any(|(known, _)| *known == name))
}

/// A heading or a bold line about failure or undoing. `Failover` and `Undo and redo` name features.
pub fn speaks_of_failure(title: &str) -> bool {
    const WORDS: [&str; 16] = [
        "fail",
        "fails",
        "failed",
        "failing",
        "failure",
        "failures",
        "rollback",
        "rollbacks",
        "undo",
        "undoing",
        "revert",
        "reverting",
        "troubleshooting",
        "backout",
        "recover",
        "contingency",
    ];
    const PHRASES: [&str; 26] = [
        "roll back",
        "roll-back",
        "rolling back",
        "way back",
        "back out",
        "back-out",
        "backing out",
        "goes wrong",
        "go wrong",
        "went wrong",
        "it breaks",
        "something breaks",
        "in case of",
        "not work",
        "n't work",
        "recovery procedure",
        "recovery plan",
        "error recovery",
        "disaster recovery",
        "emergency procedure",
        "emergency plan",
        "abort procedure",
        "restore the old",
        "restore the previous",
        "restore the original",
        "restoring the",
    ];
    const TITLES: [&str; 13] = [
        "reset",
        "restore",
        "recovery",
        "recovery steps",
        "abort",
        "emergency",
        "cleanup",
        "clean up",
        "teardown",
        "tear down",
        "on error",
        "on errors",
        "plan b",
    ];
    let title = title.to_lowercase();
    let mut words = title.split(|c: char| !c.is_alphanumeric());
    let plain = plain(&title).trim_matches(|c: char| !c.is_alphanumeric());
    let speaks = words.any(|word| WORDS.contains(&word)) || PHRASES.iter().any(|phrase| title.contains(phrase));
    speaks && !title.contains("redo") || TITLES.contains(&plain)
}

/// Lines of a session under one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Section {
    pub kind: Kind,
    pub level: usize,
    /// Index of its first line, its heading's where it has one.
    pub from: usize,
    /// Index of the first line below its heading.
    pub start: usize,
    pub end: usize,
    /// Its heading is a line of text with a rule below it.
    pub underlined: bool,
}

/// `**Prompt:**` alone on its line stands below every heading.
const LABEL: usize = 7;

struct Walk {
    found: Vec<Section>,
    here: Section,
    /// The section that a deeper heading about failure interrupts.
    outer: Option<Section>,
    /// Level of the last heading that opened a section.
    heading: usize,
    dialect: bool,
}

/// Cuts the body of a session. A section ends at the next heading of its own level or above, known or not; a known name
/// below it opens another, but for texts that are kept as they are. A prompt in a fence ends with that fence, so known
/// names inside it stay in the prompt (R3); one that is never closed ends before the next known heading at its level.
pub fn sections(body: &[Line<'_>], dialect: bool) -> Vec<Section> {
    let here = Section { kind: Kind::Head, ..Section::default() };
    let mut walk = Walk { found: Vec::new(), here, outer: None, heading: 0, dialect };
    let mut fences = Fences::default();
    let mut comments = Comments::default();
    let mut closings = Closings::default();
    let mut blank = true;
    let mut at = 0;
    while let Some(line) = body.get(at) {
        at += 1;
        let first = blank && walk.here.kind == Kind::Prompt;
        blank = blank && line.is_blank();
        if first
            && Fence::of(line).is_some_and(|fence| fence.is_prose())
            && let Some(end) = prompt_end(&mut closings, &body[at - 1..], walk.here.level)
        {
            at += end - 1;
            continue;
        }
        let hidden = comments.is_open(line) || !fences.is_open() && comments.see(line, body[at..].iter().copied());
        if hidden || fences.see(line) || fences.is_open() {
            continue;
        }
        let opened = match line.mark() {
            Some(b'#') => heading(line).is_some_and(|heading| walk.heading(&heading, at - 1, at)),
            Some(b'=' | b'-') if at > 1 => {
                let begins = at.checked_sub(3).is_none_or(|before| body[before].is_blank());
                let heading = underlined(line, &body[at - 2]).filter(|_| begins && at - 2 >= walk.here.start);
                // Of other names only where the section's own is written so, or where it matters.
                let counts = |heading: &Heading<'_>| {
                    let long = line.text.trim().len() > 3;
                    let known = Kind::of_heading(heading, dialect).is_some();
                    known || long && (walk.here.underlined || speaks_of_failure(heading.text))
                };
                let opened = heading.filter(counts).is_some_and(|heading| walk.heading(&heading, at - 2, at));
                walk.here.underlined |= opened;
                opened
            }
            Some(b'*' | b'_') => {
                let alone = at.checked_sub(2).is_none_or(|above| body[above].is_blank());
                alone && walk.label(line, at - 1)
            }
            _ => false,
        };
        blank |= opened;
    }
    walk.open(Kind::Text, 0, body.len(), body.len());
    walk.found
}

impl Walk {
    fn open(&mut self, kind: Kind, level: usize, from: usize, start: usize) {
        let end = from;
        self.found.push(Section { end, ..self.here });
        self.here = Section { kind, level, from, start, end, underlined: false };
    }

    /// Whether the heading opens a section.
    fn heading(&mut self, heading: &Heading<'_>, from: usize, start: usize) -> bool {
        let kind = Kind::of_heading(heading, self.dialect);
        if !heading.strict && kind.is_none() {
            return false;
        }
        let here = self.here;
        let deeper = here.level != LABEL && heading.level > here.level && here.level > 0;
        let fails = kind.is_none() && speaks_of_failure(heading.text);
        if here.kind == Kind::Failure {
            if deeper {
                return false;
            }
            // Behind it the section goes on that it stood in.
            if let Some(outer) = self.outer.filter(|outer| heading.level > outer.level && kind.is_none()) {
                let next = if fails { (Kind::Failure, heading.level) } else { (outer.kind, outer.level) };
                self.open(next.0, next.1, from, from);
                return true;
            }
            self.outer = None;
        } else if here.kind.is_verbatim() {
            if !heading.strict || deeper {
                return false;
            }
        } else if kind.is_none() && deeper && here.kind.is_known() {
            if fails {
                self.outer = Some(here);
                self.open(Kind::Failure, heading.level, from, from);
            }
            return fails;
        }
        self.heading = heading.level;
        let next = kind.unwrap_or(if fails { Kind::Failure } else { Kind::Text });
        let text = !next.is_known();
        if next != Kind::Text || here.kind != Kind::Text {
            self.open(next, heading.level, from, if text { from } else { start });
        } else {
            self.here.level = here.level.min(heading.level);
        }
        true
    }

    /// Whether the bold line opens a section, or ends one.
    fn label(&mut self, line: &Line<'_>, from: usize) -> bool {
        let Some(inner) = bold_line(line) else { return false };
        let here = self.here;
        if here.kind == Kind::Failure || here.kind.is_verbatim() && here.level != LABEL {
            return false;
        }
        let kind = Kind::named(plain(inner), self.dialect).filter(|kind| is_label_section(*kind, inner));
        match kind {
            Some(kind) => self.open(kind, LABEL, from, from + 1),
            None if here.level == LABEL => self.open(Kind::Text, self.heading, from, from),
            None => return false,
        }
        true
    }
}

/// Of the other names a bold line is a label, which has its value right below.
fn is_label_section(kind: Kind, inner: &str) -> bool {
    let named = |name: &str| inner.to_lowercase().contains(name);
    match kind {
        Kind::Verification => named("checklist"),
        Kind::Commands => named("verification"),
        Kind::Commit => named("git"),
        kind => kind.is_verbatim() || kind == Kind::SubAgents,
    }
}

/// What stands in a line that is bold as a whole, but for a colon.
pub fn bold_line<'a>(line: &Line<'a>) -> Option<&'a str> {
    let text = line.text.trim().trim_end_matches([':', '：']);
    let inner = ["**", "__"].iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark))?;
    Some(inner.trim_end_matches([':', '：'])).filter(|inner| !inner.is_empty() && !inner.contains("**"))
}

/// A heading that would be a section of dependencies outside a prompt.
pub fn is_dependencies(line: &Line<'_>) -> bool {
    let heading = heading(line).filter(|heading| heading.strict);
    heading.is_some_and(|heading| Kind::of_heading(&heading, true) == Some(Kind::Dependencies))
}

/// A heading or a label with a name that people give to checks, and that is read as none.
pub fn looks_like_checks(line: &Line<'_>) -> bool {
    let title = heading(line).filter(|heading| heading.strict).map(|heading| heading.text).or_else(|| bold_line(line));
    title.is_some_and(|title| matches!(short_name(plain(title)).as_deref(), Some("tests" | "testing" | "test plan")))
}

/// Lines that a fenced prompt takes, its fences included.
fn prompt_end(closings: &mut Closings, lines: &[Line<'_>], level: usize) -> Option<usize> {
    let first = lines.first()?.number;
    let end = closings.of(lines.iter().copied(), |_| false).map(|line| line - first);
    end.map(|end| end + 1).or_else(|| unclosed_end(lines, level))
}

/// Where an unclosed prompt ends: the next known heading at the prompt's level.
fn unclosed_end(lines: &[Line<'_>], level: usize) -> Option<usize> {
    lines.iter().enumerate().skip(1).find_map(|(at, line)| {
        let heading = heading(line).filter(|heading| heading.strict)?;
        let kind = Kind::of_heading(&heading, true)?;
        let extra = matches!(kind, Kind::Dependencies | Kind::Prerequisites);
        (!extra && (heading.level == level || level == LABEL)).then_some(at)
    })
}

/// What a prompt is, and whether its fence was left open: the line of the fence.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'l, 'a> {
    pub lines: &'l [Line<'a>],
    pub fenced: bool,
    pub open_fence: Option<usize>,
    /// What stands behind its fence, which is no part of it.
    pub behind: &'l [Line<'a>],
}

/// The prompt of its section: what one enclosing fence holds, or everything without blank ends.
pub fn prompt<'l, 'a>(section: &'l [Line<'a>]) -> Prompt<'l, 'a> {
    prompt_up_to(section, closing)
}

/// The same, where `closing` finds the end of a fence.
pub fn prompt_up_to<'l, 'a>(section: &'l [Line<'a>], closing: fn(&[Line<'a>]) -> Option<usize>) -> Prompt<'l, 'a> {
    let text = trim(section);
    let bare = Prompt { lines: text, fenced: false, open_fence: None, behind: &[] };
    let Some(fence) = text.first().and_then(Fence::of) else { return bare };
    let end = closing(text);
    if !(fence.is_prose() || fence.is_markup() && end == Some(text.len() - 1)) {
        return bare;
    }
    match end {
        Some(end) => Prompt { lines: &text[1..end], fenced: true, open_fence: None, behind: &text[end + 1..] },
        None => Prompt { lines: &text[1..], fenced: true, open_fence: Some(fence.line), behind: &[] },
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        sections(&lines(text), true).into_iter().map(|section| section.kind).collect()
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
            "**Prompt 1.1:**",
            "Prompt\n------",
        ] {
            assert_eq!(kinds(&format!("\n{heading}\n\nx\n")), [Kind::Head, Kind::Prompt], "{heading}");
        }
    }

    #[test]
    fn a_prompt_without_a_fence_keeps_its_own_headings() {
        let own = "### Prompt\nx\n\n#### Dependencies\n\n**Verification Checklist:**\n\n ### Metadata\n\n<!--\n### Git Commit\n-->\n";
        assert_eq!(kinds(own), [Kind::Head, Kind::Prompt]);
        for next in ["### 2. Verification", "### Verification", "## Verification"] {
            assert_eq!(kinds(&format!("### Prompt\nx\n{next}\n")), [Kind::Head, Kind::Prompt, Kind::Verification]);
        }
        assert_eq!(kinds("### Prompt\nx\n### Hints\ny\n### More\n"), [Kind::Head, Kind::Prompt, Kind::Text]);
        let fenced = "### Prompt\n```\n### Verification\n```\n### Dependencies\nnone\n";
        assert_eq!(kinds(fenced), [Kind::Head, Kind::Prompt, Kind::Dependencies]);
    }

    #[test]
    fn what_speaks_of_failure_is_text() {
        let text = "### Verification\n#### Undo\n##### Verification\n#### More\n### Rollback\n#### Verification\n### Git Commit\n";
        let found = [Kind::Head, Kind::Verification, Kind::Failure, Kind::Verification, Kind::Failure, Kind::Commit];
        assert_eq!(kinds(text), found);
    }

    #[test]
    fn what_failure_is_called() {
        for title in
            ["If it fails", "🚑 Rollback", "Undo:", "On failure", "When things go wrong", "Recovery", "Roll back"]
        {
            assert!(speaks_of_failure(title), "{title}");
        }
        for title in ["Password reset", "Failover between regions", "Undo and redo", "Restore a backup", "Tests"] {
            assert!(!speaks_of_failure(title), "{title}");
        }
    }

    #[test]
    fn a_bold_line_ends_a_bold_section() {
        let text = "**Verification Commands:**\n\nx\n\n**Notes**\n\ny\n\n**Prompt:**\n\nz\n\n### Details\n";
        let found = [Kind::Head, Kind::Commands, Kind::Text, Kind::Prompt, Kind::Text];
        assert_eq!(kinds(text), found);
    }
}
