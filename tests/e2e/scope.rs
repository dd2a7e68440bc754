//! What a session may commit: files that its plan does not name are named, large ones and secrets are refused before any
//! check runs, and what a person lets through is in the record.

use crate::support::{Ran, Sandbox};

const PLAN: &str = "## Session SC-01: Scope\n\n```yaml\nfiles: [src/** (new), docs/notes.md]\n```\n\n### Prompt\n\nDo it.\n\n\
                    ### Verification Checklist\n\n- [ ] `test -f src/a.rs`\n\n### Git Commit\n\nfeat(scope): do it\n";

/// Put together here, so that nobody's scanner stops at this file. It opens nothing.
fn token() -> String {
    ["gh", "p_q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVoX"].concat()
}

fn started() -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/SCOPE_PROMPTS.md", PLAN);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Scope").ok();
    s.session("start SC-01").ok();
    s.write("src/a.rs", "fn a() {}\n");
    s
}

fn record(s: &Sandbox) -> serde_json::Value {
    serde_json::from_str(&s.read("docs/sessions/records/SC-01.json")).unwrap()
}

fn facts(s: &Sandbox) -> serde_json::Value {
    record(s)["facts"].clone()
}

fn configure(s: &Sandbox, line: &str) {
    let text = s.read("plugins.toml").replace("name = \"git\"", &format!("name = \"git\"\n[plugin.config]\n{line}"));
    s.write("plugins.toml", &text);
}

/// Refused before any check ran, and with nothing changed.
#[track_caller]
fn refused(s: &Sandbox, ran: Ran, said: &[&str]) {
    let ran = ran.fails(1, said);
    assert!(!ran.err.contains("passed") && !ran.err.contains(&token()) && !ran.out.contains(&token()), "{ran:?}");
    assert!(!s.subjects().iter().any(|subject| subject.starts_with("feat") || subject.starts_with("WIP")), "{ran:?}");
}

#[test]
fn files_outside_the_plan_are_named_once_and_before_the_checks() {
    let s = started();
    s.write("docs/notes.md", "x\n");
    let ran = s.session("checkpoint -m half").ok();
    assert!(!ran.err.contains("outside"), "{ran:?}");
    s.write("Cargo.toml", "x\n");
    s.git("add Cargo.toml");
    s.git("commit --quiet -m by-hand");
    s.write("lib/b.rs", "x\n");
    let ran = s.session("checkpoint -m more").ok();
    assert!(
        ran.err.contains("1 file outside what the session's `files` name, committed all the same: lib/b.rs"),
        "{ran:?}"
    );
    let ran = s.session("complete").ok();
    let named =
        "warning: git: 2 files outside what the session's `files` name, committed all the same: Cargo.toml, lib/b.rs";
    assert_eq!(ran.err.matches("outside").count(), 1, "{ran:?}");
    assert!(ran.err.find(named).unwrap() < ran.err.find("passed").unwrap(), "{ran:?}");
    assert_eq!(facts(&s)["outside"], "Cargo.toml\nlib/b.rs");
}

#[test]
fn a_secret_is_refused_before_any_check_and_never_shown() {
    let s = started();
    s.write("src/a.rs", &format!("// one\n// two\nconst TOKEN: &str = \"{}\";\n", token()));
    s.write("src/.env", "A=1\n");
    let said = ["src/a.rs:3 looks like a GitHub token", "src/.env looks like an environment file", ".gitignore"];
    // A hint is what people type: it says how a secret is kept out, and never how it is committed.
    let out = ["git rm --cached src/.env", "environment variable", "session complete --help"];
    refused(&s, s.session("complete"), &[&said[..], &out].concat());
    assert!(!s.session("complete").err.contains("--include"));
    refused(&s, s.session("complete --dry-run"), &said);
    refused(&s, s.session("checkpoint -m \"half way\""), &[&said[..], &["session checkpoint --help"]].concat());
    for file in crate::support::everything(&s.path(".git/session")).values() {
        assert!(!String::from_utf8_lossy(file).contains(&token()), "it stands in the journal or a log");
    }

    s.write(".gitignore", ".env\n");
    s.session("complete --include src/a.rs").ok();
    assert_eq!(facts(&s)["allowed"], "src/a.rs:3 looks like a GitHub token");
    assert!(!s.git("ls-files").contains(".env"));
}

