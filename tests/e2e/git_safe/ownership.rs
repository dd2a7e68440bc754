//! Files of another user: refused as git refuses them, until their user tells git that they are safe.

use std::path::Path;

use super::{FORMATS, repository, unprepared};
use crate::support::{Ran, Sandbox};

/// Gives files away; false where this user may not.
fn give(s: &Sandbox, owner: &str, paths: &[&str]) -> bool {
    let mut chown = s.command("chown", &s.root);
    if chown.arg("-h").arg(owner).args(paths).status().unwrap().success() {
        return true;
    }
    assert!(std::env::var_os("SESSION_NO_SKIP").is_none(), "run as root, so that files can be given away");
    println!("SKIPPED: only root can give files away");
    false
}

fn safe(s: &Sandbox, directories: &[&str]) {
    let lines: String = directories.iter().map(|directory| format!("\tdirectory = {directory}\n")).collect();
    std::fs::write(s.home().join(".gitconfig"), format!("[safe]\n{lines}")).unwrap();
}

#[test]
fn somebody_elses_repository_is_refused_by_every_command() {
    for format in FORMATS {
        for paths in [&["."][..], &[".git"], &[".", ".git"]] {
            let s = unprepared(format);
            if !give(&s, "12345", paths) {
                return;
            }
            let allow = format!("git config --global --add safe.directory {}", s.root.display());
            for command in
                ["status", "show HI-01", "plan", "next", "audit", "start HI-01", "start HI-01 --dry-run", "init X"]
            {
                s.session(command).fails(1, &["owned by another user (uid 12345", &allow]);
            }
            assert!(!s.exists(".git/session") && !s.exists("plugins.toml"));
            safe(&s, &[&s.root.to_string_lossy()]);
            s.session("status").ok();
        }
    }
}

/// What git says of each list is what `session` says.
#[test]
fn the_list_of_safe_folders_is_read_as_git_reads_it() {
    let s = unprepared("");
    if !give(&s, "12345", &[".", ".git"]) {
        return;
    }
    let root = s.root.to_string_lossy().into_owned();
    let above = s.root.parent().unwrap().to_string_lossy().into_owned();
    let (below, slash) = (format!("{above}/*"), format!("{root}/"));
    let lists: [&[&str]; 10] = [
        &[],
        &["*"],
        &[&root],
        &[&slash],
        &[&below],
        &[&above],
        &["*", ""],
        &[&root, "", &root],
        &["/elsewhere", &below],
        &["~/project"],
    ];
    for list in lists {
        safe(&s, list);
        let git = s.command("git", &s.root).args(["rev-parse", "--show-toplevel"]).output().unwrap().status.success();
        let ran = s.session("status");
        assert_eq!(ran.code == 0, git, "{list:?}: {ran:#?}");
    }
    // The repository's own configuration has no say.
    safe(&s, &[]);
    let text = s.read(".git/config");
    s.write(".git/config", &format!("{text}[safe]\n\tdirectory = *\n"));
    s.session("status").fails(1, &["owned by another user"]);
}

#[test]
fn a_plugins_toml_of_another_user_is_refused() {
    let s = repository("");
    if !give(&s, "12345", &["plugins.toml"]) {
        return;
    }
    for command in ["status", "start HI-01", "trust --yes"] {
        s.session(command).fails(1, &["plugins.toml is owned by another user (uid 12345", "safe.directory"]);
    }
    safe(&s, &[&s.root.to_string_lossy()]);
    s.session("status").ok();
    // Outside git it is the same.
    let s = Sandbox::bare();
    s.write("plugins.toml", "[project]\nname = \"X\"\n");
    give(&s, "12345", &["plugins.toml"]);
    s.session("status").fails(1, &["owned by another user (uid 12345"]);
}

/// A folder of another user above one's own: nothing is looked for there.
#[test]
fn outside_git_the_search_ends_at_another_users_folder() {
    let s = Sandbox::bare();
    s.write("theirs/plugins.toml", "[project]\nname = \"Theirs\"\n");
    s.write("theirs/mine/docs/HELLO_PROMPTS.md", &crate::support::data("plans/hello.md"));
    if !give(&s, "12345", &["theirs"]) {
        return;
    }
    let mut command = s.session_command("status");
    let ran = Ran::of(command.current_dir(s.path("theirs/mine")).output().unwrap()).ok();
    assert!(ran.out.contains("HI-01") && !ran.out.contains("Theirs"), "{ran:#?}");
}

/// By sudo root is also whoever called it, as git has it.
#[test]
fn sudo_is_whoever_called_it() {
    let s = unprepared("");
    if !give(&s, "12345", &[".", ".git"]) {
        return;
    }
    let mut command = s.session_command("status");
    Ran::of(command.env("SUDO_UID", "12345").output().unwrap()).ok();
    let mut command = s.session_command("status");
    Ran::of(command.env("SUDO_UID", "12346").output().unwrap()).fails(1, &["owned by another user"]);
}

/// The other way round: another user in root's repository.
#[test]
fn a_user_in_roots_repository() {
    let s = unprepared("");
    let home = Path::new("/nonexistent-home");
    let open = s.command("chmod", &s.root).args(["-R", "a+rX", ".", ".."]).status().unwrap().success();
    let mut command = s.command("setpriv", &s.root);
    command.args(["--reuid", "12345", "--regid", "12345", "--clear-groups"]);
    command.arg(crate::support::SESSION).arg("status").env("HOME", home).env("SESSION_NOW", "2026-03-02T09:00:00Z");
    let output = command.output();
    if !open || output.as_ref().is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("setpriv:")) {
        assert!(std::env::var_os("SESSION_NO_SKIP").is_none(), "run as root");
        println!("SKIPPED: only root can become another user");
        return;
    }
    Ran::of(output.unwrap()).fails(1, &["owned by another user (uid 0, and you are uid 12345)", "safe.directory"]);
}
