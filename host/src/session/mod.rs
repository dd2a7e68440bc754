//! What a session is and what may happen to it. Pure: no I/O and no clock.

mod event;
mod overview;
mod plan;
mod record;
mod schedule;
mod state;

pub use event::{Input, Kind};
pub use overview::Overview;
pub use plan::{Plan, PlanError};
pub use record::{CheckRecord, Record, verified};
pub use schedule::{Handlers, Order, Phase, Rule, Stage, StepPlan, schedule};
pub use state::{CheckResult, Illegal, SessionState, State, transition};
