//! The task file SESSION.md, its notes, and the documents that show a session to somebody else.

use crate::support::Sandbox;

const TASK: &str = "docs/sessions/SESSION.md";

/// A plan of three sessions in which every key and section of the format is used.
const FULL: &str = "# Full - Implementation Prompts

# PHASE 2: CORE (Weeks 3-4)

## Session FU-01: First

### Prompt

Write `one`.

### Verification Checklist

- [ ] `test -s one`

## Session FU-02: Everything | a # sign

### Metadata

```yaml
session_id: FU-02
track: Backend
repository: api
working_directory: .
execution: 🖥️ CLI | 🏗️ Heavy | 🧠 Ultrathink
size: L
estimated_time: 90 min
dependencies: FU-01
parallel_with: FU-03
files: [src/**, docs/x.md]
```

### System Configuration

```yaml
model: opus
thinking_mode: ultrathink
max_thinking_tokens: 32000
temperature: 0.2
```

### Skills Registry

- sql-review

### Sub-Agents

```yaml
sub_agents:
  - name: Tester
    role: QA
    model: haiku
    responsibilities:
      - writes tests
    files: [tests/**]
    constraints:
      - no network
```

### Context

The legacy importer stays.

### Prompt

```markdown
# Goal
Write `two`.

```sh
echo two
```
```

### Expected Output

- `two`

### Verification Checklist

- [ ] `test -s two`
- [ ] The clerk agrees

### Git Commit

```
feat(core): write two
```

## Session FU-03: Third

### Prompt

Write three.
";

fn full() -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/FULL_PROMPTS.md", FULL);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Full --repos api").ok();
    s.session("start FU-01").ok();
    s.write("one", "1");
    s.session("note \"Decision: numbers are written as digits\"").ok();
    s.session("note \"Who reads this?\"").ok();
    s.session("complete -m \"feat: one\"").ok();
    s
}

#[test]
fn every_key_and_section_of_the_format_stands_in_the_task_file() {
    let s = full();
    s.session("start FU-02").ok();
    insta::assert_snapshot!(s.plain(&s.read(TASK)).replace(&s.git("log --format=%h -1 --grep Session-Id"), "[COMMIT]"));
}

#[test]
fn notes_keep_what_people_wrote_and_reach_the_records() {
    let s = full();
    let record = s.read("docs/sessions/records/FU-01.json");
    assert!(record.contains("Decision: numbers are written as digits"), "{record}");
    let progress = s.read("docs/progress/FULL_PROGRESS.md");
    assert!(progress.contains("- FU-01: Who reads this?\n"), "{progress}");

    s.session("start FU-02").ok();
    let text = s.read(TASK).replace("- [ ] The clerk agrees", "- [x] The clerk agrees") + "\nBy hand: keep this.\n";
    s.write(TASK, &text);
    s.session("note first\nsecond").ok();
    let text = s.read(TASK);
    assert!(text.ends_with("## Session Notes\n\nBy hand: keep this.\n- first\n- second\n"), "{text}");
    assert!(text.contains("- [x] The clerk agrees"), "{text}");
    s.session("pause").ok();
    s.session("note --session FU-02 \"while paused\"").ok();
    s.session("start FU-02").ok();
    assert!(s.read(TASK).ends_with("- first\n- second\n- while paused\n"));
    s.session("note \" \"").fails(2, &["nothing to note"]);
    s.session("pause").ok();
    s.session("note x").fails(1, &["no session is active"]);
}

#[test]
fn a_review_goes_out_as_one_document_and_comes_back_quoted() {
    let s = full();
    s.write("before.txt", "not the session's\n");
    s.session("start FU-02").ok();
    s.write("two", "");
    s.write("src/a.rs", "fn a() {}\n");
    s.git("add src");
    s.git("commit --quiet -m \"feat: by hand\"");
    s.session("note \"Is one file enough?\"").ok();
    s.session("verify").fails(3, &[]);
    let review = s.session("show --for review").ok().out;
    for part in [
        "# Review of FU-02",
        "# Goal\nWrite `two`.",
        "The legacy importer stays.",
        "- failed: `test -s two` (exit code 1)",
        "- Does this hold: The clerk agrees",
        "- Is one file enough?",
        "+fn a() {}",
    ] {
        assert!(review.contains(part), "`{part}` is not in {review}");
    }
    assert!(!review.contains("before.txt") && !review.contains("PROGRESS.md"), "{review}");

    s.write("../answer.md", "## Findings\n\n```\n- src/a.rs:1 is empty\n```\n## Session Notes\n");
    s.session("show --for review --paste ../answer.md").ok();
    let text = s.read(TASK);
    assert!(
        text.contains(
            "- Is one file enough?\n- Review of 2026-03-02 09:00 (6 lines):\n  > ## Findings\n  >\n  > ```\n"
        ),
        "{text}"
    );
    s.write("two", "2");
    s.session("complete").ok();
    let progress = s.read("docs/progress/FULL_PROGRESS.md");
    assert!(
        progress.contains("- FU-02: Review of 2026-03-02 09:00 (6 lines)\n") && !progress.contains("Findings"),
        "{progress}"
    );
    assert!(s.read("docs/sessions/records/FU-02.json").contains("> - src/a.rs:1 is empty"));

    let pr = s.session("show FU-02 --for pr").ok().out;
    for part in ["## FU-02: ", "| `test -s two` | passed | 0 |", "- `src/a.rs`\n- `two`\n", "1 passed, 1 unconfirmed"] {
        assert!(pr.contains(part), "`{part}` is not in {pr}");
    }
    s.session("show FU-02 --for review").fails(1, &["FU-02 is done"]);
    s.session("show FU-03 --for pr").fails(1, &["never started"]);
    s.session("show FU-02 --for pr --paste ../answer.md").fails(2, &["--paste"]);
}

