//! Invariants that are absences: what must not be imported where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::workspace;

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&workspace().join(below), &mut found);
    assert!(!found.is_empty(), "nothing below {below}");
    found
}

/// The part of a file before its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap().split("#![cfg(test)]").next().unwrap()
}

#[track_caller]
fn absent(files: &[(PathBuf, String)], words: &[&str]) {
    for (path, text) in files {
        for word in words {
            assert!(!code(text).contains(word), "`{word}` in {}", path.display());
        }
    }
}

/// The crates, from the bottom: what each may know of the others, and what else it is built on. A crate that another one
/// is to know goes in here, with ARCHITECTURE.md; what is not here is no dependency.
const CRATES: [(&str, &[&str], &[&str]); 9] = [
    ("sdk/types", &[], &["base64", "schemars", "serde", "serde_json"]),
    (
        "host/core",
        &["session-types"],
        &[
            "crc32fast",
            "fixedbitset",
            "globset",
            "jiff",
            "petgraph",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "svg",
            "thiserror",
            "toml",
            "unicode-properties",
            "unicode-width",
        ],
    ),
    ("host/bundled", &["session-core"], &[]),
    (
        "host/system",
        &["session-core", "session-types"],
        &["getrandom", "rustix", "serde", "sha2", "tempfile", "thiserror", "tracing"],
    ),
    (
        "host/repository",
        &["session-core", "session-system", "session-types"],
        &["git2", "ignore", "jiff", "rustix", "sha2", "similar", "tempfile", "tracing"],
    ),
    (
        "host/engine",
        &["session-core", "session-repository", "session-sdk", "session-system", "session-types"],
        &[
            "globset",
            "jiff",
            "libloading",
            "object",
            "serde",
            "serde_json",
            "sha2",
            "tempfile",
            "thiserror",
            "toml",
            "tracing",
            "wasmparser",
            "wasmtime",
        ],
    ),
    (
        "host/workflow",
        &["session-core", "session-engine", "session-repository", "session-system", "session-types"],
        &["etcetera", "jiff", "rustix", "serde", "serde_json", "similar", "tempfile", "toml", "tracing"],
    ),
    ("sdk", &["session-sdk-macros", "session-types"], &["schemars", "serde", "serde_json", "wit-bindgen"]),
    (
        "host",
        &[
            "session-bundled",
            "session-core",
            "session-engine",
            "session-repository",
            "session-system",
            "session-types",
            "session-workflow",
        ],
        &[
            "annotate-snippets",
            "anstream",
            "anstyle",
            "clap",
            "clap_complete",
            "ctrlc",
            "indicatif",
            "jiff",
            "rustix",
            "serde",
            "serde_json",
            "similar",
            "tempfile",
            "terminal_size",
            "tracing",
            "tracing-subscriber",
            "unicode-width",
        ],
    ),
];

#[test]
fn each_crate_is_built_on_its_list_alone() {
    for (folder, ours, others) in CRATES {
        let path = workspace().join(folder).join("Cargo.toml");
        let manifest: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        let tables = targets.filter_map(|(_, target)| target.get("dependencies")).chain(manifest.get("dependencies"));
        let tables = tables.filter_map(toml::Value::as_table);
        let found: BTreeSet<&str> = tables.flat_map(|table| table.keys().map(String::as_str)).collect();
        let listed: BTreeSet<&str> = ours.iter().chain(others).copied().collect();
        assert_eq!(found, listed, "{folder}: the list in this file is what it may depend on");
    }
}

#[test]
fn what_decides_does_no_io_and_reads_no_clock() {
    let mut pure = sources("host/core");
    pure.extend(sources("sdk/types"));
    absent(
        &pure,
        &[
            "std::fs",
            "std::io",
            "std::process",
            "std::env",
            "std::net",
            "std::thread",
            "SystemTime",
            "Instant::now",
            "Zoned",
        ],
    );
}

#[test]
fn nothing_prints_outside_the_ui() {
    let files = sources("host")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("cli/ui.rs") && !path.ends_with("build.rs"))
        .collect::<Vec<_>>();
    absent(&files, &["println!", "eprintln!", "stdout()", "stderr()", "anstream"]);
}

#[test]
fn the_workflow_knows_no_command_line() {
    let front =
        ["crate::cli", "clap", "anstream", "anstyle", "indicatif", "ctrlc", "is_terminal", "stdin", "process::exit"];
    absent(&sources("host/workflow"), &front);
    // Who the caller is and what time it is, one file finds out.
    let caller = |path: &Path| path.ends_with("workflow/src/caller.rs");
    let others = sources("host/workflow").into_iter().filter(|(path, _)| !caller(path)).collect::<Vec<_>>();
    absent(&others, &["env::var", "Zoned::now"]);
    // What changes anything is a use case, and no affair of a command.
    absent(&sources("host/src/cli"), &["Recorder::open", ".trust.change", ".lock_project(", "Records::write"]);
}

