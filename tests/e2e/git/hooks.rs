//! The user's hooks, whoever wrote them: they run as in a commit by git, and what they refuse is told whole.

use std::path::Path;

use super::{clean, executable, git, hook_tool, put, repository, same_as_git};
use crate::support::{Ran, Sandbox};

/// What a hook is given, one line a run; without what differs from run to run.
const TELLS: &str = "#!/bin/sh\n\
     index=$(git diff --cached --name-only | tr '\\n' ' ')\n\
     echo \"$(basename \"$0\") $# ${2:-} [$index] ${GIT_INDEX_FILE:+own} ${GIT_LITERAL_PATHSPECS:-} \
     ${GIT_EDITOR:-} $(git ls-files ':(glob)**/*.txt' | wc -l)\" >> \"$HOME/told\"\n";

const ALL: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];

#[test]
fn all_four_are_told_what_git_tells_them() {
    let s = repository("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let twin = super::twin(&s);
    for folder in [&s.root, &twin] {
        ALL.iter().for_each(|hook| executable(folder, &format!(".git/hooks/{hook}"), TELLS));
    }
    let told = || {
        let file = s.home().join("told");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        text
    };
    s.session("checkpoint -m half").ok();
    let by_session = told();
    std::fs::write(s.home().join("message"), "half\n").unwrap();
    git(&s, &twin, &["add", "greeting.txt"]);
    let message = s.home().join("message").to_string_lossy().into_owned();
    git(&s, &twin, &["commit", "--quiet", "--only", "-F", &message, "greeting.txt"]);
    assert_eq!(by_session, told());
    assert_eq!(by_session.lines().count(), 4, "{by_session}");
}

#[test]
fn messages_that_hooks_change_stand() {
    let s = repository("");
    executable(&s.root, ".git/hooks/prepare-commit-msg", "#!/bin/sh\necho 'Ticket: 7' >> \"$1\"\n");
    executable(&s.root, ".git/hooks/commit-msg", "#!/bin/sh\nsed -i 's/hi/HI/' \"$1\"\n");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete -m \"feat: say hi\"").ok();
    let message = s.git("log -1 --format=%B HEAD^");
    assert!(message.starts_with("feat: say HI\n") && message.ends_with("Ticket: 7"), "{message}");
    assert!(message.contains("Session-Id: HI-01"));
    clean(&s);
}

#[test]
fn a_hook_that_refuses_is_quoted_and_stages_nothing() {
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg"] {
        let s = repository("");
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.write("src/inside.txt", "changed\n");
        s.write("mine.txt", "mine\n");
        s.git("add mine.txt");
        let text = "#!/bin/sh\necho 'line 3: too loud'\necho 'so not like this' >&2\nexit 1\n";
        executable(&s.root, &format!(".git/hooks/{hook}"), text);
        let status = s.git("status --porcelain -- . :!docs");
        s.session("checkpoint -m half").fails(1, &["line 3: too loud", "so not like this"]);
        s.session("complete").fails(1, &["line 3: too loud", "so not like this"]);
        assert!(s.subjects().iter().all(|subject| subject.starts_with("docs(progress)") || subject == "setup"));
        assert_eq!(s.git("status --porcelain -- . :!docs"), status);
        std::fs::remove_file(s.path(&format!(".git/hooks/{hook}"))).unwrap();
        s.session("complete").ok();
        clean(&s);
    }
}

#[test]
fn hooks_elsewhere() {
    for path in ["tools/hooks", "absolute"] {
        let s = repository("");
        let hook = "#!/bin/sh\necho ran >> \"$HOME/ran\"\n";
        executable(&s.root, "tools/hooks/pre-commit", hook);
        s.git("add tools");
        s.git("commit --quiet -m hooks");
        let whole = s.path("tools/hooks").to_string_lossy().into_owned();
        s.git(&format!("config core.hooksPath {}", if path == "absolute" { &whole } else { path }));
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        // Also from below: git runs hooks from the top of the working tree.
        let mut command = s.session_command("complete");
        Ran::of(command.current_dir(s.path("src")).output().unwrap()).ok();
        assert_eq!(std::fs::read_to_string(s.home().join("ran")).unwrap(), "ran\n", "{path}");
        clean(&s);
    }
}

