//! Who depends on whom, directly or through others, as a bit per pair: 12 MB for 10,000 sessions.

use fixedbitset::FixedBitSet;

use super::waves::Graph;

/// Per session all that it depends on, or all that depends on it; in both, itself and whoever shares a cycle with it.
#[derive(Clone, Debug)]
pub(super) struct Reach<'g> {
    component_of: &'g [usize],
    /// Of each component, the sessions.
    rows: Vec<FixedBitSet>,
}

impl<'g> Reach<'g> {
    pub(super) fn above(graph: &'g Graph<'_>) -> Self {
        let mut reach = Self::alone(graph);
        for (index, members) in graph.components().iter().enumerate() {
            for dependency in members.iter().flat_map(|node| &graph.dependencies()[*node]) {
                reach.join(index, *dependency, reach.component_of[*dependency]);
            }
        }
        reach
    }

    pub(super) fn below(graph: &'g Graph<'_>) -> Self {
        let mut reach = Self::alone(graph);
        for (index, members) in graph.components().iter().enumerate().rev() {
            for dependency in members.iter().flat_map(|node| &graph.dependencies()[*node]) {
                reach.join(reach.component_of[*dependency], members[0], index);
            }
        }
        reach
    }

    pub(super) fn row(&self, node: usize) -> &FixedBitSet {
        &self.rows[self.component_of[node]]
    }

    fn alone(graph: &'g Graph<'_>) -> Self {
        let row = |members: &Vec<usize>| {
            let mut row = FixedBitSet::with_capacity(graph.nodes().len());
            members.iter().for_each(|node| row.insert(*node));
            row
        };
        Self { component_of: graph.component_of(), rows: graph.components().iter().map(row).collect() }
    }

    /// `node` of component `other` is reached from component `own`. What is known already brings nothing new, which
    /// is most of a dense plan.
    fn join(&mut self, own: usize, node: usize, other: usize) {
        if own != other && !self.rows[own].contains(node) {
            let (low, high) = self.rows.split_at_mut(own.max(other));
            let (into, from) = if own < other { (&mut low[own], &high[0]) } else { (&mut high[0], &low[other]) };
            into.union_with(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn both_ways_through_others_and_through_cycles() {
        let nodes = nodes(&["A", "B: A C", "C: B", "D: C", "E", "F: E D"]);
        let graph = Graph::new(&nodes);
        let (above, below) = (Reach::above(&graph), Reach::below(&graph));
        let all = |reach: &Reach<'_>, node| reach.row(node).ones().collect::<Vec<_>>();
        assert_eq!((all(&above, 0), all(&below, 0)), (vec![0], vec![0, 1, 2, 3, 5]));
        assert_eq!((all(&above, 1), all(&below, 1)), (vec![0, 1, 2], vec![1, 2, 3, 5]));
        assert_eq!((all(&above, 3), all(&below, 3)), (vec![0, 1, 2, 3], vec![3, 5]));
        assert_eq!((all(&above, 5), all(&below, 4)), (vec![0, 1, 2, 3, 4, 5], vec![4, 5]));
    }
}
