//! No dependency is dropped in silence: a session would start without waiting for it. What is written is read, or a
//! warning names it.

use session_plugin_markdown::reader;
use session_sdk::PlanDocument;

fn plan(body: &str) -> PlanDocument {
    let text = format!("## Session A-1: x\n\n{body}\n");
    reader::read(&text).unwrap_or_else(|| panic!("no plan: {body}"))
}

fn kinds(plan: &PlanDocument) -> Vec<&str> {
    plan.warnings
        .iter()
        .map(|warning| warning.kind.as_str())
        .filter(|kind| !matches!(*kind, "no-prompt" | "empty"))
        .collect()
}

#[test]
fn however_it_is_written() {
    for body in [
        "### Metadata\n```json\n{\"depends_on\": [\"B-01\"]}\n```\n",
        "### Metadata\n```json\n{\"phase\":1,\"depends_on\":[\"B-01\"],\"size\":\"M\"}\n```\n",
        "### Metadata\n```json\n{\n  \"session\": {\n    \"phase\": 1, \"depends_on\": [\"B-01\"]\n  }\n}\n```\n",
        "### Metadata\n```yaml\ndepends_on = B-01\n```\n",
        "### Metadata\n```yaml\nmetadata: {phase: 1, depends_on: [B-01]}\n```\n",
        "### Metadata\n```yaml\ndepends_on: >\n  B-01\n```\n",
        "### Metadata\n```yaml\ndependencies:\n  hard: [B-01]\n```\n",
        "### Metadata\n```yaml\ndependencies:\n  - session_id: B-01\n    reason: its schema\n```\n",
        "### Metadata\n```yaml\nphase: 1\n```\n\n```yaml\ndepends_on: B-01\n```\n",
        "### Metadata\n```\nA-1 --- A-2\n```\n\n```yaml\ndepends_on: B-01\n```\n",
        "### Metadata\n```yaml\ndependencies: none\n```\nDepends on: B-01\n",
        "depends_on = B-01\n",
        "depends_on:B-01\n",
        "| Depends on | B-01 | x |\n",
        "| Phase | Depends on | Size |\n|---|:-:|---|\n| 1 | B-01 | M |\n",
        "1. **Depends on:** B-01\n",
        "2. Depends on: B-01\n",
        "**Depends on** B-01\n",
        "**Depends on** → `B-01`\n",
        "Depends on B-01.\n",
        "Requires B-01.\n",
        "This session depends on B-01. It starts late.\n",
        "> Blocked by B-01\n",
        "Depends on: session B-01\n",
        "Depends on: Sessions B-01\n",
        "Depends on:\n1. B-01\n",
        "**Depends on:**\n- [ ] B-01\n",
        "Depends on:\n• B-01\n",
        "### Dependencies\n1. B-01\n",
        "### Dependencies\n- [x] Session B-01\n",
        "### Dependencies\n\n| # | Session | Why |\n|---|---|---|\n| 1 | B-01 | schema |\n",
        "### Dependencies\n- B-01\n\n```\nB-01 --- A-1\n```\n",
    ] {
        let found = plan(body);
        assert_eq!(found.sessions[0].depends_on, ["B-01"], "{body}");
        let odd = body.contains("---") && body.contains("```\nB-01");
        assert!(odd || kinds(&found).is_empty(), "{body}: {:?}", found.warnings);
    }
}

#[test]
fn a_value_goes_on_below() {
    for body in ["Depends on: B-01,\nB-02\n", "**Depends on:**\nB-01\nB-02\n", "Depends on: B-01 and\n  B-02\nprose\n"]
    {
        assert_eq!(plan(body).sessions[0].depends_on, ["B-01", "B-02"], "{body}");
        assert_eq!(kinds(&plan(body)), [""; 0], "{body}");
    }
}

#[test]
fn in_elements() {
    for element in [
        "<session id=\"A-1\" depends_on=\"B-01\">\nx\n</session>",
        "<session id=\"A-1\">\n<metadata>\nphase: 1\ndepends_on: B-01\n</metadata>\nx\n</session>",
        "<session id=\"A-1\">\n<dependencies>\n  - B-01\n</dependencies>\nx\n</session>",
        "<session id=\"A-1\">\n<dependencies>\n  <session_ref id=\"B-01\"/>\n</dependencies>\nx\n</session>",
        "<session id=\"A-1\">\n<dependencies>\n  <dependency>B-01</dependency>\n</dependencies>\nx\n</session>",
        "<session id=\"A-1\">\n<depends-on>B-01</depends-on>\nx\n</session>",
        "<session id=\"A-1\">\n<requires>\n<context>\nB-09\n</context>\n<requires>B-01</requires>\n</session>",
    ] {
        let found = reader::read(element).expect("a plan");
        assert_eq!(found.sessions[0].depends_on, ["B-01"], "{element}");
        assert_eq!(kinds(&found), [""; 0], "{element}");
    }
}

#[test]
fn what_is_not_read_is_named() {
    for (body, kind) in [
        ("Everything in here depends on B-01 and a database.\n", "dependency-not-understood"),
        ("Depends on the schema of B-01.\n", "dependency-not-understood"),
        ("Depends on: #12\n", "dependency-not-understood"),
        ("### Dependencies\n\n| Session | Why |\n|---|---|\n| the schema | x |\n", "dependency-not-understood"),
        ("### Prerequisites\n- completion of B-01\n- Docker\n", "dependency-not-understood"),
        ("Needs: B-01\n", "unknown-key"),
        ("Waits for: B-01\n", "unknown-key"),
    ] {
        let found = plan(body);
        assert_eq!(found.sessions[0].depends_on, [""; 0], "{body}");
        assert_eq!(kinds(&found), [kind], "{body}");
    }
}

#[test]
fn prose_and_tables_of_others_hold_none() {
    for body in [
        "**Dependencies** are installed by `npm ci`.\n",
        "Needs: Docker\n",
        "| Session | Depends on | Size |\n|---|---|---|\n| A-2 | B-01 | M |\n| A-3 | B-02 | M |\n",
        "| Depends on | Size | Phase |\n|---|---|---|\n",
        "How long it takes depends on the size.\n",
        "```yaml\nservices:\n  web:\n    depends_on:\n      - db\n```\n",
    ] {
        let found = plan(body);
        assert_eq!((found.sessions[0].depends_on.len(), kinds(&found)), (0, vec![]), "{body}");
    }
}
