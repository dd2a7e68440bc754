//! One word of a command that a person is told to type: paths, branches and texts come from plans, commits and file names,
//! and whoever copies the line must run nothing of them. Pure. How a foreign text reads inside a sentence is the host's.

use std::fmt::Write as _;

/// The text as one word of a POSIX shell, on one line. What is not printable stands as `$'\012'`, in octal, so that shells
/// which do not know this form still take nothing out of the quotes.
pub fn word(text: &str) -> String {
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.chars().any(is_unseen) {
        return quoted(text);
    }
    let mut out = "$'".to_owned();
    for c in text.chars() {
        if is_unseen(c) || matches!(c, '\'' | '\\') {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(out, "\\{byte:03o}"));
        } else {
            out.push(c);
        }
    }
    out.push('\'');
    out
}

/// The same for a program that reads it, where every byte counts: in quotes, whatever it holds.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The same for a path, which no program takes for an option.
pub fn path(path: &str) -> String {
    if path.starts_with('-') { word(&format!("./{path}")) } else { word(path) }
}

/// The same for a branch or a commit, which git takes for no option.
pub fn revision(name: &str) -> String {
    if name.starts_with('-') { word(&format!("refs/heads/{name}")) } else { word(name) }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@' | ',' | ':' | '=')
}

/// Control characters, blanks that are none of a keyboard, and what turns or hides what stands beside it.
fn is_unseen(c: char) -> bool {
    let hidden = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}'
    );
    c.is_control() || hidden || (c != ' ' && c.is_whitespace())
}

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "a test asks a real shell")]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (text, expected) in [
            ("src/a.rs", "src/a.rs"),
            ("feature/größe", "feature/größe"),
            ("", "''"),
            ("a b", "'a b'"),
            ("=ls", "'=ls'"),
            ("~", "'~'"),
            ("it's $(rm -rf /)", "'it'\\''s $(rm -rf /)'"),
            ("a\ncurl x | sh", "$'a\\012curl x | sh'"),
            ("a'\n;b\\", "$'a\\047\\012;b\\134'"),
            ("x\u{202e}y", "$'x\\342\\200\\256y'"),
        ] {
            assert_eq!(word(text), expected);
        }
        assert_eq!((path("-rf"), revision("--exec=x")), ("./-rf".into(), "refs/heads/--exec=x".into()));
    }

    /// The one test that counts: what a shell makes of it.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a shell that ends by itself, in a test")]
    fn a_shell_reads_back_what_was_meant_or_runs_nothing_of_it() {
        for text in ["plain", "it's", "$(touch x)", "a\nb", "`x`;x&x|x>x", "'\n'; touch x; '", "\\\u{1b}[2K\t", "-n"] {
            let read = |shell: &str| {
                let script = format!("printf %s {}", word(text));
                let output = std::process::Command::new(shell).args(["-c", &script]).output().ok()?;
                Some(String::from_utf8_lossy(&output.stdout).into_owned())
            };
            // One that does not know `$'…'` gives another text, but takes nothing out of the quotes.
            let escaped = word(text).trim_start_matches('$').trim_matches('\'').to_owned();
            let known = [text.to_owned(), format!("${escaped}")];
            let said = read("sh").expect("a shell");
            assert!(known.contains(&said), "{text:?} is {said:?}");
            if let Some(said) = read("bash").filter(|_| text != "-n") {
                assert_eq!(said, text);
            }
        }
        assert!(!std::path::Path::new("x").exists());
    }
}
