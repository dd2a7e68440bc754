//! The plugin against a host in memory.

use session_sdk::danger::Danger;
use session_sdk::testing::{Host, context, may_run_twice, survives_cuts, survives_kills};
use session_sdk::{Event, Outcome, Task, Verdict};

use super::*;

fn command(text: &str) -> Check {
    Check { kind: CheckKind::Command, text: text.into(), ..Check::default() }
}

fn manual(text: &str) -> Check {
    Check { text: text.into(), ..Check::default() }
}

fn verify(host: &mut Host, checks: Vec<Check>, data: Verify) -> Vec<(Verdict, Evidence)> {
    let mut cx = context(Event::Verify, data);
    if let Some(session) = cx.session.as_mut() {
        session.checks = checks;
        session.metadata.working_directory = Some("web".into());
    }
    let _: Summary = host.run::<Checklist, _, _>(&cx).expect("verification itself was possible");
    host.world().checks.clone()
}

fn exits(host: &mut Host, command: &str, code: Option<i32>) {
    host.set(|world| _ = world.commands.insert(command.into(), Outcome { code, ..Outcome::default() }));
}

#[test]
fn the_exit_code_decides() {
    let mut host = Host::default();
    exits(&mut host, "sh -c a", Some(0));
    exits(&mut host, "sh -c b", Some(7));
    exits(&mut host, "sh -c c", None);
    let found = verify(&mut host, vec![command("a"), command("b"), command("c"), command("gone")], Verify::default());
    let verdicts: Vec<_> = found.iter().map(|(verdict, _)| *verdict).collect();
    assert_eq!(verdicts, [Verdict::Passed, Verdict::Failed, Verdict::Failed, Verdict::Failed]);
    assert_eq!((found[1].1.exit, found[0].1.directory.as_deref()), (Some(7), Some("web")));
    assert!(found[3].1.reason.as_deref().is_some_and(|why| why.contains("gone")), "{:?}", found[3]);
}

#[test]
fn a_setup_line_that_fails_fails_the_check() {
    let check = Check { setup: vec!["cd sub # there".into()], ..command("make") };
    assert_eq!(script(&check), "cd sub # there\n[ $? -eq 0 ] || exit\nmake");
}

#[test]
fn manual_items_need_somebody() {
    let task = Task { ticked: vec!["seen".into()], ..Task::default() };
    let data = Verify { task: Some(task), attest: vec!["said".into()], by: "Kim".into(), ..Verify::default() };
    let found = verify(&mut Host::default(), vec![manual("seen"), manual("said"), manual("open")], data);
    let by: Vec<_> = found.iter().map(|(verdict, e)| (*verdict, e.by.clone())).collect();
    assert_eq!(by[0], (Verdict::Passed, Some("Kim, ticked in the task file".into())));
    assert_eq!(by[1], (Verdict::Passed, Some("Kim".into())));
    assert_eq!(by[2], (Verdict::Skipped, None));
}

/// Checks may run again, so nothing is in doubt; and each verdict stands once.
#[test]
fn a_verification_that_is_cut_off_comes_to_the_same() {
    let make = || {
        let mut host = Host::default();
        for (command, code) in [("a", Some(0)), ("b", Some(7)), ("c", None)] {
            exits(&mut host, &format!("sh -c {command}"), code);
        }
        host
    };
    let task = Task { ticked: vec!["seen".into()], ..Task::default() };
    let data = Verify { task: Some(task), by: "Kim".into(), ..Verify::default() };
    let mut cx = context(Event::Verify, data);
    if let Some(session) = cx.session.as_mut() {
        session.checks =
            vec![command("a"), manual("seen"), command("b"), command("c"), command("gone"), manual("open")];
    }
    assert_eq!(survives_kills::<Checklist, _, Summary>(make, &cx).cases, 0, "no effect");
    let tried = survives_cuts::<Checklist, _, Summary>(make, &cx);
    // Three commands, each with its end and its verdict, one that is not there, and two manual items.
    assert_eq!((tried.cases, tried.doubts.len()), (1 + 2 * (3 * 3 + 2 + 2), 0));
    may_run_twice::<Checklist, _, Summary>(make, &cx);
}

/// What is allowed is compared with the text, and evidence of a run before counts for nothing.
#[test]
fn a_check_that_destroys_something_is_skipped_unless_it_is_allowed() {
    let danger =
        |text: &str| Danger { command: text.into(), why: "it does".into(), text: text.into(), ..Danger::default() };
    let run = |allow: &[&str], known: Vec<Evidence>| {
        let mut host = Host::default();
        exits(&mut host, "sh -c git push", Some(0));
        exits(&mut host, "sh -c b", Some(0));
        let dangers = [(0, vec![danger("git push")])].into();
        let mut cx = context(Event::Verify, Verify { dangers, known, ..Verify::default() });
        cx.config = serde_json::json!({ "allow": allow });
        if let Some(session) = cx.session.as_mut() {
            session.checks = vec![command("git push"), command("b")];
        }
        let _: Summary = host.run::<Checklist, _, _>(&cx).expect("verification itself was possible");
        host.world().checks.clone()
    };
    let verdicts = |found: &[(Verdict, Evidence)]| found.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>();
    let refused = run(&[], Vec::new());
    assert_eq!(verdicts(&refused), [Verdict::Skipped, Verdict::Passed]);
    assert_eq!(refused[0].1.reason.as_deref(), Some("not run: `git push`: it does"));
    let allowed = run(&["git *"], Vec::new());
    assert_eq!(verdicts(&allowed), [Verdict::Passed, Verdict::Passed]);
    assert_eq!(verdicts(&run(&[], vec![allowed[0].1.clone()])), [Verdict::Skipped, Verdict::Passed], "it ran before");
}
