//! A word of a command as the shell makes it, with what is not known of it left open.

/// One part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text {
        text: String,
        quoted: bool,
    },
    /// The user's home folder.
    Home,
    /// The folder that the command runs in.
    Here,
    /// A temporary folder or file that was made a moment ago.
    Scratch,
    /// What `find` finds, for `{}`: where it begins, and the pattern of names.
    Found {
        root: Word,
        name: Option<String>,
    },
    /// As it is written: `$DIR`, `$(cat list)`. `fetched` where it is what a server answers.
    Unknown {
        shown: String,
        fetched: bool,
    },
}

/// Parts that follow on one another without a blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Part>);

impl Word {
    pub(super) fn literal(text: &str) -> Self {
        Self(vec![Part::Text { text: text.to_owned(), quoted: true }])
    }

    pub(super) fn unknown(shown: impl Into<String>) -> Self {
        Self(vec![Part::Unknown { shown: shown.into(), fetched: false }])
    }

    /// The text, where all of it is known.
    pub(super) fn text(&self) -> Option<String> {
        let text = |part: &Part| match part {
            Part::Text { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.0.iter().map(text).collect()
    }

    /// The text with what is not known as it is written.
    pub(super) fn shown(&self) -> String {
        let shown = |part: &Part| match part {
            Part::Text { text, .. } => text.clone(),
            Part::Home => "~".to_owned(),
            Part::Here => "$PWD".to_owned(),
            Part::Scratch => "$(mktemp)".to_owned(),
            Part::Found { .. } => "{}".to_owned(),
            Part::Unknown { shown, .. } => shown.clone(),
        };
        self.0.iter().map(shown).collect()
    }

    pub(super) fn is_fetched(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Unknown { fetched: true, .. }))
    }

    pub(super) fn push(&mut self, c: char, quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted: before }) if *before == quoted => text.push(c),
            _ => self.0.push(Part::Text { text: c.to_string(), quoted }),
        }
    }

    /// The words that the shell makes of it: what is known and not quoted falls apart at blanks.
    pub(super) fn split(self) -> Vec<Self> {
        let blank =
            |part: &Part| matches!(part, Part::Text { text, quoted: false } if text.contains(char::is_whitespace));
        if !self.0.iter().any(blank) {
            return vec![self];
        }
        let (mut words, mut word) = (Vec::new(), Self::default());
        for part in self.0 {
            match part {
                Part::Text { text, quoted: false } => {
                    for c in text.chars() {
                        if !c.is_whitespace() {
                            word.push(c, false);
                        } else if !word.0.is_empty() {
                            words.push(std::mem::take(&mut word));
                        }
                    }
                }
                part => word.0.push(part),
            }
        }
        if !word.0.is_empty() {
            words.push(word);
        }
        words
    }
}

/// Words as a person reads them; a long line is cut.
pub(super) fn line(words: &[Word]) -> String {
    const LONGEST: usize = 100;
    let line = words.iter().map(Word::shown).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= LONGEST { line } else { line.chars().take(LONGEST).chain(['…']).collect() }
}
