//! The host's side of the native ABI (`sdk/abi/session_plugin.h`), through libloading. A library runs as trusted code;
//! whether it may is decided before it is loaded, since loading runs its constructors.
#![expect(unsafe_code, reason = "a C ABI")]

use std::ffi::c_void;
use std::io;
use std::path::Path;
use std::sync::Arc;

use libloading::{Library, Symbol};
use session_sdk::native::{ABI, Host, Reply, Sink, Slice, collect};
use session_types::{CONTRACT, Error, Event, Request};
use thiserror::Error;

use super::library::{LibraryError, NativeLibrary};
use super::list::Step;
use super::{Calls, HandlerEnd};

type Handle = unsafe extern "C" fn(Slice, Slice, Host, Sink, *mut c_void) -> i32;
type Text = unsafe extern "C" fn(Sink, *mut c_void);

/// A library whose symbols were checked. It is never unloaded: threads and destructors of its own may outlive any
/// moment at which we could.
#[derive(Debug)]
pub struct Native {
    pub(super) handles: Vec<Event>,
    pub(super) contract: String,
    handle: Handle,
}

#[derive(Debug, Error)]
pub enum NativeError {
    #[error(transparent)]
    Library(Arc<LibraryError>),
    #[error("no copy of it can be made to load it from")]
    Copy(#[source] io::Error),
    #[error("it cannot be loaded")]
    Load(#[source] libloading::Error),
    #[error("it has no symbol `{0}`")]
    Symbol(&'static str),
    #[error("it has ABI {found}, this program has {ABI}")]
    Abi { found: u32 },
    #[error("it was built for contract {found}, this program has {CONTRACT}")]
    Contract { found: String },
    #[error("its fingerprint `{0}` is no name and version")]
    Fingerprint(String),
    #[error("it handles no event")]
    NoHandler,
}

impl Native {
    /// Loads a library and checks its ABI before anything else of it is called. It is loaded from a copy below one of
    /// these folders, which is gone again when it is loaded: the files of the project may be others by now.
    ///
    /// # Errors
    /// Whatever makes it no plugin for this host.
    pub(super) fn load(files: &NativeLibrary, below: &[&Path]) -> Result<Self, NativeError> {
        let copy = files.copy(below).map_err(NativeError::Copy)?;
        // SAFETY: the user allowed exactly these bytes to run as trusted code.
        let library = unsafe { Library::new(copy.path()) }.map_err(NativeError::Load)?;
        drop(copy);
        // Never unloaded, so that the function pointers below stay valid for the life of the process.
        let library: &'static Library = Box::leak(Box::new(library));
        // SAFETY: the types are those of the header. The version is read first: it alone decides whether the others
        // have these types.
        unsafe {
            let abi: Symbol<'_, unsafe extern "C" fn() -> u32> = symbol(library, "session_plugin_abi")?;
            let found = abi();
            if found != ABI {
                return Err(NativeError::Abi { found });
            }
            let contract = text(*symbol::<Text>(library, "session_plugin_contract")?);
            let prefix = CONTRACT.rsplit_once('.').map_or(CONTRACT, |(minor, _)| minor);
            if contract.rsplit_once('.').map(|(minor, _)| minor) != Some(prefix) {
                return Err(NativeError::Contract { found: contract });
            }
            let fingerprint = text(*symbol::<Text>(library, "session_plugin_fingerprint")?);
            if fingerprint.split_whitespace().count() != 2 {
                return Err(NativeError::Fingerprint(fingerprint));
            }
            let names = text(*symbol::<Text>(library, "session_plugin_handlers")?);
            let mut handles: Vec<Event> = names.lines().filter_map(Event::from_name).collect();
            handles.sort_unstable();
            if handles.is_empty() {
                return Err(NativeError::NoHandler);
            }
            let handle = *symbol::<Handle>(library, "session_plugin_handle")?;
            Ok(Self { handles, contract, handle })
        }
    }

    pub(super) fn run(&self, event: Event, input: &str, step: Step) -> HandlerEnd {
        let mut calls = step.calls;
        let mut answer = Vec::<u8>::new();
        let host = Host { host: (&raw mut calls).cast(), call };
        // SAFETY: the slices and `calls` live until the call returns; `collect` gets the `Vec` it needs; the plugin
        // calls back on this thread only, as the header demands.
        let code = unsafe {
            let (event, input) = (Slice::of(event.name().as_bytes()), Slice::of(input.as_bytes()));
            (self.handle)(event, input, host, collect, (&raw mut answer).cast())
        };
        match (code, String::from_utf8(answer)) {
            (0, Ok(text)) => HandlerEnd::Done(text),
            (1, Ok(text)) => HandlerEnd::Failed(Error::from_text(&text)),
            (code, _) => HandlerEnd::Trapped(Error::new(format!("the library returned {code} and no text"))),
        }
    }
}

/// # Safety
/// `T` is the type that the header gives the symbol.
unsafe fn symbol<T>(library: &'static Library, name: &'static str) -> Result<Symbol<'static, T>, NativeError> {
    // SAFETY: the caller's promise.
    unsafe { library.get(name.as_bytes()) }.map_err(|_| NativeError::Symbol(name))
}

/// # Safety
/// `function` is one of the header's functions that give one text.
unsafe fn text(function: Text) -> String {
    let mut buffer = Vec::<u8>::new();
    // SAFETY: `collect` gets the `Vec` it needs.
    unsafe { function(collect, (&raw mut buffer).cast()) };
    String::from_utf8_lossy(&buffer).into_owned()
}

/// What the plugin calls back.
unsafe extern "C" fn call(host: *mut c_void, request: Slice, sink: Sink, context: *mut c_void) {
    // SAFETY: `host` is the `Box<dyn Calls>` of `run`, which waits for this call; nothing else uses it meanwhile.
    let calls = unsafe { &mut *host.cast::<Box<dyn Calls>>() };
    // SAFETY: the plugin keeps the request alive during the call.
    let request = unsafe { request.bytes() };
    let reply = match serde_json::from_slice::<Request>(request) {
        Ok(request) => Reply::from(calls.call(request)),
        Err(e) => Reply::Err(Error::new("the plugin's request does not parse").because(e.to_string())),
    };
    let text = serde_json::to_vec(&reply).unwrap_or_default();
    // SAFETY: the plugin gave `sink` with its `context`; the slice lives while it is called.
    unsafe { sink(context, Slice::of(&text)) };
}
