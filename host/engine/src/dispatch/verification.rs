//! Verification as the host has it: the tree before and after the checks, what need not run again, and what must not be
//! missing. What is checked, and how, is the plugins'.

use session_core::grants::path_matches;
use session_core::journal::Entry;
use session_core::session::{CheckResult, Input, Look, SessionState, Stage, is_verified, undecided, verified};
use session_types::{Check, CheckKind, Error, Snapshot, SnapshotRequest, Status, Verdict, Verify, shell};

use super::data::json;
use super::event::{Dispatcher, Request};
use super::pass::Pass;
use super::recorder::RecordError;
use super::stage::Stop;
use super::watch::Notice;
use crate::plugin::Source;
use crate::project::MANIFEST;

/// Bytes of a diff that plugins look through; one that is longer is left out, and said so.
const DIFF: usize = 4 << 20;

impl Dispatcher<'_> {
    /// Runs the verify stage; what stopped it.
    pub(super) fn verification(
        &self,
        pass: &Pass,
        request: &Request<'_>,
        stage: &Stage,
    ) -> Result<Option<Stop>, RecordError> {
        let stands = pass.continuation.as_ref().is_some_and(|before| before.event.verified.is_some());
        let wanted = !stands && !pass.dry_run;
        let before = match wanted.then(|| self.before(pass, request, stage)).flatten() {
            Some(Err(error)) => return Ok(Some((error, false))),
            Some(Ok((snapshot, look))) => {
                pass.record(&Entry::Looked(look.clone()))?;
                Some((snapshot, look))
            }
            None => None,
        };
        let data = self.verify_data(pass, request, before.as_ref().map(|(snapshot, _)| snapshot));
        let stop = self.stage(pass, stage, |_| data.clone())?;
        // What a plugin that broke has not run is no news.
        let flags = if wanted && stop.is_none() { self.speaks_against(pass, request) } else { Vec::new() };
        if let Some((before, look)) = before {
            match self.after(pass, request, &before, &look) {
                Ok(mut look) => {
                    look.flags.extend(flags);
                    pass.record(&Entry::Looked(look))?;
                }
                Err(error) => return Ok(Some((error, false))),
            }
        } else if !flags.is_empty() {
            let by_checks = pass.recorder.borrow().state().as_ref().map(|state| state.by_checks.clone());
            let by_checks = by_checks.unwrap_or_default();
            pass.record(&Entry::Looked(Look { after: true, by_checks, flags, ..Look::default() }))?;
        }
        let complete = match &request.input {
            Input::Complete { .. } if !stands => self.nothing_verifies(pass),
            _ => None,
        };
        if pass.dry_run {
            return Ok(stop.or(complete));
        }
        if let Some(state) = pass.recorder.borrow().state().as_ref().filter(|_| !stands) {
            state.verification.flags.iter().for_each(|flag| pass.notice(&Notice::Flag { flag }));
        }
        let baseline = matches!(request.input, Input::Verify { baseline: true, .. });
        Ok(match stop {
            Some((_, true)) if baseline => None,
            Some(stop) => Some(stop),
            None if baseline => None,
            // What stands was verified, and may be committed already by a version that had no such rule.
            None if stands => self.missing(pass).or_else(|| failed_checks(pass)),
            None => self.missing(pass).or_else(|| failed_checks(pass)).or_else(|| self.not_run(pass)).or(complete),
        })
    }

    /// The tree before the first check; none where nothing is checked by a program or nothing knows the tree.
    fn before(&self, pass: &Pass, request: &Request<'_>, stage: &Stage) -> Option<Result<(Snapshot, Look), Error>> {
        let state = pass.recorder.borrow().state().clone()?;
        let asked = state.session.checks.iter().any(|check| check.kind == CheckKind::Command);
        // What other plugins run is not known beforehand.
        let others =
            stage.steps.iter().any(|step| !matches!(self.setting.plugins[step.plugin].source, Source::Bundled));
        if !asked && !others {
            return None;
        }
        let seen = self.seen(pass, request, true).transpose()?;
        Some(seen.map(|snapshot| {
            let without = request.overview.documents(Some(&state));
            let mut look = Look { without, ..Look::before(&snapshot, &state.by_checks) };
            if snapshot.diff.as_ref().is_some_and(|diff| diff.len() > DIFF) {
                look.flags.push("the diff of the session is too long to be looked through".to_owned());
            }
            look.flags.extend(snapshot.elsewhere.clone());
            (snapshot, look)
        }))
    }

    /// The tree after the last one, and what they changed.
    fn after(&self, pass: &Pass, request: &Request<'_>, before: &Snapshot, look: &Look) -> Result<Look, Error> {
        let after = match self.seen(pass, request, false)? {
            Some(after) if after.branch != before.branch => {
                let name = |branch: &Option<String>| branch.clone().unwrap_or_else(|| "no branch".to_owned());
                let back = before.branch.as_ref().map_or("--detach".to_owned(), |branch| shell::word(branch));
                return Err(Error::new("the branch was switched while the checks ran")
                    .because(format!("it was {}, and now it is {}", name(&before.branch), name(&after.branch)))
                    .hint(format!("git switch {back}, then the same command again")));
            }
            Some(after) => {
                let mut seen = Look::after(before, look, &after);
                if after.head != before.head {
                    seen.flags.push("a commit was made while the checks ran".to_owned());
                }
                seen
            }
            None => Look { after: true, by_checks: look.by_checks.clone(), ..Look::default() },
        };
        if !after.changed.is_empty() {
            let theirs = after.changed.iter().filter(|path| after.by_checks.contains_key(*path)).cloned().collect();
            pass.notice(&Notice::ChangedByChecks { paths: &after.changed, left_out: theirs });
        }
        Ok(after)
    }

    fn seen(&self, pass: &Pass, request: &Request<'_>, diff: bool) -> Result<Option<Snapshot>, Error> {
        let state = pass.recorder.borrow().state().clone();
        let documents = request.overview.documents(state.as_ref());
        // Evidence that holds for nobody knows what is none.
        self.snapshot_for(&SnapshotRequest { documents, diff, ..SnapshotRequest::default() }, state)
    }

    fn verify_data(&self, pass: &Pass, request: &Request<'_>, seen: Option<&Snapshot>) -> serde_json::Value {
        let (Input::Verify { attest, task, .. } | Input::Complete { attest, task, .. }) = &request.input else {
            return serde_json::Value::Null;
        };
        let recorder = pass.recorder.borrow();
        let state = recorder.state().as_ref();
        let by_checks = |path: &&String| state.is_some_and(|state| state.by_checks.contains_key(*path));
        let own = seen.and_then(|seen| seen.own.as_ref());
        let diff = seen.and_then(|seen| seen.diff.as_ref());
        json(&Verify {
            task: task.clone(),
            attest: attest.clone(),
            by: self.setting.by.clone(),
            agent: self.setting.agent,
            known: state.map(SessionState::known).unwrap_or_default(),
            baseline: matches!(request.input, Input::Verify { baseline: true, .. }),
            passed_before: state.map(|state| state.passed_before.clone()).unwrap_or_default(),
            unaffected: match (own, state) {
                (Some(own), Some(state)) => unaffected(&state.session.checks, own),
                _ => Vec::new(),
            },
            changed: own.map(|own| own.iter().filter(|path| !by_checks(path)).cloned().collect()),
            diff: diff.filter(|diff| diff.len() <= DIFF).cloned(),
            documents: request.overview.documents(state),
            dangers: state.map(|state| self.dangers(&state.session)).unwrap_or_default(),
        })
    }

    /// What is done without a check is a claim: it is completed only where a person says so, on record. In a dry run a
    /// command may pass later.
    fn nothing_verifies(&self, pass: &Pass) -> Option<Stop> {
        let recorder = pass.recorder.borrow();
        let state = recorder.state().as_ref()?;
        let may_pass = pass.dry_run && state.checks.iter().any(|check| check.evidence.kind == CheckKind::Command);
        if may_pass || is_verified(&state.checks) || state.verification.unverified.is_some() {
            return None;
        }
        let source = state.session.source.as_ref().map(|source| source.path.as_str());
        Some((unverified(&state.session.checks, source), true))
    }

    /// Checks that destroy something and are not allowed: nothing is verified without them.
    fn not_run(&self, pass: &Pass) -> Option<Stop> {
        let recorder = pass.recorder.borrow();
        Some((self.refused_checks(&recorder.state().as_ref()?.session)?, true))
    }

    /// What the host can tell by itself, and no plugin: another one may stand where the one that ran the checks was.
    fn speaks_against(&self, pass: &Pass, request: &Request<'_>) -> Vec<String> {
        if matches!(request.input, Input::Verify { baseline: true, .. }) {
            return Vec::new();
        }
        let recorder = pass.recorder.borrow();
        let Some(state) = recorder.state().as_ref() else { return Vec::new() };
        let mut flags = undecided(&state.session.checks, &state.checks);
        // Not by the session's diff: on the clone that `init` ran on, plugins.toml is a document.
        if state.settings.as_ref().is_some_and(|settings| *settings != self.setting.project.manifest.digest) {
            flags.push(format!("{MANIFEST} was changed since start, which says what counts as verified"));
        }
        let open = |id: &&String| request.overview.status(id) != Status::Done;
        let open = state.session.dependencies.iter().map(|dependency| &dependency.id).filter(open);
        flags.extend(open.map(|id| format!("it depends on {id}, which is not done")));
        flags
    }

    /// What the project requires and is not there.
    fn missing(&self, pass: &Pass) -> Option<Stop> {
        let recorder = pass.recorder.borrow();
        let checks = &recorder.state().as_ref()?.checks;
        let project = &self.setting.project.manifest.project;
        let ran = |check: &CheckResult| {
            check.evidence.kind == CheckKind::Command && matches!(check.verdict, Verdict::Passed | Verdict::Failed)
        };
        if project.require_checks && !checks.iter().any(ran) {
            let error = Error::new("no check was run, and plugins.toml requires one (`require-checks`)")
                .hint("add a check to the plan, then session complete --accept-checks");
            return Some((error, true));
        }
        let open = |check: &&CheckResult| {
            check.verdict == Verdict::Unconfirmed || (check.verdict == Verdict::Attested && check.evidence.agent)
        };
        let open: Vec<&CheckResult> = checks.iter().filter(open).collect();
        if project.require_manual && !open.is_empty() {
            let error =
                Error::new("no person has confirmed manual items, and plugins.toml requires it (`require-manual`)");
            let error = open.iter().fold(error, |error, check| error.because(check.evidence.check.clone()));
            return Some((
                error.hint("session complete --attest ITEM, typed by a person, or a tick in the task file"),
                true,
            ));
        }
        None
    }
}

