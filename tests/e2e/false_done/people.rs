//! Nobody looked: what people confirm, what is not checked at all, and what is said to be done elsewhere.

use super::case::Outcome::{Caught, Flagged, Missed, Noted};
use super::case::{
    Case, ID, PLAN, TESTS, all, case, complete, completed_by, edit, project, project_with, started, sub, work,
};
use crate::support::Sandbox;

pub(super) const TITLE: &str = "Nobody looked";

fn to_confirm() -> Sandbox {
    let s = started(&[&format!("`{TESTS}`"), "A person has looked"]);
    work(&s);
    s
}

pub(super) fn cases() -> Vec<Case> {
    const NAME: &str = "the record has the agent's name; agents say so in the environment";
    vec![
        case("An agent ticks the manual items in SESSION.md", Noted("the agent robot, for Kim"), NAME, || {
            let s = to_confirm();
            edit(&s, "docs/sessions/SESSION.md", "- [ ] A person has looked", "- [x] A person has looked");
            let mut command = s.session_command("complete");
            completed_by(s, command.env("SESSION_AGENT", "robot"))
        }),
        case("An agent confirms all with `--attest '*'`", Noted("the agent robot, for Kim"), NAME, || {
            let s = to_confirm();
            let mut command = s.session_command("complete --attest *");
            completed_by(s, command.env("CLAUDECODE", "").env("AI_AGENT", "robot"))
        }),
        case(
            "An agent hides that it is one, and confirms",
            Missed,
            "whoever runs the command stands for it, with the name that git has; let people confirm in review",
            || {
                let s = to_confirm();
                let ran = s.session("complete --attest *");
                (s, ran)
            },
        ),
        case(
            "Manual items are ticked in the plan before the session is started",
            Noted("1 unconfirmed"),
            "start freezes all items as open",
            || {
                let s = project(&[&format!("`{TESTS}`"), "A person has looked"]);
                edit(&s, PLAN, "- [ ] A person", "- [x] A person");
                s.git("commit --quiet -am plan");
                s.session("start FD-01").ok();
                work(&s);
                complete(s)
            },
        ),
        case(
            "Manual items are left open",
            Noted("1 unconfirmed"),
            "the count stands in the commit's Session-Verified, in the record and in PROGRESS.md",
            || complete(to_confirm()),
        ),
        case("The same with `require-manual`", Caught(3, "no person has confirmed"), "plugins.toml", || {
            let s = project_with("require-manual = true", &["A person has looked"]);
            s.session("start FD-01").ok();
            work(&s);
            complete(s)
        }),
        case(
            "The plan has no check at all",
            Caught(3, "no check ran and passed"),
            "`complete` asks for a check that passed, or for somebody's word",
            || {
                let s = started(&[]);
                sub(&s, "pass");
                complete(s)
            },
        ),
        case(
            "The same with `complete --unverified`",
            Noted("unverified"),
            "the session's commit and record say so, and `session audit` lists it apart",
            || {
                let s = started(&[]);
                sub(&s, "pass");
                let ran = s.session("complete --unverified");
                (s, ran)
            },
        ),
        case(
            "The plan has no check, and there is `require-checks`",
            Caught(3, "no check was run"),
            "plugins.toml",
            || {
                let s = project_with("require-checks = true", &[]);
                s.session("start FD-01").ok();
                work(&s);
                complete(s)
            },
        ),
        case(
            "The row in PROGRESS.md is set to done by hand",
            Caught(1, "the documents disagree with the records in 1 place"),
            "`status --check`; documents are views, and nothing reads them to decide",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                let path = s.git("ls-files docs/progress");
                let text = s.read(&path);
                let row = text.lines().find(|line| line.contains(ID)).unwrap().to_owned();
                s.write(&path, &text.replace(&row, &row.replace("⬜ Pending", "✅ Done")));
                let ran = s.session("status --check");
                (s, ran)
            },
        ),
        case(
            "A session is started though the one before it is not done",
            Caught(1, "FD-01"),
            "`start` asks the records",
            || {
                let s = project(&[]);
                let ran = s.session("start FD-02");
                (s, ran)
            },
        ),
        case(
            "`start --force` goes on though the one before it is not done",
            Flagged(&["it depends on FD-02, which is not done"]),
            "the host, when it is verified",
            || {
                let s = project(&[&format!("`{TESTS}`")]);
                edit(&s, PLAN, "depends_on: [FD-01]", "depends_on: []");
                edit(&s, PLAN, "FD-01: Subtract\n", "FD-01: Subtract\n\n```yaml\ndepends_on: [FD-02]\n```\n");
                s.session("start FD-01 --force").ok();
                work(&s);
                complete(s)
            },
        ),
        case(
            "The one before it is done on another branch only",
            Caught(1, "FD-01"),
            "records are committed, and only those of this branch count",
            || {
                let s = project(&[]);
                s.git("switch --quiet -c elsewhere");
                s.session("start FD-01").ok();
                work(&s);
                s.session("complete --unverified").ok();
                s.git("switch --quiet main");
                let ran = s.session("start FD-02");
                (s, ran)
            },
        ),
        case(
            "The clock is set back, to have been in time",
            Missed,
            "times are those of the machine that ran it; the server that was pushed to has its own",
            || {
                let s = started(&[&format!("`{TESTS}`")]);
                work(&s);
                let mut command = s.session_command("complete");
                completed_by(s, command.env("SESSION_NOW", "2020-01-01T09:00:00Z"))
            },
        ),
    ]
}

#[test]
fn nobody_looked() {
    all(&cases());
}
