//! Where everything stands, in pixels. How it looks there is `svg.rs`.

use super::lanes::Lanes;
use super::order::order;
use super::waves::Graph;

pub(super) const BOX_HEIGHT: f64 = 66.0;
/// Room between two columns, for the bends of edges.
const GAP: f64 = 84.0;
/// Each edge of a gap beyond this many makes it wider by a pixel, up to a limit.
const CALM: f64 = 12.0;
const WIDEST_CROWD: f64 = 150.0;
const BETWEEN_BOXES: f64 = 18.0;
const BETWEEN_LANES: f64 = 9.0;
/// Back and forth over all columns; later ones move things by less than a pixel.
const SWEEPS: usize = 12;

/// Cells are those of `lanes`: sessions, then lanes. `y` is the middle of a cell.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub lanes: Lanes,
    /// Left side of each column.
    pub x: Vec<f64>,
    pub column_of: Vec<usize>,
    pub y: Vec<f64>,
    pub box_width: f64,
    pub width: f64,
    pub height: f64,
}

impl Layout {
    /// `margin` is free on all sides, `top` above that.
    pub(super) fn new(graph: &Graph<'_>, box_width: f64, margin: f64, top: f64) -> Self {
        let mut lanes = Lanes::new(graph);
        order(&mut lanes);
        let mut column_of = vec![0; lanes.before.len()];
        for (index, column) in lanes.columns.iter().enumerate() {
            column.iter().for_each(|cell| column_of[*cell] = index);
        }
        let (x, right) = across(&lanes, box_width, margin);
        let mut y = down(&lanes);
        let height = move_to(&lanes, &mut y, top + margin) + margin;
        Self { lanes, x, column_of, y, box_width, width: right + margin, height }
    }

    pub(super) fn left(&self, cell: usize) -> f64 {
        self.x[self.column_of[cell]]
    }

    pub(super) fn right(&self, cell: usize) -> f64 {
        self.left(cell) + self.box_width
    }
}

fn across(lanes: &Lanes, box_width: f64, margin: f64) -> (Vec<f64>, f64) {
    let mut x = Vec::with_capacity(lanes.columns.len());
    let (mut left, mut right) = (margin, margin);
    for column in &lanes.columns {
        x.push(left);
        right = left + box_width;
        let edges: usize = column.iter().map(|cell| lanes.after[*cell].len()).sum();
        let crowd = (u32::try_from(edges).map_or(WIDEST_CROWD, f64::from) - CALM).clamp(0.0, WIDEST_CROWD);
        left = right + GAP + crowd;
    }
    (x, right)
}

/// Cells go where their neighbours are, as far as those above and below them allow.
fn down(lanes: &Lanes) -> Vec<f64> {
    let mut y = vec![0.0; lanes.before.len()];
    for column in &lanes.columns {
        let wishes: Vec<(f64, f64)> = column.iter().map(|_| (0.0, 1.0)).collect();
        place(lanes, column, &wishes, &mut y);
    }
    for sweep in 0..SWEEPS {
        let count = lanes.columns.len();
        for step in 0..count {
            let column = &lanes.columns[if sweep % 2 == 0 { step } else { count - 1 - step }];
            let wishes: Vec<(f64, f64)> = column.iter().map(|cell| wish(lanes, *cell, &y)).collect();
            place(lanes, column, &wishes, &mut y);
        }
    }
    y
}

/// Where a cell wants to be, and how much: a bend in a lane is worse than a bend at a box, since nothing explains it.
fn wish(lanes: &Lanes, cell: usize, y: &[f64]) -> (f64, f64) {
    let weight = |other: usize| match (lanes.is_session(cell), lanes.is_session(other)) {
        (true, true) => 1.0,
        (false, false) => 8.0,
        _ => 2.0,
    };
    let (mut sum, mut total) = (y[cell] * 0.1, 0.1);
    for other in lanes.before[cell].iter().chain(&lanes.after[cell]) {
        sum += y[*other] * weight(*other);
        total += weight(*other);
    }
    (sum / total, total)
}

/// The heights nearest to the wishes that keep order and distances: isotonic regression by pooling neighbours, on
/// wishes from which the distances are taken off.
fn place(lanes: &Lanes, column: &[usize], wishes: &[(f64, f64)], y: &mut [f64]) {
    let mut pools: Vec<Pool> = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (index, (wanted, weight)) in wishes.iter().enumerate() {
        if index > 0 {
            offset += distance(lanes, column[index - 1], column[index]);
        }
        let mut pool = Pool { sum: (wanted - offset) * weight, weight: *weight, cells: 1 };
        while let Some(above) = pools.pop_if(|above| above.mean() >= pool.mean()) {
            pool =
                Pool { sum: above.sum + pool.sum, weight: above.weight + pool.weight, cells: above.cells + pool.cells };
        }
        pools.push(pool);
    }
    let mut settled = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.mean(), pool.cells));
    offset = 0.0;
    for (index, cell) in column.iter().enumerate() {
        if index > 0 {
            offset += distance(lanes, column[index - 1], *cell);
        }
        y[*cell] = settled.next().unwrap_or(0.0) + offset;
    }
}

struct Pool {
    sum: f64,
    weight: f64,
    cells: usize,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

fn distance(lanes: &Lanes, above: usize, below: usize) -> f64 {
    match (lanes.is_session(above), lanes.is_session(below)) {
        (true, true) => BOX_HEIGHT + BETWEEN_BOXES,
        (false, false) => BETWEEN_LANES,
        _ => BOX_HEIGHT / 2.0 + BETWEEN_BOXES * 0.75,
    }
}

/// Shift everything below `top`; returns the lowest point.
fn move_to(lanes: &Lanes, y: &mut [f64], top: f64) -> f64 {
    let half = |cell: usize| if lanes.is_session(cell) { BOX_HEIGHT / 2.0 } else { 0.0 };
    let highest = y.iter().enumerate().map(|(cell, y)| y - half(cell)).fold(f64::INFINITY, f64::min);
    y.iter_mut().for_each(|y| *y += top - highest);
    y.iter().enumerate().map(|(cell, y)| y + half(cell)).fold(top, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::waves::tests::nodes;
    use super::*;

    #[test]
    fn nothing_overlaps_and_nothing_is_above_the_top() {
        let lines: Vec<String> = (0..80).map(|i| format!("S{i}: S{} S{}", i / 3, (i * 7) % (i + 1))).collect();
        let nodes = nodes(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let layout = Layout::new(&Graph::new(&nodes), 200.0, 20.0, 100.0);
        for column in &layout.lanes.columns {
            for pair in column.windows(2) {
                let room = layout.y[pair[1]] - layout.y[pair[0]];
                assert!(room >= distance(&layout.lanes, pair[0], pair[1]) - 1e-6);
            }
        }
        let sessions = &layout.y[..layout.lanes.sessions];
        assert!(sessions.iter().all(|y| *y - BOX_HEIGHT / 2.0 >= 120.0 - 1e-6 && *y < layout.height));
    }

    #[test]
    fn a_chain_is_a_straight_line() {
        let nodes = nodes(&["A", "B: A", "C: B", "D: C"]);
        let layout = Layout::new(&Graph::new(&nodes), 200.0, 20.0, 100.0);
        assert!(layout.y.iter().all(|y| (y - layout.y[0]).abs() < 1e-6));
    }
}
