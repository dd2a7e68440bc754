//! `rollback`: downgrades the database before git takes the revision files back. The dry run finds out, refuses and shows;
//! the run does what was shown. What becomes of a downgrade that failed is `failure.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Serialize};
use session_sdk::{
    CommandKind, Context, Effect, Error, Result, ResultExt as _, Rollback, Status, Summary, facts, files,
};

use crate::Config;
use crate::failure::{failed, mended};
use crate::graph::{Graph, Target};
use crate::output::{self, blame, masked};
use crate::own_revisions;
use crate::project::{Own, Project, join, revision_of, text_of};
use crate::refusals::{refuse_built_upon, refuse_unclaimed, refuse_unknown};
use crate::revision::{Down, Read, Revision, commits, downgrade, read};
use crate::sql::preview;
use crate::tool::Tool;

/// What was taken down, as JSON: a list of revisions per database, which are named as they are shown.
const DOWN: &str = "migration.down";
/// Lines of SQL per downgrade that are shown.
const SHOWN: usize = 40;

/// What the dry run has found, for the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The program that was there.
    pub program: Vec<String>,
    pub urls: String,
    pub targets: Vec<Target>,
    /// The session's revisions, applied or not.
    pub own: Vec<Revision>,
    /// A failed downgrade leaves nothing behind.
    pub transactional: bool,
    /// The revision files that were there, and a digest of the session's.
    paths: Vec<String>,
    digest: String,
}

/// What is known of the session's revisions before the database is asked.
struct Scene {
    project: Project,
    own: Vec<Own>,
    paths: Vec<String>,
    alembic: Tool,
}

pub fn rollback(config: &Config, cx: &Context<Rollback>) -> Result<Summary> {
    let (scene, confirm) = scene(config, cx)?;
    let Some(mut scene) = scene else { return Ok(Summary { confirm, ..Summary::quiet() }) };
    if cx.dry_run {
        let mut summary = rehearse(&mut scene, cx)?;
        summary.confirm.extend(confirm);
        return Ok(summary);
    }
    let known = cx.data.rehearsed.clone().and_then(|plan| serde_json::from_value::<Plan>(plan).ok());
    let plan = match known {
        Some(plan) if !tried_before(cx) => plan,
        // What an earlier attempt has left is asked anew, and its plan is old.
        _ => scene.plan(cx)?,
    };
    scene.run(&plan, cx)
}

/// None where nothing of alembic's is undone: then nothing is run and nothing is said. Also what a person must know of the
/// revisions that it has only changed.
fn scene(config: &Config, cx: &Context<Rollback>) -> Result<(Option<Scene>, Vec<String>)> {
    let back = &cx.data.back;
    let last = back.last.as_deref();
    let undone = own_revisions::undone(back)?;
    if undone.paths.is_empty() && !back.added.iter().any(|path| path.ends_with(".py")) {
        return Ok((None, Vec::new()));
    }
    let project = Project::find(config, cx, last)?;
    refuse_unclaimed(project.as_ref(), cx)?;
    let Some(project) = project else { return Ok((None, Vec::new())) };
    let mut notes = Vec::new();
    for path in undone.paths.iter().filter(|path| project.is_revision(path) && !back.added.contains(*path)) {
        // One that was moved or removed comes back as it was.
        if files::read(path)?.is_some() {
            notes.push(format!("{path} was changed, not added: what that did to a database where it is applied stays"));
        }
    }
    let mut own = project.own(&back.added, last)?;
    own.retain(|own| undone.is_own(own));
    if own.is_empty() {
        return Ok((None, notes));
    }
    let paths = project.paths()?;
    // One that was renamed since is there under another name.
    if own.iter().any(|own| own.gone) {
        let (graph, _) = project.revisions(&paths)?;
        for own in own.iter_mut().filter(|own| own.gone) {
            own.gone = revision_of(own).is_none_or(|revision| graph.get(&revision.revision).is_none());
        }
    }
    let gone: Vec<&Own> = own.iter().filter(|own| own.gone).collect();
    let scratch = project.brought_back(&gone, &back.added, last)?;
    let alembic = Tool::new(config, &project, scratch);
    Ok((Some(Scene { project, own, paths, alembic }), notes))
}

pub fn tried_before(cx: &Context<Rollback>) -> bool {
    let downgrade =
        |effect: &Effect| matches!(effect, Effect::Ran { argv, .. } if argv.iter().any(|a| a == "downgrade"));
    cx.earlier.iter().any(downgrade)
}

