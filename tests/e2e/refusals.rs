//! Everything a user can do wrong: each has its own sentence, a hint and an exit code, and changes nothing.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Sandbox, data};

fn started() -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s
}

#[test]
fn no_plan() {
    let s = Sandbox::new();
    s.session("next").fails(1, &["there is no plan", "session init NAME", "--plan FILE"]);
    s.session("start A-01").fails(1, &["there is no session A-01", "--title"]);
    s.session("next --plan gone.md").fails(1, &["gone.md is not there"]);
}

#[test]
fn two_plans() {
    let s = Sandbox::new();
    s.write("docs/A_PROMPTS.md", &data("plans/hello.md"));
    s.write("docs/B_PROMPTS.md", &data("plans/hello.md"));
    s.session("next").fails(1, &["docs/A_PROMPTS.md, docs/B_PROMPTS.md", "--plan docs/A_PROMPTS.md"]);
    s.session("next --plan docs/B_PROMPTS.md").ok();
}

#[test]
fn no_git_repository() {
    let s = Sandbox::bare();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.session("init Hello").ok();
    s.session("start HI-01").fails(1, &["there is no git repository", "git init, or remove"]);
    assert!(!s.exists("docs/sessions/SESSION.md"));
    let text = s.read("plugins.toml").replace("[[plugin]]\nname = \"git\"\n\n", "");
    s.write("plugins.toml", &text);
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert!(s.exists("docs/sessions/records/HI-01.json"));
}

#[test]
fn no_commit_yet() {
    let s = Sandbox::new();
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    s.session("init Hello").ok();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.subjects(), ["docs(progress): complete HI-01", "feat(letter): add greeting"]);
    assert_eq!(s.git("status --porcelain"), "");
}

#[test]
fn detached_head() {
    let s = Sandbox::hello();
    s.git("checkout --quiet --detach");
    s.session("start HI-01").fails(1, &["HEAD is detached", "git switch -c session/hi-01", "nothing was changed"]);
    assert!(!s.exists("docs/sessions/SESSION.md"));
    s.session("start HI-01 --force").ok();
}

#[test]
fn nobody_commits() {
    let s = Sandbox::hello();
    s.git("config --unset user.name");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = s.session("complete").fails(1, &["git does not know who commits", "git config user.name"]);
    assert!(!ran.err.contains("passed"), "no check ran: {}", ran.err);
    s.session("checkpoint -m x").fails(1, &["git does not know who commits"]);
    assert_eq!(s.subjects(), ["plan"]);
}

#[test]
fn dirty_before_the_session() {
    let s = Sandbox::hello();
    s.write("notes.txt", "mine\n");
    s.write("both.txt", "before\n");
    let ran = s.session("start HI-01").ok();
    assert!(ran.err.contains("left out of it: both.txt, notes.txt"), "{}", ran.err);
    s.write("greeting.txt", "hello\n");
    s.write("both.txt", "after\n");
    s.session("complete")
        .fails(1, &["both.txt changed both before and during", "--include both.txt", "--leave both.txt"]);
    assert_eq!(s.subjects(), ["plan"]);
    s.session("complete --leave both.txt").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
    assert_eq!(s.git("status --porcelain"), "?? both.txt\n?? notes.txt");
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    s.write("both.txt", "again\n");
    s.session("complete --include both.txt").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "both.txt\nfarewell.txt");
}

#[test]
fn what_was_staged_before_stays_staged() {
    let s = Sandbox::hello();
    s.write("staged.txt", "mine\n");
    s.git("add staged.txt");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.git("status --porcelain"), "A  staged.txt");
}

#[test]
fn unknown_and_misspelt_sessions() {
    let s = Sandbox::hello();
    s.session("start HI-04").fails(1, &["there is no session HI-04", "did you mean HI-0"]);
    s.session("show ZZ-99").fails(1, &["there is no session ZZ-99", "session plan"]);
    s.session("start nonsense --title x").fails(2, &["`nonsense` is no session ID", "FIX-01"]);
}

