//! What is refused, with nothing changed; and what only shows.

use std::path::Path;

use super::{finish, grows, meanwhile, project, refused, untouched};
use crate::support::{Ran, Sandbox};

fn at(s: &Sandbox, folder: &Path, arguments: &str) -> Ran {
    s.session_with(arguments, |command| _ = command.current_dir(folder))
}

/// A-01 is done, all others are pending.
fn done() -> Sandbox {
    let s = project(&[("A-01", "none"), ("A-02", "A-01"), ("A-03", "none")]);
    finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
    s
}

#[test]
fn in_the_wrong_state() {
    let s = done();
    refused(&s, "rollback", 1, &["no session is active here"]);
    refused(&s, "rollback A-02", 1, &["A-02 is pending, so there is nothing to roll back", "session next"]);
    refused(&s, "rollback A-99", 1, &["A-99"]);
    refused(&s, "rollback A-01 --only nonsense", 2, &["there is no plugin nonsense", "these do: ", "git"]);
    refused(&s, "rollback A-01 --only checklist", 2, &["these do: "]);
    meanwhile(&s, || {
        s.session("start A-02").ok();
        s.write("b.txt", "b\n");
        let said = ["A-01 cannot be rolled back: A-02 is active here", "session rollback A-02, or session pause"];
        refused(&s, "rollback A-01", 1, &said);
        refused(&s, "rollback A-01 --force", 1, &said);
        s.session("pause").ok();
        refused(&s, "rollback A-02", 1, &["A-02 is paused", "session start A-02, then session rollback A-02"]);
        refused(&s, "rollback A-01", 1, &["A-02 is paused", "session start A-02, session rollback A-02 first"]);
    });
    meanwhile(&s, || {
        grows(&s, "rollback A-01");
        refused(&s, "rollback A-01", 1, &["A-01 is rolled back already", "session start A-01"]);
        refused(&s, "rollback A-01 --to last", 1, &["A-01 is rolled back already"]);
    });
    s.git("worktree add --quiet ../second");
    let second = s.root.parent().unwrap().join("second");
    s.session("start A-03").ok();
    s.write("c.txt", "c\n");
    let ran = untouched(&s, || at(&s, &second, "rollback A-03"));
    ran.fails(1, &["A-03 is active in another working tree", "cd "]);
    // One that is done is taken back wherever somebody stands.
    at(&s, &second, "rollback A-01").ok();
    assert!(!second.join("a.txt").exists() && s.exists("a.txt"));
    assert_eq!(super::status(&s, "A-01"), "done", "here it is, until that is merged");
}

#[test]
fn where_git_is_in_the_middle_of_something() {
    let s = done();
    meanwhile(&s, || {
        s.git("checkout --quiet --detach");
        refused(&s, "rollback A-01", 1, &["HEAD is detached", "git switch"]);
        s.git("switch --quiet main");
        s.session("start A-03").ok();
        s.write("c.txt", "c\n");
        s.git("checkout --quiet --detach");
        refused(&s, "rollback", 1, &["HEAD is detached", "git switch"]);
    });
    meanwhile(&s, || {
        s.git("switch --quiet -c other");
        s.write("other.txt", "x\n");
        super::commit(&s, "other");
        s.git("switch --quiet main");
        s.git("merge --quiet --no-ff --no-commit other");
        refused(&s, "rollback A-01", 1, &["git is in the middle of something", "git status"]);
    });
    meanwhile(&s, || {
        s.git("config --unset user.name");
        s.git("config --unset user.email");
        s.git("config user.useConfigOnly true");
        refused(&s, "rollback A-01", 1, &["user.name"]);
    });
}

#[test]
fn while_another_command_has_it() {
    let s = done();
    s.session("start A-03").ok();
    s.write("c.txt", "c\n");
    // A check that waits holds the session.
    s.write(
        "plugins.toml",
        &s.read("plugins.toml").replacen(
            "[project]\n",
            "[project]\nchecks = [\"touch .git/begun; while test ! -f .git/end; do sleep 0.05; done\"]\n",
            1,
        ),
    );
    s.session("trust --yes");
    let mut child = s
        .session_command("verify --accept-checks")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = (0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        s.exists(".git/begun")
    });
    let head = s.git("rev-parse HEAD");
    let ran = s.session("rollback");
    s.write(".git/end", "");
    child.wait().unwrap();
    assert!(begun, "the check never ran");
    ran.fails(1, &["A-03 is busy"]);
    assert_eq!((s.git("rev-parse HEAD"), s.read("c.txt")), (head, "c\n".to_owned()));
    grows(&s, "rollback");
    assert!(!s.exists("c.txt"));
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let s = done();
    let dry = untouched(&s, || s.session("rollback A-01 --dry-run")).ok();
    let work = s.git("rev-parse HEAD^");
    for said in ["commit (git): revert: roll back A-01, which undoes", &work, "write: docs/", "↩️ Rolled back"] {
        assert!(dry.out.contains(said), "`{said}` is not in {dry:#?}");
    }
    assert!(dry.err.contains("This is a dry run: nothing was changed"), "{dry:?}");
    let json = untouched(&s, || s.session("rollback A-01 --dry-run --json")).ok().json();
    assert_eq!(
        (&json["id"], &json["dry_run"], &json["to"]["to"]),
        (&"A-01".into(), &true.into(), &"start".into()),
        "{json}"
    );
    let effects = json["plan"]["effects"].as_array().unwrap();
    assert!(effects.iter().any(|effect| effect["revert"]["commits"][0]["commit"] == *work), "{json}");

    s.session("start A-03").ok();
    s.write("c.txt", "c\n");
    s.session("checkpoint -m half").ok();
    s.write("d.txt", "d\n");
    super::remove(&s, "gone.txt");
    super::change(&s, "keep.txt", 3, "changed");
    for arguments in ["rollback", "rollback --to checkpoint", "rollback --to last"] {
        let dry = untouched(&s, || s.session(&format!("{arguments} --dry-run"))).ok();
        assert!(dry.out.contains("d.txt"), "what is not committed is kept: {dry:#?}");
        untouched(&s, || s.session(&format!("{arguments} --dry-run --json"))).ok().json();
    }
    let json = grows(&s, "rollback --json").json();
    assert_eq!((&json["id"], &json["dry_run"]), (&"A-03".into(), &false.into()), "{json}");
    assert_eq!(json["session"]["status"], "rolled-back", "{json}");
    let json = grows(&s, "rollback A-01 --json").json();
    assert_eq!((&json["session"]["status"], json["schema"].as_u64()), (&"rolled-back".into(), Some(1)), "{json}");
    assert!(json["session"]["facts"]["revert"].as_str().unwrap().starts_with(&s.git("rev-parse HEAD^")), "{json}");
}

#[test]
fn what_there_is_to_read_about_it() {
    let s = Sandbox::hello();
    insta::assert_snapshot!(s.shown("explain rollback"));
    let help = s.session("rollback --help").ok().out;
    for said in ["--to <start|checkpoint[:N]|last>", "--only <PLUGIN>", "--dry-run", "--yes", "--force"] {
        assert!(help.contains(said), "{help}");
    }
    assert!(s.session("--help").ok().out.contains("rollback"));
}