#[test]
fn a_hook_that_formats_and_adds() {
    let s = repository("");
    let hook = "#!/bin/sh\ntr a-z A-Z < greeting.txt > t && mv t greeting.txt && git add greeting.txt\n";
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    executable(&s.root, ".git/hooks/pre-commit", hook);
    let twin = super::twin(&s);
    s.session("checkpoint -m half").ok();
    git(&s, &twin, &["add", "greeting.txt"]);
    git(&s, &twin, &["commit", "--quiet", "--only", "-m", "half", "greeting.txt"]);
    assert_eq!(s.git("cat-file blob HEAD:greeting.txt"), "HELLO");
    let status = |folder: &Path| git(&s, folder, &["status", "--porcelain"]);
    // Git leaves what it committed before the hook staged, and so to be taken back by the next commit.
    assert_eq!((status(&s.root).as_str(), status(&twin).as_str()), ("", "MM greeting.txt"));
    let journal = s.read(".git/session/open/HI-01.jsonl");
    assert!(journal.contains(r#""rewritten":["greeting.txt"]"#), "{journal}");
}

#[test]
fn a_hook_that_formats_and_does_not_add() {
    let s = repository("");
    let hook = "#!/bin/sh\ntr a-z A-Z < greeting.txt > t && mv t greeting.txt\n";
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    executable(&s.root, ".git/hooks/pre-commit", hook);
    s.session("checkpoint -m half").ok();
    assert_eq!(s.git("cat-file blob HEAD:greeting.txt"), "hello", "what was staged");
    assert_eq!(s.git("status --porcelain greeting.txt"), " M greeting.txt");
    assert!(!s.read(".git/session/open/HI-01.jsonl").contains("rewritten"));
}

#[test]
fn without_verifying_hooks() {
    let s = super::fold::folding("no_verify = true");
    for hook in ALL {
        let ends = if hook == "pre-commit" || hook == "commit-msg" { "exit 1" } else { "exit 0" };
        executable(&s.root, &format!(".git/hooks/{hook}"), &format!("#!/bin/sh\necho {hook} >> .git/ran\n{ends}\n"));
    }
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    assert_eq!(s.read(".git/ran"), "prepare-commit-msg\npost-commit\n");
    s.session("complete").fails(1, &["git would not commit"]);
}

/// A framework that puts aside what is not staged, formats, and refuses the commit that it has changed.
#[test]
fn pre_commit() {
    let Some(tool) = hook_tool("pre-commit") else { return };
    let s = repository("");
    let config = "repos:\n- repo: local\n  hooks:\n  - id: up\n    name: up\n    language: system\n    \
                  entry: sh -c 'for f; do grep -q HELLO \"$f\" || { echo HELLO > \"$f\"; exit 1; }; done' --\n    \
                  files: greeting\n";
    s.write(".pre-commit-config.yaml", config);
    s.git("add .");
    s.git("commit --quiet -m config");
    let mut install = s.command(&tool.to_string_lossy(), &s.root);
    Ran::of(install.arg("install").output().unwrap()).ok();
    s.write("mine.txt", "not of the session\n");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").fails(1, &["files were modified by this hook"]);
    assert_eq!(s.read("greeting.txt"), "HELLO\n");
    assert_eq!(s.git("status --porcelain greeting.txt mine.txt"), "?? greeting.txt\n?? mine.txt");
    s.session("checkpoint -m half").ok();
    assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
    assert_eq!(s.git("status --porcelain mine.txt greeting.txt"), "?? mine.txt");
}

#[test]
fn lefthook() {
    let Some(tool) = hook_tool("lefthook") else { return };
    let s = repository("");
    s.write("lefthook.yml", "pre-commit:\n  commands:\n    up:\n      glob: \"*.txt\"\n      run: for f in {staged_files}; do grep -q loud $f && exit 1; echo seen >> $f; done\n      stage_fixed: true\n");
    s.git("add .");
    s.git("commit --quiet -m config");
    let path = format!("{}:{}", tool.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let session = |arguments: &str| s.session_with(arguments, |command| _ = command.env("PATH", &path));
    let mut install = s.command(&tool.to_string_lossy(), &s.root);
    Ran::of(install.arg("install").env("PATH", &path).output().unwrap()).ok();
    session("start HI-01").ok();
    s.write("greeting.txt", "loud hello\n");
    session("checkpoint -m half").fails(1, &["git would not commit"]);
    assert_eq!(s.git("diff --cached --name-only"), "");
    s.write("greeting.txt", "hello\n");
    session("checkpoint -m half").ok();
    assert_eq!(s.git("cat-file blob HEAD:greeting.txt"), "hello\nseen");
}

#[test]
fn hooks_in_every_format() {
    for options in ["--object-format=sha256", "--ref-format=reftable"] {
        let s: Sandbox = repository(options);
        executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\necho ran >> \"$HOME/ran\"\n");
        same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
        let ran = std::fs::read_to_string(s.home().join("ran")).unwrap();
        assert_eq!(ran.lines().count(), 4, "two by the session, two by git; none for documents");
    }
}
