//! The use cases in one process, with a front that only listens: what they decide, and what they tell. That they come out
//! the same through the binary is tested in `tests/e2e`.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use session_engine::dispatch::{Notice, Watch};
use session_types::Status;
use tempfile::TempDir;

use super::*;

const PLAN: &str = "\
# Three steps

## Session TS-01: First

### Metadata

```yaml
files: [one.txt]
```

### Verification Checklist

- [ ] `test -s one.txt`

## Session TS-02: Second

### Metadata

```yaml
dependencies: TS-01
files: [shared.txt]
```

### Verification Checklist

- [ ] `test -s two.txt`
- [ ] Somebody likes it

## Session TS-03: Third

### Metadata

```yaml
dependencies: TS-01
files: [shared.txt]
```

### Verification Checklist

- [ ] `test -s three.txt`
";

/// Says one thing to every question, and keeps what it is told.
#[derive(Debug, Default)]
struct Listener {
    yes: bool,
    terminal: bool,
    heard: Mutex<Vec<String>>,
}

impl Listener {
    fn hear(&self, text: impl Into<String>) {
        self.heard.lock().unwrap().push(text.into());
    }
}

impl Watch for Listener {
    fn notice(&self, _: &Notice<'_>) {}
}

impl Front for Listener {
    fn warned(&self, text: &str) {
        self.hear(format!("warning: {text}"));
    }

    fn told(&self, text: &str) {
        self.hear(text);
    }

    fn told_by(&self, all: &[(String, Vec<String>)]) {
        all.iter().for_each(|(plugin, texts)| self.hear(format!("{plugin}: {}", texts.join(" / "))));
    }

    fn can_ask(&self) -> bool {
        self.terminal
    }

    fn ask(&self, question: &str) -> bool {
        self.hear(format!("asked: {question}"));
        self.yes
    }

    fn shows(&self, asked: &Approvals<'_>) {
        self.hear(format!("shown: {} commands", asked.commands()));
    }

    fn agrees(&self, _: &Approvals<'_>) -> bool {
        self.ask("approval")
    }

    fn log_to(&self, _: Option<&Path>) {}

    fn may_be_stopped(self: Arc<Self>, _: fn()) {}
}

struct Project {
    folder: TempDir,
    listener: Arc<Listener>,
}

impl Project {
    /// A repository with the plan in its first commit.
    fn planned() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), listener: Arc::default() };
        std::fs::create_dir_all(project.root().join("docs")).unwrap();
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.git(&["config", "user.name", "Kim"]);
        project.git(&["config", "user.email", "kim@example.com"]);
        project.git(&["config", "commit.gpgsign", "false"]);
        project.write("docs/PLAN.md", PLAN);
        project.git(&["add", "."]);
        project.git(&["commit", "--quiet", "-m", "plan"]);
        project
    }

    /// The same, set up.
    fn set_up() -> Self {
        let project = Self::planned();
        let request = InitRequest { name: "Three".to_owned(), ..InitRequest::default() };
        let outcome = project.start("init");
        assert!(matches!(init(&outcome, &request).unwrap().end, InitEnd::SetUp(_)));
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("project")
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.root().join(path), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(self.root()).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn with(&mut self, yes: bool, terminal: bool) {
        self.listener = Arc::new(Listener { yes, terminal, heard: Mutex::default() });
    }

    fn start(&self, command: &'static str) -> Start {
        static CACHE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
        let now: jiff::Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let caller = Caller {
            here: None,
            user: "kim".to_owned(),
            agent: None,
            settings: Some(self.folder.path().join("settings")),
            cache: Some(CACHE.path().to_owned()),
            clock: Clock::Stands(now.to_zoned(jiff::tz::TimeZone::UTC)),
        };
        Start { folder: self.root(), front: self.listener.clone(), caller, command, bundled: session_bundled::PLUGINS }
    }

    fn begin(&self, id: &str) -> Result<StartEnd, CommandError> {
        begin(&self.start("start"), &StartRequest { id: id.to_owned(), ..StartRequest::default() })
            .map(|started| started.outcome.end)
    }

    /// Starts and completes the first session.
    fn first_done(&self) -> Box<Completed> {
        self.begin("TS-01").unwrap();
        self.write("one.txt", "1");
        let outcome = complete(&self.start("complete"), CompleteRequest::default()).unwrap();
        assert_eq!(outcome.uncommitted, None);
        let CompleteEnd::Done(done) = outcome.end else { panic!("{outcome:?}") };
        done
    }

    #[track_caller]
    fn heard(&self, text: &str) {
        let heard = self.listener.heard.lock().unwrap();
        assert!(heard.iter().any(|line| line.contains(text)), "`{text}` is not in {heard:#?}");
    }
}

