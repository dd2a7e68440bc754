//! Runs programs: each in its own process group, with a deadline, a bounded buffer per stream and a full log file.
//! Those that a killed host has left behind are known again by their number and the time when they began.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use session_core::journal::Begun;
use session_core::session::RedactedLines;
use session_types::{Bytes, CommandKind, Error, Outcome, Run};

use super::log_file::LogFile;
use super::output::{Follower, follow};
use super::process::{EVENT, begun};
use super::surrounding::without_surrounding_git;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// Takes each line of output as it comes, from other threads.
pub type Line = Arc<dyn Fn(Stream, &str) + Send + Sync>;

/// Who is told what happens while a call is done.
pub struct Hooks<'h> {
    pub line: Line,
    /// A program runs: written down before anything else, since it may outlive this process.
    pub begun: &'h mut dyn FnMut(Begun),
    /// Names the event: every program that runs for it has this in its environment, and so has whatever it starts.
    pub event: &'h str,
}

impl std::fmt::Debug for Hooks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// What a command may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub timeout: Duration,
}

/// How long the process group gets between the request to end and the end.
const GRACE: Duration = Duration::from_secs(2);
/// How long output may still come after the end: a grandchild that keeps the pipe open is not waited for.
const LINGER: Duration = Duration::from_millis(500);
/// Buffer for output that is read whole, and for the end of output that is not.
const WHOLE: u64 = 1 << 20;
const TAIL: u64 = 64 << 10;

/// Process groups that run now, for whoever has to end them all.
static CHILDREN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// The user wants this process to end.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Once the process is about to end, nothing more is done or written: a program that was ended did not fail.
pub fn stop_here_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Ends every child and its children: the terminal's Ctrl-C does not reach their process groups. Who does not go when
/// asked is killed. From now on nothing is done any more.
pub fn kill_children() {
    STOPPING.store(true, Ordering::SeqCst);
    let groups: Vec<Pid> =
        CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(|raw| Pid::from_raw(*raw)).collect();
    let all = |signal| groups.iter().for_each(|group| _ = kill_process_group(*group, signal));
    all(Signal::TERM);
    let end = Instant::now() + GRACE;
    while Instant::now() < end && groups.iter().any(|group| test_kill_process_group(*group).is_ok()) {
        std::thread::sleep(Duration::from_millis(20));
    }
    all(Signal::KILL);
}

type Ended = (io::Result<ExitStatus>, Instant);

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    /// None where it has ended already.
    pub begun: Option<Begun>,
    argv: String,
    group: Option<Pid>,
    /// How it ended, and when: nobody may have asked at once.
    ended: Receiver<Ended>,
    streams: Vec<Follower>,
    waited: bool,
    started: Instant,
    timeout: Duration,
    limit: u64,
    tail: bool,
    /// What it leaves running is ended with it: nobody would know of it any more.
    whole: bool,
}

impl Running {
    /// Starts a program in a folder. All output goes to `log` too.
    ///
    /// # Errors
    /// Says whether the program or the folder is what is missing.
    pub fn spawn(run: &Run, folder: &Path, log: &Path, limits: Limits, hooks: &Hooks<'_>) -> Result<Self, Error> {
        let line = &hooks.line;
        let program = run.argv.first().filter(|program| !program.is_empty());
        let program = program.ok_or_else(|| Error::new("a command without a program"))?;
        let argv = run.argv.join(" ");
        // A log that cannot be written is no reason not to run, and none for a check to fail.
        let log = open_log(log, &argv, folder)
            .map_err(|e| tracing::warn!(log = %log.display(), error = %e, "a program runs without a log"));
        #[expect(clippy::disallowed_methods, reason = "this file owns running programs")]
        let mut command = std::process::Command::new(program);
        without_surrounding_git(&mut command).args(&run.argv[1..]).current_dir(folder);
        command.env(EVENT, hooks.event).envs(run.env.iter().cloned());
        if !run.interactive {
            command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.stdin(if run.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        }
        // Before the program: once that runs, somebody must wait for it.
        let (give, take) = channel::<Child>();
        let (sender, ended) = channel();
        let waits = move || take.recv().is_ok_and(|mut child| sender.send((child.wait(), Instant::now())).is_ok());
        std::thread::Builder::new().spawn(waits).map_err(|e| blame(program, folder, &e))?;
        let started = Instant::now();
        let mut child = command.spawn().map_err(|e| blame(program, folder, &e))?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).filter(|_| !run.interactive);
        register(group, true);
        let begun = begun(child.id(), &run.argv);
        let limit = run.limit.unwrap_or(if run.tail { TAIL } else { WHOLE });
        let timeout = if run.interactive { Duration::MAX } else { limits.timeout };
        let (out, err, stdin) = (child.stdout.take(), child.stderr.take(), child.stdin.take());
        _ = give.send(child);
        let streams = Vec::new();
        let mut running = Self {
            begun,
            argv,
            group,
            ended,
            streams,
            waited: false,
            started,
            timeout,
            limit,
            tail: run.tail,
            whole: run.kind != CommandKind::Effect,
        };
        let log = Arc::new(Mutex::new(log.ok()));
        let follow_both = || {
            feed(stdin, run.stdin.as_ref())?;
            if let Some(out) = out {
                running.streams.push(follow(out, Stream::Out, limit, Arc::clone(&log), Arc::clone(line))?);
            }
            if let Some(err) = err {
                running.streams.push(follow(err, Stream::Err, limit, log, Arc::clone(line))?);
            }
            Ok(())
        };
        // Where nobody can follow it, it ends with the value that is dropped here.
        follow_both().map_err(|e: io::Error| blame(program, folder, &e))?;
        Ok(running)
    }

