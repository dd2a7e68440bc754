//! Plugins that take something back besides git: the order is the reverse of the list. One that fails behind git leaves
//! it half done; one that must be agreed to asks.

use std::fmt::Write as _;

use super::{Point, clean, finish, grows, meanwhile, project, refused, status};
use crate::support::{Sandbox, guest, on_terminal};

/// Fails until somebody has made that file. A dry run plans it only.
const UNTIL: &str = "repeat test -f .git/ok";

/// A done session, with a plugin that does these lines in rollback: before git in the list, and so behind it in time; or
/// the other way round.
fn scripted(lines: &[&str], first: bool) -> (Sandbox, Point) {
    let s = project(&[("A-01", "none"), ("A-02", "none")]);
    script(&s, lines, first);
    s.copy(&guest("scripted"), "tools/scripted.wasm");
    super::commit(&s, "tools");
    s.session("trust --yes").ok();
    let point = Point::of(&s);
    finish(&s, "A-01", |s| {
        s.write("a.txt", "a\n");
        super::remove(s, "gone.txt");
    });
    (s, point)
}

fn script(s: &Sandbox, lines: &[&str], first: bool) {
    let mut table =
        "[[plugin]]\nname = \"scripted\"\npath = \"tools/scripted.wasm\"\n[plugin.config]\nrollback = [".to_owned();
    lines.iter().for_each(|line| write!(table, "'''{line}''', ").unwrap());
    table += "]\n[plugin.grant]\nrun = [\"**\"]\nread = [\"**\"]\nwrite = [\"**\"]\n\n";
    let text = s.read("plugins.toml");
    let at = if first { text.find("[[plugin]]").unwrap() } else { text.len() };
    s.write("plugins.toml", &format!("{}\n{table}{}", &text[..at], &text[at..]));
}

fn reverts(s: &Sandbox) -> usize {
    s.git("log --oneline --fixed-strings --grep=A-01-rollback").lines().count()
}

#[test]
fn one_that_fails_behind_git_leaves_it_half_done() {
    let (s, point) = scripted(&["run echo one >> .git/ran", UNTIL, "run echo two >> .git/ran"], true);
    let said = ["rollback of A-01 failed", "scripted", "git has committed", "session resume goes on with its rollback"];
    let ran = s.session("rollback A-01").fails(1, &said);
    assert!(!s.exists("a.txt") && s.exists("gone.txt"), "git had its turn: {ran:?}");
    assert_eq!((reverts(&s), s.read(".git/ran")), (1, "one\n".to_owned()));
    let shown = s.session("status").ok();
    assert!(
        shown.err.contains("the rollback of A-01 is half done") && shown.err.contains("session resume"),
        "{shown:?}"
    );
    assert_eq!(s.session("status --json").ok().json()["half_rolled_back"][0]["session"], "A-01");

    let said = ["A-01 is half rolled back", "session resume goes on", "session resume A-01 --abort"];
    refused(&s, "start A-02", 1, &said);
    refused(&s, "start A-01", 1, &["A-01"]);
    for arguments in ["complete A-01", "checkpoint A-01 -m x", "verify A-01", "pause A-01"] {
        assert_ne!(super::untouched(&s, || s.session(arguments)).code, 0, "{arguments}");
    }
    refused(&s, "rollback A-02", 1, &["A-02"]);
    let dry = super::untouched(&s, || s.session("resume --dry-run")).ok();
    assert!(dry.err.contains("which failed half-way, would go on"), "{dry:?}");
    s.session("rollback A-01").fails_broken(1, &["scripted"]);
    s.session("resume").fails_broken(1, &["scripted"]);
    assert_eq!(reverts(&s), 1);

    // The same command, and resume, go on; one commit undoes it.
    for arguments in ["rollback A-01", "resume", "resume A-01", "rollback"] {
        meanwhile(&s, || {
            s.write(".git/ok", "");
            s.session(arguments).ok();
            assert_eq!(reverts(&s), 1, "{arguments}: {:?}", s.subjects());
            assert!(s.read(".git/ran").ends_with("two\n"), "{arguments}");
            point.as_before(&s, &["A-01"]);
            assert_eq!(status(&s, "A-01"), "rolled-back");
            assert!(s.session("status --json").ok().json()["half_rolled_back"].as_array().unwrap().is_empty());
            s.session("audit").ok();
            s.session("status --check").ok();
            meanwhile(&s, || _ = s.session("start A-02").ok());
            s.session("start A-01").ok();
            s.write("again.txt", "x\n");
            s.session("complete").ok();
            s.session("audit").ok();
        });
    }
    // Given up, it is done as before, and what git has undone stays so.
    let ran = s.session("resume A-01 --abort").ok();
    assert!(ran.err.contains("rollback is given up") && ran.err.contains("It stays that git has committed"), "{ran:?}");
    assert!(!s.exists("a.txt"));
    assert!(s.session("status --json").ok().json()["half_rolled_back"].as_array().unwrap().is_empty());
    assert_eq!(status(&s, "A-01"), "done");
    meanwhile(&s, || _ = s.session("start A-02").ok());
    s.write(".git/ok", "");
    s.session("rollback A-01").ok();
    assert_eq!(reverts(&s), 1);
    point.as_before(&s, &["A-01"]);
}

