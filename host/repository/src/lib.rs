//! The repository, as git would answer. A plain one is read and written by libgit2 (`library`); where libgit2 refuses
//! the format or would answer something else, git itself is asked (`git`, `reader`, `writer`), and `needed` says when.
//! Both give the same result. What users can count on stands in docs/git.md.
//!
//! All paths are relative to the project's root, which may be above, below or beside the repository's top.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

mod args;
mod base;
mod care;
mod checkout;
mod elsewhere;
mod exclude;
mod fold;
mod git;
mod history;
mod identity;
mod library;
mod listed;
mod locks;
mod merge;
mod needed;
mod origin;
mod owner;
mod paths;
mod place;
mod programs;
mod reader;
mod repo;
mod revert;
mod revision;
#[cfg(test)]
mod same;
mod settings;
mod standing;
mod tips;
mod top;
#[cfg(test)]
mod twice;
#[cfg(test)]
mod undoing;
mod undone;
mod writer;

pub use base::{Base, Touched};
pub use care::ask_git_carefully;
pub use identity::user_name;
pub use listed::{is_tracked, tracked};
pub use merge::{DRIVER, Versions, conflict, driver_command, merge_text, register_driver, split_conflict};
pub use origin::{Brought, Origin, file_origin, line_origins};
pub use owner::{is_own, refuse_foreign};
pub use place::opened;
pub use place::{Surroundings, init, surroundings, whereabouts, work_tree};
pub use programs::{OwnProgram, own_programs};
pub use repo::{Repo, failed};
pub use tips::{BranchFile, Folders, Tips};
pub use top::top;
