//! docs/false-done.md is this table with words around it.

use std::fmt::Write as _;

use super::case::{Case, Outcome};
use super::{commands, people, records, rules, tree, weakened, work};
use crate::support::workspace;

fn groups() -> [(&'static str, Vec<Case>); 7] {
    [
        (work::TITLE, work::cases()),
        (commands::TITLE, commands::cases()),
        (weakened::TITLE, weakened::cases()),
        (rules::TITLE, rules::cases()),
        (tree::TITLE, tree::cases()),
        (people::TITLE, people::cases()),
        (records::TITLE, records::cases()),
    ]
}

const NAMES: [&str; 5] = ["caught", "flagged", "noted", "audited", "missed"];

const fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Caught(..) => NAMES[0],
        Outcome::Flagged(_) => NAMES[1],
        Outcome::Noted(_) => NAMES[2],
        Outcome::Audited(_) | Outcome::AuditedSince(..) => NAMES[3],
        Outcome::Missed => NAMES[4],
    }
}

const HEAD: &str = "\
# Ways to fake a done session

A person or a coding agent wants a session to be done, and not to do the work. Here is what happens then, for each way that we
know; all of them are tried through the real binary (`tests/e2e/false_done`), and a test holds this page and the program equal.

- **caught**: the command refuses, with this exit code; the session is not done, and its work is not committed.
- **flagged**: the session is done. A warning is shown, and it stands in the record, in `session show ID --evidence` and in
  `session show ID --for pr`.
- **noted**: the session is done, and it is said at once and in the evidence. It is no reason to look by itself.
- **audited**: the session is done, and nothing is said. `session audit` finds it and exits with 1; let CI run it.
- **missed**: nothing finds it. The last column says why, and what helps.
";

const TAIL: &str = "\
## What evidence can prove, and what it cannot

Evidence says: this command ran here, in this folder, at this time, ended with this exit code, and these were the files. The
program ran it itself; nobody's word is taken for it. It proves that the checks hold for what was committed, as far as they
depend on committed files. It does not prove that the checks ask for the right thing. A test that asks for too little passes,
and the evidence for it is as good as for any other. So look first at what a session is checked by, and only then at whether it
passed: `session start` shows the checks, `--baseline` shows which of them need no work at all, and what is flagged says where
the session has had its hands in them.

Checks run on the machine, under the account and in the environment of whoever wants them to pass. Whoever may run `session` may
also replace the programs that it runs, and write its files with another program; there is no key on that machine that could
tell the two apart. Nearly all that is missed above has one answer: run the same checks once more in a place that the author
does not control, on what was committed. CI with the plan's commands does it, and `session audit` beside it says whether
commits, records and evidence belong together.

What is flagged is no verdict. Tests are deleted rightly, scripts are mended, placeholders wait for the next session. The
flags are few on purpose: a warning that is always there is read by nobody.
";

fn text() -> String {
    let mut out = HEAD.to_owned();
    let groups = groups();
    for (title, cases) in &groups {
        let _ = write!(out, "\n## {title}\n\n| How it is faked | What happens | By what |\n|---|---|---|\n");
        for case in cases {
            let what = match case.outcome {
                Outcome::Caught(code, _) => format!("caught, exit code {code}"),
                Outcome::Missed => "**missed**".to_owned(),
                other => name(other).to_owned(),
            };
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(out, "| {} | {what} | {} |", cell(case.how), cell(case.by));
        }
    }
    let count =
        |wanted: &str| groups.iter().flat_map(|(_, cases)| cases).filter(|it| name(it.outcome) == wanted).count();
    let all: usize = groups.iter().map(|(_, cases)| cases.len()).sum();
    let _ = write!(out, "\n## Counts\n\n| Of {all} ways | |\n|---|---|\n");
    for name in NAMES {
        let _ = writeln!(out, "| {name} | {} |", count(name));
    }
    let _ = write!(out, "\n{TAIL}");
    out
}

/// `SESSION_BLESS=1 cargo test -p session-orchestrator --test e2e false_done` writes the page anew.
#[test]
fn the_page_for_users_is_this_table() {
    let path = workspace().join("docs/false-done.md");
    if std::env::var_os("SESSION_BLESS").is_some() {
        std::fs::write(&path, text()).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text(),
        "run SESSION_BLESS=1 cargo test -p session-orchestrator --test e2e false_done"
    );
}

#[test]
fn every_way_is_told_once() {
    let groups = groups();
    let mut all: Vec<&str> = groups.iter().flat_map(|(_, cases)| cases).map(|case| case.how).collect();
    assert!(all.len() >= 36);
    all.sort_unstable();
    let before = all.len();
    all.dedup();
    assert_eq!(all.len(), before, "the same words twice");
}