fn rehearse(scene: &mut Scene, cx: &Context<Rollback>) -> Result<Summary> {
    let plan = scene.plan(cx)?;
    if plan.targets.is_empty() {
        let confirm = if is_expected(cx, &plan)? {
            Vec::new()
        } else {
            vec![
                format!("database {}", plan.urls),
                nothing(&plan),
                "is it the right database? in any other one they stay, and their files go".to_owned(),
            ]
        };
        return with(Summary { confirm, ..Summary::new(nothing(&plan)) }, &plan);
    }
    let confirm = scene.shown(&plan)?;
    // Planned, not run: so it is among what a dry run shows.
    for target in &plan.targets {
        scene.alembic.run(CommandKind::Effect, &["downgrade", &target.name()])?;
    }
    let message = format!("takes down {} in {}", taken(&plan).join(", "), plan.urls);
    with(Summary { confirm, ..Summary::new(message) }, &plan)
}

fn nothing(plan: &Plan) -> String {
    let names: Vec<&str> = plan.own.iter().map(|own| own.revision.as_str()).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    format!("{} {are} not applied in {}: nothing to downgrade", names.join(", "), plan.urls)
}

fn down() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let Some(json) = facts::get(DOWN)? else { return Ok(BTreeMap::new()) };
    serde_json::from_str(&json)
        .map_err(|e| Error::new(format!("the fact {DOWN} does not parse")).because(e.to_string()))
}

/// Nobody wonders that they are not applied: the session is not complete, or this very thing was done before.
fn is_expected(cx: &Context<Rollback>, plan: &Plan) -> Result<bool> {
    let down = down()?.remove(&plan.urls).unwrap_or_default();
    let all_down = plan.own.iter().all(|own| down.contains(&own.revision));
    Ok(all_down || cx.session()?.status != Status::Done || tried_before(cx))
}

fn with(summary: Summary, plan: &Plan) -> Result<Summary> {
    let rehearsed = serde_json::to_value(plan).map_err(|e| Error::new(e.to_string()))?;
    Ok(Summary { rehearsed: Some(rehearsed), ..summary })
}

fn taken(plan: &Plan) -> Vec<&str> {
    plan.targets.iter().flat_map(|target| target.takes.iter().map(String::as_str)).collect()
}

impl Scene {
    /// Asks the database, and refuses what cannot or should not be taken down.
    fn plan(&mut self, cx: &Context<Rollback>) -> Result<Plan> {
        let id = cx.session()?.id.clone();
        let (own, graph) = self.graph()?;
        refuse_built_upon(&own, &graph)?;
        let removed = self.removed(cx)?;
        let current = self.alembic.current().map_err(|error| match removed {
            Some(path) => error
                .because(format!("{path} is removed, and nobody has committed that"))
                .hint(format!("git checkout -- {}, then session rollback {id}", session_sdk::shell::path(&path))),
            None => Error {
                hint: error.hint.clone().or_else(|| {
                    Some(format!("let the database answer, or correct its URL, then session rollback {id}"))
                }),
                ..error
            },
        })?;
        let applied = graph.ancestors(current.heads(), true);
        let ids: BTreeSet<&str> = own.iter().map(|own| own.revision.as_str()).collect();
        let up: Vec<&Revision> = own.iter().filter(|own| applied.contains(own.revision.as_str())).collect();
        refuse_unknown(&own, &applied, &current, cx, &id)?;
        self.refuse_raising(&up, &id)?;
        let targets = graph.targets(&ids, &applied).map_err(|revision| {
            Error::new(format!("{revision} cannot be taken down alone"))
                .because("no target of alembic's takes it and nothing else".to_owned())
        })?;
        let env = text_of(&join(&self.project.script, "env.py"))?.unwrap_or_default();
        let leaves_parts = self.own.iter().map(|own| &own.text).chain([&env]).any(|text| commits(text));
        Ok(Plan {
            program: self.alembic.programs.first().cloned().unwrap_or_default(),
            urls: current.urls(),
            targets,
            transactional: current.transactional && !leaves_parts,
            paths: self.paths.clone(),
            digest: self.digest(),
            own,
        })
    }

    /// A revision file that is not there any more, without a commit that says so: alembic may not get along without it.
    fn removed(&self, cx: &Context<Rollback>) -> Result<Option<String>> {
        for path in cx.data.back.uncommitted.iter().filter(|path| self.project.is_revision(path)) {
            if files::read(path)?.is_none() {
                return Ok(Some(path.clone()));
            }
        }
        Ok(None)
    }

