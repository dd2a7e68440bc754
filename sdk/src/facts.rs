//! Keys and values that plugins leave with the session for one another. Needs no grant.

use crate::{Result, backend};

/// # Errors
/// Where the event has no session.
pub fn get(key: &str) -> Result<Option<String>> {
    backend::fact_get(key)
}

/// # Errors
/// Where the event has no session.
pub fn set(key: &str, value: &str) -> Result<()> {
    backend::fact_set(key, value)
}
