//! A foreign string on one line: a text of the plan, of plugins.toml, of a plugin, a record, a commit, or a path. Pure.
//! Use [`quote`] wherever such a string stands in a line of ours; `cli::visible` is for whole texts with line feeds.
//!
//! What stands for itself is a short list, and everything else is escaped. Two different strings never look the same,
//! letters that resemble one another apart (`а` of Cyrillic, `a` of Latin): [`beyond_ascii`] says where to look.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_width::UnicodeWidthChar as _;

/// Longer runs of one blank, or of one escaped character, are counted: they push a text's end out of sight.
const RUN: usize = 4;
/// Marks on one letter. More pile up over the lines above.
const MARKS: usize = 2;
/// Of a line that [`without_middle`] shortens, this part is its end.
const END: usize = 3;

/// The string in quotes, on one line. Printable characters stand for themselves; the others, and letters that are written
/// from right to left, as `\n`, `\t`, `\x1b` or `\u{202e}`. A long run of blanks becomes `⟨37 blanks⟩`, and nobody else
/// can write these brackets. The quotes are `"`, or `'` where the text has the first and not the second.
pub fn quote(text: &str) -> String {
    let mark = delimiter(text);
    format!("{mark}{}{mark}", escape(text, mark))
}

/// As [`quote`], for bytes that need not be text, such as paths: those that are none stand as `\xff`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mark = delimiter(&String::from_utf8_lossy(bytes));
    let mut line = mark.to_string();
    for chunk in bytes.utf8_chunks() {
        line.push_str(&escape(chunk.valid(), mark));
        chunk.invalid().iter().for_each(|byte| _ = write!(line, "\\x{byte:02x}"));
    }
    line.push(mark);
    line
}

/// A line without its middle where it has more than `most` characters. It says how many; the end, where the worst of a
/// command may stand, is always there. Of a line that is quoted already: nobody else can write the brackets.
pub fn without_middle(line: &str, most: usize) -> Cow<'_, str> {
    let length = line.chars().count();
    if length <= most {
        return Cow::Borrowed(line);
    }
    let at = |number: usize| line.char_indices().nth(number).map_or(line.len(), |(at, _)| at);
    let end = most / END;
    let (head, tail) = (&line[..at(most - end)], &line[at(length - end)..]);
    Cow::Owned(format!("{head}⟨{} more characters⟩{tail}", length - most))
}

/// As [`quote`] without the quotes, for a place that is marked otherwise. Both kinds of quotes stand for themselves.
pub fn bare(text: &str) -> String {
    escape(text, '\0')
}

/// Whether a string has letters or signs that may look like others.
pub fn beyond_ascii(text: &str) -> bool {
    !text.is_ascii()
}

/// A line in pieces: the first of at most `width` columns, and each other of `mark` less. Who prints them puts a mark in
/// front of those: a terminal that breaks the line itself begins the next one with what the string has there, which may be
/// made to look like ours. A piece ends behind a blank of ours; where there is none near, as in a long quoted string, it ends anywhere.
pub fn fold(line: &str, width: usize, mark: usize) -> Vec<&str> {
    let (mut width, rest) = (width.max(2), width.saturating_sub(mark).max(2));
    let (mut pieces, mut begin, mut columns) = (Vec::new(), 0, 0);
    // The last blank of ours in this piece: where the line goes on, and the columns before that.
    let mut blank = None;
    let mut inside = Inside::default();
    for (at, c) in line.char_indices() {
        let wide = c.width().unwrap_or(0);
        while columns + wide > width {
            let (end, before) = blank.take().unwrap_or((at, columns));
            pieces.push(&line[begin..end]);
            (begin, columns, width) = (end, columns - before, rest);
        }
        columns += wide;
        inside.step(c);
        // Earlier than that much of the line would stay empty, and the indent has no word before it.
        if c == ' ' && inside.mark.is_none() && columns >= (width / 3).max(mark) {
            blank = Some((at + 1, columns));
        }
    }
    pieces.push(&line[begin..]);
    pieces
}

/// Whether a character of a line stands in quotes that [`quote`] made.
#[derive(Default)]
struct Inside {
    mark: Option<char>,
    is_escaped: bool,
    before: Option<char>,
}

impl Inside {
    fn step(&mut self, c: char) {
        match self.mark {
            Some(_) if self.is_escaped => self.is_escaped = false,
            Some(_) if c == '\\' => self.is_escaped = true,
            Some(mark) if c == mark => self.mark = None,
            Some(_) => {}
            // An apostrophe opens nothing.
            None if matches!(c, '"' | '\'') && !self.before.is_some_and(char::is_alphanumeric) => self.mark = Some(c),
            None => {}
        }
        self.before = Some(c);
    }
}

