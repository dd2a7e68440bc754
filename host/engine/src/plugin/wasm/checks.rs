//! Import `checks`.

use session_types::{Error, Request, Verdict};

use super::bindings::session::plugin::checks::Host;
use super::guest::{Guest, text};

impl Guest {
    fn check(&mut self, verdict: Verdict, evidence: &str) -> wasmtime::Result<Result<(), String>> {
        let parsed = serde_json::from_str(evidence)
            .map_err(|e| Error::new("the evidence of a check does not parse").because(e.to_string()));
        Ok(parsed.and_then(|evidence| self.call(Request::Check { verdict, evidence })).map(drop).map_err(text))
    }
}

impl Host for Guest {
    fn passed(&mut self, evidence: String) -> wasmtime::Result<Result<(), String>> {
        self.check(Verdict::Passed, &evidence)
    }

    fn failed(&mut self, evidence: String) -> wasmtime::Result<Result<(), String>> {
        self.check(Verdict::Failed, &evidence)
    }

    fn skipped(&mut self, evidence: String) -> wasmtime::Result<Result<(), String>> {
        self.check(Verdict::Skipped, &evidence)
    }
}
