//! What git makes of files on their way into the repository, and which files it takes.

use std::path::Path;

use super::{clean, executable, git, has, put, repository, same_as_git};
use crate::support::Sandbox;

#[test]
fn ignored_files() {
    let s = repository("");
    let excludes = s.home().join("excludes");
    std::fs::write(&excludes, "*.mine\n").unwrap();
    s.git(&format!("config core.excludesFile {}", excludes.display()));
    s.write(".gitignore", "*.log\n!kept.log\nbuild/\n");
    s.write(".git/info/exclude", "local.txt\n");
    s.git("add .gitignore");
    s.git("commit --quiet -m ignore");
    same_as_git(&s, |folder| {
        for path in ["a.log", "kept.log", "build/out", "deep/b.log", "x.mine", "local.txt", "deep/kept.log"] {
            put(folder, path, "x\n");
        }
    });
    let names = s.git("ls-tree -r --name-only HEAD");
    assert!(names.contains("deep/kept.log") && !names.contains("a.log") && !names.contains("mine"), "{names}");
}

#[test]
fn autocrlf() {
    for value in ["true", "input", "false"] {
        let s = repository("");
        // One that has such ends in the repository keeps them.
        s.write("old.txt", "one\r\ntwo\r\n");
        s.git("-c core.autocrlf=false add old.txt");
        s.git("commit --quiet -m old");
        s.git(&format!("config core.autocrlf {value}"));
        same_as_git(&s, |folder| {
            put(folder, "crlf.txt", "one\r\ntwo\r\n");
            put(folder, "mixed.txt", "one\r\ntwo\n");
            put(folder, "binary", b"one\r\n\0two\r\n");
            put(folder, "old.txt", "one\r\ntwo\r\nthree\r\n");
        });
        let ends = s.git("ls-files --eol crlf.txt");
        assert_eq!(ends.starts_with("i/crlf"), value == "false", "{value}: {ends}");
    }
}

#[test]
fn eol_attributes() {
    let s = repository("");
    let attributes = s.read(".gitattributes");
    s.write(".gitattributes", &format!("{attributes}* text=auto\n*.bat text eol=crlf\n*.raw -text\n*.id ident\n"));
    s.git("commit --quiet --all -m attributes");
    same_as_git(&s, |folder| {
        put(folder, "run.bat", "echo\r\n");
        put(folder, "unix.bat", "echo\n");
        put(folder, "a.raw", "one\r\n");
        put(folder, "a.txt", "one\r\n");
        put(folder, "a.id", "$Id$\n");
    });
    assert_eq!(s.git("cat-file blob HEAD:a.txt"), "one");
}

#[test]
fn encodings() {
    let s = repository("");
    let attributes = s.read(".gitattributes");
    s.write(".gitattributes", &format!("{attributes}*.u16 text working-tree-encoding=UTF-16LE\n"));
    s.git("commit --quiet --all -m attributes");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    same_as_git(&s, |folder| put(folder, "a.u16", utf16("héllo\n")));
    assert_eq!(s.git("cat-file blob HEAD:a.u16"), "héllo");
    untouched(&s, "a.u16");
}

/// A file whose time is new and whose content is not has not changed, and belongs to no session.
fn untouched(s: &Sandbox, path: &str) {
    let content = std::fs::read(s.path(path)).unwrap();
    std::fs::write(s.path(path), content).unwrap();
    let file = std::fs::File::options().write(true).open(s.path(path)).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    let ran = s.session("start HI-02").ok();
    assert!(!ran.err.contains("dirty before"), "{ran:#?}");
    s.write("farewell.txt", "goodbye\n");
    let ran = s.session("checkpoint -m more").ok();
    assert!(ran.err.contains("(1 file)"), "{ran:#?}");
    assert_eq!(s.git("show --name-only --format= HEAD"), "farewell.txt");
}

