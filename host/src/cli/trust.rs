//! `session trust`: one screen, one answer. What is asked is `ask.rs`, when it is asked elsewhere `approve.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Zoned};
use serde_json::{Value, json};
use session_sdk::Event;

use super::app::{App, Start};
use super::approve::{self, Standing, keep, sign};
use super::ask::Ask;
use super::error::CommandError;
use super::refusal::{no_terminal, said_no};
use super::trust_screen::{commands, question, screen};
use super::ui::{count, quoted};
use crate::plugin::{Change, Listing, Plugin, ProjectSettings, Source};
use crate::project::Project;
use crate::quote::quote;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Which plan; without it, the plan that session finds.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Approve without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be approved.
    #[arg(long)]
    dry_run: bool,
    /// Print every command and setting without limits, approved ones too; asks nothing.
    #[arg(long, conflicts_with_all = ["yes", "native", "dev"])]
    commands: bool,
    /// Allow a native plugin, which is trusted code without a sandbox; may be given again.
    #[arg(long, value_name = "NAME")]
    native: Vec<String>,
    /// Take new bytes of a plugin that you build yourself, for 24 hours: its file must be one that git does not track; may
    /// be given again.
    #[arg(long, value_name = "NAME")]
    dev: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  session trust                     ask you, and keep your answer
  session trust --dry-run           show what would be approved
  session trust --commands | less   read everything, without limits
  session trust --yes               approve in CI, where nobody can answer";

impl Args {
    /// What was typed besides `--yes`, for a command that does the same.
    fn options(&self) -> String {
        let plan = self.plan.iter().map(|plan| format!(" --plan {}", quoted(&plan.to_string_lossy())));
        let native = self.native.iter().map(|name| format!(" --native {}", quoted(name)));
        let dev = self.dev.iter().map(|name| format!(" --dev {}", quoted(name)));
        plan.chain(native).chain(dev).collect()
    }

