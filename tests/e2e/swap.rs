//! The host knows no VCS and names no bundled plugin: with git's place taken by a plugin of one's own, the same session
//! completes, and a fresh clone knows it just the same.

use crate::support::{Sandbox, guest};

pub(crate) const GRANT: &str = "[plugin.grant]\nrun = [\"git **\"]";

/// The hello plan with `git` replaced by what the table says.
pub(crate) fn swapped(table: &str) -> Sandbox {
    let s = Sandbox::hello();
    s.write("plugins.toml", &s.read("plugins.toml").replace("name = \"git\"", table));
    s
}

pub(crate) fn completes(s: &Sandbox) {
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    assert_eq!(s.subjects(), ["documents of HI-01", "swapped feat(letter): add greeting", "WIP: HI-01 half", "plan"]);
    let work = s.git("log --format=%h --abbrev=7 --skip=1 -1");
    assert!(s.read("docs/progress/HELLO_PROGRESS.md").contains(&format!("| 2026-03-02 09:00 | {work} |")));
    assert_eq!(s.git("log -1 --format=%(trailers:key=Session-Id,valueonly) HEAD^"), "HI-01");
}

#[test]
fn a_plugin_of_ones_own_takes_the_place_of_git() {
    let table =
        format!("name = \"commits\"\npath = \"tools/commits.wasm\"\n[plugin.config]\nprefix = \"swapped \"\n{GRANT}");
    let s = swapped(&table);
    s.copy(&guest("commits"), "tools/commits.wasm");
    s.write(".git/info/exclude", "/tools/\n/docs/sessions/SESSION.md\n");
    let s = s.unattended();
    s.session("start HI-01").fails(5, &["you have not approved the change"]);
    s.session("trust --yes").ok();
    completes(&s);
    assert_eq!(s.git("status --porcelain"), "");
    let explained = s.session("explain complete").ok().out;
    assert!(!explained.contains("git        asks"), "{explained}");
}
