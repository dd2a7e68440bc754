//! Programs that run for a session in a hook or an alias of git: they must not take the user's repository for theirs.

use crate::support::{Ran, SESSION, Sandbox};

/// What a test that needs a repository of its own does.
const INIT: &str =
    "d=$(mktemp -d) && cd $d && git init -q . && git rev-parse --git-dir && test -d .git; c=$?; rm -rf $d; exit $c";
/// No variable that names a repository is left.
const NONE: &str = "! env | grep -E '^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|OBJECT_DIRECTORY|COMMON_DIR)='";

fn checked(checks: &[&str]) -> Sandbox {
    let s = Sandbox::new();
    let list: String = checks.iter().map(|check| format!("{check}\n")).collect();
    let plan = format!(
        "# S - Implementation Prompts\n\n## Session SU-01: Work\n\n### Prompt\n\nWrite `work`.\n\n\
         ### Verification Commands\n\n```sh\n{list}```\n"
    );
    s.write("docs/S_PROMPTS.md", &plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("trust --yes").ok();
    s
}

fn of_git(s: &Sandbox, folder: &std::path::Path, arguments: &[&str]) -> Ran {
    let mut command = s.command("git", folder);
    Ran::of(command.env("SESSION_NOW", "2026-03-02T09:00:00Z").args(arguments).output().unwrap())
}

/// In an alias of a linked working tree git says `GIT_DIR` in full: `git init` then made the whole repository bare.
#[test]
fn a_check_in_an_alias_has_a_repository_of_its_own() {
    let s = checked(&[INIT, NONE]);
    let linked = s.home().join("linked");
    s.git(&format!("worktree add --quiet {}", linked.display()));
    let alias = format!("alias.s=!{SESSION}");
    of_git(&s, &linked, &["-c", &alias, "s", "start", "SU-01"]).ok();
    std::fs::write(linked.join("work"), "1\n").unwrap();
    let ran = of_git(&s, &linked, &["-c", &alias, "s", "complete"]).ok();
    assert!(ran.err.contains("2 passed"), "{ran:#?}");
    assert_eq!(s.git("config --bool core.bare"), "false");
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn a_check_in_a_hook_has_a_repository_of_its_own() {
    let s = checked(&[INIT, NONE]);
    s.session("start SU-01").ok();
    s.write("work", "1\n");
    s.write(".git/hooks/pre-commit", &format!("#!/bin/sh\nexec {SESSION} verify\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), mode).unwrap();
    s.git("add work");
    let ran = of_git(&s, &s.root, &["commit", "-m", "by hand"]).ok();
    assert!(ran.err.contains("2 passed"), "{ran:#?}");
    assert_eq!(s.git("config --bool core.bare"), "false");
}

/// Whoever keeps settings under git names both folders, for the checks, too.
#[test]
fn a_repository_that_a_person_names_is_that_of_the_checks() {
    let s = checked(&["test -n \"$GIT_DIR\" && git ls-files --error-unmatch work"]);
    let elsewhere = s.home().join("elsewhere.git");
    std::fs::rename(s.path(".git"), &elsewhere).unwrap();
    let (dir, top) = (elsewhere.to_string_lossy().into_owned(), s.root.to_string_lossy().into_owned());
    let named = [("GIT_DIR", dir.as_str()), ("GIT_WORK_TREE", top.as_str())];
    let session = |arguments: &str| s.session_with(arguments, |command| _ = command.envs(named));
    session("start SU-01").ok();
    s.write("work", "1\n");
    let mut add = s.command("git", &s.root);
    assert!(add.envs(named).args(["add", "work"]).status().unwrap().success());
    session("complete").ok();
}

/// The demo plays in a repository of its own.
#[test]
fn the_demo_in_a_hook_leaves_the_repository_alone() {
    let s = checked(&[]);
    let head = s.git("rev-parse HEAD");
    let alias = format!("alias.s=!{SESSION}");
    let linked = s.home().join("linked");
    s.git(&format!("worktree add --quiet {}", linked.display()));
    of_git(&s, &linked, &["-c", &alias, "s", "demo", "--short"]).ok();
    assert_eq!(s.git("log --all --format=%H"), head);
    assert_eq!(s.git("config --bool core.bare"), "false");
}
