//! How fences nest.
//!
//! No `CommonMark` parser: people put prompts in a fence that holds inner fences of the same length, or never close one,
//! and a strict reading loses whole sessions there (R1 of the format's rulings).

use std::ops::Deref;

use session_sdk::markdown;

use super::lines::Line;

/// A fence of a document, and what people mean by its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence<'a> {
    marks: markdown::Fence<'a>,
    /// Number of its line.
    pub line: usize,
}

impl<'a> Deref for Fence<'a> {
    type Target = markdown::Fence<'a>;

    fn deref(&self) -> &Self::Target {
        &self.marks
    }
}

impl<'a> Fence<'a> {
    pub fn of(line: &Line<'a>) -> Option<Self> {
        markdown::Fence::of(line.text).map(|marks| Self { marks, line: line.number })
    }

    /// With more marks than people give to fences that hold no other.
    pub fn is_long(&self) -> bool {
        self.length > 3
    }

    /// Its language is one of these, in whatever case.
    pub fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.info.eq_ignore_ascii_case(name))
    }

    /// A shell whose commands can be run.
    pub fn is_shell(&self) -> bool {
        self.is(&["sh", "bash", "shell", "zsh", "console"])
    }

    /// Holds text for people, not a program.
    pub fn is_prose(&self) -> bool {
        self.is(&["", "markdown", "md", "text", "txt", "prompt"])
    }

    /// May be what a prompt is written in, where it holds all of it.
    pub fn is_markup(&self) -> bool {
        self.is(&["xml", "html", "plaintext", "plain", "claude", "mdx", "yaml", "json"])
    }

    /// May hold keys and values.
    pub fn is_data(&self) -> bool {
        self.is_prose() || self.is_toml() || self.is(&["yaml", "yml", "json"])
    }

    pub fn is_toml(&self) -> bool {
        self.is(&["toml", "ini", "properties", "conf"])
    }
}

/// Fences that are open deeper than this are text: who closes none must not make each line look through all of them.
const DEEPEST: usize = 100;

/// Open fences, outermost first.
#[derive(Clone, Debug, Default)]
pub struct Fences<'a> {
    open: Vec<Fence<'a>>,
    /// In an open fence nothing opens another: in documents of our own the outer one has more marks than any inside.
    strict: bool,
}

impl<'a> Fences<'a> {
    pub fn of(ours: bool) -> Self {
        Self { open: Vec::new(), strict: ours }
    }

    /// Behind a fence that is open already.
    pub fn around(fence: Option<Fence<'a>>) -> Self {
        Self { open: fence.into_iter().collect(), strict: false }
    }

    /// Takes one line in; true where the line is a fence itself.
    pub fn see(&mut self, line: &Line<'a>) -> bool {
        let Some(fence) = Fence::of(line) else { return false };
        self.take(fence);
        true
    }

    /// The fence that this one closes; else it is open from now on.
    fn take(&mut self, fence: Fence<'a>) -> Option<Fence<'a>> {
        if let Some(at) = self.open.iter().rposition(|open| fence.closes(open)) {
            let closed = self.open[at];
            self.open.truncate(at);
            return Some(closed);
        }
        if self.open.len() < DEEPEST && !(self.strict && self.is_open()) {
            self.open.push(fence);
        }
        None
    }

    pub fn outermost(&self) -> Option<&Fence<'a>> {
        self.open.first()
    }

    pub fn depth(&self) -> usize {
        self.open.len()
    }

    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Lines that stand in no fence.
pub fn outside_fences<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut fences = Fences::default();
    lines.iter().filter(|line| !fences.see(line) && !fences.is_open()).copied().collect()
}

/// Index of the line that closes the fence on the first line; none where it stays open.
pub fn closing(lines: &[Line<'_>]) -> Option<usize> {
    let mut fences = Fences::default();
    lines.iter().position(|line| {
        fences.see(line);
        !fences.is_open()
    })
}

/// The same, read strictly: the first bare fence of the same mark that is long enough. For documents of our own.
pub fn closing_strict(lines: &[Line<'_>]) -> Option<usize> {
    let open = Fence::of(lines.first()?)?;
    (1..lines.len()).find(|i| Fence::of(&lines[*i]).is_some_and(|fence| fence.closes(&open)))
}

/// Where fences close, for one question after the other further down in the same lines. Each line is looked at once
/// for all the questions whose fence stays open: else a thousand unclosed fences would each read on to the end.
#[derive(Debug, Default)]
pub struct Closings {
    /// Up to which line the pairs are known, and the pairs, by the line that opens.
    known: Option<(usize, Vec<(usize, usize)>)>,
}

impl Closings {
    /// Number of the line that closes the fence on the first of these lines; none where it is open still when `stop`
    /// says so or the lines end.
    pub fn of<'a>(
        &mut self,
        lines: impl IntoIterator<Item = Line<'a>>,
        stop: impl Fn(&Line<'a>) -> bool,
    ) -> Option<usize> {
        let mut lines = lines.into_iter();
        let first = lines.next()?;
        if let Some((end, pairs)) = &self.known
            && first.number < *end
        {
            return pairs.binary_search_by_key(&first.number, |pair| pair.0).ok().map(|at| pairs[at].1);
        }
        let mut fences = Fences::default();
        fences.see(&first);
        let mut pairs = Vec::new();
        let mut end = usize::MAX;
        for line in lines {
            if stop(&line) {
                end = line.number;
                break;
            }
            let Some(fence) = Fence::of(&line) else { continue };
            let Some(closed) = fences.take(fence) else { continue };
            if !fences.is_open() {
                return Some(line.number);
            }
            pairs.push((closed.line, line.number));
        }
        pairs.sort_unstable();
        self.known = Some((end, pairs));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn open_after(text: &str) -> usize {
        let mut fences = Fences::default();
        for line in lines(text) {
            fences.see(&line);
        }
        fences.depth()
    }

    #[test]
    fn fences_nest_by_their_info_string() {
        assert_eq!(open_after("```md\n```sh\nls\n```\n```\n"), 0);
        assert_eq!(open_after("````md\n```\nls\n```\n"), 1, "three marks do not close four");
        assert_eq!(open_after("~~~\n```\n~~~\n"), 0, "the outer one closes what stands open inside");
        assert_eq!(open_after("use ``` here\n`` ` ``\n"), 0);
        assert_eq!(open_after(&"```a\n".repeat(1000)), DEEPEST);
    }

    #[test]
    fn closings_answer_for_what_stands_behind_an_unclosed_fence() {
        let all = lines("```a\n```b\n```\nx\n```c\ny\n");
        let mut closings = Closings::default();
        let mut from = |at: usize| closings.of(all[at..].iter().copied(), |_| false);
        assert_eq!((from(0), from(1), from(4)), (None, Some(3), None));
    }
}
