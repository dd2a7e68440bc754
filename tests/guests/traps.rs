//! Breaks in the middle of its work, after a fact that must not count for more than it is.

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, facts};

#[derive(Default)]
struct Traps;

#[session_sdk::plugin]
impl Plugin for Traps {
    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        facts::set("traps.was-here", "yes")?;
        panic!("as the test asked: {}", cx.data.message)
    }
}
