//! A small splitter of plans, of its own: it knows where sessions begin from the goldens, and shares no code with the
//! reader. It says of each line whose it is, and whether other lines hang on it.
//!
//! *Structure* is a line that says what other lines are: a heading, a fence, `---`, a line that is only tags, a bold
//! label or a key with nothing behind it, the `git commit` around a message. Where it goes or comes twice, its
//! neighbours may change their part.
//! Everything else is *content*.

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Blank,
    Structure(Structure),
    Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// It opens a session, or stands outside and may end one, or group some.
    Unit,
    /// A fence or tag: what is behind it may come to lie inside, sessions included.
    Bracket,
    /// A heading, label or key of one session.
    Name,
    /// `---`
    Rule,
}

#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Without its end.
    pub text: &'a str,
    /// Bytes of the document, its end included.
    pub start: usize,
    pub end: usize,
    /// Index of the session that it belongs to.
    pub owner: Option<usize>,
    pub class: Class,
    /// Name of the section that it stands in, in small letters; of the tag in an element.
    pub section: String,
    /// The innermost fence that it stands in: what is written behind its marks.
    pub fence: Option<String>,
    /// Fences around it.
    pub depth: usize,
}

struct Fence {
    mark: char,
    length: usize,
    info: String,
}

/// A session while its lines are read.
struct Open {
    index: usize,
    level: usize,
    /// It is written as an element that has begun.
    element: bool,
}

pub fn split<'a>(text: &'a str, starts: &[usize]) -> Vec<Line<'a>> {
    let mut splitter = Splitter::default();
    let mut start = 0;
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(at, whole)| {
            let opens = starts.iter().position(|line| *line == at + 1);
            let line = splitter.line(whole.trim_end_matches(['\n', '\r']), opens);
            let line = Line { start, end: start + whole.len(), ..line };
            start = line.end;
            line
        })
        .collect()
}

#[derive(Default)]
struct Splitter {
    fences: Vec<Fence>,
    open: Option<Open>,
    section: String,
    tags: Vec<String>,
}

impl Splitter {
    fn line<'a>(&mut self, text: &'a str, opens: Option<usize>) -> Line<'a> {
        let class = if let Some(index) = opens {
            self.fences.clear();
            self.tags.clear();
            self.section.clear();
            let level = level(text).expect("the goldens' sessions open by a heading");
            self.open = Some(Open { index, level, element: false });
            Class::Structure(Structure::Unit)
        } else {
            self.class(text)
        };
        Line {
            text,
            start: 0,
            end: 0,
            owner: self.open.as_ref().map(|open| open.index),
            class,
            section: self.tags.get(1).unwrap_or(&self.section).clone(),
            fence: self.fences.last().map(|fence| fence.info.clone()),
            depth: self.fences.len(),
        }
    }

    fn class(&mut self, text: &str) -> Class {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Class::Blank;
        }
        if self.fence(text) {
            return Class::Structure(Structure::Bracket);
        }
        let element = self.open.as_ref().is_some_and(|open| open.element);
        // An element may stand in a fence of its own, which is no fence for what the element holds.
        let inside = self.fences.len() > usize::from(self.fences.first().is_some_and(|fence| fence.info == "xml"));
        if !inside && self.open.is_some() && (element || trimmed.starts_with("<session ")) {
            return self.tag(trimmed);
        }
        if self.fences.is_empty() {
            return self.outside(text);
        }
        // Known names in a fenced prompt count where the session has none outside (R3).
        let known = ["# Verification Checklist", "# Verification Commands", "# Git Commit"];
        if self.section == "prompt" && known.iter().any(|name| trimmed.ends_with(name)) {
            return Class::Structure(Structure::Name);
        }
        if self.section == "git commit" && trimmed.starts_with("git commit") {
            return Class::Structure(Structure::Name);
        }
        let data = ["yaml", "yml", "toml"].contains(&self.fences[self.fences.len() - 1].info.as_str());
        if self.fences.len() == 1 && data && is_empty_key(trimmed) {
            return Class::Structure(Structure::Name);
        }
        Class::Content
    }

    fn outside(&mut self, text: &str) -> Class {
        let Some(level) = level(text) else {
            let trimmed = text.trim();
            return match trimmed {
                _ if trimmed.len() > 2 && trimmed.chars().all(|c| c == '-') => Class::Structure(Structure::Rule),
                _ if is_empty_label(trimmed) => Class::Structure(Structure::Name),
                _ => Class::Content,
            };
        };
        if self.open.as_ref().is_none_or(|open| level <= open.level) {
            self.open = None;
            return Class::Structure(Structure::Unit);
        }
        self.section = text.trim_start_matches('#').trim().to_lowercase();
        Class::Structure(Structure::Name)
    }

    /// A line of an element: only tags, or with content.
    fn tag(&mut self, text: &str) -> Class {
        let Some(open) = &mut self.open else { return Class::Content };
        let name = |text: &str| text.split([' ', '>', '/']).next().unwrap_or_default().to_owned();
        let alone = text.starts_with('<') && text.ends_with('>') && !text[1..].contains('<') && !text.ends_with("/>");
        match text.strip_prefix("</") {
            _ if !alone => Class::Content,
            Some(rest) => {
                let closed = name(rest);
                if let Some(at) = self.tags.iter().rposition(|tag| *tag == closed) {
                    self.tags.truncate(at);
                }
                if closed == "session" {
                    self.open = None;
                }
                Class::Structure(Structure::Bracket)
            }
            None => {
                self.tags.push(name(&text[1..]));
                let opens = !open.element;
                open.element = true;
                Class::Structure(if opens { Structure::Unit } else { Structure::Bracket })
            }
        }
    }

    /// Fences nest (R1): one with an info string opens, one without closes the innermost that it can, else it opens.
    fn fence(&mut self, text: &str) -> bool {
        let trimmed = text.trim();
        let Some(mark) = trimmed.chars().next().filter(|c| matches!(c, '`' | '~')) else { return false };
        let length = trimmed.chars().take_while(|c| *c == mark).count();
        let info = trimmed[length..].trim().to_owned();
        if length < 3 || info.contains('`') {
            return false;
        }
        let closes = self.fences.iter().rposition(|fence| fence.mark == mark && fence.length <= length);
        match closes.filter(|_| info.is_empty()) {
            Some(at) => self.fences.truncate(at),
            None => self.fences.push(Fence { mark, length, info }),
        }
        true
    }
}

fn level(text: &str) -> Option<usize> {
    let text = text.trim_start_matches('\u{feff}');
    let level = text.chars().take_while(|c| *c == '#').count();
    (level > 0 && text[level..].starts_with(' ')).then_some(level)
}

/// `**Files:**`, `- **Files:**`
fn is_empty_label(text: &str) -> bool {
    let text = text.trim_start_matches("- ");
    text.len() > 4 && text.starts_with("**") && text.ends_with(":**") && !text[2..text.len() - 3].contains('*')
}

/// `dependencies:`
fn is_empty_key(text: &str) -> bool {
    text.strip_suffix(':').is_some_and(|key| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')))
}
