//! Settles a document that somebody edits between its look at the file and its write.

use session_sdk::command::Command;
use session_sdk::{Context, Plugin, Result, Settle, Summary, files};

const FILE: &str = "docs/notes.md";

#[derive(Default)]
struct Overtaken;

#[session_sdk::plugin]
impl Plugin for Overtaken {
    fn settle(&mut self, _: &Context<Settle>) -> Result<Summary> {
        let before = files::read_text(FILE)?.unwrap_or_default();
        if !before.contains("by hand") {
            Command::new("sh").args(["-c", "echo by hand >> docs/notes.md"]).output()?;
        }
        files::write(FILE, format!("{before}settled\n"))?;
        Ok(Summary::quiet())
    }
}
