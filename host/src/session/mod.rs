//! What a session is and what may happen to it. Pure: no I/O and no clock.

mod estimate;
mod event;
mod execution;
mod model;
mod model_names;
mod model_rules;
mod overview;
mod phrase;
mod plan;
mod record;
mod schedule;
mod state;
mod ticks;

pub use estimate::{minutes, overrun};
pub use event::{Input, Kind};
pub use execution::{Execution, Place, Size};
pub use model::{Choice, Input as ModelInput, Models, choose};
pub use overview::Overview;
pub use plan::{Plan, PlanError};
pub use record::{CheckRecord, Record, brief, verified};
pub use schedule::{Handlers, Order, Phase, Rule, Stage, StepPlan, schedule};
pub use state::{CheckResult, DoneEffect, Illegal, SessionState, State, transition};
pub use ticks::ticks;