fn delimiter(text: &str) -> char {
    if text.contains('"') && !text.contains('\'') { '\'' } else { '"' }
}

fn escape(text: &str, mark: char) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    // Marks that may still follow: none where there is no letter to carry them.
    let mut marks = 0;
    while let Some(c) = rest.next() {
        if is_mark(c) && marks > 0 {
            marks -= 1;
            line.push(c);
            continue;
        }
        let is_letter = c.general_category_group() == GeneralCategoryGroup::Letter && stands_for_itself(c);
        marks = if is_letter { MARKS } else { 0 };
        let shown = match c {
            ' ' => " ".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c == mark => format!("\\{c}"),
            // Nobody hides anything by a long line of dashes.
            c if stands_for_itself(c) => {
                line.push(c);
                continue;
            }
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            c if c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
            c => format!("\\u{{{:x}}}", u32::from(c)),
        };
        let mut count = 1;
        while rest.next_if_eq(&c).is_some() {
            count += 1;
        }
        if count <= RUN {
            (0..count).for_each(|_| line.push_str(&shown));
        } else if c == ' ' {
            _ = write!(line, "⟨{count} blanks⟩");
        } else {
            _ = write!(line, "⟨{count} × {shown}⟩");
        }
    }
    line
}

/// Letters, digits, punctuation, symbols and the blank, but for those that draw nothing, that turn the order of a line,
/// or that are ours.
fn stands_for_itself(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    let draws_nothing = matches!(
        c,
        // Hangul fillers, the blank of Braille, a note without a head, a stand-in for what is not there.
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}' | '\u{1d159}' | '\u{fffc}'
    );
    let ours = matches!(c, '⟨' | '⟩');
    let drawn = matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Number
            | GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol
    );
    drawn && !draws_nothing && !ours && !is_right_to_left(c)
}

/// A mark that a letter carries and that is seen. Those that select a variant, enclose, join or fill are none.
fn is_mark(c: char) -> bool {
    use unicode_properties::GeneralCategory::{NonspacingMark, SpacingMark};
    let unseen = matches!(
        c,
        '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{16fe4}'
            | '\u{e0100}'..='\u{e01ef}'
    );
    !c.is_ascii() && matches!(c.general_category(), NonspacingMark | SpacingMark) && !unseen && !is_right_to_left(c)
}

