//! Whether every commit of a session has evidence for its tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;
use session_core::quote::bare;
use session_core::session::{
    AuditKnown, DocumentPlaces, Finding, Level, Overview, Record, audit, document_path, sort_findings,
};
use session_engine::plugin::bundled_places;
use session_engine::project::{MANIFEST, RECORDS, RecordError, Records, has_plan_name};
use session_repository::Base;
use session_types::{Audit, Audited, AuditedCommit, Recorded, Status};

use super::app::{App, Start};
use super::attributes::ATTRIBUTES;
use super::audit_base::AuditBase;
use super::error::CommandError;
use super::words::count;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditRequest {
    /// Only commits that this one does not have; none for the whole history.
    pub since: Option<String>,
    /// The commit that plugins.toml and the plugins are taken from; none for that of `since`, else for the working tree.
    pub base: Option<String>,
    /// Whether only the very files that were verified count.
    pub strict: bool,
}

/// What was found.
#[derive(Debug)]
pub struct AuditOutcome {
    pub commits: Vec<AuditedCommit>,
    pub findings: Vec<Finding>,
    /// How much was looked at, in words.
    pub looked_at: String,
    /// The root below the top of the repository; empty where it is the top.
    pub below: PathBuf,
    /// Where a finding is an error: the failure that the audit ends with.
    pub failure: Option<CommandError>,
}

/// Compares the history with the records.
///
/// # Errors
/// Where one of them cannot be read. What is found is in the outcome.
pub fn audit_sessions(start: &Start, request: &AuditRequest) -> Result<AuditOutcome, CommandError> {
    let (app, base) = match request.base.as_deref().or(request.since.as_deref()) {
        Some(name) => AuditBase::open(start, name).map(|(app, base)| (app, Some(base)))?,
        None => (App::open(start)?, None),
    };
    let since = match (&request.since, &base) {
        // Behind this there are hashes only.
        (Some(name), Some(base)) if request.base.is_none() || request.base.as_ref() == Some(name) => {
            Some(base.commit().clone().into())
        }
        (Some(name), _) => Some(Base::open(&app.project.root, name)?.commit.into()),
        (None, _) => None,
    };
    let places = base
        .as_ref()
        .map_or_else(|| app.document_places(), |base| base.places.clone())
        .and(bundled_places(start.bundled));
    let Records { sessions: records, damaged, unusable } = Records::read(&app.project)?;
    let mut findings = unread(damaged);
    findings.extend(unusable.into_iter().map(|(session, what)| of_record(session, what)));
    let (open, stuck) = app.open_sessions()?;
    let overview = app.with_documents(Overview { records, open, stuck, ..Overview::default() }, &places)?;
    let evidence = Evidence::of(&app, &overview, &places);
    let audited = look(&app, &overview, &evidence, since)?;
    let policy = base.as_ref().map(|base| base.policy(&app.project, overview.records.values())).transpose()?;
    let known = AuditKnown {
        records: &overview.records,
        open: overview.open.keys().cloned().collect(),
        strict: request.strict,
        part: request.since.is_some(),
        foreign: &evidence.foreign,
        policy: policy.as_ref(),
    };
    findings.extend(audit(&known, &audited));
    if let Some(base) = &base {
        findings.extend(base.changes()?);
    }
    sort_findings(&mut findings);
    let commits = audited.commits.iter().filter(|commit| !commit.checkpoint).count();
    let looked_at =
        format!("{} of {} looked at", count(commits, "commit"), count(overview.records.len(), "recorded session"));
    let below = session_repository::work_tree(&app.project.root)
        .and_then(|top| app.project.root.strip_prefix(top).ok().map(Path::to_owned))
        .unwrap_or_default();
    let failure = failure(&app, &findings, &looked_at, base.as_ref());
    Ok(AuditOutcome { commits: audited.commits, findings, looked_at, below, failure })
}

fn failure(app: &App<'_>, findings: &[Finding], looked_at: &str, base: Option<&AuditBase>) -> Option<CommandError> {
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    if errors.is_empty() {
        return None;
    }
    let sessions: BTreeSet<&str> =
        errors.iter().filter(|finding| finding.file.is_none()).map(|finding| finding.session.as_str()).collect();
    let files: BTreeSet<&str> = errors.iter().filter_map(|finding| finding.file.as_deref()).collect();
    let error = CommandError::new(summary(&sessions, &files)).because(looked_at);
    Some(hinted(error, app, &sessions, &files, base).with("findings", json!(findings)))
}

fn summary(sessions: &BTreeSet<&str>, files: &BTreeSet<&str>) -> String {
    let evidence = (!sessions.is_empty()).then(|| format!("{} without evidence", count(sessions.len(), "session")));
    let changed = (!files.is_empty()).then(|| match files.len() {
        1 => "1 file that decides the audit was changed".to_owned(),
        some => format!("{some} files that decide the audit were changed"),
    });
    evidence.into_iter().chain(changed).collect::<Vec<_>>().join(", and ")
}

