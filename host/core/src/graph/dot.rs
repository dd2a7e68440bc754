//! The graph in Graphviz' language, for people who have `dot`. Graphviz lays it out.

use std::fmt::Write as _;

use super::clean::clean;
use super::node::{Colours, Node};
use super::waves::Graph;

const HEAD: &str = "\
digraph plan {
  rankdir=LR
  bgcolor=white
  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica,Arial,sans-serif\" fontsize=11]
  edge [color=\"#57606a\"]
";

pub fn dot(graph: &Graph<'_>) -> String {
    let mut out = String::from(HEAD);
    let columns = graph.columns();
    for (wave, members) in (1..).zip(&columns) {
        let _ = writeln!(out, "  {{ rank=same");
        let _ = writeln!(out, "    w{wave} [label=\"Wave {wave}\" shape=plaintext style=\"\"]");
        for index in members {
            let _ = writeln!(out, "    n{index} {}", attributes(&graph.nodes()[*index]));
        }
        out.push_str("  }\n");
    }
    // Headings are in a row of their own and keep the waves in order.
    for wave in 2..=columns.len() {
        let _ = writeln!(out, "  w{} -> w{wave} [style=invis]", wave - 1);
    }
    for edge in graph.edges() {
        let look = if edge.cycle { " [style=dashed color=\"#cf222e\" constraint=false]" } else { "" };
        let _ = writeln!(out, "  n{} -> n{}{look}", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

fn attributes(node: &Node) -> String {
    let Colours { fill, line, text } = node.state.colours();
    let (id, title, state) = (escape(&node.id), escape(&node.title), node.state);
    let label = format!("{id}  {} {}\\n{title}", state.symbol(), state.word());
    format!("[label=\"{label}\" tooltip=\"{id}: {title}\" fillcolor=\"{fill}\" color=\"{line}\" fontcolor=\"{text}\"]")
}

/// For inside double quotes. Labels know escapes (`\N` is the node's name) and HTML entities, so both are taken away.
fn escape(text: &str) -> String {
    clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn waves_are_ranks() {
        let nodes = nodes(&["A", "B: A"]);
        let dot = dot(&Graph::new(&nodes));
        let tail = dot.strip_prefix(HEAD).unwrap();
        let look = "fillcolor=\"#ffffff\" color=\"#6e7781\" fontcolor=\"#24292f\"]";
        let expected = format!(
            "  {{ rank=same
    w1 [label=\"Wave 1\" shape=plaintext style=\"\"]
    n0 [label=\"A  ○ pending\\nTitle of A\" tooltip=\"A: Title of A\" {look}
  }}
  {{ rank=same
    w2 [label=\"Wave 2\" shape=plaintext style=\"\"]
    n1 [label=\"B  ○ pending\\nTitle of B\" tooltip=\"B: Title of B\" {look}
  }}
  w1 -> w2 [style=invis]
  n0 -> n1
}}
"
        );
        assert_eq!(tail, expected);
    }

    #[test]
    fn nothing_ends_a_string_or_is_an_escape() {
        assert_eq!(escape("\"x\" \\N &lt; \n;"), "\\\"x\\\" \\\\N &amp;lt; ;");
        assert_eq!(escape("ends in \\"), "ends in \\\\");
    }
}
