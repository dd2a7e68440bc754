//! Results of verification. Needs no grant.

use crate::Verdict;
use crate::{Evidence, Result, backend};

/// # Errors
/// Outside verify.
pub fn passed(evidence: &Evidence) -> Result<()> {
    backend::check(Verdict::Passed, evidence)
}

/// # Errors
/// Outside verify.
pub fn failed(evidence: &Evidence) -> Result<()> {
    backend::check(Verdict::Failed, evidence)
}

/// Not run, or a manual item that nobody confirmed.
///
/// # Errors
/// Outside verify.
pub fn skipped(evidence: &Evidence) -> Result<()> {
    backend::check(Verdict::Skipped, evidence)
}
