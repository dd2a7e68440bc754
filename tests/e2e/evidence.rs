//! Verification that means something: what runs, what need not run again, what it holds for, and who confirmed what.

use crate::support::{Ran, Sandbox, ends, fed, on_terminal, on_terminal_command};

/// A project with one session, EV-01, that these lines check.
fn checked(lines: &[&str]) -> Sandbox {
    checked_with("", lines)
}

/// The same with lines in `[project]` of plugins.toml.
fn checked_with(project: &str, lines: &[&str]) -> Sandbox {
    let s = Sandbox::new();
    let list: String = lines.iter().map(|line| format!("- [ ] {line}\n")).collect();
    let plan = format!(
        "# Evidence - Implementation Prompts\n\n## Session EV-01: Proof\n\n### Prompt\n\nWrite `work`.\n\n\
         ### Verification Checklist\n\n{list}"
    );
    s.write("docs/EVIDENCE_PROMPTS.md", &plan);
    s.write(".gitignore", "*.log\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Evidence").ok();
    if !project.is_empty() {
        let text = s.read("plugins.toml");
        let beside = "\n[[repository]]\nname = \"elsewhere\"\npath = \"docs\"\nprefix = [\"XX\"]\n";
        let beside = if project.contains("elsewhere") { beside } else { "" };
        s.write(
            "plugins.toml",
            &format!("{}{beside}", text.replace("[project]\n", &format!("[project]\n{project}\n"))),
        );
        s.session("trust --yes").ok();
    }
    s.git("add .");
    s.git("commit --quiet -m setup");
    s
}

fn started(lines: &[&str]) -> Sandbox {
    let s = checked(lines);
    s.session("start EV-01").ok();
    s
}

fn runs(s: &Sandbox) -> usize {
    s.read("runs.log").lines().count()
}

fn record(s: &Sandbox) -> serde_json::Value {
    serde_json::from_str(&s.read("docs/sessions/records/EV-01.json")).unwrap()
}

#[test]
fn what_passed_for_the_same_files_is_not_run_again() {
    let s = started(&["`echo run >> runs.log; test -f work`"]);
    s.session("verify").fails(3, &["a check failed"]);
    s.session("verify").fails(3, &[]);
    assert_eq!(runs(&s), 2, "what failed runs again");
    s.write("work", "1\n");
    s.session("verify").ok();
    let again = s.session("verify").ok();
    assert!(again.err.contains("for the same files; --fresh runs it again"), "{}", again.err);
    assert_eq!(runs(&s), 3);
    s.session("verify --fresh").ok();
    assert_eq!(runs(&s), 4);
    s.write("work", "2\n");
    s.session("verify").ok();
    assert_eq!(runs(&s), 5, "the files are others");
    // Documents are no part of what is verified, and neither is who commits it.
    s.session("note remembered").ok();
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    assert_eq!(runs(&s), 5, "complete builds on it");
    let record = record(&s);
    assert_eq!(record["verified"], "1 passed");
    assert_eq!(record["verification"]["before"], record["verification"]["after"]);
}

#[test]
fn a_failure_takes_back_what_was_proven() {
    let s = started(&["`echo run >> runs.log; test ! -f broken.log`"]);
    s.write("work", "1\n");
    s.session("verify").ok();
    s.write("broken.log", "");
    s.session("verify --fresh").fails(3, &[]);
    s.session("complete").fails(3, &["its work is not committed"]);
    assert_eq!(runs(&s), 3, "the same tree, and nothing that is known");
}

