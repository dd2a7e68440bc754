//! A document is what the host saw written, or what lies in a place of documents. Hostile records, lists and plugins call
//! the work a document, so that it is committed without hooks, without the guard for secrets, and beside the evidence.

use session_core::journal::{decode, encode};

use crate::support::Sandbox;

const RECORD: &str = "docs/sessions/records/HI-01.json";

/// The first session of the hello plan is done, and what its record says of documents is this; committed, as a pull brings
/// it.
fn recorded(documents: &[&str]) -> Sandbox {
    let s = Sandbox::hello();
    s.write("src/main.rs", "fn main() {}\n");
    s.git("add src");
    s.git("commit --quiet -m source");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let mut record: serde_json::Value = serde_json::from_str(&s.read(RECORD)).unwrap();
    record["documents"] = documents.iter().copied().collect();
    s.write(RECORD, &serde_json::to_string_pretty(&record).unwrap());
    s.git("commit --quiet -am hostile");
    s
}

/// A record of another machine calls all of this documents.
const HOSTILE: [&str; 9] =
    ["src", "src/", ".", "./", "src/main.rs", "./src/main.rs", "docs/../src/main.rs", "docs/progress/../../src", "/"];

/// Work of HI-02, a file of which is in `src`.
fn second(s: &Sandbox) {
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.write("src/main.rs", "fn main() { evil() }\n");
}

/// The files of the commit that is the session's work, and of all commits of documents.
fn committed(s: &Sandbox, id: &str) -> (Vec<String>, Vec<String>) {
    let files = |trailer: &str| {
        let grep = format!("log --format= --name-only \"--grep=^{trailer}: {id}\"");
        s.git(&grep).lines().map(str::to_owned).collect()
    };
    (files("Session-Id"), files("Session-Progress"))
}