#[test]
fn a_session_is_started_completed_and_taken_back() {
    let project = Project::set_up();
    let done = project.first_done();
    assert_eq!((done.ready, done.plan_is_finished), (vec!["TS-02".to_owned(), "TS-03".to_owned()], false));
    assert_eq!(done.state.session.status, Status::Done);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let request = RollbackRequest { id: Some("TS-01".to_owned()), ..RollbackRequest::default() };
    let outcome = rollback(&project.start("rollback"), request).unwrap();
    assert!(outcome.undone && outcome.was_done);
    assert_eq!(outcome.session.map(|session| session.status), Some(Status::RolledBack));
    assert!(!project.root().join("one.txt").exists());
}

#[test]
fn a_dry_run_of_complete_says_what_it_would_commit_and_changes_nothing() {
    let project = Project::set_up();
    project.begin("TS-01").unwrap();
    project.write("one.txt", "1");
    let before = project.git(&["rev-parse", "HEAD"]);
    let request = CompleteRequest { dry_run: true, ..CompleteRequest::default() };
    let CompleteEnd::Rehearsed(found) = complete(&project.start("complete"), request).unwrap().end else { panic!() };
    let commits = found
        .planned
        .effects
        .iter()
        .filter(|effect| matches!(effect, session_engine::world::PlannedEffect::Commit { .. }));
    assert!(commits.count() >= 1);
    assert_eq!(project.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn a_failed_check_is_an_error_of_its_kind_with_its_evidence() {
    let project = Project::set_up();
    project.begin("TS-01").unwrap();
    let error = complete(&project.start("complete"), CompleteRequest::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Checks);
    let (name, evidence) = *error.data.unwrap();
    assert_eq!((name, &evidence["checks"][0]["verdict"]), ("verification", &serde_json::json!("failed")));
}

#[test]
fn nothing_of_a_clone_runs_before_a_yes() {
    let mut project = Project::planned();
    let error = project.begin("TS-01").unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotTrusted);
    project.with(false, true);
    let error = project.begin("TS-01").unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotTrusted, "you said no, so nothing ran"));
    project.heard("shown: 3 commands");
    project.with(true, true);
    assert!(matches!(project.begin("TS-01").unwrap(), StartEnd::Started { .. }));
}

#[test]
fn a_dry_run_of_trust_keeps_nothing() {
    let mut project = Project::planned();
    project.with(true, true);
    let request = TrustRequest { dry_run: true, ..TrustRequest::default() };
    assert_eq!(trust(&project.start("trust"), &request).unwrap().end, TrustEnd::Shown);
    assert_eq!(trust(&project.start("trust"), &TrustRequest::default()).unwrap().end, TrustEnd::Approved);
    assert_eq!(trust(&project.start("trust"), &TrustRequest::default()).unwrap().end, TrustEnd::Already);
}

#[test]
fn what_can_start_and_what_may_not_run_together() {
    let project = Project::set_up();
    let before = next(&project.start("next"), None).unwrap();
    assert_eq!(before.ready, ["TS-01"]);
    let waits = |id: &str| (id.to_owned(), vec!["TS-01".to_owned()]);
    assert_eq!(before.waiting, [waits("TS-02"), waits("TS-03")]);
    project.first_done();
    let after = next(&project.start("next"), None).unwrap();
    assert_eq!((after.ready.len(), after.together), (2, vec!["TS-02".to_owned()]));
    let apart = ("TS-02".to_owned(), "TS-03".to_owned(), "shared.txt".to_owned());
    assert_eq!(after.apart, [apart]);
}

#[test]
fn an_open_dependency_is_refused_and_forced_only_with_a_warning() {
    let project = Project::set_up();
    let error = project.begin("TS-02").unwrap_err();
    assert_eq!(error.causes, ["TS-01 is pending"]);
    let request = StartRequest { id: "TS-02".to_owned(), force: true, ..StartRequest::default() };
    begin(&project.start("start"), &request).unwrap();
    project.heard("warning: started although TS-01 is pending");
}

#[test]
fn manual_items_are_asked_for_where_somebody_can_answer() {
    let mut project = Project::set_up();
    project.first_done();
    project.begin("TS-02").unwrap();
    project.write("two.txt", "2");
    project.with(true, true);
    let CompleteEnd::Done(done) = complete(&project.start("complete"), CompleteRequest::default()).unwrap().end else {
        panic!()
    };
    project.heard("asked: Does this hold: Somebody likes it?");
    assert!(done.state.checks.iter().all(|check| check.verdict != session_types::Verdict::Unconfirmed));
}

#[test]
fn an_item_that_nobody_wrote_cannot_be_confirmed() {
    let project = Project::set_up();
    project.begin("TS-01").unwrap();
    let check_options = CheckOptions { attest: vec!["It is fine".to_owned()], ..CheckOptions::default() };
    let error =
        verify(&project.start("verify"), VerifyRequest { check_options, ..VerifyRequest::default() }).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Usage, "no manual item reads `It is fine`"));
}

