//! The commit message that a plan suggests, bare or inside `git commit -m "…"`.

use super::fence::Fences;
use super::lines::{Line, trim};

/// The message of a Git Commit section.
pub fn message(section: &[Line<'_>], ours: bool) -> Option<String> {
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    let mut fences = Fences::of(ours);
    for line in section {
        let fence = fences.see(line);
        if !fence {
            if fences.is_open() { &mut inside } else { &mut outside }.push(*line);
        }
    }
    let lines = if trim(&inside).is_empty() { outside } else { inside };
    let text = trim(&lines).iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    let message = if text.contains("git commit") { quoted(&text)? } else { uncoded(text) };
    Some(message.trim().to_owned()).filter(|message| !message.is_empty())
}

/// A message that is wholly one code span, as people write a subject outside a fence.
fn uncoded(text: String) -> String {
    let inner = text.trim().strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    inner.filter(|inner| !inner.contains(['`', '\n'])).map(str::to_owned).unwrap_or(text)
}

/// Every `-m` of the command, as git joins them: with an empty line.
fn quoted(text: &str) -> Option<String> {
    let mut rest = &text[text.find("git commit")?..];
    let mut parts = Vec::new();
    while let Some(value) = next_flag(rest) {
        let (part, behind) = document(value).or_else(|| argument(value)).unwrap_or_else(|| word(value));
        parts.push(part);
        rest = behind;
    }
    Some(parts.join("\n\n")).filter(|message| !message.is_empty())
}

/// What stands behind the next `-m`, `-am` or `--message`.
fn next_flag(text: &str) -> Option<&str> {
    text.match_indices(" -").find_map(|(at, _)| {
        let rest = &text[at + 1..];
        let value = ["--message", "-am", "-m"].iter().find_map(|flag| rest.strip_prefix(flag))?;
        let bare = value.trim_start_matches([' ', '=']);
        (bare.len() < value.len() || bare.starts_with(['"', '\''])).then_some(bare)
    })
}

/// `"$(cat <<'EOF'` up to the line `EOF`: how agents hand over a message of several lines.
fn document(text: &str) -> Option<(String, &str)> {
    let rest = text.trim_start_matches('"').strip_prefix("$(cat <<")?;
    let (head, body) = rest.split_once('\n')?;
    let end = head.trim_start_matches('-').trim().trim_matches(['\'', '"', '\\']);
    let mut message = String::new();
    let mut read = 0;
    for line in body.split_inclusive('\n') {
        read += line.len();
        if line.trim() == end {
            break;
        }
        message.push_str(line);
    }
    let behind = body[read..].trim_start().trim_start_matches([')', '"']);
    Some((message.trim_end().to_owned(), behind))
}

fn word(text: &str) -> (String, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

fn argument(value: &str) -> Option<(String, &str)> {
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
            ("`feat(x): a`", "feat(x): a"),
            ("```bash\ngit add x\ngit commit -m \"feat: a\n\nbody \\\"q\\\"\"\n```", "feat: a\n\nbody \"q\""),
            ("```bash\ngit commit -am 'feat: a' -m 'b'", "feat: a\n\nb"),
            ("git commit -m fix -m \"b -m c\"", "fix\n\nb -m c"),
            (
                "```bash\ngit commit -m \"$(cat <<'EOF'\nfeat: a \"q\"\n\nbody\nEOF\n)\"\ngit push\n```",
                "feat: a \"q\"\n\nbody",
            ),
        ] {
            assert_eq!(message(&lines(text), false).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(message(&lines("\n\n"), false), None);
    }
}
