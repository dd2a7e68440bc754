//! PROGRESS.md over several clones, after damage, and by hand.

use crate::support::{Ran, Sandbox};

const FILE: &str = "docs/progress/TEAM_PROGRESS.md";

fn plan(sessions: usize) -> String {
    let mut text = "# Team - Implementation Prompts\n\n# PHASE 1: START (Week 1)\n".to_owned();
    for n in 1..=sessions {
        text.push_str(&format!("\n## Session A-{n:02}: Part {n}\n\n### Prompt\n\nWrite `f{n}`.\n\n### Verification Checklist\n\n- [ ] `test -s f{n}`\n"));
    }
    text
}

/// A project whose first session is done, so that git tracks every document.
fn team() -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/TEAM_PROMPTS.md", &plan(6));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Team").ok();
    finish(&s, 1);
    s
}

fn finish(s: &Sandbox, number: usize) {
    s.session(&format!("start A-{number:02}")).ok();
    s.write(&format!("f{number}"), "x");
    s.session(&format!("complete -m \"feat: part {number}\"")).ok();
}

/// Cells of a session's row; it stands there exactly once.
#[track_caller]
fn row(text: &str, id: &str) -> Vec<String> {
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(&format!("| {id} |"))).collect();
    assert_eq!(rows.len(), 1, "{id} in {text}");
    rows[0].trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn pull(s: &Sandbox, rebase: bool) -> Ran {
    let how = if rebase { "--rebase" } else { "--no-rebase" };
    let mut command = s.command("git", &s.root);
    command.args(["pull", "--quiet", how, "--no-edit", "origin", "main"]);
    Ran::of(command.output().unwrap()).ok()
}

#[test]
fn three_clones_merge_and_rebase_in_every_order() {
    let first = team();
    let hub = first.path("../hub.git");
    first.git(&format!("clone --quiet --bare . {}", hub.display()));
    let clones: Vec<Sandbox> = (0..3).map(|_| first.clone_fresh()).collect();
    for clone in &clones {
        clone.git(&format!("remote set-url origin {}", hub.display()));
        clone.session("trust --yes").ok();
    }
    finish(&clones[0], 2);
    clones[0].session("note x").fails(1, &["no session is active"]);
    finish(&clones[1], 3);
    clones[2].session("start A-04").ok();
    clones[2].write("f4", "x");
    let heads: Vec<String> = clones.iter().map(|clone| clone.git("rev-parse HEAD")).collect();
    let base = first.git("rev-parse HEAD");

    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for rebase in [false, true] {
            first.git(&format!("--git-dir {} update-ref refs/heads/main {base}", hub.display()));
            for (clone, head) in clones.iter().zip(&heads) {
                clone.git(&format!("reset --quiet --hard {head}"));
                // What was pushed in the round before must not count as known: a rebase would drop it.
                clone.git("update-ref -d refs/remotes/origin/main");
            }
            for at in order {
                pull(&clones[at], rebase);
                clones[at].git("push --quiet origin HEAD:main");
            }
            for clone in &clones {
                pull(clone, rebase);
                let text = clone.read(FILE);
                assert_eq!(text, clones[order[2]].read(FILE), "{order:?} {rebase}");
                let status: Vec<String> = (1..=6).map(|n| row(&text, &format!("A-{n:02}")).remove(1)).collect();
                let expected = ["✅ Done", "✅ Done", "✅ Done", "🔄 Active", "⬜ Pending", "⬜ Pending"];
                assert_eq!(status, expected, "{order:?} {rebase}");
                assert_eq!(clone.git("status --porcelain --untracked-files=no"), "", "{order:?} {rebase}");
            }
        }
    }
    clones[2].session("complete -m \"feat: part 4\"").ok();
    clones[2].git("push --quiet origin HEAD:main");
    for clone in &clones {
        pull(clone, false);
        assert_eq!(row(&clone.read(FILE), "A-04")[1], "✅ Done");
        clone.session("status --check").ok();
        assert!(clone.session("status").ok().out.contains("A-04  done"));
    }
}

