//! One and the same commit comes out through both forms.

use std::time::SystemTime;

use session_types::{CommitRequest, Fold};

use super::super::repo::Repo;
use super::{both, git, no_hooks, repository};

fn commit(repo: &Repo, request: &CommitRequest) -> Result<session_types::Committed, session_types::Error> {
    repo.commit(request, false, &mut no_hooks())
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
        CommitRequest { paths: paths(&["untracked-later.txt", "new/one.txt", "a.txt"]), ..plain.clone() },
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
        // As a git leaves it that is killed between the branch and the index.
        git(&top, &["reset", "--quiet", &old, "--", "a.txt"]);
        assert_ne!(git(&top, &["diff", "--cached", "--name-only", "a.txt"]), "");
        repo.made(&request, &from).expect("finds it").expect("is there");
        assert_eq!(git(&top, &["diff", "--cached", "--name-only", "a.txt"]), "");
        repo.refuse_lost(&old, Some("main")).expect("it is kept");
        repo.clear_locks(SystemTime::now()).expect("none");
    }
}
