//! Hostile repositories: files that are links, pipes, devices or endless, and paths that lead out, wherever the program
//! reads or writes. No command hangs, nothing from outside is shown or committed, and nothing outside is written.

use std::path::Path;

use crate::crash::bounded;
use crate::support::{Ran, Sandbox};

mod git_folders;
mod named_paths;
mod odd_files;
mod repositories;

/// What must never be seen: it stands in a file beside the project.
const SECRET: &str = "PRIVATE-KEY-OF-KIM";

/// Long enough for a slow machine; one that hangs fails.
const SECONDS: u64 = 120;

/// A command that must end by itself.
fn session(s: &Sandbox, arguments: &str) -> Ran {
    bounded(s.session_command(arguments), SECONDS, arguments)
}

/// A file outside the project, as absolute path.
fn secret(s: &Sandbox) -> String {
    let path = s.home().join(".ssh/id_rsa");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("{SECRET}\n## Session XX-01: {SECRET}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn link(s: &Sandbox, target: impl AsRef<Path>, path: &str) {
    let path = s.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
    std::os::unix::fs::symlink(target, path).unwrap();
}

fn pipe(s: &Sandbox, path: &str) {
    let path = s.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    _ = std::fs::remove_file(&path);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
}

/// More than any limit, in no room. Ten gigabytes are read in no more time, but git, where it looks at such a file, reads all.
fn huge(s: &Sandbox, path: &str) {
    let path = s.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path).unwrap().set_len(100 << 20).unwrap();
}

/// Nothing of the secret was said, written into the project or committed.
#[track_caller]
fn keeps_secret(s: &Sandbox, ran: &Ran) {
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{ran:#?}");
    for path in ["docs/sessions/SESSION.md", "docs/PROGRESS.md"] {
        let is_link = s.path(path).symlink_metadata().is_ok_and(|metadata| !metadata.is_file());
        let text = if is_link { String::new() } else { std::fs::read_to_string(s.path(path)).unwrap_or_default() };
        assert!(!text.contains(SECRET), "{path}: {text}");
    }
    if s.exists(".git") {
        assert_eq!(s.git(&format!("log --all --format=%H -S{SECRET}")), "");
    }
}
