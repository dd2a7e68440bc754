//! Reads a text as a shell does: quotes, variables, substitutions, here-documents, pipes and compound commands. What it
//! cannot know stays open in the words. It runs nothing; each simple command goes to `program.rs`.

use std::collections::BTreeMap;

use super::place::Place;
use super::rest::Rest;
use super::word::{Part, Word};
use super::{Danger, Grade, Ground};

/// Scripts in scripts are followed so far.
const DEEPEST: usize = 12;

/// A shell that only looks.
pub(super) struct Shell<'g> {
    pub(super) ground: &'g Ground<'g>,
    pub(super) here: Place,
    variables: BTreeMap<String, Word>,
    found: Vec<Found>,
    part: String,
    pub(super) depth: usize,
}

struct Found {
    danger: Danger,
    /// A later upgrade takes it back.
    downgrade: bool,
}

/// What a command reads from the one before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    /// Where it is known.
    pub(super) text: Option<String>,
    /// A server's answer is in it.
    pub(super) fetched: bool,
}

/// A simple command.
#[derive(Clone, Debug, Default)]
struct Simple {
    words: Vec<Word>,
    /// A here-document or here-string.
    stdin: Option<Word>,
}

impl<'g> Shell<'g> {
    pub(super) fn new(ground: &'g Ground<'g>) -> Self {
        let here = Place::of_directory(ground);
        Self { ground, here, variables: BTreeMap::new(), found: Vec::new(), part: String::new(), depth: 0 }
    }

    /// Reads one setup line, or the command.
    pub(super) fn read_part(&mut self, text: &str) {
        text.trim().clone_into(&mut self.part);
        self.script(text);
    }

    pub(super) fn end(self) -> Vec<Danger> {
        let mut dangers: Vec<Danger> = Vec::new();
        for found in self.found {
            if !dangers.contains(&found.danger) {
                dangers.push(found.danger);
            }
        }
        dangers
    }

    pub(super) fn report(&mut self, grade: Grade, words: &[Word], why: impl Into<String>) {
        let (command, text) = (super::word::line(words), self.part.clone());
        self.found.push(Found { danger: Danger { grade, command, why: why.into(), text }, downgrade: false });
    }

    pub(super) fn report_downgrade(&mut self, words: &[Word], why: &str) {
        self.report(Grade::Elsewhere, words, why);
        if let Some(found) = self.found.last_mut() {
            found.downgrade = true;
        }
    }

    /// The database is up again.
    pub(super) fn upgrade(&mut self) {
        self.found.retain(|found| !found.downgrade);
    }

    pub(super) fn set(&mut self, name: &str, value: Word) {
        self.variables.insert(name.to_owned(), value);
    }

