//! How a project is found and set up: its plan among files that look like one, `init` that fails, a repository that is
//! made later, and plugins or plans that are gone in mid-session.

mod gone;
mod init;
mod plans;
mod plugins;
