//! Setting a project up. Its user approves the files that it makes and the commands that it names. A mark in the user's own
//! settings says that it has begun in this clone, so that the same request finishes what was cut off; without it a plugins.toml
//! that is there came from elsewhere, such as a clone, and only `trust` approves it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use session_core::bundle::BundledPlugins;
use session_core::session::Overview;
use session_engine::dispatch::{Finished, Recorder};
use session_engine::plugin::Listing;
use session_engine::project::{Home, MANIFEST, Manifest, Project, ProjectError};
use session_system::Limit;

use super::app::{App, Start};
use super::approve::sign;
use super::ask::AskedCommand;
use super::attributes::{ATTRIBUTES, attributes};
use super::before_init::Before;
use super::error::CommandError;
use super::find_plan::{Found, several};
use super::git_programs::GitPrograms;
use super::init_mark::Marker;
use super::words::quoted as shell;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct InitRequest {
    /// Name of the project.
    pub name: String,
    /// The plan; none for the only one that is found, else for a starter plan.
    pub plan: Option<PathBuf>,
    /// Whether a starter plan is written although a file is there that looks like a plan and holds no session.
    pub starter: bool,
    /// Names of its repositories, where it has more than one.
    pub repositories: Vec<String>,
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct InitOutcome<'s> {
    /// Where no plan was chosen or written: what is said of each file that looks like one and is none.
    pub no_plan: Option<Vec<String>>,
    pub end: InitEnd<'s>,
}

#[derive(Debug)]
pub enum InitEnd<'s> {
    /// Files that would be written, each with its text.
    Rehearsed(Vec<(String, String)>),
    SetUp(Box<SetUp<'s>>),
    /// The project was set up before, and has a starter plan now.
    Starter {
        app: Box<App<'s>>,
        path: String,
        commands: Vec<AskedCommand>,
    },
}

/// A project that is set up.
#[derive(Debug)]
pub struct SetUp<'s> {
    pub app: App<'s>,
    pub documents: Vec<String>,
    pub overview: Overview,
    /// Commands that may run by this, unless nothing was approved.
    pub commands: Vec<AskedCommand>,
    /// Programs that git of this clone runs. Where they are not usual, nothing was approved: somebody has to see them first.
    pub programs: GitPrograms,
    /// It stands in a git repository.
    pub in_git: bool,
}

/// Sets a project up, or finishes that.
///
/// # Errors
/// Where it is set up already or cannot be; then nothing of it stays.
pub fn init<'s>(start: &'s Start, request: &InitRequest) -> Result<InitOutcome<'s>, CommandError> {
    let before = Project::find(&start.folder)?;
    // The folder one stands in is meant, not the top of the repository around it.
    let root = start.folder.canonicalize()?;
    // What an earlier run wrote is found as if it had not: it shall come out the same.
    let bare = Project { root: root.clone(), manifest: Manifest::default(), home: Home::of(&root), ..before.clone() };
    let marker = Marker::of(start, &bare)?;
    let begun = marker.read()?;
    if before.has_manifest && (begun.is_none() || before.root != root) {
        let only_starter = request.starter && before.root == root;
        return if only_starter { starter_alone(start, request) } else { Err(set_up_already(&before)) };
    }
    if request.name.trim().is_empty() || request.name.contains(['"', '\n', '\\']) {
        return Err(CommandError::usage("that is no name for a project").hint("session init \"Pipeline Unification\""));
    }
    let plugins = Listing::read(&bare, start.bundled).load_all(|_, _| false)?;
    let reader = App::with(start, bare, plugins)?;
    let chosen = choose(&reader, request, begun.is_some())?;
    let before = &reader.project;
    let manifest = manifest(request, &root, &chosen, start.bundled);
    if before.has_manifest && before.read(MANIFEST, Limit::MANIFEST)?.as_deref() != Some(manifest.as_bytes()) {
        let error = set_up_already(before);
        return Err(match begun {
            Some(name) if name != request.name => error
                .because(format!("the init of {name:?} was cut off"))
                .hint(format!("session init {}, as it was begun, finishes it", shell(&name))),
            _ => error,
        });
    }
    let mut written: Vec<(String, String)> = vec![(MANIFEST.to_owned(), manifest)];
    written.extend(chosen.path.clone().zip(chosen.starter.clone()));
    let no_plan = chosen.path.is_none().then_some(chosen.seen);
    if request.dry_run {
        return Ok(InitOutcome { no_plan, end: InitEnd::Rehearsed(written) });
    }
    let mut before = Before::of(&root, &reader.project.home);
    let done = marker.write(&request.name).and_then(|()| {
        write(&reader.project, &written, begun.is_some(), &mut before)?;
        finish(start, &root, &written, begun.is_some(), &mut before)
    });
    let set_up = match done {
        Ok(set_up) => set_up,
        Err(error) => {
            marker.take_back();
            before.bring_back();
            return Err(error);
        }
    };
    marker.remove();
    Ok(InitOutcome { no_plan, end: InitEnd::SetUp(Box::new(set_up)) })
}

