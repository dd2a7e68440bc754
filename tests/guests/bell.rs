//! Handles one event, in 15 lines: the plugin of the README.

use session_sdk::{Checkpoint, Context, Plugin, Result, Summary, command::Command};

#[derive(Default)]
struct Bell;

#[session_sdk::plugin]
impl Plugin for Bell {
    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        Command::new("notify-send").arg(&cx.data.message).text()?;
        Ok(Summary::new("rang the bell"))
    }
}
