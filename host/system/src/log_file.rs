//! A log of a program's output or of this program's own doings: for the user alone, line by line without what looks like
//! a secret, and never longer than a disk should give for it. What it is about is for the caller; where logs stand, and
//! how long they are kept, is `workflow/app.rs`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use session_core::session::RedactedLines;

use super::own::append_own;

/// Bytes of one log, and those of its end that follow where more came.
const FILE: u64 = 10 << 20;
const END: usize = 64 << 10;
/// Bytes that all logs of this process may have: a plugin can run any number of programs.
const RUN: u64 = 50 << 20;
/// A process that has logged more than this leaves a mark, so that only then somebody has to add up sizes.
const MUCH: u64 = 700 << 10;

/// The mark, in the folder of all runs.
pub const MARK: &str = ".large";

/// What this process has logged.
static LOGGED: AtomicU64 = AtomicU64::new(0);

/// An open log. What was logged is on its way with [`LogFile::flush`]. Dropping it writes the end of what it had no room for.
#[derive(Debug)]
pub struct LogFile {
    file: BufWriter<File>,
    written: u64,
    left_out: Option<End>,
    /// What is left in the folder of all runs once this process has logged much.
    mark: Option<PathBuf>,
}

/// What came when the log was full.
#[derive(Debug, Default)]
struct End {
    bytes: u64,
    lines: VecDeque<Vec<u8>>,
    held: usize,
}

impl LogFile {
    /// Opens a log, or makes it, for the user alone whatever the umask; one that others could read is theirs no more.
    ///
    /// # Errors
    /// Where it cannot be made, is no plain file, or belongs to somebody else.
    pub fn open(path: &Path) -> io::Result<Self> {
        path.parent().map_or(Ok(()), own_folder)?;
        let file = append_own(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.uid() != rustix::process::geteuid().as_raw() || metadata.nlink() > 1 {
            return Err(io::Error::other("it is no plain file of yours"));
        }
        if metadata.mode() & 0o777 != 0o600 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        let mark = path.parent().and_then(Path::parent).map(|all| all.join(MARK));
        Ok(Self { file: BufWriter::new(file), written: metadata.len(), left_out: None, mark })
    }

    /// One line with its end, without what looks like a secret.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn line(&mut self, secrets: &mut RedactedLines, line: &[u8]) -> io::Result<()> {
        if let Some(end) = &mut self.left_out {
            end.add(line);
            return Ok(());
        }
        let logged = LOGGED.fetch_add(line.len() as u64, Ordering::Relaxed) + line.len() as u64;
        if self.written + line.len() as u64 > FILE || logged > RUN {
            let why = if logged > RUN { "the logs of this run have" } else { "this log has" };
            let most = if logged > RUN { RUN } else { FILE } >> 20;
            writeln!(self.file, "\n[session: {why} {most} MB, which is all the room there is; the rest is left out]")?;
            let mut end = End::default();
            end.add(line);
            self.left_out = Some(end);
            return Ok(());
        }
        if let Some(mark) = self.mark.take_if(|_| logged > MUCH)
            && let Err(e) = append_own(&mark)
        {
            tracing::warn!(mark = %mark.display(), error = %e, "large logs are not marked, so they stay longer");
        }
        self.written += line.len() as u64;
        self.put(secrets, line)
    }

    /// Hands what was logged to the system, which keeps it if this process is killed.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn put(&mut self, secrets: &mut RedactedLines, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        match secrets.stand_in(text.trim_end_matches(['\r', '\n'])) {
            Some(said) => writeln!(self.file, "{said}"),
            None => self.file.write_all(line),
        }
    }

    /// The end of a program's output says most. Where the run has no room at all, only how much it was is kept.
    fn finish(&mut self, end: &End) -> io::Result<()> {
        if LOGGED.load(Ordering::Relaxed) > RUN {
            return writeln!(self.file, "[session: {} bytes were left out]", end.bytes);
        }
        writeln!(self.file, "[session: {} bytes were left out; the end follows]", end.bytes - end.held as u64)?;
        let mut secrets = RedactedLines::default();
        end.lines.iter().try_for_each(|line| self.put(&mut secrets, line))
    }
}

impl End {
    fn add(&mut self, line: &[u8]) {
        self.bytes += line.len() as u64;
        self.held += line.len();
        self.lines.push_back(line.to_owned());
        while self.held > END {
            self.held -= self.lines.pop_front().map_or(self.held, |line| line.len());
        }
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let Some(end) = self.left_out.take() else { return };
        if let Err(e) = self.finish(&end) {
            tracing::debug!(error = %e, "the end of a log cannot be written");
        }
    }
}

/// Makes a folder that only the user can read, and makes it so where it is the user's and others can.
///
/// # Errors
/// Where it cannot be made.
#[expect(clippy::disallowed_methods, reason = "a folder of our own")]
pub fn own_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let metadata = path.symlink_metadata()?;
    let ours = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.mode() & 0o777 != 0o700 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("there").mode() & 0o777
    }

    #[test]
    fn a_log_is_for_the_user_alone_and_holds_no_token() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("run/log");
        let token = ["ghp_", "q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVo"].concat();
        let mut log = LogFile::open(&path).expect("opened");
        let mut secrets = RedactedLines::default();
        let lines = [b"a\xff\n".to_vec(), format!("x \x1b[32m{token}\x1b[0m\n").into_bytes(), b"end".to_vec()];
        lines.iter().for_each(|line| log.line(&mut secrets, line).expect("written"));
        drop(log);
        let text = std::fs::read(&path).expect("read");
        assert_eq!(String::from_utf8_lossy(&text), "a\u{fffd}\n[left out: looks like a GitHub token]\nend");
        assert_eq!((mode(&path), mode(path.parent().expect("parent"))), (0o600, 0o700));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        LogFile::open(&path).expect("opened again");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_log_ends_before_the_disk_does() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("run/log");
        let mut log = LogFile::open(&path).expect("opened");
        let mut secrets = RedactedLines::default();
        let line = format!("{}\n", "y".repeat(999));
        (0..12_000).for_each(|_| log.line(&mut secrets, line.as_bytes()).expect("written"));
        log.line(&mut secrets, b"the last line\n").expect("written");
        drop(log);
        let text = std::fs::read_to_string(&path).expect("read");
        assert!((text.len() as u64) < FILE + 2 * END as u64, "{}", text.len());
        assert!(text.contains("this log has 10 MB, which is all the room there is"));
        assert!(text.contains("bytes were left out; the end follows]\n") && text.ends_with("\nthe last line\n"));
        assert!(folder.path().join(MARK).is_file(), "somebody must add up sizes");
    }

    #[test]
    fn a_link_and_a_pipe_are_no_logs() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("log");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).expect("linked");
        assert!(LogFile::open(&path).is_err());
        std::fs::remove_file(&path).expect("removed");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("runs").success());
        assert!(LogFile::open(&path).is_err(), "and nobody waits for a reader");
    }
}
