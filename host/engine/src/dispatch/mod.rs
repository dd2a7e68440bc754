//! The one place where steps run: what a plugin asks for becomes intent, effect and answer here.

mod event;

mod stage;

mod step;

mod settle;

mod ask;

mod danger;
mod data;
mod paths;
mod plan_cache;
mod recorder;
mod resume;
mod scene;
mod verification;
mod watch;

pub use event::{Agree, Dispatcher, Finished, Keep, Planned, Refresh, Request};
pub use recorder::{RecordError, Recorder};
pub use watch::{Notice, Watch};
