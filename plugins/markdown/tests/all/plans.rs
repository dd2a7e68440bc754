//! The reader against plans as people write them, and what each must give (`tests/data/plans`).
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

use serde_json::{Value, json};
use session_plugin_markdown::reader;
use session_sdk::{CheckKind, PlanDocument};

fn data(name: &str) -> String {
    let path = format!("{}/../../tests/data/plans/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).expect(&path)
}

fn line_of(text: &str, byte: usize) -> usize {
    text[..byte].matches('\n').count() + 1
}

/// What was read, in the shape of the golden.
fn shape(text: &str, document: &PlanDocument) -> Value {
    let sessions: Vec<Value> = document
        .sessions
        .iter()
        .map(|s| {
            let checks: Vec<Value> = s
                .checks
                .iter()
                .map(|c| json!({"kind": if c.kind == CheckKind::Command { "command" } else { "manual" }, "text": c.text}))
                .collect();
            json!({
                "id": s.id, "title": s.title, "line": s.line,
                "phase": s.metadata.phase, "repository": s.metadata.repository,
                "depends_on": s.depends_on, "parallel_with": s.metadata.parallel_with,
                "model": s.metadata.model, "thinking": s.metadata.thinking,
                "checks": checks,
                "subagents": s.metadata.subagents.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(),
                "prompt_first_line": s.prompt.spans().next().map(|p| line_of(text, p.start)),
                "prompt_last_line": s.prompt.spans().last().map(|p| line_of(text, p.end)),
                "commit_subject": s.commit_message.as_deref().and_then(|m| m.lines().next()),
            })
        })
        .collect();
    json!({"project": document.project, "sessions": sessions})
}

fn check(name: &str) {
    let text = data(&format!("{name}.md"));
    let mut golden: Value = serde_json::from_str(&data(&format!("{name}.expected.json"))).expect(name);
    let document = reader::read(&text).expect("a plan");
    for session in golden["sessions"].as_array_mut().expect("sessions") {
        session.as_object_mut().expect("session").remove("relies_on");
    }
    let found = shape(&text, &document);
    for (found, golden) in found["sessions"]
        .as_array()
        .iter()
        .flat_map(|s| s.iter())
        .zip(golden["sessions"].as_array().iter().flat_map(|s| s.iter()))
    {
        assert_eq!(found, golden);
    }
    assert_eq!(found["project"], golden["project"]);
    assert_eq!(document.sessions.len(), golden["sessions"].as_array().map_or(0, Vec::len));
    let may_warn = |line: usize| {
        golden["may_warn"].as_array().into_iter().flatten().any(|range| {
            let from = range["line"].as_u64().unwrap_or(0) as usize;
            (from..=range["to_line"].as_u64().map_or(from, |to| to as usize)).contains(&line)
        })
    };
    let warnings: Vec<Value> = document
        .warnings
        .iter()
        .filter(|w| !may_warn(w.line))
        .map(|w| json!({"line": w.line, "kind": w.kind, "session": w.session, "related_line": w.related_line}))
        .collect();
    let expected: Vec<Value> = golden["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|w| json!({"line": w["line"], "kind": w["kind"], "session": w["session"], "related_line": w["related_line"]}))
        .collect();
    assert_eq!(warnings, expected);
}

#[test]
fn hello() {
    check("hello");
}

#[test]
fn pipeline() {
    check("pipeline");
}

#[test]
fn broken() {
    check("broken");
}

#[test]
fn harbor() {
    check("harbor");
}

fn ids(text: &str) -> Vec<String> {
    reader::read(text).map(|plan| plan.sessions.into_iter().map(|session| session.id).collect()).unwrap_or_default()
}

#[test]
fn elements_without_a_heading_and_without_an_end() {
    let text = "<session id=\"A-1\" title=\"One\">\n<context>\nx\n</context>\n\n```xml\n<session id=\"A-2\">\n<tasks>\ny\n</tasks>\n</session>\n```\n";
    let plan = reader::read(text).expect("a plan");
    assert_eq!(ids(text), ["A-1", "A-2"]);
    assert_eq!(plan.sessions[0].title, "One");
    let kinds: Vec<&str> = plan.warnings.iter().map(|w| w.kind.as_str()).collect();
    assert_eq!(kinds, ["open-element"], "{:?}", plan.warnings);
}

#[test]
fn tags_in_other_fences_and_in_text_open_nothing() {
    assert_eq!(ids("## Session A-1: x\n\n```text\n<session id=\"B-1\">\n```\nsee <session id=\"B-2\">\n"), ["A-1"]);
    assert_eq!(ids("nothing here\n"), Vec::<String>::new());
}

#[test]
fn what_looks_like_a_session_and_is_none_is_named() {
    let text = "## Session A-1: x\n\ny\n\n## Session A-2/3: two\n\n## Session 4: no letters\n\n## A-5+: odd\n\n##### Session A-6: deep\n\n## Session A-7 no colon\n\ny\n\n### Session A-8: deeper\n\ny\n";
    let plan = reader::read(text).expect("a plan");
    let named: Vec<(&str, usize)> = plan.warnings.iter().map(|w| (w.kind.as_str(), w.line)).collect();
    let kinds =
        [("not-a-session", 5), ("not-a-session", 7), ("near-miss", 9), ("not-a-session", 11), ("level-differs", 17)];
    assert_eq!(named, kinds);
    assert_eq!(ids(text), ["A-1", "A-7", "A-8"]);
}
