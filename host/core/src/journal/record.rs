//! One line of the journal: version, sequence, time, checksum, entry. Pure.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use session_types::replay::Doubt;
use session_types::{Answer, Bytes, Error, Event, Head, Request, Run, Summary, Timestamp};
use thiserror::Error;

use crate::digest::digest;
use crate::session::{CheckResult, Input, Look};

/// Version of the line format.
const VERSION: u32 = 1;

/// What can be said of an event, in the order in which it is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum Entry {
    /// An event began. Without an end behind it the event was interrupted.
    Began {
        id: String,
        number: u32,
        input: Input,
    },
    /// A step began: which bytes handle which event.
    Step {
        plugin: String,
        digest: String,
        event: Event,
    },
    /// A host call is about to be done. Without an answer behind it nobody knows whether it was.
    Intent {
        call: u32,
        /// As [`brief`] has it.
        request: Request,
        /// Where the repository stood before a commit, to find out later whether it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Head>,
    },
    /// A program runs, which may outlive this one.
    Child(Begun),
    /// It was done, or could not be.
    Answered {
        call: u32,
        #[serde(with = "reply")]
        answer: Result<Answer, Error>,
    },
    /// A check was reported, with the verdict that the host made of it.
    Checked {
        check: CheckResult,
    },
    /// The working tree, before the checks of a verification or after them.
    Looked(Look),
    StepEnded {
        ending: StepEnding,
    },
    /// All checks that must hold do.
    Verified {
        /// A program was asked, so they hold for these files only.
        asked: bool,
        /// What they hold for; none where no program was asked or nothing knows the tree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tree: Option<String>,
    },
    /// The event goes on after it was cut off.
    Resumed {
        /// What a person decided about a command of which nobody knows whether it ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doubt: Option<Doubt>,
    },
    /// The event's result. Synced before anybody hears of it.
    Ended {
        ending: Ending,
    },
    /// The session goes on in another working tree, since its own is gone.
    Moved {
        from: String,
        to: String,
        by: String,
    },
    /// The documents show the result.
    Settled {
        complete: bool,
    },
}

/// A program that was started, as the system can tell it from any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub pid: i32,
    /// When it began, in the system's own form: numbers of processes are used again.
    pub started: String,
    pub argv: Vec<String>,
}

