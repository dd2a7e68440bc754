//! Histories that were rewritten while a session was under way: its commits are found again, and only its own.

use crate::support::Sandbox;

fn record(s: &Sandbox) -> serde_json::Value {
    serde_json::from_str(&s.read("docs/sessions/records/HI-01.json")).unwrap()
}

/// Subjects of the commits that the record calls the session's, newest first.
fn own(s: &Sandbox) -> Vec<String> {
    let record = record(s);
    let commits = record["facts"]["commits"].as_str().unwrap();
    commits.lines().map(|line| s.git(&format!("log -1 --format=%s {}", line.split(' ').next().unwrap()))).collect()
}

fn commit(s: &Sandbox, path: &str, message: &str) {
    s.write(path, message);
    s.git(&format!("add {path}"));
    s.git(&format!("commit --quiet -m \"{message}\""));
}

/// On a branch with one commit of its own, from which a session has started and worked.
fn on_a_branch() -> Sandbox {
    let s = Sandbox::hello();
    s.git("switch --quiet -c feature");
    commit(&s, "before.txt", "feat: before");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").ok();
    commit(&s, "hand.txt", "fix: by hand");
    s
}

const OWN: [&str; 3] = ["feat(letter): add greeting", "fix: by hand", "WIP: [HI-01] checkpoint - half"];

#[test]
fn a_branch_that_was_rebased_onto_main() {
    let s = on_a_branch();
    s.git("switch --quiet main");
    commit(&s, "main.txt", "feat: on main");
    s.git("switch --quiet feature");
    s.git("rebase --quiet main");
    let review = s.session("show --for review").ok().out;
    assert!(review.contains("hand.txt") && !review.contains("main.txt") && !review.contains("before.txt"), "{review}");
    s.session("complete").ok();
    assert_eq!(own(&s), OWN);
    let base = record(&s)["facts"]["git.base"].as_str().unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(s.git(&format!("log -1 --format=%s {base}")), "feat: before");
    s.git(&format!("merge-base --is-ancestor {base} HEAD"));
}

#[test]
fn a_base_whose_message_was_amended() {
    let s = Sandbox::hello();
    s.git("switch --quiet -c feature");
    commit(&s, "before.txt", "feat: before");
    s.session("start HI-01").ok();
    s.git("commit --quiet --amend -m \"feat: better words\"");
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(own(&s), OWN[..1]);
}

#[test]
fn checkpoints_that_were_squashed_by_hand() {
    let s = on_a_branch();
    s.git("reset --quiet --soft HEAD~2");
    s.git("commit --quiet -m \"feat: all of it\"");
    s.session("complete").ok();
    assert_eq!(own(&s), [OWN[0], "feat: all of it"]);
}

#[test]
fn a_base_that_is_gone_names_the_way_out() {
    let s = on_a_branch();
    let fork = s.git("rev-parse --short=7 main");
    s.git("reset --quiet --soft main");
    s.git("commit --quiet -m \"feat: everything at once\"");
    let ran = s.session("complete").fails(
        1,
        &[
            "from which the session started, is not in this history any more",
            &format!("session complete --base {fork}"),
        ],
    );
    assert!(!ran.err.contains("passed"), "{ran:?}");
    s.session("checkpoint -m x").ok();
    s.session("show --for review").ok();
    s.session("complete --base nonsense").fails(1, &["nonsense is no commit", "git log"]);
    s.session("complete --base feature@{2}").fails(1, &["is not in the history of this branch"]);
    s.session(&format!("complete --base {fork}")).ok();
    assert_eq!(own(&s), [OWN[0], "feat: everything at once"]);
}

#[test]
fn what_another_person_pushed_is_not_claimed() {
    let s = on_a_branch();
    let remote = s.home().join("remote.git");
    s.git(&format!("init --quiet --bare \"{}\"", remote.display()));
    s.git(&format!("remote add origin \"{}\"", remote.display()));
    s.git("push --quiet -u origin feature~2:refs/heads/feature");
    s.git("branch --quiet --set-upstream-to=origin/feature");
    let sam = s.clone_fresh();
    sam.git(&format!("remote set-url origin \"{}\"", remote.display()));
    sam.git("fetch --quiet origin");
    sam.git("switch --quiet -c theirs origin/feature");
    commit(&sam, "theirs.txt", "feat: theirs");
    sam.git("push --quiet origin theirs:feature");
    s.git("pull --quiet --rebase");
    assert!(s.subjects().contains(&"feat: theirs".to_owned()));
    s.session("complete").ok();
    assert_eq!(own(&s), OWN);
    assert_eq!(record(&s)["facts"]["files"], "greeting.txt\nhand.txt");
}
