//! Through libgit2 and through git, everything that can be asked of a repository has the same answer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use session_system::Hooks;
use session_types::{CommitRequest, Fold, Head, HistoryRequest, TreeRequest};

use super::place::Place;
use super::repo::Repo;

pub(super) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    // So that the same commit has the same name.
    command.env("GIT_AUTHOR_DATE", "2026-03-02T09:00:00Z").env("GIT_COMMITTER_DATE", "2026-03-02T09:00:00Z");
    let output = command.args(args).current_dir(folder).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A repository with an identity and no commit.
pub(super) fn empty() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temp");
    let top = folder.path().canonicalize().expect("there");
    git(&top, &["init", "--quiet", "--initial-branch=main"]);
    git(&top, &["config", "user.name", "Kim"]);
    git(&top, &["config", "user.email", "kim@example.com"]);
    (folder, top)
}

pub(super) fn put(top: &Path, path: &str, content: &str) {
    let path = top.join(path);
    std::fs::create_dir_all(path.parent().expect("below")).expect("made");
    std::fs::write(path, content).expect("written");
}

/// A repository with a past, and something of everything that may have changed.
fn repository() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temp");
    let top = folder.path().canonicalize().expect("there");
    git(&top, &["init", "--quiet", "--initial-branch=main"]);
    git(&top, &["config", "user.name", "Kim"]);
    git(&top, &["config", "user.email", "kim@example.com"]);
    for path in ["a.txt", "deep/b.txt", "gone.txt", "untracked-later.txt", "file", "place/inside", "staged.txt"] {
        put(&top, path, "one\n");
    }
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "first\n\nbody\n\nSession-Id: A-1"]);
    put(&top, "a.txt", "one\ntwo\n");
    put(&top, "ñ name", "x\n");
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "second"]);
    git(&top, &["switch", "--quiet", "-c", "other", "HEAD^"]);
    git(&top, &["commit", "--quiet", "--allow-empty", "-m", "aside"]);
    git(&top, &["switch", "--quiet", "main"]);
    git(&top, &["merge", "--quiet", "--no-ff", "-m", "merged", "other"]);
    put(&top, "deep/b.txt", "two\n");
    put(&top, "bin", "\0\u{1}");
    git(&top, &["add", "."]);
    git(&top, &["commit", "--quiet", "-m", "third\n\nSession-Id: A-2"]);
    put(&top, "a.txt", "changed\n");
    put(&top, "new/one.txt", "new\n");
    std::fs::remove_file(top.join("gone.txt")).expect("removed");
    git(&top, &["rm", "--quiet", "--cached", "untracked-later.txt"]);
    std::fs::remove_file(top.join("file")).expect("removed");
    put(&top, "file/inside", "x\n");
    std::fs::remove_dir_all(top.join("place")).expect("removed");
    put(&top, "place", "now a file\n");
    put(&top, "staged.txt", "staged\n");
    git(&top, &["add", "staged.txt"]);
    put(&top, "staged.txt", "and changed\n");
    std::os::unix::fs::symlink("a.txt", top.join("link")).expect("linked");
    (folder, top)
}

/// The same repository, by who answers.
pub(super) fn both(top: &Path) -> [Repo; 2] {
    let library = Repo::open(top, top).expect("opens");
    assert!(library.objects().is_some() && library.reader().is_some());
    let asked = Repo::placed(top, top, Place::of(top, true).expect("there")).expect("opens");
    assert!(asked.objects().is_none() && asked.reader().is_none());
    [library, asked]
}

/// Of a call that nobody is told about.
pub(super) fn no_hooks() -> Hooks<'static> {
    Hooks { line: Arc::new(|_, _| {}), begun: Box::leak(Box::new(|_| {})), event: "" }
}

fn commit(repo: &Repo, request: &CommitRequest) -> Result<session_types::Committed, session_types::Error> {
    repo.commit(request, false, &mut no_hooks())
}

