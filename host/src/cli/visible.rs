//! Text of plans, documents and plugins on its way to a terminal: what would steer it is made visible. A check that
//! wipes its own line from the screen would be approved unseen.

use std::borrow::Cow;

/// The text with every character that a terminal does not simply draw as a visible stand-in. Line feeds and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        c if !steers(c) => c.to_string(),
        '\u{7f}' => '\u{2421}'.to_string(),
        c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}').to_string(),
        c => format!("<U+{:04X}>", c as u32),
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// JSON with the same characters escaped, as it may have any: whoever reads it gets what was there.
pub(super) fn json_visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters, and those that turn or hide what stands beside them.
fn steers(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' => true,
        // Tags, which spell whole sentences that nobody sees.
        '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_seen_and_all_else_stays() {
        assert_eq!(visible("touch X #\r    $ cargo test"), "touch X #␍    $ cargo test");
        assert_eq!(visible("a\x1b[2K\x07\u{9b}1A\u{7f}"), "a␛[2K␇<U+009B>1A␡");
        assert_eq!(visible("abc\u{202e}cba\u{200b}"), "abc<U+202E>cba<U+200B>");
        // A joiner makes one picture of two.
        let plain = "ümläut — 🏗️ 👩\u{200d}💻\tend\n";
        assert!(matches!(visible(plain), Cow::Borrowed(text) if text == plain));
    }
}
