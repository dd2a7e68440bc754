//! HTML comments over several lines: what stands in them is written for nobody. One that is never closed is text, or it
//! would hide the rest of the document.

use super::fence::Fences;
use super::lines::Line;

#[derive(Debug, Default)]
pub struct Comments {
    /// Number of the last line of the comment that is open.
    until: usize,
    /// Nothing closes a comment from here on: looked for once.
    unclosed: bool,
}

impl Comments {
    /// Whether the line belongs to a comment. Not to be asked inside fences.
    pub fn see<'a>(&mut self, line: &Line<'_>, below: impl IntoIterator<Item = Line<'a>>) -> bool {
        if line.number > self.until && !self.unclosed && opens(line) {
            match below.into_iter().find(|line| line.text.contains("-->")) {
                Some(end) => self.until = end.number,
                None => self.unclosed = true,
            }
        }
        line.number <= self.until
    }

    pub fn is_open(&self, line: &Line<'_>) -> bool {
        line.number <= self.until
    }
}

fn opens(line: &Line<'_>) -> bool {
    line.mark() == Some(b'<') && line.text.trim_start().starts_with("<!--") && !line.text.contains("-->")
}

/// Indices of the lines in comments; a comment in a fence is text.
pub fn hidden(lines: &[Line<'_>]) -> Vec<usize> {
    if !lines.iter().any(opens) {
        return Vec::new();
    }
    let mut fences = Fences::default();
    let mut comments = Comments::default();
    let mut found = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        if comments.is_open(line) || (!fences.is_open() && comments.see(line, lines[i + 1..].iter().copied())) {
            found.push(i);
        } else {
            fences.see(line);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn comments_over_several_lines() {
        let found = |text| hidden(&lines(text));
        assert_eq!(found("a\n<!-- b\nc -->\nd\n<!-- e -->\n"), [1, 2]);
        assert_eq!(found("<!-- never\nclosed\n<!-- x\n"), [0; 0]);
        assert_eq!(found("```\n<!--\n```\n-->\n"), [0; 0]);
    }
}
