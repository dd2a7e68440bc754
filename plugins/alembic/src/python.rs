//! Just enough of Python's (and TOML's) text to read literals from it: logical lines of names, strings and signs. It is no
//! parser: what is no literal is [`Value::Unread`], and somebody else must be asked.

/// A word of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Name or number.
    Name(String),
    Text(String),
    /// A string whose value only Python knows, such as an f-string.
    Formatted,
    Sign(char),
}

/// A statement, however many lines it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub indent: usize,
    pub tokens: Vec<Token>,
    /// Bytes of the text, from the first token to the end.
    pub start: usize,
    pub end: usize,
}

/// What stands behind an equals sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    None,
    Text(String),
    List(Vec<String>),
    Unread,
}

impl Value {
    /// As a list; none where it could not be read.
    pub fn list(self) -> Option<Vec<String>> {
        match self {
            Self::None => Some(Vec::new()),
            Self::Text(text) => Some(vec![text]),
            Self::List(list) => Some(list),
            Self::Unread => None,
        }
    }
}

/// The statements of a text.
pub fn lines(text: &str) -> Vec<Line> {
    let mut scan = Scan { text, at: 0 };
    let (mut lines, mut line) = (Vec::new(), None::<Line>);
    let (mut depth, mut indent, mut fresh) = (0_usize, 0, true);
    while let Some(c) = scan.peek() {
        let start = scan.at;
        let token = match c {
            '\n' => {
                scan.next();
                if depth == 0 {
                    lines.extend(line.take());
                    (indent, fresh) = (0, true);
                }
                continue;
            }
            ' ' | '\t' if fresh => {
                scan.next();
                indent += if c == '\t' { 8 - indent % 8 } else { 1 };
                continue;
            }
            '#' => {
                scan.skip_while(|c| c != '\n');
                continue;
            }
            // Joins lines; indentation behind it means nothing, as `fresh` is off by then.
            '\\' => {
                scan.next();
                scan.skip_while(|c| c == '\r');
                if scan.peek() == Some('\n') {
                    scan.next();
                }
                continue;
            }
            c if c.is_whitespace() => {
                scan.next();
                continue;
            }
            ';' if depth == 0 => {
                scan.next();
                lines.extend(line.take());
                continue;
            }
            '"' | '\'' => scan.string(""),
            c if c.is_alphanumeric() || c == '_' => scan.word(),
            c => {
                scan.next();
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                Token::Sign(c)
            }
        };
        fresh = false;
        let line = line.get_or_insert_with(|| Line { indent, tokens: Vec::new(), start, end: start });
        line.tokens.push(token);
        line.end = scan.at;
    }
    lines.extend(line);
    lines
}

/// What a statement assigns, and to which name: `a = …`, `a: Type = …`.
pub fn assignment(line: &Line) -> Option<(&str, Value)> {
    let [Token::Name(name), rest @ ..] = line.tokens.as_slice() else { return None };
    let value = match rest {
        [Token::Sign('='), value @ ..] => value,
        [Token::Sign(':'), rest @ ..] => {
            let at = rest.iter().position(|token| *token == Token::Sign('='))?;
            &rest[at + 1..]
        }
        _ => return None,
    };
    (value.first() != Some(&Token::Sign('='))).then(|| (name.as_str(), read(value)))
}

fn read(tokens: &[Token]) -> Value {
    match tokens {
        [Token::Name(name)] if name == "None" => Value::None,
        [Token::Sign(open @ ('(' | '[' | '{')), inner @ .., Token::Sign(')' | ']' | '}')] => {
            // Parentheses without a comma are no tuple.
            match items(inner) {
                Some((mut list, false)) if *open == '(' && list.len() == 1 => Value::Text(list.remove(0)),
                Some((list, _)) => Value::List(list),
                None if *open == '(' && *inner == [Token::Name("None".into())] => Value::None,
                None => Value::Unread,
            }
        }
        _ => match items(tokens) {
            Some((mut list, false)) if list.len() == 1 => Value::Text(list.remove(0)),
            Some((list, true)) => Value::List(list),
            _ => Value::Unread,
        },
    }
}

