//! The task file: what is rendered is read back as the same session, whatever its texts hold.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use session_plugin_markdown::{reader, task};
use session_sdk::{Check, CheckKind, Metadata, ModelChoice, Project, Session, SubAgent, Task};

/// Lines that a renderer or a reader stumbles over.
const LINES: &[&str] = &[
    "plain",
    "# Goal",
    "## Prompt",
    "## Session Notes",
    "## Git Commit",
    "### Verification Checklist",
    "```",
    "````",
    "```sh",
    "~~~",
    "",
    "---",
    "- [ ] `cargo test`",
    "- [x] looked at",
    "<session id=\"B-1\">",
    "## Session B-1: Another",
    "# Current Session: B-1 — Another",
    "key: value # no comment",
    "> quoted",
    "| a | b |",
    "tab\there",
    "<!-- never closed",
    "**Prompt:**",
    "model: opus",
    "Prompt\n------",
    "ümläut — “quotes” 🔧",
];

/// What stands on one line of a key: no blank ends, for those mean nothing.
fn word() -> impl Strategy<Value = String> {
    const ODD: &[&str] =
        &["a # b", "it's", "\"q\"", "x: y", "[a, b]", "- item", "#1", "a`b`", "none of these", "C:\\dir", "50%"];
    prop_oneof![3 => "[a-zA-Z][a-zA-Z0-9 /.*]{0,12}[a-zA-Z0-9]", 1 => select(ODD).prop_map(str::to_owned)]
}

fn text() -> impl Strategy<Value = String> {
    vec(select(LINES), 1..8).prop_map(|lines| lines.join("\n"))
}

/// A text without blank ends, which belong to nobody.
fn block() -> impl Strategy<Value = Option<String>> {
    let whole = |text: &String| {
        let blank = |line: &str| matches!(line.trim(), "" | "---");
        !text.ends_with('\n') && !text.lines().next().is_none_or(blank) && !text.lines().last().is_none_or(blank)
    };
    prop::option::of(text().prop_filter("blank ends", whole))
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let some = || prop::option::of(word());
    let keys = (some(), some(), some(), some(), some(), some(), some());
    let ids = ["A-2", "BE-10", "DB-01b"].map(str::to_owned).to_vec();
    // `n/a` in a plan is no path: it says that there is none.
    let path = "[a-z]{1,8}/[a-z*]{1,4}".prop_filter("means none", |path: &String| path != "n/a");
    (keys, subsequence(ids, 0..3), vec(path, 0..3), vec("[a-z]{3,8}", 0..3)).prop_map(
        |(
            (phase, track, repository, working_directory, execution, size, estimated_time),
            parallel_with,
            files,
            skills,
        )| {
            Metadata {
                phase,
                track,
                repository,
                working_directory,
                execution,
                size,
                estimated_time,
                parallel_with,
                files,
                skills,
                subagents: vec![SubAgent {
                    name: "Tester".into(),
                    role: Some("QA".into()),
                    files: vec!["tests/**".into()],
                    ..SubAgent::default()
                }],
                ..Metadata::default()
            }
        },
    )
}

fn check() -> impl Strategy<Value = Check> {
    let command =
        select(&["cargo test", "echo `date`", "a \\\n  && b", "cat <<E\n# no comment\nE", "test -s 'x y'"][..]);
    let manual = select(&["The clerk agrees", "`Money` has no float", "A, b and c (really)"][..]);
    prop_oneof![
        (command, prop::bool::ANY).prop_map(|(text, setup)| Check {
            kind: CheckKind::Command,
            text: text.into(),
            setup: if setup { vec!["cd sub".into()] } else { Vec::new() },
            ..Check::default()
        }),
        manual.prop_map(|text| Check { text: text.into(), ..Check::default() }),
    ]
}

