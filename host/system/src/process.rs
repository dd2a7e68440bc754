//! Processes as the system knows them: whether one still runs, and what was begun for an event.
//!
//! Not by the crate `sysinfo`: it gives start times in seconds since 1970, worked out from when the system booted. Journals
//! keep clock ticks, and two processes that begin within one second stay apart by them only.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, getpgid, test_kill_process_group};
use session_core::journal::Begun;

use super::limit::Limit;
use super::own::{names_own, read_own, text_own};

/// When a process began, as the system has it; none where there is no such process.
pub(super) fn began(pid: i32) -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        // Behind the name, which may hold anything: state, parent, group, … and the 20th is the start in clock ticks.
        let stat = text_own(Path::new(&format!("/proc/{pid}/stat")), Limit::OWN).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        // One that has ended and that nobody asks about is there by name only.
        if matches!(state, "Z" | "X") { None } else { fields.nth(18).map(str::to_owned) }
    }
    #[cfg(not(target_os = "linux"))]
    {
        #[expect(clippy::disallowed_methods, reason = "no other way to learn it here")]
        let output = std::process::Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|began| !began.is_empty())
    }
}

/// What is needed to know a process again.
pub fn begun(pid: u32, argv: &[String]) -> Option<Begun> {
    let pid = i32::try_from(pid).ok()?;
    Some(Begun { pid, started: began(pid)?, argv: argv.to_vec() })
}

/// Whether this very process still runs, or what it has started in its group: then what it does is not over.
pub fn still_runs(begun: &Begun) -> bool {
    match began(begun.pid) {
        Some(started) => started == begun.started,
        // The number of a group is not used again while somebody is in it.
        None => {
            Pid::from_raw(begun.pid).is_some_and(|group| test_kill_process_group(group).is_ok() && has_living(group))
        }
    }
}

/// Those that have ended and that nobody asks about are in the group by name only.
fn has_living(group: Pid) -> bool {
    let group = group.as_raw_nonzero().get().to_string();
    let mut processes = processes().peekable();
    processes.peek().is_none()
        || processes.any(|(_, folder)| {
            let stat = text_own(&folder.join("stat"), Limit::OWN).unwrap_or_default();
            let fields: Vec<&str> =
                stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
            fields.get(2) == Some(&group.as_str()) && !matches!(fields[0], "Z" | "X")
        })
}

/// What ends a process and all that it has started, as a person types it: one that leads no group is alone.
pub fn kill_command(pid: i32) -> String {
    let leads = Pid::from_raw(pid).is_some_and(|group| test_kill_process_group(group).is_ok());
    if leads { format!("kill -- -{pid}") } else { format!("kill {pid}") }
}

/// Whether a process of this number runs this very program.
pub fn is_session(pid: i32) -> bool {
    let program = |path: &str| std::fs::read_link(path).ok();
    match program("/proc/self/exe") {
        Some(me) => program(&format!("/proc/{pid}/exe")) == Some(me),
        None => began(pid).is_some(),
    }
}

/// All processes and their folders; none where the system does not show them so.
pub fn processes() -> impl Iterator<Item = (i32, PathBuf)> {
    let all = Path::new("/proc");
    let names = names_own(all).unwrap_or_default();
    names.into_iter().filter_map(move |name| Some((name.to_str()?.parse().ok()?, all.join(name))))
}

/// In the environment of every program that runs for an event, with the event's name.
pub const EVENT: &str = "SESSION_EVENT";

/// Programs that run for an event, and were begun in the very moment when their host was killed: the journal has no
/// number of them. Those that lead their group, since the others belong to one.
pub fn running_for(event: &str) -> Vec<Begun> {
    let mark = format!("{EVENT}={event}");
    let marked = |folder: &PathBuf| {
        let environment = read_own(&folder.join("environ"), Limit::OWN).unwrap_or_default();
        environment.split(|b| *b == 0).any(|one| one == mark.as_bytes())
    };
    processes()
        .filter(|(pid, folder)| marked(folder) && Pid::from_raw(*pid).is_some_and(|pid| getpgid(Some(pid)) == Ok(pid)))
        .filter_map(|(pid, folder)| {
            let line = read_own(&folder.join("cmdline"), Limit::OWN).unwrap_or_default();
            let argv = line.split(|b| *b == 0).map(|part| String::from_utf8_lossy(part).into_owned());
            begun(u32::try_from(pid).ok()?, &argv.filter(|part| !part.is_empty()).collect::<Vec<_>>())
        })
        .collect()
}
