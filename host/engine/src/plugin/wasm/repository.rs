//! Import `repository`. Its answers are JSON.

use serde::Serialize;
use session_types::{Answer, Error, Request};

use super::bindings::session::plugin::repository::Host;
use super::guest::{Guest, text, unexpected};

fn json<T: Serialize>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map_err(|e| Error::new("an answer has no JSON form").because(e.to_string()).to_text())
}

impl Host for Guest {
    fn head(&mut self) -> wasmtime::Result<Result<String, String>> {
        Ok(match self.call(Request::Head) {
            Ok(Answer::Head(head)) => json(&head),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn changes(&mut self) -> wasmtime::Result<Result<String, String>> {
        Ok(match self.call(Request::Changes) {
            Ok(Answer::Changes { changes }) => json(&changes),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn tree(&mut self, request: String) -> wasmtime::Result<Result<String, String>> {
        let request = match serde_json::from_str(&request) {
            Ok(request) => request,
            Err(e) => return Ok(Err(Error::new("the tree request does not parse").because(e.to_string()).to_text())),
        };
        Ok(match self.call(Request::Tree(request)) {
            Ok(Answer::Tree { tree }) => Ok(tree),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn commit(&mut self, request: String) -> wasmtime::Result<Result<String, String>> {
        let request = match serde_json::from_str(&request) {
            Ok(request) => request,
            Err(e) => return Ok(Err(Error::new("the commit request does not parse").because(e.to_string()).to_text())),
        };
        Ok(match self.call(Request::Commit(request)) {
            Ok(Answer::Committed(committed)) => json(&committed),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn revert(&mut self, request: String) -> wasmtime::Result<Result<String, String>> {
        let request = match serde_json::from_str(&request) {
            Ok(request) => request,
            Err(e) => return Ok(Err(Error::new("the revert request does not parse").because(e.to_string()).to_text())),
        };
        Ok(match self.call(Request::Revert(request)) {
            Ok(Answer::Committed(committed)) => json(&committed),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn file_at(&mut self, commit: String, path: String) -> wasmtime::Result<Result<Option<Vec<u8>>, String>> {
        Ok(match self.call(Request::FileAt { commit, path }) {
            Ok(Answer::Content { content }) => Ok(content.map(|content| content.0)),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn history(&mut self, request: String) -> wasmtime::Result<Result<String, String>> {
        let request = match serde_json::from_str(&request) {
            Ok(request) => request,
            Err(e) => return Ok(Err(Error::new("the request does not parse").because(e.to_string()).to_text())),
        };
        Ok(match self.call(Request::History(request)) {
            Ok(Answer::History { commits }) => json(&commits),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn diff(&mut self, since: Option<String>, paths: Vec<String>) -> wasmtime::Result<Result<String, String>> {
        Ok(match self.call(Request::Diff { since, paths }) {
            Ok(Answer::Diff { text }) => Ok(text),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn patch_id(&mut self, commit: String) -> wasmtime::Result<Result<Option<String>, String>> {
        Ok(match self.call(Request::PatchId { commit }) {
            Ok(Answer::PatchId { id }) => Ok(id),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn exclude(&mut self, path: String) -> wasmtime::Result<Result<(), String>> {
        Ok(self.call(Request::Exclude { path }).map(drop).map_err(text))
    }
}
