//! Import `files`.

use session_types::{Answer, Bytes, Request};

use super::bindings::session::plugin::files::Host;
use super::guest::{Guest, text, unexpected};

impl Host for Guest {
    fn read(&mut self, path: String) -> wasmtime::Result<Result<Option<Vec<u8>>, String>> {
        Ok(match self.call(Request::FileRead { path }) {
            Ok(Answer::Content { content }) => Ok(content.map(|content| content.0)),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn write(&mut self, path: String, content: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        Ok(self.call(Request::FileWrite { path, content: Bytes(content) }).map(drop).map_err(text))
    }

    fn remove(&mut self, path: String) -> wasmtime::Result<Result<(), String>> {
        Ok(self.call(Request::FileRemove { path }).map(drop).map_err(text))
    }

    fn list(&mut self, path: String) -> wasmtime::Result<Result<Vec<String>, String>> {
        Ok(match self.call(Request::FileList { path }) {
            Ok(Answer::Names { names }) => Ok(names),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }
}
