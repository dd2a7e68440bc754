//! What the environment says: who commits, what is configured, and which repository is meant.

use super::{clean, git, put, repository};
use crate::support::{Ran, Sandbox};

fn session(s: &Sandbox, variables: &[(&str, &str)], arguments: &str) -> Ran {
    s.session_with(arguments, |command| _ = command.envs(variables.iter().copied()))
}

#[test]
fn authors_committers_and_dates() {
    let s = repository("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let variables = [
        ("GIT_AUTHOR_NAME", "Robin"),
        ("GIT_AUTHOR_EMAIL", "robin@example.com"),
        ("GIT_AUTHOR_DATE", "2020-01-02T03:04:05Z"),
        ("GIT_COMMITTER_NAME", "Sam"),
        ("GIT_COMMITTER_EMAIL", "sam@example.com"),
        ("GIT_COMMITTER_DATE", "2021-01-02T03:04:05Z"),
    ];
    session(&s, &variables, "complete").ok();
    let found = s.git("log -1 --date=iso-strict --format=%an,%ae,%aI,%cn,%ce,%cI HEAD^");
    let wanted = "Robin,robin@example.com,2020-01-02T03:04:05Z,Sam,sam@example.com,2021-01-02T03:04:05Z";
    assert_eq!(found.replace("+00:00", "Z"), wanted);
}

#[test]
fn an_author_in_the_configuration() {
    let s = repository("");
    s.git("config author.name Robin");
    s.git("config author.email robin@example.com");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(s.git("log -1 --format=%an,%cn HEAD^"), "Robin,Kim");
}

#[test]
fn configuration() {
    let s = repository("");
    s.git("config --unset user.name");
    s.git("config --unset user.email");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.write("noise.tmp", "x\n");
    session(&s, &[], "complete").fails(1, &["git does not know who commits"]);
    let excludes = s.home().join("excludes");
    put(&s.home(), "excludes", "*.tmp\n");
    let text = format!(
        "[user]\nname = Robin\nemail = robin@example.com\n[core]\nautocrlf = input\nexcludesFile = {}\n",
        excludes.display()
    );
    put(&s.home(), "global", text);
    s.write("crlf.txt", "one\r\n");
    session(&s, &[("GIT_CONFIG_GLOBAL", &s.home().join("global").to_string_lossy())], "complete").ok();
    assert_eq!(s.git("show --name-only --format=%an HEAD^"), "Robin\n\ncrlf.txt\ngreeting.txt");
    assert_eq!(s.git("cat-file blob HEAD:crlf.txt"), "one");
    let counted = [
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "user.name"),
        ("GIT_CONFIG_VALUE_0", "Sam"),
        ("GIT_CONFIG_KEY_1", "user.email"),
        ("GIT_CONFIG_VALUE_1", "sam@example.com"),
    ];
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    session(&s, &counted, "complete").ok();
    assert_eq!(s.git("log -1 --format=%an HEAD^"), "Sam");
}

/// A repository whose folder lies elsewhere, as people keep their settings under git.
#[test]
fn a_repository_that_is_named() {
    let s = repository("").unattended();
    let elsewhere = s.root.parent().unwrap().join("elsewhere.git");
    std::fs::rename(s.path(".git"), &elsewhere).unwrap();
    let (dir, top) = (elsewhere.to_string_lossy().into_owned(), s.root.to_string_lossy().into_owned());
    let named = [("GIT_DIR", dir.as_str()), ("GIT_WORK_TREE", top.as_str())];
    // What the user allowed holds for the folder that all working trees share, and that is another one now.
    session(&s, &named, "start HI-01").fails(5, &["not approved"]);
    session(&s, &named, "trust --yes").ok();
    session(&s, &named, "start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    session(&s, &named, "checkpoint -m half").ok();
    session(&s, &named, "complete").ok();
    let ask = |arguments: &[&str]| {
        let mut command = s.command("git", &s.root);
        let output = command.envs(named).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(ask(&["status", "--porcelain"]), "");
    assert_eq!(ask(&["show", "--name-only", "--format=", "HEAD~2"]), "greeting.txt");
    assert!(elsewhere.join("session").is_dir() && !s.exists(".session"));
}

/// As in a hook, where git says which index it works on.
#[test]
fn an_index_that_is_named() {
    let s = repository("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    std::fs::copy(s.path(".git/index"), s.path(".git/other-index")).unwrap();
    let before = std::fs::read(s.path(".git/index")).unwrap();
    let named = [("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/other-index")];
    session(&s, &named, "checkpoint -m half").ok();
    assert_eq!(s.git("show --name-only --format= HEAD"), "greeting.txt");
    assert_eq!(std::fs::read(s.path(".git/index")).unwrap(), before, "another index was named");
    let mut command = s.command("git", &s.root);
    let output = command.envs(named).args(["diff", "--cached", "--name-only", "--", ".", ":!docs"]).output().unwrap();
    assert_eq!(output.stdout, b"");
}

#[test]
fn objects_that_are_named() {
    let s = repository("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let objects = s.home().join("objects");
    std::fs::create_dir_all(&objects).unwrap();
    let real = s.path(".git/objects").to_string_lossy().into_owned();
    let objects = objects.to_string_lossy().into_owned();
    let named = [("GIT_OBJECT_DIRECTORY", objects.as_str()), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", real.as_str())];
    session(&s, &named, "complete").ok();
    let mut command = s.command("git", &s.root);
    let output = command.envs(named).args(["show", "--name-only", "--format=", "HEAD^"]).output().unwrap();
    assert_eq!(output.stdout, b"greeting.txt\n");
}

#[test]
fn somebody_elses_repository_is_refused() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        let mut own = s.command("chown", &s.root);
        if !own.args(["12345", ".", ".git"]).status().unwrap().success() {
            assert!(std::env::var_os("SESSION_NO_SKIP").is_none(), "run as root, so that files can be given away");
            println!("SKIPPED: only root can give files away");
            return;
        }
        s.session("complete").fails(1, &["safe.directory", "own"]);
        put(&s.home(), ".gitconfig", format!("[safe]\ndirectory = {}\n", s.root.display()));
        s.session("complete").ok();
        clean(&s);
    }
}

/// A lock that a kill has left in the configuration is not in the way for ever.
#[test]
fn a_lock_of_the_configuration() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.git("config --unset merge.session.driver");
        s.write(".git/config.lock", "");
        let ran = s.session("start HI-01").ok();
        assert!(ran.err.contains("git will not merge"), "it may be in use: {ran:#?}");
        s.session("pause").ok();
        let file = std::fs::File::options().write(true).open(s.path(".git/config.lock")).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
        s.session("start HI-01 --force").ok();
        assert!(s.exists(".git/config.lock"), "somebody has it open");
        drop(file);
        s.session("pause").ok();
        let ran = s.session("start HI-01").ok();
        assert!(!s.exists(".git/config.lock"), "{options}: {ran:#?}");
        assert!(git(&s, &s.root, &["config", "merge.session.driver"]).contains("progress --merge"));
    }
}
