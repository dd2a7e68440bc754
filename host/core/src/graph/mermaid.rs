//! The graph as a Mermaid flowchart, for Markdown pages. Mermaid lays it out; by default it refuses more than 500 edges
//! or 50,000 characters, which a page can raise (`maxEdges`, `maxTextSize`) and a diagram cannot.

use std::fmt::Write as _;

use super::clean::clean;
use super::node::{Colours, Node, NodeState};
use super::waves::Graph;

/// Nodes are called `n0`, `n1`, …: a session's own ID may hold `end`, which ends a subgraph, or start with `o` or `x`,
/// which makes another arrow of the one before it.
pub fn mermaid(graph: &Graph<'_>) -> String {
    let mut out = String::from("flowchart LR\n");
    for (wave, members) in (1..).zip(graph.columns()) {
        let _ = writeln!(out, "  subgraph w{wave}[\"Wave {wave}\"]");
        for index in members {
            let _ = writeln!(out, "    n{index}{}", shape(&graph.nodes()[index]));
        }
        out.push_str("  end\n");
    }
    for edge in graph.edges() {
        let _ = writeln!(out, "  n{} {} n{}", edge.from, if edge.cycle { "-.->" } else { "-->" }, edge.to);
    }
    classes(graph, &mut out);
    out
}

fn shape(node: &Node) -> String {
    let (id, title) = (label(&node.id), label(&node.title));
    let gap = if title.is_empty() { "" } else { "<br/>" };
    let state = node.state;
    format!("(\"{id} {} {}{gap}{title}\"):::{}", state.symbol(), state.word(), state.class())
}

/// Only the states that occur: an unused class is harmless but is noise in a page that people read as text.
fn classes(graph: &Graph<'_>, out: &mut String) {
    for state in NodeState::ALL {
        if graph.nodes().iter().any(|node| node.state == state) {
            let Colours { fill, line, text } = state.colours();
            let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{line},color:{text}", state.class());
        }
    }
}

/// Mermaid's own entities: `#34;`. What is not plain is written so, since labels are read as Markdown and HTML too
/// (`1. x` shows "Unsupported markdown: list", `**` is bold), and since a line with `style`, `:` and `#…;` loses its
/// last character to a clean-up of Mermaid's.
fn label(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_word = rest.peek().is_none_or(|next| *next == ' ');
        if is_plain(c) && !(ends_word && matches!(c, '-' | ')')) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

const fn is_plain(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | ',' | '/' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn waves_are_subgraphs_and_states_are_classes() {
        let mut nodes = nodes(&["A-end", "o-2: A-end", "B: C", "C: B"]);
        nodes[0].state = NodeState::Done;
        nodes[1].title.clear();
        let expected = "\
flowchart LR
  subgraph w1[\"Wave 1\"]
    n0(\"A-end ✓ done<br/>Title of A-end\"):::done
    n2(\"B ○ pending<br/>Title of B\"):::pending
    n3(\"C ○ pending<br/>Title of C\"):::pending
  end
  subgraph w2[\"Wave 2\"]
    n1(\"o-2 ○ pending\"):::pending
  end
  n0 --> n1
  n2 -.-> n3
  n3 -.-> n2
  classDef done fill:#dafbe1,stroke:#1a7f37,color:#044f1e
  classDef pending fill:#ffffff,stroke:#6e7781,color:#24292f
";
        assert_eq!(mermaid(&Graph::new(&nodes)), expected);
    }

    #[test]
    fn nothing_in_a_label_is_read_as_syntax() {
        for (text, expected) in [
            ("BE-04", "BE-04"),
            ("say \"hi\"", "say #34;hi#34;"),
            ("a[b]{c}(d)", "a#91;b#93;#123;c#125;(d#41;"),
            ("C# & <b>;", "C#35; #38; #60;b#62;#59;"),
            ("1. first - second", "1#46; first #45; second"),
            ("style: x", "style#58; x"),
            ("`code` **bold** _it_", "#96;code#96; #42;#42;bold#42;#42; #95;it#95;"),
            ("Größe\n漢字 → 👩‍🚀", "Größe 漢字 → 👩‍🚀"),
            ("end", "end"),
        ] {
            assert_eq!(label(text), expected);
        }
    }
}
