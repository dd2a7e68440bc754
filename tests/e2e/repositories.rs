//! Repositories as people have them: subfolders, worktrees, hooks, filters, merges, nested repositories.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Ran, Sandbox, data};

fn executable(s: &Sandbox, path: &str, text: &str) {
    s.write(path, text);
    std::fs::set_permissions(s.path(path), std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn at(s: &Sandbox, folder: &Path, arguments: &str) -> Ran {
    s.session_with(arguments, |command| _ = command.current_dir(folder))
}

#[test]
fn a_hook_and_nothing_to_commit_stage_nothing() {
    let s = Sandbox::hello();
    s.write("secret.env", "key\n");
    s.write(".git/info/exclude", "*.env\n");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    executable(&s, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    s.session("checkpoint -m all").ok();
    s.write("scratch.txt", "mine\n");
    s.session("complete --leave scratch.txt").ok();
    let tracked = s.git("ls-files");
    assert!(!tracked.contains("secret.env") && !tracked.contains("SESSION.md"), "{tracked}");
    assert!(!s.git("diff --cached --name-only").contains("secret"));
}

#[test]
fn what_people_exclude_stays_whatever_its_bytes() {
    let s = Sandbox::hello();
    std::fs::write(s.path(".git/info/exclude"), b"caf\xe9.txt").unwrap();
    s.session("start HI-01").ok();
    let text = std::fs::read(s.path(".git/info/exclude")).unwrap();
    assert_eq!(text, b"caf\xe9.txt\n/docs/sessions/SESSION.md\n");
}

#[test]
fn bookkeeping_runs_no_hook() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"] {
        executable(&s, &format!(".git/hooks/{hook}"), &format!("#!/bin/sh\necho {hook} >> .git/ran\n"));
    }
    s.session("complete").ok();
    assert_eq!(s.read(".git/ran"), "pre-commit\nprepare-commit-msg\ncommit-msg\npost-commit\n");
}

#[test]
fn a_filter_named_in_a_subfolder_is_applied() {
    let s = Sandbox::hello();
    s.git("config filter.upper.clean \"tr a-z A-Z\"");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("sub/.gitattributes", "*.up filter=upper\n");
    s.write("sub/a.up", "loud\n");
    s.session("complete").ok();
    assert_eq!(s.git("show HEAD^:sub/a.up"), "LOUD");
}

#[test]
fn a_merge_in_progress_is_not_ended() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("switch --quiet -c other");
    s.write("other.txt", "x\n");
    s.git("add other.txt");
    s.git("commit --quiet -m other");
    s.git("switch --quiet main");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.git("merge --quiet --no-ff --no-commit other");
    s.session("complete").fails(1, &["git is in the middle of something", "git status"]);
    assert!(s.exists(".git/MERGE_HEAD"));
    s.git("commit --quiet -m merged");
    s.session("complete").ok();
}

#[test]
fn a_repository_inside_that_nobody_tracks_is_left_alone() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("nested/file", "x\n");
    s.git("-C nested init --quiet");
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
}

#[test]
fn two_projects_in_one_repository() {
    let s = Sandbox::new();
    for name in ["a", "b c"] {
        s.write(&format!("{name}/docs/HELLO_PROMPTS.md"), &data("plans/hello.md"));
    }
    s.git("add .");
    s.git("commit --quiet -m plans");
    let (a, b) = (s.path("a"), s.path("b c"));
    at(&s, &a, "init A").ok();
    at(&s, &b, "init B").ok();
    at(&s, &a, "start HI-01").ok();
    at(&s, &b, "start HI-01").ok();
    s.write("a/greeting.txt", "hello\n");
    at(&s, &b, "verify").fails(3, &["`test -f greeting.txt`"]);
    at(&s, &a, "complete").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "a/greeting.txt");
    assert!(s.git("show --name-only --format= HEAD").contains("a/docs/sessions/records/HI-01.json"));
    assert!(at(&s, &b, "status").ok().out.contains("HI-01  failed"));
}

#[test]
fn from_a_folder_below_the_root() {
    let s = Sandbox::hello();
    s.write("src/deep/file", "x\n");
    let folder = s.path("src/deep");
    at(&s, &folder, "start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("src/deep/file", "y\n");
    at(&s, &folder, "complete").fails(1, &["--leave src/deep/file"]);
    at(&s, &folder, "complete --leave src/deep/file --dry-run").ok();
    at(&s, &folder, "complete --leave ./file").ok();
    assert!(s.exists("docs/sessions/records/HI-01.json"));
}

#[test]
fn a_session_belongs_to_its_working_tree() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("worktree add --quiet ../second");
    let second = s.root.parent().unwrap().join("second");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    at(&s, &second, "complete HI-01").fails(1, &["HI-01 is active in another working tree", "cd "]);
    at(&s, &second, "resume").ok();
    s.session("pause").ok();
    at(&s, &second, "start HI-01").fails(1, &["HI-01 is paused in another working tree", "--force"]);
    at(&s, &second, "start HI-01 --force").ok();
    at(&s, &second, "pause").ok();
}

