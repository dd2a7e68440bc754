//! The repository, as git would answer. The user's own git writes it (`writer`). A plain repository is read by libgit2, and
//! where that refuses the format or would answer something else, git itself is asked (`reader`). What users can count on
//! stands in docs/git.md.
//!
//! All paths are relative to the project's root, which may be above, below or beside the repository's top.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

mod owner;
mod place;
mod repo;
mod site;
mod top;

mod binary;
mod library;
mod reader;

mod checkout;
mod commit;
mod fold;
mod locks;
mod occupant;
mod reversal;
mod revert;
mod writer;

mod args;
mod base;
mod care;
mod elsewhere;
mod exclude;
mod git;
mod history;
mod identity;
mod merge;
mod origin;
mod paths;
mod programs;
mod revision;
mod selection;
mod settings;
#[cfg(test)]
mod suite;
mod tips;

pub use base::{Base, Touched};
pub use care::ask_git_carefully;
pub use identity::user_name;
pub use merge::{DRIVER, Versions, conflict, driver_command, merge_text, register_driver};
pub use origin::{Brought, Origin, file_origin, line_origins};
pub use owner::{is_own, refuse_foreign};
pub use place::opened;
pub use place::{Surroundings, init, surroundings, whereabouts, work_tree};
pub use programs::{OwnProgram, own_programs};
pub use repo::Repo;
pub use selection::{is_tracked, tracked};
pub use tips::{BranchFile, Folders, Tips};
pub use top::top;
