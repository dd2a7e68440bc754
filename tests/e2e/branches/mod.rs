//! Sessions and where they are: branches, working trees that are gone, and repositories that several projects work in.

mod complete;
mod moved;
mod nothing;
mod siblings;
mod unmerged;

use crate::support::Sandbox;

/// A project of two sessions that depend on nothing, everything committed.
fn project() -> Sandbox {
    let s = crate::rollback::project(&[("A-01", "none"), ("A-02", "none")]);
    s.write("README.md", "readme\n");
    commit(&s, "README.md", "docs: readme");
    s
}

fn commit(s: &Sandbox, path: &str, message: &str) {
    s.write(path, message);
    s.git(&format!("add {path}"));
    s.git(&format!("commit --quiet -m \"{message}\""));
}

fn record(s: &Sandbox, id: &str) -> serde_json::Value {
    crate::rollback::record(s, id)
}

/// The command is refused with these words, and HEAD stays where it is.
#[track_caller]
fn refused(s: &Sandbox, arguments: &str, said: &[&str]) {
    let head = s.git("rev-parse HEAD");
    s.session(arguments).fails(1, said);
    assert_eq!(s.git("rev-parse HEAD"), head, "{arguments}");
}
