//! Signed commits, by gpg and by ssh: with keys made here, and passphrases typed by nobody.

use std::path::PathBuf;

use super::{clean, executable, git, has, put, repository, same_as_git};
use crate::support::{Ran, Sandbox};

/// Has the sandbox's git sign with a key of ssh.
pub(crate) fn by_ssh(s: &Sandbox) {
    let key = s.home().join("key");
    let mut make = s.command("ssh-keygen", &s.root);
    Ran::of(make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).output().unwrap()).ok();
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let signers = s.home().join("signers");
    std::fs::write(&signers, format!("kim@example.com {public}")).unwrap();
    s.git("config gpg.format ssh");
    s.git("config commit.gpgSign true");
    s.git(&format!("config user.signingKey {}.pub", key.display()));
    s.git(&format!("config gpg.ssh.allowedSignersFile {}", signers.display()));
}

/// A home of gpg that ends its agent.
pub(crate) struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    /// Has the sandbox's git sign with a new key. In a short path of its own: the agent's socket has little room.
    pub(crate) fn make(s: &Sandbox, passphrase: &str) -> Self {
        let gpg = Self { home: tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").unwrap() };
        let home = gpg.home.path();
        std::fs::set_permissions(home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let mut make = s.command("gpg", &s.root);
        make.env("GNUPGHOME", home).args([
            "--batch",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            passphrase,
        ]);
        Ran::of(make.args(["--quick-generate-key", "Kim <kim@example.com>", "ed25519", "sign"]).output().unwrap()).ok();
        let wrapper = s.home().join("gpg");
        // The agent's folder is not in the environment that the sandbox gives.
        executable(&s.home(), "gpg", &format!("#!/bin/sh\nGNUPGHOME={} exec gpg \"$@\"\n", home.display()));
        s.git(&format!("config gpg.program {}", wrapper.display()));
        s.git("config commit.gpgSign true");
        s.git("config user.signingKey kim@example.com");
        gpg
    }

    /// Passphrases are asked of this program from now on; a file beside it says that it was.
    fn asks(&self, s: &Sandbox, passphrase: &str) -> PathBuf {
        let home = self.home.path();
        let asked = home.join("asked");
        let text = format!(
            "#!/bin/sh\necho OK hello\nwhile read -r line; do case $line in\n\
             GETPIN*) echo asked >> {}; echo 'D {passphrase}'; echo OK;;\nBYE*) echo OK; exit;;\n*) echo OK;;\nesac; done\n",
            asked.display()
        );
        executable(home, "pinentry", &text);
        put(home, "gpg-agent.conf", format!("pinentry-program {}/pinentry\ndefault-cache-ttl 0\n", home.display()));
        self.ends(s);
        asked
    }

    fn ends(&self, s: &Sandbox) {
        let mut end = s.command("gpgconf", &s.root);
        let _ = end.env("GNUPGHOME", self.home.path()).args(["--kill", "all"]).output();
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let mut end = std::process::Command::new("gpgconf");
        let _ = end.env("GNUPGHOME", self.home.path()).args(["--kill", "all"]).output();
    }
}

/// Work commits, checkpoints and documents are all signed.
fn all_signed(s: &Sandbox, count: usize) {
    let text = s.git(&format!("log -{count} --format=%G?"));
    assert!(text.lines().all(|line| line == "G" || line == "U"), "{text}");
    git(s, &s.root, &["verify-commit", "HEAD"]);
    git(s, &s.root, &["verify-commit", "HEAD^"]);
}

#[test]
fn gpg() {
    if !has("gpg") {
        return;
    }
    for options in ["", "--object-format=sha256"] {
        let s = repository(options);
        let _gpg = Gpg::make(&s, "");
        same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
        all_signed(&s, 3);
    }
}

#[test]
fn gpg_with_a_passphrase() {
    if !has("gpg") {
        return;
    }
    let s = repository("");
    let gpg = Gpg::make(&s, "secret");
    let asked = gpg.asks(&s, "secret");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    assert!(asked.exists());
    all_signed(&s, 2);
    clean(&s);

    gpg.asks(&s, "wrong");
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    let head = s.git("rev-parse HEAD");
    s.session("complete").fails(1, &["git would not commit", "gpg failed to sign"]);
    assert_eq!(s.git("rev-parse HEAD"), head);
    assert_eq!(s.git("diff --cached --name-only"), "");
}

/// On a terminal the program that asks for the passphrase may read from it.
#[test]
fn whoever_asks_has_the_terminal() {
    if !has("gpg") || !has("script") {
        return;
    }
    let s = repository("");
    let _gpg = Gpg::make(&s, "");
    let real = s.home().join("gpg");
    let text = std::fs::read_to_string(&real).unwrap();
    let asks = "printf 'who are you? ' > /dev/tty; read -r answer < /dev/tty; echo \"$answer\" > \"$HOME/answer\"\n";
    executable(&s.home(), "gpg", &text.replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{asks}"), 1));
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    for redirected in ["", " < /dev/null"] {
        let _ = std::fs::remove_file(s.home().join("answer"));
        let mut command = s.command("script", &s.root);
        let line = format!("{} checkpoint -m half{redirected}", crate::support::SESSION);
        command.args(["-qec", &line, "/dev/null"]).env("SESSION_NOW", "2026-03-02T09:00:00Z");
        let mut child =
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, b"Kim\n").unwrap();
        // `script` ends its terminal with its input, so that stays open until the answer was read.
        for _ in 0..200 {
            if s.home().join("answer").exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(std::fs::read_to_string(s.home().join("answer")).unwrap().trim(), "Kim", "{output:?}");
        git(&s, &s.root, &["verify-commit", "HEAD"]);
        s.write("greeting.txt", "hello again\n");
    }
}

#[test]
fn ssh() {
    if !has("ssh-keygen") {
        return;
    }
    for options in ["", "--ref-format=reftable"] {
        let s = repository(options);
        by_ssh(&s);
        same_as_git(&s, |folder| put(folder, "src/new.txt", "new\n"));
        all_signed(&s, 3);
    }
}

#[test]
fn a_key_that_is_not_there_is_named() {
    if !has("ssh-keygen") {
        return;
    }
    let s = repository("");
    by_ssh(&s);
    s.git("config user.signingKey /nowhere/key.pub");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("checkpoint -m half").fails(1, &["git would not commit", "/nowhere/key"]);
    assert_eq!(s.git("diff --cached --name-only"), "");
}
