//! What touches the world: files, programs, the repository. Nothing here decides; `dispatch` asks for it after the
//! intent is written.

mod clone;
mod command;
mod door;
mod files;
mod folder;
mod identity;
mod inside;
mod limit;
mod log_file;
mod merge;
mod output;
mod own;
mod private;
mod process;
mod replace;
mod repository;
mod scratch;
mod spot;
mod surrounding;
mod temporary;
mod world;

pub use clone::{CloneToken, clone_token, make_clone_token};
pub use command::{Limits, Line, Running, Stream, kill_children, stop_here_if_stopping};
pub use door::{Beside, Door};
pub use files::{Files, PlannedFile, Seen, Stamp};
pub use folder::{Entry, Refusal};
pub use identity::user_name;
pub use inside::inside;
pub use limit::Limit;
pub use log_file::{LogFile, MARK as LARGE_LOGS, own_folder};
pub use merge::{DRIVER, Versions, conflict, driver_command, merge_text, register_driver, split_conflict};
pub use own::{
    append_own, make_own, move_own, names_own, read_own, remove_empty_own, remove_folder_own, remove_own, share_own,
    text_own,
};
pub use private::{PrivateFolder, private_folder};
pub use process::{is_session, kill_command, running_for, still_runs};
pub use replace::{replace, replace_cached, replace_private, scratch_folder};
pub use repository::{
    Base, BranchFile, Brought, Folders, Origin, OwnProgram, Surroundings, Tips, Touched, ask_git_carefully,
    file_origin, init, is_own, is_tracked, line_origins, own_programs, refuse_foreign, surroundings, top, tracked,
    whereabouts, work_tree,
};
pub use surrounding::without_surrounding_git;
pub use temporary::is_temporary;
pub use world::{Hooks, Planned, SharedScan, World};
