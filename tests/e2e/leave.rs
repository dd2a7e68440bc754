//! What `complete` is asked to leave out stands in none of its commits: new files, folders, patterns, removed and renamed
//! ones, what a checkpoint took earlier; and `--base`, which says where the work begins.

use crate::support::Sandbox;

/// HI-01 is done, so that documents are tracked; HI-02 is active and has its work.
fn started() -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("old.txt", "as it was\nfor long\n");
    s.write("gone.txt", "soon gone\n");
    s.session("complete").ok();
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s
}

/// Files that the session's own commits hold, documents apart.
fn committed(s: &Sandbox) -> Vec<String> {
    let start = s.git("log --fixed-strings --grep=\"start HI-02\" -1 --format=%H");
    let files = s.git(&format!("log --format= --name-only --no-renames {start}..HEAD"));
    let mut files: Vec<String> = files.lines().map(str::to_owned).collect();
    files.retain(|path| !path.is_empty() && !path.starts_with("docs/"));
    files.sort();
    files.dedup();
    files
}

fn facts(s: &Sandbox) -> serde_json::Value {
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-02.json")).unwrap();
    record["facts"].clone()
}

#[test]
fn a_file_that_is_left_is_not_committed() {
    let s = started();
    s.write("scratch.txt", "mine\n");
    s.write("greeting.txt", "hello again\n");
    s.session("complete --leave scratch.txt --leave greeting.txt").ok();
    assert_eq!(committed(&s), ["farewell.txt"]);
    assert_eq!(s.git("status --porcelain"), " M greeting.txt\n?? scratch.txt");
    assert_eq!(facts(&s)["files"], "farewell.txt");
    assert_eq!(facts(&s)["uncommitted"], "greeting.txt\nscratch.txt");
}

#[test]
fn a_folder_or_a_pattern_leaves_all_of_it() {
    let s = started();
    for path in ["tmp/a.txt", "tmp/deep/b.txt", "out.log", "logs/c.log", "tmpfile.txt"] {
        s.write(path, "x\n");
    }
    s.session("complete --leave nowhere").fails(1, &["nowhere has not changed"]);
    s.session("complete --leave tmp/ --leave **/*.log").ok();
    assert_eq!(committed(&s), ["farewell.txt", "tmpfile.txt"]);
    assert_eq!(s.git("status --porcelain --untracked-files=all").lines().count(), 4);
}

#[test]
fn a_file_whose_name_is_a_pattern_is_meant_itself() {
    let s = started();
    s.write("a[1].txt", "x\n");
    s.write("a1.txt", "x\n");
    s.session("complete --leave a[1].txt").ok();
    assert_eq!(committed(&s), ["a1.txt", "farewell.txt"]);
}

#[test]
fn a_removed_file_that_is_left_stays_in_the_branch() {
    let s = started();
    std::fs::remove_file(s.path("gone.txt")).unwrap();
    s.session("complete --leave gone.txt").ok();
    assert_eq!(committed(&s), ["farewell.txt"]);
    assert_eq!(s.git("show HEAD:gone.txt"), "soon gone");
    assert!(!s.exists("gone.txt"), "the working tree is the user's");
}

/// Half of a rename would be a commit that loses the file.
#[test]
fn a_renamed_file_is_left_with_its_old_name() {
    for left in ["new.txt", "old.txt"] {
        let s = started();
        s.git("mv old.txt new.txt");
        std::fs::remove_file(s.path("gone.txt")).unwrap();
        let ran = s.session(&format!("complete --leave {left}")).ok();
        assert!(ran.err.contains("old.txt was renamed to new.txt, so both are left out"), "{ran:?}");
        assert_eq!(committed(&s), ["farewell.txt", "gone.txt"], "--leave {left}");
        assert_eq!(s.git("show HEAD:old.txt"), "as it was\nfor long");
    }
}

#[test]
fn what_a_checkpoint_took_is_left_by_a_fold_or_refused() {
    let s = started();
    s.write("scratch.txt", "mine\n");
    s.session("checkpoint -m half").ok();
    let head = s.git("rev-parse HEAD");
    let said = ["scratch.txt is in a commit of the session already", "session complete --squash --leave scratch.txt"];
    let ran = s.session("complete --leave scratch.txt").fails(1, &said);
    assert!(!ran.err.contains("passed"), "no check ran: {ran:?}");
    s.write("scratch.txt", "mine, and more\n");
    s.session("complete --leave scratch.txt").fails(1, &said);
    assert_eq!(s.git("rev-parse HEAD"), head);
    s.session("complete --squash --leave scratch.txt").ok();
    assert_eq!(committed(&s), ["farewell.txt"]);
    assert_eq!(facts(&s)["files"], "farewell.txt");
    assert_eq!(s.read("scratch.txt"), "mine, and more\n");
}

#[test]
fn what_is_committed_by_hand_cannot_be_left() {
    let s = started();
    s.write("scratch.txt", "mine\n");
    s.git("add scratch.txt");
    s.git("commit --quiet -m \"feat: by hand\"");
    for squash in ["", "--squash "] {
        let ran = s.session(&format!("complete {squash}--leave scratch.txt"));
        let ran = ran.fails(1, &["scratch.txt is in a commit of the session already", "git rm --cached scratch.txt"]);
        assert!(!ran.err.contains("--squash"), "it would not help: {ran:?}");
    }
    s.session("complete").ok();
}

#[test]
fn a_document_is_no_work_that_could_be_left() {
    let s = started();
    s.write("plugins.toml", &s.read("plugins.toml").replace("# checks", "#checks"));
    s.session("complete --leave plugins.toml").fails(1, &["plugins.toml is a document", "bookkeeping = \"leave\""]);
    s.session("complete --leave farewell.txt --include farewell.txt").fails(1, &["both included and left out"]);
}

#[test]
fn base_says_behind_which_commit_the_work_begins() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let base = s.git("rev-parse HEAD");
    s.write("early.txt", "before the start\n");
    s.git("add early.txt");
    s.git("commit --quiet -m \"feat: early\"");
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    assert_eq!(s.subjects()[0], "docs(progress): start HI-02", "it is what the work would begin at");
    s.session(&format!("complete --base {base}")).ok();
    assert_eq!(facts(&s)["files"], "early.txt\nfarewell.txt");
    assert_eq!(facts(&s)["commits"].as_str().unwrap().lines().count(), 2);
    s.session("rollback HI-02").ok();
    assert!(!s.exists("early.txt") && !s.exists("farewell.txt"));
}
