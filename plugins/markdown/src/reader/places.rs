//! Where each line of a session belongs: what was read of it stands elsewhere, and all other lines are its texts. So
//! nothing of it is dropped.

use session_sdk::{Span, Text};

use super::heading::heading;
use super::lines::Line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Text that no section with a known name takes.
    Text,
    /// Metadata, a dependency, a check, a file, the commit message or the prompt.
    Read,
    Context,
    /// The heading of the context: shown where other text comes before it.
    ContextHeading,
    Expected,
}

/// The place of each line of a body.
#[derive(Debug)]
pub struct Places {
    places: Vec<Place>,
}

/// The texts that lines make, each in its order.
#[derive(Debug, Default)]
pub struct Texts {
    /// What no section takes.
    pub own: Text,
    pub context: Text,
    pub expected: Text,
    /// There is more in them than headings.
    pub says: bool,
}

impl Places {
    pub fn new(count: usize) -> Self {
        Self { places: vec![Place::Text; count] }
    }

    pub fn put(&mut self, range: std::ops::Range<usize>, place: Place) {
        self.places[range].fill(place);
    }

    pub fn is_read(&self, at: usize) -> bool {
        self.places[at] == Place::Read
    }

    /// Text of its own goes to the context where there is a prompt.
    pub fn texts(&self, body: &[Line<'_>], prompt: bool) -> Texts {
        let mut texts = Texts::default();
        let mut open: Option<(Place, Span)> = None;
        for (line, place) in body.iter().zip(&self.places) {
            if matches!(line.text.trim(), "" | "---" | "***" | "___") {
                continue;
            }
            let place = match place {
                Place::ContextHeading
                    if !prompt || texts.own.is_empty() && !open.is_some_and(|(place, _)| place == Place::Text) =>
                {
                    Place::Read
                }
                Place::ContextHeading => Place::Context,
                place => *place,
            };
            texts.says |= place != Place::Read && heading(line).is_none();
            match &mut open {
                Some((known, span)) if *known == place => span.end = line.end(),
                _ => {
                    texts.add(open);
                    open = Some((place, Span { start: line.start, end: line.end() }));
                }
            }
        }
        texts.add(open);
        if prompt && !texts.own.is_empty() {
            let mut all: Vec<Span> = texts.own.spans().chain(texts.context.spans()).collect();
            all.sort_unstable_by_key(|span| span.start);
            texts.context = Text::from(all.into_iter().map(Into::into).collect::<Vec<_>>());
            texts.own = Text::new();
        }
        texts
    }
}

impl Texts {
    fn add(&mut self, run: Option<(Place, Span)>) {
        match run {
            Some((Place::Text, span)) => self.own.push(span),
            Some((Place::Context | Place::ContextHeading, span)) => self.context.push(span),
            Some((Place::Expected, span)) => self.expected.push(span),
            Some((Place::Read, _)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn what_is_not_read_is_text() {
        let text = "a\n\n---\n\nb\nread\n\nc\n---\n# Context\nd\n";
        let all = lines(text);
        let mut places = Places::new(all.len());
        places.put(5..6, Place::Read);
        places.put(9..10, Place::ContextHeading);
        places.put(10..11, Place::Context);
        let cut = |text_: &Text| text_.cut(text.as_bytes());
        let found = places.texts(&all, false);
        assert_eq!(cut(&found.own).as_deref(), Some("a\n\n---\n\nb\n\nc"));
        assert_eq!(cut(&found.context).as_deref(), Some("d"));
        let found = places.texts(&all, true);
        assert_eq!(cut(&found.context).as_deref(), Some("a\n\n---\n\nb\n\nc\n\n# Context\nd"));
        assert!(found.own.is_empty() && found.says);
        places.put(0..9, Place::Read);
        assert_eq!(cut(&places.texts(&all, true).context).as_deref(), Some("d"));
    }
}
