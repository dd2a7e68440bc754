//! One approval per clone: worktrees and a moved clone have it, a copy, another repository at the same path and a linked
//! `.git` have not.

use std::path::Path;

use super::{GATE, at};
use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    let s = Sandbox::hello().unattended();
    s.git("add .");
    s.git("commit --quiet -m setup");
    s.session(GATE).ok();
    s
}

fn copied(from: &Path, to: &Path) {
    assert!(std::process::Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

fn beside(s: &Sandbox, name: &str) -> std::path::PathBuf {
    s.root.parent().unwrap().join(name)
}

#[test]
fn a_copy_has_its_own_approval_and_a_moved_clone_keeps_it() {
    let s = sandbox();
    let (copy, moved) = (beside(&s, "copy"), beside(&s, "moved"));
    copied(&s.root, &copy);
    at(&s, &copy, GATE).fails(5, &["you have not approved"]);
    at(&s, &copy, "trust --yes").ok();
    at(&s, &copy, GATE).ok();
    s.session(GATE).ok();
    std::fs::rename(&s.root, &moved).unwrap();
    at(&s, &moved, GATE).ok();
    // The copy that comes in its place is another clone.
    copied(&copy, &s.root);
    s.session(GATE).fails(5, &["you have not approved"]);
    at(&s, &moved, GATE).ok();
}

#[test]
fn another_repository_at_the_same_path_does_not_inherit() {
    let s = sandbox();
    let token = s.read(".git/session/clone");
    let text = s.read("plugins.toml");
    std::fs::remove_dir_all(&s.root).unwrap();
    std::fs::create_dir(&s.root).unwrap();
    s.git("init --quiet");
    s.write("plugins.toml", &text);
    s.write("docs/HELLO_PROMPTS.md", "# P\n\n## Session HI-01: A\n\n### Verification Checklist\n\n- [ ] `touch ran`\n");
    s.session(GATE).fails(5, &["you have not approved"]);
    // Not by a token of its own choice either.
    s.write(".git/session/clone", &"0".repeat(32));
    s.session(GATE).fails(5, &["you have not approved"]);
    s.session("trust --yes").ok();
    assert_ne!(s.read(".git/session/clone"), token);
    assert_ne!(s.read(".git/session/clone").trim(), "0".repeat(32), "a token that came along is replaced");
}

#[test]
fn a_token_that_leads_elsewhere_is_none() {
    let s = sandbox();
    let other = beside(&s, "other");
    std::fs::create_dir(&other).unwrap();
    let git = |arguments: &[&str]| assert!(s.command("git", &other).args(arguments).status().unwrap().success());
    git(&["init", "--quiet"]);
    std::fs::create_dir_all(other.join("docs")).unwrap();
    for path in ["plugins.toml", "docs/HELLO_PROMPTS.md"] {
        std::fs::copy(s.path(path), other.join(path)).unwrap();
    }
    let link = std::os::unix::fs::symlink::<std::path::PathBuf, std::path::PathBuf>;
    // The state folder, then the token, then git's own folder as a link; then a file that names it.
    link(s.path(".git/session"), other.join(".git/session")).unwrap();
    at(&s, &other, GATE).fails(5, &["not approved"]);
    std::fs::remove_file(other.join(".git/session")).unwrap();
    std::fs::create_dir(other.join(".git/session")).unwrap();
    link(s.path(".git/session/clone"), other.join(".git/session/clone")).unwrap();
    at(&s, &other, GATE).fails(5, &["not approved"]);
    std::fs::remove_file(other.join(".git/session/clone")).unwrap();
    std::fs::hard_link(s.path(".git/session/clone"), other.join(".git/session/clone")).unwrap();
    at(&s, &other, GATE).fails(5, &["not approved"]);
    std::fs::remove_dir_all(other.join(".git")).unwrap();
    // Another file with the same token is another clone.
    s.session("trust --yes").ok();
    link(s.path(".git"), other.join(".git")).unwrap();
    at(&s, &other, GATE).fails(5, &["not approved"]);
    std::fs::remove_file(other.join(".git")).unwrap();
    std::fs::write(other.join(".git"), format!("gitdir: {}\n", s.path(".git").display())).unwrap();
    at(&s, &other, GATE).fails(5, &["not approved"]);
    // A worktree of somebody else's, which that repository does not know at this place.
    s.git("worktree add --quiet ../second");
    at(&s, &beside(&s, "second"), GATE).ok();
    std::fs::copy(beside(&s, "second").join(".git"), other.join(".git")).unwrap();
    at(&s, &other, GATE).fails(1, &["puts its working tree elsewhere"]);
}

#[test]
fn a_repository_with_its_folder_elsewhere_is_approved_by_both() {
    let s = Sandbox::bare().unattended();
    s.write("docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    s.write("plugins.toml", "[project]\nname = \"P\"\n");
    let dir = beside(&s, "elsewhere.git");
    s.git(&format!("init --quiet --separate-git-dir {}", dir.display()));
    s.session(GATE).fails(5, &["you have not approved"]);
    s.session("trust --yes").ok();
    s.session(GATE).ok();
}

#[test]
fn projects_of_one_repository_are_approved_one_by_one() {
    let s = sandbox();
    for project in ["api", "web"] {
        s.write(&format!("{project}/plugins.toml"), "[project]\nname = \"P\"\n");
        s.write(&format!("{project}/docs/HELLO_PROMPTS.md"), &s.read("docs/HELLO_PROMPTS.md"));
    }
    at(&s, &s.path("api"), GATE).fails(5, &["you have not approved"]);
    at(&s, &s.path("api"), "trust --yes").ok();
    at(&s, &s.path("api"), GATE).ok();
    at(&s, &s.path("web"), GATE).fails(5, &["you have not approved"]);
    s.session(GATE).ok();
    let files = std::fs::read_dir(s.home().join(".config/session/trust")).unwrap().flatten();
    assert_eq!(files.filter(|file| file.file_name().to_string_lossy().ends_with(".toml")).count(), 1);
}

#[test]
fn approvals_are_the_users_own() {
    use std::os::unix::fs::MetadataExt as _;
    let s = sandbox();
    let folder = s.home().join(".config/session/trust");
    assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    for file in std::fs::read_dir(&folder).unwrap().flatten().filter(|file| file.file_name() != "lock") {
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{file:?}");
    }
    assert_eq!(std::fs::metadata(s.path(".git/session/clone")).unwrap().mode() & 0o777, 0o600);
    // Damaged settings count as none where one only looks, and are named where something would run.
    let file = std::fs::read_dir(&folder).unwrap().flatten().find(|file| file.file_name() != "lock").unwrap();
    std::fs::write(file.path(), "no toml").unwrap();
    assert!(s.session("status").ok().err.contains("nothing here counts as approved"));
    s.session(GATE).fails(1, &["are damaged", "session trust"]);
}

/// The version before kept approvals by path, without any digest.
#[test]
fn an_approval_of_the_version_before_is_asked_for_once_more() {
    let s = sandbox();
    s.session("start HI-01").ok();
    std::fs::remove_dir_all(s.home().join(".config/session/trust")).unwrap();
    std::fs::remove_file(s.path(".git/session/clone")).unwrap();
    let old = format!(
        "[[project]]\nidentity = \"{}\"\nfolder = \"\"\nchecks = []\nrepositories = []\n\n\
         [project.plugins.checklist]\nsource = \"bundled\"\n\n[project.plugins.checklist.grants]\nrun = [\"**\"]\n",
        s.path(".git").display()
    );
    let path = s.home().join(".config/session/trust.toml");
    std::fs::write(&path, &old).unwrap();
    s.session("status").ok();
    s.session("complete").fails(
        5,
        &[
            "approvals of the older version, in ",
            "trust.toml, do not count, because they hold no contents; session asks once more",
            "hint: a person types `session trust` in a terminal",
        ],
    );
    s.session("trust --yes").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old, "it is left alone");
}
