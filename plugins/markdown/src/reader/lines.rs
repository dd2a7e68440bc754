//! A document as lines with their bytes. What a line means is decided elsewhere: fences in `fence.rs`, headings in
//! `heading.rs`.

use memchr::memchr;
use session_sdk::Span;

/// Byte-order mark.
const MARK: &str = "\u{feff}";

/// One line without its end. Small: a plan of 100 MB is read in 256 MiB.
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

    /// First byte that is no white space of the simple kind: most lines are told apart by it.
    pub fn mark(&self) -> Option<u8> {
        self.text.bytes().find(|b| !matches!(b, b' ' | b'\t'))
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Lines of a document, cut as they are asked for. A byte-order mark and the carriage return before a line feed are no
/// text. A carriage return alone ends a line only in a document without line feeds: elsewhere `grep -n` and git count
/// otherwise, and warnings must name their lines.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a str,
    end: u8,
    number: usize,
    start: usize,
}

impl<'a> Lines<'a> {
    pub fn of(document: &'a str) -> Self {
        let end = if memchr(b'\n', document.as_bytes()).is_some() { b'\n' } else { b'\r' };
        Self { rest: document, end, number: 1, start: 0 }
    }

    /// The lines from here on that begin before this byte.
    pub fn up_to(&self, end: usize) -> Self {
        Self { rest: &self.rest[..end - self.start], ..self.clone() }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.as_bytes();
        let (length, end) = memchr(self.end, bytes).map_or((bytes.len(), bytes.len()), |at| (at + 1, at));
        let end = if end > 0 && bytes[end - 1] == b'\r' { end - 1 } else { end };
        let skipped = if self.start == 0 && self.rest.starts_with(MARK) { MARK.len().min(end) } else { 0 };
        let (text, rest) = (&self.rest[skipped..end], &self.rest[length..]);
        let line = Line { text, number: self.number, start: self.start + skipped };
        self.rest = rest;
        self.number += 1;
        self.start += length;
        Some(line)
    }
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

/// All lines of a text.
#[cfg(test)]
pub fn lines(text: &str) -> Vec<Line<'_>> {
    Lines::of(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_bytes() {
        let text = "\u{feff}a\r\nß\nx\ry\nend";
        let lines = lines(text);
        assert_eq!(lines.iter().map(|l| &text[l.start..l.end()]).collect::<Vec<_>>(), ["a", "ß", "x\ry", "end"]);
        assert_eq!(lines[3].number, 4);
    }

    #[test]
    fn a_document_of_carriage_returns_has_lines_too() {
        assert_eq!(
            lines("a\rb\r\rc").iter().map(|l| (l.text, l.start)).collect::<Vec<_>>(),
            [("a", 0), ("b", 2), ("", 4), ("c", 5)]
        );
    }

    #[test]
    fn parts_of_a_document_keep_their_numbers() {
        let mut all = Lines::of("a\nb\nc\nd\n");
        all.next();
        assert_eq!(all.up_to(6).map(|l| (l.text, l.number)).collect::<Vec<_>>(), [("b", 2), ("c", 3)]);
    }
}