    /// Waits for the end, or makes one at the deadline.
    ///
    /// # Errors
    /// More output than the caller has room for, or an end that cannot be learnt.
    pub fn wait(mut self) -> Result<Outcome, Error> {
        self.waited = true;
        let ((status, at), timed_out) =
            match self.ended.recv_timeout(self.timeout.saturating_sub(self.started.elapsed())) {
                Ok(ended) => (ended, false),
                Err(RecvTimeoutError::Timeout) => (self.end(), true),
                Err(RecvTimeoutError::Disconnected) => (lost(), false),
            };
        register(self.group, false);
        let status =
            status.map_err(|e| Error::new(format!("cannot learn how `{}` ended", self.argv)).because(e.to_string()))?;
        let milliseconds = u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX);
        let end = Instant::now() + LINGER;
        let mut kept = self.streams.drain(..).map(|follower| follower.collect(end, self.limit));
        let (out, err) = (kept.next().transpose()?.unwrap_or_default(), kept.next().transpose()?.unwrap_or_default());
        drop(kept);
        if let (true, Some(group)) = (self.whole, self.group) {
            let _ = kill_process_group(group, Signal::TERM);
        }
        let over = [("stdout", &out), ("stderr", &err)].into_iter().find(|(_, kept)| kept.total > self.limit);
        if let Some((name, kept)) = over.filter(|_| !self.tail) {
            return Err(Error::new(format!("`{}` wrote {} bytes to {name}", self.argv, kept.total))
                .because(format!("the plugin has room for {}", self.limit)));
        }
        Ok(Outcome {
            code: status.code().or_else(|| status.signal().and(None)),
            stdout: Bytes(out.bytes),
            stderr: Bytes(err.bytes),
            milliseconds,
            timed_out,
            planned: false,
        })
    }

    /// Asks the whole group to end, then ends it.
    fn end(&self) -> Ended {
        let Some(group) = self.group else { return (Err(io::Error::other("it has the terminal")), Instant::now()) };
        let _ = kill_process_group(group, Signal::TERM);
        if let Ok(ended) = self.ended.recv_timeout(GRACE) {
            // Children of it may still be there.
            let _ = kill_process_group(group, Signal::KILL);
            return ended;
        }
        let _ = kill_process_group(group, Signal::KILL);
        self.ended.recv().unwrap_or_else(|_| lost())
    }
}

fn lost() -> Ended {
    (Err(io::Error::other("nobody waits for it")), Instant::now())
}

impl Drop for Running {
    /// A program that nobody waited for does not outlive its step.
    fn drop(&mut self) {
        if let (false, Some(group)) = (self.waited, self.group) {
            let _ = kill_process_group(group, Signal::KILL);
            register(self.group, false);
        }
    }
}

pub fn register(group: Option<Pid>, running: bool) {
    let mut children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(group) = group {
        let raw = group.as_raw_nonzero().get();
        if running { _ = children.insert(raw) } else { _ = children.remove(&raw) }
    }
}

fn open_log(path: &Path, argv: &str, folder: &Path) -> io::Result<LogFile> {
    let mut file = LogFile::open(path)?;
    let mut secrets = RedactedLines::default();
    let head = format!("$ cd {} && {argv}\n", folder.display());
    head.split_inclusive('\n').try_for_each(|line| file.line(&mut secrets, line.as_bytes()))?;
    file.flush()?;
    Ok(file)
}

/// The real cause: a folder that is missing fails a spawn with the same error as a program that is.
fn blame(program: &str, folder: &Path, error: &io::Error) -> Error {
    let missing = error.kind() == io::ErrorKind::NotFound;
    if missing && !folder.is_dir() {
        return Error::new(format!("cannot run `{program}` in {}", folder.display()))
            .because("that folder is not there")
            .hint("correct working_directory in the plan, or make the folder");
    }
    if missing {
        return Error::new(format!("there is no program `{program}`"))
            .hint(format!("install {program}, or correct the command"));
    }
    Error::new(format!("cannot run `{program}`")).because(error.to_string())
}

