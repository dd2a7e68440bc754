//! What a person sees and does after a kill: what goes on by itself, what is asked, what is refused, and what the
//! journal says when it was cut or changed.

use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::kill::{before, same, undisturbed};
use super::{Call, Stage, share};
use crate::support::{Ran, Sandbox, ends, guest};

/// Kills the program that runs the command; the first time only.
pub(super) const KILL_ONCE: &str = "test -f .git/killed || { touch .git/killed; kill -9 $PPID; }";

/// A started session, with a plugin in front of the others that does these lines in complete.
pub(super) fn scripted(lines: &[&str]) -> Sandbox {
    let s = Sandbox::hello();
    script(&s, lines);
    s.copy(&guest("scripted"), "tools/scripted.wasm");
    s.git("add tools");
    s.git("commit --quiet -m tools");
    s.session("trust --yes").ok();
    s.session("start FIX-01 --title x --check \"echo checked >> .git/checks; test ! -f broken\"").ok();
    s.write("work.txt", "work\n");
    s
}

pub(super) fn script(s: &Sandbox, lines: &[&str]) {
    let mut table =
        "[[plugin]]\nname = \"scripted\"\npath = \"tools/scripted.wasm\"\n[plugin.config]\ncomplete = [".to_owned();
    lines.iter().for_each(|line| write!(table, "'''{line}''', ").unwrap());
    table += "]\n[plugin.grant]\nrun = [\"**\"]\nread = [\"**\"]\nwrite = [\"**\"]\n\n";
    let text = s.read("plugins.toml");
    let rest = text.find("[[plugin]]\nname = \"checklist\"").unwrap();
    let before = text.find("[[plugin]]").unwrap();
    s.write("plugins.toml", &format!("{}{table}{}", &text[..before], &text[rest..]));
}

pub(super) fn lines(s: &Sandbox, path: &str) -> usize {
    s.read(path).lines().count()
}

/// It was killed, and so has no code.
pub(super) fn killed(ran: &Ran) {
    assert_eq!(ran.code, -1, "{ran:#?}");
}

#[test]
fn a_step_goes_on_with_the_answers_that_it_had() {
    let s = scripted(&["append log.txt one", &format!("repeat {KILL_ONCE}"), "append log.txt two"]);
    killed(&s.session("complete"));
    let status = s.session("status").ok();
    assert!(status.err.contains("`complete` of FIX-01 was cut off: session resume"), "{status:?}");
    s.session("checkpoint -m x").fails(1, &["its `complete` was cut off", "scripted has written log.txt", "--abort"]);
    s.session("complete -m \"feat: other\"").fails(1, &["was cut off", "with other options"]);
    let dry = s.session("resume --dry-run").ok();
    assert!(dry.err.contains("would go on") && dry.err.contains("written log.txt"), "{dry:?}");

    let ran = s.session("complete").ok();
    assert!(ran.err.contains("Going on with `complete` of FIX-01"), "{ran:?}");
    assert_eq!(s.read("log.txt"), "one\ntwo\n", "read anew, it would hold `one` twice");
    assert_eq!(s.subjects()[..2], ["docs(progress): complete FIX-01", "feat: x"]);
    assert!(s.session("log FIX-01").ok().out.contains("goes on where it was cut off"));
}

#[test]
fn a_program_with_files_of_its_own_runs_again_and_none_of_them_stays() {
    let kill = format!("scratch echo $AT >> .git/at; test -f $AT/lines/a.sh || exit 3; {KILL_ONCE}");
    let s = scripted(&[&kill, "append log.txt one"]);
    killed(&s.session("complete"));
    s.session("complete").ok();
    let folders = s.read(".git/at");
    // Once in the run that was killed, then again, as a dry run does not run it.
    assert_eq!(folders.lines().count(), 2, "{folders}");
    for folder in folders.lines() {
        assert!(folder.starts_with(std::env::temp_dir().to_str().unwrap()), "{folder}");
        assert!(!std::path::Path::new(folder).exists(), "{folder}");
    }
    assert_eq!(s.subjects()[..2], ["docs(progress): complete FIX-01", "feat: x"]);
}

#[test]
fn the_same_files_are_not_verified_twice() {
    let s = scripted(&["run echo rang >> .git/rang", &format!("repeat {KILL_ONCE}")]);
    killed(&s.session("complete"));
    s.session("complete").ok();
    assert_eq!((lines(&s, ".git/rang"), lines(&s, ".git/checks")), (1, 1));
}

