//! The command line: one file per command. `ui` is the only one that prints, `error` the only one that words failures.

mod app;
mod args;
mod error;
mod ui;

mod checkpoint;
mod complete;
mod completions;
mod demo;
mod explain;
mod init;
mod log;
mod next;
mod pause;
mod plan;
mod resume;
mod run;
mod show;
mod start;
mod status;
mod trust;
mod verify;

pub use args::{Args, main};
