//! A power cut: the calls of a command are recorded, and every state that the disk may be left in is laid out, with the
//! same command run on it.
//!
//! The disk keeps the promises that ARCHITECTURE.md assumes: what is synced is there, changes of names survive in the
//! order in which they were made, and syncing a file keeps all changes of names before it. Everything else may be lost:
//! the newest names, and of files that nobody synced the new content, which may be missing or zeros. Git's own files are
//! taken to be there, since whether they are synced is git's configuration.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::kill::{before, same, undisturbed};
use super::{Stage, has_strace, share};
use crate::support::Ran;

const CALLS: &str = "trace=open,openat,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,\
                     fdatasync,ftruncate,link,linkat,symlink,copy_file_range,sendfile,fallocate";

/// A change of names.
#[derive(Clone)]
enum Name {
    Is(PathBuf, usize),
    Moved(PathBuf, PathBuf, usize),
    Gone(PathBuf),
    Folder(PathBuf),
}

/// A file's content, as programs see it and as the disk has it for sure.
struct File {
    now: Vec<u8>,
    synced: Vec<u8>,
}

/// The disk while a command runs.
struct Disk {
    root: PathBuf,
    /// Where the files before the command stand.
    saved: PathBuf,
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    /// Of those that were there before the command, as far as it has touched them.
    before: BTreeMap<PathBuf, usize>,
    changes: Vec<Name>,
    /// How many of them are on the disk for sure.
    synced: usize,
}

