//! A file that the program reads is a link that leads out, a pipe, a device or endless.

use super::{huge, keeps_secret, link, pipe, secret, session};
use crate::support::Sandbox;

/// Each kind of file that is none, and what is said of it.
fn each(path: &str, mut try_it: impl FnMut(&Sandbox, &str)) {
    type Make = fn(&Sandbox, &str);
    let kinds: [(Make, &str); 5] = [
        (|s, path| link(s, secret(s), path), "leads out of the project"),
        (|s, path| link(s, "/dev/zero", path), "leads out of the project"),
        (pipe, "it is a named pipe, not a regular file"),
        (|s, path| link(s, "../../../../../../../../dev/zero", path), "leads out of the project"),
        (huge, "it has 100 MB, and "),
    ];
    for (make, said) in kinds {
        let s = Sandbox::hello();
        s.session("start HI-01").ok();
        s.session("pause").ok();
        make(&s, path);
        try_it(&s, said);
    }
}

#[test]
fn plugins_toml() {
    each("plugins.toml", |s, said| {
        let ran = session(s, "status");
        keeps_secret(s, &ran);
        assert!(ran.code == 1 && ran.err.contains(said) && ran.err.contains("hint:"), "{ran:#?}");
    });
}

#[test]
fn the_plan() {
    each("docs/HELLO_PROMPTS.md", |s, said| {
        for command in ["status", "plan check", "start HI-01 --dry-run", "plan add HI-09 Title"] {
            let ran = session(s, command);
            keeps_secret(s, &ran);
            assert!(ran.err.contains(said), "{command}: {ran:#?}");
        }
    });
}

#[test]
fn a_plan_that_was_never_named() {
    let s = Sandbox::new();
    s.write("README.md", "x\n");
    link(&s, secret(&s), "docs/A_PROMPTS.md");
    link(&s, "/dev/zero", "docs/B_PROMPTS.md");
    pipe(&s, "docs/C_PROMPTS.md");
    link(&s, "..", "docs/D_PROMPTS");
    link(&s, "/", "docs/E_PROMPTS");
    link(&s, "PLAN.md", "PLAN.md");
    huge(&s, "docs/plans/a.md");
    for command in ["status", "plan", "init Hello --dry-run"] {
        let ran = session(&s, command);
        keeps_secret(&s, &ran);
    }
}

#[test]
fn the_task_file() {
    each("docs/sessions/SESSION.md", |s, said| {
        let ran = session(s, "start HI-01");
        keeps_secret(s, &ran);
        let ran = session(s, "show HI-01");
        keeps_secret(s, &ran);
        // Started or not, it is said, and nothing is written through it.
        let ran = session(s, "complete");
        keeps_secret(s, &ran);
        assert!(ran.code != 0, "{ran:#?}");
        assert!(ran.err.contains(said) || ran.err.contains("is paused"), "{said}: {ran:#?}");
    });
}

#[test]
fn the_task_file_of_a_session_that_is_active() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    pipe(&s, "docs/sessions/SESSION.md");
    session(&s, "complete").fails(1, &["docs/sessions/SESSION.md cannot be read", "named pipe"]);
    std::fs::remove_file(s.path("docs/sessions/SESSION.md")).unwrap();
    let path = secret(&s);
    link(&s, &path, "docs/sessions/SESSION.md");
    let ran = session(&s, "complete");
    keeps_secret(&s, &ran);
    ran.fails(1, &["leads out of the project"]);
    assert!(std::fs::read_to_string(path).unwrap().starts_with(super::SECRET), "it was written through the link");
}

