//! Disks that fail: one call that is refused, a disk that is full, folders that are read-only or gone. The command
//! ends, says what it could not do, and the same command on a healthy disk brings what comes out without a fault.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use similar::TextDiff;

use super::kill::{again, before, same, undisturbed, went_on};
use super::{Call, Stage, bounded, has_strace, share};
use crate::support::{Ran, SESSION, Sandbox, everything};

/// Everything that may fail on a disk, and where threads and programs are begun.
const CALLS: &str = "openat,read,getdents64,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
                     mkdirat,fsync,fdatasync,ftruncate,link,linkat,fchmod,flock,clone3";
const COMMANDS: [&str; 6] = ["start HI-01", "checkpoint -m half", "verify", "note thought", "pause", "complete"];
/// Seconds in which a command has to end.
const LIMIT: u64 = 60;

/// A call that is refused.
#[derive(Debug)]
struct Fault {
    call: Call,
    error: &'static str,
    /// As strace shows it.
    line: String,
}

/// How a call can fail; not at all where it is none of the program's own business.
fn errors(name: &str, line: &str) -> &'static [&'static str] {
    let foreign = ["/proc/", "/usr/", "/etc/", "/lib", "/dev/", "/sys/", "pipe:"];
    // libgit2 takes a folder that it cannot open for one that is not there.
    let skipped = ["/docs\", ", "/notes\", ", "/notes/deep\", "].map(|folder| format!("{folder}O_RDONLY|O_NONBLOCK"));
    if foreign.iter().any(|other| line.contains(other)) || skipped.iter().any(|folder| line.contains(folder)) {
        return &[];
    }
    match name {
        "openat" if line.contains("O_CREAT") => &["ENOSPC", "EROFS", "EMFILE"],
        "openat" | "read" | "getdents64" => &["EIO"],
        "write" | "pwrite64" | "writev" => &["ENOSPC", "EIO"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC"],
        "clone3" => &["EAGAIN"],
        "flock" => &["ENOLCK"],
        "ftruncate" => &["EIO"],
        _ => &["EROFS", "ENOSPC"],
    }
}

/// Every way in which a call of the command can fail.
fn faults(stage: &Stage, arguments: &str) -> Vec<Fault> {
    let file = stage.s.home().join("calls");
    let trace = format!("trace={CALLS}");
    let command = stage.strace(&["-y", "-e", &trace, "-o", file.to_str().unwrap()], arguments);
    assert_eq!(bounded(command, LIMIT, arguments).code, 0);
    stage.restore();
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    let (mut counts, mut faults) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        let Some((name, _)) = line.split_once('(') else { continue };
        let number = *counts.entry(name.to_owned()).and_modify(|count| *count += 1).or_insert(1);
        let line = stage.s.plain(line);
        let call = || Call { name: name.to_owned(), number };
        faults.extend(errors(name, &line).iter().map(|error| Fault { call: call(), error, line: line.clone() }));
    }
    faults
}

/// Runs the command with the fault; the call that it has hit, as strace shows it.
fn refused(stage: &Stage, fault: &Fault, arguments: &str, case: &str) -> (Ran, Option<String>) {
    let Fault { call: Call { name, number }, error, .. } = fault;
    let file = stage.s.home().join("hit");
    let inject = format!("inject={name}:error={error}:when={number}");
    let trace = format!("trace={name}");
    let options = ["-y", "-e", &trace, "-e", &inject, "-o", file.to_str().unwrap()];
    let ran = bounded(stage.strace(&options, arguments), LIMIT, case);
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    (ran, text.lines().find(|line| line.contains("(INJECTED)")).map(|line| stage.s.plain(line)))
}

/// It ended by itself, and where it failed it said what of, and why or what to do.
#[track_caller]
fn clear(ran: &Ran, case: &str) {
    assert!([0, 1, 3].contains(&ran.code) && !ran.err.contains("panicked"), "{case}: {ran:#?}");
    let says = |start: &str| ran.err.lines().any(|line| line.strip_prefix(start).is_some_and(|text| text.len() > 8));
    let said = says("error:") && (says("hint:") || says("caused by:"));
    assert!(ran.code == 0 || said, "{case}: no clear error in {ran:#?}");
}

