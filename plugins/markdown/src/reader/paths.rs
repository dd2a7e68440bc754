//! Paths of files as people write them: `- Create: ` and a path, `- **src/a.rs**`, `[a](src/a.rs)`, `src/a.rs:10-40`. What
//! decorates a path, line numbers too, is no part of it, and prose is no path (K16 of the rulings).

/// The paths in one item of a list of files.
pub fn paths(item: &str) -> Vec<String> {
    let item = item.trim();
    let spans = code_spans(item);
    // `Create: a path` and what stands behind it: the path is in the code, in the link, or the first word.
    if !spans.is_empty() {
        return spans.into_iter().filter_map(path).collect();
    }
    if let Some((_, rest)) = item.split_once("](")
        && let Some((target, _)) = rest.split_once(')')
    {
        return path(target).into_iter().collect();
    }
    let behind = item.rsplit_once(": ").map_or(item, |(_, path)| path);
    behind.split([',', ';']).filter_map(|item| first_word(item.trim())).collect()
}

/// A path alone, or one with a note behind it in parentheses or behind a dash.
fn first_word(item: &str) -> Option<String> {
    let bare = unmarked(item);
    let (word, rest) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
    let rest = rest.trim_start();
    let noted = rest.is_empty() || rest.starts_with(['(', '-', '–', '—', '#', '→']);
    // What follows a path is decoration, but a word with a dot may as well begin prose.
    (noted || word.contains('/')).then(|| path(word)).flatten()
}

/// Without bold and quotes around it; stars of a pattern stay.
fn unmarked(text: &str) -> &str {
    let text = text.trim();
    let inner = ["**", "__"].iter().find_map(|mark| text.strip_prefix(mark)?.split_once(mark)).map(|(inner, _)| inner);
    inner.filter(|inner| !inner.is_empty()).unwrap_or(text).trim_matches(['"', '\''])
}

fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).filter(|span| !span.trim().is_empty()).collect()
}

/// The path without line numbers; none where it is none: white space, or neither a slash, a dot nor a star in it.
fn path(text: &str) -> Option<String> {
    let text = unmarked(text).trim_end_matches([',', ';']);
    let text = text.rsplit_once("#L").filter(|(_, lines)| is_lines(lines)).map_or(text, |(path, _)| path);
    let text = text.rsplit_once(':').filter(|(_, lines)| is_lines(lines)).map_or(text, |(path, _)| path);
    let named = text.contains(['/', '.', '*']) || matches!(text, "Makefile" | "Dockerfile" | "justfile" | "LICENSE");
    let ends = text.ends_with('.') && !text.ends_with("..") && text.len() > 1;
    let plain = !text.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '|'));
    (plain && named && !ends && text.contains(char::is_alphanumeric)).then(|| text.to_owned())
}

fn is_lines(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ',' | 'L' | '–' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation() {
        for (text, found) in [
            ("Create: `archive/tape.go`", vec!["archive/tape.go"]),
            ("Modify: `archive/shelf.go:10-40`", vec!["archive/shelf.go"]),
            ("Modify: src/a.rs:10-40", vec!["src/a.rs"]),
            ("Create a new module: src/a.rs", vec!["src/a.rs"]),
            ("`src/a.rs#L10-L20`", vec!["src/a.rs"]),
            ("**docs/tapes.md**", vec!["docs/tapes.md"]),
            ("[the index](docs/index.md)", vec!["docs/index.md"]),
            ("cmd/tapes/main.go (new)", vec!["cmd/tapes/main.go"]),
            ("src/a.rs — the parser", vec!["src/a.rs"]),
            ("`locker/doors.py`, `tests/test_doors.py`", vec!["locker/doors.py", "tests/test_doors.py"]),
            ("a/**, b/*.rs", vec!["a/**", "b/*.rs"]),
            ("`a/b.rs`: keys sorted", vec!["a/b.rs"]),
            ("Makefile", vec!["Makefile"]),
            ("src/a.rs to add the parser", vec!["src/a.rs"]),
            ("Node.js is needed", vec![]),
            ("the second owner gets a letter", vec![]),
            ("whatever is needed.", vec![]),
            ("none", vec![]),
        ] {
            assert_eq!(paths(text), found, "{text}");
        }
    }
}
