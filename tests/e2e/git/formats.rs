//! Repositories that libgit2 refuses or reads otherwise: their formats, indexes and checkouts.

use std::path::Path;

use super::{clean, executable, git, put, repository, same_as_git, settle_in};
use crate::support::{Ran, Sandbox};

fn some(folder: &Path) {
    put(folder, "new/one.txt", "one\n");
    put(folder, "src/inside.txt", "changed\n");
    executable(folder, "run.sh", "#!/bin/sh\n");
    std::fs::rename(folder.join("far/away.txt"), folder.join("far/moved.txt")).unwrap();
}

/// What is committed goes through the user's git, whatever the repository; to look at a plain one none is needed.
#[test]
fn plain_repositories_are_read_without_git() {
    let s = repository("");
    let bin = s.home().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for tool in ["sh", "grep"] {
        std::os::unix::fs::symlink(Path::new("/bin").join(tool), bin.join(tool)).unwrap();
    }
    let session = |arguments: &str| s.session_with(arguments, |command| _ = command.env("PATH", &bin));
    s.session("start HI-01").ok();
    some(&s.root);
    put(&s.root, "greeting.txt", "hello\n");
    for arguments in ["status", "show HI-01", "verify", "checkpoint -m half --dry-run", "audit"] {
        session(arguments).ok();
    }
    session("checkpoint -m half").fails(1, &["cannot run git", "install git"]);
    s.session("checkpoint -m half").ok();
    session("complete").fails(1, &["cannot run git", "install git"]);
    s.session("complete").ok();
    clean(&s);
}

#[test]
fn sha256() {
    let s = repository("--object-format=sha256");
    same_as_git(&s, some);
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
    assert_eq!(record["facts"]["commit"].as_str().unwrap(), s.git("rev-parse HEAD^"));
    assert_eq!(s.git("rev-parse HEAD").len(), 64);
}

#[test]
fn reftable() {
    let s = repository("--ref-format=reftable");
    same_as_git(&s, some);
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.session("complete").ok();
    clean(&s);
}

#[test]
fn sha256_with_reftable() {
    same_as_git(&repository("--object-format=sha256 --ref-format=reftable"), some);
}

/// Both ways answer the same of one history: what is recorded does not depend on who was asked.
#[test]
fn records_say_the_same_through_git() {
    let records = ["", "true"].map(|untracked| {
        let s = repository("");
        if !untracked.is_empty() {
            s.git("config core.untrackedCache true");
        }
        s.session("start HI-01").ok();
        some(&s.root);
        s.session("checkpoint -m half").ok();
        put(&s.root, "greeting.txt", "hello\n");
        put(&s.root, "binary", b"\0\x01\xff");
        let review = s.session("show --for review").ok().out;
        s.session("complete").ok();
        let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
        let facts = &record["facts"];
        assert!(facts["tree"].is_string() && facts["files"].is_string(), "{record:#}");
        (s.plain(&review), facts["tree"].clone(), facts["files"].clone())
    });
    assert_eq!(records[0], records[1]);
}

#[test]
fn sparse_checkout() {
    let s = repository("");
    s.git("sparse-checkout set --cone src docs");
    assert!(!s.exists("far/away.txt"));
    same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
    assert_eq!(s.git("show HEAD:far/away.txt"), "away");
}

#[test]
fn a_new_file_outside_of_a_sparse_checkout() {
    let s = repository("");
    s.git("sparse-checkout set --no-cone /src /docs /*.toml /greeting.txt");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("elsewhere/new.txt", "new\n");
    s.session("complete").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "elsewhere/new.txt\ngreeting.txt");
    assert_eq!(s.git("show HEAD:far/away.txt"), "away");
}

#[test]
fn sparse_index() {
    let s = repository("");
    s.git("sparse-checkout set --cone --sparse-index src docs");
    same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
    assert_eq!(s.git("show HEAD:far/away.txt"), "away");
}

#[test]
fn skip_worktree() {
    let s = repository("");
    s.git("update-index --skip-worktree far/away.txt");
    std::fs::remove_file(s.path("far/away.txt")).unwrap();
    s.git("update-index --assume-unchanged .gitattributes");
    s.write(".gitattributes", "mine\n");
    same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
    assert_eq!(s.git("show HEAD:far/away.txt"), "away");
    assert!(s.git("show HEAD:.gitattributes").contains("merge=session"));
}

#[test]
fn split_index() {
    let s = repository("");
    s.git("update-index --split-index");
    same_as_git(&s, some);
}

#[test]
fn index_version_4() {
    let s = repository("");
    s.git("config index.version 4");
    s.git("update-index --index-version 4");
    same_as_git(&s, some);
    assert_eq!(s.git("update-index --show-index-version"), "4");
}

#[test]
fn an_index_without_checksum() {
    let s = repository("");
    s.git("config index.skipHash true");
    s.write("far/again.txt", "again\n");
    s.git("add far/again.txt");
    s.git("commit --quiet -m again");
    same_as_git(&s, some);
}

/// The index has none, and nothing in the configuration says so any more.
#[test]
fn an_index_that_lost_its_checksum() {
    let s = repository("");
    s.git("-c index.skipHash=true update-index --force-write-index");
    same_as_git(&s, some);
}

#[test]
fn untracked_cache() {
    let s = repository("");
    s.git("config core.untrackedCache true");
    s.git("status --short");
    same_as_git(&s, some);
}

