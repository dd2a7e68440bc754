//! The tests are made weaker than they were.

use super::case::Outcome::{Caught, Flagged, Missed};
use super::case::{Case, TEST, TESTS, WEAK, all, case, complete, edit, started, sub};
use crate::support::Sandbox;

pub(super) const TITLE: &str = "The tests are weakened";

fn stubbed() -> Sandbox {
    let s = started(&[&format!("`{TESTS}`")]);
    sub(&s, "pass");
    s
}

/// A project whose check cares for nothing, with a test file of another language.
fn elsewhere(path: &str, before: &str, after: &str) -> Sandbox {
    let s = super::case::project(&[&format!("`{WEAK}`")]);
    s.write(path, before);
    s.git(&format!("add {path}"));
    s.git("commit --quiet -m tests");
    s.session("start FD-01").ok();
    super::case::work(&s);
    s.write(path, after);
    s
}

const FIRST: &str = "        self.assertEqual(calc.sub(5, 3), 2)\n";
const SECOND: &str = "        self.assertEqual(calc.sub(1, 2), -1)\n";

pub(super) fn cases() -> Vec<Case> {
    const DIFF: &str = "the session's diff";
    vec![
        case(
            "The file of tests is deleted",
            Flagged(&["tests/test_calc.py is deleted", "it ran no test"]),
            "the session's diff, and the runner's output",
            || {
                let s = stubbed();
                std::fs::remove_file(s.path(TEST)).unwrap();
                complete(s)
            },
        ),
        case("One test is deleted", Flagged(&["1 test fewer than at start"]), DIFF, || {
            let s = stubbed();
            edit(&s, TEST, &format!("\n    def test_sub(self):\n{FIRST}{SECOND}"), "");
            complete(s)
        }),
        case(
            "A test is renamed so that the runner does not find it",
            Flagged(&["1 test fewer than at start"]),
            DIFF,
            || {
                let s = stubbed();
                edit(&s, TEST, "def test_sub", "def later_sub");
                complete(s)
            },
        ),
        case(
            "The file of tests is renamed so that the runner does not find it",
            Flagged(&["tests/test_calc.py is deleted", "it ran no test"]),
            "the session's diff, and the runner's output",
            || {
                let s = stubbed();
                std::fs::rename(s.path(TEST), s.path("tests/calc_cases.py")).unwrap();
                complete(s)
            },
        ),
        case("A test is commented out", Flagged(&["1 test fewer than at start"]), DIFF, || {
            let s = stubbed();
            edit(&s, TEST, "    def test_sub", "    # def test_sub");
            edit(&s, TEST, FIRST, "        # self.assertEqual(calc.sub(5, 3), 2)\n");
            edit(&s, TEST, SECOND, "        # self.assertEqual(calc.sub(1, 2), -1)\n");
            complete(s)
        }),
        case(
            "A test is skipped (unittest)",
            Flagged(&["tests/test_calc.py skips tests: `@unittest.skip(\"later\")`"]),
            DIFF,
            || {
                let s = stubbed();
                edit(&s, TEST, "    def test_sub", "    @unittest.skip(\"later\")\n    def test_sub");
                complete(s)
            },
        ),
        case(
            "A test is skipped, or expected to fail (pytest)",
            Flagged(&["tests/test_b.py skips tests: `@pytest.mark.xfail`"]),
            DIFF,
            || {
                complete(elsewhere(
                    "tests/test_b.py",
                    "def test_b():\n    assert b()\n",
                    "@pytest.mark.xfail\ndef test_b():\n    assert b()\n",
                ))
            },
        ),
        case("A test is skipped (jest)", Flagged(&["a.test.js skips tests: `it.skip('subtracts'"]), DIFF, || {
            complete(elsewhere(
                "a.test.js",
                "it('subtracts', () => expect(sub(5, 3)).toBe(2));\n",
                "it('subtracts', () => expect(sub(5, 3)).toBe(2));\nit.skip('subtracts', () => expect(sub(5, 3)).toBe(2));\n",
            ))
        }),
        case("A test is ignored (cargo)", Flagged(&["tests/a.rs skips tests: `#[ignore]`"]), DIFF, || {
            complete(elsewhere(
                "tests/a.rs",
                "#[test]\nfn a() { assert!(b()); }\n",
                "#[test]\n#[ignore]\nfn a() { assert!(b()); }\n",
            ))
        }),
        case("A test is skipped (go)", Flagged(&["a_test.go skips tests: `t.Skip(\"later\")`"]), DIFF, || {
            complete(elsewhere(
                "a_test.go",
                "func TestA(t *testing.T) {\n\trun(t)\n}\n",
                "func TestA(t *testing.T) {\n\tt.Skip(\"later\")\n\trun(t)\n}\n",
            ))
        }),
        case(
            "A hook of the runner drops tests (`load_tests`, `pytest_collection_modifyitems`)",
            Flagged(&["skips tests: `def load_tests(", "it ran no test"]),
            "the session's diff, and the runner's output",
            || {
                let s = stubbed();
                let text = s.read(TEST);
                s.write(
                    TEST,
                    &format!("{text}\n\ndef load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n"),
                );
                complete(s)
            },
        ),
        case(
            "The settings of the runner leave tests out (`addopts`, `testPathIgnorePatterns`)",
            Flagged(&["pyproject.toml skips tests: `addopts = \"-k add\"`"]),
            DIFF,
            || {
                complete(elsewhere(
                    "pyproject.toml",
                    "[tool.pytest.ini_options]\n",
                    "[tool.pytest.ini_options]\naddopts = \"-k add\"\n",
                ))
            },
        ),
        case("Assertions are removed", Flagged(&["2 assertions fewer than at start"]), DIFF, || {
            let s = stubbed();
            edit(&s, TEST, FIRST, "        calc.sub(5, 3)\n");
            edit(&s, TEST, SECOND, "");
            complete(s)
        }),
        case(
            "Assertions that always hold (`assertTrue(True)`)",
            Flagged(&["tests/test_calc.py asserts nothing: `self.assertTrue(True)`"]),
            DIFF,
            || {
                let s = stubbed();
                edit(&s, TEST, FIRST, "        self.assertTrue(True)\n");
                edit(&s, TEST, SECOND, "        self.assertTrue(True)\n");
                complete(s)
            },
        ),
        case(
            "The test catches its own failure (`except AssertionError`)",
            Flagged(&["asserts nothing: `except AssertionError:`"]),
            DIFF,
            || {
                let s = stubbed();
                edit(
                    &s,
                    TEST,
                    &format!("{FIRST}{SECOND}"),
                    "        try:\n            self.assertEqual(calc.sub(5, 3), 2)\n            self.assertEqual(calc.sub(1, 2), -1)\n        except AssertionError:\n            pass\n",
                );
                complete(s)
            },
        ),
        case(
            "A test returns before it asserts",
            Missed,
            "what runs inside of a test is the runner's to say; measure coverage of the tests, too",
            || {
                let s = stubbed();
                edit(&s, TEST, FIRST, &format!("        return\n{FIRST}"));
                complete(s)
            },
        ),
        case(
            "An assertion is replaced by one that asks for less",
            Missed,
            "as many assertions as before, and which ask for less is for a reader; mutation testing tells",
            || {
                let s = stubbed();
                edit(&s, TEST, FIRST, "        self.assertIsNone(calc.sub(5, 3))\n");
                edit(&s, TEST, SECOND, "        self.assertIsNone(calc.sub(1, 2))\n");
                complete(s)
            },
        ),
        case(
            "What is tested is replaced by a mock",
            Missed,
            "mocks are right in most tests; a reader, or mutation testing, tells",
            || {
                let s = stubbed();
                edit(
                    &s,
                    TEST,
                    FIRST,
                    "        calc.sub = lambda a, b: a - b\n        self.assertEqual(calc.sub(5, 3), 2)\n",
                );
                complete(s)
            },
        ),
        case(
            "A snapshot is written anew from what the code gives",
            Missed,
            "snapshots change whenever work is done; let the runner refuse new ones (`--ci`)",
            || {
                let s = super::case::project(&[
                    "`test \"$(python3 -c 'import calc; print(calc.sub(5, 3))')\" = \"$(cat sub.snap)\"`",
                ]);
                s.write("sub.snap", "2\n");
                s.git("add sub.snap");
                s.git("commit --quiet -m snap");
                s.session("start FD-01").ok();
                sub(&s, "return 7");
                s.write("sub.snap", "7\n");
                complete(s)
            },
        ),
        case(
            "The test is deleted and committed by hand before `complete`",
            Flagged(&["1 test fewer than at start"]),
            "the session's diff begins at its start, whoever committed",
            || {
                let s = stubbed();
                edit(&s, TEST, &format!("\n    def test_sub(self):\n{FIRST}{SECOND}"), "");
                s.git("commit --quiet -am \"chore: tidy\"");
                complete(s)
            },
        ),
        case(
            "The test is deleted in a checkpoint, and `complete --squash` folds it away",
            Flagged(&["1 test fewer than at start"]),
            "the session's diff begins at its start, and a branch keeps the checkpoints",
            || {
                let s = stubbed();
                edit(&s, TEST, &format!("\n    def test_sub(self):\n{FIRST}{SECOND}"), "");
                s.session("checkpoint -m half").ok();
                let ran = s.session("complete --squash");
                (s, ran)
            },
        ),
        case(
            "The test is deleted in a commit before the session is started",
            Missed,
            "a session answers for what came after its start; an earlier one would have been flagged, and the history has the commit",
            || {
                let s = super::case::project(&[&format!("`{TESTS}`")]);
                edit(&s, TEST, &format!("\n    def test_sub(self):\n{FIRST}{SECOND}"), "");
                s.git("commit --quiet -am \"chore: tidy\"");
                s.session("start FD-01").ok();
                sub(&s, "pass");
                complete(s)
            },
        ),
        case(
            "The same from within: the journal is removed, and the session started anew",
            Missed,
            "the state folder is the user's own; the history has the commit that deletes the test",
            || {
                let s = stubbed();
                edit(&s, TEST, &format!("\n    def test_sub(self):\n{FIRST}{SECOND}"), "");
                s.git("commit --quiet -am \"chore: tidy\"");
                std::fs::remove_file(s.path(".git/session/open/FD-01.jsonl")).unwrap();
                s.session("start FD-01 --force").ok();
                sub(&s, "return None");
                complete(s)
            },
        ),
        case("The only test is one that fails", Caught(3, "a check failed"), "the tests, run by `complete`", || {
            complete(stubbed())
        }),
    ]
}

#[test]
fn tests_that_are_weakened() {
    all(&cases());
}
