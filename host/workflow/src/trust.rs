//! The user's approval, asked for by itself: of each native plugin that is named, of settings and commands, and of new bytes for
//! a day. What is asked is `ask.rs`, when it is asked elsewhere `approve.rs`.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Zoned};
use session_core::approval::{Change, ProjectSettings};
use session_core::quote::quote;
use session_engine::plugin::{Listing, Plugin, Source};
use session_engine::project::Project;
use session_types::Event;

use super::app::{App, Start};
use super::approve::{self, Standing, is_untracked, keep, sign};
use super::ask::Ask;
use super::error::CommandError;
use super::front::Approvals;
use super::refusal::{no_terminal, said_no};
use super::words::quoted;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct TrustRequest {
    /// The plan whose commands are meant; none for the one that is found.
    pub plan: Option<PathBuf>,
    /// Whether nobody is asked.
    pub yes: bool,
    /// Whether it is only shown.
    pub dry_run: bool,
    /// Native plugins to allow, by name.
    pub native: Vec<String>,
    /// Plugins whose new bytes are taken for a day, by name.
    pub dev: Vec<String>,
}

/// What became of it, in a project that is open still.
#[derive(Debug)]
pub struct Trusted<'s> {
    pub end: TrustEnd,
    /// Until when new bytes are taken, or would be.
    pub until: Option<Zoned>,
    app: App<'s>,
    ask: Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustEnd {
    /// No setting and no command was left to approve.
    Already,
    /// Nothing was kept: it was a dry run.
    Shown,
    Approved,
}

impl Trusted<'_> {
    /// All that was asked for.
    pub fn approvals(&self) -> Approvals<'_> {
        Approvals { app: &self.app, ask: &self.ask }
    }
}

impl TrustRequest {
    /// What was asked for besides `--yes`, for a command that does the same.
    fn options(&self) -> String {
        let plan = self.plan.iter().map(|plan| format!(" --plan {}", quoted(&plan.to_string_lossy())));
        let native = self.native.iter().map(|name| format!(" --native {}", quoted(name)));
        let dev = self.dev.iter().map(|name| format!(" --dev {}", quoted(name)));
        plan.chain(native).chain(dev).collect()
    }

    /// Names of plugins whose new bytes are taken, for a sentence.
    pub fn dev_names(&self) -> String {
        self.dev.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// So long new bytes are taken.
const DEV: SignedDuration = SignedDuration::from_hours(24);

/// Shows what needs approval, asks for it, and keeps the answer.
///
/// # Errors
/// Where the user says no, nobody can be asked, or a plugin that is named cannot be allowed so.
pub fn trust<'s>(start: &'s Start, request: &TrustRequest) -> Result<Trusted<'s>, CommandError> {
    let project = Project::find(&start.folder)?;
    let listing = Listing::read(&project, start.bundled);
    let standing = Standing::of(start, &project, &listing)?;
    request.dev.iter().try_for_each(|name| refuse_dev(&project, &listing, name))?;
    request.native.iter().try_for_each(|name| refuse_native(&listing, name))?;
    if !request.yes && !request.dry_run && !request.native.is_empty() && !start.front.can_ask() {
        return Err(no_terminal(&request.options(), start.caller.agent.is_some()));
    }
    // Asked before it is loaded: loading a library runs its code.
    let named = |name: &str, digest: &str| {
        let asked = || {
            tell_native(start, &listing, name);
            let question = format!("Run {name} ({digest}) as trusted code, without a sandbox?");
            request.yes || start.front.ask(&question)
        };
        !request.dry_run && request.native.iter().any(|n| n == name) && asked()
    };
    let mut app = App::whole(start, project, &listing, &standing, named)?.refuse_failures()?;
    let ask = approve::ask(&app, &listing, &standing, request.plan.as_deref())?;
    let until = if request.dev.is_empty() { None } else { Some(until(&app)?) };
    if !ask.asks() && request.dev.is_empty() {
        approve::for_event(&app, &listing, &standing)?;
        if !request.dry_run {
            approve::keep_required(&app)?;
        }
        return Ok(Trusted { end: TrustEnd::Already, until, app, ask });
    }
    if ask.asks() {
        start.front.shows(&Approvals { app: &app, ask: &ask });
    }
    if request.dry_run {
        return Ok(Trusted { end: TrustEnd::Shown, until, app, ask });
    }
    let mut end = TrustEnd::Already;
    if ask.asks() {
        agree(&app, request, |front| front.agrees(&Approvals { app: &app, ask: &ask }))?;
        let path = keep(&app, &ask)?;
        tracing::info!(path = %path.display(), "approved");
        let was_closed = !app.project.beside().closed.is_empty();
        app.project.opens_beside = true;
        app.take_over(&standing)?;
        rest(&app, request, &ask, was_closed)?;
        app.warm();
        app.register_driver();
        // A question more may follow, and its answer takes nothing of this back.
        app.say("Approved. Next: session next");
        end = TrustEnd::Approved;
    }
    if let Some(until) = &until {
        let names = request.dev_names();
        let question = format!("May session accept new builds of {names} without a question for 24 hours?");
        agree(&app, request, |front| front.ask(&question))?;
        app.trust.change(|approval| {
            let all = request.dev.iter().map(|name| (name.clone(), until.timestamp().to_string()));
            approval.dev.extend(all);
            sign(&app, approval);
        })?;
    }
    Ok(Trusted { end, until, app, ask })
}

