//! From the JSON at the boundary to the trait and back. Decides nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plugin::Plugin;
use crate::{Context, Event};
use crate::{Error, Result};

macro_rules! handlers {
    ($($event:ident $variant:ident)*) => {
        /// One function per event, so that a component holds the code of its own events and of no other.
        #[doc(hidden)]
        pub mod handlers {
            $(
                /// # Errors
                /// The JSON of the handler's error, or of one that says what in the event or the configuration is wrong.
                pub fn $event<P: super::Plugin>(text: &str) -> Result<String, String> {
                    super::run::<P, _, _>(text, P::$event).map_err(|e| e.to_text())
                }
            )*
        }

        /// Runs the handler of an event that is known only now: for tests and the native ABI.
        ///
        /// # Errors
        /// As the functions of [`handlers`].
        #[doc(hidden)]
        pub fn handle<P: Plugin>(event: Event, text: &str) -> Result<String, String> {
            match event {
                $(Event::$variant => handlers::$event::<P>(text),)*
            }
        }
    };
}

handlers! {
    plan Plan
    start Start
    checkpoint Checkpoint
    verify Verify
    complete Complete
    rollback Rollback
    settle Settle
    snapshot Snapshot
    merge Merge
    audit Audit
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
