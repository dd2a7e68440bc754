//! A plugins.toml that lists a repository outside the project, such as the home of the person who reads the clone: before
//! anything is approved, no link leads there.

use super::{SECRET, keeps_secret, link, session};
use crate::support::Sandbox;

/// A clone of somebody else's, whose plugins.toml lists the home of its reader; that is a repository with a note.
fn hostile(absolute: bool) -> Sandbox {
    let theirs = Sandbox::hello();
    theirs.git("add .");
    theirs.git("commit --quiet --allow-empty -m set-up");
    let s = theirs.clone_fresh();
    let home = s.home();
    let output = s.command("git", &home).args(["init", "--quiet", "."]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::create_dir_all(home.join("notes")).unwrap();
    std::fs::write(home.join("notes/n.md"), format!("## Session SE-09: {SECRET}\n\n### Prompt\n\n{SECRET}\n")).unwrap();
    std::fs::write(home.join("tok.json"), format!("\"{SECRET}\"")).unwrap();
    std::fs::write(home.join("facts.json"), format!("{{\"schema\": 1, \"facts\": {{\"commit\": \"{SECRET}\"}}}}"))
        .unwrap();
    let path = if absolute { home.to_str().unwrap().to_owned() } else { "../home".to_owned() };
    let text = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &format!("{text}\n[[repository]]\nname = \"dots\"\npath = \"{path}\"\nprefix = [\"SE\"]\n"),
    );
    s
}

const READING: [&str; 11] = [
    "status",
    "next",
    "plan",
    "plan check",
    "plan graph",
    "show SE-09",
    "show HI-01",
    "progress",
    "audit",
    "log HI-01",
    "trust --dry-run",
];

#[test]
fn a_plan_behind_a_link_is_read_after_the_yes() {
    for absolute in [true, false] {
        let s = hostile(absolute);
        std::fs::remove_file(s.path("docs/HELLO_PROMPTS.md")).unwrap();
        link(&s, s.home().join("notes/n.md"), "docs/N_PROMPTS.md");
        let text = s.read("plugins.toml").replace("plan = \"docs/HELLO_PROMPTS.md\"", "plan = \"docs/N_PROMPTS.md\"");
        s.write("plugins.toml", &text);
        for command in READING {
            keeps_secret(&s, &session(&s, command));
        }
        let ran = session(&s, "plan");
        keeps_secret(&s, &ran);
        ran.fails(
            1,
            &["leads into another repository, and you have not approved plugins.toml as it is", "session trust"],
        );
        session(&s, "trust --yes").ok();
        assert!(session(&s, "show SE-09").ok().out.contains(SECRET), "what is approved is open");
        // What is not approved any more is closed again.
        s.write("plugins.toml", &format!("{text}\n[[repository]]\nname = \"more\"\npath = \"../home/notes\"\n"));
        keeps_secret(&s, &session(&s, "show SE-09"));
    }
}

#[test]
fn a_folder_of_plans_and_a_record_behind_links() {
    let s = hostile(true);
    link(&s, s.home().join("notes"), "docs/M_PROMPTS");
    link(&s, s.home().join("tok.json"), "docs/sessions/records/HI-02.json");
    link(&s, s.home().join("facts.json"), "docs/sessions/records/HI-03.json");
    for command in READING {
        keeps_secret(&s, &session(&s, command));
    }
    let ran = session(&s, "status").ok();
    assert!(ran.err.contains("HI-02.json is not used"), "{ran:#?}");
    // An approval opens the link, and what is wrong behind it still names no value.
    session(&s, "trust --yes").ok();
    for command in
        ["status", "show HI-02", "start HI-02", "start HI-03", "audit", "audit --format github", "status --json"]
    {
        let ran = session(&s, command);
        keeps_secret(&s, &ran);
        assert!(!ran.err.contains("not approved"), "{ran:#?}");
    }
    session(&s, "start HI-02").fails(1, &["HI-02.json is damaged", "a value of another kind belongs there, at line 1"]);
}

#[test]
fn a_repository_in_the_clone_itself_is_open() {
    let s = Sandbox::hello();
    let inner = s.path("inner");
    std::fs::create_dir(&inner).unwrap();
    let output = s.command("git", &inner).args(["init", "--quiet", "."]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::rename(s.path("docs/HELLO_PROMPTS.md"), inner.join("plan.md")).unwrap();
    link(&s, "../inner/plan.md", "docs/HELLO_PROMPTS.md");
    let text = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &format!("{text}\n[[repository]]\nname = \"inner\"\npath = \"inner\"\nprefix = [\"SE\"]\n"),
    );
    assert!(session(&s, "status").ok().out.contains("HI-01"));
}