    fn dev_names(&self) -> String {
        self.dev.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// So long new bytes are taken.
const DEV: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn run(start: &Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let project = Project::find(&start.folder())?;
    let listing = Listing::read(&project);
    let standing = Standing::of(start, &project, &listing)?;
    args.dev.iter().try_for_each(|name| refuse_dev(&project, &listing, name))?;
    args.native.iter().try_for_each(|name| refuse_native(&listing, name))?;
    if !args.yes && !args.dry_run && !args.native.is_empty() && !start.ui.can_ask() {
        return Err(no_terminal(&args.options()));
    }
    // Asked before it is loaded: loading a library runs its code.
    let named = |name: &str, digest: &str| {
        let asked = || {
            tell_native(start, &listing, name);
            args.yes || start.ui.ask(&format!("Run {name} ({digest}) as trusted code, without a sandbox?"))
        };
        !args.dry_run && args.native.iter().any(|n| n == name) && asked()
    };
    let mut app = App::whole(start, project, &listing, &standing, named)?.refuse_failures()?;
    let ask = approve::ask(&app, &listing, &standing, args.plan.as_deref())?;
    if args.commands && !start.ui.json {
        commands(&app, &ask);
        return Ok(());
    }
    if !ask.asks() && args.dev.is_empty() {
        approve::for_event(&app, &listing, &standing)?;
        if !args.dry_run && !args.commands {
            approve::keep_required(&app)?;
        }
        start.ui.say(format!("Everything is approved: {}.", count(ask.commands.len(), "command")));
        return answer(&app, args, &ask);
    }
    if ask.asks() {
        screen(&app, &ask);
    }
    if args.dry_run || args.commands {
        if !args.dev.is_empty() {
            let (names, until) = (args.dev_names(), minute(&until(&app)?));
            start.ui.say(format!("A yes lets session accept new builds of {names} until {until}."));
        }
        return answer(&app, args, &ask);
    }
    if ask.asks() {
        agree(&app, args, &question(&ask))?;
        let path = keep(&app, &ask)?;
        tracing::info!(path = %path.display(), "approved");
        let was_closed = !app.project.beside().closed.is_empty();
        app.project.opens_beside = true;
        app.take_over(&standing)?;
        rest(&app, args, &ask, was_closed)?;
        app.warm();
        app.register_driver();
        start.ui.say("Approved. Next: session next");
    }
    dev(&app, args)?;
    answer(&app, args, &ask)
}

/// The commands as plugins of the project's own read them, now that those may run, and as links into other repositories
/// lead to them, which were closed.
fn rest(app: &App<'_>, args: &Args, before: &Ask, was_closed: bool) -> Result<(), CommandError> {
    let reads = |plugin: &Plugin| plugin.source != Source::Bundled && plugin.handles(Event::Plan);
    if !was_closed && (!before.change.asks() || !app.plugins.iter().any(reads)) {
        return Ok(());
    }
    let (commands, unread) = app.commands_to_ask(args.plan.as_deref())?;
    let (settings, change) = (ProjectSettings::default(), Change::default());
    let ask = Ask { first: false, earlier: false, settings, change, commands, unread };
    if ask.asks() {
        screen(app, &ask);
        agree(app, args, &question(&ask))?;
        keep(app, &ask)?;
    }
    Ok(())
}

/// A name that allows nothing is no mistake to pass over.
fn refuse_native(listing: &Listing, name: &str) -> Result<(), CommandError> {
    let kind = match listing.source(name) {
        Some(Source::Native(_)) => return Ok(()),
        Some(Source::Component(_)) => "a component",
        Some(Source::Bundled) => "a bundled plugin",
        None => {
            return Err(CommandError::usage(format!("plugins.toml lists no plugin `{name}`"))
                .hint("session explain complete names them"));
        }
    };
    Err(CommandError::usage(format!("`{name}` is {kind}, not a native library")).hint("session trust approves it"))
}

/// New bytes are taken only where they come from the author's own build.
fn refuse_dev(project: &Project, listing: &Listing, name: &str) -> Result<(), CommandError> {
    let error = CommandError::usage(format!("new bytes of `{name}` cannot be taken without a question"));
    let Some((path, _)) = listing.component(name) else {
        let table = project.manifest.plugins.iter().find(|table| table.name == name);
        return Err(match table {
            Some(table) if table.native.is_some() => error
                .because("it is a native library, which runs without a sandbox")
                .hint(format!("session trust --native {name}")),
            Some(table) if table.path.is_some() => {
                error.because("its file is not there").hint(format!("build `{name}` first"))
            }
            _ if listing.names().any(|known| known == name) => {
                error.because("it is inside the binary").hint("session trust")
            }
            _ => error.because("plugins.toml lists no plugin of that name").hint("session explain complete"),
        });
    };
    if approve::is_untracked(project, path) {
        return Ok(());
    }
    Err(error
        .because(format!("git tracks {path}, and anyone who commits here can change it"))
        .hint(format!("git rm --cached {path}, and name it in .gitignore"))
        .hint("session trust, after each change"))
}

fn dev(app: &App<'_>, args: &Args) -> Result<(), CommandError> {
    if args.dev.is_empty() {
        return Ok(());
    }
    let names = args.dev_names();
    agree(app, args, &format!("May session accept new builds of {names} without a question for 24 hours?"))?;
    let until = until(app)?;
    app.trust.change(|approval| {
        let all = args.dev.iter().map(|name| (name.clone(), until.timestamp().to_string()));
        approval.dev.extend(all);
        sign(app, approval);
    })?;
    app.ui().say(format!("session accepts new builds of {names} until {}.", minute(&until)));
    Ok(())
}

fn until(app: &App<'_>) -> Result<Zoned, CommandError> {
    app.now.checked_add(DEV).map_err(|e| CommandError::new("the clock is too late").because(e.to_string()))
}

/// On the user's own clock.
fn minute(time: &Zoned) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

fn agree(app: &App<'_>, args: &Args, question: &str) -> Result<(), CommandError> {
    if args.yes {
        return Ok(());
    }
    if !app.ui().can_ask() {
        return Err(no_terminal(&args.options()));
    }
    if app.ui().ask(question) { Ok(()) } else { Err(said_no()) }
}

/// Names what a native plugin loads with it: files of the project count in its digest.
fn tell_native(start: &Start, listing: &Listing, name: &str) {
    let Some(library) = listing.native(name) else { return };
    let beside: Vec<String> = library.beside().map(|(file, digest)| format!("  {}  {digest}", quote(file))).collect();
    if !beside.is_empty() {
        start.ui.say(format!("{name} loads these files with it, which count in its digest:"));
        beside.iter().for_each(|line| start.ui.say(line));
    }
    if !library.system.is_empty() {
        let names: Vec<String> = library.system.iter().map(|name| quote(name)).collect();
        start.ui.say(format!("{name} loads these libraries of the system: {}", names.join(", ")));
    }
}

fn answer(app: &App<'_>, args: &Args, ask: &Ask) -> Result<(), CommandError> {
    if !app.ui().json {
        return Ok(());
    }
    let settings: BTreeMap<&String, Value> =
        ask.settings.0.iter().map(|(key, value)| (key, serde_json::from_str(value).unwrap_or(Value::Null))).collect();
    let mut all = json!({"settings": settings, "asked": ask.json()});
    let how = if args.dry_run || args.commands { "dry_run" } else { "approved" };
    if let Some(object) = all.as_object_mut() {
        object.insert(how.to_owned(), json!(true));
        if !args.dev.is_empty() && !args.dry_run {
            object.insert("dev".to_owned(), json!({"plugins": args.dev, "until": until(app)?.timestamp().to_string()}));
        }
    }
    app.ui().answer("trust", all);
    Ok(())
}
