//! A revert that is asked for again, since something behind its commit has failed.

use super::reverts::{asked, commit, repository, revert};
use super::{both, git};

#[test]
fn what_failed_behind_its_commit_is_not_done_twice() {
    let (_folder, top) = repository();
    let request = asked(&["work"], &["docs"]);
    let first = revert(&both(&top)[0], &request).expect("reverts");
    // They say that it failed.
    commit(&top, "documents", |put| put("docs/notes.md", "failed\n"));
    commit(&top, "documents", |put| put("docs/records/a.json", "{}\n"));
    for repo in both(&top) {
        assert_eq!(revert(&repo, &request).expect("it is there").commit, first.commit);
    }
    let message = git(&top, &["log", "-1", "--format=%B", "HEAD~2"]);
    let longer = message.replacen('\n', "\n\nA line of a hook.\n", 1);
    git(&top, &["reset", "--quiet", "--hard", "HEAD~2"]);
    git(&top, &["commit", "--quiet", "--amend", "-m", &longer]);
    let amended = git(&top, &["rev-parse", "HEAD"]);
    commit(&top, "documents", |put| put("docs/notes.md", "failed\n"));
    assert_eq!(revert(&both(&top)[0], &request).expect("it is there").commit, Some(amended));
}
