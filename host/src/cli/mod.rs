//! The command line: one file per command, which parses, calls a use case of `workflow`, and shows what became of it. `ui` is
//! the only one that prints.

mod args;
mod ui;

mod audit;
mod check_options;
mod checkpoint;
mod complete;
mod completions;
mod demo;
mod dry_run;
mod explain;
mod foreign;
mod init;
mod log;
mod next;
mod note;
mod pause;
mod plan;
mod plan_add;
mod plan_check;
mod plan_graph;
mod progress;
mod resume;
mod rollback;
mod show;
mod show_evidence;
mod start;
mod status;
mod trace;
mod trust;
mod trust_commands;
mod trust_origins;
mod trust_screen;
mod trust_settings;
mod verify;
mod visible;

use std::sync::Arc;

pub use args::{Args, main};

/// What every command has.
struct Cx {
    start: session_workflow::Start,
    /// The front of `start`.
    ui: Arc<ui::Ui>,
}
