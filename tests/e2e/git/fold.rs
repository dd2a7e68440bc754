//! The commit of complete takes the place of the checkpoints, without hooks and with them.

use super::{clean, executable, git, repository};
use crate::support::{Sandbox, guest};

/// A project whose commits are made by the guest that folds.
pub(crate) fn folding(config: &str) -> Sandbox {
    with(repository(""), config)
}

fn with(s: Sandbox, config: &str) -> Sandbox {
    s.copy(&guest("folds"), "tools/folds.wasm");
    let text = s.read("plugins.toml");
    let from = text.find("[[plugin]]\nname = \"git\"").unwrap();
    let to = text[from + 1..].find("[[plugin]]").map_or(text.len(), |at| from + 1 + at);
    let table = format!(
        "[[plugin]]\nname = \"folds\"\npath = \"tools/folds.wasm\"\n[plugin.config]\n{config}\n[plugin.grant]\nrepository = \"commit\"\n\n"
    );
    s.write("plugins.toml", &format!("{}{table}{}", &text[..from], &text[to..]));
    s.git("add .");
    s.git("commit --quiet -m tools");
    s.session("trust --yes").ok();
    s
}

/// Checkpoints on the way, with a file that comes, goes and comes back.
pub(crate) fn worked(s: &Sandbox) {
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hel\n");
    s.write("passing.txt", "passing\n");
    std::fs::remove_file(s.path("far/away.txt")).unwrap();
    s.session("checkpoint -m one").ok();
    s.write("greeting.txt", "hello\n");
    std::fs::remove_file(s.path("passing.txt")).unwrap();
    s.write("src/inside.txt", "changed\n");
    s.session("checkpoint -m two").ok();
    s.write("far/away.txt", "back, and other\n");
    s.write("src/inside.txt", "inside\n");
    s.write("last.txt", "last\n");
}

fn is_folded(s: &Sandbox, base: &str, old: &str) {
    assert_eq!(s.subjects()[..3], ["docs: HI-01", "feat: folded", "tools"]);
    assert_eq!(s.git("rev-parse HEAD~2"), base);
    assert_eq!(s.git("rev-parse refs/session/HI-01/1"), old);
    assert_eq!(s.git("show --name-status --format= HEAD^"), "M\tfar/away.txt\nA\tgreeting.txt\nA\tlast.txt");
    assert_eq!(s.git("show HEAD:greeting.txt"), "hello");
    clean(s);
}

#[test]
fn checkpoints_give_way_to_the_work() {
    for (options, hook) in [("", false), ("", true), ("--object-format=sha256", false), ("--ref-format=reftable", true)]
    {
        let s = with(repository(options), "");
        if hook {
            executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
        }
        let base = s.git("rev-parse HEAD");
        worked(&s);
        let old = s.git("rev-parse HEAD");
        s.session("complete").ok();
        is_folded(&s, &base, &old);
        assert!(s.git("reflog").contains("fold"), "{options}");
    }
}

/// A file that is in none of the commits that are to be folded stays as it is: staged, changed, or untracked.
#[test]
fn what_is_no_part_of_the_work_stays() {
    for hook in [false, true] {
        let s = folding("");
        worked(&s);
        s.write("docs/progress/HELLO_PROGRESS.md", &format!("{}\nmore\n", s.read("docs/progress/HELLO_PROGRESS.md")));
        s.git("commit --quiet --only -m document docs/progress/HELLO_PROGRESS.md");
        if hook {
            executable(&s.root, ".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n");
        }
        s.session("complete").ok();
        assert!(!s.git("show --name-only --format= HEAD^").contains("PROGRESS"));
        assert!(s.git("show HEAD:docs/progress/HELLO_PROGRESS.md").ends_with("more"), "with the documents");
        clean(&s);
    }
}

#[test]
fn a_hook_that_refuses_puts_the_branch_back() {
    let s = folding("");
    worked(&s);
    executable(&s.root, ".git/hooks/pre-commit", "#!/bin/sh\necho no\nexit 1\n");
    let (old, status) = (s.git("rev-parse HEAD"), s.git("status --porcelain -- . :!docs"));
    s.session("complete").fails(1, &["no"]);
    assert_eq!(s.git("rev-parse HEAD"), old);
    assert_eq!(s.git("status --porcelain -- . :!docs"), status);
    std::fs::remove_file(s.path(".git/hooks/pre-commit")).unwrap();
    s.session("complete").ok();
    clean(&s);
}

#[test]
fn what_others_may_have_is_not_folded() {
    for options in ["", "--object-format=sha256"] {
        let s = with(repository(options), "");
        worked(&s);
        let old = s.git("rev-parse HEAD");
        for name in ["refs/tags/v1", "refs/remotes/origin/main"] {
            s.git(&format!("update-ref {name} HEAD"));
            s.session("complete --dry-run").fails(1, &["cannot be folded", "others may build on them"]);
            s.session("complete").fails(1, &["cannot be folded"]);
            s.git(&format!("update-ref -d {name}"));
        }
        s.git("update-ref refs/session/HI-01/1 HEAD^");
        s.session("complete").fails(1, &["refs/session/HI-01/1 keeps another commit"]);
        s.git("update-ref -d refs/session/HI-01/1");
        assert_eq!(s.git("rev-parse HEAD"), old);
        s.git("worktree add --quiet -b other ../other HEAD^");
        s.git("-C ../other commit --quiet --allow-empty -m other");
        s.git("merge --quiet --no-ff -m merged other");
        s.session("complete").fails(1, &["there is a merge among them"]);
    }
}

#[test]
fn only_an_ancestor_can_be_folded_onto() {
    let s = folding("onto = \"elsewhere\"");
    s.git("switch --quiet --orphan elsewhere");
    s.git("commit --quiet --allow-empty -m elsewhere");
    s.git("switch --quiet main");
    worked(&s);
    s.session("complete").fails(1, &["it is not in the history of this branch"]);
}

#[test]
fn folded_with_a_signature() {
    if !super::has("ssh-keygen") {
        return;
    }
    let s = folding("");
    super::signing::by_ssh(&s);
    let base = s.git("rev-parse HEAD");
    worked(&s);
    let old = s.git("rev-parse HEAD");
    s.session("complete").ok();
    is_folded(&s, &base, &old);
    git(&s, &s.root, &["verify-commit", "HEAD^"]);
}

/// Killed where the branch has moved and nothing is committed: whoever goes on, or gives up, finds it where it was.
#[test]
fn a_fold_that_is_given_up_leaves_the_branch_where_it_was() {
    for end in ["resume --abort", "complete"] {
        let s = folding("");
        worked(&s);
        let hook = "#!/bin/sh\ntest -f .git/killed && exit 0\ntouch .git/killed\n\
                    kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)\nexit 1\n";
        executable(&s.root, ".git/hooks/pre-commit", hook);
        let (base, old) = (s.git("rev-parse HEAD~2"), s.git("rev-parse HEAD"));
        let status = s.git("status --porcelain -- . :!docs");
        assert_eq!(s.session("complete").code, -1, "it is killed");
        assert_eq!(s.git("rev-parse HEAD"), base);
        s.session(end).ok();
        if end == "complete" {
            is_folded(&s, &base, &old);
        } else {
            assert_eq!(s.git("rev-parse HEAD"), old);
            // What git was about to commit is still staged, as after a kill of `git commit` itself.
            s.git("reset --quiet");
            assert_eq!(s.git("status --porcelain -- . :!docs"), status);
        }
    }
}
