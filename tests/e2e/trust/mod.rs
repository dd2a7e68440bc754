//! A repository cannot trust itself: nothing of it runs before a yes, and a yes holds for what was read.

mod changes;
mod clones;
mod commands;
mod dev;
mod reading;
mod unpacked;
mod unseen;

use crate::support::{Ran, Sandbox, guest, on_terminal_command};

/// What runs an event and changes nothing, so that it says whether all is approved.
const GATE: &str = "start HI-01 --dry-run";

/// `session` on a terminal in this folder, where somebody says yes; and how often it asked.
fn asked(s: &Sandbox, folder: &std::path::Path, arguments: &str) -> (Ran, usize) {
    let ran = crate::support::fed(on_terminal_command(s, arguments).current_dir(folder), "y\ny\n");
    let times = ran.out.matches("[y/N]").count();
    (ran, times)
}

/// In another folder than the sandbox's own.
fn at(s: &Sandbox, folder: &std::path::Path, arguments: &str) -> Ran {
    Ran::of(s.session_command(arguments).current_dir(folder).output().unwrap())
}

#[test]
fn wider_grants_ask_again_and_fewer_do_not() {
    let s = Sandbox::hello().unattended();
    let before = s.read("plugins.toml");
    let grant = |run: &str| {
        before.replace("name = \"checklist\"", &format!("name = \"checklist\"\n[plugin.grant]\nrun = [{run}]"))
    };
    s.write("plugins.toml", &grant("\"sh **\""));
    s.session(GATE).ok();
    s.write(
        "plugins.toml",
        &before.replace("name = \"progress\"", "name = \"progress\"\n[plugin.grant]\nwrite = [\"**\"]"),
    );
    s.session(GATE).fails(5, &["you have not approved the change", "plugin.progress.grant.write", "session trust"]);
    s.session("status").ok();
    s.session("trust --yes").ok();
    s.session(GATE).ok();
}

#[test]
fn nothing_of_the_project_runs_before_the_answer() {
    let s = Sandbox::hello().unattended();
    s.copy(&guest("reads_plans"), "reads_plans.wasm");
    let text = s.read("plugins.toml");
    let table = "[[plugin]]\nname = \"reads\"\npath = \"reads_plans.wasm\"\n[plugin.grant]\nrun = [\"touch *\"]\n\n[[plugin]]\nname = \"checklist\"";
    s.write("plugins.toml", &text.replace("[[plugin]]\nname = \"checklist\"", table));
    assert!(s.session("status").ok().err.contains("session left out the plugin `reads`"), "said once");
    s.session(GATE).fails(5, &["session trust"]);
    s.session("trust").fails(5, &["session trust --yes", "7 commands are approved already."]);
    assert!(!s.exists("ran"), "it ran before it was approved");
    s.session("trust --yes").ok();
    s.session("status").ok();
    assert!(s.exists("ran"), "the guest does what the test needs");
}

#[test]
fn a_new_plugin_asks() {
    let s = Sandbox::hello().unattended();
    s.copy(&guest("bell"), "bell.wasm");
    s.add_plugin("name = \"bell\"\npath = \"bell.wasm\"\n[plugin.grant]\nrun = [\"bash **\"]");
    s.session(GATE).fails(5, &["session trust"]);
    let ran = s.session("trust --yes").ok();
    assert!(ran.err.contains("bell.wasm") && ran.err.contains("sha256:"), "{}", ran.err);
    assert!(ran.err.contains("7 commands are approved already."), "{}", ran.err);
    assert!(s.session("trust --commands").ok().out.contains("$ \"grep -q hello greeting.txt\""));
}

#[test]
fn approval_holds_for_all_worktrees_of_a_clone_and_for_no_other() {
    let s = Sandbox::hello().unattended();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("worktree add --quiet ../second");
    let second = s.root.parent().unwrap().join("second");
    at(&s, &second, "start HI-02").ok();
    s.session("start HI-01").ok();
    s.session("start HI-02").fails(1, &["HI-01 is active here"]);
    let clone = s.clone_fresh().unattended();
    clone.session("start HI-03 --dry-run").fails(5, &["you have not approved", "session trust --yes"]);
    assert!(!clone.home().join(".config/session/trust").exists(), "a refusal approves nothing");
}

#[test]
fn checks_are_refused_where_the_grant_is_gone() {
    let s = Sandbox::hello();
    s.write(
        "plugins.toml",
        &s.read("plugins.toml")
            .replace("name = \"checklist\"", "name = \"checklist\"\n[plugin.grant]\nrun = [\"make **\"]"),
    );
    s.session("start HI-01").ok();
    s.session("verify").fails(3, &["the plugin `checklist` may not run `sh -c test -f greeting.txt`"]);
}
