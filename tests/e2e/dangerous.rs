//! Checks that destroy something: they are named before they can run, and run only where the project allows them.

use crate::support::Sandbox;

/// A project with one session that is checked by these lines.
fn checked(lines: &[&str]) -> Sandbox {
    let s = Sandbox::new();
    let list: String = lines.iter().map(|line| format!("- [ ] `{line}`\n")).collect();
    let plan = format!(
        "# Danger - Implementation Prompts\n\n## Session DA-01: Work\n\n### Prompt\n\nWrite `work`.\n\n\
         ### Verification Checklist\n\n{list}"
    );
    s.write("docs/DANGER_PROMPTS.md", &plan);
    s.write("src/kept.txt", "committed\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Danger").ok();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s
}

fn started(lines: &[&str]) -> Sandbox {
    let s = checked(lines);
    s.session("start DA-01").ok();
    s.write("work", "mine\n");
    s
}

#[test]
fn a_check_that_destroys_history_never_runs_and_never_counts() {
    let s = started(&["git reset --hard HEAD~1", "touch ran; test -f work"]);
    let (head, status) = (s.git("rev-parse HEAD"), s.git("status --porcelain"));
    s.session("complete").fails(
        1,
        &[
            "DA-01 cannot complete; nothing was changed",
            "\"git reset --hard HEAD~1\" (docs/DANGER_PROMPTS.md:11)",
            "it takes commits from the branch",
            "allow = [\"git reset --hard HEAD~1\"]",
            "session complete --accept-checks",
        ],
    );
    assert_eq!((s.git("rev-parse HEAD"), s.git("status --porcelain")), (head.clone(), status));
    assert!(!s.exists("ran"), "the refusal comes before any check");
    s.session("complete --dry-run").fails(1, &["git reset --hard HEAD~1"]);

    let verified = s.session("verify").fails_broken(3, &["DA-01 is not verified", "allow = ["]);
    let lines = format!("{}{}", verified.out, verified.err);
    assert!(lines.contains("skipped") && lines.contains("not run: "), "{lines}");
    assert!(s.exists("ran"), "the others run");
    assert_eq!(s.git(&format!("merge-base {head} HEAD")), head, "no commit has left the branch");
    assert_eq!(s.read("work"), "mine\n");
    let json = s.session("verify --json");
    assert_eq!(json.code, 3, "{json:#?}");
    assert!(json.out.contains("\"skipped\""), "{json:#?}");
}

#[test]
fn a_check_of_a_baseline_never_runs_either() {
    let s = checked(&["git stash", "test -f src/kept.txt"]);
    s.write("src/kept.txt", "edited\n");
    s.session("start DA-01 --baseline").ok();
    assert_eq!(s.read("src/kept.txt"), "edited\n");
}

#[test]
fn both_grades_are_named_before_anything_runs() {
    let s = checked(&["git push", "alembic downgrade base", "cargo test"]);
    let history = ["docs/DANGER_PROMPTS.md:11", "\"git push\"", "it changes the repository that others share"];
    let data = ["docs/DANGER_PROMPTS.md:12", "\"alembic downgrade base\"", "it takes a database back"];
    let plan = s.session("plan").ok();
    let start = s.session("start DA-01").ok();
    let text = s.read("plugins.toml");
    s.write("plugins.toml", &text.replace("[project]\n", "[project]\nchecks = [\"git clean -fd\"]\n"));
    let trust = s.session("trust --commands").ok();
    for (command, ran) in [("plan", plan), ("start", start), ("trust", trust)] {
        let said = format!("{}{}", ran.out, ran.err);
        for part in history.iter().chain(&data) {
            // The lists of `plan` and `trust` name the place at the session.
            let place = part.contains(".md:") && command != "start";
            assert!(place || said.contains(part), "{command}: `{part}` is not in {said}");
        }
        assert!(!said.contains("\"cargo test\":"), "{command}: {said}");
        assert!(command != "trust" || said.contains("it removes files that no commit holds"), "{said}");
    }
    s.session("trust --yes").ok();
    let json = s.session("plan --json").ok().json();
    let found = &json["dangers"];
    assert_eq!(found[0]["session"], "DA-01", "{json:#}");
    assert_eq!(found[0]["grade"], "project", "{json:#}");
    assert_eq!(found[1]["grade"], "elsewhere", "{json:#}");
    assert_eq!(found[1]["allowed"], false, "{json:#}");
}

#[test]
fn what_is_allowed_runs_and_counts() {
    let s = started(&["git stash list && git stash push -- src && git stash pop", "test -f work"]);
    let denied = s.session("complete");
    denied.fails(1, &["git stash"]);
    s.allow("\"git stash list && git stash push -- src && git stash pop\"").ok();
    s.write("src/kept.txt", "edited\n");
    let done = s.session("complete").ok();
    assert!(format!("{}{}", done.out, done.err).contains("2 passed"), "{done:#?}");
    assert_eq!(s.read("src/kept.txt"), "edited\n");
}

#[test]
fn a_pattern_allows_one_command_and_not_another_behind_it() {
    let s = checked(&["git push nowhere main; true", "git push nowhere side"]);
    s.allow("\"git push nowhere *\"").ok();
    s.session("start DA-01").ok();
    s.write("work", "mine\n");
    let ran = s.session("complete").fails(1, &["git push nowhere main", "allow = [\"git push nowhere *\", "]);
    assert!(!ran.err.contains("nowhere side"), "it is allowed: {ran:#?}");
}