    /// The session's revisions, and all there are.
    fn graph(&mut self) -> Result<(Vec<Revision>, Graph)> {
        let (mut graph, unread) = self.project.revisions(&self.paths)?;
        let unreadable = |own: &Own| read(&own.path, &own.text) == Read::Unread;
        if !unread.is_empty() || self.own.iter().any(unreadable) {
            graph = asked(&mut self.alembic, &self.project, &self.own)?;
        } else {
            graph.0.extend(self.own.iter().filter(|own| own.gone).filter_map(revision_of));
        }
        let is_own = |revision: &&Revision| {
            let same = |own: &Own| {
                own.path == revision.path || revision_of(own).is_some_and(|r| r.revision == revision.revision)
            };
            self.own.iter().any(same)
        };
        let own: Vec<Revision> = graph.0.iter().filter(is_own).cloned().collect();
        Ok((own, graph))
    }

    fn digest(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.own.iter().for_each(|own| (&own.path, &own.text, own.gone).hash(&mut hasher));
        format!("{:016x}", hasher.finish())
    }

    fn text(&self, revision: &Revision) -> &str {
        let found = self
            .own
            .iter()
            .find(|own| own.path == revision.path || revision_of(own).is_some_and(|r| r.revision == revision.revision));
        found.map_or("", |own| own.text.as_str())
    }

    fn refuse_raising(&self, up: &[&Revision], id: &str) -> Result<()> {
        for revision in up {
            let what = match downgrade(self.text(revision)).0 {
                Down::Raises => "raises",
                Down::Missing => "is not there",
                Down::Does | Down::Empty | Down::Nothing => continue,
            };
            return Err(Error::new(format!("{} cannot be taken down", revision.revision))
                .because(format!("downgrade() of {} {what}", revision.path))
                .hint(format!("write one: {}", mended(Some(revision), id)?)));
        }
        Ok(())
    }

    /// What a person must see: database, revisions, SQL.
    fn shown(&mut self, plan: &Plan) -> Result<Vec<String>> {
        let mut lines = vec![format!("database {}", plan.urls)];
        // What is behind the link stands outside the project: a person sees what is started.
        lines.extend(self.alembic.behind_link().map(|program| format!("alembic is {program}, behind the link .venv")));
        let several = plan.urls.contains(", ");
        for target in &plan.targets {
            lines.push(format!("alembic downgrade {}", target.name()));
            let (mut body, mut empty) = (Vec::new(), Vec::new());
            for revision in target.takes.iter().filter_map(|id| plan.own.iter().find(|own| own.revision == *id)) {
                lines.push(format!("  takes down {} ({})", revision.title(), revision.path));
                let (down, text) = downgrade(self.text(revision));
                if down == Down::Empty {
                    empty.push(format!(
                        "  ! downgrade() of {} is empty: what it made stays in the database, and alembic forgets it; drop \
                         it by hand before it is made again",
                        revision.revision
                    ));
                } else {
                    body.extend(text.into_iter().map(|line| format!("    {line}")));
                }
            }
            lines.append(&mut empty);
            // The `multidb` template writes its SQL into files of the project.
            let sql = if several { Err("there are several databases".to_owned()) } else { self.sql(target) };
            let mut shown: Vec<String> = match sql {
                Ok(sql) => sql.into_iter().map(|line| format!("  {line}")).collect(),
                Err(why) if body.is_empty() => vec![format!("  alembic cannot show its SQL: {why}")],
                Err(why) => {
                    lines.push(format!("  alembic cannot show its SQL ({why}), so this is downgrade() itself:"));
                    lines.push("  what this loses is not known".into());
                    let may = |line: &String| ["drop_", "delete", "execute"].iter().any(|word| line.contains(word));
                    let mark = |line: String| if may(&line) { format!("  ! {}", line.trim_start()) } else { line };
                    body.into_iter().map(mark).collect()
                }
            };
            let more = shown.len().saturating_sub(SHOWN);
            // What may lose data is never cut off.
            let (mut first, rest) = (shown.drain(..shown.len().min(SHOWN)).collect::<Vec<_>>(), shown);
            let lost: Vec<String> = rest.into_iter().filter(|line| line.starts_with("  ! ")).collect();
            let more = more - lost.len();
            lines.append(&mut first);
            lines.extend(lost);
            if more > 0 {
                lines.push(format!(
                    "  … and {more} lines more: {}",
                    masked(&self.alembic.typed(&["downgrade", &target.range(), "--sql"]))
                ));
            }
        }
        if lines.iter().any(|line| line.starts_with("  ! ")) {
            lines.push("what is marked with ! loses data, or leaves it behind".into());
        }
        Ok(lines)
    }

