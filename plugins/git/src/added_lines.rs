//! The lines that a unified diff adds, with their numbers. Pure.

/// One file of a diff.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// From the top of the repository.
    pub path: String,
    /// A symbolic link: its only line is where it leads.
    pub link: bool,
    /// Number, from 1, and text.
    pub lines: Vec<(usize, String)>,
}

/// Reads what git prints. Hunks are counted out, so that a line which looks like a header is a line.
pub fn added(diff: &str) -> Vec<Added> {
    let mut files: Vec<Added> = Vec::new();
    // Lines that the hunk still has of the old file and of the new one, and the number of the next new one.
    let (mut old, mut new, mut number) = (0_usize, 0_usize, 0_usize);
    for line in diff.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if old > 0 || new > 0 {
            match line.chars().next() {
                Some('+') => {
                    files.last_mut().into_iter().for_each(|file| file.lines.push((number, line[1..].to_owned())));
                    (new, number) = (new.saturating_sub(1), number + 1);
                }
                Some('-') => old = old.saturating_sub(1),
                // `\ No newline at end of file` is no line.
                Some('\\') => {}
                _ => (old, new, number) = (old.saturating_sub(1), new.saturating_sub(1), number + 1),
            }
        } else if line.starts_with("diff --git ") {
            files.push(Added::default());
        } else if let Some(file) = files.last_mut() {
            if let Some(path) = line.strip_prefix("+++ ") {
                file.path = path_of(path);
            } else if line.starts_with("new file mode 120000") || line.starts_with("index ") && line.ends_with("120000")
            {
                file.link = true;
            } else if let Some(hunk) = hunk(line) {
                (old, new, number) = hunk;
            }
        }
    }
    files
}

/// `@@ -a,b +c,d @@`: b, d and c.
fn hunk(line: &str) -> Option<(usize, usize, usize)> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let mut range = |sign: char| {
        let (start, count) = match words.next()?.strip_prefix(sign)?.split_once(',') {
            Some((start, count)) => (start, count.parse().ok()?),
            None => ("", 1),
        };
        Some((start.to_owned(), count))
    };
    let ((_, old), (start, new)) = (range('-')?, range('+')?);
    let start = start.parse().ok().or_else(|| line.split(" +").nth(1)?.split([',', ' ']).next()?.parse().ok());
    Some((old, new, start?))
}

/// Without `b/`, and without the quotes and escapes that git gives to odd names.
fn path_of(text: &str) -> String {
    let text = text.trim_end_matches('\t');
    let Some(quoted) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.strip_prefix("b/").unwrap_or(text).to_owned();
    };
    let (mut bytes, mut rest) = (Vec::new(), quoted.bytes());
    while let Some(byte) = rest.next() {
        match (byte, byte == b'\\') {
            (_, false) => bytes.push(byte),
            (_, true) => match rest.next() {
                Some(b't') => bytes.push(b'\t'),
                Some(b'n') => bytes.push(b'\n'),
                Some(first @ b'0'..=b'7') => {
                    let digits = [Some(first), rest.next(), rest.next()].into_iter().flatten();
                    let value = digits.fold(0_u32, |value, digit| value * 8 + u32::from(digit.wrapping_sub(b'0')));
                    bytes.push(u8::try_from(value).unwrap_or(b'?'));
                }
                Some(other) => bytes.push(other),
                None => {}
            },
        }
    }
    let path = String::from_utf8_lossy(&bytes).into_owned();
    path.strip_prefix("b/").map(str::to_owned).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_have_their_numbers_in_the_new_file() {
        let diff = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ fn\n a\n-b\n+c\n+++ b/y\n\
                    @@ -9 +10,2 @@\n z\n+d\r\n\\ No newline at end of file\n\
                    diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../e\n\
                    diff --git a/bin b/bin\nBinary files a/bin and b/bin differ\n";
        let found = added(diff);
        assert_eq!((found[0].path.as_str(), found[0].link), ("x", false));
        let lines: Vec<_> = found[0].lines.iter().map(|(number, text)| (*number, text.as_str())).collect();
        assert_eq!(lines, [(2, "c"), (3, "++ b/y"), (11, "d")], "a line that looks like a header is a line");
        assert_eq!(found[1], Added { path: "l".into(), link: true, lines: vec![(1, "../e".into())] });
        assert!(found[2].lines.is_empty());
    }

    #[test]
    fn odd_names() {
        for (written, path) in [
            ("b/a b.rs", "a b.rs"),
            ("b/a b.rs\t", "a b.rs"),
            ("\"b/gr\\303\\266\\303\\237e\"", "größe"),
            ("\"b/a\\\"\\\\\\tb\"", "a\"\\\tb"),
            ("/dev/null", "/dev/null"),
        ] {
            assert_eq!(path_of(written), path);
        }
    }
}
