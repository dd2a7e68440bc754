//! Sessions that wait on one another. What is drawn of them is `graph/`, how a plan's error names them is `session/plan.rs`.

use petgraph::algo::{astar, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};

/// Who depends on whom, by position in the plan.
pub(crate) struct Dependencies(DiGraph<(), ()>);

impl Dependencies {
    /// The dependencies of each session.
    pub(crate) fn of(dependencies: &[Vec<usize>]) -> Self {
        let mut graph = DiGraph::with_capacity(dependencies.len(), dependencies.iter().map(Vec::len).sum());
        dependencies.iter().for_each(|_| _ = graph.add_node(()));
        for (from, all) in dependencies.iter().enumerate() {
            // Those added last are the first of a node's neighbours.
            all.iter().rev().for_each(|to| _ = graph.add_edge(NodeIndex::new(from), NodeIndex::new(*to), ()));
        }
        Self(graph)
    }

    /// Groups that reach one another, each after every group it depends on and in plan order; a session outside any cycle
    /// is a group of one. petgraph's `tarjan_scc` recurses, and a chain of 10,000 sessions is a legal plan.
    pub(crate) fn groups(&self) -> Vec<Vec<usize>> {
        let sorted = |group: Vec<NodeIndex>| {
            let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
            group.sort_unstable();
            group
        };
        kosaraju_scc(&self.0).into_iter().map(sorted).collect()
    }

    /// A cycle through a session, which it begins with: the shortest by its first dependency that leads back. Empty where
    /// none does.
    pub(crate) fn around(&self, first: usize) -> Vec<usize> {
        let first = NodeIndex::new(first);
        let back = |from: NodeIndex| astar(&self.0, from, |at| at == first, |_| 1_usize, |_| 0);
        let (_, mut path) = self.0.neighbors(first).find_map(back).unwrap_or_default();
        // It ends where the cycle begins.
        path.pop().into_iter().chain(path).map(NodeIndex::index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_after_what_they_depend_on() {
        let dependencies = [vec![1], vec![2], vec![1, 3], vec![], vec![4, 0]];
        let groups = Dependencies::of(&dependencies).groups();
        let at = |group: &[usize]| groups.iter().position(|found| found == group).expect("a group");
        assert_eq!(groups.len(), 4);
        assert!(at(&[3]) < at(&[1, 2]) && at(&[1, 2]) < at(&[0]) && at(&[0]) < at(&[4]), "{groups:?}");
    }

    #[test]
    fn a_cycle_begins_with_the_session_it_is_asked_for() {
        let graph = Dependencies::of(&[vec![4, 3, 1], vec![2], vec![0, 1], vec![0], vec![]]);
        assert_eq!([0, 1, 2, 4].map(|first| graph.around(first)), [vec![0, 3], vec![1, 2], vec![2, 0, 1], vec![]]);
    }

    #[test]
    fn a_ring_of_100_000_overflows_no_stack() {
        let ring: Vec<Vec<usize>> = (0..100_000).map(|i| vec![(i + 1) % 100_000]).collect();
        let ring = Dependencies::of(&ring);
        assert_eq!((ring.groups().len(), ring.around(7).len()), (1, 100_000));
    }
}
