//! What becomes of a project whose commands are killed, cut off from the disk, or run all at once. The program under
//! test is the one that users have: strace stops it before a system call, or has the call fail.
//!
//! By default a share of all cases runs, chosen by `SESSION_CRASH_SEED`; `SESSION_CRASH=all` runs every one.

mod commits;
mod disk;
mod init;
mod kill;
mod many;
mod meanwhile;
mod power;
mod refused;
mod resume;
mod rollback;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::{Ran, SESSION, Sandbox, everything};

/// Every call that changes something outside the process.
const CHANGES: &str = "write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,\
                       ftruncate,link,linkat,symlink,fchmod,clone3,vfork";

/// A system call of a command: strace counts each name for itself.
#[derive(Debug)]
pub(crate) struct Call {
    name: String,
    number: usize,
}

/// A project that can be put back to where it was.
pub(crate) struct Stage {
    pub(crate) s: Sandbox,
    saved: PathBuf,
}

impl Stage {
    pub(crate) fn save(s: Sandbox) -> Self {
        let saved = s.home().parent().unwrap().join("saved");
        let stage = Self { s, saved };
        copy(&stage.s.root, &stage.saved);
        stage
    }

    pub(crate) fn restore(&self) {
        copy(&self.saved, &self.s.root);
        self.s.approve_copy();
    }

    /// The command under strace, with what it shall trace and inject.
    fn strace(&self, options: &[&str], arguments: &str) -> Command {
        let session = self.s.session_command(arguments);
        let mut command = self.s.command("strace", &self.s.root);
        command.args(["-qq", "-o", "/dev/null"]).args(options).arg(SESSION).args(session.get_args());
        command.envs(session.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// Kills the command before this call; false where it ended before.
    pub(crate) fn kill_before(&self, call: &Call, arguments: &str) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        let inject = format!("inject={}:signal=KILL:when={}", call.name, call.number);
        let trace = format!("trace={}", call.name);
        let output = self.strace(&["-e", &trace, "-e", &inject], arguments).output().unwrap();
        output.status.signal() == Some(9)
    }

    /// The calls that the command makes, in their order.
    pub(crate) fn calls(&self, arguments: &str) -> Vec<Call> {
        let file = self.s.home().join("calls");
        let file = file.to_str().unwrap();
        let mut command = self.strace(&["-e", &format!("trace={CHANGES}"), "-o", file], arguments);
        Ran::of(command.output().unwrap()).ok();
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        self.restore();
        let mut counts = BTreeMap::new();
        let names = text.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned());
        names
            .map(|name| {
                let number = counts.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
                Call { name, number: *number }
            })
            .collect()
    }

    /// Everything that a user can see of the project, without what differs from run to run.
    pub(crate) fn world(&self) -> String {
        world(&self.s)
    }
}

/// Runs a command that has to end by itself, and kills it where it does not.
pub(crate) fn bounded(mut command: Command, seconds: u64, case: &str) -> Ran {
    let files = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let [out, err] = [0, 1].map(|i: usize| File::create(files[i].path()).unwrap());
    let mut child = command.stdout(out).stderr(err).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(seconds);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{case}: it has not ended after {seconds} s");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let [stdout, stderr] = files.map(|file| std::fs::read(file.path()).unwrap());
    Ran::of(Output { status, stdout, stderr })
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success());
}

/// Files, history, index and state of a project; hashes of commits by their place, since they hold the time.
fn world(s: &Sandbox) -> String {
    let mut world = s.git("log --topo-order --reverse --name-status --format=commit%x20%H%n%B");
    world += &format!("\nkept:\n{}\n", s.git("for-each-ref refs/session"));
    world += &format!("\nstatus:\n{}\n", s.git("status --porcelain --untracked-files=all"));
    for (path, content) in everything(&s.root) {
        let path = path.strip_prefix(&s.root).unwrap();
        if !path.starts_with(".git") || path.starts_with(".gitattributes") {
            world += &format!("\n== {}\n{}", path.display(), String::from_utf8_lossy(&content));
        }
    }
    for folder in ["open", "closed"] {
        let names = std::fs::read_dir(s.path(".git/session").join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        world += &format!("\n{folder}: {names:?}");
    }
    let status = s.session("status --json");
    world += &format!("\n{}\n{}", status.out, status.err);
    for (i, hash) in s.git("log --topo-order --reverse --format=%H").lines().enumerate() {
        world = world.replace(hash, &format!("<{i}>")).replace(&hash[..7], &format!("<{i}>"));
    }
    let lines = world.lines().filter(|line| !line.contains("\"milliseconds\""));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A share of the cases, another one for each seed; all of them where that is asked for.
pub(crate) fn share(cases: usize, wanted: usize) -> impl Iterator<Item = usize> {
    let all = std::env::var("SESSION_CRASH").is_ok_and(|value| value == "all");
    let seed: usize = std::env::var("SESSION_CRASH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let step = if all { 1 } else { cases.div_ceil(wanted).max(1) };
    (seed % step..cases).step_by(step)
}

/// The tool that stands between the program and the system. Without it the test says so, and fails where nothing may be
/// skipped.
pub(crate) fn has_strace() -> bool {
    let there = Command::new("strace").arg("-V").output().is_ok();
    assert!(there || std::env::var_os("SESSION_NO_SKIP").is_none(), "install strace");
    if !there {
        println!("SKIPPED: strace is not installed");
    }
    there
}
