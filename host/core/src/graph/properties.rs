//! What holds of every plan and every pattern, tried on arbitrary ones. Single cases are beside the code.

use globset::{GlobBuilder, GlobMatcher};
use proptest::prelude::*;
use session_types::pattern::Pattern;

use super::measure::{columns, width};
use super::{Graph, Node, NodeState, dot, mermaid, overlaps, svg, text};

/// Cycles, self-dependencies, doubles, unknown IDs, and IDs and titles of any characters.
fn plans() -> impl Strategy<Value = Vec<Node>> {
    let files = prop::collection::vec(prop_oneof!["[ab*?/{},\\[\\]!.-]{0,8}", ".{0,5}"], 0..3);
    let node = (
        "\\PC{1,6}|.{0,9}|end|S1",
        ".{0,70}",
        0..7_usize,
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        files,
    );
    prop::collection::vec(node, 0..24).prop_map(|drawn| {
        let ids: Vec<String> = drawn.iter().map(|node| node.0.clone()).chain(["X-99".to_owned()]).collect();
        let build =
            |(id, title, state, links, files): (String, String, usize, Vec<prop::sample::Index>, Vec<String>)| {
                let depends_on = links.iter().map(|link| link.get(&ids).clone()).collect();
                Node { id, title, state: NodeState::ALL[state], depends_on, files }
            };
        drawn.into_iter().map(build).collect()
    })
}

/// Who depends on whom in the end, by squaring: slow, and nothing like the code that it checks.
fn closure(size: usize, edges: &[(usize, usize)]) -> Vec<Vec<bool>> {
    let mut table = vec![vec![false; size]; size];
    edges.iter().for_each(|(from, to)| table[*from][*to] = true);
    for via in 0..size {
        for from in 0..size {
            for to in 0..size {
                table[from][to] |= table[from][via] && table[via][to];
            }
        }
    }
    table
}

fn written_edges(nodes: &[Node]) -> Vec<(usize, usize)> {
    let find = |id: &String| nodes.iter().position(|node| node.id == *id);
    let each = |(to, node): (usize, &Node)| {
        node.depends_on
            .iter()
            .filter(|id| **id != node.id)
            .filter_map(find)
            .map(move |from| (from, to))
            .collect::<Vec<_>>()
    };
    nodes.iter().enumerate().flat_map(each).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn waves_come_after_what_they_depend_on_and_no_later(nodes in plans()) {
        let (graph, edges) = (Graph::new(&nodes), written_edges(&nodes));
        let (waves, reach) = (graph.waves(), closure(nodes.len(), &edges));
        for node in 0..nodes.len() {
            let group: Vec<usize> =
                (0..nodes.len()).filter(|other| *other == node || reach[node][*other] && reach[*other][node]).collect();
            let outside = edges.iter().filter(|(from, to)| group.contains(to) && !group.contains(from));
            prop_assert_eq!(waves[node], 1 + outside.map(|(from, _)| waves[*from]).max().unwrap_or(0));
        }
    }

    #[test]
    fn fewer_edges_say_the_same(nodes in plans()) {
        let (graph, written) = (Graph::new(&nodes), written_edges(&nodes));
        let drawn: Vec<(usize, usize)> = graph.edges().iter().map(|edge| (edge.from, edge.to)).collect();
        prop_assert!(drawn.iter().all(|edge| written.contains(edge)));
        prop_assert_eq!(closure(nodes.len(), &drawn), closure(nodes.len(), &written));
    }

    #[test]
    fn drawings_never_fail_and_are_the_same_twice(nodes in plans(), heading in ".{0,30}", max in 0..120_u32) {
        let graph = Graph::new(&nodes);
        let drawn = svg(&graph, &heading);
        prop_assert!(roxmltree::Document::parse(&drawn).is_ok());
        prop_assert!(!drawn.contains("NaN") && !drawn.contains("inf,"));
        prop_assert_eq!(drawn, svg(&Graph::new(&nodes.clone()), &heading));
        prop_assert!(text(&graph, max as usize).lines().all(|line| width(line, columns) <= f64::from(max)));
        let lines = 1 + 2 * graph.columns().len() + nodes.len() + graph.edges().len();
        let mermaid = mermaid(&graph);
        prop_assert_eq!(mermaid.lines().filter(|line| !line.starts_with("  classDef")).count(), lines);
        prop_assert!(mermaid.lines().all(|line| matches!(line.matches('"').count(), 0 | 2)));
        let quotes = |line: &str| line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        prop_assert!(dot(&graph).lines().all(|line| quotes(line) % 2 == 0));
    }

    #[test]
    fn overlaps_are_all_that_may_run_at_once_and_meet(nodes in plans()) {
        let reach = closure(nodes.len(), &written_edges(&nodes));
        let meets = |a: &Node, b: &Node| {
            a.files.iter().any(|a| b.files.iter().any(|b| Pattern::parse(a).meets(&Pattern::parse(b))))
        };
        let expected: Vec<(usize, usize)> = (0..nodes.len())
            .flat_map(|a| (a + 1..nodes.len()).map(move |b| (a, b)))
            .filter(|(a, b)| !reach[*a][*b] && !reach[*b][*a] && meets(&nodes[*a], &nodes[*b]))
            .collect();
        let found = overlaps(&Graph::new(&nodes)).found;
        prop_assert_eq!(found.iter().map(|found| (found.a, found.b)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn patterns_match_what_globset_does(glob in globs()) {
        let (pattern, matcher) = (Pattern::parse(&glob), matcher(&glob));
        for path in paths() {
            prop_assert_eq!(pattern.matches(&path), matcher.is_match(&path), "{}", path);
        }
    }

    /// Every pair of these patterns that meets does so in one of these paths, so that both answers are checked.
    #[test]
    fn patterns_meet_where_globset_finds_a_common_path(a in globs(), b in globs()) {
        let (left, right) = (matcher(&a), matcher(&b));
        let common = paths().into_iter().find(|path| left.is_match(path) && right.is_match(path));
        prop_assert_eq!(Pattern::parse(&a).meets(&Pattern::parse(&b)), common.is_some(), "{:?}", common);
    }
}

/// The last name has a dot, or the pattern would mean everything below a folder as well, which is not globset's.
fn globs() -> impl Strategy<Value = String> {
    let folder = prop::sample::select(vec!["a", "b", "*", "?", "[ab]", "[!a]", "a*", "*b", "{a,b}", "{a/b,b}", "**"]);
    let last = prop::sample::select(vec!["a.x", "b.x", "*", "*.x", "?.x", "[!b]*", "{a,b}.x", "**"]);
    (prop::collection::vec(folder, 0..3), last)
        .prop_map(|(folders, last)| folders.into_iter().chain([last]).collect::<Vec<_>>().join("/"))
}

fn matcher(glob: &str) -> GlobMatcher {
    GlobBuilder::new(glob).literal_separator(true).build().unwrap().compile_matcher()
}

fn paths() -> Vec<String> {
    let mut folders = vec![String::new()];
    let mut paths = Vec::new();
    for _ in 0..6 {
        paths.extend(folders.iter().flat_map(|folder| ["a.x", "b.x"].map(|name| format!("{folder}{name}"))));
        folders = folders.iter().flat_map(|folder| ["a", "b", "ab"].map(|name| format!("{folder}{name}/"))).collect();
    }
    paths
}