#[test]
fn filters() {
    let s = repository("");
    s.git("config filter.upper.clean \"tr a-z A-Z\"");
    s.git("config filter.upper.smudge \"tr A-Z a-z\"");
    s.write("deep/.gitattributes", "*.up filter=upper\n");
    s.git("add .");
    s.git("commit --quiet -m attributes");
    same_as_git(&s, |folder| put(folder, "deep/a.up", "loud\n"));
    assert_eq!(s.git("cat-file blob HEAD:deep/a.up"), "LOUD");
    untouched(&s, "deep/a.up");
}

#[test]
fn a_filter_that_fails_leaves_nothing_staged() {
    let s = repository("");
    s.git("config filter.broken.clean false");
    s.git("config filter.broken.required true");
    s.write("deep/.gitattributes", "*.no filter=broken\n");
    s.git("add .");
    s.git("commit --quiet -m attributes");
    s.session("start HI-01").ok();
    s.write("deep/a.no", "x\n");
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").fails(1, &["filter", "deep/a.no"]);
    assert_eq!(s.git("diff --cached --name-only"), "");
    assert_eq!(s.git("status --porcelain deep greeting.txt"), "?? deep/a.no\n?? greeting.txt");
}

#[test]
fn lfs() {
    if !has("git-lfs") {
        return;
    }
    let s = repository("");
    s.git("lfs install --local");
    s.git("lfs track *.bin");
    s.write("big.bin", &"big ".repeat(1000));
    s.git("add .");
    s.git("commit --quiet -m lfs");
    same_as_git(&s, |folder| put(folder, "other.bin", "other ".repeat(1000)));
    assert!(s.git("cat-file blob HEAD:other.bin").starts_with("version https://git-lfs"));
    assert!(s.git("lfs ls-files").contains("other.bin"));
    untouched(&s, "big.bin");
}

#[test]
fn modes() {
    let s = repository("");
    executable(&s.root, "tool.sh", "#!/bin/sh\n");
    s.git("add .");
    s.git("commit --quiet -m tool");
    same_as_git(&s, |folder| {
        put(folder, "tool.sh", "#!/bin/sh\n");
        std::fs::set_permissions(folder.join("tool.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        executable(folder, "src/inside.txt", "now a program\n");
        executable(folder, "new.sh", "#!/bin/sh\n");
    });
    assert!(s.git("ls-tree HEAD tool.sh").starts_with("100644"));
}

#[test]
fn no_file_modes() {
    let s = repository("");
    executable(&s.root, "tool.sh", "#!/bin/sh\n");
    s.git("add .");
    s.git("commit --quiet -m tool");
    s.git("config core.fileMode false");
    same_as_git(&s, |folder| {
        put(folder, "tool.sh", "#!/bin/sh\necho\n");
        std::fs::set_permissions(folder.join("tool.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        executable(folder, "new.sh", "#!/bin/sh\n");
    });
    assert!(s.git("ls-tree HEAD tool.sh").starts_with("100755") && s.git("ls-tree HEAD new.sh").starts_with("100644"));
}

#[test]
fn links() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        std::os::unix::fs::symlink("src/inside.txt", s.path("link")).unwrap();
        s.git("add .");
        s.git("commit --quiet -m link");
        same_as_git(&s, |folder| {
            std::fs::remove_file(folder.join("link")).unwrap();
            std::os::unix::fs::symlink("elsewhere", folder.join("link")).unwrap();
            std::os::unix::fs::symlink("src", folder.join("to-a-folder")).unwrap();
            std::os::unix::fs::symlink("nowhere", folder.join("broken")).unwrap();
        });
        assert!(s.git("ls-tree HEAD link").starts_with("120000"));
    }
}

fn with_submodule(options: &str) -> Sandbox {
    let s = repository(options);
    let library = s.root.parent().unwrap().join("library");
    std::fs::create_dir_all(&library).unwrap();
    git(&s, &library, &["init", "--quiet", "--initial-branch=main"]);
    git(&s, &library, &["config", "user.name", "Kim"]);
    git(&s, &library, &["config", "user.email", "kim@example.com"]);
    for text in ["one", "two"] {
        put(&library, "code.txt", text);
        git(&s, &library, &["add", "."]);
        git(&s, &library, &["commit", "--quiet", "-m", text]);
    }
    s.git("-c protocol.file.allow=always submodule --quiet add ../library lib");
    s.git("commit --quiet -m library");
    s
}

#[test]
fn a_submodule_that_points_elsewhere() {
    for untracked_cache in ["false", "true"] {
        let s = with_submodule("");
        s.git(&format!("config core.untrackedCache {untracked_cache}"));
        same_as_git(&s, |folder| {
            git(&s, &folder.join("lib"), &["checkout", "--quiet", "HEAD^"]);
        });
        assert!(s.git("ls-tree HEAD lib").starts_with("160000"));
        assert_ne!(s.git("rev-parse HEAD:lib"), s.git("rev-parse HEAD~3:lib"));
    }
}

#[test]
fn what_is_dirty_in_a_submodule_is_not_ours() {
    for untracked_cache in ["false", "true"] {
        let s = with_submodule("");
        s.git(&format!("config core.untrackedCache {untracked_cache}"));
        s.session("start HI-01").ok();
        s.write("lib/code.txt", "three");
        s.write("lib/new.txt", "new");
        s.write("greeting.txt", "hello\n");
        let ran = s.session("complete").ok();
        assert!(ran.err.contains("(1 file)"), "{ran:#?}");
        assert_eq!(s.git("show --name-only --format= HEAD^"), "greeting.txt");
        assert_eq!(s.git("status --porcelain --ignore-submodules=dirty"), "");
    }
}

#[test]
fn nested_repositories() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.session("start HI-01").ok();
        s.write("nested/file", "x\n");
        s.git("-C nested init --quiet");
        s.write("greeting.txt", "hello\n");
        s.session("checkpoint -m half").ok();
        assert_eq!(s.git("show --name-only --format= HEAD"), "greeting.txt");
    }
}

