//! The one place where steps run: what a plugin asks for becomes intent, effect and answer here.

mod event;
mod recorder;
mod step;
mod watch;

pub use event::{Dispatcher, Finished, Planned, Request};
pub use recorder::{RecordError, Recorder};
pub use watch::{Notice, Watch};
