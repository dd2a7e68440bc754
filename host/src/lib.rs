//! The host of session-orchestrator: it owns the life of a session and dispatches each event to plugins.
//!
//! Reading order follows the data: what is known (`session`, `graph`, `journal`), what a project is (`project`), who acts
//! (`plugin`), what touches the world (`effects`), where the two meet (`dispatch`), what can be asked for (`workflow`), and
//! what a person sees (`cli`).
//! ARCHITECTURE.md tells it in prose.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

mod digest;
mod nearest;
mod object_id;

pub mod quote;

pub mod session;

pub mod graph;

pub mod journal;

pub mod project;

pub mod plugin;

pub mod effects;

pub mod dispatch;

pub mod workflow;

pub mod cli;
