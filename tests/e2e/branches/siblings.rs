//! One active session per working tree of each repository: of one beside the project, too, which others may work in.

use std::path::{Path, PathBuf};

use super::project;
use crate::support::{Ran, Sandbox};

fn at(s: &Sandbox, folder: &Path, arguments: &str) -> Ran {
    s.session_with(arguments, |command| _ = command.current_dir(folder))
}

fn git(s: &Sandbox, folder: &Path, arguments: &str) -> String {
    let output = s.command("git", folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// A project whose A-sessions work in `../backend`, with a second working tree beside it.
fn with_backend() -> (Sandbox, PathBuf, PathBuf) {
    let s = project();
    let (backend, second) = (s.root.parent().unwrap().join("backend"), s.root.parent().unwrap().join("second"));
    std::fs::create_dir(&backend).unwrap();
    git(&s, &backend, "init --quiet --initial-branch=main");
    git(&s, &backend, "config user.name Kim");
    git(&s, &backend, "config user.email kim@example.com");
    git(&s, &backend, "commit --quiet --allow-empty -m first");
    let text = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &format!("{text}\n[[repository]]\nname = \"api\"\npath = \"../backend\"\nprefix = [\"A\"]\n"),
    );
    s.git("commit --quiet -am backend");
    s.session("trust --yes").ok();
    s.git("worktree add --quiet -b other ../second");
    (s, backend, second)
}

#[test]
fn two_worktrees_do_not_share_a_sibling() {
    let (s, backend, second) = with_backend();
    s.session("start A-01").ok();
    let said = [
        "A-02 cannot start: A-01 is active in",
        &format!("A-01 was started in {}", s.root.display()),
        "a working tree has one active session",
        &format!("cd {}", s.root.display()),
    ];
    at(&s, &second, "start A-02").fails(1, &said);
    at(&s, &second, "start A-02 --dry-run").fails(1, &said);
    std::fs::write(backend.join("one.txt"), "one\n").unwrap();
    s.session("pause").ok();
    at(&s, &second, "start A-02").ok();
    s.session("start A-01").fails(1, &["A-01 cannot start: A-02 is active in", &format!("cd {}", second.display())]);
    std::fs::write(backend.join("two.txt"), "two\n").unwrap();
    at(&s, &second, "complete --leave one.txt").fails(1, &[]);
    at(&s, &second, "complete").ok();
    assert_eq!(git(&s, &backend, "show --name-only --format= HEAD"), "two.txt", "the other one's work stays out");
    s.session("start A-01").ok();
    s.session("rollback").ok();
    at(&s, &second, "status").ok();
    assert_eq!(std::fs::read_dir(backend.join(".git/session/claims")).unwrap().count(), 0, "nobody works there");
}

#[test]
fn another_clone_and_the_repository_itself_are_told() {
    let (s, backend, _) = with_backend();
    s.session("start A-01").ok();
    // Its own sessions work in the same files.
    at(&s, &backend, "start FIX-01 --title x --check true").fails(1, &["A-01 is active in", "A-01 was started in"]);
    let sam = s.clone_fresh();
    let text = sam.read("plugins.toml");
    sam.write("plugins.toml", &text.replace("../backend", &backend.to_string_lossy()));
    sam.session("trust --yes").ok();
    sam.session("start A-02").fails(1, &["A-02 cannot start: A-01 is active in", "A-01 was started in"]);
    s.session("complete").ok();
    sam.session("start A-02").ok();
    at(&s, &backend, "start FIX-01 --title x --check true").fails(1, &["A-02 is active in"]);
    // A clone that is gone holds nothing, and it is said.
    drop(sam);
    let ran = at(&s, &backend, "start FIX-01 --title x --check true").ok();
    assert!(ran.err.contains("had taken this working tree, and that project is gone"), "{ran:?}");
    s.session("start A-02").fails(1, &["FIX-01 is active in"]);
}

#[test]
fn working_trees_of_the_sibling_are_apart() {
    let (s, backend, _) = with_backend();
    git(&s, &backend, "worktree add --quiet -b side ../backend-side");
    let sam = s.clone_fresh();
    let side = s.root.parent().unwrap().join("backend-side");
    sam.write("plugins.toml", &sam.read("plugins.toml").replace("../backend", &side.to_string_lossy()));
    sam.session("trust --yes").ok();
    s.session("start A-01").ok();
    sam.session("start A-02").ok();
}

#[test]
fn a_session_of_an_older_version_left_no_note_and_counts() {
    let (s, backend, second) = with_backend();
    s.session("start A-01").ok();
    std::fs::remove_dir_all(backend.join(".git/session/claims")).unwrap();
    at(&s, &second, "start A-02").fails(1, &["A-02 cannot start: A-01 is active in", "A-01 was started in"]);
}

#[test]
fn many_starts_at_once_make_one_active() {
    let (s, _, second) = with_backend();
    let mut starts: Vec<_> = (0..6)
        .map(|number| {
            let (folder, id) = if number % 2 == 0 { (&s.root, "A-01") } else { (&second, "A-02") };
            let mut command = s.session_command(&format!("start {id}"));
            command.current_dir(folder).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    starts.iter_mut().for_each(|start| _ = start.wait().unwrap());
    let rows = s.session("status --json").ok().json()["sessions"].as_array().unwrap().clone();
    let active = rows.iter().filter(|row| row["status"] == "active").count();
    assert_eq!(active, 1, "{rows:?}");
}

#[test]
fn a_note_without_a_session_is_cleared_away() {
    let (s, backend, second) = with_backend();
    s.session("start A-01").ok();
    // As after a kill between the note and the journal.
    std::fs::rename(s.path(".git/session/open/A-01.jsonl"), s.path(".git/session/open/kept")).unwrap();
    at(&s, &second, "start A-02").ok();
    let notes = std::fs::read_dir(backend.join(".git/session/claims")).unwrap().count();
    assert_eq!(notes, 1);
    std::fs::rename(s.path(".git/session/open/kept"), s.path(".git/session/open/A-01.jsonl")).unwrap();
}

#[test]
fn an_owner_whose_folder_is_gone_names_the_way_out() {
    let (s, _, second) = with_backend();
    at(&s, &second, "start A-02").ok();
    std::fs::remove_dir_all(&second).unwrap();
    s.session("start A-01").fails(1, &["A-02 is active in", "is gone", "session resume A-02 --here"]);
    s.session("resume A-02 --here --yes").ok();
    s.session("rollback").ok();
    s.session("start A-01").ok();
}
