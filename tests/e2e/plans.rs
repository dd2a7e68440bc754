//! What commands do with plans: what is wrong with one, a session more, and documents that nobody should have written.

use serde_json::Value;

use crate::support::{Sandbox, data};

fn with_plan(text: &str) -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/X_PROMPTS.md", text);
    s
}

#[test]
fn check_shows_each_place_and_fails_on_errors() {
    let s = with_plan(&data("plans/broken.md"));
    insta::assert_snapshot!(s.shown("plan check"));
    let found = s.session("plan check --json").json();
    let golden: Value = serde_json::from_str(&data("plans/broken.expected.json")).unwrap();
    assert_eq!(found["exit"], 1);
    assert_eq!(found["check"]["errors"].as_array().unwrap().len(), golden["errors"].as_array().unwrap().len());
    let s = with_plan(&data("plans/hello.md"));
    assert_eq!(s.session("plan check --json").ok().json()["check"]["errors"], serde_json::json!([]));
}

#[test]
fn many_warnings_are_counted_and_a_few_are_shown() {
    let mut text = "## Session A-1: x\n\n### Prompt\n\ny\n".to_owned();
    for n in 2..10_002 {
        text.push_str(&format!("\n## Session A-{n}: no prompt\n"));
    }
    let s = with_plan(&text);
    for command in ["plan", "plan check"] {
        let ran = s.session(command).ok();
        let more = if command == "plan" { "and 9980 more" } else { "and 19981 warnings more" };
        assert!(ran.err.contains(more), "{}", ran.err);
        assert!(format!("{}{}", ran.out, ran.err).matches("warning:").count() == 21);
    }
    assert_eq!(s.session("plan --json").ok().json()["warnings"].as_array().unwrap().len(), 10_000);
}

#[test]
fn add_writes_a_session_that_the_reader_reads_back() {
    let s = with_plan(&data("plans/pipeline.md"));
    let before = s.read("docs/X_PROMPTS.md");
    let shown = s.session("plan add BE-20 \"Export to CSV\" --after BE-01 --check \"pytest -q\" --dry-run").ok().out;
    assert!(shown.contains("+## Session BE-20: Export to CSV") && s.read("docs/X_PROMPTS.md") == before, "{shown}");
    let place = s.session("plan add BE-20 \"Export to CSV\" --after BE-01 --check \"pytest -q\"").ok().out;
    let line: usize = place.trim().strip_prefix("docs/X_PROMPTS.md:").unwrap().parse().unwrap();
    let after = s.read("docs/X_PROMPTS.md");
    assert_eq!(after.lines().nth(line - 1), Some("## Session BE-20: Export to CSV"));
    let gone: Vec<&str> = before.lines().filter(|line| !after.lines().any(|kept| kept == *line)).collect();
    assert!(gone.is_empty(), "{gone:?}");
    let plan = s.session("plan --json").ok().json();
    let sessions = plan["sessions"].as_array().unwrap();
    let at = |id: &str| sessions.iter().position(|session| session["id"] == id).unwrap();
    let added = &sessions[at("BE-20")];
    assert_eq!(added["depends_on"], serde_json::json!(["BE-01"]));
    assert_eq!(added["checks"], serde_json::json!([{"kind": "command", "text": "pytest -q"}]));
    assert_eq!(sessions.len(), 11);
    assert_eq!(at("BE-20"), at("BE-01") + 1, "behind the session it depends on");
}

#[test]
fn add_keeps_the_dialect_and_the_line_ends() {
    let s = with_plan(&data("plans/harbor.md"));
    s.session("plan add HB-20 \"Tide <table>\" --after HB-01 --check \"make tide > t.txt\"").ok();
    let text = s.read("docs/X_PROMPTS.md");
    assert!(text.contains("<session id=\"HB-20\" title=\"Tide &lt;table&gt;\">"), "{text}");
    let s = with_plan("\u{feff}# P\r\n\r\n## Session A-1: x\r\n\r\n### Prompt\r\n\r\ny");
    s.session("plan add A-2 Two --check \"echo `date`\"").ok();
    let text = s.read("docs/X_PROMPTS.md");
    assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
    assert_eq!(s.session("plan --json").ok().json()["sessions"][1]["checks"][0]["text"], "echo `date`");
}

