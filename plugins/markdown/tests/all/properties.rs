//! The reader against arbitrary text, and against text made of what plans are made of.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use session_plugin_markdown::reader;

use crate::property::{holds, without_spans};

const FRAGMENTS: &[&str] = &[
    "# Title — Implementation Prompts",
    "# PHASE 2: RULES (Week 2)",
    "## Phase 3",
    "## Session A-1: One",
    "## Session A-2 — Two",
    "## Session A-3",
    "## **Session A-4: Four** {#a-4}",
    "## 🔧 5. A-5: Five",
    "## Session A-6-rollback: Six",
    "### Session A-7: Deep",
    "Session A-8: Eight",
    "Session A-9: Nine",
    "---",
    "======",
    "",
    "",
    "### Metadata",
    "### System Configuration",
    "### Sub-Agents",
    "### Dependencies",
    "### Prompt",
    "**Prompt:**",
    "### Context",
    "### Expected Output",
    "### Verification Checklist",
    "### Verification Commands",
    "### Git Commit",
    "#### Unknown",
    "```",
    "````",
    "```yaml",
    "```markdown",
    "```bash",
    "```xml",
    "~~~",
    "dependencies: A-1, A-2 through A-4, words",
    "- **Depends on:** A-2",
    "dependencies:",
    "  - A-3 (note)",
    "files = [\"a\",",
    "parallel_with: A-2, nobody",
    "repositroy: x",
    "model: opus # best",
    "- name: Agent",
    "  role: does",
    "- **Agent** (role): does",
    "| Agent | Role |",
    "- [ ] `make test`",
    "- [x] looks fine",
    "export X=1",
    "cat <<'EOF'",
    "EOF",
    "echo \"open",
    "git commit -m \"feat: x",
    "git commit -m \"$(cat <<'EOF'",
    "<session id=\"A-1\">",
    "<session id=\"B-1\" project='P'>",
    "</session>",
    "<metadata>",
    "</metadata>",
    "<dependencies>A-1</dependencies>",
    "<verification>",
    "<check>make",
    "</verification>",
    "<!--",
    "-->",
    "<<<<<<< ours",
    "=======",
    ">>>>>>> theirs",
    "prose with ä and 🖥️ and `code`",
    "\tindented",
    "> quote",
    "\u{a0}",
];

fn fragments() -> impl Strategy<Value = String> {
    vec(select(FRAGMENTS), 0..60).prop_map(|parts| parts.join("\n") + "\n")
}

/// `cargo test` shall stay quick; the fuzz target looks further.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn arbitrary_text(text in "(?s).{0,300}") {
        holds(&text);
    }

    #[test]
    fn arbitrary_text_in_a_session(text in "(?s).{0,300}") {
        holds(&format!("## Session A-1: x\n{text}"));
        holds(&format!("<session id=\"A-1\">\n{text}"));
    }

    #[test]
    fn text_of_plans(text in fragments()) {
        holds(&text);
        holds(&format!("\u{feff}{text}"));
        holds(&text.replace('\n', "\r"));
    }

    #[test]
    fn text_of_a_task_file(text in fragments()) {
        holds(&format!("# Current Session: A-1 — x\n\n{text}"));
    }

    #[test]
    fn a_session_behind_changes_nothing_before(text in fragments()) {
        let text = format!("## Session B-9: first\n{text}");
        let longer = format!("{text}\n## Session ZZ-999: behind\n\n### Prompt\n\nx\n");
        let before = reader::read(&text).expect("a plan");
        let mut after = reader::read(&longer).expect("a plan");
        prop_assert_eq!(after.sessions.pop().map(|session| session.id), Some("ZZ-999".to_owned()));
        after.warnings.retain(|warning| warning.session.as_deref() != Some("ZZ-999"));
        for (a, b) in before.sessions.iter().zip(&after.sessions) {
            prop_assert_eq!((&a.prompt, &a.context, &a.expected_output), (&b.prompt, &b.context, &b.expected_output));
        }
        prop_assert_eq!(without_spans(before), without_spans(after));
    }
}
