//! Texts of a plugin that git could take for options, ranges, paths, searches or places that are not the plugin's.

use super::{FORMATS, became, misnaming, precious};

#[test]
fn a_revision_is_never_an_option_a_search_or_a_path() {
    for format in FORMATS {
        let path = super::unprepared("").root.parent().unwrap().join("unused");
        let outputs = [format!("--output={}", path.display()), "--output=work.txt".to_owned()];
        let odd = [
            "-x",
            "HEAD:work.txt",
            ":/plan",
            "HEAD^{/plan}",
            "HEAD^{/(a+)+$}",
            "HEAD^@",
            "^HEAD",
            "a b",
            "HEAD@{1 day ago}",
        ];
        let texts: Vec<&str> = outputs.iter().map(String::as_str).chain(odd).collect();
        let s = misnaming(format, &format!("revisions = {texts:?}"));
        let became = became(&s);
        assert_eq!(became.len() - usize::from(became.contains_key("message")), texts.len() * 9, "{became:#?}");
        for (asked, said) in &became {
            let Some((what, text)) = asked.split_once(' ') else { continue };
            let said = said.as_str().unwrap();
            // Who looks for commits elsewhere passes over names that are none.
            let wanted = if what == "elsewhere" { "answered: 0" } else { "does not name a commit" };
            assert!(said.contains(wanted), "{format}: {asked}: {said}");
            assert!(what == "elsewhere" || said.contains(&format!("{text:?}")), "{asked}: {said}");
        }
        assert!(!path.exists(), "{format}: git has written {}", path.display());
        assert_eq!(s.read("work.txt"), "work\n", "{format}");
    }
}

#[test]
fn plain_revisions_still_mean_what_they_mean_to_git() {
    for format in FORMATS {
        let s =
            misnaming(format, "revisions = [\"HEAD~1\", \"main\", \"refs/heads/main^{commit}\", \"v1\", \"HEAD@{1}\"]");
        s.git("tag v1");
        let became = became(&s);
        for (asked, said) in &became {
            let said = said.as_str().unwrap_or_default();
            assert!(!said.contains("does not name a commit"), "{format}: {asked}: {said}");
        }
        for asked in ["since HEAD~1", "until main", "tree v1", "diff main", "patch-id refs/heads/main^{commit}"] {
            assert!(became[asked].as_str().unwrap().starts_with("answered"), "{format}: {asked}: {became:#?}");
        }
    }
}

#[test]
fn a_plugin_keeps_commits_in_the_hosts_own_place_only() {
    for format in FORMATS {
        let keeps = [
            "refs/heads/kept",
            "refs/tags/v9",
            "refs/remotes/origin/x",
            "refs/session/../heads/kept",
            "HEAD",
            "--help",
        ];
        let s = misnaming(format, &format!("keeps = {keeps:?}"));
        let before = s.git("for-each-ref refs/tags refs/remotes");
        let became = became(&s);
        for keep in keeps {
            let said = became[&format!("keep {keep}")].as_str().unwrap();
            assert!(said.contains("plugins keep commits below refs/session/"), "{format}: {keep}: {said}");
        }
        assert_eq!(s.git("for-each-ref refs/tags refs/remotes"), before);
        assert_eq!(s.git("branch --list kept"), "");
    }
}

/// Only documents are hidden, and each by a line that means just it: that is tried beside the code (`exclude.rs`).
#[test]
fn a_plugin_hides_nothing_that_is_no_document() {
    for format in FORMATS {
        let paths = ["a\n*", "b\r!c", "\0", "*.txt", "!d", "#e", "f\\", "g "];
        let s = misnaming(format, &format!("excludes = {}", serde_json::to_string(&paths).unwrap()));
        let before = s.read(".git/info/exclude");
        let became = became(&s);
        for path in paths {
            let said = became[&format!("exclude {path}")].as_str().unwrap();
            assert!(said.contains("may not exclude"), "{format}: {path:?}: {said}");
        }
        assert_eq!(s.read(".git/info/exclude"), before, "{format}");
    }
}

#[test]
fn a_fact_that_names_a_commit_holds_a_hash() {
    let s = misnaming("", "commits = [\"--output=x\", \"HEAD\"]");
    let path = precious(&s);
    for (asked, said) in became(&s).iter().filter(|(asked, _)| asked.starts_with("commit ")) {
        let said = said.as_str().unwrap();
        assert!(said.contains("the hash of an object belongs there"), "{asked}: {said}");
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), "precious\n");
}

/// Libgit2's own bindings end the process at a path with a zero byte.
#[test]
fn a_path_is_never_an_option_a_pattern_or_the_end_of_the_process() {
    for format in FORMATS {
        let paths = [
            "\0",
            "a\0b",
            "--output=precious",
            "-x",
            ":(exclude)work.txt",
            ":!work.txt",
            "*",
            "../../etc/passwd",
            "/etc/passwd",
        ];
        let s = misnaming(format, &format!("paths = {}", serde_json::to_string(&paths).unwrap()));
        let became = became(&s);
        assert!(!s.exists("precious"), "{format}");
        for path in paths {
            assert_eq!(became[&format!("path-file-at {path}")], "answered: None", "{format}: {path:?}");
            assert_eq!(became[&format!("path-history {path}")], "answered: 0", "{format}: {path:?}");
            let made = became[&format!("path-commit {path}")].as_str().unwrap();
            assert!(made == "answered: 0", "{format}: {path:?}: {made}");
        }
    }
}

/// What a person types goes the same way.
#[test]
fn a_revision_on_the_command_line_is_no_option() {
    for format in FORMATS {
        let s = super::repository(format);
        let path = precious(&s);
        let option = format!("--output={}", path.display());
        s.session(&format!("audit --since={option}")).fails(1, &["does not name a commit", &option]);
        s.session("start HI-01").ok();
        s.write("greeting.txt", "hello\n");
        s.session(&format!("complete --base={option}")).fails(1, &["does not name a commit", &option]);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "precious\n", "{format}");
        s.session("complete --base=HEAD").ok();
        s.session("audit --since=HEAD~2").ok();
    }
}
