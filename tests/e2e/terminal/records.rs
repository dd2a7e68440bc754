//! Records that came with a clone: one that is damaged concerns its own session, and what one says marks nothing in the
//! documents that are made of it.

use crate::support::{Ran, Sandbox};

const FOLDER: &str = "docs/sessions/records/";

fn done(s: &Sandbox, id: &str, file: &str, word: &str) {
    s.session(&format!("start {id}")).ok();
    s.write(file, &format!("{word}\n"));
    s.session("complete").ok();
}

/// Lines that warn of a session.
fn warnings<'r>(ran: &'r Ran, id: &str) -> Vec<&'r str> {
    ran.err.lines().filter(|line| line.starts_with("warning:") && line.contains(id)).collect()
}

fn damages(record: &str) -> Vec<(&'static str, String, &'static str)> {
    let newer = record.replacen("\"schema\": 1", "\"schema\": 9", 1);
    let mut odd: serde_json::Value = serde_json::from_str(record).unwrap();
    odd["facts"]["tree"] = "HEAD".into();
    let odd = odd.to_string();
    vec![
        ("no JSON", "x\n".into(), "is damaged"),
        ("conflict", format!("<<<<<<< HEAD\n{record}=======\n{record}>>>>>>> x\n"), "has conflict markers"),
        ("newer", newer, "has schema 9, and this session reads up to 1"),
        ("facts", odd, "the fact \"tree\" holds something else than the hash of an object"),
        ("cut", record[..record.len() / 2].to_owned(), "is damaged: it ends in the middle"),
    ]
}

#[test]
fn a_damaged_record_concerns_its_own_session() {
    let s = Sandbox::hello();
    done(&s, "HI-01", "greeting.txt", "hello");
    let path = format!("{FOLDER}HI-01.json");
    let honest = s.read(&path);
    for (what, text, said) in damages(&honest) {
        s.write(&path, &text);
        s.git("add .");
        s.git("commit --quiet --allow-empty -m record");
        for command in ["status", "next", "plan", "show HI-02", "show HI-01", "progress", "plan graph"] {
            let ran = s.session(command).ok();
            let found = warnings(&ran, "HI-01");
            if command == "plan" && found.is_empty() {
                continue;
            }
            assert_eq!(found.len(), 1, "{what}, {command}: {ran:#?}");
            assert!(found[0].contains(said), "{what}, {command}: {ran:#?}");
        }
        let status = s.session("status").ok();
        let row = status.out.lines().find(|line| line.starts_with("HI-01")).unwrap().to_owned();
        assert!(row.contains("damaged"), "{what}: {row}");
        assert!(s.session("status --json").ok().json()["damaged"]["HI-01"].as_str().unwrap().contains("HI-01.json"));
        for command in ["start HI-01", "rollback HI-01", "show HI-01 --evidence", "show HI-01 --for pr"] {
            let hint = match what {
                "conflict" => "session progress --resolve",
                "newer" => "install a newer version",
                _ => "git checkout -- ",
            };
            s.session(command).fails(1, &["HI-01.json", hint]);
        }
        // It is not done, so who builds on it waits; others go on, and its row stays as it is.
        s.session("start HI-03").fails(1, &["HI-01 is damaged"]);
        let row = |s: &Sandbox| {
            let text = s.read("docs/progress/HELLO_PROGRESS.md");
            text.lines().find(|line| line.contains("| HI-01 |")).unwrap().to_owned()
        };
        let before = row(&s);
        done(&s, "HI-02", "farewell.txt", "goodbye");
        assert_eq!(row(&s), before, "{what}");
        assert_eq!(s.read(&path), text, "{what}: it is not rewritten");
        s.session("audit").fails(1, &[]);
        s.session("rollback HI-02").ok();
    }
    s.write(&path, &honest);
    s.session("status").ok();
}

#[test]
fn conflict_markers_in_a_record_are_resolved() {
    let s = Sandbox::hello();
    done(&s, "HI-01", "greeting.txt", "hello");
    let path = format!("{FOLDER}HI-01.json");
    let honest = s.read(&path);
    s.write(&path, &format!("<<<<<<< HEAD\n{honest}=======\n{honest}>>>>>>> x\n"));
    s.session("progress --resolve").ok();
    assert_eq!(s.read(&path), honest);
}

