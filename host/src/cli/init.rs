//! `session init NAME`: sets a project up. Whoever makes the files trusts them. A marker in the state folder says that
//! it has begun, so that the same command finishes what was cut off; without the marker a plugins.toml that is there
//! came from elsewhere, such as a clone, and only `session trust` approves it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::app::{App, Start};
use super::error::CommandError;
use super::ui::count;
use crate::dispatch::{Finished, Recorder};
use crate::effects::{DRIVER, Files, Versions};
use crate::plugin::{DEFAULT, Trust, asks, load};
use crate::project::{Home, Manifest, PlanPathError, Project, RECORDS, find_plan};

/// The file that makes a folder a project.
const MANIFEST: &str = "plugins.toml";
/// Where git is told which files it shall merge by this program.
const ATTRIBUTES: &str = ".gitattributes";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the project, such as "Pipeline Unification".
    name: String,
    /// The plan; the only docs/**/*PROMPTS*.md where it is left out, or a starter plan of one session.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
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
    let marker = Marker::of(&root);
    let begun = marker.read();
    if before.has_manifest && (begun.is_none() || before.root != root) {
        return Err(set_up(&before));
    }
    if args.name.trim().is_empty() || args.name.contains(['"', '\n', '\\']) {
        return Err(CommandError::usage("that is no name for a project").hint("session init \"Pipeline Unification\""));
    }
    // What an earlier run wrote is found as if it had not: it shall come out the same.
    let before = Project { root: root.clone(), manifest: Manifest::default(), ..before };
    let (plan, starter) = plan(&before, &args, begun.is_some())?;
    let manifest = manifest(&args, &root, &plan);
    if before.has_manifest && std::fs::read(root.join(MANIFEST))? != manifest.as_bytes() {
        let error = set_up(&before);
        return Err(match begun {
            Some(name) if name != args.name => error
                .because(format!("the init of {name:?} was cut off"))
                .hint(format!("session init {name:?}, as it was begun, finishes it")),
            _ => error,
        });
    }
    let mut written: Vec<(String, String)> = vec![(MANIFEST.to_owned(), manifest)];
    written.extend(starter.map(|text| (plan.clone(), text)));
    if args.dry_run {
        if start.ui.json {
            let writes: Vec<_> = written.iter().map(|(path, text)| json!({"path": path, "text": text})).collect();
            start.ui.answer("init", json!({"dry_run": true, "writes": writes}));
            return Ok(());
        }
        for (path, text) in &written {
            start.ui.out(format!("write: {path}\n{text}"));
        }
        return Ok(());
    }
    marker.write(&args.name)?;
    // The plan first: a plugins.toml that names a plan which is not there would be a project that does not work.
    for (path, text) in written.iter().rev() {
        let to = root.join(path);
        if std::fs::read(&to).is_ok_and(|there| there == text.as_bytes()) {
            continue;
        }
        crate::effects::replace(&to, text.as_bytes())
            .map_err(|e| CommandError::from(e).while_(format!("{path} cannot be written")))?;
    }
    finish(start, &root, &written, begun.is_some(), &marker)
}

fn set_up(project: &Project) -> CommandError {
    CommandError::new(format!("{} is set up already", project.root.display()))
        .because(format!("{} is there", project.root.join(MANIFEST).display()))
        .hint("session status")
}

/// Says that an init has begun in this very folder, and of which project: it is there until all is done.
struct Marker {
    home: Home,
    root: PathBuf,
}

impl Marker {
    fn of(root: &Path) -> Self {
        Self { home: Home::of(root), root: root.to_owned() }
    }

    /// The name of the project. One that was made for another folder does not count: it was copied, or unpacked from
    /// what somebody else sent.
    fn read(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.home.init_begun()).ok()?;
        let (name, root) = text.split_once('\n')?;
        (Path::new(root) == self.root).then(|| name.to_owned())
    }

    fn write(&self, name: &str) -> Result<(), CommandError> {
        self.home.hide();
        let text = [name.as_bytes(), b"\n", self.root.as_os_str().as_encoded_bytes()].concat();
        crate::effects::replace(&self.home.init_begun(), &text)
            .map_err(|e| CommandError::from(e).while_("the state folder cannot be written"))
    }

    /// Where it stays, the same command does once more what is done already.
    fn remove(&self) {
        if let Err(error) = std::fs::remove_file(self.home.init_begun()) {
            tracing::warn!(%error, "the marker of init stays");
        }
    }
}

