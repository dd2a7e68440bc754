//! May write everything, and tries what lies outside everything.

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, files};

#[derive(Default)]
struct WritesOutside;

#[session_sdk::plugin]
impl Plugin for WritesOutside {
    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        let mut summary = Summary::quiet();
        for path in ["../outside", "/tmp/session-outside", ".git/hooks/pre-commit", "link/outside", "a/../../outside"] {
            summary = summary.with(path, files::write(path, "x").is_ok());
        }
        Ok(summary.with("inside", files::write("inside", "x").is_ok()))
    }
}