#[test]
fn what_a_merge_without_the_driver_left_is_mended() {
    let first = team();
    let other = first.clone_fresh();
    other.session("trust --yes").ok();
    finish(&first, 2);
    finish(&other, 3);
    other.git("config --remove-section merge.session");
    let pulled = other.command("git", &other.root).args(["pull", "--quiet", "--no-rebase", "origin", "main"]).output();
    assert!(!pulled.unwrap().status.success(), "git alone cannot merge these");
    let text = other.read(FILE);
    assert!(text.contains("<<<<<<<"), "{text}");
    other.session("progress --resolve --dry-run").ok();
    assert_eq!(other.read(FILE), text);
    assert!(other.session("progress --resolve").ok().err.contains("is mended"));
    let text = other.read(FILE);
    assert_eq!((row(&text, "A-02")[1].as_str(), row(&text, "A-03")[1].as_str()), ("✅ Done", "✅ Done"));
    assert!(!text.contains("<<<<<<<") && !text.contains(">>>>>>>"), "{text}");
    assert!(other.session("progress --resolve").ok().err.contains("No document has conflict markers"));
    other.git("commit --quiet --all --no-edit");
    other.session("status --check").ok();
}

#[test]
fn conflict_markers_stop_a_settle_and_are_left_alone() {
    let s = team();
    s.session("start A-02").ok();
    let marked =
        s.read(FILE).replace("| A-02 |", "<<<<<<< HEAD\n| A-02 |").replace("| A-03 |", "=======\n>>>>>>> x\n| A-03 |");
    s.write(FILE, &marked);
    s.write("f2", "x");
    s.session("complete -m \"feat: two\"").fails(1, &["has conflict markers", "session progress --resolve"]);
    assert_eq!(s.read(FILE), marked);
    s.session("progress --resolve").ok();
    s.session("resume").ok();
    assert_eq!(row(&s.read(FILE), "A-02")[1], "✅ Done");
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn a_deleted_file_and_a_damaged_one_come_back() {
    let s = team();
    finish(&s, 2);
    s.session("start A-03").ok();
    s.session("note \"keep me\"").ok();
    let whole = s.read(FILE);
    std::fs::remove_file(s.path(FILE)).unwrap();
    s.write("f3", "x");
    s.session("complete -m \"feat: three\"").ok();
    let text = s.read(FILE);
    for (id, status) in [("A-01", "✅ Done"), ("A-02", "✅ Done"), ("A-03", "✅ Done"), ("A-04", "⬜ Pending")] {
        assert_eq!(row(&text, id)[1], status, "{text}");
    }
    assert_eq!(row(&text, "A-02"), row(&whole, "A-02"), "times and commit come from the record");
    assert!(text.contains("- A-03: keep me"), "{text}");
    s.session("status --check").ok();

    let spoilt = text.replace("| A-02 | ✅ Done |", "| A-02 | ⬜ Pending |") + "\nBy hand: ask Kim.\n";
    s.write(FILE, &spoilt);
    let found = s.session("status --check").fails(1, &["disagree with the records in 1 place", "progress --rebuild"]);
    assert!(found.out.contains(&format!("{FILE}:")) && found.out.contains("- | A-02 | ⬜ Pending"), "{}", found.out);
    let found = s.session("status --check --json").json();
    assert_eq!(found["disagreements"].as_array().unwrap().len(), 1);
    assert_eq!(s.read(FILE), spoilt, "a check changes nothing");
    let shown = s.session("progress --rebuild --dry-run").ok().out;
    assert!(shown.contains("+| A-02 | ✅ Done") && s.read(FILE) == spoilt, "{shown}");
    s.session("progress --rebuild").ok();
    let text = s.read(FILE);
    assert_eq!(row(&text, "A-02")[1], "✅ Done");
    assert!(text.contains("By hand: ask Kim.") && text.contains("- A-03: keep me"), "{text}");
    s.session("status --check").ok();
}

#[test]
fn a_row_that_people_call_done_is_named() {
    let s = team();
    let text = s.read(FILE).replace("| A-05 | ⬜ Pending |", "| A-05 | ✅ Done |");
    s.write(FILE, &text);
    finish(&s, 2);
    assert_eq!(row(&s.read(FILE), "A-05")[1], "✅ Done", "nobody asked about that row");
    let found = s.session("status --check").fails(1, &["in 1 place"]);
    assert!(found.out.contains("- | A-05 | ✅ Done"), "{}", found.out);
}

#[test]
fn a_project_without_a_plan_gets_rows_too() {
    let s = Sandbox::new();
    s.session("init Team --repos backend frontend").ok();
    assert!(s.read(FILE).contains("## Repository: backend") && s.read(FILE).contains("## Repository: frontend"));
    let s = Sandbox::new();
    s.write("plugins.toml", "[project]\nname = \"Team\"\n[[plugin]]\nname = \"git\"\n[[plugin]]\nname = \"progress\"\n[[plugin]]\nname = \"markdown\"\n");
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.session("trust --yes").ok();
    s.session("start FIX-01 --title Mend").ok();
    assert_eq!(row(&s.read(FILE), "FIX-01")[1], "🔄 Active");
    s.session("pause").ok();
    assert_eq!(row(&s.read(FILE), "FIX-01")[1], "⏸️ Paused");
    s.session("start FIX-01").ok();
    s.write("mended", "x");
    s.session("complete -m \"fix: mend\" --unverified").ok();
    assert_eq!(row(&s.read(FILE), "FIX-01")[1], "✅ Done");
}

#[test]
fn progress_shows_how_far_each_phase_is() {
    let s = team();
    insta::assert_snapshot!(s.shown("progress"));
    assert_eq!(s.session("progress --json").ok().json()["done"], 1);
}

#[test]
fn what_init_writes_for_git() {
    let s = team();
    let ours = format!("/{FILE} merge=session\n/docs/sessions/records/*.json merge=session\n");
    assert_eq!(s.read(".gitattributes"), ours);
    assert!(s.git("config merge.session.driver").contains("progress --merge %O %A %B --path %P"));
    assert_eq!(s.git("ls-files .gitattributes"), ".gitattributes");
    let header = s.read(FILE);
    assert!(header.contains("> **Branch:** main\n> **Plan:** [TEAM_PROMPTS.md](../TEAM_PROMPTS.md)\n"), "{header}");

    let s = Sandbox::new();
    s.write(".gitattributes", "*.png binary");
    s.git("add .");
    s.git("commit --quiet -m one");
    s.write(".gitattributes", "*.png binary\n*.jpg binary");
    s.session("init Team").ok();
    assert_eq!(s.read(".gitattributes"), format!("*.png binary\n*.jpg binary\n{ours}"));
    finish_starter(&s);
    assert!(!s.git("show HEAD:.gitattributes").contains("jpg"), "what the user had changed is the user's to commit");
}

fn finish_starter(s: &Sandbox) {
    s.session("start TE-01").ok();
    s.write("README.md", "x");
    s.session("complete").ok();
}

#[test]
fn a_file_that_its_owner_protects_is_not_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let s = team();
    let mode = |mode| std::fs::set_permissions(s.path(FILE), std::fs::Permissions::from_mode(mode)).unwrap();
    let before = s.read(FILE);
    mode(0o444);
    s.session("start A-02").fails(
        1,
        &["start of A-02 is done, but the documents do not show it yet", &format!("{FILE} is read-only"), "chmod u+w"],
    );
    assert_eq!(s.read(FILE), before);
    mode(0o644);
    s.session("resume").ok();
    assert_eq!(row(&s.read(FILE), "A-02")[1], "🔄 Active");
    assert_eq!(s.git("status --porcelain"), "", "and git has the row");
}