/// The plan's path, and its text where there is none yet, or where it is the one that was written before the cut.
fn plan(project: &Project, args: &Args, begun: bool) -> Result<(String, Option<String>), CommandError> {
    let words: Vec<String> =
        args.name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_uppercase).collect();
    let own = format!("docs/{}_PROMPTS.md", words.join("_"));
    let starter = || starter(&args.name, &prefix(&words));
    match find_plan(project, args.plan.as_deref()) {
        Ok(path) if begun && path == own => {
            let text = starter();
            let is_ours = std::fs::read(project.root.join(&path)).is_ok_and(|there| there == text.as_bytes());
            Ok((path, is_ours.then_some(text)))
        }
        Ok(path) => Ok((path, None)),
        Err(PlanPathError::None { .. }) => Ok((own, Some(starter()))),
        Err(error) => Err(error.into()),
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

fn manifest(args: &Args, root: &Path, plan: &str) -> String {
    let mut text = format!(
        "# What session-orchestrator does in this project. Who changes it approves it: session trust\n\n\
         [project]\nname = {}\nplan = {}\n# checks = [\"cargo test\"]   # run for every session, besides its own\n",
        quoted(&args.name),
        quoted(plan)
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

/// Names the documents that a plugin can merge in `.gitattributes`; the file, where it is one to commit.
fn attributes(app: &App<'_>, documents: &[String], changed: &[String]) -> Result<Option<String>, CommandError> {
    let root = &app.project.root;
    if crate::effects::work_tree(root).is_none() {
        return Ok(None);
    }
    let dispatcher = app.dispatcher(None, app.project.home.logs());
    let mut lines = String::new();
    for path in documents {
        let Ok(text) = std::fs::read_to_string(root.join(path)) else { continue };
        let versions = Versions { base: Some(text.clone()), ours: text.clone(), theirs: text };
        if dispatcher.merge(&versions.of(path))?.is_some() {
            lines.push_str(&format!("/{} merge={DRIVER}\n", path.replace(' ', "[[:space:]]")));
        }
    }
    lines.push_str(&format!("/{RECORDS}*.json merge={DRIVER}\n"));
    let path = ATTRIBUTES;
    let mut files = Files::new(root, false)?;
    let before = files.read(path)?.unwrap_or_default();
    let known = app.init_documents()?.contains(path);
    if String::from_utf8_lossy(&before).contains(&lines) {
        return Ok(known.then(|| path.to_owned()));
    }
    // Edits of the user's own are not ours to commit.
    let ours = known || !changed.iter().any(|changed| changed == path);
    if ours {
        // Before it is written: who comes after a kill could not tell it from such edits.
        app.keep_documents(&[path.to_owned()])?;
    }
    let gap: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
    let text = [&before, gap, lines.as_bytes()].concat();
    if let Err(error) = files.write(path, &text) {
        // The project works without; merges then need `progress --resolve`.
        app.ui().warn(format!("git will not merge the documents row by row: {error}"));
        return Ok(None);
    }
    Ok(ours.then(|| path.to_owned()))
}

/// Does what is still to do; `begun`: an earlier run may have done a part of it.
fn finish(
    start: &Start,
    root: &Path,
    written: &[(String, String)],
    begun: bool,
    marker: &Marker,
) -> Result<(), CommandError> {
    let project = Project::find(root)?;
    let plugins = load(&project, |_, _| false)?;
    let path = start.trust_path()?;
    let mut trust = Trust::read(&path)?;
    trust.approve(asks(&project, &plugins));
    trust.write(&path)?;
    let app = App::with(start, project, plugins)?;
    app.warm();
    let logs = app.begin_logs();
    let mut documents: Vec<String> = written.iter().map(|(path, _)| path.clone()).collect();
    let overview = app.overview(None)?;
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
    // A plan that nobody has committed yet belongs to the set-up: who clones the project needs it.
    let snapshot = dispatcher.snapshot(documents.clone()).unwrap_or_else(|e| {
        // Outside a repository nothing is committed or not; `start` says so where a plugin needs one.
        tracing::debug!(error = %e, "no snapshot");
        None
    });
    let changed = snapshot.as_ref().map(|snapshot| snapshot.changed.clone()).unwrap_or_default();
    dispatcher.info.branch = snapshot.and_then(|snapshot| snapshot.branch);
    documents.extend(overview.plan.iter().map(|plan| plan.path.clone()).filter(|path| changed.contains(path)));
    let unwritten = |error| CommandError::from(error).while_("the documents cannot be written");
    let settle = |dry_run| -> Result<Finished, CommandError> {
        let recorder = Recorder::rehearse(None, app.stamp());
        let mut finished = dispatcher.settle(recorder, "init", &overview, dry_run)?;
        finished.unsettled.take().map_or(Ok(finished), |error| Err(unwritten(error)))
    };
    // What it will write is known before it is there, else it would be lost that these are documents.
    documents.extend(settle(true)?.planned.files.into_iter().map(|file| file.path));
    app.keep_documents(&documents)?;
    documents.extend(settle(false)?.written);
    if begun {
        documents.extend(app.init_documents()?.into_iter().filter(|path| path != ATTRIBUTES));
    }
    let mut seen = HashSet::new();
    documents.retain(|path| seen.insert(path.clone()));
    documents.extend(attributes(&app, &documents, &changed)?);
    app.register_driver();
    app.keep_documents(&documents)?;
    marker.remove();
    let ui = app.ui();
    let ready = overview.ready();
    if crate::effects::work_tree(root).is_none() {
        ui.warn("there is no git repository here: git init first, or remove the plugin git from plugins.toml");
    }
    if ui.json {
        ui.answer("init", json!({"root": root, "documents": documents, "ready": ready}));
        return Ok(());
    }
    documents.iter().for_each(|path| ui.out(path));
    if let Some(plan) = &overview.plan {
        let (errors, warnings) = (plan.errors().len(), plan.document.warnings.len());
        let found = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(found, _)| *found > 0);
        let found: String = found.map(|(found, what)| format!(", {}", count(found, what))).collect();
        let see = if found.is_empty() { "" } else { ": session plan check" };
        ui.say(format!("The plan {} has {}{found}{see}.", plan.path, count(plan.document.sessions.len(), "session")));
    }
    ui.say("They are yours to edit; the commit of the first completed session takes them along.");
    if let Some(id) = ready.first() {
        ui.say(format!("Next: session start {id}"));
    }
    Ok(())
}
