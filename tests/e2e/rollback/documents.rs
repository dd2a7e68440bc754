//! What a rollback writes: people's own columns and words, the task file, and when the documents are committed.

use super::{PROGRESS, Point, TASK, cell, clean, finish, grows, project, record};

#[test]
fn every_byte_that_is_not_the_row_s_own_stays() {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
    let text = s.read(PROGRESS);
    // A column of their own, another name for the row, words in other cells, and no line feed at the end.
    let edited: Vec<String> = text
        .lines()
        .map(|line| match line {
            line if line.starts_with("| Session |") => format!("{line} Owner |"),
            line if line.starts_with("|---") => format!("{line}---|"),
            line if line.starts_with("| A-01 |") => format!("{}  Noor  |", line.replace("| A-01 |", "| **A-01**   |")),
            line if line.starts_with("| A-02 |") => format!("{line} *Tomasz* |"),
            line => line.to_owned(),
        })
        .collect();
    let edited = format!("{}\n\n## Ours\n\n| A-01 | not the row |\r\nlast words", edited.join("\n"));
    s.write(PROGRESS, &edited);
    s.git("commit --quiet -am \"docs: our columns\"");
    grows(&s, "rollback A-01");
    clean(&s);
    let now = s.read(PROGRESS);
    let (before, after): (Vec<&str>, Vec<&str>) = (edited.split('\n').collect(), now.split('\n').collect());
    assert_eq!(before.len(), after.len(), "{now}");
    for (before, after) in before.into_iter().zip(after).filter(|(before, after)| before != after) {
        assert!(before.starts_with("| **A-01**   |") && after.starts_with("| **A-01**   |"), "{before} became {after}");
        assert!(after.ends_with("|  Noor  |") && after.contains("↩️ Rolled back"), "{after}");
    }
    s.session("status --check").ok();
    // The second attempt keeps them, too.
    finish(&s, "A-01", |s| s.write("a.txt", "better\n"));
    assert!(s.read(PROGRESS).contains("|  Noor  |") && s.read(PROGRESS).ends_with("\r\nlast words"));
}

#[test]
fn the_task_file_says_what_became_of_it() {
    let s = project(&[("A-01", "none"), ("A-02", "A-01")]);
    finish(&s, "A-01", |s| {
        s.write("a.txt", "a\n");
        let task = s.read(TASK).replacen("- [ ] Looks fine", "- [x] Looks fine", 1);
        s.write(TASK, &format!("{task}\n- mind the gap\n"));
    });
    grows(&s, "rollback A-01");
    let revert = s.git("rev-parse --short=7 HEAD^");
    let task = s.read(TASK);
    for said in ["# Session Rolled Back", "A-01 — ", &format!("- **Undone by:** {revert}"), "session start A-01"] {
        assert!(task.contains(said), "`{said}` is not in {task}");
    }
    assert!(!s.git("ls-files").contains(TASK));
    // Its notes are there for the next attempt, and in the record.
    assert!(record(&s, "A-01")["notes"].to_string().contains("mind the gap"));
    assert!(s.read(PROGRESS).contains("mind the gap"));
    s.session("start A-01").ok();
    let task = s.read(TASK);
    assert!(task.contains("attempt: 2") && task.contains("- [ ] Looks fine"), "{task}");
}

#[test]
fn documents_of_the_next_commit_and_of_none() {
    for (how, in_the_end) in [("next", true), ("leave", false)] {
        let s = project(&[("A-01", "none"), ("A-02", "none")]);
        let text = s.read("plugins.toml");
        let config = format!("name = \"git\"\n[plugin.config]\nbookkeeping = \"{how}\"");
        s.write("plugins.toml", &text.replace("name = \"git\"", &config));
        s.git("commit --quiet -am config");
        let point = Point::of(&s);
        finish(&s, "A-01", |s| s.write("a.txt", "a\n"));
        grows(&s, "rollback A-01");
        point.same_files(&s);
        assert!(!s.exists("a.txt"));
        assert_eq!(cell(&s, "A-01"), "↩️ Rolled back");
        assert_eq!(super::status(&s, "A-01"), "rolled-back");
        s.session("status --check").ok();
        let own = s.git("log --format=%s --grep=^docs(progress)");
        assert_eq!(own.contains("roll back A-01"), in_the_end, "{how}: {own}");
        s.session("start A-01").ok();
        s.write("a.txt", "again\n");
        grows(&s, "rollback");
        point.same_files(&s);
        s.session("status --check").ok();
    }
}
