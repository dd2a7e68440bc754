//! Paths that plugins.toml or a plugin names, for the host to read.

use super::{SECRET, keeps_secret, link, secret, session};
use crate::support::Sandbox;

#[test]
fn a_plan_outside_the_project() {
    let s = Sandbox::hello();
    let text = s.read("plugins.toml");
    let outside = secret(&s);
    for path in [outside.as_str(), "/etc/passwd", "../..", "../home/.ssh/id_rsa", ".git/config", "/dev/zero"] {
        s.write("plugins.toml", &text.replace("docs/HELLO_PROMPTS.md", path));
        for command in ["status", "plan check", "start HI-01 --dry-run"] {
            let ran = session(&s, command);
            keeps_secret(&s, &ran);
            let refused = ran.err.contains("leads out of the project") || ran.err.contains("belongs to git");
            assert!(refused, "{path}: {command}: {ran:#?}");
        }
    }
}

#[test]
fn a_plan_reader_that_names_another_file() {
    let s = Sandbox::hello();
    let outside = secret(&s);
    s.copy(&crate::support::guest("names_paths"), "tools/names_paths.wasm");
    s.write(".env", &format!("{SECRET}\n"));
    link(&s, &outside, "docs/link.md");
    let text = s.read("plugins.toml");
    for (path, said) in [
        (outside.as_str(), "leads out of the project"),
        ("../home/.ssh/id_rsa", "leads out of the project"),
        (".git/config", "belongs to git"),
        ("docs/link.md", "leads out of the project"),
        (".env", "the plugin `names_paths` may not read .env"),
    ] {
        let table = format!(
            "[[plugin]]\nname = \"names_paths\"\npath = \"tools/names_paths.wasm\"\n[plugin.config]\npath = \"{path}\"\n\
             [plugin.grant]\nread = [\"docs/**\"]\n\n[[plugin]]"
        );
        s.write("plugins.toml", &text.replacen("[[plugin]]", &table, 1));
        session(&s, "trust --yes");
        for command in ["show HI-01", "start HI-01 --dry-run", "start HI-01"] {
            let ran = session(&s, command);
            keeps_secret(&s, &ran);
            // What is only shown is left out where it cannot be read.
            assert!(command == "show HI-01" || ran.err.contains(said), "{path}: {command}: {ran:#?}");
        }
    }
}

#[test]
fn a_task_file_outside_the_project() {
    let outside = {
        let s = Sandbox::bare();
        secret(&s)
    };
    for path in [outside.as_str(), "../home/.ssh/id_rsa", ".git/config"] {
        let s = Sandbox::hello();
        secret(&s);
        s.copy(&crate::support::guest("names_paths"), "tools/names_paths.wasm");
        s.add_plugin(&format!(
            "name = \"names_paths\"\npath = \"tools/names_paths.wasm\"\n[plugin.config]\ntask-file = \"{path}\""
        ));
        s.session("trust --yes").ok();
        let ran = session(&s, "start HI-01");
        keeps_secret(&s, &ran);
        assert!(ran.err.contains("as the task file"), "{path}: {ran:#?}");
        s.write("greeting.txt", "hello\n");
        let ran = session(&s, "complete");
        keeps_secret(&s, &ran);
    }
}

/// What a journal of before says is no more trusted than the plugin itself.
#[test]
fn a_linked_folder_of_the_plan() {
    let s = Sandbox::hello();
    let folder = s.home().join("plans");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("A.md"), format!("# Session AA-01: {SECRET}\n\n## Prompt\n\n{SECRET}\n")).unwrap();
    link(&s, &folder, "docs/X_PROMPTS");
    let text = s.read("plugins.toml");
    s.write("plugins.toml", &text.replace("docs/HELLO_PROMPTS.md", "docs/X_PROMPTS"));
    for command in ["status", "plan", "show AA-01", "start AA-01"] {
        let ran = session(&s, command);
        keeps_secret(&s, &ran);
        assert!(ran.err.contains("leads out of the project"), "{command}: {ran:#?}");
    }
}

/// A link is no reason to refuse what lies in the project.
#[test]
fn links_inside_the_project_are_followed() {
    let s = Sandbox::hello();
    std::fs::create_dir_all(s.path("plans")).unwrap();
    std::fs::rename(s.path("docs/HELLO_PROMPTS.md"), s.path("plans/hello.md")).unwrap();
    link(&s, "../plans/hello.md", "docs/HELLO_PROMPTS.md");
    std::fs::create_dir_all(s.path("plans/sessions")).unwrap();
    link(&s, "../plans/sessions", "docs/sessions");
    session(&s, "start HI-01").ok();
    assert!(s.exists("plans/sessions/SESSION.md"));
    assert!(session(&s, "show HI-01").ok().out.contains("HI-01"));
}