/// A request as the journal keeps it: of what is written, for good or for one run, the digest only, which is enough to
/// tell whether it was, and whether it is asked for again.
pub fn brief(request: &Request) -> Request {
    let short = |content: &Bytes| Bytes(digest(&content.0).into_bytes());
    match request {
        Request::FileWrite { path, content } => Request::FileWrite { path: path.clone(), content: short(content) },
        Request::Spawn(run) if !run.scratch.is_empty() => {
            let scratch = run.scratch.iter().map(|(name, content)| (name.clone(), short(content))).collect();
            Request::Spawn(Run { scratch, ..run.clone() })
        }
        other => other.clone(),
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum StepEnding {
    Done {
        summary: Summary,
    },
    Failed {
        error: Error,
    },
    /// The plugin itself broke; a third thing besides done and failed.
    Trapped {
        error: Error,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Ending {
    Done,
    /// `checks`: what failed is a check, not a step.
    Failed {
        error: Error,
        checks: bool,
    },
    /// It was cut off or failed half-way, and a person gave it up: what it has changed stays.
    GivenUp {
        by: String,
    },
}

/// An answer or an error in one object.
mod reply {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use session_types::{Answer, Error};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Reply<A, E> {
        Ok(A),
        Err(E),
    }

    pub(super) fn serialize<S: Serializer>(value: &Result<Answer, Error>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Ok(answer) => Reply::Ok(answer),
            Err(error) => Reply::Err(error),
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Result<Answer, Error>, D::Error> {
        Reply::deserialize(de).map(|reply| match reply {
            Reply::Ok(answer) => Ok(answer),
            Reply::Err(error) => Err(error),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    v: u32,
    seq: u64,
    /// Up to which line the journal was synced when this one was written, where that is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    synced: u64,
    at: Timestamp,
    crc: String,
    #[serde(borrow)]
    entry: &'a RawValue,
}

/// Why a line is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    #[error("it is no JSON of a journal line")]
    Shape,
    #[error("it ends in the middle")]
    Torn,
    #[error("it has version {0}, which this program does not know")]
    Version(u32),
    #[error("its checksum is {found}, the content gives {expected}")]
    Checksum { found: String, expected: String },
    #[error("it has number {found} where {expected} must stand")]
    Sequence { found: u64, expected: u64 },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn checksum(seq: u64, synced: u64, at: &Timestamp, entry: &str) -> String {
    let mut hasher = crc32fast::Hasher::new();
    let synced = if synced == 0 { String::new() } else { format!("{synced} ") };
    hasher.update(format!("{VERSION} {seq} {synced}{} ", at.0).as_bytes());
    hasher.update(entry.as_bytes());
    format!("{:08x}", hasher.finalize())
}

/// One line, its line feed included.
///
/// # Errors
/// Where a value has no JSON form: a bug.
pub fn encode(seq: u64, synced: u64, at: &Timestamp, entry: &Entry) -> Result<String, serde_json::Error> {
    let raw = serde_json::value::to_raw_value(entry)?;
    let crc = checksum(seq, synced, at, raw.get());
    let mut line = serde_json::to_string(&Line { v: VERSION, seq, synced, at: at.clone(), crc, entry: &raw })?;
    line.push('\n');
    Ok(line)
}

/// One line as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub at: Timestamp,
    pub entry: Entry,
    /// Lines that were on stable storage before this one was written, as far as its writer knew.
    pub synced: u64,
}

/// How many lines before it a line knows to be on stable storage; none where it is no line.
pub fn synced(line: &str) -> u64 {
    let Ok(read) = serde_json::from_str::<Line<'_>>(line) else { return 0 };
    if read.crc == checksum(read.seq, read.synced, &read.at, read.entry.get()) { read.synced } else { 0 }
}

/// Reads one line without its line feed.
///
/// # Errors
/// What is wrong with it.
pub fn decode(line: &str, seq: u64) -> Result<Decoded, LineError> {
    let line: Line<'_> =
        serde_json::from_str(line).map_err(|e| if e.is_eof() { LineError::Torn } else { LineError::Shape })?;
    if line.v != VERSION {
        return Err(LineError::Version(line.v));
    }
    let expected = checksum(line.seq, line.synced, &line.at, line.entry.get());
    if line.crc != expected {
        return Err(LineError::Checksum { found: line.crc, expected });
    }
    if line.seq != seq {
        return Err(LineError::Sequence { found: line.seq, expected: seq });
    }
    let entry = serde_json::from_str(line.entry.get()).map_err(|_| LineError::Shape)?;
    Ok(Decoded { at: line.at, entry, synced: line.synced })
}

#[cfg(test)]
mod tests {
    use session_types::Bytes;

    use super::*;

    fn line() -> String {
        let request = Request::FileWrite { path: "a".into(), content: Bytes(b"x\n\xff".to_vec()) };
        encode(7, 3, &Timestamp("t".into()), &Entry::Intent { call: 1, request, from: None }).expect("has JSON")
    }

    #[test]
    fn a_line_reads_back_and_stays_one_line() {
        let line = line();
        assert_eq!(line.matches('\n').count(), 1);
        let read = decode(line.trim_end(), 7).expect("valid");
        assert_eq!(encode(7, read.synced, &read.at, &read.entry).expect("has JSON"), line);
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let line = line();
        let line = line.trim_end().as_bytes();
        for i in 0..line.len() {
            let mut bad = line.to_vec();
            bad[i] ^= 1;
            let known = std::str::from_utf8(&bad).ok().and_then(|text| decode(text, 7).ok());
            assert!(known.is_none(), "byte {i} of {}", String::from_utf8_lossy(line));
        }
    }
}
