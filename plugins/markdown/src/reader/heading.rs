//! Headings as people write them, and what one says about a session: `## 🔧 3. **Session BE-04: Title** {#be-04}`.

use super::id;
use super::lines::Line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    pub level: usize,
    /// Without closing `#`s.
    pub text: &'a str,
    /// At the start of its line and with a space behind the marks. Others count only where their text leaves no doubt:
    /// `  # install` is a comment, `#12` an issue.
    pub strict: bool,
}

/// A line of one to six `#`s and a text.
pub fn heading<'a>(line: &Line<'a>) -> Option<Heading<'a>> {
    if line.mark() != Some(b'#') {
        return None;
    }
    let text = line.text.trim_start();
    let indent = line.text.len() - text.len();
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    if level > 6 || indent > 3 {
        return None;
    }
    let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
    let text = rest.trim();
    let bare = text.trim_end_matches('#');
    let text = if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { text };
    Some(Heading { level, text, strict: spaced && indent == 0 })
}

/// The heading that a line of `===` or `---` makes of the one above it, which must begin its paragraph.
pub fn underlined<'a>(line: &Line<'_>, above: &Line<'a>) -> Option<Heading<'a>> {
    let rule = line.text.trim();
    let level = match rule.as_bytes().first()? {
        b'=' if rule.bytes().all(|b| b == b'=') => 1,
        b'-' if rule.bytes().all(|b| b == b'-') => 2,
        _ => return None,
    };
    let is_text = rule.len() > 2 && !above.is_blank() && above.mark() != Some(b'#');
    is_text.then(|| Heading { level, text: above.text.trim(), strict: true })
}

/// A heading's text without what decorates it: numbers, icons, boxes, bold, a link, an anchor.
pub fn plain(text: &str) -> &str {
    let anchor = text.strip_suffix('}').and_then(|text| text.rfind("{#"));
    let text = anchor.map_or(text, |at| text[..at].trim_end());
    let link =
        text.strip_prefix('[').filter(|text| text.ends_with(')')).and_then(|text| Some(text.rsplit_once("](")?.0));
    let mut text = link.unwrap_or(text);
    loop {
        let bare = text.trim_start_matches(is_decoration);
        let bare = ["[ ]", "[x]", "[X]", "[-]"].iter().find_map(|b| bare.strip_prefix(b)).unwrap_or(bare);
        let bare = unnumbered(bare).unwrap_or(bare);
        if bare.len() == text.len() {
            return text.trim_end_matches(['*', '_']).trim_end();
        }
        text = bare;
    }
}

/// Icons and the marks of bold; quotes are none, they say that somebody else is speaking.
fn is_decoration(c: char) -> bool {
    match c {
        '*' | '_' | '`' => true,
        '“' | '”' | '„' | '‘' | '’' | '«' | '»' => false,
        c => c.is_whitespace() || (!c.is_ascii() && !c.is_alphanumeric()),
    }
}

/// What stands behind `3.`, `3)`, `3.1` or `3️⃣`.
pub fn unnumbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if rest.len() == text.len() || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches([')', ':', '\u{fe0f}', '\u{20e3}']);
    rest.starts_with(char::is_whitespace).then(|| rest.trim_start())
}

/// What a heading says about a session.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    pub level: usize,
    pub id: &'a str,
    pub title: &'a str,
    pub kind: OpeningKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningKind {
    /// `Session BE-04: Title`.
    Word,
    /// `BE-04: Title`.
    Bare,
    /// `Current Session: BE-04 — Title`, in a task file of our own.
    Ours,
    /// `<session id="BE-04">`.
    Element,
    /// A whole file of a folder.
    File,
}

impl<'a> Opening<'a> {
    pub fn of(heading: &Heading<'a>) -> Option<Self> {
        if heading.level > 4 {
            return None;
        }
        let text = plain(heading.text);
        let text = text.strip_prefix('[').unwrap_or(text);
        let (kind, rest) = if let Some(rest) = text.strip_prefix("Current Session:") {
            (OpeningKind::Ours, rest.trim_start())
        } else if let Some(rest) = strip_word(text, "session") {
            (OpeningKind::Word, rest)
        } else {
            (OpeningKind::Bare, text)
        };
        if !heading.strict && kind != OpeningKind::Word {
            return None;
        }
        let (id, rest) = id::leading(rest.trim_start_matches(['`', '[', '*']))?;
        let rest = behind_link(rest.trim_start_matches(['`', '*']));
        let rest = rest.trim_start_matches(['`', ']', '*', '_']).trim_start();
        let title = title(rest, kind)?;
        Some(Self { level: heading.level, id, title, kind })
    }
}

