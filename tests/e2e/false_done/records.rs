//! Done is written by hand: trailers, records, journals, and commits that are changed afterwards.

use session_core::journal::{decode, encode};

use super::case::Outcome::{Audited, AuditedSince, Caught, Flagged, Missed};
use super::case::{
    Case, Faked, PLAN, RECORD, TESTS, WEAK, all, case, complete, edit, executable, project, started, sub, work,
};
use crate::support::{Sandbox, guest};

pub(super) const TITLE: &str = "Done is written by hand";

/// A message such as `complete` writes.
const FORGED: &str = "-m \"feat(calc): subtract\n\nSession-Id: FD-01\nSession-Verified: 1 passed\"";

fn journal(s: &Sandbox) -> std::path::PathBuf {
    s.path(".git/session/open/FD-01.jsonl")
}

/// The journal of an active session, with another check and checksums that fit.
fn forged(s: &Sandbox) {
    let text = std::fs::read_to_string(journal(s)).unwrap();
    let lines: String = (0..)
        .zip(text.lines())
        .map(|(seq, line)| {
            let read = decode(line, seq).or_else(|_| decode(line, seq + 1)).unwrap();
            let entry = serde_json::to_string(&read.entry).unwrap().replace(TESTS, "test -f calc.py");
            let number = serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
            encode(number, read.synced, &read.at, &serde_json::from_str(&entry).unwrap()).unwrap()
        })
        .collect();
    std::fs::write(journal(s), lines).unwrap();
}

/// Honestly done.
fn done() -> Sandbox {
    let s = started(&[&format!("`{TESTS}`")]);
    work(&s);
    s.session("complete").ok();
    s
}

/// Everything that `session` would have written, for a session that never ran: the record of another project, whose
/// commit is put in its place; without the trees of the checks, where somebody knows that they are compared.
fn forged_whole(without_trees: bool) -> Faked {
    let honest = done();
    let s = project(&[&format!("`{TESTS}`")]);
    sub(&s, "pass");
    s.git(&format!("commit --quiet -a {FORGED}"));
    let (commit, tree) = (s.git("rev-parse HEAD"), s.git("rev-parse HEAD^{tree}"));
    let mut record: serde_json::Value = serde_json::from_str(&honest.read(RECORD)).unwrap();
    record["facts"]["commit"] = commit.clone().into();
    record["facts"]["commits"] = format!("{commit} {tree} -").into();
    record["facts"]["tree"] = tree.into();
    if without_trees {
        record["verification"].as_object_mut().unwrap().retain(|key, _| key != "before" && key != "after");
    }
    s.write(RECORD, &serde_json::to_string_pretty(&record).unwrap());
    s.git("add docs");
    s.git("commit --quiet -m \"docs: record\n\nSession-Progress: FD-01\"");
    let ran = s.session("status");
    (s, ran)
}

/// The same as a record that leaves the work out of what was verified, with the tree that then comes out.
fn forged_without() -> Faked {
    let (s, _) = forged_whole(false);
    let mut record: serde_json::Value = serde_json::from_str(&s.read(RECORD)).unwrap();
    let without = record["verification"]["without"].as_array_mut().unwrap();
    without.push("calc.py".into());
    let paths: Vec<String> = without.iter().map(|path| path.as_str().unwrap().to_owned()).collect();
    let work = s.git("rev-parse HEAD~1");
    let clone = s.clone_fresh();
    clone.git(&format!("read-tree {work}"));
    clone.git(&format!("rm --quiet -r -f --cached --ignore-unmatch {}", paths.join(" ")));
    let tree = clone.git("write-tree");
    record["verification"]["before"] = tree.clone().into();
    record["verification"]["after"] = tree.into();
    s.write(RECORD, &serde_json::to_string_pretty(&record).unwrap());
    s.git("commit --quiet --amend --no-edit -a");
    let ran = s.session("status");
    (s, ran)
}

/// A record that came with a pull calls the work a document, so that no evidence holds it.
fn called_a_document() -> Faked {
    let s = project(&[&format!("`{TESTS}`")]);
    let mut record: serde_json::Value = serde_json::from_str(&done().read(RECORD)).unwrap();
    record["id"] = "X-01".into();
    record["documents"] = ["calc.py", "./calc.py", "."].into_iter().collect();
    s.write("docs/sessions/records/X-01.json", &serde_json::to_string_pretty(&record).unwrap());
    s.git("add docs");
    s.git("commit --quiet -m \"docs: record\"");
    s.session("start FD-01").ok();
    work(&s);
    s.session("verify").ok();
    sub(&s, "pass");
    complete(s)
}

/// A branch with work that never ran, and with the plugin that is to look for such work.
fn own_auditor() -> Faked {
    let s = project(&[&format!("`{TESTS}`")]);
    s.git("checkout --quiet -b pr");
    s.copy(&guest("finds_nothing"), "tools/auditor.wasm");
    edit(&s, "plugins.toml", "name = \"git\"\n", "name = \"auditor\"\npath = \"tools/auditor.wasm\"\n");
    s.git("add tools plugins.toml");
    s.git("commit --quiet -m \"chore: tools\"");
    sub(&s, "pass");
    s.git(&format!("commit --quiet -a {FORGED}"));
    let ran = s.session("trust --yes");
    (s, ran)
}