#[test]
fn files_that_changed_meanwhile_are_verified_again() {
    let s = scripted(&["append log.txt one", &format!("repeat {KILL_ONCE}")]);
    killed(&s.session("complete"));
    s.write("broken", "x\n");
    let ran = s.session("complete").fails(3, &["have changed since they were verified", "is not verified"]);
    assert!(ran.err.contains("`echo checked"), "{ran:?}");
    assert_eq!((lines(&s, ".git/checks"), s.subjects()[0].as_str()), (2, "tools"), "nothing was committed");
    std::fs::remove_file(s.path("broken")).unwrap();
    s.session("complete").ok();
}

#[test]
fn a_file_that_people_changed_meanwhile_is_not_overwritten() {
    let s = scripted(&["append log.txt one", &format!("repeat {KILL_ONCE}"), "append log.txt two"]);
    killed(&s.session("complete"));
    s.write("log.txt", "by hand\n");
    // The check runs again, since the tree is another; then the step reads the file as it was and must not write it.
    s.session("complete").ok();
    assert_eq!(s.read("log.txt"), "by hand\ntwo\n", "what follows the answers of the journal is read anew");

    let s = scripted(&["append log.txt one", "fact k v"]);
    let stage = Stage::save(s);
    assert!(stop_before_write(&stage, "log.txt"));
    stage.s.write("log.txt", "by hand\n");
    stage.s.session("complete").ok();
    assert_eq!(stage.s.read("log.txt"), "by hand\none\n", "nothing was done, so everything is read anew");
}

/// Kills complete between the intent to write this file and the write.
fn stop_before_write(stage: &Stage, path: &str) -> bool {
    let calls = stage.calls("complete");
    for call in calls.iter().filter(|call| call.name == "fsync") {
        stage.kill_before(call, "complete");
        let journal = stage.s.read(".git/session/open/FIX-01.jsonl");
        let last = journal.lines().last().unwrap();
        if last.contains("\"intent\"") && last.contains(path) {
            return true;
        }
        stage.restore();
    }
    false
}

fn in_doubt() -> Sandbox {
    let script = format!("run echo rang >> .git/rang; {KILL_ONCE}");
    let s = scripted(&["append log.txt one", &script, "append log.txt two"]);
    killed(&s.session("complete"));
    let said = ["nobody knows whether `sh -c echo rang", "may not run twice", "--retry", "--assume-done", "--abort"];
    s.session("complete").fails(4, &said);
    s.session("resume").fails(4, &said);
    assert_eq!(lines(&s, ".git/rang"), 1);
    s
}

#[test]
fn a_command_in_doubt_is_run_again_where_a_person_says_so() {
    let s = in_doubt();
    let ran = s.session("resume --retry").ok();
    assert!(ran.err.contains("FIX-01: complete is finished") && ran.err.contains("Next: session next"), "{ran:?}");
    assert_eq!((lines(&s, ".git/rang"), s.read("log.txt")), (2, "one\ntwo\n".to_owned()));
    assert_eq!(s.subjects()[1], "feat: x");
}

#[test]
fn a_command_in_doubt_is_taken_for_done_where_a_person_says_so() {
    let s = in_doubt();
    let answer = s.session("resume FIX-01 --assume-done --json").ok().json();
    assert_eq!(answer["finished"][0]["event"], "complete");
    assert_eq!((lines(&s, ".git/rang"), s.read("log.txt")), (1, "one\ntwo\n".to_owned()));
    s.session("resume --assume-done").fails_broken(2, &["nothing was cut off"]);
}

#[test]
fn an_event_can_be_given_up() {
    let s = in_doubt();
    let ran = s.session("resume --abort").ok();
    assert!(ran.err.contains("scripted has written log.txt") && ran.err.contains("complete is given up"), "{ran:?}");
    assert_eq!(s.subjects()[0], "tools", "nothing was committed");
    let again = s.session("complete").ok();
    assert!(again.err.contains("told of 2 earlier effects"), "{again:?}");
    assert_eq!(s.session("log FIX-01").ok().out.matches("gave it up").count(), 1);
}