/// Nothing verifies a session: what would.
fn unverified(checks: &[Check], source: Option<&str>) -> Error {
    let mut hints = Vec::new();
    if let Some(item) = checks.iter().find(|check| check.kind == CheckKind::Manual) {
        hints.push(format!(
            "session complete --attest {} confirms a manual item, and so does a tick in the task file",
            shell::word(&item.text)
        ));
    }
    if let Some(source) = source {
        let source = shell::path(source);
        hints.push(format!("write a check into {source}, then session complete --accept-checks"));
    }
    hints.push(format!(
        "checks = [\"…\"] in [project] of {MANIFEST} gives every session one, then session complete --accept-checks"
    ));
    hints.push("session complete --unverified completes it without any, on record".to_owned());
    Error::new("nothing verifies it: no check ran and passed, and no manual item is confirmed").hint(hints.join("\n"))
}

/// Checks that look at paths of which none was changed.
fn unaffected(checks: &[Check], changed: &[String]) -> Vec<usize> {
    let touched =
        |check: &Check| check.paths.iter().any(|pattern| changed.iter().any(|path| path_matches(pattern, path)));
    let limited = checks.iter().enumerate().filter(|(_, check)| !check.paths.is_empty());
    limited.filter(|(_, check)| !touched(check)).map(|(at, _)| at).collect()
}

fn failed_checks(pass: &Pass) -> Option<Stop> {
    let recorder = pass.recorder.borrow();
    let checks = &recorder.state().as_ref()?.checks;
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
    let what = if failed == 1 { "a check failed".to_owned() } else { format!("{failed} checks failed") };
    (failed > 0).then(|| (Error::new(what).because(verified(checks)), true))
}
