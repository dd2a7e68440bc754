//! Foreign words in a Markdown document of ours: of a record, a plan or notes. Each stays on its line and in its cell, and
//! marks nothing.

use session_core::quote::bare;
use session_types::markdown::backticks_around;

/// On one line, as it is written: only what is no plain character is spelt, and a long run is counted.
fn line(text: &str) -> String {
    bare(text.trim()).replace("\\\\", "\\")
}

/// Words that are read as they are: no link, picture, HTML, table, box to tick, or emphasis.
pub(crate) fn words(text: &str) -> String {
    let line = line(text);
    let mut out = String::with_capacity(line.len());
    // What begins a heading, a list or a quote stands at the start only.
    if line.starts_with(['#', '-', '+', '>', '=']) {
        out.push('\\');
    }
    for c in line.chars() {
        if matches!(c, '\\' | '`' | '|' | '<' | '[' | ']' | '*' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same, with the names in backticks that messages of ours have; where one is not closed, all are words.
pub(crate) fn sentence(text: &str) -> String {
    let line = line(text);
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) || parts.iter().enumerate().any(|(at, part)| at % 2 == 1 && part.is_empty()) {
        return words(text);
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        1 => code(part),
        // Blanks between words and names stay.
        _ if part.trim().is_empty() => (*part).to_owned(),
        _ => {
            let (begin, end) = (part.len() - part.trim_start().len(), part.trim_end().len());
            format!("{}{}{}", &part[..begin], words(part), &part[end..])
        }
    };
    parts.iter().enumerate().map(part).collect()
}

/// A span of code.
pub(crate) fn code(text: &str) -> String {
    let line = line(text);
    let marks = backticks_around(&line, 1);
    let pad = if line.is_empty() || line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{marks}{pad}{line}{pad}{marks}")
}

/// A span of code in a cell of a table, which a `|` would end even there.
pub(crate) fn code_in_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_marks_anything() {
        for (text, shown) in [
            ("add a greeting", "add a greeting"),
            ("x\n\n**Verified:** 99 passed", "x\\\\n\\\\n\\*\\*Verified:\\*\\* 99 passed"),
            ("| a | <b> [x](y) `c`", "\\| a \\| \\<b> \\[x\\](y) \\`c\\`"),
            ("# big", "\\# big"),
            ("a        b", "a⟨8 blanks⟩b"),
        ] {
            assert_eq!(words(text), shown);
        }
        assert_eq!(sentence("`a*b` passes [here](x)"), "`a*b` passes \\[here\\](x)");
        assert_eq!(sentence("`a` and `b"), "\\`a\\` and \\`b");
        for (text, shown) in
            [("a", "`a`"), ("a`b``", "``` a`b`` ```"), ("", "`  `"), ("grep '\\d'\nx", "`grep '\\d'\\nx`")]
        {
            assert_eq!(code(text), shown);
        }
        assert_eq!(code_in_cell("a | b"), "`a \\| b`");
    }
}
