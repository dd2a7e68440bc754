//! In which column of its line a word stands. What was read keeps only the line; the column is looked for where a
//! warning needs it.

use super::lines::Line;

/// Asked for the words of a line from left to right, so that a line is looked through once and not for each of them.
#[derive(Debug, Default)]
pub struct Columns {
    line: usize,
    folded: String,
    /// Byte and column of the last word, and the byte behind it.
    at: usize,
    column: usize,
    behind: usize,
    misses: usize,
}

/// Words that are nowhere in the line, such as the IDs of a range, are looked for up to its end.
const MOST_MISSES: usize = 8;

impl Columns {
    /// From 1, in characters; of a word that is not found, where the one before it stands.
    pub fn of(&mut self, line: &Line<'_>, word: &str) -> usize {
        if self.line != line.number {
            *self = Self { line: line.number, folded: folded(line.text), column: 1, ..Self::default() };
        }
        let first = word.split_whitespace().next().unwrap_or_default();
        if let Some(at) = self.find(word).or_else(|| self.find(first)) {
            self.column += self.folded[self.at..at].chars().count();
            self.at = at;
        }
        self.column
    }

    fn find(&mut self, word: &str) -> Option<usize> {
        if word.is_empty() || self.misses > MOST_MISSES {
            return None;
        }
        let word = folded(word);
        let found = self.folded[self.behind..].find(&word).map(|at| self.behind + at);
        self.misses += usize::from(found.is_none());
        self.behind = found.map_or(self.behind, |at| at + word.len());
        found
    }
}

/// The line with this number among lines in order.
pub fn line_of<'l, 'a>(lines: &'l [Line<'a>], number: usize) -> Option<&'l Line<'a>> {
    lines.binary_search_by_key(&number, |line| line.number).ok().map(|at| &lines[at])
}

/// Of the same length: names of keys are compared without case, and with `_` between their words.
fn folded(text: &str) -> String {
    text.to_ascii_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn from_left_to_right() {
        let all = lines("ä **Depends-on:** BE-01, ß, BE-01, words of prose");
        let mut columns = Columns::default();
        let found =
            ["depends_on", "BE-01", "BE-01", "BE-99", "words (a note) of prose"].map(|w| columns.of(&all[0], w));
        assert_eq!(found, [5, 19, 29, 29, 36]);
        assert_eq!(columns.of(&lines("\nx y")[1], "y"), 3);
    }
}
