//! Native plugins: the same source as a component, through libloading, behind the user's own word.

use crate::support::{Sandbox, native_guest};
use crate::swap::{completes, swapped};

fn sandbox() -> Sandbox {
    let s = swapped(
        "name = \"commits\"\nnative = \"tools/commits.so\"\n[plugin.config]\nprefix = \"swapped \"\n[plugin.grant]\nrun = [\"git **\"]",
    );
    s.copy(&native_guest("commits"), "tools/commits.so");
    s.write(".git/info/exclude", "/tools/\n/docs/sessions/SESSION.md\n");
    s
}

#[test]
fn the_same_source_runs_the_same_session() {
    let s = sandbox();
    s.session("start HI-01")
        .fails(5, &["`commits` is not allowed to run", "sha256:", "session trust --native commits"]);
    s.session("trust --yes").fails(5, &["session trust --native commits"]);
    s.session("trust --native commits").fails(5, &["session trust --yes --native commits"]);
    s.session("trust --dry-run --native commits").fails(5, &["is not allowed to run"]);
    s.session("trust --yes --native commits").ok();
    completes(&s);
}

#[test]
fn other_bytes_ask_again() {
    let s = sandbox();
    s.session("trust --yes --native commits").ok();
    s.session("status").ok();
    let mut bytes = std::fs::read(s.path("tools/commits.so")).unwrap();
    bytes.push(0);
    // A new file: the old one may still be mapped.
    std::fs::remove_file(s.path("tools/commits.so")).unwrap();
    std::fs::write(s.path("tools/commits.so"), bytes).unwrap();
    s.session("status").ok();
    s.session("start HI-01").fails(5, &["is not allowed to run"]);
}

#[test]
fn a_library_that_is_no_plugin() {
    let s = sandbox();
    std::fs::write(s.path("tools/commits.so"), b"no library").unwrap();
    s.session("trust --yes --native commits").fails(1, &["native plugin `commits`", "cannot be loaded"]);
}