#[test]
fn an_active_one_that_is_half_rolled_back() {
    let (s, _) = scripted(&["run echo one >> .git/ran", UNTIL], true);
    let point = Point::of(&s);
    s.session("start A-02").ok();
    s.write("b.txt", "b\n");
    s.session("checkpoint -m half").ok();
    s.write("c.txt", "c\n");
    s.session("rollback").fails_broken(1, &["rollback of A-02 failed", "scripted"]);
    assert!(!s.exists("b.txt") && !s.exists("c.txt"));
    let said = ["A-02 cannot complete: it is half rolled back", "session resume"];
    refused(&s, "complete", 1, &said);
    refused(&s, "checkpoint -m x", 1, &["it is half rolled back"]);
    refused(&s, "pause", 1, &["it is half rolled back"]);
    refused(&s, "rollback A-01", 1, &["A-02"]);
    refused(
        &s,
        "rollback --to last",
        1,
        &["A-02 cannot be rolled back so", "with other options", "session resume goes on"],
    );
    // Work that came since is of the session, too.
    meanwhile(&s, || {
        s.write("since.txt", "since\n");
        s.write(".git/ok", "");
        s.session("resume").ok();
        assert!(!s.exists("since.txt") && !s.exists("b.txt"));
        point.same_files(&s);
        clean(&s);
    });
    meanwhile(&s, || {
        s.session("resume --abort").ok();
        assert_eq!(status(&s, "A-02"), "active");
        s.write("d.txt", "d\n");
        s.session("complete").ok();
        s.session("audit").ok();
        s.write(".git/ok", "");
        grows(&s, "rollback A-02");
        point.as_before(&s, &["A-02"]);
        s.session("audit").ok();
    });
    s.write(".git/ok", "");
    s.session("rollback").ok();
    point.as_before(&s, &["A-02"]);
    s.session("audit").ok();
}

#[test]
fn one_that_fails_before_git_has_undone_nothing() {
    let (s, point) = scripted(&[UNTIL], false);
    let head = s.git("rev-parse HEAD");
    s.session("rollback A-01").fails_broken(1, &["rollback of A-01 failed", "scripted"]);
    assert_eq!((s.git("rev-parse HEAD"), status(&s, "A-01")), (head, "done".to_owned()));
    clean(&s);
    meanwhile(&s, || _ = s.session("start A-02").ok());
    s.write(".git/ok", "");
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
}

#[test]
fn one_that_says_no_beforehand_and_one_that_is_stuck() {
    let (s, point) = scripted(&["refuse not today"], true);
    refused(&s, "rollback A-01", 1, &["A-01 cannot be rolled back; nothing was changed", "not today", "think again"]);
    refused(&s, "rollback A-01 --dry-run", 1, &["not today"]);

    s.git("checkout --quiet plugins.toml");
    let text = s.read("plugins.toml").replace("refuse not today", "stuck nobody knows");
    s.write("plugins.toml", &text);
    s.session("trust --yes").ok();
    s.session("rollback A-01").fails(4, &["nobody knows", "ask somebody"]);
    let shown = s.session("status").ok();
    assert!(shown.err.contains("the rollback of A-01 is stuck") && shown.err.contains("nobody knows"), "{shown:?}");
    assert_eq!(s.session("status --json").ok().json()["half_rolled_back"][0]["stuck"], true);
    s.session("start A-02").fails(1, &["A-01 is half rolled back"]);
    s.session("resume").fails(4, &["nobody knows"]);
    s.write("plugins.toml", &text.replace("stuck nobody knows", "fact k v"));
    s.session("trust --yes").ok();
    s.session("resume").ok();
    assert_eq!((reverts(&s), status(&s, "A-01")), (1, "rolled-back".to_owned()));
    point.same_files(&s);
}