/// The plan first: a plugins.toml that names a plan which is not there would be a project that does not work.
fn write(
    project: &Project,
    written: &[(String, String)],
    begun: bool,
    before: &mut Before,
) -> Result<(), CommandError> {
    for (path, text) in written.iter().rev() {
        if project.read(path, Limit::PLAN).is_ok_and(|there| there.as_deref() == Some(text.as_bytes())) {
            if begun {
                before.keep_own(path);
            }
            continue;
        }
        before.keep(path);
        project
            .write(path, text.as_bytes())
            .map_err(|e| CommandError::from(e).while_(format!("{path} cannot be written")))?;
    }
    Ok(())
}

fn set_up_already(project: &Project) -> CommandError {
    CommandError::new(format!("{} is set up already", project.root.display()))
        .because(format!("{} is there", project.root.join(MANIFEST).display()))
        .hint("session next, then session start ID")
}

/// What is known of the plan.
struct Chosen {
    path: Option<String>,
    /// Its text, where there is none yet, or where it is the one that was written before the cut.
    starter: Option<String>,
    /// What is said of each file that looks like a plan and is none.
    seen: Vec<String>,
}

fn choose(app: &App<'_>, request: &InitRequest, begun: bool) -> Result<Chosen, CommandError> {
    let (own, text) = starter_of(&request.name);
    let chosen = |path, starter| Ok(Chosen { path: Some(path), starter, seen: Vec::new() });
    match app.find_plan(request.plan.as_deref())? {
        Found::One(plan) if begun && plan.path == own => {
            let there = app.project.read(&own, Limit::PLAN).ok().flatten();
            let is_ours = there.is_some_and(|there| there == text.as_bytes());
            chosen(own, is_ours.then_some(text))
        }
        Found::One(plan) => chosen(plan.path.clone(), None),
        Found::Several(plans) => Err(several(&plans, &format!("session init {}", shell(&request.name)))),
        Found::None(seen) if seen.is_empty() || request.starter => {
            refuse_there(app, &own)?;
            chosen(own, Some(text))
        }
        Found::None(seen) => Ok(Chosen { path: None, starter: None, seen }),
    }
}

/// Never over what somebody wrote.
fn refuse_there(app: &App<'_>, path: &str) -> Result<(), CommandError> {
    if app.project.root.join(path).symlink_metadata().is_err() {
        return Ok(());
    }
    Err(CommandError::new(format!("{path} is there, so no starter plan is written"))
        .hint(format!("session plan check --plan {} says why it is no plan", shell(path))))
}

/// Where the starter plan stands, and what it says.
fn starter_of(name: &str) -> (String, String) {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_uppercase).collect();
    (format!("docs/{}_PROMPTS.md", words.join("_")), starter(name, &prefix(&words)))
}

