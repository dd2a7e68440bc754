//! What touches the world: files, programs, the repository. Nothing here decides; `dispatch` asks for it after the
//! intent is written.

mod clone;
mod command;
mod files;
mod identity;
mod log_file;
mod merge;
mod output;
mod private;
mod process;
mod replace;
mod repository;
mod scratch;
mod surrounding;
mod world;

pub use clone::{CloneToken, clone_token, make_clone_token};
pub use command::{Limits, Line, Running, Stream, kill_children, stop_here_if_stopping};
pub use files::{Files, PlannedFile, Seen, Stamp};
pub use identity::user_name;
pub use log_file::{LogFile, MARK as LARGE_LOGS, own_folder};
pub use merge::{DRIVER, Versions, conflict, driver_command, merge_text, register_driver, split_conflict};
pub use private::{PrivateFolder, private_folder};
pub use process::{is_session, kill_command, running_for, still_runs};
pub use replace::{replace, replace_cached, replace_private, scratch_folder};
pub use repository::{
    BranchFile, Brought, Folders, Origin, OwnProgram, Tips, ask_git_carefully, common_dir, file_origin, init, is_own,
    line_origins, own_programs, refuse_foreign, top, tracked, whereabouts, work_tree,
};
pub use surrounding::without_surrounding_git;
pub use world::{Hooks, Planned, SharedScan, World};
