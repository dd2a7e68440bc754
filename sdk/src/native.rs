//! The plugin's side of the native ABI (`abi/session_plugin.h`): the same JSON over five C functions. The attribute
//! exports them when the feature `native` is on. All `unsafe` of the SDK is here.
#![expect(unsafe_code, reason = "a C ABI")]

use std::ffi::c_void;

use crate::Event;
use crate::plugin::Handlers;
use crate::{Answer, Request};
use crate::{Error, Result, backend, glue};

/// Version of the C ABI; read by the host before anything else is called.
pub const ABI: u32 = 1;

/// Bytes that the other side owns and that live until the call that got them returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub data: *const u8,
    pub len: usize,
}

/// Takes one answer. The slice lives only while it is called.
pub type Sink = unsafe extern "C" fn(context: *mut c_void, answer: Slice);

/// How a plugin calls the host: `call(host, request, sink, context)` calls `sink` exactly once.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    pub host: *mut c_void,
    pub call: unsafe extern "C" fn(host: *mut c_void, request: Slice, sink: Sink, context: *mut c_void),
}

impl Slice {
    pub fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// # Safety
    /// `data` points to `len` bytes that live and do not change for `'a`, or `len` is 0.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
}

/// A `Sink` that copies the answer into the `Vec<u8>` at `context`.
///
/// # Safety
/// `context` points to a `Vec<u8>` that nothing else uses meanwhile.
pub unsafe extern "C" fn collect(context: *mut c_void, answer: Slice) {
    // SAFETY: the caller's promise about `context`; the other side's promise about `answer`.
    let (buffer, answer) = unsafe { (&mut *context.cast::<Vec<u8>>(), answer.bytes()) };
    buffer.extend_from_slice(answer);
}

/// Body of `session_plugin_handlers`: the names of the events, one per line.
pub fn handlers<P: Handlers>() -> String {
    P::HANDLERS.iter().map(|event| event.name()).collect::<Vec<_>>().join("\n")
}

/// Body of `session_plugin_handle`. Returns 0 for an answer and 1 for an error, given to `sink` as JSON. A panic
/// does not cross the boundary: it is an error too.
///
/// # Safety
/// As the header says: slices live until this returns, `host` and `sink` may be called from this thread.
pub unsafe fn handle<P: Handlers>(event: Slice, input: Slice, host: Host, sink: Sink, context: *mut c_void) -> i32 {
    // SAFETY: both slices live until this function returns.
    let (event, input) = unsafe { (event.bytes(), input.bytes()) };
    let run = || {
        let name = std::str::from_utf8(event).unwrap_or_default();
        let event = Event::from_name(name).ok_or_else(|| format!("unknown event `{name}`"))?;
        let input = std::str::from_utf8(input).map_err(|e| e.to_string())?;
        backend::channel::with(Box::new(move |request| call(host, &request)), || glue::handle::<P>(event, input))
    };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Error::new("the plugin panicked").because(what.unwrap_or("no message")).to_text())
    });
    let (code, text) = match &result {
        Ok(text) => (0, text),
        Err(text) => (1, text),
    };
    // SAFETY: `sink` takes a slice that lives while it is called.
    unsafe { sink(context, Slice::of(text.as_bytes())) };
    code
}

fn call(host: Host, request: &Request) -> Result<Answer> {
    let request =
        serde_json::to_vec(request).map_err(|e| Error::new("a request has no JSON form").because(e.to_string()))?;
    let mut answer = Vec::<u8>::new();
    // SAFETY: `collect` gets the `Vec` it needs, and the host calls it once before it returns.
    unsafe { (host.call)(host.host, Slice::of(&request), collect, (&raw mut answer).cast()) };
    serde_json::from_slice::<Reply>(&answer)
        .map_err(|e| Error::new("the host's answer does not parse").because(e.to_string()))?
        .into()
}

/// An answer or an error, as it crosses the C ABI.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    Ok(Answer),
    Err(Error),
}

impl From<Reply> for Result<Answer> {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Ok(answer) => Ok(answer),
            Reply::Err(error) => Err(error),
        }
    }
}

impl From<Result<Answer>> for Reply {
    fn from(result: Result<Answer>) -> Self {
        match result {
            Ok(answer) => Self::Ok(answer),
            Err(error) => Self::Err(error),
        }
    }
}

/// For the attribute: the five symbols of the header.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_native {
    ($plugin:ty) => {
        const _: () = {
            use $crate::native::{Host, Sink, Slice};

            #[unsafe(no_mangle)]
            extern "C" fn session_plugin_abi() -> u32 {
                $crate::native::ABI
            }

            #[unsafe(no_mangle)]
            extern "C" fn session_plugin_contract(sink: Sink, context: *mut ::core::ffi::c_void) {
                // SAFETY: the slice lives while `sink` is called.
                unsafe { sink(context, Slice::of($crate::CONTRACT.as_bytes())) }
            }

            #[unsafe(no_mangle)]
            extern "C" fn session_plugin_handlers(sink: Sink, context: *mut ::core::ffi::c_void) {
                let names = $crate::native::handlers::<$plugin>();
                // SAFETY: the slice lives while `sink` is called.
                unsafe { sink(context, Slice::of(names.as_bytes())) }
            }

            #[unsafe(no_mangle)]
            extern "C" fn session_plugin_fingerprint(sink: Sink, context: *mut ::core::ffi::c_void) {
                let text = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
                // SAFETY: the slice lives while `sink` is called.
                unsafe { sink(context, Slice::of(text.as_bytes())) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn session_plugin_handle(
                event: Slice,
                input: Slice,
                host: Host,
                sink: Sink,
                context: *mut ::core::ffi::c_void,
            ) -> i32 {
                // SAFETY: the host keeps what the header promises.
                unsafe { $crate::native::handle::<$plugin>(event, input, host, sink, context) }
            }
        };
    };
}
