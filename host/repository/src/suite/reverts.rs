//! Reverts: the same comes out through both forms, and nothing is ever lost.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use session_types::{Committed, Error, RevertRequest, Undo};

use super::super::place::Place;
use super::super::repo::Repo;
use super::{both, empty, git, no_hooks, put};

/// A change to the files, as a commit.
pub(super) fn commit(top: &Path, subject: &str, change: impl FnOnce(&dyn Fn(&str, &str))) -> String {
    change(&|path, content| put(top, path, content));
    git(top, &["add", "--all"]);
    git(top, &["commit", "--quiet", "-m", subject]);
    git(top, &["rev-parse", "HEAD"])
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("line {n}\n")).collect()
}

/// `base`, then `work`, which does something of everything, then a later commit.
pub(super) fn repository() -> (tempfile::TempDir, PathBuf) {
    let (folder, top) = empty();
    commit(&top, "base", |put| {
        put("a.txt", &lines(0..30));
        put("moved.txt", &lines(100..140));
        put("gone.txt", "to be removed\n");
        put("tool", "#!/bin/sh\n");
        put("place/inside", "x\n");
        put("file", "x\n");
        put("docs/notes.md", "notes\n");
        put("target", "1\n");
        std::os::unix::fs::symlink("target", top.join("link")).expect("linked");
    });
    git(&top, &["tag", "base"]);
    commit(&top, "work", |put| {
        put("a.txt", &lines(0..30).replace("line 3\n", "line three\n"));
        put("moved.txt", &lines(100..140).replace("line 110\n", "line cx\n"));
        std::fs::remove_file(top.join("gone.txt")).expect("removed");
        std::fs::set_permissions(top.join("tool"), std::fs::Permissions::from_mode(0o755)).expect("set");
        std::fs::remove_dir_all(top.join("place")).expect("removed");
        put("place", "a file\n");
        std::fs::remove_file(top.join("file")).expect("removed");
        put("file/deep/er", "in a folder\n");
        put("docs/notes.md", "notes of the work\n");
        put("new/folder/b.txt", "new\n");
        put("bin", "\0\u{1}\u{2}");
        std::fs::remove_file(top.join("link")).expect("removed");
        std::os::unix::fs::symlink("a.txt", top.join("link")).expect("linked");
        std::os::unix::fs::symlink("nowhere", top.join("dangling")).expect("linked");
    });
    git(&top, &["tag", "work"]);
    commit(&top, "later", |put| {
        put("a.txt", &lines(0..30).replace("line 3\n", "line three\n").replace("line 25\n", "line later\n"));
        put("other.txt", "later\n");
    });
    git(&top, &["mv", "moved.txt", "renamed.txt"]);
    git(&top, &["commit", "--quiet", "-m", "rename"]);
    (folder, top)
}

pub(super) fn asked(commits: &[&str], without: &[&str]) -> RevertRequest {
    let undo = |commit: &&str| Undo { commit: (*commit).to_owned(), to: None };
    RevertRequest {
        message: "revert: it\n\nSession-Id: A-1\n".to_owned(),
        commits: commits.iter().map(undo).collect(),
        without: without.iter().map(|path| (*path).to_owned()).collect(),
        saved: Vec::new(),
    }
}

pub(super) fn revert(repo: &Repo, request: &RevertRequest) -> Result<Committed, Error> {
    repo.revert(request, false, &mut no_hooks())
}

/// All that there is to see: files with their kinds, the index, HEAD, references.
fn seen(top: &Path) -> String {
    let walk = ignore::WalkBuilder::new(top).standard_filters(false).filter_entry(|e| e.file_name() != ".git").build();
    let mut files: Vec<String> = walk
        .flatten()
        .map(|entry| {
            let path = entry.path();
            let metadata = path.symlink_metadata().expect("there");
            let content = if metadata.is_symlink() {
                format!("{:?}", std::fs::read_link(path).expect("read"))
            } else if metadata.is_dir() {
                String::new()
            } else {
                String::from_utf8_lossy(&std::fs::read(path).expect("read")).into_owned()
            };
            format!(
                "{} {:o} {content}",
                path.strip_prefix(top).expect("below").display(),
                metadata.permissions().mode()
            )
        })
        .collect();
    files.sort();
    let asked: [&[&str]; 4] = [
        &["ls-files", "--stage"],
        &["rev-parse", "HEAD"],
        &["status", "--porcelain", "--ignored"],
        &["for-each-ref", "--format=%(refname) %(objectname)"],
    ];
    files.extend(asked.map(|args| git(top, args)));
    files.join("\n")
}

