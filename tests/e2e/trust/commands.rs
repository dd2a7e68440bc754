//! Commands are approved once each: those of the first yes, and later those that are new.

use std::fmt::Write as _;

use super::{asked, at};
use crate::support::{Ran, Sandbox};

const PLAN: &str = "docs/TWELVE_PROMPTS.md";

fn session(id: &str, checks: &[&str]) -> String {
    let mut text = format!("\n## Session {id}: Part {id}\n\n### Prompt\n\nWrite it.\n\n### Verification Checklist\n\n");
    checks.iter().for_each(|check| writeln!(text, "- [ ] `{check}`").unwrap());
    text
}

fn planned(sessions: &[(&str, &[&str])]) -> Sandbox {
    let s = Sandbox::new().unattended();
    let all: String = sessions.iter().map(|(id, checks)| session(id, checks)).collect();
    s.write(PLAN, &format!("# Twelve - Implementation Prompts\n{all}"));
    s.session("init Twelve").ok();
    s.git("add .");
    s.git("commit --quiet -m plan");
    s
}

fn add(s: &Sandbox, text: &str) {
    s.write(PLAN, &(s.read(PLAN) + text));
}

#[test]
fn twelve_sessions_three_worktrees_and_two_pulls_are_two_questions() {
    let ids: Vec<String> = (1..=12).map(|number| format!("TW-{number:02}")).collect();
    let kim =
        planned(&ids.iter().map(|id| (id.as_str(), ["test -f work", "test -s work"].as_slice())).collect::<Vec<_>>());
    let sam = kim.clone_fresh().unattended();
    let folder = sam.root.parent().unwrap().to_owned();
    for tree in ["second", "third"] {
        sam.git(&format!("worktree add --quiet ../{tree}"));
    }
    let (mut questions, mut whole) = (Vec::new(), 0);
    let mut run = |tree: &str, arguments: &str| {
        let (ran, times) = asked(&sam, &folder.join(tree), arguments);
        assert_eq!(ran.code, 0, "{arguments}: {ran:#?}");
        whole += 1;
        questions.extend(std::iter::repeat_n(arguments.to_owned(), times));
    };
    for (tree, ids) in ["project", "second", "third"].into_iter().zip(ids.chunks(4)) {
        for id in ids {
            run(tree, &format!("start {id}"));
            std::fs::write(folder.join(tree).join("work"), format!("{id}\n")).unwrap();
            run(tree, "complete");
        }
    }
    // A colleague adds a session with the same checks, then one with a check that is new.
    add(&kim, &session("TW-13", &["test -s work"]));
    kim.git("commit --quiet --all -m more");
    sam.git("pull --quiet --no-rebase --no-edit");
    run("project", "status");
    run("project", "start TW-13");
    std::fs::write(folder.join("project/work"), "13\n").unwrap();
    run("project", "complete");
    add(&kim, &session("TW-14", &["test -s work", "grep -q 14 work"]));
    kim.git("commit --quiet --all -m more");
    sam.git("pull --quiet --no-rebase --no-edit");
    run("project", "status");
    run("project", "start TW-14");
    std::fs::write(folder.join("project/work"), "14\n").unwrap();
    run("project", "complete");
    assert_eq!(questions, ["start TW-01", "start TW-14"], "of {whole} commands");
}

#[test]
fn a_check_that_is_new_is_refused_where_nobody_can_say_yes() {
    let s = planned(&[("TW-01", &["true"]), ("TW-02", &["true"])]);
    s.session("start TW-01").ok();
    add(&s, &session("TW-03", &["touch ran"]));
    s.write(PLAN, &s.read(PLAN).replacen("`true`", "`touch ran-1`", 1));
    s.write("work", "1\n");
    // What was frozen runs; what the plan has now is asked for, where it is taken.
    s.session("verify").ok();
    s.session("complete --accept-checks")
        .fails(5, &["1 command that you have not approved", "touch ran-1", "session trust"]);
    s.session("complete --accept-checks --dry-run").fails(5, &["touch ran-1"]);
    assert!(!s.exists("ran-1"));
    let ran = s.session("trust --yes").ok();
    assert!(ran.err.contains("touch ran") && ran.err.contains("touch ran-1"), "{ran:#?}");
    s.session("complete --accept-checks").ok();
    assert!(s.exists("ran-1"));
    s.session("start TW-03").ok();
    s.session("trust").ok();
}

#[test]
fn where_and_how_a_command_runs_counts() {
    let s = planned(&[("TW-01", &["./check"])]);
    let plan = s.read(PLAN);
    let with = |keys: &str| plan.replace("### Prompt", &format!("```yaml\n{keys}\n```\n\n### Prompt"));
    std::fs::create_dir_all(s.path("evil")).unwrap();
    s.write(PLAN, &with("working_directory: evil"));
    s.session("start TW-01").fails(5, &["./check"]);
    s.write(PLAN, &plan.replace("- [ ] `./check`", "```bash\ncd evil\n./check\n```"));
    s.session("start TW-01").fails(5, &["./check"]);
    s.write(PLAN, &plan);
    s.session("start TW-01").ok();
}

#[test]
fn what_a_person_types_is_not_asked_for() {
    let s = planned(&[("TW-01", &["true"])]);
    s.session("start FIX-01 --title Fix --check \"test -f fixed\" --dry-run").ok();
    s.session("start FIX-01 --title Fix --check \"test -f fixed\"").ok();
    s.write("fixed", "1\n");
    s.session("complete").ok();
    s.session("plan add TW-02 Second --check \"test -f fixed2\"").ok();
    s.session("start TW-02").ok();
    s.write("fixed2", "1\n");
    s.session("complete").ok();
}