#[test]
fn a_record_makes_no_source_a_document() {
    for documents in HOSTILE {
        let s = recorded(&[documents]);
        second(&s);
        s.write(".git/hooks/pre-commit", "#!/bin/sh\ngit diff --cached --name-only >> .git/seen\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(s.path(".git/hooks/pre-commit"), mode).unwrap();
        s.session("complete").ok();
        let (work, other) = committed(&s, "HI-02");
        assert!(work.contains(&"src/main.rs".to_owned()), "{documents}: {work:?}");
        assert!(!other.contains(&"src/main.rs".to_owned()), "{documents}: {other:?}");
        assert!(s.read(".git/seen").contains("src/main.rs"), "{documents}: the hook did not see it");
    }
}

#[test]
fn the_guard_for_secrets_reads_what_a_record_calls_a_document() {
    let s = recorded(&["src", "src/", "src/key.rs"]);
    second(&s);
    let secret = format!("const KEY: &str = \"AK{}\";\n", "IAQ3EGRNTVXJ5ZLWOB");
    s.write("src/key.rs", &secret);
    s.session("complete").fails(1, &["src/key.rs"]);
    assert!(s.git("log --all --format= --name-only -- src/key.rs").is_empty());
}

#[test]
fn evidence_is_for_files_that_a_record_calls_documents_too() {
    for documents in ["src/", "src", ".", "src/main.rs"] {
        let s = recorded(&[documents]);
        s.session("start FIX-02 --title fix --check \"grep -q good src/main.rs\"").ok();
        s.write("src/main.rs", "fn main() { good() }\n");
        s.session("verify").ok();
        s.write("src/main.rs", "fn main() { worse() }\n");
        let ran = s.session("complete").fails(3, &[]);
        assert!(ran.err.contains("failed      `grep -q good src/main.rs`"), "{documents}: {}", ran.err);
        s.write("src/main.rs", "fn main() { good() }\n");
        s.session("complete").ok();
        let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/FIX-02.json")).unwrap();
        let without = record["verification"]["without"].as_array().unwrap();
        assert!(
            without.iter().all(|path| path.as_str().unwrap().starts_with("docs/sessions/") || {
                ["plugins.toml", ".gitattributes", "docs/progress/HELLO_PROGRESS.md"].contains(&path.as_str().unwrap())
            }),
            "{without:?}"
        );
    }
}

#[test]
fn a_rollback_takes_back_what_a_record_calls_a_document() {
    let s = recorded(&["greeting.txt"]);
    s.session("rollback HI-01").ok();
    assert!(!s.exists("greeting.txt"), "the work is still there");
}

#[test]
fn a_record_counts_in_a_place_of_documents() {
    // As the bundled plugin may write it: another clone knows it by the record.
    let s = recorded(&["docs/progress/HELLO_PROGRESS.md", "docs/progress/more.md"]);
    let clone = s.clone_fresh();
    clone.session("trust --yes").ok();
    second(&clone);
    clone.write("docs/progress/more.md", "more\n");
    clone.session("complete").ok();
    let (work, other) = committed(&clone, "HI-02");
    assert!(!work.iter().any(|path| path.starts_with("docs/progress/")), "{work:?}");
    assert!(other.contains(&"docs/progress/more.md".to_owned()), "{other:?}");
}

#[test]
fn a_grant_of_everything_makes_a_document_of_what_was_seen_only() {
    let grant = "[plugin.config]\nwrite = [\"REPORT.md\"]\n[plugin.grant]\nwrite = [\"**\"]\n";
    let s = Sandbox::with_guest("names_documents", grant);
    for (id, file, text) in [("HI-01", "greeting.txt", "hello\n"), ("HI-02", "farewell.txt", "goodbye\n")] {
        s.session(&format!("start {id}")).ok();
        s.write(file, text);
        s.session("complete").ok();
        let (work, other) = committed(&s, id);
        assert_eq!(work, [file], "the host saw it written");
        assert!(other.contains(&"REPORT.md".to_owned()), "{other:?}");
    }
    // It stays one when the journal is put away, and edits of it are nobody's work.
    s.session("start FIX-03 --title more --check true").ok();
    s.write("REPORT.md", "by hand\n");
    s.write("more.txt", "1\n");
    s.session("complete").ok();
    assert_eq!(committed(&s, "FIX-03").0, ["more.txt"]);

    // Elsewhere only the record says so, and there the grant would hold for `src/main.rs` as well.
    let clone = s.clone_fresh();
    clone.session("trust --yes").ok();
    let text = clone.read("plugins.toml");
    clone.write("plugins.toml", &text.replace("write = [\"REPORT.md\"]", "write = []"));
    clone.session("trust --yes").ok();
    clone.git("commit --quiet -am settings");
    clone.session("start FIX-04 --title last --check true").ok();
    clone.write("REPORT.md", "by hand\n");
    clone.session("complete").ok();
    assert_eq!(committed(&clone, "FIX-04").0, ["REPORT.md"]);
}

#[test]
fn what_a_plugin_calls_local_must_be_its_own() {
    let config = "[plugin.config]\nlocal = [\"src/main.rs\", \"src\", \"../x\"]\n";
    let s = Sandbox::with_guest("names_documents", config);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("src/main.rs", "fn main() {}\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("names_documents: src/main.rs is no document"), "{}", ran.err);
    assert_eq!(committed(&s, "HI-01").0, ["greeting.txt", "src/main.rs"]);
    assert!(!s.read(".git/info/exclude").contains("src"), "git does not see it any more");
}

#[test]
fn a_commit_without_hooks_takes_documents_only() {
    let config = "[plugin.config]\nown = [\"docs/progress/HELLO_PROGRESS.md\", \"src/main.rs\"]\n[plugin.grant]\nrepository = \"commit\"\n";
    let s = Sandbox::with_guest("names_documents", config);
    s.write("src/main.rs", "fn main() {}\n");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("may not commit \"src/main.rs\" as a document"), "{}", ran.err);
    assert!(!s.subjects().contains(&"docs: by a guest".to_owned()));
}

/// Names a path as `init` of an earlier version did, in the state folder that can come in an archive.
fn list(s: &Sandbox, paths: &[&str]) {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    s.write(".git/session/init-documents", &lines);
}

const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n";

#[test]
fn a_list_that_came_with_the_state_folder_makes_no_source_a_document() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    // All of it, with its `.git`: the word of nobody here.
    let other = s.clone_fresh();
    other.write("src/a.py", "evil()\n");
    list(&other, &["src/a.py", "greeting.txt", "keys/id_rsa", "plugins.toml"]);
    other.session("trust --yes").ok();
    other.session("start HI-02").ok();
    other.write("farewell.txt", "goodbye\n");
    other.write("greeting.txt", "hello, weakened\n");
    other.session("complete --include src/a.py").ok();
    let (work, documents) = committed(&other, "HI-02");
    assert_eq!(work, ["farewell.txt", "greeting.txt", "src/a.py"]);
    assert!(!documents.iter().any(|path| work.contains(path)), "{documents:?}");
    let record = other.read("docs/sessions/records/HI-02.json");
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let listed = record["documents"].as_array().unwrap();
    assert!(listed.iter().all(|path| path != "src/a.py" && path != "greeting.txt"), "{listed:?}");
}

#[test]
fn the_guard_reads_what_a_list_in_the_state_folder_names() {
    let s = Sandbox::hello();
    let other = s.clone_fresh();
    list(&other, &["keys/id_rsa", "src/a.py"]);
    other.session("trust --yes").ok();
    other.session("start HI-01").ok();
    other.write("greeting.txt", "hello\n");
    other.write("keys/id_rsa", KEY);
    other.session("complete").fails(1, &["keys/id_rsa"]);
    assert!(other.git("log --all --format= --name-only -- keys/id_rsa").is_empty());
}

