//! Runs the git binary: with the environment that names one repository, as a process that is known after a kill.

use std::ffi::OsString;
use std::fs::File;
use std::io::{IsTerminal as _, Seek as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::Pid;
use session_system::Hooks;
use session_system::scratch;
use session_system::{EVENT, begun};
use session_system::{NAMING, remove_own};
use session_system::{register, stop_here_if_stopping};
use session_types::Error;
use tempfile::NamedTempFile;

use super::args::Args;
use super::care::{is_careful, program, quieten};
use super::place::{Place, SEARCH};

/// By these the paths and keys that are asked for here would mean something else.
const MEANINGS: [&str; 6] = [
    "GIT_CONFIG",
    "GIT_DIFF_OPTS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// The git binary, in one folder.
#[derive(Clone, Debug)]
pub(super) struct Git {
    folder: PathBuf,
    /// Those that name a repository; the process's own are not handed on.
    variables: Vec<(&'static str, OsString)>,
    as_is: bool,
    /// Keys of all filters that the configuration knows, once somebody must do without them.
    filters: Arc<OnceLock<Vec<String>>>,
}

impl Git {
    pub(super) fn of(place: &Place) -> Self {
        Self { folder: place.top.clone(), variables: place.variables.clone(), as_is: false, filters: Arc::default() }
    }

    /// In the repository of a folder, whatever the environment names.
    pub(super) fn anywhere(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), variables: Vec::new(), as_is: false, filters: Arc::default() }
    }

    /// As the user's own git in this folder.
    pub(super) fn as_is(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), variables: Vec::new(), as_is: true, filters: Arc::default() }
    }

    /// The same with one variable more.
    pub(super) fn with(&self, name: &'static str, value: impl Into<OsString>) -> Self {
        let mut git = self.clone();
        git.variables.retain(|(other, _)| *other != name);
        git.variables.push((name, value.into()));
        git
    }

    pub(super) fn variable(&self, name: &str) -> Option<&OsString> {
        self.variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    fn command(&self, args: &Args) -> Command {
        #[expect(clippy::disallowed_methods, reason = "git itself")]
        let mut command = Command::new(program());
        if !self.as_is {
            NAMING.iter().chain(&SEARCH).for_each(|name| _ = command.env_remove(name));
        }
        MEANINGS.iter().for_each(|name| _ = command.env_remove(name));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(args.words()).current_dir(&self.folder);
        command
    }

    /// What it answers to a question. In English, since some of it is read.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn output(&self, args: impl Into<Args>) -> Result<Output, Error> {
        self.fed(args, None)
    }

    /// The same with a list on stdin.
    ///
    /// # Errors
    /// As [`Git::output`].
    pub(super) fn fed(&self, args: impl Into<Args>, input: Option<&[u8]>) -> Result<Output, Error> {
        let mut command = self.command(&args.into());
        if is_careful() {
            quieten(&mut command, self.filters());
        }
        Self::answer(command, input)
    }

    /// What it answers to a question about its configuration: nothing runs for that, and the answer must not be about what
    /// a careful question sets.
    ///
    /// # Errors
    /// As [`Git::output`].
    pub(super) fn configured(&self, args: impl Into<Args>) -> Result<Output, Error> {
        Self::answer(self.command(&args.into()), None)
    }

    fn answer(mut command: Command, input: Option<&[u8]>) -> Result<Output, Error> {
        command.env("LC_ALL", "C").stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut run = || {
            command.stdin(match input {
                None => Stdio::null(),
                // Not a pipe: git answers before it has read all, and nobody would read that meanwhile.
                Some(input) => {
                    let mut file = tempfile::tempfile()?;
                    file.write_all(input)?;
                    file.rewind()?;
                    file.into()
                }
            });
            let child = command.spawn()?;
            let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            register(group, true);
            let output = child.wait_with_output();
            register(group, false);
            stop_here_if_stopping();
            output
        };
        run().map_err(|e| not_run(&e))
    }

    /// Found by a git that looks at the configuration only.
    fn filters(&self) -> &[String] {
        self.filters.get_or_init(|| {
            let mut command =
                self.command(&Args::of(["config", "--null", "--name-only", "--get-regexp", r"^filter\..*\."]));
            let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            text.split_terminator('\0').map(str::to_owned).collect()
        })
    }

    /// The text that it answers.
    ///
    /// # Errors
    /// Where it cannot be run, or fails.
    pub(super) fn text(&self, args: impl Into<Args>) -> Result<String, Error> {
        let args = args.into();
        let what = format!("answer `git {}`", args.command());
        let output = checked(&what, self.output(args)?)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// One line; none where it has no answer.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn line(&self, args: impl Into<Args>) -> Result<Option<String>, Error> {
        let output = self.output(args)?;
        let line = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        Ok(Some(line).filter(|line| output.status.success() && !line.is_empty()))
    }

    /// Whether it ends well.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn agrees(&self, args: impl Into<Args>) -> Result<bool, Error> {
        Ok(self.output(args)?.status.success())
    }

    /// Changes something, in the user's language and with all that the user has set up: hooks, signing, filters. It says
    /// which process it is, since one with hooks may outlive this one. Where it `asks`, somebody may be asked for a
    /// passphrase on the terminal, whatever our own stdin is.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn told(&self, args: &Args, asks: bool, hooks: &mut Hooks<'_>) -> Result<Output, Error> {
        let mut command = self.command(args);
        command.env(EVENT, hooks.event).stdout(Stdio::piped()).stderr(Stdio::piped());
        // On a terminal it must stay in front of it: in a group of its own whoever asks there would be stopped. Ctrl-C
        // then reaches it without our help.
        let on_terminal = std::io::stdin().is_terminal();
        command.stdin(if on_terminal { Stdio::inherit() } else { Stdio::null() });
        #[expect(clippy::disallowed_methods, reason = "the terminal itself: whether there is one")]
        let in_front = on_terminal || (asks && File::open("/dev/tty").is_ok());
        let own_group = !in_front;
        if own_group {
            command.process_group(0);
        }
        let mut run = || {
            let child = command.spawn()?;
            let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).filter(|_| own_group);
            register(group, true);
            if let Some(known) = begun(child.id(), &["git".to_owned(), args.command().to_owned()]) {
                (hooks.begun)(known);
            }
            let output = child.wait_with_output();
            register(group, false);
            if output.as_ref().is_ok_and(|output| output.status.signal().is_some()) {
                // The terminal's Ctrl-C reaches git and us, in any order: one that was ended did not fail.
                std::thread::sleep(Duration::from_millis(300));
            }
            stop_here_if_stopping();
            output
        };
        run().map_err(|e| not_run(&e))
    }

    /// The same for what nobody needs to know of.
    ///
    /// # Errors
    /// As [`Git::told`].
    pub(super) fn done(&self, what: &str, args: impl Into<Args>) -> Result<(), Error> {
        let mut quiet = Hooks { line: Arc::new(|_, _| {}), begun: &mut |_| {}, event: "" };
        checked(what, self.told(&args.into(), false, &mut quiet)?).map(drop)
    }
}

