//! `session audit`: whether every commit of a session has evidence for its tree; for CI.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::ValueEnum;
use serde_json::json;
use session_sdk::{Audit, Audited, Recorded, Status};

use super::app::App;
use super::audit_base::AuditBase;
use super::error::CommandError;
use super::init::ATTRIBUTES;
use super::ui::count;
use crate::effects::{self, Base};
use crate::plugin::bundled_places;
use crate::project::{MANIFEST, RECORDS, RecordError, Records, has_plan_name};
use crate::quote::bare;
use crate::session::{
    AuditKnown, DocumentPlaces, Finding, Level, Overview, Record, audit, document_path, sort_findings,
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  session audit\n  session audit --since origin/main --format github")]
pub(super) struct Args {
    /// Only commits that this one does not have, such as `origin/main`; the whole history where it is left out.
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Take plugins.toml and the plugins from this commit, and name each commit since that changed them. `--since` does so,
    /// too. A branch cannot change what it is judged by, and you need not approve what it brings.
    #[arg(long, value_name = "COMMIT")]
    base: Option<String>,
    /// Only the very files that were verified have evidence: what was rebased or squashed since, rewritten by a hook,
    /// changed while its checks ran, or verified beside files that it does not hold, has none; nor has a session that was
    /// completed with --unverified.
    #[arg(long)]
    strict: bool,
    /// Form of the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    /// Lines that GitHub Actions shows beside the record.
    Github,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let (app, base) = match args.base.as_deref().or(args.since.as_deref()) {
        Some(name) => AuditBase::open(start, name).map(|(app, base)| (app, Some(base)))?,
        None => (App::open(start)?, None),
    };
    let since = match (&args.since, &base) {
        // Behind this there are hashes only.
        (Some(name), Some(base)) if args.base.is_none() || args.base.as_ref() == Some(name) => {
            Some(base.commit().clone().into())
        }
        (Some(name), _) => Some(Base::open(&app.project.root, name)?.commit.into()),
        (None, _) => None,
    };
    let places = base.as_ref().map_or_else(|| app.document_places(), |base| base.places.clone()).and(bundled_places());
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
        strict: args.strict,
        part: args.since.is_some(),
        foreign: &evidence.foreign,
        policy: policy.as_ref(),
    };
    findings.extend(audit(&known, &audited));
    if let Some(base) = &base {
        findings.extend(base.changes()?);
    }
    sort_findings(&mut findings);
    let ui = app.ui();
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    let commits = audited.commits.iter().filter(|commit| !commit.checkpoint).count();
    let said =
        format!("{} of {} looked at", count(commits, "commit"), count(overview.records.len(), "recorded session"));
    if ui.json && errors.is_empty() {
        ui.answer("audit", json!({"commits": audited.commits, "findings": findings}));
        return Ok(());
    }
    if !ui.json {
        let below = effects::work_tree(&app.project.root)
            .and_then(|top| app.project.root.strip_prefix(top).ok().map(Path::to_owned))
            .unwrap_or_default();
        findings.iter().for_each(|finding| ui.out(line(finding, args.format, &below)));
    }
    if errors.is_empty() {
        let all = if commits == 0 { "none that needs evidence" } else { "each has evidence" };
        let unverified = findings.iter().filter(|finding| finding.level == Level::Unverified).count();
        let apart = match (unverified, findings.is_empty()) {
            (_, true) => String::new(),
            (0, _) => ", apart from what is noted".to_owned(),
            (some, _) => format!(", apart from {} completed unverified and what is noted", count(some, "session")),
        };
        ui.say(format!("{said}: {all}{apart}."));
        return Ok(());
    }
    let sessions: BTreeSet<&str> =
        errors.iter().filter(|finding| finding.file.is_none()).map(|finding| finding.session.as_str()).collect();
    let files: BTreeSet<&str> = errors.iter().filter_map(|finding| finding.file.as_deref()).collect();
    let error = CommandError::new(summary(&sessions, &files)).because(said);
    let error = hinted(error, &app, &sessions, &files, base.as_ref());
    Err(error.with("findings", json!(findings)))
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

/// A finding on one line, whatever its record or commit says. `below`: the root below the top of the repository.
fn line(finding: &Finding, format: Format, below: &Path) -> String {
    let Finding { level, session, file, commit, what } = finding;
    let short =
        commit.as_deref().and_then(|commit| commit.get(..7)).map(|commit| format!(" {commit}")).unwrap_or_default();
    let level = match (level, format) {
        (Level::Error, _) => "error",
        (Level::Unverified, Format::Text) => "unverified ",
        (Level::Note, Format::Text) => "note",
        (Level::Unverified | Level::Note, Format::Github) => "warning",
    };
    let about = bare(file.as_ref().unwrap_or(session));
    match format {
        Format::Text => format!("{level:<6}{about}{}: {}", bare(&short), bare(what)),
        Format::Github => {
            let file =
                file.clone().unwrap_or_else(|| below.join(Records::path(session)).to_string_lossy().into_owned());
            let title = property(&format!("{about}{short}"));
            format!("::{level} file={},title={title}::{}", property(&file), message(what))
        }
    }
}

/// The text of a workflow command, as GitHub Actions reads it: on one line, or a title could begin a command of its own.
fn message(text: &str) -> String {
    bare(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which a `,` or a `:` would end.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_command_whatever_it_says() {
        let finding = Finding {
            level: Level::Error,
            session: "X-1,line=9::x\n::add-mask::a".into(),
            file: None,
            commit: Some("12345\n::e".into()),
            what: "50%\r\n::error::forged\u{2028}::stop-commands::x".into(),
        };
        for format in [Format::Text, Format::Github] {
            let line = line(&finding, format, Path::new("app"));
            assert!(!line.contains(['\n', '\r', '\u{2028}']), "{line}");
        }
        let line = line(&finding, Format::Github, Path::new("app"));
        let (properties, text) =
            line.strip_prefix("::error ").and_then(|rest| rest.split_once("::")).expect("a command");
        assert_eq!(properties.matches([',', ':']).count(), 1, "one comma, between file and title: {properties}");
        assert!(properties.starts_with("file=app/docs/sessions/records/X-1%2Cline=9"), "{properties}");
        assert!(text.starts_with("50%25"), "{text}");
    }
}
