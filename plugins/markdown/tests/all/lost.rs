//! Lines and checks that people write where the dialect does not expect them: they are read, kept as text or named,
//! and what undoes a session is never a check of it.

use session_plugin_markdown::reader;
use session_sdk::{PlanDocument, PlannedSession};

fn plan(text: &str) -> PlanDocument {
    reader::read(text).unwrap_or_else(|| panic!("no plan: {text}"))
}

fn checks(session: &PlannedSession) -> Vec<&str> {
    session.checks.iter().map(|check| check.text.as_str()).collect()
}

/// The texts of the only session.
fn texts(text: &str) -> String {
    let found = plan(text);
    let cut = |one: &session_sdk::Text| one.cut(text.as_bytes()).unwrap_or_default();
    format!("{}\n{}", cut(&found.sessions[0].prompt), cut(&found.sessions[0].context))
}

#[test]
fn what_stands_behind_an_element_is_text() {
    for (open, close) in [("", ""), ("```xml\n", "\n```")] {
        let text = format!(
            "## Session XT-01: One\n\nBefore.\n\n{open}<session id=\"XT-01\">\n<prompt>One</prompt>\n</session>{close}\n\n\
             Behind it.\n\n### Rollback\n\n```bash\ngit reset --hard\n```\n\n## Session XT-02: Two\n\nx\n"
        );
        let found = texts(&text);
        for part in ["Before.", "Behind it.", "### Rollback\n\n```bash\ngit reset --hard\n```"] {
            assert!(found.contains(part), "{part}: {found}");
        }
        assert!(!found.contains("</session>"), "{found}");
        assert_eq!(checks(&plan(&text).sessions[0]), [""; 0]);
    }
}

#[test]
fn what_a_task_of_an_element_verifies_does_not_hide_what_the_session_does() {
    let text = "## Session XT-01: One\n\n<session id=\"XT-01\">\n<tasks>\n<task id=\"1\">\n<verification>\n\
                <check command=\"of task\"/>\n</verification>\n<commit>of task</commit>\n</task>\n</tasks>\n<rollback>\n\
                <verification>\n<check command=\"git stash\"/>\n</verification>\n</rollback>\n<verification>\n\
                <on_failure>\n<check command=\"git clean\"/>\n</on_failure>\n<check command=\"cargo test\"/>\n\
                </verification>\n<commit>feat: x</commit>\n</session>\n";
    let found = plan(text);
    assert_eq!(checks(&found.sessions[0]), ["cargo test"]);
    assert_eq!(found.sessions[0].commit_message.as_deref(), Some("feat: x"));
    let kept = texts(text);
    for part in ["\"of task\"", "<commit>of task", "git stash", "git clean"] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
}

#[test]
fn the_only_verification_of_an_element_counts_in_a_task_too() {
    let text = "<session id=\"XT-01\">\n<task id=\"1\">\n<verification>\n<check command=\"cargo test\"/>\n\
                </verification>\n</task>\n</session>\n";
    assert_eq!(checks(&plan(text).sessions[0]), ["cargo test"]);
}

#[test]
fn tags_around_a_message_are_no_part_of_it() {
    for inner in
        ["<message>feat: x</message>", "\n<message>\nfeat: x\n</message>\n", "\n<message>feat: x\n</message>\n"]
    {
        let text = format!("<session id=\"XT-01\">\n<prompt>x</prompt>\n<commit>{inner}</commit>\n</session>\n");
        assert_eq!(plan(&text).sessions[0].commit_message.as_deref(), Some("feat: x"), "{inner}");
    }
}

#[test]
fn a_fence_that_is_left_open_takes_no_commands_of_the_next_one() {
    let text = "## Session UX-01: One\n\nx\n\n### Verification\n\n```bash\ncargo test\n\n### Rollback\n\n```bash\n\
                git reset --hard\n```\n\n### Git Commit\n\nfeat: x\n";
    assert_eq!(checks(&plan(text).sessions[0]), ["cargo test"]);
    assert!(texts(text).contains("git reset --hard"));
}

#[test]
fn commands_behind_a_comment_about_failure_are_text() {
    for comment in ["# If it fails:", "# Rollback", "## --- Undo ---"] {
        let text = format!(
            "## Session CX-01: One\n\nx\n\n### Verification Commands\n\n```bash\ncargo test\n\n{comment}\nmake down\n```\n\n\
             ### Git Commit\n\nfeat: x\n"
        );
        assert_eq!(checks(&plan(&text).sessions[0]), ["cargo test"], "{comment}");
        assert!(texts(&text).contains(&format!("{comment}\nmake down")), "{}", texts(&text));
    }
    for comment in ["# it fails where the file is missing", "# Unit tests"] {
        let text =
            format!("## Session CX-01: One\n\nx\n\n### Verification Commands\n\n```bash\n{comment}\ncargo test\n```\n");
        assert_eq!(checks(&plan(&text).sessions[0]), ["cargo test"], "{comment}");
    }
}