/// No lock of git and no temporary file is left, and the repository is whole.
#[track_caller]
fn tidy(stage: &Stage, case: &str) {
    for path in everything(&stage.s.root).into_keys() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lock = name.ends_with(".lock") && !path.parent().unwrap().ends_with("session/locks");
        assert!(!lock && !name.starts_with(".session-"), "{case}: {} is left", path.display());
    }
    assert_eq!(stage.s.git("fsck --no-dangling --no-progress"), "", "{case}");
}

/// A world without the commits of documents: there is one more where an event failed, or documents came late.
fn story(world: &str) -> String {
    let (log, rest) = world.split_once("\nstatus:\n").unwrap();
    let (mut told, mut rest) = (String::new(), rest.to_owned());
    for commit in log.split("commit <").skip(1) {
        let (number, text) = commit.split_once(">\n").unwrap();
        let documents = text.starts_with("docs(progress)");
        let name = if documents { "documents" } else { text.lines().next().unwrap() };
        rest = rest.replace(&format!("<{number}>"), &format!("<{name}>"));
        told += if documents { "" } else { text };
    }
    // The tree of the work holds the documents as they were before it; it stands behind its commit, too.
    let tree = |line: &str| line.trim_start().strip_prefix("\"tree\": \"")?.get(..40).map(str::to_owned);
    let trees: Vec<String> = rest.lines().filter_map(tree).collect();
    let rest = trees.iter().fold(rest, |rest, tree| rest.replace(tree, "<tree>"));
    format!("{told}status:\n{rest}")
}

/// What is there in the end, after a first run that ended so.
#[track_caller]
fn whole(expected: &str, stage: &Stage, first: &Ran, case: &str) {
    tidy(stage, case);
    if first.code == 0 || !case.contains("`complete`") {
        return same(expected, stage, case);
    }
    let (expected, found) = (story(expected), story(&stage.world()));
    let diff = TextDiff::from_lines(&expected, &found);
    assert!(expected == found, "{case}:\n{}", diff.unified_diff().context_radius(2));
}

fn one_call_is_refused(arguments: &str) {
    if !has_strace() {
        return;
    }
    let stage = before(arguments);
    let expected = undisturbed(&stage, arguments);
    let faults = faults(&stage, arguments);
    let (mut cases, mut missed, mut failed) = (0, 0, 0);
    for at in share(faults.len(), 32) {
        let fault = &faults[at];
        let case = format!("`{arguments}`, fault {at} of {}, {} in {}", faults.len(), fault.error, fault.line);
        let (ran, hit) = refused(&stage, fault, arguments, &case);
        clear(&ran, &case);
        let case = format!("{case}\nhit {hit:?}\nthe first run said {}", ran.err);
        if ran.code != 0 {
            again(&stage, arguments, &case);
        }
        whole(&expected, &stage, &ran, &case);
        stage.restore();
        cases += 1;
        failed += usize::from(ran.code != 0);
        missed += usize::from(hit.is_none());
    }
    println!("`{arguments}`: {cases} of {} faults, it failed with {failed}, {missed} were not met", faults.len());
    assert!(cases > 20 && failed > cases / 5 && missed < cases / 10, "{cases}, {failed}, {missed}");
}

#[test]
fn a_call_of_start_is_refused() {
    one_call_is_refused(COMMANDS[0]);
}

#[test]
fn a_call_of_checkpoint_is_refused() {
    one_call_is_refused(COMMANDS[1]);
}

#[test]
fn a_call_of_verify_is_refused() {
    one_call_is_refused(COMMANDS[2]);
}

#[test]
fn a_call_of_note_is_refused() {
    one_call_is_refused(COMMANDS[3]);
}

#[test]
fn a_call_of_pause_is_refused() {
    one_call_is_refused(COMMANDS[4]);
}

#[test]
fn a_call_of_complete_is_refused() {
    one_call_is_refused(COMMANDS[5]);
}