#[test]
fn odd_names_modes_links_and_deletions() {
    let s = Sandbox::hello();
    s.write("old name.txt", "x\n");
    s.write("gone.txt", "x\n");
    s.git("add .");
    s.git("commit --quiet -m before");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    std::fs::rename(s.path("old name.txt"), s.path("new ñame.txt")).unwrap();
    std::fs::remove_file(s.path("gone.txt")).unwrap();
    s.write("two\nlines", "x\n");
    executable(&s, "run.sh", "#!/bin/sh\n");
    std::os::unix::fs::symlink("greeting.txt", s.path("link")).unwrap();
    s.session("complete").ok();
    assert_eq!(s.git("status --porcelain"), "");
    let tree = s.git("-c core.quotePath=false ls-tree -r HEAD^");
    for entry in ["100755 blob", "120000 blob", "new ñame.txt", "two\\nlines"] {
        assert!(tree.contains(entry), "{entry} in {tree}");
    }
    assert!(!tree.contains("gone.txt") && !tree.contains("old name"), "{tree}");
}

#[test]
fn a_file_for_a_folder_and_a_folder_for_a_file() {
    let s = Sandbox::hello();
    s.write("thing", "file\n");
    s.write("place/inside", "x\n");
    s.git("add .");
    s.git("commit --quiet -m before");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    std::fs::remove_file(s.path("thing")).unwrap();
    s.write("thing/inside", "x\n");
    std::fs::remove_dir_all(s.path("place")).unwrap();
    s.write("place", "now a file\n");
    s.session("complete").ok();
    assert_eq!(s.git("status --porcelain"), "");
    let names = s.git("ls-tree -r --name-only HEAD^");
    assert!(names.contains("thing/inside") && names.lines().any(|name| name == "place"), "{names}");
}

#[test]
fn what_is_removed_from_the_index_goes() {
    let s = Sandbox::hello();
    s.write("secret.env", "key\n");
    s.git("add secret.env");
    s.git("commit --quiet -m oops");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.git("rm --quiet --cached secret.env");
    s.write(".gitignore", "*.env\n");
    s.session("complete").ok();
    assert!(!s.git("ls-tree -r --name-only HEAD").contains("secret.env"));
    assert!(s.exists("secret.env") && s.git("status --porcelain").is_empty());
}

#[test]
fn a_name_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    std::fs::write(s.root.join(std::ffi::OsStr::from_bytes(b"bad\xff")), "x").unwrap();
    s.session("complete").fails(1, &["is not UTF-8", ".gitignore"]);
}

#[test]
fn commits_that_were_merged_in_are_not_claimed() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("switch --quiet -c other");
    s.git("commit --quiet --allow-empty -m foreign");
    s.git("switch --quiet main");
    s.session("start HI-01").ok();
    s.git("merge --quiet --no-ff -m merged other");
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
    assert!(!record["facts"]["commits"].as_str().unwrap().contains(&s.git("rev-parse other")));
}

#[test]
fn records_do_not_follow_a_link_out_of_the_project() {
    let s = Sandbox::hello();
    let outside = s.home().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::create_dir_all(s.path("docs/sessions")).unwrap();
    std::os::unix::fs::symlink(&outside, s.path("docs/sessions/records")).unwrap();
    s.session("start HI-01").fails(1, &["cannot read the record", "records leads out of the project"]);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn identities_from_the_environment_count() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let mut command = s.session_command("complete");
    command.env("GIT_AUTHOR_NAME", "Robin").env("GIT_AUTHOR_EMAIL", "robin@example.com");
    Ran::of(command.output().unwrap()).ok();
    assert_eq!(s.git("log -1 --format=%an HEAD^"), "Robin");
}

#[test]
fn commits_of_other_sessions_are_not_claimed() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.session("pause").ok();
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.session("complete").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
    let commits = record["facts"]["commits"].as_str().unwrap();
    assert_eq!(commits.lines().count(), 1, "{commits}");
    assert!(commits.starts_with(&s.git("rev-parse HEAD^")), "{commits}");
}
