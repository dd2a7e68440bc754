//! What people write beside the grammar, and that the reader neither loses a prompt, nor swallows a neighbour, nor
//! invents a session for it. One small document per case.

use session_plugin_markdown::reader;
use session_sdk::{CheckKind, PlanDocument, PlannedSession};

fn plan(text: &str) -> PlanDocument {
    reader::read(text).unwrap_or_else(|| panic!("no plan: {text}"))
}

fn ids(text: &str) -> Vec<String> {
    reader::read(text).map(|plan| plan.sessions.into_iter().map(|session| session.id).collect()).unwrap_or_default()
}

fn one(text: &str) -> PlannedSession {
    plan(text).sessions.into_iter().next().expect("a session")
}

fn kinds(text: &str) -> Vec<(String, usize)> {
    plan(text)
        .warnings
        .into_iter()
        .map(|w| (w.kind, w.line))
        .filter(|(kind, _)| !matches!(kind.as_str(), "no-prompt" | "empty"))
        .collect()
}

fn prompt(text: &str) -> Option<String> {
    one(text).prompt.cut(text.as_bytes())
}

#[test]
fn a_session_knows_all_of_its_bytes() {
    let text = "# P\n\n## Session A-1: x\na\n\n## Session A-2: y\nb\n# PHASE 2\n## Session A-3: z\n";
    let spans: Vec<&str> =
        plan(text).sessions.iter().filter_map(|s| s.span).map(|span| &text[span.start..span.end]).collect();
    assert_eq!(spans, ["## Session A-1: x\na\n\n", "## Session A-2: y\nb\n", "## Session A-3: z\n"]);
}

#[test]
fn underlined_headings_are_headings() {
    let text = "Session A-1: One\n================\n\nPrompt\n------\n\ndo it\n\nSession A-2: Two\n===\n";
    assert_eq!(ids(text), ["A-1", "A-2"]);
    assert_eq!(prompt(text).as_deref(), Some("do it"));
    assert_eq!(one(text).title, "One");
    let phases = "PHASE 1: A\n===\n\nSession A-1: x\n---\n\nPHASE 2: B\n===\n\nSession A-2: y\n---\n";
    let found: Vec<_> = plan(phases).sessions.into_iter().map(|s| (s.id, s.metadata.phase)).collect();
    assert_eq!(found, [("A-1".into(), Some("1".into())), ("A-2".into(), Some("2".into()))]);
}

#[test]
fn a_rule_below_text_makes_no_heading() {
    let text = "## Session A-1: x\n\n### Git Commit\n\nfeat: a\n\nSession: A-1\n---\n\nSession A-1\n---\n\na\nSession A-2: y\n---\n";
    assert_eq!(ids(text), ["A-1"]);
    assert_eq!(kinds(text), []);
}

#[test]
fn a_commented_session_is_none_and_ends_the_one_before() {
    let text = "## Session A-1: x\n\n### Prompt\n\np\n\n<!--\n## Session A-2: y\n\n### Metadata\n\ndependencies: A-9\n\n## Session A-4: z\n-->\n\n## Session A-3: z\n";
    assert_eq!(ids(text), ["A-1", "A-3"]);
    assert_eq!(kinds(text), [("commented-out".into(), 8)]);
    assert_eq!(prompt(text).as_deref(), Some("p"));
    assert_eq!(one(text).depends_on, [""; 0]);
    let span = one(text).span.expect("a span");
    assert!(!text[span.start..span.end].contains("<!--"));
}

#[test]
fn comments_that_hold_no_session_are_text_of_the_one_around() {
    let text =
        "## Session A-1: x\n\n### Prompt\n\np\n<!-- a\nb -->\nq\n\n### Verification\n\n- [ ] a\n<!--\n- [ ] b\n-->\n";
    assert_eq!(prompt(text).as_deref(), Some("p\n<!-- a\nb -->\nq"));
    assert_eq!(one(text).checks.len(), 1);
    assert_eq!(ids("## Session A-1: x\n<!-- never closed\n## Session A-2: y\n"), ["A-1", "A-2"]);
    assert_eq!(ids("## Session A-1: x\n```\n<!--\n```\n## Session A-2: y\n-->\n"), ["A-1", "A-2"]);
}