/// Contents of the files that the command touched; none for one that is not there.
type State = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Disk {
    fn new(stage: &Stage) -> Self {
        Self {
            root: stage.s.root.clone(),
            saved: stage.saved.clone(),
            files: Vec::new(),
            names: BTreeMap::new(),
            before: BTreeMap::new(),
            changes: Vec::new(),
            synced: 0,
        }
    }

    /// The file of that name, which may have been there before the command.
    fn file(&mut self, path: &Path) -> Option<usize> {
        if let Some(file) = self.names.get(path) {
            return Some(*file);
        }
        let gone = self.changes.iter().rev().any(|change| match change {
            Name::Gone(name) | Name::Moved(name, ..) => name == path,
            _ => false,
        });
        let content = std::fs::read(self.saved.join(path.strip_prefix(&self.root).ok()?)).ok().filter(|_| !gone)?;
        self.files.push(File { now: content.clone(), synced: content });
        self.names.insert(path.to_owned(), self.files.len() - 1);
        self.before.insert(path.to_owned(), self.files.len() - 1);
        Some(self.files.len() - 1)
    }

    fn is_ours(&self, path: &Path) -> bool {
        let inside = path.strip_prefix(&self.root).unwrap();
        !inside.starts_with(".git") || inside.starts_with(".git/session")
    }

    /// Takes a call in; false where it changed nothing that counts.
    fn take(&mut self, call: &Traced) -> bool {
        let Some(result) = call.result.filter(|result| *result >= 0) else { return false };
        let inside = |path: &PathBuf| {
            let parts = ["locks", "logs"].map(|name| self.root.join(".git/session").join(name));
            path.starts_with(&self.root) && !parts.iter().any(|part| path.starts_with(part))
        };
        if call.paths.is_empty() || call.paths.iter().any(|path| !inside(path)) {
            return false;
        }
        match (call.name.as_str(), call.paths.as_slice()) {
            ("open" | "openat", [path]) => {
                let known = self.file(path);
                let file = match known {
                    Some(file) => file,
                    None if call.line.contains("O_CREAT") => {
                        self.files.push(File { now: Vec::new(), synced: Vec::new() });
                        self.name(path, self.files.len() - 1);
                        self.files.len() - 1
                    }
                    None => return false,
                };
                if call.line.contains("O_TRUNC") {
                    self.files[file].now.clear();
                }
                known.is_none()
            }
            ("write", [path]) => {
                let Some(file) = self.file(path) else { return false };
                // Every file that counts is written from its beginning to its end, or appended to.
                self.files[file].now.extend_from_slice(&call.data[..usize::try_from(result).unwrap()]);
                true
            }
            ("fsync" | "fdatasync", [path]) => {
                let Some(file) = self.file(path) else { return false };
                self.files[file].synced = self.files[file].now.clone();
                self.synced = self.changes.len();
                true
            }
            ("ftruncate", [path]) => {
                let Some(file) = self.file(path) else { return false };
                assert!(call.line.contains(", 0)"), "{}", call.line);
                self.files[file].now.clear();
                true
            }
            ("rename" | "renameat" | "renameat2", [from, to]) => {
                let file = self.file(from).unwrap_or_else(|| panic!("{}", call.line));
                self.names.remove(from);
                self.names.insert(to.clone(), file);
                self.changes.push(Name::Moved(from.clone(), to.clone(), file));
                true
            }
            ("link" | "linkat", [from, to]) => {
                let file = self.file(from).unwrap_or_else(|| panic!("{}", call.line));
                self.name(to, file);
                true
            }
            ("unlink" | "unlinkat", [path]) => {
                self.names.remove(path);
                self.changes.push(Name::Gone(path.clone()));
                true
            }
            ("mkdir" | "mkdirat", [path]) => {
                self.changes.push(Name::Folder(path.clone()));
                true
            }
            _ => panic!("nobody knows what this does to the disk: {}", &call.line[..call.line.len().min(300)]),
        }
    }

    fn name(&mut self, path: &Path, file: usize) {
        self.names.insert(path.to_owned(), file);
        self.changes.push(Name::Is(path.to_owned(), file));
    }

    /// Every state in which the disk may be found now.
    fn states(&self) -> Vec<(State, Vec<PathBuf>)> {
        let all = self.changes.len();
        let lost = |file: &File| file.synced.clone();
        let zeros = |file: &File| {
            let mut content = file.synced.clone();
            content.resize(file.now.len().max(content.len()), 0);
            content
        };
        let kept = |file: &File| file.now.clone();
        let mut states = vec![
            self.state(all, |_, file| kept(file)),
            self.state(self.synced, |_, file| lost(file)),
            self.state(usize::midpoint(self.synced, all), |_, file| lost(file)),
            self.state(all, |_, file| lost(file)),
            self.state(all, |_, file| zeros(file)),
        ];
        for one in (0..self.files.len()).filter(|file| self.files[*file].now != self.files[*file].synced) {
            states.push(self.state(all, |number, file| if number == one { lost(file) } else { kept(file) }));
        }
        states
    }

    fn state(&self, names: usize, content: impl Fn(usize, &File) -> Vec<u8>) -> (State, Vec<PathBuf>) {
        let (mut files, mut folders) = (BTreeMap::new(), Vec::new());
        // Those that were there before and have kept their names.
        files.extend(self.names.iter().map(|(path, file)| (path.clone(), Some(*file))));
        let touched = self.changes.iter().flat_map(|change| match change {
            Name::Moved(from, to, _) => vec![from, to],
            Name::Is(path, _) | Name::Gone(path) => vec![path],
            Name::Folder(_) => vec![],
        });
        for path in touched.collect::<HashSet<_>>() {
            // A change that is lost leaves the name that was there, with what was synced under it.
            match self.before.get(path) {
                Some(file) => _ = files.insert(path.clone(), Some(*file)),
                None => _ = files.remove(path),
            }
        }
        let mut state: State = BTreeMap::new();
        for change in &self.changes[..names] {
            match change {
                Name::Is(path, file) => _ = files.insert(path.clone(), Some(*file)),
                Name::Gone(path) => _ = files.insert(path.clone(), None),
                Name::Moved(from, to, file) => {
                    files.insert(from.clone(), None);
                    files.insert(to.clone(), Some(*file));
                }
                Name::Folder(path) => folders.push(path.clone()),
            }
        }
        for (path, file) in files {
            let content = file.map(|number| {
                let file = &self.files[number];
                if self.is_ours(&path) { content(number, file) } else { file.now.clone() }
            });
            state.insert(path, content);
        }
        (state, folders)
    }
}

/// One call, by the program or by git, which it runs in the top of the working tree.
struct Traced {
    line: String,
    name: String,
    /// Those that are named, or that of the file which is written or synced.
    paths: Vec<PathBuf>,
    data: Vec<u8>,
    result: Option<i64>,
}

