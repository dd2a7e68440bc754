//! Which cell stands above which, so that few edges cross: barycenter sweeps, then swaps of neighbours. Where a cell
//! stands in pixels is `layout.rs`.

use super::lanes::Lanes;

/// More sweeps change nothing that can be seen; the best order of all of them is kept.
const SWEEPS: usize = 16;
/// Swaps cost the product of their edges, and in a graph of this size nobody counts crossings.
const MOST_SWAPPED: usize = 6_000;

pub(super) fn order(lanes: &mut Lanes) {
    let (mut best, mut fewest) = (lanes.columns.clone(), crossings(lanes));
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        sort_columns(lanes, sweep % 2 == 0);
        if lanes.before.len() < MOST_SWAPPED {
            swap_neighbours(lanes);
        }
        let found = crossings(lanes);
        if found < fewest {
            (best, fewest) = (lanes.columns.clone(), found);
        }
    }
    lanes.columns = best;
}

fn sort_columns(lanes: &mut Lanes, forward: bool) {
    let mut place = places(lanes);
    let neighbours = if forward { &lanes.before } else { &lanes.after };
    let count = lanes.columns.len();
    for step in 0..count {
        let column = &mut lanes.columns[if forward { step } else { count - 1 - step }];
        let mut keyed: Vec<(f64, usize)> =
            column.iter().map(|cell| (mean(&neighbours[*cell], &place).unwrap_or(place[*cell]), *cell)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        *column = keyed.into_iter().map(|(_, cell)| cell).collect();
        set_places(column, &mut place);
    }
}

/// From 0 at the top to 1 at the bottom, so that columns of different length compare.
fn places(lanes: &Lanes) -> Vec<f64> {
    let mut place = vec![0.0; lanes.before.len()];
    lanes.columns.iter().for_each(|column| set_places(column, &mut place));
    place
}

fn set_places(column: &[usize], place: &mut [f64]) {
    for (index, cell) in column.iter().enumerate() {
        place[*cell] = (real(index) + 0.5) / real(column.len());
    }
}

fn mean(cells: &[usize], place: &[f64]) -> Option<f64> {
    (!cells.is_empty()).then(|| cells.iter().map(|cell| place[*cell]).sum::<f64>() / real(cells.len()))
}

/// Barycenters leave ties and local knots; a pass of swaps that only ever improve takes most of them out.
fn swap_neighbours(lanes: &mut Lanes) {
    let mut rank = ranks(&lanes.columns, lanes.before.len());
    for column in &mut lanes.columns {
        for at in 1..column.len() {
            let (a, b) = (column[at - 1], column[at]);
            let cost = |x: usize, y: usize| {
                inversions_of(&lanes.before[x], &lanes.before[y], &rank)
                    + inversions_of(&lanes.after[x], &lanes.after[y], &rank)
            };
            if cost(b, a) < cost(a, b) {
                column.swap(at - 1, at);
                rank.swap(a, b);
            }
        }
    }
}

/// Crossings of the edges of two cells, the first of which stands above the second.
fn inversions_of(upper: &[usize], lower: &[usize], rank: &[usize]) -> usize {
    upper.iter().map(|u| lower.iter().filter(|l| rank[**l] < rank[*u]).count()).sum()
}

fn ranks(columns: &[Vec<usize>], cells: usize) -> Vec<usize> {
    let mut rank = vec![0; cells];
    for column in columns {
        column.iter().enumerate().for_each(|(index, cell)| rank[*cell] = index);
    }
    rank
}

/// Pairs of edges that cross, over all gaps between columns.
fn crossings(lanes: &Lanes) -> usize {
    let rank = ranks(&lanes.columns, lanes.before.len());
    let gap = |pair: &[Vec<usize>]| {
        let mut ends: Vec<usize> = Vec::new();
        for cell in &pair[0] {
            let mut own: Vec<usize> = lanes.after[*cell].iter().map(|to| rank[*to]).collect();
            own.sort_unstable();
            ends.extend(own);
        }
        inversions(&ends, pair[1].len())
    };
    lanes.columns.windows(2).map(gap).sum()
}

/// Pairs that stand in the wrong order, by a Fenwick tree over `0..size`.
fn inversions(values: &[usize], size: usize) -> usize {
    let mut tree = vec![0_usize; size + 1];
    let mut found = 0;
    for (seen, value) in values.iter().enumerate() {
        let (mut at, mut not_above) = (value + 1, 0);
        while at > 0 {
            not_above += tree[at];
            at &= at - 1;
        }
        found += seen - not_above;
        at = value + 1;
        while at <= size {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    found
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::waves::Graph;
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn inversions_are_counted() {
        assert_eq!(inversions(&[0, 1, 2, 2], 3), 0);
        assert_eq!(inversions(&[2, 1, 0], 3), 3);
        assert_eq!(inversions(&[1, 1, 0, 2, 0], 3), 5);
    }

    #[test]
    fn what_can_be_drawn_without_crossings_is() {
        let nodes = nodes(&["A", "B", "C", "D: C", "E: B", "F: A", "G: F", "H: E", "I: D", "J: I"]);
        let mut lanes = Lanes::new(&Graph::new(&nodes));
        assert!(crossings(&lanes) > 0);
        order(&mut lanes);
        assert_eq!(crossings(&lanes), 0);
    }

    #[test]
    fn no_cell_is_lost_and_it_is_never_worse() {
        let lines: Vec<String> =
            (0..60).map(|i| format!("S{i}: S{} S{} S{}", i / 2, (i * 7) % (i + 1), (i * 13) % (i + 1))).collect();
        let nodes = nodes(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let mut lanes = Lanes::new(&Graph::new(&nodes));
        let (cells, before) = (lanes.before.len(), crossings(&lanes));
        order(&mut lanes);
        assert!(crossings(&lanes) < before);
        let mut all = lanes.columns.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..cells));
    }
}
