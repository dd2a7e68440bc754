//! `start`, `verify` and `complete`: a look at the database, a look at the heads, and what of alembic the session leaves.
//! None of them changes the project's database; `start` asks it, and `complete` where there is a scratch database to try on.

use session_sdk::{
    CheckKind, CommandKind, Complete, Context, Error, Evidence, Result, Start, Summary, Verify, checks, facts, log,
    repository,
};

use crate::Config;
use crate::graph::Graph;
use crate::output::masked;
use crate::own_revisions;
use crate::project::{Own, Project, revision_of};
use crate::reversible::{by_text, tried};
use crate::revision::Revision;
use crate::rollback::asked;
use crate::tool::Tool;

/// Revisions that the session has added, as JSON: a list of `revision`, `down`, `path`.
pub const OWN: &str = "migration.own";
const LOOK: u64 = 20_000;
const CHECK: &str = "one alembic head";

/// In the dry run only, which every start begins with: one look is enough, and it changes nothing.
pub fn start(config: &Config, cx: &Context<Start>) -> Result<Summary> {
    if !cx.dry_run {
        return Ok(Summary::quiet());
    }
    let project = match Project::find(config, cx, None) {
        Ok(Some(project)) => project,
        Ok(None) => return Ok(Summary::quiet()),
        Err(error) => {
            log::warn(masked(&error.to_string()));
            return Ok(Summary::quiet());
        }
    };
    let mut alembic = Tool::new(config, &project, [].into()).within(LOOK);
    if let Err(error) = alembic.current() {
        log::warn(format!("{}; a rollback of this session's migrations will need it", masked(&error.to_string())));
    }
    Ok(Summary::quiet())
}

pub fn verify(config: &Config, cx: &Context<Verify>) -> Result<Summary> {
    let changed = cx.data.changed.as_deref().unwrap_or_default();
    if !changed.iter().any(|path| path.ends_with(".py")) {
        return Ok(Summary::quiet());
    }
    let Some(project) = Project::find(config, cx, None)? else { return Ok(Summary::quiet()) };
    if !changed.iter().any(|path| project.is_revision(path)) {
        return Ok(Summary::quiet());
    }
    // It holds for the tree that it was taken for, as all evidence does.
    if let Some(known) = cx.data.known.iter().find(|known| known.check == CHECK) {
        checks::passed(known)?;
        return Ok(Summary::quiet());
    }
    let own = added(&project, changed)?;
    let (graph, _) = project.revisions(&project.paths()?)?;
    let mut alembic = Tool::new(config, &project, [].into());
    let mut evidence = Evidence { check: CHECK.into(), kind: CheckKind::Command, ..Evidence::default() };
    let ran = alembic.run(CommandKind::Query, &["heads"]);
    evidence.command = alembic.fit(&["heads"]);
    evidence.directory = Some(project.folder.clone()).filter(|folder| !folder.is_empty());
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(error) => {
            evidence.reason = Some(error.to_string());
            return checks::failed(&evidence).map(|()| Summary::quiet());
        }
    };
    evidence.exit = outcome.code;
    evidence.milliseconds = Some(outcome.milliseconds);
    let tail = format!("{}{}", outcome.stdout.to_text(), outcome.stderr.to_text());
    evidence.tail = Some(masked(tail.trim_end())).filter(|tail| !tail.is_empty());
    if !outcome.success() {
        checks::failed(&evidence)?;
        return Ok(Summary::quiet());
    }
    let own: Vec<String> = own.iter().filter_map(revision_of).map(|revision| revision.revision).collect();
    match forked(&graph, &own) {
        Some(heads) => {
            let merge = alembic.typed(&["merge", "-m", "\"merge heads\""]);
            let list = heads.join(" ");
            evidence.reason = Some(format!("{} heads of one base: {list}; {merge} {list} joins them", heads.len()));
            checks::failed(&evidence)?;
        }
        None => checks::passed(&evidence)?,
    }
    Ok(Summary::quiet())
}

