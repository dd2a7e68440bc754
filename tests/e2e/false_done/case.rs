//! One way to fake a done session: a small real project, what is done to it, and what must become of it, exactly. A
//! detection that is lost fails a test, and so does one that is gained: the document is then behind.

use std::fmt::Write as _;
use std::process::Command;

use crate::support::{Ran, Sandbox};

/// What becomes of it today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// The command refuses with this exit code and says this; the session is not done.
    Caught(i32, &'static str),
    /// The session is done, and each of these is said at once, in its evidence, and in the text for a pull request.
    Flagged(&'static [&'static str]),
    /// The session is done, and this is said at once and stands in its evidence; it is no reason to look by itself.
    Noted(&'static str),
    /// Nothing is said, but `session audit` exits with 1 and says this.
    Audited(&'static str),
    /// The same with `--since` this branch, as CI audits a pull request.
    AuditedSince(&'static str, &'static str),
    /// Nothing is said.
    Missed,
}

pub(super) struct Case {
    /// How it is faked, as the document says it.
    pub(super) how: &'static str,
    pub(super) outcome: Outcome,
    /// What finds it; of what is missed, why, and what would help.
    pub(super) by: &'static str,
    pub(super) fake: fn() -> Faked,
}

/// The project, and the command that claims the work to be done.
pub(super) type Faked = (Sandbox, Ran);

pub(super) fn case(how: &'static str, outcome: Outcome, by: &'static str, fake: fn() -> Faked) -> Case {
    Case { how, outcome, by, fake }
}

/// A check that looks at the work no harder than it must.
pub(super) const WEAK: &str = "grep -q 'def sub' calc.py";
/// A check that runs tests.
pub(super) const TESTS: &str = "python3 -m unittest -q";

pub(super) const ID: &str = "FD-01";
pub(super) const RECORD: &str = "docs/sessions/records/FD-01.json";
pub(super) const PLAN: &str = "docs/FAKE_PROMPTS.md";
const CALC: &str = "def add(a, b):\n    return a + b\n";
pub(super) const TEST: &str = "tests/test_calc.py";

/// A project in Python with a session that is to write `sub`. One of its two tests fails until then.
pub(super) fn project(checks: &[&str]) -> Sandbox {
    project_with("", checks)
}

/// The same with lines in `[project]` of plugins.toml.
pub(super) fn project_with(settings: &str, checks: &[&str]) -> Sandbox {
    let list: String = checks.iter().map(|check| format!("- [ ] {check}\n")).collect();
    planned(settings, &list)
}

/// The same with a checklist as it is written.
pub(super) fn planned(settings: &str, list: &str) -> Sandbox {
    let s = Sandbox::new();
    let plan = format!(
        "# Fake - Implementation Prompts\n\n## Session FD-01: Subtract\n\n### Prompt\n\nWrite `sub`.\n\n\
         ### Verification Checklist\n\n{list}\n### Git Commit\n\nfeat(calc): subtract\n\n\
         ## Session FD-02: Multiply\n\n```yaml\ndepends_on: [FD-01]\n```\n\n### Prompt\n\nWrite `mul`.\n"
    );
    s.write(PLAN, &plan);
    s.write("calc.py", CALC);
    s.write("tests/__init__.py", "");
    s.write(
        TEST,
        "import unittest\n\nimport calc\n\n\nclass TestCalc(unittest.TestCase):\n    def test_add(self):\n        \
         self.assertEqual(calc.add(2, 3), 5)\n\n    def test_sub(self):\n        \
         self.assertEqual(calc.sub(5, 3), 2)\n        self.assertEqual(calc.sub(1, 2), -1)\n",
    );
    s.write("check.sh", "python3 -m unittest -q\n");
    s.write(".gitignore", "__pycache__/\n*.log\n*.ignored\n");
    s.session("init Fake").ok();
    if !settings.is_empty() {
        let text = s.read("plugins.toml");
        s.write("plugins.toml", &text.replace("[project]\n", &format!("[project]\n{settings}\n")));
        s.session("trust --yes").ok();
    }
    s.git("add .");
    s.git("commit --quiet -m setup");
    s
}

pub(super) fn started(checks: &[&str]) -> Sandbox {
    let s = project(checks);
    s.session("start FD-01").ok();
    s
}

/// `sub` with this body.
pub(super) fn sub(s: &Sandbox, body: &str) {
    s.write("calc.py", &format!("{CALC}\n\ndef sub(a, b):\n    {body}\n"));
}

/// The work itself.
pub(super) fn work(s: &Sandbox) {
    sub(s, "return a - b");
}

/// Replaces a part of a file that must be there.
pub(super) fn edit(s: &Sandbox, path: &str, from: &str, to: &str) {
    let text = s.read(path);
    assert!(text.contains(from), "`{from}` is not in {path}: {text}");
    s.write(path, &text.replace(from, to));
}

pub(super) fn complete(s: Sandbox) -> Faked {
    let ran = s.session("complete");
    (s, ran)
}

/// A folder outside the project with a program in it, before all others.
pub(super) fn with_program<'c>(s: &Sandbox, command: &'c mut Command, name: &str, script: &str) -> &'c mut Command {
    let folder = s.home().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    executable(&folder.join(name));
    command.env("PATH", format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()))
}

