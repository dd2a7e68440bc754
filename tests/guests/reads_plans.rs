//! Says that every document is its own, and runs a program while it reads: what may not happen before it is approved.

use session_sdk::command::Command;
use session_sdk::{Context, Plan, PlanDocument, Plugin, Result};

#[derive(Default)]
struct ReadsPlans;

#[session_sdk::plugin]
impl Plugin for ReadsPlans {
    fn plan(&mut self, _: &Context<Plan>) -> Result<Option<PlanDocument>> {
        Command::new("touch").arg("ran").query().text()?;
        Ok(None)
    }
}