#[test]
fn a_second_start() {
    let s = started();
    s.session("start HI-02").fails(1, &["HI-01 is active here", "session pause"]);
    s.session("start HI-01").fails(1, &["HI-01 is active already"]);
    s.session("pause").ok();
    s.session("start HI-02").ok();
}

#[test]
fn complete_of_a_session_that_is_not_active() {
    let s = Sandbox::hello();
    s.session("complete").fails(1, &["no session is active here", "session next"]);
    s.session("complete HI-02").fails(1, &["HI-02 is pending", "session start HI-02"]);
    s.session("start HI-01").ok();
    s.session("pause").ok();
    s.session("complete HI-01").fails(1, &["HI-01 is paused", "session start HI-01"]);
}

#[test]
fn a_bad_subject_is_refused_before_any_check() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    for subject in ["done", "feat:x", "Feature: y", "feat(: z"] {
        let ran = s
            .session(&format!("complete -m \"{subject}\""))
            .fails(1, &["no conventional commit subject", "<type>(<scope>)", "feat(parser)"]);
        assert!(!ran.err.contains("passed"), "{}", ran.err);
    }
    let log = s.session("log").ok().out;
    assert!(!log.contains("complete"), "a refusal is no event: {log}");
    s.write(
        "plugins.toml",
        &s.read("plugins.toml").replace("name = \"git\"", "name = \"git\"\n[plugin.config]\nconventional = false"),
    );
    s.session("complete -m done").ok();
}

#[test]
fn a_check_that_hangs_is_killed_with_its_children() {
    let s = Sandbox::hello();
    s.write(
        "plugins.toml",
        &s.read("plugins.toml").replace("name = \"checklist\"", "name = \"checklist\"\ntimeout = \"1s\""),
    );
    s.session("start FIX-01 --title x --check \"(sleep 61.73; true) & sleep 61.73\"").ok();
    s.session("complete").fails(3, &["ran out of time", "sleep 61.73"]);
    assert!(crate::support::ends(&["sleep", "61.73"]), "a child lives on");
}

#[test]
fn nothing_left_to_commit() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    s.git("add greeting.txt");
    s.git("commit --quiet -m by-hand");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("an empty commit: the work is in 1 earlier commit"), "{}", ran.err);
    let record: serde_json::Value = serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap();
    let commits = record["facts"]["commits"].as_str().unwrap();
    assert!(commits.contains(&s.git("rev-parse HEAD~2")), "commits by hand belong to the session: {commits}");
}

#[test]
fn work_done_before_start_is_not_called_done() {
    let s = Sandbox::hello();
    s.write("greeting.txt", "hello\n");
    s.session("start HI-01").ok();
    s.session("complete").fails(1, &["nothing has changed since", "greeting.txt", "--include greeting.txt"]);
    s.session("complete --include greeting.txt").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
}

#[test]
fn an_attestation_of_nothing() {
    let s = Sandbox::new();
    s.session("init \"My Tool\"").ok();
    s.session("start MT-01").ok();
    s.write("README.md", "x\n");
    s.session("verify --attest nope").fails(2, &["no manual item reads `nope`", "--attest 'A newcomer"]);
    let said = s.session("verify").ok().err;
    assert!(said.contains("session verify --attest 'A newcomer would understand it'"), "{said}");
    s.session("verify --attest \"A newcomer would understand it\"").ok();
    s.session("complete").ok();
    assert!(s.git("log -1 --format=%B HEAD^").contains("Session-Verified: 1 passed, 1 attested"), "kept from verify");
}

