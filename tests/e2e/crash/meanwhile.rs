//! What people do between a kill and the next command: they edit, switch, reset, and start other things.

use super::has_strace;
use super::kill::before;
use super::resume::{KILL_ONCE, killed, lines, scripted};
use crate::support::Sandbox;

#[test]
fn a_commit_that_was_taken_back_is_not_called_done() {
    let s = Sandbox::hello();
    // Behind git, so that the work is committed when it kills.
    s.add_plugin(&format!(
        "name = \"scripted\"\npath = \"tools/scripted.wasm\"\n[plugin.config]\n\
         complete = ['''repeat {KILL_ONCE}''']\n[plugin.grant]\nrun = [\"**\"]"
    ));
    s.copy(&crate::support::guest("scripted"), "tools/scripted.wasm");
    s.git("add tools plugins.toml");
    s.git("commit --quiet -m tools");
    s.session("trust --yes").ok();
    s.session("start FIX-01 --title x --check true").ok();
    s.write("work.txt", "work\n");
    killed(&s.session("complete"));
    assert_eq!(s.subjects()[0], "feat: x");
    s.git("reset --quiet --soft HEAD~1");
    let said = ["it has committed", "does not hold that", "session resume --retry"];
    s.session("complete").fails(1, &said);
    s.session("resume").fails(1, &said);
    assert_eq!(s.session("status --json").ok().json()["active"], "FIX-01");
    s.session("resume --retry").ok();
    assert_eq!(s.git("show --name-only --format=%s HEAD~1"), "feat: x\n\nwork.txt");
}

#[test]
fn documents_go_where_the_work_went() {
    if !has_strace() {
        return;
    }
    let stage = before("complete");
    assert!(stage.kill_before(&super::Call { name: "fsync".to_owned(), number: 1 }, "complete"));
    let s = &stage.s;
    s.git("stash --quiet --include-untracked");
    s.git("switch --quiet --create other HEAD~1");
    s.session("resume").fails(1, &["branch other does not hold that", "git switch main"]);
    s.git("switch --quiet main");
    s.git("stash pop --quiet");
    s.session("resume").ok();
    assert_eq!(s.subjects()[..2], ["docs(progress): complete HI-02", "feat(letter): add farewell"]);
}

#[test]
fn the_same_words_keep_what_was_done_since() {
    if !has_strace() {
        return;
    }
    let stage = before("checkpoint -m half");
    assert!(stage.kill_before(&super::Call { name: "fsync".to_owned(), number: 1 }, "checkpoint -m half"));
    stage.s.write("since.txt", "more\n");
    stage.s.session("checkpoint -m half").ok();
    let left = stage.s.git("status --porcelain");
    assert!(!left.contains("since.txt"), "what came after the kill is kept, too: {left}");
    assert_eq!(stage.s.subjects()[..2], ["WIP: [HI-01] checkpoint - half"; 2].map(str::to_owned));
}

#[test]
fn what_people_wrote_in_place_of_the_task_file_is_kept() {
    if !has_strace() {
        return;
    }
    let stage = before("start HI-01");
    assert!(stage.kill_before(&super::Call { name: "fsync".to_owned(), number: 1 }, "start HI-01"));
    let s = &stage.s;
    s.write("docs/sessions/SESSION.md", "an hour of notes\n");
    s.session("resume").ok();
    let files = crate::support::everything(&s.path("docs/sessions"));
    assert!(files.values().any(|text| text == b"an hour of notes\n"), "{:?}", files.keys());
}

#[test]
fn work_in_another_repository_is_verified_there() {
    let s = Sandbox::hello();
    std::fs::create_dir(s.path("../back")).unwrap();
    let back = s.path("../back");
    for arguments in ["init --quiet -b main", "config user.name K", "config user.email k@example.com"] {
        assert!(s.command("git", &back).args(arguments.split(' ')).status().unwrap().success());
    }
    std::fs::write(back.join("old"), "x").unwrap();
    assert!(s.command("git", &back).args(["add", "."]).status().unwrap().success());
    assert!(s.command("git", &back).args(["commit", "--quiet", "-m", "old"]).status().unwrap().success());
    let table = "[[repository]]\nname = \"back\"\npath = \"../back\"\nprefix = [\"FIX\"]\n\n[[plugin]]";
    s.write("plugins.toml", &s.read("plugins.toml").replacen("[[plugin]]", table, 1));
    s.copy(&crate::support::guest("scripted"), "tools/scripted.wasm");
    super::resume::script(&s, &["run echo rang >> .git/rang", &format!("repeat {KILL_ONCE}")]);
    s.session("trust --yes").ok();
    s.session("start FIX-01 --title x --check \"echo . >> ../checks; grep -q good work\"").ok();
    std::fs::write(back.join("work"), "good\n").unwrap();
    killed(&s.session("complete"));
    std::fs::write(back.join("work"), "broken\n").unwrap();
    s.session("resume").fails(3, &["have changed since they were verified"]);
    std::fs::write(back.join("work"), "good\n").unwrap();
    s.session("complete").ok();
}