/// All commands and settings, approved ones too. Nothing is asked or kept.
///
/// # Errors
/// Where the project or a plugin cannot be read.
pub fn everything_to_approve<'s>(start: &'s Start, plan: Option<&Path>) -> Result<Trusted<'s>, CommandError> {
    let project = Project::find(&start.folder)?;
    let listing = Listing::read(&project, start.bundled);
    let standing = Standing::of(start, &project, &listing)?;
    let app = App::whole(start, project, &listing, &standing, |_, _| false)?.refuse_failures()?;
    let ask = approve::ask(&app, &listing, &standing, plan)?;
    Ok(Trusted { end: TrustEnd::Shown, until: None, app, ask })
}

/// The commands as plugins of the project's own read them, now that those may run, and as links into other repositories
/// lead to them, which were closed.
fn rest(app: &App<'_>, request: &TrustRequest, before: &Ask, was_closed: bool) -> Result<(), CommandError> {
    let reads = |plugin: &Plugin| plugin.source != Source::Bundled && plugin.handles(Event::Plan);
    if !was_closed && (!before.change.asks() || !app.plugins.iter().any(reads)) {
        return Ok(());
    }
    let (commands, unread) = app.commands_to_ask(request.plan.as_deref())?;
    let (settings, change) = (ProjectSettings::default(), Change::default());
    let ask = Ask { first: false, earlier: false, settings, change, commands, unread };
    if ask.asks() {
        let approvals = Approvals { app, ask: &ask };
        app.front().shows(&approvals);
        agree(app, request, |front| front.agrees(&approvals))?;
        keep(app, &ask)?;
    }
    Ok(())
}

fn agree(
    app: &App<'_>,
    request: &TrustRequest,
    asks: impl FnOnce(&dyn super::front::Front) -> bool,
) -> Result<(), CommandError> {
    if request.yes {
        return Ok(());
    }
    if !app.front().can_ask() {
        return Err(no_terminal(&request.options(), app.is_agent()));
    }
    if asks(app.front()) { Ok(()) } else { Err(said_no()) }
}

fn until(app: &App<'_>) -> Result<Zoned, CommandError> {
    app.now.checked_add(DEV).map_err(|e| CommandError::new("the clock is too late").because(e.to_string()))
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
    if is_untracked(project, path) {
        return Ok(());
    }
    Err(error
        .because(format!("git tracks {path}, and anyone who commits here can change it"))
        .hint(format!("git rm --cached {path}, and name it in .gitignore"))
        .hint("session trust, after each change"))
}

/// Names what a native plugin loads with it: files of the project count in its digest.
fn tell_native(start: &Start, listing: &Listing, name: &str) {
    let Some(library) = listing.native(name) else { return };
    let beside: Vec<String> = library.beside().map(|(file, digest)| format!("  {}  {digest}", quote(file))).collect();
    if !beside.is_empty() {
        start.front.told(&format!("{name} loads these files with it, which count in its digest:"));
        beside.iter().for_each(|line| start.front.told(line));
    }
    if !library.system.is_empty() {
        let names: Vec<String> = library.system.iter().map(|name| quote(name)).collect();
        start.front.told(&format!("{name} loads these libraries of the system: {}", names.join(", ")));
    }
}
