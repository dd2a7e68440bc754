//! `session audit`: whether every commit of a session has evidence for its tree; for CI.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use serde_json::json;
use session_sdk::{Audit, Audited, Recorded, Status};

use super::app::App;
use super::error::CommandError;
use super::ui::count;
use crate::project::{RECORDS, Records};
use crate::session::{AuditKnown, Finding, Level, Overview, Record, audit};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only commits that this one does not have, such as `origin/main`; the whole history where it is left out.
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
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
    let app = App::open(start)?;
    let overview = app.overview_without_plan()?;
    let audited = look(&app, &overview, args.since.as_deref())?;
    let known = AuditKnown {
        records: &overview.records,
        open: overview.open.keys().cloned().collect(),
        strict: args.strict,
        part: args.since.is_some(),
    };
    let findings = audit(&known, &audited);
    let ui = app.ui();
    let errors: BTreeSet<(&str, Option<&str>)> = findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| (finding.session.as_str(), finding.commit.as_deref()))
        .collect();
    let commits = audited.commits.iter().filter(|commit| !commit.checkpoint).count();
    let said =
        format!("{} of {} looked at", count(commits, "commit"), count(overview.records.len(), "recorded session"));
    if ui.json && errors.is_empty() {
        ui.answer("audit", json!({"commits": audited.commits, "findings": findings}));
        return Ok(());
    }
    if !ui.json {
        findings.iter().for_each(|finding| ui.out(line(finding, args.format)));
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
    let sessions: BTreeSet<&str> = errors.iter().map(|(session, _)| *session).collect();
    let (first, more) = (sessions.iter().next().copied().unwrap_or_default(), sessions.len() > 1);
    let error = CommandError::new(format!("{} without evidence", count(sessions.len(), "session"))).because(said);
    let error = if app.project.home.identity.join("shallow").is_file() {
        error
            .because("this clone is shallow, so it does not hold the commits that records name")
            .hint("git fetch --unshallow (in CI: fetch-depth: 0), then session audit")
    } else {
        error.hint(format!("session show {first} --evidence{}", if more { ", and so on" } else { "" }))
    };
    Err(error.with("findings", json!(findings)))
}

/// Each repository of the project by itself; records stand in the project's own.
fn look(app: &App<'_>, overview: &Overview, since: Option<&str>) -> Result<Audited, CommandError> {
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
            since: since.filter(|_| repository.is_none()).map(str::to_owned),
            records: repository.is_none().then(|| RECORDS.to_owned()),
            recorded: records.into_iter().flat_map(recorded).collect(),
            documents: overview.documents(),
        };
        let audited = dispatcher.audit(&request, repository).map_err(|error| {
            let error = CommandError::from(error);
            if since.is_some() {
                error.hint("--since takes a commit, a branch or a tag: git log names them")
            } else {
                error
            }
        })?;
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
fn recorded(record: &Record) -> Vec<Recorded> {
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
        documents: record.verification.without.clone(),
        tree: record.verification.after.clone(),
        rolled_back,
    };
    [last].into_iter().chain(earlier).collect()
}

fn line(finding: &Finding, format: Format) -> String {
    let Finding { level, session, commit, what } = finding;
    let short =
        commit.as_deref().and_then(|commit| commit.get(..7)).map(|commit| format!(" {commit}")).unwrap_or_default();
    let level = match (level, format) {
        (Level::Error, _) => "error",
        (Level::Unverified, Format::Text) => "unverified ",
        (Level::Note, Format::Text) => "note",
        (Level::Unverified | Level::Note, Format::Github) => "warning",
    };
    match format {
        Format::Text => format!("{level:<6}{session}{short}: {what}"),
        Format::Github => {
            // As its workflow commands want it.
            let plain = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
            let file = Records::path(session);
            format!("::{level} file={},title={}{short}::{}", plain(&file), plain(session), plain(what))
        }
    }
}