pub(super) fn executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub(super) fn completed_by(s: Sandbox, command: &mut Command) -> Faked {
    let ran = Ran::of(command.output().unwrap());
    (s, ran)
}

/// Tries all of a group, and names each that came out otherwise.
#[track_caller]
pub(super) fn all(cases: &[Case]) {
    let mut wrong = String::new();
    for case in cases {
        let (s, ran) = (case.fake)();
        if let Err(why) = judged(case.outcome, &s, &ran) {
            let _ = write!(wrong, "\n## {}\nexpected {:?}: {why}\n{}\n{}", case.how, case.outcome, ran.out, ran.err);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whether it came out so; why not.
fn judged(outcome: Outcome, s: &Sandbox, ran: &Ran) -> Result<(), String> {
    let wanted = if let Outcome::Caught(code, _) = outcome { code } else { 0 };
    if ran.code != wanted {
        return Err(format!("exit code {}", ran.code));
    }
    if let Outcome::Caught(_, said) = outcome {
        return match () {
            () if !ran.err.contains(said) => Err(format!("`{said}` is not said")),
            () if s.exists(RECORD) => Err("there is a record".to_owned()),
            () if s.git("log --format=%B").contains("Session-Verified:") => Err("it is committed".to_owned()),
            () => Ok(()),
        };
    }
    match outcome {
        Outcome::Audited(said) | Outcome::AuditedSince(_, said) => {
            let since =
                if let Outcome::AuditedSince(base, _) = outcome { format!(" --since {base}") } else { String::new() };
            let audit = s.session(&format!("audit{since}"));
            return match audit.code {
                1 if audit.out.contains(said) => Ok(()),
                code => Err(format!("audit ends with {code}: {audit:#?}")),
            };
        }
        Outcome::Missed => {
            let audit = s.session("audit");
            if audit.code != 0 || !audit.out.is_empty() {
                return Err(format!("audit finds it: {audit:#?}"));
            }
        }
        _ => {}
    }
    shown(outcome, s, ran)
}

/// What a session that is done says of itself: this, and no more.
pub(super) fn shown(outcome: Outcome, s: &Sandbox, ran: &Ran) -> Result<(), String> {
    let record: serde_json::Value = serde_json::from_str(&s.read(RECORD)).unwrap();
    let (evidence, pr) = (s.session("show FD-01 --evidence"), s.session("show FD-01 --for pr").out);
    // Where nothing was checked, the evidence is an error that says so.
    let evidence = evidence.out + &evidence.err;
    let flags = flags(&record);
    let (said, kept): (&[&str], &[&str]) = match &outcome {
        Outcome::Flagged(said) => (said, &[&evidence, &pr]),
        Outcome::Noted(said) => (&[*said], &[&evidence]),
        _ => (&[], &[]),
    };
    for said in said {
        if !ran.err.contains(said) {
            return Err(format!("`{said}` is not said"));
        }
        if let Some(text) = kept.iter().find(|text| !text.contains(said)) {
            return Err(format!("`{said}` is not in {text}"));
        }
    }
    if let Some(more) = flags.iter().find(|flag| !said.iter().any(|said| flag.contains(said))) {
        return Err(format!("there is a flag more: {more}"));
    }
    let warns = ran.err.contains("warning:") || ran.err.contains("unconfirmed") || ran.err.contains("the agent");
    if said.is_empty() && warns {
        return Err("something is said".to_owned());
    }
    Ok(())
}

/// Everything that a record says against itself.
fn flags(record: &serde_json::Value) -> Vec<String> {
    let of = |value: &serde_json::Value| -> Vec<String> {
        let list = value["flags"].as_array().cloned().unwrap_or_default();
        list.iter().map(|flag| flag.as_str().unwrap().to_owned()).collect()
    };
    let checks = record["checks"].as_array().unwrap();
    of(&record["verification"]).into_iter().chain(checks.iter().flat_map(of)).collect()
}
