//! `session init NAME`: sets a project up. Whoever makes the files trusts them.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::app::{App, Start};
use super::error::CommandError;
use super::ui::count;
use crate::dispatch::Recorder;
use crate::effects::{DRIVER, Files, Versions};
use crate::plugin::{DEFAULT, Trust, asks, load};
use crate::project::{PlanPathError, Project, RECORDS, find_plan};

/// The file that makes a folder a project.
const MANIFEST: &str = "plugins.toml";

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
    if before.has_manifest {
        return Err(CommandError::new(format!("{} is set up already", before.root.display()))
            .because(format!("{} is there", before.root.join(MANIFEST).display()))
            .hint("session status"));
    }
    if args.name.trim().is_empty() || args.name.contains(['"', '\n', '\\']) {
        return Err(CommandError::usage("that is no name for a project").hint("session init \"Pipeline Unification\""));
    }
    // The folder one stands in is meant, not the top of the repository around it.
    let root = folder.canonicalize()?;
    let before = Project { root: root.clone(), ..before };
    let (plan, starter) = plan(&before, &args)?;
    let mut written: Vec<(String, String)> = vec![(MANIFEST.to_owned(), manifest(&args, &root, &plan))];
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
    // The plan first: a plugins.toml that names a plan which is not there would be a project that does not work.
    for (path, text) in written.iter().rev() {
        crate::effects::replace(&root.join(path), text.as_bytes())
            .map_err(|e| CommandError::from(e).while_(format!("{path} cannot be written")))?;
    }
    finish(start, &root, &written)
}

/// The plan's path, and its text where there is none yet.
fn plan(project: &Project, args: &Args) -> Result<(String, Option<String>), CommandError> {
    match find_plan(project, args.plan.as_deref()) {
        Ok(path) => Ok((path, None)),
        Err(PlanPathError::None { .. }) => {
            let words: Vec<String> = args
                .name
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| !w.is_empty())
                .map(str::to_uppercase)
                .collect();
            let path = format!("docs/{}_PROMPTS.md", words.join("_"));
            Ok((path, Some(starter(&args.name, &prefix(&words)))))
        }
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
    let path = ".gitattributes";
    let mut files = Files::new(root, false)?;
    let before = files.read(path)?.unwrap_or_default();
    if String::from_utf8_lossy(&before).contains(&lines) {
        return Ok(None);
    }
    let gap: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
    let text = [&before, gap, lines.as_bytes()].concat();
    if let Err(error) = files.write(path, &text) {
        // The project works without; merges then need `progress --resolve`.
        app.ui().warn(format!("git will not merge the documents row by row: {error}"));
        return Ok(None);
    }
    // Edits of the user's own are not ours to commit.
    Ok((!changed.iter().any(|changed| changed == path)).then(|| path.to_owned()))
}

fn finish(start: &Start, root: &Path, written: &[(String, String)]) -> Result<(), CommandError> {
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
    let recorder = Recorder::rehearse(None, app.stamp());
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
    let finished = dispatcher.settle(recorder, "init", &overview, false)?;
    if let Some(error) = finished.unsettled {
        return Err(CommandError::from(error).while_("the documents cannot be written"));
    }
    documents.extend(finished.written);
    documents.extend(attributes(&app, &documents, &changed)?);
    app.register_driver();
    app.keep_documents(&documents)?;
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
