//! State that comes with files: a zip with a `.git` or a `.session` in it approves nothing.

use std::path::Path;

use super::{GATE, at};
use crate::support::{Sandbox, data};

/// A project of somebody else with all its state, unpacked by a person who never saw it.
fn unpacked(from: &Sandbox) -> Sandbox {
    let s = Sandbox::bare().unattended();
    std::fs::remove_dir(&s.root).unwrap();
    assert!(std::process::Command::new("cp").arg("-a").args([&from.root, &s.root]).status().unwrap().success());
    s
}

/// An author's project with a session that is under way, whose checks leave a mark.
fn author(git: bool) -> Sandbox {
    let s = if git { Sandbox::new() } else { Sandbox::bare() };
    s.write(
        "docs/P_PROMPTS.md",
        "# P\n\n## Session HI-01: A\n\n### Verification Checklist\n\n- [ ] `touch \"$HOME/ran\"`\n",
    );
    s.session("init P").ok();
    if !git {
        s.write("plugins.toml", &s.read("plugins.toml").replace("[[plugin]]\nname = \"git\"\n", ""));
    }
    s.session("start HI-01").ok();
    // The plan shows something harmless by now.
    s.write("docs/P_PROMPTS.md", &s.read("docs/P_PROMPTS.md").replace("touch \"$HOME/ran\"", "true"));
    s
}

#[test]
fn an_open_session_of_somebody_else_runs_nothing_before_a_yes() {
    for git in [true, false] {
        let s = unpacked(&author(git));
        let ran = || s.home().join("ran").exists();
        s.session("status").ok();
        for command in ["verify", "complete", "resume", "start HI-01", GATE, "rollback HI-01", "pause"] {
            // That it is under way in another working tree is said before anything is asked.
            let refused = s.session(command);
            let elsewhere = refused.code == 1 && refused.err.contains("session resume HI-01 --here");
            assert!(elsewhere || refused.code == 5, "{command}: {refused:#?}");
            assert!(!ran(), "{command}, in git: {git}");
        }
        // The yes shows what was frozen, not only what the plan says.
        let shown = s.session("trust").fails(5, &["touch"]);
        assert!(!ran(), "{shown:#?}");
    }
}

/// A journal that is put there behind the yes.
#[test]
fn a_journal_that_comes_later_runs_nothing_that_was_not_approved() {
    let s = unpacked(&author(true));
    let journal = s.path(".git/session/open/HI-01.jsonl");
    let text = std::fs::read(&journal).unwrap();
    std::fs::remove_file(&journal).unwrap();
    s.session("trust --yes").ok();
    std::fs::write(&journal, text).unwrap();
    let moved = at(&s, &s.root, "resume HI-01 --here --yes");
    assert!(moved.code == 0, "{moved:#?}");
    for command in ["verify", "complete", "verify --fresh"] {
        s.session(command).fails(5, &["HI-01 has 1 command that you have not approved", "touch"]);
        assert!(!s.home().join("ran").exists(), "{command}");
    }
    s.session("trust --yes").ok();
    s.session("verify").ok();
    assert!(s.home().join("ran").exists(), "the check does what the test needs");
}

/// `init` goes on with what it began, and nothing that comes with the files can say that it did.
#[test]
fn no_file_of_the_project_makes_init_approve_it() {
    let s = Sandbox::new().unattended();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    let other = Sandbox::new();
    other.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    other.session("init Hello").ok();
    s.write("plugins.toml", &other.read("plugins.toml"));
    // As the version before wrote it, for this very folder.
    s.write(".git/session/init-begun", &format!("Hello\n{}", s.root.display()));
    s.write(".git/session/clone", &other.read(".git/session/clone"));
    s.session("init Hello").fails(1, &["is set up already"]);
    assert!(!s.home().join(".config/session").exists(), "nothing is approved");
    s.session(GATE).fails(5, &["you have not approved"]);
}

#[test]
fn init_is_the_yes_for_what_it_prints() {
    let s = Sandbox::new().unattended();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    let ran = s.session("init Hello").ok();
    for command in ["test -f greeting.txt", "grep -q hello greeting.txt", "grep -q goodbye farewell.txt"] {
        assert!(ran.err.contains(command), "{command}: {ran:#?}");
    }
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
}

/// What was approved outside git holds in the repository that the folder becomes, and in no other.
#[test]
fn a_folder_that_becomes_a_repository_keeps_its_approval() {
    let s = Sandbox::bare().unattended();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.session("init Hello").ok();
    assert_eq!(s.read(".session/.gitignore"), "*\n");
    s.git("init --quiet");
    s.session(GATE).ok();
    assert!(!s.exists(".session") && Path::new(&s.path(".git/session/clone")).is_file());
    s.session(GATE).ok();
    let other = unpacked(&s);
    other.session(GATE).fails(5, &["you have not approved"]);
}
