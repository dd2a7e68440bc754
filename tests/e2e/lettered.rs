//! A plan with lettered IDs, as people write it without this program: what of it is waited for, shown, and run.

use crate::support::Sandbox;

const TASK: &str = "docs/sessions/SESSION.md";

const PLAN: &str = "# Locker

## LK-01: Doors

Forty doors in three sizes.

### Notes

Door 13 exists.

**Verify:** `test -s doors`

**If it fails:**
```sh
touch undone
```

### Rollback

```sh
touch undone
```

## LK-02 — Codes

**Estimate:** 1 h

## LK-03/04: Both at once

Never read.

# Appendix

### Verification Commands
```sh
touch undone
```
";

fn locker(config: &str) -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/LOCKER_PROMPTS.md", PLAN);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Locker").ok();
    let before = s.read("plugins.toml");
    assert!(before.contains("name = \"markdown\""), "{before}");
    s.write("plugins.toml", &before.replace("name = \"markdown\"", &format!("name = \"markdown\"\n{config}")));
    s.session("trust --yes").ok();
    s
}

#[test]
fn all_of_its_text_reaches_the_task_file_and_nothing_that_undoes_is_run() {
    let s = locker("");
    let shown = s.session("plan").ok();
    for said in ["LK-02 has no text", "LK-03/04: Both at once` begins with an ID"] {
        assert!(shown.err.contains(said), "{said}: {}", shown.err);
    }
    let started = s.session("start LK-01").ok();
    assert!(!started.err.contains("no text"), "{}", started.err);
    let text = s.read(TASK);
    for part in ["Forty doors in three sizes.", "### Notes", "Door 13 exists.", "touch undone", "- [ ] `test -s doors`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Never read."), "{text}");
    s.write("doors", "40");
    s.session("complete -m \"feat: doors\"").ok();
    assert!(!s.exists("undone"));

    let started = s.session("start LK-02").ok();
    assert!(started.err.contains("LK-02 has no text: nothing in docs/LOCKER_PROMPTS.md:"), "{}", started.err);
}

#[test]
fn its_order_is_followed_unless_it_is_free() {
    let s = locker("");
    s.session("start LK-02").fails(1, &["LK-01 is pending"]);
    s.session("plan add LK-05 \"Reminder\" --check \"test -s codes\"").ok();
    let plan = s.session("plan --json").ok().json();
    assert_eq!(plan["sessions"][2]["id"], "LK-05");
    assert_eq!(plan["sessions"][2]["depends_on"], serde_json::json!(["LK-02"]));
    assert_eq!(plan["sessions"][1]["depends_on"], serde_json::json!(["LK-01"]));
    assert!(s.read("docs/LOCKER_PROMPTS.md").contains("\n## LK-05: Reminder\n"));

    let s = locker("[plugin.config]\norder = \"free\"");
    let plan = s.session("plan --json").ok().json();
    assert_eq!(plan["sessions"][1]["depends_on"], serde_json::json!([]));
    s.session("start LK-02").ok();
}
