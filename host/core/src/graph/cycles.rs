//! Sessions that wait on one another, found by Tarjan's algorithm without recursion. The words of the error are
//! `session/plan.rs`.

/// Groups that reach one another, each after every group it depends on; a session outside any cycle is a group of one.
/// petgraph's `tarjan_scc` recurses, and a chain of 10,000 sessions is a legal plan.
pub(super) fn components(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut walk = Walk::new(dependencies);
    for node in 0..dependencies.len() {
        walk.from(node);
    }
    walk.found
}

struct Walk<'d> {
    dependencies: &'d [Vec<usize>],
    /// When it was entered, from 1; 0 is not yet.
    entered: Vec<usize>,
    low: Vec<usize>,
    open: Vec<bool>,
    stack: Vec<usize>,
    /// Node and the dependency that is next: what recursion would hold.
    calls: Vec<(usize, usize)>,
    clock: usize,
    found: Vec<Vec<usize>>,
}

impl<'d> Walk<'d> {
    fn new(dependencies: &'d [Vec<usize>]) -> Self {
        let size = dependencies.len();
        Self {
            dependencies,
            entered: vec![0; size],
            low: vec![0; size],
            open: vec![false; size],
            stack: Vec::new(),
            calls: Vec::new(),
            clock: 0,
            found: Vec::new(),
        }
    }

    fn from(&mut self, first: usize) {
        if self.entered[first] == 0 {
            self.enter(first);
        }
        while let Some((node, next)) = self.calls.last_mut() {
            let node = *node;
            if let Some(dependency) = self.dependencies[node].get(*next).copied() {
                *next += 1;
                self.see(node, dependency);
            } else {
                self.leave(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.clock += 1;
        self.entered[node] = self.clock;
        self.low[node] = self.clock;
        self.open[node] = true;
        self.stack.push(node);
        self.calls.push((node, 0));
    }

    fn see(&mut self, node: usize, dependency: usize) {
        if self.entered[dependency] == 0 {
            self.enter(dependency);
        } else if self.open[dependency] {
            self.low[node] = self.low[node].min(self.entered[dependency]);
        }
    }

    fn leave(&mut self, node: usize) {
        self.calls.pop();
        if let Some((caller, _)) = self.calls.last() {
            self.low[*caller] = self.low[*caller].min(self.low[node]);
        }
        if self.low[node] == self.entered[node] {
            self.close(node);
        }
    }

    /// Everything on the stack from `node` on is its group, in plan order.
    fn close(&mut self, node: usize) {
        let start = self.stack.iter().rposition(|other| *other == node).unwrap_or(0);
        let mut group = self.stack.split_off(start);
        for member in &group {
            self.open[*member] = false;
        }
        group.sort_unstable();
        self.found.push(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_after_what_they_depend_on() {
        let dependencies = [vec![1], vec![2], vec![1, 3], vec![], vec![4, 0]];
        assert_eq!(components(&dependencies), [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_ring_of_100_000_overflows_no_stack() {
        let ring: Vec<Vec<usize>> = (0..100_000).map(|i| vec![(i + 1) % 100_000]).collect();
        assert_eq!(components(&ring).len(), 1);
    }
}