#[test]
fn what_must_be_agreed_to_is_shown_and_asked() {
    let (s, point) =
        scripted(&["confirm DROP TABLE payroll", "confirm and one more", "run echo one >> .git/ran"], true);
    let said = ["there is no terminal to ask on", "session rollback A-01 --yes", "DROP TABLE payroll"];
    let ran = refused(&s, "rollback A-01", 1, &said);
    assert!(ran.err.contains("scripted: and one more"), "{ran:?}");
    let dry = super::untouched(&s, || s.session("rollback A-01 --dry-run")).ok();
    assert!(dry.err.contains("DROP TABLE payroll"), "{dry:?}");
    let json = super::untouched(&s, || s.session("rollback A-01 --dry-run --json")).ok().json();
    assert_eq!(json["confirm"][0]["lines"][0], "DROP TABLE payroll", "{json}");
    if crate::git::has("script") {
        let no = super::untouched(&s, || on_terminal(&s, "rollback A-01", "n\n"));
        assert_eq!(no.code, 1, "{no:?}");
        assert!(no.out.contains("Roll A-01 back? [y/N]") && no.out.contains("you did not agree"), "{no:?}");
        meanwhile(&s, || {
            let yes = on_terminal(&s, "rollback A-01", "y\n");
            assert!(yes.code == 0 && yes.out.contains("DROP TABLE payroll"), "{yes:?}");
            point.as_before(&s, &["A-01"]);
        });
    }
    grows(&s, "rollback A-01 --yes");
    point.as_before(&s, &["A-01"]);
    assert_eq!(s.read(".git/ran"), "one\n");
}

#[test]
fn one_plugin_alone() {
    let (s, point) = scripted(&["run echo one >> .git/ran"], true);
    let ran = s.session("rollback A-01 --only scripted").ok();
    assert!(ran.err.contains("A-01: scripted has taken back its part, and nothing else"), "{ran:?}");
    assert_eq!((reverts(&s), s.read(".git/ran"), status(&s, "A-01")), (0, "one\n".to_owned(), "done".to_owned()));
    assert!(s.exists("a.txt"));
    s.session("status --check").ok();
    s.session("audit").ok();
    meanwhile(&s, || _ = s.session("start A-02").ok());
    // A person may know that this part is there again.
    let part = "A-01 is done, but scripted has taken back its part";
    assert!(s.session("status").ok().err.contains(part));
    meanwhile(&s, || {
        let ran = s.session("resume A-01 --abort").ok();
        assert!(ran.err.contains("the next commit of documents takes that along"), "{ran:?}");
        assert!(!s.session("status").ok().err.contains(part));
        s.session("resume A-01 --abort").fails(2, &["nothing was cut off"]);
    });
    grows(&s, "rollback A-01");
    point.as_before(&s, &["A-01"]);
}

#[test]
fn what_a_rollback_has_done_that_is_given_up_stays_in_view() {
    let (s, _) = scripted(&["run echo one >> .git/ran", UNTIL], false);
    // Behind git in the list, so before it in a rollback.
    s.session("rollback A-01").fails_broken(1, &["rollback of A-01 failed"]);
    let ran = s.session("resume A-01 --abort").ok();
    assert!(
        ran.err.contains("It stays that scripted has run")
            && ran.err.contains("session rollback A-01 takes back the rest"),
        "{ran:?}"
    );
    assert!(s.session("status").ok().err.contains("scripted has taken back its part"));
    clean(&s);
    s.write(".git/ok", "");
    s.session("rollback A-01").ok();
    assert_eq!(status(&s, "A-01"), "rolled-back");
}

#[test]
fn a_plugin_that_took_part_and_is_not_listed_any_more() {
    let (s, point) = scripted(&["run echo one >> .git/ran"], true);
    let text = s.read("plugins.toml");
    let complete = text.replace("rollback = [", "complete = [\"fact k v\"]\nrollback = [");
    s.write("plugins.toml", &complete);
    s.git("commit --quiet -am complete");
    s.session("trust --yes").ok();
    finish(&s, "A-02", |s| s.write("b.txt", "b\n"));
    assert_eq!(super::record(&s, "A-02")["took_part"], serde_json::json!(["git", "scripted"]));
    let without: Vec<&str> = text.split("[[plugin]]").filter(|table| !table.contains("scripted")).collect();
    let table = text.split("[[plugin]]").find(|table| table.contains("scripted")).unwrap();
    let table = format!("\n[[plugin]]{table}");
    s.write("plugins.toml", &without.join("[[plugin]]"));
    s.git("commit --quiet -am without");
    s.session("trust --yes").ok();
    let said = ["scripted took part in it and is not in plugins.toml", "session rollback A-02 --force"];
    refused(&s, "rollback A-02", 1, &said);
    let another = s.read("plugins.toml") + &table.replace("\"scripted\"", "\"another\"");
    meanwhile(&s, || {
        s.write("plugins.toml", &another);
        s.session("trust --yes").ok();
        // Asked for one part, it touches no other.
        s.session("rollback A-02 --only another").ok();
        assert!(s.read(".git/ran") == "one\n" && s.exists("b.txt"));
    });
    let ran = s.session("rollback A-02 --force").ok();
    assert!(ran.err.contains("what it has done stays") && !s.exists("b.txt"), "{ran:?}");
    drop(point);
}
