//! Where plugins.toml is looked for: below the top of the working tree, and nowhere that other people or other projects
//! write to.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::unprepared;
use crate::support::{Ran, SESSION, Sandbox};

/// With a plugin that nobody has approved, so that reading commands name it.
const OUTER: &str = "[project]\nname = \"Outer\"\n[[plugin]]\nname = \"outer-plugin\"\npath = \"outer.wasm\"\n";

/// `session` in a folder.
fn at(s: &Sandbox, folder: &Path, arguments: &str) -> Ran {
    let mut command = s.command(SESSION, folder);
    Ran::of(command.args(arguments.split(' ')).env("SESSION_NOW", "2026-03-02T09:00:00Z").output().unwrap())
}

fn is_outer(ran: &Ran) -> bool {
    ran.err.contains("outer-plugin")
}

#[test]
fn a_file_above_the_repository_does_not_count() {
    let s = unprepared("");
    std::fs::write(s.root.parent().unwrap().join("plugins.toml"), OUTER).unwrap();
    let ran = at(&s, &s.root, "status").ok();
    assert!(!is_outer(&ran), "{ran:#?}");
}

#[test]
fn a_repository_inside_another_is_a_project_of_its_own() {
    for format in super::FORMATS {
        let s = unprepared("");
        s.write("plugins.toml", OUTER);
        let inner = unprepared(format);
        std::fs::create_dir_all(s.path("vendor")).unwrap();
        std::fs::rename(&inner.root, s.path("vendor/inner")).unwrap();
        let ran = at(&s, &s.path("vendor/inner/docs"), "status").ok();
        assert!(!is_outer(&ran) && ran.out.contains("HI-01"), "{format}: {ran:#?}");
        // A submodule, and a working tree whose repository is gone, have a file there.
        std::fs::rename(s.path("vendor/inner/.git"), s.path(".git/inner")).unwrap();
        s.write("vendor/inner/.git", "gitdir: ../../.git/inner\n");
        let ran = at(&s, &s.path("vendor/inner"), "status").ok();
        assert!(!is_outer(&ran), "{format}: {ran:#?}");
        s.write("vendor/inner/.git", "gitdir: /nowhere\n");
        let ran = at(&s, &s.path("vendor/inner"), "status");
        assert!(!is_outer(&ran), "{format}: {ran:#?}");
        // Beside them the outer project is the project.
        assert!(is_outer(&at(&s, &s.path("vendor"), "status")));
    }
}

#[test]
fn a_linked_working_tree_is_its_own_top() {
    let s = unprepared("");
    s.git("worktree add --quiet linked");
    s.write("plugins.toml", OUTER);
    let ran = at(&s, &s.path("linked"), "status").ok();
    assert!(!is_outer(&ran) && ran.out.contains("HI-01"), "{ran:#?}");
}

#[test]
fn outside_git_the_search_ends_at_what_others_share() {
    let s = Sandbox::bare();
    s.write("open/plugins.toml", OUTER);
    s.write("open/mine/docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    let mine = s.path("open/mine");
    assert!(is_outer(&at(&s, &mine, "status")), "a folder of one's own is searched");
    std::fs::set_permissions(s.path("open"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    assert!(!is_outer(&at(&s, &mine, "status").ok()), "everybody may write there");
    // The home folder is above everything that a person has.
    std::fs::write(s.home().join("plugins.toml"), OUTER).unwrap();
    let below = s.home().join("notes");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("X_PROMPTS.md"), crate::support::data("plans/hello.md")).unwrap();
    assert!(!is_outer(&at(&s, &below, "status")));
    assert!(is_outer(&at(&s, &s.home(), "status")), "who stands there means it");
}

#[test]
fn a_bare_repository_in_the_tree_is_no_project() {
    let s = unprepared("");
    s.git("init --quiet --bare evil.git");
    let ran = at(&s, &s.path("evil.git"), "status");
    ran.fails(1, &["evil.git", "no working tree"]);
    // One that names a working tree has none of its own either.
    for (key, value) in [("core.bare", "false"), ("core.worktree", "../..")] {
        let path = s.path("evil.git/config");
        assert!(
            s.command("git", &s.root)
                .args(["config", "--file"])
                .arg(&path)
                .args([key, value])
                .status()
                .unwrap()
                .success()
        );
    }
    at(&s, &s.path("evil.git"), "status").fails(1, &["evil.git", "no working tree"]);
    assert!(!s.exists("evil.git/session"));
}

#[test]
fn the_configuration_does_not_move_the_working_tree() {
    for format in super::FORMATS {
        let s = unprepared(format);
        let other = s.home().join("private");
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("plugins.toml"), OUTER).unwrap();
        for elsewhere in [&other, &s.home(), s.root.parent().unwrap()] {
            s.git(&format!("config core.worktree {}", elsewhere.display()));
            for command in ["status", "start HI-01", "init X"] {
                let ran = s.session(command);
                assert!(!is_outer(&ran), "{format} {command}: {ran:#?}");
                ran.fails(1, &["puts its working tree elsewhere", "core.worktree"]);
            }
        }
        // Where the user says so it is meant.
        let mut named = s.session_command("status");
        named.env("GIT_DIR", s.path(".git")).env("GIT_WORK_TREE", &s.root);
        Ran::of(named.output().unwrap()).ok();
    }
}

/// What git keeps of it may lie anywhere: the working tree is where its `.git` file is.
#[test]
fn a_git_dir_that_lies_elsewhere() {
    for format in super::FORMATS {
        let s = Sandbox::bare();
        let kept = s.home().join("kept.git");
        s.git(format!("init --quiet --initial-branch=main --separate-git-dir={} {format}", kept.display()).trim_end());
        s.git("config user.name Kim");
        s.git("config user.email kim@example.com");
        s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
        s.session("init Hello").ok();
        s.git("add .");
        s.git("commit --quiet -m setup");
        s.session("start HI-01").ok();
        s.write("work.txt", "work\n");
        s.session("checkpoint -m half").ok();
        s.write("greeting.txt", "hello\n");
        s.session("complete").ok();
        assert_eq!(s.git("show --name-only --format= HEAD~2"), "work.txt", "{format}");
        s.session("rollback HI-01 --yes").ok();
        assert!(!s.exists("work.txt") && s.git("status --porcelain").is_empty(), "{format}");
        assert!(kept.join("session").is_dir() && !s.home().join("plugins.toml").exists(), "{format}");
    }
}
