//! `session audit --since REF` in CI: what decides comes from REF, and what the branch brings is looked at, never asked.

use crate::support::{Sandbox, guest, native_guest};

const TOML: &str = "plugins.toml";

/// What `main` has: the first session of the hello plan is done. Lines for `[project]` of its plugins.toml.
fn main_with(settings: &str, tables: &str) -> Sandbox {
    let s = Sandbox::hello();
    let text = s.read(TOML);
    s.write(TOML, &format!("{}{tables}", text.replace("[project]\n", &format!("[project]\n{settings}"))));
    s.session("trust --yes").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s
}

/// A clone with a branch for a pull request.
fn branch(main: &Sandbox) -> Sandbox {
    let s = main.clone_fresh();
    s.session("trust --yes").ok();
    s.git("checkout --quiet -b pr");
    s
}

fn second(s: &Sandbox, complete: &str) {
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.session(complete).ok();
}

/// As CI checks it out: a fresh clone, which nobody approved.
fn ci(branch: &Sandbox) -> Sandbox {
    branch.clone_fresh()
}

fn edit(s: &Sandbox, path: &str, from: &str, to: &str) {
    let text = s.read(path);
    assert!(text.contains(from), "`{from}` is not in {text}");
    s.write(path, &text.replace(from, to));
}

const GIT: &str = "[[plugin]]\nname = \"git\"\n";

#[test]
fn a_fresh_clone_needs_no_approval() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    let ci = ci(&pr);
    let ran = ci.session("audit --since origin/main --format github").ok();
    assert!(ran.err.contains("1 commit of 2 recorded sessions looked at: each has evidence"), "{}", ran.err);
    let ran = ci.session("audit --base origin/main").ok();
    assert!(ran.err.contains("2 commits of 2"), "{}", ran.err);
    let json = ci.session("--json audit --since origin/main").ok().json();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert!(!ci.home().join(".config/session/trust.toml").exists(), "nothing was approved on the way");
    // As a forge merges it for the build.
    ci.git("checkout --quiet --detach origin/main");
    ci.git("merge --quiet --no-ff -m merge origin/pr");
    ci.session("audit --since origin/main").ok();
}

/// A commit by hand that says it is a session's work.
fn forge(s: &Sandbox) {
    s.write("forged.txt", "1\n");
    s.git("add forged.txt");
    s.git("commit --quiet -m \"feat: forged\n\nSession-Id: HI-02\nSession-Verified: 2 passed\"");
}

#[test]
fn a_branch_does_not_bring_its_auditor() {
    let main = main_with("", "");
    let pr = branch(&main);
    pr.copy(&guest("finds_nothing"), "tools/git.wasm");
    edit(&pr, TOML, GIT, "[[plugin]]\nname = \"blind\"\npath = \"tools/git.wasm\"\n");
    pr.git("add .");
    pr.git("commit --quiet -m \"chore: tools\"");
    let changed = pr.git("rev-parse --short=7 HEAD");
    forge(&pr);
    let ci = ci(&pr);
    let ran = ci.session("audit --since origin/main").fails(1, &["1 session without evidence", "plugins.toml"]);
    assert!(ran.out.contains("error HI-02"), "{}", ran.out);
    assert!(ran.out.contains(&format!("error plugins.toml {changed}: this commit changes it")), "{}", ran.out);
    assert!(!ran.err.contains("audited by a guest"), "{}", ran.err);
    let ran = ci.session("audit --since origin/main --format github").fails(1, &[]);
    let line = format!("::error file=plugins.toml,title=plugins.toml {changed}::");
    assert!(ran.out.lines().any(|found| found.starts_with(&line)), "{}", ran.out);
    let json = ci.session("--json audit --since origin/main").fails(1, &[]).json();
    assert!(json["findings"].as_array().unwrap().iter().any(|finding| finding["file"] == "plugins.toml"), "{json}");
}

#[test]
fn the_bytes_of_a_plugin_are_those_of_the_base_and_only_read() {
    let main = Sandbox::hello();
    main.copy(&guest("finds_nothing"), "tools/blind.wasm");
    let blind = "[[plugin]]\nname = \"blind\"\npath = \"tools/blind.wasm\"\n[plugin.grant]\nrun = [\"**\"]\nwrite = [\"**\"]\n\
                 repository = \"commit\"\n\n[[plugin]]\nname = \"git\"\n";
    edit(&main, TOML, GIT, blind);
    main.git("add .");
    main.git("commit --quiet -m setup");
    let pr = branch(&main);
    pr.copy(&guest("bell"), "tools/blind.wasm");
    pr.git("commit --quiet -am \"chore: another plugin\"");
    let changed = pr.git("rev-parse --short=7 HEAD");
    let ci = ci(&pr);
    let ran = ci.session("audit --since origin/main").fails(1, &["ran false, wrote false, committed false"]);
    assert!(
        ran.out.contains(&format!("error tools/blind.wasm {changed}: this commit changes the code of a plugin")),
        "{}",
        ran.out
    );
    assert!(!ci.exists("ran") && !ci.exists("docs/written.md"));
}

