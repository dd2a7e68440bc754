//! Lock files of git that a killed process has left behind. Git asks people to remove them; here the journal knows that
//! our own process died in the middle of a commit, and the system knows whether anybody else could hold the lock, and
//! when it was started itself.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git2::Repository;
use rustix::process::geteuid;
use session_sdk::Error;

use super::command::processes;

/// A commit of ours has made its locks by then.
const SOON: Duration = Duration::from_secs(60);

/// Removes locks that were made before the system was started, or just after `died`, when our process was last alive.
///
/// # Errors
/// Names a lock of that moment that some process may hold: then nobody knows whose it is.
pub(super) fn clear(repo: &Repository, top: &Path, died: Option<SystemTime>) -> Result<(), Error> {
    let left: Vec<PathBuf> = locks(repo).into_iter().filter(|lock| is_left(lock, died)).collect();
    let Some(first) = left.first() else { return Ok(()) };
    if let Some(holder) = holder(top, &left) {
        return Err(Error::new(format!("{} may be in use", first.display()))
            .because(format!("{holder} is at work here"))
            .hint("wait for it to end, then the same command again; or, if it has nothing to do with it, remove that file"));
    }
    for lock in left {
        match std::fs::remove_file(&lock) {
            Ok(()) => tracing::info!(lock = %lock.display(), "removed a lock that the killed run had left"),
            Err(error) => tracing::warn!(lock = %lock.display(), %error, "cannot remove a lock of the killed run"),
        }
    }
    Ok(())
}

/// What a commit locks: the index, HEAD, and the branch.
fn locks(repo: &Repository) -> Vec<PathBuf> {
    let branch = repo.find_reference("HEAD").ok();
    let branch = branch.and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
    let own = ["index.lock", "HEAD.lock"].map(|name| repo.path().join(name));
    own.into_iter().chain(branch.map(|name| repo.commondir().join(format!("{name}.lock")))).collect()
}

fn is_left(lock: &Path, died: Option<SystemTime>) -> bool {
    let Ok(metadata) = lock.symlink_metadata() else { return false };
    // Another user's is none of ours.
    let Some(made) = metadata.modified().ok().filter(|_| metadata.uid() == geteuid().as_raw()) else { return false };
    // Clocks of files tick coarsely.
    let soon = |died| made + Duration::from_millis(20) >= died && made <= died + SOON;
    died.is_some_and(soon) || boot().is_some_and(|boot| made < boot)
}

/// When the system was started; none where it does not say.
fn boot() -> Option<SystemTime> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// A git at work in this working tree, or a process that has one of these files open; somebody unknown where the system
/// does not say.
fn holder(top: &Path, locks: &[PathBuf]) -> Option<String> {
    let me = i32::try_from(std::process::id()).ok();
    let mut processes = processes().peekable();
    if processes.peek().is_none() {
        return Some("some process".to_owned());
    }
    processes.filter(|(pid, _)| Some(*pid) != me).find_map(|(pid, folder)| {
        let line = std::fs::read(folder.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.is_empty() {
            // It has ended and nobody asks about it, or it is the system's own.
            return None;
        }
        // Those that wait for questions hold no lock.
        let waits = ["cat-file", "fsmonitor--daemon", "credential-cache"].iter().any(|name| line.contains(name));
        let git = std::fs::read_to_string(folder.join("comm")).is_ok_and(|name| name.trim().starts_with("git"));
        // One that may not be asked may be here.
        let here = || std::fs::read_link(folder.join("cwd")).map_or(true, |cwd| cwd.starts_with(top));
        let open = std::fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
        let mut open = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
        let holds = (git && !waits && here()) || open.any(|file| locks.contains(&file));
        holds.then(|| format!("process {pid} ({})", line.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_goes_only_where_nobody_can_hold_it() {
        let folder = tempfile::tempdir().expect("temp");
        let top = folder.path().canonicalize().expect("there");
        let repo = Repository::init(&top).expect("made");
        let lock = repo.path().join("index.lock");
        let now = SystemTime::now();
        std::fs::write(&lock, "").expect("written");
        clear(&repo, &top, Some(now + Duration::from_secs(10))).expect("nothing of ours");
        assert!(lock.exists(), "it was there before our process died");
        clear(&repo, &top, Some(now - Duration::from_secs(600))).expect("nothing of ours");
        clear(&repo, &top, None).expect("nothing of ours");
        assert!(lock.exists(), "it was made long after");

        let mut holder = std::process::Command::new("sh")
            .args(["-c", "exec 3< .git/index.lock; echo held; exec sleep 60"])
            .current_dir(&top)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("runs");
        let mut held = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut held).expect("says so");
        let error = clear(&repo, &top, Some(now)).expect_err("somebody has it open");
        assert!(lock.exists() && error.to_string().contains("sleep 60"), "{error}");
        holder.kill().expect("may");
        holder.wait().expect("ends");
        clear(&repo, &top, Some(now)).expect("nobody has it");
        assert!(!lock.exists());

        std::fs::write(&lock, "").expect("written");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&lock).and_then(|file| file.set_modified(long_ago)).expect("may");
        clear(&repo, &top, None).expect("nobody has it");
        assert!(!lock.exists(), "whoever made it is gone since the system was started");
    }
}
