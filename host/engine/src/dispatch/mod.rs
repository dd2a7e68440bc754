//! The one place where steps run: what a plugin asks for becomes intent, effect and answer here.

mod event;

mod stage;

mod step;

mod settle;

mod ask;

mod danger;
mod data;
mod pass;
mod paths;
mod plan_cache;
mod recorder;
mod resume;
mod setting;
mod verification;
mod watch;

pub use event::{Agree, Dispatcher, Finished, LockHolder, Planned, Request};
pub use recorder::{RecordError, Recorder};
pub use setting::{Sessions, Setting};
pub use watch::{Notice, Watch};