/// Dry run and real run in a repository of its own; what is there before and behind.
fn each(
    make: fn() -> (tempfile::TempDir, PathBuf),
    request: &RevertRequest,
) -> [(Result<Committed, Error>, String); 2] {
    [0, 1].map(|by| {
        let (_folder, top) = make();
        let before = seen(&top);
        let objects = git(&top, &["count-objects"]);
        let repo = &both(&top)[by];
        let dry = repo.revert(request, true, &mut no_hooks());
        assert_eq!(seen(&top), before, "a dry run touched something");
        assert_eq!(git(&top, &["count-objects"]), objects, "a dry run left objects");
        let made = revert(repo, request);
        match (&dry, &made) {
            (Ok(dry), Ok(made)) => {
                assert_eq!((&dry.tree, dry.files), (&made.tree, made.files), "{request:?}");
                assert_eq!((dry.planned, &dry.commit), (true, &None));
                assert_eq!(git(&top, &["status", "--porcelain"]), "", "files, index and commit agree");
                assert_eq!(git(&top, &["rev-parse", "HEAD^{tree}"]), made.tree);
                git(&top, &["fsck", "--no-dangling"]);
            }
            (Err(dry), Err(made)) => {
                assert_eq!(dry, made);
                assert_eq!(seen(&top), before, "an error touched something");
            }
            other => panic!("{other:?}"),
        }
        let left = std::fs::read_dir(top.join(".git")).expect("read").flatten();
        assert!(left.map(|e| e.file_name()).all(|name| !name.to_string_lossy().starts_with(".session-tmp")));
        let made = made.map(|made| Committed { commit: None, ..made });
        (made, seen(&top).lines().filter(|line| !line.contains("refs/")).collect())
    })
}

fn same(make: fn() -> (tempfile::TempDir, PathBuf), request: &RevertRequest) -> Result<Committed, Error> {
    let [library, asked] = each(make, request);
    assert_eq!(library.0, asked.0, "{request:?}");
    // The same but for the time of the commit.
    let plain = |seen: &str| seen.replace(|c: char| c.is_ascii_hexdigit(), "");
    assert_eq!(plain(&library.1), plain(&asked.1), "{request:?}");
    library.0
}

#[test]
fn everything_that_a_commit_can_do_comes_off() {
    let made = same(repository, &asked(&["work"], &[])).expect("reverts");
    assert_eq!(made.files, 13);
    let (_folder, top) = repository();
    let first = revert(&both(&top)[0], &asked(&["work"], &[])).expect("reverts");
    let again = revert(&both(&top)[1], &asked(&["work"], &[])).expect("reverts");
    assert_eq!(again.commit, first.commit, "the very same is made once");
    let read = |path: &str| std::fs::read_to_string(top.join(path)).expect(path);
    assert_eq!(read("a.txt"), lines(0..30).replace("line 25\n", "line later\n"), "what came later stays");
    assert_eq!(read("renamed.txt"), lines(100..140), "under the name that it has now");
    assert_eq!(
        (read("gone.txt"), read("place/inside"), read("file")),
        ("to be removed\n".into(), "x\n".into(), "x\n".into())
    );
    assert_eq!(std::fs::read_link(top.join("link")).expect("a link"), Path::new("target"));
    assert_eq!(top.join("tool").metadata().expect("there").permissions().mode() & 0o111, 0);
    assert!(!top.join("new").exists() && top.join("dangling").symlink_metadata().is_err(), "no empty folder stays");
    // And back again, by undoing what undid it.
    let made = same(repository, &asked(&["HEAD", "work"], &[])).expect("reverts");
    assert_eq!(made.files, 14);
}

