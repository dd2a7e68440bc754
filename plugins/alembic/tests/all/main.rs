//! The plugin with the host in memory: one binary for all of its tests.

mod crash;
mod project;
mod real;
mod refusals;
mod world;
