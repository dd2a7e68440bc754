//! `session trust --dev`: new bytes of one's own build without a question, for a while.

use super::GATE;
use crate::support::{Ran, Sandbox, guest};

fn sandbox() -> Sandbox {
    let s = Sandbox::hello().unattended();
    s.add_plugin("name = \"bell\"\npath = \"tools/bell.wasm\"");
    s.copy(&guest("bell"), "tools/bell.wasm");
    s.write(".gitignore", "/tools/\n");
    s.session("trust --yes").ok();
    s
}

fn later(s: &Sandbox, arguments: &str, time: &str) -> Ran {
    Ran::of(s.session_command(arguments).env("SESSION_NOW", time).output().unwrap())
}

#[test]
fn new_bytes_are_taken_for_a_day() {
    let s = sandbox();
    s.session("trust --dev bell").fails(5, &["session trust --yes"]);
    let ran = s.session("trust --yes --dev bell").ok();
    assert!(ran.err.contains("until 2026-03-03T09:00:00Z"), "{ran:#?}");
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).ok();
    later(&s, GATE, "2026-03-03T08:59:59Z").ok();
    later(&s, GATE, "2026-03-03T09:00:00Z").fails(5, &["plugin.bell.digest"]);
    // Only bytes: its grants are asked for as ever.
    s.write("plugins.toml", &format!("{}[plugin.grant]\nrun = [\"**\"]\n", s.read("plugins.toml")));
    s.session(GATE).fails(5, &["plugin.bell.grant.run"]);
}

#[test]
fn what_git_tracks_is_asked_for() {
    let s = sandbox();
    s.session("trust --yes --dev bell").ok();
    s.git("add --force tools/bell.wasm");
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).fails(5, &["plugin.bell.digest"]);
    s.session("trust --yes --dev bell").fails(2, &["git tracks tools/bell.wasm", "git rm --cached"]);
    // Nor behind a link.
    s.git("rm --cached --force --quiet tools/bell.wasm");
    s.write("committed.wasm", "x");
    s.git("add committed.wasm");
    std::fs::remove_file(s.path("tools/bell.wasm")).unwrap();
    std::os::unix::fs::symlink("../committed.wasm", s.path("tools/bell.wasm")).unwrap();
    s.session("trust --yes --dev bell").fails(2, &["git tracks"]);
}

#[test]
fn only_a_component_of_ones_own_can_be() {
    let s = sandbox();
    s.session("trust --yes --dev git").fails(2, &["inside the binary"]);
    s.session("trust --yes --dev nothing").fails(2, &["lists no plugin"]);
    s.add_plugin("name = \"lib\"\nnative = \"tools/lib.so\"");
    s.write("tools/lib.so", "x");
    s.session("trust --yes --dev lib").fails(2, &["native library", "session trust --native lib"]);
}
