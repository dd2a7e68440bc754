//! The text of a script that is not read yet, and what is cut from it whole: quotes, brackets, here-documents. What it
//! means is `script.rs`.

/// The text that is left of a script.
pub(super) struct Rest {
    chars: Vec<char>,
    pub(super) at: usize,
}

impl Rest {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn take_if(&mut self, c: char) -> bool {
        let is_it = self.peek(0) == Some(c);
        self.at += usize::from(is_it);
        is_it
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(0), Some(' ' | '\t')) {
            self.at += 1;
        }
    }

    pub(super) fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.at += 1;
        }
    }

    pub(super) fn until(&mut self, end: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.next().filter(|c| *c != end) {
            text.push(c);
            if end == '`' && c == '\\' {
                text.pop();
                text.extend(self.next());
            }
        }
        text
    }

    /// As in `$'…'`.
    pub(super) fn until_escaped(&mut self, end: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.next().filter(|c| *c != end) {
            match c {
                '\\' => text.extend(self.next().map(|c| match c {
                    'n' => '\n',
                    't' => '\t',
                    c => c,
                })),
                c => text.push(c),
            }
        }
        text
    }

    /// What stands between brackets, from the opening one; quotes hide brackets.
    pub(super) fn balanced(&mut self, open: char, close: char) -> String {
        let (mut depth, mut text) = (0_usize, String::new());
        while let Some(c) = self.next() {
            match c {
                c if c == open => depth += 1,
                c if c == close => depth = depth.saturating_sub(1),
                '\\' => {
                    text.push(c);
                    text.extend(self.next());
                    continue;
                }
                '\'' | '"' => {
                    text.push(c);
                    self.copy_quoted(c, &mut text);
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if depth > 1 || c != open || !text.is_empty() {
                text.push(c);
            }
        }
        text
    }

    pub(super) fn copy_quoted(&mut self, quote: char, text: &mut String) {
        while let Some(c) = self.next() {
            text.push(c);
            match c {
                c if c == quote => break,
                '\\' if quote == '"' => text.extend(self.next()),
                _ => {}
            }
        }
    }

    pub(super) fn is_empty_brackets(&self) -> bool {
        let rest = &self.chars[self.at.min(self.chars.len())..];
        rest.iter().skip(1).find(|c| !c.is_whitespace()) == Some(&')')
    }

    /// Over the list of a `for`: its words are data.
    pub(super) fn until_end_of_head(&mut self) {
        while self.peek(0).is_some_and(|c| !matches!(c, ';' | '\n')) {
            self.at += 1;
        }
    }

    pub(super) fn until_word(&mut self, wanted: &str) {
        let wanted: Vec<char> = wanted.chars().collect();
        while self.at < self.chars.len() {
            let here = &self.chars[self.at..];
            let before = self.at == 0 || self.chars[self.at - 1].is_whitespace();
            let behind = here.get(wanted.len()).is_none_or(|c| c.is_whitespace());
            if before && behind && here.starts_with(&wanted) {
                self.at += wanted.len();
                return;
            }
            self.at += 1;
        }
    }

    /// Takes the here-document out that begins on the next line.
    pub(super) fn take_document(&mut self, delimiter: &str, indented: bool) -> String {
        let from = self.chars.iter().skip(self.at).position(|c| *c == '\n');
        let Some(from) = from.map(|from| self.at + from + 1) else { return String::new() };
        let (mut at, mut body) = (from, String::new());
        while at < self.chars.len() {
            let end = self.chars[at..].iter().position(|c| *c == '\n').map_or(self.chars.len(), |end| at + end);
            let line: String = self.chars[at..end].iter().collect();
            at = (end + 1).min(self.chars.len());
            let bare = if indented { line.trim_start_matches('\t') } else { &line };
            if bare == delimiter {
                break;
            }
            body.push_str(bare);
            body.push('\n');
        }
        self.chars.drain(from..at);
        body
    }
}