#[test]
fn a_damaged_plugins_toml_is_named_with_its_commit() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    pr.write(TOML, "[project\n");
    pr.git("commit --quiet -am \"chore: break it\"");
    let one = ci(&pr);
    let ran = one.session("audit --since origin/main").fails(1, &[]);
    assert!(ran.out.starts_with("error plugins.toml") && !ran.out.contains("HI-02"), "{}", ran.out);
    one.git("update-ref refs/remotes/origin/main HEAD");
    one.session("audit --since origin/main").fails(1, &["origin/main:plugins.toml cannot be used"]);
}

#[test]
fn a_branch_does_not_lower_its_bar() {
    let main = main_with("require-checks = true\nrequire-manual = true\nchecks = [\"test -f greeting.txt\"]\n", "");
    let pr = branch(&main);
    edit(&pr, TOML, "require-checks = true\nrequire-manual = true\nchecks = [\"test -f greeting.txt\"]\n", "");
    pr.session("trust --yes").ok();
    pr.git("commit --quiet -am \"chore: settings\"");
    pr.session("start FIX-01 --title fix").ok();
    pr.write("a.txt", "1\n");
    pr.session("complete --unverified").ok();
    pr.session("start FIX-02 --title fix --check \"test -f b.txt\"").ok();
    pr.write("b.txt", "1\n");
    pr.session("complete").ok();
    let ran = ci(&pr).session("audit --since origin/main").fails(1, &["2 sessions without evidence"]);
    let one = "error FIX-01";
    assert!(ran.out.contains(one) && ran.out.contains("origin/main:plugins.toml requires a check"), "{}", ran.out);
    assert!(ran.out.contains("has the check `test -f greeting.txt`, and its record does not"), "{}", ran.out);
    assert!(!ran.out.contains("HI-01"), "its record is in main: {}", ran.out);
}

#[test]
fn what_main_asks_for_since_is_noted() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    edit(&main, TOML, "[project]\n", "[project]\nchecks = [\"make test\"]\n");
    main.git("commit --quiet -am \"chore: a check\"");
    pr.git("fetch --quiet origin");
    let ran = pr.session("audit --since origin/main").ok();
    assert!(ran.out.contains("note  HI-02") && ran.out.contains("`make test`"), "{}", ran.out);
    assert!(ran.out.contains("it came there later"), "{}", ran.out);
    assert!(!ran.out.contains("error"), "the branch did not change it: {}", ran.out);
}

#[test]
fn a_merge_that_changes_it_by_itself_is_named() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    pr.git("checkout --quiet -b other origin/main");
    pr.write("other.txt", "1\n");
    pr.git("add other.txt");
    pr.git("commit --quiet -m other");
    pr.git("checkout --quiet pr");
    pr.git("merge --quiet --no-commit --no-ff other");
    edit(&pr, TOML, "[project]\n", "[project]\nrequire-checks = false\n");
    pr.git("commit --quiet -am merge");
    let changed = pr.git("rev-parse --short=7 HEAD");
    let ran = ci(&pr).session("audit --since origin/main").fails(1, &[]);
    assert!(ran.out.contains(&format!("error plugins.toml {changed}")), "{}", ran.out);
    // Back to what it was: sessions may have been done in between.
    pr.git("checkout --quiet origin/main plugins.toml");
    pr.git("commit --quiet -m back");
    let ran = ci(&pr).session("audit --since origin/main").fails(1, &[]);
    assert_eq!(ran.out.matches("error plugins.toml").count(), 2, "{}", ran.out);
}

