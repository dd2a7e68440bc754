//! The work is not there, or only looks as if it were.

use super::case::Outcome::{Caught, Flagged, Missed};
use super::case::{Case, Faked, TEST, TESTS, WEAK, all, case, complete, edit, project, shown, started, sub, work};

pub(super) const TITLE: &str = "The work is not there";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "Nothing is done, and done is claimed",
            Caught(3, "its work is not committed"),
            "the plan's check, run by `complete`",
            || complete(started(&[&format!("`{TESTS}`")])),
        ),
        case(
            "A stub that raises NotImplementedError, where a check only looks for the name",
            Flagged(&["calc.py has a placeholder: `raise NotImplementedError`"]),
            "placeholders in the session's diff",
            || {
                let s = started(&[&format!("`{WEAK}`")]);
                sub(&s, "raise NotImplementedError");
                complete(s)
            },
        ),
        case(
            "`todo!()` in code that no test calls",
            Flagged(&["src/sub.rs has a placeholder"]),
            "placeholders in the session's diff",
            || {
                let s = started(&["`test -f src/sub.rs`"]);
                s.write("src/sub.rs", "pub fn sub(a: i32, b: i32) -> i32 { todo!() }\n");
                complete(s)
            },
        ),
        case("A stub, where tests run it", Caught(3, "a check failed"), "the tests, run by `complete`", || {
            let s = started(&[&format!("`{TESTS}`")]);
            sub(&s, "pass");
            complete(s)
        }),
        case(
            "`return True` where a check only looks for the name",
            Missed,
            "a check that runs nothing proves that a name is there; let it run tests",
            || {
                let s = started(&[&format!("`{WEAK}`")]);
                sub(&s, "return True");
                complete(s)
            },
        ),
        case(
            "The answers of the tests are written into the code",
            Missed,
            "the tests do pass; hidden tests, properties with random input, or a reader help",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                sub(&s, "return {(5, 3): 2, (1, 2): -1}[a, b]");
                complete(s)
            },
        ),
        case(
            "Errors are swallowed, so that nothing fails",
            Missed,
            "what the program should do in an error is in no check; write one that expects the error",
            || {
                let s = started(&["`python3 -c 'import calc; calc.sub(5, 3)'`"]);
                sub(&s, "try:\n        return a.minus(b)\n    except Exception:\n        return None");
                complete(s)
            },
        ),
        case(
            "No file is changed, and the check passes anyway",
            Flagged(&["no file has changed since start"]),
            "the git plugin: the work commit would be empty",
            || complete(started(&["`test -f calc.py`"])),
        ),
        case(
            "A line is changed anywhere, and the check passed before the work",
            Missed,
            "nobody ran it before; `start --baseline` does, and then it is flagged",
            || {
                let s = started(&["`test -f calc.py`"]);
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "The same after `start --baseline`",
            Flagged(&["it passed before any work"]),
            "the run before the work",
            || {
                let s = project(&["`test -f calc.py`"]);
                s.session("start FD-01 --baseline").ok();
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "The work is in a file that git ignores, beside some other change",
            Missed,
            "checks see the folder and not the commit; let CI run them on the commit",
            || {
                let s = started(&["`grep -q 'def sub' sub.ignored`"]);
                s.write("sub.ignored", "def sub(a, b): ...\n");
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "The work of last week is claimed anew",
            Flagged(&["no file has changed since start"]),
            "the git plugin: the work commit would be empty",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                work(&s);
                s.git("commit --quiet -am earlier");
                s.session("start FD-01").ok();
                complete(s)
            },
        ),
        case(
            "The linter is told to look away, line by line",
            Missed,
            "it is right in too many places to be named; let the linter forbid it",
            || {
                let s = started(&["`! grep -n 'import os$' calc.py`"]);
                sub(&s, "import os  # noqa: F401\n    return a - b");
                complete(s)
            },
        ),
        case(
            "The expected value in the test is set to what the code gives",
            Missed,
            "a test that was changed is no news; a reader sees it in the diff, and so do tests that another session owns",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                sub(&s, "return a + b");
                edit(&s, TEST, "calc.sub(5, 3), 2", "calc.sub(5, 3), 8");
                edit(&s, TEST, "calc.sub(1, 2), -1", "calc.sub(1, 2), 3");
                complete(s)
            },
        ),
    ]
}

#[test]
fn work_that_is_not_there() {
    all(&cases());
}

/// The other side of the table: flags that honest work raises, too, would be read by nobody.
#[test]
fn honest_work_raises_nothing() {
    let honest: [fn() -> Faked; 3] = [
        || {
            let s = started(&[&format!("`{TESTS}`"), "`set -e; sh check.sh; echo passed`"]);
            work(&s);
            complete(s)
        },
        // Tests that are moved and rewritten, with a script and a module of one's own.
        || {
            let s = started(&["`sh all.sh`", "`python3 -m calc`"]);
            work(&s);
            let text = s.read(TEST).replace("test_sub", "test_subtraction");
            s.write("tests/more/test_calc.py", &text);
            s.write("tests/more/__init__.py", "");
            std::fs::remove_file(s.path(TEST)).unwrap();
            s.write("all.sh", "set -e\npython3 -m unittest -q\necho passed\n");
            complete(s)
        },
        // Something of the user's own lies about, and stays there.
        || {
            let s = project(&[&format!("`{TESTS}`")]);
            s.write("scratch.txt", "mine\n");
            s.session("start FD-01").ok();
            work(&s);
            s.session("checkpoint -m half").ok();
            complete(s)
        },
    ];
    for (number, work) in honest.into_iter().enumerate() {
        let (s, ran) = work();
        assert_eq!((ran.code, shown(Missed, &s, &ran)), (0, Ok(())), "{number}: {ran:#?}");
        s.session("audit").ok();
    }
}
