//! Lines for the person who watches, and for the log file. Needs no grant.

use crate::Level;
use crate::backend;

/// Shown with `-v`.
pub fn debug(message: impl AsRef<str>) {
    backend::log(Level::Debug, message.as_ref());
}

pub fn info(message: impl AsRef<str>) {
    backend::log(Level::Info, message.as_ref());
}

pub fn warn(message: impl AsRef<str>) {
    backend::log(Level::Warn, message.as_ref());
}

/// A bar on a terminal: `done` of `total` units. A `total` of 0 means: not known.
pub fn progress(done: u64, total: u64, message: impl AsRef<str>) {
    backend::progress(done, total, message.as_ref());
}
