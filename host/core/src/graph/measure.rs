//! How wide text is, in columns of a terminal or in ems of a sans-serif font, and how it is cut and wrapped to fit.

use unicode_width::UnicodeWidthChar;

/// The width of one character in some unit.
pub(super) type Measure = fn(char) -> f64;

/// Columns of a terminal.
pub(super) fn columns(c: char) -> f64 {
    c.width().map_or(0.0, |width| if width > 1 { 2.0 } else { f64::from(u8::from(width == 1)) })
}

/// Ems of a wide sans-serif (Verdana and its like), rounded up: an SVG is shown in whatever font its reader has, and text
/// that is a little short looks better than text that runs out of its box.
pub(super) fn ems(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' | ' ' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' | '"' => 0.43,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 1.0,
        'A'..='Z' => 0.76,
        'a'..='z' | '0'..='9' => 0.64,
        _ if columns(c) > 1.0 => 1.1,
        _ if columns(c) < 1.0 => 0.0,
        _ => 0.85,
    }
}

pub(super) fn width(text: &str, measure: Measure) -> f64 {
    text.chars().map(measure).sum()
}

/// Cut to at most `max`, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, max: f64, measure: Measure) -> String {
    if width(text, measure) <= max {
        return text.to_owned();
    }
    let end = fitting(text, max - measure('…'), measure);
    // A joiner without what it joins would join the ellipsis.
    let kept = text[..end].trim_end_matches(|c: char| c == '\u{200d}' || c.is_whitespace());
    if max < measure('…') { String::new() } else { format!("{kept}…") }
}

/// At most `lines` lines, broken at blanks where there are any; the last one is cut.
pub(super) fn wrap(text: &str, max: f64, lines: usize, measure: Measure) -> Vec<String> {
    let mut rest = text.trim();
    let mut wrapped = Vec::new();
    while !rest.is_empty() && wrapped.len() + 1 < lines && width(rest, measure) > max {
        let (line, after) = split_line(rest, max, measure);
        wrapped.push(line.to_owned());
        rest = after;
    }
    if !rest.is_empty() {
        wrapped.push(cut(rest, max, measure));
    }
    wrapped
}

/// Length in bytes of the longest start that fits.
fn fitting(text: &str, max: f64, measure: Measure) -> usize {
    let mut used = 0.0;
    let over = text.char_indices().find(|(_, c)| {
        used += measure(*c);
        used > max
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// A word that is longer than a third of the line may be torn: a line with one short word and a box half empty is worse.
fn split_line(text: &str, max: f64, measure: Measure) -> (&str, &str) {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let end = fitting(text, max, measure).max(first);
    let blank = text[..end].rfind(' ').filter(|at| width(&text[..*at], measure) > max / 3.0);
    let at = if text[end..].starts_with(' ') { end } else { blank.unwrap_or(end) };
    (text[..at].trim_end(), text[at..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_columns_and_not_by_characters() {
        for (text, max, expected) in [
            ("abc", 3.0, "abc"),
            ("abcd", 3.0, "ab…"),
            ("漢字漢字", 5.0, "漢字…"),
            ("e\u{301}e\u{301}e\u{301}", 2.0, "e\u{301}…"),
            ("ab cd", 4.0, "ab…"),
            ("👩\u{200d}🚀🚀", 3.0, "👩…"),
            ("abc", 1.0, "…"),
            ("abc", 0.0, ""),
        ] {
            let cut = cut(text, max, columns);
            assert_eq!(cut, expected);
            assert!(width(&cut, columns) <= max);
        }
    }

    #[test]
    fn wraps_at_blanks_and_tears_what_has_none() {
        assert_eq!(wrap("one two three four", 9.0, 2, columns), ["one two", "three fo…"]);
        assert_eq!(wrap("one two", 9.0, 2, columns), ["one two"]);
        assert_eq!(wrap("abcdefghijkl", 5.0, 2, columns), ["abcde", "fghi…"]);
        assert_eq!(wrap("one two three", 3.0, 3, columns), ["one", "two", "th…"]);
        assert!(wrap("  ", 3.0, 2, columns).is_empty());
        assert_eq!(wrap("漢字", 0.5, 2, columns).len(), 2);
    }
}