prop_compose! {
    fn session()(
        title in word(),
        metadata in metadata(),
        context in block(),
        prompt in block(),
        expected_output in block(),
        checks in vec(check(), 0..5),
        commit_message in prop::option::of("(feat|fix): [a-z]{1,20}(\n\n- [a-z ]{1,9}[a-z])?"),
        thinking in select(&["ultrathink", "extended", "standard"][..]),
    ) -> Session {
        let mut seen: Vec<Check> = Vec::new();
        for check in checks {
            if !seen.iter().any(|known| known.text == check.text) {
                seen.push(check);
            }
        }
        let model = ModelChoice {
            model: "opus".into(), resolved: "opus".into(), thinking: thinking.into(), why: "complex: `race` in the title".into(),
        };
        Session {
            id: "A-1".into(), title, metadata, context, prompt, expected_output, checks: seen, commit_message,
            model: Some(model), ..Session::default()
        }
    }
}

proptest! {
    #[test]
    fn a_rendered_task_file_reads_back_as_the_same_session(session in session(), notes in block(), tick in prop::bool::ANY) {
        let ticked: Vec<String> =
            session.checks.iter().filter(|check| tick && check.setup.is_empty() && !check.text.contains(['\n', '`'])).map(|c| c.text.clone()).collect();
        // Notes are people's own lines in the file, so a section's heading in them is one.
        let notes = notes.filter(|notes| !notes.lines().any(|line| line.starts_with('#') || line.contains("```") || line.starts_with("~~~")));
        let yours = Task { ticked: ticked.clone(), commit_message: None, notes };
        let project = Project { name: "Project # 1".into(), ..Project::default() };
        let text = task::render(&session, &project, &yours);
        let read = reader::read(&text).expect("a task file");
        prop_assert_eq!(read.sessions.len(), 1, "{}", text);
        let found = &read.sessions[0];
        let cut = |part: &session_sdk::Text| part.cut(text.as_bytes());
        let notes = found.notes.map(|span| text[span.start..span.end].to_owned());
        prop_assert_eq!(&found.title, &session.title);
        let model = session.model.as_ref().expect("chosen");
        let expected = Metadata { model: Some(model.model.clone()), thinking: Some(model.thinking.clone()), ..session.metadata.clone() };
        prop_assert_eq!(&found.metadata, &expected, "{}", text);
        prop_assert_eq!(cut(&found.prompt), session.prompt.clone(), "{}", text);
        prop_assert_eq!(cut(&found.context).map(|t| unfenced(&t)), session.context.clone(), "{}", text);
        prop_assert_eq!(cut(&found.expected_output).map(|t| unfenced(&t)), session.expected_output.clone(), "{}", text);
        let key = |check: &Check| (check.kind, check.text.clone(), check.setup.clone());
        let mut wanted: Vec<_> = session.checks.iter().map(key).collect();
        let mut got: Vec<_> = found.checks.iter().map(key).collect();
        wanted.sort_by(|a, b| a.1.cmp(&b.1));
        got.sort_by(|a, b| a.1.cmp(&b.1));
        prop_assert_eq!(got, wanted, "{}", text);
        let mut ticks: Vec<_> = found.checks.iter().filter(|check| check.ticked).map(|check| check.text.clone()).collect();
        let mut wanted = ticked;
        ticks.sort();
        wanted.sort();
        prop_assert_eq!(ticks, wanted, "{}", text);
        let message = session.commit_message.clone().unwrap_or_else(|| format!("feat: {}", session.title));
        prop_assert_eq!(found.commit_message.as_deref(), Some(message.as_str()), "{}", text);
        prop_assert_eq!(&notes, &yours.notes, "{}", text);

        // What people wrote survives the next rendering.
        let again = Task { ticked: yours.ticked.clone(), commit_message: found.commit_message.clone(), notes };
        prop_assert_eq!(task::render(&session, &project, &again), text);
    }
}

/// A text with headings stands in a fence of its own.
fn unfenced(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.first().is_some_and(|line| line.starts_with("```") && line.ends_with("markdown")) {
        lines.remove(0);
        lines.pop();
    }
    lines.join("\n")
}
