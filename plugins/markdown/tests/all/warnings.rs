//! What warnings say and where: they are true, point at the word, and stay short. And fences around sessions are no
//! part of them.

use session_plugin_markdown::reader;
use session_sdk::{PlanDocument, Warning};

fn plan(text: &str) -> PlanDocument {
    reader::read(text).unwrap_or_else(|| panic!("no plan: {text}"))
}

fn of_kind(text: &str, kind: &str) -> Vec<Warning> {
    plan(text).warnings.into_iter().filter(|warning| warning.kind == kind).collect()
}

fn prompts(text: &str) -> Vec<String> {
    plan(text).sessions.iter().filter_map(|session| session.prompt.cut(text.as_bytes())).collect()
}

#[test]
fn a_session_in_a_closed_fence_is_told_of_once_and_truly() {
    let text = "# P\n\n## Session BE-08: a\n\n### Prompt\n\nfirst\n\n````markdown\n## Session BE-09: b\n\n### Prompt\n\nmap:\n```\nmap\n```\n\nsecond\n\n````\n\n### Verification\n\n- [ ] `make`\n\n## Session BE-10: c\n\n### Prompt\n\nthird\n";
    let found = of_kind(text, "open-fence");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].line, found[0].related_line, found[0].session.as_deref()), (10, Some(9), Some("BE-09")));
    assert!(!found[0].message.contains("never closed"), "{}", found[0].message);
    assert_eq!(prompts(text), ["first", "map:\n```\nmap\n```\n\nsecond", "third"]);
    assert_eq!(plan(text).sessions[1].checks.len(), 1);
}

#[test]
fn one_fence_around_several_sessions() {
    let text = "# P\n\n## Session A-1: x\n### Prompt\na\n\n````md\n## Session A-2: y\n### Prompt\nb\n\n## Session A-3: z\n### Prompt\nc\n````\n\n## Session A-4: z\n### Prompt\nd\n";
    assert_eq!(prompts(text), ["a", "b", "c", "d"]);
    assert_eq!(of_kind(text, "open-fence").iter().map(|w| w.line).collect::<Vec<_>>(), [8]);
}

#[test]
fn fences_of_the_session_itself_are_kept_apart_from_the_one_around_it() {
    let text = "## Session A-1: x\n### Git Commit\n```\nfeat: a\n\n## Session A-2: y\n### Prompt\n```\nmap\n```\nb\n\n### Verification\n```bash\nmake\n```\n\n## Session A-3: z\n";
    assert_eq!(of_kind(text, "open-fence").iter().map(|w| w.line).collect::<Vec<_>>(), [6]);
    assert_eq!(prompts(text).len(), 1);
    assert_eq!(plan(text).sessions[1].checks.len(), 1);
}

#[test]
fn an_element_that_is_never_closed_ends_before_its_fence() {
    for end in ["", "\n---\n", "\nprose behind it\n", "\n```xml\n<session id=\"A-2\">\ny\n</session>\n```\n"] {
        let text = format!("```xml\n<session id=\"A-1\">\nx\n```sh\nls\n```\nz\n```\n{end}");
        assert_eq!(prompts(&text)[0], "x\n```sh\nls\n```\nz", "{end}");
        assert_eq!(of_kind(&text, "open-element").len(), 1);
    }
    let open = "```xml\n<session id=\"A-1\">\nx\n```sh\nls\n```\nz\n";
    assert_eq!(prompts(open), ["x\n```sh\nls\n```\nz"]);
}

#[test]
fn the_fence_of_the_next_element_is_no_part_of_a_prompt() {
    let text = "## Session A-1: x\n\n### Prompt\n\na\n\n```xml\n<session id=\"A-2\">\nb\n</session>\n```\n";
    assert_eq!(prompts(text), ["a", "b"]);
}

#[test]
fn a_project_is_decoded() {
    let text = "<session id=\"A-1\" title=\"a &lt; b\" project=\"A &amp; B\">\nx\n</session>\n";
    assert_eq!(plan(text).project.as_deref(), Some("A & B"));
}

#[test]
fn columns_point_at_the_word() {
    let text = "## Session A-1: x\n\n- **Depends on:** A-2, über alles, A-3 (b) if ok\n- **Modle:** x | **Repositroy:** y\nparallel_with: A-2, A-9, wer\n\n## Session A-2: y\n\n##  ~~Session A-3: z~~\n\n## Session A-2: again\n";
    let place = |kind| of_kind(text, kind).into_iter().map(|w| (w.line, w.column)).collect::<Vec<_>>();
    assert_eq!(place("dependency-not-understood"), [(3, 24), (3, 36)]);
    assert_eq!(place("unknown-key"), [(4, 5), (4, 20)]);
    assert_eq!(place("unknown-parallel"), [(5, 21), (5, 26)]);
    assert_eq!(place("not-a-session"), [(9, 5)]);
    assert_eq!(place("duplicate-id"), [(11, 12)]);
}

#[test]
fn messages_stay_short() {
    let long = "ä word and ".repeat(20_000);
    let id = format!("A-{}", "1".repeat(1000));
    let text = format!(
        "## Session A-1: x\nDepends on: everything {long}\nparallel_with: A-7, {long}, {id}\n\n## Session A-2 {long}\n\n## Session {id}: x\n\n## Session {id}: y\n"
    );
    let warnings = plan(&text).warnings;
    assert!(warnings.len() > 5 && warnings.iter().all(|w| w.message.chars().count() < 250), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.message.contains('…')));
}

#[test]
fn what_is_left_out_is_told() {
    for (body, kind, line) in [
        ("### Prompt\na\n### Prompt\nb\n", "second-prompt", 5),
        ("### Verification\n| Check | Command |\n|---|---|\n| a | `b` |\n", "no-check", 3),
        ("### Verification\n- `make`\n", "no-check", 3),
        ("### ✅ Tests:\n- [ ] `make`\n", "unknown-section", 2),
        ("a\n\n**Test plan:**\n- [ ] `make`\n", "unknown-section", 4),
        ("### Prompt\np\n\n#### Dependencies\n\n- B-01\n", "dependency-not-understood", 5),
        ("<session\n  id=\"A-2\">\n</session>\n", "not-a-session", 2),
        ("<session id=\"a-2\">\n</session>\n", "not-a-session", 2),
    ] {
        let found = of_kind(&format!("## Session A-1: x\n{body}"), kind);
        assert_eq!(found.iter().map(|warning| warning.line).collect::<Vec<_>>(), [line], "{body}");
    }
    let whole = "## Session A-1: x\n### Prompt\n```\na\n```\n---\n\n### Verification\n\n### Expected Output\nx\n";
    assert_eq!(plan(whole).warnings, []);
}