/// Of a project that is set up and has no plan.
fn starter_alone<'s>(start: &'s Start, request: &InitRequest) -> Result<InitOutcome<'s>, CommandError> {
    let app = App::open(start)?;
    let has_plan = app.project.manifest.project.plan.is_some() || !matches!(app.find_plan(None)?, Found::None(_));
    if has_plan {
        return Err(set_up_already(&app.project));
    }
    let (path, text) = starter_of(&request.name);
    refuse_there(&app, &path)?;
    if request.dry_run {
        return Ok(InitOutcome { no_plan: None, end: InitEnd::Rehearsed(vec![(path, text)]) });
    }
    app.keep_documents(std::slice::from_ref(&path))?;
    app.project
        .write(&path, text.as_bytes())
        .map_err(|e| CommandError::from(e).while_(format!("{path} cannot be written")))?;
    let commands = starter_commands(&app, &path)?;
    Ok(InitOutcome { no_plan: None, end: InitEnd::Starter { app: Box::new(app), path, commands } })
}

/// What the starter plan runs, which may run where the project itself is approved.
fn starter_commands(app: &App<'_>, path: &str) -> Result<Vec<AskedCommand>, CommandError> {
    if !app.programs {
        return Ok(Vec::new());
    }
    let overview = Overview { plan: Some(Arc::new(app.plan(path)?)), ..Overview::default() };
    let commands: Vec<AskedCommand> = app.commands(&overview).into_iter().filter(|command| !command.project).collect();
    app.trust.change(|approval| approval.commands.extend(commands.iter().map(|command| command.digest.clone())))?;
    Ok(commands)
}

/// Initials of the name, or the start of its only word: IDs begin with a letter.
fn prefix(words: &[String]) -> String {
    let initials: String = if words.len() > 1 {
        words.iter().filter_map(|word| word.chars().next()).collect()
    } else {
        words.first().map(|word| word.chars().take(2).collect()).unwrap_or_default()
    };
    let ascii: String = initials.chars().filter(char::is_ascii_alphanumeric).collect();
    if ascii.starts_with(|c: char| c.is_ascii_uppercase()) { ascii } else { format!("S{ascii}") }
}

fn starter(name: &str, prefix: &str) -> String {
    format!(
        "# {name} - Implementation Prompts

> **Project:** {name}

One session to begin with. Each `## Session ID: Title` is one; add more below.

## Session {prefix}-01: First steps

### Metadata

```yaml
session_id: {prefix}-01
dependencies: none
```

### Prompt

```markdown
Write a README.md that says in three sentences what {name} is, for whom, and how to run it.
```

### Verification Checklist

- [ ] `test -s README.md`
- [ ] A newcomer would understand it

### Git Commit

```
docs: say what {name} is
```
"
    )
}