#[test]
fn a_secret_in_the_notes_is_in_no_document() {
    let s = started();
    s.write("src/a.rs", "fn a() {}\n");
    s.session(&format!("note \"the token is {}\"", token())).ok();
    s.session("note \"it works\"").ok();
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("warning: 1 line of the notes may hold secrets"), "{ran:#?}");
    assert_eq!(s.git("status --porcelain"), "");
    assert!(!s.git("log --all -p").contains(&token()));
    let record = record(&s);
    let notes: Vec<&str> = record["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert_eq!(notes, ["[left out: looks like a GitHub token]", "it works"]);
}

#[test]
fn a_key_in_the_notes_is_left_out_to_its_last_line() {
    let s = started();
    s.write("src/a.rs", "fn a() {}\n");
    let body: Vec<String> =
        (0..25).map(|at| format!("MIIEpAIBAAKCAQEA{at:02}x7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVoQwErTyUi")).collect();
    let (begin, end) =
        (["-----BEGIN RSA PRIV", "ATE KEY-----"].concat(), ["-----END RSA PRIV", "ATE KEY-----"].concat());
    let key = format!("server key:\n{begin}\n{}\n{end}", body.join("\n"));
    let mut command = s.session_command("note");
    Ran::of(command.arg(&key).output().unwrap()).ok();
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("27 lines of the notes may hold secrets"), "{ran:#?}");
    let history = s.git("log --all -p");
    assert!(body.iter().all(|line| !history.contains(line)), "a line of the key is committed");
    assert_eq!(s.git("status --porcelain"), "");
}