#[test]
fn wit_types_stay_in_their_folder() {
    let wasm = workspace().join("host/engine/src/plugin/wasm");
    let files = sources("host").into_iter().filter(|(path, _)| !path.starts_with(&wasm)).collect::<Vec<_>>();
    absent(&files, &["wasmtime::", "bindgen!"]);
}

#[test]
fn plugins_know_only_the_sdk_and_the_host_names_no_plugin() {
    let host = ["session_core", "session_system", "session_repository", "session_engine", "session_workflow"];
    absent(&sources("plugins"), &host);
    absent(&sources("sdk"), &host);
    let files = sources("host");
    absent(&files, &["\"checklist\"", "\"markdown\"", "\"alembic\""]);
    // A command is called so too.
    let command = ["cli/args.rs", "cli/progress.rs"];
    let files = files.into_iter().filter(|(path, _)| !command.iter().any(|name| path.ends_with(name)));
    absent(&files.collect::<Vec<_>>(), &["\"progress\""]);
}

#[test]
fn unsafe_is_where_it_is_expected() {
    let allowed = ["plugin/native.rs", "wasm/cache.rs", "sdk/src/native.rs"];
    let files = ["host", "sdk", "plugins"].into_iter().flat_map(sources);
    let files = files.filter(|(path, _)| !allowed.iter().any(|name| path.ends_with(name))).collect::<Vec<_>>();
    absent(&files, &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]);
}

#[test]
fn every_file_says_what_it_is_and_few_are_long() {
    let mut long = Vec::new();
    for (path, text) in ["host", "sdk", "plugins", "tests"].into_iter().flat_map(sources) {
        assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
        assert!(!path.ends_with("util.rs") && !path.ends_with("utils.rs"));
        if code(&text).lines().count() > 500 {
            long.push(path);
        }
    }
    assert!(long.is_empty(), "over 500 lines: {long:?}");
}

/// Calls that open, list, make, rename or remove something.
const ACCESS: [&str; 28] = [
    "fs::read(",
    "fs::read_to_string(",
    "fs::write(",
    " File::open(",
    "::File::open(",
    "File::create(",
    "File::create_new(",
    "File::options(",
    "OpenOptions::",
    "read_dir(",
    "fs::rename(",
    "renameat(",
    "fs::remove_",
    "unlinkat(",
    "fs::create_dir",
    "DirBuilder::new(",
    "fs::copy(",
    "fs::hard_link(",
    "linkat(",
    "fs::symlink(",
    "WalkBuilder::new(",
    "openat(",
    "fs::open(",
    "mkdirat(",
    "fs::mkdir(",
    "tempfile_in(",
    "tempdir_in(",
    ".persist(",
];

/// Files that call them besides the door's own, and how often. Each has its reason beside the call, which clippy wants. This
/// list may only grow shorter: what is new goes through `system/src/door.rs`, or for files of our own through `system/src/own.rs`.
const EXCEPTIONS: [(&str, usize); 12] = [
    ("engine/src/plugin/library.rs", 3),
    ("repository/src/binary/index.rs", 2),
    ("repository/src/checkout.rs", 1),
    ("repository/src/git.rs", 1),
    ("repository/src/locks.rs", 1),
    ("repository/src/occupant.rs", 1),
    ("repository/src/paths.rs", 2),
    ("system/src/clone.rs", 7),
    ("system/src/log_file.rs", 1),
    ("system/src/private.rs", 11),
    ("system/src/replace.rs", 3),
    ("system/src/scratch.rs", 2),
];

#[test]
fn files_are_opened_through_one_door() {
    // Tests of their own.
    let tests = ["suite/mod.rs", "suite/questions.rs", "suite/reverts.rs", "bundled/build.rs"];
    let door = ["system/src/folder.rs", "system/src/own.rs"];
    let root = workspace().join("host");
    let files = sources("host").into_iter();
    let files = files.filter(|(path, _)| !tests.iter().chain(&door).any(|name| path.ends_with(name)));
    let mut found: Vec<(String, usize)> = files
        .map(|(path, text)| {
            let calls = ACCESS.iter().map(|word| code(&text).matches(word).count()).sum();
            (path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), calls)
        })
        .filter(|(_, calls)| *calls > 0)
        .collect();
    found.sort();
    let known: Vec<(String, usize)> = EXCEPTIONS.iter().map(|(path, calls)| ((*path).to_owned(), *calls)).collect();
    for (path, calls) in &found {
        let allowed = known.iter().find(|(known, _)| known == path).map_or(0, |(_, calls)| *calls);
        assert!(*calls <= allowed, "{path} opens files itself {calls} times, and may {allowed}: use the one door");
    }
    assert_eq!(found, known, "fewer than before: shorten the list");
}

#[test]
fn the_sdk_is_free_of_the_engine() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            "session-sdk",
            "-e",
            "normal,build",
            "--target",
            "all",
            "--prefix",
            "none",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && tree.contains("serde_json"), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["wasmtime", "session-orchestrator", "git2", "tokio"] {
        assert!(!tree.lines().any(|line| line.split(' ').next() == Some(name)), "{name} in the SDK's tree");
    }
}
