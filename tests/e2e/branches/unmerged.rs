//! Sessions that another branch calls done: they are not ready here, and nobody does them again without saying so.

use super::{commit, project, record, refused};
use crate::support::Sandbox;

/// Done on `feature/x`; HEAD is main again.
fn done_on_feature() -> Sandbox {
    done_in(project())
}

fn done_in(s: Sandbox) -> Sandbox {
    s.git("switch --quiet -c feature/x");
    s.session("start A-01").ok();
    s.write("work.txt", "work\n");
    s.session("complete").ok();
    s.git("switch --quiet main");
    s
}

#[test]
fn a_session_that_is_done_on_another_branch_is_not_ready() {
    let s = done_on_feature();
    let hash = s.git("rev-parse --short=7 feature/x~1");
    let status = s.session("status").ok();
    assert!(status.out.contains("A-01  elsewhere    Part A-01  done on feature/x, not merged"), "{status:?}");
    assert!(status.out.contains(&hash) && status.err.contains("0 of 2 done, 1 can start"), "{status:?}");
    let json = s.session("status --json").ok().json();
    assert_eq!(json["unmerged"][0]["session"], "A-01");
    assert_eq!(json["unmerged"][0]["branch"], "feature/x");
    assert_eq!(json["ready"], serde_json::json!(["A-02"]));
    let next = s.session("next").ok();
    assert!(!next.out.contains("A-01"), "{next:?}");
    assert!(next.err.contains("A-01 is done on feature/x, not merged: git merge feature/x"), "{next:?}");
    assert!(s.session("show A-01").ok().out.contains("(done on feature/x, not merged)"));
    let said =
        ["A-01 is done on branch feature/x, and that is not merged here", &hash, "git merge feature/x", "--again"];
    refused(&s, "start A-01", &said);
    refused(&s, "start A-01 --dry-run", &said);
    refused(&s, "rollback A-01", &["A-01 is done on branch feature/x", "git switch feature/x"]);

    s.session("start A-01 --again").ok();
    s.write("other.txt", "other\n");
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("A-01 is done on branch feature/x, too"), "{ran:?}");
    assert_eq!(record(&s, "A-01")["attempt"], 2, "a later attempt, so that of both records it counts");
}

#[test]
fn merged_it_is_done_and_squashed_too() {
    for squash in [false, true] {
        let s = done_on_feature();
        if squash {
            s.git("merge --quiet --squash feature/x");
            s.git("commit --quiet -m squashed");
        } else {
            s.git("merge --quiet --no-edit feature/x");
        }
        let status = s.session("status").ok();
        assert!(status.out.contains("A-01  done") && !status.out.contains("not merged"), "{status:?}");
        assert_eq!(s.session("status --json").ok().json()["unmerged"], serde_json::json!([]));
        if !squash {
            s.session("rollback A-01").ok();
            let status = s.session("status --json").ok().json();
            assert_eq!(status["unmerged"], serde_json::json!([]), "what was taken back here is known here");
            s.session("start A-01").ok();
        }
    }
}

#[test]
fn a_record_that_was_taken_out_is_not_unmerged() {
    let s = done_on_feature();
    s.git("merge --quiet --no-ff --no-edit feature/x");
    s.git("revert --no-edit -m 1 HEAD");
    let status = s.session("status").ok();
    assert!(status.out.contains("A-01  ready") && !status.out.contains("not merged"), "{status:?}");
}

#[test]
fn another_clone_is_seen_once_it_was_fetched() {
    let s = project();
    let sam = s.clone_fresh();
    sam.session("trust --yes").ok();
    sam.git("switch --quiet -c theirs");
    sam.session("start A-01").ok();
    sam.write("work.txt", "work\n");
    sam.session("complete").ok();
    s.git(&format!("remote add sam \"{}\"", sam.root.display()));
    assert!(s.session("status").ok().out.contains("A-01  ready"));
    s.git("fetch --quiet sam");
    assert!(s.session("status").ok().out.contains("done on sam/theirs, not merged"));
    refused(&s, "start A-01", &["A-01 is done on branch sam/theirs", "git merge sam/theirs"]);
    // A local branch goes before that of a remote; once it is gone, the remote still says it.
    s.git("branch --quiet mine sam/theirs");
    assert!(s.session("status").ok().out.contains("done on mine, not merged"));
    s.git("branch -D mine");
    assert!(s.session("status").ok().out.contains("done on sam/theirs, not merged"));
    s.git("update-ref -d refs/remotes/sam/theirs");
    assert!(s.session("status").ok().out.contains("A-01  ready"));
}

#[test]
fn who_waits_for_it_is_told_where_it_is() {
    let s = crate::rollback::project(&[("A-01", "none"), ("A-02", "A-01")]);
    s.git("switch --quiet -c feature/x");
    s.session("start A-01").ok();
    s.write("work.txt", "work\n");
    s.session("complete").ok();
    s.git("switch --quiet main");
    let next = s.session("next").ok();
    assert!(next.err.contains("A-02 waits for A-01 (done on feature/x, not merged)"), "{next:?}");
    refused(&s, "start A-02", &["A-01 is done on feature/x, not merged", "git merge feature/x", "--force"]);
    s.git("merge --quiet --no-edit feature/x");
    s.session("start A-02").ok();
}

