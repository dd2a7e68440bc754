//! The outcome of a merge as it grows, and what becomes of lines that both sides changed.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use session_sdk::Merged;

use super::lines::{matches, numbered};
use super::version::{Key, Kind, Line, Version};
use crate::table::heading;

/// What to do with lines of people that cannot be brought together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unsettled {
    /// Conflict markers, for a person.
    Marked,
    /// Ours, then theirs.
    Both,
}

/// Lines of the outcome that hold the three markers of one conflict.
pub type Marked = [usize; 3];

#[derive(Debug)]
pub struct Output<'v, 'a> {
    versions: [&'v Version<'a>; 3],
    lines: Vec<(String, &'a str)>,
    marked: Vec<Marked>,
    /// Line ends of the versions and of the outcome.
    ends: [&'a str; 3],
    end: &'a str,
    /// Rows that stand in the outcome already, or shall not.
    gone: HashSet<Key>,
    unsettled: Unsettled,
    conflicts: usize,
}

/// Lines of both sides at one place, and what stood there before.
#[derive(Clone, Copy, Debug)]
struct Region<'v, 'a> {
    base: &'v [Line<'a>],
    ours: &'v [Line<'a>],
    theirs: &'v [Line<'a>],
    /// The line below is a row of the same table.
    inside: bool,
}

impl<'v, 'a> Output<'v, 'a> {
    pub fn new(versions: [&'v Version<'a>; 3], deleted: HashSet<Key>, unsettled: Unsettled) -> Self {
        let ends = versions.map(|version| version.lines.first().map_or("\n", |line| line.end));
        let ends = ends.map(|end| if end.is_empty() { "\n" } else { end });
        let end = pick(ends[0], ends[1], ends[2]);
        Self { versions, lines: Vec::new(), marked: Vec::new(), ends, end, gone: deleted, unsettled, conflicts: 0 }
    }

    pub fn unchanged(&mut self, [base, ours, theirs]: [Range<usize>; 3]) {
        for ((base, ours), theirs) in base.zip(ours).zip(theirs) {
            let line = &self.versions[1].lines[ours];
            let end = pick(self.versions[0].lines[base].end, line.end, self.versions[2].lines[theirs].end);
            if let Kind::Row(key) = &line.kind {
                self.gone.insert(key.clone());
            }
            self.push(line, end);
        }
    }

    pub fn changed(&mut self, [base, ours, theirs]: [Range<usize>; 3]) {
        let [base_version, our_version, their_version] = self.versions;
        let inside = our_version.lines.get(ours.end).is_some_and(|line| matches!(line.kind, Kind::Row(_)));
        let region = Region {
            base: &base_version.lines[base],
            ours: &our_version.lines[ours],
            theirs: &their_version.lines[theirs],
            inside,
        };
        self.settle(region);
    }

    /// Step by step and not by recursion: a region can be as long as the document.
    fn settle(&mut self, mut region: Region<'v, 'a>) {
        let mut below = Vec::new();
        while let Some(rest) = self.step(region, &mut below) {
            region = rest;
        }
        below.into_iter().rev().for_each(|lines| self.put_all(lines));
    }

