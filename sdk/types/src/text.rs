//! A text of a planned session. It may stand in several places of the document: what a reader took for metadata or
//! checks lies between them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::plan::Span;

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Piece {
    /// Bytes of the document.
    Span(Span),
    /// Words that the reader adds, such as the paths of documents beside the plan.
    Own { text: String },
}

/// The pieces of a text in its order. Where they are joined, a blank line stands between two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Text(Vec<Piece>);

impl Text {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Pieces that stand in the document.
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = Span> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Span(span) => Some(*span),
            Piece::Own { .. } => None,
        })
    }

    /// Adds a piece behind the others.
    pub fn push(&mut self, piece: impl Into<Piece>) {
        self.0.push(piece.into());
    }

    /// The whole text, byte for byte as the document has it; none where there is no piece, or where the document does
    /// not reach as far as a span.
    pub fn cut(&self, document: &[u8]) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            match piece {
                Piece::Span(span) => text.push_str(&String::from_utf8_lossy(document.get(span.start..span.end)?)),
                Piece::Own { text: own } => text.push_str(own),
            }
        }
        Some(text).filter(|_| !self.is_empty())
    }
}

impl From<Span> for Piece {
    fn from(span: Span) -> Self {
        Self::Span(span)
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Own { text }
    }
}

impl From<Span> for Text {
    fn from(span: Span) -> Self {
        Self(vec![span.into()])
    }
}

impl From<Option<Span>> for Text {
    fn from(span: Option<Span>) -> Self {
        span.map(Self::from).unwrap_or_default()
    }
}

impl From<Vec<Piece>> for Text {
    fn from(pieces: Vec<Piece>) -> Self {
        Self(pieces)
    }
}

/// A lone span is a text, too: readers of plans wrote it so before texts had pieces.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Pieces(Vec<Piece>),
            One(Piece),
            None(()),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Pieces(pieces) => Self(pieces),
            Written::One(piece) => Self(vec![piece]),
            Written::None(()) => Self::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_by_a_blank_line() {
        let mut text = Text::from(Span { start: 0, end: 3 });
        text.push(Span { start: 4, end: 7 });
        text.push("own".to_owned());
        assert_eq!(text.cut("aß\nb c".as_bytes()).as_deref(), Some("aß\n\nb c\n\nown"));
        assert_eq!(text.cut(b"too short"), Some("too\n\nsho\n\nown".to_owned()));
        assert_eq!((text.cut(b"short"), Text::default().cut(b"x")), (None, None));
    }

    #[test]
    fn a_lone_span_is_read_as_before() {
        let read = |json: &str| serde_json::from_str::<Text>(json).expect(json);
        let one = Text::from(Span { start: 1, end: 2 });
        assert_eq!(read(r#"{"start":1,"end":2}"#), one);
        assert_eq!(read(r#"[{"start":1,"end":2}]"#), one);
        assert_eq!(read("null"), Text::default());
        let own = Text::from(vec![Piece::from("x".to_owned())]);
        assert_eq!(read(&serde_json::to_string(&own).expect("JSON")), own);
    }
}
