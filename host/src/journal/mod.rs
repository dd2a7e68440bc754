//! What is under way on this machine: an intent log per session. `record` is pure; `file` and `lock` touch the disk.

mod file;
mod lock;
mod record;

pub use file::{Journal, JournalError, read};
pub use lock::{Lock, LockError};
pub use record::{Ending, Entry, LineError, StepEnding, decode, encode};
