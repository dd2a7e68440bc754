//! Where sessions and their sections end, and that nothing of a session is dropped. One small document per case.

use session_plugin_markdown::reader::{self, Order};
use session_sdk::{CheckKind, PlanDocument, PlannedSession};

fn plan(text: &str) -> PlanDocument {
    reader::read(text).unwrap_or_else(|| panic!("no plan: {text}"))
}

fn one(text: &str) -> PlannedSession {
    plan(text).sessions.into_iter().next().expect("a session")
}

fn checks(text: &str) -> Vec<String> {
    one(text).checks.into_iter().map(|check| check.text).collect()
}

fn context(text: &str) -> String {
    one(text).context.cut(text.as_bytes()).unwrap_or_default()
}

fn prompt(text: &str) -> String {
    one(text).prompt.cut(text.as_bytes()).unwrap_or_default()
}

fn ids(text: &str) -> Vec<String> {
    plan(text).sessions.into_iter().map(|session| session.id).collect()
}

fn waits(text: &str) -> Vec<Vec<String>> {
    plan(text).sessions.into_iter().map(|session| session.depends_on).collect()
}

#[test]
fn what_undoes_a_session_is_never_a_check() {
    let undo = "```sh\ngit reset --hard HEAD~1\n```\n- [ ] `git clean -fd`\n";
    for behind in [
        format!("### Rollback\n{undo}"),
        format!("### If it fails\n#### Verification\n{undo}"),
        format!("#### Undo\n{undo}"),
        format!("#### 🚑 Troubleshooting\n**Commands:**\n{undo}"),
        format!("**If it fails:**\n{undo}"),
        format!("**Rollback**\n\n{undo}"),
        "If the check fails, undo it:\n```sh\ngit reset --hard HEAD~1\n```\n".to_owned(),
        format!("### Deploy\n{undo}"),
        format!("## Rollback Commands Reference\n### Verification\n{undo}"),
        format!("# Appendix\n### Verification\n{undo}"),
        format!("## Verification\n{undo}"),
    ] {
        let text = format!("## Session A-1: x\n### Prompt\np\n### Verification\n- [ ] `make`\n{behind}");
        assert_eq!(checks(&text), ["make"], "{behind}");
        let inside =
            format!("## Session A-1: x\n### Prompt\n````md\np\n### Verification\n- [ ] `make`\n{behind}````\n");
        assert_eq!(checks(&inside), ["make"], "in the prompt: {behind}");
    }
    let more = "## Session A-1: x\n### Verification\n- [ ] `a`\n#### Undo\n- [ ] `b`\n#### Also\n- [ ] `c`\n";
    assert_eq!(checks(more), ["a", "c"]);
}

#[test]
fn a_unit_ends_at_any_heading_of_its_level() {
    let text = "## Session A-1: x\na\n## Notes\n### Prompt\nb\n## Session A-2: y\nc\n# Part\n### Git Commit\nfeat: d\n";
    assert_eq!(ids(text), ["A-1", "A-2"]);
    let plan = plan(text);
    let texts: Vec<_> = plan.sessions.iter().map(|session| session.prompt.cut(text.as_bytes())).collect();
    assert_eq!(texts, [Some("a".into()), Some("c".into())]);
    assert!(plan.sessions.iter().all(|session| session.commit_message.is_none()));
}

#[test]
fn sections_on_the_level_of_the_units_are_theirs_where_all_stand_there() {
    let flat = "## Session A-1: x\n\n## Prompt\n\np\n\n## Verification\n- [ ] `a`\n\n## Session A-2: y\n\n## Prompt\n\nq\n\n## Rollback\n\n## Verification\n- [ ] `b`\n";
    let found = plan(flat);
    let of = |at: usize| found.sessions[at].checks.len();
    assert_eq!((ids(flat), of(0), of(1)), (vec!["A-1".into(), "A-2".into()], 1, 0));
}

#[test]
fn one_message_and_what_follows_is_text() {
    let text = "## Session A-1: x\n### Prompt\np\n### Git Commit\n```\nfeat: a\n```\nThen:\n```sh\ngit push\n```\n#### If it fails\n```\nfeat: b\n```\n";
    assert_eq!(one(text).commit_message.as_deref(), Some("feat: a"));
    assert_eq!(context(text), "Then:\n```sh\ngit push\n```\n#### If it fails\n```\nfeat: b\n```");
}

#[test]
fn prose_beside_dependencies_is_waited_for_by_nobody() {
    for body in [
        "### Dependencies\n- A-2\n### Background\nAfter this, A-3 and A-4 can begin.\n",
        "### Dependencies\n- A-2\n#### Background\nA-3 and A-4 can begin.\n",
        "### Dependencies\n- A-2\n#### Unblocks\n- A-3\n- A-4\n",
        "### Dependencies\n- A-2\n\nAfter this one, A-3 and A-4 can begin.\n",
        "### Dependencies\n- A-2\n- **Blocks:** A-3\n",
        "**Depends on:** A-2\n\n**Blocks:** A-3\n",
        "### Dependencies\nA-2\n",
        "### Dependencies\n#### Hard\n- A-2\n",
    ] {
        let text = format!("## Session A-1: x\n{body}\n## Session A-2: y\n## Session A-3: z\n## Session A-4: z\n");
        assert_eq!(one(&text).depends_on, ["A-2"], "{body}");
        for line in body.lines().filter(|line| line.contains("A-3")) {
            assert!(prompt(&text).contains(line), "{body}: {}", prompt(&text));
        }
    }
}

