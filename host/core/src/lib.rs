//! What the host decides, without touching the world: states, plans, records, evidence, grants and drawings.
//!
//! No file here reads a file, a clock or the environment, or starts a program; `clippy.toml` beside this crate bans it.
//! `session-engine` does what is decided here.
#![deny(unsafe_code)]

mod cycles;

pub mod digest;
pub mod nearest;
pub mod object_id;
pub mod quote;

pub mod approval;
pub mod bundle;
pub mod grants;
pub mod worth;

pub mod journal;
pub mod session;

pub mod graph;
