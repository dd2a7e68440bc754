//! `session init NAME`: sets a project up. Its user approves the files that it makes and the commands that it prints. A mark
//! in the user's own settings says that it has begun in this clone, so that the same command finishes what was cut off;
//! without it a plugins.toml that is there came from elsewhere, such as a clone, and only `session trust` approves it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::app::{App, Start};
use super::approve::sign;
use super::ask::AskedCommand;
use super::attributes::attributes;
use super::before_init::Before;
use super::error::CommandError;
use super::find_plan::{Found, several};
use super::init_mark::Marker;
use super::trust_screen::{InitScreen, command_lines};
use super::ui::{Ui, count, quoted as shell};
use crate::dispatch::{Finished, Recorder};
use crate::effects::Limit;
use crate::plugin::{DEFAULT, Listing};
use crate::project::{Home, Manifest, Project, ProjectError};
use crate::session::Overview;

/// The file that makes a folder a project.
pub(super) const MANIFEST: &str = "plugins.toml";
/// Where git is told which files it shall merge by this program.
pub(super) const ATTRIBUTES: &str = ".gitattributes";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the project, such as "Pipeline Unification".
    name: String,
    /// The plan; the only one that is found where it is left out, or a starter plan of one session.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Write a starter plan although a file is there that looks like a plan and holds no session.
    #[arg(long, conflicts_with = "plan")]
    starter: bool,
    /// Names of the project's repositories, where it has more than one; a folder of that name below or beside this one
    /// is taken as its path.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    repos: Vec<String>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(start: &Start, args: Args) -> Result<(), CommandError> {
    let folder = start.folder();
    let before = Project::find(&folder)?;
    // The folder one stands in is meant, not the top of the repository around it.
    let root = folder.canonicalize()?;
    // What an earlier run wrote is found as if it had not: it shall come out the same.
    let bare = Project { root: root.clone(), manifest: Manifest::default(), home: Home::of(&root), ..before.clone() };
    let marker = Marker::of(start, &bare)?;
    let begun = marker.read()?;
    if before.has_manifest && (begun.is_none() || before.root != root) {
        let only_starter = args.starter && before.root == root;
        return if only_starter { starter_alone(start, &args) } else { Err(set_up(&before)) };
    }
    if args.name.trim().is_empty() || args.name.contains(['"', '\n', '\\']) {
        return Err(CommandError::usage("that is no name for a project").hint("session init \"Pipeline Unification\""));
    }
    let plugins = Listing::read(&bare).load_all(|_, _| false)?;
    let reader = App::with(start, bare, plugins)?;
    let chosen = choose(&reader, &args, begun.is_some())?;
    let before = &reader.project;
    let manifest = manifest(&args, &root, &chosen);
    if before.has_manifest && before.read(MANIFEST, Limit::MANIFEST)?.as_deref() != Some(manifest.as_bytes()) {
        let error = set_up(before);
        return Err(match begun {
            Some(name) if name != args.name => error
                .because(format!("the init of {name:?} was cut off"))
                .hint(format!("session init {}, as it was begun, finishes it", shell(&name))),
            _ => error,
        });
    }
    let mut written: Vec<(String, String)> = vec![(MANIFEST.to_owned(), manifest)];
    written.extend(chosen.path.clone().zip(chosen.starter.clone()));
    if args.dry_run {
        if start.ui.json {
            let writes: Vec<_> = written.iter().map(|(path, text)| json!({"path": path, "text": text})).collect();
            start.ui.answer("init", json!({"dry_run": true, "writes": writes}));
            return Ok(());
        }
        for (path, text) in &written {
            start.ui.out_lines(format!("write: {path}\n{text}"));
        }
        chosen.report(start, &args.name);
        return Ok(());
    }
    let mut before = Before::of(&root, &reader.project.home);
    let done = marker.write(&args.name).and_then(|()| {
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
    chosen.report(start, &args.name);
    set_up.report(start)
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

fn set_up(project: &Project) -> CommandError {
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

impl Chosen {
    fn report(&self, start: &Start, name: &str) {
        if self.path.is_some() {
            return;
        }
        self.seen.iter().take(5).for_each(|why| start.ui.warn(why));
        start.ui.say("So no plan was written. To begin with a starter plan:");
        start.ui.say(format!("  session init {} --starter", shell(name)));
    }
}

fn choose(app: &App<'_>, args: &Args, begun: bool) -> Result<Chosen, CommandError> {
    let (own, text) = starter_of(&args.name);
    let chosen = |path, starter| Ok(Chosen { path: Some(path), starter, seen: Vec::new() });
    match app.find_plan(args.plan.as_deref())? {
        Found::One(plan) if begun && plan.path == own => {
            let there = app.project.read(&own, Limit::PLAN).ok().flatten();
            let is_ours = there.is_some_and(|there| there == text.as_bytes());
            chosen(own, is_ours.then_some(text))
        }
        Found::One(plan) => chosen(plan.path.clone(), None),
        Found::Several(plans) => Err(several(&plans, &format!("session init {}", shell(&args.name)))),
        Found::None(seen) if seen.is_empty() || args.starter => {
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
fn starter_alone(start: &Start, args: &Args) -> Result<(), CommandError> {
    let app = App::open(start)?;
    let has_plan = app.project.manifest.project.plan.is_some() || !matches!(app.find_plan(None)?, Found::None(_));
    if has_plan {
        return Err(set_up(&app.project));
    }
    let (path, text) = starter_of(&args.name);
    refuse_there(&app, &path)?;
    if args.dry_run {
        app.ui().out_lines(format!("write: {path}\n{text}"));
        return Ok(());
    }
    app.keep_documents(std::slice::from_ref(&path))?;
    app.project
        .write(&path, text.as_bytes())
        .map_err(|e| CommandError::from(e).while_(format!("{path} cannot be written")))?;
    let commands = starter_commands(&app, &path)?;
    if app.ui().json {
        let commands: Vec<_> = commands.iter().map(AskedCommand::json).collect();
        app.ui().answer("init", json!({"root": app.project.root, "documents": [path], "commands": commands}));
    } else {
        app.ui().out(path);
        say_commands(app.ui(), commands.len(), &command_lines(&app, &commands));
        app.ui().say("Next: session next");
    }
    Ok(())
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

fn say_commands(ui: &Ui, number: usize, lines: &[String]) {
    if number > 0 {
        let these = if number == 1 { "This" } else { "These" };
        ui.say(format!("{these} {} may run here now:", count(number, "command")));
        lines.iter().for_each(|line| ui.say_folded(line));
    }
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

fn manifest(args: &Args, root: &Path, chosen: &Chosen) -> String {
    let plan = match &chosen.path {
        Some(path) => format!("plan = {}", quoted(path)),
        None => "# plan = \"docs/MY_PROMPTS.md\"".to_owned(),
    };
    let mut text = format!(
        "# What session-orchestrator does in this project. Who changes it approves it: session trust\n\n\
         [project]\nname = {}\n{plan}\n# checks = [\"cargo test\"]   # run for every session, besides its own\n",
        quoted(&args.name)
    );
    for name in &args.repos {
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
    for name in DEFAULT {
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

/// A project that is set up.
struct SetUp {
    root: PathBuf,
    documents: Vec<String>,
    overview: Overview,
    /// What was approved by this, unless the clone names programs that somebody has to see first.
    commands: Vec<AskedCommand>,
    screen: InitScreen,
}

/// Does what is still to do; `begun`: an earlier run may have done a part of it.
fn finish(
    start: &Start,
    root: &Path,
    written: &[(String, String)],
    begun: bool,
    before: &mut Before,
) -> Result<SetUp, CommandError> {
    let text = written.iter().find(|(path, _)| path == MANIFEST).map(|(_, text)| text.as_str()).unwrap_or_default();
    // Of what was written and is printed, whatever stands in the file by now.
    let manifest = Manifest::parse(text, MANIFEST).map_err(ProjectError::from)?;
    let project =
        Project { root: root.to_owned(), manifest, has_manifest: true, opens_beside: true, home: Home::of(root) };
    let listing = Listing::read(&project);
    let asked = listing.settings(&project);
    let app = App::with(start, project, listing.load_all(|_, _| false)?)?;
    app.warm();
    let logs = app.begin_logs();
    let mut documents: Vec<String> = written.iter().map(|(path, _)| path.clone()).collect();
    let overview = app.overview(None)?;
    app.refuse_damaged(&overview, |_| true)?;
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
    // A plan that nobody has committed yet belongs to the set-up: who clones the project needs it.
    let snapshot = dispatcher.snapshot(documents.clone()).unwrap_or_else(|e| {
        // Outside a repository nothing is committed or not; `start` says so where a plugin needs one.
        tracing::debug!(error = %e, "no snapshot");
        None
    });
    let in_git = crate::effects::work_tree(root).is_some();
    let changed = snapshot.as_ref().map(|snapshot| snapshot.changed.clone()).unwrap_or_default();
    dispatcher.info.branch = snapshot.and_then(|snapshot| snapshot.branch);
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
    let screen = InitScreen::of(&app, &commands);
    if !screen.asks {
        app.trust.change(|approval| {
            approval.settings = Some(asked);
            approval.commands.extend(commands.iter().map(|command| command.digest.clone()));
            sign(&app, approval);
        })?;
    }
    app.register_driver();
    drop(dispatcher);
    Ok(SetUp { root: root.to_owned(), documents, overview, commands, screen })
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

impl SetUp {
    fn report(&self, start: &Start) -> Result<(), CommandError> {
        let Self { root, documents, overview, commands, screen } = self;
        let ui = &start.ui;
        let ready = overview.ready();
        if crate::effects::work_tree(root).is_none() {
            ui.warn("there is no git repository here: git init first, or remove the plugin git from plugins.toml");
        }
        if ui.json {
            let commands: Vec<_> = commands.iter().map(AskedCommand::json).collect();
            let programs: Vec<&str> = screen.programs.iter().skip(1).map(|line| line.trim_start()).collect();
            ui.answer(
                "init",
                json!({
                    "root": root, "documents": documents, "ready": ready, "commands": commands,
                    "approved": !screen.asks, "git_runs": programs,
                }),
            );
            return Ok(());
        }
        documents.iter().for_each(|path| ui.out(path));
        if let Some(plan) = &overview.plan {
            let (errors, warnings) = (plan.errors().len(), plan.document.warnings.len());
            let found = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(found, _)| *found > 0);
            let found: String = found.map(|(found, what)| format!(", {}", count(found, what))).collect();
            let see = if found.is_empty() { "" } else { ": session plan check" };
            let sessions = count(plan.document.sessions.len(), "session");
            ui.say(format!("The plan {} has {sessions}{found}{see}.", plan.path));
        }
        if !screen.asks {
            say_commands(ui, commands.len(), &screen.commands);
        }
        screen.programs.iter().for_each(|line| ui.say_folded(line));
        ui.say("You can edit these files. The first `session complete` commits them.");
        if screen.asks {
            ui.warn(
                "init approved nothing, because the configuration of this clone names programs (above) that git runs",
            );
            ui.say("Read them. If they are yours: session trust");
            return Ok(());
        }
        if let Some(id) = ready.first() {
            ui.say(format!("Next: session start {id}"));
        }
        Ok(())
    }
}