/// What stands behind the mark that separates ID and title; nothing where only icons follow.
fn title(rest: &str, kind: OpeningKind) -> Option<&str> {
    let marks: &[&str] = match kind {
        OpeningKind::Bare => &[":", "："],
        _ => &[":", "：", "—", "–", "―", "−", "-", "|", "·", ". "],
    };
    let behind = |rest: &'_ str| marks.iter().find_map(|mark| rest.strip_prefix(mark).map(str::len));
    // `Session BE-04 (optional): Title`: the note is no part of either.
    let noted = || rest.strip_prefix('(').and_then(|note| note.split_once(')')).map(|(_, rest)| rest.trim_start());
    let length = behind(rest).or_else(|| noted().filter(|_| kind == OpeningKind::Word).and_then(behind));
    let title = length.map(|length| &rest[rest.len() - length..]);
    match title {
        Some(title) => Some(title.trim_start_matches(['*', '_']).trim()),
        None if kind != OpeningKind::Bare && !rest.contains(|c: char| c.is_alphanumeric() || c == '(') => Some(""),
        None => None,
    }
}

fn behind_link(text: &str) -> &str {
    text.strip_prefix("](").and_then(|target| Some(target.split_once(')')?.1)).unwrap_or(text)
}

/// The text behind a word and its separators.
pub fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let rest = &text[head.len()..];
    let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：'));
    (trimmed.len() < rest.len()).then_some(trimmed)
}

/// `PHASE 2: RULES (Week 2)`, and a folder named `phase-2-rules`.
pub fn is_phase(title: &str) -> bool {
    let title = plain(title);
    let is = title.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("phase"));
    let separates = |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '-' | '_' | '#');
    is && title[5..].trim_start_matches(separates).starts_with(|c: char| c.is_ascii_digit())
}

/// Says Session and what could be an ID, and opens none all the same: `Session BE-04 done`, `Session 4: Title`.
pub fn looks_like_a_session<'a>(heading: &Heading<'a>, level: usize) -> Option<Option<&'a str>> {
    let rest = strip_word(plain(heading.text.trim_matches('~')), "session")?;
    let rest = rest.trim_start_matches(['`', '[', '*', '~']);
    if let Some((id, _)) = id::leading(rest) {
        return Some(Some(id));
    }
    let word = rest.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
    let numbered = word.chars().any(|c| c.is_ascii_digit()) && heading.strict && heading.level == level;
    numbered.then_some(None)
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn of(text: &str) -> Option<(usize, &str, bool)> {
        heading(&lines(text)[0]).map(|h| (h.level, h.text, h.strict))
    }

    fn opened(text: &str) -> Option<(String, String)> {
        let found = heading(&lines(text)[0]).as_ref().and_then(Opening::of)?;
        Some((found.id.to_owned(), found.title.to_owned()))
    }

    #[test]
    fn headings() {
        assert_eq!(of("## Session A-1 ##"), Some((2, "Session A-1", true)));
        assert_eq!(of("# C#"), Some((1, "C#", true)));
        assert_eq!(of("#!/bin/sh"), Some((1, "!/bin/sh", false)));
        assert_eq!(of("  # install"), Some((1, "install", false)));
        assert_eq!(of("    # install"), None);
        assert_eq!(of("####### seven"), None);
    }

    #[test]
    fn every_way_to_write_a_session() {
        for text in [
            "## Session BE-01: Money type",
            "## Session BE-01 - Money type",
            "## Session BE-01 — Money type ##",
            "## Session BE-01： Money type",
            "##\u{a0}Session\u{a0}BE-01:\u{a0}Money type",
            "##\tSession\tBE-01:\tMoney type",
            "## Session BE-01: Money type {#be-01}",
            "## 🔧 Session BE-01: Money type",
            "## ✅ 3. Session BE-01: Money type",
            "## 1️⃣ Session BE-01: Money type",
            "## 3.1 Session BE-01: Money type",
            "## **Session BE-01: Money type**",
            "## **Session BE-01:** Money type",
            "## Session **BE-01**: Money type",
            "## Session `BE-01`: Money type",
            "## [Session BE-01: Money type](#be-01)",
            "## [Session BE-01](#be-01): Money type",
            "## Session [BE-01](x.md): Money type",
            "## [x] Session BE-01: Money type",
            "## SESSION: BE-01 | Money type",
            "##Session BE-01: Money type",
            "   ## Session BE-01: Money type",
            "## 🔧 BE-01: Money type",
            "## **BE-01**: Money type",
        ] {
            assert_eq!(opened(text), Some(("BE-01".into(), "Money type".into())), "{text}");
        }
        assert_eq!(opened("## Session BE-01 ✅"), Some(("BE-01".into(), String::new())));
    }

    #[test]
    fn what_opens_none() {
        for text in [
            "## Session BE-01 is over",
            "## Session BE-01 (again)",
            "## Sessions BE-01: x",
            "## \"Session BE-01: x\" said he",
            "## “Session BE-01: x” said he",
            "##BE-01: x",
            "##### Session BE-01: x",
            "## UTF-8",
            "## UTF-8 - how we read it",
        ] {
            assert_eq!(opened(text), None, "{text}");
        }
    }

    #[test]
    fn phases() {
        for text in ["PHASE 2: RULES", "🚀 **Phase 2**", "phase-2-rules", "Phase2", "2. Phase 2"] {
            assert!(is_phase(text), "{text}");
        }
        assert!(!is_phase("Phases 2") && !is_phase("Phase two") && !is_phase("phas"));
    }
}
