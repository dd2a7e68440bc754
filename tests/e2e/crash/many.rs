//! Many commands at once, on one session, on sessions of one project and of its worktrees: what was acknowledged stands
//! in the journals once, who has to stand back says for whom, and who only reads is never in anybody's way.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Stage, bounded};
use crate::support::{Ran, SESSION, Sandbox, ends, everything, runs};

const WORKERS: usize = 64;
const TREES: usize = 9;

/// Sessions that wait for nobody, each with a check that costs nothing.
fn plan() -> String {
    let mut plan = "# Many - Implementation Prompts\n\n> **Project:** Many\n".to_owned();
    for number in 1..=TREES {
        plan += &format!(
            "\n## Session MA-0{number}: Part {number}\n\n### Metadata\n\n```yaml\nsession_id: MA-0{number}\n\
             dependencies: none\n```\n\n### Prompt\n\n```markdown\nWrite some files.\n```\n\n\
             ### Verification Checklist\n\n- [ ] `test -f plugins.toml`\n"
        );
    }
    plan
}

/// A project with the plan committed, and a session of its own active in each of its working trees.
fn trees() -> (Sandbox, Vec<PathBuf>) {
    let s = Sandbox::new();
    s.write("docs/MANY_PROMPTS.md", &plan());
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Many").ok();
    s.git("add .");
    s.git("commit --quiet -m set-up");
    let mut trees = vec![s.root.clone()];
    for number in 1..TREES {
        s.git(&format!("worktree add --quiet -b w{number} ../w{number}"));
        trees.push(s.path(&format!("../w{number}")).canonicalize().unwrap());
    }
    for (number, tree) in (1..).zip(&trees) {
        Ran::of(session(&s, tree, &[&format!("start MA-0{number}")]).output().unwrap()).ok();
    }
    (s, trees)
}

/// `session` in a working tree: words, and behind them what may hold spaces.
fn session(s: &Sandbox, tree: &Path, arguments: &[&str]) -> Command {
    let mut command = s.command(SESSION, tree);
    command.env("SESSION_NOW", "2026-03-02T09:00:00Z");
    command.args(arguments[0].split(' ')).args(&arguments[1..]);
    command
}

/// Somebody else is at work on the session, and is named.
fn is_busy(ran: &Ran) -> bool {
    let named = ran.err.contains("`session ") && ran.err.contains(" is at work on it");
    ran.code == 1 && ran.err.contains(" is busy") && named && ran.err.contains("hint:")
}

/// What one worker was told.
#[derive(Default)]
struct Told {
    /// Tree and text of what was acknowledged.
    checkpoints: Vec<(usize, String)>,
    notes: Vec<(usize, String)>,
    verified: Vec<usize>,
    busy: usize,
    read: usize,
    wrong: Vec<String>,
}

/// How many checkpoints, notes, verifications, reads and refusals all workers together come to before they stop: how
/// many a machine that is busy with other tests does within some seconds, nobody knows.
const ENOUGH: [usize; 5] = [6, 6, 6, 61, 10];
const REFUSED: usize = 4;

/// Works until a time, and on until all together have done enough.
fn work(s: &Sandbox, trees: &[PathBuf], worker: usize, until: Instant, counts: &[AtomicUsize; 5]) -> Told {
    let mut told = Told::default();
    let tree = worker % TREES;
    let at_most = until + Duration::from_secs(300);
    for round in 0.. {
        let now = Instant::now();
        let enough = counts.iter().zip(ENOUGH).all(|(count, enough)| count.load(Ordering::Relaxed) >= enough);
        if now > until && enough || now > at_most {
            break;
        }
        let text = format!("w{worker:02}r{round:03}");
        let event = (worker / TREES + round) % 6;
        let words = ["checkpoint -m", "note", "verify", "status", "next", "log"][event];
        if event == 0 {
            change(&trees[tree], &text);
        }
        let arguments = [words, &text];
        let ran = bounded(session(s, &trees[tree], &arguments[..if event < 2 { 2 } else { 1 }]), 120, words);
        let kind = if ran.code == 0 { event.min(3) } else { REFUSED };
        counts[kind].fetch_add(1, Ordering::Relaxed);
        match (event, ran.code) {
            (0, 0) => told.checkpoints.push((tree, text)),
            (1, 0) => told.notes.push((tree, text)),
            (2, 0) => told.verified.push(tree),
            (_, 0) => told.read += 1,
            (0..=2, _) if is_busy(&ran) => {
                told.busy += 1;
                // As people do; who comes back at once takes the time of those who are at work.
                std::thread::sleep(Duration::from_millis(150));
            }
            // Another worker's checkpoint of the same session has taken this file along.
            (0, 1) if says_nothing_to_keep(&ran) && is_committed(s, &trees[tree], &format!("{text}.txt")) => {}
            _ => told.wrong.push(format!("{words} in {tree}: {ran:#?}")),
        }
    }
    told
}

