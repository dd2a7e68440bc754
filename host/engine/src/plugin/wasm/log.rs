//! Import `log`.

use session_types::{Level, Request};

use super::bindings::session::plugin::log::Host;
use super::guest::Guest;

impl Guest {
    /// Lines cannot fail: nobody would be told.
    fn line(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let _ = self.call(Request::Log { level, message });
        Ok(())
    }
}

impl Host for Guest {
    fn debug(&mut self, message: String) -> wasmtime::Result<()> {
        self.line(Level::Debug, message)
    }

    fn info(&mut self, message: String) -> wasmtime::Result<()> {
        self.line(Level::Info, message)
    }

    fn warn(&mut self, message: String) -> wasmtime::Result<()> {
        self.line(Level::Warn, message)
    }

    fn progress(&mut self, done: u64, total: u64, message: String) -> wasmtime::Result<()> {
        let _ = self.call(Request::Progress { done, total, message });
        Ok(())
    }
}
