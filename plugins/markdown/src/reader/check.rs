//! Boxes to tick and shell fences: what a session is verified by.

use session_sdk::{Check, CheckKind};

use super::fence::{Fence, Fences};
use super::lines::Line;
use super::shell;

/// Where checks are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Boxes, and shell fences.
    Checklist,
    /// Shell fences; a fence without a language is one.
    Commands,
}

/// Checks of one section in its order.
pub fn checks(lines: &[Line<'_>], source: Source, ours: bool) -> Vec<Check> {
    let is_shell = |fence: &Fence<'_>| fence.is_shell() || source == Source::Commands && fence.info.is_empty();
    let mut found = Vec::new();
    let mut fences = Fences::of(ours);
    let mut open: Option<(Fence<'_>, usize)> = None;
    for (i, line) in lines.iter().enumerate() {
        fences.see(line);
        match (open, fences.outermost()) {
            (None, Some(fence)) => open = Some((*fence, i + 1)),
            (Some((fence, start)), None) => {
                if is_shell(&fence) {
                    found.extend(fence_checks(&fence, &lines[start..i]));
                }
                open = None;
            }
            (None, None) if source == Source::Checklist => found.extend(item(line)),
            _ => {}
        }
    }
    if let Some((fence, start)) = open.filter(|(fence, _)| is_shell(fence)) {
        found.extend(fence_checks(&fence, &lines[start..]));
    }
    found
}

fn fence_checks(fence: &Fence<'_>, lines: &[Line<'_>]) -> Vec<Check> {
    let mut texts: Vec<&str> = lines.iter().map(|line| dedent(line.text, fence.indent)).collect();
    if texts.iter().find(|text| !text.trim().is_empty()).is_some_and(|text| text.starts_with("$ ")) {
        without_output(&mut texts);
    }
    shell::commands(&texts)
        .into_iter()
        .map(|command| Check {
            kind: CheckKind::Command,
            line: lines.get(command.line).map(|line| line.number),
            text: command.text,
            shell: fence.is(&["bash", "zsh"]).then(|| fence.info.to_lowercase()),
            setup: command.setup,
            ..Check::default()
        })
        .collect()
}

/// In a transcript only lines behind a `$` are typed, and what continues them.
fn without_output(texts: &mut [&str]) {
    let mut goes_on = false;
    for text in texts {
        let typed = goes_on || text.starts_with("$ ");
        *text = if typed { text } else { "" };
        goes_on = typed && text.ends_with('\\');
    }
}

/// A fence in a list is indented, and so are its lines.
fn dedent(text: &str, indent: usize) -> &str {
    let blank = text.len() - text.trim_start_matches([' ', '\t']).len();
    &text[blank.min(indent)..]
}

/// `- [ ] text`: a command where the text is wholly one `` `command` ``.
fn item(line: &Line<'_>) -> Option<Check> {
    let text = line.text.trim_start_matches(|c: char| c.is_whitespace() || c == '>');
    let text = text.strip_prefix(['-', '*', '+']).or_else(|| numbered(text))?.trim_start();
    let (ticked, text) = boxed(text)?;
    let text = text.trim();
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

/// Whether the box is ticked, and what stands behind it. `[-]`, `[~]` and the like are begun or given up, not done;
/// `[x](…)` is a link.
fn boxed(text: &str) -> Option<(bool, &str)> {
    if let Some(rest) = text.strip_prefix(['☐', '⬜', '☑', '☒']) {
        return Some((text.starts_with(['☑', '☒']), rest.trim_start_matches('\u{fe0f}')));
    }
    let (mark, rest) = text.strip_prefix('[')?.split_once(']')?;
    let ticked = match mark.trim().trim_end_matches('\u{fe0f}') {
        "" | "-" | "~" | "/" | ">" | "!" | "?" => false,
        "x" | "X" | "✓" | "✔" | "✅" | "☑" => true,
        _ => return None,
    };
    (!rest.starts_with(['(', '[', ':'])).then_some((ticked, rest))
}

fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() { None } else { rest.strip_prefix(['.', ')']) }
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

    fn texts(text: &str, source: Source) -> Vec<String> {
        checks(&lines(text), source, false).into_iter().map(|check| check.text).collect()
    }

    #[test]
    fn only_an_item_that_is_wholly_code_is_a_command() {
        let found = checks(
            &lines(
                "- [ ] `a -b`\n- [x] `Money` has none\n  * [X] nested\n- plain\n1. [ ] `c`\n- [ ] `npm t` is `ok`\n- [ ] ``x `y` ``",
            ),
            Source::Checklist,
            false,
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
    fn boxes_as_people_type_them() {
        for line in ["- [ ]a", "-[ ] a", "- [] a", "*\t[ ]\ta", "1) [ ] a", "- [-] a", "+ [~] a", "- ☐ a", "> - [ ] a"]
        {
            let found = checks(&lines(line), Source::Checklist, false);
            assert_eq!(found.iter().map(|c| (c.text.as_str(), c.ticked)).collect::<Vec<_>>(), [("a", false)], "{line}");
        }
        for line in ["* [x] a", "- [✓] a", "- [✔️] a", "- ☑️ a"] {
            assert!(checks(&lines(line), Source::Checklist, false)[0].ticked, "{line}");
        }
        for line in ["- [x](a.md) b", "- [link] b", "- [ ]", "[ ] b", "- b", "2 [ ] b"] {
            assert_eq!(texts(line, Source::Checklist), [""; 0], "{line}");
        }
    }

    #[test]
    fn shell_fences_hold_commands_and_others_do_not() {
        let text = "- [ ] before\n```python\nx\n```\n  ```bash\n  a\n  b \\\n    c\n  ```\n- [ ] after";
        assert_eq!(texts(text, Source::Checklist), ["before", "a", "b \\\n  c", "after"]);
        let found = checks(&lines(text), Source::Checklist, false);
        assert_eq!((found[1].shell.as_deref(), found[1].line), (Some("bash"), Some(6)));
    }

    #[test]
    fn a_bare_fence_holds_commands_only_among_commands() {
        assert_eq!(texts("```\na\n```", Source::Commands), ["a"]);
        assert_eq!(texts("```\na\n```", Source::Checklist), [""; 0]);
    }

    #[test]
    fn what_a_transcript_shows_is_no_command() {
        assert_eq!(texts("```console\n$ a \\\n  b\n3 passed\n$ c\n```", Source::Commands), ["a \\\n  b", "c"]);
    }
}
