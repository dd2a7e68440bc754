//! `session audit`: records against the history, as CI has both.

use crate::support::Sandbox;

/// One session that is done, and a second one of the hello plan.
fn done() -> Sandbox {
    let s = Sandbox::hello();
    for (id, file, text) in [("HI-01", "greeting.txt", "hello\n"), ("HI-02", "farewell.txt", "goodbye\n")] {
        s.session(&format!("start {id}")).ok();
        s.write(file, text);
        s.session("checkpoint -m half").ok();
        s.session("complete").ok();
    }
    s
}

fn record(s: &Sandbox, change: impl Fn(String) -> String) {
    let path = "docs/sessions/records/HI-02.json";
    let text = s.read(path);
    let changed = change(text.clone());
    assert_ne!(text, changed);
    s.write(path, &changed);
}

#[test]
fn what_was_verified_has_evidence() {
    let s = done();
    let ran = s.session("audit").ok();
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("2 commits of 2 recorded sessions looked at: each has evidence"), "{}", ran.err);
    let json = s.session("--json audit").ok().json();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(json["commits"][0]["sessions"][0]["recorded"], "same");

    // A clone in CI has the same answer, and so has a part of the history.
    let other = s.clone_fresh();
    other.session("trust --yes").ok();
    other.session("audit").ok();
    let ran = other.session("audit --since HEAD~2").ok();
    assert!(ran.err.contains("1 commit of"), "{}", ran.err);
    other.session("audit --since nowhere").fails(1, &["nowhere"]);
}

#[test]
fn a_forged_commit_has_none() {
    let s = done();
    s.write("forged.txt", "1\n");
    s.git("add forged.txt");
    s.git("commit --quiet -m \"feat: forged\n\nSession-Id: HI-03\nSession-Verified: 3 passed\"");
    let ran = s.session("audit").fails(1, &["1 session without evidence"]);
    assert!(ran.out.contains("error HI-03") && ran.out.contains("no record knows it"), "{}", ran.out);
    let ran = s.session("audit --format github").fails(1, &[]);
    assert!(ran.out.starts_with("::error file=docs/sessions/records/HI-03.json,title=HI-03 "), "{}", ran.out);
    let ran = s.session("--json audit").fails(1, &[]);
    assert_eq!(ran.json()["findings"][0]["level"], "error");

    s.git("reset --quiet --soft HEAD~1");
    s.git("commit --quiet -m \"feat: again\n\nSession-Id: HI-02\nSession-Verified: 2 passed\"");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("is not the commit that the record names"), "{}", ran.out);
}

#[test]
fn what_was_changed_afterwards_has_none() {
    let s = done();
    // The documents' commit stands on it: amended as people do it, with a fixup that is squashed in.
    let tip = s.git("rev-parse HEAD");
    s.git("reset --quiet --hard HEAD~1");
    s.write("farewell.txt", "goodbye, and more\n");
    s.git("commit --quiet --amend --no-edit -a");
    s.git(&format!("cherry-pick --quiet {tip}"));
    let ran = s.session("audit").fails(1, &["session show HI-02 --evidence"]);
    assert!(ran.out.contains("it was changed after it was verified"), "{}", ran.out);
}

#[test]
fn a_rebase_is_noted_and_a_squash_holds_the_same_files() {
    let s = done();
    s.git("checkout --quiet -b upstream HEAD~6");
    s.write("upstream.txt", "1\n");
    s.git("add upstream.txt");
    s.git("commit --quiet -m \"feat: upstream\"");
    s.git("checkout --quiet main");
    s.git("rebase --quiet upstream");
    let ran = s.session("audit").ok();
    assert!(ran.out.contains("note  HI-02") && ran.out.contains("it was verified on another base"), "{}", ran.out);
    s.session("audit --strict").fails(1, &["2 sessions without evidence"]);

    // As a forge does it: a branch of two sessions, its documents too, in one commit with words of its own.
    let s = done();
    let first = s.git("rev-list --max-parents=0 HEAD");
    s.git(&format!("checkout --quiet -b forge {first}"));
    s.git("merge --quiet --squash main");
    s.git("commit --quiet -m \"feat: all of it, squashed\"");
    for (arguments, code) in [("audit", 0), ("audit --since HEAD~1", 1)] {
        let ran = s.session(arguments);
        assert_eq!(ran.code, code, "{ran:#?}");
        assert!(ran.out.contains("HI-01") && ran.out.contains("squashed together with later"), "{}", ran.out);
        assert!(!ran.out.contains("HI-02"), "its files are those that were verified: {}", ran.out);
        // The commit before has no plugins.toml: that it came is something to look at, and all there is.
        assert_eq!(ran.out.matches("error ").count(), usize::try_from(code).unwrap(), "{}", ran.out);
        assert_eq!(ran.out.contains("error plugins.toml"), code == 1, "{}", ran.out);
    }
    s.write("farewell.txt", "goodbye, and evil\n");
    s.git("commit --quiet --amend --no-edit -a");
    for arguments in ["audit", "audit --since HEAD~1"] {
        let ran = s.session(arguments).fails(1, &[]);
        assert!(ran.out.contains("error HI-02"), "{}", ran.out);
    }
}

