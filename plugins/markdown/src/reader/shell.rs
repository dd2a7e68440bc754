//! Where one command of a shell fence ends and the next begins.
//!
//! Not a shell parser: it follows quotes, here-documents, continuations, parentheses and the words that open and close
//! compound commands, which is what decides whether a line feed ends a command.

use std::collections::VecDeque;

/// More lines of setup than this make the rest of the fence one script: each command would carry all of them.
const MOST_SETUP: usize = 100;

/// A command verbatim, and the setup lines before it.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub text: String,
    pub setup: Vec<String>,
    /// Index of its first line.
    pub line: usize,
}

/// Commands of one fence. Lines that are only `cd`, `source` or `.`, `export`, an assignment or `set` are no commands
/// of their own: they go before each later one.
pub fn commands(lines: &[&str]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut setup = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let first = lines[at].trim();
        if first.is_empty() || first.starts_with('#') {
            at += 1;
            continue;
        }
        let end = if setup.len() < MOST_SETUP { at + command_lines(&lines[at..]) } else { lines.len() };
        let text = lines[at..end].join("\n").trim().to_owned();
        let text = text.strip_prefix("$ ").map(str::to_owned).unwrap_or(text);
        if end == at + 1 && is_setup(&text) {
            setup.push(text);
        } else {
            commands.push(Command { text, setup: setup.clone(), line: at });
        }
        at = end;
    }
    commands
}

/// How many lines the command on the first one takes.
fn command_lines(lines: &[&str]) -> usize {
    let mut state = State::default();
    for (i, line) in lines.iter().enumerate() {
        state.line(line);
        if state.is_complete() {
            return i + 1;
        }
    }
    // What the shell would complain about is one command too, and the shell says so when it runs.
    lines.len().max(1)
}

#[derive(Debug, Default)]
struct State {
    quote: Option<char>,
    documents: VecDeque<(String, bool)>,
    /// Open `(`. The `)` of a `case` arm closes none.
    parens: u32,
    /// Open `{`, `if`, `for`, `case` and the like.
    depth: i32,
    goes_on: bool,
}

impl State {
    fn is_complete(&self) -> bool {
        self.quote.is_none() && self.documents.is_empty() && self.parens == 0 && self.depth <= 0 && !self.goes_on
    }

    fn line(&mut self, line: &str) {
        if let Some((end, tabs)) = self.documents.front() {
            let text = if *tabs { line.trim_start_matches('\t') } else { line };
            if text == end {
                self.documents.pop_front();
            }
            return;
        }
        self.goes_on = false;
        let mut word = String::new();
        let mut last = String::new();
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            if let Some(quote) = self.quote {
                match c {
                    '\\' if quote == '"' => _ = rest.next(),
                    c if c == quote => self.quote = None,
                    _ => {}
                }
                continue;
            }
            match c {
                '\\' if rest.peek().is_none() => self.goes_on = true,
                '\\' => _ = rest.next(),
                '\'' | '"' | '`' => {
                    self.quote = Some(c);
                    word.push(c);
                }
                '#' if word.is_empty() => break,
                '<' if rest.peek() == Some(&'<') => {
                    rest.next();
                    if rest.peek() == Some(&'<') {
                        rest.next();
                    } else {
                        self.documents.push_back(delimiter(&mut rest));
                    }
                    last = "<<".into();
                }
                '(' | ')' => {
                    self.parens = if c == '(' { self.parens + 1 } else { self.parens.saturating_sub(1) };
                    self.word(&mut word, &mut last);
                    last = ";".into();
                }
                c if c.is_whitespace() || c == ';' => {
                    self.word(&mut word, &mut last);
                    if c == ';' {
                        last = ";".into();
                    }
                }
                '&' | '|' => {
                    self.word(&mut word, &mut last);
                    let double = rest.next_if_eq(&c).is_some();
                    last = if double || c == '|' { "|".into() } else { "&".into() };
                }
                c => word.push(c),
            }
        }
        self.word(&mut word, &mut last);
        self.goes_on |= self.quote.is_none() && last == "|";
    }

    /// A word ends: those that open and close compound commands count where a command can begin.
    fn word(&mut self, word: &mut String, last: &mut String) {
        if word.is_empty() {
            return;
        }
        let begins = matches!(last.as_str(), "" | ";" | "|" | "&" | "then" | "do" | "else" | "{" | "!");
        match word.as_str() {
            "if" | "case" | "{" | "for" | "while" | "until" if begins => self.depth += 1,
            "fi" | "esac" | "}" | "done" if begins => self.depth -= 1,
            _ => {}
        }
        *last = std::mem::take(word);
    }
}

fn delimiter(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (String, bool) {
    let tabs = rest.next_if_eq(&'-').is_some();
    while rest.next_if(|c| c.is_whitespace()).is_some() {}
    let mut word = String::new();
    while let Some(c) = rest.next_if(|c| !c.is_whitespace() && !matches!(c, ';' | '&' | '|' | '<' | '>' | ')')) {
        if !matches!(c, '\'' | '"' | '\\') {
            word.push(c);
        }
    }
    (word, tabs)
}

/// Only prepares what follows.
fn is_setup(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let alone = !line.contains("&&") && !line.contains("||") && !line.contains(';') && !line.contains('|');
    let assigns = |word: &str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    alone && (matches!(first, "cd" | "source" | "." | "export" | "set") || (assigns(first) && is_one_word(line)))
}

/// One shell word, quotes and `$(…)` included.
fn is_one_word(line: &str) -> bool {
    let mut quote = None;
    let mut depth = 0;
    for c in line.trim().chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, c) if c.is_whitespace() && depth == 0 => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(fence: &str) -> Vec<String> {
        commands(&fence.lines().collect::<Vec<_>>()).into_iter().map(|c| c.text).collect()
    }

    #[test]
    fn a_command_runs_to_where_the_shell_sees_its_end() {
        for whole in [
            "a && \\\n  b",
            "a &&\n  b",
            "cat x |\n  grep y",
            "python -c \"\nimport x\n# no comment\nassert x\n\"",
            "python - <<'PY'\n# inside\n\nassert 1\nPY",
            "cat <<-EOF | sort\n\tx\n\tEOF",
            "for f in *; do\n  echo $f\ndone",
            "if test -f x; then\n  a\nfi",
            "(cd x\n make)",
            "check() {\n  true\n}",
            "case $x in\n  a) b;;\nesac",
            "echo 'it # is' # comment",
            "x=$(cat <<<a)  b",
            "echo done",
        ] {
            assert_eq!(texts(&format!("{whole}\nnext")), [whole, "next"]);
        }
        assert_eq!(texts("# one\n\na\nb # c\n"), ["a", "b # c"]);
        assert_eq!(texts("echo \"never closed\nb"), ["echo \"never closed\nb"]);
    }

    #[test]
    fn a_fence_of_nothing_but_setup_is_a_script() {
        let mut lines = vec!["export X=1"; 500];
        lines.extend(["a", "b"]);
        let found = commands(&lines);
        assert_eq!((found.len(), found[0].setup.len()), (1, MOST_SETUP));
        assert!(found[0].text.ends_with("a\nb"));
    }

    #[test]
    fn setup_lines_go_before_each_later_command() {
        let found = commands(&["a", "cd web", "export X=1", "Y='a b'", "Z=1 run", "b && cd x"]);
        let setup = |i: usize| found[i].setup.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["a", "Z=1 run", "b && cd x"]);
        assert!(setup(0).is_empty());
        assert_eq!(setup(1), ["cd web", "export X=1", "Y='a b'"]);
        assert_eq!(setup(2), setup(1));
    }
}