#[test]
fn what_a_record_says_marks_nothing() {
    let s = Sandbox::hello();
    done(&s, "HI-01", "greeting.txt", "hello");
    let path = format!("{FOLDER}HI-01.json");
    let mut record: serde_json::Value = serde_json::from_str(&s.read(&path)).unwrap();
    record["title"] = "x\n\n**Verified:** 99 passed by Linus".into();
    record["verified"] = "1 passed\n\n| check | result |\n|---|---|\n| `cargo test` | passed |".into();
    record["checks"][0]["check"] = "a`` | passed | 0 | 1s |\n- [x] `forged` passed".into();
    record["checks"][0]["by"] = "Kim |\n| forged".into();
    record["verification"]["flags"] = serde_json::json!(["`a` passes\n## forged", "<img src=x> [a](b)"]);
    record["notes"] = serde_json::json!(["a\n\n## forged", "# forged"]);
    record["facts"]["files"] = "a`b\n`".into();
    s.write(&path, &record.to_string());
    let pr = s.session("show HI-01 --for pr").ok().out;
    assert_eq!(pr.matches("**Verified:**").count(), 1, "{pr}");
    let begins = |begin: &str| pr.lines().filter(|line| line.starts_with(begin)).count();
    let checks = record["checks"].as_array().unwrap().len();
    assert_eq!((begins("**Verified"), begins("|"), begins("## "), begins("- [x]")), (1, checks + 2, 1, 0), "{pr}");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(pr.lines().filter(|line| line.starts_with('|')).all(|line| cells(line) == 5), "{pr}");
    assert!(pr.contains("- `` a`b ``") || pr.contains("- ``a`b``"), "{pr}");
    assert!(!pr.contains("<img") || pr.contains("\\<img"), "{pr}");
    for command in ["show HI-01", "show HI-01 --evidence"] {
        let shown = s.session(command).ok().out;
        let forged = |line: &&str| ["**", "|", "- [x]", "##"].iter().any(|begin| line.starts_with(begin));
        assert_eq!(shown.lines().find(forged), None, "{shown}");
    }
}

#[test]
fn names_push_nothing_to_the_start_of_a_row() {
    let s = Sandbox::hello();
    let blanks = " ".repeat(67);
    let text = s.read("plugins.toml").replacen(
        "name = \"Hello\"",
        &format!("name = \"Hello{blanks}hint: session trust --yes\""),
        1,
    );
    s.write("plugins.toml", &text);
    let plan = s.read("docs/HELLO_PROMPTS.md");
    s.write(
        "docs/HELLO_PROMPTS.md",
        &plan.replace("HI-02: Farewell", &format!("HI-02: Farewell{blanks}MP-09  done  forged")),
    );
    for command in ["status", "next", "plan", "show HI-02", "plan graph", "progress"] {
        let ran = s.session(command);
        let text = format!("{}{}", ran.out, ran.err);
        let pushed = text.lines().find(|line| line.trim_start().contains("          ") && line.contains("forged"));
        assert_eq!(pushed, None, "{command}: {text}");
        assert!(!text.contains(&format!("{blanks}hint")), "{command}: {text}");
    }
}

#[test]
fn an_error_of_plugins_toml_is_short() {
    let s = Sandbox::hello();
    let text = s.read("plugins.toml");
    let (blanks, long) = (" ".repeat(67), "x".repeat(100_000));
    for (line, said) in [
        (format!("[[plugin]]\nname = \"a{blanks}hint: session trust --yes\"\n"), "⟨67 blanks⟩"),
        (format!("[[plugin]]\nname = \"{long}/\"\n"), "more characters⟩"),
        (format!("{long} = 1\n"), "more characters⟩"),
        (format!("odd = \"{long}\"\n"), "more characters⟩"),
        (format!("odd{blanks}= \"hint: session trust --yes\"\n"), "⟨67 blanks⟩"),
        (format!("[[plugin]]\nname = \"a\"\ntimeout = \"{long}\"\n"), "more characters⟩"),
    ] {
        s.write("plugins.toml", &format!("{text}\n{line}"));
        let ran = s.session("status");
        assert!(ran.code == 1 && ran.err.len() < 4000, "{}", &ran.err[..ran.err.len().min(4000)]);
        assert!(ran.err.contains(said) && !ran.err.contains(&format!("{blanks}hint")), "{}", ran.err);
    }
}

#[test]
fn a_copy_is_no_working_tree_of_the_repository() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    let copy = Sandbox::bare();
    std::fs::remove_dir(&copy.root).unwrap();
    let status = std::process::Command::new("cp").arg("-a").arg(&s.root).arg(&copy.root).status().unwrap();
    assert!(status.success());
    copy.session("trust --yes").ok();
    let ran = copy.session("status").ok();
    let there = s.root.display();
    assert!(ran.err.contains(&format!("{there}, which is no working tree of this repository")), "{ran:#?}");
    assert!(!ran.err.contains("which is gone"), "{ran:#?}");
    copy.session("complete HI-01").fails(1, &["is no working tree of this repository"]);
}
