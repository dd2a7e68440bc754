//! `session rollback` in real repositories. What every test asks: that all is as it was before the session, that history
//! only grew, and that what is refused has changed nothing.

mod active;
mod afterwards;
mod chain;
mod claims;
mod documents;
mod elsewhere;
mod guests;
mod hooks;
mod later;
mod part;
mod people;
mod refused;
mod rewritten;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ran, Sandbox, everything};

pub(crate) const PROGRESS: &str = "docs/progress/TEAM_PROGRESS.md";
pub(crate) const TASK: &str = "docs/sessions/SESSION.md";

/// Sessions, each with what it depends on.
pub(crate) fn plan(sessions: &[(&str, &str)]) -> String {
    let mut text = "# Team - Implementation Prompts\n\n# PHASE 1: START (Week 1)\n".to_owned();
    for (id, on) in sessions {
        write!(
            text,
            "\n## Session {id}: Part {id}\n\n### Metadata\n\n```yaml\nsession_id: {id}\ndependencies: {on}\n```\n\n\
             ### Prompt\n\nWork.\n\n### Verification Checklist\n\n- [ ] `true`\n- [ ] Looks fine\n\n\
             ### Git Commit\n\n```\nfeat: part {id}\n```\n"
        )
        .unwrap();
    }
    text
}

/// Twelve lines that name themselves.
fn lines(name: &str) -> String {
    (1..=12).map(|n| format!("{name} {n}\n")).collect()
}

/// A clean project of these sessions, with files to change.
pub(crate) fn project(sessions: &[(&str, &str)]) -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/TEAM_PROMPTS.md", &plan(sessions));
    s.write("keep.txt", &lines("keep"));
    s.write("gone.txt", "gone\n");
    s.write("old.txt", &lines("old"));
    s.write("run.sh", "#!/bin/sh\n");
    s.write("place/inside.txt", "inside\n");
    s.session("init Team").ok();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s
}

/// Another line in the place of one.
fn change(s: &Sandbox, path: &str, line: usize, text: &str) {
    let before = s.read(path);
    let name = before.split(' ').next().unwrap().to_owned();
    let after = before.replacen(&format!("{name} {line}\n"), &format!("{name} {line} {text}\n"), 1);
    assert_ne!(before, after, "{path}");
    s.write(path, &after);
}

/// Writes, and takes the session from start to complete.
fn finish(s: &Sandbox, id: &str, work: impl Fn(&Sandbox)) {
    s.session(&format!("start {id}")).ok();
    work(s);
    s.session("complete").ok();
}

fn commit(s: &Sandbox, message: &str) -> String {
    s.git("add --all");
    s.git(&format!("commit --quiet -m \"{message}\""));
    s.git("rev-parse --short=7 HEAD")
}

fn remove(s: &Sandbox, path: &str) {
    std::fs::remove_file(s.path(path)).unwrap();
}

/// What the program itself keeps in the tree.
fn is_document(path: &str) -> bool {
    ["docs/progress/", "docs/sessions/"].iter().any(|folder| path.starts_with(folder))
        || ["plugins.toml", "plugins.lock", ".gitattributes"].contains(&path)
}

/// Modes, objects and names of a commit, documents apart.
pub(crate) fn files(s: &Sandbox, commit: &str) -> Vec<String> {
    let text = s.git(&format!("ls-tree -r -z --full-tree {commit}"));
    let document = |line: &&str| line.split_once('\t').is_some_and(|(_, path)| is_document(path));
    text.split('\0').filter(|line| !document(line)).map(str::to_owned).collect()
}

/// The project before a session.
pub(crate) struct Point {
    files: Vec<String>,
    progress: String,
}

impl Point {
    pub(crate) fn of(s: &Sandbox) -> Self {
        Self { files: files(s, "HEAD"), progress: s.read(PROGRESS) }
    }

    /// Everything is as it was, and PROGRESS.md too but for the status of the sessions that were taken back.
    #[track_caller]
    pub(crate) fn as_before(&self, s: &Sandbox, taken_back: &[&str]) {
        self.same_files(s);
        clean(s);
        // What the rollback itself changed there was looked at by `grows`.
        let rows = |text: &str| -> Vec<String> {
            let others = text.lines().filter(|line| !taken_back.iter().any(|id| line.contains(&format!(" {id}"))));
            others.map(str::to_owned).collect()
        };
        assert_eq!(rows(&self.progress), rows(&s.read(PROGRESS)));
        for id in taken_back {
            assert_eq!(cell(s, id), "↩️ Rolled back");
        }
    }