/// Heads that share a base with one of ours and bear no label: whoever runs `upgrade head` is refused then. None where
/// there is at most one.
fn forked(graph: &Graph, own: &[String]) -> Option<Vec<String>> {
    let bases = |revision: &Revision| -> Vec<String> {
        let all = graph.ancestors([revision.revision.as_str()], false);
        let first = |id: &&&str| graph.get(id).is_some_and(|known| known.down.is_empty());
        all.iter().filter(first).map(|id| (*id).to_owned()).collect()
    };
    // A label holds for all that builds on the revision that bears it.
    let labels = |revision: &Revision| {
        let all = graph.ancestors([revision.revision.as_str()], false);
        all.iter().filter_map(|id| graph.get(id)).flat_map(|known| known.labels.clone()).collect::<Vec<_>>()
    };
    let heads = graph.heads();
    heads.iter().filter(|head| own.contains(&head.revision) && head.labels.is_empty()).find_map(|mine| {
        let (roots, named) = (bases(mine), labels(mine));
        let rival = |head: &&&Revision| {
            let apart = head.revision != mine.revision && labels(head).iter().any(|label| !named.contains(label));
            head.revision == mine.revision || (!apart && bases(head).iter().any(|base| roots.contains(base)))
        };
        let rivals: Vec<String> = heads.iter().filter(rival).map(|head| head.revision.clone()).collect();
        (rivals.len() > 1).then_some(rivals)
    })
}

/// Of these paths the revision files that were not there when the session began.
fn added(project: &Project, paths: &[String]) -> Result<Vec<Own>> {
    let base = facts::get("git.base")?.unwrap_or_default();
    let base = base.split_whitespace().next();
    let mut own = project.own(paths, None)?;
    let mut old = Vec::new();
    for own in &own {
        if let Some(base) = base
            && repository::file_at(base, &own.path)?.is_some()
        {
            old.push(own.path.clone());
        }
    }
    own.retain(|own| !old.contains(&own.path));
    if let Some(base) = base {
        own_revisions::since(base, &mut own, paths)?;
    }
    Ok(own)
}

/// Nothing that is kept comes from the project's database. It is asked only whether it is the scratch one.
pub fn complete(config: &Config, cx: &Context<Complete>) -> Result<Summary> {
    let files = facts::get("files")?.unwrap_or_default();
    let changed: Vec<String> = files.lines().filter(|path| path.ends_with(".py")).map(str::to_owned).collect();
    if changed.is_empty() {
        return Ok(Summary::quiet());
    }
    let Some(project) = Project::find(config, cx, None)? else { return Ok(Summary::quiet()) };
    let own = added(&project, &changed)?;
    if own.is_empty() {
        return Ok(Summary::quiet());
    }
    let (mut graph, unread) = project.revisions(&project.paths()?)?;
    if !unread.is_empty() {
        match asked(&mut Tool::new(config, &project, [].into()), &project, &own) {
            Ok(all) => graph = all,
            // What is read is kept; a rollback reads the files again.
            Err(error) => log::warn(format!("{} is not read: {}", unread.join(", "), masked(&error.to_string()))),
        }
    }
    let known = |own: &Own| graph.0.iter().find(|revision| revision.path == own.path).cloned();
    let revisions: Vec<Revision> = own.iter().filter_map(known).collect();
    let json = serde_json::to_string(&revisions).map_err(|e| Error::new(e.to_string()))?;
    facts::set(OWN, &json)?;
    let names: Vec<String> = revisions.iter().map(|revision| revision.revision.clone()).collect();
    let names = names.join(", ");
    let reversible = match by_text(&own) {
        Some(no) => no,
        // Nothing is changed in a dry run, the scratch database neither.
        None if cx.dry_run => return Ok(Summary::new(format!("adds {names}"))),
        None => tried(config, &project, &graph, &revisions),
    };
    let said = reversible.said();
    Ok(Summary::new(format!("adds {names}; {said}")).with("reversible", said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(id: &str, down: &[&str], labels: &[&str]) -> Revision {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        Revision { revision: id.into(), down: list(down), labels: list(labels), ..Revision::default() }
    }

    #[test]
    fn a_fork_is_one_where_the_base_is_shared_and_nothing_is_labelled() {
        let base = || vec![revision("a", &[], &[]), revision("x", &["a"], &[])];
        let with = |more: Revision| Graph([base(), vec![more]].concat());
        let own = ["o".to_owned()];
        assert_eq!(forked(&with(revision("o", &["a"], &[])), &own), Some(vec!["x".into(), "o".into()]));
        assert_eq!(forked(&with(revision("o", &["x"], &[])), &own), None, "one head");
        assert_eq!(forked(&with(revision("o", &["a"], &["shop"])), &own), None, "a label of its own");
        assert_eq!(forked(&with(revision("o", &[], &[])), &own), None, "another base");
        assert_eq!(forked(&with(revision("o", &["a"], &[])), &["x".to_owned()]), Some(vec!["x".into(), "o".into()]));
        assert_eq!(forked(&with(revision("o", &["a"], &[])), &[]), None, "not of this session");
    }
}