fn feed(stdin: Option<ChildStdin>, content: Option<&Bytes>) -> io::Result<()> {
    let (Some(mut stdin), Some(content)) = (stdin, content.cloned()) else { return Ok(()) };
    // A program that does not read its input closes the pipe; that is its own affair.
    std::thread::Builder::new().spawn(move || _ = stdin.write_all(&content.0)).map(drop)
}

/// Path of a command's log in the folder of this run.
pub fn log_path(folder: &Path, plugin: &str, number: u32) -> PathBuf {
    folder.join(format!("{plugin}-{number}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::still_runs;

    fn run(script: &str, change: impl FnOnce(&mut Run)) -> (Result<Outcome, Error>, Vec<String>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("temp");
        let mut run = Run { argv: ["sh", "-c", script].map(str::to_owned).to_vec(), ..Run::default() };
        change(&mut run);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        let line: Line = Arc::new(move |_, text| seen.lock().expect("lines").push(text.to_owned()));
        let limits = Limits { timeout: Duration::from_millis(run.timeout.unwrap_or(60_000)) };
        let hooks = Hooks { line, begun: &mut |_| {}, event: "T-1#1" };
        let outcome =
            Running::spawn(&run, folder.path(), &folder.path().join("log"), limits, &hooks).and_then(Running::wait);
        let lines = lines.lock().expect("lines").clone();
        (outcome, lines, folder)
    }

    #[test]
    fn output_is_kept_shown_and_logged() {
        let (outcome, lines, folder) =
            run("printf 'a\\nb'; echo c >&2; cat; exit 3", |run| run.stdin = Some(Bytes(b"from-stdin".to_vec())));
        let outcome = outcome.expect("ran");
        assert_eq!(
            (outcome.code, outcome.stdout.to_text(), outcome.stderr.to_text()),
            (Some(3), "a\nbfrom-stdin".into(), "c\n".into())
        );
        assert!(lines.contains(&"a".to_owned()) && lines.contains(&"bfrom-stdin".to_owned()), "{lines:?}");
        let log = std::fs::read_to_string(folder.path().join("log")).expect("log");
        assert!(log.starts_with("$ cd ") && log.contains("from-stdin"), "{log}");
    }

    #[test]
    fn a_process_is_known_by_its_beginning() {
        let mut sleep = std::process::Command::new("sleep").arg("20").spawn().expect("runs");
        let known = begun(sleep.id(), &["sleep".to_owned()]).expect("it runs");
        assert!(still_runs(&known));
        assert!(!still_runs(&Begun { started: format!("{}0", known.started), ..known.clone() }), "another one");
        sleep.kill().expect("may");
        sleep.wait().expect("ends");
        assert!(!still_runs(&known));
    }

    #[test]
    fn a_deadline_ends_the_whole_group() {
        let began = Instant::now();
        let (outcome, _, folder) = run("(sleep 20; echo late > late) & sleep 20", |run| run.timeout = Some(150));
        let outcome = outcome.expect("ended");
        assert!(outcome.timed_out && outcome.code.is_none());
        assert!(began.elapsed() < Duration::from_secs(10), "its children kept the pipe");
        assert!(!folder.path().join("late").exists());
    }

    #[test]
    fn more_output_than_there_is_room_for_is_an_error_or_a_tail() {
        let (outcome, ..) = run("seq 1 1000", |run| run.limit = Some(100));
        assert!(outcome.expect_err("too much").to_string().contains("3893 bytes"));
        let (outcome, ..) = run("seq 1 1000", |run| (run.limit, run.tail) = (Some(9), true));
        assert_eq!(outcome.expect("a tail").stdout.to_text(), "999\n1000\n");
    }

    #[test]
    fn the_missing_thing_is_named() {
        let folder = tempfile::tempdir().expect("temp");
        let line: Line = Arc::new(|_, _| {});
        let spawn = |program: &str, folder: &Path, log: &Path| {
            let run = Run { argv: vec![program.to_owned()], ..Run::default() };
            let hooks = Hooks { line: Arc::clone(&line), begun: &mut |_| {}, event: "" };
            Running::spawn(&run, folder, log, Limits { timeout: GRACE }, &hooks).expect_err("missing").to_string()
        };
        let log = folder.path().join("log");
        assert!(spawn("no-such-program", folder.path(), &log).contains("no program `no-such-program`"));
        assert!(spawn("sh", &folder.path().join("gone"), &log).contains("that folder is not there"));
    }
}
