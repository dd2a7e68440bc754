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
//! for the same again, leave a world in which it can run once more, and stop at the first error. The functions below try
//! it in every place, and panic with the place and with what differs.
//!
//! An *effect* is a call that changes the world outside the host: a file that is written or removed, a commit, a path
//! that is excluded, and a command that is neither [`query`](crate::command::Command::query) nor
//! [`repeatable`](crate::command::Command::repeatable). All reading is none. Facts and checks are none either: they stand
//! in the host's own journal, so they are never half done. A handler that only reads, reports checks and sets facts has
//! no effect, hence no place to be killed in: [`Tried::cases`] is 0 then. [`survives_cuts`] still has cases, since it
//! cuts the journal at every call, and [`may_run_twice`] always has one.
//!
//! - [`survives_kills`]: killed at every [`Boundary`] of every effect and gone on with, it leaves what it leaves undisturbed.
//! - [`survives_cuts`]: the same after a power cut, of which the journal remembers less than what was done.
//! - [`survives_restarts`]: killed at every boundary and run from the start. That is what becomes of settle, which is
//!   never gone on with.
//! - [`stops_at_failures`]: every effect fails in its turn, and the handler does nothing more.
//! - [`may_run_twice`]: a second run changes nothing.
//!
//! All are called in the same way, with a function that makes a host (a fresh one for each case, always with the same
//! world) and the context that the handler is given. Their type parameters are the plugin, the data of the event (`_`:
//! it follows from the context), and what the handler answers: [`Summary`](crate::Summary), or `Option<Snapshot>` and
//! the like for handlers that answer something else.
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
//! # Commands
//!
//! Nobody knows whether a command that may not run twice was through when the host was killed, so a person decides. Here
//! it counts as done where it was run and succeeded, and is run again where not; [`Tried::doubts`] names these cases. The
//! world must know every command by its arguments joined with spaces, so `make` fills it in with [`Host::set`]:
//!
//! ```
//! use session_sdk::testing::{self, Host, context};
//! use session_sdk::{Checkpoint, Context, Event, Outcome, Plugin, Result, Summary, command::Command};
//!
//! #[derive(Default)]
//! struct Bell;
//!
//! #[session_sdk::plugin]
//! impl Plugin for Bell {
//!     fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
//!         Command::new("notify-send").arg(&cx.data.message).text()?;
//!         Ok(Summary::new("rang the bell"))
//!     }
//! }
//!
//! fn make() -> Host {
//!     let mut host = Host::default();
//!     let outcome = Outcome { code: Some(0), ..Outcome::default() };
//!     host.set(|w| _ = w.commands.insert("notify-send hello".into(), outcome));
//!     host
//! }
//!
//! let cx = context(Event::Checkpoint, Checkpoint { number: 1, message: "hello".into(), ..Checkpoint::default() });
//! let tried = testing::survives_kills::<Bell, _, Summary>(make, &cx);
//! assert_eq!(tried.cases, 4, "one effect at four boundaries");
//! // Only before the intent is it known that the bell has not rung.
//! assert_eq!(tried.doubts.len(), 3);
//! assert!(!testing::survives_cuts::<Bell, _, Summary>(make, &cx).doubts.is_empty());
//! testing::stops_at_failures::<Bell, _, Summary>(make, &cx, &[]);
//! // It does ring twice where it runs twice, so `may_run_twice` would panic. A command that may ring again says so, by
//! // `.repeatable()`; then it is no effect, and nobody is asked.
//! ```
//!
//! To play a single case by hand: [`Host::run_killed`], [`Host::in_doubt`] and [`Host::resume`].

mod crash;
mod host;
mod repository;
mod state;
mod step;

pub use crash::{Tried, may_run_twice, stops_at_failures, survives_cuts, survives_kills, survives_restarts, written};
pub use host::{Host, World, context};
pub use step::Boundary;
