//! Where sessions begin and end in a document.

use std::collections::HashMap;

use session_sdk::{PlanDocument, Warning};

use super::lines::{Fences, Line, heading, lines};
use super::{element, id, keys, session};

/// One session's lines, heading included.
#[derive(Debug)]
pub(super) struct Cut<'l, 'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub lines: &'l [Line<'a>],
    /// The heading of the phase above.
    pub phase: Option<&'a str>,
    /// The document is a task file that this program rendered.
    pub ours: bool,
}

/// What a heading says about a session.
struct Opening<'a> {
    level: usize,
    id: &'a str,
    title: &'a str,
    kind: OpeningKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpeningKind {
    /// `Session BE-04: Title`.
    Word,
    /// `BE-04: Title`.
    Bare,
    /// `Current Session: BE-04 — Title`, in a task file of our own.
    Ours,
    /// `<session id="BE-04">`.
    Element,
}

/// Reads a document; none where it holds no session.
pub fn read(text: &str) -> Option<PlanDocument> {
    let lines = lines(text);
    let mut warnings = Vec::new();
    let (cuts, prelude) = cut(&lines, &mut warnings);
    let first = cuts.first()?;
    let mut document = PlanDocument { project: project(prelude), ..PlanDocument::default() };
    if first.ours {
        document.project = None;
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for cut in &cuts {
        let line = cut.lines[0].number;
        if let Some(before) = seen.get(cut.id) {
            warnings.push(Warning {
                line,
                column: 1,
                kind: "duplicate-id".into(),
                session: Some(cut.id.to_owned()),
                related_line: Some(*before),
                path: None,
                message: format!("{} stands at line {before} already; this one is left out", cut.id),
            });
            continue;
        }
        seen.insert(cut.id, line);
        document.sessions.push(session::read(cut, &mut warnings));
    }
    warnings.sort_by_key(|warning| (warning.line, warning.column));
    document.warnings = warnings;
    Some(document)
}

fn cut<'l, 'a>(lines: &'l [Line<'a>], warnings: &mut Vec<Warning>) -> (Vec<Cut<'l, 'a>>, &'l [Line<'a>]) {
    // A document of elements alone has no session level: no heading opens or ends anything.
    let (level, bare) = session_level(lines).unwrap_or((0, false));
    let mut cuts: Vec<Cut<'l, 'a>> = Vec::new();
    let mut open: Option<(Opening<'a>, usize)> = None;
    let mut prelude = lines.len();
    let mut phase = None;
    let mut fences = Fences::default();
    let mut unclosed = Unclosed::default();
    for (i, line) in lines.iter().enumerate() {
        let Some((found_level, title)) = heading(line) else {
            let fence = fences.see(line);
            let id = element::opens(line).filter(|_| !fence && element::counts(&fences));
            // A heading with the same ID before it is the same session.
            if let Some(id) = id.filter(|id| {
                open.as_ref().is_none_or(|(current, _)| current.id != *id && current.kind != OpeningKind::Ours)
            }) {
                if let Some((before, start)) = open.take() {
                    cuts.push(finish(before, &lines[start..i], phase));
                }
                prelude = prelude.min(i);
                open = Some((Opening { level, id, title: "", kind: OpeningKind::Element }, i));
            }
            continue;
        };
        let opening = opening(found_level, title).filter(|o| o.level == level);
        let opens = opening.filter(|o| match o.kind {
            OpeningKind::Ours => !fences.is_open() && open.is_none(),
            OpeningKind::Word => {
                !fences.is_open()
                    || (open
                        .as_ref()
                        .is_some_and(|(current, _)| current.kind != OpeningKind::Ours && current.id != o.id))
            }
            OpeningKind::Bare => bare && !fences.is_open(),
            OpeningKind::Element => false,
        });
        if let Some(opening) = opens {
            if let Some(fence) = fences.outermost() {
                warnings.push(open_fence(line, &opening, fence.line));
            }
            if let Some((before, start)) = open.take() {
                cuts.push(finish(before, &lines[start..i], phase));
            }
            prelude = prelude.min(i);
            open = Some((opening, i));
            fences = Fences::default();
        } else if !fences.is_open() && looks_like_a_session(title, open.as_ref().map(|(current, _)| current)) {
            warnings.push(not_a_session(line, title, level));
        } else if found_level < level {
            let counts = match fences.outermost() {
                None => true,
                Some(fence) => is_phase(title) && unclosed.from(fence.line, lines, i, level),
            };
            if counts {
                if let Some((before, start)) = open.take() {
                    cuts.push(finish(before, &lines[start..i], phase));
                }
                phase = is_phase(title).then_some(title);
                fences = Fences::default();
            }
        }
    }
    if let Some((before, start)) = open {
        cuts.push(finish(before, &lines[start..], phase));
    }
    (cuts, &lines[..prelude])
}

fn finish<'l, 'a>(opening: Opening<'a>, lines: &'l [Line<'a>], phase: Option<&'a str>) -> Cut<'l, 'a> {
    Cut { id: opening.id, title: opening.title, lines, phase, ours: opening.kind == OpeningKind::Ours }
}

fn open_fence(line: &Line<'_>, opening: &Opening<'_>, fence: usize) -> Warning {
    Warning {
        line: line.number,
        column: 1,
        kind: "open-fence".into(),
        session: Some(opening.id.to_owned()),
        related_line: Some(fence),
        path: None,
        message: format!("the fence of line {fence} was never closed; {} begins here all the same", opening.id),
    }
}

/// Says Session and an ID that is not the one it stands in, and is none all the same.
fn looks_like_a_session(title: &str, current: Option<&Opening<'_>>) -> bool {
    let found = strip_word(title.trim_matches('*'), "session").and_then(id::leading);
    found.is_some_and(|(id, _)| current.is_none_or(|current| current.kind != OpeningKind::Ours && current.id != id))
}

fn not_a_session(line: &Line<'_>, title: &str, level: usize) -> Warning {
    let marks = "#".repeat(level);
    Warning {
        line: line.number,
        column: 1,
        kind: "not-a-session".into(),
        session: None,
        related_line: None,
        path: None,
        message: format!("`{title}` looks like a session but is not read as one; write `{marks} Session ID: Title`"),
    }
}

/// Whether a fence stays open until the next session: asked at each phase heading behind it, found out once.
#[derive(Default)]
struct Unclosed {
    known: Option<(usize, bool)>,
}

impl Unclosed {
    fn from(&mut self, fence: usize, lines: &[Line<'_>], at: usize, level: usize) -> bool {
        if let Some((known, answer)) = self.known
            && known == fence
        {
            return answer;
        }
        let mut fences = Fences::default();
        let mut answer = true;
        for (i, line) in lines.iter().enumerate().skip(fence - 1) {
            fences.see(line);
            if !fences.is_open() {
                answer = false;
                break;
            }
            let next = heading(line).and_then(|(found, title)| opening(found, title));
            if i > at && next.is_some_and(|o| o.level == level && o.kind == OpeningKind::Word) {
                break;
            }
        }
        self.known = Some((fence, answer));
        answer
    }
}

/// Level of the first `Session <ID>` heading outside fences, else of the first bare `ID: Title`; and whether bare
/// headings open sessions at all at that level.
fn session_level(lines: &[Line<'_>]) -> Option<(usize, bool)> {
    let mut fences = Fences::default();
    let mut outside: [Option<usize>; 2] = [None, None];
    let mut anywhere = None;
    for line in lines {
        fences.see(line);
        let Some(found) = heading(line).and_then(|(level, title)| opening(level, title)) else { continue };
        match found.kind {
            _ if fences.is_open() => anywhere = anywhere.or(Some(found.level)),
            OpeningKind::Bare => outside[1] = outside[1].or(Some(found.level)),
            OpeningKind::Word | OpeningKind::Ours | OpeningKind::Element => {
                outside[0] = Some(found.level);
                break;
            }
        }
    }
    outside[0].or(outside[1]).or(anywhere).map(|level| (level, true))
}

fn opening<'a>(level: usize, text: &'a str) -> Option<Opening<'a>> {
    if level > 4 {
        return None;
    }
    let text = text.trim_matches('*');
    let (kind, rest) = if let Some(rest) = text.strip_prefix("Current Session:") {
        (OpeningKind::Ours, rest.trim_start())
    } else if let Some(rest) = strip_word(text, "session") {
        (OpeningKind::Word, rest)
    } else {
        (OpeningKind::Bare, text)
    };
    let (id, rest) = id::leading(rest.trim_start_matches(['`', '[']))?;
    let rest = rest.trim_start_matches(['`', ']', '*']).trim_start();
    let title = [":", "—", "–", "-"].iter().find_map(|mark| rest.strip_prefix(mark)).map(str::trim);
    match (kind, title) {
        (OpeningKind::Bare, Some(title)) if rest.starts_with(':') => Some(Opening { level, id, title, kind }),
        (OpeningKind::Bare, _) => None,
        (_, Some(title)) => Some(Opening { level, id, title, kind }),
        (_, None) if rest.is_empty() => Some(Opening { level, id, title: "", kind }),
        (_, None) => None,
    }
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let rest = &text[head.len()..];
    let trimmed = rest.trim_start_matches([' ', '\t', ':']);
    (trimmed.len() < rest.len()).then_some(trimmed)
}

pub(super) fn is_phase(title: &str) -> bool {
    strip_word(title, "phase").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The `Project:` key, else the H1 without `Implementation Prompts`.
fn project(prelude: &[Line<'_>]) -> Option<String> {
    let keys = keys::keys(prelude);
    let key = keys.iter().find(|key| key.name == "project").and_then(keys::Key::text);
    key.or_else(|| {
        let title = prelude.iter().find_map(|line| heading(line).filter(|(level, _)| *level == 1))?.1;
        let title = title.replace("Implementation Prompts", "");
        Some(title.trim_matches([' ', '-', '–', '—', ':']).to_owned()).filter(|title| !title.is_empty())
    })
}
