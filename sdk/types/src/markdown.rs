//! Marks of Markdown that the host and plugins read and write: one line of a fence, one heading. No `CommonMark` parser.
//! How fences nest and what a heading says is for the plugins that read a whole document.

/// A line of three or more backticks or tildes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence<'a> {
    /// Its character.
    pub mark: u8,
    /// How many of them.
    pub length: usize,
    /// First word behind the marks, such as `bash`.
    pub info: &'a str,
    /// Bytes of white space before it.
    pub indent: usize,
}

impl<'a> Fence<'a> {
    /// None where a backtick stands behind backticks: that is code within a line.
    pub fn of(line: &'a str) -> Option<Self> {
        let indent = run(line, |byte| matches!(byte, b' ' | b'\t'));
        let text = &line[indent..];
        let mark = text.bytes().next().filter(|mark| matches!(mark, b'`' | b'~'))?;
        let length = run(text, |byte| byte == mark);
        let rest = &text[length..];
        if length < 3 || (mark == b'`' && rest.as_bytes().contains(&b'`')) {
            return None;
        }
        let info = rest.split_whitespace().next().unwrap_or_default();
        Some(Self { mark, length, info, indent })
    }

    /// Bare, of the same mark and long enough.
    pub fn closes(&self, open: &Fence<'_>) -> bool {
        self.info.is_empty() && self.mark == open.mark && self.length >= open.length
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    pub level: usize,
    /// Without closing `#`s.
    pub text: &'a str,
    /// At the start of its line and with a space behind the marks. Others count only where their text leaves no doubt:
    /// `  # install` is a comment, `#12` an issue.
    pub strict: bool,
}

impl<'a> Heading<'a> {
    /// A line of one to six `#`s and a text.
    pub fn of(line: &'a str) -> Option<Self> {
        let indent = run(line, |byte| matches!(byte, b' ' | b'\t'));
        let level = run(&line[indent..], |byte| byte == b'#');
        if !(1..=6).contains(&level) || indent > 3 {
            return None;
        }
        let rest = &line[indent + level..];
        let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let text = rest.trim();
        let bare = text.trim_end_matches('#');
        let text = if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { text };
        Some(Self { level, text, strict: spaced && indent == 0 })
    }
}

/// Backticks that no text ends: more than stand together anywhere in it, and at least so many.
pub fn backticks_around(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// How many bytes the text begins with that are such ones, all of them ASCII.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences() {
        let open = Fence::of("  ```sh x\n").expect("a fence");
        assert_eq!((open.mark, open.length, open.info, open.indent), (b'`', 3, "sh", 2));
        let closes = |line: &str| Fence::of(line).map(|fence| fence.closes(&open));
        assert_eq!(["```", "````  \r\n", "~~~", "```a"].map(closes), [true, true, false, false].map(Some));
        assert_eq!(["``", "use ```", "``` ` ```", ""].map(Fence::of), [None; 4]);
    }

    #[test]
    fn headings() {
        for (line, found) in [
            ("## Session A-1 ##", ("Session A-1", 2, true)),
            ("## Notes ##\r\n", ("Notes", 2, true)),
            ("# C#", ("C#", 1, true)),
            ("#!/bin/sh", ("!/bin/sh", 1, false)),
            ("  # install", ("install", 1, false)),
        ] {
            assert_eq!(Heading::of(line), Some(Heading { text: found.0, level: found.1, strict: found.2 }));
        }
        assert_eq!(["####### seven", "x", "    # install", ""].map(Heading::of), [None; 4]);
    }

    #[test]
    fn no_text_ends_the_backticks_around_it() {
        assert_eq!(
            [("a", 3), ("a ``` b", 3), ("a", 1), ("`", 1)].map(|(text, least)| backticks_around(text, least).len()),
            [3, 4, 1, 2]
        );
    }
}