#[test]
fn what_stays_as_it_is_neither_changes_nor_conflicts() {
    let made = same(repository, &asked(&["work"], &["docs/", "place", "gone.txt", "new/"])).expect("reverts");
    assert_eq!(made.files, 8);
    let later = || {
        let (folder, top) = repository();
        commit(&top, "docs", |put| put("docs/notes.md", "all new\n"));
        (folder, top)
    };
    same(later, &asked(&["work"], &[])).expect_err("conflicts");
    same(later, &asked(&["work"], &["docs/"])).expect("does not");
}

#[test]
fn the_first_commit_and_ranges_come_off() {
    fn first() -> (tempfile::TempDir, PathBuf) {
        let (folder, top) = empty();
        commit(&top, "first", |put| put("deep/a.txt", "a\n"));
        commit(&top, "second", |put| put("b.txt", "b\n"));
        (folder, top)
    }
    assert_eq!(same(first, &asked(&["HEAD^"], &[])).expect("reverts").files, 1);
    assert_eq!(same(first, &asked(&["HEAD", "HEAD^"], &[])).expect("reverts").files, 2);
    let range = Undo { commit: "HEAD".into(), to: Some("base".into()) };
    let made = same(repository, &RevertRequest { commits: vec![range], ..asked(&[], &[]) }).expect("reverts");
    let (_folder, top) = repository();
    assert_eq!(made.tree, git(&top, &["rev-parse", "base^{tree}"]));
    assert_eq!(same(repository, &asked(&[], &[])).expect("an empty commit").files, 0);
    let error = same(repository, &asked(&["nowhere"], &[])).expect_err("no such commit");
    assert!(error.to_string().contains("no commit nowhere"), "{error}");
}

#[test]
fn a_conflict_names_the_file_and_who_changed_it_later() {
    fn conflicting() -> (tempfile::TempDir, PathBuf) {
        let (folder, top) = repository();
        commit(&top, "rewrite it", |put| {
            put("a.txt", &lines(0..30).replace("line 3\n", "line 3 anew\n"));
            put("new/folder/b.txt", "newer\n");
            put("bin", "\0other");
        });
        (folder, top)
    }
    let error = same(conflicting, &asked(&["work"], &[])).expect_err("conflicts");
    let (_folder, top) = conflicting();
    let [head, work, later] = ["HEAD", "work", "HEAD~2"].map(|name| git(&top, &["rev-parse", "--short=7", name]));
    assert_eq!(error.message, format!("what {work} changed cannot be taken back"));
    let by = format!("{head} (rewrite it)");
    assert_eq!(
        error.causes,
        [
            format!("a.txt was changed later by {by}, {later} (later)"),
            format!("bin was changed later by {by}"),
            format!("new/folder/b.txt was changed later by {by}"),
        ]
    );
    same(conflicting, &asked(&["HEAD", "work"], &[])).expect("newest first, there is none");
}

