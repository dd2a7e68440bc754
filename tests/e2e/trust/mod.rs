//! A repository cannot trust itself.

use crate::support::{Sandbox, guest};

#[test]
fn wider_grants_ask_again_and_fewer_do_not() {
    let s = Sandbox::hello();
    let before = s.read("plugins.toml");
    let grant = |run: &str| {
        before.replace("name = \"checklist\"", &format!("name = \"checklist\"\n[plugin.grant]\nrun = [{run}]"))
    };
    s.write("plugins.toml", &grant("\"sh **\""));
    s.session("status").ok();
    s.write(
        "plugins.toml",
        &before.replace("name = \"progress\"", "name = \"progress\"\n[plugin.grant]\nwrite = [\"**\"]"),
    );
    s.session("status").fails(5, &["asks for more than you approved", "session trust"]);
    s.session("trust --yes").ok();
    s.session("status").ok();
}

#[test]
fn nothing_of_the_project_runs_before_the_answer() {
    let s = Sandbox::hello();
    s.copy(&guest("reads_plans"), "reads_plans.wasm");
    let text = s.read("plugins.toml");
    let table = "[[plugin]]\nname = \"reads\"\npath = \"reads_plans.wasm\"\n[plugin.grant]\nrun = [\"touch *\"]\n\n[[plugin]]\nname = \"checklist\"";
    s.write("plugins.toml", &text.replace("[[plugin]]\nname = \"checklist\"", table));
    s.session("status").fails(5, &[]);
    s.session("trust").fails(5, &["session trust --yes", "$ grep -q hello greeting.txt"]);
    assert!(!s.exists("ran"), "it ran before it was approved");
    s.session("trust --yes").ok();
    s.session("status").ok();
    assert!(s.exists("ran"), "the guest does what the test needs");
}

#[test]
fn a_new_plugin_asks() {
    let s = Sandbox::hello();
    s.copy(&guest("bell"), "bell.wasm");
    s.add_plugin("name = \"bell\"\npath = \"bell.wasm\"\n[plugin.grant]\nrun = [\"bash **\"]");
    s.session("status").fails(5, &["session trust"]);
    let ran = s.session("trust --yes").ok();
    assert!(ran.err.contains("bell.wasm (sha256:") && ran.err.contains("as good as anything"), "{}", ran.err);
    assert!(ran.err.contains("$ grep -q hello greeting.txt"), "the plan's commands are shown: {}", ran.err);
}

#[test]
fn checks_and_repositories_of_plugins_toml_ask_too() {
    let s = Sandbox::hello();
    let before = s.read("plugins.toml");
    s.write("plugins.toml", &before.replace("[project]", "[project]\nchecks = [\"make\"]"));
    s.session("status").fails(5, &["session trust"]);
    let shown = s.session("trust --yes").ok();
    assert!(shown.err.contains("every session runs:\n    $ make"), "{}", shown.err);
    s.write("plugins.toml", &format!("{before}\n[[repository]]\nname = \"x\"\npath = \"../x\"\n"));
    s.session("status").fails(5, &["session trust"]);
}

#[test]
fn approval_holds_for_all_worktrees_of_a_clone_and_for_no_other() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("worktree add --quiet ../second");
    let second = s.root.parent().unwrap().join("second");
    let mut command = s.session_command("start HI-02");
    crate::support::Ran::of(command.current_dir(&second).output().unwrap()).ok();
    s.session("start HI-01").ok();
    s.session("start HI-02").fails(1, &["HI-01 is active here"]);
    let clone = s.clone_fresh();
    clone.session("status").fails(5, &["you have not approved"]);
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
