//! Links and paths into folders of git's and of our own, whatever they are called.

use super::{link, session};
use crate::support::{Sandbox, everything, guest};

/// The guest writes `x` into each of these, and fails where it may not.
fn writer(s: &Sandbox, paths: &[&str]) -> Vec<String> {
    s.copy(&guest("scripted"), "tools/scripted.wasm");
    let text = s.read("plugins.toml");
    let mut refused = Vec::new();
    for path in paths {
        let table = format!(
            "\n[[plugin]]\nname = \"scripted\"\npath = \"tools/scripted.wasm\"\n[plugin.config]\n\
             checkpoint = [\"write {path} x\"]\n[plugin.grant]\nwrite = [\"**\"]\n"
        );
        s.write("plugins.toml", &format!("{text}{table}"));
        s.session("trust --yes").ok();
        s.write("work.txt", path);
        let ran = session(s, "checkpoint -m x");
        if ran.code != 0 {
            assert!(ran.err.contains("not for plugins") || ran.err.contains("leads out"), "{path}: {ran:#?}");
            refused.push((*path).to_owned());
        }
    }
    s.write("plugins.toml", &text);
    s.session("trust --yes").ok();
    refused
}

fn started() -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s
}

/// Hooks and settings: whoever writes them runs programs.
fn of_git(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let all = everything(folder).into_iter();
    all.filter(|(path, _)| path.ends_with("config") || path.parent().is_some_and(|p| p.ends_with("hooks"))).collect()
}

#[test]
fn a_committed_link_into_git() {
    let s = started();
    let before = of_git(&s.path(".git"));
    link(&s, ".git", "out");
    link(&s, ".git/hooks", "hooks");
    link(&s, "out", "twice");
    link(&s, s.path(".git"), "whole");
    link(&s, ".git/session", "state");
    let paths = ["out/hooks/post-commit", "hooks/post-commit", "twice/config", "whole/config", "state/open/X.jsonl"];
    assert_eq!(writer(&s, &paths), paths);
    assert_eq!(of_git(&s.path(".git")), before);
}

/// The progress plugin keeps its documents where its settings say.
#[test]
fn a_folder_of_documents_that_is_git() {
    for target in ["../.git", "../.git/hooks", "../../home/.ssh", "/"] {
        let s = Sandbox::hello();
        super::secret(&s);
        let before = of_git(&s.path(".git"));
        let text = s.read("plugins.toml");
        let table = "name = \"progress\"\n[plugin.config]\npath = \"docs/progress/config\"\n";
        s.write("plugins.toml", &text.replacen("name = \"progress\"\n", table, 1));
        s.session("trust --yes").ok();
        link(&s, target, "docs/progress");
        let ran = session(&s, "start HI-01");
        assert!(ran.err.contains("not for plugins") || ran.err.contains("leads out"), "{target}: {ran:#?}");
        assert_eq!(of_git(&s.path(".git")), before, "{target}");
        assert!(!s.home().join(".ssh/config").exists());
    }
}

#[test]
fn a_git_folder_of_another_name() {
    for place in ["store", "deep/er/store", "../store"] {
        let s = Sandbox::bare();
        std::fs::create_dir_all(s.path("deep/er")).unwrap();
        s.git(&format!("init --quiet --initial-branch=main --separate-git-dir={place}"));
        s.git("config user.name Kim");
        s.git("config user.email kim@example.com");
        s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
        s.write(".gitignore", "store\n");
        s.git("add .");
        s.git("commit --quiet -m plan");
        s.session("init Hello").ok();
        s.session("start HI-01").ok();
        let before = of_git(&s.path(place));
        link(&s, place, "out");
        let inside = format!("{place}/hooks/post-commit");
        let paths = ["out/config", "out/hooks/post-commit", inside.as_str()];
        assert_eq!(writer(&s, &paths), paths, "{place}");
        assert_eq!(of_git(&s.path(place)), before, "{place}");
    }
}

#[test]
fn worktrees_submodules_and_nested_repositories() {
    let s = started();
    s.git("worktree add --quiet wt -b other");
    s.git("init --quiet --bare fixtures/bare.git");
    s.git("init --quiet --bare fixtures/plain");
    s.git("init --quiet vendor/lib");
    let module = Sandbox::hello();
    s.git(&format!("-c protocol.file.allow=always submodule --quiet add {} sub", module.root.display()));
    link(&s, ".git/worktrees/wt", "tree");
    link(&s, ".git/modules/sub", "module");
    link(&s, "vendor/lib/.git", "nested");
    link(&s, "fixtures/plain", "bare");
    let before = of_git(&s.root);
    let paths = [
        "tree/config.worktree",
        "module/hooks/post-commit",
        "nested/config",
        "bare/hooks/post-receive",
        "fixtures/bare.git/hooks/post-receive",
        "fixtures/plain/config",
        "wt/.git",
        "sub/.git",
        "vendor/lib/.GIT/config",
    ];
    assert_eq!(writer(&s, &paths), paths);
    assert_eq!(of_git(&s.root), before);
    // Their files are files of the project.
    assert_eq!(writer(&s, &["vendor/lib/a.txt"]), [""; 0]);
}

/// What a kill has left is nobody's work: it goes with the next write, and no commit holds it.
#[test]
fn temporary_files_of_a_killed_process() {
    let s = started();
    let left = "docs/sessions/.session-tmp-999999999-1-abcdef";
    s.write(left, "half\n");
    s.write("greeting.txt", "hello\n");
    session(&s, "complete").ok();
    assert!(!s.exists(left));
    assert!(!s.git("log --all --name-only --format=").contains("session-tmp"));
    assert_eq!(s.git("status --porcelain"), "");
}

/// A rollback writes files of the working tree: as git itself, through no link.
#[test]
fn a_rollback_goes_through_no_link() {
    let s = Sandbox::hello();
    s.write("place/a.txt", "before\n");
    s.git("add .");
    s.git("commit --quiet -m before");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("place/a.txt", "after\n");
    s.session("complete").ok();
    let outside = s.home().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("a.txt"), "after\n").unwrap();
    std::fs::remove_dir_all(s.path("place")).unwrap();
    link(&s, &outside, "place");
    let ran = session(&s, "rollback HI-01 --yes");
    assert_ne!(ran.code, 0, "{ran:#?}");
    assert_eq!(std::fs::read_to_string(outside.join("a.txt")).unwrap(), "after\n");
}
