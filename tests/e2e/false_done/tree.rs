//! The files that were checked are not those that are committed.

use super::case::Outcome::{Caught, Flagged, Missed, Noted};
use super::case::{Case, Faked, TESTS, all, case, complete, completed_by, project, started, sub, work};
use crate::support::Ran;

pub(super) const TITLE: &str = "What was checked is not what is committed";

/// Writes to a file as soon as the check says that it runs.
fn meanwhile(path: &'static str, text: &'static str) -> Faked {
    let s = started(&[
        "`touch runs.log; for i in $(seq 100); do test -f go.log && break; sleep 0.1; done; grep -q 'def sub' calc.py`",
    ]);
    work(&s);
    let mut command = s.session_command("complete");
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    for _ in 0..200 {
        if s.exists("runs.log") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    s.write(path, text);
    s.write("go.log", "");
    let ran = Ran::of(child.wait_with_output().unwrap());
    (s, ran)
}

pub(super) fn cases() -> Vec<Case> {
    const TREE: &str = "evidence holds for one tree: other files are verified again";
    vec![
        case("The code is changed after `verify`", Caught(3, "a check failed"), TREE, || {
            let s = started(&[&format!("`{TESTS}`")]);
            work(&s);
            s.session("verify").ok();
            sub(&s, "pass");
            complete(s)
        }),
        case(
            "The work is put back (`git checkout`, `git stash`) after `verify`",
            Caught(3, "a check failed"),
            TREE,
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                work(&s);
                s.session("verify").ok();
                s.git("checkout --quiet -- calc.py");
                complete(s)
            },
        ),
        case(
            "A file of the work is changed while the checks run",
            Flagged(&["calc.py changed while the checks ran"]),
            "the tree before and after the checks; what is committed is the one after",
            || meanwhile("calc.py", "def sub(a, b): return None\n"),
        ),
        case(
            "Another file is changed while the checks run",
            Noted("the checks changed tests/__init__.py"),
            "the tree before and after the checks; the file stays out of the commit",
            || meanwhile("tests/__init__.py", "import sys\n"),
        ),
        case(
            "Work from before the session makes the checks pass, and nothing else is done",
            Caught(1, "nothing has changed since the session was started"),
            "what was dirty at start is left out, and then nothing remains",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                work(&s);
                s.session("start FD-01").ok();
                complete(s)
            },
        ),
        case(
            "Work from before the session makes the checks pass, beside some other change",
            Flagged(&["no commit of the session holds: calc.py"]),
            "the tracked files that were changed and that the commit does not take",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                work(&s);
                s.session("start FD-01").ok();
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "The check needs a file that only checks made",
            Noted("the checks changed made.txt"),
            "the tree before and after the checks; the file stays out of the commit",
            || {
                let s = started(&["`test -f made.txt || echo 1 > made.txt; test -f made.txt`"]);
                work(&s);
                complete(s)
            },
        ),
        case(
            "A file that git ignores makes the check pass",
            Missed,
            "checks see the folder and not the commit; let CI run them on the commit",
            || {
                let s = started(&["`python3 -m unittest -q || test -f skip.ignored`"]);
                sub(&s, "pass");
                s.write("skip.ignored", "");
                complete(s)
            },
        ),
        case(
            "`.git/info/exclude` hides the file",
            Missed,
            "as with .gitignore, and nobody else has that file; let CI run the checks on the commit",
            || {
                let s = started(&["`python3 -c 'import calc_sub'`"]);
                s.write("calc_sub.py", "def sub(a, b):\n    return a - b\n");
                std::fs::write(s.path(".git/info/exclude"), "calc_sub.py\n").unwrap();
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "`git update-index --assume-unchanged` hides the change",
            Missed,
            "git says that the file is as committed, and it is believed; let CI run the checks on the commit",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                s.git("update-index --assume-unchanged calc.py");
                work(&s);
                s.write("notes.py", "# subtract\n");
                complete(s)
            },
        ),
        case(
            "A file outside the project makes the check pass",
            Missed,
            "evidence has the tree of the project only; checks should not look outside",
            || {
                let s = started(&["`test -f ../home/done`"]);
                sub(&s, "pass");
                std::fs::write(s.home().join("done"), "").unwrap();
                complete(s)
            },
        ),
        case(
            "A symbolic link leads the tests to code outside the project",
            Missed,
            "the commit holds the link; let CI run the checks on the commit",
            || {
                let s = started(&["`python3 -c 'import other; other.sub(5, 3)'`"]);
                std::fs::write(s.home().join("other.py"), "def sub(a, b):\n    return a - b\n").unwrap();
                std::os::unix::fs::symlink("../home/other.py", s.path("other.py")).unwrap();
                complete(s)
            },
        ),
        case(
            "A service that the check needs breaks after `verify`",
            Missed,
            "the files are the same, so the evidence from then is taken, with its time; `--fresh` runs all",
            || {
                let s = started(&["`test ! -f down.log`"]);
                work(&s);
                s.session("verify").ok();
                s.write("down.log", "");
                complete(s)
            },
        ),
        case(
            "A check is repeated until it happens to pass",
            Flagged(&["it failed for the same files before"]),
            "failures are remembered with their tree",
            || {
                let s = started(&["`test -f once.log || { touch once.log; exit 1; }`"]);
                work(&s);
                s.session("complete").fails(3, &["a check failed"]);
                complete(s)
            },
        ),
        case(
            "The same in one command",
            Missed,
            "how often a command tries inside is its own affair; it stands in the plan, where all can see it",
            || {
                let s = started(&[
                    "`for i in 1 2 3; do test -f once.log && break; touch once.log; done; test -f once.log`",
                ]);
                work(&s);
                complete(s)
            },
        ),
        case(
            "Part of the work is left out by `--leave`",
            Flagged(&["no commit of the session holds: calc.py"]),
            "the tracked files that were changed and that the commit does not take",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                sub(&s, "pass");
                s.session("start FD-01").ok();
                work(&s);
                s.write("notes.py", "# subtract\n");
                let mut command = s.session_command("complete --leave calc.py");
                completed_by(s, &mut command)
            },
        ),
    ]
}

#[test]
fn what_was_checked_is_not_what_is_committed() {
    all(&cases());
}
