//! Boxes to tick and shell fences: what a session is verified by.

use std::ops::Range;

use session_sdk::{Check, CheckKind};

use super::fence::{Fence, Fences};
use super::heading::heading;
use super::lines::Line;
use super::section::{bold_line, speaks_of_failure};
use super::value::says_none;
use super::{runner, shell};

/// What in some lines is a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub items: Items,
    /// Commands of shell fences, and those of fences without a language.
    pub fences: Fenced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    None,
    /// Boxes to tick.
    Boxes,
    /// Each box, bullet or number.
    All,
    /// The same; code is a command only where it reads as a command line.
    Criteria,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fenced {
    None,
    Shell,
    ShellOrBare,
}

impl Rules {
    pub const CHECKLIST: Self = Self { items: Items::Boxes, fences: Fenced::Shell };
    pub const COMMANDS: Self = Self { items: Items::None, fences: Fenced::ShellOrBare };
    pub const CRITERIA: Self = Self { items: Items::Criteria, fences: Fenced::None };
    /// Of a label.
    pub const VALUE: Self = Self { items: Items::All, fences: Fenced::ShellOrBare };

    fn takes(self, fence: &Fence<'_>) -> bool {
        match self.fences {
            Fenced::None => false,
            Fenced::Shell => fence.is_shell(),
            Fenced::ShellOrBare => fence.is_shell() || fence.info.is_empty(),
        }
    }
}

/// Checks of some lines in their order, and for each the range of its lines. What stands below a bold line that speaks
/// of failure, or in a fence below such a line, is none.
pub fn checks(lines: &[Line<'_>], rules: Rules, ours: bool) -> Vec<(Range<usize>, Vec<Check>)> {
    let mut found = Vec::new();
    let mut fences = Fences::of(ours);
    let mut open: Option<(Fence<'_>, usize)> = None;
    // Below a bold line, in the block right below a plain one, and in the rest of a quote.
    let (mut fails, mut block_fails, mut quote_fails) = (false, false, false);
    let mut details = false;
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        at += 1;
        fences.see(line);
        match (open, fences.outermost()) {
            (None, Some(fence)) => open = Some((*fence, at)),
            (Some((fence, start)), None) => {
                if rules.takes(&fence) && !(fails || block_fails || details) {
                    found.push(of_fence(&fence, lines, start, at - 1));
                }
                (open, block_fails) = (None, false);
            }
            (None, None) if !line.is_blank() => {
                let text = line.text.trim();
                details |= !ours && text.contains("<summary") && speaks_of_failure(text);
                details &= !text.starts_with("</details");
                let quoted = text.strip_prefix('>').filter(|_| !ours);
                quote_fails = quoted.is_some_and(|quoted| quote_fails || quotes_failure(quoted));
                let bold = bold_line(line).or_else(|| heading(line).map(|heading| heading.text));
                fails = if ours { false } else { bold.map_or(fails, speaks_of_failure) };
                let end = at + if ours { 0 } else { more(line, &lines[at..]) };
                let check = item(&lines[at - 1..end], rules.items);
                block_fails = !ours && (block_fails && (check.is_some() || is_below(line)) || is_failure(line));
                if let Some(check) = check.filter(|_| !(fails || block_fails || quote_fails || details)) {
                    // What goes on below a command is no part of it.
                    let end = if check.kind == CheckKind::Command { at } else { end };
                    found.push((at - 1..end, vec![check]));
                    at = end;
                }
            }
            _ => {}
        }
    }
    if let Some((fence, start)) = open.filter(|(fence, _)| rules.takes(fence) && !(fails || block_fails || details)) {
        found.push(of_fence(&fence, lines, start, lines.len()));
    }
    found
}

/// The commands between the line behind the fence's first and `end`. A fence that opens in there says that the one
/// around it was never closed: what stands from the next heading on is none of its commands. Nor is what stands behind a
/// comment such as `# If it fails:`.
fn of_fence(fence: &Fence<'_>, lines: &[Line<'_>], start: usize, end: usize) -> (Range<usize>, Vec<Check>) {
    let opens = lines[start..end].iter().position(|line| Fence::of(line).is_some_and(|inner| !inner.info.is_empty()));
    let cut = opens.map(|opens| {
        let before = &lines[start..start + opens];
        start + before.iter().position(|line| heading(line).is_some_and(|found| found.strict)).unwrap_or(opens)
    });
    let fails = failure_comment(&lines[start..cut.unwrap_or(end)]).map(|at| start + at);
    let cut = fails.or(cut);
    let checks = fence_checks(fence, &lines[start..cut.unwrap_or(end)]);
    let behind = cut.unwrap_or((end + 1).min(lines.len()));
    (start - 1..behind, checks)
}