#[test]
fn no_is_no_and_asks_again() {
    let s = planned(&[("TW-01", &["true"])]);
    add(&s, &session("TW-02", &["touch ran"]));
    let no = |arguments: &str| crate::support::on_terminal(&s, arguments, "n\n");
    for _ in 0..2 {
        let ran = no("start TW-02");
        assert!(ran.code == 5 && ran.out.contains("touch ran"), "{ran:#?}");
        for said in ["you said no, so nothing ran", "session trust --commands prints all", "session trust asks again"] {
            assert!(ran.out.contains(said), "{said}: {ran:#?}");
        }
    }
    let (ran, times) = asked(&s, &s.root, "start TW-02");
    assert!(ran.code == 0 && times == 1, "{ran:#?}");
}

#[test]
fn many_new_checks_are_counted() {
    let s = planned(&[("TW-01", &["true"])]);
    let seven: Vec<String> = (1..=7).map(|number| format!("test -f new-{number}")).collect();
    add(&s, &session("TW-02", &seven.iter().map(String::as_str).collect::<Vec<_>>()));
    let ran = s
        .session("start TW-02")
        .fails(5, &["TW-02 has 7 commands that you have not approved", "new: test -f new-5", "… and 2 more"]);
    assert!(!ran.err.contains("new-6"), "{ran:#?}");
}

/// Who said yes, and when, stands beside what was approved. An agent is not told the command that approves unasked.
#[test]
fn a_yes_has_a_name_and_a_time() {
    let s = planned(&[("TW-01", &["true"])]);
    let file = || {
        let folder = s.home().join(".config/session/trust");
        std::fs::read_to_string(folder.join(format!("{}.toml", s.read(".git/session/clone").trim()))).unwrap()
    };
    assert!(file().contains("by = \"Kim\"\nat = \"2026-03-02T09:00:00+00:00\"\n"), "init: {}", file());
    add(&s, &session("TW-02", &["touch ran"]));
    let yes = "session trust --yes";
    s.session("start TW-02")
        .fails(5, &["a person types `session trust` in a terminal", "only in CI: `session trust --yes`"]);
    let robot = |arguments: &str| Ran::of(s.session_command(arguments).env("SESSION_AGENT", "robot").output().unwrap());
    for command in ["start TW-02", "trust"] {
        let ran = robot(command).fails(5, &["a person types `session trust`", "`session trust --dry-run` shows"]);
        assert!(!ran.err.contains(yes), "{command}: {ran:#?}");
    }
    robot("trust --yes").ok();
    assert!(file().contains("by = \"the agent robot, for Kim\""), "{}", file());
    // One that was written before there were names still counts.
    let without: String = file()
        .lines()
        .filter(|line| !line.starts_with("by = ") && !line.starts_with("at = "))
        .map(|l| format!("{l}\n"))
        .collect();
    let folder = s.home().join(".config/session/trust");
    std::fs::write(folder.join(format!("{}.toml", s.read(".git/session/clone").trim())), without).unwrap();
    s.session("start TW-02").ok();
}

/// What is approved is what was read: files that are swapped while the question stands do not count.
#[test]
fn what_is_swapped_behind_the_question_does_not_count() {
    let s = planned(&[("TW-01", &["true"])]);
    let clone = s.clone_fresh().unattended();
    let mut command = crate::support::on_terminal_command(&clone, "start TW-01");
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let (mut shown, mut buffer) = (String::new(), [0; 1024]);
    while !shown.contains("[y/N]") {
        let read = std::io::Read::read(&mut out, &mut buffer).unwrap();
        assert!(read > 0, "{shown}");
        shown.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let text = clone.read("plugins.toml");
    let evil = text.replace("name = \"checklist\"\n", "name = \"checklist\"\n[plugin.config]\nshell = \"./evil\"\n");
    clone.write("plugins.toml", &evil);
    clone.write(PLAN, &clone.read(PLAN).replace("`true`", "`touch ran`"));
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"y\n").unwrap();
    drop(out);
    child.wait().unwrap();
    let ran: Ran = at(&clone, &clone.root, "resume");
    ran.fails(5, &["plugin.checklist.config.shell"]);
    clone.write("plugins.toml", &text);
    let ran = clone.session("start TW-01");
    assert!(ran.code == 5 || ran.err.contains("is active already"), "{ran:#?}");
    assert!(!clone.session("verify --accept-checks").err.contains("passed      `touch ran`"));
    assert!(!clone.exists("ran"));
}

/// A plan that nobody finds by its name is named in the hint.
#[test]
fn commands_of_another_plan_are_approved_by_its_name() {
    let s = planned(&[("TW-01", &["true"])]);
    s.write("later.md", &format!("# Later\n{}", session("LA-01", &["test -f later"])));
    s.session("start LA-01 --plan later.md").fails(5, &["test -f later", "session trust --yes --plan later.md"]);
    s.session("trust --yes --plan gone.md").fails(1, &["gone.md"]);
    s.session("trust --yes --plan later.md").ok();
    s.session("start LA-01 --plan later.md").ok();
    // Where there are several and none is chosen, all are asked for.
    let two = Sandbox::new().unattended();
    two.write("docs/A_PROMPTS.md", &format!("# A\n{}", session("A-01", &["test -f a"])));
    two.write("docs/B_PROMPTS.md", &format!("# B\n{}", session("B-01", &["test -f b"])));
    let shown = two.session("trust --yes").ok();
    assert!(shown.err.contains("test -f a") && shown.err.contains("test -f b"), "{shown:#?}");
    two.session("start B-01 --plan docs/B_PROMPTS.md").ok();
}
