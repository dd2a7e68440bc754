//! The command line: one file per command. `ui` is the only one that prints, `error` the only one that words failures.

mod app;
mod args;
mod error;
mod ui;

mod audit;
mod baseline;
mod before_init;
mod checkpoint;
mod claim;
mod complete;
mod completions;
mod danger;
mod demo;
mod explain;
mod find_plan;
mod freeze;
mod here;
mod history;
mod init;
mod known;
mod log;
mod next;
mod note;
mod open;
mod pause;
mod place;
mod plan;
mod plan_add;
mod plan_check;
mod plan_graph;
mod progress;
mod resume;
mod rollback;
mod rollback_report;
mod run;
mod show;
mod show_evidence;
mod show_for;
mod start;
mod status;
mod trust;
mod verify;
mod verifying;
mod visible;

pub use args::{Args, main};
