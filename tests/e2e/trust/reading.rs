//! In a clone that nobody approved, reading works and starts no program, and nothing else begins.

use std::os::unix::fs::PermissionsExt as _;

use super::GATE;
use crate::support::{Sandbox, data, guest};

/// What only reads.
const READS: [&str; 12] = [
    "status",
    "status --json",
    "show HI-01",
    "show HI-01 --json",
    "plan",
    "plan check",
    "plan graph",
    "next",
    "log",
    "explain complete",
    "audit",
    "progress",
];

/// What runs an event, dry runs included.
const EVENTS: [&str; 6] = [
    "start HI-01",
    "start HI-01 --dry-run",
    "start FIX-01 --title T --check true",
    "start HI-01 --baseline",
    "resume",
    "resume --dry-run",
];

/// The same, for a session that is active.
const OF_ACTIVE: [&str; 7] =
    ["checkpoint -m x", "verify", "verify --dry-run", "complete", "complete --dry-run", "pause", "note x"];

/// Programs of the tree that a plugin would start leave a mark.
fn hostile(manifest: bool) -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n");
    s.write("migrations/env.py", "open('ran-env', 'w')\n");
    s.write("migrations/script.py.mako", "# unused\n");
    s.write(".venv/bin/alembic", "#!/bin/sh\ntouch \"$HOME/ran\"\n");
    std::fs::set_permissions(s.path(".venv/bin/alembic"), std::fs::Permissions::from_mode(0o755)).unwrap();
    if manifest {
        s.copy(&guest("reads_plans"), "reads_plans.wasm");
        s.write(
            "plugins.toml",
            "[[plugin]]\nname = \"reads\"\npath = \"reads_plans.wasm\"\n[plugin.grant]\nrun = [\"**\"]\n\
             [[plugin]]\nname = \"checklist\"\n[[plugin]]\nname = \"git\"\n[[plugin]]\nname = \"alembic\"\n\
             [plugin.grant]\nrun = [\"**\"]\nread = [\"**\"]\nrepository = \"read\"\n[[plugin]]\nname = \"progress\"\n\
             [[plugin]]\nname = \"markdown\"\n",
        );
    }
    s.git("add --force .");
    s.git("commit --quiet -m all");
    s.clone_fresh().unattended()
}

#[test]
fn a_fresh_clone_is_read_and_nothing_of_it_runs() {
    for manifest in [false, true] {
        let s = hostile(manifest);
        let ran = || s.home().join("ran").exists() || s.exists("ran") || s.exists("ran-env");
        for command in READS {
            let read = s.session(command);
            let nothing = command == "log" && read.code == 1;
            assert!(read.code == 0 || nothing, "{command}: {read:#?}");
            assert!(!ran(), "{command} ran something");
            let said = read.err.matches("session trust").count();
            assert_eq!(said, usize::from(manifest), "{command}: {read:#?}");
        }
        for command in EVENTS {
            s.session(command).fails(5, &["you have not approved", "a person types `session trust` in a terminal"]);
            assert!(!ran(), "{command} ran something");
        }
        // Nobody is asked to approve what cannot run.
        for command in OF_ACTIVE {
            s.session(command).fails(1, &["no session is active here"]);
            assert!(!ran(), "{command} ran something");
        }
        assert!(!s.exists("docs/sessions"), "nothing was written");
        s.session("trust --dry-run").ok();
        assert!(!ran() && !s.exists(".git/session/clone"), "nothing was approved");
        s.session("trust --yes").ok();
        _ = s.session(GATE);
        assert!(ran(), "the programs do what the test needs");
    }
}

#[test]
fn reading_starts_no_process() {
    if !crate::crash::has_strace() {
        return;
    }
    let s = hostile(true);
    for command in READS {
        let log = s.home().join("calls");
        let mut strace = s.command("strace", &s.root);
        strace.args(["-f", "-qq", "-e", "trace=execve", "-o"]).arg(&log).arg(crate::support::SESSION);
        strace.args(command.split(' ')).output().unwrap();
        let calls = std::fs::read_to_string(&log).unwrap();
        let programs: Vec<&str> = calls.lines().filter(|line| line.contains("execve(")).collect();
        assert_eq!(programs.len(), 1, "{command} starts only itself: {programs:#?}");
    }
}

#[test]
fn a_merge_in_a_clone_that_nobody_approved_uses_bundled_plugins() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m setup");
    let clone = s.clone_fresh().unattended();
    let path = "docs/progress/HELLO_PROGRESS.md";
    let base = clone.read(path);
    for (name, id) in [("base", ""), ("ours", "HI-01"), ("theirs", "HI-02")] {
        let done = base.lines().map(|line| {
            let mine = !id.is_empty() && line.starts_with(&format!("| {id} "));
            if mine { line.replacen("Pending", "Active", 1) } else { line.to_owned() }
        });
        clone.write(name, &(done.collect::<Vec<_>>().join("\n") + "\n"));
    }
    let ran = clone.session(&format!("progress --merge base ours theirs --path {path}")).ok();
    assert!(!ran.err.contains("as plain text"), "{ran:#?}");
    clone.session("progress --resolve").ok();
    clone.session("progress --rebuild").fails(5, &["you have not approved"]);
}

#[test]
fn what_cannot_run_is_said_before_the_question() {
    let s = Sandbox::hello().unattended();
    s.session("start HI-01").ok();
    let text = s.read("plugins.toml");
    s.write("plugins.toml", &text.replace("name = \"git\"\n", "name = \"git\"\n[plugin.config]\nsquash = true\n"));
    // What can run is asked for.
    for command in OF_ACTIVE.into_iter().chain(["start HI-01 --again", "rollback", "resume"]) {
        if command.starts_with("start") {
            s.session(command).fails(1, &["HI-01 is active already"]);
        } else {
            s.session(command).fails(5, &["`plugin.git.config.squash = true`"]);
        }
    }
    s.session("start HI-02").fails(1, &["HI-01 is active here"]);
    s.session("start HI-09").fails(1, &["there is no session HI-09"]);
    s.session("note x --session HI-09").fails(1, &["there is no session HI-09"]);
    s.session("verify HI-02").fails(1, &["HI-02 is pending, not active"]);
    s.session("rollback HI-02").fails(1, &["HI-02 is pending, so there is nothing to roll back"]);
    s.session("resume HI-09").fails(1, &["there is no session HI-09"]);
    s.write("plugins.toml", &text);
    s.session("pause").ok();
    s.write("plugins.toml", &text.replace("name = \"Hello\"", "name = \"Bye\""));
    s.session("note x").fails(1, &["no session is active here", "session start HI-01"]);
    s.session("complete HI-01").fails(1, &["HI-01", "paused"]);
    s.session("start HI-01").fails(5, &["`project.name = \"Bye\"`"]);
    // Nor does a terminal show a question.
    let shown = crate::support::on_terminal(&s, "note x", "y\n");
    assert!(shown.code == 1 && !shown.out.contains("[y/N]"), "{shown:#?}");
}