#[test]
fn evidence_says_what_ran_where_and_when() {
    let s = started(&["`test -f work`", "A person has looked"]);
    s.session("show --evidence").fails(1, &["no check was run", "session verify"]);
    s.write("work", "1\n");
    s.session("verify").ok();
    let shown = s.session("show EV-01 --evidence").ok().out;
    for part in ["EV-01  1 passed, 1 unconfirmed", "sh -c 'test -f work'", "directory .", "exit code 0", "2026-03-02T"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json = s.session("--json verify").ok().json();
    let tree = &json["verification"]["tree"];
    assert_eq!(tree["before"], tree["after"]);
    assert_eq!(json["verification"]["checks"][0]["evidence"]["exit"], 0);
    s.session("complete --attest *").ok();
    let json = s.session("--json show EV-01 --evidence").ok().json();
    assert_eq!(json["checks"][1]["by"], "Kim");
    assert_eq!(json["checks"][1]["at"], json["checks"][0]["at"]);
    let pr = s.session("show EV-01 --for pr").ok().out;
    assert!(pr.contains("| attested by Kim |"), "{pr}");
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    assert!(other.session("show EV-01 --evidence").ok().out.contains("commit     "));
}

#[test]
fn checks_are_frozen_at_start() {
    let s = started(&["`test -f work`", "`test -f more`"]);
    s.write("work", "1\n");
    let plan = s.read("docs/EVIDENCE_PROMPTS.md").replace("`test -f more`", "`test -f work -o -f more`");
    s.write("docs/EVIDENCE_PROMPTS.md", &plan);
    s.session("complete").fails(3, &["-$ test -f more", "+$ test -f work -o -f more", "--accept-checks"]);
    let taken = s.session("complete --accept-checks").ok();
    assert!(!taken.err.contains("those from the start count"), "{}", taken.err);
    let record = record(&s);
    let accepted = &record["verification"]["accepted"][0];
    assert_eq!(accepted["by"], "Kim");
    assert!(accepted["diff"].as_str().unwrap().contains("-$ test -f more"), "{accepted}");
    assert!(accepted.get("checks").is_none(), "a record says what changed");
    let pr = s.session("show EV-01 --for pr").ok().out;
    assert!(pr.contains("checks were changed after start, accepted by Kim"), "{pr}");
}

#[test]
fn unchanged_checks_have_nothing_to_accept() {
    let s = started(&["`test -f work`"]);
    s.write("work", "1\n");
    let ran = s.session("verify --accept-checks").ok();
    assert!(ran.err.contains("are those of the plan already"), "{}", ran.err);
    // A plan that cannot be read any more does not matter: what counts is frozen.
    std::fs::remove_file(s.path("docs/EVIDENCE_PROMPTS.md")).unwrap();
    s.session("verify").ok();
}

#[test]
fn what_passes_before_any_work_proves_nothing() {
    let s = checked(&["`test -f work`", "`test -f .gitignore`"]);
    let ran = s.session("start EV-01 --baseline").ok();
    assert!(ran.err.contains("1 of 2 commands pass before any work"), "{}", ran.err);
    let status = s.session("--json status").ok().json();
    assert!(!status.to_string().contains("\"failed\":true"), "a baseline fails nothing: {status}");
    s.write("work", "1\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("`test -f .gitignore`: it passed before any work"), "{}", ran.err);
    let record = record(&s);
    assert_eq!(record["checks"][0].get("flags"), None);
    assert!(record["checks"][1]["flags"][0].as_str().unwrap().contains("before any work"));
}

#[test]
fn files_that_checks_change_are_no_work() {
    let s = started(&["`date +%N > cover && echo formatted >> work && rm -f gone`"]);
    s.write("gone", "1\n");
    s.write("work", "1\n");
    let ran = s.session("verify --fresh").ok();
    assert!(ran.err.contains("the checks changed cover, gone, work"), "{}", ran.err);
    assert!(ran.err.contains("in no commit of it: cover"), "{}", ran.err);
    s.session("checkpoint -m half").ok();
    assert_eq!(s.git("show --name-only --format= HEAD~0 --").lines().filter(|l| *l == "cover").count(), 0);
    let ran = s.session("complete --fresh").ok();
    assert!(ran.err.contains("in no commit of it: cover"), "{}", ran.err);
    assert_eq!(s.git("ls-files cover work"), "work");
    assert_eq!(s.git("status --porcelain"), "?? cover");
    let record = record(&s);
    assert_eq!(record["verification"]["changed"], serde_json::json!(["cover", "work"]));
}

#[test]
fn what_a_person_does_with_such_a_file_is_work() {
    let s = started(&["`echo 1 > cover`"]);
    s.session("verify").ok();
    s.write("cover", "by hand\n");
    s.session("checkpoint -m half").ok();
    assert_eq!(s.git("ls-files cover"), "cover");

    // Or where a person says so.
    let s = started(&["`echo 1 > cover`"]);
    s.session("complete --include nothing").fails(1, &["nothing has not changed"]);
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("session complete --include FILE"), "{}", ran.err);
    s.session("complete --include cover").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "cover");
}

