//! A revision file: what alembic reads from it, and what its `downgrade()` would do, as far as the text tells.

use serde::{Deserialize, Serialize};

use crate::python::{Line, Token, Value, assignment, lines};

/// A node of alembic's graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub revision: String,
    /// None for the first of all, several for a merge.
    pub down: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Relative to the root.
    pub path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl Revision {
    /// As messages name it: `0042 "add users"`.
    pub fn title(&self) -> String {
        if self.message.is_empty() { self.revision.clone() } else { format!("{} \"{}\"", self.revision, self.message) }
    }
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    Revision(Revision),
    /// No revision: a helper, say.
    Other,
    /// One whose values are computed.
    Unread,
}

/// What taking a revision down does, by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    Does,
    /// Alembic forgets the revision, and the schema stays.
    Empty,
    /// Neither it nor `upgrade()` does anything, as in most merges: nothing stays behind.
    Nothing,
    Raises,
    Missing,
}

/// Reads the values that alembic reads.
pub fn read(path: &str, text: &str) -> Read {
    let lines = lines(text);
    let mut revision = Revision { path: path.to_owned(), message: message(&lines), ..Revision::default() };
    for (name, value) in lines.iter().filter(|line| line.indent == 0).filter_map(assignment) {
        let field = match name {
            "revision" => {
                let Value::Text(id) = value else { return Read::Unread };
                revision.revision = id;
                continue;
            }
            "down_revision" => &mut revision.down,
            "depends_on" => &mut revision.depends,
            "branch_labels" => &mut revision.labels,
            _ => continue,
        };
        let Some(list) = value.list() else { return Read::Unread };
        *field = list;
    }
    match () {
        () if !revision.revision.is_empty() => Read::Revision(revision),
        // Imported from somewhere, or made by a loop.
        () if text.contains("down_revision") => Read::Unread,
        () => Read::Other,
    }
}

/// The first line of the docstring, as alembic shows it.
fn message(lines: &[Line]) -> String {
    let [Token::Text(text)] = lines.first().map_or(&[][..], |line| line.tokens.as_slice()) else {
        return String::new();
    };
    text.trim().lines().next().unwrap_or_default().trim().to_owned()
}

/// What `downgrade()` does, and its statements as they stand in the file.
pub fn downgrade(text: &str) -> (Down, Vec<String>) {
    let (down, shown) = function(text, "downgrade");
    let needless = down == Down::Empty && function(text, "upgrade").0 == Down::Empty;
    (if needless { Down::Nothing } else { down }, shown)
}

fn function(text: &str, called: &str) -> (Down, Vec<String>) {
    let lines = lines(text);
    let name = |n: &str| Token::Name(n.to_owned());
    let is_it = |line: &Line| line.indent == 0 && line.tokens.starts_with(&[name("def"), name(called)]);
    let Some(at) = lines.iter().position(is_it) else { return (Down::Missing, Vec::new()) };
    let body = lines[at + 1..].iter().take_while(|line| line.indent > 0);
    let mut body: Vec<&[Token]> = body.map(|line| line.tokens.as_slice()).collect();
    let (start, end) = lines[at + 1..]
        .iter()
        .take_while(|line| line.indent > 0)
        .fold((None, 0), |(start, _), line| (start.or(Some(line.start)), line.end));
    // `def downgrade(): pass` has its body behind the colon.
    let colon = lines[at].tokens.iter().rposition(|token| *token == Token::Sign(':'));
    let inline = colon.map_or(&[][..], |colon| &lines[at].tokens[colon + 1..]);
    let shown = match start {
        Some(start) => shown(&text[start..end]),
        None => shown(&text[lines[at].start..lines[at].end]),
    };
    if !inline.is_empty() {
        body.insert(0, inline);
    }
    let does = |tokens: &&&[Token]| {
        !matches!(**tokens, [Token::Text(_)] | [Token::Sign('.'), Token::Sign('.'), Token::Sign('.')])
    };
    let first = |tokens: &[Token], word: &str| tokens.first() == Some(&name(word));
    let mut statements = body.iter().filter(does).filter(|tokens| !(tokens.len() == 1 && first(tokens, "pass")));
    let down = match statements.next() {
        None => Down::Empty,
        Some(tokens) if first(tokens, "raise") => Down::Raises,
        Some(tokens) if first(tokens, "return") && tokens.len() <= 2 => Down::Empty,
        Some(_) => Down::Does,
    };
    (down, shown)
}