    /// A script within the script, such as that of `sh -c`.
    pub(super) fn script(&mut self, text: &str) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        let mut rest = Rest::new(text);
        self.list(&mut rest);
        self.depth -= 1;
    }

    /// The same in a shell of its own, whose folder and variables end with it.
    pub(super) fn subshell(&mut self, text: &str) {
        let (here, variables) = (self.here.clone(), self.variables.clone());
        self.script(text);
        (self.here, self.variables) = (here, variables);
    }

    fn list(&mut self, rest: &mut Rest) {
        let mut saved: Vec<(Place, BTreeMap<String, Word>)> = Vec::new();
        let (mut pipeline, mut simple) = (Vec::new(), Simple::default());
        while let Some(c) = rest.peek(0) {
            let next = rest.peek(1);
            let test = simple.words.first().and_then(Word::text).is_some_and(|word| word == "[[")
                && simple.words.last().and_then(Word::text).is_none_or(|word| word != "]]");
            match c {
                ' ' | '\t' | '\r' => rest.at += 1,
                '\\' if next == Some('\n') => rest.at += 2,
                // In a test these compare and join; they name no command.
                '&' | '|' | '(' | ')' | '<' | '>' | '\n' if test && !(c == '<' && next == Some('(')) => rest.at += 1,
                '#' => rest.skip_line(),
                '&' if next == Some('>') => {
                    rest.at += 2;
                    rest.take_if('>');
                    rest.blanks();
                    self.word(rest);
                }
                '|' if next != Some('|') => {
                    rest.at += 1;
                    rest.take_if('&');
                    pipeline.push(std::mem::take(&mut simple));
                }
                ';' | '&' | '|' | '\n' => {
                    rest.at += 1;
                    self.end_pipeline(&mut pipeline, &mut simple);
                }
                '(' if next == Some('(') && simple.words.is_empty() => {
                    rest.at += 1;
                    rest.balanced('(', ')');
                    rest.take_if(')');
                }
                '(' if !simple.words.is_empty() && rest.is_empty_brackets() => {
                    // A function: its body is read where it stands.
                    simple = Simple::default();
                    rest.balanced('(', ')');
                }
                '(' => {
                    rest.at += 1;
                    self.end_pipeline(&mut pipeline, &mut simple);
                    saved.push((self.here.clone(), self.variables.clone()));
                }
                ')' => {
                    rest.at += 1;
                    self.end_pipeline(&mut pipeline, &mut simple);
                    if let Some((here, variables)) = saved.pop() {
                        (self.here, self.variables) = (here, variables);
                    }
                }
                '<' | '>' if next != Some('(') => self.redirection(rest, &mut simple),
                _ => {
                    let begin = rest.at;
                    let word = self.word(rest);
                    if rest.at == begin {
                        rest.at += 1;
                        continue;
                    }
                    let digits = word.text().is_some_and(|text| text.chars().all(|c| c.is_ascii_digit()));
                    if digits && matches!(rest.peek(0), Some('<' | '>')) {
                        continue;
                    }
                    self.take_word(rest, &mut simple, word);
                }
            }
        }
        self.end_pipeline(&mut pipeline, &mut simple);
    }

    /// Words of the language itself name no command; assignments before the command are kept.
    fn take_word(&mut self, rest: &mut Rest, simple: &mut Simple, word: Word) {
        const BEFORE: [&str; 13] =
            ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac", "!", "{", "}"];
        if simple.words.is_empty() {
            let plain = match word.0.as_slice() {
                [Part::Text { text, quoted: false }] => Some(text.as_str()),
                _ => None,
            };
            match plain {
                Some(text) if BEFORE.contains(&text) => return,
                Some("for" | "select") => {
                    rest.blanks();
                    let name = self.word(rest).shown();
                    self.set(&name, Word::unknown(format!("${name}")));
                    rest.until_end_of_head();
                    return;
                }
                Some("case") => {
                    rest.until_word("in");
                    return;
                }
                Some("function") => {
                    rest.blanks();
                    self.word(rest);
                    return;
                }
                _ => {}
            }
            if let Some((name, value)) = assignment(&word) {
                let value = if value.0.is_empty() && rest.peek(0) == Some('(') {
                    Word(vec![Part::Text { text: rest.balanced('(', ')'), quoted: false }])
                } else {
                    value
                };
                self.set(&name, value);
                return;
            }
        }
        let splits = !matches!(word.0.as_slice(), [Part::Text { quoted: true, .. }]);
        simple.words.extend(if splits { word.split() } else { vec![word] });
    }

    fn redirection(&mut self, rest: &mut Rest, simple: &mut Simple) {
        let c = rest.next();
        if c == Some('<') && rest.take_if('<') {
            if rest.take_if('<') {
                rest.blanks();
                simple.stdin = Some(self.word(rest));
                return;
            }
            let indented = rest.take_if('-');
            rest.blanks();
            let delimiter = self.word(rest);
            let quoted = delimiter.0.iter().any(|part| matches!(part, Part::Text { quoted: true, .. }));
            let body = rest.take_document(&delimiter.shown(), indented);
            simple.stdin = Some(if quoted { Word::literal(&body) } else { self.quoted(&body) });
            return;
        }
        rest.take_if('>');
        rest.take_if('|');
        rest.take_if('&');
        rest.blanks();
        let word = self.word(rest);
        if c == Some('<') && word.is_fetched() {
            simple.stdin = Some(word);
        }
    }

    fn end_pipeline(&mut self, pipeline: &mut Vec<Simple>, simple: &mut Simple) {
        pipeline.push(std::mem::take(simple));
        let mut input = Input::default();
        for simple in pipeline.drain(..) {
            if let Some(stdin) = simple.stdin {
                let text = stdin.text().unwrap_or_else(|| stdin.shown());
                input = Input { text: Some(text), fetched: stdin.is_fetched() };
            }
            if !simple.words.is_empty() {
                input = self.command(&simple.words, input);
            }
        }
    }

    /// A word with all that is expanded in it; empty where none begins here.
    fn word(&mut self, rest: &mut Rest) -> Word {
        let mut word = Word::default();
        while let Some(c) = rest.peek(0) {
            match c {
                c if c.is_whitespace() => break,
                ';' | '&' | '|' | '(' | ')' => break,
                '<' | '>' if rest.peek(1) == Some('(') && word.0.is_empty() => {
                    rest.at += 1;
                    let text = rest.balanced('(', ')');
                    word.0.push(self.output(&text, &format!("<({text})")));
                }
                '<' | '>' => break,
                '\'' => {
                    rest.at += 1;
                    let text = rest.until('\'');
                    word.0.push(Part::Text { text, quoted: true });
                }
                '"' => {
                    rest.at += 1;
                    self.in_quotes(rest, &mut word);
                }
                '\\' => {
                    rest.at += 1;
                    if let Some(c) = rest.next().filter(|c| *c != '\n') {
                        word.push(c, true);
                    }
                }
                '~' if word.0.is_empty() => {
                    rest.at += 1;
                    while rest.peek(0).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                        rest.at += 1;
                    }
                    word.0.push(Part::Home);
                }
                '$' | '`' => self.expansion(rest, &mut word, false),
                c => {
                    rest.at += 1;
                    word.push(c, false);
                }
            }
        }
        word
    }

    /// Text in which only `$`, backticks and `\` count, such as a here-document.
    fn quoted(&mut self, text: &str) -> Word {
        let mut rest = Rest::new(text);
        let mut word = Word::default();
        while rest.peek(0).is_some() {
            if !self.in_quotes(&mut rest, &mut word) {
                break;
            }
            word.push('"', true);
        }
        word
    }

    /// Up to the closing quote; whether there was one.
    fn in_quotes(&mut self, rest: &mut Rest, word: &mut Word) -> bool {
        word.0.push(Part::Text { text: String::new(), quoted: true });
        while let Some(c) = rest.peek(0) {
            match c {
                '"' => {
                    rest.at += 1;
                    return true;
                }
                '\\' if matches!(rest.peek(1), Some('$' | '`' | '"' | '\\')) => {
                    rest.at += 1;
                    word.0.extend(rest.next().map(|c| Part::Text { text: c.to_string(), quoted: true }));
                }
                '\\' if rest.peek(1) == Some('\n') => rest.at += 2,
                '$' | '`' => self.expansion(rest, word, true),
                c => {
                    rest.at += 1;
                    word.push(c, true);
                }
            }
        }
        false
    }

    fn expansion(&mut self, rest: &mut Rest, word: &mut Word, quoted: bool) {
        if rest.take_if('`') {
            let text = rest.until('`');
            let part = self.output(&text, &format!("`{text}`"));
            word.0.push(part);
            return;
        }
        rest.at += 1;
        match rest.peek(0) {
            Some('(') if rest.peek(1) == Some('(') => {
                let text = rest.balanced('(', ')');
                word.0.push(Part::Unknown { shown: format!("$({text})"), fetched: false });
            }
            Some('(') => {
                let text = rest.balanced('(', ')');
                let part = match self.output(&text, &format!("$({text})")) {
                    Part::Text { text, .. } => Part::Text { text, quoted },
                    part => part,
                };
                word.0.push(part);
            }
            Some('{') => {
                let text = rest.balanced('{', '}');
                let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let plain = matches!(&text[name.len()..], "" | "[@]" | "[*]");
                if !plain {
                    // What stands in for it may be a command, too.
                    self.quoted(&text[name.len()..]);
                }
                self.variable(word, &name, &format!("${{{text}}}"), plain, quoted && !text.contains('['));
            }
            Some('\'') if !quoted => {
                rest.at += 1;
                let text = rest.until_escaped('\'');
                word.0.push(Part::Text { text, quoted: true });
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = rest.peek(0).filter(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                    rest.at += 1;
                }
                self.variable(word, &name, &format!("${name}"), true, quoted);
            }
            Some(c) if c.is_ascii_digit() || "@*#?!-$".contains(c) => {
                rest.at += 1;
                word.0.push(Part::Unknown { shown: format!("${c}"), fetched: false });
            }
            _ => word.push('$', quoted),
        }
    }

    fn variable(&self, word: &mut Word, name: &str, shown: &str, plain: bool, quoted: bool) {
        match (name, self.variables.get(name).filter(|_| plain)) {
            (_, Some(value)) => word.0.extend(value.0.iter().cloned().map(|part| match part {
                Part::Text { text, .. } => Part::Text { text, quoted },
                part => part,
            })),
            ("HOME", None) if plain => word.0.push(Part::Home),
            ("PWD", None) if plain => word.0.push(Part::Here),
            _ => word.0.push(Part::Unknown { shown: shown.to_owned(), fetched: false }),
        }
    }

    /// What a substitution gives, once its commands are looked at.
    fn output(&mut self, text: &str, shown: &str) -> Part {
        self.subshell(text);
        let mut words = text.split_whitespace();
        let program = words.next().map(|program| program.rsplit('/').next().unwrap_or(program));
        let alone = !text.contains(['|', ';', '&', '\n']);
        match program {
            Some("mktemp") if alone => Part::Scratch,
            Some("pwd") if alone => Part::Here,
            Some("echo" | "printf") if alone && !text.contains(['$', '`', '\\', '<', '>', '%']) => {
                let text = words.map(|word| word.trim_matches(['"', '\''])).collect::<Vec<_>>().join(" ");
                Part::Text { text, quoted: false }
            }
            // Where a program is.
            Some("which") if alone => Part::Text { text: words.next().unwrap_or_default().to_owned(), quoted: true },
            Some("command") if alone && words.clone().next() == Some("-v") => {
                Part::Text { text: words.nth(1).unwrap_or_default().to_owned(), quoted: true }
            }
            program => Part::Unknown { shown: shown.to_owned(), fetched: program.is_some_and(super::data::fetches) },
        }
    }
}

/// `NAME=value`, where the name is plain.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Some(Part::Text { text, quoted: false }) = word.0.first() else { return None };
    let (name, value) = text.split_once('=')?;
    let name = name.trim_end_matches('+');
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let first = (!value.is_empty()).then(|| Part::Text { text: value.to_owned(), quoted: false });
    is_name.then(|| (name.to_owned(), Word(first.into_iter().chain(word.0[1..].iter().cloned()).collect())))
}

/// A word that is an assignment, for `export` and `env`.
pub(super) fn assigned(word: &Word) -> Option<(String, Word)> {
    assignment(word)
}
