//! Invariants that are absences: what must not be imported where.

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

#[test]
fn the_core_does_no_io_and_reads_no_clock() {
    let mut pure = sources("host/src/session");
    pure.extend(sources("host/src/graph"));
    let names = [
        "journal/record.rs",
        "journal/replay.rs",
        "plugin/grants.rs",
        "plugin/worth.rs",
        "host/src/digest.rs",
        "host/src/nearest.rs",
        "host/src/quote.rs",
    ];
    pure.extend(sources("host/src").into_iter().filter(|(path, _)| names.iter().any(|name| path.ends_with(name))));
    assert!(pure.len() > 6);
    absent(
        &pure,
        &[
            "std::fs",
            "std::io",
            "std::process",
            "std::env",
            "std::net",
            "SystemTime",
            "Instant::now",
            "Zoned",
            "tracing",
            "wasmtime",
            "git2",
            "crate::effects",
        ],
    );
}

#[test]
fn nothing_prints_outside_the_ui() {
    let files = sources("host/src").into_iter().filter(|(path, _)| !path.ends_with("cli/ui.rs")).collect::<Vec<_>>();
    absent(&files, &["println!", "eprintln!", "stdout()", "stderr()", "anstream"]);
}

#[test]
fn the_workflow_knows_no_command_line() {
    let front =
        ["crate::cli", "clap", "anstream", "anstyle", "indicatif", "ctrlc", "is_terminal", "stdin", "process::exit"];
    absent(&sources("host/src/workflow"), &front);
    // Who the caller is and what time it is, one file finds out.
    let caller = |path: &Path| path.ends_with("workflow/caller.rs");
    let others = sources("host/src/workflow").into_iter().filter(|(path, _)| !caller(path)).collect::<Vec<_>>();
    absent(&others, &["env::var", "Zoned::now"]);
    // What changes anything is a use case, and no affair of a command.
    absent(&sources("host/src/cli"), &["Recorder::open", ".trust.change", ".lock_project(", "Records::write"]);
}

#[test]
fn wit_types_stay_in_their_folder() {
    let wasm = workspace().join("host/src/plugin/wasm");
    let files = sources("host/src").into_iter().filter(|(path, _)| !path.starts_with(&wasm)).collect::<Vec<_>>();
    absent(&files, &["wasmtime::", "bindgen!"]);
}

#[test]
fn plugins_know_only_the_sdk_and_the_host_names_no_plugin() {
    absent(&sources("plugins"), &["session_orchestrator"]);
    absent(&sources("sdk"), &["session_orchestrator", "wasmtime::"]);
    let files =
        sources("host/src").into_iter().filter(|(path, _)| !path.ends_with("plugin/bundled.rs")).collect::<Vec<_>>();
    absent(&files, &["\"checklist\"", "\"markdown\""]);
    // A command is called so too.
    let command = ["cli/args.rs", "cli/progress.rs"];
    let files = files.into_iter().filter(|(path, _)| !command.iter().any(|name| path.ends_with(name)));
    absent(&files.collect::<Vec<_>>(), &["\"progress\""]);
}

#[test]
fn unsafe_is_where_it_is_expected() {
    let allowed = ["plugin/native.rs", "wasm/cache.rs", "sdk/src/native.rs"];
    let files = ["host/src", "sdk", "plugins"].into_iter().flat_map(sources);
    let files = files.filter(|(path, _)| !allowed.iter().any(|name| path.ends_with(name))).collect::<Vec<_>>();
    absent(&files, &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]);
}

#[test]
fn every_file_says_what_it_is_and_few_are_long() {
    let mut long = Vec::new();
    for (path, text) in ["host/src", "sdk", "plugins", "tests"].into_iter().flat_map(sources) {
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
/// list may only grow shorter: what is new goes through `effects/door.rs`, or for files of our own through `effects/own.rs`.
const EXCEPTIONS: [(&str, usize); 11] = [
    ("effects/clone.rs", 7),
    ("effects/log_file.rs", 1),
    ("effects/private.rs", 11),
    ("effects/replace.rs", 3),
    ("effects/repository/checkout.rs", 1),
    ("effects/repository/git.rs", 1),
    ("effects/repository/locks.rs", 1),
    ("effects/repository/paths.rs", 2),
    ("effects/repository/standing.rs", 3),
    ("effects/scratch.rs", 2),
    ("plugin/library.rs", 3),
];

#[test]
fn files_are_opened_through_one_door() {
    // Tests of their own.
    let tests = ["repository/same.rs", "repository/twice.rs", "repository/undoing.rs"];
    let door = ["effects/folder.rs", "effects/own.rs"];
    let root = workspace().join("host/src");
    let files = sources("host/src").into_iter();
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
