//! Bundled plugin `checklist`: runs the checks of a session and collects what people confirmed. What a check says is
//! frozen at start by the host; this plugin decides only whether it holds. What speaks against a check that passed is
//! `command.rs`, `output.rs` and `changes.rs`, which reads lines by `marks.rs`.

mod changes;
mod command;
mod marks;
mod output;

use std::collections::VecDeque;

use changes::Changes;
use serde::Deserialize;
use session_sdk::command::{Child, Command};
use session_sdk::danger::allows;
use session_sdk::{Check, CheckKind, Context, Error, Evidence, Plugin, Result, Summary, Verify, checks, log};

/// `[plugin.config]` of `checklist`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Runs commands of checks that do not name a shell themselves; `sh` where it is not set.
    shell: Option<String>,
    /// How many commands run at once; one where it is not set.
    jobs: Option<usize>,
    /// Limit for one command, such as `90s`, `10m` or `1h`; the host's own where it is not set.
    check_timeout: Option<String>,
    /// Checks that destroy something and run for all that: whole texts, or patterns in which `*` is any text within one
    /// command. The host reads the same key.
    allow: Vec<String>,
}

#[derive(Debug)]
pub struct Checklist {
    shell: String,
    jobs: usize,
    /// Milliseconds.
    timeout: Option<u64>,
    allow: Vec<String>,
}

#[session_sdk::plugin]
impl Plugin for Checklist {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        if config.jobs == Some(0) {
            return Err(Error::new("`jobs = 0` would run nothing").hint("jobs = 1 in [plugin.config] of checklist"));
        }
        Ok(Self {
            shell: config.shell.unwrap_or_else(|| "sh".to_owned()),
            jobs: config.jobs.unwrap_or(1),
            timeout: config.check_timeout.as_deref().map(milliseconds).transpose()?,
            allow: config.allow,
        })
    }

    fn verify(&mut self, cx: &Context<Verify>) -> Result<Summary> {
        let session = cx.session()?;
        let changes = Changes::read(cx.data.diff.as_deref().unwrap_or_default());
        let total = session.checks.len() as u64;
        let mut parts: VecDeque<Part> = VecDeque::new();
        let mut done = 0;
        for (at, check) in session.checks.iter().enumerate() {
            let part = self.begin(at, check, cx, &changes)?;
            parts.push_back(part);
            // In the order of the document, however many run at once.
            while parts.iter().filter(|part| part.runs()).count() >= self.jobs {
                let Some(part) = parts.pop_front() else { break };
                log::progress(done, total, part.text());
                part.end()?;
                done += 1;
            }
        }
        for part in parts {
            log::progress(done, total, part.text());
            part.end()?;
            done += 1;
        }
        log::progress(total, total, "");
        let flags = if cx.data.baseline { Vec::new() } else { changes.flags() };
        Ok(Summary { flags, ..Summary::quiet() })
    }
}

/// Bytes of output that stay with the evidence, from its end; the whole stands in the log.
const TAIL: u64 = 16 << 10;

/// A check that is decided, or runs.
enum Part {
    Passed(Evidence),
    Failed(Evidence),
    Skipped(Evidence),
    Runs(Evidence, Child),
}

impl Checklist {
    fn begin(&self, at: usize, check: &Check, cx: &Context<Verify>, changes: &Changes<'_>) -> Result<Part> {
        if check.kind == CheckKind::Manual {
            return Ok(manual(check, &cx.data));
        }
        let shell = check.shell.as_deref().unwrap_or(&self.shell);
        let directory = check.directory.clone().unwrap_or_else(|| directory(cx));
        let mut evidence = Evidence {
            check: check.text.clone(),
            kind: CheckKind::Command,
            command: vec![shell.to_owned(), "-c".to_owned(), script(check)],
            directory: Some(directory.clone()),
            ..Evidence::default()
        };
        // Before what is known: evidence of an older version may be of one that ran.
        let mut dangers = cx.data.dangers.get(&at).into_iter().flatten();
        if let Some(danger) = dangers.find(|danger| !allows(&self.allow, &danger.text)) {
            evidence.reason = Some(format!("not run: `{}`: {}", danger.command, danger.why));
            return Ok(Part::Skipped(evidence));
        }
        if cx.data.unaffected.contains(&at) {
            evidence.reason = Some(format!("nothing of {} was changed", check.paths.join(", ")));
            return Ok(Part::Skipped(evidence));
        }
        let same = |known: &&Evidence| {
            (&known.check, &known.command, &known.directory)
                == (&evidence.check, &evidence.command, &evidence.directory)
        };
        if let Some(known) = cx.data.known.iter().find(same) {
            return Ok(Part::Passed(known.clone()));
        }
        if !cx.data.baseline {
            evidence.flags.extend(command::flags(check, shell));
            evidence.flags.extend(changes.of_command(check, shell, &directory));
            if cx.data.passed_before.contains(&check.text) {
                evidence.flags.push("it passed before any work, too: it proves nothing of the work".to_owned());
            }
        }
        let mut command = Command::new(shell).args(&evidence.command[1..]).directory(directory);
        command = command.tail().limit(TAIL).repeatable();
        if let Some(timeout) = check.timeout.or(self.timeout) {
            command = command.timeout(timeout);
        }
        Ok(match command.spawn() {
            Ok(child) => Part::Runs(evidence, child),
            Err(error) => Part::Failed(because(evidence, &error)),
        })
    }
}

