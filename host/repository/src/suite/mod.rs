//! The suite of both readers: what is asked and what is committed comes out the same through libgit2 and through git.

mod commits;
mod questions;
mod repeats;
mod reverts;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;

use session_system::Hooks;

use super::binary::BinaryReader;
use super::git::Git;
use super::library::LibraryReader;
use super::place::{Place, opened};
use super::repo::Repo;
use super::writer::Writer;

pub(super) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    // So that the same commit has the same name.
    command.env("GIT_AUTHOR_DATE", "2026-03-02T09:00:00Z").env("GIT_COMMITTER_DATE", "2026-03-02T09:00:00Z");
    let output = command.args(args).current_dir(folder).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A repository with an identity and no commit.
pub(super) fn empty() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temp");
    let top = folder.path().canonicalize().expect("there");
    git(&top, &["init", "--quiet", "--initial-branch=main"]);
    git(&top, &["config", "user.name", "Kim"]);
    git(&top, &["config", "user.email", "kim@example.com"]);
    (folder, top)
}

pub(super) fn put(top: &Path, path: &str, content: &str) {
    let path = top.join(path);
    std::fs::create_dir_all(path.parent().expect("below")).expect("made");
    std::fs::write(path, content).expect("written");
}

/// A repository with a past, and something of everything that may have changed.
pub(super) fn repository() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temp");
    let top = folder.path().canonicalize().expect("there");
    git(&top, &["init", "--quiet", "--initial-branch=main"]);
    git(&top, &["config", "user.name", "Kim"]);
    git(&top, &["config", "user.email", "kim@example.com"]);
    for path in ["a.txt", "deep/b.txt", "gone.txt", "untracked-later.txt", "file", "place/inside", "staged.txt"] {
        put(&top, path, "one\n");
    }
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "first\n\nbody\n\nSession-Id: A-1"]);
    put(&top, "a.txt", "one\ntwo\n");
    put(&top, "ñ name", "x\n");
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "second"]);
    git(&top, &["switch", "--quiet", "-c", "other", "HEAD^"]);
    git(&top, &["commit", "--quiet", "--allow-empty", "-m", "aside"]);
    git(&top, &["switch", "--quiet", "main"]);
    git(&top, &["merge", "--quiet", "--no-ff", "-m", "merged", "other"]);
    put(&top, "deep/b.txt", "two\n");
    put(&top, "bin", "\0\u{1}");
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "third\n\nSession-Id: A-2"]);
    put(&top, "a.txt", "changed\n");
    put(&top, "new/one.txt", "new\n");
    std::fs::remove_file(top.join("gone.txt")).expect("removed");
    git(&top, &["rm", "--quiet", "--cached", "untracked-later.txt"]);
    std::fs::remove_file(top.join("file")).expect("removed");
    put(&top, "file/inside", "x\n");
    std::fs::remove_dir_all(top.join("place")).expect("removed");
    put(&top, "place", "now a file\n");
    put(&top, "staged.txt", "staged\n");
    git(&top, &["add", "staged.txt"]);
    put(&top, "staged.txt", "and changed\n");
    std::os::unix::fs::symlink("a.txt", top.join("link")).expect("linked");
    (folder, top)
}

/// The same repository, by who reads it: libgit2, and git.
pub(super) fn both(top: &Path) -> [Repo; 2] {
    let asked = Repo::placed(top, top, Place::of(top, true).expect("there"));
    let (site, git) = (Rc::clone(&asked.site), Git::anywhere(top));
    let binary = BinaryReader::of(git.clone(), Rc::clone(&site));
    let reader = LibraryReader::of(opened(top).expect("opens"), Rc::clone(&site), binary);
    [Repo { writer: Writer::of(git, Rc::clone(&site)), site, reader: Box::new(reader) }, asked]
}

/// Of a call that nobody is told about.
pub(super) fn no_hooks() -> Hooks<'static> {
    Hooks { line: Arc::new(|_, _| {}), begun: Box::leak(Box::new(|_| {})), event: "" }
}
