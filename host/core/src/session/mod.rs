//! What a session is and what may happen to it. Pure: no I/O and no clock.

mod audit;
mod condition;
mod danger;
mod documents;
mod estimate;
mod event;
mod evidence;
mod execution;
mod model;
mod model_names;
mod model_rules;
mod object_facts;
mod overview;
mod phrase;
mod plan;
mod record;
mod redaction;
mod rollback;
mod schedule;
mod state;
mod ticks;
mod transition;
mod verification;

pub use audit::{
    Asks, Finding, Known as AuditKnown, Level, Policy as AuditPolicy, Rule as AuditRule, audit, sort as sort_findings,
};
pub use condition::{Condition, CutOffEvent, LastEvent, Next, Wholeness};
pub use danger::{Dangers, Settings as CheckSettings, is_refused, mark, not_allowed, place_of, refusal};
pub use documents::{DocumentPlaces, document_path};
pub use estimate::{minutes, overrun};
pub use event::{Input, Kind};
pub use execution::{Execution, Place, Size};
pub use model::{Choice, Input as ModelInput, Models, choose};
pub use object_facts::fault as fact_fault;
pub use overview::{FoundPlan, Overview, Unmerged};
pub use plan::{Plan, PlanError};
pub use record::{CheckRecord, Earlier, Record, RolledBack, SCHEMA, VerificationRecord, brief, secret_notes};
pub use redaction::{Lines as RedactedLines, Redacted, first_lines, redact, redact_diff};
pub use schedule::{Handlers, Order, Phase, Rule, Stage, StepPlan, schedule, settle_stage};
pub use state::{DoneEffect, SessionState, State};
pub use ticks::ticks;
pub use transition::{Illegal, after_rollback, transition};
pub use verification::{Accepted, CheckResult, Look, Verification, is_verified, listed, undecided, verified};