#[test]
fn conflict_markers_are_named() {
    let text = "## Session A-1: x\n\n### Prompt\n\na\n\nb\n<<<<<<< ours\nSession A-2: y\n=======\nc\n>>>>>>> theirs\n";
    assert_eq!(kinds(text), [("conflict-marker".into(), 8)]);
    assert_eq!(ids(text), ["A-1"]);
}

#[test]
fn a_session_that_marks_a_revert_is_left_out() {
    let text = "## Session A-1: x\n\n### Prompt\n\np\n\n## Session A-1-rollback: y\n\n### Prompt\n\nq\n";
    assert_eq!(ids(text), ["A-1"]);
    assert_eq!(kinds(text), [("reserved-id".into(), 7)]);
    assert_eq!(prompt(text).as_deref(), Some("p"));
}

#[test]
fn unknown_neighbours_are_named() {
    let text = "## Session A-1: x\nparallel_with: A-2, A-7, somebody\n\n## Session A-2: y\nparallel_with: none\n";
    assert_eq!(kinds(text), [("unknown-parallel".into(), 2), ("unknown-parallel".into(), 2)]);
    assert_eq!(one(text).metadata.parallel_with, ["A-2", "A-7"]);
}

#[test]
fn typing_mistakes_in_keys_are_named_and_other_keys_are_not() {
    let text = "## Session A-1: x\n\n### Metadata\n```yaml\ndependancies: A-2\nmodle: opus\nrepositroy: r\nowner: me\nstatus: new\nmode: fast\n```\n\n### System Configuration\n\ndepend_on: A-2\n";
    let named: Vec<String> =
        plan(text).warnings.into_iter().filter(|w| w.kind == "unknown-key").map(|w| w.message).collect();
    assert_eq!(named.len(), 4, "{named:?}");
    assert!(named[0].contains("`dependencies`") && named[1].contains("`model`"), "{named:?}");
    assert_eq!(kinds(text)[0], ("unknown-key".into(), 5));
}

#[test]
fn dependencies_stand_in_many_places() {
    for body in [
        "Depends on: A-2, A-3 (its schema)\n\n### Prompt\nx\n",
        "> **Depends on:** A-2 and A-3\n",
        "**🔗 Dependencies:** A-2, A-3\n",
        "**Dependencies**\n- A-2\n- A-3: Title\n",
        "### Dependencies\n\n- A-2\n- **A-3** – the schema\n",
        "### Dependencies\n\nA-2, A-3\n",
        "### Dependencies\n\n| Session | Why |\n|---|---|\n| A-2 | a |\n| A-3 | b |\n",
        "### Dependencies\n```yaml\ndepends_on:\n  - A-2\n  - A-3\n```\n",
        "### Dependencies\n**Requires:** A-2, A-3\n**Blocks:** A-9\n",
        "### Metadata\n```yaml\ndependencies: none\n```\n\n### Depends On:\n- A-2\n- A-3\n",
        "### Metadata\n```toml\ndepends_on = [\"A-2\", \"A-3\"]\n```\n",
        "### Metadata\n```json\n{\n  \"dependencies\": [\n    \"A-2\",\n    \"A-3\"\n  ]\n}\n```\n",
        "Prerequisites: A-2, A-3, Docker 24\n",
        "### Prerequisites\n- A-2 complete\n- A-3\n- Docker is running\n",
        "### Metadata\n```yaml\nphase: 1\n```\nDepends on: A-2, A-3\n",
    ] {
        let text = format!("## Session A-1: x\n\n{body}");
        assert_eq!(one(&text).depends_on, ["A-2", "A-3"], "{body}");
        assert_eq!(kinds(&text), [], "{body}");
    }
}

