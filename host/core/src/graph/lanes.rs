//! The graph in columns of cells: a cell is a session or a lane, a place that a long edge passes through so that it does
//! not run through boxes. Which cell stands above which is `order.rs`.

use super::waves::{Edge, Graph};

/// A plan of thousands of sessions may need millions of lanes, which nobody can read; edges go straight from here on.
const MOST_LANES: usize = 20_000;

/// Cells below the number of sessions are these sessions; the others are lanes.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// Top-down, left to right.
    pub columns: Vec<Vec<usize>>,
    /// Neighbours of each cell in the column before and after it.
    pub before: Vec<Vec<usize>>,
    pub after: Vec<Vec<usize>>,
    pub trees: Vec<Tree>,
    pub cycles: Vec<Edge>,
    pub sessions: usize,
}

/// All edges that leave one session. They share their lanes, so that ten long edges are one line that branches.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub from: usize,
    /// One in each column after that of `from`.
    pub lanes: Vec<usize>,
    /// The cell where an edge leaves the tree, and the session where it ends.
    pub ends: Vec<(usize, usize)>,
}

impl Lanes {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let (cycles, forward): (Vec<Edge>, Vec<Edge>) = graph.edges().into_iter().partition(|edge| edge.cycle);
        let sessions = graph.nodes().len();
        let mut lanes = Self {
            columns: graph.columns(),
            before: vec![Vec::new(); sessions],
            after: vec![Vec::new(); sessions],
            trees: Vec::new(),
            cycles,
            sessions,
        };
        for edges in forward.chunk_by(|a, b| a.from == b.from) {
            lanes.plant(edges, graph.waves());
        }
        lanes
    }

    pub(super) fn is_session(&self, cell: usize) -> bool {
        cell < self.sessions
    }

    fn plant(&mut self, edges: &[Edge], waves: &[usize]) {
        let from = edges[0].from;
        let span = edges.iter().map(|edge| waves[edge.to] - waves[from]).max().unwrap_or(1);
        let free = MOST_LANES.saturating_sub(self.before.len() - self.sessions);
        let lanes: Vec<usize> = (0..(span - 1).min(free)).map(|step| self.lane(waves[from] + step)).collect();
        let chain: Vec<usize> = [from].into_iter().chain(lanes.iter().copied()).collect();
        chain.windows(2).for_each(|pair| self.link(pair[0], pair[1]));
        let mut ends = Vec::with_capacity(edges.len());
        for edge in edges {
            let step = waves[edge.to] - waves[from] - 1;
            let last = chain[step.min(chain.len() - 1)];
            if step < chain.len() {
                self.link(last, edge.to);
            }
            ends.push((last, edge.to));
        }
        self.trees.push(Tree { from, lanes, ends });
    }

    /// A new lane at the bottom of a column.
    fn lane(&mut self, column: usize) -> usize {
        let cell = self.before.len();
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        self.columns[column].push(cell);
        cell
    }

    fn link(&mut self, left: usize, right: usize) {
        self.after[left].push(right);
        self.before[right].push(left);
    }
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn long_edges_of_one_session_share_their_lanes() {
        let nodes = nodes(&["A", "B", "C: B", "D: C A", "E: D", "F: E B", "G: E A"]);
        let lanes = Lanes::new(&Graph::new(&nodes));
        // A reaches D in the third column by one lane; B's edge to F is implied.
        assert_eq!(lanes.columns, [vec![0, 1], vec![2, 7], vec![3], vec![4], vec![5, 6]]);
        assert_eq!(lanes.trees[0].ends, [(7, 3)]);
        assert_eq!((&lanes.before[3], &lanes.after[7]), (&vec![7, 2], &vec![3]));
    }

    #[test]
    fn lanes_have_an_end() {
        // 300 sources that only the last of a chain of 300 needs: 90,000 lanes, were they not limited.
        let mut lines: Vec<String> = (0..300).map(|i| format!("C-{i}: C-{}", i - 1)).collect();
        lines.extend((0..300).map(|i| format!("S-{i}")));
        let all: Vec<String> = (0..300).map(|i| format!("S-{i}")).collect();
        lines.push(format!("L: C-299 {}", all.join(" ")));
        let nodes = nodes(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let lanes = Lanes::new(&Graph::new(&nodes));
        assert_eq!(lanes.before.len() - lanes.sessions, MOST_LANES);
        assert_eq!(lanes.trees.iter().map(|tree| tree.ends.len()).sum::<usize>(), 299 + 301);
    }
}
