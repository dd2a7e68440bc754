//! Conflict markers as git leaves them in a file, and the versions that it was made of. Pure. How versions are brought
//! together is decided by who knows what the file says: a plugin, or the host for records.

/// A file with conflict markers, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts {
    /// Line of the first conflict, from 1.
    pub line: usize,
    /// None where one of the conflicts shows none: git shows it with `merge.conflictStyle = diff3` only.
    pub base: Option<String>,
    pub ours: String,
    pub theirs: String,
}

/// What one conflict holds, and how many lines it takes, markers included.
struct Region {
    base: Option<String>,
    ours: String,
    theirs: String,
    length: usize,
}

/// Takes a file apart; none where no three markers stand in their order. `is_example` says of a line, from 0, that a
/// marker there opens no conflict. It is asked for the first marker only: one side may open a fence that the other closes.
pub fn conflicts(text: &str, is_example: impl Fn(usize) -> bool) -> Option<Conflicts> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut first, mut at) = (None, 0);
    let (mut base, mut ours, mut theirs) = (Some(String::new()), String::new(), String::new());
    while let Some(line) = lines.get(at) {
        let opens = marker(line) == Some('<') && !is_example(at);
        if let Some(found) = opens.then(|| region(&lines[at..])).flatten() {
            first = first.or(Some(at + 1));
            base = base.zip(found.base).map(|(base, more)| base + &more);
            ours.push_str(&found.ours);
            theirs.push_str(&found.theirs);
            at += found.length;
        } else {
            base.iter_mut().chain([&mut ours, &mut theirs]).for_each(|version| version.push_str(line));
            at += 1;
        }
    }
    first.map(|line| Conflicts { line, base, ours, theirs })
}

/// Whether a line begins as git's first marker does, whatever follows: a cheap look at what may be no text at all.
pub fn begins_in(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<<"))
}

/// The conflict that the first line opens; none where the other markers are missing.
fn region(lines: &[&str]) -> Option<Region> {
    let mut region = Region { base: None, ours: String::new(), theirs: String::new(), length: 1 };
    let mut side = '<';
    for line in &lines[1..] {
        region.length += 1;
        match (side, marker(line)) {
            ('<', Some('|')) => {
                region.base = Some(String::new());
                side = '|';
            }
            ('<' | '|', Some('=')) => side = '=',
            ('=', Some('>')) => return Some(region),
            (_, Some('<')) => return None,
            ('<', _) => region.ours.push_str(line),
            ('|', _) => region.base.iter_mut().for_each(|base| base.push_str(line)),
            _ => region.theirs.push_str(line),
        }
    }
    None
}

/// The character of a line that is a marker of git's: seven of them, and nothing else but a name behind a blank.
fn marker(line: &str) -> Option<char> {
    let line = line.trim_end();
    let mark = line.chars().next().filter(|c| matches!(c, '<' | '|' | '=' | '>'))?;
    let rest = line.trim_start_matches(mark);
    let named = rest.is_empty() || mark != '=' && rest.starts_with(' ');
    (line.len() - rest.len() == 7 && named).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<Conflicts> {
        conflicts(text, |_| false)
    }

    #[test]
    fn conflict_markers_are_taken_apart() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\nd";
        let found = split(text).expect("a conflict");
        assert_eq!(
            (found.line, found.base, found.ours.as_str(), found.theirs.as_str()),
            (2, None, "a\nb\nd", "a\nc\nd")
        );
        let text = "<<<<<<< HEAD\nb\n||||||| 12\no\n=======\nc\n>>>>>>> x\n";
        assert_eq!(split(text).expect("a conflict").base.as_deref(), Some("o\n"));
        let text = "<<<<<<< HEAD\nTitle\n==========\n=======\nc\n>>>>>>> x\n";
        assert_eq!(split(text).expect("a conflict").ours, "Title\n==========\n", "an underlined heading");
        assert_eq!(split("a\n=======\nb\n"), None, "a rule of Markdown is no conflict");
        assert_eq!(split("<<<<<<< HEAD\nb\n=======\n"), None, "it does not end");
        assert_eq!(conflicts(text, |line| line == 0), None, "an example");
    }

    #[test]
    fn a_first_marker_is_seen_in_any_bytes() {
        assert!(begins_in(b"<<<<<<< x") && begins_in(b"\xff\n<<<<<<<\n"));
        assert!(!begins_in(b" <<<<<<< x\n>>>>>>>\n"));
    }
}
