//! Text of a plan before it is shown: nothing in it may steer a terminal, break XML or turn a line around.

/// One line without control characters, bidirectional overrides and what XML cannot hold; blanks are folded.
pub(super) fn clean(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_gone_and_what_is_read_stays() {
        assert_eq!(clean(" a\tb\r\nc\u{1b}[31m \u{202e}d\u{fffe} "), "a b c [31m d");
        assert_eq!(clean("Größe 漢字 👩‍🚀 e\u{301}"), "Größe 漢字 👩‍🚀 e\u{301}");
    }
}
