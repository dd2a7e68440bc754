//! The lines of the picture: smooth from the right side of a box to the left side of another.

use std::fmt::Write as _;

use svg::node::element::{Group, Path, Title};

use super::clean::clean;
use super::lanes::Tree;
use super::layout::{BOX_HEIGHT, Layout};
use super::svg::px;
use super::waves::{Edge, Graph};

/// Dark, not near any state's colour in meaning, and told apart where lines run side by side; they mean nothing.
const COLOURS: [&str; 6] = ["#57606a", "#3f6ea5", "#7a5c8e", "#3d7f78", "#8a6a3c", "#94506b"];

/// All edges of one session: the stem through its lanes, then a branch to each session that depends on it.
pub(super) fn tree(graph: &Graph<'_>, layout: &Layout, tree: &Tree) -> Group {
    let names: Vec<&str> = tree.ends.iter().map(|(_, to)| graph.nodes()[*to].id.as_str()).collect();
    let title = clean(&format!("{} → {}", graph.nodes()[tree.from].id, names.join(", ")));
    let group =
        Group::new().set("class", "edge").set("stroke", COLOURS[tree.from % COLOURS.len()]).add(Title::new(title));
    let group = if tree.lanes.is_empty() { group } else { group.add(Path::new().set("d", stem(layout, tree))) };
    tree.ends.iter().fold(group, |group, (last, to)| {
        let mut d = format!("M{},{}", px(layout.right(*last)), px(layout.y[*last]));
        bend(&mut d, layout, *last, (layout.left(*to), port(layout, *last, *to)));
        group.add(Path::new().set("d", d).set("marker-end", "url(#arrow)"))
    })
}

fn stem(layout: &Layout, tree: &Tree) -> String {
    let mut d = format!("M{},{}", px(layout.right(tree.from)), px(layout.y[tree.from]));
    let mut before = tree.from;
    for lane in &tree.lanes {
        bend(&mut d, layout, before, (layout.left(*lane), layout.y[*lane]));
        let _ = write!(d, "H{}", px(layout.right(*lane)));
        before = *lane;
    }
    d
}

/// A curve from the right side of a cell that begins and ends level.
fn bend(d: &mut String, layout: &Layout, from: usize, (x, y): (f64, f64)) {
    let start = layout.right(from);
    let half = (x - start) / 2.0;
    let _ = write!(d, "C{},{} {},{} {},{}", px(start + half), px(layout.y[from]), px(x - half), px(y), px(x), px(y));
}

/// Where an edge meets its box: those from above meet it higher, so that arrows do not lie on one another.
fn port(layout: &Layout, last: usize, to: usize) -> f64 {
    let mut from: Vec<usize> = layout.lanes.before[to].clone();
    from.sort_by(|a, b| layout.y[*a].total_cmp(&layout.y[*b]));
    let count = u32::try_from(from.len()).map_or(1.0, f64::from);
    let place = from.iter().position(|cell| *cell == last).and_then(|at| u32::try_from(at).ok());
    let step = ((BOX_HEIGHT - 24.0) / count).min(12.0);
    place.map_or(layout.y[to], |at| layout.y[to] + (f64::from(at) + 0.5 - count / 2.0) * step)
}

/// Sessions of a cycle stand in one column: an arc on its right side, in the colour of errors.
pub(super) fn cycle(graph: &Graph<'_>, layout: &Layout, edge: &Edge) -> Group {
    let name = |index: usize| graph.nodes()[index].id.as_str();
    let title = clean(&format!("cycle: {} → {}", name(edge.from), name(edge.to)));
    let (x, from, to) = (layout.right(edge.from), layout.y[edge.from], layout.y[edge.to]);
    // One arc inside the other, or the two edges between neighbours would lie on one another.
    let (leaves, arrives, out) = if from < to { (from + 16.0, to - 16.0, x + 40.0) } else { (from, to, x + 72.0) };
    let d = format!(
        "M{},{}C{},{} {},{} {},{}",
        px(x),
        px(leaves),
        px(out),
        px(leaves),
        px(out),
        px(arrives),
        px(x),
        px(arrives)
    );
    let path = Path::new().set("d", d).set("stroke-dasharray", "5 3").set("marker-end", "url(#cycle)");
    Group::new().set("class", "edge").set("stroke", "#cf222e").add(Title::new(title)).add(path)
}
