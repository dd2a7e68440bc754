//! Headings as people write them, and what one says about a session: `## 🔧 3. **Session BE-04: Title** {#be-04}`.

use session_sdk::id;
pub use session_sdk::markdown::Heading;

use super::lines::Line;

/// The heading that a line is by itself.
pub fn heading<'a>(line: &Line<'a>) -> Option<Heading<'a>> {
    Heading::of(line.text)
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

/// A heading's text without what decorates it: numbers, icons, boxes (`[wip]` in ticks, too), bold, a link, an anchor.
pub fn plain(text: &str) -> &str {
    let anchor = text.strip_suffix('}').and_then(|text| ["{#", "{.", "{:"].iter().find_map(|mark| text.rfind(mark)));
    let text = anchor.map_or(text, |at| text[..at].trim_end());
    let link =
        text.strip_prefix('[').filter(|text| text.ends_with(')')).and_then(|text| Some(text.rsplit_once("](")?.0));
    let mut text = link.unwrap_or(text);
    loop {
        let bare = text.strip_prefix("`[").and_then(|text| Some(text.split_once("]`")?.1)).unwrap_or(text);
        let boxed = bare.strip_prefix(['-', '+']).map(str::trim_start).filter(|bare| bare.starts_with('['));
        let bare = boxed.unwrap_or(bare);
        let bare = bare.trim_start_matches(is_decoration);
        let bare = ["[ ]", "[x]", "[X]", "[-]"].iter().find_map(|b| bare.strip_prefix(b)).unwrap_or(bare);
        let bare = unnumbered(bare).unwrap_or(bare);
        if bare.len() == text.len() {
            return text.trim_end_matches(['*', '_']).trim_end();
        }
        text = bare;
    }
}

