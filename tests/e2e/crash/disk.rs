//! Disks that fail: full, read-only, locked by others, or with what the program keeps gone. The command ends, says what
//! it could not do, and the same command on a healthy disk brings what comes out without a fault. Single calls that are
//! refused are in [`super::refused`].

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use similar::TextDiff;

use super::kill::{again, before, same, undisturbed, went_on};
use super::{Stage, bounded, share};
use crate::support::{Ran, SESSION, Sandbox, everything};

pub(super) const COMMANDS: [&str; 7] =
    ["start HI-01", "checkpoint -m half", "verify", "note thought", "pause", "complete", "rollback"];
/// Seconds in which a command has to end.
pub(super) const LIMIT: u64 = 60;

/// It ended by itself, and where it failed it said what of, and why or what to do.
#[track_caller]
pub(super) fn clear(ran: &Ran, case: &str) {
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
    let (mut told, mut names) = (String::new(), Vec::new());
    for commit in log.split("commit <").skip(1) {
        let (number, text) = commit.split_once(">\n").unwrap();
        let documents = text.starts_with("docs(progress)");
        names.push((format!("<{number}>"), if documents { "documents" } else { text.lines().next().unwrap() }));
        told += if documents { "" } else { text };
    }
    let story = format!("{told}status:\n{rest}");
    let story = names.iter().fold(story, |story, (number, name)| story.replace(number, &format!("<{name}>")));
    // The tree of the work holds the documents as they were before it; it stands behind its commit, too.
    let recorded = |line: &str| line.trim_start().strip_prefix("\"tree\": \"")?.get(..40).map(str::to_owned);
    let mut trees: Vec<String> = story.lines().filter_map(recorded).collect();
    let words: Vec<&str> = story.split_whitespace().collect();
    let behind = words.windows(2).filter(|pair| pair[0].ends_with('>')).map(|pair| pair[1]);
    let is_tree = |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    trees.extend(behind.filter(is_tree).map(str::to_owned));
    trees.iter().fold(story.clone(), |story, tree| story.replace(tree, "<tree>"))
}

/// What is there in the end, after a first run that ended so.
#[track_caller]
pub(super) fn whole(expected: &str, stage: &Stage, first: &Ran, case: &str) {
    tidy(stage, case);
    if first.code == 0 || !["`complete`", "`rollback`"].iter().any(|command| case.contains(command)) {
        return same(expected, stage, case);
    }
    let (expected, found) = (story(expected), story(&stage.world()));
    let diff = TextDiff::from_lines(&expected, &found);
    assert!(expected == found, "{case}:\n{}", diff.unified_diff().context_radius(2));
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
        self.approve_again();
    }

    /// What was copied is another clone: its approval shall hold for it as before.
    fn approve_again(&self) {
        if !self.stage.saved.join(".git/session/clone").is_file() {
            return;
        }
        let token = ".git/session/clone";
        let about = self.shell(&format!(
            "cat {token}; echo; stat -c %i {token}; born=$(stat -c %w {token}); [ \"$born\" = - ] || date -d \"$born\" +%s%N"
        ));
        let about: Vec<&str> = about.split_whitespace().collect();
        self.stage.s.approve_token(about[0], about[1], about.get(2).copied());
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
            disk.shell(&format!("if [ {folder} != . ]; then {covered}; fi"));
            disk.approve_again();
            disk.shell(&format!("mount -o remount,ro $(realpath {folder})"));
            let ran = disk.session(arguments, &case);
            clear(&ran, &case);
            let named = ["Read-only file system", "Device or resource busy"].iter().any(|text| ran.err.contains(text));
            assert!(ran.code == 0 || named, "{case}: {ran:#?}");
            disk.shell(&format!("if [ {folder} = . ]; then mount -o remount,rw $PWD; else umount {folder}; fi"));
            disk.approve_again();
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
        let commits = ["checkpoint", "complete", "rollback"].iter().any(|command| arguments.starts_with(command));
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
            s.allow("\"rm -rf $PWD/*\"").ok();
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