/// The comment of a script that says of the commands behind it that they undo: `# If it fails:`, `# Rollback`. A longer
/// one may as well say what the next command is about, and a here-document may hold anything.
fn failure_comment(lines: &[Line<'_>]) -> Option<usize> {
    let document = lines.iter().position(|line| line.text.contains("<<")).unwrap_or(lines.len());
    lines[..document].iter().position(|line| {
        let Some(comment) = line.text.trim().strip_prefix('#') else { return false };
        let comment = comment.trim_matches(|c: char| c == '#' || c == '-' || c == '=' || c.is_whitespace());
        let short = comment.split_whitespace().count() <= 2;
        (short || comment.ends_with([':', '：'])) && speaks_of_failure(comment)
    })
}

/// `If it fails:`, in words of its own, and `1. **Rollback**` above its own list.
fn is_failure(line: &Line<'_>) -> bool {
    let text = line.text.trim();
    let bare = text.strip_prefix(['-', '+']).or_else(|| numbered(text)).unwrap_or(text).trim();
    let bold = bare.len() > 4 && bare.starts_with("**") && bare.ends_with("**");
    (bold || text.trim_end_matches('*').ends_with([':', '：'])) && speaks_of_failure(bare)
}

/// `> **Rollback:** take it back.`
fn quotes_failure(quoted: &str) -> bool {
    let bold = quoted.trim_start().strip_prefix("**").and_then(|rest| rest.split_once("**"));
    bold.is_some_and(|(bold, _)| speaks_of_failure(bold))
}

/// An item of the same block, or what is deeper than one; a bold line is none.
fn is_below(line: &Line<'_>) -> bool {
    line.text.starts_with([' ', '\t', '-', '*', '+']) && !line.text.starts_with("**")
}

/// How many lines below an item go on with it: deeper than it, and no items themselves.
fn more(item: &Line<'_>, below: &[Line<'_>]) -> usize {
    let indent = |line: &Line<'_>| line.text.len() - line.text.trim_start().len();
    let goes_on = |line: &Line<'_>| {
        let text = line.text.trim_start();
        let begins = text.starts_with(['-', '*', '+', '#', '|', '>', '<']) && !text.starts_with("**");
        !line.is_blank()
            && indent(line) > indent(item)
            && !begins
            && numbered(text).is_none()
            && Fence::of(line).is_none()
    };
    below.iter().take_while(|line| goes_on(line)).count()
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
fn item(lines: &[Line<'_>], items: Items) -> Option<Check> {
    let line = lines.first().filter(|_| items != Items::None)?;
    let text = line.text.trim_start_matches(|c: char| c.is_whitespace() || c == '>');
    let text = text.strip_prefix(['-', '*', '+']).or_else(|| numbered(text))?;
    let (ticked, text) = match boxed(text.trim_start()) {
        Some(found) => found,
        None if items == Items::Boxes || !text.starts_with(char::is_whitespace) => return None,
        None => (false, text.trim_start()),
    };
    let text = uncommented(text);
    if text.is_empty() || lines.len() == 1 && says_none(text) {
        return None;
    }
    let whole = code(text).filter(|_| lines.len() == 1 || items == Items::Boxes);
    let command = whole.filter(|text| items != Items::Criteria || runner::command(text).is_some());
    let text = command.map_or_else(
        || {
            let more = lines[1..].iter().map(|line| line.text.trim());
            [text].into_iter().chain(more).collect::<Vec<_>>().join(" ")
        },
        str::to_owned,
    );
    Some(Check {
        kind: if command.is_some() { CheckKind::Command } else { CheckKind::Manual },
        text,
        ticked,
        line: Some(line.number),
        ..Check::default()
    })
}

/// A check in the value of a label: a command where it is wholly code.
pub fn of_value(text: &str, line: usize, criteria: bool) -> Option<Check> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if says_none(&text) {
        return None;
    }
    let command = code(&text).filter(|text| !criteria || runner::command(text).is_some());
    let kind = if command.is_some() { CheckKind::Command } else { CheckKind::Manual };
    let text = command.unwrap_or(&text).to_owned();
    (!text.is_empty()).then(|| Check { kind, text, line: Some(line), ..Check::default() })
}