/// What people typed to `session` elsewhere: a check that has a token in it, and the words of a checkpoint.
#[test]
fn a_secret_that_was_typed_is_in_no_record_and_in_no_message() {
    let s = started();
    s.write("src/a.rs", "fn a() {}\n");
    let said = ["the commit message looks like a GitHub token"];
    s.session(&format!("checkpoint -m \"with {}\"", token())).fails(1, &said);
    s.session(&format!("complete -m \"feat: with {}\"", token())).fails(1, &said);
    s.session(&format!("checkpoint -m half --done \"{}\"", token())).fails(1, &said);
    s.session("complete").ok();
    s.session(&format!("start FIX-01 --title Fix --check \"true {}\"", token())).ok();
    s.write("src/b.rs", "fn b() {}\n");
    s.session("complete").ok();
    assert!(s.read("docs/sessions/records/FIX-01.json").contains("[left out: looks like a GitHub token]"));
    assert!(!s.git("log --all -p").contains(&token()));
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn what_a_checkpoint_lets_through_is_in_the_record() {
    let s = started();
    s.write("src/id_rsa", "not really\n");
    s.session("checkpoint -m half --include gone").fails(1, &["gone has not changed"]);
    s.session("checkpoint -m half --include src/id_rsa").ok();
    s.session("complete").ok();
    assert_eq!(facts(&s)["allowed"], "src/id_rsa looks like a private SSH key");
}

#[test]
fn the_search_for_secrets_can_be_switched_off() {
    let s = started();
    s.write("src/.env", "A=1\n");
    configure(&s, "secrets = false");
    s.session("complete").ok();
    assert!(facts(&s)["allowed"].is_null());
}

#[test]
fn lines_that_were_there_before_and_placeholders_pass() {
    let s = Sandbox::new();
    s.write("docs/SCOPE_PROMPTS.md", PLAN);
    s.write("src/old.rs", &format!("const OLD: &str = \"{}\";\n", token()));
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Scope").ok();
    s.session("start SC-01").ok();
    s.write("src/old.rs", &format!("const OLD: &str = \"{}\";\n// more\n", token()));
    s.write("src/a.rs", &format!("const SHOWN: &str = \"ghp_{}\";\n", "x".repeat(36)));
    s.write("src/.env.example", "TOKEN=\n");
    s.session("complete").ok();
}

#[test]
fn a_secret_in_a_commit_by_hand_is_a_warning() {
    let s = started();
    s.write("src/b.rs", &format!("\n{}\n", token()));
    s.git("add src/b.rs");
    s.git("commit --quiet -m by-hand");
    let hash = s.git("rev-parse --short=7 HEAD");
    let ran = s.session("complete").ok();
    let said = format!("src/b.rs:2 looks like a GitHub token, and the commit {hash} has it in the history already");
    assert_eq!(ran.err.matches(&said).count(), 1, "{ran:?}");
}

#[test]
fn large_files_are_refused_and_pointers_are_small() {
    let s = started();
    s.write("src/data.bin", &"x".repeat(5_000_001));
    refused(&s, s.session("complete"), &["src/data.bin is 5.0 MB, and max-file is 5.0 MB", "--include src/data.bin"]);
    refused(&s, s.session("checkpoint -m half"), &["max-file = \"20 MB\" in [plugin.config] of git"]);
    // What git-lfs takes leaves a few lines that name it.
    s.write(".gitattributes", "*.bin filter=lfs\n");
    s.session("checkpoint -m pointer").ok();
    s.write("src/more.dat", &"x".repeat(2_000));
    std::os::unix::fs::symlink("../gone", s.path("src/.env")).unwrap();
    configure(&s, "max-file = \"1 KB\"");
    s.session("complete").fails(1, &["src/more.dat is 2.0 KB, and max-file is 1.0 KB"]);
    s.session("complete --include src/more.dat").ok();
    assert_eq!(facts(&s)["allowed"], "src/more.dat is 2.0 KB, and max-file is 1.0 KB");
}

#[test]
fn a_size_that_is_none_is_named() {
    let s = started();
    configure(&s, "max-file = \"5 apples\"");
    s.session("complete").fails_broken(1, &["`5 apples` is no size; write max-file = \"5 MB\""]);
}

#[test]
fn a_project_below_the_top_of_its_repository_names_lines_too() {
    let s = Sandbox::new();
    s.write("app/docs/SCOPE_PROMPTS.md", PLAN);
    s.write("src/a.rs", "elsewhere\n");
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("--project app init Scope").ok();
    s.session("--project app start SC-01").ok();
    s.write("app/src/a.rs", &format!("\n{}\n", token()));
    refused(&s, s.session("--project app complete"), &["src/a.rs:2 looks like a GitHub token"]);
}

/// What `complete` refuses is shown to nobody else either.
#[test]
fn a_review_holds_no_secret_and_says_how_much_it_leaves_out() {
    let s = started();
    let secret = token();
    s.write("src/a.rs", &format!("// one\nconst TOKEN: &str = \"{secret}\";\n"));
    s.write("src/.env", "PASSWORD=hunter2hunter2\n");
    s.session(&format!("note \"Question: is {secret} right?\"")).ok();
    let review = s.session("show --for review").ok();
    assert!(!review.out.contains(&secret) && !review.out.contains("hunter2"), "{review:#?}");
    assert!(
        review.out.contains("// one") && review.out.contains("[left out: looks like a GitHub token]"),
        "{review:#?}"
    );
    assert!(review.err.contains("lines left out that may hold secrets"), "{review:#?}");
    let json = s.session("show --for review --json").ok();
    assert!(!json.out.contains(&secret) && json.json()["left_out"].as_u64().unwrap() > 1, "{json:#?}");

    s.write("src/.env", "");
    std::fs::remove_file(s.path("src/.env")).unwrap();
    s.write("src/a.rs", "// one\n");
    s.session("complete").ok();
    let pr = s.session("show SC-01 --for pr").ok();
    assert!(!pr.out.contains(&secret), "{pr:#?}");
}

#[test]
fn a_review_is_not_longer_than_somebody_reads() {
    let s = started();
    let lines: String = (0..9000).map(|number| format!("line {number}\n")).collect();
    s.write("src/long.txt", &lines);
    s.write("src/wide.txt", &"x".repeat(900_000));
    let review = s.session("show --for review").ok().out;
    assert!(review.len() < 300_000, "{} bytes", review.len());
    assert!(review.contains(" more lines: `git diff "), "{}", &review[review.len() - 300..]);
}