/// The list of a version before this one is in the state folder: of it counts what `init` itself always writes.
#[test]
fn a_project_of_the_version_before_goes_on() {
    let s = Sandbox::new();
    s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.session("init Hello").ok();
    let kept = settings(&s);
    let documents = ["plugins.toml", ".gitattributes", "docs/HELLO_PROMPTS.md", "docs/progress/HELLO_PROGRESS.md"];
    assert!(documents.iter().all(|path| kept.1.contains(path)), "{}", kept.1);
    list(&s, &documents);
    let text: Vec<&str> = kept.1.lines().filter(|line| !line.trim_start().starts_with("documents = ")).collect();
    std::fs::write(&kept.0, text.join("\n")).unwrap();
    assert!(!settings(&s).1.contains("docs/progress/HELLO"), "one line holds them all: {}", settings(&s).1);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let (work, other) = committed(&s, "HI-01");
    assert_eq!(work, ["greeting.txt"]);
    assert!(documents.iter().all(|path| other.iter().any(|one| one == path)), "{other:?}");
}

/// The file with what the user has approved in this clone.
fn settings(s: &Sandbox) -> (std::path::PathBuf, String) {
    let token = s.read(".git/session/clone");
    let path = s.home().join(format!(".config/session/trust/{}.toml", token.trim()));
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// A journal of an open session, as an archive with its `.git` brings it, says that settle has written the work.
#[test]
fn a_journal_makes_no_source_a_document() {
    let s = Sandbox::hello();
    s.write("src/a.py", "good()\n");
    s.git("add src");
    s.git("commit --quiet -m source");
    s.session("start HI-01").ok();
    let journal = ".git/session/open/HI-01.jsonl";
    let before = s.read(journal);
    assert!(
        before.contains("docs/progress/HELLO_PROGRESS.md") && before.contains("docs/sessions/SESSION.md"),
        "{before}"
    );
    // With checksums that fit.
    let lines = (0..).zip(before.lines()).map(|(seq, line)| {
        let read = decode(line, seq).or_else(|_| decode(line, seq + 1)).unwrap();
        let entry = serde_json::to_string(&read.entry).unwrap();
        let entry = entry.replace("docs/progress/HELLO_PROGRESS.md", "src/a.py");
        let entry = entry.replace("docs/sessions/SESSION.md", "src/b.py");
        let number = serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
        encode(number, read.synced, &read.at, &serde_json::from_str(&entry).unwrap()).unwrap()
    });
    s.write(journal, &lines.collect::<String>());
    s.write("greeting.txt", "hello\n");
    s.write("src/a.py", "evil()\n");
    s.write("src/b.py", "evil()\n");
    s.session("complete").ok();
    let (work, other) = committed(&s, "HI-01");
    assert_eq!(work, ["greeting.txt", "src/a.py", "src/b.py"]);
    assert!(!other.iter().any(|path| path.starts_with("src/")), "{other:?}");
    assert!(!s.read(".git/info/exclude").contains("src/"), "git does not see it any more");
    assert!(!s.read(RECORD).contains("\"documents\": [\n    \"src"), "{}", s.read(RECORD));
    assert!(!settings(&s).1.contains("src/"), "{}", settings(&s).1);
}

#[test]
fn a_list_that_is_no_file_is_absent() {
    for zero in [false, true] {
        let s = Sandbox::hello();
        let path = s.path(".git/session/init-documents");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        _ = std::fs::remove_file(&path);
        if zero {
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        } else {
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }
        for command in ["status", "next", "audit", "start HI-01"] {
            let ran = s.session(command).ok();
            let said = ran.err.lines().filter(|line| line.contains("init-documents")).count();
            assert_eq!(said, 1, "{command}: {}", ran.err);
        }
    }
}

#[test]
fn the_list_of_this_clone_names_files_only() {
    let s = Sandbox::hello();
    s.write("src/main.rs", "fn main() {}\n");
    s.git("add src");
    s.git("commit --quiet -m source");
    list(&s, &["src", "src/", ".", "../outside", "/etc/passwd", ".git/config", "docs/sessions/"]);
    let (path, text) = settings(&s);
    let text =
        text.replace("documents = [", "documents = [\"src\", \"src/\", \".\", \"../outside\", \".git/config\", ");
    assert!(text.contains("../outside"), "{text}");
    std::fs::write(path, text).unwrap();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("src/main.rs", "fn main() { evil() }\n");
    s.session("complete").ok();
    assert_eq!(committed(&s, "HI-01").0, ["greeting.txt", "src/main.rs"]);
}

#[test]
fn in_the_folder_of_records_only_records_are_documents() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("docs/sessions/records/helper.py", "import os\n");
    s.write("docs/sessions/records/sub/deep.py", "import os\n");
    s.session("complete").ok();
    let (work, other) = committed(&s, "HI-01");
    assert_eq!(work, ["docs/sessions/records/helper.py", "docs/sessions/records/sub/deep.py", "greeting.txt"]);
    assert!(other.contains(&RECORD.to_owned()), "{other:?}");
    assert!(!other.iter().any(|path| path.ends_with(".py")), "{other:?}");
    s.session("audit").ok();
    // A commit by hand that says it holds documents only.
    s.write("docs/sessions/records/evil.py", "1\n");
    s.git("add .");
    s.git("commit --quiet -m \"docs: more\n\nSession-Progress: HI-01\"");
    let ran = s.session("audit").fails(1, &[]);
    assert!(ran.out.contains("documents only, and holds other files"), "{}", ran.out);
}