/// To allow more is to ask for more: an agent cannot do it in silence.
#[test]
fn allow_asks_for_approval() {
    let s = started(&["git clean -fd", "test -f work"]).unattended();
    let text = s.read("plugins.toml");
    let line = "name = \"checklist\"\n[plugin.config]\nallow = [\"git clean -fd\"]\n";
    s.write("plugins.toml", &text.replacen("name = \"checklist\"\n", line, 1));
    s.session("complete").fails_broken(
        5,
        &[
            "plugins.toml changed, and you have not approved the change",
            "plugin.checklist.config.allow = [\"git clean -fd\"]",
        ],
    );
    let asked = s.session("trust --dry-run").ok();
    assert!(asked.out.contains("git clean -fd") || asked.err.contains("git clean -fd"), "{asked:#?}");
    s.session("trust --yes").ok();
    let known = s.session("trust").ok();
    assert!(known.err.contains("Everything is approved: 2 commands."), "{known:#?}");
}

/// Wherever a check comes from, and however it is written.
#[test]
fn checks_of_every_source_are_judged() {
    let s = checked(&["test -f work"]);
    let text = s.read("plugins.toml");
    s.write("plugins.toml", &text.replace("[project]\n", "[project]\nchecks = [\"git checkout -- .\"]\n"));
    s.session("trust --yes").ok();
    s.session("start DA-01").ok();
    s.write("work", "mine\n");
    s.session("complete").fails(1, &["\"git checkout -- .\" (plugins.toml)"]);

    let s = checked(&["test -f work"]);
    s.session("start FIX-01 --title Fix --check \"sh -c 'rm -rf src'\"").ok();
    s.write("work", "mine\n");
    s.session("complete").fails(1, &["\"rm -rf src\" (session start --check)", "it removes src, which git tracks"]);
    assert!(s.exists("src/kept.txt"));

    let s = Sandbox::new();
    let fence = "```sh\nexport D=src\nrm -rf \"$D\"\n```\n";
    s.write(
        "docs/DANGER_PROMPTS.md",
        &format!("# D - Implementation Prompts\n\n## Session DA-01: Work\n\n### Prompt\n\nx\n\n### Verification Commands\n\n{fence}"),
    );
    s.write("src/kept.txt", "committed\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Danger").ok();
    s.session("start DA-01").ok();
    s.write("work", "mine\n");
    s.session("complete").fails(1, &["it removes src, which git tracks", "docs/DANGER_PROMPTS.md:13"]);
    assert!(s.exists("src/kept.txt"));
}

#[test]
fn what_only_looks_dangerous_runs() {
    let s = started(&[
        "echo \"git push\"",
        "! grep -q \"DROP TABLE\" work",
        "mkdir -p target/tmp && rm -rf target/tmp",
        "test -z \"$(git status --porcelain -- src)\"",
    ]);
    let done = s.session("complete").ok();
    assert!(format!("{}{}", done.out, done.err).contains("4 passed"), "{done:#?}");
}

/// A journal that was begun before there was such a rule.
#[test]
fn frozen_checks_of_an_older_journal_are_refused_the_same() {
    let s = started(&["git clean -fdx", "test -f work"]);
    let journal = s.read(".git/session/open/DA-01.jsonl");
    assert!(!journal.contains("danger"), "nothing of the judgement is frozen: {journal}");
    s.write("precious", "no commit holds it\n");
    s.session("complete").fails(1, &["git clean -fdx"]);
    assert!(s.exists("precious"));
    // The plan has it no more, and a person says so.
    let plan = s.read("docs/DANGER_PROMPTS.md").replace("- [ ] `git clean -fdx`\n", "");
    s.write("docs/DANGER_PROMPTS.md", &plan);
    s.session("complete --accept-checks").ok();
}

/// The line that the refusal says is all that a project without plugins.toml needs.
#[test]
fn the_line_that_is_said_is_enough() {
    let s = Sandbox::new();
    let plan = "# D - Implementation Prompts\n\n## Session DA-01: Work\n\n### Prompt\n\nx\n\n### Verification Checklist\n\n\
                - [ ] `git stash list; git switch -C \"other\"; git switch main`\n";
    s.write("docs/D_PROMPTS.md", plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("start DA-01").ok();
    s.write("work", "mine\n");
    let refused = s.session("complete").fails(1, &["write at the top of plugins.toml: "]);
    let line = refused.err.lines().find_map(|line| line.split_once("write at the top of plugins.toml: ")).unwrap().1;
    s.write("plugins.toml", &format!("{line}\n"));
    s.session("trust --yes").ok();
    let done = s.session("complete").ok();
    assert!(done.err.contains("1 passed"), "{done:#?}");
}

/// What git tracks is not known then, so no removal is called harmless.
#[test]
fn where_the_index_cannot_be_read_every_removal_is_one_of_tracked_files() {
    let s = checked(&["rm -rf src"]);
    s.write(".git/index", "no index");
    let said = s.session("plan").err;
    let shown = format!("{}{said}", s.session("plan").out);
    assert!(shown.contains("git tracks"), "{shown}");
}