/// Faults in chosen places, and what is said of each: the other tests could be content with hitting nothing.
#[test]
fn what_was_refused_is_named() {
    if !has_strace() {
        return;
    }
    let journal = "session/open/HI-01.jsonl>, ";
    let cases: [(&str, &str, &str, &str, i32, &str); 12] = [
        ("checkpoint -m half", "write", "ENOSPC", journal, 1, "cannot write the journal"),
        ("checkpoint -m half", "fdatasync", "EIO", "session/open/HI-01.jsonl>", 1, "cannot sync the journal"),
        ("checkpoint -m half", "read", "EIO", journal, 1, "cannot read the journal"),
        ("checkpoint -m half", "openat", "EROFS", "locks/HI-01.lock", 1, "locks/HI-01.lock"),
        ("checkpoint -m half", "openat", "ENOSPC", ".git/refs/heads/main.lock", 1, "git: cannot commit"),
        ("checkpoint -m half", "openat", "ENOSPC", ".git/index.lock", 1, "index.lock"),
        ("checkpoint -m half", "mkdir", "ENOSPC", "session/logs/", 0, "leaves no log"),
        ("checkpoint -m half", "write", "ENOSPC", "/run.log>", 0, ""),
        ("start HI-01", "write", "ENOSPC", "write(1<", 1, "the answer could not be written to stdout"),
        ("start HI-01", "write", "EIO", "write(2<", 0, ""),
        ("start HI-01", "fsync", "EIO", "docs/sessions/.session-", 1, "cannot write docs/sessions/SESSION.md"),
        ("verify", "openat", "ENOSPC", "checklist-1.log", 0, ""),
    ];
    for arguments in ["checkpoint -m half", "start HI-01", "verify"] {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let mut all = faults(&stage, arguments);
        for (_, name, error, place, code, said) in cases.iter().filter(|case| case.0 == arguments) {
            let meant =
                |fault: &&Fault| fault.call.name == *name && fault.error == *error && fault.line.contains(place);
            let mut tries = 0;
            let (case, ran, hit) = loop {
                let fault = all.iter().rfind(meant).unwrap_or_else(|| panic!("no {name} of {place}"));
                let case = format!("`{arguments}`, {error} in {}", fault.line);
                let (ran, hit) = refused(&stage, fault, arguments, &case);
                tries += 1;
                if tries == 4 || hit.as_ref().is_some_and(|hit| hit.contains(place)) {
                    break (case, ran, hit);
                }
                // On a busy machine a run makes a call more or less, and another one was hit: counted anew.
                stage.restore();
                all = faults(&stage, arguments);
            };
            assert!(hit.as_ref().is_some_and(|hit| hit.contains(place)), "{case}: hit {hit:?}");
            assert!(ran.code == *code && ran.err.contains(said), "{case}: {ran:#?}");
            if *error == "ENOSPC" && *code == 1 && !place.contains("write(1<") {
                assert!(ran.err.contains("No space left on device"), "{case}: {ran:#?}");
            }
            if *place == journal && *name == "write" {
                let text = stage.s.read(".git/session/open/HI-01.jsonl");
                assert!(!text.lines().last().unwrap().contains("\"settled\""), "{case}: {text}");
            }
            if ran.code != 0 {
                again(&stage, arguments, &case);
            }
            whole(&expected, &stage, &ran, &case);
            stage.restore();
        }
    }
}

/// The project in a file system of its own, in a mount namespace that ends with its holder. The folder that others see
/// under the same name is not touched.
struct Mounted<'s> {
    stage: &'s Stage,
    holder: Child,
}