fn hinted(
    mut error: CommandError,
    app: &App<'_>,
    sessions: &BTreeSet<&str>,
    files: &BTreeSet<&str>,
    base: Option<&AuditBase>,
) -> CommandError {
    if let (Some(base), false) = (base, files.is_empty()) {
        let paths = files.iter().map(|path| bare(path)).collect::<Vec<_>>().join(" ");
        error = error
            .hint(format!("git diff {}...HEAD -- {paths} shows the change", bare(base.name())))
            .hint("review it and merge it alone: the next audit uses it");
    }
    let Some(first) = sessions.iter().next().map(|first| bare(first)) else { return error };
    if app.project.home.identity.join("shallow").is_file() {
        return error
            .because("this clone is shallow, so it does not hold the commits that records name")
            .hint("git fetch --unshallow (in CI: fetch-depth: 0), then session audit");
    }
    error.hint(format!("session show {first} --evidence{}", if sessions.len() > 1 { ", and so on" } else { "" }))
}

/// A record that cannot be read is no evidence for anything. The other records are still read.
fn unread(damaged: BTreeMap<String, RecordError>) -> Vec<Finding> {
    let finding = |(session, error): (String, RecordError)| {
        let CommandError { message, causes, .. } = error.into();
        let causes: String = causes.iter().map(|cause| format!(": {cause}")).collect();
        of_record(session, format!("{message}{causes}"))
    };
    damaged.into_iter().map(finding).collect()
}

fn of_record(session: String, what: String) -> Finding {
    Finding { level: Level::Error, session, file: None, commit: None, what }
}

/// What the trees leave out that records are evidence for.
struct Evidence {
    /// Files that commits of documents may hold.
    documents: Vec<String>,
    /// By session what its record leaves out rightly, and what is no document.
    without: BTreeMap<String, Vec<String>>,
    foreign: BTreeMap<String, Vec<String>>,
}

impl Evidence {
    fn of(app: &App<'_>, overview: &Overview, places: &DocumentPlaces) -> Self {
        let known: BTreeSet<String> = overview.documents(None).into_iter().collect();
        let plan = app.project.manifest.project.plan.as_deref().map(|plan| plan.trim_end_matches('/'));
        // `init` wrote them on some machine, and the first commits of documents hold them. A record may say so.
        let of_init = |path: &str| {
            let planned = plan.and_then(|plan| path.strip_prefix(plan));
            let planned = planned.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            [MANIFEST, ATTRIBUTES].contains(&path) || planned || has_plan_name(path)
        };
        let is_document = |path: &String| {
            let plain = document_path(path).is_some_and(|plain| plain == *path);
            known.contains(path) || (plain && (places.hold(path) || of_init(path)))
        };
        let (mut without, mut foreign) = (BTreeMap::new(), BTreeMap::new());
        let mut documents = known.clone();
        for (id, record) in &overview.records {
            let left_out = record.verification.without.iter().cloned();
            let left_out = left_out.partition(|path| path == RECORDS || is_document(path));
            let (kept, other): (Vec<String>, Vec<String>) = left_out;
            without.insert(id.clone(), kept);
            foreign.insert(id.clone(), other);
            documents.extend(record.documents.iter().filter(|path| is_document(path)).map(|path| overview.real(path)));
        }
        Self { documents: documents.into_iter().collect(), without, foreign }
    }
}

/// Each repository of the project by itself; records stand in the project's own.
fn look(
    app: &App<'_>,
    overview: &Overview,
    evidence: &Evidence,
    since: Option<String>,
) -> Result<Audited, CommandError> {
    let mut groups: BTreeMap<Option<&str>, Vec<&Record>> = BTreeMap::from([(None, Vec::new())]);
    let elsewhere: Vec<&str> = app
        .project
        .manifest
        .repositories
        .iter()
        .filter(|table| table.path != ".")
        .map(|table| table.name.as_str())
        .collect();
    for name in &elsewhere {
        groups.entry(Some(*name)).or_default();
    }
    for record in overview.records.values() {
        let name = record.repository.as_deref().filter(|name| elsewhere.contains(name));
        groups.entry(name).or_default().push(record);
    }
    let dispatcher = app.dispatcher(None, app.project.home.logs());
    let mut all = Audited::default();
    for (repository, records) in groups {
        let request = Audit {
            // A commit of one repository is none of another.
            since: since.clone().filter(|_| repository.is_none()),
            records: repository.is_none().then(|| RECORDS.to_owned()),
            recorded: records.into_iter().flat_map(|record| recorded(record, &evidence.without)).collect(),
            documents: evidence.documents.clone(),
        };
        let audited = dispatcher.audit(&request, repository)?;
        let audited = audited.ok_or_else(|| {
            CommandError::new("no plugin here knows what the history holds of sessions")
                .hint("list one that handles `audit` in plugins.toml, such as git")
        })?;
        all.commits.extend(audited.commits);
        all.edited.extend(audited.edited);
        all.touched.extend(audited.touched);
        all.laden.extend(audited.laden);
    }
    Ok(all)
}

/// The session as it is recorded, and its earlier attempts.
fn recorded(record: &Record, without: &BTreeMap<String, Vec<String>>) -> Vec<Recorded> {
    let rolled_back = record.status == Status::RolledBack;
    let earlier = record.earlier.iter().map(|earlier| Recorded {
        id: record.id.clone(),
        facts: earlier.facts.clone(),
        rolled_back: true,
        ..Recorded::default()
    });
    let last = Recorded {
        id: record.id.clone(),
        facts: record.facts.clone(),
        documents: without.get(&record.id).cloned().unwrap_or_default(),
        tree: record.verification.after.clone(),
        rolled_back,
    };
    [last].into_iter().chain(earlier).collect()
}
