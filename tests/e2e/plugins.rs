//! plugins.toml and plugin files that cannot be used.

use crate::support::{Sandbox, guest};

fn with_file(content: &[u8]) -> Sandbox {
    let s = Sandbox::hello();
    s.add_plugin("name = \"mine\"\npath = \"mine.wasm\"");
    std::fs::write(s.path("mine.wasm"), content).unwrap();
    s
}

#[test]
fn typing_mistakes_in_plugins_toml() {
    let s = Sandbox::hello();
    let before = s.read("plugins.toml");
    s.write("plugins.toml", &before.replace("plan =", "paln ="));
    s.session("status")
        .fails(1, &["plugins.toml cannot be used", "line 5", "unknown field `paln`", "did you mean `plan`?"]);
    s.write("plugins.toml", &before.replace("name = \"checklist\"", "name = \"cheklist\""));
    s.session("start HI-01").fails(1, &["there is no bundled plugin `cheklist`", "did you mean `checklist`?"]);
    s.write("plugins.toml", &before.replace("name = \"progress\"", "name = \"git\""));
    s.session("status").fails(1, &["lists the plugin `git` twice"]);
    s.write("plugins.toml", &before.replace("name = \"progress\"", "name = \"../progress\""));
    s.session("status").fails(1, &["`../progress`", "is no name for a plugin"]);
    s.write("plugins.toml", &before.replace("name = \"git\"", "name = \"git\"\n[plugin.config]\nconventionl = false"));
    s.session("start HI-01").fails(1, &["git: [plugin.config]", "conventionl", "plugins.toml"]);
}

#[test]
fn a_file_that_is_missing() {
    let s = Sandbox::hello();
    s.add_plugin("name = \"mine\"\npath = \"tools/mine.wasm\"");
    s.session("start HI-01").fails(1, &["cannot read the plugin `mine`", "tools/mine.wasm", "build it"]);
}

#[test]
fn a_file_that_is_no_component() {
    with_file(b"#!/bin/sh\n")
        .session("start HI-01")
        .fails(1, &["`mine`", "it is no WebAssembly file", "wasm32-wasip2"]);
    with_file(b"\0asm\x01\0\0\0")
        .session("start HI-01")
        .fails(1, &["it is a core module, not a component", "wasm32-wasip2"]);
    let empty = wat::parse_str("(component)").unwrap();
    with_file(&empty).session("start HI-01").fails(1, &["it handles no event"]);
    let damaged = &std::fs::read(guest("bell")).unwrap()[..5000];
    with_file(damaged).session("start HI-01").fails(1, &["it is damaged"]);
}

#[test]
fn imports_that_are_not_in_the_contract() {
    let import = |name: &str| wat::parse_str(format!("(component (import \"{name}\" (instance)))")).unwrap();
    with_file(&import("evil:net/raw@1.0.0"))
        .session("start HI-01")
        .fails(1, &["imports `evil:net/raw@1.0.0`", "not in the contract"]);
    with_file(&import("session:plugin/log@0.9.0"))
        .session("start HI-01")
        .fails(1, &["built for contract 0.9.0", "update session"]);
    with_file(&import("session:plugin/log@0.0.1"))
        .session("start HI-01")
        .fails(1, &["built for contract 0.0.1", "rebuild"]);
}

#[test]
fn compiled_plugins_are_kept_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let s = Sandbox::hello();
    let cache = s.home().join("cache");
    let run = || {
        // What the plan said is kept too; with it, nobody needs a plugin.
        let _ = std::fs::remove_dir_all(cache.join("session/plans"));
        let mut command = s.session_command("next -v");
        crate::support::Ran::of(command.env("XDG_CACHE_HOME", &cache).output().unwrap()).ok()
    };
    assert!(run().err.contains("compiling a plugin"));
    assert!(!run().err.contains("compiling a plugin"), "it is kept");
    let folder = cache.join("session/components");
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        std::fs::write(file.unwrap().path(), "no code").unwrap();
    }
    assert!(run().err.contains("compiling a plugin"), "what is damaged is made anew");
    assert!(!run().err.contains("compiling a plugin"));
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let ran = run();
    assert!(ran.err.contains("others can write to") && ran.err.contains("compiling a plugin"), "{}", ran.err);
}

#[test]
fn a_failure_that_is_only_a_warning() {
    let s = Sandbox::with_guest("fails", "on-error = \"warn\"");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = s.session("checkpoint -m x").ok();
    assert!(ran.err.contains("warning: fails: the moon is in the wrong house: it is Tuesday"), "{}", ran.err);
}