#[test]
fn hooks_and_messages_of_the_user_count() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    s.write(".git/hooks/pre-commit", "#!/bin/sh\necho the hook says no >&2\nexit 1\n");
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), std::fs::Permissions::from_mode(0o755)).unwrap();
    s.session("complete").fails(1, &["git would not commit", "the hook says no"]);
    assert_eq!(s.subjects(), ["plan"]);
    assert_eq!(s.git("status --porcelain greeting.txt"), "?? greeting.txt", "nothing stays staged");
    s.write(".git/hooks/pre-commit", "#!/bin/sh\ntouch .git/hook-ran\n");
    s.session("complete").ok();
    assert!(s.exists(".git/hook-ran"));
    assert_eq!(s.git("status --porcelain"), "");
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
}

#[test]
fn a_session_has_one_running_event() {
    let s = started();
    let lock = std::fs::File::options().read(true).write(true).open(s.path(".git/session/locks/HI-01.lock")).unwrap();
    lock.lock().unwrap();
    s.session("verify").fails(1, &["HI-01 is busy", "is at work on it"]);
    s.session("status").ok();
    drop(lock);
    s.session("verify").fails(3, &[]);
}

#[test]
fn a_damaged_journal_is_named_and_left_alone() {
    let s = started();
    let path = ".git/session/open/HI-01.jsonl";
    let text = s.read(path).replacen("\"seq\":2", "\"seq\":7", 1);
    s.write(path, &text);
    let status = s.session("status").ok();
    assert!(
        status.err.contains("HI-01 is stuck: line 2 of the journal") && status.err.contains("checksum"),
        "{status:?}"
    );
    for command in ["complete", "log", "start HI-01", "resume HI-01"] {
        s.session(command).fails(4, &["line 2 of the journal", "head -n 1 "]);
    }
    assert_eq!(s.read(path), text);
    // Whose working tree it has is known, what it did there is not: nobody else starts in it.
    s.session("start HI-02").fails(4, &["HI-01 is stuck"]);
}

#[test]
fn an_unfinished_task_file_is_not_overwritten() {
    let s = Sandbox::hello();
    s.write("docs/sessions/SESSION.md", "# Current Session: ZZ-01 — Something else\n\nmy notes\n");
    s.session("start HI-01").fails(1, &["holds the unfinished session ZZ-01", "--force"]);
    s.session("start HI-01 --force").ok();
    assert!(s.read("docs/sessions/SESSION-ZZ-01.md").contains("my notes"));
}

#[test]
fn what_people_wrote_is_never_only_in_a_file_that_goes() {
    let s = Sandbox::hello();
    s.write("docs/sessions/SESSION.md", "# Meeting notes\nprecious\n");
    s.session("start HI-01").fails(1, &["something else than a task file", "--force"]);
    std::fs::remove_file(s.path("docs/sessions/SESSION.md")).unwrap();
    s.session("start HI-01").ok();
    let text = s.read("docs/sessions/SESSION.md").replace("## Session Notes", "## My Notes\n\nprecious too");
    s.write("docs/sessions/SESSION.md", &text);
    s.write("greeting.txt", "hello\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("a copy is kept as docs/sessions/SESSION-HI-01.md"), "{}", ran.err);
    assert!(s.read("docs/sessions/SESSION-HI-01.md").contains("precious too"));
    assert_eq!(s.git("status --porcelain"), "", "the copy stays local");
}

#[test]
fn a_locked_index_is_found_out_before_the_commit() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    s.write(".git/index.lock", "");
    assert_eq!(s.session("complete").code, 1);
    assert_eq!(s.subjects(), ["plan"], "nothing was committed");
    std::fs::remove_file(s.path(".git/index.lock")).unwrap();
    s.session("complete").ok();
    assert_eq!(s.subjects().iter().filter(|subject| *subject == "feat(letter): add greeting").count(), 1);
}

#[test]
fn a_branch_that_was_left() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    s.git("checkout --quiet --detach");
    s.session("complete").fails(1, &["HEAD is detached, and was not", "git switch"]);
    s.git("switch --quiet main");
    s.session("complete --include gone.txt").fails(1, &["gone.txt has not changed"]);
    s.session("complete").ok();
}

