//! How a use case talks to the program that called it: it tells, it asks, and it shows what needs approval. The command line is
//! one front (`cli/ui.rs`); a test or a server is another. A front decides nothing about sessions. Who asks is `caller.rs`.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use session_engine::dispatch::Watch;

use super::app::App;
use super::ask::Ask;

/// What a use case needs from the program that called it.
pub trait Front: Watch + Debug {
    /// Something that is no error, and that a person should know.
    fn warned(&self, text: &str);

    /// A sentence about what is going on.
    fn told(&self, text: &str);

    /// What plugins say, each text with the plugin's name.
    fn told_by(&self, all: &[(String, Vec<String>)]);

    /// Whether somebody can be asked.
    fn can_ask(&self) -> bool;

    /// Asks yes or no. No answer counts as no.
    fn ask(&self, question: &str) -> bool;

    /// Shows what needs approval.
    fn shows(&self, asked: &Approvals<'_>);

    /// Asks for the approval that was shown.
    fn agrees(&self, asked: &Approvals<'_>) -> bool;

    /// Where the log of this run goes; without a file it goes to the screen only.
    fn log_to(&self, file: Option<&Path>);

    /// From now on programs of plugins may run. A front that is stopped calls `stop` first, which ends them.
    fn may_be_stopped(self: Arc<Self>, stop: fn());
}

/// All that one question of approval is about.
#[derive(Debug)]
pub struct Approvals<'a> {
    pub app: &'a App<'a>,
    pub ask: &'a Ask,
}

impl Approvals<'_> {
    /// What is asked for, as JSON: settings that changed, and commands.
    pub fn json(&self) -> Value {
        self.ask.json()
    }

    /// All settings as they would count, each with its key.
    pub fn settings(&self) -> impl Iterator<Item = (&str, Value)> {
        let settings = self.ask.settings.0.iter();
        settings.map(|(key, value)| (key.as_str(), serde_json::from_str(value).unwrap_or(Value::Null)))
    }

    /// How many commands there are, approved ones among them.
    pub fn commands(&self) -> usize {
        self.ask.commands.len()
    }
}
