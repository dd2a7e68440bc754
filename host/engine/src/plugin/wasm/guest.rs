//! What a store holds for one step: the calls' other end, limits, and time spent on either side.

use std::time::{Duration, Instant};

use session_types::{Answer, Error, Request};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;

use super::super::Step;

/// Memory of one instance.
const MEMORY: usize = 256 << 20;
const TABLE: usize = 100_000;
/// Guest time of one step, host calls apart.
pub(super) const GUEST_TIME: Duration = Duration::from_secs(30);

/// What a guest has left after the step's deadline, which its commands do not outlive.
const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Guest {
    pub(super) calls: Box<dyn super::super::Calls>,
    pub(super) table: ResourceTable,
    pub(super) limits: Limits,
    /// Milliseconds since 1970 at which the clocks stand.
    pub(super) clock: u64,
    pub(super) random: u64,
    /// What it wrote to stdout and stderr, for the case that it breaks.
    pub(super) output: String,
    started: Instant,
    in_host: Duration,
    deadline: Option<Instant>,
}

/// What one step may take. wasmtime's own limits say how much was asked for, and not that it is too much.
pub(super) struct Limits;

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > MEMORY {
            let (asked, limit) = (desired >> 20, MEMORY >> 20);
            wasmtime::bail!(
                "it needs {asked} MiB of memory, and a step may use {limit}: what it works on is too large"
            );
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE {
            wasmtime::bail!("it needs a table of {desired} elements, and a step may use {TABLE}");
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        100
    }

    fn tables(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        10
    }
}

impl Guest {
    pub(super) fn new(step: Step) -> Self {
        Self {
            calls: step.calls,
            table: ResourceTable::new(),
            limits: Limits,
            clock: step.clock,
            random: step.seed,
            output: String::new(),
            started: Instant::now(),
            in_host: Duration::ZERO,
            deadline: step.deadline,
        }
    }

    /// Every import ends here. The time it takes is not the guest's.
    pub(super) fn call(&mut self, request: Request) -> Result<Answer, Error> {
        let began = Instant::now();
        let answer = self.calls.call(request);
        self.in_host += began.elapsed();
        answer
    }

    /// Why the guest must stop now, if it must.
    pub(super) fn overdue(&self) -> Option<String> {
        if self.started.elapsed().saturating_sub(self.in_host) > GUEST_TIME {
            return Some(format!("it computed for more than {} s", GUEST_TIME.as_secs()));
        }
        // A command that was killed at the deadline can still be reported.
        let over = self.deadline.is_some_and(|deadline| Instant::now() > deadline + GRACE);
        over.then(|| "the step's timeout is over".to_owned())
    }

    /// The next number of the step's own sequence (splitmix64).
    pub(super) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Keeps the end of what it writes.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        const ROOM: usize = 8 << 10;
        let text = String::from_utf8_lossy(bytes);
        tracing::debug!(output = text.trim_end(), "the plugin wrote");
        self.output.push_str(&text);
        if self.output.len() > ROOM {
            let cut = (self.output.len() - ROOM..).find(|i| self.output.is_char_boundary(*i)).unwrap_or(0);
            self.output.drain(..cut);
        }
    }
}

/// An error of a call as the contract has it.
pub(super) fn text(error: Error) -> String {
    error.to_text()
}

/// For answers that only a bug of the host can give.
pub(super) fn unexpected(answer: &Answer) -> String {
    Error::new("the host answered something else than what was asked: a bug of session")
        .because(format!("{answer:?}"))
        .to_text()
}
