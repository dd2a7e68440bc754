//! What touches the world: files, programs, the repository. Nothing here decides; `dispatch` asks for it after the
//! intent is written.

mod command;
mod files;
mod identity;
mod merge;
mod output;
mod process;
mod replace;
mod repository;
mod scratch;
mod surrounding;
mod world;

pub use command::{Limits, Line, Running, Stream, kill_children, stop_here_if_stopping};
pub use files::{Files, PlannedFile, Seen, Stamp};
pub use identity::user_name;
pub use merge::{DRIVER, Versions, conflict, merge_text, register_driver, split_conflict};
pub use process::{is_session, kill_command, running_for, still_runs};
pub use replace::{is_temporary, private_folder, replace, replace_cached};
pub use repository::{Base, BranchFile, Folders, Tips, Touched, common_dir, init, tracked, whereabouts, work_tree};
pub use surrounding::without_surrounding_git;
pub use world::{Hooks, Planned, SharedScan, World};