#[test]
fn checks_of_the_project_know_their_place() {
    let project = "checks = [\"test -d docs\", { run = \"test -f page\", paths = [\"web/**\"], directory = \"web\" },\n  \
                   { run = \"false\", repository = \"elsewhere\" }, { run = \"sleep 60\", timeout = \"1s\", paths = [\"slow/*\"] }]";
    let s = checked_with(project, &["`test -f work`"]);
    s.session("start EV-01").ok();
    s.write("work", "1\n");
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("skipped     `test -f page`  (in web, nothing of web/** was changed)"), "{}", ran.err);
    assert!(ran.err.contains("2 passed, 2 skipped"), "{}", ran.err);
    assert!(!ran.err.contains("false"), "another repository's: {}", ran.err);
    s.write("web/style", "1\n");
    s.session("verify").fails(3, &["failed      `test -f page`"]);
    s.write("web/page", "1\n");
    s.session("verify").ok();
    s.write("slow/a", "1\n");
    s.session("verify").fails(3, &["`sleep 60`", "ran out of time"]);
}

#[test]
fn commands_run_one_at_a_time_unless_told_otherwise() {
    // Each waits for what the other one writes.
    let both = &[
        "`touch a.log; for i in $(seq 50); do test -f b.log && exit; sleep 0.1; done; exit 1`",
        "`touch b.log; for i in $(seq 50); do test -f a.log && exit; sleep 0.1; done; exit 1`",
    ];
    let s = checked(both);
    let text = s.read("plugins.toml").replace("\"checklist\"", "\"checklist\"\n[plugin.config]\njobs = 2");
    s.write("plugins.toml", &text);
    s.session("start EV-01").ok();
    let ran = s.session("verify").ok();
    assert!(ran.err.find("touch a.log") < ran.err.find("touch b.log"), "in the order of the plan: {}", ran.err);
    for (wrong, said) in
        [("jobs = 0", "would run nothing"), ("check-timeout = \"soon\"", "no length of time"), ("job = 2", "job")]
    {
        s.write("plugins.toml", &text.replace("jobs = 2", wrong));
        s.session("verify").fails(1, &[said]);
    }
    s.write("plugins.toml", &text.replace("jobs = 2", "check-timeout = \"1s\""));
    std::fs::remove_file(s.path("a.log")).unwrap();
    std::fs::remove_file(s.path("b.log")).unwrap();
    s.session("verify --fresh").fails(3, &["ran out of time"]);
}

#[test]
fn a_project_may_require_checks_and_confirmations() {
    let s = checked_with("require-checks = true\nrequire-manual = true", &["A person has looked"]);
    s.session("start EV-01").ok();
    s.write("work", "1\n");
    s.session("complete").fails(3, &["no person has confirmed", "session complete --attest 'A person has looked'"]);
    s.session("verify").fails(3, &["no check was run", "require-checks"]);
    s.session("complete --attest *").fails(3, &["no check was run"]);
    let plan = s.read("docs/EVIDENCE_PROMPTS.md");
    s.write("docs/EVIDENCE_PROMPTS.md", &format!("{plan}- [ ] `test -f work`\n"));
    s.session("complete --attest * --accept-checks").ok();
    // To require less is to ask for more.
    s.write("plugins.toml", &s.read("plugins.toml").replace("require-manual = true", ""));
    s.unattended().session("start FIX-01 --title T").fails(5, &["project.require-manual", "session trust"]);
}