pub(super) fn cases() -> Vec<Case> {
    const AUDIT: &str = "`session audit`";
    vec![
        case("The journal is edited by hand", Caught(4, "checksum"), "each line has a checksum", || {
            let s = started(&[&format!("`{TESTS}`")]);
            let text = std::fs::read_to_string(journal(&s)).unwrap();
            std::fs::write(journal(&s), text.replace(TESTS, "test -f calc.py")).unwrap();
            sub(&s, "pass");
            complete(s)
        }),
        case(
            "The journal is edited with a program that writes the checksums, too",
            Missed,
            "checksums find accidents and no forgery, and the program holds no secret that the user has not; the record names the command that ran",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                forged(&s);
                edit(&s, PLAN, TESTS, "test -f calc.py");
                sub(&s, "pass");
                complete(s)
            },
        ),
        case("A commit by hand with the footers of a session", Audited("no record knows it"), AUDIT, || {
            let s = started(&[&format!("`{TESTS}`")]);
            sub(&s, "pass");
            s.git(&format!("commit --quiet -a {FORGED}"));
            let ran = s.session("status");
            (s, ran)
        }),
        case(
            "The same for a session that is done already, with more work",
            Audited("is not the commit that the record names"),
            AUDIT,
            || {
                let s = done();
                sub(&s, "pass");
                s.git(&format!("commit --quiet -a {FORGED}"));
                let ran = s.session("status");
                (s, ran)
            },
        ),
        case(
            "A record is made by hand, of a session that never ran",
            Audited("its record names a commit that this history does not hold"),
            AUDIT,
            || {
                let forged = done().read(RECORD);
                let s = project(&[&format!("`{TESTS}`")]);
                sub(&s, "pass");
                s.git("commit --quiet -am work");
                s.write(RECORD, &forged);
                s.git("add docs");
                s.git("commit --quiet -m \"docs: record\"");
                let ran = s.session("status");
                (s, ran)
            },
        ),
        case(
            "The same, with a commit that has the footers and that the record names",
            Audited("its files are not those that were verified"),
            AUDIT,
            || forged_whole(false),
        ),
        case(
            "The same, with a record that names no trees",
            Audited("its record does not say for which files its checks passed"),
            AUDIT,
            || forged_whole(true),
        ),
        case(
            "The same, with a record that leaves the work out of what was verified",
            Audited("its record leaves out what is no document: calc.py"),
            "`session audit`: only what the host may write is left out",
            forged_without,
        ),
        case(
            "A record of another session calls the work a document, and it is changed after `verify`",
            Caught(3, "a check failed"),
            "a record makes documents only where plugins may write them, so the files are verified again",
            called_a_document,
        ),
        case(
            "A branch changes plugins.toml, so that its own plugin audits it",
            AuditedSince("main", "this commit changes it"),
            "`session audit --since main` goes by plugins.toml and plugins of main, and names the change",
            own_auditor,
        ),
        case("A record is edited by hand", Audited("its record was changed by a commit of somebody"), AUDIT, || {
            let s = done();
            edit(&s, RECORD, "\"1 passed\"", "\"9 passed\"");
            s.git("commit --quiet -am more");
            let ran = s.session("status");
            (s, ran)
        }),
        case(
            "The flags of a record are removed by hand",
            Audited("its record was changed by a commit of somebody"),
            AUDIT,
            || {
                let s = started(&[&format!("`{WEAK}`")]);
                sub(&s, "raise NotImplementedError");
                s.session("complete").ok();
                let mut record: serde_json::Value = serde_json::from_str(&s.read(RECORD)).unwrap();
                record["verification"].as_object_mut().unwrap().remove("flags").unwrap();
                s.write(RECORD, &serde_json::to_string_pretty(&record).unwrap());
                s.git("commit --quiet -am less");
                let ran = s.session("status");
                (s, ran)
            },
        ),
        case("The record is removed, and the footers say enough", Audited("no record knows it"), AUDIT, || {
            let s = done();
            s.git(&format!("rm --quiet {RECORD}"));
            s.git("commit --quiet -m gone");
            let ran = s.session("status");
            (s, ran)
        }),
        case(
            "Other content is amended into the commit after `complete`",
            Audited("it was changed after it was verified"),
            AUDIT,
            || {
                let s = done();
                let tip = s.git("rev-parse HEAD");
                s.git("reset --quiet --hard HEAD~1");
                sub(&s, "pass");
                s.git("commit --quiet --amend --no-edit -a");
                s.git(&format!("cherry-pick --quiet {tip}"));
                let ran = s.session("status");
                (s, ran)
            },
        ),
        case(
            "The work is taken back in a later commit",
            Missed,
            "the session was done when it was; what comes later is another session's, whose checks should hold it",
            || {
                let s = done();
                sub(&s, "pass");
                s.git("commit --quiet -am \"chore: tidy\"");
                let ran = s.session("status");
                (s, ran)
            },
        ),
        case(
            "A hook in `core.hooksPath` writes other content into the commit",
            Flagged(&["hooks rewrote files behind the checks: calc.py"]),
            "the git plugin compares the commit with what it asked for",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                work(&s);
                let hooks = s.home().join("hooks");
                std::fs::create_dir_all(&hooks).unwrap();
                std::fs::write(
                    hooks.join("pre-commit"),
                    "#!/bin/sh\necho 'sub = None' >> calc.py && git add calc.py\n",
                )
                .unwrap();
                executable(&hooks.join("pre-commit"));
                s.git(&format!("config core.hooksPath \"{}\"", hooks.display()));
                complete(s)
            },
        ),
    ]
}

#[test]
fn done_that_is_written_by_hand() {
    all(&cases());
}
