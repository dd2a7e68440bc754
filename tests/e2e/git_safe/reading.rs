//! Commands that only read, in a clone that nobody has approved: git is asked, and nothing that `.git` or the tree names is
//! run. Each program that git knows of leaves a mark.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{FORMATS, repository, unprepared};
use crate::support::{Ran, SESSION, Sandbox};

/// Settings whose value is a command.
const PROGRAMS: [&str; 17] = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.sshCommand",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "credential.helper",
    "gpg.program",
    "diff.external",
    "diff.evil.command",
    "diff.evil.textconv",
    "merge.evil.driver",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "remote.origin.uploadpack",
];
const HOOKS: [&str; 5] =
    ["post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"];
const READING: [&str; 11] = [
    "status",
    "status --json",
    "show HI-01",
    "plan",
    "plan check",
    "plan graph",
    "next",
    "log HI-01",
    "audit",
    "explain start",
    "explain complete",
];

/// Where a program that is run leaves a mark.
fn marks(s: &Sandbox) -> PathBuf {
    let folder = s.root.parent().unwrap().join("marks");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn marked(s: &Sandbox) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(marks(s))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

/// Names a program for everything that git would run one for, in this repository and for what the tree holds.
fn arm(s: &Sandbox, folder: &Path, name: &str) {
    let marks = marks(s);
    let git = |arguments: &[&str]| {
        assert!(s.command("git", folder).args(arguments).status().unwrap().success(), "{arguments:?}");
    };
    for key in PROGRAMS {
        git(&["config", key, &format!("touch {}/{name}-{key}; false", marks.display())]);
    }
    git(&["config", "filter.evil.required", "true"]);
    git(&["config", "log.showSignature", "true"]);
    git(&["config", "protocol.ext.allow", "always"]);
    git(&["config", "remote.origin.url", &format!("ext::touch {}/{name}-fetch", marks.display())]);
    git(&["config", "remote.origin.promisor", "true"]);
    let hooks = s.root.parent().unwrap().join(format!("{name}-hooks"));
    std::fs::create_dir_all(&hooks).unwrap();
    for hook in HOOKS {
        let path = hooks.join(hook);
        std::fs::write(&path, format!("#!/bin/sh\ntouch {}/{name}-hook-{hook}\n", marks.display())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    git(&["config", "core.hooksPath", &hooks.to_string_lossy()]);
    // Some of it by way of another file.
    let included = s.root.parent().unwrap().join(format!("{name}-included"));
    std::fs::write(&included, format!("[filter \"more\"]\n\tclean = touch {}/{name}-included\n", marks.display()))
        .unwrap();
    git(&["config", "include.path", &included.to_string_lossy()]);
}

/// A repository whose every file has filters, with a submodule, a branch that lacks a tree, and files that have changed.
fn armed(s: &Sandbox, format: &str) {
    s.write(".gitattributes", "* filter=evil diff=evil merge=evil\n*.more filter=more\n");
    s.write("a.txt", "one\n");
    s.write("b.more", "one\n");
    let inner = s.path("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let git = |arguments: &[&str]| {
        assert!(s.command("git", &inner).args(arguments).status().unwrap().success(), "{arguments:?}");
    };
    let init: Vec<&str> = ["init", "--quiet"].into_iter().chain((!format.is_empty()).then_some(format)).collect();
    git(&init);
    std::fs::write(inner.join("x.txt"), "x\n").unwrap();
    git(&["add", "."]);
    git(&["-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "--quiet", "-m", "inner"]);
    s.write(".gitmodules", "[submodule \"inner\"]\n\tpath = inner\n\turl = ./inner\n");
    s.git("-c advice.addEmbeddedRepo=false add .");
    s.git("config submodule.inner.url ./inner");
    s.git("config submodule.inner.active true");
    s.git("commit --quiet -m all");
    s.git("branch other");
    s.git("switch --quiet other");
    s.write("docs/sessions/records/X-1.json", "{}\n");
    s.git("add .");
    s.git("commit --quiet -m other");
    let tree = s.git("rev-parse other^{tree}");
    s.git("switch --quiet main");
    std::fs::remove_file(s.path(&format!(".git/objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    arm(s, &s.root, "outer");
    arm(s, &inner, "inner");
    // Of the same size and at another time: only who reads them knows.
    for (path, text) in [("a.txt", "two\n"), ("b.more", "two\n"), ("inner/x.txt", "y\n")] {
        s.write(path, text);
        let file = std::fs::File::options().write(true).open(s.path(path)).unwrap();
        file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(5)).unwrap();
    }
    std::fs::remove_dir_all(marks(s)).unwrap();
}

/// Runs a command where strace is there, and gives the programs that it started besides git.
fn others(s: &Sandbox, arguments: &str) -> (Ran, Vec<String>) {
    let trace = s.root.parent().unwrap().join("trace");
    let mut command = s.session_command(arguments);
    if Command::new("strace").arg("--version").output().is_ok() {
        let mut traced = s.command("strace", &s.root);
        traced.args(["-f", "-qq", "-e", "trace=execve", "-o"]).arg(&trace).arg(SESSION).args(command.get_args());
        traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = traced;
    } else {
        assert!(std::env::var_os("SESSION_NO_SKIP").is_none(), "install strace");
        println!("SKIPPED in part: without strace only marks tell what was run");
    }
    let ran = Ran::of(command.output().unwrap());
    let text = std::fs::read_to_string(&trace).unwrap_or_default();
    let started = text.lines().filter(|line| line.contains("execve(") && line.ends_with("= 0"));
    let program = |line: &str| line.split('"').nth(1).map(str::to_owned);
    let others = started.filter_map(program).filter(|path| path != SESSION && !path.ends_with("/git")).collect();
    (ran, others)
}

#[test]
fn nothing_that_a_clone_names_is_run_by_reading() {
    for format in FORMATS {
        let s = unprepared(format);
        armed(&s, format);
        for command in READING {
            let (ran, others) = others(&s, command);
            assert!(others.is_empty(), "{format} {command}: {others:?}\n{ran:#?}");
            assert_eq!(marked(&s), Vec::<String>::new(), "{format} {command}: {ran:#?}");
            assert!(ran.code != 101 && !ran.err.contains("panicked"), "{format} {command}: {ran:#?}");
        }
        // The marks can be made: a user's own git runs what it finds there.
        let mut git = s.command("git", &s.root);
        git.args(["status", "--porcelain"]).output().unwrap();
        assert!(!marked(&s).is_empty(), "{format}");
    }
}

/// What reading says is right all the same.
#[test]
fn reading_answers_in_such_a_clone() {
    for format in FORMATS {
        let s = unprepared(format);
        armed(&s, format);
        for command in ["status", "show HI-01", "plan", "next", "explain start", "audit"] {
            let ran = s.session(command);
            assert_eq!(ran.code, 0, "{format} {command}: {ran:#?}");
        }
    }
}

/// In a clone that its user has approved the user's filters work as ever.
#[test]
fn filters_work_once_the_clone_is_approved() {
    for format in FORMATS {
        let s = repository(format);
        s.write(".gitattributes", "*.up filter=up\n");
        s.git("add .");
        s.git("commit --quiet -m attributes");
        s.git("config filter.up.clean \"tr a-z A-Z\"");
        s.git("config filter.up.smudge cat");
        s.session("start HI-01").ok();
        s.write("a.up", "hello\n");
        s.write("greeting.txt", "hello\n");
        s.session("complete").ok();
        assert_eq!(s.git("cat-file blob HEAD~1:a.up"), "HELLO", "{format}");
    }
}
