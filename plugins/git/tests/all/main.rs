//! The plugin with the host in memory: one binary for all of its tests.

mod crash;
mod history;
mod rollback;
mod work;
