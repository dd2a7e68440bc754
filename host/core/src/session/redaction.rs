//! Texts for others: without what looks like a secret, and not longer than somebody reads. Pure. What looks like a secret is
//! `session_types::secret`, which guards commits, too.

use std::borrow::Cow;

use session_types::secret::{by_name, in_lines};

/// Longest line that is shown whole; generated files have longer ones.
const LINE: usize = 2000;
/// As the SDK names it.
const KEY: &str = "a private key";

/// A text that others may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    /// Lines that are left out.
    pub lines: usize,
}

/// Takes secrets out of any text.
pub fn redact(text: &str) -> Redacted {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut left_out = 0;
    let shown = of_lines("", &lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    let text: Vec<String> = lines
        .iter()
        .zip(shown)
        .map(|(line, kind)| {
            left_out += usize::from(kind.is_some());
            kind.map_or_else(|| (*line).to_owned(), |kind| said(&kind))
        })
        .collect();
    Redacted { text: text.join("\n"), lines: left_out }
}

/// A text that comes line by line and is not held, such as the output of a program: for each line what it must not show.
/// As [`redact`], but that the header of a private key stays: whether a key follows is known one line later.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    header: Option<String>,
    in_key: bool,
}

impl Lines {
    /// What stands in the place of the next line; none where it may be shown.
    pub fn stand_in(&mut self, line: &str) -> Option<String> {
        let line = &*without_colours(line);
        let header = self.header.take();
        if self.in_key {
            self.in_key = is_key_body(line) && !line.contains("-----END");
            if self.in_key || line.contains("-----END") {
                return Some(said("a private key"));
            }
        }
        let begins = header.is_some_and(|header| {
            let pair = [(0, header), (1, line.to_owned())];
            in_lines("", &pair).iter().any(|(at, kind)| (*at, *kind) == (0, KEY))
        });
        let kind =
            if begins { Some(KEY) } else { in_lines("", &[(0, line.to_owned())]).first().map(|(_, kind)| *kind) };
        if kind == Some(KEY) {
            self.in_key = !line.contains("-----END");
        } else if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY") {
            self.header = Some(line.to_owned());
        }
        kind.map(|kind| said(&format!("looks like {kind}")))
    }
}

/// Takes secrets out of a unified diff, by the rules for each of its files. Of a new file that is a secret by its name no
/// line is left.
pub fn redact_diff(diff: &str) -> Redacted {
    let mut out: Vec<String> = Vec::new();
    let mut left_out = 0;
    let mut file: Vec<&str> = Vec::new();
    let mut end = |file: &mut Vec<&str>| {
        let (lines, count) = of_file(file);
        left_out += count;
        out.extend(lines);
        file.clear();
    };
    for line in diff.split('\n') {
        // Lines of hunks begin with a blank, a sign or a backslash.
        if line.starts_with("diff --git ") {
            end(&mut file);
        }
        file.push(line);
    }
    end(&mut file);
    Redacted { text: out.join("\n"), lines: left_out }
}

fn of_file(file: &[&str]) -> (Vec<String>, usize) {
    let from = file.iter().position(|line| line.starts_with("@@ ")).unwrap_or(file.len());
    let (head, body) = file.split_at(from);
    let named = |mark: &str| head.iter().find_map(|line| line.strip_prefix(mark)).filter(|path| *path != "/dev/null");
    let path = named("+++ ").or_else(|| named("--- ")).unwrap_or_default().trim_matches('"');
    let path = path.split_once('/').map_or(path, |(_, path)| path).trim_end_matches('\t');
    let is_new = head.iter().any(|line| line.starts_with("new file mode"));
    let mut out: Vec<String> = head.iter().map(|line| (*line).to_owned()).collect();
    if let Some(kind) = by_name(path).filter(|_| is_new && !body.is_empty()) {
        out.push(said(&format!("{path} looks like {kind}")));
        return (out, body.len());
    }
    let is_line = |line: &&str| line.starts_with(['+', '-', ' ']);
    let texts: Vec<String> =
        body.iter().map(|line| if is_line(line) { line[1..].to_owned() } else { String::new() }).collect();
    let mut left_out = 0;
    for (line, kind) in body.iter().zip(of_lines(path, &texts)) {
        match kind.filter(|_| is_line(line)) {
            Some(kind) => {
                left_out += 1;
                out.push(format!("{}{}", &line[..1], said(&kind)));
            }
            None => out.push((*line).to_owned()),
        }
    }
    (out, left_out)
}

