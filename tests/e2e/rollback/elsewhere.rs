//! A session of another repository: its work is undone there, its documents are here.

use super::{cell, clean, grows, project, record};
use crate::support::Sandbox;

fn beside(s: &Sandbox, arguments: &str) -> String {
    let folder = s.root.parent().unwrap().join("backend");
    let output = s.command("git", &folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn another_repository() {
    let s = project(&[("A-01", "none"), ("BE-01", "none")]);
    let backend = s.root.parent().unwrap().join("backend");
    std::fs::create_dir(&backend).unwrap();
    for arguments in ["init --quiet --initial-branch=main", "config user.name Kim", "config user.email kim@example.com"]
    {
        beside(&s, arguments);
    }
    std::fs::write(backend.join("api.txt"), "api\n").unwrap();
    beside(&s, "add .");
    beside(&s, "commit --quiet -m first");
    let text = s.read("plugins.toml");
    let table = "[[repository]]\nname = \"backend\"\npath = \"../backend\"\nprefix = [\"BE\"]\n";
    s.write("plugins.toml", &format!("{text}\n{table}"));
    s.git("commit --quiet -am backend");
    s.session("trust --yes").ok();
    let (tree, here) = (beside(&s, "rev-parse HEAD^{tree}"), super::files(&s, "HEAD"));
    for done in [true, false] {
        s.session("start BE-01").ok();
        std::fs::write(backend.join("new.txt"), "new\n").unwrap();
        s.session("checkpoint -m half").ok();
        std::fs::write(backend.join("api.txt"), "api, and more\n").unwrap();
        if done {
            s.session("complete").ok();
        }
        grows(&s, "rollback BE-01");
        assert_eq!(beside(&s, "rev-parse HEAD^{tree}"), tree);
        assert_eq!(beside(&s, "status --porcelain"), "");
        assert_eq!(beside(&s, "log -1 --format=%s"), "revert: roll back BE-01");
        assert!(beside(&s, "log --format=%s").lines().all(|subject| !subject.starts_with("docs")));
        assert_eq!(s.subjects()[0], "docs(progress): roll back BE-01");
        assert_eq!(super::files(&s, "HEAD"), here);
        clean(&s);
        assert_eq!(record(&s, "BE-01")["status"], "rolled-back");
        assert_eq!(cell(&s, "BE-01"), "↩️ Rolled back");
        s.session("status --check").ok();
        s.session("audit").ok();
    }
    // Alembic is run below the project only, so whoever adds a migration there must know; other Python is no matter.
    for (text, revision) in [("x = 1\n", false), ("revision = 'a1'\ndown_revision = None\n", true)] {
        s.session("start BE-01").ok();
        std::fs::write(backend.join("a.py"), text).unwrap();
        s.session("complete").ok();
        if revision {
            let said = ["../backend/a.py looks like a migration", "it stands beside the project", "--force"];
            super::refused(&s, "rollback BE-01", 1, &said);
            s.session("rollback BE-01 --force").ok();
        } else {
            grows(&s, "rollback BE-01");
        }
        assert_eq!(beside(&s, "rev-parse HEAD^{tree}"), tree);
    }
    // What is not committed there stands in the way.
    s.session("start BE-01").ok();
    std::fs::write(backend.join("new.txt"), "new\n").unwrap();
    s.session("complete").ok();
    std::fs::write(backend.join("new.txt"), "mine\n").unwrap();
    super::refused(&s, "rollback BE-01", 1, &["new.txt has changes that are not committed"]);
    assert_eq!(std::fs::read_to_string(backend.join("new.txt")).unwrap(), "mine\n");
}