#[test]
fn records() {
    let path = "docs/sessions/records/ZZ-09.json";
    each(path, |s, said| {
        let ran = session(s, "status").ok();
        keeps_secret(s, &ran);
        assert_eq!(ran.err.lines().filter(|line| line.contains("ZZ-09.json")).count(), 1, "{ran:#?}");
        assert!(ran.err.contains("is not used") && ran.err.contains(said), "{ran:#?}");
        // Others go on.
        session(s, "start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        session(s, "complete").ok();
    });
}

#[test]
fn a_record_names_its_own_session_only() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let record = s.read("docs/sessions/records/HI-01.json");
    for (file, id) in [
        ("ZZ-01", "../../../evil"),
        ("ZZ-02", "HI-02"),
        ("ZZ-03", "a/b"),
        ("ZZ-04", "ZZ-04\\u001b[31m"),
        ("project", "project"),
        ("x.lock", "x.lock"),
    ] {
        let text = record.replace("\"id\": \"HI-01\"", &format!("\"id\": \"{id}\""));
        assert_ne!(text, record);
        s.write(&format!("docs/sessions/records/{file}.json"), &text);
    }
    let ran = session(&s, "status").ok();
    assert_eq!(ran.err.matches("is not used").count(), 6, "{ran:#?}");
    assert!(!ran.err.contains('\u{1b}') && !ran.out.contains("evil"), "{ran:#?}");
    assert_eq!(session(&s, "status --json").ok().json()["sessions"][1]["status"], "pending", "HI-02 is not done");
    session(&s, "start HI-02").ok();
    assert!(!s.root.parent().unwrap().join("evil.json").exists());
}

#[test]
fn journals() {
    let s = Sandbox::hello();
    for name in ["..", "-x", "a b", "project"] {
        s.write(&format!(".git/session/open/{name}.jsonl"), "{}\n");
    }
    let ran = session(&s, "status").ok();
    assert_eq!(ran.err.matches("is not used: no session has such an ID").count(), 4, "{ran:#?}");
    for name in ["PIPE-1", "ZERO-1"] {
        let path = format!(".git/session/open/{name}.jsonl");
        if name == "PIPE-1" { pipe(&s, &path) } else { link(&s, "/dev/zero", &path) }
    }
    let ran = session(&s, "status").ok();
    assert!(ran.err.contains("PIPE-1 is stuck") && ran.err.contains("ZERO-1 is stuck"), "{ran:#?}");
    // It may be active here, so nothing else starts: as for any journal that is damaged.
    session(&s, "start HI-01").fails(1, &["PIPE-1 is stuck", "named pipe", "put a regular file in its place"]);
}

#[test]
fn locks_and_lists_of_a_state_folder_that_came_along() {
    let s = Sandbox::bare();
    s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.session("init Hello").ok();
    for path in ["init-documents", "locks/project.lock", "locks/HI-01.lock", "open/HI-01.jsonl"] {
        let path = format!(".session/{path}");
        let before = std::fs::read(s.path(&path)).ok();
        pipe(&s, &path);
        for command in ["status", "start HI-01"] {
            let ran = session(&s, command);
            assert!(command == "status" || ran.code != 0, "{path}: {command}: {ran:#?}");
        }
        std::fs::remove_file(s.path(&path)).unwrap();
        if let Some(before) = before {
            std::fs::write(s.path(&path), before).unwrap();
        }
    }
}

#[test]
fn plugin_files() {
    each("tools/x.wasm", |s, said| {
        s.add_plugin("name = \"x\"\npath = \"tools/x.wasm\"");
        let ran = session(s, "trust --yes");
        keeps_secret(s, &ran);
        assert!(ran.code != 0 && ran.err.contains(said), "{ran:#?}");
    });
    for path in ["/dev/zero", "/etc/passwd", "../../outside.wasm"] {
        let s = Sandbox::hello();
        s.add_plugin(&format!("name = \"x\"\npath = \"{path}\""));
        session(&s, "trust --yes").fails(1, &["leads out of the project"]);
    }
}

/// A repository of several projects may keep the plugins that they share at its top.
#[test]
fn a_plugin_of_the_working_tree_above_the_project() {
    let s = Sandbox::new();
    s.copy(&crate::support::guest("bell"), "tools/bell.wasm");
    s.write("api/docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.git("add .");
    s.git("commit --quiet -m all");
    session(&s, "--project api init Hello").ok();
    let text = s.read("api/plugins.toml");
    let table = "\n[[plugin]]\nname = \"bell\"\npath = \"../tools/bell.wasm\"\n";
    s.write("api/plugins.toml", &format!("{text}{table}"));
    session(&s, "--project api trust --yes").ok();
    s.write("api/plugins.toml", &format!("{text}{}", table.replace("../tools", "../../tools")));
    session(&s, "--project api trust --yes").fails(1, &["leads out of the project"]);
}
