//! A plan as a graph: who stands in which wave, and which dependencies are worth a line. It draws nothing.

use std::collections::HashMap;

use super::node::Node;
use super::reach::Reach;
use crate::cycles::Dependencies;

/// Sessions with their dependencies resolved. Unknown dependencies, doubles and a session's own ID are left out; of two
/// sessions with one ID the first is the one that others depend on.
#[derive(Clone, Debug)]
pub struct Graph<'n> {
    nodes: &'n [Node],
    dependencies: Vec<Vec<usize>>,
    /// Each after the groups that it depends on; longer than one is a cycle.
    components: Vec<Vec<usize>>,
    component_of: Vec<usize>,
    waves: Vec<usize>,
}

/// A dependency as an arrow of drawings: `to` depends on `from`. Both are indices into the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// Both stand in one cycle, and so in one wave.
    pub cycle: bool,
}

impl<'n> Graph<'n> {
    pub fn new(nodes: &'n [Node]) -> Self {
        let dependencies = resolve(nodes);
        let components = Dependencies::of(&dependencies).groups();
        let mut component_of = vec![0; nodes.len()];
        for (index, members) in components.iter().enumerate() {
            members.iter().for_each(|node| component_of[*node] = index);
        }
        let mut graph = Self { nodes, dependencies, components, component_of, waves: vec![0; nodes.len()] };
        graph.fill_waves();
        graph
    }

    pub const fn nodes(&self) -> &'n [Node] {
        self.nodes
    }

    /// Of each node, from 1: one more than the latest of its dependencies. Sessions of one cycle share a wave.
    pub fn waves(&self) -> &[usize] {
        &self.waves
    }

    /// Node indices of each wave, in plan order; none is empty.
    pub fn columns(&self) -> Vec<Vec<usize>> {
        let mut columns = vec![Vec::new(); self.waves.iter().copied().max().unwrap_or(0)];
        for (node, wave) in self.waves.iter().enumerate() {
            columns[wave - 1].push(node);
        }
        columns
    }

    /// Direct dependencies that are not implied by others (the transitive reduction), by `from` and then `to`. Inside a
    /// cycle every edge stays: each of them may be the one that is wrong.
    pub fn edges(&self) -> Vec<Edge> {
        let reach = Reach::above(self);
        let needed = |to: usize, from: usize| {
            !self.dependencies[to].iter().any(|other| {
                self.component_of[*other] != self.component_of[to]
                    && self.component_of[*other] != self.component_of[from]
                    && reach.row(*other).contains(from)
            })
        };
        let mut edges: Vec<Edge> = (0..self.nodes.len())
            .flat_map(|to| self.dependencies[to].iter().map(move |from| (to, *from)))
            .map(|(to, from)| Edge { from, to, cycle: self.component_of[from] == self.component_of[to] })
            .filter(|edge| edge.cycle || needed(edge.to, edge.from))
            .collect();
        edges.sort_unstable();
        edges
    }

    pub(super) fn dependencies(&self) -> &[Vec<usize>] {
        &self.dependencies
    }

    pub(super) fn components(&self) -> &[Vec<usize>] {
        &self.components
    }

    pub(super) fn component_of(&self) -> &[usize] {
        &self.component_of
    }

    fn fill_waves(&mut self) {
        for (index, members) in self.components.iter().enumerate() {
            let outside = members.iter().flat_map(|node| &self.dependencies[*node]);
            let latest = outside.filter(|node| self.component_of[**node] != index).map(|node| self.waves[*node]).max();
            members.iter().for_each(|node| self.waves[*node] = latest.unwrap_or(0) + 1);
        }
    }
}

fn resolve(nodes: &[Node]) -> Vec<Vec<usize>> {
    let mut index: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        index.entry(&node.id).or_insert(position);
    }
    let known = |(own, node): (usize, &Node)| {
        let mut found: Vec<usize> = node.depends_on.iter().filter_map(|id| index.get(id.as_str()).copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|dependency| *dependency != own && nodes[*dependency].id != node.id);
        found
    };
    nodes.iter().enumerate().map(known).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `"B: A C"` is B, which depends on A and C.
    pub(crate) fn nodes(lines: &[&str]) -> Vec<Node> {
        let node = |line: &&str| {
            let (id, depends_on) = line.split_once(':').unwrap_or((line, ""));
            let depends_on = depends_on.split_whitespace().map(str::to_owned).collect();
            Node { id: id.to_owned(), title: format!("Title of {id}"), depends_on, ..Node::default() }
        };
        lines.iter().map(node).collect()
    }

    fn arrows(lines: &[&str]) -> Vec<String> {
        let nodes = nodes(lines);
        let edges = Graph::new(&nodes).edges();
        edges
            .iter()
            .map(|e| format!("{}{}{}", nodes[e.from].id, if e.cycle { "~" } else { ">" }, nodes[e.to].id))
            .collect()
    }

    #[test]
    fn a_wave_is_one_more_than_the_latest_dependency() {
        let nodes = nodes(&["D: A C", "A", "B: A", "C: B", "E: E X"]);
        assert_eq!(Graph::new(&nodes).waves(), [4, 1, 2, 3, 1]);
        assert_eq!(Graph::new(&nodes).columns(), [vec![1, 4], vec![2], vec![3], vec![0]]);
    }

    #[test]
    fn a_cycle_shares_a_wave_between_what_is_before_and_after_it() {
        let nodes = nodes(&["A", "B: A D", "C: B", "D: C", "E: D"]);
        assert_eq!(Graph::new(&nodes).waves(), [1, 2, 2, 2, 3]);
    }

    #[test]
    fn the_second_of_two_with_one_id_is_nobodys_dependency() {
        let nodes = nodes(&["A", "B: A", "A: B", "C: A"]);
        assert_eq!(Graph::new(&nodes).waves(), [1, 2, 3, 2]);
    }

    #[test]
    fn implied_edges_are_left_out() {
        assert_eq!(arrows(&["A", "B: A", "C: A B", "D: A B C"]), ["A>B", "B>C", "C>D"]);
        assert_eq!(arrows(&["A", "B: A", "C: A", "D: B C A A"]), ["A>B", "A>C", "B>D", "C>D"]);
    }

    #[test]
    fn a_cycle_keeps_its_edges_and_what_leads_into_it() {
        assert_eq!(arrows(&["A", "B: A C", "C: A B", "D: B A"]), ["A>B", "A>C", "B~C", "B>D", "C~B"]);
    }

    #[test]
    fn nothing_is_a_graph_too() {
        assert!(Graph::new(&[]).columns().is_empty() && Graph::new(&[]).edges().is_empty());
    }

    #[test]
    fn a_chain_of_10_000_that_all_know_the_first() {
        let chain: Vec<String> = (0..10_000).map(|i| format!("S-{i}: S-{} S-0", i - i.min(1))).collect();
        let nodes = nodes(&chain.iter().map(String::as_str).collect::<Vec<_>>());
        let graph = Graph::new(&nodes);
        assert_eq!(graph.waves().last(), Some(&10_000));
        assert_eq!(graph.edges().len(), 9_999);
    }
}
