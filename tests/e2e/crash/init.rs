//! `init` killed before any call that changes something, then the same command: nothing of the set-up is missing. Only
//! an init that began here is finished; a plugins.toml from elsewhere is for `session trust`.

use super::{Stage, has_strace, share, world};
use crate::support::{Ran, Sandbox, data};

/// A repository in which nothing is set up, with what it may hold before.
fn stage(files: &[(&str, &str)], uncommitted: &[(&str, &str)]) -> Stage {
    let s = Sandbox::new();
    s.write("LICENSE", "free\n");
    files.iter().for_each(|(path, text)| s.write(path, text));
    s.git("add .");
    s.git("commit --quiet -m first");
    uncommitted.iter().for_each(|(path, text)| s.write(path, text));
    Stage::save(s)
}

/// As before init, approvals included: they stand in the home folder.
fn restore(stage: &Stage) {
    stage.restore();
    let _ = std::fs::remove_dir_all(stage.s.home().join(".config"));
}

/// What the project is, what of it are documents, and what is approved: `status` is part of it.
fn whole(s: &Sandbox) -> String {
    s.session("status").ok();
    let trust = approvals(s);
    let left = trust.contains("\ninit = ");
    assert!(trust.contains("\ndocuments = ["), "{trust}");
    format!("{}\n{trust}\nbegun: {left}", world(s))
}

/// What is approved here; the inode and its time are others after each restoration.
fn approvals(s: &Sandbox) -> String {
    let token = s.read(".git/session/clone");
    let path = s.home().join(format!(".config/session/trust/{}.toml", token.trim()));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.starts_with("inode = ") && !line.starts_with("born = "))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A kill while git's own configuration is written leaves its lock, which only a person may remove.
fn driver(s: &Sandbox) -> bool {
    s.exists(".git/config.lock") || s.read(".git/config").contains("driver = ")
}

fn killed_before_every_change(stage: &Stage, arguments: &str) {
    if !has_strace() {
        return;
    }
    let shown = stage.s.session(arguments).ok().out;
    let expected = whole(&stage.s);
    assert!(expected.contains("begun: false") && driver(&stage.s), "{expected}");
    restore(stage);
    let calls = stage.calls(arguments);
    restore(stage);
    let (mut cases, mut finished) = (0, 0);
    for at in share(calls.len(), 30) {
        let case = format!("`{arguments}` killed before change {at} of {}, {:?}", calls.len(), calls[at]);
        let killed = stage.kill_before(&calls[at], arguments);
        assert!(killed || at + 10 > calls.len(), "{case}: it was not killed");
        let half = stage.s.exists("plugins.toml");
        let again = stage.s.session(arguments);
        // Nothing was left to do where only its last words were lost.
        let over = again.err.contains("is set up already");
        assert!(over || again.code == 0 && again.out == shown, "{case}: {again:#?}\nundisturbed: {shown}");
        finished += usize::from(half && !over);
        let found = whole(&stage.s);
        assert!(driver(&stage.s), "{case}: git does not know the merge driver");
        assert_eq!(expected, found, "{case}");
        stage.s.session(arguments).fails(1, &["is set up already"]);
        restore(stage);
        cases += 1;
    }
    assert!(cases > 10 && finished > 3, "{cases} cases, {finished} of them with a plugins.toml");
    println!("`{arguments}`: killed before {cases} of {} changes, {finished} times behind plugins.toml", calls.len());
}

#[test]
fn init_with_a_starter_plan_is_killed() {
    killed_before_every_change(&stage(&[], &[]), "init \"My Tool\"");
}

#[test]
fn init_of_a_plan_that_nobody_committed_is_killed() {
    let plan = data("plans/hello.md");
    let stage = stage(&[(".gitattributes", "*.png binary\n")], &[("docs/HELLO_PROMPTS.md", &plan)]);
    killed_before_every_change(&stage, "init Hello --repos api");
}

#[test]
fn init_beside_edits_of_the_users_own_is_killed() {
    let plan = data("plans/hello.md");
    let stage = stage(&[("docs/HELLO_PROMPTS.md", &plan)], &[(".gitattributes", "*.png binary\n")]);
    killed_before_every_change(&stage, "init Hello");
    stage.s.session("init Hello").ok();
    assert!(!approvals(&stage.s).contains(".gitattributes"), "it is the user's to commit");
}

/// An init that was cut off right behind plugins.toml.
fn cut_off(name: &str) -> Sandbox {
    let s = Sandbox::new().unattended();
    s.write("LICENSE", "free\n");
    s.git("add .");
    s.git("commit --quiet -m first");
    s.session(&format!("init {name}")).ok();
    for path in [".gitattributes", &format!("docs/progress/{name}_PROGRESS.md")] {
        std::fs::remove_file(s.path(path)).unwrap();
    }
    let file = s.home().join(format!(".config/session/trust/{}.toml", s.read(".git/session/clone").trim()));
    let text = std::fs::read_to_string(&file).unwrap();
    let (head, _) = text.split_once("commands = ").unwrap();
    std::fs::write(&file, format!("{head}init = \"{name}\"\n")).unwrap();
    s
}

fn refused(s: &Sandbox, arguments: &str, said: &[&str]) -> Ran {
    let ran = s.session(arguments).fails(1, &["is set up already"]).fails(1, said);
    s.session("start TO-01 --dry-run").fails(5, &["is not approved"]);
    ran
}

#[test]
fn only_the_init_that_began_here_is_finished() {
    let s = cut_off("TOOL");
    refused(&s, "init OTHER", &["the init of \"TOOL\" was cut off", "session init TOOL, as it was begun"]);
    refused(&s, "init TOOL --repos api", &["session next, then session start ID"]);
    let ours = s.read("plugins.toml");
    s.write("plugins.toml", &format!("{ours}\n[[plugin]]\nname = \"x\"\npath = \"x.wasm\"\n"));
    s.session("init TOOL").fails(1, &["is set up already"]);
    assert!(!approvals(&s).contains("settings"), "nothing is approved");
    s.write("plugins.toml", &ours);
    s.session("init TOOL").ok();
    s.session("status").ok();
    assert!(s.exists("docs/progress/TOOL_PROGRESS.md") && s.exists(".gitattributes"));
}

#[test]
fn a_plugins_toml_from_elsewhere_is_not_approved() {
    let s = Sandbox::new();
    s.session("init TOOL").ok();
    s.git("add .");
    s.git("commit --quiet -m all");
    let clone = s.clone_fresh().unattended();
    refused(&clone, "init TOOL", &["session next, then session start ID"]);
    // A marker that came with the files names another folder.
    clone.write(".git/session/init-begun", &format!("TOOL\n{}", s.root.display()));
    refused(&clone, "init TOOL", &["session next, then session start ID"]);
    assert!(!clone.home().join(".config").exists(), "nothing is approved");
}
