//! Words and phrases that the rules of `[models]` look for in titles and prompts: whole words in their order, in any
//! case. No stemming and no ranking; which phrases mean what stands in `model_rules.rs`.

use serde::Deserialize;
use thiserror::Error;

/// How many words `…` may stand for. More, and the two ends of a phrase belong to different thoughts.
const GAP: usize = 4;

/// A word that takes back what follows it, up to two words later: "do not refactor across", "import without schema".
/// `don` is what the reader of words leaves of "don't".
const NEGATIONS: [&str; 5] = ["not", "no", "never", "without", "don"];

/// What to look for: `schema`, `architect*`, `race condition`, `refactor* … across` (up to four words between, in one
/// sentence), `^rename` (the text begins so).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Phrase {
    begins: bool,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    word: String,
    prefix: bool,
    gap: bool,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum PhraseError {
    #[error("`{0}` holds no word to look for")]
    NoWord(String),
    #[error("`{0}`: `*` stands at the end of a word")]
    Star(String),
}

impl TryFrom<String> for Phrase {
    type Error = PhraseError;

    fn try_from(text: String) -> Result<Self, PhraseError> {
        let lower = text.trim().to_lowercase().replace("...", "…").replace('…', " … ");
        let (begins, rest) = lower.strip_prefix('^').map_or((false, lower.as_str()), |rest| (true, rest));
        let mut parts = Vec::new();
        let mut gap = false;
        for piece in rest.split_whitespace() {
            if piece == "…" {
                gap = true;
                continue;
            }
            let (piece, prefix) = piece.strip_suffix('*').map_or((piece, false), |word| (word, true));
            if piece.contains('*') || (prefix && !piece.ends_with(in_word)) {
                return Err(PhraseError::Star(text));
            }
            let first = parts.len();
            let words = piece.split(|c| !in_word(c)).filter(|word| !word.is_empty());
            parts.extend(words.map(|word| Part { word: word.to_owned(), prefix: false, gap: false }));
            if let Some(part) = parts.get_mut(first) {
                part.gap = std::mem::take(&mut gap);
            }
            if let Some(part) = parts.last_mut().filter(|_| prefix) {
                part.prefix = true;
            }
        }
        if parts.is_empty() { Err(PhraseError::NoWord(text)) } else { Ok(Self { begins, parts }) }
    }
}

impl Part {
    fn is(&self, word: &Word) -> bool {
        if self.prefix { word.text.starts_with(&self.word) } else { word.text == self.word }
    }
}

/// A text cut into words once, for any number of phrases.
#[derive(Debug)]
pub struct Text {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    text: String,
    /// A sentence, a paragraph or a list item begins here; no phrase reaches over it.
    opens: bool,
}

impl Text {
    pub fn read(text: &str) -> Self {
        let lower = text.to_lowercase();
        let mut rest = lower.as_str();
        let mut words = Vec::new();
        while let Some(start) = rest.find(in_word) {
            let (between, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c| !in_word(c)).unwrap_or(from.len()));
            words.push(Word { text: word.to_owned(), opens: words.is_empty() || opens(between) });
            rest = after;
        }
        Self { words }
    }

    /// The first of the phrases that occurs, as it stands here: lower case, `…` for what is between.
    pub fn find(&self, phrases: &[Phrase]) -> Option<String> {
        phrases.iter().find_map(|phrase| {
            let reach = if phrase.begins { 1 } else { self.words.len() };
            (0..reach.min(self.words.len())).find_map(|i| self.at(i, phrase))
        })
    }

    fn at(&self, start: usize, phrase: &Phrase) -> Option<String> {
        let (first, rest) = phrase.parts.split_first()?;
        if !first.is(&self.words[start]) || self.negated(start) {
            return None;
        }
        let mut shown = self.words[start].text.clone();
        let mut last = start;
        for part in rest {
            let here = self.next(last, part)?;
            shown.push_str(if here == last + 1 { " " } else { " … " });
            shown.push_str(&self.words[here].text);
            last = here;
        }
        Some(shown)
    }

    fn next(&self, last: usize, part: &Part) -> Option<usize> {
        let reach = if part.gap { GAP + 1 } else { 1 };
        let ahead = self.words[last + 1..].iter().take(reach).take_while(|word| !word.opens);
        ahead.enumerate().find(|(_, word)| part.is(word)).map(|(i, _)| last + 1 + i)
    }

    fn negated(&self, start: usize) -> bool {
        let mut at = start;
        while !self.words[at].opens && start - at < 2 {
            at -= 1;
            if NEGATIONS.contains(&self.words[at].text.as_str()) {
                return true;
            }
        }
        false
    }
}