#[test]
fn what_borrows_a_name_is_named() {
    let s = done();
    s.write("evil.txt", "1\n");
    s.git("add evil.txt");
    s.git("commit --quiet -m \"WIP\n\nSession-Checkpoint: HI-02/9\"");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("its record does not know it"), "{}", ran.out);

    let s = done();
    s.write("evil.txt", "1\n");
    s.git("add evil.txt");
    s.git("commit --quiet --amend --no-edit");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("documents only, and holds other files"), "{}", ran.out);
}

#[test]
fn a_shallow_clone_says_so() {
    let s = done();
    let other = Sandbox::bare();
    std::fs::remove_dir(&other.root).unwrap();
    let mut command = other.command("git", other.root.parent().unwrap());
    let from = format!("file://{}", s.root.display());
    assert!(command.args(["clone", "--quiet", "--depth", "1", &from]).arg(&other.root).status().unwrap().success());
    other.session("trust --yes").ok();
    other.session("audit").fails(1, &["this clone is shallow", "git fetch --unshallow"]);
}

#[test]
fn what_came_by_a_merge_is_looked_at() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s.git("checkout --quiet -b side");
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.session("complete").ok();
    s.git("checkout --quiet main");
    s.git("merge --quiet --no-ff -m merge side");
    let ran = s.session("audit").ok();
    assert!(ran.err.contains("2 commits of 2"), "{}", ran.err);
}

#[test]
fn a_record_that_people_edit_is_named() {
    let s = done();
    record(&s, |text| text.replace("\"2 passed\"", "\"3 passed\""));
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("it says `2 passed`, and its record says `3 passed`"), "{}", ran.out);
    assert!(ran.out.contains("its record was changed in the working tree"), "{}", ran.out);
    s.git("commit --quiet -am edited");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("its record was changed by a commit of somebody"), "{}", ran.out);

    let s = done();
    record(&s, |text| text.replacen("\"verdict\": \"passed\"", "\"verdict\": \"failed\"", 1));
    s.session("audit").fails(1, &[]);
    let s = done();
    s.git("rm --quiet docs/sessions/records/HI-02.json");
    s.git("commit --quiet -m gone");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("no record knows it"), "{}", ran.out);
}

#[test]
fn what_the_commit_does_not_hold_is_said() {
    let s = Sandbox::hello();
    s.write("greeting.txt", "hello\n");
    s.session("start HI-01").ok();
    s.write("other.txt", "1\n");
    s.session("complete").ok();
    let ran = s.session("audit").ok();
    assert!(
        ran.out.contains("note  HI-01") && ran.out.contains("files that it does not hold: greeting.txt"),
        "{}",
        ran.out
    );
}

#[test]
fn a_session_without_a_check_has_none() {
    let s = Sandbox::new();
    s.session("start FIX-01 --title fix").ok();
    s.write("a.txt", "1\n");
    s.session("complete --unverified").ok();
    // A record of the version before, which completed it without a word.
    let path = "docs/sessions/records/FIX-01.json";
    let mut record: serde_json::Value = serde_json::from_str(&s.read(path)).unwrap();
    record["verification"].as_object_mut().unwrap().remove("unverified").unwrap();
    s.write(path, &serde_json::to_string_pretty(&record).unwrap());
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("error FIX-01") && ran.out.contains("no command verified it"), "{}", ran.out);
    // A person's word is less, and not nothing.
    let s = Sandbox::new();
    s.write("docs/A_PROMPTS.md", "## Session A-01: x\n\n### Prompt\n\nx\n\n### Verification Checklist\n\n- [ ] Fine\n");
    s.session("start A-01").ok();
    s.write("a.txt", "1\n");
    s.session("complete --attest *").ok();
    assert!(s.session("audit").ok().out.contains("note  A-01"));
}

#[test]
fn hooks_that_rewrite_are_said() {
    let s = Sandbox::hello();
    s.write(".git/hooks/pre-commit", "#!/bin/sh\necho rewritten >> greeting.txt && git add greeting.txt\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), mode).unwrap();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let ran = s.session("audit").ok();
    assert!(ran.out.contains("hooks rewrote files behind the checks: greeting.txt"), "{}", ran.out);
}

#[test]
fn sessions_of_other_repositories_are_looked_at_there() {
    let s = Sandbox::hello();
    let beside = s.root.parent().unwrap().join("beside");
    std::fs::create_dir(&beside).unwrap();
    for arguments in ["init --quiet", "config user.name Kim", "config user.email kim@example.com"] {
        let mut command = s.command("git", &beside);
        assert!(command.args(arguments.split(' ')).status().unwrap().success());
    }
    let text = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &format!("{text}\n[[repository]]\nname = \"beside\"\npath = \"../beside\"\nprefix = [\"FIX\"]\n"),
    );
    s.session("trust --yes").ok();
    s.session("start FIX-01 --title fix --check \"test -f a.txt\"").ok();
    std::fs::write(beside.join("a.txt"), "1\n").unwrap();
    s.session("complete").ok();
    let ran = s.session("audit").ok();
    assert!(ran.err.contains("1 commit of 1 recorded session"), "{}", ran.err);
}
