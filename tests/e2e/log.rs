//! What `session log` says of events that were cut off, of what people decided, and of calls that came to nothing.

use crate::support::Sandbox;

/// Kills the program that runs the command; the first time only.
const KILL_ONCE: &str = "test -f .git/killed || { touch .git/killed; kill -9 $PPID; }";

/// A started session, with a plugin behind git that writes a file and does this line in complete.
fn started(line: &str) -> Sandbox {
    let lines = format!("complete = [\"append log.txt one\", '''{line}''']");
    let grant = "[plugin.grant]\nrun = [\"**\"]\nread = [\"**\"]\nwrite = [\"**\"]";
    let s = Sandbox::with_guest("scripted", &format!("[plugin.config]\n{lines}\n{grant}"));
    s.session("start FIX-01 --title x --check true").ok();
    s.write("work.txt", "work\n");
    s
}

fn killed(s: &Sandbox, arguments: &str) {
    assert_eq!(s.session(arguments).code, -1);
}

/// The log without its times.
fn log(s: &Sandbox, arguments: &str) -> Vec<String> {
    let out = s.session(arguments).ok().out;
    out.lines().map(|line| line.strip_prefix("2026-03-02 09:00  ").unwrap_or(line).to_owned()).collect()
}

#[test]
fn an_event_that_was_cut_off_says_so_and_what_it_has_changed() {
    let s = started(&format!("repeat {KILL_ONCE}"));
    killed(&s, "complete");
    let work = s.git("log -1 --format=%H --grep Session-Id");
    let cut = format!("  cut off; it has committed {}, written log.txt", &work[..7]);
    assert_eq!(log(&s, "log").last(), Some(&cut));
    s.session("complete").ok();
    let shown = log(&s, "log FIX-01");
    assert!(shown.contains(&"  goes on where it was cut off".to_owned()), "{shown:#?}");
    assert!(!shown.iter().any(|line| line.contains("it has")), "it has an end now: {shown:#?}");
}

#[test]
fn an_event_that_was_begun_anew_was_cut_off_before_it_had_changed_anything() {
    let s = Sandbox::hello();
    s.session(&format!("start FIX-01 --title x --check \"{KILL_ONCE}\"")).ok();
    killed(&s, "verify");
    s.session("verify").ok();
    let shown = log(&s, "log");
    let at = shown.iter().position(|line| line == "#2 verify").unwrap();
    assert_eq!(shown[at + 1..at + 3], ["  cut off", "#3 verify"], "{shown:#?}");
}

#[test]
fn what_a_person_decided_is_told() {
    for (flag, said) in [("--retry", "run it again"), ("--assume-done", "taken for done")] {
        let s = started(&format!("run echo rang >> .git/rang\n{KILL_ONCE}"));
        killed(&s, "complete");
        let shown = log(&s, "log");
        let cut = shown.last().unwrap();
        assert!(
            cut.contains("written log.txt, begun `sh -c echo rang >> .git/rang…`, and nobody knows how that ended"),
            "{cut}"
        );
        s.session(&format!("resume {flag}")).ok();
        let shown = log(&s, "log FIX-01");
        let line = format!("  goes on where it was cut off; a person said: {said}");
        assert!(shown.contains(&line), "{shown:#?}");
    }
}

#[test]
fn calls_show_their_answers() {
    let s = started("run exit 3");
    s.session("complete").fails_broken(1, &[]);
    let work = s.git("log -1 --format=%h --grep Session-Id");
    let shown = log(&s, "log --calls");
    for line in [
        "    commit docs(progress): start FIX-01 → nothing to commit".to_owned(),
        format!("    commit feat: x → committed {work}"),
        "    wait 2 → exit code 3".to_owned(),
        "    file-write log.txt".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line} is not in {shown:#?}");
    }
    std::fs::remove_file(s.path("log.txt")).unwrap();
    std::fs::create_dir_all(s.path("log.txt")).unwrap();
    s.session("complete").fails_broken(1, &[]);
    let shown = log(&s, "log --calls");
    assert!(shown.iter().any(|line| line.starts_with("    file-write log.txt → error: cannot write")), "{shown:#?}");
}
