//! What nobody saw is not approved: programs that `.git` of an unpacked archive names, commands that are pushed out of sight,
//! and what comes to a path that was approved before.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{GATE, at};
use crate::support::{Sandbox, data, guest};

/// A repository with a plan and without plugins.toml, as it comes in an archive.
fn archive() -> Sandbox {
    let s = Sandbox::new().unattended();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s
}

fn program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Every hook that a command of ours could make git run.
fn hooks(folder: &Path, mark: &Path) {
    for name in ["pre-commit", "post-index-change", "post-commit", "reference-transaction", "post-checkout"] {
        program(&folder.join(name), &format!("touch '{}'", mark.display()));
    }
}

fn config(s: &Sandbox, key: &str, value: &str) {
    assert!(s.command("git", &s.root).args(["config", key, value]).status().unwrap().success());
}

fn mark(s: &Sandbox) -> PathBuf {
    s.home().join("ran")
}

#[test]
fn init_is_no_yes_for_programs_that_the_clone_names() {
    for (key, value) in [
        ("core.fsmonitor", "touch \"$HOME/ran\";false"),
        ("filter.x.clean", "touch \"$HOME/ran\"; cat"),
        ("diff.x.textconv", "touch \"$HOME/ran\"; cat"),
        ("include.path", "../more"),
        ("core.sshCommand", "touch \"$HOME/ran\""),
    ] {
        let s = archive();
        s.write("more", "");
        config(&s, key, value);
        config(&s, "core.hooksPath", ".git/h");
        hooks(&s.path(".git/h"), &mark(&s));
        let ran = s.session("init P").ok();
        let shown = key.to_lowercase();
        for said in [
            "git of this clone runs",
            &shown,
            "core.hookspath",
            "the hook \".git/h/pre-commit\"",
            "init approved nothing",
        ] {
            assert!(ran.err.contains(said), "{said}: {ran:#?}");
        }
        assert!(ran.err.contains("session trust") && !ran.err.contains("may run here now"), "{ran:#?}");
        s.session("status").ok();
        for command in [GATE, "start HI-01"] {
            s.session(command).fails(5, &["you have not approved"]);
        }
        assert!(s.session("trust --dry-run").ok().err.contains(&shown), "the screen has it too");
        assert!(!mark(&s).exists(), "{key}: it ran before anybody said yes");
        s.session("init P").fails(1, &["is set up already"]);
        s.session("trust --yes").ok();
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.session("complete").ok();
        assert!(mark(&s).exists(), "the programs do what the test needs");
    }
}

#[test]
fn init_tells_programs_read_the_same_way_the_trust_screen_does() {
    let s = archive();
    config(&s, "core.fsmonitor", "true\u{202e} x\n    $ ls");
    let ran = s.session("init P").ok();
    assert!(
        ran.err.contains("core.fsmonitor\" = \"true\\u{202e} x\\n    $ ls\" (with almost every command)"),
        "{ran:#?}"
    );
    let s = archive();
    config(&s, "core.fsmonitor", "./watch");
    let ran = s.session("init P --json").ok();
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["approved"], false);
    assert!(answer["git_runs"][0].as_str().unwrap().contains("./watch"), "{answer}");
}

/// Many people have hooks: they are shown, and nobody is asked.
#[test]
fn init_shows_hooks_and_goes_on() {
    for folder in [None, Some(".husky/_")] {
        let s = archive();
        folder.iter().for_each(|folder| config(&s, "core.hooksPath", folder));
        let folder = folder.unwrap_or(".git/hooks");
        program(&s.path(&format!("{folder}/pre-commit")), "true");
        let ran = s.session("init P").ok();
        assert!(ran.err.contains(&format!("the hook \"{folder}/pre-commit\"")), "{ran:#?}");
        assert!(ran.err.contains("may run here now"), "{ran:#?}");
        s.session("start HI-01").ok();
    }
}

#[test]
fn init_hides_no_end_of_a_command() {
    let s = archive();
    let text = format!(
        "# P\n\n## Session HI-01: A\n\n### Verification Checklist\n\n- [ ] `true{}; rm -rf src`\n",
        " ".repeat(300)
    );
    s.write("docs/HELLO_PROMPTS.md", &text);
    let ran = s.session("init P").ok();
    assert!(ran.err.contains("$ \"true⟨300 blanks⟩; rm -rf src\""), "{ran:#?}");
}