/// The blocks of scripts that are written from right to left. A terminal that knows of it shows the words of such a line
/// in another order than a shell reads them.
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy as _, any, proptest};

    use super::*;

    /// What was quoted; none where a line is no quote of ours.
    fn read_back(line: &str) -> Option<String> {
        let mark = line.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let mut rest = line.strip_prefix(mark)?.strip_suffix(mark)?;
        let mut text = String::new();
        while let Some(c) = rest.chars().next() {
            if c == '⟨' {
                let (run, behind) = rest.strip_prefix('⟨')?.split_once('⟩')?;
                match run.strip_suffix(" blanks") {
                    Some(count) => text.push_str(&" ".repeat(count.parse().ok()?)),
                    None => {
                        let (count, shown) = run.split_once(" × ")?;
                        text.push_str(&one(shown)?.0.to_string().repeat(count.parse().ok()?));
                    }
                }
                rest = behind;
            } else {
                let (c, behind) = one(rest)?;
                text.push(c);
                rest = behind;
            }
        }
        Some(text)
    }

    fn one(text: &str) -> Option<(char, &str)> {
        let mut chars = text.chars();
        let first = chars.next()?;
        if first != '\\' {
            return Some((first, chars.as_str()));
        }
        let coded = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
        match chars.next()? {
            'n' => Some(('\n', chars.as_str())),
            't' => Some(('\t', chars.as_str())),
            'r' => Some(('\r', chars.as_str())),
            'x' => Some((coded(chars.as_str().get(..2)?)?, chars.as_str().get(2..)?)),
            'u' => {
                let (hex, behind) = chars.as_str().strip_prefix('{')?.split_once('}')?;
                Some((coded(hex)?, behind))
            }
            c => Some((c, chars.as_str())),
        }
    }

    #[test]
    fn what_cannot_be_seen_is_spelt() {
        for (text, shown) in [
            ("", r#""""#),
            ("cargo test", r#""cargo test""#),
            ("grep \"a\" b", r#"'grep "a" b'"#),
            ("a'b\"c\\d", r#""a'b\"c\\d""#),
            ("one\ntwo\r\tthree", r#""one\ntwo\r\tthree""#),
            ("a\x1b[2K\x07\u{7f}\u{9b}1A\0", r#""a\x1b[2K\x07\x7f\u{9b}1A\x00""#),
            // Order, and what is not drawn at all.
            ("a\u{202e}b\u{2066}c\u{61c}", r#""a\u{202e}b\u{2066}c\u{61c}""#),
            ("\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}", r#""\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}""#),
            ("\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}", r#""\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}""#),
            ("a\u{e0061}\u{e007f}\u{fe0f}\u{e0100}", r#""a\u{e0061}\u{e007f}\u{fe0f}\u{e0100}""#),
            ("\u{e000}\u{f8ff}\u{378}\u{10ffff}", r#""\u{e000}\u{f8ff}\u{378}\u{10ffff}""#),
            // Blanks that are none of ours, and ends of lines that are none of ours.
            ("a\u{a0}b\u{2003}c\u{3000}d\u{1680}", r#""a\u{a0}b\u{2003}c\u{3000}d\u{1680}""#),
            ("a\u{85}b\u{2028}c\u{2029}d", r#""a\u{85}b\u{2028}c\u{2029}d""#),
            ("rm \u{5d0} \u{627}", r#""rm \u{5d0} \u{627}""#),
            // Marks need a letter, and are few.
            ("e\u{301}\u{301}\u{301} \u{301}", "\"e\u{301}\u{301}\\u{301} \\u{301}\""),
            ("ümläut — 中文 हिन्दी 🏗 ✓", "\"ümläut — 中文 हिन्दी 🏗 ✓\""),
            // Long runs.
            ("a    b", r#""a    b""#),
            ("a     b", r#""a⟨5 blanks⟩b""#),
            ("a⟨5 blanks⟩b", r#""a\u{27e8}5 blanks\u{27e9}b""#),
            ("a\n\n\n\n\nb\t\t", r#""a⟨5 × \n⟩b\t\t""#),
        ] {
            assert_eq!(quote(text), shown);
            assert_eq!(read_back(shown).as_deref(), Some(text), "{shown}");
        }
        assert_eq!(quote_bytes(b"a\xff\xfe\n/\"x"), r#"'a\xff\xfe\n/"x'"#);
        assert_eq!(bare("a \"b\"\n'c'"), "a \"b\"\\n'c'");
    }

    #[test]
    fn the_end_of_a_long_text_is_there() {
        let text = format!("echo {} ; rm -rf /", "x".repeat(5_000));
        let line = quote(&text);
        let shown = without_middle(&line, 300);
        assert!(shown.ends_with("xx ; rm -rf /\"") && shown.contains("⟨4718 more characters⟩"), "{shown}");
        assert_eq!(without_middle("\"as it is\"", 300), "\"as it is\"");
        let (line, wide) = (quote(&text), quote(&"中".repeat(9)));
        assert_eq!(fold(&line, 70, 0).concat(), line);
        assert_eq!(fold(&wide, 5, 0), ["\"中中", "中中", "中中", "中中", "中\""]);
        for width in 16..90 {
            let pieces = fold(&line, width, 6);
            let columns = |piece: &&str| piece.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
            assert_eq!(pieces.concat(), line);
            assert!(columns(&pieces[0]) <= width && pieces[1..].iter().all(|piece| columns(piece) <= width - 6));
        }
        let ours = "  The plugin's choice is 'a \"b\" c d' and no more";
        assert_eq!(fold(ours, 30, 6), ["  The plugin's choice is ", "'a \"b\" c d' and no more"]);
        assert_eq!(fold(ours, 20, 0), ["  The plugin's ", "choice is ", "'a \"b\" c d' and no ", "more"]);
    }

    #[test]
    fn no_two_strings_look_the_same() {
        let odd = "[\\x00-\\x20\"'\\\\⟨⟩×a0n\u{301}\u{34f}\u{202e}\u{200b}\u{5d0}\u{e0061}]{0,40}";
        proptest!(|(text in any::<String>().boxed().prop_union(odd.boxed()))| {
            let line = quote(&text);
            assert_eq!(read_back(&line), Some(text.clone()), "{line}");
            assert!(line.chars().all(|c| matches!(c, '⟨' | '⟩') || stands_for_itself(c) || is_mark(c)), "{line}");
            assert!(!line.contains("     "), "{line}");
            assert_eq!(quote_bytes(text.as_bytes()), line);
        });
    }
}