/// Strings with commas between them, and whether there is a comma. Strings that follow one another are one.
fn items(tokens: &[Token]) -> Option<(Vec<String>, bool)> {
    let mut list = Vec::new();
    let parts: Vec<&[Token]> = tokens.split(|token| *token == Token::Sign(',')).collect();
    let last = parts.len() - 1;
    for (n, part) in parts.iter().enumerate() {
        if part.is_empty() && n == last {
            break;
        }
        let texts: Option<String> =
            part.iter().map(|t| if let Token::Text(t) = t { Some(t.as_str()) } else { None }).collect();
        list.push(texts.filter(|_| !part.is_empty())?);
    }
    Some((list, last > 0))
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_while(&mut self, skip: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&skip) {
            self.next();
        }
    }

    /// A name, a number, or a string with a prefix.
    fn word(&mut self) -> Token {
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let word = &self.text[start..self.at];
        let prefix = word.to_ascii_lowercase();
        let is_prefix =
            matches!(prefix.as_str(), "r" | "u" | "b" | "f" | "t" | "br" | "rb" | "fr" | "rf" | "tr" | "rt");
        if is_prefix && matches!(self.peek(), Some('"' | '\'')) {
            self.string(&prefix)
        } else {
            Token::Name(word.into())
        }
    }

    fn string(&mut self, prefix: &str) -> Token {
        let raw = prefix.contains('r');
        let quote = self.next().unwrap_or('"');
        let triple: String = [quote; 3].iter().collect();
        let long = self.text[self.at - 1..].starts_with(&triple);
        if long {
            self.at += 2;
        }
        let mut value = String::new();
        let mut known = !prefix.contains(['f', 't', 'b']);
        loop {
            if long && self.text[self.at..].starts_with(&triple) {
                self.at += 3;
                break;
            }
            match self.peek() {
                None => break,
                // A string that nobody ended ends with its line.
                Some('\n') if !long => break,
                Some(c) if c == quote && !long => {
                    self.next();
                    break;
                }
                Some('\\') => {
                    self.next();
                    match self.next() {
                        Some(c) if raw => value.extend(['\\', c]),
                        Some('\n') => {}
                        Some(c @ ('\\' | '\'' | '"')) => value.push(c),
                        Some('n') => value.push('\n'),
                        Some('t') => value.push('\t'),
                        // By number or name: no revision is written so.
                        _ => known = false,
                    }
                }
                Some(c) => {
                    self.next();
                    value.push(c);
                }
            }
        }
        if known { Token::Text(value) } else { Token::Formatted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        let lines = lines(text);
        let found = lines.iter().filter(|line| line.indent == 0).filter_map(assignment).find(|(name, _)| *name == "x");
        found.map(|(_, value)| value).unwrap_or_else(|| panic!("{text}: {lines:?}"))
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| (*item).to_owned()).collect())
    }

    #[test]
    fn literals_are_read_however_they_are_written() {
        for text in [
            "x = 'a1'",
            "x = \"a1\"  # 'b2'",
            "x: str = 'a1'",
            "x: Union[str, Sequence[str], None] = 'a1'",
            "x = ('a1')",
            "x = (\n  # why\n  'a' '1'\n)",
            "x = \\\n  'a1'",
            "x = u'a1'; y = 2",
            "'''x = 'b2'\n'''\nx = '''a1'''\n",
            "def f():\n    x = 'b2'\nx = 'a1'",
            "x =   r'a1'\r\n",
        ] {
            assert_eq!(value(text), Value::Text("a1".into()), "{text}");
        }
        for text in ["x = None", "x: Optional[str] = None # first", "x = (None)"] {
            assert_eq!(value(text), Value::None, "{text}");
        }
        for text in [
            "x = ('a', 'b')",
            "x = ['a', \"b\",]",
            "x: tuple[str, ...] = (\n'a',\n'b', # c\n)",
            "x = 'a', 'b'",
            "x = {'a','b'}",
        ] {
            assert_eq!(value(text), list(&["a", "b"]), "{text}");
        }
        assert_eq!(value("x = ('a',)"), list(&["a"]));
        assert_eq!(value("x = ()"), list(&[]));
    }

    #[test]
    fn what_is_no_literal_is_not_guessed() {
        for text in [
            "x = f'a{n}'",
            "x = OTHER",
            "x = 'a' + 'b'",
            "x = str('a')",
            "x = ('a', OTHER)",
            "x = 'a' if b else 'c'",
            "x = '\\x61'",
            "x = ",
            "x = (,)",
        ] {
            assert_eq!(value(text), Value::Unread, "{text}");
        }
        assert!(lines("x == 'a'").iter().all(|line| assignment(line).is_none()));
    }

    #[test]
    fn broken_text_ends() {
        for text in ["x = 'a", "x = (", "'''", "\\", "x = '\\", "é = 'ü", "\u{feff}x = 1", ")))"] {
            lines(text);
        }
    }

    #[test]
    fn toml_reads_alike() {
        let text =
            "[tool.alembic]\nscript_location = \"%(here)s/m\" # here\nversion_locations = [\n  \"a\",\n  \"b\",\n]\n";
        let lines = lines(text);
        let read: Vec<_> = lines.iter().filter_map(assignment).collect();
        assert_eq!(
            read,
            [("script_location", Value::Text("%(here)s/m".into())), ("version_locations", list(&["a", "b"]))]
        );
    }
}