/// The user's own clone comes back as an archive, token and all, with another `.git/config`.
#[test]
fn an_archive_at_the_path_of_an_approved_clone_is_another_clone() {
    let s = Sandbox::hello().unattended();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.session(GATE).ok();
    let packed = s.root.parent().unwrap().join("packed");
    let copied = Command::new("cp").arg("-a").args([&s.root, &packed]).status().unwrap();
    assert!(copied.success());
    std::fs::remove_dir_all(&s.root).unwrap();
    std::fs::rename(&packed, &s.root).unwrap();
    config(&s, "core.fsmonitor", "touch \"$HOME/ran\";false");
    s.session(GATE).fails(5, &["you have not approved"]);
    s.session("status").ok();
    assert!(!mark(&s).exists(), "it ran before anybody said yes");
    s.session("trust --yes").ok();
    s.session(GATE).ok();
    assert!(mark(&s).exists(), "the program does what the test needs");
}

/// A disk gives the number of a removed file to the next one.
#[test]
fn a_token_that_is_written_again_is_another_one() {
    let s = Sandbox::hello().unattended();
    s.session(GATE).ok();
    let token = s.read(".git/session/clone");
    std::fs::remove_file(s.path(".git/session/clone")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    s.write(".git/session/clone", &token);
    s.session(GATE).fails(5, &["you have not approved"]);
}

#[test]
fn new_bytes_of_a_file_that_a_submodule_tracks_are_asked_for() {
    let s = Sandbox::hello().unattended();
    s.add_plugin("name = \"bell\"\npath = \"tools/bell.wasm\"");
    s.copy(&guest("bell"), "tools/bell.wasm");
    let tools = s.path("tools");
    let git = |arguments: &[&str]| assert!(s.command("git", &tools).args(arguments).status().unwrap().success());
    git(&["init", "--quiet"]);
    s.session("trust --yes").ok();
    // Its repository does not track it yet.
    s.session("trust --yes --dev bell").ok();
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).ok();
    git(&["add", "bell.wasm"]);
    s.session(GATE).fails(5, &["session trust"]);
    s.session("trust --yes").ok();
    s.session("trust --yes --dev bell").fails(2, &["git tracks tools/bell.wasm"]);
    // A link from a folder that git ignores.
    s.write(".gitignore", "/own/\n");
    let table = s.read("plugins.toml").replace("tools/bell.wasm", "own/bell.wasm");
    s.write("plugins.toml", &table);
    std::fs::create_dir(s.path("own")).unwrap();
    std::os::unix::fs::symlink("../tools/bell.wasm", s.path("own/bell.wasm")).unwrap();
    s.session("trust --yes --dev bell").fails(2, &["git tracks own/bell.wasm"]);
}

#[test]
fn a_yes_says_that_the_commands_of_a_plan_that_cannot_be_read_are_no_part_of_it() {
    let s = Sandbox::hello().unattended();
    s.add_plugin("name = \"bell\"\npath = \"tools/bell.wasm\"");
    s.copy(&guest("bell"), "tools/bell.wasm");
    let plan = s.read("docs/HELLO_PROMPTS.md");
    std::fs::remove_file(s.path("docs/HELLO_PROMPTS.md")).unwrap();
    let said = "a yes approves none of its commands";
    assert!(s.session("trust --dry-run").ok().err.contains(said));
    assert!(s.session("trust --yes").ok().err.contains(said));
    s.write("docs/HELLO_PROMPTS.md", &plan.replace("test -f greeting.txt", "touch greeting.txt"));
    s.session("start HI-01").fails(5, &["touch greeting.txt"]);
}

#[test]
fn a_dry_run_keeps_nothing_that_is_required_in_addition() {
    let s = Sandbox::hello().unattended();
    let before = s.read("plugins.toml");
    let approvals = || {
        let files = std::fs::read_dir(s.home().join(".config/session/trust")).unwrap().flatten();
        let text: Vec<_> = files.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default()).collect();
        text.join("\n").contains("require-manual\" = \"true") || text.join("\n").contains("require-manual = \"true")
    };
    s.write("plugins.toml", &before.replace("[project]\n", "[project]\nrequire-manual = true\n"));
    s.session(GATE).ok();
    s.session("trust --dry-run").ok();
    assert!(!approvals());
    s.write("plugins.toml", &before);
    s.session(GATE).ok();
    s.write("plugins.toml", &before.replace("[project]\n", "[project]\nrequire-manual = true\n"));
    s.session("start HI-01").ok();
    assert!(approvals());
    s.write("plugins.toml", &before);
    assert_eq!(at(&s, &s.root, "note x").code, 5, "to require less is asked for");
}