impl<'s> Mounted<'s> {
    /// None where this system lets nobody mount.
    fn new(stage: &'s Stage, size: &str) -> Option<Self> {
        let root = stage.s.root.display();
        let script = format!("mount -t tmpfs -o size={size},mode=755 tmpfs {root} && echo ready && exec cat");
        let mut command = stage.s.command("unshare", &stage.s.home());
        let command = command.args(["-rm", "sh", "-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().ok()?;
        let mut line = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let mounted = Self { stage, holder };
        if line != "ready\n" {
            assert!(std::env::var_os("SESSION_NO_SKIP").is_none(), "nobody may mount here");
            println!("SKIPPED: nobody may mount here");
            return None;
        }
        mounted.restore();
        Some(mounted)
    }

    fn command(&self, script: &str, arguments: &str) -> Command {
        let session = self.stage.s.session_command(arguments);
        let mut command = self.stage.s.command("nsenter", &self.stage.s.home());
        command.args(["-t", &self.holder.id().to_string(), "-U", "-m", "--preserve-credentials", "sh", "-ec"]);
        command
            .arg(format!("cd {}; mountpoint -q .; {script}", self.stage.s.root.display()))
            .arg(SESSION)
            .args(session.get_args());
        command.envs(session.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    fn shell(&self, script: &str) -> String {
        {
            let ran = bounded(self.command(script, ""), LIMIT, script);
            assert_eq!(ran.code, 0, "{script}: {ran:#?}");
            ran.out
        }
    }

    fn session(&self, arguments: &str, case: &str) -> Ran {
        bounded(self.command("exec \"$0\" \"$@\"", arguments), LIMIT, case)
    }

    fn restore(&self) {
        let saved = self.stage.saved.display();
        self.shell(&format!("find . -mindepth 1 -delete; cp -a {saved}/. ."));
    }

    /// The same command on a healthy disk, and what is there in the end.
    fn again(&self, expected: &str, first: &Ran, arguments: &str, case: &str) {
        let case = format!("{case}\nthe first run said {}", first.err);
        if first.code != 0 {
            went_on(&self.session(arguments, &case), &case);
        }
        // Into the folder below the mount, which must stay: without it the mount would be gone.
        let after = self.stage.s.home().join("after").display().to_string();
        self.shell(&format!("rm -rf {after}; cp -a . {after}"));
        let root = self.stage.s.root.display();
        let copied = format!("find {root} -mindepth 1 -delete && cp -a {after}/. {root}");
        assert!(Command::new("sh").args(["-c", &copied]).status().unwrap().success());
        whole(expected, self.stage, first, &case);
        self.restore();
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

#[test]
fn the_disk_is_full() {
    let (mut cases, mut failed) = (0, 0);
    for arguments in COMMANDS {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let Some(disk) = Mounted::new(&stage, "2m") else { return };
        let room: Vec<usize> = (0..20).map(|pages| pages * 4).collect();
        for at in share(room.len(), 5) {
            let case = format!("`{arguments}` with {} KiB of room", room[at]);
            let filled = format!(
                "left=$(df -k --output=avail . | tail -1); head -c $(((left - {}) * 1024)) /dev/zero",
                room[at]
            );
            disk.shell(&format!("{filled} > .git/filler; df -k --output=avail ."));
            let ran = disk.session(arguments, &case);
            clear(&ran, &case);
            if ran.code != 0 {
                assert!(ran.err.contains("No space left on device"), "{case}: {ran:#?}");
            }
            disk.shell("rm .git/filler");
            disk.again(&expected, &ran, arguments, &case);
            cases += 1;
            failed += usize::from(ran.code != 0);
        }
    }
    println!("a full disk: {cases} cases, {failed} failed");
    assert!(failed > 8 && failed < cases, "{failed} of {cases}");
}

#[test]
fn a_folder_is_read_only() {
    let (mut cases, mut failed) = (0, 0);
    for arguments in COMMANDS {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let Some(disk) = Mounted::new(&stage, "20m") else { return };
        let part = stage.s.home().join("part").display().to_string();
        let folders = [".", ".git", ".git/session", ".git/session/open", ".git/objects", "docs", "docs/sessions"];
        for folder in share(folders.len(), 4).map(|at| folders[at]) {
            if disk.shell(&format!("ls -d {folder} || true")).is_empty() {
                continue;
            }
            let case = format!("`{arguments}` with a read-only {folder}");
            let covered =
                format!("rm -rf {part}; cp -a {folder} {part}; mount -t tmpfs tmpfs {folder}; cp -a {part}/. {folder}");
            disk.shell(&format!("if [ {folder} != . ]; then {covered}; fi; mount -o remount,ro $(realpath {folder})"));
            let ran = disk.session(arguments, &case);
            clear(&ran, &case);
            let named = ["Read-only file system", "Device or resource busy"].iter().any(|text| ran.err.contains(text));
            assert!(ran.code == 0 || named, "{case}: {ran:#?}");
            disk.shell(&format!("if [ {folder} = . ]; then mount -o remount,rw $PWD; else umount {folder}; fi"));
            disk.again(&expected, &ran, arguments, &case);
            cases += 1;
            failed += usize::from(ran.code != 0);
        }
    }
    println!("a read-only folder: {cases} cases, {failed} failed");
    assert!(failed > 10 && cases > 15, "{failed} of {cases}");
}

/// Something else stands where the program keeps its own.
#[test]
fn a_folder_of_the_program_is_a_file() {
    for arguments in COMMANDS {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        for (folder, code) in [("logs", 0), ("locks", 1), ("open", 1)] {
            let case = format!("`{arguments}` where {folder} is a file");
            let folder = stage.s.path(".git/session").join(folder);
            let aside = stage.s.path("../aside");
            let there = folder.exists();
            if there {
                std::fs::rename(&folder, &aside).unwrap();
            }
            std::fs::write(&folder, "").unwrap();
            let ran = bounded(stage.s.session_command(arguments), LIMIT, &case);
            clear(&ran, &case);
            assert!(ran.code == code && ran.err.contains(folder.to_str().unwrap()), "{case}: {ran:#?}");
            std::fs::remove_file(&folder).unwrap();
            if there {
                std::fs::rename(&aside, &folder).unwrap();
            }
            if ran.code != 0 {
                again(&stage, arguments, &case);
            }
            whole(&expected, &stage, &ran, &case);
            stage.restore();
        }
    }
}

/// Somebody else's git is in the middle of something: who needs the index says so, and nobody else minds.
#[test]
fn the_index_is_locked() {
    for arguments in COMMANDS {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let case = format!("`{arguments}` with a locked index");
        stage.s.write(".git/index.lock", "");
        let ran = bounded(stage.s.session_command(arguments), LIMIT, &case);
        clear(&ran, &case);
        let commits = arguments.starts_with('c');
        assert_eq!(ran.code, i32::from(commits), "{case}: {ran:#?}");
        assert!(!commits || ran.err.contains("index.lock") || ran.err.contains("index is locked"), "{case}: {ran:#?}");
        assert!(stage.s.exists(".git/index.lock"), "{case}: it was not ours to remove");
        std::fs::remove_file(stage.s.path(".git/index.lock")).unwrap();
        if ran.code != 0 {
            again(&stage, arguments, &case);
        }
        whole(&expected, &stage, &ran, &case);
    }
}

/// A file that nobody may look at is not one that was removed.
#[test]
fn what_cannot_be_seen_is_not_deleted() {
    if !has_strace() {
        return;
    }
    for arguments in ["checkpoint -m half", "complete"] {
        let stage = before("complete");
        let expected = undisturbed(&stage, arguments);
        let case = format!("`{arguments}` where greeting.txt cannot be seen");
        let path = stage.s.path("greeting.txt");
        let options = ["-P", path.to_str().unwrap(), "-e", "inject=newfstatat,statx:error=EACCES"];
        let ran = bounded(stage.strace(&options, arguments), LIMIT, &case);
        clear(&ran, &case);
        assert!(ran.code == 1 && ran.err.contains("cannot look at greeting.txt"), "{case}: {ran:#?}");
        assert_eq!(stage.s.git("log --format=%s --diff-filter=D"), "", "{case}");
        again(&stage, arguments, &case);
        whole(&expected, &stage, &ran, &case);
    }
}

/// What was under way is gone between two commands: they say so, and nothing is made up.
#[test]
fn the_journals_are_gone() {
    for folder in [".git/session/open", ".git/session"] {
        for arguments in &COMMANDS[1..] {
            let stage = before("verify");
            std::fs::remove_dir_all(stage.s.path(folder)).unwrap();
            stage.s.session(arguments).fails(1, &["no session is active here"]);
            stage.s.session("status").ok();
            stage.s.session("log HI-01").ok();
            clear(&stage.s.session("start HI-01 --force"), folder);
        }
    }
}

/// A check removes what the program works with: no result is acknowledged that no journal holds.
#[test]
fn a_check_removes_everything() {
    let mut acknowledged = 0;
    let folders = ["docs", ".git/session/logs", ".git/session/locks", ".git/session/open", ".git/session", ".git", ""];
    for folder in folders {
        for arguments in ["verify", "complete"] {
            let s = Sandbox::hello();
            s.session(&format!("start FIX-01 --title Fix --check \"rm -rf $PWD/{folder}\"")).ok();
            let case = format!("`{arguments}` while {folder} is removed");
            let ran = bounded(s.session_command(arguments), LIMIT, &case);
            clear(&ran, &case);
            if ran.code == 0 {
                let ended = |path: String| {
                    std::fs::read_to_string(s.path(&path)).is_ok_and(|text| {
                        text.contains("\"result\":\"done\"") && text.contains(&format!("\"event\":\"{arguments}\""))
                    })
                };
                let journals =
                    ["open/FIX-01.jsonl", "closed/FIX-01@1.jsonl"].map(|path| format!(".git/session/{path}"));
                assert!(journals.into_iter().any(ended), "{case}: {ran:#?}");
                acknowledged += 1;
            } else if folder.ends_with("open") {
                assert!(ran.err.contains("was removed while it was written"), "{case}: {ran:#?}");
            }
            println!("{case}: {}", ran.code);
        }
    }
    assert!(acknowledged > 2, "{acknowledged}");
}