#[test]
fn questions_have_the_same_answers() {
    let (_folder, top) = repository();
    let [library, asked] = both(&top);
    assert_eq!(library.head().expect("read"), asked.head().expect("read"));
    let mut changes = [library.changes(false), asked.changes(false)].map(|changes| changes.expect("read"));
    changes.iter_mut().for_each(|changes| changes.sort_by(|a, b| a.path.cmp(&b.path)));
    assert_eq!(changes[0], changes[1]);
    let names: Vec<String> = changes[0].iter().map(|change| change.path.clone()).collect();
    assert!(names.len() > 8, "{names:?}");
    for paths in [&names[..], &names[..3], &[], &["file/".to_owned(), "new/".to_owned()]] {
        for without in [&[][..], &["a.txt".to_owned(), "gone/".to_owned(), "sub/".to_owned()]] {
            let request = TreeRequest { paths: paths.to_vec(), without: without.to_vec(), of: None };
            let trees = [&library, &asked].map(|repo| repo.tree(&request).expect("read"));
            assert_eq!(trees[0], trees[1], "{request:?}");
        }
    }
    let first = git(&top, &["rev-parse", "main~3"]);
    for since in [None, Some(first.as_str()), Some("HEAD")] {
        let all = HistoryRequest { since: since.map(str::to_owned), ..HistoryRequest::default() };
        let merged = HistoryRequest { merged: true, ..all.clone() };
        let matching = HistoryRequest { matching: Some("a".to_owned()), ..merged.clone() };
        let path = HistoryRequest { path: Some("a.txt".to_owned()), ..merged.clone() };
        for request in [all, merged, matching, path] {
            let histories = [&library, &asked].map(|repo| {
                let mut commits = repo.history(&request).expect("read");
                // Of two lines that were merged either may come first.
                if request.merged {
                    commits.sort_by(|a, b| a.commit.cmp(&b.commit));
                }
                commits
            });
            assert_eq!(histories[0], histories[1], "{request:?}");
        }
        for paths in [vec![], vec!["a.txt".to_owned(), "new/".to_owned()]] {
            let [one, other] = [&library, &asked].map(|repo| repo.diff(since, &paths).expect("read"));
            // How a file that is binary is told of is each one's own.
            let plain = |text: String| {
                text.lines()
                    .filter(|line| !line.contains("bin"))
                    .map(|line| line.trim_end().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(plain(one), plain(other), "{since:?} {paths:?}");
        }
    }
    for commit in ["HEAD", "HEAD^", "main~3", "other"] {
        assert_eq!(library.patch_id(commit).expect("read"), asked.patch_id(commit).expect("read"), "{commit}");
    }
    let from = |commit: &str| Head { commit: Some(git(&top, &["rev-parse", commit])), ..library.head().expect("read") };
    for (trailer, commit) in [("A-2", "HEAD^"), ("A-1", "HEAD^"), ("A-2", "main~2")] {
        let request = CommitRequest { message: format!("x\n\nSession-Id: {trailer}\n"), ..CommitRequest::default() };
        let [one, other] = [&library, &asked].map(|repo| repo.made(&request, &from(commit)).expect("read"));
        assert_eq!(one, other, "{trailer} {commit}");
        assert_eq!(one.is_some(), (trailer, commit) == ("A-2", "HEAD^"));
    }
    let lost = git(&top, &["rev-parse", "other"]);
    let [one, other] = [&library, &asked].map(|repo| repo.refuse_lost(&lost, Some("main")).map_err(|e| e.to_string()));
    assert_eq!(one, other);
    for repo in [&library, &asked] {
        repo.exclude("local.txt", false).expect("written");
        repo.exclude("a.txt", false).expect("tracked already");
    }
    let text = std::fs::read_to_string(top.join(".git/info/exclude")).expect("read");
    assert_eq!(text.matches("/local.txt\n").count(), 1);
    assert!(!text.contains("a.txt"));
}

/// Objects have longer names there, and the content that is told apart by them is the same.
#[test]
fn a_change_has_one_identity_whatever_names_its_objects() {
    let ids = ["sha1", "sha256"].map(|format| {
        let folder = tempfile::tempdir().expect("temp");
        let top = folder.path().canonicalize().expect("there");
        git(&top, &["init", "--quiet", &format!("--object-format={format}")]);
        put(&top, "a.txt", "one\n");
        git(&top, &["add", "."]);
        git(&top, &["-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "--quiet", "-m", "first"]);
        let repo = Repo::open(&top, &top).expect("opens");
        assert_eq!(repo.changes(false).expect("read"), []);
        put(&top, "a.txt", "two\n");
        let changes = repo.changes(false).expect("read");
        assert_eq!(changes[0].blob.clone(), Some(git(&top, &["hash-object", "--no-filters", "a.txt"])));
        repo.patch_id("HEAD").expect("read").expect("it changed something")
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn asking_keeps_no_objects() {
    let (_folder, top) = repository();
    let before = git(&top, &["count-objects"]);
    for repo in both(&top) {
        repo.tree(&TreeRequest { paths: vec!["a.txt".to_owned(), "new/".to_owned()], ..TreeRequest::default() })
            .expect("read");
        repo.diff(None, &[]).expect("read");
        assert_eq!(git(&top, &["count-objects"]), before);
    }
    let left = std::fs::read_dir(top.join(".git")).expect("read").flatten();
    assert!(left.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().starts_with(".session-tmp")));
}

/// Parent, tree, message, index, and what is kept, after one and the same commit.
fn committed(by: usize, request: &CommitRequest) -> (Result<(String, usize), String>, String) {
    let (_folder, top) = repository();
    git(&top, &["update-ref", "refs/heads/start", "main"]);
    let fold = request.fold.clone().map(|fold| Fold { onto: git(&top, &["rev-parse", &fold.onto]), ..fold });
    let made = commit(&both(&top)[by], &CommitRequest { fold, ..request.clone() });
    let asked = [
        git(&top, &["log", "-2", "--format=%T %B"]),
        git(&top, &["status", "--porcelain"]),
        git(&top, &["ls-files", "--stage"]),
        git(&top, &["for-each-ref", "--format=%(refname) %(subject)"]),
    ];
    (made.map(|made| (made.tree, made.files)).map_err(|e| e.to_string()), asked.join("\n--\n"))
}

#[test]
fn commits_are_the_same() {
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let plain = CommitRequest { message: "x\n\nSession-Id: A-3\n".into(), ..CommitRequest::default() };
    let fold = |onto: &str| Some(Fold { onto: onto.into(), keep: "refs/session/A-3/1".into() });
    let some = paths(&["a.txt", "gone.txt", "new/one.txt", "file", "file/inside", "place", "place/inside", "link"]);
    let requests = [
        CommitRequest { paths: some.clone(), ..plain.clone() },
        CommitRequest { paths: paths(&["new/"]), ..plain.clone() },
        CommitRequest {
            paths: paths(&["a.txt", "gone.txt", "new/", "link"]),
            tracked: true,
            own: true,
            ..plain.clone()
        },
        CommitRequest { paths: paths(&["deep/b.txt", "nowhere"]), ..plain.clone() },
        CommitRequest { allow_empty: true, ..plain.clone() },
        CommitRequest { paths: some.clone(), fold: fold("main^"), ..plain.clone() },
        CommitRequest { paths: paths(&["deep/b.txt", "bin", "a.txt"]), fold: fold("main^"), ..plain.clone() },
        CommitRequest { paths: some.clone(), fold: fold("main"), ..plain.clone() },
        CommitRequest { paths: some, fold: fold("main~2"), ..plain },
    ];
    for request in &requests {
        let [library, asked] = [0, 1].map(|by| committed(by, request));
        assert_eq!(library, asked, "{request:#?}");
    }
}

#[test]
fn a_fold_that_was_cut_off_is_taken_back_by_who_looks() {
    for by in [0, 1] {
        let (_folder, top) = repository();
        let [onto, old] = ["main^", "main"].map(|name| git(&top, &["rev-parse", name]));
        let repo = &both(&top)[by];
        let from = repo.position().expect("read");
        let fold = Fold { onto: onto.clone(), keep: "refs/session/A-3/1".into() };
        let request = CommitRequest { message: "x\n\nA: b\n".into(), fold: Some(fold), ..CommitRequest::default() };
        let request = CommitRequest { paths: vec!["a.txt".into(), "bin".into(), "deep/b.txt".into()], ..request };
        assert_eq!(repo.made(&request, &from).expect("nothing done"), None);
        git(&top, &["update-ref", "refs/heads/main", &onto]);
        repo.made(&request, &from).expect_err("somebody else has moved it");
        git(&top, &["update-ref", "refs/session/A-3/1", &old]);
        assert_eq!(repo.made(&request, &from).expect("taken back"), None);
        assert_eq!(git(&top, &["rev-parse", "main"]), old);
        let made = commit(repo, &request).expect("commits");
        assert_eq!(git(&top, &["rev-parse", "main^"]), onto);
        let found = repo.made(&request, &from).expect("finds it").expect("is there");
        assert_eq!((&found.commit, &found.tree), (&made.commit, &made.tree));
        repo.refuse_lost(&old, Some("main")).expect("it is kept");
        repo.clear_locks(SystemTime::now()).expect("none");
    }
}
