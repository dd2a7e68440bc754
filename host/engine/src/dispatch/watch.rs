//! What a person may want to see of a running event. The dispatcher says it; `cli/ui.rs` shows it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_types::{Error, Event, Level};

use session_core::session::CheckResult;
use session_system::Stream;

/// Something that happened.
#[derive(Debug)]
pub enum Notice<'a> {
    StepBegan {
        plugin: &'a str,
        event: Event,
    },
    /// A line of a program that the plugin runs.
    Line {
        plugin: &'a str,
        stream: Stream,
        text: &'a str,
    },
    Log {
        plugin: &'a str,
        level: Level,
        message: &'a str,
    },
    Progress {
        plugin: &'a str,
        done: u64,
        total: u64,
        message: &'a str,
    },
    /// A program begins.
    Command {
        plugin: &'a str,
        argv: &'a [String],
        directory: Option<&'a str>,
    },
    Check {
        check: &'a CheckResult,
        /// Its evidence was taken earlier, for the same tree.
        known: bool,
    },
    /// The checks have changed files; those that the session had not touched stay out of its commits.
    ChangedByChecks {
        paths: &'a [String],
        left_out: Vec<String>,
    },
    /// What makes the evidence of a verification weaker than it looks.
    Flag {
        flag: &'a str,
    },
    StepDone {
        plugin: &'a str,
        message: &'a str,
    },
    /// An event goes on, and the tree is another than the one that was verified.
    VerifiesAgain,
    /// It failed and `on-error` makes it a warning.
    StepWarned {
        plugin: &'a str,
        error: &'a Error,
    },
}

/// Whoever watches; called from several threads.
pub trait Watch: Send + Sync {
    fn notice(&self, notice: &Notice<'_>);
}

/// Warnings that a rehearsal has said: a person reads them before the checks run, and not again when the same step runs.
#[derive(Clone, Debug, Default)]
pub(super) struct RehearsalWarnings(Arc<Mutex<BTreeSet<(String, String)>>>);

impl RehearsalWarnings {
    /// Of a rehearsal only its warnings are of interest: the same steps run again.
    pub(super) fn rehearsal(&self, watch: &Arc<dyn Watch>) -> Arc<dyn Watch> {
        Arc::new(RehearsalWatch { watch: Arc::clone(watch), warnings: self.clone() })
    }

    /// All but what the rehearsal has said.
    pub(super) fn run(&self, watch: &Arc<dyn Watch>) -> Arc<dyn Watch> {
        Arc::new(RunWatch { watch: Arc::clone(watch), warnings: self.clone() })
    }

    fn all(&self) -> MutexGuard<'_, BTreeSet<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct RehearsalWatch {
    watch: Arc<dyn Watch>,
    warnings: RehearsalWarnings,
}

impl Watch for RehearsalWatch {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::Log { plugin, level: Level::Warn, message } = notice
            && self.warnings.all().insert(((*plugin).to_owned(), (*message).to_owned()))
        {
            self.watch.notice(notice);
        }
    }
}

struct RunWatch {
    watch: Arc<dyn Watch>,
    warnings: RehearsalWarnings,
}

impl Watch for RunWatch {
    fn notice(&self, notice: &Notice<'_>) {
        let said = match notice {
            Notice::Log { plugin, level: Level::Warn, message } => {
                self.warnings.all().contains(&((*plugin).to_owned(), (*message).to_owned()))
            }
            _ => false,
        };
        if !said {
            self.watch.notice(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Watch for Heard {
        fn notice(&self, notice: &Notice<'_>) {
            if let Notice::Log { message, .. } = notice {
                self.0.lock().unwrap().push((*message).to_owned());
            }
        }
    }

    #[test]
    fn a_warning_is_heard_once_and_whatever_else_only_in_the_run() {
        let heard = Arc::new(Heard::default());
        let (watch, warnings): (Arc<dyn Watch>, _) = (heard.clone(), RehearsalWarnings::default());
        let warn = |message| Notice::Log { plugin: "p", level: Level::Warn, message };
        let info = Notice::Log { plugin: "p", level: Level::Info, message: "info" };
        let rehearsal = warnings.rehearsal(&watch);
        [warn("a"), warn("a"), info].iter().for_each(|notice| rehearsal.notice(notice));
        let info = Notice::Log { plugin: "p", level: Level::Info, message: "info" };
        let other = Notice::Log { plugin: "q", level: Level::Warn, message: "a" };
        let run = warnings.run(&watch);
        [warn("a"), warn("b"), info, other].iter().for_each(|notice| run.notice(notice));
        assert_eq!(*heard.0.lock().unwrap(), ["a", "b", "info", "a"]);
    }
}