/// What people have staged themselves stays as it is, whoever commits.
#[test]
fn what_others_staged_stays_staged() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.write("mine.txt", "mine\n");
        s.git("add mine.txt");
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.session("checkpoint -m half").ok();
        s.session("complete").ok();
        assert_eq!(s.git("status --porcelain"), "A  mine.txt");
        assert!(!s.git("ls-tree -r --name-only HEAD").contains("mine.txt"));
    }
}

#[test]
fn names_that_are_patterns() {
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        s.write("src/[a].txt", "old\n");
        s.write("src/a.txt", "old\n");
        s.git("add .");
        s.git("commit --quiet -m names");
        s.write("src/a.txt", "not of the session\n");
        same_but(&s, |folder: &Path| {
            put(folder, "src/[a].txt", "new\n");
            put(folder, "src/*.md", "star\n");
            put(folder, ":(top)x", "magic\n");
            put(folder, "two\nlines ñ", "x\n");
        });
        assert_eq!(s.git("show HEAD:src/a.txt"), "old");
        assert_eq!(s.git("status --porcelain"), " M src/a.txt");
    }
}

fn same_but(s: &Sandbox, change: impl Fn(&Path)) {
    s.session("start HI-01").ok();
    change(&s.root);
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    s.session("complete").ok();
    let names = s.git("-c core.quotePath=false ls-tree -r --name-only HEAD");
    for name in ["src/[a].txt", "src/*.md", ":(top)x", "two\\nlines ñ"] {
        assert!(names.contains(name), "{name} in {names}");
    }
    let fsck = s.command("git", &s.root).args(["fsck", "--strict"]).output().unwrap();
    assert!(fsck.status.success());
}

#[test]
fn what_is_removed_from_the_index_goes_or_is_named() {
    let s = repository("");
    s.session("start HI-01").ok();
    s.git("rm --quiet --cached far/away.txt");
    s.write(".gitignore", "far/\n");
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert!(!s.git("ls-tree -r --name-only HEAD").contains("far/"));
    clean(&s);
}