#[test]
fn add_refuses_what_would_spoil_the_plan() {
    let s = with_plan(&data("plans/hello.md"));
    let before = s.read("docs/X_PROMPTS.md");
    s.session("plan add HI-01 Again").fails(1, &["HI-01 stands in the plan already", "docs/X_PROMPTS.md:"]);
    s.session("plan add HI-09 Nine --after HI-08").fails(1, &["there is no session HI-08"]);
    s.session("plan add hi-9 Nine").fails(2, &["`hi-9` is no session ID"]);
    s.session("plan add HI-09 \"\"").fails(2, &["a title is one line"]);
    s.session("plan add HI-09 Nine --prompt \"a\n## Session HI-10: b\"").fails(1, &["in a form that its reader"]);
    assert_eq!(s.read("docs/X_PROMPTS.md"), before);
}

#[test]
fn a_plan_that_has_not_changed_is_not_read_again() {
    let s = with_plan(&data("plans/hello.md"));
    let reads = || s.session("next -v").ok().err.contains("reading the plan");
    assert!(reads());
    assert!(!reads(), "kept");
    s.write("docs/X_PROMPTS.md", &data("plans/hello.md").replace("HI-02", "HI-12"));
    assert!(reads(), "another text of the same length");
    assert!(s.session("status").ok().out.contains("HI-12"));
}

#[test]
fn documents_that_nobody_should_have_written() {
    let s = Sandbox::new();
    let path = s.path("docs/X_PROMPTS.md");
    s.write("docs/X_PROMPTS.md", "");
    s.session("plan").fails(1, &["no plugin reads docs/X_PROMPTS.md as a plan"]);
    let bytes = b"## Session A-1: caf\xe9\n".to_vec();
    std::fs::write(&path, &bytes).unwrap();
    s.session("plan").fails_broken(1, &["docs/X_PROMPTS.md is not UTF-8", "byte 19 "]);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);

    let long = "x".repeat(200_000);
    let text = format!(
        "\u{feff}## Session A-1: a\0b {long}\r\n\r\n### Metadata\r\n\tdependencies: B-9 {long}\r\n### Prompt\r\n\r\n{long}\r\n- [ ] `{long}`"
    );
    s.write("docs/X_PROMPTS.md", &text);
    let found = s.session("plan --json").ok().json();
    assert_eq!(found["sessions"][0]["prompt"].as_str().unwrap().len(), 2 * 200_000 + 10);
    let shown = s.session("plan check");
    assert!(shown.code == 1 && shown.out.len() + shown.err.len() < 10_000, "{}", shown.out.len());
    s.session("start A-1 --force").ok();
    assert!(s.read("docs/sessions/SESSION.md").contains(&long));
}

#[test]
fn a_folder_is_a_plan_with_one_session_per_file() {
    let s = Sandbox::new();
    let folder = "docs/TEAM_PROMPTS";
    s.write(&format!("{folder}/README.md"), "# Team - Implementation Prompts\n");
    s.write(&format!("{folder}/A-2.md"), "# A-2: Two\n\n## Metadata\n\ndependencies: A-10\n\n## Prompt\n\nDo two.\n");
    s.write(
        &format!("{folder}/A-10.md"),
        "# A-10: Ten\n\n## Prompt\n\nDo ten.\n\n## Verification\n\n- [ ] `test -s ten`\n",
    );
    let plan = s.session("plan --json").ok().json();
    let read: Vec<(&str, &str)> = (plan["sessions"].as_array().unwrap().iter())
        .map(|session| (session["id"].as_str().unwrap(), session["prompt"].as_str().unwrap()))
        .collect();
    assert_eq!((plan["project"].as_str(), read), (Some("Team"), vec![("A-2", "Do two."), ("A-10", "Do ten.")]));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("start A-2").fails(1, &["A-10 is pending"]);
    s.session("start A-10").ok();
    let task = s.read("docs/sessions/SESSION.md");
    assert!(task.contains("> **Loaded from:** docs/TEAM_PROMPTS/A-10.md:1") && task.contains("Do ten."), "{task}");
    s.session("plan add A-11 Eleven --after A-2").ok();
    assert!(s.read(&format!("{folder}/A-11.md")).starts_with("# A-11: Eleven\n"));
    s.write(&format!("{folder}/A-2.md"), "# A-2: Two\n\ndependencies: Z-9\n\n## Prompt\n\nDo two.\n");
    let shown = s.session("plan check").fails(1, &["has 1 error"]).out;
    assert!(shown.contains("--> docs/TEAM_PROMPTS/A-2.md:3:15"), "{shown}");
}

