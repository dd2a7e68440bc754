//! Everything that can be asked of a repository has the same answer.

use session_types::{CommitRequest, Head, HistoryRequest, TreeRequest};

use super::super::repo::Repo;
use super::{both, git, put, repository};

#[test]
fn questions_have_the_same_answers() {
    let (_folder, top) = repository();
    let [library, asked] = both(&top);
    assert_eq!(library.head().expect("read"), asked.head().expect("read"));
    let mut changes = [library.changes(), asked.changes()].map(|changes| changes.expect("read"));
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
        assert_eq!(repo.changes().expect("read"), []);
        put(&top, "a.txt", "two\n");
        let changes = repo.changes().expect("read");
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
