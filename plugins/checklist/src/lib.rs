//! Bundled plugin `checklist`: runs the checks of a session and collects what people confirmed. What a check says is
//! frozen at start by the host; this plugin decides only whether it holds.

use serde::Deserialize;
use session_sdk::command::Command;
use session_sdk::{Check, CheckKind, Context, Evidence, Plugin, Result, Summary, Verify, checks, log};

/// `[plugin.config]` of `checklist`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Runs commands of checks that do not name a shell themselves; `sh` where it is not set.
    shell: Option<String>,
}

#[derive(Debug)]
pub struct Checklist {
    config: Config,
}

#[session_sdk::plugin]
impl Plugin for Checklist {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn verify(&mut self, cx: &Context<Verify>) -> Result<Summary> {
        let session = cx.session()?;
        let directory = directory(cx);
        let total = session.checks.len() as u64;
        for (done, check) in (0..).zip(&session.checks) {
            log::progress(done, total, check.text.lines().next().unwrap_or_default());
            match check.kind {
                CheckKind::Command => self.command(check, &directory)?,
                CheckKind::Manual => manual(check, &cx.data)?,
            }
        }
        log::progress(total, total, "");
        Ok(Summary::quiet())
    }
}

/// Bytes of output that stay with the evidence, from its end; the whole stands in the log.
const TAIL: u64 = 16 << 10;

impl Checklist {
    fn command(&self, check: &Check, directory: &str) -> Result<()> {
        let shell = check.shell.as_deref().or(self.config.shell.as_deref()).unwrap_or("sh");
        let mut evidence = Evidence {
            check: check.text.clone(),
            kind: CheckKind::Command,
            command: vec![shell.to_owned(), "-c".to_owned(), script(check)],
            directory: Some(directory.to_owned()),
            ..Evidence::default()
        };
        let command =
            Command::new(shell).args(&evidence.command[1..]).directory(directory).tail().limit(TAIL).repeatable();
        let outcome = match command.output() {
            Ok(outcome) => outcome,
            Err(error) => {
                evidence.reason = Some(error.to_string());
                return checks::failed(&evidence);
            }
        };
        if outcome.planned {
            evidence.reason = Some("not run: this is a dry run".to_owned());
            return checks::skipped(&evidence);
        }
        evidence.exit = outcome.code;
        evidence.milliseconds = Some(outcome.milliseconds);
        evidence.tail = Some(format!("{}{}", outcome.stdout.to_text(), outcome.stderr.to_text()));
        if outcome.success() {
            return checks::passed(&evidence);
        }
        evidence.reason = match outcome.code {
            _ if outcome.timed_out => Some("ran out of time; it and all its children were killed".to_owned()),
            None => Some("ended by a signal".to_owned()),
            Some(_) => None,
        };
        checks::failed(&evidence)
    }
}

/// Setup lines, each of which must succeed, then the command.
fn script(check: &Check) -> String {
    let mut script = String::new();
    for line in &check.setup {
        script.push_str(line);
        script.push_str("\n[ $? -eq 0 ] || exit\n");
    }
    script + &check.text
}

/// The session's working directory in its repository, relative to the root.
fn directory(cx: &Context<Verify>) -> String {
    let session = cx.session.as_ref();
    let name = session.and_then(|s| s.metadata.repository.as_deref());
    let repository = cx.project.repositories.iter().find(|r| Some(r.name.as_str()) == name);
    let root = repository.map_or(".", |r| r.path.as_str());
    match session.and_then(|s| s.metadata.working_directory.as_deref()) {
        Some(below) if root == "." => below.to_owned(),
        Some(below) => format!("{root}/{below}"),
        None => root.to_owned(),
    }
}

fn manual(check: &Check, verify: &Verify) -> Result<()> {
    let mut evidence = Evidence { check: check.text.clone(), kind: CheckKind::Manual, ..Evidence::default() };
    let ticked = verify.task.as_ref().is_some_and(|task| task.ticked.contains(&check.text));
    let attested = verify.attest.iter().any(|text| text == "*" || text == &check.text);
    if attested {
        evidence.by = Some(format!("{} with --attest", verify.by));
    } else if ticked {
        evidence.by = Some(format!("{} in the task file", verify.by));
    } else {
        evidence.reason = Some("nobody confirmed it".to_owned());
        return checks::skipped(&evidence);
    }
    checks::passed(&evidence)
}

#[cfg(test)]
mod tests {
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
        let found =
            verify(&mut host, vec![command("a"), command("b"), command("c"), command("gone")], Verify::default());
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
        assert_eq!(by[0], (Verdict::Passed, Some("Kim in the task file".into())));
        assert_eq!(by[1], (Verdict::Passed, Some("Kim with --attest".into())));
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
}
