//! Where no plugin knows a repository, nothing is committed, and every command that would commit says so; nothing is taken
//! back either.

use crate::support::{Ran, Sandbox, data, guest};

const NOTHING: &str = "no plugin of this project keeps a history of";

/// Without the plugin git, in a repository or outside of any, with HI-01 active and its work there.
fn started(repository: bool) -> Sandbox {
    let s = if repository { Sandbox::new() } else { Sandbox::bare() };
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.session("init Hello").ok();
    let text = s.read("plugins.toml").replace("[[plugin]]\nname = \"git\"\n\n", "");
    s.write("plugins.toml", &text);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s
}

fn says(ran: &Ran, text: &str) {
    assert!(ran.err.contains(text), "`{text}` is not in {ran:#?}");
}

#[test]
fn nothing_is_committed_and_that_is_said() {
    for repository in [true, false] {
        let s = started(repository);
        says(&s.session("checkpoint -m half --dry-run").ok(), NOTHING);
        let ran = s.session("checkpoint -m half").ok();
        says(&ran, "warning: nothing is committed");
        says(&ran, NOTHING);
        let ran = s.session("checkpoint -m more --json").ok();
        assert_eq!(ran.json()["committed"], false, "{ran:?}");
        says(&s.session("complete --dry-run").ok(), NOTHING);
        let ran = s.session("complete").ok();
        says(&ran, "HI-01 is done");
        says(&ran, "warning: nothing is committed");
        says(&ran, NOTHING);
        if repository {
            assert_eq!(s.git("rev-list --all --count"), "0");
        }
        s.session("start HI-02").ok();
        s.write("farewell.txt", "goodbye\n");
        assert_eq!(s.session("complete --json").ok().json()["committed"], false);
    }
}

#[test]
fn nothing_is_taken_back_and_rollback_refuses() {
    for repository in [true, false] {
        let s = started(repository);
        let said = ["HI-01 cannot be rolled back", NOTHING];
        for flags in ["", " --force", " --dry-run", " --yes"] {
            s.session(&format!("rollback HI-01{flags}")).fails(1, &said);
        }
        s.session("checkpoint -m half").ok();
        s.session("rollback HI-01 --to checkpoint:1").fails(1, &["HI-01"]);
        s.session("complete").ok();
        let ran = s.session("rollback HI-01 --yes").fails(1, &said);
        assert!(!ran.err.contains("is rolled back"), "{ran:?}");
        assert!(s.session("status").ok().out.contains("HI-01  done"), "it is still called done");
        assert_eq!(s.read("greeting.txt"), "hello\n");
    }
}

#[test]
fn with_a_plugin_that_commits_nothing_of_it_is_said() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    // A plugin keeps a history here: that this commits nothing has another reason.
    let ran = s.session("checkpoint -m nothing").fails(1, &["nothing has changed since the session was started"]);
    assert!(!ran.err.contains(NOTHING), "{ran:?}");
    s.write("greeting.txt", "hello\n");
    let ran = s.session("checkpoint -m half --json").ok();
    assert_eq!(ran.json()["committed"], true);
    let ran = s.session("complete --json").ok();
    assert_eq!(ran.json()["committed"], true);
    assert!(!ran.err.contains(NOTHING), "{ran:?}");
}

/// The name decides nothing: one that answers `snapshot` is asked, one that only is called git is not.
#[test]
fn who_answers_is_asked_and_not_who_is_called_git() {
    let s = started(true);
    let text = s.read("plugins.toml").replace("name = \"checklist\"", "name = \"git\"\npath = \"tools/bell.wasm\"\n[plugin.grant]\nrun = [\"true\"]\n\n[[plugin]]\nname = \"checklist\"");
    s.copy(&guest("fails"), "tools/bell.wasm");
    s.write("plugins.toml", &text.replace("[plugin.grant]", "on-error = \"warn\"\n[plugin.grant]"));
    s.session("trust --yes").ok();
    says(&s.session("complete").ok(), NOTHING);
}
