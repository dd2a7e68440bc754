//! Branches, tags and files with odd names, and repositories whose references are broken: nothing hangs, nothing is taken for
//! an option, and what cannot be used is named.

use std::time::{Duration, Instant};

use super::{FORMATS, repository, unprepared};
use crate::support::{Ran, Sandbox};

/// Runs a command that must end soon.
fn soon(s: &Sandbox, arguments: &str) -> Ran {
    let begun = Instant::now();
    let mut command = s.command("timeout", &s.root);
    command.args(["60", crate::support::SESSION]).args(arguments.split(' ')).env("SESSION_NOW", "2026-03-02T09:00:00Z");
    let ran = Ran::of(command.output().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(50) && ran.code != 124, "{arguments}: {ran:#?}");
    assert!(ran.code != 101 && !ran.err.contains("panicked"), "{arguments}: {ran:#?}");
    ran
}

#[test]
fn a_branch_that_looks_like_an_option() {
    for format in FORMATS {
        for branch in ["--output=precious", "-x", "--help", "a$(touch precious)b", "größe"] {
            let s = repository(format);
            s.git("branch aside");
            s.git(&format!("symbolic-ref HEAD refs/heads/{}", branch.replace(' ', "")));
            s.git("reset --quiet --soft refs/heads/main");
            s.session("start HI-01").ok();
            s.write("work.txt", "work\n");
            s.session("checkpoint -m half").ok();
            s.write("greeting.txt", "hello\n");
            s.session("complete --squash").ok();
            s.session("rollback HI-01 --yes").ok();
            s.session("audit");
            assert!(!s.exists("precious") && !s.exists("x"), "{format} {branch}");
            assert_eq!(s.git("status --porcelain"), "", "{format} {branch}");
        }
    }
}

#[test]
fn files_that_look_like_options_or_patterns() {
    for format in FORMATS {
        let s = repository(format);
        s.session("start HI-01").ok();
        let odd = ["--output=precious", "-x", ":(exclude)a", ":!b", "*", "[a]", "c d", "e\\f", "größe", ":1:work.txt"];
        odd.iter().for_each(|path| s.write(path, "x\n"));
        s.session("checkpoint -m half").ok();
        let names = s.git("-c core.quotePath=false show --name-only --format= -z HEAD");
        let mut found: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
        found.sort_unstable();
        let mut wanted = odd.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{format}");
        s.write("greeting.txt", "hello\n");
        s.session("complete").ok();
        s.session("rollback HI-01 --yes").ok();
        assert!(odd.iter().all(|path| !s.exists(path)) && !s.exists("precious"), "{format}");
    }
}

#[test]
fn references_that_are_broken_are_named() {
    let long = format!("ref: refs/heads/{}\n", "x/".repeat(2_000));
    for (file, content) in [
        ("HEAD", "garbage\n"),
        ("HEAD", "ref: refs/heads/../../../etc/passwd\n"),
        ("HEAD", "ref: refs/heads/nowhere\n"),
        ("HEAD", "ref: HEAD\n"),
        ("HEAD", long.as_str()),
        ("HEAD", ""),
        ("packed-refs", "garbage\n\u{1b}[2J --output=x\n"),
        ("packed-refs", "--output=x refs/heads/main\n"),
        ("refs/heads/broken", "--output=x\n"),
        ("refs/heads/loop", "ref: refs/heads/loop\n"),
        ("refs/heads/a\nb", "garbage\n"),
        ("refs/tags/-t", "garbage\n"),
        ("config", "garbage\n[["),
        ("config", "[include]\n\tpath = config\n"),
        ("config", "[core]\n\trepositoryFormatVersion = 99\n"),
        ("info/attributes", "[attr]x\n* filter=\n"),
        ("objects/info/alternates", "/proc/self/root\n/dev/zero\n"),
        ("index", "DIRC\u{0}\u{0}\u{0}\u{2}\u{7f}garbage"),
        ("shallow", "garbage\n"),
        ("commondir", "/nowhere\n"),
    ] {
        for format in ["", "--object-format=sha256"] {
            let s = unprepared(format);
            s.write(&format!(".git/{file}"), content);
            for command in ["status", "show HI-01", "plan", "next", "audit", "explain start"] {
                let ran = soon(&s, command);
                assert!(ran.code == 0 || ran.err.contains("error:"), "{format} {file} {command}: {ran:#?}");
                assert!(!ran.err.contains('\u{1b}') && !s.exists("x"), "{format} {file} {command}: {ran:#?}");
            }
        }
    }
}

#[test]
fn a_head_that_is_a_link_leads_nowhere() {
    use std::os::unix::fs::symlink;
    for target in ["/etc/passwd", "/dev/zero", "/nowhere", "HEAD", "refs/heads/main"] {
        for format in FORMATS {
            let s = unprepared(format);
            std::fs::remove_file(s.path(".git/HEAD")).unwrap();
            symlink(target, s.path(".git/HEAD")).unwrap();
            for command in ["status", "audit", "start HI-01 --dry-run"] {
                let ran = soon(&s, command);
                assert!(!ran.err.contains("root:") && !ran.out.contains("root:"), "{format} {target}: {ran:#?}");
            }
        }
    }
}

#[test]
fn a_git_file_that_leads_elsewhere_is_judged_by_what_it_leads_to() {
    for (content, said) in [
        ("gitdir: /nowhere\n", ""),
        ("gitdir: ../other/.git\n", "puts its working tree elsewhere"),
        ("garbage\n", ""),
        ("", ""),
    ] {
        let s = unprepared("");
        let other = unprepared("");
        std::fs::rename(&other.root, s.root.parent().unwrap().join("other")).unwrap();
        let moved = s.root.parent().unwrap().join("other");
        assert!(s.command("git", &moved).args(["config", "core.worktree", ".."]).status().unwrap().success());
        std::fs::rename(s.path(".git"), s.path("old-git")).unwrap();
        s.write(".git", content);
        let ran = soon(&s, "status");
        assert!(ran.err.contains(said), "{content}: {ran:#?}");
        assert!(!moved.join(".git/session").exists(), "{content}");
    }
}

/// A clone brings links to devices, and an archive brings pipes.
#[test]
fn what_can_be_read_for_ever_is_named() {
    use std::os::unix::fs::symlink;
    for (file, target) in [
        (".gitignore", "/dev/zero"),
        (".gitattributes", "/dev/zero"),
        (".gitattributes", ""),
        (".git/info/exclude", ""),
        (".git/info/attributes", "/dev/zero"),
        (".git/packed-refs", ""),
        (".git/index", ""),
        (".git/config", ""),
        (".git/objects/info/alternates", ""),
    ] {
        let s = unprepared("");
        let _ = std::fs::remove_file(s.path(file));
        match target {
            "" => assert!(s.command("mkfifo", &s.root).arg(file).status().unwrap().success()),
            target => symlink(target, s.path(file)).unwrap(),
        }
        for command in ["status", "audit"] {
            soon(&s, command).fails(1, &[file, "is no file", &format!("hint: rm {}", s.path(file).display())]);
        }
    }
    // In a folder below, git does not look at such a link.
    for format in FORMATS {
        let s = repository(format);
        s.write("deep/a.txt", "a\n");
        symlink("/dev/zero", s.path("deep/.gitignore")).unwrap();
        s.git("add .");
        s.git("commit --quiet -m deep");
        s.session("start HI-01").ok();
        s.write("deep/b.txt", "b\n");
        soon(&s, "checkpoint -m half").ok();
        assert_eq!(s.git("show --name-only --format= HEAD"), "deep/b.txt", "{format}");
    }
}