#[test]
fn a_failed_step_is_tried_anew_and_told_what_it_has_done() {
    let s = scripted(&["append log.txt one", "fail no"]);
    s.session("complete").fails_broken(1, &["no: told of 0 earlier effects"]);
    s.session("complete").fails_broken(1, &["no: told of 1 earlier effects"]);
    s.session("checkpoint -m between").ok();
    s.session("complete").fails_broken(1, &["no: told of 2 earlier effects"]);
    script(&s, &["append log.txt two"]);
    s.session("trust --yes").ok();
    assert!(s.session("complete").ok().err.contains("told of 3 earlier effects"));
}

#[test]
fn a_step_that_goes_another_way_is_stopped() {
    let s = scripted(&["append log.txt one", &format!("repeat {KILL_ONCE}")]);
    killed(&s.session("complete"));
    script(&s, &["append other.txt one"]);
    let said =
        ["scripted cannot go on with complete", "asked for file-read other.txt, the journal has file-read log.txt"];
    s.session("complete").fails(4, &said);
    s.session("resume").fails(4, &said);
    assert!(!s.exists("other.txt"), "nothing is done after a divergence");
    let ran = s.session("resume --retry").ok();
    assert!(ran.err.contains("told of 1 earlier effects"), "{ran:?}");
    assert_eq!((s.read("other.txt"), s.read("log.txt")), ("one\n".to_owned(), "one\n".to_owned()));

    let s = scripted(&["append log.txt one", "append log.txt two", &format!("repeat {KILL_ONCE}")]);
    killed(&s.session("complete"));
    script(&s, &["append log.txt one"]);
    s.session("complete").fails(4, &["asked for nothing more, the journal has file-read log.txt"]);
    s.session("resume --abort").ok();
    s.session("complete").ok();
}

/// A session whose check waits, and the command that runs it.
fn waiting(s: &Sandbox, arguments: &str, check: &str) -> Child {
    s.session(&format!("start FIX-01 --title x --check \"{check}\"")).ok();
    let child = s.session_command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        s.exists(".git/begun")
    });
    assert!(begun, "the check never ran");
    child
}

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn signals_end_programs_and_leave_the_event_to_go_on() {
    for (name, seconds) in [("INT", "63.11"), ("TERM", "63.12"), ("HUP", "63.13")] {
        let s = Sandbox::hello();
        let check = format!("test -f .git/begun || {{ touch .git/begun; sleep {seconds}; }}");
        let child = waiting(&s, "complete", &check);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{name}: {ran:#?}");
        assert!(ran.err.contains("Stopped. Nothing is lost"), "{name}: {ran:#?}");
        assert!(ends(&["sleep", seconds]), "{name}: a child lives on");
        let status = s.session("status --json").ok().json();
        assert_eq!(status["interrupted"][0][1], "complete", "a program that was ended did not fail: {status}");
        s.session("complete").ok();
    }
}

#[test]
fn a_child_that_outlived_its_host_is_named_and_waited_for() {
    let s = Sandbox::hello();
    let check =
        "test -f .git/begun || { touch .git/begun; sleep 1.5; echo ended >> .git/order; }; echo ran >> .git/order";
    let mut child = waiting(&s, "verify", check);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("is still at work: waiting for it (kill -- -"), "{ran:?}");
    assert_eq!(s.read(".git/order"), "ended\nran\nran\n", "the second run began when the first had ended");
}