fn not_run(error: &std::io::Error) -> Error {
    Error::new("cannot run git")
        .because(error.to_string())
        .hint("install git: every commit goes through it, with your hooks, signing and filters")
}

/// # Errors
/// With all that git and its hooks said.
pub(super) fn checked(what: &str, output: Output) -> Result<Output, Error> {
    if output.status.success() {
        return Ok(output);
    }
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let both = [said(&output.stderr), said(&output.stdout)];
    let text = both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    let text = if text.is_empty() { format!("git ended with {}", output.status) } else { text };
    Err(Error::new(format!("git would not {what}"))
        .because(text)
        .hint("correct what git or its hook names, then the same command again"))
}

/// Paths for git to read, each meant as it stands. In a file, not on stdin: a git that outlives this process would take
/// the end of a broken pipe for that of the list. Nor by `--literal-pathspecs`, which its hooks would inherit.
pub(super) struct List {
    file: Noted,
}

impl List {
    /// None of no paths.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub(super) fn of(folder: &Path, paths: &[String]) -> Result<Option<Self>, Error> {
        if paths.is_empty() {
            return Ok(None);
        }
        let lines: Vec<String> = paths.iter().map(|path| format!(":(top,literal){path}")).collect();
        Noted::of(folder, &lines.join("\0")).map(|file| Some(Self { file }))
    }

    /// By these a command finds the list, which must be there as long as it runs.
    pub(super) fn on(&self, args: Args) -> Args {
        args.option("--pathspec-from-file", self.file.path()).and(["--pathspec-file-nul"])
    }
}

/// A file that git reads. It goes with the value, or with the next such file.
pub(super) struct Noted(NamedTempFile);

impl Noted {
    /// # Errors
    /// Where the disk does not take it.
    pub(super) fn of(folder: &Path, content: &str) -> Result<Self, Error> {
        let written = scratch(folder, content.as_bytes());
        written.map(Self).map_err(|e| Error::new("cannot write what git shall commit").because(e.to_string()))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Noted {
    /// The file behind it is removed in silence, which a disk may refuse once.
    fn drop(&mut self) {
        if let Err(e) = remove_own(self.path()) {
            tracing::debug!(path = %self.path().display(), error = %e, "a temporary file is not removed at once");
        }
    }
}
