//! Import `facts`.

use session_types::{Answer, Request};

use super::bindings::session::plugin::facts::Host;
use super::guest::{Guest, text, unexpected};

impl Host for Guest {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, String>> {
        Ok(match self.call(Request::FactGet { key }) {
            Ok(Answer::Fact { value }) => Ok(value),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn set(&mut self, key: String, value: String) -> wasmtime::Result<Result<(), String>> {
        Ok(self.call(Request::FactSet { key, value }).map(drop).map_err(text))
    }
}