fn says_nothing_to_keep(ran: &Ran) -> bool {
    ran.code == 1 && ran.err.contains("nothing has changed since checkpoint ")
}

fn is_committed(s: &Sandbox, tree: &Path, file: &str) -> bool {
    s.command("git", tree).args(["cat-file", "-e", &format!("HEAD:{file}")]).output().unwrap().status.success()
}

/// Something to keep: a checkpoint of nothing is refused.
fn change(tree: &Path, text: &str) {
    std::fs::write(tree.join(format!("{text}.txt")), text).unwrap();
}

/// The entries of a session's journal: every line is whole, and numbered in order.
fn journal(s: &Sandbox, id: &str) -> Vec<Value> {
    let text = s.read(&format!(".git/session/open/{id}.jsonl"));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (number, line) in (1..).zip(&lines) {
        assert_eq!(line["seq"], number, "{id}: {line}");
    }
    lines
}

/// What was asked for by the events that ended well.
fn done(lines: &[Value]) -> Vec<&Value> {
    let mut begun = None;
    let mut done = Vec::new();
    for entry in lines.iter().map(|line| &line["entry"]) {
        match entry["entry"].as_str().unwrap() {
            "began" => {
                assert!(begun.is_none(), "two events at once: {entry}");
                begun = Some(&entry["input"]);
            }
            "ended" => {
                let input = begun.take().unwrap();
                assert_eq!(entry["ending"]["result"], "done", "{entry}");
                done.push(input);
            }
            _ => {}
        }
    }
    assert!(begun.is_none(), "cut off: {begun:?}");
    done
}

