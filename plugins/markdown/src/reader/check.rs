//! Boxes to tick and shell fences: what a session is verified by.

use session_sdk::{Check, CheckKind};

use super::lines::{Fence, Fences, Line};
use super::shell;

/// Checks of one section in its order.
pub fn checks(lines: &[Line<'_>], boxes: bool) -> Vec<Check> {
    let mut found = Vec::new();
    let mut fences = Fences::default();
    let mut open: Option<(Fence<'_>, usize)> = None;
    for (i, line) in lines.iter().enumerate() {
        fences.see(line);
        match (open, fences.outermost()) {
            (None, Some(fence)) => open = Some((*fence, i + 1)),
            (Some((fence, start)), None) => {
                found.extend(fence_checks(&fence, &lines[start..i]));
                open = None;
            }
            (None, None) if boxes => found.extend(item(line)),
            _ => {}
        }
    }
    if let Some((fence, start)) = open {
        found.extend(fence_checks(&fence, &lines[start..]));
    }
    found
}

fn fence_checks(fence: &Fence<'_>, lines: &[Line<'_>]) -> Vec<Check> {
    if !fence.is_shell() {
        return Vec::new();
    }
    let texts: Vec<&str> = lines.iter().map(|line| dedent(line.text, fence.indent)).collect();
    shell::commands(&texts)
        .into_iter()
        .map(|command| Check {
            kind: CheckKind::Command,
            line: lines.get(command.line).map(|line| line.number),
            text: command.text,
            shell: matches!(fence.info, "bash" | "zsh").then(|| fence.info.to_owned()),
            setup: command.setup,
            ticked: false,
        })
        .collect()
}

/// A fence in a list is indented, and so are its lines.
fn dedent(text: &str, indent: usize) -> &str {
    let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
    &text[blank.min(indent)..]
}

/// `- [ ] text`: a command where the text is wholly one `` `command` ``.
fn item(line: &Line<'_>) -> Option<Check> {
    let text = line.text.trim_start();
    let text = ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark)).or_else(|| numbered(text))?;
    let text = text.trim_start().strip_prefix('[')?;
    let mark = text.chars().next()?;
    let text = text[mark.len_utf8()..].strip_prefix(']')?.trim();
    let ticked = match mark {
        ' ' => false,
        'x' | 'X' | '✓' | '✔' => true,
        _ => return None,
    };
    if text.is_empty() {
        return None;
    }
    let command = code(text);
    Some(Check {
        kind: if command.is_some() { CheckKind::Command } else { CheckKind::Manual },
        text: command.unwrap_or(text).to_owned(),
        ticked,
        line: Some(line.number),
        ..Check::default()
    })
}

fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() { None } else { rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")) }
}

/// The inside of a text that is one code span and nothing else.
fn code(text: &str) -> Option<&str> {
    let marks = text.len() - text.trim_start_matches('`').len();
    let fence = text.get(..marks).filter(|_| marks > 0)?;
    let inner = text.strip_prefix(fence)?.strip_suffix(fence)?;
    let inner = if marks > 1 { inner.trim() } else { inner };
    Some(inner).filter(|inner| !inner.trim().is_empty() && !inner.contains(fence))
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn only_an_item_that_is_wholly_code_is_a_command() {
        let found = checks(
            &lines(
                "- [ ] `a -b`\n- [x] `Money` has none\n  * [X] nested\n- plain\n1. [ ] `c`\n- [ ] `npm t` is `ok`\n- [ ] ``x `y` ``",
            ),
            true,
        );
        let short: Vec<_> = found.iter().map(|c| (c.kind == CheckKind::Command, c.text.as_str(), c.ticked)).collect();
        assert_eq!(
            short,
            [
                (true, "a -b", false),
                (false, "`Money` has none", true),
                (false, "nested", true),
                (true, "c", false),
                (false, "`npm t` is `ok`", false),
                (true, "x `y`", false),
            ]
        );
    }

    #[test]
    fn shell_fences_hold_commands_and_others_do_not() {
        let found =
            checks(&lines("- [ ] before\n```python\nx\n```\n  ```bash\n  a\n  b \\\n    c\n  ```\n- [ ] after"), true);
        let texts: Vec<_> = found.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["before", "a", "b \\\n  c", "after"]);
        assert_eq!((found[1].shell.as_deref(), found[1].line), (Some("bash"), Some(6)));
    }
}
