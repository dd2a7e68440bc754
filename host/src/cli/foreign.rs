//! Lines of plugins and programs on their way to a terminal: each behind the name of whose it is, so that none of them
//! looks like a line of this program. One foreign string inside a line of ours is `session_core::quote`.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use session_core::quote::{bare, fold};
use unicode_width::UnicodeWidthChar as _;

use super::visible::visible;

/// Columns that a piece of a line has at least, however narrow the terminal.
const LEAST: usize = 20;

/// What a plugin says, in lines; where the terminal's width is known, each short enough not to be broken by it.
pub(super) fn spoken(text: &str, width: Option<usize>) -> Vec<String> {
    let lines = text.lines().map(bare);
    lines.flat_map(|line| pieces(&line, width)).collect()
}

/// A line that a program prints, in pieces. Colours stay, and all else that would steer the terminal is made visible. A
/// progress bar writes its line again and again: only the last state is shown.
pub(super) fn printed(line: &str, width: Option<usize>) -> Vec<String> {
    let last = line.split('\r').rfind(|part| !part.is_empty()).unwrap_or_default();
    let plain = colourless(last);
    if width.is_some_and(|width| columns(&plain) > width) {
        return pieces(&plain, width);
    }
    vec![coloured(last)]
}

/// One line, with colours and nothing else that steers a terminal; it ends as it began.
pub(super) fn coloured(line: &str) -> String {
    let (mut out, mut rest, mut open) = (String::with_capacity(line.len()), line.chars().peekable(), false);
    while let Some(c) = rest.next() {
        match colour(c, &mut rest) {
            Some(code) => {
                open = true;
                _ = write!(out, "\x1b[{code}m");
            }
            None => out.push_str(&one_line(c.encode_utf8(&mut [0; 4]))),
        }
    }
    if open {
        out.push_str("\x1b[0m");
    }
    out
}

/// The same without the colours.
pub(super) fn colourless(line: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(line.len()), line.chars().peekable());
    while let Some(c) = rest.next() {
        if colour(c, &mut rest).is_none() {
            out.push(c);
        }
    }
    one_line(&out)
}

/// A text on one line: what would steer a terminal is visible, line feeds too.
pub(super) fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\u{240a}")
}

/// The code of a colour that begins with this character; nothing is taken where none does.
fn colour(c: char, rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    if c != '\x1b' || rest.peek() != Some(&'[') {
        return None;
    }
    let mut ahead = rest.clone();
    ahead.next();
    let mut code = String::new();
    loop {
        match ahead.next()? {
            'm' => break,
            c if c.is_ascii_digit() || matches!(c, ';' | ':') => code.push(c),
            _ => return None,
        }
    }
    *rest = ahead;
    Some(code)
}

fn pieces(line: &str, width: Option<usize>) -> Vec<String> {
    match width {
        Some(width) => fold(line, width.max(LEAST), 0).into_iter().map(str::to_owned).collect(),
        None => vec![line.to_owned()],
    }
}

fn columns(line: &str) -> usize {
    line.chars().map(|c| if c == '\t' { 8 } else { c.width().unwrap_or(0) }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_plugin_is_its_own() {
        assert_eq!(spoken("a\r\nerror: b\nhint: c\x1b[2K", None), ["a", "error: b", "hint: c\\x1b[2K"]);
        assert_eq!(spoken("", None), Vec::<String>::new());
        let long = format!("{}error: gone", "x".repeat(40));
        assert_eq!(spoken(&long, Some(40)), ["x".repeat(40), "error: gone".to_owned()], "no line is left to break");
    }

    #[test]
    fn a_program_keeps_its_colours_and_steers_nothing() {
        assert_eq!(printed("\x1b[1;32mok\x1b[0m", None), ["\x1b[1;32mok\x1b[0m\x1b[0m"]);
        assert_eq!(printed("10%\r 50%\r100%\r", None), ["100%"]);
        assert_eq!(printed("a\x1b[1A\x1b[2Kerror: b\x1b]0;title\x07", None), ["a␛[1A␛[2Kerror: b␛]0;title␇"]);
        assert_eq!(printed("\x1b[31mred\x1b[", Some(80)), ["\x1b[31mred␛[\x1b[0m"]);
        assert_eq!(printed(&format!("\x1b[31m{}", "r".repeat(30)), Some(20)), ["r".repeat(20), "r".repeat(10)]);
    }

    #[test]
    fn nothing_of_one_line_is_a_second() {
        assert_eq!(one_line("a\nerror: b\u{2028}c"), "a␊error: b<U+2028>c");
    }
}