    /// Of files in the tree only.
    #[track_caller]
    pub(crate) fn same_files(&self, s: &Sandbox) {
        assert_eq!(files(s, "HEAD"), self.files);
    }
}

/// The working tree is what HEAD has, and git finds nothing wrong.
#[track_caller]
pub(crate) fn clean(s: &Sandbox) {
    assert_eq!(s.git("status --porcelain --untracked-files=all"), "");
    sound(s);
}

/// Git finds nothing wrong, and nothing was left behind.
#[track_caller]
fn sound(s: &Sandbox) {
    let output = s.command("git", &s.root).args(["fsck", "--strict"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = |path: &&PathBuf| {
        let (path, name) = (path.to_string_lossy(), path.file_name().unwrap().to_string_lossy().into_owned());
        !path.contains("/.git/session/") && (name.starts_with(".session-tmp") || name.ends_with(".lock"))
    };
    let all = everything(&s.root);
    let left: Vec<&PathBuf> = all.keys().filter(left).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The command goes well; history only grew by it, and in PROGRESS.md there is another status and perhaps a note.
#[track_caller]
pub(crate) fn grows(s: &Sandbox, arguments: &str) -> Ran {
    let head = s.git("rev-parse HEAD");
    let progress = || if s.exists(PROGRESS) { s.read(PROGRESS) } else { String::new() };
    let before = progress();
    let ran = s.session(arguments).ok();
    s.git(&format!("merge-base --is-ancestor {head} HEAD"));
    let after = progress();
    let notes = |line: &&str| !line.starts_with("- ") || before.lines().any(|old| old == *line);
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().filter(notes).collect());
    assert_eq!(old.len(), new.len(), "{after}");
    for (old, new) in old.into_iter().zip(new).filter(|(old, new)| old != new) {
        let cells = |line: &str| line.split('|').map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (cells(old), cells(new));
        let partly = arguments.contains("--to ") || new[2].contains("Pending");
        // One that goes on has no work commit, until it is known which one was undone.
        let last = if old[5].trim() == "—" { 5 } else { old.len() };
        assert!(old[1] == new[1] && (partly || old[3..last] == new[3..last]), "{old:?} became {new:?}");
    }
    ran
}

/// Does something, and puts the project back to where it was.
fn meanwhile(s: &Sandbox, case: impl FnOnce()) {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    copy(&s.root, &saved);
    case();
    copy(&saved, &s.root);
    s.approve_copy();
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// Everything below the root, apart from what each command may write: logs and locks.
fn world(s: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = everything(&s.root);
    let own = |path: &PathBuf| {
        let path = path.to_string_lossy();
        path.contains("/.git/session/logs/") || path.contains("/.git/session/locks/")
    };
    all.retain(|path, _| !own(path));
    all
}

/// The command changes nothing.
#[track_caller]
fn untouched(s: &Sandbox, command: impl FnOnce() -> Ran) -> Ran {
    let before = world(s);
    let ran = command();
    let after = world(s);
    let differs = |(path, content): &(&PathBuf, &Vec<u8>)| before.get(*path) != Some(content);
    let changed: Vec<&PathBuf> = after.iter().filter(differs).map(|(path, _)| path).collect();
    let gone: Vec<&PathBuf> = before.keys().filter(|path| !after.contains_key(*path)).collect();
    assert!(changed.is_empty() && gone.is_empty(), "changed: {changed:?}, gone: {gone:?}, by {ran:#?}");
    ran
}

/// Refused with this code and these words, and nothing is another.
#[track_caller]
fn refused(s: &Sandbox, arguments: &str, code: i32, said: &[&str]) -> Ran {
    untouched(s, || s.session(arguments)).fails(code, said)
}

pub(crate) fn record(s: &Sandbox, id: &str) -> serde_json::Value {
    serde_json::from_str(&s.read(&format!("docs/sessions/records/{id}.json"))).unwrap()
}

/// What the program calls a session.
#[track_caller]
fn status(s: &Sandbox, id: &str) -> String {
    let status = s.session("status --json").ok().json();
    let rows = status["sessions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no {id} in {status}"));
    row["status"].as_str().unwrap().to_owned()
}

/// The status cell of a row, which stands there once.
#[track_caller]
fn cell(s: &Sandbox, id: &str) -> String {
    let text = s.read(PROGRESS);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(&format!("| {id} |"))).collect();
    assert_eq!(rows.len(), 1, "{id} in {text}");
    rows[0].split('|').nth(2).unwrap().trim().to_owned()
}
