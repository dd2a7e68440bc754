//! The graph for a terminal: a block per wave and a line per session. No colour; the caller may paint whole lines.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::clean::clean;
use super::measure::{columns, cut, width};
use super::node::{Node, NodeState};
use super::waves::Graph;

/// A title is not cut below this for the sake of the dependencies behind it.
const SHORTEST_TITLE: f64 = 16.0;

/// `  ✓ BE-04  done  Matcher engine  ← BE-01, BE-03`, no line wider than `max_width` columns. Dependencies that are
/// implied by others are left out, those that no session has are named as such.
pub fn text(graph: &Graph<'_>, max_width: usize) -> String {
    let arrows = arrows(graph);
    let heads = heads(graph.nodes());
    let mut out = String::new();
    for (wave, members) in (1..).zip(graph.columns()) {
        let gap = if wave == 1 { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}", cut(&format!("Wave {wave}"), of(max_width), columns));
        for node in members {
            let line = line(&heads[node], &clean(&graph.nodes()[node].title), &arrows[node], of(max_width));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

/// Symbol, ID and word of each session, as wide as the widest.
fn heads(nodes: &[Node]) -> Vec<String> {
    let ids: Vec<String> = nodes.iter().map(|node| clean(&node.id)).collect();
    let widest_id = ids.iter().map(|id| width(id, columns)).fold(0.0, f64::max);
    let widest_word = nodes.iter().map(|node| width(node.state.word(), columns)).fold(0.0, f64::max);
    let head = |(node, id): (&Node, &String)| {
        let state: NodeState = node.state;
        format!("  {} {}  {}  ", state.symbol(), pad(id, widest_id), pad(state.word(), widest_word))
    };
    nodes.iter().zip(&ids).map(head).collect()
}

/// `← BE-01, BE-03` of each session, or nothing.
fn arrows(graph: &Graph<'_>) -> Vec<String> {
    let nodes = graph.nodes();
    let mut names: Vec<Vec<String>> = vec![Vec::new(); nodes.len()];
    for edge in graph.edges() {
        let note = if edge.cycle { " (cycle)" } else { "" };
        names[edge.to].push(format!("{}{note}", clean(&nodes[edge.from].id)));
    }
    let known: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    for (node, names) in nodes.iter().zip(&mut names) {
        let unknown = node.depends_on.iter().filter(|id| !known.contains(id.as_str()));
        names.extend(unknown.map(|id| format!("{} (not in the plan)", clean(id))));
    }
    names.iter().map(|names| if names.is_empty() { String::new() } else { format!("← {}", names.join(", ")) }).collect()
}

fn line(head: &str, title: &str, arrow: &str, max: f64) -> String {
    let free = (max - width(head, columns)).max(0.0);
    if arrow.is_empty() {
        return cut(&format!("{head}{}", cut(title, free, columns)), max, columns);
    }
    let for_title = (free - width(arrow, columns) - 2.0).max(SHORTEST_TITLE.min(free));
    cut(&format!("{head}{}  {arrow}", cut(title, for_title, columns)), max, columns)
}

fn pad(text: &str, to: f64) -> String {
    let mut padded = text.to_owned();
    while width(&padded, columns) < to {
        padded.push(' ');
    }
    padded
}

/// Widths of terminals are small; everything above is "as wide as it likes".
fn of(columns: usize) -> f64 {
    u32::try_from(columns).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    fn plan() -> Vec<Node> {
        let mut nodes =
            nodes(&["BE-01", "DB-001: X-9", "BE-03: BE-01", "BE-04: BE-01 BE-03 DB-001", "C-1: C-2", "C-2: C-1"]);
        nodes[0].state = NodeState::Done;
        nodes[3].title = "漢字 engine\u{1b}[2J for every one of the many rules".into();
        nodes[3].state = NodeState::RolledBack;
        nodes
    }

    #[test]
    fn a_block_per_wave_and_a_line_per_session() {
        let nodes = plan();
        let expected = "\
Wave 1
  ✓ BE-01   done         Title of BE-01
  ○ DB-001  pending      Title of DB-001  ← X-9 (not in the plan)
  ○ C-1     pending      Title of C-1  ← C-2 (cycle)
  ○ C-2     pending      Title of C-2  ← C-1 (cycle)

Wave 2
  ○ BE-03   pending      Title of BE-03  ← BE-01

Wave 3
  ↶ BE-04   rolled back  漢字 engine [2J for every one of the…  ← DB-001, BE-03
";
        assert_eq!(text(&Graph::new(&nodes), 80), expected);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let nodes = plan();
        for max in [0_u32, 1, 2, 7, 20, 33, 48, 60, 100] {
            let text = text(&Graph::new(&nodes), max as usize);
            assert!(text.lines().all(|line| width(line, columns) <= f64::from(max)), "{max}:\n{text}");
        }
    }
}
