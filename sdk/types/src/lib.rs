//! What crosses the boundary between the host and its plugins, as data: events, calls, plan and session.
//!
//! Rules that both sides share stand here, too: patterns, dangerous commands, secrets, durations, hashes, IDs, conflict markers, Markdown,
//! shell words.
//! Plugins use all of it through `session-sdk`, which gives these types their functions. Nothing here touches the world.
#![deny(unsafe_code)]

mod audit;
mod call;
mod error;
mod event;
mod plan;
mod session;
mod text;

pub mod conflict;
pub mod danger;
pub mod duration;
pub mod hash;
pub mod id;
pub mod markdown;
pub mod pattern;
pub mod secret;
pub mod shell;

#[cfg(not(target_family = "wasm"))]
pub mod replay;

pub use audit::{Audit, Audited, AuditedCommit, Edited, OfSession, Recorded, RecordedAs};
pub use call::{
    Answer, Bytes, Change, CommandKind, Commit, CommitRequest, Committed, Effect, Elsewhere, Fold, Head,
    HistoryRequest, Level, Outcome, Request, RevertRequest, Run, TreeRequest, Undo, Verdict,
};
pub use error::{Error, Result, ResultExt};
pub use event::{
    Attempt, Back, Checkpoint, Complete, Context, Event, Merge, Merged, Plan, Project, Repository, Rollback,
    RollbackTo, Row, Settle, Snapshot, SnapshotRequest, Start, Summary, Timestamp, Verify,
};
pub use plan::{Check, CheckKind, Metadata, PlanDocument, PlannedSession, Span, SubAgent, Warning};
pub use session::{CheckpointTaken, Dependency, Evidence, ModelChoice, Session, Source, Status, Task};
pub use text::{Piece, Text};

/// Version of the contract that these types belong to, as in the names of the WIT interfaces.
pub const CONTRACT: &str = "0.1.0";
