//! Sessions that may run at the same time and may change the same file. It warns of what could happen; that nothing was
//! overwritten is git's business when the sessions are merged.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use super::collisions::Collisions;
use super::node::Node;
use super::reach::Reach;
use super::waves::Graph;

/// Nobody reads more of them.
const MOST_FOUND: usize = 1_000;
/// Of patterns, at a few tenths of a microsecond each.
const MOST_COMPARED: usize = 1_000_000;

/// Two sessions, as indices into the nodes and in plan order, and the first pattern of each that meets one of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap<'n> {
    pub a: usize,
    pub b: usize,
    pub pattern_a: &'n str,
    pub pattern_b: &'n str,
}

/// One entry per pair of sessions, in plan order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlaps<'n> {
    /// The first 1,000.
    pub found: Vec<Overlap<'n>>,
    /// How many there are; where `complete` is false, at least how many.
    pub total: usize,
    /// Nothing was left uncompared: false only for thousands of different patterns that begin and end with wildcards.
    pub complete: bool,
}

/// Pairs of which neither depends on the other. Leave sessions that are done out of the graph if only what can still
/// happen is of interest; whatever they depend on is done too, so that no way through them is lost.
pub fn overlaps<'n>(graph: &Graph<'n>) -> Overlaps<'n> {
    let plan = Plan::new(graph.nodes());
    let (above, below) = (Reach::above(graph), Reach::below(graph));
    let mut result = Overlaps { complete: plan.collisions.complete, ..Overlaps::default() };
    for a in 0..graph.nodes().len() {
        let mut others = plan.neighbours(a);
        others.remove_range(..a);
        others.difference_with(above.row(a));
        others.difference_with(below.row(a));
        let room = MOST_FOUND - result.found.len();
        result.total += others.count_ones(..);
        result.found.extend(others.ones().filter_map(|b| plan.name(a, b)).take(room));
    }
    result
}

/// Sessions and patterns, each pattern once however many sessions have it.
struct Plan<'n> {
    texts: Vec<&'n str>,
    /// Pattern indices of each session, in its order.
    patterns: Vec<Vec<usize>>,
    /// Sessions of each pattern, ascending.
    owners: Vec<Vec<usize>>,
    /// What `add_meeting` finds for each pattern that more than one session has: `src/**` in all of 10,000 sessions
    /// would otherwise be 100 million steps.
    shared: Vec<Option<FixedBitSet>>,
    collisions: Collisions,
}

impl<'n> Plan<'n> {
    fn new(nodes: &'n [Node]) -> Self {
        let mut index: HashMap<&str, usize> = HashMap::new();
        let (mut texts, mut owners) = (Vec::new(), Vec::<Vec<usize>>::new());
        let mut patterns = vec![Vec::new(); nodes.len()];
        let all =
            nodes.iter().enumerate().flat_map(|(session, node)| node.files.iter().map(move |text| (session, text)));
        for (session, text) in all {
            let pattern = *index.entry(text).or_insert(texts.len());
            if pattern == texts.len() {
                texts.push(text.as_str());
                owners.push(Vec::new());
            }
            if owners[pattern].last() != Some(&session) {
                owners[pattern].push(session);
                patterns[session].push(pattern);
            }
        }
        let collisions = Collisions::new(&texts, MOST_COMPARED);
        Self { texts, patterns, shared: Vec::new(), owners, collisions }.share()
    }

    fn share(mut self) -> Self {
        let shared = |pattern: usize| {
            let mut found = FixedBitSet::with_capacity(self.patterns.len());
            (self.owners[pattern].len() > 1).then(|| self.add_meeting(pattern, &mut found)).map(|()| found)
        };
        self.shared = (0..self.texts.len()).map(shared).collect();
        self
    }

    /// Sessions with a pattern that meets one of this session's.
    fn neighbours(&self, session: usize) -> FixedBitSet {
        let mut found = FixedBitSet::with_capacity(self.patterns.len());
        for pattern in &self.patterns[session] {
            match &self.shared[*pattern] {
                Some(sessions) => found.union_with(sessions),
                None => self.add_meeting(*pattern, &mut found),
            }
        }
        found
    }

    /// Sessions with a pattern that meets this one.
    fn add_meeting(&self, pattern: usize, found: &mut FixedBitSet) {
        for other in self.collisions.of(pattern) {
            self.owners[*other].iter().for_each(|owner| found.insert(*owner));
        }
    }

    fn name(&self, a: usize, b: usize) -> Option<Overlap<'n>> {
        let meets = |x: usize, y: usize| self.collisions.of(x).binary_search(&y).is_ok();
        let pairs = self.patterns[a].iter().flat_map(|x| self.patterns[b].iter().map(move |y| (*x, *y)));
        let (x, y) = pairs.into_iter().find(|(x, y)| meets(*x, *y))?;
        Some(Overlap { a, b, pattern_a: self.texts[x], pattern_b: self.texts[y] })
    }
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    /// `"B: A | src/** x.rs"` is B, which depends on A and changes `src/**` and `x.rs`.
    fn plan(lines: &[&str]) -> Vec<Node> {
        let heads: Vec<&str> = lines.iter().map(|line| line.split('|').next().unwrap()).collect();
        let mut nodes = nodes(&heads);
        for (node, line) in nodes.iter_mut().zip(lines) {
            node.files = line.split('|').nth(1).unwrap_or("").split_whitespace().map(str::to_owned).collect();
        }
        nodes
    }

    fn found(lines: &[&str]) -> Vec<String> {
        let nodes = plan(lines);
        let result = overlaps(&Graph::new(&nodes));
        assert!(result.complete && result.total == result.found.len());
        let name = |o: &Overlap<'_>| format!("{} {} {} {}", nodes[o.a].id, nodes[o.b].id, o.pattern_a, o.pattern_b);
        result.found.iter().map(name).collect()
    }

    #[test]
    fn only_sessions_that_may_run_at_once_collide() {
        let lines = ["A:|src/**", "B: A|src/x.rs", "C: B|src/**/*.rs", "D:|docs/d.md src/x.rs", "E:|docs/e.md"];
        assert_eq!(found(&lines), ["A D src/** src/x.rs", "B D src/x.rs src/x.rs", "C D src/**/*.rs src/x.rs"]);
    }

    #[test]
    fn a_pair_is_named_once_and_a_session_never_collides_with_itself() {
        assert_eq!(found(&["A:|src/** src/a.rs src/**", "B:|src/a.rs src/**"]), ["A B src/** src/a.rs"]);
    }

    #[test]
    fn sessions_of_a_cycle_never_run_at_once() {
        assert!(found(&["A: B|x", "B: A|x"]).is_empty());
    }

    #[test]
    fn no_pattern_collides_with_nothing() {
        assert!(found(&["A:|", "B:|**"]).is_empty());
    }

    #[test]
    fn the_first_1000_are_shown_and_all_are_counted() {
        let lines: Vec<String> = (0..100).map(|i| format!("S{i}:|src/**")).collect();
        let nodes = plan(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let result = overlaps(&Graph::new(&nodes));
        assert_eq!((result.found.len(), result.total, result.complete), (1_000, 4_950, true));
        assert!(result.found.is_sorted_by_key(|overlap| (overlap.a, overlap.b)));
    }
}
