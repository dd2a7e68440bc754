//! Run programs. Grant: `run`, patterns over the arguments as executed.

use crate::{Bytes, CommandKind, Outcome, Run};
use crate::{Error, Result, backend};

/// A program to run, in the manner of [`std::process::Command`].
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `output` or `spawn`"]
pub struct Command(Run);

impl Command {
    pub fn new(program: impl Into<String>) -> Self {
        Self(Run { argv: vec![program.into()], ..Run::default() })
    }

    pub fn arg(mut self, value: impl Into<String>) -> Self {
        self.0.argv.push(value.into());
        self
    }

    pub fn args(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.argv.extend(values.into_iter().map(Into::into));
        self
    }

    /// Relative to the root.
    pub fn directory(mut self, path: impl Into<String>) -> Self {
        self.0.directory = Some(path.into());
        self
    }

    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.env.push((key.into(), value.into()));
        self
    }

    pub fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.0.stdin = Some(Bytes(content.into()));
        self
    }

    /// Milliseconds, after which the whole process group is killed.
    pub fn timeout(mut self, milliseconds: u64) -> Self {
        self.0.timeout = Some(milliseconds);
        self
    }

    /// More bytes than this on either stream are an error.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.0.limit = Some(bytes);
        self
    }

    /// Keep the end of the output instead of failing at the limit.
    pub fn tail(mut self) -> Self {
        self.0.tail = true;
        self
    }

    /// It changes nothing: it runs in a dry run too.
    pub fn query(mut self) -> Self {
        self.0.kind = CommandKind::Query;
        self
    }

    /// It may run again after a kill.
    pub fn repeatable(mut self) -> Self {
        self.0.kind = CommandKind::Repeatable;
        self
    }

    /// It gets the terminal; its output is not kept.
    pub fn interactive(mut self) -> Self {
        self.0.interactive = true;
        self
    }

    /// A file in a folder of this run's own outside the project, which is gone behind it. `{scratch}` in arguments and in
    /// values of `env` stands for that folder. The name may have folders in it.
    pub fn scratch(mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.0.scratch.push((name.into(), Bytes(content.into())));
        self
    }

    /// # Errors
    /// Not granted, or no such program or folder.
    pub fn spawn(self) -> Result<Child> {
        backend::spawn(self.0).map(Child)
    }

    /// Runs to the end, whatever the exit code.
    ///
    /// # Errors
    /// As [`Command::spawn`], and where the output is over the limit.
    pub fn output(self) -> Result<Outcome> {
        self.spawn()?.wait()
    }

    /// Runs to the end; the output as text.
    ///
    /// # Errors
    /// As [`Command::output`], and where it does not exit with 0.
    pub fn text(self) -> Result<String> {
        let argv = self.0.argv.join(" ");
        let outcome = self.output()?;
        if outcome.success() || outcome.planned {
            return Ok(outcome.stdout.to_text());
        }
        let how = match outcome.code {
            _ if outcome.timed_out => "ran out of time".to_owned(),
            Some(code) => format!("exit code {code}"),
            None => "ended by a signal".to_owned(),
        };
        let error = Error::new(format!("`{argv}` failed")).because(how);
        let said = outcome.stderr.to_text().trim().to_owned();
        Err(if said.is_empty() { error } else { error.because(said) })
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Child(backend::ChildHandle);

impl Child {
    /// # Errors
    /// Where the output is over the limit.
    pub fn wait(self) -> Result<Outcome> {
        backend::wait(self.0)
    }
}