impl Part {
    const fn runs(&self) -> bool {
        matches!(self, Self::Runs(..))
    }

    fn text(&self) -> &str {
        let (Self::Passed(evidence) | Self::Failed(evidence) | Self::Skipped(evidence) | Self::Runs(evidence, _)) =
            self;
        evidence.check.lines().next().unwrap_or_default()
    }

    /// Waits where it must, and reports.
    fn end(self) -> Result<()> {
        match self {
            Self::Passed(evidence) => checks::passed(&evidence),
            Self::Failed(evidence) => checks::failed(&evidence),
            Self::Skipped(evidence) => checks::skipped(&evidence),
            Self::Runs(evidence, child) => match child.wait() {
                Ok(outcome) => ended(evidence, &outcome).end(),
                Err(error) => checks::failed(&because(evidence, &error)),
            },
        }
    }
}

fn because(evidence: Evidence, error: &Error) -> Evidence {
    Evidence { reason: Some(error.to_string()), flags: Vec::new(), ..evidence }
}

fn ended(mut evidence: Evidence, outcome: &session_sdk::Outcome) -> Part {
    if outcome.planned {
        evidence.reason = Some("not run: this is a dry run".to_owned());
        return Part::Skipped(evidence);
    }
    evidence.exit = outcome.code;
    evidence.milliseconds = Some(outcome.milliseconds);
    let tail = format!("{}{}", outcome.stdout.to_text(), outcome.stderr.to_text());
    if outcome.success() {
        evidence.flags.extend(output::flag(&tail));
        evidence.tail = Some(tail);
        return Part::Passed(evidence);
    }
    evidence.tail = Some(tail);
    // It failed: nobody will take it for a proof.
    evidence.flags.clear();
    evidence.reason = match outcome.code {
        _ if outcome.timed_out => Some("ran out of time; it and all its children were killed".to_owned()),
        None => Some("ended by a signal".to_owned()),
        Some(_) => None,
    };
    Part::Failed(evidence)
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

const TICKED: &str = ", ticked in the task file";

fn manual(check: &Check, verify: &Verify) -> Part {
    let mut evidence = Evidence { check: check.text.clone(), kind: CheckKind::Manual, ..Evidence::default() };
    let ticked = verify.task.as_ref().is_some_and(|task| task.ticked.contains(&check.text));
    let attested = verify.attest.iter().any(|text| text == "*" || text == &check.text);
    // A tick that was taken back confirms nothing any more.
    let by_tick = |known: &Evidence| known.by.as_ref().is_some_and(|by| by.ends_with(TICKED));
    let stands =
        |known: &&Evidence| known.kind == CheckKind::Manual && known.check == check.text && (ticked || !by_tick(known));
    if attested {
        evidence.by = Some(verify.by.clone());
    } else if let Some(known) = verify.known.iter().find(stands) {
        return Part::Passed(known.clone());
    } else if ticked {
        // Whoever ticked it did not say a name: the one who runs the event stands for it.
        evidence.by = Some(format!("{}{TICKED}", verify.by));
    } else {
        evidence.reason = Some("nobody confirmed it".to_owned());
        return Part::Skipped(evidence);
    }
    evidence.agent = verify.agent;
    Part::Passed(evidence)
}

fn milliseconds(text: &str) -> Result<u64> {
    session_sdk::duration::milliseconds(text).ok_or_else(|| {
        Error::new(format!("`{text}` is no length of time"))
            .hint("check-timeout = \"10m\" in [plugin.config] of checklist")
    })
}

#[cfg(test)]
mod tests;
