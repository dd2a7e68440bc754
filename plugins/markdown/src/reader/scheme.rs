//! Which headings open the units of a document: decided by all of its headings together, before it is cut. Where a unit
//! ends is `boundaries.rs`.

use std::collections::{HashMap, HashSet};

use session_sdk::id;

use super::comment::Comments;
use super::element;
use super::fence::Fences;
use super::heading::{Heading, Opening, OpeningKind, heading, underlined};
use super::lines::{Line, Lines};
use super::section;

/// How the units of one document are written.
#[derive(Debug, Default)]
pub(super) struct Scheme<'a> {
    /// Level of the units' headings; 0 in a document of elements alone, where no heading opens or ends anything.
    pub level: usize,
    /// The documented dialect: the word Session, or elements.
    pub dialect: bool,
    /// IDs such as `EPIC-03` are units: there are no others.
    groups: bool,
    /// Sections stand on the level of the units, throughout.
    pub flat: bool,
    /// IDs that a heading of the units' level opens.
    ids: HashSet<&'a str>,
    /// Letters of these.
    own: HashSet<&'a str>,
    /// Letters of IDs with the first of them, and whether there is another.
    letters: HashMap<&'a str, (&'a str, bool)>,
    /// Whether units may stand one level above the others, and one below, whatever their letters.
    neighbours: [bool; 2],
}

/// What a heading that could open a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A unit.
    Here,
    /// A unit, one level off.
    Off,
    /// It speaks of a unit that has its heading elsewhere.
    Mention,
    /// Too far off, or no ID at all.
    Nowhere,
}

impl<'a> Scheme<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut look = Look::default();
        let mut lines = Lines::of(text);
        while let Some(line) = lines.next() {
            look.line(&line, &lines);
        }
        look.scheme()
    }

    /// What a heading outside fences is, in the unit with this ID.
    pub(super) fn place(&self, opening: &Opening<'a>, inside: Option<&str>) -> Place {
        let off = opening.level.abs_diff(self.level);
        if off > 1 || self.level == 0 || opening.group != self.groups || opening.weak && !self.is_known(opening.id) {
            return Place::Nowhere;
        }
        let deeper = opening.level > self.level;
        match off {
            0 => Place::Here,
            _ if inside == Some(opening.id) || deeper && self.ids.contains(opening.id) => Place::Mention,
            _ if self.neighbours[usize::from(deeper)] || self.own.contains(id::letters(opening.id)) => Place::Off,
            _ => Place::Nowhere,
        }
    }

    /// Another unit has the letters of this ID.
    fn is_known(&self, id: &str) -> bool {
        self.letters.get(id::letters(id)).is_some_and(|(first, more)| *more || *first != id)
    }
}

/// A heading that could open a unit.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    opening: Opening<'a>,
    /// It repeats the ID that it stands under.
    repeats: bool,
    /// It has text of its own below it.
    text: bool,
    /// The next heading of its level is that of a section, and none stands below it.
    flat: bool,
    /// A section stands below it.
    deep: bool,
}

/// What one walk over the document sees.
#[derive(Default)]
struct Look<'a> {
    candidates: Vec<Candidate<'a>>,
    /// By level, the candidate that is open.
    open: [Option<usize>; 7],
    elements: bool,
    in_element: bool,
    /// Level of the first heading in a fence that could open a unit.
    fenced: Option<usize>,
    fences: Fences<'a>,
    comments: Comments,
    above: Option<Line<'a>>,
    first: bool,
}

impl<'a> Look<'a> {
    fn line(&mut self, line: &Line<'a>, below: &Lines<'a>) {
        let hidden = self.comments.is_open(line) || !self.fences.is_open() && self.comments.see(line, below.clone());
        let found = match line.mark().filter(|_| !hidden) {
            Some(b'#') => heading(line),
            Some(b'=' | b'-') if !self.fences.is_open() && self.first => {
                self.above.as_ref().and_then(|above| underlined(line, above))
            }
            Some(b'`' | b'~') => {
                self.fences.see(line);
                None
            }
            Some(b'<') if element::counts(&self.fences) => {
                self.tag(line);
                None
            }
            _ => None,
        };
        match found {
            Some(found) if self.fences.is_open() => {
                self.fenced = self
                    .fenced
                    .or_else(|| Some(Opening::of(&found).filter(|found| !found.weak && !found.group)?.level));
            }
            Some(found) => self.heading(&found),
            None if !hidden && !line.is_blank() => self.text(),
            None => {}
        }
        self.first = self.above.as_ref().is_none_or(Line::is_blank);
        self.above = Some(*line);
    }

    fn tag(&mut self, line: &Line<'a>) {
        if element::opens(line).is_some() {
            (self.elements, self.in_element) = (true, true);
        } else if element::closes(line) {
            self.in_element = false;
        }
    }

    fn heading(&mut self, heading: &Heading<'a>) {
        let opening = Opening::of(heading).filter(|found| is_session(found) || !self.in_element);
        self.in_element &= !opening.as_ref().is_some_and(is_session);
        for (level, open) in self.open.iter_mut().enumerate().skip(heading.level) {
            if let Some(at) = open.take() {
                let candidate = &mut self.candidates[at];
                candidate.flat = level == heading.level && !candidate.deep && section::is_known(heading);
            }
        }
        let Some(opening) = opening else {
            if section::is_known(heading) {
                self.open.iter().flatten().for_each(|at| self.candidates[*at].deep = true);
            }
            return self.text();
        };
        let repeats = self.open[..heading.level].iter().flatten();
        let repeats = repeats.into_iter().any(|at| self.candidates[*at].opening.id == opening.id);
        self.open[heading.level] = Some(self.candidates.len());
        self.candidates.push(Candidate { opening, repeats, text: false, flat: false, deep: false });
    }

