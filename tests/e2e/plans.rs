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
        assert!(ran.err.contains("and 9980 "), "{}", ran.err);
        assert!(format!("{}{}", ran.out, ran.err).matches("has no prompt").count() == 20);
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