#[test]
fn two_people_who_finish_the_same_session() {
    let first = team();
    let other = first.clone_fresh();
    other.session("trust --yes").ok();
    finish(&first, 2);
    let mut later = other.session_command("start A-02");
    Ran::of(later.env("SESSION_NOW", "2026-03-02T10:00:00Z").output().unwrap()).ok();
    other.write("f2", "x");
    let mut later = other.session_command("complete -m \"feat: part 2 again\"");
    Ran::of(later.env("SESSION_NOW", "2026-03-02T11:00:00Z").output().unwrap()).ok();
    let head = other.git("rev-parse HEAD");
    pull(&other, false);
    let record: serde_json::Value = serde_json::from_str(&other.read("docs/sessions/records/A-02.json")).unwrap();
    assert_eq!(record["completed"], "2026-03-02T09:00:00+00:00", "the first to be complete stands");
    row(&other.read(FILE), "A-02");

    other.git(&format!("reset --quiet --hard {head}"));
    other.git("config --remove-section merge.session");
    let pulled = other.command("git", &other.root).args(["pull", "--quiet", "--no-rebase", "origin", "main"]).output();
    assert!(!pulled.unwrap().status.success());
    let status = other.session("status").ok();
    assert!(status.out.contains("A-02  damaged"), "{status:#?}");
    other.session("start A-02").fails(1, &["two people finished the same session", "session progress --resolve"]);
    other.session("progress --resolve").ok();
    other.git("commit --quiet --all --no-edit");
    let again: serde_json::Value = serde_json::from_str(&other.read("docs/sessions/records/A-02.json")).unwrap();
    assert_eq!(again, record);
    assert!(other.session("status").ok().out.contains("A-02  done"));
}