/// A heading's own mark that its part of the plan is done: `[x]`, `✅`, `(done)`.
pub fn is_done(text: &str) -> bool {
    let ticked = |mark| text.split(mark).skip(1).any(|rest| !rest.starts_with(['(', '[']));
    text.contains('✅') || ticked("[x]") || ticked("[X]") || text.to_ascii_lowercase().contains("(done)")
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

/// Words that people put before an ID, and what they name.
const WORDS: [(&str, Word); 16] = [
    ("session", Word::Session),
    ("task", Word::Unit),
    ("prompt", Word::Unit),
    ("iteration", Word::Unit),
    ("step", Word::Unit),
    ("story", Word::Unit),
    ("user story", Word::Unit),
    ("ticket", Word::Unit),
    ("phase", Word::Group),
    ("milestone", Word::Group),
    ("epic", Word::Group),
    ("slice", Word::Group),
    ("stage", Word::Group),
    ("part", Word::Group),
    ("chunk", Word::Group),
    ("feature", Word::Group),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// The documented dialect's own.
    Session,
    /// One piece of work.
    Unit,
    /// Several of them.
    Group,
}

/// The word that a text begins with, and what stands behind it.
fn word(text: &str) -> Option<(Word, &str)> {
    WORDS.iter().find_map(|(name, word)| Some((*word, strip_word(text, name)?)))
}

/// What a heading says about a session.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    pub level: usize,
    pub id: &'a str,
    pub title: &'a str,
    pub kind: OpeningKind,
    /// Neither a word nor a mark tells that the ID is one: `UTF-8 in names`.
    pub weak: bool,
    /// The heading says that it is done.
    pub done: bool,
    /// Its letters are a word for several sessions: `EPIC-03`.
    pub group: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningKind {
    /// `Session BE-04: Title`.
    Session,
    /// `BE-04: Title`, and `Task BE-04: Title`.
    Lettered,
    /// `Current Session: BE-04 — Title`, in a task file of our own.
    Ours,
    /// `<session id="BE-04">`.
    Element,
    /// A whole file of a folder.
    File,
}

/// Letters of standards: `UTF-8: how we read it` is about an encoding.
const STANDARDS: [&str; 5] = ["UTF-", "SHA-", "ISO-", "RFC-", "AES-"];

impl<'a> Opening<'a> {
    pub fn of(heading: &Heading<'a>) -> Option<Self> {
        if heading.level > 4 {
            return None;
        }
        let text = plain(heading.text);
        let text = text.strip_prefix('[').unwrap_or(text);
        let (kind, rest, named) = if let Some(rest) = text.strip_prefix("Current Session:") {
            (OpeningKind::Ours, rest.trim_start(), true)
        } else {
            match word(text) {
                Some((Word::Session, rest)) => (OpeningKind::Session, rest, true),
                Some((Word::Unit, rest)) => (OpeningKind::Lettered, rest, true),
                Some((Word::Group, _)) => return None,
                None => (OpeningKind::Lettered, text, false),
            }
        };
        if !heading.strict && kind != OpeningKind::Session {
            return None;
        }
        let (id, rest) = id::leading(rest.trim_start_matches(['`', '[', '*']))?;
        let letters = id::letters(id);
        let group = !named && is_group_word(letters.trim_end_matches('-'));
        let rest = behind_link(rest.trim_start_matches(['`', '*']));
        let bare = rest.trim_start_matches(['`', ']', '*', '_']);
        let bracketed = rest.starts_with(']');
        let (title, marked) = title(bare)?;
        let weak = !named && (!(marked || bracketed) || STANDARDS.contains(&letters));
        let done = is_done(heading.text);
        Some(Self { level: heading.level, id, title: without_icons(title), kind, weak, done, group })
    }

    /// An element, or a whole file.
    pub fn without_heading(id: &'a str, title: &'a str, kind: OpeningKind, level: usize) -> Self {
        Self { level, id, title, kind, weak: false, done: false, group: false }
    }
}

fn is_group_word(letters: &str) -> bool {
    WORDS.iter().any(|(name, word)| *word == Word::Group && name.eq_ignore_ascii_case(letters))
}

/// What stands behind an ID's separator, and whether that is a mark and not white space alone. Nothing is a title, too;
/// none where the text goes on with the ID, as in `BE-02/03`.
fn title(rest: &str) -> Option<(&str, bool)> {
    let text = rest.trim_start();
    let marks = [":", "：", "—", "–", "―", "−", "·", "|"];
    let loose = ["- ", ". ", ") "];
    let behind = |text: &str| {
        let mark = marks.iter().find_map(|mark| text.strip_prefix(mark).map(str::len));
        mark.or_else(|| loose.iter().find_map(|mark| text.strip_prefix(mark).map(str::len)))
    };
    // `Session BE-04 (optional): Title`: the note is no part of either.
    let noted = || text.strip_prefix('(').and_then(|note| note.split_once(')')).map(|(_, rest)| rest.trim_start());
    let length = behind(text).or_else(|| noted().and_then(behind));
    match length.map(|length| &text[text.len() - length..]) {
        Some(title) => Some((title.trim_start_matches(['*', '_']).trim(), true)),
        None if text.is_empty() || rest.starts_with(char::is_whitespace) => Some((text.trim_end(), false)),
        None => None,
    }
}

/// Without icons and marks of being done at its ends.
fn without_icons(title: &str) -> &str {
    let mut title = title;
    loop {
        let bare = title.trim_matches(|c: char| c.is_whitespace() || is_icon(c));
        let bare = ["(done)", "(Done)", "(DONE)", "[x]", "[X]"]
            .iter()
            .find_map(|mark| bare.strip_suffix(mark).or_else(|| bare.strip_prefix(mark)))
            .unwrap_or(bare);
        if bare.len() == title.len() {
            return title;
        }
        title = bare;
    }
}

/// Arrows, symbols, pictures and what joins them; no letters and no punctuation.
fn is_icon(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}' | '\u{20e3}' | '\u{200d}')
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

/// `PHASE 2: RULES (Week 2)`, `EPIC-03`, and a folder named `phase-2-rules`: several sessions together.
pub fn is_phase(title: &str) -> bool {
    let title = plain(title);
    let separates = |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '-' | '_' | '#');
    WORDS.iter().filter(|(_, word)| *word == Word::Group).any(|(name, _)| {
        let is = title.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        is && title[name.len()..].trim_start_matches(separates).starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Says Session and what could be an ID, and opens none: `Session 4: Title`.
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

/// Begins with what looks like an ID of letters, whatever comes behind it: `BE-02/03: Heads`.
pub fn begins_with_id(heading: &Heading<'_>) -> bool {
    let text = plain(heading.text);
    let rest = word(text).map_or(text, |(_, rest)| rest);
    id::begins(rest.trim_start_matches(['`', '[', '*', '~']))
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn opened(text: &str) -> Option<(String, String)> {
        let found = heading(&lines(text)[0]).as_ref().and_then(Opening::of)?;
        Some((found.id.to_owned(), found.title.to_owned()))
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
    fn every_separator_and_every_word() {
        for text in [
            "## AA-02: Two",
            "## AA-02 — Two",
            "## AA-02 – Two",
            "## AA-02 · Two",
            "## AA-02 | Two",
            "## AA-02 - Two",
            "## AA-02. Two",
            "## AA-02) Two",
            "## AA-02 Two",
            "## [AA-02] Two",
            "## `AA-02` Two",
            "## **AA-02** Two",
            "## [x] AA-02: Two",
            "## `[wip]` AA-02: Two",
            "## AA-02: Two ✅",
            "## AA-02: Two (done)",
            "## AA-02: 🔧 Two",
            "## Task AA-02: Two",
            "## USER STORY AA-02 Two",
            "### 4. Ticket AA-02 — Two",
            "## Session AA-02 Two",
            "## AA-02 (later): Two",
        ] {
            assert_eq!(opened(text), Some(("AA-02".into(), "Two".into())), "{text}");
        }
        let weak = |text: &str| heading(&lines(text)[0]).as_ref().and_then(Opening::of).is_some_and(|found| found.weak);
        assert!(weak("## AA-02 Two") && weak("## UTF-8 in names") && weak("## UTF-8: how") && weak("## AA-02"));
        assert!(!weak("## [AA-02] Two") && !weak("## Task AA-02 Two") && !weak("## AA-02 - Two"));
    }

    #[test]
    fn what_opens_none() {
        for text in [
            "## BE-02/03: Heads",
            "## BE-05+: Varnish",
            "## BE-01, BE-02",
            "## Phase BE-01: x",
            "## Sessions BE-01: x",
            "## \"Session BE-01: x\" said he",
            "## “Session BE-01: x” said he",
            "##BE-01: x",
            "##### Session BE-01: x",
        ] {
            assert_eq!(opened(text), None, "{text}");
        }
        let misses = |text: &str| begins_with_id(&heading(&lines(text)[0]).expect(text));
        assert!(misses("## BE-02/03: Heads") && misses("## Task BE-05+: x") && misses("## **BE-1a2**: x"));
        assert!(!misses("## Notes") && !misses("## B2B-sales") && !misses("## COVID-free"));
    }

    #[test]
    fn marks_of_being_done() {
        for text in ["[x] BE-01: x", "BE-01: x ✅", "✅ BE-01", "BE-01: x (done)"] {
            assert!(is_done(text), "{text}");
        }
        assert!(!is_done("[ ] BE-01: x") && !is_done("BE-01: [x](y.md)") && !is_done("BE-01: done with it"));
    }

    #[test]
    fn phases() {
        for text in
            ["PHASE 2: RULES", "🚀 **Phase 2**", "phase-2-rules", "Phase2", "2. Phase 2", "EPIC-03: x", "Milestone 1"]
        {
            assert!(is_phase(text), "{text}");
        }
        assert!(!is_phase("Phases 2") && !is_phase("Phase two") && !is_phase("phas"));
    }
}
