//! A document as lines with their bytes, and how fences nest in it.
//!
//! No `CommonMark` parser: people put prompts in a fence that holds inner fences of the same length, or never close one,
//! and a strict reading loses whole sessions there (R1 of the format's rulings).

use session_sdk::Span;

/// One line without its end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub text: &'a str,
    /// From 1.
    pub number: usize,
    /// Byte of its first character.
    pub start: usize,
}

impl Line<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Cuts a document into lines; a byte-order mark and carriage returns are no text.
pub fn lines(document: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (i, raw) in document.split_inclusive('\n').enumerate() {
        let text = raw.strip_suffix('\n').unwrap_or(raw);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let (text, skipped) = match text.strip_prefix('\u{feff}') {
            Some(rest) if i == 0 => (rest, '\u{feff}'.len_utf8()),
            _ => (text, 0),
        };
        lines.push(Line { text, number: i + 1, start: start + skipped });
        start += raw.len();
    }
    lines
}

/// Lines without blank ones and rules (`---`) at the ends.
pub fn trim<'l, 'a>(mut lines: &'l [Line<'a>]) -> &'l [Line<'a>] {
    let empty = |line: &Line<'_>| matches!(line.text.trim(), "" | "---");
    while lines.first().is_some_and(empty) {
        lines = &lines[1..];
    }
    while lines.last().is_some_and(empty) {
        lines = &lines[..lines.len() - 1];
    }
    lines
}

/// Bytes from the first line to the end of the last; none where there is no line.
pub fn span(lines: &[Line<'_>]) -> Option<Span> {
    Some(Span { start: lines.first()?.start, end: lines.last()?.end() })
}

/// A line of three or more backticks or tildes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence<'a> {
    mark: char,
    length: usize,
    /// First word behind the marks, such as `bash`.
    pub info: &'a str,
    pub indent: usize,
    /// Number of its line.
    pub line: usize,
}

impl<'a> Fence<'a> {
    pub fn of(line: &Line<'a>) -> Option<Self> {
        let text = line.text.trim_start();
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let rest = text.trim_start_matches(mark);
        let length = text.len() - rest.len();
        if length < 3 || (mark == '`' && rest.contains('`')) {
            return None;
        }
        let info = rest.split_whitespace().next().unwrap_or_default();
        Some(Self { mark, length, info, indent: line.text.len() - text.len(), line: line.number })
    }

    fn closes(&self, open: &Fence<'_>) -> bool {
        self.info.is_empty() && self.mark == open.mark && self.length >= open.length
    }

    /// A shell whose commands can be run.
    pub fn is_shell(&self) -> bool {
        matches!(self.info, "sh" | "bash" | "shell" | "zsh" | "console")
    }

    /// Holds text for people, not a program.
    pub fn is_prose(&self) -> bool {
        matches!(self.info, "" | "markdown" | "md" | "text" | "txt" | "prompt")
    }
}

/// Open fences, outermost first.
#[derive(Clone, Debug, Default)]
pub struct Fences<'a>(Vec<Fence<'a>>);

impl<'a> Fences<'a> {
    /// Takes one line in; true where the line is a fence itself.
    pub fn see(&mut self, line: &Line<'a>) -> bool {
        let Some(fence) = Fence::of(line) else { return false };
        match self.0.iter().rposition(|open| fence.closes(open)) {
            Some(open) => self.0.truncate(open),
            None => self.0.push(fence),
        }
        true
    }

    pub fn outermost(&self) -> Option<&Fence<'a>> {
        self.0.first()
    }

    pub fn depth(&self) -> usize {
        self.0.len()
    }

    pub fn is_open(&self) -> bool {
        !self.0.is_empty()
    }
}

/// Index of the line that closes the fence on the first line; none where it stays open.
pub fn closing(lines: &[Line<'_>]) -> Option<usize> {
    let mut fences = Fences::default();
    lines.iter().position(|line| {
        fences.see(line);
        !fences.is_open()
    })
}

/// The same, read strictly: the first bare fence of the same mark that is long enough. For documents of our own.
pub fn closing_strict(lines: &[Line<'_>]) -> Option<usize> {
    let open = Fence::of(lines.first()?)?;
    (1..lines.len()).find(|i| Fence::of(&lines[*i]).is_some_and(|fence| fence.closes(&open)))
}

/// Level and text of a heading; closing `#`s are no text.
pub fn heading<'a>(line: &Line<'a>) -> Option<(usize, &'a str)> {
    let rest = line.text.trim_start_matches('#');
    let level = line.text.len() - rest.len();
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let text = rest.trim();
    let bare = text.trim_end_matches('#');
    let text = if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { text };
    Some((level, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_after(text: &str) -> usize {
        let mut fences = Fences::default();
        for line in lines(text) {
            fences.see(&line);
        }
        fences.0.len()
    }

    #[test]
    fn fences_nest_by_their_info_string() {
        assert_eq!(open_after("```md\n```sh\nls\n```\n```\n"), 0);
        assert_eq!(open_after("````md\n```\nls\n```\n"), 1, "three marks do not close four");
        assert_eq!(open_after("~~~\n```\n~~~\n"), 0, "the outer one closes what stands open inside");
        assert_eq!(open_after("use ``` here\n`` ` ``\n"), 0);
    }

    #[test]
    fn lines_keep_their_bytes() {
        let text = "\u{feff}a\r\nß\nend";
        let lines = lines(text);
        assert_eq!(lines.iter().map(|l| &text[l.start..l.end()]).collect::<Vec<_>>(), ["a", "ß", "end"]);
        assert_eq!(lines[2].number, 3);
    }

    #[test]
    fn headings() {
        let of = |text| heading(&Line { text, number: 1, start: 0 });
        assert_eq!(of("## Session A-1 ##"), Some((2, "Session A-1")));
        assert_eq!(of("# C#"), Some((1, "C#")));
        assert_eq!(of("#!/bin/sh"), None);
        assert_eq!(of("#hashtag"), None);
    }
}