#[test]
fn a_prompt_may_have_dependencies_of_its_own() {
    let text = "## Session A-1: x\n\n### Prompt\n\np\n\n#### Dependencies\n\n- numpy\n\n### Verification\n- [ ] a\n";
    assert_eq!(prompt(text).as_deref(), Some("p\n\n#### Dependencies\n\n- numpy"));
    assert_eq!(one(text).depends_on, [""; 0]);
}

#[test]
fn the_prompts_own_title_is_no_end() {
    let text = "## Session A-1: x\n\n### Prompt\n\n# Session A-1: x\n\ndo it\n\n# PHASE 2\n";
    assert_eq!(prompt(text).as_deref(), Some("# Session A-1: x\n\ndo it"));
}

#[test]
fn labels_stand_in_for_headings() {
    let text = "## Session A-1: x\n\n**Repository:** r\n\n**Prompt:**\n\n```markdown\ndo it\n```\n\n**Verification Checklist:**\n\n- [ ] `make`\n\n**Git Commit:**\n\n```\nfeat: a\n```\n";
    let session = one(text);
    assert_eq!(prompt(text).as_deref(), Some("do it"));
    assert_eq!(session.checks[0].kind, CheckKind::Command);
    assert_eq!(session.commit_message.as_deref(), Some("feat: a"));
    assert_eq!(session.metadata.repository.as_deref(), Some("r"));
}

#[test]
fn keys_in_toml_and_with_icons() {
    let text = "## Session A-1: x\n\n### Metadata\n```toml\n[session]\nphase = 2 # the second\nrepository = \"api\"\nfiles = [\"a/**\", \"b\"]\n```\n";
    let meta = one(text).metadata;
    assert_eq!((meta.phase.as_deref(), meta.repository.as_deref()), (Some("2"), Some("api")));
    assert_eq!(meta.files, ["a/**", "b"]);
    let text =
        "## Session A-1: x\n\n**📦 Repository:** api\n**⏱️ Estimated Time:** 1-2 h (or ½ day)\n- 🧠 **Model:** opus\n";
    let meta = one(text).metadata;
    assert_eq!((meta.repository.as_deref(), meta.model.as_deref()), (Some("api"), Some("opus")));
    assert_eq!(meta.estimated_time.as_deref(), Some("1-2 h (or ½ day)"));
}