#[test]
fn who_confirms_is_known() {
    let s = started(&["A person has looked", "`true && test -f work`"]);
    s.write("work", "1\n");
    s.session("verify --attest nothing")
        .fails(2, &["no manual item reads `nothing`", "--attest 'A person has looked'"]);
    let mut agent = s.session_command("verify --attest *");
    let ran = Ran::of(agent.env("SESSION_AGENT", "robot").output().unwrap()).ok();
    assert!(ran.err.contains("by the agent robot, for Kim"), "{}", ran.err);
    let ran = on_terminal(&s, "complete", "y\n").ok();
    assert!(!ran.out.contains("Does this hold"), "confirmed already: {}", ran.out);
    assert_eq!(record(&s)["checks"][0]["by"], "the agent robot, for Kim", "whoever completes it did not confirm it");
}

#[test]
fn manual_items_are_asked_for_on_a_terminal() {
    let s = started(&["A person has looked", "Another one has, too", "`true && test -f work`"]);
    s.write("work", "1\n");
    let ran = on_terminal(&s, "complete", "y\nn\n").ok();
    assert!(ran.out.contains("Does this hold: A person has looked?"), "{}", ran.out);
    assert_eq!(record(&s)["verified"], "1 passed, 1 attested, 1 unconfirmed");
    let s = started(&["A person has looked"]);
    let mut command = on_terminal_command(&s, "complete");
    let ran = fed(command.env("CLAUDECODE", "1"), "y\n");
    assert!(!ran.out.contains("Does this hold"), "an agent is not asked: {}", ran.out);
}

