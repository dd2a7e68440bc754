//! Options that verify and complete have in common.

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Confirm a manual item by its text, or all of them with `*`; may be given again.
    #[arg(long, value_name = "ITEM")]
    attest: Vec<String>,
    /// Run every command, also those that passed for these very files already.
    #[arg(long)]
    fresh: bool,
    /// Take over the checks as the plan has them now, instead of those that were frozen at start; recorded.
    #[arg(long)]
    accept_checks: bool,
}

impl From<CheckArgs> for session_workflow::CheckOptions {
    fn from(typed: CheckArgs) -> Self {
        Self { attest: typed.attest, fresh: typed.fresh, accept_checks: typed.accept_checks }
    }
}