    /// A text belongs to the innermost candidate above it.
    fn text(&mut self) {
        if let Some(at) = self.open.iter().rev().flatten().next() {
            self.candidates[*at].text = true;
        }
    }

    fn scheme(mut self) -> Scheme<'a> {
        let some = !self.elements && !self.candidates.is_empty();
        let groups = some && self.candidates.iter().all(|one| one.opening.group);
        self.candidates.retain(|one| one.opening.group == groups);
        let mut letters: HashMap<&str, (&str, bool)> = HashMap::new();
        for candidate in &self.candidates {
            let id = candidate.opening.id;
            let (first, more) = letters.entry(id::letters(id)).or_insert((id, false));
            *more |= *first != id;
        }
        let session = self.candidates.iter().find(|one| is_session(&one.opening));
        let mut scheme = Scheme { letters, dialect: session.is_some() || self.elements, groups, ..Scheme::default() };
        let counted = |one: &&Candidate<'_>| !one.opening.weak || scheme.is_known(one.opening.id);
        let mut counts = [0_usize; 7];
        let mut texts = [false; 7];
        for one in self.candidates.iter().filter(counted).filter(|one| !one.repeats) {
            counts[one.opening.level] += 1;
            texts[one.opening.level] |= one.text;
        }
        let strong = || self.candidates.iter().find(|one| !one.opening.weak).map(|one| one.opening.level);
        let level = match session {
            Some(session) => Some(session.opening.level),
            None if self.elements => strong(),
            None => (1..5)
                .rev()
                .find(|level| counts[*level] > 1 && texts[*level])
                .map(|level| self.of_letters(level, &counts))
                .or_else(strong),
        };
        let level = level.or(self.fenced.filter(|_| !self.elements)).unwrap_or(0);
        let on_level = || self.candidates.iter().filter(counted).filter(|one| one.opening.level == level);
        let ids: HashSet<&str> = on_level().map(|one| one.opening.id).collect();
        let own = ids.iter().map(|id| id::letters(id)).collect();
        let flat = 2 * on_level().filter(|one| one.flat).count() > on_level().count();
        // Where many stand on a neighbouring level without the dialect's word, they group the units.
        let few = |level: usize| scheme.dialect || counts.get(level).is_some_and(|count| *count < 2);
        let neighbours = [level > 0 && few(level - 1), few(level + 1)];
        (scheme.level, scheme.flat, scheme.neighbours) = (level, flat, neighbours);
        (scheme.ids, scheme.own) = (ids, own);
        scheme
    }

    /// The level of most units that have the letters of those on this one: some may stand one level off.
    fn of_letters(&self, level: usize, counts: &[usize; 7]) -> usize {
        let on = |level: usize| self.candidates.iter().filter(move |one| one.opening.level == level && !one.repeats);
        let letters: HashSet<&str> = on(level).map(|one| id::letters(one.opening.id)).collect();
        let above = level.saturating_sub(1);
        let shared = on(above).any(|one| letters.contains(id::letters(one.opening.id)));
        if shared && counts[above] >= counts[level] { above } else { level }
    }
}

fn is_session(opening: &Opening<'_>) -> bool {
    matches!(opening.kind, OpeningKind::Session | OpeningKind::Ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (usize, bool, bool) {
        let scheme = Scheme::of(text);
        (scheme.level, scheme.dialect, scheme.flat)
    }

    #[test]
    fn levels_of_units() {
        assert_eq!(of("# A-1: x\n## Session A-2: y\n### Prompt\n"), (2, true, false));
        assert_eq!(
            of("## A-1: One\nx\n### A-1: its tests\ny\n## A-2: Two\nx\n### A-2: its tests\ny\n"),
            (2, false, false)
        );
        assert_eq!(of("## AUTH-1: x\n### T-1: y\nz\n### T-2: y\n## AUTH-2: x\n### T-3: z\n"), (3, false, false));
        assert_eq!(of("## UTF-8 in names\nx\n### T-1: y\nz\n"), (3, false, false));
        assert_eq!(of("<session id=\"A-1\">\n## B-1: x\n</session>\n"), (0, true, false));
        assert_eq!(of("nothing\n"), (0, false, false));
        assert_eq!(of("# EPIC-1: x\n## T-1: y\nz\n# EPIC-2: x\ny\n"), (2, false, false));
        assert_eq!(of("# EPIC-1: x\ny\n# EPIC-2: x\ny\n"), (1, false, false));
        let off = "## A-1: x\ny\n## A-2: x\ny\n### A-3: x\ny\n### A-4: x\ny\n";
        assert_eq!(of(off), (2, false, false), "{off}");
    }

    #[test]
    fn flat_is_throughout() {
        assert!(of("## Session A-1: x\n\n## Prompt\n\n## Session A-2: y\n## Prompt\n").2);
        assert!(!of("## Session A-1: x\n### Prompt\n## Session A-2: y\n### Prompt\n## Verification\n").2);
        assert!(!of("## Session A-1: x\n## Session A-2: y\n## Verification\n").2);
    }
}