/// `_` joins, so that the `schema` of `schema_version` is no word; `-` does not, so that `cross-module` is two.
fn in_word(c: char) -> bool {
    // Combining marks: an é may be two characters, and a word must not end between them.
    c.is_alphanumeric() || c == '_' || ('\u{300}'..='\u{36f}').contains(&c)
}

/// A line that only wraps goes on; `node.js` goes on too.
fn opens(between: &str) -> bool {
    let lines = between.matches('\n').count();
    let item = lines > 0 && between.contains(['-', '*', '+', '#', '>', '|']);
    let sentence = between.contains(['.', '!', '?', ';', '|']) && between.contains(char::is_whitespace);
    lines > 1 || item || sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> Result<Phrase, PhraseError> {
        Phrase::try_from(text.to_owned())
    }

    #[test]
    fn finds() {
        let long = "x ".repeat(20_000);
        for (pattern, text, expected) in [
            ("schema", "Design the payroll Schema", Some("schema")),
            ("schema", "schemas, schema_version and subschema", None),
            ("schema*", "Two schemas", Some("schemas")),
            ("architect*", "Architektur", None),
            ("race condition", "fix a race-condition", Some("race condition")),
            ("race condition", "the race\ncondition", Some("race condition")),
            ("race condition", "the race.\nCondition", None),
            ("race condition", "- race\n- condition", None),
            ("race condition", "the race\n\ncondition", None),
            ("race condition", "a race with a condition", None),
            ("cross-module", "Cross module analysis", Some("cross module")),
            ("refactor* … across", "Refactor sessions across three services", Some("refactor … across")),
            ("refactor ... across", "refactor across services", Some("refactor across")),
            ("refactor … across", "refactor a b c d e across", None),
            ("refactor … across", "Refactor this. Then look across", None),
            ("refactor across", "refactor sessions across", None),
            ("^rename", "Rename it", Some("rename")),
            ("^rename", "Add rename", None),
            ("schema", "Do not change the schema", Some("schema")),
            ("schema", "Import without a schema", None),
            ("refactor", "Don't refactor", None),
            ("refactor", "This is not it. Refactor", Some("refactor")),
            ("node.js", "Upgrade Node.js now", Some("node js")),
            ("café", "Das CAFÉ öffnet", Some("café")),
            ("cafe", "Das cafe\u{301} öffnet", None),
            ("straße*", "STRASSE, Straßenbahn", Some("straßenbahn")),
            ("設計", "API 設計", Some("設計")),
            ("schema", "", None),
            ("y", &long, None),
        ] {
            let found = Text::read(text).find(&[phrase(pattern).unwrap()]);
            assert_eq!(found.as_deref(), expected, "{pattern} in {}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn the_first_phrase_of_the_list_is_named() {
        let list = [phrase("schema").unwrap(), phrase("design").unwrap()];
        assert_eq!(Text::read("Design the schema").find(&list).as_deref(), Some("schema"));
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        for nothing in ["", "  ", "…", "^", "!?"] {
            assert_eq!(phrase(nothing), Err(PhraseError::NoWord(nothing.into())));
        }
        for star in ["*", "*design", "de*sign", "api-*"] {
            assert_eq!(phrase(star), Err(PhraseError::Star(star.into())));
        }
    }
}