#[test]
fn what_speaks_against_a_check_is_said_and_kept() {
    let s = started(&[
        "`test -f work || true`",
        "`cat work | head -1`",
        "`printf 'running 0 tests\\ntest result: ok. 0 passed'`",
    ]);
    s.write("work", "1\n");
    s.write("src/lib.rs", "fn later() { todo!() }\n");
    let ran = s.session("complete").ok();
    for part in
        ["it cannot fail: it ends with `true`", "that of `head`, not of `cat work`", "ran no test", "has a placeholder"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let evidence = s.session("show EV-01 --evidence").ok().out;
    assert!(evidence.contains("things to look at:") && evidence.contains("src/lib.rs has a placeholder"), "{evidence}");
    assert!(s.session("show EV-01 --for pr").ok().out.contains("**To look at**"));
}

#[test]
fn a_program_that_a_check_leaves_running_is_ended() {
    let s = started(&["`sleep 300.77 > /dev/null 2>&1 & sleep 0.3`"]);
    s.session("verify").ok();
    assert!(ends(&["sleep", "300.77"]));
}

#[test]
fn a_confirmation_is_for_the_files_as_they_were() {
    let s = started(&["A person has looked", "`test -f work`"]);
    s.write("work", "1\n");
    s.session("verify --attest *").ok();
    let mut later = s.session_command("verify");
    let ran = Ran::of(later.env("SESSION_NOW", "2026-03-02T11:00:00Z").output().unwrap()).ok();
    assert!(!ran.err.contains("before the files changed"), "{}", ran.err);
    s.write("work", "2\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("A person has looked: it was confirmed before the files changed"), "{}", ran.err);
    let item = &record(&s)["checks"][0];
    assert!(item["at"].as_str().unwrap().starts_with("2026-03-02T09"), "when it was confirmed first: {item}");

    // A tick that is taken back confirms nothing.
    let s = started(&["A person has looked", "`test -f work`"]);
    s.write("work", "1\n");
    let task = "docs/sessions/SESSION.md";
    let text = s.read(task);
    s.write(task, &text.replace("- [ ] A person", "- [x] A person"));
    s.session("verify").ok();
    s.write(task, &s.read(task).replace("- [x] A person", "- [ ] A person"));
    s.session("complete").ok();
    assert_eq!(record(&s)["verified"], "1 passed, 1 unconfirmed");
}

#[test]
fn where_a_person_must_confirm_an_agent_does_not() {
    let s = checked_with("require-manual = true", &["A person has looked", "`true && test -f work`"]);
    s.session("start EV-01").ok();
    s.write("work", "1\n");
    for arguments in ["verify --attest *", "complete", "complete --attest *"] {
        let mut agent = s.session_command(arguments);
        Ran::of(agent.env("SESSION_AGENT", "robot").output().unwrap()).fails(3, &["person"]);
    }
    s.session("complete").fails(3, &["no person has confirmed"]);
    s.session("complete --attest *").ok();
}

#[test]
fn commands_that_run_at_once_have_their_own_times() {
    let s = checked(&["`sleep 1.2`", "`true && true`"]);
    let text = s.read("plugins.toml").replace("\"checklist\"", "\"checklist\"\n[plugin.config]\njobs = 2");
    s.write("plugins.toml", &text);
    s.session("start EV-01").ok();
    // With a fixed clock every duration is 0.
    let json = s.session_with("--json verify", |command| _ = command.env_remove("SESSION_NOW")).ok().json();
    let time = |at: usize| json["verification"]["checks"][at]["evidence"]["milliseconds"].as_u64().unwrap();
    assert!(time(0) >= 1_200 && time(1) < time(0), "{} {}", time(0), time(1));
}

#[test]
fn what_changes_behind_a_check_is_proven_by_none() {
    let s = started(&["`grep -q good work; echo run >> runs.log`", "`sed -i s/good/bad/ work`"]);
    s.write("work", "good\n");
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("work changed while the checks ran"), "{}", ran.err);
    s.session("verify").ok();
    assert_eq!(runs(&s), 2, "nothing is known of the files as they are");
    s.write("work", "good\n");
    s.session("complete").ok();
    let record = record(&s);
    assert_eq!(record["verification"]["during"], serde_json::json!(["work"]));
    s.session("audit").ok();
    s.session("audit --strict").fails(1, &["without evidence"]);
}

#[test]
fn checks_that_switch_the_branch_stop() {
    let s = started(&["`git switch -q -c other`"]);
    s.write("work", "1\n");
    s.session("complete").fails(1, &["the branch was switched while the checks ran", "git switch main"]);
    assert!(!s.git("log --format=%s other").contains("feat"), "nothing is committed there");
}

#[test]
fn a_check_of_two_folders_is_two_checks() {
    let of = |folder: &str| format!("{{ run = \"test -f ok\", paths = [\"{folder}/**\"], directory = \"{folder}\" }}");
    let s = checked_with(&format!("checks = [{}, {}]", of("web"), of("api")), &["`true && true`"]);
    s.write("api/keep", "1\n");
    s.write("web/keep", "1\n");
    s.git("add .");
    s.git("commit --quiet -m folders");
    s.session("start EV-01").ok();
    s.write("web/f", "1\n");
    s.session("verify").fails(3, &["failed      `test -f ok`  (exit code 1", "in web"]);
    s.write("web/ok", "1\n");
    let ran = s.session("verify").ok();
    assert!(ran.err.contains("skipped     `test -f ok`  (in api, nothing of api/**"), "{}", ran.err);
}

#[test]
fn a_check_of_the_project_can_be_taken_back() {
    let s = checked_with("checks = [\"test -d nowhere\"]", &["`test -f work`"]);
    s.session("start EV-01").ok();
    s.write("work", "1\n");
    s.session("verify").fails(3, &["`test -d nowhere`"]);
    s.write("plugins.toml", &s.read("plugins.toml").replace("test -d nowhere", "test -d docs"));
    s.session("trust --yes").ok();
    let ran = s.session("complete --accept-checks").ok();
    assert!(ran.err.contains("-$ test -d nowhere") && ran.err.contains("+$ test -d docs"), "{}", ran.err);
}
