//! The commit message that a plan suggests, bare or inside `git commit -m "…"`.

use super::lines::{Fences, Line, trim};

/// The message of a Git Commit section.
pub fn message(section: &[Line<'_>]) -> Option<String> {
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    let mut fences = Fences::default();
    for line in section {
        let fence = fences.see(line);
        if !fence {
            if fences.is_open() { &mut inside } else { &mut outside }.push(*line);
        }
    }
    let lines = if trim(&inside).is_empty() { outside } else { inside };
    let text = trim(&lines).iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    let message = if text.contains("git commit") { quoted(&text)? } else { text };
    Some(message.trim().to_owned()).filter(|message| !message.is_empty())
}

/// Every `-m` of the command, as git joins them: with an empty line.
fn quoted(text: &str) -> Option<String> {
    let mut rest = &text[text.find("git commit")?..];
    let mut parts = Vec::new();
    while let Some((part, behind)) = next_message(rest) {
        parts.push(part);
        rest = behind;
    }
    Some(parts.join("\n\n")).filter(|message| !message.is_empty())
}

fn next_message(text: &str) -> Option<(String, &str)> {
    let flags = ["-m", "-am", "--message"]
        .iter()
        .filter_map(|flag| text.find(&format!(" {flag}")).map(|at| at + 1 + flag.len()));
    let at = flags.min()?;
    let value = text[at..].trim_start_matches([' ', '=']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut message = String::new();
    let mut escaped = false;
    for (i, c) in value.char_indices().skip(1) {
        match c {
            '\\' if quote == '"' && !escaped => escaped = true,
            c if c == quote && !escaped => return Some((message, &value[i + 1..])),
            c => {
                if escaped && !matches!(c, '"' | '\\' | '$' | '`') {
                    message.push('\\');
                }
                message.push(c);
                escaped = false;
            }
        }
    }
    // A quote that nobody closed: what there is.
    Some((message, ""))
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("```\nfeat: a\n\nbody\n```", "feat: a\n\nbody"),
            ("\nfeat: a\n\nbody\n\n---", "feat: a\n\nbody"),
            ("```bash\ngit add x\ngit commit -m \"feat: a\n\nbody \\\"q\\\"\"\n```", "feat: a\n\nbody \"q\""),
            ("```bash\ngit commit -am 'feat: a' -m 'b'", "feat: a\n\nb"),
        ] {
            assert_eq!(message(&lines(text)).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(message(&lines("\n\n")), None);
    }
}
