//! The oracle: scripted scenarios whose whole outcome is known, stdout, exit codes, JSON, refs and hashes. Each is a
//! script in `tests/data/oracle`, with its transcript beside it. The clock and git's dates are fixed, so the hashes are
//! the real ones. It does not say what is right, only that nothing has changed: what is right say the other tests.
//!
//! `ORACLE_BLESS=1` writes the transcripts anew, `SESSION_ORACLE_BINARY=/path` plays them with another build.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use similar::TextDiff;

use crate::support::{Ran, SESSION, Sandbox, guest, workspace};

const GIT_CONFIG: &str = "[user]\n\tname = Kim\n\temail = kim@example.com\n[protocol \"file\"]\n\tallow = always\n";

fn folder() -> PathBuf {
    workspace().join("tests/data/oracle")
}

/// What a scenario says with the binary under test.
fn transcript(name: &str) -> String {
    let mut s = Sandbox::bare();
    let sandbox = s.root.parent().unwrap().to_owned();
    let binary = std::env::var("SESSION_ORACLE_BINARY").unwrap_or_else(|_| SESSION.to_owned());
    std::fs::create_dir(sandbox.join("bin")).unwrap();
    symlink(binary, sandbox.join("bin/session")).unwrap();
    std::fs::write(s.home().join(".gitconfig"), GIT_CONFIG).unwrap();
    let path = format!("{}/bin:{}", sandbox.display(), std::env::var("PATH").unwrap());
    s.environment = vec![
        ("PATH", path),
        ("SANDBOX", sandbox.display().to_string()),
        ("DATA", workspace().join("tests/data").display().to_string()),
        ("GUESTS", guest("scripted").parent().unwrap().display().to_string()),
        ("LC_ALL", "C".to_owned()),
        ("XDG_CONFIG_HOME", s.home().join(".config").display().to_string()),
    ];
    let mut command = s.command("sh", &s.root);
    command.arg("-eu").arg(folder().join("prelude.sh")).arg(folder().join(format!("{name}.sh")));
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 0, "the script of {name} failed:\n{}\n{}", s.plain(&ran.err), s.plain(&ran.out));
    s.plain(&ran.out)
}

fn plays(name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let said = transcript(name);
    if std::env::var_os("ORACLE_BLESS").is_some() {
        return std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let (before, now) = (readable(&expected), readable(&said));
    let diff = TextDiff::from_lines(&before, &now);
    let diff = diff.unified_diff().context_radius(4).header("before", "now").to_string();
    assert!(expected == said, "{name} comes out otherwise:\n{diff}\nORACLE_BLESS=1 takes this over, if it is meant");
}

/// For the eye only: JSON in more than one line.
fn readable(transcript: &str) -> String {
    let line = |line: &str| if line.starts_with("{\"") { line.replace(",\"", ",\n  \"") } else { line.to_owned() };
    transcript.split_inclusive('\n').map(line).collect()
}

/// A test for each scenario, so that they run side by side.
macro_rules! scenarios {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { plays($name); })*
        const ALL: &[&str] = &[$($name),*];
    };
}

scenarios! {
    first_session "01-first-session"
    whole_plan "02-whole-plan"
    init "03-init"
    without_git "04-without-git"
    demo "05-demo"
    help "06-help"
    usage "07-usage"
    unknown_ids "08-unknown-ids"
    status "09-status"
    show "10-show"
    evidence "11-evidence"
    checks_fail "12-checks-fail"
    manual_items "13-manual-items"
    checks_change "14-checks-change"
    baseline "15-baseline"
    unverified "16-unverified"
    flags "17-flags"
    dangerous_checks "18-dangerous-checks"
    checkpoints "19-checkpoints"
    note_pause_resume "20-note-pause-resume"
    without_plan "21-without-plan"
    plan_add "22-plan-add"
    plan_check "23-plan-check"
    plan_graph "24-plan-graph"
    plan_kinds "25-plan-kinds"
    plan_folder "26-plan-folder"
    two_plans "27-two-plans"
    without_a_plan "28-without-a-plan"
    bad_manifest "29-bad-manifest"
    trust "30-trust"
    new_commands "31-new-commands"
    dirty_tree "32-dirty-tree"
    detached_head "33-detached-head"
    wrong_branch "34-wrong-branch"
    in_the_middle "35-in-the-middle"
    secrets "36-secrets"
    hook_refuses "37-hook-refuses"
    hooks_change "38-hooks-change"
    commit_message "39-commit-message"
    bookkeeping_next "40-bookkeeping-next"
    bookkeeping_leave "41-bookkeeping-leave"
    task_file_committed "42-task-file-committed"
    repositories "43-repositories"
    worktrees "44-worktrees"
    branches "45-branches"
    squash_merge "46-squash-merge"
    audit "47-audit"
    progress "48-progress"
    documents_disagree "49-documents-disagree"
    rollback_done "50-rollback-done"
    rollback_active "51-rollback-active"
    rollback_several "52-rollback-several"
    rollback_conflict "53-rollback-conflict"
    rollback_only "54-rollback-only"
    rollback_half_done "55-rollback-half-done"
    rollback_hook_refuses "56-rollback-hook-refuses"
    killed_in_a_check "57-killed-in-a-check"
    killed_before_commit "58-killed-before-commit"
    killed_after_commit "59-killed-after-commit"
    killed_by_a_hook "60-killed-by-a-hook"
    killed_checkpoint "61-killed-checkpoint"
    killed_rollback "62-killed-rollback"
    in_doubt_retry "63-in-doubt-retry"
    in_doubt_assume_done "64-in-doubt-assume-done"
    in_doubt_abort "65-in-doubt-abort"
    stopped "66-stopped"
    libgit2 "67-libgit2"
    libgit2_rollback "68-libgit2-rollback"
    libgit2_fold "69-libgit2-fold"
    explain "70-explain"
    subfolder "71-subfolder"
    damaged "72-damaged"
    second_developer "73-second-developer"
    rewritten "74-rewritten"
    models "75-models"
    lettered "76-lettered"
    checks_of_the_project "77-checks-of-the-project"
    plugin_fails "78-plugin-fails"
    forced "79-forced"
    brought_over_a_torn_rollback "80-brought-over-a-torn-rollback"
    commits_by_git "81-commits-by-git"
    documents_by_git "82-documents-by-git"
    fold_by_git "83-fold-by-git"
    kinds_by_git "84-kinds-by-git"
}

#[test]
fn every_scenario_is_played() {
    let names = |ending: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        files.filter_map(|file| file.strip_suffix(ending).map(str::to_owned)).filter(|name| name != "prelude").collect()
    };
    let all: BTreeSet<String> = ALL.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names(".sh"), all, "scripts, and what is listed above");
    assert_eq!(names(".txt"), all, "transcripts, and what is listed above");
}