/// Without an HTML comment at its end.
fn uncommented(text: &str) -> &str {
    let text = text.trim();
    let comment = text.strip_suffix("-->").and_then(|text| text.rfind("<!--"));
    comment.map_or(text, |at| text[..at].trim_end())
}

/// A box of a list: whether it is ticked.
pub fn ticked(line: &Line<'_>) -> Option<bool> {
    let text = line.text.trim_start_matches(|c: char| c.is_whitespace() || c == '>');
    let text = text.strip_prefix(['-', '*', '+']).or_else(|| numbered(text))?.trim_start();
    boxed(text).map(|(ticked, _)| ticked)
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

pub fn numbered(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == text.len() { None } else { rest.strip_prefix(['.', ')']) }
}

/// The inside of a text that is one code span and nothing else.
pub fn code(text: &str) -> Option<&str> {
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

    fn all(text: &str, rules: Rules) -> Vec<Check> {
        checks(&lines(text), rules, false).into_iter().flat_map(|(_, checks)| checks).collect()
    }

    fn texts(text: &str, rules: Rules) -> Vec<String> {
        all(text, rules).into_iter().map(|check| check.text).collect()
    }

    #[test]
    fn only_an_item_that_is_wholly_code_is_a_command() {
        let found = all(
            "- [ ] `a -b`\n- [x] `Money` has none\n  * [X] nested\n- plain\n1. [ ] `c`\n- [ ] `npm t` is `ok`\n- [ ] ``x `y` ``",
            Rules::CHECKLIST,
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
            let found = all(line, Rules::CHECKLIST);
            assert_eq!(found.iter().map(|c| (c.text.as_str(), c.ticked)).collect::<Vec<_>>(), [("a", false)], "{line}");
        }
        for line in ["* [x] a", "- [✓] a", "- [✔️] a", "- ☑️ a"] {
            assert!(all(line, Rules::CHECKLIST)[0].ticked, "{line}");
        }
        for line in ["- [x](a.md) b", "- [link] b", "- [ ]", "[ ] b", "- b", "2 [ ] b"] {
            assert_eq!(texts(line, Rules::CHECKLIST), [""; 0], "{line}");
        }
    }

    #[test]
    fn shell_fences_hold_commands_and_others_do_not() {
        let text = "- [ ] before\n```python\nx\n```\n  ```bash\n  a\n  b \\\n    c\n  ```\n- [ ] after";
        assert_eq!(texts(text, Rules::CHECKLIST), ["before", "a", "b \\\n  c", "after"]);
        let found = all(text, Rules::CHECKLIST);
        assert_eq!((found[1].shell.as_deref(), found[1].line), (Some("bash"), Some(6)));
    }

    #[test]
    fn a_bare_fence_holds_commands_only_among_commands() {
        assert_eq!(texts("```\na\n```", Rules::COMMANDS), ["a"]);
        assert_eq!(texts("```\na\n```", Rules::CHECKLIST), [""; 0]);
    }

    #[test]
    fn what_a_transcript_shows_is_no_command() {
        assert_eq!(texts("```console\n$ a \\\n  b\n3 passed\n$ c\n```", Rules::COMMANDS), ["a \\\n  b", "c"]);
    }

    #[test]
    fn items_go_on_in_deeper_lines() {
        assert_eq!(
            texts("- [ ] a\n  b\n\tc\n- [ ] `d`\n  e\nf\n- [ ] g\n  - h", Rules::CHECKLIST),
            ["a b c", "d", "g"]
        );
    }

    #[test]
    fn what_to_do_after_a_failure_is_no_check() {
        let text = "<details>\n<summary>Undo</summary>\n\n```sh\nx\n```\n- [ ] y\n</details>\n\n```sh\na\n```\n\n**If it fails:**\n\n```sh\nb\n```\n- [ ] c\n\n**More:**\n```sh\nd\n```\nTo undo it:\n```sh\ne\n```\n```sh\nf\n```\n";
        assert_eq!(texts(text, Rules::CHECKLIST), ["a", "d", "f"]);
    }

    #[test]
    fn criteria_are_commands_only_where_they_read_so() {
        let text = "- `cargo test`\n- `Money`\n1. `README.md`\n- [ ] **Bold.** It holds\n* x\nprose\n";
        let found: Vec<_> = all(text, Rules::CRITERIA).into_iter().map(|c| (c.kind, c.text)).collect();
        assert_eq!(found.iter().filter(|(kind, _)| *kind == CheckKind::Command).count(), 1, "{found:?}");
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