#[test]
fn agents_of_metadata_and_of_elements() {
    let text = "## Session A-1: x\n\n### Metadata\n```yaml\nphase: 1\nsub_agents:\n  - name: A\n    role: r\n  - name: B\nrepository: api\n```\n";
    let meta = one(text).metadata;
    assert_eq!(meta.subagents.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(meta.repository.as_deref(), Some("api"));
    let text = "<session id=\"A-1\">\n<subagents>\n<agent name=\"A\">\n  <role>r</role>\n  <files>a, b</files>\n</agent>\n</subagents>\n</session>\n";
    let agents = one(text).metadata.subagents;
    assert_eq!((agents[0].role.as_deref(), agents[0].files.len()), (Some("r"), 2));
}

#[test]
fn headings_inside_an_element_are_its_text() {
    let text = "# H\n\n### Session A-1: x\n\n<session id=\"A-1\" project=\"Q\">\n<context>\n# Big\n\n## Phase 9\n</context>\n<verification>\n<check>make</check>\n</verification>\n</session>\n\n## Phase 2\n\n### Session A-2: y\n<session id=\"A-2\">\n</session>\n";
    let found = plan(text);
    assert_eq!(found.sessions[0].checks.len(), 1);
    assert_eq!(kinds(text), []);
    assert_eq!(found.sessions[1].metadata.phase.as_deref(), Some("2"));
    assert_eq!(found.project.as_deref(), Some("Q"));
}

#[test]
fn phases_of_a_plan_of_elements_alone() {
    let text = "## Phase 3: x (Week 4)\n\n<session id=\"A-1\">\nx\n</session>\n";
    assert_eq!((one(text).metadata.phase.as_deref(), one(text).metadata.week), (Some("3"), Some(4)));
}

#[test]
fn a_second_element_of_one_id_is_a_duplicate() {
    let text = "<session id=\"A-1\">\nx\n</session>\n<session id=\"A-1\">\ny\n</session>\n";
    assert_eq!(kinds(text), [("duplicate-id".into(), 4)]);
}

#[test]
fn what_may_have_been_meant_as_a_session_is_named() {
    for line in
        ["## Session be-02: y", "## Session BE‑02: y", "## Session 2: y", "## ~~Session A-2: y~~", "**Session A-2: y**"]
    {
        let text = format!("## Session A-1: x\n\n### Prompt\n\np\n\n{line}\n");
        assert_eq!(kinds(&text), [("not-a-session".into(), 7)], "{line}");
    }
    for line in ["## Session Notes", "## Session status template", "### Session 2 of the day", "**Session notes**"] {
        assert_eq!(kinds(&format!("## Session A-1: x\n\n{line}\n")), [], "{line}");
    }
}

#[test]
fn bytes_that_break_other_readers() {
    let plain = "# P\n\n## Session A-1: x\n\n### Prompt\n\np\tq\n\n### Verification\n- [ ] `a`\n";
    let lf = one(plain);
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.trim_end().to_owned(),
    ] {
        let session = one(&text);
        assert_eq!(session.prompt.cut(text.as_bytes()).as_deref(), Some("p\tq"));
        assert_eq!((session.line, &session.checks), (3, &lf.checks));
    }
    let odd = "## Session A-1: x\0\n### Prompt\np\0q \u{b}\u{85}\n";
    assert_eq!(prompt(odd).as_deref(), Some("p\0q \u{b}\u{85}"));
    let long = format!("## Session A-1: x\n### Prompt\n{}\n", "ä*`|<#".repeat(40_000));
    assert_eq!(prompt(&long).map(|text| text.len()), Some(280_000));
}

#[test]
fn a_fence_before_the_first_session_shows_or_was_forgotten() {
    let shows = "# P\n\n```markdown\n# PHASE 1\n## Session X-1: how\n```\n\n## Session A-1: x\n\n## Session A-2: y\n";
    assert_eq!(ids(shows), ["A-1", "A-2"]);
    assert_eq!(one(shows).metadata.phase, None);
    let forgotten = "# P\n\n```bash\nmake\n\n# PHASE 1\n\n## Session A-1: x\n\n## Session A-2: y\n";
    assert_eq!(ids(forgotten), ["A-1", "A-2"]);
    let ended = "## Session A-1: x\n# Part\n```\n## Session A-2: y\n";
    assert_eq!((ids(ended), kinds(ended)), (vec!["A-1".into(), "A-2".into()], vec![("open-fence".into(), 4)]));
}

#[test]
fn one_fence_around_a_prompt_is_removed_whatever_it_is_called() {
    for info in ["", "Markdown", "xml", "plaintext"] {
        let text = format!("## Session A-1: x\n\n### Prompt\n\n```{info}\n<do>it</do>\n```\n\n---\n");
        assert_eq!(prompt(&text).as_deref(), Some("<do>it</do>"), "{info}");
    }
    let text = "## Session A-1: x\n\n### Prompt\n\n```xml\n<a/>\n```\n\nMake this valid.\n";
    assert_eq!(prompt(text).as_deref(), Some("```xml\n<a/>\n```\n\nMake this valid."));
}

#[test]
fn a_note_between_id_and_title_is_neither() {
    let plan =
        reader::read("## Session A-1: One\n\n### Prompt\n\nx\n\n## Session A-2 (optional): Two\n\n### Prompt\n\ny\n");
    let plan = plan.expect("a plan");
    let read: Vec<(&str, &str)> = plan.sessions.iter().map(|s| (s.id.as_str(), s.title.as_str())).collect();
    assert_eq!(read, [("A-1", "One"), ("A-2", "Two")]);
    assert_eq!(plan.warnings, []);
}