#[test]
fn sixty_four_at_once() {
    let (s, trees) = trees();
    let all = std::env::var("SESSION_CRASH").is_ok_and(|value| value == "all");
    let until = Instant::now() + Duration::from_secs(if all { 90 } else { 12 });
    let counts = [const { AtomicUsize::new(0) }; 5];
    let told: Vec<Told> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                scope.spawn({
                    let (s, trees, counts) = (&s, &trees, &counts);
                    move || work(s, trees, worker, until, counts)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let wrong: Vec<&String> = told.iter().flat_map(|told| &told.wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} went wrong: {}",
        wrong.len(),
        wrong[..wrong.len().min(5)].iter().map(|s| s.as_str()).collect::<String>()
    );
    let (mut checkpoints, mut notes, mut verified) = (0, 0, 0);
    for (tree, number) in (1..=TREES).enumerate() {
        let id = format!("MA-0{number}");
        let lines = journal(&s, &id);
        let done = done(&lines);
        let of = |event: &str| done.iter().filter(|input| input["event"] == event).copied().collect::<Vec<_>>();
        let said = |said: fn(&Told) -> &Vec<(usize, String)>| {
            let mut texts: Vec<&str> =
                told.iter().flat_map(said).filter(|(there, _)| *there == tree).map(|(_, text)| text.as_str()).collect();
            texts.sort_unstable();
            texts
        };
        let mut kept: Vec<&str> = of("checkpoint").iter().map(|input| input["message"].as_str().unwrap()).collect();
        kept.sort_unstable();
        assert_eq!(kept, said(|told| &told.checkpoints), "checkpoints of {id}");
        // Each note stands below those before it: in the last of them, and in the task file.
        let acknowledged = said(|told| &told.notes);
        assert_eq!(of("note").len(), acknowledged.len(), "notes of {id}");
        let last = of("note").last().map_or("", |input| input["task"]["notes"].as_str().unwrap()).to_owned();
        let file = std::fs::read_to_string(trees[tree].join("docs/sessions/SESSION.md")).unwrap();
        for text in [last, file] {
            let mut found: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("- w")).collect();
            found.sort_unstable();
            let expected: Vec<&str> = acknowledged.iter().map(|text| &text[1..]).collect();
            assert_eq!(found, expected, "notes of {id}");
        }
        let times = told.iter().flat_map(|told| &told.verified).filter(|there| **there == tree).count();
        assert_eq!(of("verify").len(), times, "verifications of {id}");
        let log = s.session(&format!("log {id} --json")).ok().json();
        let began = |entry: &&Value| entry["entry"]["entry"] == "began";
        assert_eq!(log["entries"].as_array().unwrap().iter().filter(began).count(), done.len(), "{id}");
        checkpoints += kept.len();
        notes += acknowledged.len();
        verified += times;
        nothing_is_left(&trees[tree]);
    }
    let status = s.session("status --json").ok();
    assert!(status.json()["stuck"].as_object().unwrap().is_empty() && status.err.is_empty(), "{status:#?}");
    assert_eq!(status.json()["interrupted"], serde_json::json!([]));
    assert_eq!(s.git("fsck --no-dangling --no-progress"), "");
    let (busy, read) =
        (told.iter().map(|told| told.busy).sum::<usize>(), told.iter().map(|told| told.read).sum::<usize>());
    println!("{checkpoints} checkpoints, {notes} notes, {verified} verifications, {busy} refused, {read} read");
    let came_to = [checkpoints, notes, verified, read, busy];
    assert!(came_to.iter().zip(ENOUGH).all(|(count, enough)| *count >= enough), "{came_to:?}");
}

/// No lock of git, no temporary file.
#[track_caller]
fn nothing_is_left(folder: &Path) {
    for path in everything(folder).into_keys() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lock = name.ends_with(".lock") && !path.parent().unwrap().ends_with("session/locks");
        assert!(!lock && !name.starts_with(".session-"), "{} is left", path.display());
    }
}

/// Two commands at once, from one moment on.
fn both(mut commands: [Command; 2]) -> [Ran; 2] {
    let begin = |command: &mut Command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children = commands.each_mut().map(begin);
    children.map(|child| Ran::of(child.wait_with_output().unwrap()))
}