    /// The SQL of a downgrade, or why there is none: some env.py need a connection, and some changes do.
    fn sql(&mut self, target: &Target) -> Result<Vec<String>, String> {
        let outcome = self
            .alembic
            .run(CommandKind::Query, &["downgrade", &target.range(), "--sql"])
            .map_err(|e| masked(&e.to_string()))?;
        if outcome.success() {
            return Ok(preview(&outcome.stdout.to_text()).iter().map(|line| masked(line)).collect());
        }
        let why = blame(Error::new(""), &outcome).causes.pop().unwrap_or_default();
        let short: String = why.split(['.', ';']).next().unwrap_or_default().chars().take(120).collect();
        Err(short)
    }

    fn run(&mut self, plan: &Plan, cx: &Context<Rollback>) -> Result<Summary> {
        let id = &cx.session()?.id;
        let new = self.paths.iter().find(|path| !plan.paths.contains(path));
        if new.is_some() || self.digest() != plan.digest {
            let what = new.map_or("a revision file of the session has changed".into(), |path| format!("{path} is new"));
            return Err(Error::new("the migrations are others than those that were looked at")
                .because(what)
                .hint(format!("session rollback {id} looks again")));
        }
        let keep = |taken: &[&str]| {
            let mut all = down()?;
            all.entry(plan.urls.clone()).or_default().extend(taken.iter().map(|revision| (*revision).to_owned()));
            let json = serde_json::to_string(&all).map_err(|e| Error::new(e.to_string()))?;
            facts::set(DOWN, &json)
        };
        if plan.targets.is_empty() {
            // An earlier attempt has done it, and did not come to this.
            if tried_before(cx) {
                keep(&plan.own.iter().map(|own| own.revision.as_str()).collect::<Vec<_>>())?;
            }
            return Ok(Summary::new(nothing(plan)));
        }
        self.alembic.programs = vec![plan.program.clone()];
        let mut checked = false;
        for target in &plan.targets {
            let outcome = self.alembic.run(CommandKind::Effect, &["downgrade", &target.name()])?;
            checked = false;
            if !outcome.success() && !outcome.planned {
                failed(&mut self.alembic, plan, target, &outcome, id)?;
                checked = true;
            }
        }
        if !checked {
            self.refuse_left(plan)?;
        }
        let taken = taken(plan);
        keep(&taken)?;
        Ok(Summary::new(format!("took down {} in {}", taken.join(", "), plan.urls)))
    }

    /// Alembic's word that it is done is not enough: `env.py` may have swallowed an error, or stand in a transaction that
    /// nobody committed.
    fn refuse_left(&mut self, plan: &Plan) -> Result<()> {
        let current = self
            .alembic
            .current()
            .context(|| "the downgrade ran, but the database does not say where it stands".into());
        let current = current.map_err(|error| error.hint("session resume goes on"))?;
        let Some(left) = current.heads().find(|head| plan.own.iter().any(|own| own.revision == **head)) else {
            return Ok(());
        };
        Err(Error::new(format!(
            "{left} is still applied in {}, though its downgrade is said to have run",
            current.urls()
        ))
        .because("it was cut off, or env.py has left its transaction uncommitted".to_owned())
        .hint(format!("{} shows where it stands; session resume tries again", self.alembic.look())))
    }
}

/// The graph in alembic's own words, where the files do not say it in literals.
///
/// # Errors
/// Where alembic cannot read them either.
pub fn asked(alembic: &mut Tool, project: &Project, own: &[Own]) -> Result<Graph> {
    let outcome = alembic.run(CommandKind::Query, &["history", "--verbose"])?;
    if !outcome.success() {
        return Err(blame(Error::new("alembic cannot read the revision files"), &outcome));
    }
    let root = format!("{}/", project.root);
    let revisions = output::history(&outcome.stdout.to_text()).into_iter().map(|entry| {
        // One that was brought back lies elsewhere.
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let back = own.iter().find(|own| own.gone && own.path.rsplit('/').next() == Some(name));
        let path = match entry.path.strip_prefix(&root) {
            Some(path) => path.to_owned(),
            None => back.map_or(entry.path.clone(), |own| own.path.clone()),
        };
        let output::Entry { revision, down, depends, labels, message, .. } = entry;
        Revision { revision, down, depends, labels, path, message }
    });
    Ok(Graph(revisions.collect()))
}
