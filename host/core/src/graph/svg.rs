//! The graph as a picture that needs nothing else: no script, no font, no address. Where things stand is `layout.rs`.

use svg::Document;
use svg::node::element::{Definitions, Group, Marker, Path, Rectangle, Style, Text, Title};

use super::clean::clean;
use super::curves::{cycle, tree};
use super::layout::{BOX_HEIGHT, Layout};
use super::measure::{cut, ems, width, wrap};
use super::node::{Node, NodeState};
use super::waves::Graph;

const MARGIN: f64 = 32.0;
/// Heading, legend and names of the waves.
const TOP: f64 = 112.0;
const PADDING: f64 = 12.0;
const NARROWEST: f64 = 208.0;
const WIDEST: f64 = 320.0;
const ID_SIZE: f64 = 14.0;
const STATE_SIZE: f64 = 12.0;
const TITLE_SIZE: f64 = 13.0;
/// What bold letters are wider.
const BOLD: f64 = 1.12;
const LEGEND_ITEM: f64 = 128.0;
const FONT: &str = "'Helvetica Neue', Helvetica, Arial, 'Noto Sans', 'DejaVu Sans', sans-serif";
/// A reader who points at a line sees where it goes.
const STYLE: &str = ".edge:hover path { stroke: #000000; stroke-width: 3 }";

/// `heading` is shown on top and is the accessible name.
pub fn svg(graph: &Graph<'_>, heading: &str) -> String {
    let heading = clean(heading);
    let layout = Layout::new(graph, box_width(graph.nodes()), MARGIN, TOP);
    let legend = LEGEND_ITEM * 7.0 + MARGIN * 2.0;
    let (across, down) = (layout.width.max(legend), layout.height.max(TOP + MARGIN));
    let document = frame(across, down, &heading)
        .add(bands(&layout))
        .add(label(&cut(&heading, across / 20.0 / BOLD, ems), MARGIN, 40.0, 20.0).set("font-weight", "bold"))
        .add(legend_of(graph.nodes()))
        .add(headings(&layout))
        .add(edges(graph, &layout))
        .add(boxes(graph, &layout));
    format!("{document}\n")
}

fn frame(across: f64, down: f64, heading: &str) -> Document {
    Document::new()
        .set("viewBox", format!("0 0 {across:.0} {down:.0}"))
        .set("width", format!("{across:.0}"))
        .set("height", format!("{down:.0}"))
        .set("role", "img")
        .set("aria-label", heading)
        .set("font-family", FONT)
        .add(Title::new(heading))
        .add(Style::new(STYLE))
        .add(Definitions::new().add(arrow("arrow", "#57606a")).add(arrow("cycle", "#cf222e")))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#ffffff"))
}

fn arrow(id: &str, colour: &str) -> Marker {
    Marker::new()
        .set("id", id)
        .set("viewBox", "0 0 8 8")
        .set("refX", 7)
        .set("refY", 4)
        .set("markerWidth", 8)
        .set("markerHeight", 8)
        .set("markerUnits", "userSpaceOnUse")
        .set("orient", "auto")
        .add(Path::new().set("d", "M0,0 L8,4 L0,8 z").set("fill", colour))
}

fn bands(layout: &Layout) -> Group {
    let band = |x: &f64| {
        Rectangle::new()
            .set("x", px(x - 12.0))
            .set("y", px(TOP - 20.0))
            .set("width", px(layout.box_width + 24.0))
            .set("height", px((layout.height - TOP + 8.0).max(0.0)))
            .set("rx", 12)
            .set("fill", "#f6f8fa")
    };
    layout.x.iter().fold(Group::new(), |group, x| group.add(band(x)))
}

fn headings(layout: &Layout) -> Group {
    let mut group = Group::new().set("fill", "#424a53");
    for (index, x) in layout.x.iter().enumerate() {
        let count = layout.lanes.columns[index].iter().filter(|cell| layout.lanes.is_session(**cell)).count();
        let sessions = if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") };
        let right = label(&sessions, x + layout.box_width, TOP + 6.0, 13.0).set("text-anchor", "end");
        group =
            group.add(label(&format!("Wave {}", index + 1), *x, TOP + 6.0, 15.0).set("font-weight", "bold")).add(right);
    }
    group
}

/// All states, so that two pictures of one plan compare, with how many sessions are in each.
fn legend_of(nodes: &[Node]) -> Group {
    let mut group = Group::new();
    let mut x = MARGIN;
    for state in NodeState::ALL {
        let count = nodes.iter().filter(|node| node.state == state).count();
        let text = format!("{} {} {count}", state.symbol(), state.word());
        group = group
            .add(outline(state, x, 56.0, LEGEND_ITEM - 12.0, 24.0).set("rx", 6))
            .add(label(&text, x + 9.0, 72.5, 12.0).set("fill", state.colours().text));
        x += LEGEND_ITEM;
    }
    group
}

