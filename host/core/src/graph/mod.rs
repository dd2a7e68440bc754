//! What a plan looks like: its waves, drawings of it, and sessions that would change the same files at the same time.
//! Pure. It decides nothing: what is ready and which errors a plan has is `session/plan.rs`.

mod clean;
mod collisions;
mod curves;
mod dot;
mod lanes;
mod layout;
mod measure;
mod mermaid;
mod node;
mod order;
mod overlap;
mod reach;
mod svg;
mod text;
mod waves;

#[cfg(test)]
mod properties;

pub use dot::dot;
pub use mermaid::mermaid;
pub use node::{Colours, Node, NodeState};
pub use overlap::{Overlap, Overlaps, overlaps};
pub use svg::svg;
pub use text::text;
pub use waves::{Edge, Graph};