fn manifest(request: &InitRequest, root: &Path, chosen: &Chosen, bundled: BundledPlugins) -> String {
    let plan = match &chosen.path {
        Some(path) => format!("plan = {}", quoted(path)),
        None => "# plan = \"docs/MY_PROMPTS.md\"".to_owned(),
    };
    let mut text = format!(
        "# What session-orchestrator does in this project. Who changes it approves it: session trust\n\n\
         [project]\nname = {}\n{plan}\n# checks = [\"cargo test\"]   # run for every session, besides its own\n",
        quoted(&request.name)
    );
    for name in &request.repositories {
        let beside = root.parent().is_some_and(|parent| parent.join(name).is_dir());
        let path = match () {
            () if root.join(name).is_dir() => name.clone(),
            () if beside => format!("../{name}"),
            () => ".".to_owned(),
        };
        text.push_str(&format!(
            "\n[[repository]]\nname = {}\npath = {}\n# prefix = [\"BE\"]   # sessions whose IDs begin so belong here\n",
            quoted(name),
            quoted(&path)
        ));
    }
    text.push_str(
        "\n# Run in this order; documents are settled in reverse order. A name alone is a plugin inside the binary.\n",
    );
    for name in bundled.names() {
        text.push_str(&format!("[[plugin]]\nname = \"{name}\"\n\n"));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// A string as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Does what is still to do; `begun`: an earlier run may have done a part of it.
fn finish<'s>(
    start: &'s Start,
    root: &Path,
    written: &[(String, String)],
    begun: bool,
    before: &mut Before,
) -> Result<SetUp<'s>, CommandError> {
    let text = written.iter().find(|(path, _)| path == MANIFEST).map(|(_, text)| text.as_str()).unwrap_or_default();
    // Of what was written and is printed, whatever stands in the file by now.
    let manifest = Manifest::parse(text, MANIFEST).map_err(ProjectError::from)?;
    let project =
        Project { root: root.to_owned(), manifest, has_manifest: true, opens_beside: true, home: Home::of(root) };
    let listing = Listing::read(&project, start.bundled);
    let asked = listing.settings(&project);
    let app = App::with(start, project, listing.load_all(|_, _| false)?)?;
    app.warm();
    let logs = app.begin_logs();
    let mut documents: Vec<String> = written.iter().map(|(path, _)| path.clone()).collect();
    let overview = app.overview(None)?;
    app.refuse_damaged(&overview, |_| true)?;
    let dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
    // A plan that is not committed yet belongs to the set-up: a clone of the project needs it.
    let snapshot = dispatcher.snapshot(documents.clone()).unwrap_or_else(|e| {
        // Outside a repository nothing is committed or not; `start` says so where a plugin needs one.
        tracing::debug!(error = %e, "no snapshot");
        None
    });
    let in_git = session_repository::work_tree(root).is_some();
    let changed = snapshot.as_ref().map(|snapshot| snapshot.changed.clone()).unwrap_or_default();
    let dispatcher = dispatcher.on_branch(snapshot.and_then(|snapshot| snapshot.branch));
    let plan = overview.plan.as_ref().map(|plan| plan_files(&app.project, &plan.path)).transpose()?;
    documents.extend(plan.into_iter().flatten().filter(|path| !in_git || changed.contains(&overview.real(path))));
    let unwritten = |error| CommandError::from(error).while_("the documents cannot be written");
    let settle = |dry_run| -> Result<Finished, CommandError> {
        let recorder = Recorder::rehearse(None, app.stamp());
        let mut finished = dispatcher.settle(recorder, "init", &overview, dry_run)?;
        finished.unsettled.take().map_or(Ok(finished), |error| Err(unwritten(error)))
    };
    // What it will write is known before it is there, else it would be lost that these are documents.
    let planned: Vec<String> = settle(true)?.planned.files.into_iter().map(|file| file.path).collect();
    planned.iter().for_each(|path| before.keep(path));
    documents.extend(planned);
    app.keep_documents(&documents)?;
    documents.extend(settle(false)?.written);
    if begun {
        documents.extend(app.init_documents()?.into_iter().filter(|path| path != ATTRIBUTES));
    }
    let mut seen = HashSet::new();
    documents.retain(|path| seen.insert(path.clone()));
    before.keep(ATTRIBUTES);
    documents.extend(attributes(&app, &documents, &changed, &overview)?);
    app.keep_documents(&documents)?;
    // Last of all: one that failed before has approved nothing.
    let commands = app.commands(&overview);
    let programs = GitPrograms::of(&app);
    if programs.are_usual() {
        app.trust.change(|approval| {
            approval.settings = Some(asked);
            approval.commands.extend(commands.iter().map(|command| command.digest.clone()));
            sign(&app, approval);
        })?;
    }
    app.register_driver();
    drop(dispatcher);
    Ok(SetUp { app, documents, overview, commands, programs, in_git })
}

/// Of a plan that is a folder its files: a folder is no document.
fn plan_files(project: &Project, path: &str) -> Result<Vec<String>, CommandError> {
    const MOST: usize = 10_000;
    let door = project.door()?;
    if door.list(path).ok().flatten().is_none() {
        return Ok(vec![path.to_owned()]);
    }
    let (found, _) = door.walk(path, MOST)?;
    Ok(found.into_iter().filter(|(_, entry)| !entry.is_folder && !entry.is_link).map(|(path, _)| path).collect())
}
