//! How much of one file the program reads. The plan, records and plugins come with a clone, so their author decides how
//! long they are; a file of our own may be damaged. All limits stand here, each with its reason.

use std::fmt;

/// What a file is called in messages, and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    what: &'static str,
    pub bytes: u64,
    hint: &'static str,
}

const KB: u64 = 1 << 10;
const MB: u64 = 1 << 20;

impl Limit {
    /// Written by hand: the longest one seen has 4 KB.
    pub const MANIFEST: Self = Self::new("plugins.toml", MB, "git log -- plugins.toml");
    /// A plan of 10,000 sessions has 26 MB, and a plugin has 256 MiB of memory to read it with.
    pub const PLAN: Self = Self::new("a plan", 64 * MB, "split the plan into the files of a folder");
    /// What a plugin reads or writes: its memory holds the content, the JSON of it, and what it makes of it.
    pub const PLUGIN_FILE: Self = Self::new("a file that a plugin reads", 64 * MB, "split the file or move it away");
    /// Written by hand, with what a person pastes into it.
    pub const TASK_FILE: Self = Self::new("a task file", 16 * MB, "move long output into a file of its own");
    /// A record holds the end of each check's output, 4 KB, and names of files.
    pub const RECORD: Self = Self::new("a record", 16 * MB, "git log -- docs/sessions/records");
    /// The largest bundled component has 1 MB; one with Python or JavaScript inside has 20 MB.
    pub const PLUGIN: Self = Self::new("a plugin", 64 * MB, "build the plugin without debug information");
    /// It holds digests instead of content, so a session of a year stays below; all of it is read at once.
    pub const JOURNAL: Self = Self::new("a journal", 1024 * MB, "session log");
    /// Notes, lists and settings that only this program writes.
    pub const OWN: Self = Self::new("a file of session's own", 64 * MB, "move the file away");
    /// What the cache holds of a plan is longer than the plan.
    pub const CACHE: Self = Self::new("a file of the cache", 512 * MB, "move the file away");
    /// The name of whoever holds a lock.
    pub const LOCK: Self = Self::new("a lock", 64 * KB, "move the file away");
    /// A text that a person brings along: an answer, a version of a document.
    pub const TEXT: Self = Self::new("a text", 64 * MB, "shorten the file");

    const fn new(what: &'static str, bytes: u64, hint: &'static str) -> Self {
        Self { what, bytes, hint }
    }

    /// What to do about a file that is longer.
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may have {}", self.what, Size(self.bytes))
    }
}

/// Bytes as people read them.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 10 * 1024 * MB => write!(f, "{} GB", bytes / (1024 * MB)),
            bytes if bytes >= MB => write!(f, "{} MB", bytes / MB),
            bytes if bytes >= KB => write!(f, "{} KB", bytes / KB),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}
