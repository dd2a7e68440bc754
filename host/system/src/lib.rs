//! Files, programs and locks of this machine. What they mean is decided elsewhere.
//!
//! Files of a project are opened through [`Door`], files of the program itself through `own`. Programs run in a process
//! group of their own and are known again after a kill.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

mod clone;
mod command;
mod door;
mod files;
mod folder;
mod inside;
mod limit;
mod lock;
mod log_file;
mod output;
mod own;
mod private;
mod process;
mod replace;
mod scratch;
mod spot;
mod surrounding;
mod temporary;

pub use clone::{CloneToken, clone_token, make_clone_token};
pub use command::{Hooks, Limits, Line, Running, Stream, kill_children, log_path, register, stop_here_if_stopping};
pub use door::{Beside, Door};
pub use files::{Files, PlannedFile, Seen, Stamp};
pub use folder::{Entry, Refusal};
pub use inside::{inside, plain};
pub use limit::Limit;
pub use lock::{Lock, LockError};
pub use log_file::{LogFile, MARK as LARGE_LOGS, own_folder};
pub use own::{
    append_own, make_own, move_own, names_own, open_own, read_own, remove_empty_own, remove_folder_own, remove_own,
    share_own, text_own,
};
pub use private::{PrivateFolder, private_folder};
pub use process::{EVENT, begun, is_session, kill_command, processes, running_for, still_runs};
pub use replace::{replace, replace_cached, replace_private, scratch, scratch_folder};
pub use scratch::prepared;
pub use spot::Spot;
pub use surrounding::{NAMING, without_surrounding_git};
pub use temporary::is_temporary;
