//! Plans that people already have, each with what reading it must give (`tests/data/kinds`).
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

use serde_json::Value;
use session_plugin_markdown::reader;
use session_sdk::{CheckKind, PlannedSession, Text};

const KINDS: [&str; 8] =
    ["leftovers", "near-miss", "mixed", "labels", "dependencies", "commit-files", "rollback", "xml"];

fn data(path: &str) -> String {
    let path = format!("{}/../../tests/data/kinds/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).expect(&path)
}

fn flat(text: &str) -> String {
    text.replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items
}

/// All that the task file would show of a session's texts.
fn shown(text: &str, session: &PlannedSession) -> String {
    let cut = |part: &Text| part.cut(text.as_bytes()).unwrap_or_default();
    [&session.prompt, &session.context, &session.expected_output].map(cut).join("\n\n")
}

fn compare(kind: &str, text: &str, found: &PlannedSession, golden: &Value) {
    let place = format!("{kind}: {}", found.id);
    assert_eq!(golden["id"], found.id.as_str(), "{place}");
    assert_eq!(golden["title"], found.title.as_str(), "{place}");
    assert_eq!(golden["line"], found.line, "{place}");
    if let Some(phase) = golden.get("phase") {
        assert_eq!(phase.as_str(), found.metadata.phase.as_deref(), "{place}");
    }
    assert_eq!(sorted(strings(&golden["depends_on"])), sorted(found.depends_on.clone()), "{place}");
    assert_eq!(strings(&golden["parallel_with"]), found.metadata.parallel_with, "{place}");
    let written = |check: &Value| {
        let manual = check["kind"] == "manual";
        let text = check["text"].as_str().unwrap_or_default();
        (manual, if manual { flat(text) } else { text.to_owned() })
    };
    let checks: Vec<_> = golden["checks"].as_array().into_iter().flatten().map(written).collect();
    let manual = |kind| kind == CheckKind::Manual;
    let read: Vec<_> = found
        .checks
        .iter()
        .map(|check| (manual(check.kind), if manual(check.kind) { flat(&check.text) } else { check.text.clone() }))
        .collect();
    assert_eq!(checks, read, "{place}");
    let shown = shown(text, found);
    for part in strings(&golden["prompt_contains"]) {
        assert!(shown.contains(&part), "{place} lacks {part:?} in\n{shown}");
    }
    for part in strings(&golden["prompt_lacks"]) {
        assert!(!shown.contains(&part), "{place} has {part:?} in\n{shown}");
    }
    assert_eq!(strings(&golden["files"]), found.metadata.files, "{place}");
    let subject = found.commit_message.as_deref().and_then(|message| message.lines().next());
    assert_eq!(golden["commit_subject"].as_str(), subject, "{place}");
    if let Some(message) = golden.get("commit_message") {
        assert_eq!(message.as_str(), found.commit_message.as_deref(), "{place}");
    }
    if let Some(folder) = golden.get("working_directory") {
        assert_eq!(folder.as_str(), found.metadata.working_directory.as_deref(), "{place}");
    }
    assert_eq!(golden["marked_done"], found.marked_done, "{place}");
}

fn check(kind: &str) -> usize {
    let golden: Value = serde_json::from_str(&data(&format!("{kind}/expected.json"))).expect(kind);
    let text = data(&format!("{kind}/{}", golden["plan"].as_str().expect("a plan")));
    let plan = reader::read(&text).expect("a plan");
    let sessions = golden["sessions"].as_array().expect("sessions");
    for (found, golden) in plan.sessions.iter().zip(sessions) {
        compare(kind, &text, found, golden);
    }
    assert_eq!(plan.sessions.len(), sessions.len(), "{kind}");
    for warning in golden["warnings"].as_array().into_iter().flatten() {
        let is =
            |found: &&session_sdk::Warning| warning["kind"] == found.kind.as_str() && warning["line"] == found.line;
        assert!(plan.warnings.iter().any(|found| is(&found)), "{kind}: {warning} is not in {:#?}", plan.warnings);
    }
    plan.warnings.len() - golden["warnings"].as_array().map_or(0, Vec::len)
}

#[test]
fn what_each_kind_must_give() {
    for kind in KINDS {
        assert_eq!(check(kind), 0, "{kind}: warnings of nothing");
    }
}

#[test]
fn a_log_of_prompts_is_no_plan() {
    assert_eq!(reader::read(&data("prompts-log/docs/PROMPTS.md")), None);
}

#[test]
fn a_plan_of_tasks() {
    check("task-ids");
}
