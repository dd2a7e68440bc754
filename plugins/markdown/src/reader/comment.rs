//! HTML comments over several lines: what stands in them is written for nobody. One that is never closed is text, or it
//! would hide the rest of the document.

use std::borrow::Cow;

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

/// The lines without those in comments; a comment in a fence is text.
pub fn uncommented<'l, 'a>(lines: &'l [Line<'a>]) -> Cow<'l, [Line<'a>]> {
    if !lines.iter().any(opens) {
        return Cow::Borrowed(lines);
    }
    let mut fences = Fences::default();
    let mut comments = Comments::default();
    let kept = lines.iter().enumerate().filter(|(i, line)| {
        if comments.is_open(line) || (!fences.is_open() && comments.see(line, lines[i + 1..].iter().copied())) {
            return false;
        }
        fences.see(line);
        true
    });
    Cow::Owned(kept.map(|(_, line)| *line).collect())
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    #[test]
    fn comments_over_several_lines() {
        let kept = |text| uncommented(&lines(text)).iter().map(|line| line.number).collect::<Vec<_>>();
        assert_eq!(kept("a\n<!-- b\nc -->\nd\n<!-- e -->\n"), [1, 4, 5]);
        assert_eq!(kept("<!-- never\nclosed\n<!-- x\n"), [1, 2, 3]);
        assert_eq!(kept("```\n<!--\n```\n-->\n"), [1, 2, 3, 4]);
    }
}
