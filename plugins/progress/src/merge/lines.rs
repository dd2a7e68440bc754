//! The merge of lines: what all three versions have in common, and what lies between. Whether that is a conflict is for
//! `region.rs`.
//!
//! `similar` finds the lines that two versions have in common. Its own three-way merge is not used: it holds every
//! algorithm for every kind of text, 400 kB of a component.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;

use similar::algorithms::{DiffHook, myers};

use super::version::Line;

/// Lines of base, ours and theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// All three are equal.
    pub stable: bool,
    pub lines: [Range<usize>; 3],
}

/// Each different line gets a number: line ends are no difference.
pub fn numbered<'v, const N: usize>(versions: [&'v [Line<'_>]; N]) -> [Vec<usize>; N] {
    let mut numbers: HashMap<&'v str, usize> = HashMap::new();
    versions.map(|lines| {
        let mut number = |line: &'v Line<'_>| {
            let next = numbers.len();
            *numbers.entry(line.text.as_ref()).or_insert(next)
        };
        lines.iter().map(&mut number).collect()
    })
}

/// For each old line the new one that it is.
pub fn matches(old: &[usize], new: &[usize]) -> Vec<Option<usize>> {
    let mut hook = Matches(vec![None; old.len()]);
    let Ok(()) = myers::diff(&mut hook, old, 0..old.len(), new, 0..new.len());
    hook.0
}

struct Matches(Vec<Option<usize>>);

impl DiffHook for Matches {
    type Error = Infallible;

    fn equal(&mut self, old: usize, new: usize, count: usize) -> Result<(), Infallible> {
        self.0[old..old + count].iter_mut().zip(new..).for_each(|(line, new)| *line = Some(new));
        Ok(())
    }
}

/// Cuts three versions where all of them have a line in common.
pub fn regions([base, ours, theirs]: &[Vec<usize>; 3]) -> Vec<Region> {
    let (in_ours, in_theirs) = (matches(base, ours), matches(base, theirs));
    let anchors = in_ours.into_iter().zip(in_theirs).enumerate();
    let anchors = anchors.filter_map(|(line, (our, their))| Some([line, our?, their?]));
    let mut regions: Vec<Region> = Vec::new();
    let mut at = [0; 3];
    for anchor in anchors {
        if anchor != at {
            regions.push(Region { stable: false, lines: between(at, anchor) });
        }
        at = anchor.map(|line| line + 1);
        match regions.last_mut().filter(|last| last.stable) {
            Some(last) => last.lines.iter_mut().zip(at).for_each(|(lines, end)| lines.end = end),
            None => regions.push(Region { stable: true, lines: between(anchor, at) }),
        }
    }
    let end = [base.len(), ours.len(), theirs.len()];
    if at != end {
        regions.push(Region { stable: false, lines: between(at, end) });
    }
    regions
}

fn between(start: [usize; 3], end: [usize; 3]) -> [Range<usize>; 3] {
    [0, 1, 2].map(|i| start[i]..end[i])
}
