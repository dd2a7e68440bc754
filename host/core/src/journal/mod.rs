//! What a journal says: its entries, and what an event that was cut off has done. The file itself is the engine's.

mod record;
mod replay;

pub use record::{Begun, Decoded, Ending, Entry, LineError, StepEnding, brief, decode, encode, synced};
pub use replay::{CutOff, CutStep, Verified, children, commits, open_call};
