//! What is under way on this machine: an intent log per session. `record` and `replay` are pure; `file` and `lock` touch the disk.

mod file;
mod lock;
mod record;
mod replay;

pub use file::{Journal, JournalError, parse, read};
pub use lock::{Lock, LockError};
pub use record::{Begun, Decoded, Ending, Entry, LineError, StepEnding, brief, decode, encode};
pub use replay::{CutOff, CutStep, Verified, children, commits, open_call};
