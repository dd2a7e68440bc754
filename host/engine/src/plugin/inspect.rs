//! What a component handles and asks for, read from its exports and imports without compiling or running it. The
//! contract's version is read here too, so that "too new" and "too old" are two messages.

use serde::{Deserialize, Serialize};
use session_types::{CONTRACT, Event};
use thiserror::Error;
use wasmparser::{Encoding, Parser, Payload};

/// What a plugin can ask for; one per import interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    Log,
    Facts,
    Files,
    Checks,
    Command,
    Repository,
}

impl Power {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Facts => "facts",
            Self::Files => "files",
            Self::Checks => "checks",
            Self::Command => "command",
            Self::Repository => "repository",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Log, Self::Facts, Self::Files, Self::Checks, Self::Command, Self::Repository]
            .into_iter()
            .find(|power| power.name() == name)
    }
}

/// Exports and imports, as far as the contract goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub handles: Vec<Event>,
    pub asks: Vec<Power>,
    /// Version in the names of its interfaces.
    pub contract: String,
}

#[derive(Debug, Error)]
pub enum InspectError {
    #[error("it is no WebAssembly file")]
    NotWasm,
    #[error("it is a core module, not a component")]
    CoreModule,
    #[error("it is damaged")]
    Damaged(#[source] wasmparser::BinaryReaderError),
    #[error("it imports `{0}`, which is not in the contract")]
    UnknownImport(String),
    #[error("it was built for contract {found}, this program has {CONTRACT}")]
    TooNew { found: String },
    #[error("it was built for contract {found}, which this program no longer has; it has {CONTRACT}")]
    TooOld { found: String },
    #[error("it handles no event")]
    NoHandler,
}

const PACKAGE: &str = "session:plugin/";

/// # Errors
/// Whatever makes it no plugin for this host.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(InspectError::NotWasm);
    }
    let mut found = Inspection { contract: CONTRACT.to_owned(), ..Inspection::default() };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(InspectError::Damaged)? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding == Encoding::Module {
                    return Err(InspectError::CoreModule);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    found.import(import.map_err(InspectError::Damaged)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    found.export(export.map_err(InspectError::Damaged)?.name.name)?;
                }
            }
            _ => {}
        }
    }
    // A linker orders exports as it likes: two builds of one plugin shall read the same.
    found.handles.sort_unstable();
    if found.handles.is_empty() { Err(InspectError::NoHandler) } else { Ok(found) }
}

impl Inspection {
    fn import(&mut self, name: &str) -> Result<(), InspectError> {
        let Some((interface, version)) = ours(name) else {
            let known = name.starts_with("wasi:") && name.split_once('@').is_some_and(|(_, v)| v.starts_with("0.2."));
            return if known { Ok(()) } else { Err(InspectError::UnknownImport(name.to_owned())) };
        };
        self.version(version)?;
        let power = Power::from_name(interface).ok_or_else(|| InspectError::UnknownImport(name.to_owned()))?;
        self.asks.push(power);
        Ok(())
    }

    /// Exports that are not ours are ignored: tools add their own.
    fn export(&mut self, name: &str) -> Result<(), InspectError> {
        let Some((interface, version)) = ours(name) else { return Ok(()) };
        self.version(version)?;
        self.handles.extend(interface.strip_prefix("on-").and_then(Event::from_name));
        Ok(())
    }

    fn version(&mut self, found: &str) -> Result<(), InspectError> {
        let numbers = |version: &str| -> Vec<u32> { version.split('.').filter_map(|n| n.parse().ok()).collect() };
        let (mine, theirs) = (numbers(CONTRACT), numbers(found));
        self.contract = found.to_owned();
        // Before 1.0 the second number is the one that breaks.
        match theirs.get(..2).cmp(&mine.get(..2)) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(InspectError::TooNew { found: found.to_owned() }),
            std::cmp::Ordering::Less => Err(InspectError::TooOld { found: found.to_owned() }),
        }
    }
}

/// Interface and version of a name of ours.
fn ours(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE)?.split_once('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        let import = |name: &str| Inspection::default().import(name);
        assert!(import("session:plugin/log@0.1.0").is_ok());
        assert!(import("session:plugin/log@0.1.7").is_ok());
        assert!(matches!(import("session:plugin/log@0.2.0"), Err(InspectError::TooNew { .. })));
        assert!(matches!(import("session:plugin/log@0.0.9"), Err(InspectError::TooOld { .. })));
        assert!(matches!(import("session:plugin/http@0.1.0"), Err(InspectError::UnknownImport(_))));
        assert!(matches!(import("wasi:cli/exit@0.3.0"), Err(InspectError::UnknownImport(_))));
        assert!(matches!(import("env"), Err(InspectError::UnknownImport(_))));
    }

    #[test]
    fn what_is_no_component_is_named() {
        assert!(matches!(inspect(b"#!/bin/sh"), Err(InspectError::NotWasm)));
        assert!(matches!(inspect(b"\0asm\x01\0\0\0"), Err(InspectError::CoreModule)));
        assert!(matches!(inspect(b"\0asm\x0d\0\x01\0"), Err(InspectError::NoHandler)));
        assert!(matches!(inspect(b"\0asm\x0d\0\x01\0\xff"), Err(InspectError::Damaged(_))));
    }
}
