//! One call to the system is refused: the command ends, says what it could not do, and the same command without the
//! fault brings what comes out without one. Whole disks that fail are in [`super::disk`].

use std::collections::BTreeMap;

use super::disk::{COMMANDS, LIMIT, clear, whole};
use super::kill::{again, before, undisturbed};
use super::{Call, Stage, bounded, has_strace, share};
use crate::support::Ran;

/// Everything that may fail on a disk, and where threads and programs are begun.
const CALLS: &str = "open,openat,read,getdents64,write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,mkdir,\
                     mkdirat,fsync,fdatasync,ftruncate,link,linkat,fchmod,flock,clone3";

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
        "open" | "openat" if line.contains("O_CREAT") => &["ENOSPC", "EROFS", "EMFILE"],
        "open" | "openat" | "read" | "getdents64" => &["EIO"],
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

#[test]
fn a_call_of_rollback_is_refused() {
    one_call_is_refused(COMMANDS[6]);
}

/// Faults in chosen places, and what is said of each: the other tests could be content with hitting nothing.
#[test]
fn what_was_refused_is_named() {
    if !has_strace() {
        return;
    }
    let journal = "session/open/HI-01.jsonl>, ";
    let cases: [(&str, &str, &str, &str, i32, &str); 10] = [
        ("checkpoint -m half", "write", "ENOSPC", journal, 1, "cannot write the journal"),
        ("checkpoint -m half", "fdatasync", "EIO", "session/open/HI-01.jsonl>", 1, "cannot sync the journal"),
        ("checkpoint -m half", "read", "EIO", journal, 1, "cannot read the journal"),
        ("checkpoint -m half", "open", "EROFS", "locks/HI-01.lock", 1, "locks/HI-01.lock"),
        ("checkpoint -m half", "mkdir", "ENOSPC", "session/logs/", 0, "leaves no log"),
        ("checkpoint -m half", "write", "ENOSPC", "/run.log>", 0, ""),
        ("start HI-01", "write", "ENOSPC", "write(1<", 1, "the answer could not be written to stdout"),
        ("start HI-01", "write", "EIO", "write(2<", 0, ""),
        ("start HI-01", "fsync", "EIO", "docs/sessions/.session-", 1, "cannot write docs/sessions/SESSION.md"),
        ("verify", "open", "ENOSPC", "checklist-1.log", 0, ""),
    ];
    for arguments in ["checkpoint -m half", "start HI-01", "verify"] {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let mut all = faults(&stage, arguments);
        for (_, name, error, place, code, said) in cases.iter().filter(|case| case.0 == arguments) {
            let meant = |fault: &&Fault| {
                let Fault { call, line, .. } = fault;
                call.name == *name && fault.error == *error && line.contains(place) && !line.contains("EEXIST")
            };
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

/// The same of git's own files: what git says of them is told.
#[test]
fn what_git_was_refused_is_named() {
    if !has_strace() {
        return;
    }
    let arguments = "checkpoint -m half";
    for place in [".git/refs/heads/main.lock", ".git/index.lock"] {
        let stage = before(arguments);
        let expected = undisturbed(&stage, arguments);
        let (path, trace) = (stage.s.path(place), stage.s.home().join("trace"));
        let (path, trace) = (path.to_str().unwrap(), trace.to_str().unwrap());
        let options = ["-f", "-o", trace, "-P", path, "-e", "trace=openat", "-e", "inject=openat:error=ENOSPC"];
        let ran = Ran::of(stage.strace(&options, arguments).output().unwrap());
        for said in ["git: git would not", place, "No space left on device"] {
            assert!(ran.code == 1 && ran.err.contains(said), "{place}: {ran:#?}");
        }
        again(&stage, arguments, place);
        whole(&expected, &stage, &ran, place);
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