impl Traced {
    /// Of lines of strace, each behind the number of its process. One that another process came into stands in two.
    fn all(text: &str, root: &Path) -> Vec<Self> {
        let mut begun: HashMap<&str, &str> = HashMap::new();
        let mut calls = Vec::new();
        for (process, line) in text.lines().filter_map(|line| line.split_once(' ')) {
            let line = line.trim_start();
            if let Some(first) = line.strip_suffix(" <unfinished ...>") {
                begun.insert(process, first);
                continue;
            }
            let rest = line.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>"));
            let whole = rest.map(|(_, rest)| format!("{}{rest}", begun.remove(process).unwrap_or_default()));
            calls.extend(Self::read(whole.as_deref().unwrap_or(line), root));
        }
        calls
    }

    fn read(line: &str, root: &Path) -> Option<Self> {
        let (name, rest) = line.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        let result = result.split(|c: char| c != '-' && !c.is_ascii_digit()).next()?.parse().ok();
        let quoted: Vec<Vec<u8>> = arguments.split('"').skip(1).step_by(2).map(hex).collect();
        let folders: Vec<PathBuf> = arguments
            .split('<')
            .skip(1)
            .filter_map(|part| part.split_once('>'))
            .map(|(path, _)| PathBuf::from(String::from_utf8(hex(path)).unwrap()))
            .collect();
        let is_path = !matches!(name, "write" | "fsync" | "fdatasync" | "ftruncate");
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        let whole = |(at, bytes)| folders.get(at).map_or(root, PathBuf::as_path).join(text(bytes));
        let paths = if is_path {
            quoted.iter().enumerate().map(whole).collect()
        } else {
            folders.into_iter().take(1).filter(|path| path.is_absolute()).collect()
        };
        let data = if name == "write" { quoted.first().cloned().unwrap_or_default() } else { Vec::new() };
        Some(Self { line: line.to_owned(), name: name.to_owned(), paths, data, result })
    }
}

/// `\x41\x42` is `AB`.
fn hex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

fn lay_out(stage: &Stage, (state, folders): &(State, Vec<PathBuf>)) {
    stage.restore();
    for folder in folders {
        std::fs::create_dir_all(folder).unwrap();
    }
    for (path, content) in state {
        match content {
            Some(content) => {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                // The power was cut: everything is older than the system.
                let file = std::fs::File::options().write(true).open(path).unwrap();
                file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
            }
            None => _ = std::fs::remove_file(path),
        }
    }
}

fn every_state(arguments: &str) {
    if !has_strace() {
        return;
    }
    let stage = before(arguments);
    let expected = undisturbed(&stage, arguments);
    let trace = stage.s.home().join("trace");
    let options = ["-f", "-y", "-xx", "-s", "10000000", "-e", CALLS, "-o", trace.to_str().unwrap()];
    Ran::of(stage.strace(&options, arguments).output().unwrap()).ok();
    let text = std::fs::read_to_string(trace).unwrap();
    let mut disk = Disk::new(&stage);
    let (mut known, mut states) = (HashSet::new(), Vec::new());
    let calls = Traced::all(&text, &stage.s.root);
    for (at, call) in calls.iter().enumerate() {
        if !disk.take(call) {
            continue;
        }
        for state in disk.states() {
            if known.insert(state.clone()) {
                states.push((at, state));
            }
        }
    }
    let (last, whole) = (states.len(), disk.state(disk.changes.len(), |_, file| file.now.clone()));
    lay_out(&stage, &whole);
    same(&expected, &stage, "the recorded calls are not what the command does");
    let mut cases = 0;
    for case in share(states.len(), 24) {
        let (at, state) = &states[case];
        lay_out(&stage, state);
        let what = format!("`{arguments}`, power cut after call {at}, state {case} of {last}");
        let ran = stage.s.session(arguments);
        assert!(
            ran.code == 0 || ran.err.contains("is active already") || ran.err.contains("no session is active"),
            "{what}: {ran:#?}"
        );
        same(&expected, &stage, &what);
        cases += 1;
    }
    println!("`{arguments}`: {cases} of {last} states after a power cut");
    assert!(cases > 10);
}

#[test]
fn power_cut_in_start() {
    every_state("start HI-01");
}

#[test]
fn power_cut_in_checkpoint() {
    every_state("checkpoint -m half");
}

#[test]
fn power_cut_in_pause() {
    every_state("pause");
}

#[test]
fn power_cut_in_verify() {
    every_state("verify");
}

#[test]
fn power_cut_in_complete() {
    every_state("complete");
}