#[test]
fn a_driver_that_is_gone_leaves_something_to_mend() {
    let first = team();
    let other = first.clone_fresh();
    other.session("trust --yes").ok();
    finish(&first, 2);
    finish(&other, 3);
    other.git("config merge.session.driver \"/gone/session %A\"");
    let pulled = other.command("git", &other.root).args(["pull", "--quiet", "--no-rebase", "origin", "main"]).output();
    assert!(!pulled.unwrap().status.success());
    assert!(!other.read(FILE).contains("<<<<<<<"), "git leaves no markers then");
    assert!(other.session("progress --resolve").ok().err.contains("is mended"));
    let text = other.read(FILE);
    assert_eq!((row(&text, "A-02")[1].as_str(), row(&text, "A-03")[1].as_str()), ("✅ Done", "✅ Done"));
}

#[test]
fn a_rebuild_mends_the_task_file_of_the_active_session_too() {
    let s = team();
    s.session("start A-02").ok();
    let task = "docs/sessions/SESSION.md";
    let text = s
        .read(task)
        .replace("Write `f2`.", "Write\r nothing.")
        .replace("## Session Notes\n\n", "## Session Notes\n\nmine\n");
    s.write(task, &text);
    let found = s.session("status --check").fails(1, &["in 1 place"]).out;
    assert!(found.contains("SESSION.md:"), "{found}");
    s.session("progress --rebuild").ok();
    s.session("status --check").ok();
    let text = s.read(task);
    assert!(text.contains("Write `f2`.") && text.ends_with("mine\n"), "{text}");
    assert!(s.read("docs/sessions/SESSION-A-02.md").contains("nothing."), "a copy of what was there");
}

#[test]
fn markers_that_are_an_example_are_left_alone() {
    let s = team();
    let text = s.read(FILE) + "\n```\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n```\n";
    s.write(FILE, &text);
    assert!(s.session("progress --resolve").ok().err.contains("No document has conflict markers"));
    assert_eq!(s.read(FILE), text);
    s.session("status --check").ok();
}

/// A clock that should stand at no time fails what needs a clock, and nothing else: git waits for a merge.
#[test]
fn a_clock_that_is_no_time_stops_no_merge() {
    let s = Sandbox::hello();
    let wrong = |arguments: &str| s.session_with(arguments, |command| _ = command.env("SESSION_NOW", "soon"));
    wrong("status").fails(2, &["SESSION_NOW is `soon`, which is no time", "SESSION_NOW=2026-01-02T09:00:00Z"]);
    wrong("completions bash").ok();
    for (name, text) in [("base", "a\nb\nc\n"), ("ours", "a\nb\nC\n"), ("theirs", "A\nb\nc\n")] {
        s.write(name, text);
    }
    wrong("progress --merge base ours theirs --path docs/progress/HELLO_PROGRESS.md").ok();
    assert_eq!(s.read("ours"), "A\nb\nC\n");
}