#[test]
fn nothing_is_dropped() {
    for (line, body) in [
        ("under the heading", "LINE\n\n### Prompt\np\n"),
        ("in a section of another name", "### Objective\n\nLINE\n\n### Prompt\np\n"),
        ("deeper", "### Objective\n\n#### More\nLINE\n\n### Prompt\np\n"),
        ("behind a prompt's fence", "### Prompt\n```\np\n```\n\nLINE\n"),
        ("in a second prompt", "### Prompt\np\n### Prompt\nLINE\n"),
        ("prose of a verification", "### Prompt\np\n### Verification\nLINE\n- [ ] `make`\n"),
        ("a plain bullet there", "### Prompt\np\n### Verification\n- [ ] `make`\n- LINE\n"),
        ("another fence there", "### Prompt\np\n### Verification\n- [ ] `make`\n```text\nLINE\n```\n"),
        ("a key that is none", "### Metadata\n```yaml\nphase: 1\nowner: LINE\n```\n### Prompt\np\n"),
        ("a bullet behind metadata", "- **Track:** A\n- **Phase:** 1\n\n- LINE\n\n### Prompt\np\n"),
        ("prose in metadata", "### Metadata\n\nphase: 1\n\nLINE\n\n### Prompt\np\n"),
        ("a note to a prerequisite", "**Prerequisites:** LINE\n\n### Prompt\np\n"),
        ("around sub-agents", "### Sub-Agents\nLINE\n```yaml\nsub_agents:\n  - name: a\n```\n### Prompt\np\n"),
        ("behind an expected output", "### Expected Output\nx\n### Hints\nLINE\n### Prompt\np\n"),
        ("a list below criteria", "**Acceptance criteria:**\n- a\n\nLINE\n\n### Prompt\np\n"),
        ("before an element", "LINE\n\n<session id=\"A-1\">\np\n</session>\n"),
        (
            "an element's own metadata",
            "<session id=\"A-1\">\n<metadata>\n<owner>LINE</owner>\n</metadata>\np\n</session>\n",
        ),
        ("an element's verification", "<session id=\"A-1\">\n<verification>\nLINE\n</verification>\np\n</session>\n"),
    ] {
        let body = body.replace("LINE", "a line of text");
        let text = format!("## Session A-1: x\n\n{body}");
        let found = one(&text);
        let all = [&found.context, &found.prompt, &found.expected_output].map(|part| part.cut(text.as_bytes()));
        let all = all.into_iter().flatten().collect::<Vec<_>>().join("\n");
        assert_eq!(all.matches("a line of text").count(), 1, "{line}: {all}");
    }
}

#[test]
fn text_keeps_its_order_and_its_headings() {
    let text = "## Session A-1: x\nfirst\n### Goal\nsecond\n### Context\nthird\n### Prompt\np\n### Hints\nfourth\n";
    assert_eq!(context(text), "first\n### Goal\nsecond\n\n### Context\nthird\n\n### Hints\nfourth");
    assert_eq!(prompt(text), "p");
    let text = "## Session A-1: x\nfirst\n### Goal\nsecond\n### Context\nthird\n";
    assert_eq!((prompt(text), context(text)), ("first\n### Goal\nsecond".into(), "third".into()));
}

#[test]
fn a_session_without_text_is_told_of() {
    let kinds = |text: &str| plan(text).warnings.into_iter().map(|w| (w.kind, w.line)).collect::<Vec<_>>();
    assert_eq!(kinds("## Session A-1: x\n**Depends on:** none\n"), [("empty".into(), 1)]);
    assert_eq!(kinds("## Session A-1: x\n### Goal\n### Verification\n- [ ] a\n"), [("no-prompt".into(), 1)]);
    assert_eq!(kinds("## A-1: x\n**Verify:** `make`\n"), [("empty".into(), 1)]);
    assert_eq!(kinds("## Session A-1: x\n### Context\ny\n"), []);
}

