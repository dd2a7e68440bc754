//! What a plugin of session-orchestrator is written with: a trait with one function per event, one attribute that
//! exports the functions an impl contains, and one module per power that the host can grant.
//!
//! ```
//! use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, command::Command};
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
//! ```
//!
//! The same source builds to a sandboxed component (`--target wasm32-wasip2`) and, with the feature `native`, to a
//! shared library. The contract itself is `wit/`; this crate is its Rust form and knows nothing of the host.

// Generated bindings name this crate by its outside name.
extern crate self as session_sdk;

mod audit;
mod call;
mod error;
mod event;
mod plan;
mod plugin;
mod session;
mod text;

pub mod checks;
pub mod command;
pub mod danger;
pub mod duration;
pub mod facts;
pub mod files;
pub mod hash;
pub mod log;
pub mod pattern;
pub mod repository;
pub mod secret;
pub mod shell;

#[cfg(not(target_family = "wasm"))]
pub mod replay;

mod backend;
mod glue;
#[cfg(not(target_family = "wasm"))]
pub mod native;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use audit::{Audit, Audited, AuditedCommit, Edited, OfSession, Recorded, RecordedAs};
pub use call::{
    Answer, Bytes, Change, Commit, CommitRequest, Committed, Effect, Elsewhere, Fold, Head, HistoryRequest, Kind,
    Level, Outcome, Request, RevertRequest, Run, TreeRequest, Undo, Verdict,
};
pub use error::{Error, Result, ResultExt};
pub use event::{
    Attempt, Back, Checkpoint, Complete, Context, Event, Merge, Merged, Plan, Project, Repository, Rollback,
    RollbackTo, Row, Settle, Snapshot, SnapshotRequest, Start, Summary, Timestamp, Verify,
};
pub use plan::{Check, CheckKind, Metadata, PlanDocument, PlannedSession, Span, SubAgent, Warning};
pub use plugin::{NoConfig, Plugin};
pub use session::{CheckpointTaken, Dependency, Evidence, ModelChoice, Session, Source, Status, Task};
pub use session_sdk_macros::plugin;
pub use text::{Piece, Text};

/// Version of the contract that this SDK speaks, as in the names of the WIT interfaces.
pub const CONTRACT: &str = "0.1.0";

/// For the attribute's output only; nothing here is promised.
#[doc(hidden)]
pub mod __private {
    #[cfg(target_family = "wasm")]
    pub use crate::backend::wasm::{
        audit, checkpoint, complete, merge, plan, rollback, settle, snapshot, start, verify,
    };
    pub use crate::glue::{handle, handlers};
    pub use crate::plugin::Handlers;
    #[cfg(target_family = "wasm")]
    pub use wit_bindgen::rt;
}

/// For the attribute: exports the native ABI where the feature is on.
#[doc(hidden)]
#[macro_export]
#[cfg(all(feature = "native", not(target_family = "wasm")))]
macro_rules! __native {
    ($plugin:ty) => {
        $crate::__export_native!($plugin);
    };
}

/// For the attribute: without the feature `native` there is nothing to export.
#[doc(hidden)]
#[macro_export]
#[cfg(not(all(feature = "native", not(target_family = "wasm"))))]
macro_rules! __native {
    ($plugin:ty) => {};
}
