//! Everything that crosses a crate, through the real binary in real repositories. One test binary: linking is what
//! costs.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make files, run programs and say what they tried"
)]

mod support;

mod alembic;
mod audit;
mod audit_base;
mod branches;
mod checkpoints;
mod corpus;
mod crash;
mod dangerous;
mod documents;
mod documents_rule;
mod door;
mod english;
mod evidence;
mod false_done;
mod first_session;
mod git;
mod git_safe;
mod guests;
mod kinds;
mod leave;
mod lettered;
mod log;
mod native;
mod oracle;
mod plans;
mod plugins;
mod progress;
mod progress_rows;
mod refusals;
mod repositories;
mod rewritten;
mod rollback;
mod scope;
mod second_front;
mod set_up;
mod squash;
mod surrounding;
mod swap;
mod task_file;
mod terminal;
mod tidy;
mod trust;
mod trust_screen;
mod unverified;
mod without_vcs;