#[test]
fn a_commit_with_hooks_goes_on_without_us_and_is_found() {
    let s = Sandbox::hello();
    s.write(".git/hooks/pre-commit", "#!/bin/sh\ntouch .git/begun\nsleep 1.5\necho hook >> .git/order\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), mode).unwrap();
    s.write("before.txt", "x\n");
    s.session("start FIX-01 --title x --check true").ok();
    s.write("work.txt", "work\n");
    let mut child = s.session_command("complete").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!((0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        s.exists(".git/begun")
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("`git commit` of the run that was killed is still at work"), "{ran:?}");
    assert_eq!(s.subjects(), ["docs(progress): complete FIX-01", "feat: x", "plan"]);
    assert_eq!(s.read(".git/order"), "hook\n", "it ran once");
}

#[test]
fn a_lost_stdout_loses_no_event() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let mut child = s.session_command("complete --json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    // As with `| head`: whoever reads has had enough, and the event is none of its business.
    Ran::of(child.wait_with_output().unwrap()).ok();
    assert_eq!(s.subjects()[0], "docs(progress): complete HI-01");
}

/// Runs the command again with the journal cut at many places: at every line from `from` on, and within the last one.
fn cut_from(after: &Stage, expected: &str, arguments: &str, id: &str, from: &str) {
    let open = format!(".git/session/open/{id}.jsonl");
    let closed = after.s.path(&format!(".git/session/closed/{id}@1.jsonl"));
    let bytes = std::fs::read(&closed).or_else(|_| std::fs::read(after.s.path(&open))).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let first = text.rfind(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let first = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).filter(|end| *end > first).collect();
    let last_line = ends.len().checked_sub(2).map_or(first, |at| ends[at])..bytes.len();
    let cuts: Vec<usize> = ends.iter().rev().skip(1).copied().chain([first]).chain(last_line.skip(1)).collect();
    let mut cases = 0;
    for at in share(cuts.len(), 30) {
        let case = format!("`{arguments}`, journal cut at {} of {}", cuts[at], bytes.len());
        _ = std::fs::remove_file(&closed);
        after.s.write(&open, &text[..cuts[at]]);
        let ran = after.s.session(arguments);
        assert!(ran.code == 0 || ran.err.contains("is active already"), "{case}: {ran:#?}");
        same(expected, after, &case);
        after.restore();
        cases += 1;
    }
    println!("`{arguments}`: the journal cut at {cases} places of {}", cuts.len());
}

const BEGAN: &str = "{\"entry\":\"began\"";

#[test]
fn the_next_command_names_what_is_not_finished() {
    if !super::has_strace() {
        return;
    }
    let stage = before("complete");
    assert!(stage.kill_before(&Call { name: "fsync".to_owned(), number: 1 }, "complete"));
    let s = &stage.s;
    s.session("start HI-03").fails(1, &["`complete` of HI-02 is not finished", "hint: session resume"]);
    assert!(s.session("status").ok().err.contains("do not show the last event of HI-02"));
    let ran = s.session("resume").ok();
    assert!(ran.err.contains("HI-02: the documents show complete now"), "{ran:?}");
    assert!(s.exists("docs/sessions/records/HI-02.json") && s.exists(".git/session/closed/HI-02@1.jsonl"));
    s.session("start HI-03").ok();
    s.write("letter.txt", "hello\ngoodbye\n");
    assert!(!s.session("complete").ok().err.contains("HI-02"));
    s.session("status --check").ok();
}

/// What a power cut may leave: more was done than the journal says.
#[test]
fn the_journal_is_cut_at_every_record_of_the_last_event() {
    for arguments in ["start HI-01", "checkpoint -m half", "pause"] {
        let stage = before(arguments);
        stage.s.session(arguments).ok();
        let after = Stage::save(stage.s);
        cut_from(&after, &after.world(), arguments, "HI-01", BEGAN);
    }
}

/// The result is synced before anything else is done: there are the states before that, and those behind it.
#[test]
fn the_journal_of_complete_is_cut_at_every_record() {
    if !super::has_strace() {
        return;
    }
    let stage = before("complete");
    let expected = undisturbed(&stage, "complete");
    assert!(stage.kill_before(&Call { name: "fdatasync".to_owned(), number: 1 }, "complete"));
    let committed = Stage::save(stage.s);
    assert_eq!(committed.s.subjects()[0], "feat(letter): add farewell");
    cut_from(&committed, &expected, "complete", "HI-02", BEGAN);
    committed.s.session("complete").ok();
    let after = Stage::save(committed.s);
    cut_from(&after, &expected, "complete", "HI-02", "{\"entry\":\"ended\"");
}

#[test]
fn a_changed_byte_is_named_wherever_it_is() {
    let stage = before("complete");
    let path = ".git/session/open/HI-02.jsonl";
    let bytes = std::fs::read(stage.s.path(path)).unwrap();
    let mut start = 0;
    let mut cases = 0;
    for (line, text) in (1..).zip(bytes.split_inclusive(|b| *b == b'\n')) {
        // Anywhere in the line, another place in each; and its end.
        for at in [start + line * 31 % text.len(), start + text.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (line % 8);
            std::fs::write(stage.s.path(path), &bad).unwrap();
            let status = stage.s.session("status").ok();
            let said = format!("HI-02 is stuck: line {line} of the journal");
            assert!(status.err.contains(&said), "byte {at}, line {line}: {status:#?}");
            cases += 1;
        }
        start += text.len();
    }
    stage.s.session("complete").fails(4, &["is stuck", "head -n"]);
    assert!(cases > 60, "{cases}");
}
