//! What runs leave in the state folder: for the user alone, without tokens, within bounds.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

/// Put together here, so that nobody's scanner stops at this file.
fn token() -> String {
    ["ghp_", "q7Rk2mZx9TbW4vYc8NfLp3HsJd6GaEu5KiVo"].concat()
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o777
}

/// Every log of every run.
fn logs(s: &Sandbox) -> Vec<PathBuf> {
    let runs = std::fs::read_dir(s.path(".git/session/logs")).unwrap().flatten().map(|run| run.path());
    runs.filter(|run| run.is_dir())
        .flat_map(|run| std::fs::read_dir(run).unwrap().flatten())
        .map(|log| log.path())
        .collect()
}

fn started(check: &str) -> Sandbox {
    let s = Sandbox::hello();
    s.write("check.sh", check);
    s.git("add check.sh");
    s.git("commit --quiet -m check");
    s.session("start FIX-01 --title Fix --check \"sh check.sh\"").ok();
    s
}

#[test]
fn a_token_in_the_output_of_a_check_is_not_on_disk() {
    let key = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
    let end = ["-----END RSA PRIV", "ATE KEY-----"].concat();
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let token = token();
    // The script itself holds none, or git would not take it.
    let (begin, rest) = token.split_at(4);
    let script = format!(
        "echo before\nprintf '%s%s\\n' {begin} {rest}\nprintf '\\033[32m%s%s\\033[0m\\n' {begin} {rest} >&2\n\
         printf '%s%s\\n%s\\n' '{}' '{}' {body}\nprintf '%s%s\\n' '{}' '{}'\necho behind\nfalse\n",
        &key[..18],
        &key[18..],
        &end[..16],
        &end[16..]
    );
    let s = started(&script);
    s.session("verify").fails(3, &[]);
    let texts: Vec<String> =
        logs(&s).iter().map(|log| String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned()).collect();
    assert!(texts.iter().any(|text| text.contains("before\n") && text.contains("behind\n")), "{texts:#?}");
    assert!(texts.iter().all(|text| !text.contains(&token) && !text.contains(body)), "{texts:#?}");
    assert!(texts.iter().any(|text| text.contains("[left out: looks like a GitHub token]")), "{texts:#?}");
}

#[test]
fn logs_are_for_the_user_alone_whatever_the_umask() {
    for umask in ["000", "022", "777"] {
        let s = started("echo x\n");
        let folder = s.path(".git/session");
        let run = |arguments: &str| {
            let line = format!("umask {umask} && exec {} {arguments}", crate::support::SESSION);
            let output = s.command("sh", &s.root).args(["-c", &line]).output().unwrap();
            assert!(output.status.success() || umask == "777", "{output:?}");
        };
        // Of a version before, and of somebody who was generous.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(folder.join("logs"), std::fs::Permissions::from_mode(0o777)).unwrap();
        run("verify");
        assert_eq!((mode(&folder), mode(&folder.join("logs"))), (0o700, 0o700), "umask {umask}");
        let all = logs(&s);
        assert!(!all.is_empty());
        for log in all.iter().filter(|log| log.metadata().unwrap().len() > 0) {
            assert_eq!((mode(log), mode(log.parent().unwrap())), (0o600, 0o700), "umask {umask}: {}", log.display());
        }
    }
}

#[test]
fn a_check_that_prints_for_ever_does_not_fill_the_disk() {
    let s = started("yes 'a line that says nothing at all, again and again' | head -c 25000000\necho the end\nfalse\n");
    s.session("verify").fails(3, &[]);
    let log = logs(&s).into_iter().max_by_key(|log| log.metadata().unwrap().len()).unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.len() < 11 << 20, "{} bytes", text.len());
    assert!(text.contains("[session: this log has 10 MB") && text.contains("bytes were left out; the end follows]"));
    assert!(text.ends_with("the end\n"), "its end says most");
    assert!(s.exists(".git/session/logs/.large"));
}

#[test]
fn old_logs_go_by_size_too() {
    let s = started("true\n");
    let all = s.path(".git/session/logs");
    for day in 1..=4 {
        let run = all.join(format!("2025010{day}T000000-verify-1"));
        std::fs::create_dir_all(&run).unwrap();
        std::fs::File::create(run.join("checklist-1.log")).unwrap().set_len(60 << 20).unwrap();
    }
    s.session("verify").ok();
    assert!(all.join("20250101T000000-verify-1").exists(), "nobody left a mark");
    std::fs::write(all.join(".large"), "").unwrap();
    s.session("verify --fresh").ok();
    let there = |day: u32| all.join(format!("2025010{day}T000000-verify-1")).exists();
    assert_eq!([there(1), there(2), there(3), there(4)], [false, false, true, true]);
}
