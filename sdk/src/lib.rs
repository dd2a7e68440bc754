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

mod plugin;

pub mod checks;
pub mod command;
pub mod facts;
pub mod files;
pub mod log;
pub mod repository;

mod backend;
mod glue;
#[cfg(not(target_family = "wasm"))]
pub mod native;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use plugin::{NoConfig, Plugin};
pub use session_sdk_macros::plugin;
#[cfg(not(target_family = "wasm"))]
pub use session_types::replay;
pub use session_types::{
    Answer, Attempt, Audit, Audited, AuditedCommit, Back, Bytes, CONTRACT, Change, Check, CheckKind, Checkpoint,
    CheckpointTaken, CommandKind, Commit, CommitRequest, Committed, Complete, Context, Dependency, Edited, Effect,
    Elsewhere, Error, Event, Evidence, Fold, Head, HistoryRequest, Level, Merge, Merged, Metadata, ModelChoice,
    OfSession, Outcome, Piece, Plan, PlanDocument, PlannedSession, Project, Recorded, RecordedAs, Repository, Request,
    Result, ResultExt, RevertRequest, Rollback, RollbackTo, Row, Run, Session, Settle, Snapshot, SnapshotRequest,
    Source, Span, Start, Status, SubAgent, Summary, Task, Text, Timestamp, TreeRequest, Undo, Verdict, Verify, Warning,
    conflict, danger, duration, hash, id, markdown, pattern, secret, shell,
};

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