#[test]
fn what_cannot_be_pasted_is_named() {
    let s = full();
    s.session("start FU-02").ok();
    let before = s.read(TASK);
    std::fs::write(s.path("latin1.md"), b"caf\xe9").unwrap();
    s.session("show --for review --paste latin1.md").fails(1, &["latin1.md is not UTF-8", "byte 3"]);
    s.write("empty.md", "\n");
    s.session("show --for review --paste empty.md").fails(1, &["empty.md is empty"]);
    s.session("show --for review --paste absent.md").fails_broken(1, &["absent.md cannot be read"]);
    assert_eq!(s.read(TASK), before);
}

#[test]
fn a_template_of_the_teams_own() {
    let s = full();
    let config = |text: &str| {
        let manifest = s.read("plugins.toml");
        let plain = manifest.split("\n[plugin.config]").next().unwrap().to_owned();
        s.write("plugins.toml", &format!("{}\n[plugin.config]\ntemplate = \"docs/task.md\"\n{text}", plain.trim_end()));
    };
    config("");
    s.session("start FU-02").fails(1, &["docs/task.md is not there"]);
    s.session("resume").fails(1, &["docs/task.md"]);
    s.write(
        "docs/task.md",
        "{{head}}\nRead CONTRIBUTING.md first.\n\n{{prompt}}\n\n{{checks}}\n\n{{commit}}\n\n{{notes}}\n",
    );
    s.session("resume").ok();
    let text = s.read(TASK);
    assert!(text.contains("\nRead CONTRIBUTING.md first.\n\n## Prompt\n") && !text.contains("## Metadata"), "{text}");
    s.session("note kept").ok();
    assert!(s.read(TASK).ends_with("## Session Notes\n\n- kept\n"), "{}", s.read(TASK));
    s.write("docs/task.md", "{{head}}\n{{promt}}\n");
    s.session("note x").fails(1, &["`promt`, which is no part"]);
    s.write("docs/task.md", "{{head}}\n{{prompt}}\n{{checks}}\n{{commit}}\n");
    s.session("resume").fails(1, &["the template lacks {{notes}}"]);
}

#[test]
fn what_is_typed_while_the_checks_run_is_kept_in_a_copy() {
    let s = Sandbox::new();
    let check = "echo typed meanwhile >> docs/sessions/SESSION.md";
    s.write(
        "docs/P_PROMPTS.md",
        &format!("## Session A-1: x\n\n### Prompt\n\ny\n\n### Verification\n\n- [ ] `{check}`\n"),
    );
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("start A-1").ok();
    s.write("f", "x");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("a copy is kept as docs/sessions/SESSION-A-1.md"), "{}", ran.err);
    assert!(s.read("docs/sessions/SESSION-A-1.md").ends_with("typed meanwhile\n"));
}

#[test]
fn what_is_typed_below_a_stub_is_kept_in_a_copy() {
    let s = full();
    s.session("start FU-02").ok();
    s.session("pause").ok();
    let stub = s.read(TASK);
    s.write(TASK, &format!("{stub}\nRemember the milk.\n"));
    s.session("start FU-02").ok();
    assert!(s.read("docs/sessions/SESSION-FU-02.md").ends_with("Remember the milk.\n"));
    s.session("pause").ok();
    s.session("start FU-02").ok();
    assert!(!s.exists("docs/sessions/SESSION-FU-02-2.md"), "a stub that nobody touched is no text of anybody's");
}

#[test]
fn a_review_shows_what_was_dirty_before_and_has_changed_since() {
    let s = full();
    s.write("dirty.txt", "before\n");
    s.write("other.txt", "untouched\n");
    s.session("start FU-02").ok();
    s.write("dirty.txt", "before\nduring\n");
    let review = s.session("show --for review").ok().out;
    assert!(review.contains("+during") && !review.contains("untouched"), "{review}");
    s.write("long.md", &"x".repeat(300 << 10));
    s.session("show --for review --paste long.md").fails(1, &["longer than a review"]);
    std::fs::write(s.path(TASK), b"# Current Session: FU-02\n\xff").unwrap();
    s.session("complete").fails(1, &["SESSION.md cannot be read, and what you wrote there would not count"]);
}
