//! What of git counts: for each feature a session goes from start to complete, and what it commits is what git itself
//! commits of the same files in a copy of the repository beside it.
//! Which test holds which feature stands in docs/git.md.

mod content;
mod environment;
pub(crate) mod fold;
mod formats;
mod hooks;
pub(crate) mod signing;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Sandbox, data, target};

/// A repository made with these options of `git init`, set up and clean.
fn repository(options: &str) -> Sandbox {
    let s = Sandbox::bare();
    s.git(format!("init --quiet --initial-branch=main {options}").trim_end());
    settle_in(&s);
    s
}

/// Commits a plan and what `init` makes, so that nothing is dirty.
fn settle_in(s: &Sandbox) {
    s.git("config user.name Kim");
    s.git("config user.email kim@example.com");
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.session("init Hello").ok();
    s.write("src/inside.txt", "inside\n");
    s.write("far/away.txt", "away\n");
    s.git("add .");
    s.git("commit --quiet -m setup");
}

/// Runs git in a folder; its output without the last line end.
fn git(s: &Sandbox, folder: &Path, arguments: &[&str]) -> String {
    let output = s.command("git", folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn put(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

pub(crate) fn executable(folder: &Path, path: &str, text: &str) {
    put(folder, path, text);
    std::fs::set_permissions(folder.join(path), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The repository as it is, beside it.
fn twin(s: &Sandbox) -> PathBuf {
    let twin = s.root.parent().unwrap().join("twin");
    let _ = std::fs::remove_dir_all(&twin);
    assert!(Command::new("cp").arg("-a").args([&s.root, &twin]).status().unwrap().success());
    twin
}

/// Modes, objects and names of a commit, documents apart: they are the program's.
fn listing(s: &Sandbox, folder: &Path, commit: &str) -> Vec<String> {
    let text = git(s, folder, &["ls-tree", "-r", "-z", "--full-tree", commit]);
    text.split('\0').filter(|line| !line.contains("\tdocs/")).map(str::to_owned).collect()
}

/// A session of these changes, with a checkpoint on the way. What it commits is what git commits of the same.
fn same_as_git(s: &Sandbox, change: impl Fn(&Path)) -> PathBuf {
    s.session("start HI-01").ok();
    let twin = twin(s);
    for (folder, by_session) in [(&s.root, true), (&twin, false)] {
        let commit = |session: &str| {
            if by_session {
                s.session(session).ok();
            } else {
                git(s, folder, &["add", "--all", "--", ".", ":!docs"]);
                git(s, folder, &["commit", "--quiet", "-m", session]);
            }
        };
        change(folder);
        commit("checkpoint -m half");
        put(folder, "greeting.txt", "hello\n");
        put(folder, "src/inside.txt", "inside, changed\n");
        commit("complete");
    }
    assert_eq!(listing(s, &s.root, "HEAD~1"), listing(s, &twin, "HEAD"));
    clean(s);
    twin
}

/// Nothing is staged or changed, and git finds nothing wrong.
fn clean(s: &Sandbox) {
    assert_eq!(git(s, &s.root, &["status", "--porcelain", "--untracked-files=all"]), "");
    let fsck = s.command("git", &s.root).args(["fsck", "--strict"]).output().unwrap();
    assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));
    let left = std::fs::read_dir(s.path(".git")).into_iter().flatten().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| is_left(&name.to_string_lossy())).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn is_left(name: &str) -> bool {
    name.starts_with(".session-tmp") || name.ends_with(".lock")
}

/// A program that some of these tests need; without it they are skipped, and fail where nothing may be.
pub(crate) fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    assert!(there || std::env::var_os("SESSION_NO_SKIP").is_none(), "install {program}");
    if !there {
        println!("SKIPPED: {program} is not installed");
    }
    there
}

/// A program of the environment that `.ci/run` makes for these tests; none where it is not there.
fn hook_tool(name: &str) -> Option<PathBuf> {
    let path = target().join("test-tools/bin").join(name);
    has(&path.to_string_lossy()).then_some(path)
}
