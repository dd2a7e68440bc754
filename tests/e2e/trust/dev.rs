//! `session trust --dev`: new bytes of one's own build without a question, for a while.

use super::GATE;
use crate::support::{Ran, Sandbox, guest, on_terminal};

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
    s.session("trust --dev bell").fails(
        5,
        &["this needs your approval, but there is no terminal", "only in CI: `session trust --yes --dev bell`"],
    );
    let ran = s.session("trust --dev bell --dry-run").ok();
    assert!(ran.err.contains("A yes lets session accept new builds of `bell` until 2026-03-03 09:00."), "{ran:#?}");
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).fails(5, &["the file of the plugin `bell` changed"]);
    s.copy(&guest("bell"), "tools/bell.wasm");
    let ran = s.session("trust --yes --dev bell").ok();
    assert!(ran.err.contains("session accepts new builds of `bell` until 2026-03-03 09:00."), "{ran:#?}");
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).ok();
    later(&s, GATE, "2026-03-03T08:59:59Z").ok();
    later(&s, GATE, "2026-03-03T09:00:00Z").fails(5, &["the file of the plugin `bell` changed"]);
    // Only bytes: its grants are asked for as ever.
    s.write("plugins.toml", &format!("{}[plugin.grant]\nrun = [\"**\"]\n", s.read("plugins.toml")));
    s.session(GATE).fails(5, &["plugin.bell.grant.run"]);
}

/// Two questions: the second answer takes nothing of the first one back, and a person is told so.
#[test]
fn a_no_to_new_bytes_leaves_the_approval_before_it() {
    let s = sandbox();
    s.write("plugins.toml", &format!("{}[plugin.grant]\nrun = [\"**\"]\n", s.read("plugins.toml")));
    let ran = on_terminal(&s, "trust --dev bell", "y\nn\n");
    let (approved, no) = (ran.out.find("Approved."), ran.out.find("you said no"));
    assert!(ran.code == 5 && approved.is_some() && approved < no, "{ran:#?}");
    s.session(GATE).ok();
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).fails(5, &["the file of the plugin `bell` changed"]);
}

#[test]
fn what_git_tracks_is_asked_for() {
    let s = sandbox();
    s.session("trust --yes --dev bell").ok();
    s.git("add --force tools/bell.wasm");
    s.copy(&guest("scripted"), "tools/bell.wasm");
    s.session(GATE).fails(5, &["the file of the plugin `bell` changed"]);
    s.session("trust --yes --dev bell")
        .fails(2, &["git tracks tools/bell.wasm, and anyone who commits here can change it", "git rm --cached"]);
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

/// A name that allows nothing is no mistake to pass over.
#[test]
fn only_a_native_library_is_allowed_as_one() {
    let s = sandbox();
    for arguments in ["trust --yes --native", "trust --dry-run --native", "trust --native"] {
        s.session(&format!("{arguments} bell")).fails(2, &["`bell` is a component, not a native library"]);
        s.session(&format!("{arguments} git")).fails(2, &["`git` is a bundled plugin, not a native library"]);
        s.session(&format!("{arguments} nobody")).fails(2, &["plugins.toml lists no plugin `nobody`"]);
    }
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing() {
    let s = sandbox();
    std::fs::remove_file(s.path("tools/bell.wasm")).unwrap();
    let ran = s.session(GATE).fails(1, &["cannot read the plugin `bell`", "build it, or correct the path of `bell`"]);
    assert!(!ran.err.contains("entity not found"), "{ran:#?}");
}
