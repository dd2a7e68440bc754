//! Components: engine, limits, cache of compiled code, and the host side of each import, one file each. WIT types do
//! not leave this folder: every import becomes a `Request`.

mod bindings;
mod cache;
mod engine;
mod guest;

mod checks;
mod command;
mod facts;
mod files;
mod log;
mod repository;
mod wasi;

pub(super) use cache::Cache;
pub(super) use engine::{Engine, Loaded};
