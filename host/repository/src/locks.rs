//! Lock files of git that a killed process has left behind. Git asks people to remove them; here the journal knows that
//! our own process died in the middle of a commit, and the system knows whether anybody else could hold the lock, and
//! when it was started itself.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::geteuid;
use session_types::Error;

use session_system::Limit;
use session_system::processes;
use session_system::scratch;
use session_system::{names_own, read_own, remove_own, text_own};

/// Longer than anybody holds the configuration.
const INSTANT: Duration = Duration::from_secs(10);
/// A commit of ours has made its locks by then.
const SOON: Duration = Duration::from_secs(60);

/// Removes locks that were made before the system was started, or just after `died`, when our process was last alive.
///
/// # Errors
/// Names a lock of that moment that some process may hold: then nobody knows whose it is.
pub(super) fn clear(git_dir: &Path, common: &Path, top: &Path, died: Option<SystemTime>) -> Result<(), Error> {
    let all = locks(git_dir, common).into_iter().chain(commit_indexes(git_dir));
    let left: Vec<PathBuf> = all.filter(|lock| is_left(lock, died)).collect();
    let Some(first) = left.first() else { return Ok(()) };
    if let Some(holder) = holder(top, &left) {
        return Err(Error::new(format!("{} may be in use", first.display()))
            .because(format!("{holder} is at work here"))
            .hint("wait for it to end, then the same command again; or, if it has nothing to do with it, remove that file"));
    }
    for lock in left {
        match remove_own(&lock) {
            Ok(()) => tracing::info!(lock = %lock.display(), "removed a lock that the killed run had left"),
            Err(error) => tracing::warn!(lock = %lock.display(), %error, "cannot remove a lock of the killed run"),
        }
    }
    Ok(())
}

/// A lock that the next commit would run into.
pub(super) fn held(git_dir: &Path, common: &Path) -> Option<PathBuf> {
    let there = |lock: &PathBuf| lock.symlink_metadata().is_ok() && !is_left(lock, None);
    locks(git_dir, common).into_iter().find(there)
}

/// Removes the lock of the configuration where a kill has left it: one is held for an instant, so nobody holds one that
/// is older than some seconds. Says whether it did.
pub fn clear_config(common: &Path, top: &Path) -> bool {
    let lock = common.join("config.lock");
    let made = |path: &Path| path.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
    // What time it is on this file system: the clock itself is read elsewhere.
    let now = scratch(common, b"").ok().and_then(|file| made(file.path()));
    let age = made(&lock).zip(now).and_then(|(made, now)| now.duration_since(made).ok());
    let left = age.is_some_and(|age| age > INSTANT) && holder(top, std::slice::from_ref(&lock)).is_none();
    left && remove_own(&lock).is_ok()
}

/// What a commit or a fold locks: the index, HEAD, the branch, what is kept, the configuration; or all references at
/// once where they are in tables.
fn locks(git_dir: &Path, common: &Path) -> Vec<PathBuf> {
    let head = text_own(&git_dir.join("HEAD"), Limit::OWN).unwrap_or_default();
    let branch = head.trim().strip_prefix("ref: ").map(|name| common.join(format!("{name}.lock")));
    let own = ["index.lock", "HEAD.lock", "reftable/tables.list.lock"].map(|name| git_dir.join(name));
    let shared = ["config.lock", "packed-refs.lock", "reftable/tables.list.lock"].map(|name| common.join(name));
    #[expect(clippy::disallowed_methods, reason = "a folder of git's")]
    let kept = ignore::WalkBuilder::new(common.join("refs/session")).standard_filters(false).build().flatten();
    let kept = kept.map(ignore::DirEntry::into_path).filter(|path| path.extension().is_some_and(|end| end == "lock"));
    let mut locks: Vec<PathBuf> = own.into_iter().chain(branch).chain(shared).chain(kept).collect();
    locks.dedup();
    locks
}

/// Indexes of commits of some paths only, each with the number of its process in the name: another commit runs into one only
/// where it gets the same number.
fn commit_indexes(git_dir: &Path) -> impl Iterator<Item = PathBuf> {
    let names = names_own(git_dir).unwrap_or_default().into_iter();
    let is_one = |name: &str| name.starts_with("next-index-") && name.ends_with(".lock");
    names.filter(move |name| name.to_str().is_some_and(is_one)).map(|name| git_dir.join(name))
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
    let stat = text_own(Path::new("/proc/stat"), Limit::OWN).ok()?;
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
        let line = read_own(&folder.join("cmdline"), Limit::OWN).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.is_empty() {
            // It has ended and nobody asks about it, or it is the system's own.
            return None;
        }
        // Those that wait for questions hold no lock.
        let waits = ["cat-file", "fsmonitor--daemon", "credential-cache"].iter().any(|name| line.contains(name));
        let git = text_own(&folder.join("comm"), Limit::OWN).is_ok_and(|name| name.trim().starts_with("git"));
        // One that may not be asked may be here; one that is gone meanwhile is not.
        let here = || match std::fs::read_link(folder.join("cwd")) {
            Ok(cwd) => cwd.starts_with(top),
            Err(e) => e.kind() == std::io::ErrorKind::PermissionDenied,
        };
        let open = names_own(&folder.join("fd")).unwrap_or_default().into_iter();
        let mut open = open.filter_map(|fd| std::fs::read_link(folder.join("fd").join(fd)).ok());
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
        let git = git2::Repository::init(&top).expect("made").path().to_owned();
        let lock = git.join("index.lock");
        let clear = |died| clear(&git, &git, &top, died);
        let now = SystemTime::now();
        std::fs::write(&lock, "").expect("written");
        clear(Some(now + Duration::from_secs(10))).expect("nothing of ours");
        assert!(lock.exists(), "it was there before our process died");
        clear(Some(now - Duration::from_secs(600))).expect("nothing of ours");
        clear(None).expect("nothing of ours");
        assert!(lock.exists(), "it was made long after");

        let mut holder = std::process::Command::new("sh")
            .args(["-c", "exec 3< .git/index.lock; echo held; exec sleep 60"])
            .current_dir(&top)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("runs");
        let mut held = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut held).expect("says so");
        let error = clear(Some(now)).expect_err("somebody has it open");
        assert!(lock.exists() && error.to_string().contains("sleep 60"), "{error}");
        holder.kill().expect("may");
        holder.wait().expect("ends");
        let index = git.join("next-index-12.lock");
        std::fs::write(&index, "").expect("written");
        clear(Some(now)).expect("nobody has it");
        assert!(!lock.exists() && !index.exists());

        std::fs::write(&lock, "").expect("written");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&lock).and_then(|file| file.set_modified(long_ago)).expect("may");
        clear(None).expect("nobody has it");
        assert!(!lock.exists(), "whoever made it is gone since the system was started");
    }
}
