//! The check proves nothing: it cannot fail, runs nothing, or fails where nobody looks.

use super::case::Outcome::{Caught, Flagged, Missed, Noted};
use super::case::{Case, TESTS, all, case, complete, edit, planned, started, sub, work};
use crate::support::Sandbox;

pub(super) const TITLE: &str = "The check proves nothing";

/// A stub, where this is the only check.
fn stubbed(check: &str) -> Sandbox {
    let s = started(&[&format!("`{check}`")]);
    sub(&s, "pass");
    s
}

fn lines(fence: &str) -> Sandbox {
    let s = planned("", &format!("```bash\n{fence}\n```\n"));
    s.session("start FD-01").ok();
    s
}

pub(super) fn cases() -> Vec<Case> {
    const ENDS: &str = "what the command's text says";
    const RUN: &str = "the exit code";
    vec![
        case("`tests || true`", Flagged(&["it cannot fail: it ends with `true`"]), ENDS, || {
            complete(stubbed("python3 -m unittest -q || true"))
        }),
        case("`tests; exit 0`", Flagged(&["it cannot fail: it ends with `exit 0`"]), ENDS, || {
            complete(stubbed("python3 -m unittest -q; exit 0"))
        }),
        case("`tests | tail`", Flagged(&["its exit code is that of `tail`"]), ENDS, || {
            complete(stubbed("python3 -m unittest -q 2>&1 | tail -3"))
        }),
        case("`tests &`", Flagged(&["it runs in the background"]), ENDS, || {
            complete(stubbed("python3 -m unittest -q &"))
        }),
        case("`echo ok`", Flagged(&["it cannot fail: it ends with `echo all tests passed`"]), ENDS, || {
            complete(stubbed("echo all tests passed"))
        }),
        case(
            "`: tests`, or a comment",
            Flagged(&["it cannot fail: it ends with `: python3 -m unittest`"]),
            ENDS,
            || complete(stubbed(": python3 -m unittest")),
        ),
        case("`sh -c 'tests || true'`", Flagged(&["it cannot fail: it ends with `true`"]), ENDS, || {
            complete(stubbed("sh -c 'python3 -m unittest -q || true'"))
        }),
        case("`trap 'exit 0' EXIT; tests`", Flagged(&["it cannot fail: a trap ends it with 0"]), ENDS, || {
            complete(stubbed("trap 'exit 0' EXIT; python3 -m unittest -q"))
        }),
        case(
            "`if tests; then …; fi`, which swallows the exit code",
            Missed,
            "telling what a compound command does is running it; write plain commands as checks",
            || complete(stubbed("if python3 -m unittest -q; then echo good; fi")),
        ),
        case(
            "Tests of a folder without tests",
            Flagged(&["it ran no test: `Ran 0 tests`"]),
            "what the runner's output says",
            || {
                let s = stubbed("python3 -m unittest discover -s docs 2>&1");
                complete(s)
            },
        ),
        case(
            "Tests are filtered by a name that none has",
            Flagged(&["it ran no test: `Ran 0 tests`"]),
            "what the runner's output says",
            || complete(stubbed("python3 -m unittest -k no_such_test")),
        ),
        case(
            "A runner that does not say how many tests it ran runs none",
            Missed,
            "the exit code is 0 and the output is empty; let the runner print its count",
            || complete(stubbed("for t in tests/*.sh; do test ! -f $t || sh $t || exit 1; done")),
        ),
        case(
            "A check of one's own writes what it looks for",
            Noted("the checks changed result.txt"),
            "the tree before and after the checks",
            || {
                let s = stubbed("echo passed > result.txt && grep -q passed result.txt");
                complete(s)
            },
        ),
        case("A test that hangs counts as done", Caught(3, "ran out of time"), "the time limit of checks", || {
            let s = started(&["`sleep 60`"]);
            edit(&s, "plugins.toml", "\"checklist\"", "\"checklist\"\n[plugin.config]\ncheck-timeout = \"1s\"");
            work(&s);
            complete(s)
        }),
        case("A check that a signal ends", Caught(3, "ended by a signal"), RUN, || complete(stubbed("kill -9 $$"))),
        case("Exit code 77, which some runners call skipped", Caught(3, "a check failed"), RUN, || {
            complete(stubbed("exit 77"))
        }),
        case("A program that is not installed", Caught(3, "a check failed"), RUN, || {
            complete(stubbed("no-such-test-runner --all"))
        }),
        case("A setup line fails, and the command would pass", Caught(3, "a check failed"), RUN, || {
            let s = lines("cd no-such-folder\ntrue && test -f ../calc.py");
            work(&s);
            complete(s)
        }),
        case(
            "A sourced file ends the shell with 0 before the tests run",
            Flagged(&["it runs by `./env.sh`, which the session has changed"]),
            "the session's diff, of files that setup lines read",
            || {
                let s = planned("", "```bash\nsource ./env.sh\npython3 -m unittest -q\n```\n");
                s.write("env.sh", "export MODE=test\n");
                s.git("add env.sh");
                s.git("commit --quiet -m env");
                s.session("start FD-01").ok();
                s.write("env.sh", "exit 0\n");
                complete(s)
            },
        ),
        case(
            "The working directory of the session is a folder without tests",
            Flagged(&["it ran no test: `Ran 0 tests`"]),
            "what the runner's output says; the evidence names the directory",
            || {
                let s = planned("", &format!("- [ ] `{TESTS}`\n"));
                edit(
                    &s,
                    super::case::PLAN,
                    "### Prompt\n\nWrite `sub`",
                    "```yaml\nworking_directory: docs\n```\n\n### Prompt\n\nWrite `sub`",
                );
                s.git("commit --quiet -am plan");
                s.session("start FD-01").ok();
                sub(&s, "pass");
                complete(s)
            },
        ),
    ]
}

#[test]
fn checks_that_prove_nothing() {
    all(&cases());
}