#[test]
fn native_libraries_of_the_base_are_not_loaded() {
    let library = native_guest("commits");
    let main = Sandbox::hello();
    let name = library.file_name().unwrap().to_string_lossy().into_owned();
    main.copy(&library, &format!("tools/{name}"));
    edit(&main, TOML, GIT, &format!("[[plugin]]\nname = \"own\"\nnative = \"tools/{name}\"\n"));
    main.git("add .");
    main.git("commit --quiet -m setup");
    let pr = main.clone_fresh();
    pr.git("checkout --quiet -b pr");
    forge(&pr);
    let ran = ci(&pr)
        .session("audit --since origin/main")
        .fails(1, &["the native plugin `own` is not loaded from origin/main"]);
    assert!(ran.out.contains("error HI-02"), "the bundled one audits: {}", ran.out);
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    let other = Sandbox::bare();
    std::fs::remove_dir(&other.root).unwrap();
    let mut command = other.command("git", other.root.parent().unwrap());
    let from = format!("file://{}", pr.root.display());
    assert!(command.args(["clone", "--quiet", "--depth", "1", &from]).arg(&other.root).status().unwrap().success());
    other.session("audit --since origin/main").fails(1, &["origin/main", "this clone is shallow", "fetch-depth: 0"]);
    // It may be there, and the history between the two is not.
    other.git("fetch --quiet --depth 1 origin main:refs/remotes/origin/main");
    other
        .session("audit --since origin/main")
        .fails(1, &["the history between origin/main and HEAD", "fetch-depth: 0"]);
    let whole = ci(&pr);
    whole.session("audit --since origin/next").fails(1, &["there is no commit", "git fetch origin next"]);
    for odd in ["--output=x", "-x", "HEAD..HEAD", ":/x", "origin/main:plugins.toml"] {
        let ran = whole.session(&format!("audit --since={odd}"));
        assert_eq!(ran.code, 1, "{odd}: {ran:#?}");
        assert!(!whole.exists("x"), "{odd}");
    }
}

#[test]
fn a_project_below_the_top_is_audited_where_it_is() {
    let main = Sandbox::new();
    main.write(
        "app/docs/A_PROMPTS.md",
        "## Session A-01: x\n\n### Prompt\n\nx\n\n### Verification Checklist\n\n- [ ] `true`\n",
    );
    main.session("init --project app App").ok();
    main.git("add .");
    main.git("commit --quiet -m setup");
    let pr = branch(&main);
    let _ = pr.session("--project app trust --yes");
    pr.write("app/plugins.toml", &format!("{}# more\n", pr.read("app/plugins.toml")));
    pr.git("commit --quiet -am more");
    let changed = pr.git("rev-parse --short=7 HEAD");
    let ci = ci(&pr);
    let ran = ci.session("--project app audit --since origin/main --format github").fails(1, &[]);
    assert!(ran.out.contains(&format!("file=app/plugins.toml,title=app/plugins.toml {changed}::")), "{}", ran.out);
    // One that the branch took away is still the base's.
    pr.git("rm --quiet app/plugins.toml");
    pr.git("commit --quiet -m gone");
    let again = pr.clone_fresh();
    let ran = again.session("--project app audit --since origin/main").fails(1, &[]);
    assert_eq!(ran.out.matches("error app/plugins.toml").count(), 2, "{}", ran.out);
}

#[test]
fn a_record_that_cannot_be_read_is_one_finding() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    let folder = "docs/sessions/records/";
    let record = pr.read(&format!("{folder}HI-02.json"));
    pr.write(&format!("{folder}X-01.json"), "{");
    let newer = record.replace("\"schema\": 1", "\"schema\": 9").replace("HI-02", "X-02");
    pr.write(&format!("{folder}X-02.json"), &newer);
    pr.write(&format!("{folder}X-03.json"), "{\"schema\": 9, \"id\": []}");
    pr.write(&format!("{folder}zz.json"), &record.replace("\"1 passed\"", "\"9 passed\""));
    pr.git("add .");
    pr.git("commit --quiet -m records");
    let ran = ci(&pr).session("audit --since origin/main").fails(1, &["4 sessions without evidence"]);
    for (id, said) in [("X-01", "is damaged"), ("X-02", "schema 9"), ("X-03", "schema 9"), ("zz", "\"HI-02\"")] {
        let found = ran.out.lines().any(|line| line.starts_with(&format!("error {id}")) && line.contains(said));
        assert!(found, "{id}: {}", ran.out);
    }
    assert!(!ran.out.contains("error HI-02"), "the others are looked at: {}", ran.out);
}

#[test]
fn what_records_say_begins_no_line_of_its_own() {
    let main = main_with("", "");
    let pr = branch(&main);
    second(&pr, "complete");
    let path = "docs/sessions/records/HI-02.json";
    let mut record: serde_json::Value = serde_json::from_str(&pr.read(path)).unwrap();
    record["verified"] = "9 passed\n::error::forged,title=x%0A::stop-commands::y\r\u{1b}[2K".into();
    pr.write(path, &serde_json::to_string_pretty(&record).unwrap());
    pr.git("commit --quiet -am \"docs: record\"");
    let ci = ci(&pr);
    let ran = ci.session("audit --since origin/main --format github").fails(1, &[]);
    assert!(
        ran.out.lines().all(|line| line.starts_with("::error file=docs/sessions/records/HI-02.json,title=HI-02 ")
            || line.starts_with("::warning file=docs/")),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("x%250A::stop-commands"), "{}", ran.out);
    let ran = ci.session("audit --since origin/main").fails(1, &[]);
    assert!(ran.out.lines().all(|line| line.starts_with("error HI-02") || line.starts_with("note  ")), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'));
    ci.session("--json audit --since origin/main").fails(1, &[]).json();
}