#[test]
fn commands_work_on_a_terminal() {
    // `script` gives them one; a program that only fails where people are is not seen otherwise.
    let s = started();
    let line = format!("{} -v status", crate::support::SESSION);
    let mut command = s.command("script", &s.root);
    let output = command.args(["-qec", &line, "/dev/null"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("HI-01") && !text.contains("panicked"), "{text}");

    // What a pipe gets as it is would steer a terminal.
    s.write("docs/ODD_PROMPTS.md", "## Session O-1: x\n\n### Prompt\n\nhide \u{1b}[8m me\rnow\n");
    let line =
        format!("{} plan graph --plan docs/ODD_PROMPTS.md && {0} --project odd show O-1", crate::support::SESSION);
    s.write("odd/docs/ODD_PROMPTS.md", &s.read("docs/ODD_PROMPTS.md"));
    s.write("odd/plugins.toml", "[project]\nname = \"Odd\"\n");
    s.session("--project odd trust --yes").ok();
    let mut command = s.command("script", &s.root);
    let output = command.args(["-qec", &line, "/dev/null"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("hide ␛[8m me␍now") && !text.contains("\u{1b}[8m"), "{text:?}");
}

#[test]
fn ctrl_c_ends_what_does_not_want_to_end() {
    let s = Sandbox::hello();
    s.session("start FIX-01 --title x --check \"trap '' TERM INT; sleep 62.41; true\"").ok();
    let mut child = s.session_command("complete").stderr(std::process::Stdio::null()).spawn().unwrap();
    let begun = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        crate::support::runs(&["sleep", "62.41"])
    });
    assert!(begun);
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(crate::support::ends(&["sleep", "62.41"]), "a child lives on");
    s.session("status").ok();
}

#[test]
fn a_read_only_document_does_not_undo_the_session() {
    let s = started();
    s.write("greeting.txt", "hello\n");
    let folder = s.path("docs/progress");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let root = std::fs::File::create(folder.join("probe")).is_ok();
    if root {
        // Root writes to what is read-only; a folder in the file's place cannot be written by anybody.
        std::fs::remove_file(folder.join("probe")).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::remove_file(s.path("docs/progress/HELLO_PROGRESS.md")).unwrap();
        std::fs::create_dir(s.path("docs/progress/HELLO_PROGRESS.md")).unwrap();
    }
    s.session("complete").fails(1, &["complete of HI-01 is done, but the documents do not show it", "session resume"]);
    assert!(s.session("status").ok().err.contains("session resume"));
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    if root {
        std::fs::remove_dir(s.path("docs/progress/HELLO_PROGRESS.md")).unwrap();
        s.git("checkout --quiet HEAD -- .");
    }
    s.session("resume").ok();
    assert!(s.read("docs/progress/HELLO_PROGRESS.md").contains("| HI-01 | ✅ Done |"));
    assert_eq!(s.git("status --porcelain"), "");
    assert_eq!(s.session("status --json").ok().json()["sessions"][0]["status"], "done");
}

#[test]
fn usage_errors_have_their_own_code() {
    let s = Sandbox::bare();
    assert_eq!(s.session("strat HI-01").code, 2);
    assert_eq!(s.session("checkpoint").code, 2);
    s.session("--project gone status").fails(1, &["gone is no folder"]);
}

#[test]
fn json_has_errors_too() {
    let s = Sandbox::hello();
    let ran = s.session("start HI-03 --json");
    assert_eq!(ran.code, 1);
    let error = &ran.json()["error"];
    assert!(
        error["message"].as_str().unwrap().contains("waits for others") && error["hints"][0].is_string(),
        "{error}"
    );
    s.session("start HI-01").ok();
    let ran = s.session("verify --json");
    assert_eq!((ran.code, &ran.json()["exit"]), (3, &serde_json::json!(3)));
    assert_eq!(ran.json()["verification"]["checks"][0]["evidence"]["exit"], 1, "an agent learns what failed");
}