/// A verification that takes its time, in a session of its own.
fn slow(s: &Sandbox, tree: &Path, id: &str, check: &str) -> Child {
    Ran::of(session(s, tree, &[&format!("start {id} --title Slow --check"), check]).output().unwrap()).ok();
    let child = session(s, tree, &["verify"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while !runs(&["sh", "-c", check]) {
        assert!(Instant::now() < end, "the check has not begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn a_running_check_is_in_nobodys_way() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m set-up");
    s.git("worktree add --quiet -b other ../other");
    let (other, check) = (s.path("../other").canonicalize().unwrap(), "sleep 3.0417");
    let mut child = slow(&s, &s.root, "FIX-01", check);
    for reads in ["status", "next", "show FIX-01", "show HI-01", "log FIX-01", "plan", "status --json"] {
        s.session(reads).ok();
    }
    assert!(child.try_wait().unwrap().is_none(), "they have waited for the check");
    // Another session's events go on too, in their own working tree.
    for event in ["start HI-01", "checkpoint -m one", "note two", "pause"] {
        if event.starts_with("checkpoint") {
            change(&other, "change");
        }
        Ran::of(session(&s, &other, &[event]).output().unwrap()).ok();
    }
    assert!(child.try_wait().unwrap().is_none(), "another session has waited for the check");
    for event in ["checkpoint -m three", "verify", "note four", "pause", "complete"] {
        let ran = s.session(event);
        assert!(is_busy(&ran) && ran.err.contains("`session verify` of kim"), "{ran:#?}");
        assert!(ran.err.contains(&format!("process {}", child.id())), "{ran:#?}");
    }
    assert!(child.try_wait().unwrap().is_none(), "who was refused has waited for the check");
    assert!(child.wait().unwrap().success());
    assert!(ends(&["sh", "-c", check]));
    s.session("complete").ok();
}

#[test]
fn two_at_once() {
    let s = Sandbox::hello();
    s.git("add .");
    s.git("commit --quiet -m set-up");
    s.git("worktree add --quiet -b other ../other");
    let other = s.path("../other").canonicalize().unwrap();
    let (here, won) = (s.root.clone(), AtomicUsize::new(0));
    let stage = Stage::save(s);
    let s = &stage.s;
    let pair = |trees: [&Path; 2], arguments: [&str; 2]| {
        both([session(s, trees[0], &[arguments[0]]), session(s, trees[1], &[arguments[1]])])
    };
    for round in 0..10 {
        // Two sessions in one working tree: one of them is active there, the other one says so.
        let ran = pair([&here, &here], ["start HI-01", "start HI-02"]);
        let winner = usize::from(ran[0].code != 0);
        won.fetch_add(winner, Ordering::Relaxed);
        assert_eq!(ran[winner].code, 0, "round {round}: {ran:#?}");
        let [first, second] = [format!("HI-0{}", winner + 1), format!("HI-0{}", 2 - winner)];
        let loser = &ran[1 - winner];
        let refused = format!("{second} cannot start: {first} is active here");
        assert!(
            loser.code == 1 && loser.err.contains(&refused) && loser.err.contains("hint:"),
            "round {round}: {ran:#?}"
        );
        assert!(!s.exists(&format!(".git/session/open/{second}.jsonl")), "round {round}");

        // Two sessions in two working trees are nothing to each other.
        Ran::of(session(s, &other, &[&format!("start {second}")]).output().unwrap()).ok();
        change(&here, "here");
        change(&other, "there");
        let ran = pair([&here, &other], ["checkpoint -m here", "checkpoint -m there"]);
        assert!(ran.iter().all(|ran| ran.code == 0), "round {round}: {ran:#?}");

        // Two events of one session: both where one was over when the other began, never more than one at a time.
        // The first one takes all that there is.
        change(&here, "both");
        let ran = pair([&here, &here], ["checkpoint -m one", "checkpoint -m two"]);
        let count = ran.iter().filter(|ran| ran.code == 0).count();
        let stands_back = |ran: &Ran| is_busy(ran) || says_nothing_to_keep(ran);
        assert!(count == 1 && ran.iter().all(|ran| ran.code == 0 || stands_back(ran)), "round {round}: {ran:#?}");
        let lines = journal(s, &first);
        assert_eq!(done(&lines).iter().filter(|input| input["event"] == "checkpoint").count(), 1 + count);

        // One session in two working trees: it is active in one of them.
        Ran::of(session(s, &here, &["pause"]).output().unwrap()).ok();
        Ran::of(session(s, &other, &["pause"]).output().unwrap()).ok();
        let ran = pair([&here, &other], ["start HI-04 --title Four", "start HI-04 --title Four"]);
        let winner = usize::from(ran[0].code != 0);
        assert_eq!(ran[winner].code, 0, "round {round}: {ran:#?}");
        let loser = &ran[1 - winner];
        assert!(loser.code == 1 && loser.err.contains("HI-04 is active already, in "), "round {round}: {ran:#?}");
        nothing_is_left(&here);
        nothing_is_left(&other);
        stage.restore();
        for path in ["docs/sessions/SESSION.md", "docs/progress/HELLO_PROGRESS.md", "there.txt"] {
            let _ = std::fs::remove_file(other.join(path));
        }
        s.git("worktree prune");
        Ran::of(s.command("git", &other).args(["checkout", "--quiet", "-f", "other"]).output().unwrap()).ok();
    }
    println!("the second one has won {} times of 10", won.into_inner());
}