fn shown(text: &str) -> Vec<String> {
    text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned()).collect()
}

/// Whether it ends transactions itself, so that a failure leaves a part behind, whatever the database.
pub fn commits(text: &str) -> bool {
    let signs = ["autocommit", "AUTOCOMMIT", "isolation_level", ".commit()", "CONCURRENTLY"];
    signs.into_iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As alembic 1.20 writes it.
    const MADE: &str = "\"\"\"add users

Revision ID: 0042
Revises: 0041
Create Date: 2026-01-01 00:00:00

\"\"\"
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '0042'
down_revision: Union[str, Sequence[str], None] = '0041'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = ('b1',)


def upgrade() -> None:
    \"\"\"Upgrade schema.\"\"\"
    op.create_table('users', sa.Column('id', sa.Integer))


def downgrade() -> None:
    \"\"\"Downgrade schema.\"\"\"
    op.drop_table(
        'users')
";

    #[test]
    fn a_file_of_alembics_own_is_read() {
        let Read::Revision(revision) = read("m/versions/0042.py", MADE) else { panic!() };
        assert_eq!(revision.title(), "0042 \"add users\"");
        assert_eq!(
            (revision.down, revision.depends, revision.labels),
            (vec!["0041".into()], vec!["b1".into()], vec![])
        );
        let (down, lines) = downgrade(MADE);
        assert_eq!(down, Down::Does);
        assert_eq!(lines, ["\"\"\"Downgrade schema.\"\"\"", "op.drop_table(", "'users')"]);
    }

    #[test]
    fn what_is_computed_or_no_revision_is_told_apart() {
        assert_eq!(read("a.py", "revision = make()\ndown_revision = None\n"), Read::Unread);
        assert_eq!(read("a.py", "revision = 'a'\ndown_revision = LAST\n"), Read::Unread);
        assert_eq!(read("a.py", "from x import revision, down_revision\n"), Read::Unread);
        assert_eq!(read("a.py", "def helper(): pass\n"), Read::Other);
    }

    #[test]
    fn a_downgrade_that_does_nothing_is_seen() {
        for (text, expected) in [
            ("def downgrade():\n    pass\n", Down::Empty),
            ("def downgrade() -> None: pass\n", Down::Empty),
            ("def downgrade():\n    '''Nothing.'''\n", Down::Empty),
            ("def downgrade():\n    '''No.'''\n    ...\n    # yet\n", Down::Empty),
            ("def downgrade():\n    return\n    op.x()\n", Down::Empty),
            ("def downgrade():\n    '''No.'''\n    raise NotImplementedError('no way')\n", Down::Raises),
            ("def downgrade():\n    if a:\n        raise E\n    op.x()\n", Down::Does),
            ("def downgrade(engine_name):\n    globals()['downgrade_%s' % engine_name]()\n", Down::Does),
            ("def upgrade():\n    pass\n", Down::Missing),
            ("def upgrade():\n    pass\n\ndef downgrade():\n    pass\n", Down::Nothing),
            ("def upgrade() -> None:\n    'Up.'\n\ndef downgrade():\n    'Down.'\n    pass\n", Down::Nothing),
            ("def upgrade():\n    op.x()\n\ndef downgrade():\n    pass\n", Down::Empty),
            ("class A:\n    def downgrade(self): op.x()\n", Down::Missing),
        ] {
            assert_eq!(downgrade(text).0, expected, "{text}");
        }
    }
}