#[test]
fn a_plan_that_is_a_folder_is_a_document_file_by_file() {
    let s = Sandbox::new();
    let plan =
        |id: &str| format!("## Session {id}: x\n\n### Prompt\n\nx\n\n### Verification Checklist\n\n- [ ] `true`\n");
    s.write("docs/PROMPTS/a.md", &plan("AA-01"));
    s.write("docs/PROMPTS/b.md", &plan("AA-02"));
    s.session("init Folder").ok();
    s.session("start AA-01").ok();
    s.write("work.txt", "1\n");
    s.session("complete").ok();
    let (work, other) = committed(&s, "AA-01");
    assert_eq!(work, ["work.txt"]);
    assert!(
        other.contains(&"docs/PROMPTS/a.md".to_owned()) && other.contains(&"docs/PROMPTS/b.md".to_owned()),
        "{other:?}"
    );
}

/// A committed link inside the project: git knows only where it leads.
#[test]
fn a_folder_of_documents_that_a_link_leads_to() {
    let s = Sandbox::new();
    s.write("documentation/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    std::os::unix::fs::symlink("documentation", s.path("docs")).unwrap();
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Hello").ok();
    for (id, file, text) in [("HI-01", "greeting.txt", "hello\n"), ("HI-02", "farewell.txt", "goodbye\n")] {
        s.session(&format!("start {id}")).ok();
        s.write(file, text);
        s.session("complete").ok();
        let (work, other) = committed(&s, id);
        assert_eq!(work, [file]);
        assert!(other.contains(&"documentation/progress/HELLO_PROGRESS.md".to_owned()), "{other:?}");
        assert!(other.contains(&format!("documentation/sessions/records/{id}.json")), "{other:?}");
    }
    assert_eq!(s.git("status --porcelain"), "");
    s.session("audit").ok();
}

/// The folder of records itself.
#[test]
fn records_in_a_folder_that_a_link_leads_to() {
    let s = Sandbox::new();
    s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.write("elsewhere/.keep", "");
    std::os::unix::fs::symlink("../elsewhere", s.path("docs/sessions")).unwrap();
    s.git("add .");
    s.git("commit --quiet -m plan");
    s.session("init Hello").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let (work, other) = committed(&s, "HI-01");
    assert_eq!(work, ["greeting.txt"]);
    assert!(other.contains(&"elsewhere/records/HI-01.json".to_owned()), "{other:?}");
    assert_eq!(s.git("status --porcelain"), "");
    s.session("audit").ok();
    s.session("rollback HI-01 --yes").ok();
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn a_link_makes_no_place_of_documents_of_the_source() {
    let s = recorded(&["docs/progress/main.rs"]);
    s.git("rm -r --quiet docs/progress");
    std::os::unix::fs::symlink("../src", s.path("docs/progress")).unwrap();
    s.git("add docs");
    s.git("commit --quiet -m link");
    second(&s);
    s.session("complete").ok();
    let (work, other) = committed(&s, "HI-02");
    assert!(work.contains(&"src/main.rs".to_owned()), "{work:?}");
    assert!(!other.contains(&"src/main.rs".to_owned()), "{other:?}");
}

#[test]
fn a_document_that_holds_a_secret_stays_uncommitted() {
    let s = Sandbox::new();
    s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.session("init Hello").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let plan = s.read("docs/HELLO_PROMPTS.md");
    s.write("docs/HELLO_PROMPTS.md", &format!("{plan}\nAK{}\n", "IAQ3EGRNTVXJ5ZLWOB"));
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("docs/HELLO_PROMPTS.md") && ran.err.contains("stays uncommitted"), "{}", ran.err);
    assert!(!s.git("log --all --format= --name-only").contains("HELLO_PROMPTS"));
    assert_eq!(s.git("status --porcelain"), "?? docs/HELLO_PROMPTS.md");
}