#[test]
fn nothing_that_is_not_ours_is_swept_away() {
    let s = Sandbox::hello();
    for name in [".session-2026-11-22.md", ".session-tmp-1-2-notes", ".session-tmp-1-x-abcdef"] {
        s.write(&format!("docs/progress/{name}"), "precious\n");
    }
    s.write("docs/progress/.session-tmp-999999-1-abcdef", "left by a kill\n");
    s.session("start HI-01").ok();
    let left = crate::support::everything(&s.path("docs/progress"));
    assert_eq!(left.values().filter(|text| *text == b"precious\n").count(), 3, "{:?}", left.keys());
    assert!(!s.exists("docs/progress/.session-tmp-999999-1-abcdef"));
    s.write("greeting.txt", "hello\n");
    s.write(".session-tmp-999998-1-abcdef", "left by a kill\n");
    s.session("complete").ok();
    assert_eq!(s.git("log -1 --format= --name-only HEAD~1"), "greeting.txt");
}

#[test]
fn decisions_are_asked_for_only_where_there_is_something_to_decide() {
    let s = scripted(&["run echo rang >> .git/rang; kill -9 $PPID"]);
    s.session("resume --abort").fails_broken(2, &["nothing was cut off"]);
    killed(&s.session("complete"));
    let status = s.session("status").ok();
    assert!(status.err.contains("it is in doubt whether `sh -c echo rang"), "{status:?}");
    for (decision, said) in
        [("--retry", "would run again"), ("--assume-done", "as if"), ("--abort", "given up"), ("", "must say")]
    {
        let dry = s.session(format!("resume --dry-run {decision}").trim_end()).ok();
        assert!(dry.err.contains(said), "{decision}: {dry:?}");
    }
    let plan = s.session("resume --dry-run --json").ok().json();
    assert_eq!(plan["plan"][0]["session"], "FIX-01");
    s.session("checkpoint -m x").fails(4, &["nobody knows whether"]);
    let ran = s.session("resume --abort").ok();
    assert!(ran.err.contains("nobody knows"), "{ran:?}");
    assert_eq!(s.session("status --json").ok().json()["sessions"][3]["failed"], serde_json::Value::Null);
    assert!(!s.read("docs/progress/HELLO_PROGRESS.md").contains("Failed"), "nothing failed");
    assert_eq!(lines(&s, ".git/rang"), 1);
}

#[test]
fn what_runs_is_not_called_cut_off() {
    let s = Sandbox::hello();
    s.session("start FIX-01 --title x --check \"touch .git/begun; sleep 20\"").ok();
    let mut child = s.session_command("verify").stderr(std::process::Stdio::null()).spawn().unwrap();
    assert!((0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        s.exists(".git/begun")
    }));
    let status = s.session("status").ok();
    assert!(status.err.contains("`verify` of FIX-01 is running") && !status.err.contains("cut off"), "{status:?}");
    assert_eq!(s.session("status --json").ok().json()["interrupted"], serde_json::json!([]));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(s.session("status").ok().err.contains("`verify` of FIX-01 was cut off"));
    assert!(std::process::Command::new("pkill").args(["-f", "touch .git/begun; sleep 20"]).status().is_ok());
}

#[test]
fn what_is_not_finished_in_another_working_tree_is_named_there() {
    let s = scripted(&["append log.txt one", &format!("repeat {KILL_ONCE}")]);
    killed(&s.session("complete"));
    s.git("worktree add --quiet ../other");
    // Nobody has committed it yet, and without it the other working tree would ask for the defaults.
    std::fs::copy(s.path("plugins.toml"), s.path("../other/plugins.toml")).unwrap();
    let there = |arguments: &str| {
        let mut command = s.session_command(arguments);
        crate::support::Ran::of(command.current_dir(s.path("../other")).output().unwrap())
    };
    let said = "FIX-01 is not finished in ";
    assert!(there("resume").ok().err.contains(said));
    there("resume FIX-01").fails(1, &["in another working tree", "hint: cd "]);
    assert!(there("status").ok().err.contains("was cut off: session resume in "));
    s.session("resume").ok();
    assert!(!there("resume").ok().err.contains(said));
}
