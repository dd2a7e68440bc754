//! From the JSON at the boundary to the trait and back. Decides nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::{Context, Event};
use crate::plugin::Plugin;
use crate::{Error, Result};

/// Runs one handler.
///
/// # Errors
/// The JSON of the handler's [`Error`], or of one that says what in the event or the configuration is wrong.
#[doc(hidden)]
pub fn handle<P: Plugin>(event: Event, text: &str) -> Result<String, String> {
    dispatch::<P>(event, text).map_err(|e| e.to_text())
}

fn dispatch<P: Plugin>(event: Event, text: &str) -> Result<String> {
    match event {
        Event::Plan => run::<P, _, _>(text, P::plan),
        Event::Start => run::<P, _, _>(text, P::start),
        Event::Checkpoint => run::<P, _, _>(text, P::checkpoint),
        Event::Verify => run::<P, _, _>(text, P::verify),
        Event::Complete => run::<P, _, _>(text, P::complete),
        Event::Settle => run::<P, _, _>(text, P::settle),
        Event::Snapshot => run::<P, _, _>(text, P::snapshot),
    }
}

fn run<P: Plugin, D: DeserializeOwned, S: Serialize>(
    text: &str,
    handler: impl FnOnce(&mut P, &Context<D>) -> Result<S>,
) -> Result<String> {
    let mut context: Context<D> = serde_json::from_str(text)
        .map_err(|e| Error::new("the event from the host does not parse").because(e.to_string()))?;
    let mut plugin = P::new(config(std::mem::take(&mut context.config))?)?;
    let summary = handler(&mut plugin, &context)?;
    serde_json::to_string(&summary)
        .map_err(|e| Error::new("the plugin's summary has no JSON form").because(e.to_string()))
}

fn config<C: DeserializeOwned>(value: Value) -> Result<C> {
    let value = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value };
    C::deserialize(value).map_err(|e| {
        Error::new("[plugin.config] is not what this plugin takes")
            .because(e.to_string())
            .hint("edit [plugin.config] of this plugin in plugins.toml")
    })
}