/// For each line what it must not show; of a private key all lines to its end.
fn of_lines(path: &str, lines: &[String]) -> Vec<Option<String>> {
    let numbered: Vec<(usize, String)> = lines.iter().cloned().enumerate().collect();
    let mut kinds: Vec<Option<String>> = vec![None; lines.len()];
    for (at, kind) in in_lines(path, &numbered) {
        kinds[at] = Some(format!("looks like {kind}"));
        if kind != KEY || lines[at].contains("-----END") {
            continue;
        }
        for (line, kind) in lines.iter().zip(&mut kinds).skip(at + 1) {
            *kind = Some(KEY.to_owned());
            if line.contains("-----END") || !is_key_body(line) {
                break;
            }
        }
    }
    kinds
}

/// A colour in front of a token would be taken for a part of it.
fn without_colours(line: &str) -> Cow<'_, str> {
    if !line.contains("\x1b[") {
        return Cow::Borrowed(line);
    }
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| ('@'..='~').contains(&c)).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    Cow::Owned(plain)
}

fn is_key_body(line: &str) -> bool {
    let bare = line.trim().trim_matches(['"', '\'', ',', '+']);
    bare.is_empty() || bare.contains(':') || !bare.contains(' ')
}

fn said(kind: &str) -> String {
    format!("[left out: {kind}]")
}

/// The first lines of a text, and how many there are more. A line that is too long is cut, and says so.
pub fn first_lines(text: &str, most: usize) -> (String, usize) {
    let cut = |line: &str| match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{} […]", &line[..at]),
        None => line.to_owned(),
    };
    let lines: Vec<&str> = text.lines().collect();
    let shown: Vec<String> = lines.iter().take(most).map(|line| cut(line)).collect();
    (shown.join("\n"), lines.len().saturating_sub(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that nobody's scanner stops at this file.
    fn token() -> String {
        ["ghp_", "q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVo"].concat()
    }

    #[test]
    fn a_diff_keeps_all_but_secrets() {
        let secret = token();
        let diff = format!(
            "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1,2 +1,2 @@\n-let t = \"{secret}\";\n+let t = env();\n \
             let u = \"{secret}\";\ndiff --git a/.env b/.env\nnew file mode 100644\n--- /dev/null\n+++ b/.env\n@@ -0,0 +1 @@\n+A=1\n"
        );
        let Redacted { text, lines } = redact_diff(&diff);
        assert!(!text.contains(&secret) && !text.contains("A=1"), "{text}");
        assert!(text.contains("+let t = env();") && text.contains("-[left out: looks like a GitHub token]"), "{text}");
        assert!(text.contains("[left out: .env looks like an environment file]") && lines >= 3, "{text}");
        let plain = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n\\ No newline at end of file\n";
        assert_eq!(redact_diff(plain), Redacted { text: plain.into(), lines: 0 });
        assert_eq!(redact_diff(""), Redacted::default());
        let settings = "diff --git a/.npmrc b/.npmrc\n--- a/.npmrc\n+++ b/.npmrc\n@@ -1 +1 @@\n+//r/:_authToken=q7Rk2mZx9TbW4vYc\n";
        assert!(!redact_diff(settings).text.contains("q7Rk"), "by the rules of its file");
    }

    #[test]
    fn of_a_private_key_no_line_is_left() {
        let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let end = ["-----END RSA PRIV", "ATE KEY-----"].concat();
        let text = format!("before\n{begin}\n{body}\n{body}\nshort==\n{end}\nit goes on");
        let found = redact(&text);
        assert_eq!(found.lines, 5, "{}", found.text);
        assert!(found.text.starts_with("before\n") && found.text.ends_with("\nit goes on"), "{}", found.text);
        assert_eq!(redact("nothing here\n").text, "nothing here\n");
    }

    #[test]
    fn what_comes_line_by_line_loses_the_same() {
        let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
        let end = ["-----END RSA PRIV", "ATE KEY-----"].concat();
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let secret = token();
        let text =
            format!("before\ntoken {secret} end\n{begin}\n{body}\n{body}\nshort==\n{end}\nit goes on\n{begin}\nno key");
        let mut lines = Lines::default();
        let shown: Vec<String> =
            text.lines().map(|line| lines.stand_in(line).unwrap_or_else(|| line.to_owned())).collect();
        let shown = shown.join("\n");
        assert!(!shown.contains(&secret) && !shown.contains(body) && !shown.contains("short=="), "{shown}");
        assert!(shown.starts_with("before\n[left out: looks like a GitHub token]\n"), "{shown}");
        assert!(shown.ends_with(&format!("\nit goes on\n{begin}\nno key")), "{shown}");
    }

    #[test]
    fn long_texts_and_lines_are_cut_and_say_so() {
        assert_eq!(first_lines("a\nb\nc", 2), ("a\nb".to_owned(), 1));
        assert_eq!(first_lines("a\nb", 2), ("a\nb".to_owned(), 0));
        let (text, more) = first_lines(&"é".repeat(LINE + 1), 9);
        assert_eq!((text.chars().count(), more), (LINE + 4, 0));
        assert!(text.ends_with(" […]"));
    }
}
