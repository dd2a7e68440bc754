//! Use cases: what can be asked for, one file each. A use case takes a request, decides, and returns an outcome. It tells and
//! asks through a [`Front`]. The front knows how a request is typed and how an outcome looks; `cli` is one front. Commands
//! that only read (status, show, log, plan, explain) still decide in `cli`, with the functions at the end of this file.
#![deny(unsafe_code)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make files and run programs"))]

mod app;
mod caller;
mod front;
mod open;
mod words;

mod error;
mod refusal;

mod approve;
mod ask;
mod commands;
mod danger;
mod find_plan;
mod freeze;
mod history;
mod overview;
mod place;

mod check_options;
mod claim;
mod old_logs;
mod run;

mod attributes;
mod audit;
mod audit_base;
mod baseline;
mod before_init;
mod checkpoint;
mod complete;
mod disagreements;
mod git_programs;
mod hand_over;
mod init;
mod init_mark;
mod markdown;
mod merge;
mod next;
mod note;
mod pace;
mod pause;
mod plan_add;
mod plan_nodes;
mod plan_warnings;
mod rebuild;
mod relocation;
mod resume;
mod rollback;
mod start;
mod trust;
mod verify;

mod in_process;

pub use app::{App, Start};
pub use ask::{Ask, AskedCommand};
pub use audit::{AuditOutcome, AuditRequest, audit_sessions};
pub use baseline::Baseline;
pub use caller::{Caller, Clock};
pub use check_options::CheckOptions;
pub use checkpoint::{CheckpointOutcome, CheckpointRequest, checkpoint};
pub use complete::{CompleteEnd, CompleteOutcome, CompleteRequest, Completed, complete};
pub use danger::Danger;
pub use disagreements::{Disagreement, find_disagreements};
pub use error::{CommandError, ErrorKind};
pub use front::{Approvals, Front};
pub use git_programs::GitPrograms;
pub use hand_over::{HandOver, HandOverEnd, Reader, hand_over, take_review};
pub use init::{InitEnd, InitOutcome, InitRequest, SetUp, init};
pub use merge::{Mended, mend_conflicts, merge_for_git};
pub use next::{NextOutcome, next};
pub use note::{NoteOutcome, note};
pub use pause::{PauseOutcome, pause};
pub use plan_add::{PlanAddOutcome, PlanAddRequest, add_to_plan};
pub use rebuild::{RebuildOutcome, rebuild};
pub use relocation::Brought;
pub use resume::{Decision, How, ResumeOutcome, ResumeRequest, Resumed, Resumption, resume};
pub use rollback::{RollbackEnd, RollbackOutcome, RollbackRequest, RollbackStep, rollback};
pub use run::DryRun;
pub use start::{StartEnd, StartOutcome, StartRequest, Started, begin};
pub use trust::{TrustEnd, TrustRequest, Trusted, everything_to_approve, trust};
pub use verify::{VerifyEnd, VerifyOutcome, VerifyRequest, verify};

// For commands of `cli` that only read. Other fronts cannot use them yet.
pub use git_programs::GitProgram;
pub use hand_over::taken_back;
pub use pace::Pace;
pub use place::{active_here, fate};
pub use plan_nodes::nodes;
pub use plan_warnings::plan_warnings;
pub use run::{checks_json, word};
pub use words::{count, first_line, lines, quoted, seconds, some_of, verdict};
