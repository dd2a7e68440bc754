//! `init` that fails leaves nothing behind; one outside a repository is not lost when there is one.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Sandbox, data, everything};

fn files(s: &Sandbox) -> Vec<String> {
    let all = everything(&s.root);
    let names = all.keys().map(|path| path.strip_prefix(&s.root).unwrap().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with(".git/") || name.starts_with(".git/session")).collect()
}

#[test]
fn an_init_that_fails_leaves_nothing_behind() {
    for in_git in [true, false] {
        let s = if in_git { Sandbox::new() } else { Sandbox::bare() };
        // A record that is damaged, and a folder where a document shall be: each fails late.
        for (path, is_folder) in
            [("docs/sessions/records/HI-01.json", false), ("docs/progress/HELLO_PROGRESS.md", true)]
        {
            if is_folder {
                s.write(&format!("{path}/x"), "x\n");
            } else {
                s.write(path, "{\n");
            }
            let before = files(&s);
            let ran = s.session("init Hello");
            assert_eq!(ran.code, 1, "{ran:?}");
            assert_eq!(files(&s), before, "{path}");
            let kept = std::fs::read_dir(s.home().join(".config/session/trust")).unwrap().flatten();
            let kept: Vec<_> = kept.map(|file| file.file_name()).filter(|name| name != "lock").collect();
            assert!(kept.is_empty(), "nothing is approved: {kept:?}");
            assert!(!ran.err.contains("set up already"), "{ran:?}");
            let folder = s.path(path);
            if is_folder {
                std::fs::remove_dir_all(folder).unwrap();
            } else {
                std::fs::remove_file(folder).unwrap();
            }
        }
        s.session("init Other").ok();
        s.session("status").ok();
    }
}

#[test]
fn what_stood_there_before_a_failed_init_is_as_it_was() {
    let s = Sandbox::new();
    s.write("docs/progress/HELLO_PROGRESS.md", "# Ours\n");
    s.write(".gitattributes", "*.png binary\n");
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    let home = s.home().join(".config/session");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("trust"), "no folder").unwrap();
    let before = everything(&s.root.join("docs"));
    s.session("init Hello").fails_broken(1, &["cannot write the settings"]);
    assert_eq!(everything(&s.root.join("docs")), before);
    assert_eq!(s.read(".gitattributes"), "*.png binary\n");
    assert!(!s.exists("plugins.toml"));
    std::fs::remove_file(home.join("trust")).unwrap();
    s.session("init Hello").ok();
}

#[test]
fn a_plan_that_is_named_and_cannot_be_read_is_refused_before_anything_is_written() {
    let s = Sandbox::new();
    s.write("notes.md", "# Notes\n");
    let before = files(&s);
    s.session("init Hello --plan notes.md").fails(1, &["notes.md"]);
    s.session("init Hello --plan gone.md").fails(1, &["gone.md"]);
    assert_eq!(files(&s), before);
    s.session("init Hello").ok();
}

fn becomes_a_repository(s: &Sandbox) {
    s.git("init --quiet --initial-branch=main");
    s.git("config user.name Kim");
    s.git("config user.email kim@example.com");
}

#[test]
fn what_init_wrote_outside_a_repository_is_committed_when_there_is_one() {
    let s = Sandbox::bare();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    let ran = s.session("init Hello").ok();
    assert!(ran.out.contains(".gitattributes") && ran.out.contains("docs/HELLO_PROMPTS.md"), "{ran:?}");
    becomes_a_repository(&s);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt", "documents are no work");
    let documents = s.git("show --name-only --format= HEAD");
    for path in [".gitattributes", "plugins.toml", "docs/HELLO_PROMPTS.md", "docs/progress/HELLO_PROGRESS.md"] {
        assert!(documents.lines().any(|line| line == path), "{path} is not in {documents}");
    }
    assert_eq!(s.git("status --porcelain"), "");
    assert!(!s.exists(".session"), "its state is the repository's");
    let clone = s.clone_fresh();
    clone.session("trust --yes").ok();
    assert!(clone.session("status").ok().out.contains("HI-01  done"));
}

#[test]
fn attributes_of_the_users_own_stay_the_users() {
    let s = Sandbox::bare();
    s.write(".gitattributes", "*.png binary\n");
    s.session("init Hello").ok();
    assert!(s.read(".gitattributes").starts_with("*.png binary\n/docs/progress/"), "{}", s.read(".gitattributes"));
    becomes_a_repository(&s);
    s.session("start HE-01").ok();
    s.write("README.md", "# Hello\n");
    s.session("complete").ok();
    assert_eq!(s.git("status --porcelain"), "?? .gitattributes");
}

/// State that came with the files of somebody else could call the work a document, which no check looks at.
#[test]
fn state_that_came_with_a_clone_is_not_taken_over() {
    let s = Sandbox::hello();
    s.write(".session/init-documents", "greeting.txt\n");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert!(s.git("show --name-only --format= HEAD^").contains("greeting.txt"));
    assert!(s.exists(".session/init-documents"));
}

#[test]
fn a_folder_that_nobody_may_write() {
    let s = Sandbox::bare();
    if std::fs::write("/proc/self/none", "").is_ok() || is_root() {
        println!("skipped: root may write everywhere");
        return;
    }
    std::fs::set_permissions(&s.root, std::fs::Permissions::from_mode(0o555)).unwrap();
    let ran = s.session("init Hello");
    std::fs::set_permissions(&s.root, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(files(&s).is_empty());
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}
