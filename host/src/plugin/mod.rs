//! Who acts: plugins from components, native libraries and the binary itself, what each may do, and whom the user
//! trusts.

mod approval;
mod bundled;
mod component;
mod grants;
mod inspect;
mod library;
mod links;
mod list;
mod native;
mod revision;
mod trust;
mod wasm;
mod worth;

pub use approval::{Change, CommandDigest, ListedPlugin, ProjectSettings, SettingChange};
pub use bundled::DEFAULT;
pub use grants::{Grants, RepositoryGrant, path_matches};
pub use inspect::{InspectError, Inspection, Power, inspect};
pub use library::{LibraryError, NativeLibrary};
pub use list::{Listing, LoadFailure, Plugin, PluginError, Runtime, Source, Step};
pub use native::NativeError;
pub use revision::{Reading, bundled_places};
pub use trust::{Approval, Trust, TrustError};
pub use worth::{Worth, work, worth};

use session_sdk::{Answer, Error, Request};

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
