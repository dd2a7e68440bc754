//! Run a handler natively under `cargo test`, against a host that keeps everything in memory and remembers every call.
//!
//! ```
//! # use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, files};
//! # #[derive(Default)] struct Diary;
//! # #[session_sdk::plugin] impl Plugin for Diary {
//! #     fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
//! #         files::write("diary.txt", &cx.data.message)?; Ok(Summary::new("noted"))
//! #     }
//! # }
//! use session_sdk::{Event, testing::{Host, context}};
//!
//! let mut host = Host::default();
//! let data = Checkpoint { message: "half way".into(), ..Checkpoint::default() };
//! let summary: Summary = host.run::<Diary, _, _>(&context(Event::Checkpoint, data)).unwrap();
//! assert_eq!(summary.message, "noted");
//! assert_eq!(host.file("diary.txt").as_deref(), Some("half way"));
//! ```
//!
//! # What becomes of it when the host is killed
//!
//! The host may die before and after each thing that a handler has done, and runs the step again then: with the answers
//! of its journal where an effect was done (see [`replay`](crate::replay)), else from the start. So a handler must ask
//! for the same again, leave a world in which it can run once more, and stop at the first error. These try it in every
//! place, and panic with the place and with what differs:
//!
//! - [`survives_kills`]: killed at every [`Boundary`] of every effect and gone on with, it leaves what it leaves undisturbed.
//! - [`survives_cuts`]: the same after a power cut, of which the journal remembers less than what was done.
//! - [`survives_restarts`]: killed at every boundary and run from the start. That is what becomes of settle, which is
//!   never gone on with.
//! - [`stops_at_failures`]: every effect fails in its turn, and the handler does nothing more.
//! - [`may_run_twice`]: a second run changes nothing.
//!
//! ```
//! use session_sdk::{Checkpoint, Context, Event, Plugin, Result, Summary, files};
//! use session_sdk::testing::{self, Host, context};
//!
//! /// Keeps the last message, and all of them.
//! #[derive(Default)]
//! struct Diary;
//!
//! #[session_sdk::plugin]
//! impl Plugin for Diary {
//!     fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
//!         let mut all = files::read_text("all.txt")?.unwrap_or_default();
//!         let line = format!("{}: {}\n", cx.data.number, cx.data.message);
//!         // Looks before it adds: the first run may have come this far.
//!         if !all.ends_with(&line) {
//!             all.push_str(&line);
//!         }
//!         files::write("all.txt", &all)?;
//!         files::write("last.txt", &cx.data.message)?;
//!         Ok(Summary::new("noted"))
//!     }
//! }
//!
//! let data = Checkpoint { number: 1, message: "half way".into(), ..Checkpoint::default() };
//! let cx = context(Event::Checkpoint, data);
//! let tried = testing::survives_kills::<Diary, _, Summary>(Host::default, &cx);
//! assert_eq!(tried.cases, 8, "two effects, each at four boundaries");
//! testing::survives_cuts::<Diary, _, Summary>(Host::default, &cx);
//! testing::stops_at_failures::<Diary, _, Summary>(Host::default, &cx, &[]);
//! testing::may_run_twice::<Diary, _, Summary>(Host::default, &cx);
//! ```
//!
//! A command that may not run twice and whose end the journal does not have is decided about by a person. Here it counts
//! as done where it was run and succeeded, and is run again where not; [`Tried::doubts`] names these cases. By hand:
//! [`Host::run_killed`], [`Host::in_doubt`] and [`Host::resume`].

mod crash;
mod host;
mod state;
mod step;

pub use crash::{Tried, may_run_twice, stops_at_failures, survives_cuts, survives_kills, survives_restarts, written};
pub use host::{Host, World, context};
pub use step::Boundary;
