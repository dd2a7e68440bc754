//! A plugin that cannot be loaded stands in the way of events, and of nothing that only reads.

use crate::support::{Sandbox, guest};

const READING: [&str; 9] =
    ["status", "show HI-01", "next", "log HI-02", "plan", "plan check", "progress", "explain complete", "audit"];

/// HI-01 is done, HI-02 active; the plugin `mine` is listed last.
fn with(table: &str, content: Option<&[u8]>) -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.add_plugin(table);
    if let Some(content) = content {
        s.write("tools/x", "");
        std::fs::write(s.path("tools/mine.wasm"), content).unwrap();
    }
    s
}

#[test]
fn reading_goes_on_and_events_refuse() {
    let damaged = std::fs::read(guest("bell")).unwrap()[..5000].to_vec();
    let cases: [(&str, Option<&[u8]>, &str, &str); 4] = [
        ("name = \"mine\"\npath = \"tools/mine.wasm\"", None, "tools/mine.wasm", "No such file"),
        ("name = \"mine\"\npath = \"tools/mine.wasm\"", Some(b"#!/bin/sh\n"), "tools/mine.wasm", "no WebAssembly file"),
        ("name = \"mine\"\npath = \"tools/mine.wasm\"", Some(&damaged), "tools/mine.wasm", "damaged"),
        ("name = \"mine\"", None, "`mine`", "there is no bundled plugin"),
    ];
    for (table, content, path, why) in cases {
        let s = with(table, content);
        for arguments in READING {
            let ran = s.session(arguments).ok();
            for said in ["warning: ", "`mine`", path, why] {
                assert!(ran.err.contains(said), "`{arguments}`: `{said}` is not in {ran:?}");
            }
        }
        assert_eq!(s.session("status --json").ok().json()["active"], "HI-02");
        let events = ["checkpoint -m x", "verify", "complete", "pause", "note x", "rollback", "resume", "start HI-01"];
        for arguments in
            events.into_iter().chain(["complete --dry-run", "progress --rebuild", "show --paste greeting.txt"])
        {
            s.session(arguments).fails(1, &["`mine`", path, "remove `mine` from plugins.toml"]);
        }
        s.session("trust --yes").fails(1, &["`mine`"]);
        let text = s.read("plugins.toml");
        s.write("plugins.toml", text.split("\n[[plugin]]\nname = \"mine\"").next().unwrap());
        s.session("complete").ok();
    }
}

#[test]
fn one_whose_failure_is_only_a_warning_is_left_out() {
    let s = with("name = \"mine\"\npath = \"tools/mine.wasm\"\non-error = \"warn\"", None);
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("warning: cannot read the plugin `mine`"), "{ran:?}");
}

/// The library runs in this process, so it is not loaded before the user says so; what only reads needs it not.
#[test]
fn a_native_plugin_that_is_not_allowed() {
    let s = with("name = \"mine\"\nnative = \"tools/mine.wasm\"", Some(b"no library"));
    let ran = s.session("status").ok();
    assert!(ran.err.contains("native plugin `mine`") && ran.err.contains("it is not asked here"), "{ran:?}");
    let ran = s.session("complete");
    assert!(ran.code != 0 && ran.err.contains("native plugin `mine`"), "{ran:?}");
}

/// It says that it reads plans, and cannot run: its handler is not there. Another reader may read the plan, and without any
/// what is done and under way is known all the same.
#[test]
fn a_reader_that_breaks() {
    let reader = "(component (instance $none) (export \"session:plugin/on-plan@0.1.0\" (instance $none)))";
    let s = with("name = \"mine\"\npath = \"tools/mine.wasm\"", Some(&wat::parse_str(reader).unwrap()));
    // Before the one that can.
    let text = s.read("plugins.toml");
    let (before, mine) = text.split_once("\n[[plugin]]\nname = \"mine\"").unwrap();
    let first = format!("[[plugin]]\nname = \"mine\"{mine}\n[[plugin]]\nname = \"checklist\"");
    s.write("plugins.toml", &before.replace("[[plugin]]\nname = \"checklist\"", &first));
    s.session("trust --yes").ok();
    for arguments in ["status", "show HI-01", "log HI-02", "next", "plan"] {
        let ran = s.session(arguments).ok();
        assert!(ran.err.contains("warning: mine: "), "{ran:?}");
    }
    s.session("checkpoint -m half").ok();
    s.write("plugins.toml", &s.read("plugins.toml").replace("\n[[plugin]]\nname = \"markdown\"", ""));
    for arguments in ["status", "show HI-01", "log HI-02"] {
        let ran = s.session(arguments).ok();
        assert!(ran.err.contains("warning: mine: "), "{ran:?}");
    }
    s.session("next").fails_broken(1, &["mine: "]);
    s.session("complete").fails(1, &["docs/sessions/SESSION.md", "mine: "]);
}
