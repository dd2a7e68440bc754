//! The commit message that a plan suggests, bare or inside `git commit -m "…"`.

use std::ops::Range;

use super::fence::{Fence, closing, closing_strict};
use super::heading::heading;
use super::lines::{Line, trim};
use super::section::{bold_line, speaks_of_failure};
use super::shell;
use super::value::says_none;

/// The message of a Git Commit section, and which of its lines it takes: the first fence that holds one, else the text
/// up to a deeper heading. Of a fence that goes on with other commands only the lines up to them, and its end.
pub fn message(section: &[Line<'_>], ours: bool) -> Option<([Range<usize>; 2], String)> {
    let mut at = 0;
    while let Some(line) = section.get(at) {
        if !ours
            && (heading(line).is_some_and(|heading| heading.strict) || bold_line(line).is_some_and(speaks_of_failure))
        {
            break;
        }
        let Some(fence) = Fence::of(line) else {
            at += 1;
            continue;
        };
        let end = if ours { closing_strict(&section[at..]) } else { closing(&section[at..]) };
        let (inside, behind) = end.map_or((section.len(), section.len()), |end| (at + end, at + end + 1));
        let lines = &section[at + 1..inside];
        if let Some(message) = of_lines(lines, fence.is_shell()) {
            let end = at + 1 + command_end(lines).unwrap_or(lines.len());
            return Some(([at..end, inside..behind], message));
        }
        at = behind;
    }
    let first = section[..at].iter().position(|line| !line.is_blank())?;
    // A fence that holds no message ends the text before it.
    let fence = section[first..at].iter().position(|line| Fence::of(line).is_some()).map_or(at, |fence| first + fence);
    of_lines(&section[first..fence], false).map(|message| ([first..fence, fence..fence], message))
}

/// Behind the last line of the command that commits, among a shell's other ones.
fn command_end(lines: &[Line<'_>]) -> Option<usize> {
    let texts: Vec<&str> = lines.iter().map(|line| line.text).collect();
    let found = shell::commands(&texts);
    let at = found.iter().position(|command| command.text.contains("git commit"))?;
    found.get(at + 1).map(|next| next.line)
}

fn of_lines(lines: &[Line<'_>], shell: bool) -> Option<String> {
    let text = trim(lines).iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    of_text(text, shell)
}

/// The message in a text that may be a command; none where a shell's commands make no commit.
pub fn of_text(text: String, shell: bool) -> Option<String> {
    let message = match text.contains("git commit") {
        true => quoted(&text)?,
        false if shell => return None,
        false => uncoded(text),
    };
    Some(message.trim().to_owned()).filter(|message| !message.is_empty() && !says_none(message))
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
    while let Some(value) = next_flag(rest).filter(|value| !ends_command(&rest[..rest.len() - value.len()])) {
        let (part, behind) = document(value).or_else(|| argument(value)).unwrap_or_else(|| word(value));
        parts.push(part);
        rest = behind;
    }
    Some(parts.join("\n\n")).filter(|message| !message.is_empty())
}

/// What stands between two flags ends the command: a tag or a push has messages of its own.
fn ends_command(between: &str) -> bool {
    between.contains(['\n', ';']) && !between.trim_end().ends_with('\\') && !between.contains("\\\n")
        || between.contains("&&")
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
            assert_eq!(message(&lines(text), false).map(|(_, text)| text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(message(&lines("\n\n"), false), None);
    }

    #[test]
    fn only_the_first_message_counts() {
        let found = |text| message(&lines(text), false);
        let one = Some(([0..2, 2..3], "feat: a".to_owned()));
        assert_eq!(found("```\nfeat: a\n```\n\n```bash\ngit push --tags\n```\n"), one);
        assert_eq!(found("```bash\ngit commit -m 'feat: a' && git tag v1 -m 'b'\n```\n"), one);
        assert_eq!(
            found("feat: a\n\nb\n#### Format\n```\ntype: x\n```\n"),
            Some(([0..3, 3..3], "feat: a\n\nb".to_owned()))
        );
        assert_eq!(found("```bash\ngit add x\n```\n```\nfeat: a\n```\n"), Some(([3..5, 5..6], "feat: a".to_owned())));
        assert_eq!(
            found("```bash\ngit commit -m 'feat: a' \\\n  -m b\ngit tag -a v1 -m x\n```\n")
                .map(|(_, text)| text)
                .as_deref(),
            Some("feat: a\n\nb")
        );
    }
}