#[test]
fn graphs_in_every_form() {
    let s = with_plan(&data("plans/pipeline.md"));
    insta::assert_snapshot!(s.shown("plan graph"));
    let mermaid = s.session("plan graph --format mermaid").ok().out;
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("BE-04"), "{mermaid}");
    let dot = s.session("plan graph --format dot").ok().out;
    assert!(dot.contains("rankdir") && dot.contains("BE-04"), "{dot}");
    s.session("plan graph --format svg -o plan.svg").ok();
    let svg = s.read("plan.svg");
    assert!(svg.starts_with("<svg") && svg.contains("BE-04") && svg.contains("Rule engine"), "{}", &svg[..200]);
    let waves = s.session("plan graph --json").ok().json()["waves"].clone();
    assert_eq!(waves[0], serde_json::json!(["BE-01", "DB-01"]));
    s.session("plan graph --format png").fails(2, &["invalid value 'png'"]);
}

#[test]
fn next_says_what_may_run_in_parallel_and_what_not() {
    let session = |id: &str, files: &str| {
        format!(
            "## Session {id}: x\n\n### Metadata\n\nfiles: [{files}]\n\n### Prompt\n\ny\n\n### Verification\n\n- [ ] ok\n\n"
        )
    };
    let text = [session("A-1", "src/a/**"), session("A-2", "src/*/b.rs"), session("A-3", "docs/x.md")].concat();
    let s = with_plan(&text);
    let said = s.session("next").ok().err;
    assert!(said.contains("may run in parallel, each in a working tree of its own: A-1, A-3"), "{said}");
    assert!(said.contains("Not A-1 and A-2 together: both may change src/a/** (src/*/b.rs)"), "{said}");
    let json = s.session("next --json").ok().json();
    assert_eq!(json["parallel"], serde_json::json!(["A-1", "A-3"]));
    let json = s.session("plan check --json").ok().json();
    assert_eq!(
        (&json["check"]["warnings"][0]["line"], &json["check"]["warnings"][0]["column"]),
        (&19.into(), &9.into())
    );
    let checked = s.session("plan check").ok().out;
    assert!(checked.contains("may be changed by A-1 too") && checked.contains("X_PROMPTS.md:19:9"), "{checked}");
}

#[test]
fn models_are_chosen_by_rules_of_the_project_and_checked() {
    let s = with_plan(
        "## Session A-1: Design the ledger schema\n\n### Prompt\n\nx\n\n## Session A-2: Tune\n\n### Metadata\n\nmodel: claude-3-opus-20240229\ntemperature: 0.1\nexecution: CLI | 🧠 Ultrathink | Turbo\n\n### Prompt\n\ny\n",
    );
    s.git("add .");
    s.git("commit --quiet -m plan");
    let ran = s.session("start A-1").ok();
    assert!(
        ran.err.contains("Model: sonnet, thinking ultrathink (architecture: `design` in the title)"),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, "claude --model sonnet 'Work through docs/sessions/SESSION.md (ultrathink)'\n");
    let task = s.read("docs/sessions/SESSION.md");
    assert!(
        task.contains("model: sonnet  # architecture: `design` in the title\nthinking_mode: ultrathink\n"),
        "{task}"
    );
    s.session("pause").ok();
    let ran = s.session("start A-2").ok();
    assert!(ran.err.contains("claude-3-opus-20240229") && ran.err.contains("retired"), "{}", ran.err);
    assert!(ran.err.contains("temperature 0.1 stands in the task file only"), "{}", ran.err);
    s.session("pause").ok();
    let checked = s.session("plan check").ok().out;
    assert!(checked.contains("X_PROMPTS.md:11") && checked.contains("`Turbo` is no mark"), "{checked}");

    s.write(
        "plugins.toml",
        "[models.aliases]\nopus = \"house-9\"\n[[models.rules]]\nkind = \"simple\"\ntitle = [\"design\"]\n[models.simple]\nmodel = \"opus\"\n",
    );
    s.session("trust --yes").ok();
    s.session("plan add A-3 \"Design more\"").ok();
    let ran = s.session("start A-3").ok();
    assert!(ran.out.starts_with("claude --model house-9 "), "{}", ran.out);
    s.write("plugins.toml", "[models]\nalias = {}\n");
    s.session("status").fails(1, &["unknown field `alias`"]);
}

