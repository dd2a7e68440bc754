//! Lock files of git that a killed process has left behind. Git asks people to remove them; here the journal knows that
//! our own process died in the middle of a commit, and the system knows whether anybody else could hold the lock, and
//! when it was started itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git2::Repository;

/// A commit of ours has made its locks by then.
const SOON: Duration = Duration::from_secs(60);

/// Removes locks that were made before the system was started, or just after `died`, when our process was last alive,
/// unless some process may hold them.
pub(super) fn clear(repo: &Repository, top: &Path, died: Option<SystemTime>) {
    let left: Vec<PathBuf> = locks(repo).into_iter().filter(|lock| is_left(lock, died)).collect();
    if left.is_empty() || !nobody_is_in(top, &left) {
        return;
    }
    for lock in left {
        match std::fs::remove_file(&lock) {
            Ok(()) => tracing::info!(lock = %lock.display(), "removed a lock that the killed run had left"),
            Err(error) => tracing::warn!(lock = %lock.display(), %error, "cannot remove a lock of the killed run"),
        }
    }
}

/// What a commit locks: the index, HEAD, and the branch.
fn locks(repo: &Repository) -> Vec<PathBuf> {
    let branch = repo.find_reference("HEAD").ok();
    let branch = branch.and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
    let own = ["index.lock", "HEAD.lock"].map(|name| repo.path().join(name));
    own.into_iter().chain(branch.map(|name| repo.commondir().join(format!("{name}.lock")))).collect()
}

fn is_left(lock: &Path, died: Option<SystemTime>) -> bool {
    let Ok(made) = lock.symlink_metadata().and_then(|metadata| metadata.modified()) else { return false };
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

/// No git at work in this working tree, and no process with one of these files open. False where the system does not
/// say: then the lock is for a person to remove.
fn nobody_is_in(top: &Path, locks: &[PathBuf]) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    let me = std::process::id().to_string();
    let mut known = false;
    for process in
        processes.flatten().filter(|process| process.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
    {
        known = true;
        let folder = process.path();
        if process.file_name().to_string_lossy() == me {
            continue;
        }
        let git = std::fs::read_to_string(folder.join("comm")).is_ok_and(|name| name.trim().starts_with("git"));
        let here = std::fs::read_link(folder.join("cwd")).is_ok_and(|cwd| cwd.starts_with(top));
        let open = std::fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
        if (git && here) || open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).any(|file| locks.contains(&file)) {
            return false;
        }
    }
    known
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
        clear(&repo, &top, Some(now + Duration::from_secs(10)));
        assert!(lock.exists(), "it was there before our process died");
        clear(&repo, &top, Some(now - Duration::from_secs(600)));
        clear(&repo, &top, None);
        assert!(lock.exists(), "it was made long after");

        let mut holder = std::process::Command::new("sh")
            .args(["-c", "exec 3< .git/index.lock; echo held; exec sleep 60"])
            .current_dir(&top)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("runs");
        let mut held = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().expect("a pipe"), &mut held).expect("says so");
        clear(&repo, &top, Some(now));
        assert!(lock.exists(), "somebody has it open");
        holder.kill().expect("may");
        holder.wait().expect("ends");
        clear(&repo, &top, Some(now));
        assert!(!lock.exists());

        std::fs::write(&lock, "").expect("written");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&lock).and_then(|file| file.set_modified(long_ago)).expect("may");
        clear(&repo, &top, None);
        assert!(!lock.exists(), "whoever made it is gone since the system was started");
    }
}