#[test]
fn many_branches_are_known_by_what_was_found_before() {
    let s = done_on_feature();
    for number in 0..20 {
        s.git(&format!("switch --quiet -c side-{number} main"));
        commit(&s, "side.txt", &format!("side {number}"));
    }
    s.git("switch --quiet main");
    for _ in 0..2 {
        assert!(s.session("status").ok().out.contains("done on feature/x, not merged"));
    }
    // What is kept is of commits, so a branch that moves is another question.
    s.git("switch --quiet side-3");
    s.session("start A-02").ok();
    s.write("two.txt", "two\n");
    s.session("complete").ok();
    s.git("switch --quiet main");
    let status = s.session("status").ok().out;
    assert!(
        status.contains("done on feature/x, not merged") && status.contains("done on side-3, not merged"),
        "{status}"
    );
}

/// libgit2 reads none of it, so git is asked.
#[test]
fn branches_of_a_repository_that_only_git_reads() {
    let s = Sandbox::bare();
    s.git("init --quiet --initial-branch=main --object-format=sha256");
    s.git("config user.name Kim");
    s.git("config user.email kim@example.com");
    s.write("docs/TEAM_PROMPTS.md", &crate::rollback::plan(&[("A-01", "none"), ("A-02", "none")]));
    s.session("init Team").ok();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.git("branch --quiet before");
    commit(&s, "README.md", "docs: readme");
    let status = done_in(s).session("status").ok();
    assert!(status.out.contains("A-01  elsewhere    Part A-01  done on feature/x, not merged"), "{status:?}");
    assert!(status.err.is_empty() || !status.err.contains("warning"), "{status:?}");
}

/// A partial clone, or a disk that lost an object: what could not be looked at is asked for again.
#[test]
fn a_branch_that_could_not_be_read_is_read_again() {
    let s = done_on_feature();
    for number in 0..10 {
        s.git(&format!("switch --quiet -c side-{number} main"));
        commit(&s, "side.txt", &format!("side {number}"));
    }
    s.git("switch --quiet main");
    let tree = s.git("rev-parse feature/x^{tree}");
    let object = s.path(&format!(".git/objects/{}/{}", &tree.trim()[..2], &tree.trim()[2..]));
    let away = s.path("../object");
    std::fs::rename(&object, &away).unwrap();
    assert!(!s.session("status").ok().out.contains("done on feature/x"), "it cannot be known");
    std::fs::rename(&away, &object).unwrap();
    let status = s.session("status").ok();
    assert!(status.out.contains("done on feature/x, not merged"), "{status:?}");
}

#[test]
fn the_work_of_another_attempt_is_not_taken_back_with_this_one() {
    let s = project();
    s.session("start A-01").ok();
    s.write("mine.txt", "mine\n");
    s.session("checkpoint -m mine").ok();
    s.git("branch --quiet theirs HEAD~1");
    let sam = s.clone_fresh();
    sam.git("switch --quiet theirs");
    sam.session("trust --yes").ok();
    sam.session("start A-01").ok();
    sam.write("work.txt", "work\n");
    sam.session("complete").ok();
    // On one line, and not as a merge, which is never undone.
    s.git(&format!("pull --quiet --rebase \"{}\" theirs", sam.root.display()));
    let before = s.read("docs/sessions/records/A-01.json");
    s.session("rollback").ok();
    assert!(s.exists("work.txt") && !s.exists("mine.txt"));
    assert_eq!(s.read("docs/sessions/records/A-01.json"), before);
    assert!(s.session("status").ok().out.contains("A-01  done"));
}

#[test]
fn the_record_of_a_done_session_is_not_overwritten() {
    let s = project();
    // Active here, and done in another clone meanwhile.
    let sam = s.clone_fresh();
    sam.session("trust --yes").ok();
    sam.session("start A-01").ok();
    sam.write("work.txt", "work\n");
    sam.session("complete").ok();
    s.session("start A-01").ok();
    s.git(&format!("pull --quiet --no-rebase --no-edit \"{}\" main", sam.root.display()));
    let before = s.read("docs/sessions/records/A-01.json");
    refused(&s, "complete", &["A-01 is done already on this branch", "session rollback A-01"]);
    assert_eq!(s.read("docs/sessions/records/A-01.json"), before);
    s.write("mine.txt", "mine\n");
    s.session("rollback").ok();
    assert_eq!(s.read("docs/sessions/records/A-01.json"), before, "this attempt was taken back, and not that one");
    assert!(s.exists("work.txt") && !s.exists("mine.txt"));
    assert!(s.session("status").ok().out.contains("A-01  done"));
    s.session("status --check").ok();
}
