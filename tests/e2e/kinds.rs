//! Plans of every kind (`tests/data/kinds`), read by the real binary, and what each must give.
//!
//! Each folder is the root of a small project. `expected.json` holds the answer, `expected.NAME.json` the answer under
//! another `config`. The folders are read from disk: a new kind is a new folder, and one without an answer fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Ran, SESSION, Sandbox, workspace};

const ANSWER: &str = "expected";

#[test]
fn every_kind_is_read_as_its_golden_says() {
    let kinds = folders(&workspace().join("tests/data/kinds"));
    assert!(kinds.len() >= 9, "only {kinds:?}");
    let mut report = String::new();
    for kind in &kinds {
        let goldens = goldens(kind);
        let name = kind.file_name().unwrap().to_string_lossy().into_owned();
        if goldens.is_empty() {
            writeln!(report, "\n{name}: no expected.json says what it must give").unwrap();
        }
        for golden in goldens {
            let found = differences(kind, &golden);
            if !found.is_empty() {
                let file = golden.file_name().unwrap().to_string_lossy();
                writeln!(report, "\n{name}/{file}:\n  {}", found.join("\n  ")).unwrap();
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn goldens(kind: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(kind).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_file() && is_golden(path)).collect();
    found.sort();
    found
}

fn is_golden(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name.starts_with(ANSWER) && name.ends_with(".json")
}

/// Everything in which the program and one golden disagree.
fn differences(kind: &Path, golden: &Path) -> Vec<String> {
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let plan = golden["plan"].as_str().expect("`plan` names the plan");
    let mut found = Differences::default();
    let s = project(kind, &golden);
    let ran = run(&s, &["plan", "--plan", plan, "--json"]);
    match serde_json::from_str::<Value>(&ran.out) {
        Ok(answer) => found.answer(&golden, &answer, plan),
        Err(error) => found.say("plan --json", format!("{error}: {ran:?}")),
    }
    for also in golden["also"].as_array().into_iter().flatten() {
        let arguments: Vec<&str> = also["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let ran = run(&project(kind, &golden), &arguments);
        if also["exit"] != ran.code {
            found.say(&format!("session {}", arguments.join(" ")), format!("must exit with {}: {ran:?}", also["exit"]));
        }
    }
    found.lines
}

/// A fresh repository with the files of this kind, and plugins.toml where the golden has a `config`.
fn project(kind: &Path, golden: &Value) -> Sandbox {
    let s = Sandbox::new();
    copy(&s, kind, kind);
    if let Some(config) = golden["config"].as_object() {
        let mut manifest = String::new();
        for (plugin, keys) in config {
            writeln!(manifest, "[[plugin]]\nname = \"{plugin}\"\n[plugin.config]").unwrap();
            // A string, a number or a list of them reads the same in JSON and TOML.
            for (key, value) in keys.as_object().expect("keys of a plugin") {
                writeln!(manifest, "{key} = {value}").unwrap();
            }
        }
        s.write("plugins.toml", &manifest);
    }
    s
}

fn copy(s: &Sandbox, kind: &Path, folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            copy(s, kind, &path);
        } else if folder != kind || !is_golden(&path) {
            s.copy(&path, &path.strip_prefix(kind).unwrap().to_string_lossy());
        }
    }
}

fn run(s: &Sandbox, arguments: &[&str]) -> Ran {
    let run = |arguments: &[&str]| {
        let mut command = s.command(SESSION, &s.root);
        command.args(arguments).env("SESSION_NOW", "2026-03-02T09:00:00Z");
        Ran::of(command.output().unwrap())
    };
    let ran = run(arguments);
    // What a person would say to it is not what this is about.
    if ran.code == 5 && run(&["trust", "--yes"]).code == 0 { run(arguments) } else { ran }
}

#[derive(Default)]
struct Differences {
    lines: Vec<String>,
}

impl Differences {
    fn say(&mut self, of: &str, what: impl std::fmt::Display) {
        self.lines.push(format!("{of}: {what}"));
    }

    fn same(&mut self, of: &str, expected: &Value, found: &Value) {
        if expected != found {
            self.say(of, format!("expected {expected}, found {found}"));
        }
    }

    fn answer(&mut self, golden: &Value, answer: &Value, plan: &str) {
        let ids =
            |of: &Value| of["sessions"].as_array().into_iter().flatten().map(|s| s["id"].clone()).collect::<Vec<_>>();
        self.same("sessions", &ids(golden).into(), &ids(answer).into());
        for expected in golden["sessions"].as_array().expect("`sessions`") {
            let sessions = answer["sessions"].as_array().into_iter().flatten();
            if let Some(found) = sessions.into_iter().find(|found| found["id"] == expected["id"]) {
                self.session(expected, found, plan);
            }
        }
        self.warnings(golden, answer);
        self.errors(golden, answer);
    }

    /// A key that the golden does not have is not compared; one that this test does not know is a defect of it.
    fn session(&mut self, expected: &Value, found: &Value, plan: &str) {
        let id = expected["id"].as_str().unwrap();
        let path = expected.get("path").cloned().unwrap_or_else(|| plan.into());
        self.same(&format!("{id} path"), &path, &found["path"]);
        for (key, value) in expected.as_object().unwrap() {
            let of = format!("{id} {key}");
            match key.as_str() {
                "id" | "path" => {}
                "title" | "line" | "phase" | "marked_done" | "working_directory" | "files" | "parallel_with" => {
                    self.same(&of, value, &found[key]);
                }
                "depends_on" => self.same(&of, &set(value), &set(&found[key])),
                "checks" => self.same(&of, &checks(value), &checks(&found[key])),
                "commit_message" => self.same(&of, value, &found["commit"]),
                "commit_subject" => {
                    let subject = found["commit"].as_str().and_then(|message| message.lines().next());
                    self.same(&of, value, &json!(subject));
                }
                "prompt_contains" | "prompt_lacks" => self.text(&of, key == "prompt_contains", value, found),
                _ => panic!("{of} is not known here"),
            }
        }
    }

    fn text(&mut self, of: &str, contains: bool, texts: &Value, found: &Value) {
        let parts = ["context", "prompt", "expected_output"].map(|key| found[key].as_str().unwrap_or_default());
        let whole = parts.join("\n").replace("\r\n", "\n");
        for text in texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap()) {
            if whole.contains(text) != contains {
                self.say(of, format!("{text:?}"));
            }
        }
    }

    /// Each must be there; others may stand beside them.
    fn warnings(&mut self, golden: &Value, answer: &Value) {
        let found = answer["warnings"].as_array().cloned().unwrap_or_default();
        for expected in golden["warnings"].as_array().expect("`warnings`") {
            let kinds = match &expected["kind"] {
                Value::Array(kinds) => kinds.clone(),
                kind => vec![kind.clone()],
            };
            let is_it = |found: &&Value| {
                kinds.contains(&found["kind"]) && found["line"] == expected["line"] && same_file(expected, found)
            };
            if found.iter().find(is_it).is_none() {
                let near: Vec<&Value> = found.iter().filter(|found| found["line"] == expected["line"]).collect();
                self.say("warnings", format!("no {expected}; on this line {near:?}"));
            }
        }
    }

    /// The message with its hints holds each of the names. What the golden does not have must not be there.
    fn errors(&mut self, golden: &Value, answer: &Value) {
        let mut found: Vec<String> = answer["errors"].as_array().into_iter().flatten().map(Value::to_string).collect();
        if found.is_empty() {
            found.extend(answer.get("error").map(|error| format!("not in `errors`: {}", error["kind"])));
        }
        for expected in golden["errors"].as_array().expect("`errors`") {
            let names: Vec<&str> =
                expected["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            match found.iter().position(|error| names.iter().all(|name| error.contains(name))) {
                Some(at) => _ = found.remove(at),
                None => self.say("errors", format!("none holds all of {names:?}: {found:?}")),
            }
        }
        for error in found {
            self.say("errors", format!("not expected: {error}"));
        }
    }
}

fn same_file(expected: &Value, found: &Value) -> bool {
    expected.get("path").is_none_or(|path| found["path"] == *path)
}

fn set(list: &Value) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    items.into()
}

/// Commands verbatim; what a person confirms without bold, and with white space as one blank.
fn checks(list: &Value) -> Value {
    let plain = |check: &Value| {
        let text = check["text"].as_str().unwrap_or_default();
        let manual = || text.replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ");
        let text = if check["kind"] == "manual" { manual() } else { text.to_owned() };
        json!({"kind": check["kind"], "text": text})
    };
    list.as_array().into_iter().flatten().map(plain).collect()
}
