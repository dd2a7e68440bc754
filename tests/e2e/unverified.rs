//! Done without a check: refused, unless a person says so on record; and what becomes of it later.

use crate::support::Sandbox;

/// A project with one session that has these lines below its prompt.
fn planned(more: &str) -> Sandbox {
    let s = Sandbox::new();
    let plan =
        format!("# U - Implementation Prompts\n\n## Session UV-01: Work\n\n### Prompt\n\nWrite `work`.\n\n{more}");
    s.write("docs/U_PROMPTS.md", &plan);
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init U").ok();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.session("start UV-01").ok();
    s.write("work", "1\n");
    s
}

fn record(s: &Sandbox) -> serde_json::Value {
    serde_json::from_str(&s.read("docs/sessions/records/UV-01.json")).unwrap()
}

const SEEN: &str = "### Verification Checklist\n\n- [ ] It looks right\n";

#[test]
fn what_nothing_verified_is_not_completed() {
    let s = planned("");
    let head = s.git("rev-parse HEAD");
    let hints =
        ["docs/U_PROMPTS.md", "session complete --accept-checks", "checks = [", "session complete --unverified"];
    s.session("complete")
        .fails(3, &["UV-01 is not verified, and its work is not committed", "no check ran and passed"]);
    let ran = s.session("complete").fails(3, &hints);
    assert!(!ran.err.contains("correct it"), "nothing ran, so nothing is to be corrected: {ran:?}");
    assert_eq!(s.git(&format!("log --format=%s {head}.. -- work")), "", "nothing is committed");
    assert!(!s.exists("docs/sessions/records/UV-01.json"));
    s.session("complete --dry-run").fails(3, &["no check ran and passed"]);
    let status = s.session("status").ok();
    assert!(status.err.contains("UV-01 is active here (last event failed: nothing verifies it"), "{status:?}");
    s.session("verify").ok();
}

#[test]
fn a_manual_item_counts_once_somebody_confirmed_it() {
    let s = planned(SEEN);
    s.session("complete").fails(3, &["session complete --attest 'It looks right'"]);
    s.session("complete --attest *").ok();
    assert_eq!(record(&s)["verified"], "1 attested");
}

#[test]
fn a_check_that_was_not_run_counts_for_nothing() {
    let s = planned("");
    let text = s.read("plugins.toml");
    let check = "[project]\nchecks = [{ run = \"true\", paths = [\"web/**\"] }]\n";
    s.write("plugins.toml", &text.replace("[project]\n", check));
    s.session("trust --yes").ok();
    s.session("complete --accept-checks").fails(3, &["no check ran and passed"]);
    s.write("web/a", "1\n");
    s.session("complete --accept-checks").ok();
    assert_eq!(record(&s)["verified"], "1 passed");
}

/// What passed earlier for the same tree counts as ran.
#[test]
fn evidence_for_the_same_tree_counts() {
    let s = planned("### Verification Checklist\n\n- [ ] `test -f work`\n");
    s.session("verify").ok();
    let done = s.session("complete").ok();
    assert!(done.err.contains("for the same files"), "{done:#?}");
}

#[test]
fn unverified_is_on_record_and_listed_apart() {
    let s = planned(SEEN);
    s.session("complete --unverified --dry-run").ok();
    let done = s.session("complete --unverified").ok();
    assert!(done.err.contains("nothing verified UV-01"), "{done:#?}");
    assert!(done.err.contains("UV-01 is done: unverified, 1 unconfirmed"), "{done:#?}");
    let record = record(&s);
    assert_eq!(record["verified"], "unverified, 1 unconfirmed");
    assert_eq!(record["verification"]["unverified"], "Kim");
    assert!(s.git("log --format=%B").contains("Session-Verified: unverified, 1 unconfirmed"));
    let shown = s.session("show UV-01 --evidence").ok();
    assert!(shown.out.contains("nothing verified it; completed so by Kim"), "{shown:#?}");
    let json = s.session("show UV-01 --evidence --json").ok().json();
    assert_eq!(json["verification"]["unverified"], "Kim", "{json:#}");

    let audit = s.session("audit").ok();
    assert!(audit.out.contains("unverified UV-01"), "{audit:#?}");
    assert!(audit.err.contains("apart from 1 session completed unverified"), "{audit:#?}");
    s.session("audit --strict").fails(1, &["1 session without evidence"]);
    let json = s.session("audit --json").ok().json();
    assert_eq!(json["findings"][0]["level"], "unverified", "{json:#}");
    s.session("rollback UV-01 --yes").ok();
}

#[test]
fn nothing_at_all_is_said_to_be_unverified() {
    let s = planned("");
    let json = s.session("complete --unverified --json").ok().json();
    assert_eq!(json["verification"]["summary"], "unverified", "{json:#}");
    assert_eq!(json["verification"]["unverified"], "Kim", "{json:#}");
    s.session("show UV-01 --evidence").ok();
    s.session("audit").ok();
}

#[test]
fn unverified_is_no_way_around_a_check_that_fails_or_a_setting() {
    let s = planned("### Verification Checklist\n\n- [ ] `test -f other`\n");
    s.session("complete --unverified").fails(3, &["a check failed"]);
    s.write("other", "1\n");
    let done = s.session("complete --unverified").ok();
    assert!(done.err.contains("UV-01 is verified, so --unverified changes nothing"), "{done:#?}");
    assert!(record(&s)["verification"].get("unverified").is_none());

    let s = planned("");
    let text = s.read("plugins.toml");
    s.write("plugins.toml", &text.replace("[project]\n", "[project]\nrequire-checks = true\n"));
    s.session("trust --yes").ok();
    s.session("complete --unverified").fails(3, &["require-checks"]);
}

/// Who stops it in between and types it again means the same; without the flag it is another request.
#[test]
fn the_flag_is_part_of_what_was_asked_for() {
    let s = planned("");
    s.session("complete").fails(3, &[]);
    s.session("complete --unverified").ok();
    s.session("start FIX-01 --title Fix --check \"test -f more\"").ok();
    s.write("more", "1\n");
    s.session("complete").ok();
    let audit = s.session("audit").ok();
    assert!(!audit.out.contains("FIX-01"), "{audit:#?}");
}
