//! Runs events: the journal of a session, the project around it, the plugins that handle the event, and what they ask of
//! the world. What is decided stands in `session-core`; what can be asked for in `session-workflow`.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

pub mod journal;

pub mod project;

pub mod plugin;

pub mod world;

pub mod dispatch;