#[test]
fn a_checkpoint_is_gone_back_to_by_its_number_only_where_it_is_there() {
    let project = Project::set_up();
    project.begin("TS-01").unwrap();
    let to = |number| RollbackRequest { to: RollbackStep::Checkpoint(number), ..RollbackRequest::default() };
    let none = rollback(&project.start("rollback"), to(None)).unwrap_err();
    assert_eq!(none.message, "TS-01 has no checkpoint to go back to");
    project.write("one.txt", "half");
    let request = CheckpointRequest { message: "half".to_owned(), ..CheckpointRequest::default() };
    let outcome = checkpoint(&project.start("checkpoint"), request).unwrap();
    assert_eq!(outcome.checkpoint.map(|taken| taken.number), Some(1));
    let other = rollback(&project.start("rollback"), to(Some(2))).unwrap_err();
    assert_eq!(other.causes, ["there is 1"]);
    project.write("one.txt", "worse");
    let outcome = rollback(&project.start("rollback"), to(Some(1))).unwrap();
    assert_eq!(outcome.session.map(|session| session.status), Some(Status::Active));
    assert_eq!(std::fs::read_to_string(project.root().join("one.txt")).unwrap(), "half");
}

#[test]
fn a_paused_session_goes_on_by_resume_and_nothing_else_needs_a_decision() {
    let project = Project::set_up();
    project.begin("TS-01").unwrap();
    let nothing = resume(
        &project.start("resume"),
        &ResumeRequest { decision: Some(Decision::Retry), ..ResumeRequest::default() },
    );
    assert_eq!(nothing.unwrap_err().kind, ErrorKind::Usage);
    pause(&project.start("pause"), None, false).unwrap();
    let request = ResumeRequest { id: Some("TS-01".to_owned()), ..ResumeRequest::default() };
    let ResumeOutcome::WentOn(outcome) = resume(&project.start("resume"), &request).unwrap() else { panic!() };
    assert!(outcome.resumed);
}

#[test]
fn a_session_is_added_behind_the_one_that_it_waits_for() {
    let project = Project::set_up();
    let request = PlanAddRequest {
        id: "TS-09".to_owned(),
        title: "Ninth".to_owned(),
        checks: vec!["true".to_owned()],
        after: vec!["TS-01".to_owned()],
        ..PlanAddRequest::default()
    };
    let rehearsed = PlanAddRequest { dry_run: true, ..request.clone() };
    let shown = add_to_plan(&project.start("plan"), &rehearsed).unwrap();
    let place = |text: &str, id: &str| text.find(&format!("Session {id}")).unwrap();
    assert!(place(&shown.after, "TS-01") < place(&shown.after, "TS-09"));
    assert!(place(&shown.after, "TS-09") < place(&shown.after, "TS-02"));
    assert_eq!(std::fs::read_to_string(project.root().join("docs/PLAN.md")).unwrap(), PLAN);
    add_to_plan(&project.start("plan"), &request).unwrap();
    let twice = add_to_plan(&project.start("plan"), &request).unwrap_err();
    assert_eq!(twice.message, "TS-09 stands in the plan already");
}

#[test]
fn what_a_person_changed_in_progress_is_a_disagreement_until_it_is_written_anew() {
    let project = Project::set_up();
    project.first_done();
    assert_eq!(find_disagreements(&project.start("status"), None).unwrap().len(), 0);
    let path = "docs/progress/THREE_PROGRESS.md";
    let text = std::fs::read_to_string(project.root().join(path)).unwrap();
    project.write(path, &text.replace("| TS-01 | ✅ Done", "| TS-01 | ⏳ Pending"));
    let found = find_disagreements(&project.start("status"), None).unwrap();
    assert!(
        found.iter().any(|place| place.found.contains("⏳ Pending") && place.expected.contains("✅ Done")),
        "{found:#?}"
    );
    rebuild(&project.start("progress"), false).unwrap();
    assert_eq!(find_disagreements(&project.start("status"), None).unwrap().len(), 0);
}

#[test]
fn the_history_is_audited_against_the_records() {
    let project = Project::set_up();
    project.first_done();
    let clean = audit_sessions(&project.start("audit"), &AuditRequest::default()).unwrap();
    assert!(clean.failure.is_none() && clean.commits.len() == 1, "{clean:#?}");
    std::fs::remove_file(project.root().join("docs/sessions/records/TS-01.json")).unwrap();
    let found = audit_sessions(&project.start("audit"), &AuditRequest::default()).unwrap();
    assert!(found.failure.is_some(), "{found:#?}");
}
