//! Hostile repositories, records and plugins against git: nothing that they write becomes an option of git, nothing that
//! they name is run by a command that only reads, and nobody else's files are taken for this user's.

mod arguments;
mod names;
mod ownership;
mod reading;
mod records;
mod search;

use std::path::PathBuf;

use crate::support::{Sandbox, data, guest};

/// As libgit2 reads a repository, and as git itself does.
const FORMATS: [&str; 3] = ["", "--object-format=sha256", "--ref-format=reftable"];

/// A repository of this format with the hello plan, set up and clean.
fn repository(format: &str) -> Sandbox {
    let s = unprepared(format);
    s.session("init Hello").ok();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s
}

/// The same before anybody has set it up: a fresh clone.
fn unprepared(format: &str) -> Sandbox {
    let s = Sandbox::bare();
    s.git(format!("init --quiet --initial-branch=main {format}").trim_end());
    s.git("config user.name Kim");
    s.git("config user.email kim@example.com");
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s
}

/// The plugin that misnames what it asks for, with these settings; HI-01 is active and has something to commit.
fn misnaming(format: &str, settings: &str) -> Sandbox {
    let s = repository(format);
    s.add_plugin(&format!(
        "name = \"misnames\"\npath = \"tools/misnames.wasm\"\n[plugin.grant]\nrepository = \"commit\"\n\
         [plugin.config]\n{settings}"
    ));
    s.copy(&guest("misnames"), "tools/misnames.wasm");
    s.git("add .");
    s.git("commit --quiet -m tools");
    s.session("trust --yes").ok();
    s.session("start HI-01").ok();
    s.write("work.txt", "work\n");
    s
}

/// What became of each text, in the words of the plugin.
fn became(s: &Sandbox) -> serde_json::Map<String, serde_json::Value> {
    s.session("checkpoint -m x").ok();
    let log = s.session("log --json").ok().json();
    let entries = log["entries"].as_array().unwrap();
    let ours = |e: &serde_json::Value| e["entry"]["entry"] == "step" && e["entry"]["plugin"] == "misnames";
    let step = entries.iter().rposition(ours).unwrap();
    let ended = entries[step..].iter().find(|e| e["entry"]["entry"] == "step-ended").unwrap();
    ended["entry"]["ending"]["summary"].as_object().unwrap().clone()
}

/// A file that must never be written by what a test does.
fn precious(s: &Sandbox) -> PathBuf {
    let path = s.root.parent().unwrap().join("precious.txt");
    std::fs::write(&path, "precious\n").unwrap();
    path
}
