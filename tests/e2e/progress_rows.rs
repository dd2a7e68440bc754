//! Rows of PROGRESS.md that people wrote: found however they name the session, and never emptied.

use crate::support::Sandbox;

const FILE: &str = "docs/progress/TEAM_PROGRESS.md";
const RECORD: &str = "docs/sessions/records/A-01.json";

/// Three sessions, and a file that a team kept before.
fn team(rows: &str) -> Sandbox {
    let s = Sandbox::new();
    let session = |n: u32, title: &str| {
        format!(
            "## Session A-0{n}: {title}\n\n### Prompt\n\nWrite `f{n}`.\n\n### Verification Checklist\n\n- [ ] `test -s f{n}`\n\n"
        )
    };
    let plan =
        format!("# Team\n\n{}{}{}", session(1, "First part"), session(2, "Second part"), session(3, "Third part"));
    s.write("docs/TEAM_PROMPTS.md", &plan);
    s.write(FILE, &progress(rows));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Team").ok();
    s
}

fn progress(rows: &str) -> String {
    format!("# Team Progress\n\n| Session | Status | Started | Completed | Commit |\n|---|---|---|---|---|\n{rows}")
}

#[test]
fn rows_by_link_word_and_title_get_no_second_row() {
    let rows = "| [A-01](../TEAM_PROMPTS.md) | ⬜ Pending | — | — | — |\n\
                | Session A-02 | ⬜ Pending | — | — | — |\n\
                | **Third part** | ⬜ Pending | — | — | — |\n";
    let s = team(rows);
    assert_eq!(s.read(FILE), progress(rows), "init adds nothing");
    for n in 1..=3 {
        s.session(&format!("start A-0{n}")).ok();
        s.write(&format!("f{n}"), "x");
        s.session(&format!("complete -m \"feat: part {n}\"")).ok();
    }
    let text = s.read(FILE);
    let done: Vec<&str> = text.lines().filter(|line| line.contains("✅ Done | 2026-03-02 09:00")).collect();
    assert_eq!((done.len(), text.lines().count()), (3, 7), "{text}");
    s.session("status --check").ok();
}

#[test]
fn a_rebuild_empties_no_cell_that_a_person_filled() {
    let rows = "| A-01 | ✅ Done | 2025-11-03 10:00 | 2025-11-04 | 1a2b3c4 |\n\
                | A-02 | ⬜ Pending | after the fair | — | — |\n\
                | A-03 | ⬜ Pending | — | — | — |\n";
    let s = team(rows);
    s.session("progress --rebuild").ok();
    let text = s.read(FILE);
    assert!(text.contains("| 2025-11-03 10:00 | 2025-11-04 | 1a2b3c4 |"), "{text}");
    assert!(text.contains("| A-02 | ⬜ Pending | after the fair | — | — |"), "{text}");
    s.session("status --check").ok();
    // Not by the session's own events either, until they know better.
    s.session("start A-01").ok();
    let text = s.read(FILE);
    assert!(text.contains("| A-01 | 🔄 Active | 2026-03-02 09:00 | 2025-11-04 | 1a2b3c4 |"), "{text}");
    s.write("f1", "x");
    s.session("complete -m \"feat: one\"").ok();
    let text = s.read(FILE);
    assert!(text.contains("| A-01 | ✅ Done | 2026-03-02 09:00 | 2026-03-02 09:00 | "), "{text}");
    assert!(!text.contains("1a2b3c4") && s.exists(RECORD), "{text}");
}

#[test]
fn what_the_program_wrote_of_an_earlier_attempt_is_taken_out() {
    let s = team("| A-01 | ⬜ Pending | — | — | — |\n");
    s.session("start A-01").ok();
    s.write("f1", "x");
    s.session("complete -m \"feat: one\"").ok();
    s.session("rollback A-01 --yes").ok();
    s.session("start A-01").ok();
    let text = s.read(FILE);
    assert!(text.contains("| A-01 | 🔁 Retry | 2026-03-02 09:00 | — | — |"), "{text}");
    s.session("status --check").ok();
}

#[test]
fn a_dry_run_of_a_rebuild_says_what_it_would_do() {
    let s = team("| A-01 | ⬜ Pending | — | — | — |\n");
    s.session("progress --rebuild").ok();
    let before = s.read(FILE);
    let nothing = s.session("progress --rebuild --dry-run").ok();
    assert!(nothing.err.contains("The documents say what the records say already"), "{nothing:?}");
    assert!(!nothing.err.contains("It would") && nothing.out.is_empty(), "{nothing:?}");
    s.write(FILE, &before.replace("⬜ Pending", "✅ Done"));
    let something = s.session("progress --rebuild --dry-run").ok();
    assert!(something.err.contains("It would\n") && something.out.contains(&format!("write: {FILE}")), "{something:?}");
}

#[test]
fn a_dry_run_of_an_event_that_no_plugin_takes_part_in_says_so() {
    let s = Sandbox::new();
    s.write("docs/X_PROMPTS.md", "## Session A-01: One\n\n### Prompt\n\nx\n\n### Verification\n\n- [ ] looks right\n");
    s.write("plugins.toml", "[[plugin]]\nname = \"checklist\"\n[[plugin]]\nname = \"markdown\"\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("trust --yes").ok();
    s.session("start A-01").ok();
    let ran = s.session("verify --dry-run").ok();
    assert!(ran.err.contains("No plugin would write a file, run a command or commit."), "{ran:?}");
    assert!(!ran.err.contains("It would"), "{ran:?}");
}