#[test]
fn fsmonitor() {
    let s = repository("");
    // Says that everything may have changed: what counts is that it is asked, and that its part of the index stays.
    executable(&s.home(), "watch", "#!/bin/sh\necho asked >> \"$HOME/asked\"\nprintf '/\\0'\n");
    s.git(&format!("config core.fsmonitor {}", s.home().join("watch").display()));
    s.git("update-index --fsmonitor");
    same_as_git(&s, some);
    assert!(s.home().join("asked").exists());
}

#[test]
fn partial_clone() {
    let origin = repository("");
    origin.git("config uploadpack.allowFilter true");
    origin.git("config uploadpack.allowAnySHA1InWant true");
    let s = Sandbox::bare();
    std::fs::remove_dir(&s.root).unwrap();
    let folder = s.root.parent().unwrap().to_owned();
    let url = format!("file://{}", origin.root.display());
    git(&s, &folder, &["clone", "--quiet", "--filter=blob:none", &url, "project"]);
    s.git("config user.name Kim");
    s.git("config user.email kim@example.com");
    s.session("trust --yes").ok();
    s.session("start HI-01").ok();
    some(&s.root);
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    clean(&s);
}

#[test]
fn linked_worktree() {
    for options in ["", "--ref-format=reftable"] {
        let s = repository(options);
        s.git("config extensions.worktreeConfig true");
        s.git("worktree add --quiet ../second");
        let second = s.root.parent().unwrap().join("second");
        let at = |arguments: &str| s.session_with(arguments, |command| _ = command.current_dir(&second));
        at("start HI-01").ok();
        some(&second);
        at("checkpoint -m half").ok();
        put(&second, "greeting.txt", "hello\n");
        at("complete").ok();
        assert_eq!(git(&s, &second, &["status", "--porcelain"]), "");
        assert_eq!(git(&s, &second, &["show", "HEAD^:new/one.txt"]), "one");
        assert_eq!(s.git("status --porcelain"), "", "the other working tree is as it was");
    }
}

#[test]
fn no_commit_yet() {
    for options in ["", "--object-format=sha256"] {
        let s = Sandbox::bare();
        s.git(format!("init --quiet --initial-branch=main {options}").trim_end());
        s.git("config user.name Kim");
        s.git("config user.email kim@example.com");
        s.session("init Hello").ok();
        s.session("start FIX-01 --title x --check true").ok();
        s.write("work.txt", "work\n");
        s.session("checkpoint -m half").ok();
        assert_eq!(s.git("show --name-only --format= HEAD"), "work.txt");
        s.write("more.txt", "more\n");
        s.session("complete").ok();
        assert_eq!(s.git("show --name-only --format= HEAD^"), "more.txt");
        assert!(!s.git("status --porcelain").contains(".txt"));
    }
}

#[test]
fn a_folder_that_cannot_be_opened_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.write("closed/secret.txt", "x\n");
        std::fs::set_permissions(s.path("closed"), std::fs::Permissions::from_mode(0o000)).unwrap();
        let mut command = s.session_command("complete");
        // root may open everything, unless it gives that up.
        if std::fs::read_dir(s.path("closed")).is_ok() {
            let session = command.get_program().to_owned();
            let mut dropped = s.command("setpriv", &s.root);
            dropped.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", "--"]);
            dropped.arg(session).args(command.get_args());
            dropped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command = dropped;
        }
        let ran = Ran::of(command.output().unwrap());
        std::fs::set_permissions(s.path("closed"), std::fs::Permissions::from_mode(0o755)).unwrap();
        ran.fails(1, &["cannot look at closed", "make it readable"]);
    }
}

/// What the environment says of the project's repository says nothing of the one beside it.
#[test]
fn repositories_of_different_formats() {
    let s = repository("");
    let other = s.root.parent().unwrap().join("backend");
    std::fs::create_dir_all(&other).unwrap();
    git(&s, &other, &["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    git(&s, &other, &["config", "user.name", "Kim"]);
    git(&s, &other, &["config", "user.email", "kim@example.com"]);
    put(&other, "README.md", "backend\n");
    git(&s, &other, &["add", "."]);
    git(&s, &other, &["commit", "--quiet", "-m", "first"]);
    let text = s.read("plugins.toml");
    let table = "[[repository]]\nname = \"backend\"\npath = \"../backend\"\nprefix = [\"HI\"]\n";
    s.write("plugins.toml", &format!("{text}\n{table}"));
    s.session("trust --yes").ok();
    s.git("commit --quiet --all -m repositories");
    let session = |arguments: &str| {
        s.session_with(arguments, |command| _ = command.env("GIT_DIR", ".git").env("GIT_WORK_TREE", "."))
    };
    session("start HI-01").ok();
    put(&other, "greeting.txt", "hello\n");
    session("checkpoint -m half").ok();
    assert_eq!(git(&s, &other, &["show", "--name-only", "--format=", "HEAD"]), "greeting.txt");
    s.write("greeting.txt", "hello\n");
    session("complete").ok();
    let subjects = git(&s, &other, &["log", "--format=%s"]);
    assert_eq!(subjects.lines().count(), 3, "{subjects}");
}

#[test]
fn a_new_project_in_an_old_repository() {
    let s = Sandbox::new();
    settle_in(&s);
    same_as_git(&s, some);
}
