//! Hostile and odd plugins. The host lives, the session's state is right, and the message names the plugin.

use crate::support::{Sandbox, everything, workspace};

fn checkpoint(s: &Sandbox) -> crate::support::Ran {
    s.session("start HI-01").ok();
    s.write("work.txt", "work\n");
    s.session("checkpoint -m x")
}

/// What the guest left in its summary.
fn summary(s: &Sandbox, plugin: &str) -> serde_json::Value {
    let log = s.session("log --json").ok().json();
    let entries = log["entries"].as_array().unwrap();
    let step = entries.iter().rposition(|e| e["entry"]["entry"] == "step" && e["entry"]["plugin"] == plugin).unwrap();
    entries[step + 1..].iter().find(|e| e["entry"]["entry"] == "step-ended").unwrap()["entry"]["ending"]["summary"]
        .clone()
}

#[test]
fn a_failure_carries_cause_and_hint() {
    let s = Sandbox::with_guest("fails", "");
    checkpoint(&s).fails(
        1,
        &[
            "fails: the moon is in the wrong house",
            "caused by: fails says: it is Tuesday",
            "hint: fails says: wait for Wednesday",
        ],
    );
}

#[test]
fn a_trap_is_told_and_the_session_goes_on() {
    let s = Sandbox::with_guest("traps", "");
    s.session("start HI-01").ok();
    s.write("work.txt", "work\n");
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m x").fails_broken(1, &["traps: the plugin broke", "as the test asked: x"]);
    assert!(s.session("status").ok().out.contains("HI-01"));
    s.session("complete").ok();
}

#[test]
fn an_endless_loop_ends() {
    let s = Sandbox::with_guest("spins", "timeout = \"300ms\"");
    checkpoint(&s).fails_broken(1, &["spins: the plugin broke", "the step's timeout is over"]);
}

#[test]
fn memory_is_bounded() {
    let s = Sandbox::with_guest("grows", "");
    checkpoint(&s).fails_broken(1, &["grows: the plugin broke", "MiB of memory, and a step may use 256"]);
}

#[test]
fn nothing_is_reached_without_a_grant() {
    let s = Sandbox::with_guest("ungranted", "");
    checkpoint(&s).ok();
    let said = summary(&s, "ungranted");
    for (power, line) in [
        ("read", "read = [\"plugins.toml\"]"),
        ("write", "write = [\"x\"]"),
        ("list", "read = [\".\"]"),
        ("run", "run = [\"sh **\"]"),
        ("head", "repository = \"read\""),
        ("exclude", "repository = \"commit\""),
    ] {
        let text = said[power].as_str().unwrap_or_else(|| panic!("{power} in {said}"));
        assert!(text.contains("the plugin `ungranted` may not") && text.contains(line), "{text}");
    }
    assert!(said["check"].as_str().unwrap().contains("checks belong to verify"));
    assert!(!s.exists("x"));
}

#[test]
fn no_way_out_of_the_root() {
    let s = Sandbox::with_guest("writes_outside", "[plugin.grant]\nwrite = [\"**\", \"../**\", \"/**\"]");
    std::os::unix::fs::symlink(s.root.parent().unwrap(), s.path("link")).unwrap();
    checkpoint(&s).ok();
    let said = summary(&s, "writes_outside");
    let wrote: Vec<_> =
        said.as_object().unwrap().iter().filter(|(_, done)| **done == true).map(|(path, _)| path.as_str()).collect();
    assert_eq!(wrote, ["inside"]);
    assert!(!s.root.parent().unwrap().join("outside").exists() && !s.exists(".git/hooks/pre-commit"));
}

#[test]
fn the_standard_library_finds_nothing_and_no_time_passes() {
    let s = Sandbox::with_guest("peeks", "");
    checkpoint(&s).ok();
    let said = summary(&s, "peeks");
    for (what, value) in [("environment", 0), ("arguments", 0)] {
        assert_eq!(said[what], value, "{what}");
    }
    for what in ["passwd", "here", "wrote", "network"] {
        assert_eq!(said[what], false, "{what}");
    }
    assert_eq!(said["clock"], 1_772_442_000, "2026-03-02T09:00:00Z");
    s.write("work.txt", "more\n");
    s.session("checkpoint -m again").ok();
    assert_eq!(summary(&s, "peeks")["order"], said["order"], "randomness is the step's own");
}

/// A guest that no test runs proves nothing.
#[test]
fn every_guest_is_run() {
    let files = everything(&workspace().join("tests/e2e"));
    let tests: String = files.into_values().filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
    for entry in std::fs::read_dir(workspace().join("tests/guests")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(guest) = name.strip_suffix(".rs").filter(|guest| *guest != "lib") else { continue };
        assert!(tests.contains(&format!("\"{guest}\"")), "no test runs the guest {guest}");
    }
}

#[test]
fn the_readme_plugin_works_as_printed() {
    let source = std::fs::read_to_string(workspace().join("tests/guests/bell.rs")).unwrap();
    let code = source.split_once("\n\n").unwrap().1;
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    assert!(readme.contains(code), "the plugin of the README is not tests/guests/bell.rs");
    assert!(code.lines().filter(|line| !line.trim().is_empty()).count() <= 15);
    let s = Sandbox::with_guest("bell", "[plugin.grant]\nrun = [\"notify-send *\"]");
    s.write("bin/notify-send", "#!/bin/sh\necho \"$1\" > rung\n");
    s.git("add bin/notify-send");
    s.git("update-index --chmod=+x bin/notify-send");
    s.git("commit --quiet -m bell");
    s.git("checkout --quiet -- bin");
    std::fs::set_permissions(s.path("bin/notify-send"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    s.session("start HI-01").ok();
    s.write("work.txt", "work\n");
    let path = format!("{}:{}", s.path("bin").display(), std::env::var("PATH").unwrap());
    crate::support::Ran::of(s.session_command("checkpoint -m half").env("PATH", path).output().unwrap()).ok();
    assert_eq!(s.read("rung"), "half\n");
}

#[test]
fn what_somebody_writes_while_an_event_runs_is_kept() {
    let grant = "[plugin.grant]\nread = [\"docs/**\"]\nwrite = [\"docs/**\"]\nrun = [\"sh **\"]";
    let s = Sandbox::with_guest("overtaken", grant);
    s.write("docs/notes.md", "before\n");
    s.session("start HI-01").fails(
        1,
        &[
            "start of HI-01 is done, but the documents do not show it yet",
            "docs/notes.md was changed by somebody else",
            "session resume",
        ],
    );
    assert_eq!(s.read("docs/notes.md"), "before\nby hand\n");
    s.session("resume").ok();
    assert_eq!(s.read("docs/notes.md"), "before\nby hand\nsettled\n");
}