    /// Puts out what is settled at the top and keeps what is at the bottom; what comes back is left between them.
    fn step(&mut self, region: Region<'v, 'a>, below: &mut Vec<&'v [Line<'a>]>) -> Option<Region<'v, 'a>> {
        let Region { base, ours, theirs, .. } = region;
        if same(ours, theirs) || same(theirs, base) {
            self.put_all(ours);
            return None;
        }
        if same(ours, base) {
            self.put_all(theirs);
            return None;
        }
        let top = alike(ours, theirs);
        if top > 0 {
            self.put_all(&ours[..top]);
            return Some(Region { ours: &ours[top..], theirs: &theirs[top..], ..region });
        }
        let [b, o, t] = [base, ours, theirs].map(|side| run(side, is_row));
        if o + t > 0 {
            let at_end = o < ours.len() || t < theirs.len() || !region.inside;
            self.rows(&base[..b], &ours[..o], &theirs[..t], at_end);
            return Some(Region { base: &base[b..], ours: &ours[o..], theirs: &theirs[t..], ..region });
        }
        let bottom = alike_at_end(ours, theirs);
        if bottom > 0 {
            let (o, t) = (ours.len() - bottom, theirs.len() - bottom);
            below.push(&ours[o..]);
            return Some(Region { ours: &ours[..o], theirs: &theirs[..t], inside: false, ..region });
        }
        self.settle_rest(region);
        None
    }

    fn settle_rest(&mut self, Region { base, ours, theirs, .. }: Region<'v, 'a>) {
        let all = |is: fn(&Line<'_>) -> bool| [base, ours, theirs].iter().all(|side| side.iter().all(is));
        if all(is_loose) {
            self.put_lines(union(base, ours, theirs));
        } else if base.iter().all(is_blank) && all(|line| line.kind != Kind::Text) {
            self.put_all(ours);
            let apart = ours.last().is_some_and(is_blank) || !theirs.first().is_some_and(is_heading);
            if !apart {
                self.lines.push((String::new(), self.end));
            }
            self.put_all(theirs);
        } else {
            self.leave(ours, theirs);
        }
    }

    /// Rows of one table. New ones of both sides at its end are ordered by ID; elsewhere ours stand first.
    fn rows(&mut self, base: &[Line<'a>], ours: &'v [Line<'a>], theirs: &'v [Line<'a>], at_end: bool) {
        let mut rows = union(base, ours, theirs);
        if at_end && base.is_empty() && !ours.is_empty() && !theirs.is_empty() {
            rows.sort_by(|a, b| natural(id(a), id(b)));
        }
        self.put_lines(rows);
    }

    /// What people must decide.
    fn leave(&mut self, ours: &'v [Line<'a>], theirs: &'v [Line<'a>]) {
        if self.unsettled == Unsettled::Both {
            return self.put_lines(one_after_the_other(ours, theirs));
        }
        self.marked(
            |output| ours.iter().for_each(|line| output.put_marked(line, 0)),
            |output| theirs.iter().for_each(|line| output.put_marked(line, 1)),
        );
    }

    fn marked(&mut self, ours: impl FnOnce(&mut Self), theirs: impl FnOnce(&mut Self)) {
        self.conflicts += 1;
        let start = self.lines.len();
        self.mark("<<<<<<< ours");
        ours(self);
        let middle = self.lines.len();
        self.mark("=======");
        theirs(self);
        self.marked.push([start, middle, self.lines.len()]);
        self.mark(">>>>>>> theirs");
    }

    fn mark(&mut self, text: &str) {
        self.lines.push((text.to_owned(), self.end));
    }

    /// A row inside markers may stand on both sides of them.
    fn put_marked(&mut self, line: &Line<'a>, side: usize) {
        let end = self.end_of(line.end);
        if !matches!(&line.kind, Kind::Row(key) if self.gone.contains(key)) {
            let text = line.rivals().map_or(line.text.as_ref(), |(ours, theirs)| [ours, theirs][side]);
            self.lines.push((text.to_owned(), end));
        }
    }

    /// A line as it stands there; both of a row that people must choose.
    fn push(&mut self, line: &Line<'a>, end: &'a str) {
        match (line.rivals(), self.unsettled) {
            (None, _) => self.lines.push((line.text.to_string(), end)),
            (Some((ours, theirs)), Unsettled::Both) => {
                self.lines.extend([ours, theirs].map(|row| (row.to_owned(), end)));
            }
            (Some((ours, theirs)), Unsettled::Marked) => self.marked(
                |output| output.lines.push((ours.to_owned(), end)),
                |output| output.lines.push((theirs.to_owned(), end)),
            ),
        }
    }

    fn put_all(&mut self, lines: &[Line<'a>]) {
        self.put_lines(lines.iter());
    }

    fn put_lines<'l>(&mut self, lines: impl IntoIterator<Item = &'l Line<'a>>)
    where
        'a: 'l,
    {
        for line in lines {
            let end = self.end_of(line.end);
            self.put(line, end);
        }
    }

    /// A row that was moved by both sides would stand there twice, one that was moved and deleted would still be there.
    fn put(&mut self, line: &Line<'a>, end: &'a str) {
        if let Kind::Row(key) = &line.kind
            && !self.gone.insert(key.clone())
        {
            return;
        }
        self.push(line, end);
    }

    /// The common line end of a version becomes that of the outcome; any other stays.
    fn end_of(&self, end: &'a str) -> &'a str {
        if self.ends.contains(&end) { self.end } else { end }
    }

    /// One conflict from the first line to the last in which the sides differ.
    pub fn whole(&mut self) {
        let [_, ours, theirs] = self.versions.map(|version| version.lines.as_slice());
        let top = alike(ours, theirs);
        let bottom = alike_at_end(&ours[top..], &theirs[top..]);
        let [our_end, their_end] = [ours, theirs].map(|side| side.len() - bottom);
        self.put_all(&ours[..top]);
        self.leave(&ours[top..our_end], &theirs[top..their_end]);
        self.put_all(&ours[our_end..]);
    }

    /// Outcome, and where conflicts stand in it.
    pub fn finish(mut self) -> (Merged, Vec<Marked>) {
        let closed = self.versions.map(|version| version.lines.last().is_none_or(|line| !line.end.is_empty()));
        let closed = pick(closed[0], closed[1], closed[2]);
        let last = self.lines.len().saturating_sub(1);
        let mut text = String::new();
        for (i, (line, end)) in self.lines.drain(..).enumerate() {
            let end = if end.is_empty() { self.end } else { end };
            text.push_str(&line);
            text.push_str(if i < last || closed { end } else { "" });
        }
        (Merged { text, conflicts: self.conflicts }, self.marked)
    }
}

fn pick<T: PartialEq>(base: T, ours: T, theirs: T) -> T {
    if ours == base { theirs } else { ours }
}

fn is_row(line: &Line<'_>) -> bool {
    matches!(line.kind, Kind::Row(_))
}

fn is_blank(line: &Line<'_>) -> bool {
    line.kind == Kind::Blank
}

fn is_loose(line: &Line<'_>) -> bool {
    matches!(line.kind, Kind::Note | Kind::Blank)
}

fn is_heading(line: &Line<'_>) -> bool {
    heading(&line.text).is_some()
}

fn same(a: &[Line<'_>], b: &[Line<'_>]) -> bool {
    a.len() == b.len() && alike(a, b) == a.len()
}

fn alike(a: &[Line<'_>], b: &[Line<'_>]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a.text == b.text).count()
}

fn alike_at_end(a: &[Line<'_>], b: &[Line<'_>]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a.text == b.text).count()
}

fn run(lines: &[Line<'_>], is: fn(&Line<'_>) -> bool) -> usize {
    lines.iter().take_while(|line| is(line)).count()
}

/// Lines of either side, each once; what one side deleted is left out.
fn union<'v, 'a>(base: &[Line<'a>], ours: &'v [Line<'a>], theirs: &'v [Line<'a>]) -> Vec<&'v Line<'a>> {
    let set = |lines: &[Line<'a>]| lines.iter().map(|line| line.text.to_string()).collect::<HashSet<_>>();
    let [base, our, their] = [set(base), set(ours), set(theirs)];
    let ours = ours.iter().filter(|line| {
        let text = line.text.as_ref();
        is_blank(line) || !base.contains(text) || their.contains(text)
    });
    let theirs = theirs.iter().filter(|line| {
        let text = line.text.as_ref();
        !is_blank(line) && !base.contains(text) && !our.contains(text)
    });
    ours.chain(theirs).collect()
}

fn one_after_the_other<'v, 'a>(ours: &'v [Line<'a>], theirs: &'v [Line<'a>]) -> Vec<&'v Line<'a>> {
    let [old, new] = numbered([ours, theirs]);
    let mut lines = Vec::new();
    let mut taken = 0;
    // What only theirs has stands before the next common line, behind what only ours has.
    for (line, other) in ours.iter().zip(matches(&old, &new)) {
        if let Some(other) = other {
            lines.extend(&theirs[taken..other]);
            taken = other + 1;
        }
        lines.push(line);
    }
    lines.extend(&theirs[taken..]);
    lines
}

fn id<'l>(line: &'l Line<'_>) -> &'l str {
    if let Kind::Row(key) = &line.kind { &key.id } else { "" }
}

/// By letters, and numbers by their value.
fn natural(a: &str, b: &str) -> Ordering {
    let parts = |id: &str| -> Vec<(String, u64)> {
        let runs = id.split_inclusive(|c: char| !c.is_ascii_digit());
        runs.map(|run| {
            let digits = run.trim_end_matches(|c: char| !c.is_ascii_digit());
            (run[digits.len()..].to_owned(), digits.parse().unwrap_or_default())
        })
        .collect()
    };
    parts(a).iter().map(|(text, number)| (number, text)).cmp(parts(b).iter().map(|(text, number)| (number, text)))
}