/// What is said, and what somebody did.
type Way = (&'static str, fn(&Path));

#[test]
fn what_is_not_committed_is_never_written_over() {
    let ways: [Way; 9] = [
        ("a.txt has changes", |top| put(top, "a.txt", "mine\n")),
        ("a.txt has changes", |top| {
            put(top, "a.txt", "mine\n");
            git(top, &["add", "a.txt"]);
        }),
        ("tool has changes", |top| {
            std::fs::set_permissions(top.join("tool"), std::fs::Permissions::from_mode(0o644)).expect("set");
            put(top, "tool", "mine\n");
        }),
        ("gone.txt stands in the way", |top| put(top, "gone.txt", "mine\n")),
        ("gone.txt stands in the way", |top| {
            put(top, ".git/info/exclude", "gone.txt\n");
            put(top, "gone.txt", "mine and ignored\n");
        }),
        ("gone.txt/mine stands in the way", |top| put(top, "gone.txt/mine", "in a folder\n")),
        ("file/mine stands in the way", |top| put(top, "file/mine", "in the folder that goes\n")),
        ("new/folder/b.txt has changes", |top| {
            git(top, &["rm", "--quiet", "--cached", "new/folder/b.txt"]);
        }),
        ("docs stands in the way", |top| {
            git(top, &["mv", "docs", "elsewhere"]);
            std::os::unix::fs::symlink("elsewhere", top.join("docs")).expect("linked");
        }),
    ];
    for (expected, change) in ways {
        for by in [0, 1] {
            let (_folder, top) = repository();
            change(&top);
            let before = seen(&top);
            for dry_run in [true, false] {
                let error = both(&top)[by].revert(&asked(&["work"], &[]), dry_run, &mut no_hooks());
                let error = error.expect_err(expected);
                assert!(error.causes.iter().any(|cause| cause.starts_with(expected)), "{expected}: {error}");
                assert_eq!(seen(&top), before, "{expected}");
            }
        }
    }
    let (_folder, top) = repository();
    put(&top, "untouched.txt", "mine\n");
    put(&top, "other.txt", "changed\n");
    git(&top, &["add", "other.txt"]);
    revert(&both(&top)[0], &asked(&["work"], &[])).expect("what is elsewhere does not matter");
    assert_eq!(git(&top, &["status", "--porcelain"]), "M  other.txt\n?? untouched.txt");
}

#[test]
fn files_that_git_shall_not_look_at_are_left_alone() {
    for (flag, by) in
        [("--skip-worktree", 0), ("--skip-worktree", 1), ("--assume-unchanged", 0), ("--assume-unchanged", 1)]
    {
        let (_folder, top) = repository();
        git(&top, &["update-index", flag, "a.txt"]);
        let before = seen(&top);
        let error = revert(&both(&top)[by], &asked(&["work"], &[])).expect_err("refused");
        assert!(error.message.starts_with("a.txt would change") && error.hint.is_some(), "{error}");
        assert_eq!(seen(&top), before);
    }
}

fn hook(top: &Path, script: &str) {
    put(top, ".git/hooks/pre-commit", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(top.join(".git/hooks/pre-commit"), std::fs::Permissions::from_mode(0o755)).expect("set");
}

#[test]
fn where_a_hook_refuses_all_is_as_it_was() {
    for by in [0, 1] {
        let (_folder, top) = repository();
        put(&top, "other.txt", "staged\n");
        git(&top, &["add", "other.txt"]);
        let before = seen(&top);
        hook(&top, "echo reformatted >> a.txt; git add a.txt gone.txt; echo no >&2; exit 1");
        let error = revert(&both(&top)[by], &asked(&["work"], &[])).expect_err("the hook refuses");
        assert!(error.message.contains("no") || error.causes.iter().any(|cause| cause == "no"), "{error}");
        assert_eq!(seen(&top), before);
        // Whoever wrote there meanwhile, a hook or a person, finds it again.
        let kept = error
            .causes
            .iter()
            .find_map(|cause| cause.split_once("a.txt was changed meanwhile; what was written there is kept in "));
        let kept = std::fs::read_to_string(kept.expect("it says so").1).expect("kept");
        assert!(kept.contains("line 3\n") && kept.ends_with("reformatted\n"), "{kept}");
        hook(&top, "exit 0");
        revert(&both(&top)[by], &asked(&["work"], &[])).expect("it does not refuse any more");
        assert_eq!(git(&top, &["status", "--porcelain"]), "M  other.txt");
    }
}

#[test]
fn what_was_cut_off_between_files_and_commit_is_done_anew() {
    let stagings: [fn(&Path); 3] = [
        |_| {},
        |top| _ = git(top, &["add", "--all"]),
        |top| {
            git(top, &["add", "a.txt", "gone.txt", "file", "place"]);
            git(top, &["checkout", "--quiet", "HEAD", "--", "tool", "bin"]);
        },
    ];
    for stage in stagings {
        for by in [0, 1] {
            let (_folder, top) = repository();
            let repo = &both(&top)[by];
            let from = repo.position().expect("read");
            let made = revert(repo, &asked(&["work"], &[])).expect("reverts");
            let wanted = seen(&top).lines().filter(|line| !line.contains("refs/")).count();
            // As if the commit had not been made.
            git(&top, &["reset", "--quiet", "--soft", "HEAD^"]);
            git(&top, &["reset", "--quiet"]);
            stage(&top);
            assert_eq!(repo.reverted(&asked(&["work"], &[]), &from).expect("looks"), None);
            let again = revert(repo, &asked(&["work"], &[])).expect("its own files are in nobody's way");
            assert_eq!((&again.tree, again.files), (&made.tree, made.files));
            assert_eq!(git(&top, &["status", "--porcelain"]), "");
            assert_eq!(seen(&top).lines().filter(|line| !line.contains("refs/")).count(), wanted);
            let found = repo.reverted(&asked(&["work"], &[]), &from).expect("looks").expect("finds it");
            assert_eq!(found.commit, again.commit);
        }
    }
}

/// Line ends, an identity and a filter: what lies in the working tree is not what a commit holds.
fn converting() -> (tempfile::TempDir, PathBuf) {
    let (folder, top) = empty();
    git(&top, &["config", "filter.rot.clean", "tr a-z n-za-m"]);
    git(&top, &["config", "filter.rot.smudge", "tr a-z n-za-m"]);
    commit(&top, "base", |put| {
        put(".gitattributes", "*.crlf text eol=crlf\n*.rot filter=rot\n");
        put("a.crlf", "one\r\n");
        put("a.rot", "hello\n");
    });
    commit(&top, "work", |put| {
        put("a.crlf", "one\r\ntwo\r\n");
        put("new.crlf", "new\r\n");
        put("a.rot", "hello you\n");
    });
    std::fs::remove_file(top.join("a.crlf")).expect("removed");
    git(&top, &["checkout", "--quiet", "."]);
    (folder, top)
}

#[test]
fn files_come_back_as_they_stand_in_the_working_tree() {
    assert_eq!(same(converting, &asked(&["HEAD"], &[])).expect("reverts").files, 3);
    for by in [0, 1] {
        let (_folder, top) = converting();
        let repo = &both(&top)[by];
        let at = |commit: &str, path: &str| {
            repo.file_at(commit, path).expect("read").map(|b| String::from_utf8(b).expect("text"))
        };
        assert_eq!(at("HEAD^", "a.crlf").as_deref(), Some("one\r\n"));
        assert_eq!(at("HEAD", "a.rot").as_deref(), Some("hello you\n"));
        assert_eq!((at("HEAD", "nowhere"), at("HEAD", "a.crlf/x"), at("HEAD^", "new.crlf")), (None, None, None));
        repo.file_at("nowhere", "a.crlf").expect_err("no such commit");
        revert(repo, &asked(&["HEAD"], &[])).expect("reverts");
        assert_eq!(std::fs::read_to_string(top.join("a.crlf")).expect("read"), "one\r\n");
        assert_eq!(std::fs::read_to_string(top.join("a.rot")).expect("read"), "hello\n");
    }
    let (_folder, top) = repository();
    for repo in both(&top) {
        let at = |path: &str| repo.file_at("work", path).expect("read");
        assert_eq!(at("bin").as_deref(), Some(&b"\0\x01\x02"[..]));
        assert_eq!(at("link").as_deref(), Some(&b"a.txt"[..]));
        assert_eq!((at("file"), at("nowhere")), (None, None));
    }
}

#[test]
fn a_submodule_stays_where_it_is_and_its_link_comes_off() {
    fn linked() -> (tempfile::TempDir, PathBuf) {
        let (folder, top) = empty();
        let sub = top.join("sub");
        std::fs::create_dir(&sub).expect("made");
        git(&sub, &["init", "--quiet"]);
        for n in ["one", "two"] {
            git(&sub, &["-c", "user.name=K", "-c", "user.email=k@x", "commit", "--quiet", "--allow-empty", "-m", n]);
        }
        git(&sub, &["checkout", "--quiet", "HEAD^"]);
        commit(&top, "base", |put| put("a.txt", "one\n"));
        git(&sub, &["checkout", "--quiet", "-"]);
        commit(&top, "work", |put| put("a.txt", "two\n"));
        (folder, top)
    }
    for by in [0, 1] {
        let (_folder, top) = linked();
        put(&top, "staged.txt", "mine\n");
        git(&top, &["add", "staged.txt"]);
        let [link, head] = ["HEAD^:sub", "HEAD:sub"].map(|name| git(&top, &["rev-parse", name]));
        assert_ne!(link, head);
        let made = revert(&both(&top)[by], &asked(&["HEAD"], &[])).expect("reverts");
        assert_eq!(made.files, 2);
        assert_eq!(git(&top, &["rev-parse", "HEAD:sub"]), link);
        assert_eq!(git(&top.join("sub"), &["rev-parse", "HEAD"]), head, "left alone");
        assert_eq!(git(&top, &["status", "--porcelain"]), "A  staged.txt\n M sub");
        assert_eq!(std::fs::read_to_string(top.join("a.txt")).expect("read"), "one\n");
    }
}

#[test]
fn a_project_below_the_top_undoes_what_a_commit_did_elsewhere() {
    for by in [false, true] {
        let (_folder, top) = repository();
        let root = top.join("docs");
        let place = Place::of(&root, true).expect("there");
        let repo = if by { Repo::placed(&root, &root, place) } else { Repo::open(&root, &root).expect("opens") };
        let made = repo.revert(&asked(&["work"], &["notes.md"]), false, &mut no_hooks()).expect("reverts");
        assert_eq!(made.files, 12);
        assert_eq!(git(&top, &["status", "--porcelain"]), "");
        assert_eq!(repo.file_at("HEAD", "../gone.txt").expect("read").as_deref(), Some(&b"to be removed\n"[..]));
    }
}

#[test]
fn nothing_is_undone_in_the_middle_of_something_or_by_nobody() {
    for by in [0, 1] {
        let (_folder, top) = repository();
        put(&top, ".git/MERGE_HEAD", &format!("{}\n", git(&top, &["rev-parse", "base"])));
        let before = seen(&top);
        for dry_run in [true, false] {
            let error = both(&top)[by].revert(&asked(&["work"], &[]), dry_run, &mut no_hooks()).expect_err("refused");
            assert!(error.message.contains("in the middle of something"), "{error}");
            assert_eq!(seen(&top), before);
        }
    }
}

#[test]
fn formats_that_only_git_knows_are_no_hindrance() {
    for format in [&["--object-format=sha256"][..], &["--ref-format=reftable"]] {
        let folder = tempfile::tempdir().expect("temp");
        let top = folder.path().canonicalize().expect("there");
        let mut command = std::process::Command::new("git");
        // One that is too old for the format has no such repositories.
        if !command.args(["init", "--quiet"]).args(format).current_dir(&top).status().expect("runs").success() {
            continue;
        }
        git(&top, &["config", "user.name", "Kim"]);
        git(&top, &["config", "user.email", "kim@example.com"]);
        commit(&top, "base", |put| put("a.txt", "one\n"));
        commit(&top, "work", |put| {
            put("a.txt", "two\n");
            put("deep/new.txt", "new\n");
        });
        let repo = Repo::open(&top, &top).expect("opens");
        let made = repo.revert(&asked(&["HEAD"], &["a.txt"]), false, &mut no_hooks()).expect("reverts");
        assert_eq!((made.files, git(&top, &["status", "--porcelain"])), (1, String::new()));
        assert_eq!(git(&top, &["ls-files"]), "a.txt");
        hook(&top, "exit 1");
        let before = seen(&top);
        let again = RevertRequest { message: "revert: again\n".to_owned(), ..asked(&["HEAD"], &[]) };
        revert(&repo, &again).expect_err("the hook refuses");
        assert_eq!(seen(&top), before);
    }
}
