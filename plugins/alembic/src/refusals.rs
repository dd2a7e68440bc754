//! What a rollback refuses: revisions that others build on, that nobody would take down, or that this database has never
//! seen. Which revisions are meant is `own_revisions.rs`.

use std::collections::BTreeSet;

use session_sdk::{Context, Error, HistoryRequest, Result, Rollback, Status, facts, log, repository};

use crate::complete::OWN;
use crate::graph::Graph;
use crate::project::{Project, lossy, text_of};
use crate::revision::Revision;
use crate::rollback::tried_before;
use crate::tool::Current;

/// A migration that nobody takes down would leave its tables behind, and no file that says how to remove them.
pub fn refuse_unclaimed(project: Option<&Project>, cx: &Context<Rollback>) -> Result<()> {
    for path in cx.data.back.added.iter().filter(|path| path.ends_with(".py")) {
        if project.is_some_and(|project| project.is_revision(path)) {
            continue;
        }
        // A repository beside the project is out of reach, but for git.
        let beside = path.starts_with("../");
        let here = if beside { None } else { text_of(path)? };
        let text = match (here, &cx.data.back.last) {
            (None, Some(last)) => repository::file_at(last, path)?.map(lossy),
            (text, _) => text,
        };
        let says = |word: &str| text.iter().flat_map(|text| text.lines()).any(|line| line.starts_with(word));
        if !(says("revision") && says("down_revision")) {
            continue;
        }
        let why = match project {
            _ if beside => "it stands beside the project, and alembic is run below it only".to_owned(),
            Some(project) => format!("alembic looks for revisions in {}", project.versions.join(", ")),
            None => "there are no alembic settings for it".to_owned(),
        };
        let what = format!("{path} looks like a migration, and nobody would take it down");
        if cx.data.force {
            log::warn(format!("{what}: {why}"));
            continue;
        }
        let id = &cx.session()?.id;
        let force = format!("take it down by hand, then session rollback {id} --force");
        let config =
            "say `config` in [plugin.config] of alembic in plugins.toml, where all its migrations are in one place";
        let hint = if beside { force } else { format!("{config}\nor {force}") };
        return Err(Error::new(what).because(why).hint(hint));
    }
    Ok(())
}

/// A revision of somebody else that needs one of ours would be left without it.
pub fn refuse_built_upon(own: &[Revision], graph: &Graph) -> Result<()> {
    for mine in own {
        let children = graph.children(&mine.revision, true);
        let other = children.into_iter().find(|child| own.iter().all(|own| own.revision != *child));
        let Some(other) = other.and_then(|id| graph.get(id)) else { continue };
        let session = session_of(&other.path)?;
        let whose = session.as_ref().map_or("no session's".to_owned(), |id| format!("session {id}'s"));
        let hint = match session {
            Some(id) => format!("session rollback {id} first"),
            None => format!("take {} down and remove {} first", other.revision, other.path),
        };
        return Err(Error::new(format!("{} cannot be taken down: {} builds on it", mine.revision, other.revision))
            .because(format!("{} is {whose}", other.path))
            .hint(hint));
    }
    Ok(())
}

/// The session whose commit has added a file.
fn session_of(path: &str) -> Result<Option<String>> {
    let request = HistoryRequest { path: Some(path.to_owned()), merged: true, ..HistoryRequest::default() };
    let commits = repository::history_of(&request)?;
    let id = |message: &str| {
        message.lines().rev().find_map(|line| {
            let id = line.strip_prefix("Session-Id: ").or_else(|| line.strip_prefix("Session-Checkpoint: "))?;
            Some(id.split('/').next().unwrap_or(id).trim().to_owned())
        })
    };
    Ok(commits.last().and_then(|commit| id(&commit.message)))
}

/// What was never seen applied may be applied in another database than this one. Of a session that is not complete nobody
/// could have recorded anything: many a revision is written and taken back before anybody has applied it.
pub fn refuse_unknown(
    own: &[Revision],
    applied: &BTreeSet<&str>,
    current: &Current,
    cx: &Context<Rollback>,
    id: &str,
) -> Result<()> {
    let recorded: Vec<Revision> =
        facts::get(OWN)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let known = |own: &Revision| recorded.iter().any(|known| known.revision == own.revision);
    let missing = own.iter().find(|own| !applied.contains(own.revision.as_str()) && !known(own));
    let asked = cx.session()?.status == Status::Done && !cx.data.force && !tried_before(cx);
    let Some(missing) = missing.filter(|_| asked) else { return Ok(()) };
    Err(Error::new(format!("{} is not applied in {}", missing.revision, current.urls()))
        .because("nothing says that the session was completed with it: this may be another database than the session's")
        .hint(format!(
            "let alembic use the right database, or session rollback {id} --force, where it was never applied"
        )))
}
