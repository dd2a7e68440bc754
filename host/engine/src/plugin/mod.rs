//! Who acts: plugins from components, native libraries and the binary itself, what each may do, and whom the user
//! trusts.

mod component;
mod inspect;
mod library;
mod links;
mod list;
mod native;
mod revision;
mod trust;
mod wasm;

pub use inspect::{InspectError, Inspection, Power, inspect};
pub use library::{LibraryError, NativeLibrary};
pub use list::{Listing, LoadFailure, Plugin, PluginError, Runtime, Source, Step};
pub use native::NativeError;
pub use revision::{Reading, bundled_places};
/// Version of the C interface that native plugins are loaded by.
pub use session_sdk::native::ABI as NATIVE_ABI;
pub use trust::{Approval, Trust, TrustError};

use session_types::{Answer, Error, Request};

/// What a plugin's calls reach. The one implementation is the dispatcher's step.
pub trait Calls {
    /// Does one call.
    ///
    /// # Errors
    /// What the plugin is told.
    fn call(&mut self, request: Request) -> Result<Answer, Error>;
}

/// What became of a handler.
#[derive(Clone, Debug)]
pub enum HandlerEnd {
    /// The text that it answered.
    Done(String),
    /// It says that it failed.
    Failed(Error),
    /// It broke: a trap, a deadline, no memory.
    Trapped(Error),
}