fn edges(graph: &Graph<'_>, layout: &Layout) -> Group {
    let plain = Group::new().set("fill", "none").set("stroke-width", 1.5);
    let trees = layout.lanes.trees.iter().fold(plain, |group, edges| group.add(tree(graph, layout, edges)));
    layout.lanes.cycles.iter().fold(trees, |group, edge| group.add(cycle(graph, layout, edge)))
}

fn boxes(graph: &Graph<'_>, layout: &Layout) -> Group {
    let nodes = graph.nodes().iter().enumerate();
    nodes.fold(Group::new(), |group, (index, node)| group.add(session(node, layout, index)))
}

fn session(node: &Node, layout: &Layout, index: usize) -> Group {
    let (x, y) = (layout.left(index), layout.y[index] - BOX_HEIGHT / 2.0);
    let (state, inner) = (node.state, layout.box_width - PADDING * 2.0);
    let status = format!("{} {}", state.symbol(), state.word());
    let for_id = (inner - state_width(state) - 8.0) / ID_SIZE / BOLD;
    let id = cut(&clean(&node.id), for_id, ems);
    let right = label(&status, x + layout.box_width - PADDING, y + 20.0, STATE_SIZE).set("text-anchor", "end");
    let group = Group::new()
        .set("fill", state.colours().text)
        .add(Title::new(clean(&format!("{}: {} ({})", node.id, node.title, state.word()))))
        .add(outline(state, x, y, layout.box_width, BOX_HEIGHT).set("rx", 9))
        .add(label(&id, x + PADDING, y + 20.0, ID_SIZE).set("font-weight", "bold"))
        .add(right);
    let lines = wrap(&clean(&node.title), inner / TITLE_SIZE, 2, ems);
    let heights = [y + 40.0, y + 56.0];
    lines.iter().zip(heights).fold(group, |group, (line, y)| group.add(label(line, x + PADDING, y, TITLE_SIZE)))
}

/// What is under way has a thicker line, what has not begun a thin one.
fn outline(state: NodeState, x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    let colours = state.colours();
    let thick = if matches!(state, NodeState::Active | NodeState::Failed) { 2.5 } else { 1.25 };
    Rectangle::new()
        .set("x", px(x))
        .set("y", px(y))
        .set("width", px(width))
        .set("height", px(height))
        .set("fill", colours.fill)
        .set("stroke", colours.line)
        .set("stroke-width", thick)
}

fn label(text: &str, x: f64, y: f64, size: f64) -> Text {
    Text::new(text).set("x", px(x)).set("y", px(y)).set("font-size", size)
}

/// Wide enough for the longest ID beside its state, within reason.
fn box_width(nodes: &[Node]) -> f64 {
    let head = |node: &Node| width(&clean(&node.id), ems) * ID_SIZE * BOLD + state_width(node.state);
    let widest = nodes.iter().map(head).fold(0.0, f64::max);
    (widest + PADDING * 2.0 + 10.0).clamp(NARROWEST, WIDEST)
}

fn state_width(state: NodeState) -> f64 {
    (width(state.word(), ems) + 1.2) * STATE_SIZE
}

/// A tenth of a pixel is enough, and makes files of 200 sessions a third smaller.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    fn plan() -> Vec<Node> {
        let mut nodes = nodes(&["A", "B: A", "C: B A X", "D: B", "E: F", "F: E"]);
        nodes[0].state = NodeState::Done;
        nodes[1].title = "</title><script>alert('1')</script> & \"quotes\" ]]> \u{0}\u{fffe}漢字".into();
        nodes[2].id = "<C&\">".into();
        nodes
    }

    #[test]
    fn whatever_stands_in_a_plan_it_is_xml_without_scripts() {
        let nodes = plan();
        let drawn = svg(&Graph::new(&nodes), "A \"plan\" <&>");
        let xml = roxmltree::Document::parse(&drawn).unwrap();
        let root = xml.root_element();
        assert_eq!((root.attribute("role"), root.attribute("aria-label")), (Some("img"), Some("A \"plan\" <&>")));
        assert!(xml.descendants().all(|node| !matches!(node.tag_name().name(), "script" | "image" | "a" | "use")));
        let has_title =
            |text: &str| xml.descendants().any(|node| node.is_text() && node.text().map(str::trim) == Some(text));
        assert!(has_title("B: </title><script>alert('1')</script> & \"quotes\" ]]> 漢字 (pending)"));
        assert!(has_title("<C&\">"));
    }

    #[test]
    fn every_session_says_its_state_in_words() {
        let nodes = plan();
        let drawn = svg(&Graph::new(&nodes), "Plan");
        let xml = roxmltree::Document::parse(&drawn).unwrap();
        let says = |text: &str| {
            xml.descendants().filter(|node| node.is_text() && node.text().map(str::trim) == Some(text)).count()
        };
        assert_eq!((says("✓ done"), says("○ pending"), says("Wave 3"), says("○ pending 5")), (1, 5, 1, 1));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!((px(12.0), px(12.34), px(-0.26)), ("12".into(), "12.3".into(), "-0.3".into()));
    }
}
