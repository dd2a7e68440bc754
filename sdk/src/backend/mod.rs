//! How calls reach the host: through typed imports in a component, through one channel of JSON everywhere else. Both
//! files have the same functions.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod channel;
#[cfg(target_family = "wasm")]
pub(crate) mod wasm;

#[cfg(not(target_family = "wasm"))]
pub(crate) use channel::*;
#[cfg(target_family = "wasm")]
pub(crate) use wasm::*;