#[test]
fn order_is_the_dependency_where_none_is_named() {
    let text = "## A-1: x\na\n## A-2: y\nb\n## A-3: z\nc\n";
    assert_eq!(waits(text), [vec![], vec!["A-1".to_owned()], vec!["A-2".to_owned()]]);
    let free = reader::read_in(text, Order::Free).expect("a plan");
    assert!(free.sessions.iter().all(|session| session.depends_on.is_empty()));
    for named in [
        text.replace("a\n", "a\n\n**Depends on:** none\n"),
        text.replace("b\n", "b\n\n### Dependencies\n\nnone\n"),
        text.replace("## A-3", "## Session A-3"),
    ] {
        assert!(waits(&named).iter().all(Vec::is_empty), "{named}: {:?}", waits(&named));
    }
    // The plan's own head does not count, and neither do prerequisites for people.
    let head = format!("**Depends on:** the weather\n\n{}", text.replace("a\n", "**Prerequisites:** Docker\n"));
    assert_eq!(waits(&head)[1], ["A-1"]);
}

#[test]
fn all_that_stands_before() {
    let text = "## Session A-1: x\na\n## Session A-2: y\nb\n## Session A-3: z\n**Depends on:** all previous sessions\n";
    assert_eq!(waits(text)[2], ["A-1", "A-2"]);
}

#[test]
fn one_level_off_is_a_session_with_a_warning() {
    for text in [
        "## A-1: x\na\n### A-2: y\nb\n",
        "### A-1: x\na\n## A-2: y\nb\n### A-3: z\nc\n",
        "## A-1: x\na\n## A-2: y\nb\n### A-3: z\nc\n### A-4: z\nd\n",
        "## Session A-1: x\na\n### A-2 — y\nb\n# [A-3] z\nc\n",
    ] {
        let found = plan(text);
        assert_eq!(found.sessions.len(), text.lines().count() / 2, "{text}");
        let off = found.warnings.iter().filter(|warning| warning.kind == "level-differs").count();
        assert!(off > 0 && off == found.warnings.len(), "{text}: {:?}", found.warnings);
    }
    // Other letters on the level above group them.
    let groups = "## AUTH-1: x\n### T-1: y\na\n### T-2: z\nb\n## MAIL-2: x\n### T-3: y\nc\n";
    assert_eq!(ids(groups), ["T-1", "T-2", "T-3"]);
}

#[test]
fn headings_that_speak_of_sessions_are_text() {
    let text = "## Session A-1: x\na\n### A-1: its tests\nb\n### A-2 comes next\nc\n## Session A-2: y\nd\n### UTF-8 in names\ne\n### Session A-3: z\nf\n";
    assert_eq!(ids(text), ["A-1", "A-2", "A-3"]);
    let kinds: Vec<_> = plan(text).warnings.into_iter().map(|w| (w.kind, w.line)).collect();
    assert_eq!(kinds, [("level-differs".to_owned(), 11)]);
    assert_eq!(prompt(text), "a\n### A-1: its tests\nb\n### A-2 comes next\nc");
}

#[test]
fn marks_of_done() {
    let done = |text: &str| plan(text).sessions.into_iter().map(|session| session.marked_done).collect::<Vec<_>>();
    assert_eq!(done("## [x] A-1: x\na\n## A-2: y ✅\nb\n## A-3: z\nc\n"), [true, true, false]);
    assert_eq!(done("## A-1: x\n**Status:** ✅ Complete\n## A-2: y\n- Status: pending\n- [x] b\n"), [true, false]);
    assert_eq!(done("## A-1: x\n- [x] a\n- [x] b\n## A-2: y\n- [x] a\n- [ ] b\n"), [true, false]);
    assert_eq!(done("## Session A-1: x\n### Verification\n- [x] a\n"), [false]);
}

#[test]
fn labels_stand_anywhere_in_its_own_text() {
    let text = "## A-1: x\n\n### Details\n\nRead it.\n\n**Verify:**\n```sh\nmake\n```\n**Files:** `a.rs`, `b.rs:1-2`\n**Commit:** `feat: x`\n**Blocked by:** B-01\n**Estimate:** 2 h\n- **Done when:**\n  - it is read\n    by a person\n  - `cargo test`\n";
    let found = one(text);
    let kinds: Vec<_> = found.checks.iter().map(|check| (check.kind, check.text.as_str())).collect();
    let manual = CheckKind::Manual;
    assert_eq!(
        kinds,
        [(CheckKind::Command, "make"), (manual, "it is read by a person"), (CheckKind::Command, "cargo test")]
    );
    assert_eq!(found.metadata.files, ["a.rs", "b.rs"]);
    assert_eq!(found.commit_message.as_deref(), Some("feat: x"));
    assert_eq!((found.depends_on, found.metadata.estimated_time.as_deref()), (vec!["B-01".into()], Some("2 h")));
    assert_eq!(prompt(text), "### Details\n\nRead it.");
    // Not in a fence, and not in a prompt.
    let text = "## A-1: x\n```\n**Verify:** `make`\n```\n### Prompt\n**Verify:** `make`\n";
    assert_eq!(checks(text), [""; 0]);
}

#[test]
fn a_folder_to_work_in_may_be_none() {
    for none in ["N/A", "none", "—", "any project"] {
        let text = format!("## Session A-1: x\n- **Working directory:** {none}\n\na\n");
        assert_eq!(one(&text).metadata.working_directory, None, "{none}");
    }
}