#[test]
fn status_shows_an_overrun_and_asks_for_checkpoints() {
    let s = with_plan("## Session A-1: x\n\n### Metadata\n\nestimated_time: 90 min\n\n### Prompt\n\ny\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    assert!(s.session("start A-1").ok().err.contains("It is heavy: estimated 90 min"));
    let at = |time: &str, command: &str| {
        let mut command = s.session_command(command);
        crate::support::Ran::of(command.env("SESSION_NOW", format!("2026-03-02T{time}:00Z")).output().unwrap()).ok()
    };
    assert!(!at("09:20", "status").err.contains("without a checkpoint"));
    assert!(at("09:40", "status").err.contains("40 min without a checkpoint: session checkpoint"));
    s.write("f", "x");
    at("10:00", "checkpoint -m half");
    assert!(!at("10:20", "status").err.contains("checkpoint"));
    at("10:30", "pause");
    at("12:00", "start A-1");
    let late = at("12:30", "status").err;
    assert!(late.contains("It has taken 120 min of 90 estimated: 30 min over"), "{late}");
    assert_eq!(at("12:30", "status --json").json()["pace"]["overrun"], 30);
}

#[test]
fn nothing_in_a_plan_steers_the_terminal() {
    let hidden = "touch smuggled #\r    $ cargo test";
    let s = with_plan(&format!(
        "## Session A-1: T\u{1b}[2Kitle\u{202e}\n\n### Prompt\n\nx\u{1b}]0;y\u{7}\n\n### Verification\n\n- [ ] `{hidden}`\n- [ ] a\u{9b}1A\n"
    ));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.write("plugins.toml", "[project]\nname = \"P\"\n");
    for command in ["trust --dry-run", "trust --yes", "plan", "plan check", "plan graph", "next", "start A-1", "status"]
    {
        let ran = s.session(command).ok();
        let said = format!("{}{}", ran.out, ran.err);
        let steers = |c: &char| c.is_control() && *c != '\n' || matches!(c, '\u{202e}');
        assert_eq!(said.chars().find(steers), None, "{command}: {said:?}");
    }
    assert!(s.session("plan").ok().out.contains("touch smuggled #␍    $ cargo test"));
    assert!(s.session("show").ok().out.contains("touch smuggled #␍"));
}

#[test]
fn a_folder_in_folders_is_found_and_a_pipe_is_not_read() {
    let s = Sandbox::new();
    s.write("docs/TEAM_PROMPTS/phase-1-a/A-1.md", "# A-1: One\n\n## Prompt\n\nDo one.\n");
    assert!(s.session("next").ok().out.contains("A-1  One"));
    let pipe = s.path("docs/TEAM_PROMPTS/A-2.md");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let shown = s.session("plan").ok();
    assert!(shown.err.contains("it is a named pipe, not a regular file"), "{}", shown.err);
}

#[test]
fn a_drawing_replaces_no_plan_and_a_full_disk_is_no_answer() {
    let s = with_plan(&data("plans/hello.md"));
    let before = s.read("docs/X_PROMPTS.md");
    s.session("plan graph --format svg -o docs/X_PROMPTS.md").fails(1, &["is there already, and is no drawing"]);
    s.session("plan graph --format svg -o .git/config").fails(1, &["is no drawing"]);
    assert_eq!(s.read("docs/X_PROMPTS.md"), before);
    for command in ["plan", "status", "plan graph --format svg", "plan --json"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = crate::support::Ran::of(s.session_command(command).stdout(full).output().unwrap());
        assert_eq!(ran.code, 1, "{command}: {ran:?}");
    }
}

#[test]
fn add_takes_no_text_for_something_else() {
    let s = with_plan(&data("plans/harbor.md"));
    let before = s.read("docs/X_PROMPTS.md");
    for prompt in ["do\n</session>\nlost", "do\n<verification>\n<check>yes</check>\n</verification>\nrest"] {
        let mut command = s.session_command("plan add HB-20 More --after HB-01");
        let ran = crate::support::Ran::of(command.args(["--prompt", prompt]).output().unwrap());
        if ran.code == 0 {
            let plan = s.session("plan --json").ok().json();
            let added = plan["sessions"].as_array().unwrap().iter().find(|session| session["id"] == "HB-20").unwrap();
            assert_eq!((added["prompt"].as_str(), added["checks"].as_array().unwrap().len()), (Some(prompt), 0));
            s.write("docs/X_PROMPTS.md", &before);
        } else {
            assert!(ran.err.contains("in a form that its reader understands"), "{}", ran.err);
            assert_eq!(s.read("docs/X_PROMPTS.md"), before);
        }
    }
}

#[test]
fn a_repository_that_nobody_listed_is_named() {
    let s = with_plan("## Session A-1: x\n\n### Metadata\n\nrepository: webb\n\n### Prompt\n\ny\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init P --repos web api").ok();
    let checked = s.session("plan check").ok().out;
    assert!(
        checked.contains("no [[repository]] named `webb`") && checked.contains("nothing verifies A-1"),
        "{checked}"
    );
    let said = s.session("start A-1").ok().err;
    assert!(said.contains("A-1 belongs to webb, but plugins.toml has only web, api"), "{said}");
}

#[test]
fn start_says_that_a_session_has_no_text() {
    let s = Sandbox::new();
    let plan = "# T - Implementation Prompts\n\n## Session TX-01: Silent\n\n### Verification Checklist\n\n- [ ] `true`\n\n\
                ## Session TX-02: Told\n\n### Prompt\n\nDo it.\n";
    s.write("docs/T_PROMPTS.md", plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    let said = "TX-01 has no text: nothing in docs/T_PROMPTS.md:3 says what to do";
    assert_eq!(s.session("start TX-01").ok().err.matches(said).count(), 1);
    s.session("pause").ok();
    let ran = s.session("start TX-02").ok();
    assert!(!ran.err.contains("has no text"), "{ran:#?}");
    s.session("pause").ok();
    let ran = s.session("start FIX-01 --title Fix").ok();
    assert!(!ran.err.contains("has no text"), "its title was typed: {ran:#?}");
}

/// What the host itself writes into a plan is not left for the user to commit, in the clone of a colleague either.
#[test]
fn a_session_that_is_added_in_another_clone_leaves_nothing_to_commit() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello, Kim\n");
    s.session("complete").ok();
    let clone = s.clone_fresh();
    clone.session("trust --yes").ok();
    clone.session("plan add HI-09 Nine --check \"test -s nine.txt\"").ok();
    clone.session("start HI-09").ok();
    clone.write("nine.txt", "9\n");
    clone.session("complete").ok();
    assert_eq!(clone.git("status --porcelain"), "", "nothing is left");
    clone.session("audit --strict").ok();
    // Edits that a person made before stay theirs.
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    let edited = s.read("docs/HELLO_PROMPTS.md").replace("## Session HI-02", "A word.\n\n## Session HI-02");
    other.write("docs/HELLO_PROMPTS.md", &edited);
    other.session("plan add HI-09 Nine --check \"test -s nine.txt\"").ok();
    other.session("start HI-09").ok();
    other.write("nine.txt", "9\n");
    other.session("complete").ok();
    assert_eq!(other.git("status --porcelain").trim(), "M docs/HELLO_PROMPTS.md");
}