#[test]
fn a_quote_about_failure_holds_no_check() {
    let text = "## Session QX-01: One\n\nx\n\n### Verification Checklist\n\n- [ ] `make`\n\n> **Rollback:** take it back.\n\
                > - [ ] `make down`\n\n- [ ] `make lint`\n";
    assert_eq!(checks(&plan(text).sessions[0]), ["make", "make lint"]);
    assert!(texts(text).contains("> - [ ] `make down`"));
}

#[test]
fn a_session_one_level_deeper_has_its_sections_on_its_own_level() {
    let text = "## Session LW-01: One\n\n### Prompt\n\na\n\n### Session LW-02: Two\n\n### Prompt\n\nb\n\n\
                ### Verification\n\n- [ ] `make`\n\n### Notes\n\nnobody's\n\n## Session LW-03: Three\n\n### Prompt\n\nc\n";
    let found = plan(text);
    let prompts: Vec<_> = found.sessions.iter().filter_map(|one| one.prompt.cut(text.as_bytes())).collect();
    assert_eq!(prompts, ["a", "b", "c"]);
    assert_eq!(checks(&found.sessions[1]), ["make"]);
}

#[test]
fn a_section_that_another_heading_cuts_off_is_named() {
    let text = "## Session SW-01: One\n## Prompt\na\n## Background\nb\n## Verification\n- [ ] `make`\n\n\
                ## Session SW-02: Two\n## Prompt\nc\n";
    let found = plan(text);
    let named: Vec<_> = found.warnings.iter().filter(|one| one.kind == "cut-off").collect();
    assert_eq!(named.len(), 1, "{:?}", found.warnings);
    assert_eq!((named[0].line, named[0].related_line, named[0].session.as_deref()), (6, Some(4), Some("SW-01")));
    assert!(named[0].message.contains("`Verification`"), "{}", named[0].message);
}

#[test]
fn a_box_of_a_list_before_an_id_is_decoration() {
    let text = "## BX-01: One\n\na\n\n## - [ ] BX-02: Two\n\nb\n\n## * [x] Session BX-03: Three\n\nc\n";
    let found: Vec<_> = plan(text).sessions.into_iter().map(|one| (one.id, one.marked_done)).collect();
    assert_eq!(found, [("BX-01".into(), false), ("BX-02".into(), false), ("BX-03".into(), true)]);
}

#[test]
fn no_message_is_none() {
    for none in ["N/A", "n/a", "None", "—", "-", "none.", "`N/A`"] {
        let section = format!("## Session NA-01: One\n\nx\n\n### Git Commit\n\n{none}\n");
        assert_eq!(plan(&section).sessions[0].commit_message, None, "{none}");
        let label = format!("## Session NA-01: One\n\n**Commit:** {none}\n\nx\n");
        assert_eq!(plan(&label).sessions[0].commit_message, None, "{none}");
    }
}

#[test]
fn nothing_to_verify_is_no_check() {
    for none in ["N/A", "n/a", "None", "—"] {
        let list = format!("## Session NA-01: One\n\nx\n\n### Verification Checklist\n\n- [ ] {none}\n");
        assert_eq!(checks(&plan(&list).sessions[0]), [""; 0], "{none}");
        let label = format!("## Session NA-01: One\n\n**Verification:** {none}\n\nx\n");
        assert_eq!(checks(&plan(&label).sessions[0]), [""; 0], "{none}");
    }
}

#[test]
fn a_comment_behind_a_command_is_no_part_of_it() {
    let text = "## Session CO-01: One\n\nx\n\n### Verification Checklist\n\n- [ ] `make` <!-- quick -->\n";
    let check = &plan(text).sessions[0].checks[0];
    assert_eq!((check.kind, check.text.as_str()), (session_sdk::CheckKind::Command, "make"));
}

#[test]
fn what_recovers_is_no_check_by_whatever_name() {
    for title in [
        "How to recover",
        "Recovery procedure",
        "Error recovery",
        "Contingency plan",
        "In case of problems",
        "When it does not work",
        "Backing out",
        "Back-out plan",
        "Roll-back",
        "Emergency procedure",
        "Abort procedure",
        "If something breaks",
        "On error",
        "Teardown",
        "Restore the old state",
        "Plan B",
    ] {
        let text =
            format!("## Session FF-01: One\n\nx\n\n### Verification\n\n- [ ] `make`\n\n#### {title}\n\n- [ ] `undo`\n");
        assert_eq!(checks(&plan(&text).sessions[0]), ["make"], "{title}");
    }
}

#[test]
fn another_bold_line_ends_what_speaks_of_failure() {
    let text = "## Session BF-01: One\n\nx\n\n### Verification Checklist\n\n- [ ] `make`\n\n1. **Rollback**\n   - [ ] `undo`\n\n\
                **On failure:**\n\n- [ ] `git stash`\n\n**Always:**\n\n- [ ] `lint`\n";
    assert_eq!(checks(&plan(text).sessions[0]), ["make", "lint"]);
}

#[test]
fn attributes_of_a_heading_are_no_part_of_its_name() {
    let text = "## Session AT-01: One {#at}\n\nx\n\n### Verification {.checks}\n\n- [ ] `make`\n\n### Rollback {: .x}\n\n- [ ] `y`\n";
    assert_eq!(checks(&plan(text).sessions[0]), ["make"]);
}
